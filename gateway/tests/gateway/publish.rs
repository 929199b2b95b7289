//! Publishing to a session.

use serde_json::json;

use crate::support::{Gateway, kinds, text};

#[tokio::test]
async fn good_lines_are_kept_and_bad_ones_named() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    let lines = format!(
        "{{\"type\":\"log\"}}\nnot JSON\n\n{{\"a\":1}}\n{}\n{{\"type\":\"log\"}}",
        "x".repeat(9000)
    );
    let (status, report) = gateway.client.publish(&id, &lines).await;
    assert_eq!((status, &report["accepted"], &report["last_seq"]), (200, &json!(2), &json!(2)));
    let bad = report["errors"].as_array().expect("errors");
    let numbers: Vec<_> = bad.iter().filter_map(|error| error["line"].as_u64()).collect();
    assert_eq!(numbers, [2, 4, 5]);
    for (error, words) in bad.iter().zip(["not a JSON object", "no `type`", "9000 bytes"]) {
        assert!(text(error, "reason").contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_body_without_a_good_line_is_refused() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    for lines in ["", "nonsense"] {
        let (status, report) = gateway.client.publish(&id, lines).await;
        assert_eq!((status, &report["accepted"]), (400, &json!(0)), "{lines:?}");
        assert!(report["error"].is_string(), "{report}");
    }
}

#[tokio::test]
async fn an_answer_names_a_bounded_number_of_bad_lines() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    let (_, report) = gateway.client.publish(&id, &"x\n".repeat(1500)).await;
    assert_eq!(report["errors"].as_array().map(Vec::len), Some(1000));
    assert_eq!(report["errors_omitted"], 500);
}

#[tokio::test]
async fn a_published_end_ends_a_session_without_a_workflow() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    let lines = "{\"type\":\"cancelled\"}\n{\"type\":\"log\"}";
    let (status, report) = gateway.client.publish(&id, lines).await;
    assert_eq!((status, &report["accepted"]), (200, &json!(1)));
    assert!(text(&report["errors"][0], "reason").contains("ended"), "{report}");
    assert_eq!(gateway.client.publish(&id, "{\"type\":\"log\"}").await.0, 409);
    assert_eq!(gateway.client.get(&format!("/api/sessions/{id}")).await.1["state"], "cancelled");
}

#[tokio::test]
async fn a_published_end_does_not_end_a_workflow() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.run_script("echo started; sleep 1000").await;
    let id = text(&follower.next().await, "session").to_owned();
    follower.until("log").await;
    gateway.client.publish(&id, "{\"type\":\"complete\"}").await;
    let log = follower.until("log").await;
    assert_eq!(log["payload"], json!({"type":"complete"}));
    gateway.stop().await;
}

#[tokio::test]
async fn a_published_protocol_word_becomes_a_log_and_a_message_stays_one() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    let words = [
        json!({"type":"heartbeat", "newest":5}),
        json!({"type":"message", "id":"m", "content":"hi"}),
    ];
    for word in &words {
        gateway.client.publish(&id, &word.to_string()).await;
    }
    gateway.client.complete(&id).await;
    let events = gateway.client.follow(&id).await.events().await;
    assert_eq!(kinds(&events), ["log", "message", "complete"]);
    assert_eq!((&events[0]["payload"], &events[1]["content"]), (&words[0], &json!("hi")));
}

#[tokio::test]
async fn a_published_result_is_the_result() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    gateway.client.publish(&id, "{\"type\":\"result\",\"n\":1}").await;
    gateway.client.complete(&id).await;
    let (_, result) = gateway.client.get(&format!("/api/strategy/result/{id}")).await;
    assert_eq!(result, json!({"type":"result", "n":1}));
}

#[tokio::test]
async fn a_body_of_any_length_is_taken() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    gateway.client.publish_logs(&id, 1, 20_000).await;
    let (_, status) = gateway.client.get(&format!("/api/sessions/{id}")).await;
    assert_eq!((&status["oldest"], &status["newest"]), (&json!(19_001), &json!(20_000)));
}
