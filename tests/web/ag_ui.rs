//! A run of AG-UI on the page.

use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

use super::browser::{Browser, Mounted};

/// A page that follows a run with these events.
async fn following(browser: &Browser, events: &[Value]) -> Mounted {
    let page = browser.follow().await;
    let socket = browser.socket();
    socket.accept();
    socket.receive(&json!({"type":"RUN_STARTED", "threadId":"t", "runId":"r"}));
    for event in events {
        socket.receive(event);
    }
    page
}

fn texts(page: &Mounted, selector: &str) -> Vec<String> {
    page.all(selector).iter().map(HtmlElement::inner_text).collect()
}

fn step(kind: &str, name: &str) -> Value {
    json!({"type":kind, "stepName":name})
}

/// Acceptance check 16.
#[wasm_bindgen_test]
async fn a_run_that_waits_for_somebody_says_so_and_for_what() {
    let browser = Browser::take();
    let page = following(
        &browser,
        &[
            step("STEP_STARTED", "plan"),
            step("STEP_FINISHED", "plan"),
            json!({"type":"SUBAGENT_STARTED", "subagentRunId":"a", "name":"writer"}),
            json!({"type":"SUBAGENT_STARTED", "subagentRunId":"b", "name":"reviewer",
                "parentSubagentRunId":"a"}),
            json!({"type":"TEXT_MESSAGE_CHUNK", "messageId":"m", "delta":"Look", "subagentRunId":"b"}),
            json!({"type":"TEXT_MESSAGE_CHUNK", "messageId":"m", "delta":"ing", "subagentRunId":"b"}),
            step("STEP_STARTED", "plan"),
            json!({"type":"RUN_FINISHED", "runId":"r", "outcome":{"type":"interrupt",
                "interrupts":[{"id":"i", "reason":"approval", "message":"May I <b>deploy</b>?"}]}}),
        ],
    )
    .await;
    page.until("the run waits", |page| page.data("run").as_deref() == Some("waiting")).await;
    page.until("the panel", |page| page.named("h2", "Waiting for input").is_some()).await;
    assert_eq!(texts(&page, ".activity-badge__word"), ["Waiting for input"]);
    assert_eq!(texts(&page, ".activity-outcome__message"), ["May I <b>deploy</b>?"]);
    let panel = page.one(".activity-outcome");
    assert_eq!(panel.get_attribute("data-outcome").as_deref(), Some("waiting"));
    assert_eq!(page.data("connection").as_deref(), Some("connected"));
    page.until("it is announced", |page| {
        page.one("[role=alert].activity-visually-hidden").text_content().as_deref()
            == Some("Waiting for input: May I <b>deploy</b>?")
    })
    .await;

    let phases = texts(&page, ".activity-phase");
    let states: Vec<String> =
        phases.iter().map(|phase| phase.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        states,
        ["plan Waiting, iteration 2", "writer In progress", "writer › reviewer In progress"]
    );
    let rows = texts(&page, "[role=log] li");
    let message: Vec<_> = rows.iter().filter(|row| row.contains("Looking")).collect();
    assert_eq!(message.len(), 1, "one row for each message: {rows:?}");
    assert!(message[0].contains("writer › reviewer"), "{message:?}");

    browser.socket().receive(&json!({"type":"RUN_STARTED", "threadId":"t", "runId":"r2"}));
    page.until("it goes on", |page| page.data("run").as_deref() == Some("running")).await;
    page.until("the panel is gone", |page| page.named("h2", "Waiting for input").is_none()).await;
}

/// Acceptance check 17.
#[wasm_bindgen_test]
async fn a_run_that_fails_says_where_and_why() {
    let browser = Browser::take();
    let page = following(
        &browser,
        &[
            step("STEP_STARTED", "outer"),
            step("STEP_STARTED", "inner"),
            json!({"type":"RUN_ERROR", "message":"No more quota", "code":"rate_limited"}),
        ],
    )
    .await;
    page.until("the panel", |page| page.named("h2", "Workflow failed").is_some()).await;
    assert_eq!(texts(&page, ".activity-outcome__message"), ["rate_limited: No more quota"]);
    let states: Vec<_> =
        page.all("[data-state]").iter().filter_map(|it| it.get_attribute("data-state")).collect();
    assert_eq!(states, ["cancelled", "error"]);
}

/// Acceptance check 20.
#[wasm_bindgen_test]
async fn the_end_of_a_sub_agent_is_not_that_of_the_run() {
    let browser = Browser::take();
    let page = following(
        &browser,
        &[
            json!({"type":"SUBAGENT_STARTED", "subagentRunId":"a", "name":"writer"}),
            json!({"type":"SUBAGENT_FINISHED", "subagentRunId":"a"}),
        ],
    )
    .await;
    page.until_entries(3).await;
    assert_eq!(page.data("run").as_deref(), Some("running"));
    browser.socket().receive(&json!({"type":"RUN_FINISHED", "runId":"r"}));
    page.until("the end", |page| page.data("run").as_deref() == Some("complete")).await;
}
