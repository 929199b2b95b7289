//! Views whose code comes later: their places are kept, and filled when it is there.

use std::{cell::Cell, rc::Rc};

use leptos::prelude::document;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, Event};

use super::browser::{Browser, Mounted, is_visible, log_event, pass, turn};

/// What a packed page has in its head. There is no such part here: the test says what becomes of it.
struct Loader(Element);

impl Loader {
    fn new() -> Self {
        let element = document().create_element("meta").expect("an element");
        element.set_attribute("name", "agent-activity-deferred").expect("a good name");
        document().head().expect("a head").append_child(&element).expect("a place in it");
        Self(element)
    }

    /// How often it is asked for another attempt from now on.
    fn asked(&self) -> impl Fn() -> u32 + use<> {
        let asked = Rc::new(Cell::new(0));
        let counted = Rc::clone(&asked);
        let count = Closure::<dyn FnMut()>::new(move || counted.set(counted.get() + 1));
        let callback = count.as_ref().unchecked_ref();
        self.0.add_event_listener_with_callback("click", callback).expect("a good name");
        move || {
            // Kept for as long as it is asked about.
            let _ = &count;
            asked.get()
        }
    }

    /// Tells of the end of an attempt.
    fn tell(&self, event: &str) {
        let event = Event::new(event).expect("an event");
        self.0.dispatch_event(&event).expect("it is dispatched once");
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.0.remove();
    }
}

fn has_composer(page: &Mounted) -> bool {
    !page.all("textarea").is_empty()
}

fn is_said_to_be_missing(page: &Mounted) -> bool {
    let mut notices = page.all("[role=alert]");
    notices.retain(|notice| is_visible(notice));
    notices.iter().any(|notice| notice.inner_text().contains("could not be loaded"))
}

#[wasm_bindgen_test]
async fn a_place_is_filled_once_the_deferred_part_is_there() {
    let browser = Browser::take();
    let loader = Loader::new();
    let page = browser.compose().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    assert!(!has_composer(&page) && !is_said_to_be_missing(&page), "{}", page.text());
    loader.tell("load");
    page.until("the hint", |page| page.text().contains("Enter sends")).await;
    loader.tell("load");
    turn().await;
    assert_eq!(page.all("textarea").len(), 1, "made once");
    assert!(page.unmount());
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn what_is_heard_is_shown_before_the_deferred_part_is_asked_for_but_not_for_long() {
    for is_heard in [true, false] {
        let browser = Browser::take();
        let loader = Loader::new();
        let asked = loader.asked();
        let page = browser.compose().await;
        assert_eq!(asked(), 0, "nothing was heard");
        if is_heard {
            browser.socket().greet();
            page.until_connection("connected").await;
            assert_eq!(asked(), 1);
        } else {
            page.until("an attempt", |_| asked() == 1).await;
            assert_eq!(page.data("connection").as_deref(), Some("connecting"));
        }
        pass(1_100).await;
        assert_eq!(asked(), 1, "once");
    }
}

#[wasm_bindgen_test]
async fn what_could_not_be_loaded_is_said_and_asked_for_again() {
    let browser = Browser::take();
    let loader = Loader::new();
    let page = browser.compose().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    loader.tell("error");
    turn().await;
    assert!(is_said_to_be_missing(&page) && !has_composer(&page), "{}", page.text());
    let asked = loader.asked();
    page.button("Try again").expect("a button").click();
    assert_eq!(asked(), 1);
    loader.tell("load");
    turn().await;
    assert!(!is_said_to_be_missing(&page) && has_composer(&page), "{}", page.text());
}

#[wasm_bindgen_test]
async fn what_failed_with_the_connection_is_asked_for_again_with_it_and_once() {
    let browser = Browser::take();
    let loader = Loader::new();
    let asked = loader.asked();
    let page = browser.compose().await;
    browser.socket().greet();
    page.until("an attempt", |_| asked() == 1).await;
    browser.socket().end(1006);
    page.until_connection("waiting").await;
    loader.tell("error");
    turn().await;
    assert_eq!(asked(), 1, "nobody is there");
    page.button("Reconnect now").expect("a button").click();
    browser.socket().greet();
    page.until("another attempt", |_| asked() == 2).await;
    loader.tell("error");
    for seq in 1..4 {
        browser.socket().receive(&log_event(seq));
        page.until_entries(seq).await;
    }
    assert_eq!(asked(), 2, "the connection was there all the time");
    assert!(is_said_to_be_missing(&page), "{}", page.text());
}

#[wasm_bindgen_test]
async fn what_comes_when_nobody_follows_any_more_changes_nothing() {
    let browser = Browser::take();
    let loader = Loader::new();
    let page = browser.compose().await;
    assert!(page.unmount());
    loader.tell("load");
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn a_part_that_is_there_already_is_not_waited_for() {
    let browser = Browser::take();
    let loader = Loader::new();
    loader.0.set_attribute("data-loaded", "").expect("a good name");
    let page = browser.compose().await;
    assert!(has_composer(&page), "{}", page.text());
}
