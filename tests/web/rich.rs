//! What rows have in them beside words: colours of terminals, links, and marks across both.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

use super::browser::{Browser, Mounted, enter, numbered, painted, press};

/// A page with these lines of a process.
async fn printed(browser: &Browser, lines: &[&str]) -> Mounted {
    let page = browser.follow().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    let event = |(message, seq): (&&str, u64)| {
        numbered(seq, json!({"type":"log", "agent":"coder", "message":message}))
    };
    browser.socket().receive(&lines.iter().zip(1..).map(event).collect());
    page.until_entries(lines.len() as u64).await;
    painted().await;
    page
}

/// The words of a row, and the elements in them as they stand in the document.
fn check(page: &Mounted, seq: u64, text: &str, elements: &[&str]) {
    let message = page.one(&format!("[role=log] li[data-seq='{seq}'] .activity-log__text"));
    assert_eq!(message.text_content().as_deref(), Some(text));
    let found = page.all(&format!("[role=log] li[data-seq='{seq}'] .activity-log__text *"));
    let found: Vec<String> = found.iter().filter(|element| !is_plain(element)).map(looks).collect();
    assert_eq!(found, elements, "{text}");
}

fn is_plain(element: &HtmlElement) -> bool {
    element.local_name() == "span" && !element.has_attributes()
}

fn looks(element: &HtmlElement) -> String {
    let mut shown = element.local_name();
    for name in ["data-ansi", "data-traits", "data-filled", "href", "rel"] {
        if let Some(value) = element.get_attribute(name) {
            shown.push_str(&format!(" {}={value}", name.trim_start_matches("data-")));
        }
    }
    shown + "|" + &element.text_content().unwrap_or_default()
}

#[wasm_bindgen_test]
async fn what_processes_print_has_the_colours_of_terminals() {
    let browser = Browser::take();
    let page = printed(
        &browser,
        &[
            "\u{1b}[1;31merror\u{1b}[0m: at \u{1b}[36msrc/main.rs\u{1b}[39m:5",
            "\u{1b}[30;42m PASS \u{1b}[0m all",
            "a\n\u{1b}[33mb\nc\u{1b}[0m",
            "plain",
        ],
    )
    .await;
    check(
        &page,
        1,
        "error: at src/main.rs:5",
        &["span ansi=1 traits=bold|error", "span ansi=6|src/main.rs"],
    );
    check(&page, 2, " PASS  all", &["span ansi=2 filled=| PASS "]);
    check(&page, 3, "a ⏎ b ⏎ c", &["span ansi=3|b ⏎ c"]);
    check(&page, 4, "plain", &[]);
    page.button("Wrap").expect("a button").click();
    painted().await;
    check(&page, 3, "a\nb\nc", &["span ansi=3|b\nc"]);
}

#[wasm_bindgen_test]
async fn web_addresses_are_links_and_nothing_else_is() {
    let browser = Browser::take();
    let hostile = "\u{1b}]8;;javascript:alert(1)\u{1b}\\click\u{1b}]8;;\u{1b}\\ \
                   javascript:alert(1) <a href=https:x>data:text/html,x";
    let page = printed(&browser, &["see https://a.example/x?y=1.", hostile]).await;
    check(
        &page,
        1,
        "see https://a.example/x?y=1.",
        &["a href=https://a.example/x?y=1 rel=noopener noreferrer|https://a.example/x?y=1"],
    );
    assert!(page.all("[role=log] li[data-seq='2'] a").is_empty());
}

#[wasm_bindgen_test]
async fn what_is_searched_for_is_marked_across_colours_and_links() {
    let browser = Browser::take();
    let page = printed(&browser, &["re\u{1b}[32mlease at http://a.example/release\u{1b}[0m"]).await;
    enter(
        &page.named("input[type=search]", "Search activity").expect("a field"),
        "release",
        "input",
    );
    painted().await;
    check(
        &page,
        1,
        "release at http://a.example/release",
        &[
            "mark|re",
            "mark ansi=2|lease",
            "span ansi=2| at ",
            "a href=http://a.example/release rel=noopener noreferrer|http://a.example/release",
            "span ansi=2|http://a.example/",
            "mark ansi=2|release",
        ],
    );
}

#[wasm_bindgen_test]
async fn the_tab_key_goes_to_the_links_of_the_row_that_the_cursor_is_on() {
    let browser = Browser::take();
    let page = printed(&browser, &["http://a.example/1", "http://a.example/2"]).await;
    let reachable = || -> Vec<String> {
        let links = page.all("[role=log] a[tabindex='0']");
        links.iter().filter_map(|link| link.get_attribute("href")).collect()
    };
    assert_eq!(reachable(), [""; 0]);
    press(&page.log(), "Home", &[]);
    painted().await;
    assert_eq!(reachable(), ["http://a.example/1"]);
    press(&page.one("[role=log] li[data-seq='1']"), "ArrowDown", &[]);
    painted().await;
    assert_eq!(reachable(), ["http://a.example/2"]);
}

#[wasm_bindgen_test]
async fn an_open_row_has_the_colours_and_links_of_its_message() {
    let browser = Browser::take();
    let page = printed(&browser, &["one\n\u{1b}[35mtwo\u{1b}[0m http://a.example/"]).await;
    press(&page.log(), "Home", &[]);
    painted().await;
    press(&page.one("[role=log] li[data-seq='1']"), "Enter", &[]);
    painted().await;
    let block = page.one("[role=log] pre");
    assert_eq!(block.text_content().as_deref(), Some("one\ntwo http://a.example/"));
    assert_eq!(page.all("[role=log] pre span[data-ansi='5']").len(), 1);
    assert_eq!(page.all("[role=log] pre a").len(), 1);
}
