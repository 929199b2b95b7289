//! The connection: what joins the page to one session.
//!
//! [`Connection`] is a state machine without I/O and without a clock. Inputs and the time go in
//! through [`Connection::handle_input`]; what is to be done comes out of
//! [`Connection::poll_output`]. It does not know what a message says to people, how it is encoded,
//! or that there are browsers.
//!
//! The contract of whoever drives it: put one input in, drain the outputs up to
//! [`Output::Timeout`], arm one alarm for the deadline that it names, repeat. What an output leads to
//! at once, such as a message that cannot be sent, is the next input. Any input is legal in any
//! state. A timeout that comes early or twice changes nothing; one that comes late is normal.
//!
//! There is no closing state. A socket that is done with is abandoned: detached, closed, its id
//! retired. Browsers may take minutes to confirm the close of a dead connection, and waiting for
//! that would buy nothing.

mod backoff;
mod catch_up;
mod close;
mod config;
mod delivery;
mod diagnosis;
mod endpoint;
mod error;
mod fetch;
mod identities;
mod inbound;
mod io;
mod liveness;
mod outbox;
mod page;
mod policy;
mod requests;
mod resume;
mod rng;
mod sockets;
mod tally;
mod timer;

use std::{sync::Arc, time::Duration};

pub use close::{CloseCode, Disposition};
pub use config::Config;
pub use endpoint::{Endpoint, EndpointError, Position, with_token};
pub use error::{Diagnosis, ErrorKind, Failure, LossCause};
pub use fetch::{Answer, Query};
pub use io::{
    Event, FetchId, Frame, Identity, Input, Outcome, Output, PageEvent, RequestError, RequestId,
    Signal, SocketEvent, SocketId, State, Token, TokenError, TokenId,
};
pub use outbox::{Content, Delivery, Outgoing, Queue, Refusal};
pub use policy::{Followers, Intake, Liveness, Policy, Resume};

use crate::time::Instant;
use backoff::Backoff;
use catch_up::CatchUp;
use fetch::{Pending, Purpose};
use identities::Identities;
use outbox::Outbox;
use page::Page;
use requests::Requests;
use resume::{Cursor, Reopenings};
use rng::Rng;
use timer::{Timer, TimerTable};

/// What joins the page to one session: socket, retries, liveness, messages and resume.
#[derive(Clone, Debug)]
pub struct Connection {
    config: Arc<Config>,
    endpoint: Arc<Result<Endpoint, EndpointError>>,
    rng: Rng,
    now: Instant,
    state: State,
    timers: TimerTable,
    /// In the order in which they are to be done; never more than a few.
    outputs: Vec<Output>,
    page: Page,

    socket: Option<Socket>,
    last_socket: SocketId,
    /// When an attempt was last begun.
    attempted_at: Option<Instant>,
    backoff: Backoff,
    connect_timeouts: u32,
    closed_at_once: u32,
    protocol_errors: u32,

    /// How this server wants to be treated, as far as it is known.
    policy: Policy,
    /// Whether this server has ever answered a ping.
    has_ponged: bool,
    rtt: Option<Duration>,
    heard_at: Option<Instant>,

    token: Option<Token>,
    /// The question to the token provider that is open.
    token_asked: Option<TokenId>,
    last_token: TokenId,
    /// Whether the server refused a token, and no connection has proved itself since.
    is_token_refused: bool,

    pending: Option<Pending>,
    last_fetch: FetchId,

    cursor: Cursor,
    /// How the session ended, once that is known.
    outcome: Option<Outcome>,
    reopenings: Reopenings,
    identities: Identities,
    catch_up: CatchUp,

    outbox: Outbox,
    requests: Requests,
}

/// What is known of the one live socket.
#[derive(Clone, Debug)]
struct Socket {
    id: SocketId,
    opened: bool,
    /// Whether it has brought a readable message.
    heard: bool,
    /// Whether its server has introduced itself, so that it is known what may be sent.
    greeted: bool,
    /// Whether it was opened to go on after an earlier one.
    resumed: bool,
    /// Whether the replay of the past is done.
    ready: bool,
    /// When the first of the pings in a row was sent.
    pinged_at: Option<Instant>,
    /// How many pings in a row went unanswered.
    misses: u32,
    /// Whether the next miss is the last.
    is_probed: bool,
    /// What the browser may not have sent yet, at the most.
    buffered: u64,
    /// Whether nothing is handed to the browser before it has sent more of that.
    is_full: bool,
}

impl Connection {
    /// A connection that is idle. `seed` decides the jitter of its waits.
    #[must_use]
    pub fn new(config: Config, endpoint: Result<Endpoint, EndpointError>, seed: u64) -> Self {
        Self {
            policy: config.policy.unwrap_or(Policy::UNKNOWN),
            config: Arc::new(config),
            endpoint: Arc::new(endpoint),
            rng: Rng::new(seed),
            now: Instant::default(),
            state: State::Idle,
            timers: TimerTable::default(),
            outputs: Vec::new(),
            page: Page::default(),
            socket: None,
            last_socket: SocketId(0),
            attempted_at: None,
            backoff: Backoff::default(),
            connect_timeouts: 0,
            closed_at_once: 0,
            protocol_errors: 0,
            has_ponged: false,
            rtt: None,
            heard_at: None,
            token: None,
            token_asked: None,
            last_token: TokenId(0),
            is_token_refused: false,
            pending: None,
            last_fetch: FetchId(0),
            cursor: Cursor::default(),
            outcome: None,
            reopenings: Reopenings::default(),
            identities: Identities::default(),
            catch_up: CatchUp::default(),
            outbox: Outbox::default(),
            requests: Requests::default(),
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

    /// How many sockets the server of the present one bears, as far as is known; `None` before it
    /// has said anything that can be read.
    #[must_use]
    pub fn followers(&self) -> Option<Followers> {
        let has_spoken = self.socket.as_ref().is_some_and(|socket| socket.heard);
        has_spoken.then(|| self.treatment().followers)
    }

    /// Whether what the present socket tells is to go on after something that was told before.
    pub(crate) fn is_resuming(&self) -> bool {
        self.heard_at.is_some() || self.catch_up.is_in_doubt()
    }

    /// How many bytes of what a shared socket has brought are kept for others.
    pub(crate) fn journal_bytes_max(&self) -> usize {
        self.config.journal_bytes_max
    }

    /// What the HTTP request of this id asks for, if its answer is still wanted.
    #[must_use]
    pub fn query(&self, id: FetchId) -> Option<Query> {
        self.pending.filter(|pending| pending.id == id).map(|pending| pending.query)
    }

    /// What waits to be sent and acknowledged.
    #[must_use]
    pub fn queue(&self) -> Queue {
        self.outbox.queue()
    }

    /// Whether the message of this id waits to be sent or acknowledged. One whose fate is not known
    /// and that does not wait is not sent again.
    #[must_use]
    pub fn is_queued(&self, id: &str) -> bool {
        self.outbox.contains(id)
    }

    /// How this server wants to be treated, as far as it is known.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// Takes note of `input` at `now`. Time never runs backwards here: an earlier `now` counts as
    /// the latest one seen.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.now = self.now.max(now);
        match input {
            Input::Connect => self.connect(),
            Input::Disconnect => self.disconnect(),
            Input::Reconnect => self.reconnect(),
            Input::Readdress(endpoint) => self.endpoint = Arc::new(endpoint),
            Input::Follow(endpoint) => self.follow(endpoint),
            Input::Socket(id, event) => {
                if self.socket() == Some(id) {
                    self.handle_socket(event);
                } else if self.last_socket == id && event == SocketEvent::Blocked {
                    self.handle_was_blocked();
                }
            }
            Input::Page(event) => self.handle_page(event),
            Input::Token(id, answer) => {
                if self.token_asked == Some(id) {
                    self.handle_token(answer);
                }
            }
            Input::Fetched(id, answer) => {
                if self.query(id).is_some() {
                    self.handle_fetched(answer);
                }
            }
            Input::Merge { identity, ends } => self.merge(identity, ends),
            Input::Send(message) => self.send(message),
            Input::Request(request) => self.request(request),
            Input::Timeout => {}
        }
        // After the input: what has already arrived counts before a deadline does.
        for timer in Timer::ALL {
            if let Some(due) = self.timers.take_due(timer, self.now) {
                let is_late = due.late > self.config.late_tolerance && !due.is_forgiven;
                if is_late && timer.is_deadline() {
                    self.forgive(timer, due.late);
                } else {
                    self.handle_timer(timer, due.is_forgiven);
                }
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
        if self.state == State::Idle {
            self.page.is_left = false;
            match self.outcome {
                // Its server has nothing more to say, and would only close again.
                Some(outcome) => self.enter(State::Ended(outcome)),
                None => self.open(),
            }
        }
    }

    fn disconnect(&mut self) {
        self.abandon(CloseCode::NORMAL);
        self.forget_fetch();
        self.start_over();
        self.enter(State::Idle);
    }

    fn reconnect(&mut self) {
        match self.state {
            State::Suspect
            | State::Waiting { .. }
            | State::Offline { .. }
            | State::Paused { .. }
            | State::Failed(_) => {
                self.page.is_left = false;
                self.abandon(CloseCode::ABANDONED);
                self.start_over();
                self.open();
            }
            State::Idle
            | State::Connecting { .. }
            | State::Greeting { .. }
            | State::Connected
            | State::Ended(_) => {}
        }
    }

    fn follow(&mut self, endpoint: Result<Endpoint, EndpointError>) {
        let was_idle = self.state == State::Idle;
        self.abandon(CloseCode::NORMAL);
        self.forget_fetch();
        self.start_over();
        self.clear_outbox(&Refusal::OtherSession);
        self.endpoint = Arc::new(endpoint);
        self.policy = self.config.policy.unwrap_or(Policy::UNKNOWN);
        self.has_ponged = false;
        self.rtt = None;
        self.heard_at = None;
        self.token = None;
        self.cursor = Cursor::default();
        self.outcome = None;
        self.reopenings = Reopenings::default();
        self.identities = Identities::default();
        self.catch_up = CatchUp::default();
        if was_idle {
            self.enter(State::Idle);
        } else if self.page.is_left {
            let attempt = self.attempt();
            self.enter(State::Paused { attempt, cause: LossCause::PageLeft });
        } else {
            self.open();
        }
    }

    /// What failed so far is of no account any more.
    fn start_over(&mut self) {
        self.backoff.reset();
        self.connect_timeouts = 0;
        self.closed_at_once = 0;
        self.protocol_errors = 0;
        self.is_token_refused = false;
    }

    fn handle_socket(&mut self, event: SocketEvent) {
        match event {
            SocketEvent::Opened => self.handle_opened(),
            SocketEvent::Joined { missing, is_resumed } => self.handle_joined(missing, is_resumed),
            SocketEvent::Message(signal) => self.handle_message(signal),
            SocketEvent::Unsent => self.handle_unsent(),
            SocketEvent::Buffered(bytes) => self.handle_buffered(bytes),
            SocketEvent::Blocked => self.handle_blocked(),
            SocketEvent::Invalid => self.handle_invalid(),
            SocketEvent::Closed(code) => self.handle_closed(code),
        }
    }

    /// A deadline has passed while the page slept, or was held up: what came meanwhile may still
    /// wait to be read, so that there is some grace, once.
    fn forgive(&mut self, timer: Timer, late: Duration) {
        let until = self.now + self.config.late_grace;
        self.timers.forgive(timer, until);
        if timer == Timer::Request {
            self.requests.forgive(self.now, self.config.late_grace);
        }
        self.outputs.push(Output::Event(Event::WasLate { by: late }));
    }

    fn handle_timer(&mut self, timer: Timer, was_late: bool) {
        match timer {
            Timer::Connect => self.handle_connect_timeout(),
            Timer::Greeting => self.handle_greeting_timeout(),
            Timer::Ping => self.ping(self.pong_timeout()),
            Timer::Pong => self.handle_missed_pong(was_late),
            Timer::Silence => self.handle_silence(),
            Timer::Mute => self.lose(LossCause::Silent, Duration::ZERO),
            Timer::Fetch => self.handle_fetched(Answer::Status(0)),
            Timer::Poll => self.poll(),
            Timer::Drain => self.measure(),
            Timer::Stable => self.handle_stable(),
            Timer::Retry => self.open(),
            Timer::Linger => self.abandon(CloseCode::NORMAL),
            Timer::Request => self.handle_overdue_requests(),
            Timer::Sweep => self.sweep(),
        }
    }
}
