//! The log: its rows, its markers, and where it is scrolled to.

use std::{cell::RefCell, rc::Rc};

use agent_activity::web::ResizeWatch;
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

use super::browser::{Browser, Mounted, extent, hello, log_event, painted, ready, real_now};

/// A page that is connected and has nothing to show yet.
async fn connected(browser: &Browser) -> Mounted {
    let page = browser.follow().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    page
}

/// A page with so many entries.
async fn filled(browser: &Browser, count: u64) -> Mounted {
    let page = connected(browser).await;
    browser.socket().receive(&(1..=count).map(log_event).collect());
    page.until_entries(count).await;
    painted().await;
    page
}

fn number(row: &HtmlElement, name: &str) -> u64 {
    row.get_attribute(name).and_then(|value| value.parse().ok()).expect("a number")
}

/// The rows stand in order, follow one another, and fill what is seen of the log.
fn check_rows(page: &Mounted, total: u64) {
    let rows = page.all("[role=log] li");
    assert!(rows.len() < 400, "{} rows in the document", rows.len());
    let first = number(&rows[0], "aria-posinset");
    let (top, bottom) = extent(&page.log());
    let mut end = extent(&rows[0]).0;
    assert!(end <= top || first == 1, "the rows begin {} px too low", end - top);
    for (place, row) in (first..).zip(&rows) {
        assert_eq!(number(row, "aria-posinset"), place);
        assert_eq!(number(row, "data-seq"), place);
        assert_eq!(number(row, "aria-setsize"), total);
        let text = row.text_content().unwrap_or_default();
        assert!(text.ends_with(&format!("message {place}")), "{text}");
        let (row_top, row_bottom) = extent(row);
        assert!((row_top - end).abs() < 1.0, "row {place} begins at {row_top}, not at {end}");
        end = row_bottom;
    }
    let last = number(&rows[rows.len() - 1], "aria-posinset");
    assert!(end >= bottom || last == total, "the rows end {} px too high", bottom - end);
}

fn is_at_end(log: &HtmlElement) -> bool {
    log.scroll_height() - log.client_height() - log.scroll_top() <= 2
}

#[wasm_bindgen_test]
async fn the_log_can_be_found_and_focused_and_is_not_read_out() {
    let browser = Browser::take();
    let page = connected(&browser).await;
    let log = page.log();
    assert_eq!(log.get_attribute("aria-live").as_deref(), Some("off"));
    assert_eq!(log.get_attribute("tabindex").as_deref(), Some("0"));
    assert_eq!(page.rows().len(), 0);
    log.focus().expect("an element that can be focused");
    assert!(log.is_same_node(leptos::prelude::document().active_element().as_deref()));
}

#[wasm_bindgen_test]
async fn of_twenty_thousand_entries_those_on_screen_are_in_the_document() {
    const TOTAL: u64 = 20_000;
    let browser = Browser::take();
    let page = filled(&browser, TOTAL).await;
    let log = page.log();
    assert!(is_at_end(&log), "the latest is followed");
    check_rows(&page, TOTAL);
    assert_eq!(page.rows().last().map(String::as_str), Some("20000"));

    for top in [0, 1, log.scroll_height() / 2, log.scroll_height() / 2 + 333] {
        log.set_scroll_top(top);
        painted().await;
        painted().await;
        assert_eq!(log.scroll_top(), top, "nobody scrolls but the person");
        check_rows(&page, TOTAL);
    }
    assert!(!page.rows().contains(&"20000".to_owned()));
    log.set_scroll_top(log.scroll_height());
    painted().await;
    painted().await;
    check_rows(&page, TOTAL);
    assert_eq!(page.rows().last().map(String::as_str), Some("20000"));
}

#[wasm_bindgen_test]
async fn a_past_that_never_says_that_it_is_over_is_shown_all_the_same() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().accept();
    browser.socket().receive(&hello("e1"));
    for batch in 0..5_u64 {
        let numbers = batch * 1_000 + 1..=(batch + 1) * 1_000;
        browser.socket().receive(&numbers.map(log_event).collect());
        painted().await;
    }
    page.until_entries(5_000).await;
    painted().await;
    check_rows(&page, 5_000);
    assert!(is_at_end(&page.log()), "the latest is followed");
}

#[wasm_bindgen_test]
async fn whoever_scrolls_up_is_left_there_and_can_jump_back() {
    let browser = Browser::take();
    let page = filled(&browser, 500).await;
    let log = page.log();
    let jump = || page.button("Jump to latest");
    assert!(jump().is_none(), "the latest is on screen");
    log.set_scroll_top(1_000);
    page.until("the button", |_| jump().is_some()).await;
    let rows = page.rows();

    browser.socket().receive(&(501..=503).map(log_event).collect());
    page.until_entries(503).await;
    painted().await;
    let button = jump().expect("still scrolled up");
    assert_eq!(button.inner_text(), "Jump to latest (3 new)");
    assert_eq!((log.scroll_top(), page.rows()), (1_000, rows));

    button.click();
    page.until("the button is gone", |_| jump().is_none()).await;
    assert!(is_at_end(&log));
    assert_eq!(page.rows().last().map(String::as_str), Some("503"));
    assert!(log.is_same_node(leptos::prelude::document().active_element().as_deref()));

    browser.socket().receive(&log_event(504));
    page.until_entries(504).await;
    painted().await;
    assert!(is_at_end(&log), "the latest is followed again");
    assert_eq!(page.rows().last().map(String::as_str), Some("504"));
}

#[wasm_bindgen_test]
async fn markers_stand_between_the_entries_in_words() {
    let browser = Browser::take();
    let page = browser.follow().await;
    let talk = |messages: Value| {
        browser.socket().accept();
        browser.socket().receive(&messages);
    };
    let gap = json!({"type":"gap", "from":4, "to":6, "reason":"trimmed"});
    let end = json!({"type":"complete", "seq":2});
    talk(json!([hello("e1"), log_event(1), log_event(2), ready()]));
    page.until_entries(2).await;
    browser.socket().end(1012);
    page.until("another socket", |_| browser.sockets().len() == 2).await;
    talk(json!([hello("e1"), log_event(3), ready(), gap, log_event(7)]));
    page.until_entries(4).await;
    browser.socket().end(1012);
    page.until("another socket", |_| browser.sockets().len() == 3).await;
    // The server has restarted; that the count starts again is said, too.
    talk(json!([hello("e2"), ready(), log_event(1), end]));
    page.until_connection("ended").await;

    let rows = ["1", "2", "live 2", "3", "reconnected 1", "gap 3", "7", "epoch", "1", "2", "end"];
    assert_eq!(page.rows(), rows);
    assert_eq!(page.data("entries").as_deref(), Some("2"));
    for (place, row) in (1..).zip(page.all("[role=log] li")) {
        assert_eq!(number(&row, "aria-posinset"), place);
        assert_eq!(number(&row, "aria-setsize"), 11);
    }
    for (marker, words) in [
        ("live", "2 entries"),
        ("reconnected", "1 entry"),
        ("gap", "3 entries are missing"),
        ("epoch", "restarted"),
        ("end", "Workflow complete"),
    ] {
        let text = page.one(&format!("[data-marker={marker}]")).text_content().unwrap_or_default();
        assert!(text.contains(words), "{marker}: {text}");
    }
}

#[wasm_bindgen_test]
async fn a_row_that_is_used_again_keeps_nothing_of_what_it_showed() {
    let browser = Browser::take();
    let page = connected(&browser).await;
    let tags = |row: &str| {
        let found = page.all(&format!("[role=log] {row} .activity-log__tag"));
        found.iter().filter_map(|tag| tag.text_content()).collect::<Vec<_>>()
    };
    let words = |row: &str| page.all(&format!("[role=log] {row} .activity-log__words")).len();
    // Each time enough to fill the log, with every other one missing.
    let tagged = |seq: u64| {
        json!([
            {"type":"gap", "from":seq - 1, "to":seq - 1, "reason":"trimmed"},
            {"type":"log", "seq":seq, "message":"m", "level":"error", "stream":"stderr",
             "truncated":true},
        ])
    };
    let both: Value = (1..=100)
        .flat_map(|pair| tagged(2 * pair).as_array().cloned().unwrap_or_default())
        .collect();
    browser.socket().receive(&both);
    page.until_entries(100).await;
    painted().await;
    let (all, markers) = (page.all("[role=log] li"), page.all("[role=log] [data-marker]"));
    let entries = all.len() - markers.len();
    assert!(entries > 2 && markers.len() > 2, "{entries} entries, {} markers", markers.len());
    assert_eq!(tags("li"), ["stderr", "Error", "cut"].repeat(entries));
    assert_eq!((words("li"), words("[data-marker]")), (markers.len(), markers.len()));

    browser.socket().receive(&(201..=400).map(log_event).collect());
    page.until_entries(300).await;
    painted().await;
    assert_eq!(page.all("[role=log] [data-marker]").len(), 0);
    assert_eq!((tags("li"), words("li")), (vec![], 0));

    // Back to where they were, in the same elements.
    page.log().set_scroll_top(0);
    page.until("the first rows", |page| page.rows().first().is_some_and(|row| row == "gap 1"))
        .await;
    let markers = page.all("[role=log] [data-marker]").len();
    let entries = page.all("[role=log] li").len() - markers;
    assert_eq!(tags("li"), ["stderr", "Error", "cut"].repeat(entries));
    assert_eq!((words("li"), words("[data-marker]")), (markers, markers));
}

#[wasm_bindgen_test]
async fn streamed_text_grows_in_its_row() {
    let browser = Browser::take();
    let page = connected(&browser).await;
    for (seq, id, delta) in [(1, "a", "Hel"), (2, "b", "other"), (3, "a", "lo"), (4, "a", " there")]
    {
        let event = json!({"type":"log", "seq":seq, "id":id, "delta":delta});
        browser.socket().receive(&event);
        painted().await;
    }
    page.until_entries(2).await;
    let texts: Vec<_> = page.all("[role=log] li").iter().map(HtmlElement::inner_text).collect();
    assert_eq!(page.rows(), ["1", "2"]);
    assert!(texts[0].contains("Hello there") && texts[1].contains("other"), "{texts:?}");
}

#[wasm_bindgen_test]
async fn a_last_row_that_grows_stays_in_sight() {
    let browser = Browser::take();
    let page = filled(&browser, 500).await;
    page.button("Wrap").expect("a button").click();
    for seq in 501..540 {
        let delta = format!("one more line, the {seq}th of them\n");
        browser.socket().receive(&json!({"type":"log", "seq":seq, "id":"a", "delta":delta}));
        painted().await;
        painted().await;
        assert!(is_at_end(&page.log()), "{seq}");
    }
    let rows = page.all("[role=log] li");
    let last = rows.last().expect("a row");
    assert_eq!(last.get_attribute("data-seq").as_deref(), Some("501"));
    assert!(last.offset_height() > 500, "{}", last.offset_height());
}

#[wasm_bindgen_test]
async fn a_followed_log_that_becomes_lower_shows_its_end_in_the_same_frame() {
    let browser = Browser::take();
    let page = filled(&browser, 500).await;
    let log = page.log();
    // Told after the component is, and before the browser paints.
    let seen = Rc::new(RefCell::new(Vec::new()));
    let watch = ResizeWatch::new(&log, {
        let (log, seen) = (log.clone(), Rc::clone(&seen));
        move || seen.borrow_mut().push((log.client_height(), is_at_end(&log)))
    });
    painted().await;
    let height = log.client_height();
    log.style().set_property("block-size", "120px").expect("a style");
    painted().await;
    drop(watch);
    assert_eq!(*seen.borrow(), [(height, true), (log.client_height(), true)]);
    assert!(log.client_height() < height);
}

#[wasm_bindgen_test]
async fn what_is_beside_a_log_that_scrolls_is_not_written_in_every_frame() {
    let browser = Browser::take();
    let page = filled(&browser, 100).await;
    let root = page.log().closest("[data-agent-activity]").expect("a selector").expect("a root");
    let entries = || root.get_attribute("data-entries");
    let (mut before, mut changes) = (entries(), 0);
    let begun = real_now();
    for seq in 101..=140 {
        browser.socket().receive(&log_event(seq));
        painted().await;
        let now = entries();
        changes += u32::from(now != before);
        before = now;
    }
    let most = (real_now() - begun) / 100.0 + 2.0;
    assert!(changes > 1 && f64::from(changes) <= most, "{changes} changes, {most} at the most");
    page.until_entries(140).await;
}

#[wasm_bindgen_test]
async fn every_row_has_its_room_in_a_log_of_any_width() {
    let browser = Browser::take();
    let page = filled(&browser, 100).await;
    let log = page.log();
    for tenths in (0..20).rev() {
        let width = format!("{}px", 600.0 + f64::from(tenths) / 10.0);
        log.style().set_property("inline-size", &width).expect("a style");
        for _ in 0..3 {
            painted().await;
            browser.socket().receive(&log_event(101));
        }
        assert_eq!(log.scroll_width(), log.client_width(), "{width}");
    }
}

#[wasm_bindgen_test]
async fn a_log_stays_as_wide_as_a_row_has_made_it() {
    let browser = Browser::take();
    let page = filled(&browser, 100).await;
    let log = page.log();
    assert_eq!(log.scroll_width(), log.client_width(), "every row has its room");
    let text = "word ".repeat(300);
    browser.socket().receive(&json!({"type":"log", "seq":101, "message":text}));
    page.until_entries(101).await;
    painted().await;
    let width = log.scroll_width();
    assert!(width > 2 * log.client_width(), "{width}");
    browser.socket().receive(&(102..=300).map(log_event).collect());
    page.until_entries(300).await;
    page.until("the last row", |page| page.rows().last().is_some_and(|row| row == "300")).await;
    assert_eq!(page.rows().iter().find(|row| *row == "101"), None);
    assert!((log.scroll_width() - width).abs() <= 1, "{}", log.scroll_width());

    page.button("Wrap").expect("a button").click();
    painted().await;
    assert_eq!(log.scroll_width(), log.client_width(), "a wrapped log has no more than is seen");
    page.button("Wrap").expect("a button").click();
    log.style().set_property("inline-size", "400px").expect("a style");
    page.until("the width to be that of its rows", |_| log.scroll_width() < width / 2).await;
}

#[wasm_bindgen_test]
async fn an_unreadable_frame_is_a_row_without_a_number() {
    let browser = Browser::take();
    let page = connected(&browser).await;
    browser.socket().receive(&json!("not a message"));
    page.until_entries(1).await;
    assert_eq!(page.rows(), ["no number"]);
    let text = page.all("[role=log] li")[0].inner_text();
    assert!(text.contains("not a message"), "{text}");
}
