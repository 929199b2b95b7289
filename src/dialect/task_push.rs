//! The dialect of servers that push what becomes of tasks: how far each is, and how it ended.
//!
//! Such a server may or may not answer pings. It takes messages and acknowledges none, keeps what it
//! has to say while nobody listens, and says it once. A session has any number of tasks, one after
//! the other or at once, and no end.

use super::{Entry, Level, Operation, PhaseRef, Receiver, Verdict, native::show_unreadable};
use crate::{
    connection::{Content, Followers, Frame, Intake, Liveness, Outcome, Policy, Resume, Signal},
    time::Timestamp,
    wire::{self, Object, json_string},
};

/// How such a server wants to be treated.
pub(super) const POLICY: Policy = Policy {
    liveness: Liveness::PingOnTrial,
    resume: Resume::Nothing,
    intake: Intake::Messages,
    greets: false,
    followers: Followers::Any,
};

/// Whether a server whose first message this is speaks this dialect.
pub(super) fn is_first_message(message: &Object<'_>) -> bool {
    match message.text("type").as_deref() {
        Some("pong") => message.object("payload").is_some(),
        Some(kind) => kind.starts_with("task_") || kind.starts_with("task-"),
        None => ["content", "chat_id"].iter().all(|name| message.get(name).is_some()),
    }
}

/// What is known of the server on the present socket.
#[derive(Clone, Debug, Default)]
pub(super) struct TaskPush {
    is_greeted: bool,
}

impl TaskPush {
    /// Reads one message.
    pub(super) fn read(&mut self, raw: &str, receiver: &mut impl Receiver) {
        let Some(message) = Object::read(raw) else {
            return show_unreadable("not a JSON object", None, raw, receiver);
        };
        // The first message is greeting enough, whatever it says.
        if !std::mem::replace(&mut self.is_greeted, true) {
            receiver.signal(Signal::Greeting { epoch: None, policy: POLICY });
            // What was kept for us is not told from what happens now.
            receiver.signal(Signal::Ready);
        }
        let kind = message.text("type");
        match kind.as_deref() {
            Some("pong") => {
                // In a payload it is of the server's clock, and no echo.
                let timestamp = message.text("timestamp").and_then(|text| wire::count(&text));
                receiver.signal(Signal::Pong { timestamp });
            }
            Some("ping") => {
                receiver.signal(Signal::Other);
            }
            kind => {
                let signal = Signal::Event { seq: None, identity: None, ends: None };
                if receiver.signal(signal) == Verdict::Show {
                    show(kind.unwrap_or("message"), &message, raw, receiver);
                }
            }
        }
    }
}

/// Tells what the message does to the activity. Its fields stand in its payload, where it has one.
fn show(kind: &str, message: &Object<'_>, raw: &str, receiver: &mut impl Receiver) {
    let inner = message.object("payload");
    let payload = inner.as_ref().and_then(|_| message.get("payload"));
    let fields = inner.as_ref().unwrap_or(message);
    let first = |names: &[&str]| names.iter().find_map(|name| fields.text(name));
    let time = first(&["timestamp"]).or_else(|| message.text("timestamp"));
    let at = time.as_deref().and_then(Timestamp::parse);
    let said = first(&["message", "content", "error"]);

    let step = kind.strip_prefix("task").and_then(|rest| rest.strip_prefix(['_', '-']));
    let task = step.and_then(|_| first(&["task_id", "id"]));
    let phase = PhaseRef { id: task.as_deref(), agent: None };
    let outcome = match step {
        Some("completed" | "complete") => Some(Outcome::Complete),
        Some("error" | "failed") => Some(Outcome::Error),
        Some("cancelled") => Some(Outcome::Cancelled),
        _ => None,
    };
    match (step, outcome) {
        (_, Some(outcome)) => receiver.operate(Operation::PhaseEnded { phase, outcome, at }),
        (Some("started" | "progress"), None) => {
            receiver.operate(Operation::PhaseStarted { phase, iteration: None, at });
            let percent = fields.get("progress").and_then(wire::RawJson::number);
            let progress = percent.map(|percent| percent / 100.0);
            receiver.operate(Operation::PhaseProgressed { phase, progress, state: None });
        }
        _ => {}
    }
    let is_error = outcome == Some(Outcome::Error) || kind == "error";
    receiver.operate(Operation::EntryAppended(Entry {
        at,
        kind,
        level: if is_error { Level::Error } else { Level::default() },
        phase,
        message: said.as_deref().unwrap_or(raw),
        payload: payload.map_or(raw, wire::RawJson::as_str),
        rest: raw,
        ..Entry::default()
    }));
}

/// Words a frame of the connection's own. There is no word for a cancel.
pub(super) fn encode(frame: &Frame) -> Option<String> {
    match frame {
        Frame::Ping { timestamp } => Some(wire::ping(*timestamp)),
        Frame::Message(message) => match &message.content {
            Content::Text(text) => {
                let (content, id) = (json_string(text), json_string(&message.id));
                let sent_at = message.sent_at;
                Some(format!(
                    "{{\"type\":\"message\",\"content\":{content},\"id\":{id},\"timestamp\":{sent_at}}}"
                ))
            }
            Content::Cancel => None,
        },
        Frame::Request(_) => None,
    }
}
