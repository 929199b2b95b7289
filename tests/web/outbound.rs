//! What the page sends: messages in order, each to its end, and calls.

use std::{cell::RefCell, rc::Rc, time::Duration};

use agent_activity::{
    connection::{Config, Delivery, Endpoint, Refusal, RequestError, State},
    session::Reply,
    wire::is_valid_id,
};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::{
    browser::{Browser, FakeSocket, hello, pass, ready, until},
    driven::Driven,
};

fn ack(id: &str) -> Value {
    json!({"type":"ack", "id":id})
}

/// The ids of the messages that went through a socket.
fn ids(socket: &FakeSocket) -> Vec<String> {
    let id =
        |frame: Value| (frame["type"] != "ping").then(|| frame["id"].as_str().map(str::to_owned));
    socket.sent_json().into_iter().filter_map(id).flatten().collect()
}

#[wasm_bindgen_test]
fn a_message_is_sent_and_acknowledged() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    let before = js_sys::Date::now();
    let id = driven.driver.send("Say \"hello\"\n");
    assert!(is_valid_id(&id), "{id}");
    let frame = browser.socket().sent_json().remove(0);
    assert_eq!((&frame["type"], &frame["id"]), (&json!("message"), &json!(id)));
    assert_eq!(frame["content"], "Say \"hello\"\n");
    let sent_at = frame["sent_at"].as_f64().expect("milliseconds");
    assert!((before.floor()..=js_sys::Date::now()).contains(&sent_at), "{sent_at}");
    assert_eq!(driven.delivery(&id), Delivery::Sent);
    browser.socket().receive(&ack(&id));
    assert_eq!(driven.delivery(&id), Delivery::Acked);

    let id = driven.driver.cancel();
    assert_eq!(browser.socket().sent_json()[1], json!({"type":"cancel", "id":id}));
}

#[wasm_bindgen_test]
fn no_two_messages_have_the_same_id() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    let ids: std::collections::BTreeSet<_> = (0..1_000)
        .map(|_| {
            let id = driven.driver.send("m");
            browser.socket().receive(&ack(&id));
            id
        })
        .collect();
    assert_eq!(ids.len(), 1_000);
    assert!(ids.iter().all(|id| is_valid_id(id) && id.len() >= 26), "{ids:?}");
}

#[wasm_bindgen_test]
fn what_is_written_before_there_is_a_connection_goes_out_in_order() {
    let browser = Browser::take();
    let driven = Driven::new(|_| {});
    let mut written: Vec<_> = ["a", "b", "c"].map(|text| driven.driver.send(text)).into();
    let volatile = driven.driver.send_volatile("typing");
    assert_eq!(driven.delivery(&volatile), Delivery::Refused(Refusal::NotConnected));
    assert_eq!(driven.delivery(&written[0]), Delivery::Queued);
    browser.socket().greet();
    written.push(driven.driver.send("d"));
    assert_eq!(ids(&browser.socket()), written);
}

#[wasm_bindgen_test]
async fn what_was_not_acknowledged_is_sent_again_under_the_same_id() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    let [first, second, third] = ["a", "b", "c"].map(|text| driven.driver.send(text));
    browser.socket().receive(&ack(&first));
    browser.socket().end(1006);
    assert_eq!(driven.delivery(&second), Delivery::Uncertain);
    let fourth = driven.driver.send("d");
    until("another socket", || browser.sockets().len() == 2).await;
    let socket = browser.socket();
    socket.accept();
    assert_eq!(ids(&socket), [""; 0], "not before the server has introduced itself");
    socket.receive(&json!([hello("e1"), ready()]));
    assert_eq!(ids(&socket), [second.clone(), third.clone(), fourth.clone()]);
    for id in [&second, &third, &fourth] {
        socket.receive(&ack(id));
        assert_eq!(driven.delivery(id), Delivery::Acked);
    }
}

#[wasm_bindgen_test]
async fn nothing_is_handed_to_a_socket_that_is_closing_or_taken_for_sent() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    let first = browser.socket();
    first.begin_end();
    let written = ["a", "b"].map(|text| driven.driver.send(text));
    let volatile = driven.driver.send_volatile("typing");
    assert_eq!(
        written.each_ref().map(|id| driven.delivery(id)),
        [(); 2].map(|()| Delivery::Queued)
    );
    assert_eq!(ids(&first), [""; 0]);
    first.end(1006);
    until("another socket", || browser.sockets().len() == 2).await;
    browser.socket().greet();
    assert_eq!(ids(&browser.socket())[..2], written);
    assert_ne!(driven.delivery(&volatile), Delivery::Acked);
}

#[wasm_bindgen_test]
async fn a_socket_that_closes_over_a_message_has_not_sent_it() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    browser.socket().break_at_send();
    let id = driven.driver.send("a");
    assert_eq!((driven.delivery(&id), driven.state()), (Delivery::Queued, State::Connected));
    browser.socket().end(1006);
    until("another socket", || browser.sockets().len() == 2).await;
    browser.socket().greet();
    assert_eq!(ids(&browser.socket()), [id]);
}

#[wasm_bindgen_test]
fn that_a_message_was_not_sent_is_known_before_anything_else_happens() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    browser.socket().break_at_send();
    let written = Rc::new(RefCell::new(String::new()));
    // Such a server takes no calls, so that this is answered within the driver's turn.
    driven.driver.call("any", "{}", {
        let (driver, written) = (driven.driver.clone(), Rc::clone(&written));
        move |_| {
            *written.borrow_mut() = driver.send("a");
            driver.disconnect();
        }
    });
    assert_eq!(driven.state(), State::Idle);
    assert_eq!(driven.delivery(&written.borrow()), Delivery::Queued, "it never was sent");
}

#[wasm_bindgen_test]
async fn sending_waits_while_the_browser_has_too_much_to_send() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |config: &mut Config| {
        config.buffered_max(100, 50, Duration::from_millis(10));
    });
    let socket = browser.socket();
    socket.set_buffered(120);
    let big = driven.driver.send(&"x".repeat(101));
    let [second, third] = ["b", "c"].map(|text| driven.driver.send(text));
    assert_eq!(driven.delivery(&second), Delivery::Queued);
    pass(60).await;
    socket.set_buffered(50);
    pass(60).await;
    assert_eq!(ids(&socket), std::slice::from_ref(&big), "not before it is below the lower mark");
    socket.set_buffered(49);
    until("the rest", || ids(&socket).len() == 3).await;
    assert_eq!(ids(&socket), [big, second, third]);
    // The alarm that was armed rings once more.
    pass(30).await;
    let fired = browser.timers_fired();
    pass(60).await;
    assert_eq!(browser.timers_fired(), fired, "nothing is measured any more");
}

#[wasm_bindgen_test]
fn another_session_gets_nothing_that_was_meant_for_this_one() {
    let browser = Browser::take();
    let driven = Driven::new(|_| {});
    let id = driven.driver.send("a");
    let endpoint = Endpoint::resolve("http://h/", "http://h/", "/ws", "other");
    driven.driver.follow(endpoint);
    assert_eq!(browser.sockets().len(), 2);
    assert_eq!(browser.sockets()[0].close_code(), Some(1000));
    let socket = browser.socket();
    assert_eq!(socket.url(), "ws://h/ws/other");
    socket.greet();
    assert_eq!((ids(&socket).len(), driven.state()), (0, State::Connected));
    let session = driven.driver.session();
    let kept = session.messages().find(|written| written.id == id);
    assert!(
        kept.is_none_or(|it| it.delivery == Delivery::Refused(Refusal::OtherSession)),
        "{kept:?}"
    );
}

#[wasm_bindgen_test]
async fn another_address_counts_from_the_next_attempt_on() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    driven.driver.readdress(Endpoint::resolve("http://h/", "http://h/", "/elsewhere", "s"));
    assert_eq!((driven.state(), browser.sockets().len()), (State::Connected, 1));
    browser.socket().end(1006);
    until("another socket", || browser.sockets().len() == 2).await;
    assert_eq!(browser.socket().url(), "ws://h/elsewhere/s?epoch=e1&after=0");
}

#[wasm_bindgen_test]
fn every_call_is_answered_once_and_calls_may_be_made_from_an_answer() {
    let browser = Browser::take();
    let driven = Driven::new(|_| {});
    let replies = Rc::new(RefCell::new(Vec::new()));
    let note = |what: &'static str| {
        let replies = Rc::clone(&replies);
        move |reply| replies.borrow_mut().push((what, reply))
    };
    driven.driver.call("a", "{}", {
        let (driver, note, again) = (driven.driver.clone(), note("first"), note("from within"));
        move |reply| {
            driver.call("b", "{}", again);
            note(reply);
        }
    });
    browser.socket().greet();
    driven.driver.call("c", "{}", note("to a server that takes none"));
    let missing = |error| Reply::Missing(error);
    assert_eq!(
        *replies.borrow(),
        [
            ("first", missing(RequestError::NotConnected)),
            ("from within", missing(RequestError::NotConnected)),
            ("to a server that takes none", missing(RequestError::NotTaken)),
        ]
    );
}
