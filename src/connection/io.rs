//! The vocabulary of the connection: what goes in and what comes out. No behaviour.

use super::{CloseCode, Failure, LossCause};
use crate::time::Instant;

/// Names one socket. Ids only rise, and what a socket says after it was replaced changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u32);

/// Something that the connection has to take note of.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Follow the session.
    Connect,
    /// Stop following it.
    Disconnect,
    /// A person does not want to wait: attempt now.
    Reconnect,
    /// A socket has something to say.
    Socket(SocketId, SocketEvent),
    /// The deadline named by [`Output::Timeout`] has come. Harmless when it has not.
    Timeout,
}

/// What a socket says.
#[derive(Clone, Debug, PartialEq)]
pub enum SocketEvent {
    /// The handshake is done. Proves nothing about the server behind a proxy.
    Opened,
    /// A message came in; a dialect has read what it means for the connection.
    Message(Signal),
    /// The socket is closed, or could not be made.
    Closed(CloseCode),
}

/// What a message means for the connection, whatever the dialect.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// The server introduced itself, or its first message did.
    Greeting {
        /// The incarnation of the history, where the server names one.
        epoch: Option<String>,
        /// How to tell whether this server is alive.
        liveness: Liveness,
    },
    /// An event.
    Event {
        /// Its number, from a server that numbers.
        seq: Option<u64>,
        /// The end that it brings to the session.
        ends: Option<Outcome>,
    },
    /// The server no longer has these events. Both bounds are missing themselves.
    Gap {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The replay of the past is done.
    Ready,
    /// The server is alive, and this is the number of its last event.
    Heartbeat {
        /// 0 = none yet; absent from servers that do not say.
        newest: Option<u64>,
    },
    /// The answer to a ping.
    Pong {
        /// The ping's timestamp, where it could be read.
        timestamp: Option<u64>,
    },
    /// A message that means nothing to the connection but that the server is alive.
    Other,
    /// A message that could not be read.
    Unreadable {
        /// Its number, where at least that could be read.
        seq: Option<u64>,
    },
}

/// How to tell whether a silent server is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It answers pings.
    Ping,
    /// It must never be sent anything.
    ReceiveOnly,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its work is done.
    Complete,
    /// It failed.
    Error,
    /// Somebody stopped it.
    Cancelled,
}

/// Something that the driver has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Open a socket. The one before it is closed already.
    Open {
        /// What to call it.
        socket: SocketId,
        /// Where it goes.
        url: String,
    },
    /// Send a frame.
    Transmit {
        /// Through which socket.
        socket: SocketId,
        /// What.
        frame: Frame,
    },
    /// Detach from a socket and close it, without waiting for it to confirm.
    Close {
        /// Which.
        socket: SocketId,
        /// With which code: 1000, or one of 3000 to 4999, which are all that a browser takes.
        code: CloseCode,
    },
    /// Something that whoever watches will want to know.
    Event(Event),
    /// There is nothing more to do before this instant, or before the next input if there is none.
    Timeout(Option<Instant>),
}

/// A frame of the connection's own; the dialect words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Asks for a pong with the same timestamp, in milliseconds of the connection's clock.
    Ping {
        /// When it was sent.
        timestamp: u64,
    },
}

/// Something that whoever watches will want to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The state is another one.
    StateChanged(State),
    /// The message just put in is new: show it.
    Admitted,
    /// The message just put in was received before: do not show it again.
    Duplicate,
    /// The server started a new history: what follows does not continue what came before.
    EpochChanged,
    /// These events are lost for good. Both bounds are missing themselves.
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The past is received; what follows is live.
    Ready {
        /// Whether this socket resumed after an earlier one, rather than being the first.
        resumed: bool,
    },
}

/// Where the connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody asked for a connection.
    Idle,
    /// A socket is opening.
    Connecting {
        /// Which attempt this is since a connection last proved itself, from 1.
        attempt: u32,
    },
    /// A socket is open and has not brought a readable message yet.
    Greeting {
        /// Which attempt this is since a connection last proved itself, from 1.
        attempt: u32,
    },
    /// Messages come in.
    Connected,
    /// Messages used to come in, and a ping is overdue.
    Suspect,
    /// The next attempt is scheduled.
    Waiting {
        /// Which attempt that will be since a connection last proved itself, from 1.
        attempt: u32,
        /// When.
        at: Instant,
        /// What ended the last one.
        cause: LossCause,
    },
    /// The session has ended; there is nothing more to come.
    Ended(Outcome),
    /// There will be no more attempts.
    Failed(Failure),
}

impl State {
    /// The state's name, as the page's `data-connection` has it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting { .. } => "connecting",
            Self::Greeting { .. } => "greeting",
            Self::Connected => "connected",
            Self::Suspect => "suspect",
            Self::Waiting { .. } => "waiting",
            Self::Ended(_) => "ended",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether what is shown is up to date: messages come in, or nothing more will.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        matches!(self, Self::Connected | Self::Ended(_))
    }
}
