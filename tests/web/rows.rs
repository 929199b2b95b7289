//! Rows as somebody reads them: opened, wrapped, gone through with the keyboard, selected.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlElement};

use super::browser::{Browser, Mounted, enter, extent, numbered, painted, press};

/// A page with so many entries: every third of two lines, every seventh an error with a payload.
async fn filled(browser: &Browser, count: u64) -> Mounted {
    let page = browser.follow().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    let event = |seq: u64| {
        let more = if seq.is_multiple_of(3) { "\n  at line 2" } else { "" };
        let mut event = json!({"type":"log", "agent":"coder", "message":format!("row {seq}.{more}"),
            "timestamp":"2026-01-02T03:04:05.006Z"});
        if seq.is_multiple_of(7) {
            event["level"] = json!("error");
            event["payload"] = json!({"exit_code": 3, "list": [1, {"deep": "<b>"}]});
        }
        numbered(seq, event)
    };
    browser.socket().receive(&(1..=count).map(event).collect());
    page.until_entries(count).await;
    painted().await;
    page
}

fn row(page: &Mounted, seq: u64) -> Element {
    page.one(&format!("[role=log] li[data-seq='{seq}']"))
}

fn toggle(row: &Element) -> HtmlElement {
    use wasm_bindgen::JsCast;
    let toggle = row.query_selector("button[aria-expanded]").expect("a selector");
    toggle.expect("what opens it").unchecked_into()
}

/// The row that has the focus.
fn focused() -> Option<String> {
    web_sys::window()?.document()?.active_element()?.get_attribute("data-seq")
}

fn selected(page: &Mounted) -> Vec<String> {
    let rows = page.all("[role=log] [data-selected]");
    rows.iter().filter_map(|row| row.get_attribute("data-seq")).collect()
}

async fn key(page: &Mounted, key: &str, properties: &[&'static str]) {
    let document = web_sys::window().and_then(|window| window.document()).expect("a document");
    let target = document.active_element().filter(|it| page.log().contains(Some(it)));
    press(&target.expect("the focus is in the log"), key, properties);
    painted().await;
}

/// Every row begins where the one before it ends.
fn check_rows_follow_one_another(page: &Mounted) {
    let rows = page.all("[role=log] li");
    for pair in rows.windows(2) {
        let (end, start) = (extent(&pair[0]).1, extent(&pair[1]).0);
        assert!((start - end).abs() < 1.0, "a row begins at {start}, after one that ends at {end}");
    }
}

#[wasm_bindgen_test]
async fn a_row_that_is_opened_shows_all_of_its_entry() {
    let browser = Browser::take();
    let page = filled(&browser, 200).await;
    let row = row(&page, 196);
    assert_eq!(page.all("[role=log] dl").len(), 0);
    toggle(&row).click();
    painted().await;
    assert_eq!(toggle(&row).get_attribute("aria-expanded").as_deref(), Some("true"));
    let blocks: Vec<String> =
        page.all("[role=log] pre").iter().filter_map(|block| block.text_content()).collect();
    let payload = "{\n  \"exit_code\": 3,\n  \"list\": [\n    1,\n    {\n      \"deep\": \"<b>\"\n    }\n  ]\n}";
    assert_eq!(blocks, ["row 196.", payload]);
    let fields = page.one("[role=log] dl").text_content().unwrap_or_default();
    for part in ["Time2026-01-02T03:04:05.006Z", "Number196", "LevelError", "Agentcoder"] {
        assert!(fields.contains(part), "{part} in {fields}");
    }
    check_rows_follow_one_another(&page);
    assert!(page.text().contains("Scrolled up"), "it is not scrolled away while it is read");

    toggle(&row).click();
    painted().await;
    assert_eq!(page.all("[role=log] dl, [role=log] pre").len(), 0);
    check_rows_follow_one_another(&page);
}

#[wasm_bindgen_test]
async fn an_open_row_stays_open_while_it_is_out_of_the_document() {
    let browser = Browser::take();
    let page = filled(&browser, 2_000).await;
    let log = page.log();
    let height = log.scroll_height();
    toggle(&row(&page, 1_990)).click();
    painted().await;
    assert!(log.scroll_height() > height + 50);
    log.set_scroll_top(0);
    painted().await;
    assert_eq!(page.all("[role=log] dl").len(), 0);
    log.set_scroll_top(log.scroll_height());
    painted().await;
    painted().await;
    assert_eq!(page.all("[role=log] dl").len(), 1);
    check_rows_follow_one_another(&page);
}

#[wasm_bindgen_test]
async fn a_wrapped_log_shows_every_line_and_keeps_its_place() {
    let browser = Browser::take();
    let page = filled(&browser, 3_000).await;
    let log = page.log();
    log.set_scroll_top(log.scroll_height() / 2);
    painted().await;
    let top = extent(&log).0;
    let first_seen = |page: &Mounted| {
        let rows = page.all("[role=log] li");
        let row = rows.iter().find(|row| extent(row).1 > top + 1.0).expect("a row");
        (row.get_attribute("data-seq"), extent(row).0)
    };
    let before = first_seen(&page);
    let wrap = page.button("Wrap").expect("a button");
    wrap.click();
    painted().await;
    painted().await;
    assert_eq!(wrap.get_attribute("aria-pressed").as_deref(), Some("true"));
    let after = first_seen(&page);
    assert_eq!(after.0, before.0);
    assert!((after.1 - before.1).abs() < 2.0, "{before:?} {after:?}");
    check_rows_follow_one_another(&page);
    let heights: Vec<f64> =
        page.all("[role=log] li").iter().map(|row| extent(row).1 - extent(row).0).collect();
    assert!(
        heights.iter().any(|height| *height > heights[0].min(heights[1]) + 10.0),
        "{heights:?}"
    );

    // What is read does not move while rows above it turn out to be higher.
    for _ in 0..5 {
        log.set_scroll_top(log.scroll_top() - 200);
        painted().await;
        check_rows_follow_one_another(&page);
        let place = first_seen(&page);
        painted().await;
        painted().await;
        assert_eq!(first_seen(&page), place);
    }
    page.button("Jump to latest").expect("a button").click();
    painted().await;
    painted().await;
    assert_eq!(page.rows().last().map(String::as_str), Some("3000"));
    assert!(log.scroll_height() - log.client_height() - log.scroll_top() <= 2);
    wrap.click();
    painted().await;
    let list = page.one("[role=log] ol");
    assert_eq!(list.client_height(), 3_000 * row(&page, 3_000).client_height());
}

#[wasm_bindgen_test]
async fn a_followed_log_that_is_wrapped_stays_at_its_end() {
    let browser = Browser::take();
    let page = filled(&browser, 50).await;
    page.button("Wrap").expect("a button").click();
    painted().await;
    for seq in 51..80 {
        let text = "words ".repeat(60);
        browser.socket().receive(&numbered(seq, json!({"type":"log", "message":text})));
        page.until_entries(seq).await;
        painted().await;
        let log = page.log();
        let below = log.scroll_height() - log.client_height() - log.scroll_top();
        assert!(below <= 2, "{below} px are below");
    }
    assert!(page.text().contains("Following the latest"));
}

#[wasm_bindgen_test]
async fn the_log_is_gone_through_with_the_keyboard() {
    let browser = Browser::take();
    let page = filled(&browser, 2_000).await;
    let log = page.log();
    assert_eq!(log.get_attribute("tabindex").as_deref(), Some("0"));
    log.focus().expect("it can be focused");
    for (name, properties, expected) in [
        ("ArrowUp", &[][..], "2000"),
        ("ArrowUp", &[], "1999"),
        ("ArrowDown", &[], "2000"),
        ("ArrowUp", &["altKey"], "1995"),
        ("ArrowUp", &["altKey"], "1988"),
        ("ArrowDown", &["altKey"], "1995"),
        ("Home", &[], "1"),
        ("ArrowUp", &[], "1"),
        ("ArrowDown", &[], "2"),
    ] {
        key(&page, name, properties).await;
        painted().await;
        assert_eq!(focused().as_deref(), Some(expected), "{name}");
    }
    assert_eq!(log.get_attribute("tabindex").as_deref(), Some("-1"), "the row is the stop");
    let row_of = row(&page, 2);
    for (name, is_open) in [
        ("ArrowRight", "true"),
        ("ArrowRight", "true"),
        ("Enter", "false"),
        (" ", "true"),
        ("ArrowLeft", "false"),
    ] {
        key(&page, name, &[]).await;
        assert_eq!(
            toggle(&row_of).get_attribute("aria-expanded").as_deref(),
            Some(is_open),
            "{name}"
        );
        assert_eq!(focused().as_deref(), Some("2"));
    }
    key(&page, "PageDown", &[]).await;
    painted().await;
    let below: u64 = focused().and_then(|seq| seq.parse().ok()).expect("a row");
    assert!(below > 4, "a screen further: {below}");
    // Out of sight, the row gives the focus to the log, and is gone back to from there.
    log.set_scroll_top(log.scroll_height() / 2);
    painted().await;
    painted().await;
    assert!(log.is_same_node(leptos::prelude::document().active_element().as_deref()));
    assert_eq!(log.get_attribute("tabindex").as_deref(), Some("0"));
    key(&page, "ArrowDown", &[]).await;
    painted().await;
    assert_eq!(focused(), Some((below + 1).to_string()));
    key(&page, "End", &[]).await;
    painted().await;
    assert!(page.text().contains("Following the latest"));
    assert_eq!(page.rows().last().map(String::as_str), Some("2000"));
}

#[wasm_bindgen_test]
async fn rows_that_are_not_in_the_document_can_be_selected_and_copied() {
    let browser = Browser::take();
    let page = filled(&browser, 2_000).await;
    page.log().focus().expect("it can be focused");
    key(&page, "ArrowUp", &[]).await;
    key(&page, "ArrowUp", &["shiftKey"]).await;
    key(&page, "ArrowUp", &["shiftKey"]).await;
    assert_eq!(selected(&page), ["1998", "1999", "2000"]);
    key(&page, "c", &["ctrlKey"]).await;
    page.until("the note", |page| page.text().contains("3 entries copied")).await;
    key(&page, "a", &["ctrlKey"]).await;
    assert_eq!(selected(&page).len(), page.rows().len());
    page.button("Copy").expect("a button").click();
    page.until("the note", |page| page.text().contains("2,000 entries copied")).await;
    key(&page, "Escape", &[]).await;
    assert!(selected(&page).is_empty());
    assert!(page.log().is_same_node(leptos::prelude::document().active_element().as_deref()));
}

#[wasm_bindgen_test]
async fn times_are_said_in_the_way_that_was_chosen() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    let event = |seq: u64, time: &str| {
        numbered(seq, json!({"type":"log", "message":time, "timestamp":time}))
    };
    browser
        .socket()
        .receive(&json!([event(1, "2026-01-02T03:04:05Z"), event(2, "2026-01-02T03:06:07Z")]));
    page.until_entries(2).await;
    let choose = page.named("select", "Timestamps").expect("a choice");
    let times = async || {
        painted().await;
        let times = page.all("[role=log] time");
        times.iter().filter_map(|time| time.text_content()).collect::<Vec<_>>()
    };
    enter(&choose, "elapsed", "change");
    assert_eq!(times().await, ["0:00", "2:02"]);
    enter(&choose, "relative", "change");
    assert!(times().await.iter().all(|time| time.ends_with(" d ago")), "{:?}", times().await);
    enter(&choose, "absolute", "change");
    assert!(times().await.iter().all(|time| time.len() == 8 && time.contains(':')));
}
