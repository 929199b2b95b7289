//! What servers that speak AG-UI 1.0 say, and what a session makes of it.

mod scene;

use agent_activity::{
    activity::{Lines, Row, RowEntry},
    connection::{Outcome, Resume, State},
    dialect::{DialectKind, Level, ag_ui},
    session::Input,
};
use scene::{Scene, endpoint, s};

const STARTED: &str =
    r#"{"type":"RUN_STARTED","threadId":"t","runId":"r","timestamp":1700000000000}"#;

/// Connected to a server whose run has started.
fn started() -> Scene {
    Scene::heard(DialectKind::Auto, &[STARTED])
}

/// What these events lead to, after the start.
fn hearing(events: &[&str]) -> Scene {
    let mut scene = started();
    scene.hears_all(events);
    scene
}

fn entry(scene: &Scene, row: usize) -> RowEntry<'_> {
    match scene.session.activity().log.row(row) {
        Some(Row::Entry(entry)) => entry,
        row => panic!("no entry: {row:?}"),
    }
}

fn labels(scene: &Scene) -> Vec<String> {
    scene.session.activity().phases.list().iter().map(|phase| phase.label.clone()).collect()
}

/// Acceptance checks 16 and 20.
#[test]
fn a_recorded_run_is_followed_as_it_went() {
    let events = [
        r#"{"type":"STEP_STARTED","stepName":"plan","timestamp":1700000001000}"#,
        r#"{"type":"TEXT_MESSAGE_START","messageId":"m1","role":"assistant"}"#,
        r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m1","delta":"Let me "}"#,
        r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m1","delta":""}"#,
        r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m1","delta":"look."}"#,
        r#"{"type":"TEXT_MESSAGE_END","messageId":"m1"}"#,
        r#"{"type":"TOOL_CALL_START","toolCallId":"c1","toolCallName":"search","parentMessageId":"m1"}"#,
        r#"{"type":"TOOL_CALL_ARGS","toolCallId":"c1","delta":"{\"q\":"}"#,
        r#"{"type":"TOOL_CALL_ARGS","toolCallId":"c1","delta":"\"rust\"}"}"#,
        r#"{"type":"TOOL_CALL_END","toolCallId":"c1"}"#,
        r#"{"type":"TOOL_CALL_RESULT","messageId":"m2","toolCallId":"c1","content":[{"type":"text","text":"3 pages"},{"type":"image","url":"http://x/"}]}"#,
        r#"{"type":"SUBAGENT_STARTED","subagentRunId":"a","name":"writer","description":"writes"}"#,
        r#"{"type":"SUBAGENT_STARTED","subagentRunId":"b","name":"reviewer","parentSubagentRunId":"a"}"#,
        r#"{"type":"STEP_STARTED","stepName":"plan","subagentRunId":"b"}"#,
        r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m3","role":"assistant","delta":"I re","subagentRunId":"b"}"#,
        r#"{"type":"TEXT_MESSAGE_CHUNK","delta":"view","subagentRunId":"b"}"#,
        r#"{"type":"STEP_FINISHED","stepName":"plan","subagentRunId":"b"}"#,
        r#"{"type":"SUBAGENT_FINISHED","subagentRunId":"b"}"#,
        r#"{"type":"SUBAGENT_FINISHED","subagentRunId":"a"}"#,
    ];
    let mut scene = hearing(&events);
    assert_eq!((scene.run(), scene.state()), ("running", "connected"), "20");
    scene.hears_all(&[
        r#"{"type":"STEP_FINISHED","stepName":"plan"}"#,
        r#"{"type":"STEP_STARTED","stepName":"plan"}"#,
        r#"{"type":"STEP_STARTED","stepName":"within"}"#,
        r#"{"type":"STEP_FINISHED","stepName":"within"}"#,
    ]);
    let asks = r#"{"type":"RUN_FINISHED","threadId":"t","runId":"r","outcome":{"type":"interrupt","interrupts":[{"id":"i","reason":"approval","message":"May I deploy?"}]}}"#;
    scene.hears(asks);
    assert_eq!(
        scene.rows(),
        [
            "RUN_STARTED|Run started|",
            "STEP_STARTED|Step started|plan",
            "TEXT_MESSAGE||Let me look.",
            r#"TOOL_CALL|Calling search|{"q":"rust"}"#,
            "TOOL_CALL_RESULT|search answered|3 pages [image]",
            "SUBAGENT_STARTED|Started|writes",
            "SUBAGENT_STARTED|Started|",
            "STEP_STARTED|Step started|plan",
            "TEXT_MESSAGE||I review",
            "STEP_FINISHED|Step finished|plan",
            "SUBAGENT_FINISHED|Finished|",
            "SUBAGENT_FINISHED|Finished|",
            "STEP_FINISHED|Step finished|plan",
            "STEP_STARTED|Step started|plan",
            "STEP_STARTED|Step started|within",
            "STEP_FINISHED|Step finished|within",
            "RUN_FINISHED|Waiting for input|May I deploy?",
        ]
    );
    assert_eq!(scene.phases(), "/plan=waiting/2 a=done/1 b=done/1 b/plan=done/1 /within=done/1");
    assert_eq!(
        labels(&scene),
        ["plan", "writer", "writer › reviewer", "writer › reviewer › plan", "within"],
        "nested in words"
    );
    let review = entry(&scene, 8);
    assert_eq!((review.agent, review.phase), ("writer › reviewer", "b/plan"));
    assert_eq!(entry(&scene, 2).agent, "");

    let run = &scene.session.activity().run;
    assert_eq!((scene.run(), run.message.as_deref()), ("waiting", Some("May I deploy?")));
    scene.pass(s(24 * 3_600));
    assert_eq!((scene.state(), scene.opened.len()), ("connected", 1), "it waits for somebody");
    assert!(scene.sent().is_empty() && scene.asked().is_none());

    scene.hears(r#"{"type":"RUN_STARTED","threadId":"t","runId":"r2"}"#);
    assert_eq!((scene.run(), scene.session.activity().run.message.as_deref()), ("running", None));
    assert!(scene.phases().starts_with("/plan=active/2 "), "{}", scene.phases());
    scene.hears(r#"{"type":"STEP_FINISHED","stepName":"plan"}"#);
    assert_eq!(scene.phases(), "/plan=done/2 a=done/1 b=done/1 b/plan=done/1 /within=done/1");
}

/// Acceptance check 17.
#[test]
fn of_a_run_that_fails_the_innermost_step_failed() {
    let mut scene = hearing(&[
        r#"{"type":"STEP_STARTED","stepName":"outer"}"#,
        r#"{"type":"STEP_STARTED","stepName":"inner"}"#,
        r#"{"type":"RUN_ERROR","message":"No more quota","code":"rate_limited"}"#,
    ]);
    assert_eq!(scene.phases(), "/outer=cancelled/1 /inner=error/1");
    let run = &scene.session.activity().run;
    assert_eq!(run.message.as_deref(), Some("rate_limited: No more quota"));
    assert_eq!(scene.run(), "error");
    let last = entry(&scene, 3);
    assert_eq!((last.action, last.level), ("Failed", Level::Error));
    scene.pass(s(2));
    assert_eq!(*scene.session.state(), State::Ended(Outcome::Error));
}

#[test]
fn a_step_that_is_done_is_not_the_one_that_failed() {
    let scene = hearing(&[
        r#"{"type":"STEP_STARTED","stepName":"outer"}"#,
        r#"{"type":"STEP_STARTED","stepName":"inner"}"#,
        r#"{"type":"STEP_FINISHED","stepName":"inner"}"#,
        r#"{"type":"RUN_ERROR","message":"no"}"#,
    ]);
    assert_eq!(scene.phases(), "/outer=error/1 /inner=done/1");
}

#[test]
fn a_run_is_over_when_it_was_finished_and_a_run_within_it_is_not_it() {
    for (event, run) in [
        (r#"{"type":"RUN_FINISHED","threadId":"t","runId":"r"}"#, "complete"),
        (r#"{"type":"RUN_FINISHED","runId":"r","outcome":{"type":"success"}}"#, "complete"),
        (r#"{"type":"RUN_FINISHED","runId":"r","outcome":"cancelled"}"#, "cancelled"),
        (r#"{"type":"RUN_FINISHED","runId":"other"}"#, "running"),
        (
            r#"{"type":"RUN_FINISHED","runId":"r","outcome":{"type":"success","pendingToolCallIds":["c"]}}"#,
            "waiting",
        ),
    ] {
        assert_eq!(hearing(&[event]).run(), run, "{event}");
    }
    let mut scene = hearing(&[
        r#"{"type":"RUN_FINISHED","runId":"r","usage":[{"inputTokens":10,"outputTokens":2},{"inputTokens":5}]}"#,
    ]);
    assert_eq!(scene.entries()[1], "RUN_FINISHED|Finished|15 tokens in, 2 out");
    scene.pass(s(2));
    assert_eq!(*scene.session.state(), State::Ended(Outcome::Complete));
}

#[test]
fn a_sub_agent_that_fails_ends_its_own_steps_and_not_the_run() {
    let mut scene = hearing(&[
        r#"{"type":"STEP_STARTED","stepName":"work"}"#,
        r#"{"type":"SUBAGENT_STARTED","subagentRunId":"a","name":"writer"}"#,
        r#"{"type":"STEP_STARTED","stepName":"draft","subagentRunId":"a"}"#,
        r#"{"type":"STEP_STARTED","stepName":"spell","subagentRunId":"a"}"#,
        r#"{"type":"SUBAGENT_ERROR","subagentRunId":"a","message":"out of ink"}"#,
    ]);
    assert_eq!(scene.phases(), "/work=active/1 a=error/1 a/draft=cancelled/1 a/spell=error/1");
    assert_eq!(scene.entries()[5], "SUBAGENT_ERROR|Failed|out of ink");
    assert_eq!(scene.run(), "running");
    scene.hears(r#"{"type":"SUBAGENT_STARTED","subagentRunId":"b","name":"asker"}"#);
    scene.hears(
        r#"{"type":"SUBAGENT_FINISHED","subagentRunId":"b","outcome":{"type":"suspended","interruptIds":["i"]}}"#,
    );
    assert!(scene.phases().ends_with("b=waiting/1"), "{}", scene.phases());
}

#[test]
fn a_snapshot_of_messages_repeats_nothing() {
    let snapshot = r#"{"type":"MESSAGES_SNAPSHOT","messages":[
        {"id":"u","role":"user","content":"Find it"},
        {"id":"m1","role":"assistant","content":"Looking","toolCalls":[{"id":"c1","type":"function","function":{"name":"search","arguments":"{}"}}]},
        {"id":"t1","role":"tool","toolCallId":"c1","content":"not there","error":"404"},
        {"id":"m9","role":"assistant","content":"New"}]}"#;
    let mut scene = hearing(&[
        r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m1","role":"assistant","delta":"Looking"}"#,
        r#"{"type":"TOOL_CALL_START","toolCallId":"c1","toolCallName":"search"}"#,
        r#"{"type":"TOOL_CALL_END","toolCallId":"c1"}"#,
        snapshot,
    ]);
    let expected = [
        "RUN_STARTED|Run started|",
        "TEXT_MESSAGE||Looking",
        "TOOL_CALL|Calling search|",
        "TEXT_MESSAGE|user|Find it",
        "TEXT_MESSAGE|tool|not there",
        "TEXT_MESSAGE||New",
    ];
    assert_eq!(scene.entries(), expected);
    let failed = (0..scene.session.activity().log.rows())
        .filter_map(|row| match scene.session.activity().log.row(row) {
            Some(Row::Entry(entry)) if entry.level == Level::Error => {
                Some(entry.message.to_owned())
            }
            _ => None,
        })
        .collect::<Vec<_>>();
    assert_eq!(failed, ["not there"]);

    // The next socket begins with all of it.
    scene.lose(1006);
    scene.wait_until("another socket", Scene::has_socket);
    scene.accept();
    scene.hears_all(&[snapshot]);
    assert_eq!(scene.entries(), expected);
}

#[test]
fn what_is_not_for_people_is_for_those_who_look_for_a_fault() {
    let scene = hearing(&[
        r#"{"type":"STATE_SNAPSHOT","snapshot":{"a":1}}"#,
        r#"{"type":"STATE_DELTA","delta":[{"op":"add","path":"/a/b","value":1},{"op":"remove","path":"/c"}]}"#,
        r#"{"type":"CUSTOM","name":"mine","value":1}"#,
        r#"{"type":"SOMETHING_NEW","x":1}"#,
        r#"{"type":"REASONING_ENCRYPTED_VALUE","subtype":"message","entityId":"m","encryptedValue":"secret"}"#,
    ]);
    assert_eq!(
        scene.entries()[1..],
        [
            r#"STATE_SNAPSHOT||{"type":"STATE_SNAPSHOT","snapshot":{"a":1}}"#,
            "STATE_DELTA|State changed|/a/b /c",
            r#"CUSTOM|mine|{"type":"CUSTOM","name":"mine","value":1}"#,
            r#"SOMETHING_NEW||{"type":"SOMETHING_NEW","x":1}"#,
        ]
    );
    for row in 1..5 {
        assert_eq!(entry(&scene, row).level, Level::Debug, "{row}");
    }
}

#[test]
fn thoughts_are_rows_of_their_own_with_and_without_ids() {
    let scene = hearing(&[
        r#"{"type":"REASONING_MESSAGE_START","messageId":"m","role":"reasoning"}"#,
        r#"{"type":"REASONING_MESSAGE_CONTENT","messageId":"m","delta":"hm"}"#,
        r#"{"type":"REASONING_MESSAGE_END","messageId":"m"}"#,
        r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m","delta":"said"}"#,
        r#"{"type":"THINKING_TEXT_MESSAGE_START"}"#,
        r#"{"type":"THINKING_TEXT_MESSAGE_CONTENT","delta":"a"}"#,
        r#"{"type":"THINKING_TEXT_MESSAGE_CONTENT","delta":"b"}"#,
        r#"{"type":"THINKING_TEXT_MESSAGE_END"}"#,
        r#"{"type":"THINKING_TEXT_MESSAGE_START"}"#,
        r#"{"type":"THINKING_TEXT_MESSAGE_CONTENT","delta":"c"}"#,
    ]);
    assert_eq!(
        scene.entries()[1..],
        [
            "REASONING_MESSAGE|Thinking|hm",
            "TEXT_MESSAGE||said",
            "REASONING_MESSAGE|Thinking|ab",
            "REASONING_MESSAGE|Thinking|c",
        ]
    );
}

#[test]
fn one_malformed_event_is_a_row_and_the_stream_goes_on() {
    for (event, reason) in [
        (
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":{"a":1}}"#,
            "`delta` is missing, or no text",
        ),
        (r#"{"type":"STEP_STARTED"}"#, "`stepName` is missing, or no text"),
        (r#"{"type":"TOOL_CALL_START","toolCallId":"c"}"#, "`toolCallName` is missing, or no text"),
        (r#"{"no":"type"}"#, "`type` is missing, or no text"),
        ("[[]]", "not a JSON object"),
    ] {
        let mut scene = hearing(&[event]);
        scene.hears(r#"{"type":"STEP_STARTED","stepName":"on"}"#);
        let entries = scene.entries();
        assert!(entries[1].starts_with(&format!("unreadable|{reason}|")), "{entries:?}");
        assert_eq!(entries.len(), 3, "{entries:?}");
        assert_eq!((scene.state(), scene.opened.len()), ("connected", 1));
    }
}

#[test]
fn a_stream_may_be_joined_in_its_middle() {
    let scene = Scene::heard(
        DialectKind::Auto,
        &[
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"half"}"#,
            r#"{"type":"TOOL_CALL_ARGS","toolCallId":"c","delta":"{}"}"#,
            r#"{"type":"TOOL_CALL_RESULT","toolCallId":"d","content":"x"}"#,
            r#"{"type":"STEP_FINISHED","stepName":"s"}"#,
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"n","delta":"x","subagentRunId":"unknown"}"#,
        ],
    );
    assert_eq!(
        scene.entries(),
        [
            "TEXT_MESSAGE||half",
            "TOOL_CALL|Calling a tool|{}",
            "TOOL_CALL_RESULT|A tool answered|x",
            "STEP_FINISHED|Step finished|s",
            "TEXT_MESSAGE||x",
        ]
    );
    assert_eq!((scene.run(), scene.phases().as_str()), ("running", "/s=done/1"));
}

#[test]
fn events_with_numbers_are_resumed_by_them() {
    let mut scene = Scene::heard(
        DialectKind::Auto,
        &[
            r#"{"type":"RUN_STARTED","runId":"r","seq":1}"#,
            r#"{"type":"STEP_STARTED","stepName":"a","seq":2}"#,
        ],
    );
    assert_eq!(scene.session.connection().policy().resume, Resume::Sequence);
    scene.lose(1006);
    scene.wait_until("another socket", Scene::has_socket);
    let address = scene.opened.last().expect("an address");
    assert!(address.ends_with("after=2"), "{address}");
    scene.accept();
    scene.hears_all(&[
        r#"{"type":"STEP_STARTED","stepName":"a","seq":2}"#,
        r#"{"type":"STEP_FINISHED","stepName":"a","seq":3}"#,
    ]);
    assert_eq!(scene.phases(), "/a=done/1");
    assert_eq!(scene.entries().len(), 3);
}

#[test]
fn times_may_be_in_seconds() {
    let at = |time: &str| {
        let event = format!(r#"{{"type":"STEP_STARTED","stepName":"a","timestamp":{time}}}"#);
        let scene = hearing(&[&event]);
        entry(&scene, 1).at.map(|at| at.to_utc_ms(0))
    };
    assert_eq!(at("1700000000"), Some(1_700_000_000_000));
    assert_eq!(at("1700000000123"), Some(1_700_000_000_123));
    assert_eq!(at("\"2023-11-14T22:13:20Z\""), Some(1_700_000_000_000));
    assert_eq!(at("null"), None);
}

/// Whatever an event holds, and however many there are: rows, no panic, bounded.
#[test]
fn no_event_breaks_it() {
    let kinds = [
        "RUN_STARTED",
        "RUN_FINISHED",
        "STEP_STARTED",
        "STEP_FINISHED",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_END",
        "TEXT_MESSAGE_CHUNK",
        "TOOL_CALL_START",
        "TOOL_CALL_ARGS",
        "TOOL_CALL_END",
        "TOOL_CALL_CHUNK",
        "TOOL_CALL_RESULT",
        "STATE_SNAPSHOT",
        "STATE_DELTA",
        "MESSAGES_SNAPSHOT",
        "ACTIVITY_SNAPSHOT",
        "ACTIVITY_DELTA",
        "RAW",
        "CUSTOM",
        "REASONING_START",
        "REASONING_END",
        "REASONING_MESSAGE_START",
        "REASONING_MESSAGE_CONTENT",
        "REASONING_MESSAGE_END",
        "REASONING_MESSAGE_CHUNK",
        "REASONING_ENCRYPTED_VALUE",
        "SUBAGENT_STARTED",
        "SUBAGENT_FINISHED",
        "SUBAGENT_ERROR",
        "THINKING_START",
    ];
    let values =
        ["null", "1", "\"x\"", "{}", "[]", "[{}]", "[1]", "\"\"", "-1", "{\"type\":\"interrupt\"}"];
    let names = [
        "runId",
        "stepName",
        "messageId",
        "toolCallId",
        "toolCallName",
        "delta",
        "content",
        "messages",
        "subagentRunId",
        "parentSubagentRunId",
        "outcome",
        "usage",
        "timestamp",
        "message",
        "code",
    ];
    let mut scene = started();
    for kind in kinds {
        for value in values {
            let fields = names.map(|name| format!(",\"{name}\":{value}")).concat();
            // The end of the session's own run would be the end: these are of one within it.
            let own = format!("\"runId\":{value}");
            let fields = fields.replacen(&own, "\"runId\":\"other\",\"parentRunId\":\"r\"", 1);
            scene.hears(&format!("{{\"type\":\"{kind}\"{fields}}}"));
        }
    }
    assert_eq!((scene.state(), scene.opened.len()), ("connected", 1));
    assert!(scene.entries().len() > kinds.len() * 3);
}

// What reads it may come later than what is to be read.

const STEP: &str = r#"{"type":"STEP_STARTED","stepName":"a"}"#;

#[test]
fn what_cannot_be_read_yet_is_read_in_order_once_it_can() {
    let mut scene = Scene::before_learning();
    scene.accept();
    scene.hears_all(&[STARTED, STEP]);
    assert_eq!((scene.state(), scene.run()), ("connected", "none"), "it is heard of");
    assert!(scene.rows().is_empty());
    scene.input(Input::Learn(ag_ui));
    assert_eq!((scene.run(), scene.phases().as_str()), ("running", "/a=active/1"));
    scene.hears(r#"{"type":"RUN_ERROR","message":"no"}"#);
    assert_eq!(
        scene.entries(),
        ["RUN_STARTED|Run started|", "STEP_STARTED|Step started|a", "RUN_ERROR|Failed|no"]
    );
    scene.input(Input::Learn(ag_ui));
    assert_eq!(scene.entries().len(), 3, "once");
}

#[test]
fn what_came_through_a_socket_that_is_gone_is_read_too() {
    let mut scene = Scene::before_learning();
    scene.accept();
    scene.hears_all(&[STARTED, STEP]);
    scene.lose(1006);
    scene.input(Input::Learn(ag_ui));
    assert_eq!(scene.phases(), "/a=active/1");
    scene.wait_until("another socket", Scene::has_socket);
    scene.accept();
    scene.hears(r#"{"type":"STEP_FINISHED","stepName":"a"}"#);
    assert_eq!(scene.phases(), "/a=done/1", "the run goes on from one socket to the next");
    assert_eq!(scene.entries().len(), 3);
}

/// The server repeats what has a number, as nothing of it was taken in.
#[test]
fn what_has_a_number_is_not_read_from_a_socket_that_is_gone() {
    let mut scene = Scene::before_learning();
    scene.accept();
    let events = [
        r#"{"type":"RUN_STARTED","runId":"r","seq":1}"#,
        r#"{"type":"STEP_STARTED","stepName":"a","seq":2}"#,
    ];
    scene.hears_all(&events);
    scene.lose(1006);
    scene.input(Input::Learn(ag_ui));
    assert!(scene.entries().is_empty());
    scene.wait_until("another socket", Scene::has_socket);
    assert!(!scene.opened.last().expect("an address").contains("after"), "{:?}", scene.opened);
    scene.accept();
    scene.hears_all(&events);
    assert_eq!(scene.entries().len(), 2);
}

#[test]
fn what_waits_is_bounded_and_the_rest_is_shown_as_it_came() {
    let mut scene = Scene::before_learning();
    scene.accept();
    let long = format!(r#"{{"type":"CUSTOM","name":"n","value":"{}"}}"#, "x".repeat(1 << 20));
    for _ in 0..10 {
        scene.hears(&long);
    }
    let shown = scene.entries().len();
    assert!((2..=3).contains(&shown), "{shown}");
    assert!(scene.entries()[0].starts_with("unreadable|the code that reads it is not there|"));
    scene.input(Input::Learn(ag_ui));
    assert_eq!(scene.entries().len(), 10);
}

#[test]
fn another_session_knows_nothing_of_the_one_before() {
    let mut scene = Scene::before_learning();
    scene.accept();
    scene.hears_all(&[STARTED, STEP]);
    scene.input(Input::Follow(endpoint("t")));
    scene.input(Input::Learn(ag_ui));
    assert!(scene.entries().is_empty());
    scene.accept();
    scene.hears_all(&[STARTED, r#"{"type":"SUBAGENT_STARTED","subagentRunId":"x","name":"w"}"#]);
    scene.input(Input::Follow(endpoint("u")));
    scene.accept();
    let other = r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m","delta":"d","subagentRunId":"x"}"#;
    scene.hears(other);
    assert_eq!(entry(&scene, 0).agent, "x", "nobody has said what it is called");
}

/// The page stops listening a second after the end: what begins meanwhile it would never see end.
#[test]
fn nothing_begins_again_after_the_end() {
    for late in [
        r#"{"type":"RUN_STARTED","threadId":"t","runId":"r2"}"#,
        r#"{"type":"RUN_FINISHED","runId":"r","outcome":"interrupt"}"#,
    ] {
        let mut scene = hearing(&[r#"{"type":"RUN_ERROR","message":"no"}"#, late]);
        scene.pass(s(2));
        assert_eq!((scene.run(), scene.state()), ("error", "ended"), "{late}");
        assert_eq!(scene.session.activity().run.message.as_deref(), Some("no"), "{late}");
    }
}

#[test]
fn the_rows_of_a_step_and_of_a_sub_agent_are_put_away_under_those_with_which_they_begin() {
    let scene = hearing(&[
        r#"{"type":"STEP_STARTED","stepName":"plan"}"#,
        r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m1","role":"assistant","delta":"Let me look."}"#,
        r#"{"type":"SUBAGENT_STARTED","subagentRunId":"a","name":"writer"}"#,
        r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m2","delta":"I write","subagentRunId":"a"}"#,
        r#"{"type":"TOOL_CALL_START","toolCallId":"c1","toolCallName":"search","parentMessageId":"m1"}"#,
        r#"{"type":"SUBAGENT_FINISHED","subagentRunId":"a"}"#,
        r#"{"type":"STEP_FINISHED","stepName":"plan"}"#,
    ]);
    let log = &scene.session.activity().log;
    let shown = |headings: &[usize]| {
        let mut lines = Lines::default();
        lines.update(log);
        for &row in headings {
            lines.gather(row as u64, &entry(&scene, row), true, log);
        }
        let (start, end) = lines.extent();
        (start..end).filter_map(|line| lines.row(line)).collect::<Vec<u64>>()
    };
    assert_eq!(scene.rows().len(), 8, "{:#?}", scene.rows());
    assert_eq!(shown(&[]), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(shown(&[1]), [0, 1, 3, 4, 6], "what the sub-agent does is its own");
    assert_eq!(shown(&[3]), [0, 1, 2, 3, 5, 7]);
}
