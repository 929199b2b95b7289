//! The vocabulary of the connection: what goes in and what comes out. No behaviour.

use std::time::Duration;

use super::{Answer, CloseCode, Delivery, Failure, LossCause, Outgoing, Policy, Query};
use crate::time::Instant;

/// Names one socket. Ids only rise, and what a socket says after it was replaced changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u32);

/// Names one question put to the token provider. An answer to an older one changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub u32);

/// Names one HTTP request. An answer to an older one changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub u32);

/// Names one request over the socket. Never used again, not even on another socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Something that the connection has to take note of.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Follow the session.
    Connect,
    /// Stop following it.
    Disconnect,
    /// A person does not want to wait: attempt now.
    Reconnect,
    /// The same session is to be reached at another address, from the next attempt on.
    Readdress(Result<super::Endpoint, super::EndpointError>),
    /// Another session is to be followed. What is known of the one before is void; what was to be
    /// sent to it is not sent to this one.
    Follow(Result<super::Endpoint, super::EndpointError>),
    /// A socket has something to say.
    Socket(SocketId, SocketEvent),
    /// Something happened to the page.
    Page(PageEvent),
    /// The token provider answered: a token, `None` where none is needed, or that it failed.
    Token(TokenId, Result<Option<Token>, TokenError>),
    /// An HTTP request was answered, or was not. The events that it brought are put in before it,
    /// by [`Input::Merge`].
    Fetched(FetchId, Answer),
    /// An event that an HTTP request brought, or that was held.
    Merge {
        /// Its content.
        identity: Option<Identity>,
        /// The end that it brings to the session.
        ends: Option<Outcome>,
    },
    /// Send a message, now or as soon as there is a connection.
    Send(Outgoing),
    /// Send a request and wait for its reply. Not queued: without a connection it is refused.
    Request(RequestId),
    /// The deadline named by [`Output::Timeout`] has come. Harmless when it has not.
    Timeout,
}

/// What a socket says.
#[derive(Clone, Debug, PartialEq)]
pub enum SocketEvent {
    /// The handshake is done. Proves nothing about the server behind a proxy.
    Opened,
    /// It is another page's socket, open already, and this page hears from now on what it brings.
    Joined {
        /// How many of its frames so far are not told again.
        missing: u64,
        /// Whether it was opened to go on after an earlier one, which may have brought more.
        is_resumed: bool,
    },
    /// A message came in; a dialect has read what it means for the connection.
    Message(Signal),
    /// The last message was not sent: the socket is closing, and will say so. Put in before
    /// anything else that comes in: what comes back after a message is taken to show that it arrived.
    Unsent,
    /// So many bytes wait in the browser to be sent; the answer to [`Output::Measure`].
    Buffered(u64),
    /// The page's own security policy does not allow this socket. May be said before its close,
    /// after it, or in its place.
    Blocked,
    /// The browser cannot read the address that the socket was to go to.
    Invalid,
    /// The socket is closed, or could not be made.
    Closed(CloseCode),
}

/// What happens to the page that the connection serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEvent {
    /// It can be seen.
    Shown,
    /// It can no longer be seen.
    Hidden,
    /// The machine has a network, as far as the browser knows.
    Online,
    /// The machine has none, as far as the browser knows.
    Offline,
    /// It is left, perhaps for ever: what is not closed now is never closed.
    Left,
    /// It is back as it was left, or runs again after it was frozen.
    Returned,
}

/// What a message means for the connection, whatever the dialect.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// The server introduced itself, or its first message did.
    Greeting {
        /// The incarnation of the history, where the server names one.
        epoch: Option<String>,
        /// How this server wants to be treated.
        policy: Policy,
    },
    /// An event.
    Event {
        /// Its number, from a server that numbers.
        seq: Option<u64>,
        /// Its content, from a server that does not.
        identity: Option<Identity>,
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
    /// A message of this client is stored.
    Ack {
        /// The message's id.
        id: String,
    },
    /// A message of this client is refused.
    Nack {
        /// The message's id, where the server could read it.
        id: Option<String>,
        /// Why, in the server's words.
        reason: String,
    },
    /// The reply to a request, whether it is a result or an error.
    Reply {
        /// The request's id; absent when the server could not read it, which concerns the one
        /// request under way, if it is only one, and is shown otherwise. A reply to a request that is
        /// not under way is ignored.
        id: Option<RequestId>,
    },
    /// A message that means nothing to the connection but that the server is alive.
    Other,
    /// A message that could not be read.
    Unreadable {
        /// Its number, where at least that could be read.
        seq: Option<u64>,
    },
}

/// The content of an event, all of its fields, in 128 bits: two events of the same identity are
/// taken for the same event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The hash.
    pub hash: u128,
    /// Whether the event says when it happened. What does not may happen twice in the same words.
    pub is_dated: bool,
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

impl Outcome {
    /// Its name, as pages and files have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
        }
    }

    /// The outcome of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Complete, Self::Error, Self::Cancelled].into_iter().find(|it| it.name() == name)
    }
}

/// What proves to a server who is asking. Never shown, not even for debugging.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// The token provider has no token to give, for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenError;

/// Something that the driver has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Ask the token provider.
    FetchToken {
        /// What to call the question.
        id: TokenId,
        /// Whether the token that it gave last was refused, so that it must get another.
        is_refused: bool,
    },
    /// Open a socket. The one before it is closed already.
    Open {
        /// What to call it.
        socket: SocketId,
        /// Where it goes.
        url: String,
        /// The token to add to the address, where there is one.
        token: Option<Token>,
        /// The name under which the pages of a browser share this socket, where its server bears
        /// only one, or may do so.
        shared_as: Option<String>,
    },
    /// Send a frame.
    Transmit {
        /// Through which socket.
        socket: SocketId,
        /// What.
        frame: Frame,
    },
    /// Say how many bytes wait in the browser to be sent through this socket.
    Measure {
        /// Which.
        socket: SocketId,
    },
    /// Detach from a socket and close it, without waiting for it to confirm.
    Close {
        /// Which.
        socket: SocketId,
        /// With which code: 1000, or one of 3000 to 4999, which are all that a browser takes.
        code: CloseCode,
    },
    /// Ask by HTTP.
    Fetch {
        /// What to call the request.
        id: FetchId,
        /// What for.
        query: Query,
        /// Where.
        url: String,
        /// The token to send along, where there is one.
        token: Option<Token>,
    },
    /// Something that whoever watches will want to know.
    Event(Event),
    /// There is nothing more to do before this instant, or before the next input if there is none.
    Timeout(Option<Instant>),
}

/// A frame of the connection's own; the dialect words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Asks for a pong with the same timestamp, in milliseconds of the connection's clock.
    Ping {
        /// When it was sent.
        timestamp: u64,
    },
    /// A message to the session.
    Message(Outgoing),
    /// A request; whoever made it knows what it asks for.
    Request(RequestId),
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
    /// The message just put in is new, but something may be missing before it: keep it, whatever
    /// becomes of its socket, and put it in again after [`Event::Released`].
    Held,
    /// What was held can be put in again, by [`Input::Merge`].
    Released,
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
    /// The session ended, as is known from its stored result and from no event.
    EndedUnsaid(Outcome),
    /// A message to be sent is another step on its way.
    Delivery {
        /// The message.
        id: String,
        /// Where it is.
        delivery: Delivery,
    },
    /// A request has its reply, or will never have one.
    Answered {
        /// Which.
        request: RequestId,
        /// That the message just put in is the reply, or why there is none.
        result: Result<(), RequestError>,
    },
    /// A timer came late: the page slept, or was held up. What it would have ended gets some grace.
    WasLate {
        /// By so much.
        by: Duration,
    },
}

/// Why a request has no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// There is no connection.
    NotConnected,
    /// This server takes no requests.
    NotTaken,
    /// Too many requests are under way.
    TooMany,
    /// It did not come in time.
    TimedOut,
    /// The connection was lost before it came. The server may have done what was asked.
    Dropped,
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
    /// Messages used to come in, and a sign of life is overdue.
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
    /// The machine has no network: attempts are made once a minute, until it has one again.
    Offline {
        /// Which attempt will be next since a connection last proved itself, from 1.
        attempt: u32,
        /// What ended the last one.
        cause: LossCause,
    },
    /// Nobody sees the page: attempts are made once a minute, or not at all while it is left, until
    /// somebody does.
    Paused {
        /// Which attempt will be next since a connection last proved itself, from 1.
        attempt: u32,
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
            Self::Offline { .. } => "offline",
            Self::Paused { .. } => "paused",
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
