//! How a server wants to be treated, as values that its dialect gives.

use super::Content;

/// How a server wants to be treated.
///
/// The machine goes by these values and knows no server by name: what one server needs, such as
/// pings, is what another one dies of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How to tell whether it is alive.
    pub liveness: Liveness,
    /// How to go on after a connection was lost.
    pub resume: Resume,
    /// What it takes from a client.
    pub intake: Intake,
    /// Whether it speaks first. Where it does not, it is pinged at once, if it may be, and believed
    /// to be there when it stays silent.
    pub greets: bool,
    /// How many sockets may follow one session at a time.
    pub followers: Followers,
}

impl Policy {
    /// What holds for a server that is not known yet: it is sent nothing.
    pub const UNKNOWN: Self = Self {
        liveness: Liveness::ReceiveOnly,
        resume: Resume::Nothing,
        intake: Intake::Nothing,
        greets: true,
        followers: Followers::One,
    };

    /// Whether it has to be pinged before it says anything, and may be.
    pub(super) fn is_asked_first(self) -> bool {
        !self.greets && matches!(self.liveness, Liveness::Ping | Liveness::PingOnTrial)
    }
}

/// How to tell whether a silent server is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It answers pings.
    Ping,
    /// It may answer pings: that it does not counts against it only once it has answered one.
    PingOnTrial,
    /// It must never be sent anything: it does not read, and what fills its buffers kills it. It says
    /// something now and then, if only that it is there.
    ReceiveOnly,
    /// Nothing tells: it has no words for that, and may be silent for as long as its work takes. That
    /// the connection is dead is known once the browser knows.
    Untold,
}

/// How a server is followed further after a connection was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// It numbers its events, and is asked for what comes after a number.
    Sequence,
    /// It repeats its past on every connection, and forgets it at times: repetitions are known by
    /// their content, and what was missed is read by HTTP.
    Identity,
    /// It sends what it has to send, once.
    Nothing,
}

/// How many sockets may follow one session at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followers {
    /// Any number, and each hears everything.
    Any,
    /// One: further ones take events away from it. The pages of a browser share it.
    One,
}

/// What a server takes from a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    /// Nothing.
    Nothing,
    /// Messages, each of which it acknowledges, and stores once however often it arrives.
    AckedMessages,
    /// Messages of text. Whether one arrived is not known.
    Messages,
    /// Requests, each of which it replies to.
    Requests,
}

impl Intake {
    /// Whether a message that says this can be sent to it. Only what acknowledges knows a cancel.
    pub(super) const fn takes(self, content: &Content) -> bool {
        match content {
            Content::Text(_) => self.takes_messages(),
            Content::Cancel => matches!(self, Self::AckedMessages),
        }
    }

    /// Whether messages can be sent to it.
    pub(super) const fn takes_messages(self) -> bool {
        matches!(self, Self::AckedMessages | Self::Messages)
    }
}
