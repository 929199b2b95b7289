//! The component that follows a session: what it says of connection, phases and run.

use agent_activity::{
    connection::{Endpoint, EndpointError},
    ui::Follow,
};
use js_sys::{Function, Reflect};
use leptos::prelude::*;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::browser::{
    Browser, Mounted, Writes, endpoint, hello, log_event, numbered, painted, pass, ready, turn,
};

fn texts(page: &Mounted, selector: &str) -> Vec<String> {
    page.all(selector).iter().map(|element| element.text_content().unwrap_or_default()).collect()
}

fn is_offered(page: &Mounted) -> bool {
    page.button("Reconnect now").is_some()
}

#[wasm_bindgen_test]
async fn the_root_says_how_connection_and_run_stand() {
    let browser = Browser::take();
    let page = browser.follow().await;
    let root = || ["connection", "run", "entries"].map(|name| page.data(name).unwrap_or_default());
    page.until_connection("connecting").await;
    assert_eq!(root(), ["connecting", "none", "0"]);
    browser.socket().accept();
    page.until_connection("greeting").await;
    browser.socket().receive(&json!([hello("e1"), ready()]));
    page.until_connection("connected").await;
    assert_eq!(root(), ["connected", "none", "0"]);
    browser.socket().receive(&json!([log_event(1), log_event(2)]));
    page.until_entries(2).await;
    assert_eq!(root(), ["connected", "running", "2"]);

    browser.socket().end(1012);
    page.until_connection("waiting").await;
    assert_eq!(
        (root(), page.data("reason")),
        (["waiting", "running", "2"].map(str::to_owned), None)
    );
    assert!(page.text().contains("as of "), "{}", page.text());

    page.button("Reconnect now").expect("while it waits").click();
    assert_eq!(browser.sockets().len(), 2, "at once");
    let socket = browser.socket();
    assert_eq!(socket.url(), "ws://h/ws/s?epoch=e1&after=2");
    socket.accept();
    let end = json!({"type":"complete", "seq":3, "message":"All done",
                     "timestamp":"2026-01-02T03:05:56Z"});
    socket.receive(&json!([hello("e1"), ready(), end]));
    page.until_connection("ended").await;
    assert_eq!(root(), ["ended", "complete", "3"]);
    assert!(page.named("h2", "Workflow complete").is_some());
    assert!(page.text().contains("1 min 51 s"), "{}", page.text());
    assert!(!page.text().contains("as of "), "{}", page.text());
    assert_eq!(page.data("reason"), None);
}

#[wasm_bindgen_test]
async fn the_socket_is_closed_a_second_after_the_end() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    browser.socket().receive(&json!({"type":"cancelled", "seq":1}));
    page.until_connection("ended").await;
    assert_eq!(browser.socket().close_code(), None);
    pass(1_500).await;
    assert_eq!(browser.socket().close_code(), Some(1000));
    assert!(page.named("h2", "Cancelled").is_some());
    assert!(!is_offered(&page));
}

/// Closes the socket with a code after bringing it somewhere; the state and reason that follow.
async fn check_close(bring: impl Fn(&Browser), code: u16, state: &str, reason: Option<&str>) {
    let browser = Browser::take();
    browser.answer("http://h/api/sessions/s", &json!({}));
    let page = browser.follow().await;
    bring(&browser);
    browser.socket().end(code);
    page.until_connection(state).await;
    assert_eq!(page.data("reason").as_deref(), reason, "close {code}");
    assert!(is_offered(&page), "close {code}");
    if state == "failed" {
        pass(900).await;
        assert_eq!(browser.sockets().len(), 1, "close {code} is final");
    }
}

#[wasm_bindgen_test]
async fn a_close_is_told_apart_by_its_reason() {
    let greeted = |browser: &Browser| browser.socket().greet();
    let opened = |browser: &Browser| browser.socket().accept();
    check_close(opened, 1006, "waiting", None).await;
    check_close(greeted, 1006, "waiting", None).await;
    check_close(greeted, 1013, "waiting", Some("overloaded")).await;
    check_close(opened, 4429, "waiting", Some("overloaded")).await;
    check_close(opened, 4404, "failed", Some("not-found")).await;
    check_close(opened, 4401, "failed", Some("not-authenticated")).await;
    check_close(greeted, 4403, "failed", Some("forbidden")).await;
    check_close(greeted, 1008, "failed", Some("policy")).await;
}

#[wasm_bindgen_test]
async fn why_a_socket_did_not_open_is_asked_by_http_and_said_with_what_can_be_done() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().end(1006);
    page.until("the answer", |page| page.data("reason").as_deref() == Some("not-found")).await;
    let text = page.text();
    assert!(text.contains("does not know this session. Check its id"), "{text}");

    browser.answer(&browser.requests()[0]["GET ".len()..], &json!({"state":"running"}));
    page.button("Reconnect now").expect("while it waits").click();
    browser.socket().end(1006);
    let says = "The server answers, but refuses the connection. Check its WebSocket endpoint.";
    page.until(says, |page| page.text().contains(says)).await;
    assert_eq!(page.data("reason").as_deref(), Some("refused"));
}

#[wasm_bindgen_test]
async fn a_proxy_is_suspected_when_sockets_open_and_close_at_once_again_and_again() {
    let browser = Browser::take();
    let page = browser.follow().await;
    for (count, reason) in [(1, None), (2, None), (3, Some("proxy"))] {
        page.until("the next attempt", |_| browser.sockets().len() == count).await;
        browser.socket().accept();
        page.until_connection("greeting").await;
        browser.socket().end(1006);
        page.until_connection("waiting").await;
        assert_eq!(page.data("reason").as_deref(), reason, "the {count}. time");
    }
}

/// Follows at an endpoint that is a mistake.
async fn check_mistake(endpoint: Result<Endpoint, EndpointError>, reason: &str, words: &str) {
    let browser = Browser::take();
    let page = browser.follow_at(endpoint).await;
    page.until_connection("failed").await;
    assert_eq!(page.data("reason").as_deref(), Some(reason));
    assert!(page.text().contains(words), "{}", page.text());
    assert_eq!(browser.sockets().len(), 0);
}

#[wasm_bindgen_test]
async fn an_endpoint_that_cannot_be_used_is_said_and_not_tried() {
    let at = |page: &str, endpoint: &str| Endpoint::resolve(page, page, endpoint, "s");
    check_mistake(at("file:///home/index.html", "/ws"), "bad-endpoint", "absolute endpoint").await;
    check_mistake(at("https://h/", "ws://other/ws"), "insecure", "other").await;
}

/// Lets a server that has said `greeting` fall silent, for a time that passes so much faster.
async fn check_silence(greeting: &Value, haste: f64) {
    let browser = Browser::take();
    browser.hold_answer("http://h/api/sessions/s");
    browser.hasten(haste);
    let page = browser.follow().await;
    browser.socket().accept();
    browser.socket().receive(greeting);
    page.until_connection("suspect").await;
    let text = page.text();
    assert!(text.contains("No sign of life; asking the server"), "{text}");
    assert!(text.contains("as of "), "{text}");
    assert_eq!(page.data("reason").as_deref(), Some("timeout"));
    page.button("Reconnect now").expect("while nobody knows").click();
    page.until_connection("connecting").await;
    assert_eq!(page.data("reason"), None);
    assert_eq!(browser.sockets().len(), 2);
}

#[wasm_bindgen_test]
async fn a_silent_server_is_suspected_whether_it_can_be_pinged_or_not() {
    check_silence(&json!([hello("e1"), ready()]), 10.0).await;
    check_silence(&log_event(1), 30.0).await;
}

#[wasm_bindgen_test]
async fn a_device_without_a_network_is_said_to_be_offline() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    browser.set_online(false);
    browser.socket().end(1006);
    page.until_connection("offline").await;
    let text = page.text();
    assert!(text.contains("no network. Connects as soon as there is one again."), "{text}");
    assert!(text.contains("as of ") && !text.contains("Next attempt"), "{text}");
    assert_eq!(page.data("reason").as_deref(), Some("offline"));
    page.button("Reconnect now").expect("the browser may be wrong").click();
    browser.socket().greet();
    page.until_connection("connected").await;
    assert_eq!(page.data("reason"), None);
}

#[wasm_bindgen_test]
async fn a_page_that_nobody_sees_pauses_and_keeps_the_reason() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    browser.hide();
    browser.socket().end(1013);
    page.until_connection("paused").await;
    let text = page.text();
    assert!(text.contains("Paused") && text.contains("Goes on once this page is seen."), "{text}");
    assert_eq!(page.data("reason").as_deref(), Some("overloaded"));
    page.button("Reconnect now").expect("for whoever looks all the same").click();
    browser.socket().greet();
    page.until_connection("connected").await;
}

#[wasm_bindgen_test]
async fn a_wait_says_what_somebody_can_do() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    browser.socket().end(1013);
    page.until_connection("waiting").await;
    let text = page.text();
    assert!(text.contains("The server is overloaded. Give it time"), "{text}");
}

#[wasm_bindgen_test]
async fn a_wait_is_counted_down() {
    let browser = Browser::take();
    let page = browser.follow().await;
    // An overloaded server is given five seconds more.
    browser.socket().end(1013);
    page.until_connection("waiting").await;
    let seconds = || {
        let text = page.text();
        let words = text.split_once("Next attempt in ").expect("a countdown").1;
        let (seconds, rest) = words.split_once(' ').expect("a unit");
        assert!(rest.starts_with("s (attempt 2)"), "{rest}");
        seconds.parse::<u32>().expect("a number")
    };
    let first = seconds();
    assert!((5..=6).contains(&first), "{first} s");
    pass(2_100).await;
    painted().await;
    assert!((first - 3..first).contains(&seconds()), "{first} s, then {} s", seconds());
    page.button("Reconnect now").expect("while it waits").click();
    assert_eq!(browser.sockets().len(), 2);
    painted().await;
    assert!(!page.text().contains("Next attempt"), "{}", page.text());
}

#[wasm_bindgen_test]
async fn the_button_is_there_while_it_helps() {
    let browser = Browser::take();
    let page = browser.follow().await;
    assert!(!is_offered(&page), "the first attempt is under way");
    browser.socket().greet();
    page.until_connection("connected").await;
    assert!(!is_offered(&page), "there is nothing to reconnect");
    browser.socket().end(4404);
    page.until_connection("failed").await;
    page.button("Reconnect now").expect("somebody may have made the session").click();
    browser.socket().greet();
    page.until_connection("connected").await;
    assert_eq!(browser.sockets().len(), 2);
}

/// What each phase shows: its id, its state, whether it is the current one, and its text.
fn phases(page: &Mounted) -> Vec<(String, String, Option<String>, String)> {
    let list = page.named("ol", "Phases").expect("the phases");
    page.all("li[data-phase]")
        .into_iter()
        .map(|phase| {
            assert!(list.contains(Some(&phase)));
            let get = |name| phase.get_attribute(name);
            let [id, state] = ["data-phase", "data-state"].map(|name| get(name).expect(name));
            (id, state, get("aria-current"), phase.inner_text())
        })
        .collect()
}

/// Phases as [`phases`] has them, each with words that its text must contain.
fn check_phases(page: &Mounted, expected: &[(&str, &str, bool, [&str; 2])]) {
    let shown = phases(page);
    assert_eq!(shown.len(), expected.len(), "{shown:?}");
    for (shown, (id, state, is_current, words)) in shown.iter().zip(expected) {
        let current = is_current.then_some("step");
        assert_eq!((&*shown.0, &*shown.1, shown.2.as_deref()), (*id, *state, current), "{shown:?}");
        assert!(words.iter().all(|word| shown.3.contains(word)), "{shown:?}");
    }
}

#[wasm_bindgen_test]
async fn phases_are_listed_with_their_states_and_one_at_most_is_current() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    assert!(page.named("ol", "Phases").is_none(), "there are none yet");

    let plan = json!({"type":"plan", "seq":1, "phases":[
        {"id":"a", "label":"Analyse", "agent":"alice"},
        {"id":"b", "label":"Build", "agent":"bob"},
        {"id":"c", "label":"Check"},
    ]});
    let start = json!({"type":"agent_start", "seq":2, "agent":"alice"});
    browser.socket().receive(&json!([plan, start]));
    // A plan is no entry.
    page.until_entries(1).await;
    let (a, b, c) = (("a", "Analyse"), ("b", "Build"), ("c", "Check"));
    check_phases(
        &page,
        &[
            (a.0, "active", true, [a.1, "In progress"]),
            (b.0, "pending", false, [b.1, "Not started"]),
            (c.0, "pending", false, [c.1, "Not started"]),
        ],
    );

    let half = json!({"type":"agent_progress", "seq":3, "agent":"alice", "progress":0.5});
    let word = json!({"type":"log", "seq":4, "phase":"a", "state":"reviewing"});
    browser.socket().receive(&json!([half, word]));
    page.until_entries(3).await;
    assert_eq!(phases(&page)[0].1, "reviewing", "a server's own word is shown as it is");
    assert!(phases(&page)[0].3.contains("reviewing, 50"), "{:?}", phases(&page)[0]);

    let events = [
        json!({"type":"agent_complete", "seq":5, "agent":"alice"}),
        json!({"type":"agent_start", "seq":6, "phase":"b"}),
        json!({"type":"error", "seq":7, "message":"no disk"}),
    ];
    browser.socket().receive(&events.iter().cloned().collect());
    page.until_entries(6).await;
    check_phases(
        &page,
        &[
            (a.0, "done", false, [a.1, "Done"]),
            (b.0, "error", false, [b.1, "Failed"]),
            (c.0, "not-reached", false, [c.1, "Not reached"]),
        ],
    );
    assert_eq!(page.data("run").as_deref(), Some("error"));
    assert!(page.text().contains("no disk"), "{}", page.text());
}

#[wasm_bindgen_test]
async fn the_announcers_are_empty_until_there_is_something_to_say() {
    let browser = Browser::take();
    let page = browser.follow().await;
    let said = |role: &str| {
        let said = texts(&page, &format!("[role={role}]"));
        assert!(!said.is_empty(), "a region of role {role}");
        said.concat()
    };
    assert_eq!([said("status"), said("alert")], ["", ""]);
    browser.socket().greet();
    page.until_connection("connected").await;
    browser.socket().receive(&log_event(1));
    page.until_entries(1).await;
    assert_eq!([said("status"), said("alert")], ["The run has started.", ""]);

    // A loss is said once it has lasted.
    browser.refuse_sockets(Some("SecurityError"));
    browser.socket().end(1006);
    page.until_connection("waiting").await;
    assert_eq!(said("status"), "The run has started.");
    page.until("the loss is said", |_| said("status").starts_with("Connection lost")).await;
    browser.refuse_sockets(None);
    page.button("Reconnect now").expect("while it waits").click();
    browser.socket().accept();
    browser.socket().receive(&json!([hello("e1"), ready()]));
    page.until("the return is said", |_| said("status").starts_with("Connection restored")).await;
    browser.socket().receive(&json!({"type":"error", "seq":2, "message":"no disk"}));
    page.until("the error is said", |_| said("alert").contains("no disk")).await;
}

#[wasm_bindgen_test]
async fn what_becomes_of_phases_is_said_together() {
    let browser = Browser::take();
    let page = browser.follow().await;
    let status = || texts(&page, "[role=status]").concat();
    let phase = |seq: u64, kind: &str, id: &str| json!({"type":kind, "seq":seq, "phase":id});
    browser.socket().accept();
    browser.socket().receive(&json!([hello("e1"), phase(1, "agent_start", "past"), ready()]));
    page.until_connection("connected").await;
    browser.socket().receive(&json!([
        phase(2, "agent_complete", "past"),
        phase(3, "agent_start", "<b>draft</b>"),
    ]));
    page.until("it is said", |_| status() == "past is done. <b>draft</b> started.").await;
    browser.socket().receive(&json!([
        phase(4, "agent_complete", "<b>draft</b>"),
        json!({"type":"complete", "seq":5}),
    ]));
    page.until("the end is said", |_| status().starts_with("Workflow complete")).await;
}

#[wasm_bindgen_test]
async fn the_title_says_how_the_run_stands_until_the_component_goes() {
    let browser = Browser::take();
    let document = web_sys::window().and_then(|window| window.document()).expect("a document");
    document.set_title("A page");
    let page = browser
        .mount(|| {
            let endpoint = endpoint();
            view! {
                <Follow endpoint session="s".to_owned() is_own_server=false title_status=true />
            }
        })
        .await;
    assert_eq!(document.title(), "A page");
    browser.socket().greet();
    browser.socket().receive(&json!({"type":"agent_start", "seq":1, "phase":"draft"}));
    page.until("the phase", |_| document.title() == "▶ 1/1 draft – A page").await;
    browser.refuse_sockets(Some("SecurityError"));
    browser.socket().end(1006);
    page.until("the loss", |_| document.title() == "⚠ Reconnecting – A page").await;
    browser.refuse_sockets(None);
    page.button("Reconnect now").expect("while it waits").click();
    browser.socket().accept();
    browser.socket().receive(&json!([hello("e1"), ready()]));
    browser.socket().receive(&json!({"type":"error", "seq":2, "message":"no disk"}));
    page.until("the end", |_| document.title() == "✕ Workflow failed – A page").await;
    assert!(page.unmount());
    assert_eq!(document.title(), "A page");
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn a_thousand_frames_are_painted_once() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    painted().await;
    let writes = Writes::new(&page.root(), "data-entries");
    browser.socket().receive_all((1..=1_000).map(log_event)).await;
    page.until_entries(1_000).await;
    painted().await;
    assert_eq!(writes.count(), 1);
}

#[wasm_bindgen_test]
async fn hostile_text_stays_text() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    let hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>\u{202e}fdp";
    let shown = "<img src=x onerror=alert(1)><script>alert(2)</script>U+202Efdp";
    let events = [
        json!({"type":"plan", "phases":[{"id":hostile, "label":hostile, "agent":hostile}]}),
        json!({"type":"agent_start", "agent":hostile, "message":hostile, "state":hostile}),
        json!({"type":"log", "agent":hostile, "action":hostile, "message":hostile, "icon":hostile,
               "level":hostile, "stream":hostile, "phase":hostile, "payload":{"html":hostile}}),
        json!({"type":hostile, "message":"javascript:alert(3)"}),
        json!({"type":"error", "message":hostile}),
    ];
    for (seq, event) in (1..).zip(events) {
        browser.socket().receive(&numbered(seq, event));
    }
    page.until_entries(4).await;
    assert_eq!(page.all("img, script, iframe, object, [onerror], [href^='javascript:']").len(), 0);
    assert!(!page.text().contains('\u{202e}'), "{}", page.text());
    let row = page.all("[role=log] li").swap_remove(1).text_content().unwrap_or_default();
    assert!(row.contains(&format!("{shown}: {shown}")), "{row}");
    // In the list of phases, in a row, and in the words about the end.
    for place in ["li[data-phase]", "[role=log] li", "[data-outcome], [role=alert]"] {
        assert!(texts(&page, place).concat().contains(shown), "{place}: {:?}", texts(&page, place));
    }
}

/// The record as a script reads it from the component's root.
fn read_record(root: &web_sys::Element) -> Option<Value> {
    let read = Reflect::get(root, &"connectionRecord".into()).expect("an object");
    let text = read.dyn_ref::<Function>()?.call0(&JsValue::NULL).expect("no throw");
    Some(serde_json::from_str(&text.as_string().expect("a text")).expect("JSON"))
}

#[wasm_bindgen_test]
async fn scripts_read_the_record_of_the_connection_as_long_as_there_is_one() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    page.until_connection("connected").await;
    let root = page.root();
    assert!(read_record(&root).expect("a record").is_object());
    assert!(page.unmount());
    assert_eq!(read_record(&root), None);
    assert!(!Reflect::has(&root, &"connectionRecord".into()).expect("an object"));
}

#[wasm_bindgen_test]
async fn the_record_of_the_connection_can_be_saved() {
    let browser = Browser::take();
    let page = browser.follow().await;
    let button = page.button("Connection record").expect("in every state");
    button.click();
    browser.socket().greet();
    page.until_connection("connected").await;
    button.click();
    let files = browser.saved_files().await;
    assert_eq!(files.len(), 2);
    for [name, kind, text] in &files {
        assert_eq!((&**name, &**kind), ("connection-record.json", "application/json"));
        assert!(serde_json::from_str::<Value>(text).expect("JSON").is_object());
    }
    assert!(page.unmount());
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn unmounting_leaves_nothing_behind() {
    let browser = Browser::take();
    let page = browser.follow().await;
    browser.socket().greet();
    browser.socket().receive(&json!([log_event(1), log_event(2)]));
    page.until_entries(2).await;
    painted().await;
    assert!(page.unmount(), "the document is as it was");
    assert_eq!(browser.socket().close_code(), Some(1000));
    browser.check_nothing_left();

    let fired = browser.timers_fired();
    browser.socket().receive(&log_event(3));
    browser.socket().end(1006);
    pass(700).await;
    assert_eq!(browser.timers_fired(), fired);
    assert_eq!(browser.sockets().len(), 1);
}

#[wasm_bindgen_test]
async fn two_hundred_mounts_leave_no_socket_no_timer_and_no_element() {
    let browser = Browser::take();
    for round in 0..200 {
        let page = browser.follow().await;
        // Let go while connecting, connected, with something to paint, and between two attempts.
        if round % 4 > 0 {
            browser.socket().greet();
            turn().await;
        }
        match round % 4 {
            2 => browser.socket().receive(&log_event(1)),
            3 => browser.socket().end(1006),
            _ => {}
        }
        assert!(page.unmount(), "round {round}");
    }
    assert_eq!(browser.sockets().len(), 200);
    browser.check_nothing_left();
}

#[wasm_bindgen_test]
async fn two_components_do_not_disturb_each_other() {
    let browser = Browser::take();
    let (one, other) = (browser.follow().await, browser.follow().await);
    let [first, second] = [0, 1].map(|index| browser.sockets().swap_remove(index));
    first.greet();
    second.greet();
    first.receive(&Value::from_iter([log_event(1), log_event(2)]));
    one.until_entries(2).await;
    assert_eq!(other.data("entries").as_deref(), Some("0"));
    assert!(one.unmount());
    second.receive(&log_event(1));
    other.until_entries(1).await;
    assert_eq!(other.data("connection").as_deref(), Some("connected"));
}
