//! Tokens: who gives them, when they are asked for, and where they go.

use std::{cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};

use agent_activity::{
    connection::{Config, Failure, LossCause, State, Token, TokenError},
    web::TokenAnswer,
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::{
    browser::{Browser, pass, turn, until},
    driven::Driven,
};

const SECRET: &str = "se cret&1";

/// A provider of tokens that answers when the test says so.
#[derive(Clone, Default)]
struct Provider(Rc<RefCell<VecDeque<(bool, TokenAnswer)>>>);

impl Provider {
    /// Whether the last token was refused, of the one question that is open.
    fn asked(&self) -> Option<bool> {
        assert!(self.0.borrow().len() <= 1, "one question at a time");
        self.0.borrow().front().map(|(is_refused, _)| *is_refused)
    }

    fn take(&self) -> TokenAnswer {
        self.0.borrow_mut().pop_front().expect("a question").1
    }

    fn give(&self, token: &str) {
        self.take()(Ok(Some(Token(token.to_owned()))));
    }
}

/// A driver with such a provider, which has begun to connect.
fn provided(configure: impl FnOnce(&mut Config)) -> (Driven, Provider) {
    let driven = Driven::idle(super::browser::endpoint(), |config| {
        config.token_provider(true);
        configure(config);
    });
    let provider = Provider::default();
    driven.driver.set_token_provider({
        let provider = provider.clone();
        Box::new(move |is_refused, answer| {
            provider.0.borrow_mut().push_back((is_refused, answer));
        })
    });
    driven.driver.connect();
    (driven, provider)
}

#[wasm_bindgen_test]
async fn a_provider_that_fails_twice_costs_two_waits() {
    let browser = Browser::take();
    let (driven, provider) = provided(|_| {});
    for attempt in [2, 3] {
        assert_eq!(provider.asked(), Some(false));
        provider.take()(Err(TokenError));
        let State::Waiting { attempt: next, cause, .. } = driven.state() else {
            panic!("{:?}", driven.state())
        };
        assert_eq!((next, cause), (attempt, LossCause::NoToken));
        until("the next question", || provider.asked().is_some()).await;
    }
    assert_eq!(browser.sockets().len(), 0);
    provider.give("t");
    browser.socket().greet();
    assert_eq!((driven.state(), browser.sockets().len()), (State::Connected, 1));
}

#[wasm_bindgen_test]
async fn an_answer_that_nobody_waits_for_changes_nothing() {
    let browser = Browser::take();
    let (driven, provider) = provided(|config| {
        config.connect_timeout(Duration::from_millis(40), Duration::from_millis(40));
    });
    driven.driver.disconnect();
    provider.give("after a disconnect");
    assert_eq!((driven.state(), browser.sockets().len()), (State::Idle, 0));

    driven.driver.connect();
    let late = provider.take();
    until("the next question", || provider.asked().is_some()).await;
    late(Ok(Some(Token("too late".to_owned()))));
    assert_eq!(browser.sockets().len(), 0);

    let orphan = provider.take();
    driven.drop_in(&browser).await;
    orphan(Ok(Some(Token("after the end".to_owned()))));
    turn().await;
    assert_eq!(browser.sockets().len(), 0);
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
fn a_refused_token_is_replaced_once() {
    let browser = Browser::take();
    let (driven, provider) = provided(|_| {});
    provider.give("old");
    assert_eq!(browser.socket().url(), "ws://h/ws/s?token=old");
    browser.socket().accept();
    browser.socket().end(4401);
    assert_eq!(provider.asked(), Some(true), "at once, and not from a cache");
    provider.give("new");
    assert_eq!(browser.socket().url(), "ws://h/ws/s?token=new");
    browser.socket().accept();
    browser.socket().end(4401);
    assert!(matches!(driven.state(), State::Failed(Failure::Refused(_))), "{:?}", driven.state());
    assert_eq!((provider.asked(), browser.sockets().len()), (None, 2));
}

#[wasm_bindgen_test]
async fn the_token_is_in_the_address_and_the_header_and_nowhere_else() {
    let browser = Browser::take();
    browser.hold_answer("http://h/api/sessions/s");
    let (driven, provider) = provided(|config| {
        config.backoff_floor(Duration::from_secs(60));
    });
    assert_eq!(format!("{:?}", Token(SECRET.to_owned())), "Token(…)");
    provider.give(SECRET);
    assert_eq!(browser.socket().url(), "ws://h/ws/s?token=se%20cret%261");
    let check_hidden = || {
        let shown = format!("{:?} {:?}", driven.driver, driven.state());
        assert!(!shown.contains("se cret") && !shown.contains("se%20cret"), "{shown}");
    };
    check_hidden();
    browser.socket().end(1006);
    assert_eq!(browser.requests(), ["GET http://h/api/sessions/s"]);
    assert_eq!(browser.header_of(0, "authorization"), Some(format!("Bearer {SECRET}")));
    check_hidden();

    driven.driver.reconnect();
    provider.give(SECRET);
    browser.socket().greet();
    browser.socket().end(1006);
    driven.driver.reconnect();
    provider.give(SECRET);
    assert_eq!(browser.socket().url(), "ws://h/ws/s?epoch=e1&after=0&token=se%20cret%261");
    check_hidden();
}

#[wasm_bindgen_test]
fn a_report_of_a_forbidden_address_is_known_by_it_whatever_its_token() {
    let browser = Browser::take();
    let (driven, provider) = provided(|_| {});
    provider.give("t");
    browser.violate("connect-src", "ws://h/ws/s?token=t", "enforce");
    assert_eq!(driven.stands(), "waiting");
}

#[wasm_bindgen_test]
fn a_provider_may_answer_at_once_and_be_replaced_meanwhile() {
    let browser = Browser::take();
    let driven = Driven::idle(super::browser::endpoint(), |config| {
        config.token_provider(true);
    });
    let driver = driven.driver.clone();
    driven.driver.set_token_provider(Box::new(move |_, answer| {
        driver.set_token_provider(Box::new(|_, answer| answer(Ok(None))));
        answer(Ok(Some(Token("first".to_owned()))));
    }));
    driven.driver.connect();
    assert_eq!(browser.socket().url(), "ws://h/ws/s?token=first");
    browser.socket().end(1006);
    driven.driver.reconnect();
    assert_eq!(browser.socket().url(), "ws://h/ws/s");
}

#[wasm_bindgen_test]
async fn a_driver_without_a_provider_has_no_token() {
    let browser = Browser::take();
    let driven = Driven::new(|config| {
        config.token_provider(true);
    });
    assert_eq!(browser.socket().url(), "ws://h/ws/s");
    browser.socket().accept();
    browser.socket().end(4401);
    pass(60).await;
    browser.socket().accept();
    browser.socket().end(4401);
    assert_eq!(driven.stands(), "failed");
}
