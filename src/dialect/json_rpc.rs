//! The dialect of servers that speak JSON-RPC 2.0 over their socket.
//!
//! Such a server greets, answers pings and replies to requests; whatever else it has to tell comes
//! as notifications, once each. It names no session's end.

use super::{Call, Entry, Level, Operation, Receiver, Verdict, native::show_unreadable};
use crate::{
    connection::{Followers, Frame, Intake, Liveness, Policy, RequestId, Resume, Signal},
    time::Timestamp,
    wire::{Object, RawJson, count, json_string},
};

/// How such a server wants to be treated.
pub(super) const POLICY: Policy = Policy {
    liveness: Liveness::Ping,
    resume: Resume::Nothing,
    intake: Intake::Requests,
    greets: true,
    followers: Followers::Any,
};

/// Never given to a request of ours: those are counted from 1.
const NO_REQUEST: RequestId = RequestId(0);

/// Whether a server whose first message this is speaks this dialect.
pub(super) fn is_first_message(message: &Object<'_>) -> bool {
    message.get("jsonrpc").is_some()
}

/// What is known of the server on the present socket.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonRpc {
    is_greeted: bool,
}

impl JsonRpc {
    /// Reads one message.
    pub(super) fn read(&mut self, raw: &str, receiver: &mut impl Receiver) {
        let Some(message) = Object::read(raw) else {
            return show_unreadable("not a JSON object", None, raw, receiver);
        };
        let error = message.get("error").filter(|error| error.as_str() != "null");
        let reply = match (error, message.get("result")) {
            (Some(error), _) => Some(Err(error.as_str())),
            (None, Some(result)) => Some(Ok(result.as_str())),
            (None, None) => None,
        };
        match (message.text("method"), reply) {
            (Some(method), _) => {
                self.greet(receiver);
                read_notification(&method, &message, receiver);
            }
            (None, Some(reply)) => {
                self.greet(receiver);
                read_reply(&message, reply, receiver);
            }
            (None, None) => {
                let reason = "a message without `method`, `result` and `error`";
                show_unreadable(reason, None, raw, receiver);
            }
        }
    }

    /// The first message is greeting enough, whatever it says.
    fn greet(&mut self, receiver: &mut impl Receiver) {
        if !std::mem::replace(&mut self.is_greeted, true) {
            receiver.signal(Signal::Greeting { epoch: None, policy: POLICY });
            // There is no replay to wait for.
            receiver.signal(Signal::Ready);
        }
    }
}

fn read_notification(method: &str, message: &Object<'_>, receiver: &mut impl Receiver) {
    let params = message.object("params");
    match method {
        "connection/established" => {
            receiver.signal(Signal::Other);
        }
        "pong" => {
            // Its own timestamp is of the server's clock; the ping's is in what it sends back.
            let ping = params.and_then(|params| params.object("original"));
            let timestamp = ping.and_then(|ping| count(&ping.text("timestamp")?));
            receiver.signal(Signal::Pong { timestamp });
        }
        _ => {
            let text = |name: &str| params.as_ref().and_then(|params| params.text(name));
            let payload = message.get("params").map(RawJson::as_str).unwrap_or_default();
            let said = text("message");
            let entry = Entry {
                at: text("timestamp").as_deref().and_then(Timestamp::parse),
                kind: method,
                level: text("level").as_deref().and_then(Level::from_word).unwrap_or_default(),
                action: method,
                message: said.as_deref().unwrap_or(payload),
                payload,
                ..Entry::default()
            };
            let signal = Signal::Event { seq: None, identity: None, ends: None };
            if receiver.signal(signal) == Verdict::Show {
                receiver.operate(Operation::EntryAppended(entry));
            }
        }
    }
}

fn read_reply(message: &Object<'_>, reply: Result<&str, &str>, receiver: &mut impl Receiver) {
    let id = match message.text("id") {
        Some(id) => Some(count(&id).map_or(NO_REQUEST, RequestId)),
        // An error of what the server could not read; a result is always somebody's.
        None => reply.is_ok().then_some(NO_REQUEST),
    };
    match receiver.signal(Signal::Reply { id }) {
        Verdict::Answer(request) => receiver.reply(request, reply),
        Verdict::Show => {
            let (Ok(payload) | Err(payload)) = reply;
            let said = Object::read(payload).and_then(|payload| payload.text("message"));
            receiver.operate(Operation::EntryAppended(Entry {
                kind: "error",
                level: Level::Error,
                action: "error",
                message: said.as_deref().unwrap_or(payload),
                payload,
                ..Entry::default()
            }));
        }
        Verdict::Skip | Verdict::Hold => {}
    }
}

/// The request with which a client introduces itself.
pub(super) fn introduction() -> Call {
    let params = concat!(
        r#"{"protocolVersion":{"major":2024,"minor":11,"patch":5},"clientInfo":{"name":""#,
        env!("CARGO_PKG_NAME"),
        r#"","version":""#,
        env!("CARGO_PKG_VERSION"),
        r#""},"capabilities":{}}"#
    );
    Call { method: "initialize".to_owned(), params: params.to_owned() }
}

/// Words a request. There is always an object of parameters: a server may fail without, and then
/// does not even say for which request.
pub(super) fn encode_call(RequestId(id): RequestId, Call { method, params }: &Call) -> String {
    let method = json_string(method);
    let params = if params.trim_ascii().is_empty() { "{}" } else { params };
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":{method},\"params\":{params}}}")
}

/// Words a frame of the connection's own.
pub(super) fn encode(frame: &Frame) -> Option<String> {
    match frame {
        Frame::Ping { timestamp } => Some(format!(
            "{{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"params\":{{\"timestamp\":{timestamp}}}}}"
        )),
        Frame::Message(_) | Frame::Request(_) => None,
    }
}
