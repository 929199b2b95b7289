//! A notification of the run's end, for whoever asked for it and looks elsewhere.

use agent_activity::ui::Follow;
use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::browser::{Browser, Mounted, endpoint, numbered, painted, pass, turn};

async fn follow(browser: &Browser) -> Mounted {
    let page = mount(browser).await;
    browser.socket().greet();
    browser.socket().receive(&numbered(1, json!({"type":"agent_start", "agent":"coder"})));
    under_way(&page).await;
    page
}

async fn under_way(page: &Mounted) {
    page.until("the run", |page| page.data("run").as_deref() == Some("running")).await;
    painted().await;
}

async fn mount(browser: &Browser) -> Mounted {
    let endpoint = endpoint();
    browser
        .mount(move || {
            view! { <Follow endpoint session="s".to_owned() is_own_server=false notify=true /> }
        })
        .await
}

fn is_pressed(page: &Mounted) -> Option<String> {
    page.button("Notify me")?.get_attribute("aria-pressed")
}

fn end(browser: &Browser) {
    let error = json!({"type":"error", "message":"no \u{202e} disk"});
    browser.socket().receive(&numbered(2, error));
}

#[wasm_bindgen_test]
async fn whoever_asked_for_it_and_looks_elsewhere_is_notified_of_the_end() {
    let browser = Browser::take();
    let page = follow(&browser).await;
    assert_eq!(browser.permission_asked(), 0, "nobody is asked before somebody pressed something");
    page.button("Notify me").expect("a button").click();
    painted().await;
    assert_eq!((browser.permission_asked(), is_pressed(&page).as_deref()), (1, Some("true")));
    browser.hide();
    end(&browser);
    pass(1_500).await;
    assert_eq!(browser.notices(), ["Workflow failed: no U+202E disk"]);
    browser.show();
    page.until("it is taken back once it is seen", |_| browser.notices().is_empty()).await;
    page.until("there is nothing more to come", |page| page.button("Notify me").is_none()).await;
    assert!(page.unmount());
    turn().await;
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn what_does_not_end_the_run_is_worth_no_notification_and_they_can_be_put_off_again() {
    let browser = Browser::take();
    browser.permit("granted", "granted");
    let page = follow(&browser).await;
    page.button("Notify me").expect("a button").click();
    painted().await;
    assert_eq!((browser.permission_asked(), is_pressed(&page).as_deref()), (0, Some("true")));
    browser.hide();
    browser.socket().receive(&numbered(2, json!({"type":"agent_complete", "agent":"coder"})));
    pass(1_500).await;
    assert!(browser.notices().is_empty());
    browser.show();
    page.button("Notify me").expect("a button").click();
    painted().await;
    assert_eq!(is_pressed(&page).as_deref(), Some("false"), "it can be put off again");
    browser.hide();
    browser.socket().receive(&numbered(3, json!({"type":"complete"})));
    pass(1_500).await;
    assert!(browser.notices().is_empty());
}

#[wasm_bindgen_test]
async fn whoever_sees_the_page_is_not_notified() {
    let browser = Browser::take();
    browser.permit("granted", "granted");
    let page = follow(&browser).await;
    page.button("Notify me").expect("a button").click();
    end(&browser);
    pass(1_500).await;
    assert!(browser.notices().is_empty());
    browser.hide();
    pass(1_500).await;
    assert!(browser.notices().is_empty(), "it was seen");
}

#[wasm_bindgen_test]
async fn where_notifications_are_refused_none_are_offered() {
    let browser = Browser::take();
    browser.permit("denied", "denied");
    let page = follow(&browser).await;
    assert!(page.button("Notify me").is_none());
    let browser = {
        drop(page);
        drop(browser);
        Browser::take()
    };
    browser.permit("default", "denied");
    let page = follow(&browser).await;
    page.button("Notify me").expect("a button").click();
    page.until("it is taken back", |page| page.button("Notify me").is_none()).await;
    browser.hide();
    end(&browser);
    pass(1_500).await;
    assert!(browser.notices().is_empty());
}

#[wasm_bindgen_test]
async fn a_run_that_waits_for_somebody_says_so() {
    let browser = Browser::take();
    browser.permit("granted", "granted");
    let page = mount(&browser).await;
    browser.socket().accept();
    browser.socket().receive(&json!({"type":"RUN_STARTED", "threadId":"t", "runId":"r"}));
    under_way(&page).await;
    page.button("Notify me").expect("a button").click();
    browser.hide();
    browser.socket().receive(&json!({"type":"RUN_FINISHED", "runId":"r", "outcome":{
        "type":"interrupt", "interrupts":[{"id":"i", "reason":"approval", "message":"May I?"}]}}));
    pass(1_500).await;
    assert_eq!(browser.notices(), ["Waiting for input: May I?"]);
}
