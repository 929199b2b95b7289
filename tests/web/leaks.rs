//! What is left of drivers and components: nothing.

use std::{cell::RefCell, rc::Rc, time::Duration};

use agent_activity::{
    activity::LogBounds,
    connection::{Config, State},
    dialect::DialectKind,
    session::Session,
    web::Driver,
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::{
    browser::{Browser, endpoint, log_event, pass, turn},
    driven::Driven,
};

/// Everything that a page can hear of.
fn rock(browser: &Browser) {
    browser.hide();
    browser.show();
    browser.set_online(false);
    browser.set_online(true);
    browser.freeze();
    browser.thaw();
    browser.violate("connect-src", "ws://h/ws/s", "enforce");
    browser.leave();
    browser.come_back(true);
}

#[wasm_bindgen_test]
async fn two_hundred_drivers_leave_nothing_behind() {
    let browser = Browser::take();
    browser.hold_answer("http://h/api/sessions/s");
    for round in 0..200 {
        let driven = Driven::new(|_| {});
        match round % 5 {
            0 => browser.socket().greet(),
            1 => browser.socket().end(1006),
            2 => rock(&browser),
            3 => browser.leave(),
            _ => {}
        }
        driven.driver.send("never sent, or never acknowledged");
        driven.driver.call("m", "{}", |_| {});
        drop(driven);
        browser.check_nothing_left();
    }
    let (sockets, fired) = (browser.sockets().len(), browser.timers_fired());
    rock(&browser);
    for socket in browser.sockets() {
        socket.accept();
        socket.receive(&log_event(1));
        socket.end(1006);
    }
    pass(100).await;
    assert_eq!((browser.sockets().len(), browser.timers_fired()), (sockets, fired));
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn two_hundred_components_leave_nothing_behind_whatever_happens_to_the_page() {
    let browser = Browser::take();
    for round in 0..200 {
        let page = browser.follow().await;
        match round % 4 {
            0 => browser.socket().greet(),
            1 => rock(&browser),
            2 => browser.hide(),
            _ => browser.set_online(false),
        }
        assert!(page.unmount(), "round {round}");
        browser.check_nothing_left();
        browser.show();
        browser.set_online(true);
    }
    rock(&browser);
    turn().await;
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn a_request_ends_with_its_driver_or_when_nobody_waits_for_it() {
    let browser = Browser::take();
    browser.hold_answer("http://h/api/sessions/s");
    let patient = |config: &mut Config| {
        config.backoff_floor(Duration::from_secs(60)).fetch_timeout(Duration::from_millis(60));
    };
    let driven = Driven::new(patient);
    browser.socket().end(1006);
    assert_eq!(browser.requests_under_way(), 1);
    driven.drop_in(&browser).await;

    let driven = Driven::new(patient);
    browser.socket().end(1006);
    driven.driver.disconnect();
    assert_eq!((driven.state(), browser.requests_under_way()), (State::Idle, 0));

    driven.driver.connect();
    browser.socket().end(1006);
    assert_eq!(browser.requests_under_way(), 1);
    pass(150).await;
    assert_eq!(browser.requests_under_way(), 0, "it took too long");
    assert_eq!(browser.requests().len(), 3);
}

#[wasm_bindgen_test]
fn two_clones_are_one_driver() {
    let browser = Browser::take();
    let driven = Driven::connected(&browser, |_| {});
    let clone = driven.driver.clone();
    let changes = Rc::clone(&driven.changes);
    drop(driven);
    let changed = changes.get();
    browser.socket().receive(&log_event(1));
    assert_eq!((changes.get(), clone.session().activity().entries), (changed + 1, 1));
    drop(clone);
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
fn a_driver_may_be_dropped_from_what_it_calls_in_the_middle_of_a_socket_s_message() {
    let browser = Browser::take();
    let last = Rc::new(RefCell::new(None::<Driver>));
    let session =
        Session::new(Config::default(), DialectKind::Auto, endpoint(), LogBounds::default(), 7);
    let driver = Driver::new(session, {
        let last = Rc::clone(&last);
        move || drop(last.take())
    });
    driver.connect();
    browser.socket().accept();
    *last.borrow_mut() = Some(driver);
    let socket = browser.socket();
    socket.receive(&log_event(1));
    assert!(last.borrow().is_none());
    assert_eq!((socket.close_code(), socket.handlers()), (Some(1000), 0));
    browser.check_nothing_left();
}
