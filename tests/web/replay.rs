//! A session that was downloaded, opened again.

use agent_activity::ui::App;
use leptos::prelude::*;
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::browser::{Browser, Mounted, choose, numbered, painted, pass, turn};

/// The start screen, which has found no workflows.
async fn start_screen(browser: &Browser) -> Mounted {
    browser.go_to("?");
    browser.answer("/api/workflows", &json!([]));
    let page = browser.mount(|| view! { <App /> }).await;
    page.until("the field", |page| !page.all("#recording").is_empty()).await;
    page
}

/// Saves all of the log as NDJSON; its name and its text.
async fn saved(browser: &Browser, page: &Mounted) -> (String, String) {
    page.until("the tools", |page| page.button("Download").is_some()).await;
    page.button("Download").expect("a button").click();
    page.button("NDJSON, all").expect("an item").click();
    let [name, _, text] = browser.saved_files().await.pop().expect("a file");
    (name, text)
}

/// A session with a plan, in which one phase has failed; as it is downloaded.
async fn recorded() -> (String, String) {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    let at = |seq: u64| format!("2026-01-02T03:04:{seq:02}.000Z");
    let event = |seq: u64, mut event: Value| {
        event["timestamp"] = json!(at(seq));
        numbered(seq, event)
    };
    browser.socket().receive(&json!([
        {"type":"plan", "phases":[
            {"id":"plan", "label":"Plan it", "agent":"planner"},
            {"id":"build", "label":"Build it", "agent":"coder"},
            {"id":"ship", "label":"Ship it"}]},
        event(1, json!({"type":"agent_start", "agent":"planner", "phase":"plan"})),
        event(2, json!({"type":"log", "agent":"planner", "message":"<b>hostile</b> é 🎯"})),
        event(3, json!({"type":"agent_complete", "agent":"planner", "phase":"plan"})),
        event(4, json!({"type":"agent_start", "agent":"coder", "phase":"build"})),
        event(5, json!({"type":"error", "phase":"build", "message":"no disk"})),
    ]));
    page.until("the end", |page| page.data("run").as_deref() == Some("error")).await;
    saved(&browser, &page).await
}

fn phases(page: &Mounted) -> Vec<String> {
    let phases = page.all("[data-phase]");
    let words = |phase: &web_sys::HtmlElement| {
        Some(format!(
            "{} {}",
            phase.get_attribute("data-phase")?,
            phase.get_attribute("data-state")?
        ))
    };
    phases.iter().filter_map(words).collect()
}

#[wasm_bindgen_test]
async fn a_downloaded_log_shows_the_session_that_it_was_of() {
    let (name, text) = recorded().await;
    let browser = Browser::take();
    let page = start_screen(&browser).await;
    choose(&page.one("#recording"), &name, &text);
    page.until("it is read", |page| page.data("entries").as_deref() == Some("5")).await;
    page.until("it says so", |page| page.text().contains("5 entries")).await;
    assert_eq!(page.data("connection").as_deref(), Some("idle"));
    assert_eq!(page.data("run").as_deref(), Some("error"));
    assert_eq!(phases(&page), ["plan done", "build error", "ship not-reached"]);
    for words in
        ["Recording", &name, "Plan it", "Workflow failed", "no disk", "<b>hostile</b> é 🎯"]
    {
        assert!(page.text().contains(words), "{words} in {}", page.text());
    }
    assert!(page.button("Reconnect now").is_none(), "there is nothing to connect to");
    assert_eq!(page.all(".activity-status:focus").len(), 1, "the focus is not lost");
    assert_eq!(browser.sockets().len(), 0);
    assert_eq!(browser.requests(), ["GET /api/workflows"]);
    assert_eq!(saved(&browser, &page).await, (name, text), "it can be handed on as it is");
    assert!(page.unmount());
    turn().await;
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn nothing_goes_on_in_a_recording_of_a_run_that_had_not_ended() {
    let (_, text) = recorded().await;
    let cut: String = text.lines().take(5).map(|line| format!("{line}\n")).collect();
    let browser = Browser::take();
    let page = start_screen(&browser).await;
    choose(&page.one("#recording"), "cut.ndjson", &cut);
    page.until("it is read", |page| page.data("run").as_deref() == Some("running")).await;
    let elapsed = |page: &Mounted| page.one(".activity-header__elapsed").text_content();
    painted().await;
    let before = elapsed(&page);
    assert_eq!(before.as_deref(), Some("0:03"), "from the first event to the last");
    pass(1_200).await;
    assert_eq!(elapsed(&page), before);
}

#[wasm_bindgen_test]
async fn a_long_file_is_read_piece_by_piece() {
    let browser = Browser::take();
    let page = start_screen(&browser).await;
    let line = |seq: u64| {
        let padding = "x".repeat(200);
        format!("{}\n", json!({"type":"log", "seq":seq, "message":format!("line {seq} {padding}")}))
    };
    let text: String = (1..=5_000).map(line).collect();
    assert!(text.len() > 1 << 20);
    choose(&page.one("#recording"), "long.ndjson", &text);
    page.until_entries(5_000).await;
    page.until("the last", |page| page.rows().last().is_some_and(|row| row == "5000")).await;
    assert!(page.text().contains("5,000 entries"), "{}", page.text());
}

#[wasm_bindgen_test]
async fn a_file_of_another_kind_is_refused_with_a_reason() {
    let browser = Browser::take();
    let page = start_screen(&browser).await;
    choose(&page.one("#recording"), "\u{202e}notes.txt", "Buy milk\nand bread\n");
    page.until("why", |page| page.text().contains("its first line is no event")).await;
    for place in [".activity-status", ".activity-header"] {
        let words = page.one(place).text_content().unwrap_or_default();
        assert!(words.contains("U+202Enotes.txt"), "{place}: {words}");
    }
    let back =
        page.all("a").into_iter().find(|link| link.get_attribute("href").as_deref() == Some("./"));
    assert!(back.is_some(), "there is a way back");
}

#[wasm_bindgen_test]
async fn a_page_that_goes_while_it_reads_leaves_nothing() {
    let browser = Browser::take();
    let page = start_screen(&browser).await;
    let text: String =
        (1..=20_000).map(|seq| format!("{{\"type\":\"log\",\"seq\":{seq}}}\n")).collect();
    choose(&page.one("#recording"), "long.ndjson", &text);
    assert!(page.unmount());
    pass(100).await;
    browser.check_nothing_left();
}
