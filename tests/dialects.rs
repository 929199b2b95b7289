//! What servers of each dialect say, and what a session makes of it.

mod scene;

use agent_activity::{
    connection::{Content, Delivery, Intake, Liveness, Refusal, RequestError, Resume},
    dialect::DialectKind,
    session::{CallId, Reply},
};
use scene::{Scene, s};

const ESTABLISHED: &str = r#"{"jsonrpc":"2.0","method":"connection/established","params":{"server":"x","timestamp":"2026-11-20T12:00:00Z"}}"#;

/// The end of what the session introduces itself with.
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":{"major":2024,"minor":11,"patch":5},"clientInfo":{"name":"agent-activity","version":""#;

/// Connected to a JSON-RPC server that has taken the introduction.
fn json_rpc() -> Scene {
    let mut scene = Scene::heard(DialectKind::Auto, &[ESTABLISHED]);
    scene.hears(r#"{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"x"}}}"#);
    scene.sent.clear();
    scene
}

/// Connected to a server that pushes tasks.
fn task_push() -> Scene {
    let mut scene = Scene::opened(DialectKind::TaskPush);
    scene.hears(r#"{"type":"pong","timestamp":0}"#);
    scene.sent.clear();
    scene
}

#[test]
fn a_dialect_is_recognised_by_the_first_message_that_can_be_read() {
    let check = |first: &str, liveness: Liveness, resume: Resume, intake: Intake| {
        for frame in [first.to_owned(), format!("[{first}]"), format!("[17,{first}]")] {
            let mut scene = Scene::opened(DialectKind::Auto);
            assert!(scene.sent().is_empty(), "nothing is sent before the first frame");
            scene.hears("good morning");
            assert_eq!(scene.state(), "greeting", "{first}");
            assert!(scene.sent().is_empty(), "{first}");
            scene.hears(&frame);
            assert_eq!(scene.state(), "connected", "{first}");
            let policy = scene.session.connection().policy();
            assert_eq!(
                (policy.liveness, policy.resume, policy.intake),
                (liveness, resume, intake),
                "{first}"
            );
            assert!(scene.rows()[0].ends_with("|good morning"), "{:?}", scene.rows());
        }
    };
    check(
        r#"{"type":"hello","epoch":"e"}"#,
        Liveness::Ping,
        Resume::Sequence,
        Intake::AckedMessages,
    );
    check(r#"{"type":"log","seq":1}"#, Liveness::ReceiveOnly, Resume::Sequence, Intake::Nothing);
    check(
        r#"{"type":"log","message":"m"}"#,
        Liveness::ReceiveOnly,
        Resume::Identity,
        Intake::Nothing,
    );
    check(ESTABLISHED, Liveness::Ping, Resume::Nothing, Intake::Requests);
    for first in [
        r#"{"type":"task_progress","task_id":"t","progress":1}"#,
        r#"{"type":"pong","payload":{"timestamp":1700000000.12}}"#,
        r#"{"content":"hello","chat_id":"c"}"#,
    ] {
        check(first, Liveness::PingOnTrial, Resume::Nothing, Intake::Messages);
    }
}

#[test]
fn each_socket_is_recognised_anew() {
    let mut scene = Scene::heard(DialectKind::Auto, &[r#"{"type":"hello","epoch":"e"}"#]);
    scene.lose(1006);
    scene.wait_until("another socket", Scene::has_socket);
    scene.accept();
    scene.hears(ESTABLISHED);
    assert_eq!(scene.session.connection().policy().intake, Intake::Requests);
    assert_eq!(scene.sent().len(), 1);
}

#[test]
fn a_dialect_that_is_named_is_not_recognised() {
    let mut scene = Scene::heard(DialectKind::JsonRpc, &[r#"{"type":"hello","epoch":"e"}"#]);
    assert_eq!(scene.state(), "greeting");
    assert!(scene.rows()[0].starts_with("unreadable|a message without `method`"));
    scene.hears(ESTABLISHED);
    assert_eq!(scene.state(), "connected");
}

#[test]
fn what_cannot_be_read_is_an_entry_in_every_dialect() {
    for (kind, greeting) in [
        (DialectKind::Native, r#"{"type":"hello","epoch":"e"}"#),
        (DialectKind::Progress, r#"{"type":"heartbeat"}"#),
        (DialectKind::JsonRpc, ESTABLISHED),
        (DialectKind::TaskPush, r#"{"type":"ping"}"#),
    ] {
        let mut scene = Scene::heard(kind, &[greeting]);
        let frames = ["", "}", "[1,", "null", "17", r#"[["a"]]"#, "\"text\"", "\u{202e}"];
        scene.hears_all(&frames);
        assert_eq!(scene.state(), "connected", "{kind:?}");
        let entries = scene.entries();
        assert_eq!(entries.len(), frames.len(), "{kind:?}: {entries:?}");
        for (entry, frame) in entries.iter().zip(frames) {
            let text = if frame == r#"[["a"]]"# { r#"["a"]"# } else { frame };
            assert!(entry.starts_with("unreadable|"), "{kind:?}: {entry}");
            assert!(entry.ends_with(&format!("|{text}")), "{kind:?}: {entry}");
        }
    }
}

#[test]
fn several_messages_may_come_in_one_frame_in_every_dialect() {
    for (kind, frame) in [
        (
            DialectKind::Native,
            r#"[{"type":"hello","epoch":"e"},{"type":"log","seq":1},{"type":"log","seq":2}]"#,
        ),
        (DialectKind::Progress, r#"[{"type":"log","message":"a"},{"type":"log","message":"b"}]"#),
        (DialectKind::JsonRpc, r#"[{"method":"a"},{"method":"b"}]"#),
        (DialectKind::TaskPush, r#"[{"type":"note"},{"type":"note"}]"#),
    ] {
        let scene = Scene::heard(kind, &[frame]);
        assert_eq!(scene.entries().len(), 2, "{kind:?}");
    }
}

#[test]
fn nothing_that_a_server_may_say_disturbs_the_connection() {
    let whole = [
        r#"[{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"ü\n"}},{"method":"pong","params":{"original":{"timestamp":1e9}}}]"#,
        r#"{"type":"task_progress","payload":{"task_id":"t🎯","progress":-1e300,"timestamp":1.5}}"#,
        r#"{"type":"task_error","payload":[1],"task_id":null,"message":{"a":[]}}"#,
        r#"{"jsonrpc":2,"id":{},"method":null,"result":false}"#,
        r#"{"type":"pong","timestamp":99999999999999999999}"#,
    ];
    let nested = "[".repeat(10_000) + &"]".repeat(10_000);
    let deep = r#"{"jsonrpc":"2.0","method":"m","params":"#.to_owned() + &nested + "}";
    for (kind, greeting) in [
        (DialectKind::Auto, r#"{"type":"hello","epoch":"e"}"#),
        (DialectKind::Progress, r#"{"type":"heartbeat"}"#),
        (DialectKind::JsonRpc, ESTABLISHED),
        (DialectKind::TaskPush, r#"{"type":"pong"}"#),
    ] {
        let mut scene = Scene::heard(kind, &[greeting]);
        for frame in whole {
            for (end, _) in frame.char_indices() {
                scene.hears(&frame[..end]);
                scene.hears(&frame[end..]);
            }
        }
        scene.hears_all(&[nested.as_str(), deep.as_str(), &"{\"a\":".repeat(10_000)]);
        assert_eq!((scene.state(), scene.opened.len()), ("connected", 1), "{kind:?}");
    }
}

#[test]
fn a_server_that_is_pinged_is_never_asked_by_http_whether_it_lives() {
    for (kind, first) in [
        (DialectKind::Auto, r#"{"type":"hello","epoch":"e"}"#),
        (DialectKind::Auto, ESTABLISHED),
        (DialectKind::JsonRpc, ESTABLISHED),
        (DialectKind::Auto, r#"{"type":"task_note"}"#),
    ] {
        let mut scene = Scene::heard(kind, &[first]);
        for _ in 0..600 {
            scene.pass(s(1));
            if scene.now.as_secs().is_multiple_of(20) {
                scene.hears(first);
            }
            assert_eq!(scene.state(), "connected", "{first} {:?}", scene.now);
        }
        assert!(scene.fetched.is_empty(), "{:?}", scene.fetched);
    }
}

// JSON-RPC

#[test]
fn json_rpc_the_session_introduces_itself_once_on_every_connection() {
    let mut scene = Scene::opened(DialectKind::JsonRpc);
    scene.pass(s(5));
    assert!(scene.sent().is_empty(), "the server speaks first");
    scene.hears(ESTABLISHED);
    assert_eq!(scene.sent().len(), 1);
    assert!(scene.sent()[0].starts_with(INITIALIZE), "{}", scene.sent()[0]);
    assert!(scene.sent()[0].ends_with(r#""},"capabilities":{}}}"#), "{}", scene.sent()[0]);
    scene.hears(r#"{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{}}}"#);
    scene.hears(ESTABLISHED);
    assert_eq!(scene.sent().len(), 1);
    assert!(scene.rows().is_empty(), "{:?}", scene.rows());
    scene.lose(1000);
    scene.wait_until("another socket", Scene::has_socket);
    scene.accept();
    scene.hears(ESTABLISHED);
    assert_eq!(scene.sent().len(), 1);
    assert!(scene.sent()[0].starts_with(r#"{"jsonrpc":"2.0","id":2,"method":"initialize""#));
    assert!(scene.replies.is_empty(), "nobody asked");
}

#[test]
fn json_rpc_an_introduction_without_a_reply_disturbs_nobody() {
    let mut scene = Scene::heard(DialectKind::Auto, &[ESTABLISHED]);
    scene.call("tools/list", "");
    scene.pass(s(20));
    scene.hears(r#"{"jsonrpc":"2.0","method":"tick"}"#);
    scene.pass(s(10));
    assert_eq!(scene.replies, [(CallId(1), Reply::Missing(RequestError::TimedOut))]);
}

#[test]
fn json_rpc_pings_and_measures_by_what_is_sent_back() {
    let mut scene = json_rpc();
    scene.pass(s(25));
    let sent_at = scene.now.as_millis();
    let ping = format!(r#"{{"jsonrpc":"2.0","method":"ping","params":{{"timestamp":{sent_at}}}}}"#);
    assert_eq!(scene.sent(), [ping]);
    scene.pass(s(3));
    scene.hears(&format!(
        r#"{{"jsonrpc":"2.0","method":"pong","params":{{"timestamp":27999,"original":{{"timestamp":{sent_at}}}}}}}"#
    ));
    assert_eq!(scene.session.connection().rtt(), Some(s(3)));
    scene.hears(r#"{"jsonrpc":"2.0","method":"pong"}"#);
    scene.hears(r#"{"jsonrpc":"2.0","method":"pong","params":{"original":7}}"#);
    assert_eq!(scene.session.connection().rtt(), Some(s(3)));
    assert!(scene.rows().is_empty());
}

#[test]
fn json_rpc_a_mute_server_is_abandoned() {
    let mut scene = json_rpc();
    scene.pass(s(25) + s(20));
    assert_eq!(scene.state(), "waiting");
}

#[test]
fn json_rpc_replies_find_their_calls() {
    let mut scene = json_rpc();
    scene.call("tools/list", "");
    scene.call("tools/call", r#"{"name":"a","arguments":{}}"#);
    scene.call("say \"x\"", " ");
    assert_eq!(
        scene.sent(),
        [
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{}}"#,
            r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"a","arguments":{}}}"#,
            r#"{"jsonrpc":"2.0","id":4,"method":"say \"x\"","params":{}}"#,
        ]
    );
    scene.hears(
        r#"[{"jsonrpc":"2.0","id":3,"error":{"code":-32600,"message":"no"}},{"jsonrpc":"2.0","id":2,"result":{"tools": []}}]"#,
    );
    scene.hears(r#"{"jsonrpc":"2.0","id":"4","result":null}"#);
    assert_eq!(
        scene.replies,
        [
            (CallId(2), Reply::Error(r#"{"code":-32600,"message":"no"}"#.to_owned())),
            (CallId(1), Reply::Result(r#"{"tools": []}"#.to_owned())),
            (CallId(3), Reply::Result("null".to_owned())),
        ]
    );
    assert!(scene.rows().is_empty(), "a reply is for whoever asked");
}

#[test]
fn json_rpc_an_error_without_an_id_is_for_the_one_call_under_way() {
    for id in [r#""id":null,"#, ""] {
        let error = format!(r#"{{"jsonrpc":"2.0",{id}"error":{{"message":"what?"}}}}"#);
        let mut scene = json_rpc();
        scene.call("a", "");
        scene.hears(&error);
        let reply = Reply::Error(r#"{"message":"what?"}"#.to_owned());
        assert_eq!(scene.replies, [(CallId(1), reply)]);
        scene.hears(&error);
        assert_eq!(scene.rows(), ["error|error|what?"], "now there is none");
        scene.call("b", "");
        scene.call("c", "");
        scene.hears(&error);
        assert_eq!(scene.rows().len(), 2, "and now there are two");
        assert_eq!(scene.replies.len(), 1);
    }
}

#[test]
fn json_rpc_a_reply_that_nobody_waits_for_is_ignored() {
    let mut scene = json_rpc();
    scene.call("slow", "");
    for _ in 0..3 {
        scene.pass(s(10));
        scene.hears(ESTABLISHED);
    }
    assert_eq!(scene.replies, [(CallId(1), Reply::Missing(RequestError::TimedOut))]);
    scene.hears(r#"{"jsonrpc":"2.0","id":2,"result":{"late":true}}"#);
    scene.hears(r#"{"jsonrpc":"2.0","id":99,"error":{"code":1}}"#);
    scene.hears(r#"{"jsonrpc":"2.0","id":"abc","error":{"message":"odd"}}"#);
    scene.hears(r#"{"jsonrpc":"2.0","id":null,"result":5}"#);
    assert!(scene.rows().is_empty());
    assert_eq!(scene.replies.len(), 1);
}

#[test]
fn json_rpc_calls_are_answered_when_the_connection_goes() {
    let mut scene = json_rpc();
    scene.call("a", "");
    scene.lose(1006);
    scene.call("b", "");
    assert_eq!(
        scene.replies,
        [
            (CallId(1), Reply::Missing(RequestError::Dropped)),
            (CallId(2), Reply::Missing(RequestError::NotConnected)),
        ]
    );
}

#[test]
fn json_rpc_other_notifications_are_entries() {
    let mut scene = json_rpc();
    scene.hears(r#"{"jsonrpc":"2.0","method":"agent/log","params":{"message":"a\nb","level":"warning","timestamp":"2026-11-20T12:00:00Z"}}"#);
    scene.hears(r#"{"jsonrpc":"2.0","method":"agent/state","params":{"state": 1}}"#);
    scene.hears(r#"{"jsonrpc":"2.0","method":"list","params":[1]}"#);
    scene.hears(r#"{"jsonrpc":"2.0","method":"bare"}"#);
    scene.hears(r#"{"jsonrpc":"2.0","id":5,"method":"roots/list"}"#);
    // The same once more is once more the same.
    scene.hears(r#"{"jsonrpc":"2.0","method":"bare"}"#);
    assert_eq!(
        scene.rows(),
        [
            "agent/log|agent/log|a\nb",
            r#"agent/state|agent/state|{"state": 1}"#,
            "list|list|[1]",
            "bare|bare|",
            "roots/list|roots/list|",
            "bare|bare|",
        ]
    );
    let log = &scene.session.activity().log;
    let Some(agent_activity::activity::Row::Entry(entry)) = log.row(0) else { panic!("no entry") };
    assert_eq!(entry.level.name(), "warning");
    assert!(entry.at.is_some());
    assert!(entry.payload.starts_with(r#"{"message":"#));
}

#[test]
fn json_rpc_takes_no_messages() {
    let mut scene = Scene::opened(DialectKind::Auto);
    scene.say("early", "hello");
    assert_eq!(scene.delivery("early"), Delivery::Queued);
    scene.hears(ESTABLISHED);
    scene.say("late", "hello");
    for id in ["early", "late"] {
        assert_eq!(scene.delivery(id), Delivery::Refused(Refusal::NotTaken), "{id}");
    }
    assert_eq!(scene.sent().len(), 1, "the introduction");
}

// Task push

#[test]
fn task_push_pings_first_where_it_is_named_and_waits_where_it_is_not() {
    let scene = Scene::opened(DialectKind::TaskPush);
    assert_eq!(scene.sent(), [r#"{"type":"ping","timestamp":1000}"#]);
    let mut scene = Scene::heard(DialectKind::Auto, &[r#"{"content":"hi","chat_id":"c"}"#]);
    assert!(scene.sent().is_empty());
    scene.pass(s(25));
    assert_eq!(scene.sent(), [r#"{"type":"ping","timestamp":26000}"#]);
}

#[test]
fn task_push_a_pong_of_either_shape_is_life_and_one_measures() {
    let mut scene = Scene::opened(DialectKind::TaskPush);
    scene.pass(s(2));
    scene.hears(r#"{"type":"pong","payload":{"timestamp":1700000000.12}}"#);
    assert_eq!((scene.state(), scene.session.connection().rtt()), ("connected", None));
    scene.hears(r#"{"type":"pong","timestamp":1000}"#);
    assert_eq!(scene.session.connection().rtt(), Some(s(2)));
    scene.hears(r#"{"type":"pong"}"#);
    assert!(scene.rows().is_empty());
}

#[test]
fn task_push_a_server_that_never_answers_is_not_abandoned_for_that() {
    let mut scene = Scene::opened(DialectKind::TaskPush);
    scene.pass(s(10));
    scene.hears(r#"{"type":"task_progress","task_id":"t","progress":1}"#);
    // It has nothing to say for an hour, whatever it answers elsewhere.
    for _ in 0..3_600 {
        scene.pass(s(1));
        if scene.asked().is_some() {
            scene.answer(404, "");
        }
        assert_eq!((scene.state(), scene.opened.len()), ("connected", 1), "{:?}", scene.now);
    }
}

#[test]
fn task_push_a_server_that_has_answered_once_is_held_to_it() {
    let mut scene = task_push();
    scene.pass(s(25) + s(20));
    assert_eq!(scene.state(), "waiting");
}

#[test]
fn task_push_tasks_are_phases() {
    let check = |frames: &[&str], phases: &str| {
        let mut scene = task_push();
        scene.hears_all(frames);
        assert_eq!(scene.phases(), phases, "{frames:?}");
        assert_eq!(scene.entries().len(), frames.len(), "{frames:?}");
    };
    check(
        &[r#"{"type":"task_progress","payload":{"task_id":"t","progress":40,"message":"m"}}"#],
        "t=active/1@40",
    );
    check(&[r#"{"type":"task-progress","task_id":"t","progress":12.5}"#], "t=active/1@12");
    check(&[r#"{"type":"task_progress","task_id":7}"#], "7=active/1");
    check(&[r#"{"type":"task_progress","progress":7}"#], "");
    check(
        &[
            r#"{"type":"task_progress","task_id":"t","progress":10}"#,
            r#"{"type":"task_progress","task_id":"t","progress":90}"#,
            r#"{"type":"task_progress","task_id":"u","progress":250}"#,
            r#"{"type":"task_completed","payload":{"task_id":"t"}}"#,
        ],
        "t=done/1 u=active/1@100",
    );
    check(
        &[
            r#"{"type":"task-progress","task_id":"t"}"#,
            r#"{"type":"task-error","payload":{"task_id":"t","message":"no"}}"#,
            r#"{"type":"task_complete","task_id":"u"}"#,
            r#"{"type":"task_failed","task_id":"v"}"#,
        ],
        "t=error/1 u=done/1 v=error/1",
    );
    check(&[r#"{"type":"task_noted","task_id":"t"}"#, r#"{"type":"error","task_id":"t"}"#], "");
}

#[test]
fn task_push_progress_does_not_begin_a_task_again() {
    let mut scene = task_push();
    scene.hears(r#"{"type":"task_progress","task_id":"t","progress":1,"timestamp":1000}"#);
    scene.hears(r#"{"type":"task_progress","task_id":"t","progress":2,"timestamp":5000}"#);
    let started = scene.session.activity().phases.list()[0].started;
    assert_eq!(started, Some(agent_activity::time::Timestamp::Utc(1000)));
}

#[test]
fn task_push_whatever_comes_is_an_entry() {
    let mut scene = task_push();
    let frames = [
        r#"{"type":"task_progress","payload":{"task_id":"t","progress":40,"message":"half"}}"#,
        r#"{"type":"task_error","task_id":"t","message":"it broke"}"#,
        r#"{"content":"hello","chat_id":"c"}"#,
        r#"{"type":"message","content":"hello"}"#,
        r#"{"type":"greeting","text":"free form"}"#,
        r#"{"anything":1}"#,
    ];
    scene.hears_all(&frames);
    assert_eq!(
        scene.rows(),
        [
            "task_progress||half",
            "task_error||it broke",
            "message||hello",
            "message||hello",
            r#"greeting||{"type":"greeting","text":"free form"}"#,
            r#"message||{"anything":1}"#,
        ]
    );
    assert_eq!(scene.run(), "running", "no task is the session's end");
}

#[test]
fn task_push_messages_have_words_and_a_cancel_has_none() {
    let mut scene = task_push();
    scene.say("m1", "do \"it\"");
    assert_eq!(
        scene.sent(),
        [r#"{"type":"message","content":"do \"it\"","id":"m1","timestamp":17}"#]
    );
    assert_eq!(scene.delivery("m1"), Delivery::Sent);
    scene.send("c1", Content::Cancel);
    assert_eq!(scene.delivery("c1"), Delivery::Refused(Refusal::NotTaken));
    assert_eq!(scene.sent().len(), 1);
}

#[test]
fn task_push_a_cancel_that_waited_for_the_server_is_refused_when_it_is_known() {
    // By what it says, and where it is named also by its silence.
    for is_silent in [false, true] {
        let mut scene = Scene::opened(DialectKind::TaskPush);
        scene.say("m1", "one");
        scene.send("c1", Content::Cancel);
        scene.say("m2", "two");
        assert_eq!(scene.delivery("c1"), Delivery::Queued);
        if is_silent {
            scene.pass(s(10));
        } else {
            scene.hears(r#"{"type":"pong"}"#);
        }
        assert_eq!(scene.delivery("c1"), Delivery::Refused(Refusal::NotTaken));
        assert_eq!(scene.delivery("m1"), Delivery::Sent);
        assert_eq!(scene.delivery("m2"), Delivery::Sent);
        assert_eq!(scene.sent().len(), 3, "a ping and two messages");
    }
}

#[test]
fn task_push_what_was_kept_for_us_is_shown_after_a_reconnection() {
    let mut scene = task_push();
    scene.hears(r#"{"type":"task_progress","task_id":"t","progress":10}"#);
    scene.lose(1006);
    scene.wait_until("another socket", Scene::has_socket);
    scene.accept();
    scene.hears(r#"{"type":"task_progress","task_id":"t","progress":50}"#);
    scene.hears(r#"{"type":"task_completed","task_id":"t"}"#);
    assert_eq!(scene.phases(), "t=done/1");
    assert_eq!(scene.entries().len(), 3);
    assert_eq!(scene.rows()[1], "-- reconnected 0", "{:?}", scene.rows());
}

#[test]
fn native_calls_are_refused() {
    let mut scene = Scene::heard(DialectKind::Auto, &[r#"{"type":"hello","epoch":"e"}"#]);
    scene.call("x", "");
    assert_eq!(scene.replies, [(CallId(1), Reply::Missing(RequestError::NotTaken))]);
}
