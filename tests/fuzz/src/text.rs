//! Frames and HTTP answers: such as servers send, and such as none would.

use crate::random::Random;

/// What each kind of server sends, one or more of each message.
const FRAMES: [&str; 58] = [
    r#"{"type":"hello","session":"s","epoch":"e1","oldest":0,"newest":0,"heartbeat_s":30}"#,
    r#"{"type":"hello","session":"s","epoch":"e2","oldest":3,"newest":9,"heartbeat_s":30}"#,
    r#"{"type":"ready","message":"go"}"#,
    r#"{"type":"heartbeat","newest":5}"#,
    r#"{"type":"heartbeat"}"#,
    r#"{"type":"pong","timestamp":17}"#,
    r#"{"type":"gap","from":1,"to":3,"reason":"trimmed"}"#,
    r#"{"type":"ack","id":"m1"}"#,
    r#"{"type":"nack","id":"m1","reason":"no"}"#,
    r#"{"type":"nack","reason":"no"}"#,
    r#"{"seq":1,"type":"plan","phases":[{"id":"a","label":"A"},{"id":"b","agent":"x"},{}]}"#,
    r#"{"seq":2,"type":"agent_start","agent":"x","phase":"a","timestamp":"2026-01-01T00:00:00Z"}"#,
    r#"{"seq":3,"type":"agent_progress","agent":"x","progress":0.5,"state":"cooking"}"#,
    r#"{"seq":4,"type":"log","message":"line\u001b[31m\n","stream":"stderr","level":"warn"}"#,
    r#"{"seq":5,"type":"token","id":"t","delta":"Hel","payload":{"a":[1,2.5e300,null,true]}}"#,
    r#"{"seq":6,"type":"agent_error","agent":"x","message":"boom","usage":{"tokens":5}}"#,
    r#"{"seq":7,"type":"iteration_start","iteration":2,"max_iterations":3}"#,
    r#"{"seq":8,"type":"message","id":"m1","content":"hi","sent_at":1}"#,
    r#"{"seq":9,"type":"complete","agent":"x","message":"done"}"#,
    r#"{"seq":9,"type":"error","phase":"a","message":"boom"}"#,
    r#"{"seq":18446744073709551615,"type":"cancelled"}"#,
    r#"[{"seq":1,"type":"log"},{"seq":2,"type":"log"},17,{"seq":4,"type":"log"}]"#,
    r#"{"type":"agent_start","agent":"Supervisor","action":"Reading","icon":"🎯","timestamp":"2026-11-20T12:08:10.646348"}"#,
    r#"{"type":"agent_complete","agent":"Supervisor","timestamp":"2026-11-20T12:08:11.646348"}"#,
    r#"{"type":"refinement","agent":"Supervisor","message":"again"}"#,
    r#"{"type":"complete","agent":"Supervisor","timestamp":"2026-11-20T12:09:10.646348"}"#,
    r#"{"type":"error","agent":"Supervisor","timestamp":"2026-11-20T12:09:10.646348"}"#,
    r#"{"jsonrpc":"2.0","method":"connection/established","params":{"server":"x","version":"1"}}"#,
    r#"{"jsonrpc":"2.0","method":"pong","params":{"timestamp":5,"original":{"timestamp":3}}}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":{"major":1}}}"#,
    r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32600,"message":"no"}}"#,
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid JSON message"}}"#,
    r#"{"jsonrpc":"2.0","method":"swarm/update","params":{"message":"hi","list":[]}}"#,
    r#"{"type":"pong","payload":{"timestamp":1700000000.12}}"#,
    r#"{"type":"task_progress","payload":{"task_id":"t1","progress":40,"message":"x"}}"#,
    r#"{"type":"task-progress","task_id":"t1","progress":140}"#,
    r#"{"type":"task_completed","payload":{"task_id":"t1","result":{}}}"#,
    r#"{"type":"task-error","payload":{"task_id":"t1","error":"x"}}"#,
    r#"{"content":"hello","chat_id":"c1"}"#,
    r#"{"events":[{"type":"log","timestamp":"t"}],"total":1,"from":0,"session_active":true}"#,
    r#"{"events":[],"total":0,"from":0,"session_active":false}"#,
    r#"{"status":"complete"}"#,
    r#"{"status":"processing"}"#,
    r#"{"type":"RUN_STARTED","threadId":"t","runId":"r","timestamp":1700000000000}"#,
    r#"{"type":"RUN_FINISHED","runId":"r","outcome":{"type":"interrupt","interrupts":[{"message":"?"}]}}"#,
    r#"{"type":"RUN_ERROR","message":"no","code":"c","usage":[{"inputTokens":1}]}"#,
    r#"{"type":"STEP_STARTED","stepName":"a","subagentRunId":"s1"}"#,
    r#"{"type":"STEP_FINISHED","stepName":"a","subagentRunId":"s1"}"#,
    r#"{"type":"SUBAGENT_STARTED","subagentRunId":"s1","name":"w","parentSubagentRunId":"s0"}"#,
    r#"{"type":"SUBAGENT_ERROR","subagentRunId":"s1","message":"no"}"#,
    r#"{"type":"TEXT_MESSAGE_CHUNK","messageId":"m1","role":"user","delta":"Hel"}"#,
    r#"{"type":"TOOL_CALL_START","toolCallId":"c1","toolCallName":"f"}"#,
    r#"{"type":"TOOL_CALL_RESULT","toolCallId":"c1","content":[{"type":"image"},{"text":"x"}]}"#,
    r#"{"type":"MESSAGES_SNAPSHOT","messages":[{"id":"m1","role":"tool","content":"x","toolCalls":[{"id":"c1"}]}]}"#,
    r#"{"type":"STATE_DELTA","delta":[{"path":"/a"}],"seq":3}"#,
    "hello",
    "",
    "[[[[[[[[[[[[[[[[[[[[[[[[",
];

/// What makes the most trouble where it does not belong.
const PIECES: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\\",
    "\\u0000",
    "\\ud83c",
    "null",
    "-",
    "1e999",
    "0.1",
    "18446744073709551616",
    "-9223372036854775809",
    "\u{0}",
    "\u{202e}",
    "\u{feff}",
    "é",
    "🎯",
    "\"type\"",
    "\"seq\":",
    " ",
];

/// The most bytes of a frame.
const BYTES_MAX: usize = 4 << 10;

/// What a server of one kind or another says first.
pub(crate) fn greeting(random: &mut Random) -> &'static str {
    random.pick::<&str>(&[
        FRAMES[0], FRAMES[0], FRAMES[1], FRAMES[22], FRAMES[27], FRAMES[34], FRAMES[43],
    ])
}

/// A frame, or the body of an HTTP answer.
pub(crate) fn frame(random: &mut Random) -> String {
    let mut text = (*random.pick(&FRAMES)).to_owned();
    if random.once_in(3) {
        renumber(&mut text, random);
    }
    if random.once_in(2) {
        for _ in 0..=random.below(4) {
            damage(&mut text, random);
        }
    }
    text
}

/// Another number in the place of the first one.
fn renumber(text: &mut String, random: &mut Random) {
    let Some(from) = text.find(|character: char| character.is_ascii_digit()) else { return };
    let digits = text[from..].bytes().take_while(u8::is_ascii_digit).count();
    text.replace_range(from..from + digits, &random.below(12).to_string());
}

fn damage(text: &mut String, random: &mut Random) {
    let at = boundary(text, random);
    match random.below(6) {
        0 => text.insert_str(at, random.pick::<&str>(&PIECES)),
        1 => text.truncate(at),
        2 => {
            let to = boundary(text, random);
            text.replace_range(at.min(to)..at.max(to), "");
        }
        3 => {
            let to = boundary(text, random);
            let piece = text[at.min(to)..at.max(to)].to_owned();
            text.insert_str(at, &piece);
        }
        4 => text.insert_str(at, random.pick::<&str>(&FRAMES)),
        _ => {
            let depth = random.below(200);
            *text = format!("{}{text}{}", "[".repeat(depth), "]".repeat(depth));
        }
    }
    let end = text.floor_char_boundary(BYTES_MAX);
    text.truncate(end);
}

fn boundary(text: &str, random: &mut Random) -> usize {
    text.floor_char_boundary(random.below(text.len() + 1))
}
