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
mod io;
mod resume;
mod rng;
mod timer;

use std::{collections::VecDeque, time::Duration};

pub use close::CloseCode;
pub use config::Config;
pub use endpoint::{Endpoint, EndpointError};
pub use error::{ErrorKind, Failure, LossCause};
pub use io::{
    Event, Frame, Input, Liveness, Outcome, Output, Signal, SocketEvent, SocketId, State,
};

use crate::time::Instant;
use backoff::Backoff;
use close::Disposition;
use resume::{Cursor, Reopenings, Step};
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
    outputs: VecDeque<Output>,

    socket: Option<Socket>,
    last_socket: SocketId,
    backoff: Backoff,
    connect_timeouts: u32,
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
            outputs: VecDeque::new(),
            socket: None,
            last_socket: SocketId(0),
            backoff: Backoff::default(),
            connect_timeouts: 0,
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
        self.outputs.pop_front().unwrap_or_else(|| Output::Timeout(self.timers.next_due()))
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

    // Sockets coming and going.

    fn open(&mut self) {
        let endpoint = match &self.endpoint {
            Ok(endpoint) => endpoint,
            Err(error) => return self.enter(State::Failed(Failure::Endpoint(error.clone()))),
        };
        let resume = self.cursor.position();
        let url = endpoint.socket_url(resume);
        self.last_socket = SocketId(self.last_socket.0.saturating_add(1));
        self.socket = Some(Socket {
            id: self.last_socket,
            opened: false,
            heard: false,
            resumed: resume.is_some(),
            ready: false,
            liveness: Liveness::ReceiveOnly,
            misses: 0,
        });
        self.outputs.push_back(Output::Open { socket: self.last_socket, url });
        self.timers.stop(Timer::Retry);
        self.timers.arm(Timer::Connect, self.now + self.connect_timeout());
        self.enter(State::Connecting { attempt: self.attempt() });
    }

    /// The timeout of this attempt: half as much again after each timeout in a row.
    fn connect_timeout(&self) -> Duration {
        (0..self.connect_timeouts.min(16))
            .fold(self.config.connect_timeout, |timeout, _| timeout.saturating_mul(3) / 2)
            .min(self.config.connect_timeout_max.max(self.config.connect_timeout))
    }

    const fn attempt(&self) -> u32 {
        self.backoff.failures().saturating_add(1)
    }

    fn handle_opened(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        if socket.opened {
            return;
        }
        socket.opened = true;
        self.connect_timeouts = 0;
        self.timers.stop(Timer::Connect);
        self.timers.arm(Timer::Greeting, self.now + self.config.greeting_timeout);
        self.timers.arm(Timer::Stable, self.now + self.config.uptime_min);
        self.enter(State::Greeting { attempt: self.attempt() });
    }

    fn handle_closed(&mut self, code: CloseCode) {
        let Some(socket) = &self.socket else { return };
        let cause = if !socket.opened {
            LossCause::NeverOpened
        } else if socket.heard {
            LossCause::Closed(code)
        } else {
            LossCause::ClosedAtOnce(code)
        };
        if matches!(self.state, State::Ended(_)) {
            // The server went first: nothing is left to close, nothing to come back for.
            self.socket = None;
            self.timers.stop_all();
            return;
        }
        match code.disposition() {
            Disposition::Retry => self.lose(cause, Duration::ZERO),
            Disposition::RetryLater => self.lose(cause, self.config.overload_floor),
            Disposition::Final => self.fail(Failure::Refused(code)),
        }
    }

    /// The socket is of no more use: abandons it and schedules the next attempt, `extra` later than
    /// usual.
    fn lose(&mut self, cause: LossCause, extra: Duration) {
        self.abandon(CloseCode::ABANDONED);
        let delay = self.backoff.next_delay(&self.config, &mut self.rng) + extra;
        if self.config.attempts_max.is_some_and(|max| self.backoff.failures() >= max) {
            return self.fail(Failure::AttemptsExhausted(cause));
        }
        let at = self.now + delay;
        self.timers.arm(Timer::Retry, at);
        self.enter(State::Waiting { attempt: self.attempt(), at, cause });
    }

    fn fail(&mut self, failure: Failure) {
        self.abandon(CloseCode::NORMAL);
        self.enter(State::Failed(failure));
    }

    /// Retires the socket, if there is one, and every timer with it.
    fn abandon(&mut self, code: CloseCode) {
        self.timers.stop_all();
        if let Some(socket) = self.socket.take() {
            self.outputs.push_back(Output::Close { socket: socket.id, code });
        }
    }

    fn enter(&mut self, state: State) {
        if self.state != state {
            self.state = state.clone();
            self.outputs.push_back(Output::Event(Event::StateChanged(state)));
        }
    }

    // Messages.

    fn handle_message(&mut self, signal: Signal) {
        self.heard_at = Some(self.now);
        let is_readable = !matches!(signal, Signal::Unreadable { .. });
        self.note_life(is_readable);
        match signal {
            Signal::Greeting { epoch, liveness } => self.handle_greeting(epoch, liveness),
            Signal::Event { seq: None, ends } => self.admit(ends),
            Signal::Event { seq: Some(seq), ends } => self.handle_numbered(seq, ends),
            Signal::Unreadable { seq: Some(seq) } => self.handle_numbered(seq, None),
            Signal::Unreadable { seq: None } => self.admit(None),
            Signal::Gap { from, to } => self.skip_to(from, to),
            Signal::Ready => self.handle_ready(),
            Signal::Heartbeat { newest } => {
                if let Some(newest) = newest.filter(|&newest| newest > self.cursor.last())
                    && !self.reopen()
                {
                    self.skip_to(self.cursor.last().saturating_add(1), newest);
                }
            }
            Signal::Pong { timestamp } => self.handle_pong(timestamp),
            Signal::Other => {}
        }
    }

    /// Anything that comes in is a sign of life; the first that can be read ends the greeting.
    fn note_life(&mut self, is_readable: bool) {
        let Some(socket) = &mut self.socket else { return };
        socket.misses = 0;
        self.timers.stop(Timer::Pong);
        let was_heard = socket.heard;
        socket.heard |= is_readable;
        if socket.liveness == Liveness::Ping {
            self.timers.arm(Timer::Ping, self.now + self.config.ping_interval);
        }
        if is_readable && !was_heard {
            self.timers.stop(Timer::Greeting);
            if !self.timers.is_armed(Timer::Stable) {
                // Up for long enough before it said anything.
                self.backoff.reset();
            }
            self.enter(State::Connected);
        } else if self.state == State::Suspect {
            self.enter(State::Connected);
        }
    }

    fn handle_greeting(&mut self, epoch: Option<String>, liveness: Liveness) {
        if let Some(socket) = &mut self.socket {
            socket.liveness = liveness;
        }
        if liveness == Liveness::Ping {
            self.timers.arm(Timer::Ping, self.now + self.config.ping_interval);
        }
        if let Some(epoch) = epoch
            && self.cursor.enter(&epoch)
        {
            self.reopenings.forget_question();
            self.outputs.push_back(Output::Event(Event::EpochChanged));
        }
    }

    fn handle_numbered(&mut self, seq: u64, ends: Option<Outcome>) {
        match self.cursor.step(seq) {
            Step::Duplicate => self.outputs.push_back(Output::Event(Event::Duplicate)),
            Step::Hole if self.reopen() => {}
            Step::Hole => {
                self.skip_to(self.cursor.last().saturating_add(1), seq - 1);
                self.cursor.advance(seq);
                self.admit(ends);
            }
            Step::Next => {
                self.cursor.advance(seq);
                self.admit(ends);
            }
        }
    }

    /// Asks for what is missing by a new socket that resumes after the last number without a hole;
    /// whether that is worth it. What else the old socket brings is retired with it.
    ///
    /// Not once the session has ended: nothing that matters is missing then.
    fn reopen(&mut self) -> bool {
        if matches!(self.state, State::Ended(_)) {
            return false;
        }
        let permitted = self.reopenings.permit(
            self.cursor.last(),
            self.now,
            self.config.reopenings_max,
            self.config.reopenings_window,
        );
        if permitted {
            self.abandon(CloseCode::ABANDONED);
            self.open();
        }
        permitted
    }

    fn skip_to(&mut self, from: u64, to: u64) {
        let from = from.max(self.cursor.last().saturating_add(1));
        if from <= to && self.cursor.last() < to {
            self.cursor.advance(to);
            self.outputs.push_back(Output::Event(Event::Missing { from, to }));
        }
    }

    fn admit(&mut self, ends: Option<Outcome>) {
        self.outputs.push_back(Output::Event(Event::Admitted));
        if let Some(outcome) = ends {
            self.timers.stop(Timer::Ping);
            self.timers.stop(Timer::Stable);
            if let Some(socket) = &mut self.socket {
                socket.liveness = Liveness::ReceiveOnly;
                if socket.ready {
                    self.timers.arm(Timer::Linger, self.now + self.config.linger);
                }
            }
            self.enter(State::Ended(outcome));
        }
    }

    fn handle_ready(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        if socket.ready {
            return;
        }
        socket.ready = true;
        let resumed = socket.resumed;
        self.outputs.push_back(Output::Event(Event::Ready { resumed }));
        if matches!(self.state, State::Ended(_)) {
            self.timers.arm(Timer::Linger, self.now + self.config.linger);
        }
    }

    // Liveness.

    fn ping(&mut self) {
        let Some(socket) = &self.socket else { return };
        let timestamp = u64::try_from(self.now.since_origin().as_millis()).unwrap_or(u64::MAX);
        let frame = Frame::Ping { timestamp };
        self.outputs.push_back(Output::Transmit { socket: socket.id, frame });
        self.timers.arm(Timer::Pong, self.now + self.pong_timeout());
    }

    fn pong_timeout(&self) -> Duration {
        self.rtt.map_or(self.config.pong_timeout_min, |rtt| {
            rtt.saturating_mul(self.config.pong_timeout_rtts).max(self.config.pong_timeout_min)
        })
    }

    fn handle_missed_pong(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        socket.misses = socket.misses.saturating_add(1);
        if socket.misses >= self.config.misses_max {
            self.lose(LossCause::Silent, Duration::ZERO);
        } else {
            self.enter(State::Suspect);
            self.ping();
        }
    }

    fn handle_pong(&mut self, timestamp: Option<u64>) {
        let now_ms = u64::try_from(self.now.since_origin().as_millis()).unwrap_or(u64::MAX);
        let Some(round_trip) = timestamp.and_then(|sent| now_ms.checked_sub(sent)) else { return };
        let sample = Duration::from_millis(round_trip);
        // The smoothing of TCP's round-trip estimate, RFC 6298: seven parts old, one part new.
        self.rtt = Some(self.rtt.map_or(sample, |rtt| (rtt.saturating_mul(7) + sample) / 8));
    }

    /// The socket was up long enough; if it has said something too, the connection proved itself.
    fn prove(&mut self) {
        if self.socket.as_ref().is_some_and(|socket| socket.heard) {
            self.backoff.reset();
        }
    }
}
