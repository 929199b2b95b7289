//! A page that nobody looks at while things happen.

use agent_activity::ui::Follow;
use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::browser::{Browser, endpoint, log_event, until};

/// Acceptance check 36: two minutes of fifty entries a second, and the end.
#[wasm_bindgen_test]
async fn all_that_happened_while_nobody_looked_is_there_and_the_title_says_how_it_ended() {
    let browser = Browser::take();
    document().set_title("A page");
    let endpoint = endpoint();
    let page = browser
        .mount(move || {
            view! { <Follow endpoint session="s".to_owned() is_own_server=false title_status=true /> }
        })
        .await;
    browser.socket().greet();
    page.until_connection("connected").await;
    browser.hide();
    for seq in 1..=6_000 {
        browser.socket().receive(&log_event(seq));
    }
    browser.socket().receive(&json!({"type":"complete", "seq":6001, "message":"done"}));
    until("the title tells of the end", || document().title() == "✓ Workflow complete – A page")
        .await;
    browser.show();
    page.until_entries(6_001).await;
    assert_eq!(page.data("run").as_deref(), Some("complete"));
    page.until("the end of the log", |page| {
        page.rows().ends_with(&["6001".to_owned(), "end".to_owned()])
    })
    .await;
    let total = page.all("[role=log] li").pop().and_then(|row| row.get_attribute("aria-setsize"));
    assert_eq!(total.as_deref(), Some("6002"));
}
