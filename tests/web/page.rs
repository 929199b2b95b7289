//! The page: the session that its address names, or a start screen.

use agent_activity::ui::App;
use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::browser::{Browser, log_event, turn};

fn host() -> String {
    window().location().host().expect("a page with an address")
}

#[wasm_bindgen_test]
async fn the_page_follows_the_session_that_its_address_names() {
    let browser = Browser::take();
    browser.go_to("?session=run-7");
    let page = browser.mount(|| view! { <App /> }).await;
    let socket = browser.socket();
    assert_eq!(socket.url(), format!("ws://{}/ws/strategy/progress/run-7", host()));
    socket.greet();
    socket.receive(&log_event(1));
    page.until_entries(1).await;
    assert!(page.text().contains("run-7"), "{}", page.text());
}

#[wasm_bindgen_test]
async fn a_link_does_not_make_the_page_follow_a_strangers_server() {
    let browser = Browser::take();
    browser.go_to("?session=s&endpoint=wss://stranger.example/ws");
    let page = browser.mount(|| view! { <App /> }).await;
    page.until_connection("failed").await;
    assert_eq!(page.data("reason").as_deref(), Some("bad-endpoint"));
    assert_eq!((browser.sockets().len(), browser.requests().len()), (0, 0));
}

#[wasm_bindgen_test]
async fn a_link_may_name_an_endpoint_on_this_machine() {
    let browser = Browser::take();
    browser.go_to("?session=s&endpoint=ws://localhost:9/ws");
    let _page = browser.mount(|| view! { <App /> }).await;
    assert_eq!(browser.socket().url(), "ws://localhost:9/ws/s");
    assert_eq!(browser.requests().len(), 0, "the session is not this server's");
}

#[wasm_bindgen_test]
async fn without_a_session_the_page_offers_the_workflows() {
    let browser = Browser::take();
    let workflows = json!([
        {"name":"one", "label":"First workflow", "phases":[{"id":"a", "label":"Phase A"}]},
        {"name":"two", "label":"<b>Second</b>", "phases":[]},
    ]);
    browser.answer("/api/workflows", &workflows);
    let page = browser.mount(|| view! { <App /> }).await;
    page.until("the workflows", |page| page.text().contains("First workflow")).await;
    assert!(page.text().contains("<b>Second</b>"), "{}", page.text());
    assert_eq!(browser.requests(), ["GET /api/workflows"]);
    assert_eq!((browser.sockets().len(), page.all("[role=log], b").len()), (0, 0));
    assert!(page.unmount());
    turn().await;
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn the_composer_is_there_when_the_address_asks_for_it() {
    for (query, count) in [("composer=1", 1), ("composer=0", 0), ("composer", 0), ("x=1", 0)] {
        let browser = Browser::take();
        browser.go_to(&format!("?session=s&{query}"));
        let page = browser.mount(|| view! { <App /> }).await;
        assert_eq!(page.all("textarea").len(), count, "{query}");
    }
}
