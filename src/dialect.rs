//! Dialects: how one kind of backend speaks.
//!
//! A dialect turns text frames into [`Signal`]s, which are all that the connection hears, and
//! [`Operation`]s, which are all that the activity model hears. It decides nothing: not what to
//! show, not when to reconnect.

mod event;
mod native;
mod operation;
mod progress;

pub use operation::{Entry, Level, Operation, PhaseRef};

use crate::connection::{Answer, Frame, Policy, Query, RequestId, Signal};
use native::Native;

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
}

/// The dialects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialectKind {
    /// Recognised from the first message of every connection.
    #[default]
    Auto,
    /// `agent-gateway`, and servers that number their events.
    Native,
    /// Older servers of the same family, which number nothing.
    Progress,
}

impl DialectKind {
    /// How servers of this kind want to be treated, where that is known before they have said
    /// anything.
    #[must_use]
    pub const fn policy(self) -> Option<Policy> {
        match self {
            Self::Auto | Self::Native => None,
            Self::Progress => Some(progress::POLICY),
        }
    }
}

/// Reads what one server says.
#[derive(Clone, Debug)]
pub struct Dialect {
    kind: DialectKind,
    reader: Reader,
}

/// What reads the frames of the present socket.
#[derive(Clone, Debug)]
enum Reader {
    Native(Native),
}

impl Dialect {
    /// A dialect of this kind.
    #[must_use]
    pub fn new(kind: DialectKind) -> Self {
        Self { kind, reader: Reader::Native(Native::default()) }
    }

    /// Takes the dialect with all that it knows, and leaves one that starts over.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let fresh = Self::new(self.kind);
        std::mem::replace(self, fresh)
    }

    /// Starts over: a new socket speaks from the beginning.
    pub fn reset(&mut self) {
        *self = Self::new(self.kind);
    }

    /// Reads one text frame.
    pub fn read(&mut self, frame: &str, receiver: &mut impl Receiver) {
        match &mut self.reader {
            Reader::Native(native) => native.read(frame, receiver),
        }
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

    /// Words a request, `params` being JSON; `None` when this dialect knows no requests.
    #[must_use]
    pub fn encode_call(&self, _id: RequestId, _method: &str, _params: &str) -> Option<String> {
        match self.reader {
            Reader::Native(_) => None,
        }
    }

    /// Words a frame of the connection's own; `None` when this dialect has no words for it.
    #[must_use]
    pub fn encode(&self, frame: &Frame) -> Option<String> {
        match self.reader {
            Reader::Native(_) => native::encode(frame),
        }
    }
}
