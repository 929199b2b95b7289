//! Finding something in the log, and taking it away.

use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

use super::browser::{Browser, Mounted, enter, numbered, painted, press};

/// A page with so many entries: every tenth a warning, agents in turn, and one word in the fifth.
async fn filled(browser: &Browser, count: u64) -> Mounted {
    let page = browser.follow().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    let event = |seq: u64| {
        let word = if seq == 5 { " needle <b>" } else { "" };
        let agent = if seq.is_multiple_of(2) { "coder" } else { "tester" };
        let level = if seq.is_multiple_of(10) { "warning" } else { "info" };
        numbered(
            seq,
            json!({"type":"log", "agent":agent, "level":level, "message":format!("row {seq}.{word}"),
                "timestamp":"2026-01-02T03:04:05.006Z", "iteration":seq}),
        )
    };
    browser.socket().receive(&(1..=count).map(event).collect());
    page.until_entries(count).await;
    painted().await;
    page
}

fn search(page: &Mounted) -> HtmlElement {
    page.named("input[type=search]", "Search activity").expect("a field")
}

async fn type_in(page: &Mounted, text: &str) {
    enter(&search(page), text, "input");
    painted().await;
}

async fn choose(page: &Mounted, filter: &str, value: &str) {
    enter(&page.named("select", filter).expect("a filter"), value, "change");
    painted().await;
}

/// The choices of a filter.
fn choices(page: &Mounted, filter: &str) -> Vec<String> {
    let selector = format!("select[aria-label='{filter}'] option");
    page.all(&selector).iter().filter_map(|option| option.text_content()).collect()
}

fn marks(page: &Mounted) -> Vec<String> {
    page.all("[role=log] mark").iter().filter_map(|mark| mark.text_content()).collect()
}

#[wasm_bindgen_test]
async fn what_is_searched_for_is_found_wherever_it_is_and_marked() {
    let browser = Browser::take();
    let page = filled(&browser, 20_000).await;
    type_in(&page, "NEEDLE <B>").await;
    page.until("the count", |page| page.text().contains("1 found")).await;
    assert_eq!(marks(&page), [""; 0], "it is not on screen");
    press(&search(&page), "Enter", &[]);
    page.until("the row", |page| page.rows().contains(&"5".to_owned())).await;
    assert_eq!(marks(&page), ["needle <b>"]);
    assert!(page.text().contains("1 of 1"));
    let current = page.one("[role=log] [data-current]");
    assert_eq!(current.get_attribute("data-seq").as_deref(), Some("5"));

    type_in(&page, "row 19999").await;
    press(&search(&page), "Enter", &[]);
    page.until("the row", |page| page.rows().contains(&"19999".to_owned())).await;
    type_in(&page, "nothing like it").await;
    assert!(page.text().contains("None found") && marks(&page).is_empty());
    press(&search(&page), "Escape", &[]);
    painted().await;
    assert!(!page.text().contains("found"));
    assert_eq!(page.button("Next match"), None);
}

#[wasm_bindgen_test]
async fn matches_are_gone_through_in_both_directions() {
    let browser = Browser::take();
    let page = filled(&browser, 300).await;
    type_in(&page, "row 29").await;
    page.until("the count", |page| page.text().contains("11 found")).await;
    let expect = async |words: &str, seq: &str| {
        let found = |page: &Mounted| page.one("[role=search] > span").text_content();
        page.until(words, |page| found(page).as_deref() == Some(words)).await;
        let current = page.one("[role=log] [data-current]");
        assert_eq!(current.get_attribute("data-seq").as_deref(), Some(seq));
    };
    page.log().set_scroll_top(0);
    painted().await;
    for expected in [("1 of 11", "29"), ("2 of 11", "290")] {
        page.button("Next match").expect("a button").click();
        expect(expected.0, expected.1).await;
    }
    page.button("Previous match").expect("a button").click();
    expect("1 of 11", "29").await;
    page.button("Previous match").expect("a button").click();
    expect("11 of 11", "299").await;
    press(&search(&page), "Enter", &[]);
    expect("1 of 11", "29").await;
}

#[wasm_bindgen_test]
async fn filters_show_what_there_is_and_let_it_through() {
    let browser = Browser::take();
    let page = filled(&browser, 100).await;
    page.until("the choices", |page| choices(page, "Agent").len() == 3).await;
    assert_eq!(choices(&page, "Agent"), ["All agents", "tester (50)", "coder (50)"]);
    assert_eq!(
        choices(&page, "Level"),
        ["All levels", "Debug (0)", "Info (90)", "Warning (10)", "Error (0)"]
    );
    choose(&page, "Level", "warning").await;
    let tens: Vec<String> = (1..=10).map(|ten: u32| (ten * 10).to_string()).collect();
    assert_eq!(page.rows(), tens);
    let last = page.all("[role=log] li").pop().expect("a row");
    let place = ["aria-posinset", "aria-setsize"].map(|name| last.get_attribute(name));
    assert_eq!(place, [Some("10".to_owned()), Some("10".to_owned())]);
    choose(&page, "Agent", "tester").await;
    assert_eq!(page.rows(), [""; 0], "no warning is the tester's");
    choose(&page, "Level", "").await;
    assert!(page.rows().iter().all(|seq| seq.ends_with(['1', '3', '5', '7', '9'])));
    // What is searched for is searched for among those.
    type_in(&page, "row 1").await;
    page.until("the count", |page| page.text().contains("6 found")).await;
    assert_eq!(page.data("entries").as_deref(), Some("100"));
}

#[wasm_bindgen_test]
async fn a_filter_that_has_the_focus_gets_what_it_did_not_offer_and_keeps_what_it_did() {
    let browser = Browser::take();
    let page = filled(&browser, 1).await;
    page.until("a choice", |page| choices(page, "Agent").len() == 2).await;
    let filter = page.named("select", "Agent").expect("a filter");
    filter.focus().expect("an element that can be focused");
    let event = |seq: u64, agent: &str| numbered(seq, json!({"type":"log", "agent":agent}));
    browser.socket().receive(&json!([event(2, "coder"), event(3, "tester")]));
    page.until("another choice", |page| choices(page, "Agent").len() == 3).await;
    assert_eq!(choices(&page, "Agent"), ["All agents", "tester (1)", "coder (1)"]);
    filter.blur().expect("an element that can lose the focus");
    page.until("the numbers", |page| choices(page, "Agent")[1] == "tester (2)").await;
}

#[wasm_bindgen_test]
async fn a_paused_log_shows_nothing_new_until_it_is_resumed() {
    let browser = Browser::take();
    let page = filled(&browser, 100).await;
    page.button("Pause").expect("a button").click();
    painted().await;
    let before = page.rows();
    let more: Value = (101..=103)
        .map(|seq| numbered(seq, json!({"type":"log", "message":format!("new {seq}")})))
        .collect();
    browser.socket().receive(&more);
    page.until_entries(103).await;
    assert_eq!(page.rows(), before);
    let jump = page.button("Jump to latest (3 new)").expect("what is new is counted");
    page.log().set_scroll_top(i32::MAX);
    painted().await;
    assert_eq!(page.rows(), before, "the end of what is shown is not the end");
    jump.click();
    painted().await;
    assert_eq!(page.rows().last().map(String::as_str), Some("103"));
    assert!(page.button("Resume").is_none() && page.button("Pause").is_some());
}

#[wasm_bindgen_test]
async fn the_log_can_be_downloaded_all_of_it_or_what_the_filter_lets_through() {
    let browser = Browser::take();
    let page = filled(&browser, 3_000).await;
    choose(&page, "Level", "warning").await;
    for item in ["NDJSON, all", "NDJSON, filtered", "Text, filtered"] {
        page.button("Download").expect("a button").click();
        page.named("[role=menuitem]", item).expect("an item").click();
    }
    let files = browser.saved_files().await;
    let names: Vec<&str> = files.iter().map(|[name, ..]| name.as_str()).collect();
    assert_eq!(names, ["activity-s.ndjson", "activity-s.ndjson", "activity-s.txt"]);
    let events = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let all = events(&files[0][2]);
    assert_eq!(all.len(), 3_000);
    assert_eq!(
        all[4],
        json!({"type":"log", "seq":5, "agent":"tester", "message":"row 5. needle <b>",
            "timestamp":"2026-01-02T03:04:05.006Z", "iteration":5})
    );
    let warnings = events(&files[1][2]);
    assert_eq!(warnings.len(), 300);
    assert!(warnings.iter().all(|event| event["level"] == "warning"));
    assert_eq!(
        files[2][2].lines().next(),
        Some("2026-01-02T03:04:05.006Z coder [warning] row 10.")
    );
}

#[wasm_bindgen_test]
async fn the_menu_is_used_with_the_keyboard() {
    let browser = Browser::take();
    let page = filled(&browser, 3).await;
    let button = page.button("Download").expect("a button");
    let expanded = || button.get_attribute("aria-expanded");
    assert_eq!(expanded().as_deref(), Some("false"));
    button.click();
    assert_eq!(expanded().as_deref(), Some("true"));
    let focused = || web_sys::window()?.document()?.active_element()?.text_content();
    assert_eq!(focused().as_deref(), Some("NDJSON, all"));
    for (key, expected) in [
        ("ArrowUp", "Text, filtered"),
        ("ArrowDown", "NDJSON, all"),
        ("ArrowDown", "NDJSON, filtered"),
        ("End", "Text, filtered"),
        ("Home", "NDJSON, all"),
    ] {
        let menu = page.one("[role=menu]");
        press(&menu, key, &[]);
        assert_eq!(focused().as_deref(), Some(expected), "{key}");
    }
    press(&page.one("[role=menu]"), "Escape", &[]);
    assert_eq!((expanded().as_deref(), focused().as_deref()), (Some("false"), Some("Download")));
    assert!(page.named("[role=menuitem]", "Text, all").is_none());
}
