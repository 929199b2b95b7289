//! Dialects: how one kind of backend speaks.
//!
//! A dialect turns text frames into [`Signal`]s, which are all that the connection hears, and
//! [`Operation`]s, which are all that the activity model hears. It decides nothing: not what to
//! show, not when to reconnect.

mod ag_ui;
mod event;
mod json_rpc;
mod late;
mod native;
mod operation;
mod progress;
mod task_push;

pub use ag_ui::ag_ui;
pub use late::{LateReader, MakeReader};
pub use operation::{Entry, Level, Operation, PhaseRef};

use crate::{
    connection::{Answer, Frame, Policy, Query, RequestId, Signal},
    wire::{self, Object},
};
use json_rpc::JsonRpc;
use late::Late;
use native::Native;
use task_push::TaskPush;

/// Whoever takes what a dialect reads, message by message: first the signal, then, where the verdict
/// is to show it, the operations.
pub trait Receiver {
    /// Takes what a message means for the connection.
    fn signal(&mut self, signal: Signal) -> Verdict;

    /// Takes the text of a message that is to be held.
    fn hold(&mut self, message: &str);

    /// Takes one change of the activity.
    fn operate(&mut self, operation: Operation<'_>);

    /// Takes the reply to a request of ours: the JSON of its result, or of its error.
    fn reply(&mut self, request: RequestId, reply: Result<&str, &str>);
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is new.
    Show,
    /// It was received before, or the socket that it came from counts no more.
    Skip,
    /// It is new, and something may be missing before it: it is read again later.
    Hold,
    /// It is the reply to this request of ours.
    Answer(RequestId),
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// Its parameters, as the JSON text of an object; empty = none.
    pub params: String,
}

/// The dialects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialectKind {
    /// Recognised from the first message of every connection that can be read.
    #[default]
    Auto,
    /// `agent-gateway`, and servers that number their events.
    Native,
    /// Older servers of the same family, which number nothing.
    Progress,
    /// Servers that speak JSON-RPC 2.0, and take requests.
    JsonRpc,
    /// Servers that push what becomes of tasks, and take messages.
    TaskPush,
    /// Servers that speak AG-UI 1.0.
    AgUi,
}

impl DialectKind {
    /// How servers of this kind want to be treated, where that is known before they have said
    /// anything.
    #[must_use]
    pub const fn policy(self) -> Option<Policy> {
        match self {
            Self::Auto | Self::Native | Self::AgUi => None,
            Self::Progress => Some(progress::POLICY),
            Self::JsonRpc => Some(json_rpc::POLICY),
            Self::TaskPush => Some(task_push::POLICY),
        }
    }
}

/// Reads what one server says.
#[derive(Clone, Debug)]
pub struct Dialect {
    kind: DialectKind,
    /// What reads the messages of the present socket; `None` until its first one has told.
    reader: Option<Reader>,
    late: Late,
}

#[derive(Clone, Debug)]
enum Reader {
    Native(Native),
    JsonRpc(JsonRpc),
    TaskPush(TaskPush),
    /// Read by what comes late; whether the server has greeted.
    AgUi(bool),
}

impl Reader {
    /// The reader for the server whose first message this is; `None` when it cannot be read.
    fn recognise(raw: &str) -> Option<Self> {
        let message = Object::read(raw)?;
        if json_rpc::is_first_message(&message) {
            Some(Self::JsonRpc(JsonRpc::default()))
        } else if task_push::is_first_message(&message) {
            Some(Self::TaskPush(TaskPush::default()))
        } else if ag_ui::is_first_message(&message) {
            Some(Self::AgUi(false))
        } else {
            message.get("type").map(|_| Self::Native(Native::default()))
        }
    }

    fn read(&mut self, raw: &str, late: &mut Late, receiver: &mut impl Receiver) {
        match self {
            Self::Native(native) => native.read(raw, receiver),
            Self::JsonRpc(json_rpc) => json_rpc.read(raw, receiver),
            Self::TaskPush(task_push) => task_push.read(raw, receiver),
            Self::AgUi(is_greeted) => {
                if !std::mem::replace(is_greeted, true) {
                    ag_ui::greet(raw, receiver);
                }
                late.read(raw, receiver);
            }
        }
    }
}

impl Dialect {
    /// A dialect of this kind, which can read all but AG-UI.
    #[must_use]
    pub fn new(kind: DialectKind) -> Self {
        Self { kind, reader: Self::named(kind), late: Late::default() }
    }

    /// The reader that is known without having heard anything.
    fn named(kind: DialectKind) -> Option<Reader> {
        match kind {
            DialectKind::Auto => None,
            DialectKind::Native | DialectKind::Progress => Some(Reader::Native(Native::default())),
            DialectKind::JsonRpc => Some(Reader::JsonRpc(JsonRpc::default())),
            DialectKind::TaskPush => Some(Reader::TaskPush(TaskPush::default())),
            DialectKind::AgUi => Some(Reader::AgUi(false)),
        }
    }

    /// AG-UI can be read from now on, by what this makes: [`ag_ui`].
    pub fn learn(&mut self, make: MakeReader) {
        self.late.learn(make);
    }

    /// Reads the messages of AG-UI that came before that.
    pub fn catch_up(&mut self, receiver: &mut impl Receiver) {
        self.late.catch_up(receiver);
    }

    /// Takes the dialect with all that it knows, and leaves one that starts over.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let fresh = Self::new(self.kind);
        std::mem::replace(self, fresh)
    }

    /// A new socket speaks from the beginning.
    pub fn reset(&mut self) {
        self.reader = Self::named(self.kind);
    }

    /// Another session is followed.
    pub fn forget(&mut self) {
        self.late.forget();
        self.reset();
    }

    /// Reads one text frame: a message, or an array of them.
    pub fn read(&mut self, frame: &str, receiver: &mut impl Receiver) {
        wire::split(frame, |raw| {
            if self.reader.is_none() {
                self.reader = Reader::recognise(raw);
            }
            match &mut self.reader {
                Some(reader) => reader.read(raw, &mut self.late, receiver),
                // It says what is wrong with the message.
                None => Native::default().read(raw, receiver),
            }
        });
    }

    /// Reads what came of an HTTP request: `status` is 0 when there was no answer. Events in it go
    /// to `receiver`.
    pub fn read_answer(
        query: Query,
        status: u16,
        body: &str,
        receiver: &mut impl Receiver,
    ) -> Answer {
        progress::read_answer(query, status, body, receiver)
    }

    /// The request with which a client has to introduce itself on every socket, where it has to.
    #[must_use]
    pub fn introduction(&self) -> Option<Call> {
        match self.reader {
            Some(Reader::JsonRpc(_)) => Some(json_rpc::introduction()),
            _ => None,
        }
    }

    /// Words a request; `None` when this dialect knows no requests.
    #[must_use]
    pub fn encode_call(&self, id: RequestId, call: &Call) -> Option<String> {
        match self.reader {
            Some(Reader::JsonRpc(_)) => Some(json_rpc::encode_call(id, call)),
            _ => None,
        }
    }

    /// Words a frame of the connection's own; `None` when this dialect has no words for it, or it is
    /// not known which one it is.
    #[must_use]
    pub fn encode(&self, frame: &Frame) -> Option<String> {
        match self.reader.as_ref()? {
            Reader::Native(_) => native::encode(frame),
            Reader::JsonRpc(_) => json_rpc::encode(frame),
            Reader::TaskPush(_) => task_push::encode(frame),
            Reader::AgUi(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_tells_the_dialect() {
        for (first, expected) in [
            (r#"{"jsonrpc":"2.0","method":"connection/established"}"#, "json-rpc"),
            (r#"{"type":"task_progress","payload":{"task_id":"t"}}"#, "task-push"),
            (r#"{"type":"task-completed","task_id":"t"}"#, "task-push"),
            (r#"{"type":"pong","payload":{"timestamp":1.5}}"#, "task-push"),
            (r#"{"content":"hello","chat_id":"c"}"#, "task-push"),
            (r#"{"type":"hello","epoch":"e"}"#, "native"),
            (r#"{"type":"pong","timestamp":1}"#, "native"),
            (r#"{"type":"log","content":"x","chat_id":"c"}"#, "native"),
            (r#"{"type":"ready"}"#, "native"),
            (r#"{"type":"RUN_STARTED","threadId":"t","runId":"r"}"#, "ag-ui"),
            (r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"x"}"#, "ag-ui"),
            (r#"{"type":""}"#, "native"),
            (r#"{"type":"Log"}"#, "native"),
            (r#"{"content":"hello"}"#, "none"),
            ("{}", "none"),
            ("hello", "none"),
            ("17", "none"),
        ] {
            let found = match Reader::recognise(first) {
                Some(Reader::Native(_)) => "native",
                Some(Reader::JsonRpc(_)) => "json-rpc",
                Some(Reader::TaskPush(_)) => "task-push",
                Some(Reader::AgUi(_)) => "ag-ui",
                None => "none",
            };
            assert_eq!(found, expected, "{first}");
        }
    }
}
