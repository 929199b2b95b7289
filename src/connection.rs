//! The connection: what joins the page to one session.
//!
//! [`Connection`] is a state machine without I/O and without a clock. Inputs and the time go in
//! through [`Connection::handle_input`]; what is to be done comes out of
//! [`Connection::poll_output`]. It does not know what a message says to people, how it is encoded,
//! or that there are browsers.
//!
//! The contract of whoever drives it: put one input in, drain the outputs up to
//! [`Output::Timeout`], arm one alarm for the deadline that it names, repeat. Any input is legal in
//! any state. A timeout that comes early or twice changes nothing; one that comes late is normal.
//!
//! There is no closing state. A socket that is done with is abandoned: detached, closed, its id
//! retired. Browsers may take minutes to confirm the close of a dead connection, and waiting for
//! that would buy nothing.

mod backoff;
mod close;
mod config;
mod endpoint;
mod error;
mod inbound;
mod io;
mod liveness;
mod resume;
mod rng;
mod sockets;
mod timer;

use std::time::Duration;

pub use close::CloseCode;
pub use config::Config;
pub use endpoint::{Endpoint, EndpointError, Position};
pub use error::{ErrorKind, Failure, LossCause};
pub use io::{
    Event, Frame, Input, Liveness, Outcome, Output, Signal, SocketEvent, SocketId, State,
};

use crate::time::Instant;
use backoff::Backoff;
use resume::{Cursor, Reopenings};
use rng::Rng;
use timer::{Timer, TimerTable};

/// What joins the page to one session: socket, retries, liveness and resume.
#[derive(Clone, Debug)]
pub struct Connection {
    config: Config,
    endpoint: Result<Endpoint, EndpointError>,
    rng: Rng,
    now: Instant,
    state: State,
    timers: TimerTable,
    /// In the order in which they are to be done; never more than a few.
    outputs: Vec<Output>,

    socket: Option<Socket>,
    last_socket: SocketId,
    backoff: Backoff,
    connect_timeouts: u32,
    closed_at_once: u32,
    rtt: Option<Duration>,
    heard_at: Option<Instant>,

    cursor: Cursor,
    reopenings: Reopenings,
}

/// What is known of the one live socket.
#[derive(Clone, Debug)]
struct Socket {
    id: SocketId,
    opened: bool,
    /// Whether it has brought a readable message.
    heard: bool,
    /// Whether it was opened to go on from a position.
    resumed: bool,
    /// Whether the replay of the past is done.
    ready: bool,
    liveness: Liveness,
    /// How many pings in a row went unanswered.
    misses: u32,
}

impl Connection {
    /// A connection that is idle. `seed` decides the jitter of its waits.
    #[must_use]
    pub fn new(config: Config, endpoint: Result<Endpoint, EndpointError>, seed: u64) -> Self {
        Self {
            config,
            endpoint,
            rng: Rng::new(seed),
            now: Instant::default(),
            state: State::Idle,
            timers: TimerTable::default(),
            outputs: Vec::new(),
            socket: None,
            last_socket: SocketId(0),
            backoff: Backoff::default(),
            connect_timeouts: 0,
            closed_at_once: 0,
            rtt: None,
            heard_at: None,
            cursor: Cursor::default(),
            reopenings: Reopenings::default(),
        }
    }

    /// Where the connection is.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// When a message last came in.
    #[must_use]
    pub const fn heard_at(&self) -> Option<Instant> {
        self.heard_at
    }

    /// The smoothed round trip of a ping, once one was answered.
    #[must_use]
    pub const fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    /// The socket whose word counts at present.
    #[must_use]
    pub fn socket(&self) -> Option<SocketId> {
        self.socket.as_ref().map(|socket| socket.id)
    }

    /// Takes note of `input` at `now`. Time never runs backwards here: an earlier `now` counts as
    /// the latest one seen.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.now = self.now.max(now);
        match input {
            Input::Connect => self.connect(),
            Input::Disconnect => self.disconnect(),
            Input::Reconnect => self.reconnect(),
            Input::Socket(id, event) => {
                if self.socket() == Some(id) {
                    self.handle_socket(event);
                }
            }
            Input::Timeout => {}
        }
        // After the input: what has already arrived counts before a deadline does.
        for timer in Timer::ALL {
            if self.timers.take_due(timer, self.now) {
                self.handle_timer(timer);
            }
        }
    }

    /// What is to be done next; [`Output::Timeout`] when that is all.
    pub fn poll_output(&mut self) -> Output {
        if self.outputs.is_empty() {
            Output::Timeout(self.timers.next_due())
        } else {
            self.outputs.remove(0)
        }
    }

    fn connect(&mut self) {
        match self.state {
            State::Idle => self.open(),
            State::Connecting { .. }
            | State::Greeting { .. }
            | State::Connected
            | State::Suspect
            | State::Waiting { .. }
            | State::Ended(_)
            | State::Failed(_) => {}
        }
    }

    fn disconnect(&mut self) {
        self.abandon(CloseCode::NORMAL);
        self.backoff.reset();
        self.connect_timeouts = 0;
        self.enter(State::Idle);
    }

    fn reconnect(&mut self) {
        match self.state {
            State::Suspect | State::Waiting { .. } | State::Failed(_) => {
                self.abandon(CloseCode::ABANDONED);
                self.backoff.reset();
                self.connect_timeouts = 0;
                self.open();
            }
            State::Idle
            | State::Connecting { .. }
            | State::Greeting { .. }
            | State::Connected
            | State::Ended(_) => {}
        }
    }

    fn handle_socket(&mut self, event: SocketEvent) {
        match event {
            SocketEvent::Opened => self.handle_opened(),
            SocketEvent::Message(signal) => self.handle_message(signal),
            SocketEvent::Closed(code) => self.handle_closed(code),
        }
    }

    fn handle_timer(&mut self, timer: Timer) {
        match timer {
            Timer::Connect => {
                self.connect_timeouts = self.connect_timeouts.saturating_add(1);
                self.lose(LossCause::ConnectTimeout, Duration::ZERO);
            }
            Timer::Greeting => self.lose(LossCause::GreetingTimeout, Duration::ZERO),
            Timer::Ping => self.ping(),
            Timer::Pong => self.handle_missed_pong(),
            Timer::Stable => self.prove(),
            Timer::Retry => self.open(),
            Timer::Linger => self.abandon(CloseCode::NORMAL),
        }
    }
}
