//! The driver: what a session asks for is done, and what the browser says is passed on.

use std::{rc::Rc, time::Duration};

use agent_activity::{
    activity::Row,
    connection::{CloseCode, Diagnosis, EndpointError, Failure, LossCause, State},
};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{
    browser::{Browser, hello, log_event, pass, ready, until},
    driven::Driven,
};

#[wasm_bindgen_test]
fn a_driver_opens_a_socket_and_takes_in_what_it_says() {
    let browser = Browser::take();
    let driven = Driven::new(|_| {});
    assert_eq!(driven.state(), State::Connecting { attempt: 1 });
    let socket = browser.socket();
    assert_eq!(socket.url(), "ws://h/ws/s");
    socket.accept();
    assert_eq!(driven.state(), State::Greeting { attempt: 1 });
    socket.receive(&json!([hello("e1"), log_event(1), log_event(2), ready()]));
    socket.receive(&log_event(3));
    assert_eq!((driven.state(), driven.entries()), (State::Connected, 3));
    assert_eq!(driven.changes.get(), 4, "one for each turn");
    assert_eq!(browser.sockets().len(), 1);
}

#[wasm_bindgen_test]
fn a_binary_frame_is_shown_in_words() {
    let browser = Browser::take();
    let driven = Driven::new(|_| {});
    browser.socket().greet();
    browser.socket().receive_bytes(3);
    let session = driven.driver.session();
    let Some(Row::Entry(entry)) = session.activity().log.row(0) else { panic!("no entry") };
    assert_eq!(entry.message, "a binary frame");
}

#[wasm_bindgen_test]
fn frames_are_read_to_their_end_whatever_they_hold_and_however_long_they_are() {
    let browser = Browser::take();
    let driven = Driven::new(|_| {});
    browser.socket().greet();
    let long = "é".repeat(100_000);
    let texts = ["", "plain", &"🎯".repeat(500), &"語".repeat(4), &long, "x", &"aé語🎯".repeat(7)];
    for (text, seq) in texts.iter().zip(1_u64..) {
        browser.socket().receive(&json!({"type":"log", "message":text, "seq":seq}));
    }
    let session = driven.driver.session();
    let log = &session.activity().log;
    for (row, text) in texts.iter().enumerate() {
        let Some(Row::Entry(entry)) = log.row(row) else { panic!("no entry {row}") };
        assert!(entry.message == *text, "{} of {} bytes", entry.message.len(), text.len());
    }
}

#[wasm_bindgen_test]
async fn a_quiet_server_is_pinged_in_json_text() {
    let browser = Browser::take();
    let driven = Driven::new(|config| {
        config.ping_interval(Duration::from_millis(30));
    });
    let socket = browser.socket();
    socket.greet();
    until("a ping", || !socket.sent_json().is_empty()).await;
    let ping = socket.sent_json().remove(0);
    assert_eq!(ping["type"], "ping");
    socket.receive(&json!({"type":"pong", "timestamp":ping["timestamp"].as_u64().expect("ms")}));
    until("another ping", || socket.sent_json().len() == 2).await;
    assert_eq!(driven.state(), State::Connected);
}

#[wasm_bindgen_test]
async fn nothing_is_sent_through_a_socket_that_is_about_to_close() {
    let browser = Browser::take();
    let _driven = Driven::new(|config| {
        config.ping_interval(Duration::from_millis(20));
        config.pong_timeout(Duration::from_millis(20), 1);
    });
    let socket = browser.socket();
    socket.greet();
    socket.begin_end();
    until("it is given up", || socket.handlers() == 0).await;
    assert_eq!(socket.sent_json(), [] as [serde_json::Value; 0]);
}

#[wasm_bindgen_test]
async fn a_socket_that_is_given_up_is_not_heard_again() {
    let browser = Browser::take();
    let driven = Driven::new(|_| {});
    let first = browser.socket();
    first.greet();
    first.receive(&log_event(1));
    // A number is missing: the socket is given up from within its own message.
    first.receive(&log_event(3));
    assert_eq!(driven.state(), State::Connecting { attempt: 1 });
    assert_eq!((first.handlers(), first.close_code()), (0, Some(CloseCode::ABANDONED.0)));
    let second = browser.socket();
    assert_eq!(second.url(), "ws://h/ws/s?epoch=e1&after=1");

    let changes = driven.changes.get();
    first.receive(&log_event(2));
    first.accept();
    first.end(1006);
    pass(60).await;
    assert_eq!((driven.changes.get(), driven.entries()), (changes, 1));
    assert_eq!(browser.sockets().len(), 2);

    second.accept();
    second.receive(&json!([hello("e1"), log_event(2), log_event(3), ready()]));
    assert_eq!((driven.state(), driven.entries()), (State::Connected, 3));
}

#[wasm_bindgen_test]
async fn a_socket_that_closes_is_replaced_after_a_wait() {
    let browser = Browser::take();
    let driven = Driven::new(|_| {});
    browser.socket().greet();
    browser.socket().end(1006);
    let State::Waiting { attempt: 2, cause, .. } = driven.state() else {
        panic!("{:?}", driven.state())
    };
    assert_eq!(cause, LossCause::Closed(CloseCode::ABNORMAL));
    assert_eq!(browser.sockets().len(), 1);
    until("another socket", || browser.sockets().len() == 2).await;
    assert_eq!(driven.state(), State::Connecting { attempt: 2 });
    assert_eq!(browser.sockets()[0].handlers(), 0);
}

#[wasm_bindgen_test]
async fn a_socket_that_cannot_be_made_is_tried_again_after_a_wait() {
    let browser = Browser::take();
    browser.refuse_sockets(Some("SecurityError"));
    let driven = Driven::new(|_| {});
    let State::Waiting { attempt: 2, cause, .. } = driven.state() else {
        panic!("{:?}", driven.state())
    };
    assert_eq!(cause, LossCause::NeverOpened(Diagnosis::Unknown));
    browser.refuse_sockets(None);
    until("a socket", || browser.sockets().len() == 1).await;
    browser.socket().greet();
    assert_eq!(driven.state(), State::Connected);
}

/// 8.
#[wasm_bindgen_test]
async fn an_address_that_the_browser_cannot_read_is_a_reason_and_tried_once() {
    let browser = Browser::take();
    browser.refuse_sockets(Some("SyntaxError"));
    let driven = Driven::new(|_| {});
    let unreadable = EndpointError::Unreadable { host: "h".to_owned() };
    assert_eq!(driven.state(), State::Failed(Failure::Endpoint(unreadable)));
    browser.refuse_sockets(None);
    pass(100).await;
    assert_eq!(browser.sockets().len(), 0);
    driven.driver.reconnect();
    browser.socket().greet();
    assert_eq!(driven.state(), State::Connected);
}

/// 14.
#[wasm_bindgen_test]
async fn a_socket_that_does_not_open_is_given_up_while_it_opens() {
    let browser = Browser::take();
    let driven = Driven::new(|config| {
        config.connect_timeout(Duration::from_millis(20), Duration::from_millis(20));
    });
    let first = browser.socket();
    until("another socket", || browser.sockets().len() == 2).await;
    assert_eq!((first.handlers(), first.close_code()), (0, Some(CloseCode::ABANDONED.0)));
    let before = driven.state();
    first.fail();
    first.end(1006);
    assert_eq!(driven.state(), before);
}

/// 35.
#[wasm_bindgen_test]
async fn an_error_says_nothing_and_the_close_after_it_counts_once() {
    let browser = Browser::take();
    let driven = Driven::new(|_| {});
    let socket = browser.socket();
    socket.greet();
    socket.fail();
    assert_eq!(driven.state(), State::Connected);
    socket.end(1006);
    assert!(matches!(driven.state(), State::Waiting { attempt: 2, .. }));
    until("one more socket", || browser.sockets().len() == 2).await;
}

#[wasm_bindgen_test]
fn reconnecting_does_not_wait() {
    let browser = Browser::take();
    let driven = Driven::new(|config| {
        config.backoff_floor(Duration::from_secs(60));
    });
    browser.socket().end(1006);
    driven.driver.reconnect();
    assert_eq!(driven.state(), State::Connecting { attempt: 1 });
    assert_eq!(browser.sockets().len(), 2);
}

#[wasm_bindgen_test]
async fn disconnecting_closes_the_socket_and_leaves_the_driver_idle() {
    let browser = Browser::take();
    let driven = Driven::new(|_| {});
    let socket = browser.socket();
    socket.greet();
    driven.driver.disconnect();
    assert_eq!((driven.state(), socket.close_code()), (State::Idle, Some(1000)));
    browser.check_only_listens();
    driven.drop_in(&browser).await;
}

/// Brings a driver somewhere, drops it, and looks what is left and what still happens.
async fn check_drop(bring: impl Fn(&Browser)) {
    let browser = Browser::take();
    let driven = Driven::new(|config| {
        let short = Duration::from_millis(40);
        config.ping_interval(short).pong_timeout(short, 1).connect_timeout(short, short);
        config.backoff_floor(short).greeting_timeout(short);
    });
    bring(&browser);
    let socket = browser.socket();
    let has_ended = matches!(driven.state(), State::Waiting { .. });
    let (changes, fired) = (Rc::clone(&driven.changes), browser.timers_fired());
    let changed = changes.get();
    drop(driven);
    browser.check_nothing_left();
    // What has ended cannot be closed.
    assert_eq!(socket.close_code(), if has_ended { None } else { Some(1000) });

    socket.receive(&log_event(1));
    socket.end(1006);
    pass(150).await;
    assert_eq!((changes.get(), browser.timers_fired()), (changed, fired));
    assert_eq!(browser.sockets().len(), 1);
}

#[wasm_bindgen_test]
async fn a_driver_that_is_dropped_closes_its_socket_and_leaves_nothing_behind() {
    check_drop(|_| {}).await;
    check_drop(|browser| browser.socket().accept()).await;
    check_drop(|browser| browser.socket().greet()).await;
    // Between two attempts, when the socket is gone and a timer is all that there is.
    check_drop(|browser| browser.socket().end(1006)).await;
}
