//! The dialect of `agent-gateway`, and of every server that numbers its events.
//!
//! `docs/protocol.md` describes it. A server that says `hello` answers pings and takes messages; one
//! whose first event comes without it is sent nothing. Whether that event has a number tells a
//! server that can be asked for the rest from one of the older kind ([`progress`]).

use super::{Entry, Level, Operation, Receiver, Verdict, event, progress};
use crate::{
    connection::{Content, Followers, Frame, Identity, Intake, Liveness, Policy, Resume, Signal},
    wire::{self, Control, Event, Message, Reading},
};

/// How a server that said `hello` wants to be treated.
const GREETED: Policy = Policy {
    liveness: Liveness::Ping,
    resume: Resume::Sequence,
    intake: Intake::AckedMessages,
    greets: true,
    followers: Followers::Any,
};

/// How a server that numbers its events, and never said `hello`, wants to be treated.
const NUMBERING: Policy = Policy {
    liveness: Liveness::ReceiveOnly,
    resume: Resume::Sequence,
    intake: Intake::Nothing,
    greets: true,
    followers: Followers::Any,
};

/// What is known of the server on the present socket.
#[derive(Clone, Debug, Default)]
pub(super) struct Native {
    greeted: bool,
    /// Whether it is taken for one of the older kind until it says more.
    is_presumed: bool,
}

impl Native {
    /// Reads one message.
    pub(super) fn read(&mut self, raw: &str, receiver: &mut impl Receiver) {
        match &Message::read(raw).reading {
            Reading::Control(control) => self.read_control(control, receiver),
            Reading::Event(event) => self.read_event(event, raw, receiver),
            Reading::Unreadable { reason, seq } => show_unreadable(reason, *seq, raw, receiver),
        }
    }

    fn read_event(&mut self, event: &Event<'_>, raw: &str, receiver: &mut impl Receiver) {
        if !self.greeted {
            let epoch = event.epoch.as_ref().map(ToString::to_string);
            let policy = if event.seq.is_some() { NUMBERING } else { progress::POLICY };
            self.greet(epoch, policy, receiver);
        }
        let identity = if event.seq.is_none() { identity(raw) } else { None };
        let ends = event::outcome(&event.kind);
        match receiver.signal(Signal::Event { seq: event.seq, identity, ends }) {
            Verdict::Show => event::operate(event, raw, receiver),
            Verdict::Hold => receiver.hold(raw),
            Verdict::Skip | Verdict::Answer(_) => {}
        }
    }

    fn read_control(&mut self, control: &Control<'_>, receiver: &mut impl Receiver) {
        if matches!(control, Control::Ready { .. } | Control::Heartbeat { .. }) {
            self.presume(receiver);
        }
        let signal = match control {
            Control::Hello { epoch, .. } => {
                return self.greet(Some(epoch.to_string()), GREETED, receiver);
            }
            Control::Gap { from, to, .. } => Signal::Gap { from: *from, to: *to },
            Control::Ready { .. } => Signal::Ready,
            Control::Heartbeat { newest } => Signal::Heartbeat { newest: *newest },
            Control::Pong { timestamp } => Signal::Pong { timestamp: *timestamp },
            Control::Ack { id } => Signal::Ack { id: id.to_string() },
            Control::Nack { id, reason } => Signal::Nack {
                id: id.as_ref().map(ToString::to_string),
                reason: reason.to_string(),
            },
        };
        receiver.signal(signal);
    }

    /// Nobody who says `hello` says this before it, so that this server takes nothing. It may forget
    /// what a lost socket has not brought, and is followed accordingly until an event tells more.
    fn presume(&mut self, receiver: &mut impl Receiver) {
        if !self.greeted && !std::mem::replace(&mut self.is_presumed, true) {
            receiver.signal(Signal::Greeting { epoch: None, policy: progress::POLICY });
        }
    }

    fn greet(&mut self, epoch: Option<String>, policy: Policy, receiver: &mut impl Receiver) {
        self.greeted = true;
        receiver.signal(Signal::Greeting { epoch, policy });
    }
}

/// Words a frame of the connection's own.
pub(super) fn encode(frame: &Frame) -> Option<String> {
    match frame {
        Frame::Ping { timestamp } => Some(wire::ping(*timestamp)),
        Frame::Message(message) => Some(match &message.content {
            Content::Text(text) => wire::message(&message.id, text, message.sent_at),
            Content::Cancel => wire::cancel(&message.id),
        }),
        Frame::Request(_) => None,
    }
}

/// What the event is known by, from a server that gives it no number.
pub(super) fn identity(raw: &str) -> Option<Identity> {
    let content = wire::content_identity(raw)?;
    Some(Identity { hash: content.hash, is_dated: content.is_dated })
}

/// Shows a message that could not be read, for this `reason`, as it came.
pub(super) fn show_unreadable(
    reason: &str,
    seq: Option<u64>,
    raw: &str,
    receiver: &mut (impl Receiver + ?Sized),
) {
    if receiver.signal(Signal::Unreadable { seq }) == Verdict::Show {
        receiver.operate(Operation::EntryAppended(Entry {
            seq,
            kind: "unreadable",
            level: Level::Warning,
            action: reason,
            message: raw,
            ..Entry::default()
        }));
    }
}
