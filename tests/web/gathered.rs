//! Lines behind which other rows are put away: those that say the same, and those of a phase.

use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

use super::browser::{Browser, Mounted, enter, extent, numbered, painted, press};

async fn follow(browser: &Browser) -> Mounted {
    let page = browser.follow().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    page
}

/// Entries by what they say, numbered from `first`; `>` begins the phase of that agent.
async fn say(browser: &Browser, page: &Mounted, first: u64, words: &[&str]) {
    let event = |(seq, word): (u64, &&str)| {
        let (kind, agent, message) = match word.split_once('>') {
            Some((agent, message)) => ("agent_start", agent, message),
            None => match word.split_once(':') {
                Some((agent, message)) => ("log", agent, message),
                None => ("log", "", *word),
            },
        };
        let level = if message.starts_with("fail") { "error" } else { "info" };
        let event = json!({"type":kind, "agent":agent, "message":message, "level":level});
        numbered(seq, event)
    };
    let events: Value = (first..).zip(words).map(event).collect();
    browser.socket().receive(&events);
    page.until_entries(first + words.len() as u64 - 1).await;
    painted().await;
}

/// The numbers of the rows on the page; what a button in them says, after it.
fn rows(page: &Mounted) -> Vec<String> {
    let words = |row: &HtmlElement| {
        let seq = row.get_attribute("data-seq")?;
        let button = row.query_selector(".activity-log__gather").expect("a selector");
        Some(match button.and_then(|button| button.text_content()) {
            Some(words) => format!("{seq} {words}"),
            None => seq,
        })
    };
    page.all("[role=log] li").iter().filter_map(words).collect()
}

/// What puts the rows behind this one away.
fn gather(page: &Mounted, seq: u64) -> HtmlElement {
    let selector = format!("[role=log] li[data-seq='{seq}'] .activity-log__gather");
    page.all(&selector).pop().expect("a button")
}

async fn click(button: &HtmlElement) {
    button.click();
    painted().await;
}

/// How far below the top of the log the row stands.
fn top_of(page: &Mounted, seq: u64) -> f64 {
    extent(&page.one(&format!("[role=log] li[data-seq='{seq}']"))).0 - extent(&page.log()).0
}

#[wasm_bindgen_test]
async fn lines_that_repeat_are_one_with_their_number_until_somebody_wants_to_see_each() {
    let browser = Browser::take();
    let page = follow(&browser).await;
    say(&browser, &page, 1, &["one", "again", "again", "two"]).await;
    assert_eq!(rows(&page), ["1", "2 ×2", "4"]);
    let again = gather(&page, 2);
    assert_eq!(again.get_attribute("aria-label").as_deref(), Some("×2 repeats"));
    assert_eq!(again.get_attribute("aria-expanded").as_deref(), Some("false"));
    click(&again).await;
    assert_eq!(rows(&page), ["1", "2 ×2", "3", "4"]);
    assert_eq!(gather(&page, 2).get_attribute("aria-expanded").as_deref(), Some("true"));
    click(&gather(&page, 2)).await;
    assert_eq!(rows(&page), ["1", "2 ×2", "4"]);

    say(&browser, &page, 5, &["two"; 1_500]).await;
    assert_eq!(rows(&page), ["1", "2 ×2", "4 ×1,501"], "the number grows where it stands");
    let fold = page.button("Fold").expect("a button");
    assert_eq!(fold.get_attribute("aria-pressed").as_deref(), Some("true"));
    click(&fold).await;
    assert_eq!(fold.get_attribute("aria-pressed").as_deref(), Some("false"));
    let row = &page.all("[role=log] li")[0];
    assert_eq!(row.get_attribute("aria-setsize").as_deref(), Some("1504"));
    click(&fold).await;
    page.button("Jump to latest").expect("somebody looked elsewhere").click();
    painted().await;
    assert_eq!(rows(&page), ["1", "2 ×2", "4 ×1,501"]);
}

#[wasm_bindgen_test]
async fn what_is_put_away_is_copied_and_downloaded_as_it_was_received() {
    let browser = Browser::take();
    let page = follow(&browser).await;
    say(&browser, &page, 1, &["a>", "a:x", "a:x", "x", "x"]).await;
    click(&gather(&page, 1)).await;
    assert_eq!(rows(&page), ["1 + 2 entries", "4 ×2"]);
    page.button("Copy").expect("a button").click();
    page.until("the note", |page| page.text().contains("5 entries copied")).await;
    page.log().focus().expect("an element that can be focused");
    press(&page.log(), "a", &["ctrlKey"]);
    page.button("Copy").expect("a button").click();
    painted().await;
    assert!(page.text().contains("5 entries copied"), "what is selected: {}", page.text());
    page.button("Download").expect("a button").click();
    page.button("NDJSON, all").expect("an item").click();
    let saved = browser.saved_files().await;
    assert_eq!(saved[0][2].lines().filter(|line| line.contains("\"seq\"")).count(), 5);
}

#[wasm_bindgen_test]
async fn a_phase_is_put_away_under_the_row_with_which_it_begins_which_stays_where_it_is() {
    let browser = Browser::take();
    let page = follow(&browser).await;
    let filler: Vec<String> = (0..300).map(|number| format!("filler {number}")).collect();
    let filler: Vec<&str> = filler.iter().map(String::as_str).collect();
    say(&browser, &page, 1, &filler).await;
    say(&browser, &page, 301, &["a>", "b>", "a:1", "b:1", "a:2", "b:fail", "a:3"]).await;
    say(&browser, &page, 308, &filler).await;
    // To where both begin.
    press(&page.log(), "PageUp", &[]);
    while page.all("[role=log] li[data-seq='301']").is_empty() || top_of(&page, 301) < 0.0 {
        let log = page.log();
        log.set_scroll_top(log.scroll_top() - 100);
        painted().await;
    }
    let place = top_of(&page, 302);
    click(&gather(&page, 302)).await;
    assert_eq!(page.all("[role=log] li[data-seq='302']:focus").len(), 1, "the focus is not lost");
    assert!((top_of(&page, 302) - place).abs() < 1.0, "{place} and {}", top_of(&page, 302));
    let shown = |page: &Mounted| {
        let is_between = |row: &&String| {
            let seq = row.split(' ').next().and_then(|seq| seq.parse().ok());
            seq.is_some_and(|seq: u64| (301..308).contains(&seq))
        };
        rows(page).iter().filter(is_between).cloned().collect::<Vec<_>>()
    };
    assert_eq!(shown(&page), ["301 −", "302 + 2 entries, 1 error", "303", "305", "307"]);
    assert!(page.button("Jump to latest").is_some(), "whoever does that wants to read here");

    enter(&page.named("input", "Search activity").expect("a field"), "fail", "input");
    page.until("it is found though it is not shown", |page| page.text().contains("1 found")).await;
    press(&page.named("input", "Search activity").expect("a field"), "Enter", &[]);
    page.until("its place", |page| page.text().contains("1 of 1")).await;
    painted().await;
    let current = page.one("[role=log] li[data-current]");
    assert_eq!(current.get_attribute("data-seq").as_deref(), Some("306"));
    assert_eq!(shown(&page).len(), 7, "what is gone to has a line");
}

#[wasm_bindgen_test]
async fn the_arrow_keys_put_away_what_is_behind_a_row_and_show_it_again() {
    let browser = Browser::take();
    let page = follow(&browser).await;
    say(&browser, &page, 1, &["a>", "a:1", "a:2", "x", "x"]).await;
    let key = async |key: &str| {
        let row = page.all("[role=log] li:focus").pop().unwrap_or_else(|| page.log());
        press(&row, key, &[]);
        painted().await;
    };
    page.log().focus().expect("an element that can be focused");
    key("Home").await;
    key("ArrowLeft").await;
    assert_eq!(rows(&page), ["1 + 2 entries", "4 ×2"]);
    assert_eq!(page.all("[role=log] li:focus").len(), 1, "the focus stays on the row");
    key("ArrowLeft").await;
    assert_eq!(rows(&page), ["1 + 2 entries", "4 ×2"], "it cannot be put away twice");
    key("ArrowDown").await;
    key("ArrowRight").await;
    assert_eq!(rows(&page), ["1 + 2 entries", "4 ×2", "5"]);
    assert!(page.all("[data-open]").is_empty());
    key("ArrowRight").await;
    assert_eq!(page.all("[data-open]").len(), 1, "after what is behind the row, what is in it");
    key("ArrowLeft").await;
    assert!(page.all("[data-open]").is_empty());
    key("ArrowLeft").await;
    assert_eq!(rows(&page), ["1 + 2 entries", "4 ×2"]);
    let reachable = gather(&page, 4).get_attribute("tabindex");
    assert_eq!(reachable.as_deref(), Some("0"), "the Tab key leads to it from its row");
    assert_eq!(gather(&page, 1).get_attribute("tabindex").as_deref(), Some("-1"));
}

#[wasm_bindgen_test]
async fn a_line_is_selected_with_all_that_stands_on_it_and_errors_on_one_are_gone_to_once() {
    let browser = Browser::take();
    let page = follow(&browser).await;
    say(&browser, &page, 1, &["1", "fail", "fail", "fail", "2", "fail again"]).await;
    let key = async |key: &str, properties: &[&'static str]| {
        press(&page.log(), key, properties);
        painted().await;
    };
    page.log().focus().expect("an element that can be focused");
    key("Home", &[]).await;
    key("ArrowDown", &["shiftKey"]).await;
    key("c", &["ctrlKey"]).await;
    page.until("the note", |page| page.text().contains("4 entries copied")).await;
    key("Home", &[]).await;
    for seq in ["2", "6"] {
        key("ArrowDown", &["altKey"]).await;
        let row = page.all("[role=log] li:focus").pop().expect("an error");
        assert_eq!(row.get_attribute("data-seq").as_deref(), Some(seq));
    }
    assert_eq!(rows(&page), ["1", "2 ×3", "5", "6"], "they stay on their line");
}

#[wasm_bindgen_test]
async fn the_tab_key_leads_to_the_log_though_the_row_of_the_keyboard_is_put_away() {
    let browser = Browser::take();
    let page = follow(&browser).await;
    say(&browser, &page, 1, &["a:1", "b:x", "b:x", "a:2"]).await;
    let stops = |page: &Mounted| {
        let selector = "[role=log][tabindex='0'], [role=log] [tabindex='0']";
        let seq = |stop: &HtmlElement| stop.get_attribute("data-seq").unwrap_or_default();
        page.all(selector).iter().map(seq).filter(|seq| !seq.is_empty()).collect::<Vec<_>>()
    };
    click(&page.button("Fold").expect("a button")).await;
    for key in ["Home", "ArrowDown", "ArrowDown"] {
        press(&page.log(), key, &[]);
        painted().await;
    }
    assert_eq!(stops(&page), ["3"]);
    click(&page.button("Fold").expect("a button")).await;
    assert_eq!(stops(&page), ["2"], "the line that has it now");
    page.until("the choices", |page| !page.all("option[value='a']").is_empty()).await;
    enter(&page.named("select", "Agent").expect("a filter"), "a", "change");
    painted().await;
    assert_eq!(stops(&page), ["4"], "the next one");
    enter(&page.named("select", "Agent").expect("a filter"), "", "change");
    painted().await;
    assert_eq!(stops(&page), ["4"]);
}

#[wasm_bindgen_test]
async fn nothing_changes_while_the_log_is_paused() {
    let browser = Browser::take();
    let page = follow(&browser).await;
    say(&browser, &page, 1, &["a>", "a:1", "x", "x"]).await;
    click(&gather(&page, 1)).await;
    page.button("Pause").expect("a button").click();
    painted().await;
    let before = rows(&page);
    assert_eq!(before, ["1 + 1 entry", "3 ×2"]);
    say(&browser, &page, 5, &["x", "a:2", "x"]).await;
    assert_eq!(rows(&page), before);
    click(&gather(&page, 3)).await;
    assert_eq!(
        rows(&page).len(),
        3,
        "what is put away can be looked at, and nothing new: {:?}",
        rows(&page)
    );
    page.button("Resume").expect("a button").click();
    painted().await;
    assert_eq!(rows(&page).last().map(String::as_str), Some("7"));
    assert_eq!(rows(&page)[0], "1 + 2 entries");
}
