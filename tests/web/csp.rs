//! What the page's own security policy forbids.

use std::time::Duration;

use agent_activity::connection::{Config, Diagnosis, LossCause, State};
use wasm_bindgen_test::wasm_bindgen_test;

use super::{
    browser::{Browser, pass, until},
    driven::Driven,
};

const BLOCKED: LossCause = LossCause::NeverOpened(Diagnosis::BlockedByPage);

fn patient(config: &mut Config) {
    config.backoff_floor(Duration::from_secs(60));
}

fn cause(driven: &Driven) -> LossCause {
    match driven.state() {
        State::Waiting { attempt: 2, cause, .. } => cause,
        other => panic!("not waiting after the first attempt but {other:?}"),
    }
}

#[wasm_bindgen_test]
async fn a_socket_that_a_real_policy_forbids_is_named_so() {
    let browser = Browser::take();
    browser.forbid_sockets();
    let driven = Driven::new(patient);
    until("the report", || cause(&driven) == BLOCKED).await;
    assert_eq!(browser.requests_under_way(), 0, "nobody needs to be asked any more");
    pass(100).await;
    assert_eq!(cause(&driven), BLOCKED);
    driven.drop_in(&browser).await;
}

#[wasm_bindgen_test]
fn a_report_that_comes_before_the_close_is_taken_for_it() {
    let browser = Browser::take();
    let driven = Driven::new(patient);
    let socket = browser.socket();
    browser.violate("connect-src", "ws://h/ws/s", "enforce");
    assert_eq!((cause(&driven), socket.handlers()), (BLOCKED, 0));
    socket.end(1006);
    assert_eq!(cause(&driven), BLOCKED);
    assert_eq!(browser.requests().len(), 0, "nobody needs to be asked");
}

#[wasm_bindgen_test]
async fn a_report_that_comes_after_the_close_explains_it() {
    for blocked in ["ws://h/ws/s?x=y", "ws://h", "ws"] {
        let browser = Browser::take();
        browser.hold_answer("http://h/api/sessions/s");
        let driven = Driven::new(patient);
        browser.socket().end(1006);
        assert_eq!(cause(&driven), LossCause::NeverOpened(Diagnosis::Unknown));
        assert_eq!(browser.requests_under_way(), 1);
        browser.violate("connect-src", blocked, "enforce");
        assert_eq!((cause(&driven), browser.requests_under_way()), (BLOCKED, 0), "{blocked}");
        // The first wait goes on as it was.
        assert_eq!(browser.sockets().len(), 1);
    }
}

#[wasm_bindgen_test]
fn a_socket_that_cannot_even_be_made_is_explained_too() {
    let browser = Browser::take();
    browser.refuse_sockets(Some("SecurityError"));
    let driven = Driven::new(patient);
    browser.violate("connect-src", "ws://h", "enforce");
    assert_eq!(cause(&driven), BLOCKED);
}

#[wasm_bindgen_test]
fn reports_about_something_else_change_nothing() {
    let browser = Browser::take();
    let driven = Driven::new(patient);
    for (directive, blocked, disposition) in [
        ("connect-src", "ws://h/ws/s", "report"),
        ("connect-src", "ws://other/ws/s", "enforce"),
        ("connect-src", "http://h/api/sessions/s", "enforce"),
        ("connect-src", "", "enforce"),
        ("img-src", "ws://h/ws/s", "enforce"),
    ] {
        browser.violate(directive, blocked, disposition);
        assert_eq!(driven.state(), State::Connecting { attempt: 1 }, "{directive} {blocked}");
    }
    browser.socket().greet();
    browser.violate("connect-src", "ws://h/ws/s", "enforce");
    assert_eq!(driven.state(), State::Connected);
}
