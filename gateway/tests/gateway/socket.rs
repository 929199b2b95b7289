//! Following a session over a WebSocket.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Gateway, kinds, seq, soon, text};

#[tokio::test]
async fn a_follower_gets_hello_the_replay_ready_and_then_what_is_new() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    gateway.client.publish_logs(&id, 1, 2).await;
    let (_, status) = gateway.client.get(&format!("/api/sessions/{id}")).await;
    let mut follower = gateway.client.follow(&id).await;
    let expected = json!({"type":"hello", "session":id, "epoch":status["epoch"], "oldest":1,
                          "newest":2, "heartbeat_s":30});
    assert_eq!(follower.next().await, expected);
    assert_eq!(seq(&follower.next().await), 1);
    assert_eq!(seq(&follower.next().await), 2);
    assert_eq!(follower.next().await["type"], "ready");
    gateway.client.publish_logs(&id, 3, 1).await;
    let event = follower.next().await;
    assert_eq!((seq(&event), &event["message"]), (3, &json!("3")));
}

#[tokio::test]
async fn an_empty_session_is_ready_at_once() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.client.follow(&gateway.client.create().await).await;
    let hello = follower.next().await;
    assert_eq!((&hello["oldest"], &hello["newest"]), (&json!(0), &json!(0)));
    assert_eq!(follower.next().await["type"], "ready");
}

#[tokio::test]
async fn every_event_names_its_session_and_epoch() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    gateway.client.publish_logs(&id, 1, 1).await;
    let mut follower = gateway.client.follow(&id).await;
    let hello = follower.next().await;
    let event = follower.next().await;
    assert_eq!((&event["session"], &event["epoch"]), (&json!(id), &hello["epoch"]));
}

/// Follows a session of ten events, of which the history holds `history`, with `after` and the
/// session's epoch or another; compares what stands between `hello` and `ready`.
async fn check_resume(
    history: &str,
    own_epoch: bool,
    after: u64,
    gap: Option<(u64, u64)>,
    first: u64,
) {
    let gateway = Gateway::start(&["--history", history]).await;
    let id = gateway.client.create().await;
    gateway.client.publish_logs(&id, 1, 10).await;
    let (_, status) = gateway.client.get(&format!("/api/sessions/{id}")).await;
    let epoch = if own_epoch { text(&status, "epoch") } else { "another" };
    let mut follower = gateway.client.follow(&format!("{id}?epoch={epoch}&after={after}")).await;
    assert_eq!(follower.next().await["type"], "hello");
    if let Some((from, to)) = gap {
        let gap = json!({"type":"gap", "from":from, "to":to, "reason":"trimmed"});
        assert_eq!(follower.next().await, gap);
    }
    for number in first..=10 {
        assert_eq!(seq(&follower.next().await), number);
    }
    assert_eq!(follower.next().await["type"], "ready");
}

#[tokio::test]
async fn a_follower_resumes_after_the_number_it_has() {
    check_resume("100", true, 7, None, 8).await;
}

#[tokio::test]
async fn a_follower_that_has_everything_gets_nothing_again() {
    check_resume("100", true, 10, None, 11).await;
}

#[tokio::test]
async fn a_follower_of_another_epoch_gets_everything() {
    check_resume("100", false, 7, None, 1).await;
}

#[tokio::test]
async fn a_number_beyond_the_newest_counts_as_another_epoch() {
    check_resume("100", true, 11, None, 1).await;
}

#[tokio::test]
async fn a_gap_stands_in_place_of_what_was_trimmed() {
    check_resume("4", true, 2, Some((3, 6)), 7).await;
}

#[tokio::test]
async fn a_follower_without_a_cursor_is_told_of_the_gap_too() {
    check_resume("4", false, 0, Some((1, 6)), 7).await;
}

#[tokio::test]
async fn a_heartbeat_says_the_last_number_that_was_sent() {
    let gateway = Gateway::start(&["--heartbeat", "0.05"]).await;
    let id = gateway.client.create().await;
    let mut follower = gateway.client.follow(&id).await;
    assert_eq!(follower.until("heartbeat").await["newest"], 0);
    gateway.client.publish_logs(&id, 1, 3).await;
    while seq(&follower.until("log").await) < 3 {}
    assert_eq!(follower.until("heartbeat").await, json!({"type":"heartbeat", "newest":3}));
}

#[tokio::test]
async fn a_ping_is_answered_with_its_own_timestamp() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.client.follow(&gateway.client.create().await).await;
    follower.send_text(r#"{"type":"ping","timestamp":1700000000000}"#).await;
    let pong = follower.until("pong").await["timestamp"].to_string();
    assert_eq!(pong.trim_matches('"'), "1700000000000");
}

#[tokio::test]
async fn what_is_not_a_message_is_refused_and_the_socket_stays() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.client.follow(&gateway.client.create().await).await;
    for (frame, words) in [
        (Message::text("not JSON"), "not JSON"),
        (Message::text(r#"{"type":"dance"}"#), "dance"),
        (Message::binary(vec![0, 159]), "binary"),
    ] {
        follower.send(frame).await;
        let nack = follower.until("nack").await;
        assert!(text(&nack, "reason").contains(words), "{nack}");
    }
    follower.send_text(r#"[{"type":"ping","timestamp":1},{"type":"ping","timestamp":2}]"#).await;
    follower.until("pong").await;
    follower.until("pong").await;
}

#[tokio::test]
async fn a_cancel_is_acknowledged_and_ends_the_session() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.client.follow(&gateway.client.create().await).await;
    follower.until("ready").await;
    for _ in 0..2 {
        follower.send_text(r#"{"type":"cancel","id":"c1"}"#).await;
    }
    let (messages, code) = follower.rest().await;
    let mut kinds = kinds(&messages);
    kinds.sort_unstable();
    assert_eq!((kinds, code), (vec!["ack", "ack", "cancelled"], 1000));
}

#[tokio::test]
async fn a_frame_over_the_limit_closes_with_1009() {
    let gateway = Gateway::start(&[]).await;
    for bytes in [65_537, 1_000_000] {
        let mut follower = gateway.client.follow(&gateway.client.create().await).await;
        follower.until("ready").await;
        follower.send_text(&" ".repeat(bytes)).await;
        assert_eq!(follower.rest().await.1, 1009, "{bytes} bytes");
    }
}

async fn check_refusal(id_and_query: &str, code: u16) {
    let gateway = Gateway::start(&[]).await;
    let (status, _) = gateway.client.post("/api/sessions", r#"{"sessionId":"known"}"#).await;
    assert_eq!(status, 201);
    let mut follower = gateway.client.follow(id_and_query).await;
    assert_eq!(follower.rest().await, (vec![], code), "{id_and_query}");
}

#[tokio::test]
async fn an_unknown_session_closes_with_4404() {
    check_refusal("unknown", 4404).await;
}

#[tokio::test]
async fn a_malformed_id_closes_with_4400() {
    for id in ["", "a%20b", "a/b", "%ff", &"x".repeat(129)] {
        check_refusal(id, 4400).await;
    }
}

#[tokio::test]
async fn a_malformed_query_closes_with_4400() {
    for query in ["epoch=e&after=x", "epoch=e&after=-1", "after=1", "epoch=e"] {
        check_refusal(&format!("known?{query}"), 4400).await;
    }
}

#[tokio::test]
async fn one_socket_too_many_closes_with_4429() {
    let gateway = Gateway::start(&["--max-followers", "1"]).await;
    let id = gateway.client.create().await;
    let mut first = gateway.client.follow(&id).await;
    first.until("ready").await;
    assert_eq!(gateway.client.follow(&id).await.rest().await, (vec![], 4429));
}

#[tokio::test]
async fn the_socket_closes_with_1000_after_the_end_of_the_session() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    let mut follower = gateway.client.follow(&id).await;
    follower.until("ready").await;
    gateway.client.complete(&id).await;
    let (messages, code) = follower.rest().await;
    assert_eq!((kinds(&messages), code), (vec!["complete"], 1000));
}

#[tokio::test]
async fn who_comes_after_the_end_gets_the_replay_and_a_close() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    gateway.client.complete(&id).await;
    let (messages, code) = gateway.client.follow(&id).await.rest().await;
    assert_eq!((kinds(&messages), code), (vec!["hello", "complete", "ready"], 1000));
}

#[tokio::test]
async fn every_follower_sees_every_event_in_order() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    let mut followers = Vec::new();
    for _ in 0..20 {
        followers.push(gateway.client.follow(&id).await);
    }
    gateway.client.publish_logs(&id, 1, 500).await;
    gateway.client.complete(&id).await;
    for follower in &mut followers {
        let events = follower.events().await;
        assert_eq!((seq(&events[0]), events.len()), (1, 501));
    }
}

#[tokio::test]
async fn a_follower_that_reconnects_again_and_again_misses_nothing_and_sees_nothing_twice() {
    let gateway = Gateway::start(&["--history", "100000"]).await;
    let script = "for n in $(seq 1 100); do seq 1 50; sleep 0.01; done";
    let mut follower = gateway.run_script(script).await;
    let hello = follower.next().await;
    let (id, epoch) = (text(&hello, "session"), text(&hello, "epoch"));
    let mut seen = 0;
    loop {
        let message = follower.next().await;
        assert_ne!(message["type"], "gap");
        if message["seq"].is_null() {
            continue;
        }
        assert_eq!(seq(&message), seen + 1);
        seen += 1;
        if message["type"] == "complete" {
            break;
        }
        if seen % 500 == 0 {
            follower = gateway.client.follow(&format!("{id}?epoch={epoch}&after={seen}")).await;
        }
    }
    assert!(seen > 5000);
}

/// Floods a session that two follow, one of whom does not read; that one must be dropped under
/// these limits, and the other get everything.
async fn check_slow(limits: &[&str]) {
    const LINES: usize = 3000;
    let flags = [&["--history", "10000", "--closing", "60"], limits].concat();
    let gateway = Gateway::start(&flags).await;
    let id = gateway.client.create().await;
    let mut slow = gateway.client.follow_with_small_buffer(&id).await;
    slow.until("ready").await;
    let mut reading = gateway.client.follow(&id).await;
    let events = tokio::spawn(async move { reading.events().await.len() });
    let line = json!({"type":"log", "message":"x".repeat(8000)}).to_string() + "\n";
    let (status, report) = gateway.client.publish(&id, &line.repeat(LINES)).await;
    assert_eq!((status, &report["accepted"]), (200, &json!(LINES)));
    // The one thing here that is about time: not to read for longer than the limit.
    sleep(Duration::from_secs(3)).await;
    gateway.client.complete(&id).await;
    assert_eq!(soon(events).await.expect("no panic"), LINES + 1);
    let (messages, code) = slow.rest().await;
    assert_eq!(code, 1013);
    assert!(messages.len() < LINES);
}

#[tokio::test]
async fn a_follower_with_too_much_unsent_is_dropped_and_the_others_are_not_disturbed() {
    check_slow(&["--stall", "1000", "--max-unsent", "1048576"]).await;
}

#[tokio::test]
async fn a_follower_that_is_blocked_too_long_is_dropped_and_the_others_are_not_disturbed() {
    check_slow(&["--stall", "2", "--max-unsent", "1000000000"]).await;
}

#[tokio::test]
async fn a_follower_that_the_history_has_left_behind_gets_a_gap_and_goes_on() {
    let flags = ["--history", "10", "--max-unsent", "1000000000"];
    let gateway = Gateway::start(&flags).await;
    let id = gateway.client.create().await;
    let mut slow = gateway.client.follow_with_small_buffer(&id).await;
    slow.until("ready").await;
    let line = json!({"type":"log", "message":"x".repeat(8000)}).to_string() + "\n";
    gateway.client.publish(&id, &line.repeat(3000)).await;
    gateway.client.complete(&id).await;
    let (messages, code) = slow.rest().await;
    assert_eq!(code, 1000);
    let mut expected = 1;
    for message in &messages {
        if message["type"] == "gap" {
            assert_eq!(message["from"], expected);
            expected = message["to"].as_u64().expect("a number") + 1;
        } else {
            assert_eq!(seq(message), expected);
            expected += 1;
        }
    }
    assert_eq!(expected, 3002);
    assert!(kinds(&messages).contains(&"gap"));
}
