//! The life of the page: seen or not, with a network or without, left and come back to.

use std::time::Duration;

use agent_activity::connection::{Config, Endpoint, LossCause, State};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{
    browser::{Browser, FakeSocket, hello, log_event, pass, ready, until},
    driven::Driven,
};

fn probing(config: &mut Config) {
    config.probe_timeout(Duration::from_millis(60)).return_window(Duration::from_millis(40));
}

fn pings(socket: &FakeSocket) -> usize {
    socket.sent_json().iter().filter(|frame| frame["type"] == "ping").count()
}

/// Brings about what makes the page ask whether the server is there; once it answers, once not.
async fn check_probe(happen: impl Fn(&Browser)) {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, probing);
    let socket = browser.socket();
    assert_eq!(pings(&socket), 0);
    happen(&browser);
    assert_eq!(pings(&socket), 1, "at once");
    socket.receive(&json!({"type":"pong", "timestamp":1}));
    pass(120).await;
    assert_eq!((driven.state(), browser.sockets().len()), (State::Connected, 1));

    happen(&browser);
    until("another socket", || browser.sockets().len() == 2).await;
    assert_eq!((socket.handlers(), socket.close_code()), (0, Some(4000)));
}

#[wasm_bindgen_test]
async fn a_page_that_is_seen_again_asks_whether_the_server_is_there() {
    check_probe(|browser| {
        browser.hide();
        browser.show();
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_page_that_was_frozen_asks_whether_the_server_is_there() {
    check_probe(|browser| {
        browser.freeze();
        browser.thaw();
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_lost_network_is_asked_after_and_drops_nothing_by_itself() {
    check_probe(|browser| {
        browser.set_online(false);
        browser.set_online(true);
    })
    .await;
}

#[wasm_bindgen_test]
fn hiding_a_connected_page_does_nothing() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, probing);
    browser.hide();
    assert_eq!((driven.state(), pings(&browser.socket())), (State::Connected, 0));
}

#[wasm_bindgen_test]
async fn an_unseen_page_pauses_and_goes_on_when_it_is_seen() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, probing);
    browser.hide();
    browser.socket().end(1006);
    assert_eq!(driven.stands(), "paused");
    pass(150).await;
    assert_eq!(browser.sockets().len(), 1);
    browser.show();
    assert_eq!(driven.stands(), "waiting");
    until("another socket", || browser.sockets().len() == 2).await;
}

#[wasm_bindgen_test]
async fn how_the_page_stood_when_the_driver_was_made_counts() {
    let browser = Browser::take();
    browser.hide();
    let driven = Driven::new(probing);
    assert_eq!(browser.sockets().len(), 1, "the first attempt is made at once");
    browser.socket().end(1006);
    assert_eq!(driven.stands(), "paused");
    drop(driven);

    browser.show();
    browser.set_online(false);
    let driven = Driven::new(probing);
    browser.socket().end(1006);
    assert_eq!(driven.stands(), "offline");
    pass(150).await;
    assert_eq!(browser.sockets().len(), 2);
    browser.set_online(true);
    until("another socket", || browser.sockets().len() == 3).await;
}

#[wasm_bindgen_test]
async fn a_network_that_flaps_makes_one_socket_at_the_most() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |config| {
        config.return_window(Duration::from_millis(40));
    });
    let flap = async || {
        for _ in 0..5 {
            browser.set_online(false);
            pass(100).await;
            browser.set_online(true);
            pass(100).await;
        }
    };
    flap().await;
    assert_eq!((driven.state(), browser.sockets().len()), (State::Connected, 1));
    assert_eq!(pings(&browser.socket()), 1, "one question is enough");

    browser.set_online(false);
    browser.socket().end(1006);
    flap().await;
    assert_eq!(browser.sockets().len(), 2);
}

#[wasm_bindgen_test]
async fn this_machine_is_reached_without_a_network() {
    let browser = Browser::take();
    let endpoint =
        Endpoint::resolve("http://localhost:8000/", "http://localhost:8000/", "/ws", "s");
    let driven = Driven::idle(endpoint, probing);
    driven.driver.connect();
    browser.socket().greet();
    browser.set_online(false);
    assert_eq!((driven.state(), pings(&browser.socket())), (State::Connected, 0));
    browser.socket().end(1006);
    assert_eq!(driven.stands(), "waiting");
    until("another socket", || browser.sockets().len() == 2).await;
}

#[wasm_bindgen_test]
async fn a_page_that_is_left_closes_its_socket_at_once_and_resumes_when_it_comes_back() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, probing);
    let first = browser.socket();
    first.receive(&json!([log_event(1), log_event(2)]));
    browser.leave();
    // There may be no later turn.
    assert_eq!((first.close_code(), first.handlers()), (Some(1000), 0));
    assert_eq!(driven.state(), State::Paused { attempt: 1, cause: LossCause::PageLeft });
    // As browsers do on the way.
    browser.hide();
    browser.freeze();
    pass(150).await;
    assert_eq!(browser.sockets().len(), 1);

    browser.thaw();
    browser.come_back(true);
    browser.show();
    assert_eq!(browser.sockets().len(), 2);
    let second = browser.socket();
    assert_eq!(second.url(), "ws://h/ws/s?epoch=e1&after=2");
    second.accept();
    second.receive(&json!([hello("e1"), log_event(3), ready()]));
    assert_eq!((driven.state(), driven.entries()), (State::Connected, 3));
}

/// 57.
#[wasm_bindgen_test]
fn a_page_that_is_not_left_after_all_has_lost_nothing() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, probing);
    let socket = browser.socket();
    assert!(!browser.begin_to_leave(), "nobody is asked whether to stay");
    assert_eq!((socket.close_code(), browser.sockets().len()), (None, 1));
    socket.receive(&log_event(1));
    assert_eq!((driven.state(), driven.entries()), (State::Connected, 1));
}

#[wasm_bindgen_test]
async fn a_page_that_is_left_makes_no_attempt() {
    let browser = Browser::take();
    let driven = Driven::new(probing);
    browser.socket().end(1006);
    browser.leave();
    browser.show();
    browser.set_online(false);
    browser.set_online(true);
    pass(150).await;
    assert_eq!((driven.stands(), browser.sockets().len()), ("paused", 1));
    browser.come_back(true);
    assert_eq!((driven.stands(), browser.sockets().len()), ("connecting", 2));
}

#[wasm_bindgen_test]
fn the_first_showing_of_a_page_is_no_return() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, probing);
    browser.come_back(false);
    assert_eq!((driven.state(), pings(&browser.socket())), (State::Connected, 0));
}

/// Lets everything happen to a page whose driver is not to connect.
async fn check_stays_idle(browser: &Browser, driven: &Driven) {
    let sockets = browser.sockets().len();
    browser.hide();
    browser.show();
    browser.set_online(false);
    browser.set_online(true);
    browser.freeze();
    browser.thaw();
    browser.leave();
    browser.come_back(true);
    pass(100).await;
    assert_eq!((driven.state(), browser.sockets().len()), (State::Idle, sockets));
}

#[wasm_bindgen_test]
async fn a_driver_that_never_connected_or_was_disconnected_stays_so() {
    let browser = Browser::take();
    let driven = Driven::idle(super::browser::endpoint(), probing);
    check_stays_idle(&browser, &driven).await;
    driven.driver.connect();
    browser.socket().greet();
    driven.driver.disconnect();
    check_stays_idle(&browser, &driven).await;
    driven.drop_in(&browser).await;
}
