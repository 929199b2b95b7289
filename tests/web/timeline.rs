//! The timeline: a bar for each pass of each phase.

use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::browser::{Browser, Mounted, extent, hello, is_visible, painted, ready, sides};

fn event(seq: u64, kind: &str, phase: &str, second: u32) -> Value {
    let at = format!("2026-01-02T03:04:{second:02}Z");
    json!({"type":kind, "seq":seq, "phase":phase, "timestamp":at})
}

/// A page with this history, and its timeline open.
async fn opened(browser: &Browser, events: &[Value]) -> Mounted {
    let page = browser.follow().await;
    browser.socket().accept();
    let frame: Vec<Value> =
        [hello("e1")].into_iter().chain(events.iter().cloned()).chain([ready()]).collect();
    browser.socket().receive(&frame.into());
    page.until("the phases", |page| page.button("Timeline").is_some_and(|it| is_visible(&it)))
        .await;
    let toggle = page.button("Timeline").expect("a button");
    assert_eq!(toggle.get_attribute("aria-expanded").as_deref(), Some("false"));
    toggle.click();
    painted().await;
    assert_eq!(toggle.get_attribute("aria-expanded").as_deref(), Some("true"));
    page
}

fn rows(page: &Mounted) -> Vec<String> {
    let rows = page.all("ol[aria-label=Timeline] li");
    rows.iter().map(|row| row.text_content().unwrap_or_default()).collect()
}

#[wasm_bindgen_test]
async fn each_pass_of_a_phase_has_a_bar_where_it_was() {
    let browser = Browser::take();
    let page = opened(
        &browser,
        &[
            json!({"type":"plan", "seq":1, "phases":[
                {"id":"draft"}, {"id":"review"}, {"id":"publish"}]}),
            event(2, "agent_start", "draft", 0),
            event(3, "agent_complete", "draft", 4),
            event(4, "agent_start", "review", 4),
            event(5, "agent_error", "review", 6),
            event(6, "agent_start", "draft", 6),
            event(7, "agent_complete", "draft", 8),
            json!({"type":"error", "seq":8, "phase":"review", "message":"no disk",
                "timestamp":"2026-01-02T03:04:08Z"}),
        ],
    )
    .await;
    assert_eq!(
        rows(&page),
        [
            "draft0:06: Done, 0:00 to 0:04; Done, 0:06 to 0:08",
            "review0:02: Failed, 0:04 to 0:06",
            "publish"
        ]
    );
    let bars = page.all("[data-state].activity-timeline__bar");
    let places: Vec<(f64, f64)> = bars.iter().map(|bar| sides(bar)).collect();
    let (start, end) = (places[0].0, places[1].1);
    let share = |at: f64| ((at - start) / (end - start) * 8.0).round();
    let seconds: Vec<(f64, f64)> =
        places.iter().map(|(from, to)| (share(*from), share(*to))).collect();
    assert_eq!(seconds, [(0.0, 4.0), (6.0, 8.0), (4.0, 6.0)]);
    let marks = page.all(".activity-timeline__marks span");
    let marks: Vec<String> = marks.iter().filter_map(|mark| mark.text_content()).collect();
    assert_eq!(marks, ["0:00", "0:02", "0:04", "0:06", "0:08"]);
}

#[wasm_bindgen_test]
async fn what_goes_on_grows_until_nobody_can_vouch_for_it() {
    let browser = Browser::take();
    let start = event(1, "agent_start", "<b>draft</b>", 0);
    let page = opened(&browser, &[start]).await;
    assert!(rows(&page)[0].starts_with("<b>draft</b>"), "{:?}", rows(&page));
    assert!(rows(&page)[0].contains("In progress, 0:00 to "));
    let before = rows(&page);
    page.until("it grows", |page| rows(page) != before).await;
    browser.refuse_sockets(Some("SecurityError"));
    browser.socket().end(1006);
    page.until_connection("waiting").await;
    painted().await;
    let stands = rows(&page);
    page.until("the wait goes on", |page| page.text().contains("as of")).await;
    for _ in 0..40 {
        painted().await;
    }
    assert_eq!(rows(&page), stands);
    let toggle = page.button("Timeline").expect("a button");
    toggle.click();
    painted().await;
    assert_eq!(extent(&page.one(".activity-timeline__chart")), (0.0, 0.0));
}
