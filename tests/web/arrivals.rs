//! Messages that arrive before the page has read the ones before them: read at one go, each of them
//! once, in order, and before whatever happens after them.

use std::time::Duration;

use agent_activity::{
    activity::Row,
    connection::{CloseCode, State},
};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{
    browser::{Browser, log_event, pass, until},
    driven::Driven,
};

/// What the log says.
fn messages(driven: &Driven) -> Vec<String> {
    let session = driven.driver.session();
    let log = &session.activity().log;
    let message = |row| match log.row(row) {
        Some(Row::Entry(entry)) => entry.message.to_string(),
        _ => panic!("row {row} is no entry"),
    };
    (0..log.rows()).map(message).collect()
}

#[wasm_bindgen_test]
fn messages_that_arrive_in_a_row_are_one_turn() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    let changes = driven.changes.get();
    browser.hold_tasks();
    for seq in 1..=1000 {
        browser.socket().receive(&log_event(seq));
    }
    assert_eq!((driven.entries(), driven.changes.get()), (0, changes));
    assert_eq!(browser.run_tasks(), 1);
    assert_eq!((driven.entries(), driven.changes.get()), (1000, changes + 1));
    assert_eq!(driven.state(), State::Connected, "no number is missing and none came twice");
    assert_eq!(browser.run_tasks(), 0);
    browser.socket().receive(&log_event(1001));
    assert_eq!(browser.run_tasks(), 1);
    assert_eq!((driven.entries(), driven.changes.get()), (1001, changes + 2));
}

/// Each of them among others that are as they should be.
#[wasm_bindgen_test]
fn messages_are_told_apart_whatever_they_hold() {
    let odd = ["", "a\u{1e}b", "\u{1e}", "[object Object]", "[object Blob]", "é🎯", "{\"a\":"];
    for text in odd {
        let browser = Browser::take();
        let driven = Driven::connected(&browser, |_| {});
        let socket = browser.socket();
        browser.hold_tasks();
        socket.receive(&json!({"type":"log", "message":"before é", "seq":1}));
        socket.receive_text(text);
        socket.receive(&json!({"type":"log", "message":"after 🎯", "seq":2}));
        browser.run_tasks();
        let messages = messages(&driven);
        assert_eq!(messages.len(), 3, "{text:?}: {messages:?}");
        assert_eq!((&*messages[0], &*messages[2]), ("before é", "after 🎯"), "{text:?}");
        assert!(!messages[1].contains("binary"), "{text:?}: {messages:?}");
        assert_eq!(driven.state(), State::Connected, "{text:?}");
    }
}

#[wasm_bindgen_test]
fn a_binary_frame_among_texts_is_shown_in_its_place() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    let socket = browser.socket();
    browser.hold_tasks();
    socket.receive(&json!({"type":"log", "message":"before", "seq":1}));
    socket.receive_bytes(3);
    socket.receive(&json!({"type":"log", "message":"after", "seq":2}));
    browser.run_tasks();
    assert_eq!(messages(&driven), ["before", "a binary frame", "after"]);
}

#[wasm_bindgen_test]
fn sockets_that_are_not_the_browser_s_may_have_events_of_their_own() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    let socket = browser.socket();
    browser.hold_tasks();
    for seq in 1..=3 {
        socket.receive_foreign(&log_event(seq).to_string());
    }
    browser.run_tasks();
    assert_eq!(driven.entries(), 3);
}

#[wasm_bindgen_test]
fn what_arrived_before_a_close_is_taken_in_before_it() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    browser.hold_tasks();
    let first = browser.socket();
    first.receive(&log_event(1));
    first.receive(&log_event(2));
    first.end(1001);
    assert_eq!(driven.entries(), 2);
    assert!(matches!(driven.state(), State::Waiting { .. }), "{:?}", driven.state());
    browser.run_tasks();
    assert_eq!(driven.entries(), 2);
}

#[wasm_bindgen_test]
fn what_arrived_before_the_host_s_word_is_taken_in_before_it() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    browser.hold_tasks();
    browser.socket().receive(&log_event(1));
    driven.driver.send("seen");
    assert_eq!(driven.entries(), 1);
    browser.socket().receive(&log_event(2));
    driven.driver.disconnect();
    assert_eq!((driven.entries(), driven.state()), (2, State::Idle));
}

#[wasm_bindgen_test]
async fn what_arrived_counts_as_a_sign_of_life_before_a_timer_that_asks_for_one() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |config| {
        config.ping_interval(Duration::from_millis(30));
        config.pong_timeout(Duration::from_millis(60), 1);
    });
    let socket = browser.socket();
    until("a ping", || !socket.sent_json().is_empty()).await;
    browser.hold_tasks();
    let ping = socket.sent_json().remove(0);
    socket.receive(&json!({"type":"pong", "timestamp":ping["timestamp"].as_u64().expect("ms")}));
    until("another ping", || socket.sent_json().len() == 2).await;
    assert_eq!((driven.state(), socket.close_code()), (State::Connected, None));
}

#[wasm_bindgen_test]
async fn nothing_is_read_of_a_socket_that_is_given_up() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    browser.hold_tasks();
    let first = browser.socket();
    first.receive(&log_event(1));
    // A number is missing: the socket is given up for this message, with others behind it.
    first.receive(&log_event(3));
    first.receive(&log_event(4));
    browser.run_tasks();
    assert_eq!((first.handlers(), first.close_code()), (0, Some(CloseCode::ABANDONED.0)));
    assert_eq!((driven.entries(), driven.state()), (1, State::Connecting { attempt: 1 }));

    browser.socket().greet();
    browser.socket().receive(&log_event(2));
    driven.drop_in(&browser).await;
    browser.run_tasks();
    pass(20).await;
    browser.check_nothing_left();
}
