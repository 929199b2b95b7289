//! Running workflows.

use serde_json::{Value, json};

use crate::support::{Gateway, gone, kinds, printed_group, text};

/// The first event of this type.
fn find<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    events.iter().find(|event| event["type"] == kind).expect("an event of the type")
}

#[tokio::test]
async fn a_run_is_a_plan_its_phases_and_an_end() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway
        .run(
            "label = 'Two steps'
            [[phase]]
            id = 'one'
            label = 'First'
            agent = 'alice'
            command = ['echo', 'hello']
            [[phase]]
            id = 'two'
            command = ['sh', '-c', 'echo oops >&2']",
        )
        .await;
    let events = follower.events().await;
    let phase = ["agent_start", "log", "agent_complete"];
    assert_eq!(kinds(&events), [&["plan"][..], &phase, &phase, &["complete"]].concat());
    assert_eq!(
        events[0]["phases"],
        json!([{"id":"one", "label":"First", "agent":"alice"},
               {"id":"two", "label":"two", "agent":"two"}])
    );
    for event in &events[1..4] {
        assert_eq!((text(event, "phase"), text(event, "agent")), ("one", "alice"));
    }
    assert_eq!((text(&events[2], "message"), text(&events[2], "stream")), ("hello", "stdout"));
    assert_eq!((text(&events[5], "message"), text(&events[5], "stream")), ("oops", "stderr"));
    assert_eq!(events[3]["payload"]["exit_code"], 0);
    assert_eq!(events[3]["payload"]["signal"], Value::Null);
    assert!(events[3]["payload"]["duration_ms"].is_u64());
    assert!(events.iter().all(|event| event["iteration"].is_null()));
}

#[tokio::test]
async fn several_iterations_are_announced_and_a_phase_may_skip_some() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway
        .run(
            "iterations = 2
            [[phase]]
            id = 'all'
            command = ['true']
            [[phase]]
            id = 'first'
            command = ['true']
            iterations = 'first'
            [[phase]]
            id = 'last'
            command = ['true']
            iterations = 'last'",
        )
        .await;
    let events = follower.events().await;
    let told = events.iter().filter_map(|event| match text(event, "type") {
        "iteration_start" => Some(format!("{} of {}", event["iteration"], event["max_iterations"])),
        "agent_start" => Some(format!("{} {}", text(event, "phase"), event["iteration"])),
        _ => None,
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        ["1 of 2", "all 1", "first 1", "2 of 2", "all 2", "last 2"]
    );
}

#[tokio::test]
async fn lines_that_are_events_become_events() {
    let gateway = Gateway::start(&[]).await;
    let script = r#"echo '{"type":"agent_progress","progress":0.5,"seq":99,"more":[1]}'
                    echo '{"type":"complete"}'"#;
    let events = gateway.run_script(script).await.events().await;
    let progress = find(&events, "agent_progress");
    assert_eq!((&progress["progress"], &progress["more"]), (&json!(0.5), &json!([1])));
    assert_eq!((text(progress, "phase"), text(progress, "agent")), ("work", "worker"));
    assert_eq!(find(&events, "log")["payload"], json!({"type":"complete"}));
    assert_eq!(kinds(&events).iter().filter(|kind| **kind == "complete").count(), 1);
}

#[tokio::test]
async fn a_long_line_is_cut() {
    let gateway = Gateway::start(&[]).await;
    let script = "head -c 20000 /dev/zero | tr '\\0' x; echo; echo next";
    let events = gateway.run_script(script).await.events().await;
    let log = find(&events, "log");
    assert_eq!(text(log, "message").len(), 8192);
    assert_eq!((&log["truncated"], &log["payload"]), (&json!(true), &json!({"bytes":20000})));
    assert!(events.iter().any(|event| event["message"] == "next"));
}

#[tokio::test]
async fn the_last_result_line_is_the_result() {
    let gateway = Gateway::start(&[]).await;
    let script = r#"echo '{"type":"result","n":1}'; echo '{"type":"result","n":2}'"#;
    let mut follower = gateway.run_script(script).await;
    let id = text(&follower.next().await, "session").to_owned();
    let events = follower.events().await;
    assert_eq!(kinds(&events).iter().filter(|kind| **kind == "result").count(), 2);
    let (status, result) = gateway.client.get(&format!("/api/strategy/result/{id}")).await;
    assert_eq!((status, result), (200, json!({"type":"result", "n":2})));
}

/// Runs a phase with these keys, which must fail and say so in these words.
async fn check_failure(flags: &[&str], keys: &str, words: &str) {
    let gateway = Gateway::start(flags).await;
    let label = "label = 'Work hard'\n".to_owned();
    let mut follower = gateway.run_phase(&(label + keys)).await;
    let events = follower.events().await;
    assert_eq!(kinds(&events).last(), Some(&"error"), "{events:?}");
    let error = find(&events, "error");
    assert_eq!((text(error, "phase"), text(error, "agent")), ("work", "worker"));
    for event in [find(&events, "agent_error"), error] {
        assert!(text(event, "message").contains(words), "{event}");
    }
    assert!(text(error, "message").starts_with("Work hard failed: "), "{error}");
}

#[tokio::test]
async fn a_run_fails_with_its_exit_status() {
    check_failure(&[], "command = ['sh', '-c', 'exit 7']", "exit status 7").await;
}

#[tokio::test]
async fn a_run_fails_with_the_signal_that_ended_it() {
    check_failure(&[], "command = ['sh', '-c', 'kill -SEGV $$']", "SIGSEGV").await;
}

#[tokio::test]
async fn a_command_that_does_not_exist_is_named() {
    check_failure(&[], "command = ['no-such-program']", "command not found: no-such-program").await;
}

#[tokio::test]
async fn a_file_that_cannot_be_executed_is_named() {
    check_failure(&[], "command = ['./test.toml']", "not executable: ./test.toml").await;
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_named() {
    check_failure(&[], "command = ['true']\ncwd = 'nowhere'", "folder not found").await;
}

#[tokio::test]
async fn an_agent_that_takes_too_long_is_stopped() {
    let keys = "command = ['sleep', '1000']\ntimeout_s = 0.1";
    check_failure(&[], keys, "not done after 0.1 s").await;
}

#[tokio::test]
async fn an_agent_that_is_silent_is_stopped() {
    let keys = "command = ['sleep', '1000']";
    check_failure(&["--silence", "0.1"], keys, "0.1 s without output").await;
}

#[tokio::test]
async fn a_phase_may_have_a_limit_of_silence_of_its_own() {
    let keys = "command = ['sleep', '1000']\nsilence_s = 0.2";
    check_failure(&[], keys, "0.2 s without output").await;
}

#[tokio::test]
async fn what_comes_after_a_failure_is_not_run() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway
        .run("[[phase]]\nid='a'\ncommand=['false']\n[[phase]]\nid='b'\ncommand=['true']")
        .await;
    let expected = ["plan", "agent_start", "agent_error", "error"];
    assert_eq!(kinds(&follower.events().await), expected);
}

#[tokio::test]
async fn a_phase_is_tried_again_as_often_as_it_may() {
    let gateway = Gateway::start(&[]).await;
    let script = "echo >> tries; test $(wc -l < tries) -eq 3";
    let keys = format!("retries = 5\ncommand = ['sh', '-c', '{script}']");
    let events = gateway.run_phase(&keys).await.events().await;
    let failure = ["agent_start", "agent_error", "log"];
    let success = ["agent_start", "agent_complete", "complete"];
    assert_eq!(kinds(&events), [&["plan"][..], &failure, &failure, &success].concat());
}

#[tokio::test]
async fn a_phase_that_fails_every_time_fails_the_run() {
    let gateway = Gateway::start(&[]).await;
    let events = gateway.run_phase("retries = 1\ncommand = ['false']").await.events().await;
    let failure = ["agent_start", "agent_error"];
    assert_eq!(kinds(&events), [&["plan"][..], &failure, &["log"], &failure, &["error"]].concat());
}

#[tokio::test]
async fn an_agent_gets_its_variables_and_runs_beside_its_workflow() {
    let gateway = Gateway::start(&[]).await;
    let keys = "command = ['sh', '-c', 'echo $COLOUR; pwd']\nenv = { COLOUR = 'blue' }";
    let events = gateway.run_phase(keys).await.events().await;
    assert_eq!(text(&events[2], "message"), "blue");
    let folder = gateway.folder.path().canonicalize().expect("the folder");
    assert_eq!(text(&events[3], "message"), folder.to_str().expect("a plain path"));
}

#[tokio::test]
async fn an_agent_may_have_nothing_to_read() {
    let gateway = Gateway::start(&[]).await;
    let keys = "stdin = 'none'\ncommand = ['sh', '-c', 'cat; echo end']";
    let events = gateway.run_phase(keys).await.events().await;
    assert_eq!(text(find(&events, "log"), "message"), "end");
}

#[tokio::test]
async fn cancelling_ends_the_whole_group() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.run_script("sleep 1000 & echo $$; wait").await;
    let id = text(&follower.next().await, "session").to_owned();
    let group = printed_group(&follower.until("log").await);
    let (status, _) = gateway.client.post(&format!("/api/sessions/{id}/cancel"), "").await;
    assert_eq!(status, 200);
    let events = follower.events().await;
    assert_eq!(kinds(&events), ["cancelled"]);
    assert_eq!(text(&events[0], "phase"), "work");
    gone(group).await;
}

#[tokio::test]
async fn a_group_that_ignores_the_request_to_stop_is_killed() {
    let gateway = Gateway::start(&["--grace", "0.1"]).await;
    let script = "trap '' TERM; sh -c 'while :; do sleep 1; done' & echo $$; wait; sleep 1000";
    let mut follower = gateway.run_script(script).await;
    let group = printed_group(&follower.until("log").await);
    follower.send_text(r#"{"type":"cancel","id":"c"}"#).await;
    follower.until("cancelled").await;
    gone(group).await;
}

#[tokio::test]
async fn what_an_agent_says_while_it_stops_is_heard() {
    let gateway = Gateway::start(&[]).await;
    let script = "trap 'echo goodbye; exit' TERM; echo hello; while :; do sleep 0.01; done";
    let mut follower = gateway.run_script(script).await;
    follower.until("log").await;
    follower.send_text(r#"{"type":"cancel","id":"c"}"#).await;
    let events = follower.events().await;
    assert!(events.iter().any(|event| event["message"] == "goodbye"), "{events:?}");
    assert_eq!(kinds(&events).last(), Some(&"cancelled"));
}

#[tokio::test]
async fn a_leader_that_exits_ends_its_phase_and_its_group() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.run_script("sleep 1000 & echo $$").await;
    let group = printed_group(&follower.until("log").await);
    assert_eq!(kinds(&follower.events().await), ["agent_complete", "complete"]);
    gone(group).await;
}

#[tokio::test]
async fn a_process_that_left_the_group_does_not_hold_up_the_phase() {
    let gateway = Gateway::start(&["--drain", "0.1"]).await;
    let mut follower = gateway.run_script("setsid sleep 5 & sleep 0.2; echo end").await;
    assert_eq!(kinds(&follower.events().await).last(), Some(&"complete"));
}

#[tokio::test]
async fn all_that_a_leader_wrote_before_it_exited_is_heard() {
    let gateway = Gateway::start(&["--history", "10000"]).await;
    let events = gateway.run_script("seq 1 5000; exit 1").await.events().await;
    let last = events.iter().rfind(|event| event["type"] == "log").expect("logs");
    assert_eq!(text(last, "message"), "5000");
}

#[tokio::test]
async fn a_flood_reaches_a_reading_follower_whole() {
    const LINES: usize = 50_000;
    let gateway = Gateway::start(&["--history", "100000"]).await;
    let events = gateway.run_script(&format!("seq 1 {LINES}")).await.events().await;
    let logs: Vec<_> = events.iter().filter(|event| event["type"] == "log").collect();
    assert_eq!(logs.len(), LINES);
    assert!(logs.iter().zip(1..).all(|(log, n): (_, u64)| text(log, "message") == n.to_string()));
}

#[tokio::test]
async fn stopping_the_gateway_cancels_runs_and_says_goodbye() {
    let gateway = Gateway::start(&[]).await;
    let mut follower = gateway.run_script("sleep 1000 & echo $$; wait").await;
    let group = printed_group(&follower.until("log").await);
    let ((), (events, code)) = tokio::join!(gateway.stop(), follower.events_and_code());
    assert_eq!((kinds(&events), code), (vec!["cancelled"], 1001));
    gone(group).await;
}
