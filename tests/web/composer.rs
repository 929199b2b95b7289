//! The composer: messages are written, sent, and followed to their fate.

use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

use super::browser::{
    Browser, Mounted, endpoint, hello, is_visible, log_event, painted, press, ready, turn, write,
    written,
};

fn field(page: &Mounted) -> HtmlElement {
    let mut fields = page.all("label textarea");
    fields.retain(|field| {
        field
            .parent_element()
            .is_some_and(|label| label.text_content().unwrap_or_default().trim() == "Message")
    });
    assert_eq!(fields.len(), 1, "fields labelled Message");
    fields.remove(0)
}

/// Writes a message and sends it off.
fn send(page: &Mounted, text: &str) {
    write(&field(page), text);
    page.button("Send").expect("a button").click();
}

/// How each message is delivered, with all that its row says.
fn messages(page: &Mounted) -> Vec<(String, String)> {
    let rows = page.named("ol", "Messages").map(|_| page.all("li[data-delivery]"));
    let read = |row: HtmlElement| {
        (row.get_attribute("data-delivery").unwrap_or_default(), row.inner_text())
    };
    rows.unwrap_or_default().into_iter().map(read).collect()
}

async fn until_delivery(page: &Mounted, delivery: &str) {
    let is_so = |page: &Mounted| messages(page).last().is_some_and(|it| it.0 == delivery);
    page.until(delivery, is_so).await;
}

/// What each message that the page sent through its last socket says.
fn sent(browser: &Browser) -> Vec<Value> {
    let mut frames = browser.socket().sent_json();
    frames.retain(|frame| frame["type"] == "message");
    frames
}

fn ack(message: &Value) -> Value {
    json!({"type":"ack", "id":message["id"]})
}

#[wasm_bindgen_test]
async fn a_message_is_followed_from_the_field_to_the_server() {
    let browser = Browser::take();
    let page = browser.compose().await;
    assert_eq!(messages(&page), [], "nothing is written yet");
    send(&page, "  wait for me\n");
    until_delivery(&page, "queued").await;
    assert!(messages(&page)[0].1.contains("Waiting for a connection"), "{}", page.text());
    assert_eq!(written(&field(&page)), "", "there is room for the next");

    browser.socket().greet();
    until_delivery(&page, "sent").await;
    let frame = sent(&browser).remove(0);
    assert_eq!((&frame["content"], frame["sent_at"].is_u64()), (&json!("wait for me"), true));
    browser.socket().receive(&ack(&frame));
    until_delivery(&page, "acked").await;
    let text = messages(&page).remove(0).1;
    assert!(text.contains("wait for me") && text.contains("Delivered"), "{text}");
}

#[wasm_bindgen_test]
async fn a_message_in_doubt_says_so_and_is_sent_again() {
    let browser = Browser::take();
    let page = browser.compose().await;
    browser.socket().greet();
    send(&page, "did you get this?");
    until_delivery(&page, "sent").await;
    let id = sent(&browser).remove(0)["id"].clone();
    browser.socket().end(1006);
    until_delivery(&page, "uncertain").await;
    assert!(messages(&page)[0].1.contains("it is sent again"), "{}", page.text());
    assert!(page.button("Send again").is_none(), "that is done without anybody");

    page.button("Reconnect now").expect("while it waits").click();
    browser.socket().accept();
    browser.socket().receive(&json!([hello("e1"), ready()]));
    until_delivery(&page, "sent").await;
    assert_eq!(sent(&browser).remove(0)["id"], id);
    assert_eq!(messages(&page).len(), 1);
}

#[wasm_bindgen_test]
async fn a_refusal_is_said_with_its_reason_and_the_message_can_be_sent_again() {
    let browser = Browser::take();
    let page = browser.compose().await;
    browser.socket().greet();
    send(&page, "a long story");
    until_delivery(&page, "sent").await;
    let id = sent(&browser).remove(0)["id"].clone();
    browser.socket().receive(&json!({"type":"nack", "id":id, "reason":"<b>too long</b>"}));
    until_delivery(&page, "refused").await;
    assert!(messages(&page)[0].1.contains("Refused: <b>too long</b>"), "{}", page.text());
    painted().await;
    let said: String =
        page.all("[role=status]").iter().filter_map(|it| it.text_content()).collect();
    assert_eq!(said, "A message was not delivered. Refused: <b>too long</b>");

    page.button("Send again").expect("it was not delivered").click();
    until_delivery(&page, "sent").await;
    let again = sent(&browser).remove(1);
    assert_eq!(again["content"], "a long story");
    assert_ne!(again["id"], id, "it is a message of its own");
    let states: Vec<_> = messages(&page).into_iter().map(|it| it.0).collect();
    assert_eq!(states, ["refused", "sent"]);
}

#[wasm_bindgen_test]
async fn a_message_that_waited_too_long_is_said_to_have_expired() {
    let browser = Browser::take();
    browser.refuse_sockets(Some("SecurityError"));
    browser.hasten(200.0);
    let page = browser.compose().await;
    send(&page, "now or never");
    until_delivery(&page, "queued").await;
    until_delivery(&page, "expired").await;
    let text = messages(&page).remove(0).1;
    assert!(text.contains("Expired after 5 min") && text.contains("not sent"), "{text}");
    assert!(page.button("Send again").is_some());
}

#[wasm_bindgen_test]
async fn enter_sends_unless_a_line_or_a_character_is_being_made() {
    let browser = Browser::take();
    let page = browser.compose().await;
    browser.socket().greet();
    let field = field(&page);
    write(&field, "first\nsecond");
    assert!(press(&field, "Enter", &["shiftKey"]), "the browser makes a line");
    assert!(press(&field, "Enter", &["isComposing"]), "the input method takes it");
    assert!(press(&field, "a", &[]));
    assert_eq!(written(&field), "first\nsecond");
    assert!(!press(&field, "Enter", &[]), "it is ours");
    until_delivery(&page, "sent").await;
    assert_eq!(sent(&browser).remove(0)["content"], "first\nsecond");

    write(&field, " \n ");
    assert!(!press(&field, "Enter", &[]));
    turn().await;
    assert_eq!(sent(&browser).len(), 1, "nothing is no message");
}

#[wasm_bindgen_test]
async fn the_newest_messages_are_listed_in_order_and_seen() {
    let browser = Browser::take();
    let page = browser.compose().await;
    for number in 1..=25 {
        send(&page, &format!("message {number}."));
    }
    page.until("the last", |page| page.text().contains("message 25.")).await;
    let listed = messages(&page);
    assert_eq!(listed.len(), 20);
    for (number, (_, text)) in (6..).zip(&listed) {
        assert!(text.contains(&format!("message {number}.")), "{number}: {text}");
    }
    let list = page.named("ol", "Messages").expect("the list");
    assert!(list.scroll_top() > 0);
    assert!((list.scroll_height() - list.client_height() - list.scroll_top()).abs() <= 1);
    assert_eq!(list.get_attribute("tabindex").as_deref(), Some("0"), "it scrolls by keys");
}

#[wasm_bindgen_test]
async fn what_somebody_writes_stays_text() {
    let browser = Browser::take();
    let page = browser.compose().await;
    send(&page, "<img src=x onerror=alert(1)>\u{202e}fdp");
    until_delivery(&page, "queued").await;
    let text = messages(&page).remove(0).1;
    assert!(text.contains("<img src=x onerror=alert(1)>U+202Efdp"), "{text}");
    assert_eq!(page.all("img, [onerror]").len(), 0);
    assert_eq!(page.all("li[data-delivery] [dir=auto]").len(), 2, "what it says, and the reason");
}

/// Whether the field takes no text, and the words that say why.
fn is_closed(page: &Mounted, words: &str) -> bool {
    let field = field(page);
    let button = page.button("Send").expect("a button");
    let is_disabled =
        |it: &HtmlElement| it.get_attribute("aria-disabled").as_deref() == Some("true");
    let described = field.get_attribute("aria-describedby").expect("an id");
    let reason = page.one(&format!("[id='{described}']")).text_content().unwrap_or_default();
    assert!(is_visible(&field) && !field.has_attribute("disabled"), "focus stays where it is");
    field.has_attribute("readonly")
        && is_disabled(&field)
        && is_disabled(&button)
        && reason == words
}

#[wasm_bindgen_test]
async fn nothing_can_be_written_to_a_server_that_takes_no_messages() {
    const WORDS: &str = "This server takes no messages.";
    let browser = Browser::take();
    let page = browser.compose().await;
    painted().await;
    assert!(!is_closed(&page, WORDS), "it is not known yet");
    browser.socket().accept();
    // Without an introduction, an event's number tells the server.
    browser.socket().receive(&log_event(1));
    page.until(WORDS, |page| is_closed(page, WORDS)).await;
    send(&page, "hello?");
    press(&field(&page), "Enter", &[]);
    painted().await;
    assert_eq!((messages(&page), browser.socket().sent_json()), (vec![], vec![]));
}

#[wasm_bindgen_test]
async fn nothing_can_be_written_once_the_session_has_ended() {
    const WORDS: &str = "The session has ended: its agents get no more messages.";
    let browser = Browser::take();
    let page = browser.compose().await;
    browser.socket().greet();
    browser.refuse_sockets(Some("SecurityError"));
    send(&page, "sent");
    until_delivery(&page, "sent").await;
    browser.socket().receive(&json!({"type":"complete", "seq":1}));
    page.until(WORDS, |page| is_closed(page, WORDS)).await;
}

#[wasm_bindgen_test]
async fn without_being_asked_for_there_is_no_composer() {
    let browser = Browser::take();
    let page = browser.follow_at(endpoint()).await;
    assert_eq!(page.all("textarea").len(), 0);
    assert!(page.button("Send").is_none());
}

#[wasm_bindgen_test]
async fn the_composer_leaves_nothing_behind() {
    let browser = Browser::take();
    let page = browser.compose().await;
    browser.socket().greet();
    send(&page, "goodbye");
    until_delivery(&page, "sent").await;
    assert!(page.unmount());
    browser.check_nothing_left();
}
