//! Messages of people: stored once, and handed to the agents.

use serde_json::{Value, json};

use crate::support::{Follower, Gateway, gone, kinds, printed_group, text};

/// Follows a session from its beginning, whose id it returns too.
async fn create_and_follow(gateway: &Gateway) -> (String, Follower) {
    let id = gateway.client.create().await;
    let follower = gateway.client.follow(&id).await;
    (id, follower)
}

fn message(id: &str, content: &str) -> Value {
    json!({"type":"message", "id":id, "content":content, "sent_at":1_700_000_000_000_u64})
}

async fn send(follower: &mut Follower, id: &str, content: &str) {
    follower.send_text(&message(id, content).to_string()).await;
}

/// Sends a message, which must be acknowledged; returns what came before that.
async fn send_acked(follower: &mut Follower, id: &str, content: &str) -> Vec<Value> {
    send(follower, id, content).await;
    let mut before = Vec::new();
    loop {
        let answer = follower.next().await;
        if answer == json!({"type":"ack", "id":id}) {
            return before;
        }
        assert_ne!(answer["type"], "nack", "{answer}");
        before.push(answer);
    }
}

/// Sends a message, which must be refused with these words.
async fn send_nacked(follower: &mut Follower, id: &str, words: &str) {
    send(follower, id, "hello").await;
    let nack = follower.until("nack").await;
    assert_eq!(nack["id"], id);
    assert!(text(&nack, "reason").contains(words), "{nack}");
}

/// The ids of the events of type `message`.
fn message_ids(events: &[Value]) -> Vec<&str> {
    let messages = events.iter().filter(|event| event["type"] == "message");
    messages.map(|event| text(event, "id")).collect()
}

/// What the events of type `log` say.
fn logs(events: &[Value]) -> Vec<&str> {
    let logs = events.iter().filter(|event| event["type"] == "log");
    logs.map(|event| text(event, "message")).collect()
}

/// A script that logs this many lines of its standard input.
fn echo(count: u32) -> String {
    let echo = r#"printf 'got %s\n' "$line""#;
    format!("for n in $(seq {count}); do read -r line || exit; {echo}; done")
}

/// The message in a line that such a script logged.
fn echoed(line: &str) -> Value {
    let json = line.strip_prefix("got ").expect("what the script says");
    serde_json::from_str(json).expect("JSON")
}

/// Two phases: one that takes no messages and lasts until [`go_on`], and one that reads a message.
const LATE_READER: &str = "
    [[phase]]
    id = 'deaf'
    stdin = 'none'
    command = ['sh', '-c', 'echo up; until test -e go; do sleep 0.01; done']
    [[phase]]
    id = 'reader'
    command = ['sh', '-c', 'read -r line; echo \"got $line\"']";

/// Lets the first phase of [`LATE_READER`] end.
fn go_on(gateway: &Gateway) {
    std::fs::write(gateway.folder.path().join("go"), "").expect("a file in a temporary folder");
}

#[tokio::test]
async fn a_message_is_stored_once_for_ten_arrivals_over_two_sockets() {
    let gateway = Gateway::start(&[]).await;
    let (id, mut first) = create_and_follow(&gateway).await;
    let mut second = gateway.client.follow(&id).await;
    for _ in 0..5 {
        send(&mut first, "m1", "hello").await;
        send(&mut second, "m1", "hello").await;
    }
    for follower in [&mut first, &mut second] {
        for _ in 0..5 {
            // The first acknowledgement may come before the event or after it.
            while follower.next().await != json!({"type":"ack", "id":"m1"}) {}
        }
    }
    gateway.client.complete(&id).await;
    let mut third = gateway.client.follow(&id).await;
    let mut event = third.until("message").await;
    let fields = event.as_object_mut().expect("an object");
    assert!(fields.remove("timestamp").is_some_and(|timestamp| timestamp.is_string()));
    assert!(fields.remove("epoch").is_some_and(|epoch| epoch.is_string()));
    let expected = json!({"type":"message", "id":"m1", "content":"hello", "seq":1, "session":id,
                          "sent_at":1_700_000_000_000_u64});
    assert_eq!(event, expected);
    assert_eq!(kinds(&third.events().await), ["complete"]);
    let (_, history) = gateway.client.get(&format!("/api/strategy/events/{id}")).await;
    assert_eq!(history["total"], 2);
}

#[tokio::test]
async fn every_follower_sees_a_message() {
    let gateway = Gateway::start(&[]).await;
    let (id, mut sender) = create_and_follow(&gateway).await;
    let mut others = [gateway.client.follow(&id).await, gateway.client.follow(&id).await];
    send(&mut sender, "m1", "hello").await;
    for follower in others.iter_mut().chain([&mut sender]) {
        assert_eq!(follower.until("message").await["content"], "hello");
    }
}

#[tokio::test]
async fn an_id_is_known_after_a_resume() {
    let gateway = Gateway::start(&[]).await;
    let (id, mut follower) = create_and_follow(&gateway).await;
    let epoch = text(&follower.next().await, "epoch").to_owned();
    send(&mut follower, "m1", "hello").await;
    follower.until("message").await;
    drop(follower);
    let mut follower = gateway.client.follow(&format!("{id}?epoch={epoch}&after=1")).await;
    let mut seen = send_acked(&mut follower, "m1", "hello").await;
    gateway.client.complete(&id).await;
    seen.extend(follower.rest().await.0);
    assert_eq!(kinds(&seen), ["hello", "ready", "complete"]);
}

#[tokio::test]
async fn of_two_contents_of_an_id_the_first_stays() {
    let gateway = Gateway::start(&[]).await;
    let (id, mut follower) = create_and_follow(&gateway).await;
    send_acked(&mut follower, "m1", "first").await;
    send_acked(&mut follower, "m1", "second").await;
    gateway.client.complete(&id).await;
    let events = gateway.client.follow(&id).await.events().await;
    assert_eq!(kinds(&events), ["message", "complete"]);
    assert_eq!(events[0]["content"], "first");
}

#[tokio::test]
async fn remembered_ids_are_bounded_and_none_is_forgotten() {
    let gateway = Gateway::start(&["--max-message-ids", "3", "--history", "1"]).await;
    let (id, mut follower) = create_and_follow(&gateway).await;
    for message in ["m1", "m2", "m3"] {
        send_acked(&mut follower, message, "hello").await;
    }
    send_nacked(&mut follower, "m4", "--max-message-ids").await;
    for message in ["m1", "m2", "m3"] {
        send_acked(&mut follower, message, "hello").await;
    }
    send_nacked(&mut follower, "m4", "--max-message-ids").await;
    gateway.client.publish_logs(&id, 1, 1).await;
    let (_, status) = gateway.client.get(&format!("/api/sessions/{id}")).await;
    assert_eq!(status["newest"], 4);
}

#[tokio::test]
async fn a_message_after_the_end_is_refused_unless_it_is_stored() {
    let gateway = Gateway::start(&["--linger", "60"]).await;
    let (id, mut follower) = create_and_follow(&gateway).await;
    send_acked(&mut follower, "m1", "hello").await;
    gateway.client.complete(&id).await;
    send_nacked(&mut follower, "m2", "ended").await;
    send_acked(&mut follower, "m1", "hello").await;
    let (_, status) = gateway.client.get(&format!("/api/sessions/{id}")).await;
    assert_eq!(status["newest"], 2);
}

#[tokio::test]
async fn what_is_refused_leaves_the_socket_open() {
    let gateway = Gateway::start(&[]).await;
    let (_, mut follower) = create_and_follow(&gateway).await;
    for id in ["", "a b", "ä", &"x".repeat(129)] {
        send_nacked(&mut follower, id, "an id has 1 to 128").await;
    }
    for (missing, words) in [
        (json!({"type":"message", "content":"hello", "sent_at":1}), "id"),
        (json!({"type":"message", "id":"m1", "sent_at":1}), "content"),
        (json!({"type":"message", "id":"m1", "content":"hello"}), "sent_at"),
        (json!({"type":"message", "id":"m1", "content":{}, "sent_at":1}), "map"),
    ] {
        follower.send_text(&missing.to_string()).await;
        let nack = follower.until("nack").await;
        assert!(text(&nack, "reason").contains(words), "{nack}");
    }
    send_acked(&mut follower, "m1", "hello").await;
}

#[tokio::test]
async fn a_cancel_is_granted_once_for_ten_arrivals_over_two_sockets() {
    let gateway = Gateway::start(&["--linger", "60"]).await;
    let mut first = gateway.run_script("echo up; exec sleep 1000").await;
    let id = text(&first.next().await, "session").to_owned();
    first.until("log").await;
    let mut second = gateway.client.follow(&id).await;
    for _ in 0..5 {
        first.send_text(r#"{"type":"cancel","id":"c1"}"#).await;
        second.send_text(r#"{"type":"cancel","id":"c1"}"#).await;
    }
    for follower in [&mut first, &mut second] {
        for _ in 0..5 {
            while follower.next().await != json!({"type":"ack", "id":"c1"}) {}
        }
    }
    // It may have ended by now, or be about to.
    let mut third = gateway.client.follow(&id).await;
    third.until("cancelled").await;
    third.send_text(r#"{"type":"cancel","id":"c1"}"#).await;
    assert_eq!(third.until("ack").await["id"], "c1");
    third.send_text(r#"{"type":"cancel","id":"c2"}"#).await;
    assert_eq!(third.until("nack").await["id"], "c2");
    let (_, status) = gateway.client.get(&format!("/api/sessions/{id}")).await;
    assert_eq!((&status["state"], &status["newest"]), (&json!("cancelled"), &json!(4)));
}

#[tokio::test]
async fn a_running_agent_reads_a_message_as_a_line_of_json() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.run_script(&format!("echo up; {}", echo(2))).await;
    follower.until("log").await;
    let content = "two\nlines, \"quotes\" and an ä";
    for id in ["m1", "m2"] {
        send(&mut follower, id, content).await;
        let log = follower.until("log").await;
        assert_eq!(echoed(text(&log, "message")), message(id, content));
    }
    assert_eq!(kinds(&follower.events().await), ["agent_complete", "complete"]);
}

#[tokio::test]
async fn an_agent_reads_a_message_once_however_often_it_comes() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.run_script(&format!("echo up; {}", echo(2))).await;
    follower.until("log").await;
    for id in ["m1", "m1", "m1", "m2"] {
        send(&mut follower, id, "hello").await;
    }
    assert!(text(&follower.until("log").await, "message").contains("\"m1\""));
    assert!(text(&follower.until("log").await, "message").contains("\"m2\""));
}

#[tokio::test]
async fn messages_before_the_first_agent_reach_it_in_order() {
    let gateway = Gateway::start(&[]).await;
    let script = json!(echo(2));
    let workflow = format!("[[phase]]\nid = 'a'\ncommand = ['sh', '-c', {script}]");
    gateway.write_workflow("test", &workflow);
    let (id, mut follower) = create_and_follow(&gateway).await;
    send_acked(&mut follower, "m1", "hello").await;
    send_acked(&mut follower, "m2", "hello").await;
    let (_, status) = gateway.client.get(&format!("/api/sessions/{id}")).await;
    assert_eq!(status["state"], "created");
    gateway.client.start(&id, "test").await;
    let events = gateway.client.follow(&id).await.events().await;
    let lines: Vec<Value> = logs(&events).into_iter().map(echoed).collect();
    assert_eq!(lines, [message("m1", "hello"), message("m2", "hello")]);
}

#[tokio::test]
async fn messages_between_agents_reach_the_next_one_and_no_other() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.run(&format!("iterations = 2\n{LATE_READER}")).await;
    follower.until("log").await;
    send_acked(&mut follower, "m1", "hello").await;
    go_on(&gateway);
    let got = follower.until("log").await;
    assert_eq!((text(&got, "phase"), &got["iteration"]), ("reader", &json!(1)));
    assert!(text(&got, "message").contains("\"m1\""), "{got}");
    // The reader of the second iteration has to wait for another one.
    follower.until("log").await;
    while text(&follower.until("agent_start").await, "phase") != "reader" {}
    send(&mut follower, "m2", "hello").await;
    let got = follower.until("log").await;
    assert!(text(&got, "message").contains("\"m2\""), "{got}");
    assert_eq!(kinds(&follower.events().await), ["agent_complete", "complete"]);
}

#[tokio::test]
async fn an_agent_that_closes_its_input_goes_on_and_the_next_one_gets_the_message() {
    let gateway = Gateway::start(&[]).await;
    let workflow =
        LATE_READER.replace("stdin = 'none'", "").replace("echo up", "exec 0<&-; echo up");
    let mut follower = gateway.run(&workflow).await;
    follower.until("log").await;
    send_acked(&mut follower, "m1", "hello").await;
    go_on(&gateway);
    let events = follower.events().await;
    assert_eq!(logs(&events).len(), 1, "{events:?}");
    assert!(logs(&events)[0].contains("\"m1\""), "{events:?}");
    assert_eq!(kinds(&events).last(), Some(&"complete"));
}

#[tokio::test]
async fn what_no_agent_took_is_named_before_the_end() {
    let gateway = Gateway::start(&[]).await;
    let (deaf, _) = LATE_READER.rsplit_once("[[phase]]").expect("two phases");
    let mut follower = gateway.run(deaf).await;
    follower.until("log").await;
    send_acked(&mut follower, "m1", "hello").await;
    go_on(&gateway);
    let warning = follower.until("log").await;
    assert_eq!(warning["level"], "warning");
    assert!(text(&warning, "message").contains("m1"), "{warning}");
    assert_eq!(kinds(&follower.events().await), ["complete"]);
}

#[tokio::test]
async fn an_agent_that_never_reads_holds_nothing_up() {
    const COUNT: u32 = 20;
    let gateway = Gateway::start(&["--max-unread", "3"]).await;
    let mut follower = gateway.run_script("sleep 1000 & echo $$; wait").await;
    let id = text(&follower.next().await, "session").to_owned();
    let group = printed_group(&follower.until("log").await);
    // More than a pipe holds.
    let content = "x".repeat(60_000);
    let mut seen = Vec::new();
    for number in 0..COUNT {
        seen.extend(send_acked(&mut follower, &format!("m{number}"), &content).await);
    }
    let mut other = gateway.client.follow(&id).await;
    other.until("ready").await;
    follower.send_text(r#"{"type":"cancel","id":"c1"}"#).await;
    seen.extend(follower.rest().await.0);
    let events: Vec<Value> = seen.into_iter().filter(|event| event["seq"].is_u64()).collect();
    let stored: Vec<String> = (0..COUNT).map(|number| format!("m{number}")).collect();
    assert_eq!(message_ids(&events), stored);
    let warnings: Vec<_> = events.iter().filter(|event| event["level"] == "warning").collect();
    // Each that did not fit into pipe and queue, and those that were in the queue at the end.
    assert!(warnings.len() >= 15, "{}", warnings.len());
    for warning in &warnings {
        assert_eq!(warning["type"], "log");
        let words = text(warning, "message");
        let names = |id: &String| words.contains(&format!("Message {id} "));
        assert!(stored.iter().any(names), "{warning}");
    }
    assert_eq!(text(warnings[0], "agent"), "worker");
    assert!(text(warnings[warnings.len() - 1], "message").contains("no agent"));
    assert_eq!(kinds(&events).last(), Some(&"cancelled"));
    gone(group).await;
}

#[tokio::test]
async fn the_input_of_an_agent_ends_when_it_is_to_stop() {
    let gateway = Gateway::start(&["--grace", "60"]).await;
    let script = "trap 'cat; echo end of input; exit' TERM
                  echo up; while :; do sleep 0.01; done";
    let mut follower = gateway.run_script(script).await;
    follower.until("log").await;
    follower.send_text(r#"{"type":"cancel","id":"c1"}"#).await;
    let events = follower.events().await;
    assert!(logs(&events).contains(&"end of input"), "{events:?}");
}

#[tokio::test]
async fn an_agent_that_copies_its_input_does_not_store_a_message_twice() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.run_script("echo up; head -n 1").await;
    follower.until("log").await;
    send(&mut follower, "m1", "hello").await;
    let mut events = vec![follower.until("message").await];
    events.extend(follower.events().await);
    assert_eq!(kinds(&events), ["message", "log", "agent_complete", "complete"]);
    assert_eq!(events[1]["payload"], message("m1", "hello"));
}
