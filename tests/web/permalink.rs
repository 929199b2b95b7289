//! Links to entries.

use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::browser::{Browser, Mounted, hello, log_event, painted, ready};

/// A page that follows the session `s`, opened with this query.
async fn opened(browser: &Browser, query: &str) -> Mounted {
    browser.go_to(query);
    browser.follow().await
}

/// The past comes, in pieces as it does from a server, and some of it later.
fn past(seqs: std::ops::RangeInclusive<u64>) -> Value {
    seqs.map(log_event).collect()
}

fn open_rows(page: &Mounted) -> Vec<String> {
    let rows = page.all("[role=log] li[data-open]");
    rows.iter().filter_map(|row| row.get_attribute("data-seq")).collect()
}

#[wasm_bindgen_test]
async fn a_link_leads_to_its_entry_as_soon_as_that_is_there() {
    let browser = Browser::take();
    let page = opened(&browser, "?session=s&entry=1500").await;
    let socket = browser.socket();
    socket.accept();
    socket.receive(&hello("e1"));
    socket.receive(&past(1..=1000));
    page.until_entries(1000).await;
    assert!(open_rows(&page).is_empty());
    socket.receive(&past(1001..=3000));
    page.until("the entry is open", |page| open_rows(page) == ["1500"]).await;
    page.until("it has the focus", |page| page.all("li[data-open]:focus").len() == 1).await;
    socket.receive(&ready());
    socket.receive(&log_event(3001));
    page.until_entries(3001).await;
    painted().await;
    assert_eq!(open_rows(&page), ["1500"], "what comes does not lead away from it");
    assert_eq!(page.all("li[data-open]:focus").len(), 1);
    assert!(page.button("Jump to latest").is_some());
}

#[wasm_bindgen_test]
async fn that_an_entry_is_not_there_is_said() {
    let browser = Browser::take();
    let page = opened(&browser, "?session=s&entry=5000").await;
    browser.socket().greet();
    browser.socket().receive(&past(1..=10));
    page.until("it is said", |page| page.text().contains("Entry 5,000 is not here")).await;
    assert!(open_rows(&page).is_empty());
    assert!(page.text().contains("Following the latest"), "{}", page.text());
}

#[wasm_bindgen_test]
async fn an_open_row_offers_a_link_where_the_entry_has_a_number_and_the_page_is_ours() {
    let browser = Browser::take();
    let page = opened(&browser, "?session=s&entry=1").await;
    browser.socket().greet();
    browser.socket().receive(&json!([log_event(1), {"type":"log", "message":"unnumbered"}]));
    page.until("the entry is open", |page| open_rows(page) == ["1"]).await;
    page.button("Copy link").expect("it has a number").click();
    page.until("it is said", |page| page.text().contains("Link copied")).await;
    let unnumbered = page.all("[role=log] li button[aria-label=Details]").pop().expect("a row");
    unnumbered.click();
    page.until("both are open", |page| page.all("li[data-open]").len() == 2).await;
    assert_eq!(page.all(".activity-log__link").len(), 1);
    assert!(page.unmount());
    browser.check_nothing_left();

    let browser = Browser::take();
    let page = opened(&browser, "?session=t&entry=1").await;
    browser.socket().greet();
    browser.socket().receive(&log_event(1));
    page.until_entries(1).await;
    painted().await;
    assert!(open_rows(&page).is_empty(), "the address is another page's");
}
