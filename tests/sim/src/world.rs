//! The world of one run: a virtual clock, what is still to happen, and the session under test between
//! the page and the network.
//!
//! The session is driven as its contract says: one input, all outputs up to the timeout, one alarm.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    time::Duration,
};

use agent_activity::{
    activity::LogBounds,
    connection::{
        CloseCode, Config, Content, Endpoint, FetchId, Outgoing, PageEvent, Resume, SocketId,
        State, Token, TokenError,
    },
    dialect::DialectKind,
    session::{Call, Input, Output, Session},
    time::{Instant, whole_ms},
};

use crate::{
    check::{Bounds, CallCheck, LogCheck, MessageCheck, Result, SocketCheck, Violation, ensure},
    network::{Fate, FetchFate, Network},
    options::{Kind, Options},
    page::{Delivery, Page},
    plan::{Action, Plan, SESSIONS},
    rng::Rng,
    server::{Asked, Say, Server},
    trace::Trace,
};

/// How long the healed world runs, and when in that time everything has something new to tell.
const HEALING: u64 = 330_000;
const NEWS: u64 = 240_000;

/// How often somebody looks after a healed page that has given up.
const CARE: u64 = 10_000;

/// The most outputs of one input, beside one or two for each message that may be queued.
const OUTPUTS_MAX: usize = 600;

/// The most steps of a run; a world that never comes to rest is as bad as one that stands still.
const STEPS_MAX: u64 = 500_000;

/// How long a server that answers pings may be dead before the page gives the socket up: silence,
/// two pings, and the grace for each timer that came late.
const DEAD_MAX: u64 = 25_000 + 2 * 10_000 + 4 * 2_000;

/// The same for one that cannot be pinged and answers by HTTP: silence, a request that went wrong
/// before, one that did not, and the last grace.
const MUTE_MAX: u64 = 75_000 + 30_000 + 10_000 + 5_000 + 4 * 2_000;

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// What did not hold, if something did not.
    pub violation: Option<String>,
    /// The hash of everything observable.
    pub hash: u64,
    /// The observable in words, if that was asked for.
    pub lines: Vec<String>,
    /// How much time passed in the world, in milliseconds.
    pub simulated_ms: u64,
    /// How many inputs the session took.
    pub inputs: u64,
}

impl Report {
    /// A run that ended in a panic.
    #[must_use]
    pub fn panicked() -> Self {
        let violation = Some("it panicked; what it said stands above".to_owned());
        Self { violation, hash: 0, lines: Vec::new(), simulated_ms: 0, inputs: 0 }
    }
}

/// Something that is on its way.
#[derive(Debug)]
enum Happening {
    Action(Action),
    ToPage(Delivery),
    ToServer(u32, String),
    /// The opening handshake arrives at the server.
    Arrive(u32),
    /// The server learns that a socket is gone.
    Gone(u32),
    Fetch(FetchId, String),
    Heal,
    News,
    Care,
    Finish,
}

#[derive(Debug)]
struct Entry {
    at: u64,
    order: u64,
    happening: Happening,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// The world.
pub(crate) struct World {
    now: u64,
    order: u64,
    ahead: BinaryHeap<Reverse<Entry>>,
    options: Options,
    session: Session,
    page: Page,
    network: Network,
    server: Server,
    /// Until when the server is down.
    down_until: u64,
    says: Vec<Say>,
    /// What followed at once from what the session asked for: its next inputs.
    echoes: VecDeque<Delivery>,
    trace: Trace,
    log: LogCheck,
    messages: MessageCheck,
    calls: CallCheck,
    /// Whether the page has heard a pong in this session.
    has_ponged: bool,
    sockets: SocketCheck,
    /// Whether a socket was lost since, and what was missed is in that list alone.
    is_list_owed: bool,
    inputs: u64,
    steps: u64,
    /// Whether no other session may be followed any more.
    has_followed_on: bool,
    is_finished: bool,
}

impl World {
    pub(crate) fn new(plan: &Plan, is_told: bool) -> Self {
        let options = plan.options.clone();
        let mut ahead = BinaryHeap::new();
        let mut order = 0;
        let mut add = |at, happening| {
            order += 1;
            ahead.push(Reverse(Entry { at, order, happening }));
        };
        for &(at, action) in &plan.actions {
            if at < options.duration {
                add(at, Happening::Action(action));
            }
        }
        add(options.duration, Happening::Heal);
        for care in 1..HEALING / CARE {
            add(options.duration + care * CARE, Happening::Care);
        }
        add(options.duration + NEWS, Happening::News);
        add(options.duration + HEALING, Happening::Finish);
        let mut trace = Trace::new(is_told);
        trace.remark(|| format!("seed {}: {options:?}", plan.seed));

        let mut config = Config::default();
        config.token_provider(options.has_token_provider);
        if options.has_small_bounds {
            config.queue_max(6, 1_500).buffered_max(700, 200, Duration::from_millis(100));
        }
        let endpoint = endpoint(&options, 0, true);
        let bounds = LogBounds::default();
        let session = Session::new(config, options.dialect, endpoint, bounds, plan.seed);
        let numbers = options.kind.numbers();
        let sockets = SocketCheck::new(Bounds {
            may_reopen: !numbers || options.server.hole > 0 || options.rates.trim > 0,
        });
        Self {
            now: 0,
            order,
            ahead,
            session,
            page: Page::new(options.page),
            network: Network::new(options.network, Rng::new(plan.seed ^ 0x7e57_0000_0000_0001)),
            server: Server::new(options.kind, options.server),
            down_until: 0,
            says: Vec::new(),
            echoes: VecDeque::new(),
            trace,
            log: LogCheck::default(),
            messages: MessageCheck::default(),
            calls: CallCheck::default(),
            has_ponged: false,
            sockets,
            is_list_owed: false,
            inputs: 0,
            steps: 0,
            has_followed_on: false,
            is_finished: false,
            options,
        }
    }

    /// Runs the plan to its end, or to the first violation.
    pub(crate) fn run(mut self) -> Report {
        let result = self.run_to_end();
        let violation = result.err().map(|Violation(words)| words);
        Report {
            violation,
            hash: self.trace.hash(),
            simulated_ms: self.now,
            inputs: self.inputs,
            lines: self.trace.into_lines(),
        }
    }

    fn run_to_end(&mut self) -> Result {
        while !self.is_finished {
            self.steps += 1;
            ensure!(self.steps < STEPS_MAX, "the world does not come to rest");
            self.step()?;
        }
        Ok(())
    }

    /// Goes to whatever is next, and does it.
    fn step(&mut self) -> Result {
        let ahead = self.ahead.peek().map_or(u64::MAX, |Reverse(entry)| entry.at);
        let page = self.page.due().unwrap_or(u64::MAX);
        let server = self.server.due().filter(|_| self.is_server_up()).unwrap_or(u64::MAX);
        self.now = self.now.max(ahead.min(page).min(server));
        self.check_liveness()?;
        if ahead <= self.now {
            let Some(Reverse(entry)) = self.ahead.pop() else { return Ok(()) };
            return self.happen(entry.happening);
        }
        if server <= self.now {
            self.server.tick(self.now, &mut self.says);
            self.hear_server();
            return Ok(());
        }
        if self.page.wake(self.now) {
            return self.catch_up_on_inbox();
        }
        self.page.rang();
        self.turn("timeout", 0, "", Input::Timeout)
    }

    fn is_server_up(&self) -> bool {
        self.now >= self.down_until
    }

    fn add(&mut self, at: u64, happening: Happening) {
        self.order += 1;
        self.ahead.push(Reverse(Entry { at, order: self.order, happening }));
    }

    /// Nobody at the other end is noticed in time.
    fn check_liveness(&mut self) -> Result {
        let Some(socket) = self.sockets.live() else { return Ok(()) };
        let steady = self.page.steady_since;
        let late = self.page.lateness_max();
        let latency = self.network.latency_max();
        if !self.page.has_turns() || matches!(self.session.state(), State::Ended(_)) {
            return Ok(());
        }
        if self.options.kind == Kind::TaskPush && !self.has_ponged {
            // Its silence says nothing yet.
            return Ok(());
        }
        let http_since = self.network.http_since;
        let Some(wire) = self.network.wire(socket) else { return Ok(()) };
        let Some(mute) = wire.mute_since else { return Ok(()) };
        let since = mute.max(steady);
        let is_pinged = matches!(self.options.kind, Kind::Native | Kind::JsonRpc | Kind::TaskPush);
        let (most, since) = if is_pinged || !wire.was_accepted {
            (DEAD_MAX, since)
        } else {
            (MUTE_MAX, since.max(http_since))
        };
        // Where it has answered slowly before, it is given more time.
        let bound = most + 16 * latency + 6 * late;
        let silent = self.now.saturating_sub(since);
        ensure!(
            silent <= bound,
            "socket {socket} has been dead for {silent} ms, and is {}",
            self.session.state().name()
        );
        Ok(())
    }

    fn happen(&mut self, happening: Happening) -> Result {
        match happening {
            Happening::Action(action) => self.act(action),
            Happening::ToPage(delivery) => self.deliver(delivery),
            Happening::ToServer(socket, text) => {
                self.reach_server(socket, &text);
                Ok(())
            }
            Happening::Arrive(socket) => {
                self.arrive(socket);
                Ok(())
            }
            Happening::Gone(socket) => {
                self.server.lose(socket);
                Ok(())
            }
            Happening::Fetch(id, url) => {
                self.fetch(id, &url);
                Ok(())
            }
            Happening::Heal => self.heal(),
            Happening::Care => self.care(),
            Happening::News => {
                for session in 0..SESSIONS {
                    self.emit(session, 2);
                }
                Ok(())
            }
            Happening::Finish => {
                self.is_finished = true;
                self.converged()
            }
        }
    }

    // The server's side.

    fn arrive(&mut self, socket: u32) {
        let is_up = self.is_server_up() && self.network.is_up(self.now);
        let Some(wire) = self.network.wire(socket) else { return };
        let Some(asked) = wire.asked.filter(|_| is_up) else {
            return self.close_wire(socket, 1006);
        };
        if !wire.is_live {
            // Given up before it got here; the handshake ends all the same.
            return;
        }
        wire.is_served = true;
        wire.was_accepted = true;
        let arrival = self.network.arrival_at_page(socket, self.now);
        self.add(arrival, Happening::ToPage(Delivery::Opened(SocketId(socket))));
        if self.network.is_duplicated() {
            self.add(arrival, Happening::ToPage(Delivery::Opened(SocketId(socket))));
        }
        self.server.open(socket, asked, self.now, &mut self.says);
        self.hear_server();
    }

    fn reach_server(&mut self, socket: u32, text: &str) {
        let is_up = self.is_server_up();
        let Some(wire) = self.network.wire(socket) else { return };
        if is_up && wire.is_served && wire.mute_since.is_none() {
            let mut rng = self.network.rng().clone();
            self.server.receive(socket, text, self.now, &mut rng, &mut self.says);
            *self.network.rng() = rng;
            self.hear_server();
        }
    }

    fn emit(&mut self, session: usize, count: u64) {
        if self.is_server_up() {
            let mut rng = self.network.rng().clone();
            self.server.emit(session, count, self.now, &mut rng, &mut self.says);
            *self.network.rng() = rng;
            self.hear_server();
        }
    }

    /// Puts on its way what the server has to say.
    fn hear_server(&mut self) {
        for say in std::mem::take(&mut self.says) {
            match say {
                Say::Frame(socket, text) => {
                    let arrival = self.network.arrival_at_page(socket, self.now);
                    let is_twice = self.options.kind.numbers() && self.network.is_duplicated();
                    let Some(wire) = self.network.wire(socket) else { continue };
                    if wire.mute_since.is_some() || !wire.is_served {
                        continue;
                    }
                    let frame = Delivery::Frame(SocketId(socket), text);
                    if is_twice {
                        self.add(arrival, Happening::ToPage(frame.clone()));
                    }
                    self.add(arrival, Happening::ToPage(frame));
                }
                Say::Close(socket, code) => self.close_wire(socket, code),
            }
        }
    }

    /// The server, or something between, closes a socket. The page hears of it, perhaps.
    fn close_wire(&mut self, socket: u32, code: u16) {
        let delay = self.network.close_delay();
        let arrival = self.network.arrival_at_page(socket, self.now);
        let is_twice = self.network.is_duplicated();
        let now = self.now;
        let Some(wire) = self.network.wire(socket) else { return };
        wire.is_served = false;
        if wire.mute_since.is_some() {
            return;
        }
        wire.is_closing = true;
        match delay {
            None => wire.mute_since = Some(now),
            Some(delay) => {
                let closed = Delivery::Closed(SocketId(socket), code);
                if delay > 0 {
                    wire.mute_since = Some(arrival);
                }
                if is_twice {
                    self.add(arrival + delay, Happening::ToPage(closed.clone()));
                }
                self.add(arrival + delay, Happening::ToPage(closed));
            }
        }
    }

    fn fetch(&mut self, id: FetchId, url: &str) {
        let fate = self.network.fetch_fate(self.now, url.contains("/api/sessions/"));
        let is_up = self.is_server_up();
        let (status, body) = match fate {
            FetchFate::Unanswered => {
                // The browser gives up one day.
                let arrival = self.now + 60_000;
                let failed = Delivery::Fetched(id, 0, String::new());
                return self.add(arrival, Happening::ToPage(failed));
            }
            FetchFate::Answered(status) => (status, "<!doctype html>".to_owned()),
            FetchFate::Served if is_up => self.server.answer(url),
            FetchFate::Served => (0, String::new()),
        };
        let arrival = self.now + self.network.latency();
        self.add(arrival, Happening::ToPage(Delivery::Fetched(id, status, body)));
    }

    // The page's side.

    /// A callback of the browser, now or when the page has its next turn.
    fn deliver(&mut self, delivery: Delivery) -> Result {
        if self.page.has_turns() {
            return self.take(delivery);
        }
        self.page.inbox.push_back(delivery);
        Ok(())
    }

    /// What waited while the page had no turns is taken; timers that are due come before it or after.
    fn catch_up_on_inbox(&mut self) -> Result {
        let is_first = self.network.rng().chance(500);
        if is_first {
            self.turn("late timeout", 0, "", Input::Timeout)?;
        }
        for _ in 0..self.page.inbox.len() {
            let Some(delivery) = self.page.inbox.pop_front() else { break };
            self.take(delivery)?;
        }
        Ok(())
    }

    fn take(&mut self, delivery: Delivery) -> Result {
        if let Delivery::Granted(id)
        | Delivery::Opened(id)
        | Delivery::Frame(id, _)
        | Delivery::Closed(id, _)
        | Delivery::Unsent(id)
        | Delivery::Buffered(id, _)
        | Delivery::Blocked(id) = &delivery
        {
            let Some(wire) = self.network.wire(id.0) else { return Ok(()) };
            let is_live = wire.is_live;
            let is_cut =
                !matches!(delivery, Delivery::Closed(..)) && wire.mute_since.is_some_and(|_| true);
            if let (Delivery::Frame(_, text), true, false) = (&delivery, is_live, is_cut) {
                let greets = self.options.kind == Kind::Native;
                if !greets || text.starts_with(r#"{"type":"hello""#) {
                    wire.is_greeted = true;
                }
                self.has_ponged |= text.contains(r#""pong""#);
                self.log.hear(text);
            }
            if !is_live && !self.network.is_told_stale() {
                return Ok(());
            }
            if is_cut && matches!(delivery, Delivery::Opened(_) | Delivery::Frame(..)) {
                return Ok(());
            }
            if let (Delivery::Unsent(id), true) = (&delivery, is_live) {
                // The browser tells of one after the other, and means the last.
                let unsent = self.network.wire(id.0).and_then(|wire| wire.unsent.pop());
                self.messages.take_back(unsent.unwrap_or(usize::MAX));
            }
            if let Delivery::Closed(_, 4401) = &delivery {
                // Another token may be tried at once.
                self.prompt();
            }
            if let (Delivery::Closed(_, code), true) = (&delivery, is_live) {
                let now = self.page.now(self.now);
                self.sockets.hear_close(*code, ms(now));
            }
        }
        match delivery {
            Delivery::Granted(id) => self.turn("granted", id.0.into(), "", Input::Granted(id)),
            Delivery::Opened(id) => self.turn("opened", id.0.into(), "", Input::Opened(id)),
            Delivery::Frame(id, text) => {
                self.turn("frame", id.0.into(), &text, Input::Text(id, &text))
            }
            Delivery::Unsent(id) => self.turn("unsent", id.0.into(), "", Input::Unsent(id)),
            Delivery::Buffered(id, bytes) => {
                self.turn("buffered", bytes, "", Input::Buffered(id, bytes))
            }
            Delivery::Blocked(id) => self.turn("blocked", id.0.into(), "", Input::Blocked(id)),
            Delivery::Closed(id, code) => {
                let words = code.to_string();
                self.turn("closed", id.0.into(), &words, Input::Closed(id, CloseCode(code)))
            }
            Delivery::Token(id, answer) => {
                let what = if answer.is_ok() { "token" } else { "no token" };
                self.turn(what, id.0.into(), "", Input::Token(id, answer))
            }
            Delivery::Fetched(id, status, body) => {
                if self.session.connection().query(id).is_some() {
                    self.log.hear(&body);
                }
                let input = Input::Fetched { id, status, body: &body };
                self.turn("answer", status.into(), &body, input)
            }
        }
    }

    /// One input, all that comes out, and what must hold after that. Then what follows at once.
    fn turn(&mut self, what: &'static str, number: u64, text: &str, input: Input<'_>) -> Result {
        self.inputs += 1;
        let now = self.page.now(self.now);
        self.trace.note(self.now, what, number, text);
        self.session.handle_input(now, input);
        let mut count = 0;
        let deadline = loop {
            match self.session.poll_output() {
                Output::Timeout(deadline) => break deadline,
                output => self.perform(output, now)?,
            }
            count += 1;
            ensure!(count <= OUTPUTS_MAX, "one input has more than {OUTPUTS_MAX} outputs");
        };
        ensure!(
            deadline.is_none_or(|deadline| deadline > now),
            "the next deadline is not ahead, after {what}"
        );
        self.trace.note(
            self.now,
            "  ",
            ms(deadline.unwrap_or_default()),
            self.session.state().name(),
        );
        self.page.set_alarm(deadline, now, self.now, self.network.rng());
        let live = self.sockets.live().map(SocketId);
        ensure!(
            self.session.connection().socket() == live,
            "the live socket is {live:?}, and the connection has {:?}",
            self.session.connection().socket()
        );
        let queue = self.session.connection().queue();
        let (depth, bytes) = (queue.messages, queue.bytes);
        let most = if self.options.has_small_bounds { (6, 1_500) } else { (256, 1 << 20) };
        ensure!(depth <= most.0 && bytes <= most.1, "{depth} messages of {bytes} bytes are queued");
        self.log.read(&self.session, &self.server)?;
        if self.page.has_turns() {
            self.calls.read(self.now, self.page.steady_since, self.page.lateness_max())?;
        }
        self.messages.read(&self.session)?;
        while let Some(echo) = self.echoes.pop_front() {
            self.take(echo)?;
        }
        Ok(())
    }

    fn perform(&mut self, output: Output, now: Instant) -> Result {
        match output {
            Output::FetchToken { id, .. } => {
                self.trace.note(self.now, "  ask for token", id.0.into(), "");
                let wait = self.network.latency();
                let answer = if self.network.token_fails() {
                    if self.network.rng().chance(300) {
                        return Ok(());
                    }
                    Err(TokenError)
                } else {
                    Ok(self.network.rng().chance(700).then(|| Token("secret".to_owned())))
                };
                self.add(self.now + wait, Happening::ToPage(Delivery::Token(id, answer)));
            }
            Output::Open { socket, url, .. } => {
                self.trace.note(self.now, "  open", socket.0.into(), &url);
                if self.sockets.live() == Some(socket.0) {
                    // Its place was taken when it was to be shared.
                    if let Some(wire) = self.network.wire(socket.0) {
                        wire.asked = Asked::parse(&url);
                    }
                } else {
                    self.sockets.open(socket.0, ms(now))?;
                    self.network.add(Asked::parse(&url));
                }
                ensure!(
                    !self.is_list_owed,
                    "socket {} is opened before the list was asked for, over which it may go",
                    socket.0
                );
                self.open(socket);
            }
            Output::Share { socket, name } => {
                self.trace.note(self.now, "  share", socket.0.into(), &name);
                self.sockets.open(socket.0, ms(now))?;
                self.network.add(None);
                self.echoes.push_back(Delivery::Granted(socket));
            }
            Output::Tell { socket, .. } | Output::Unshare { socket } => {
                self.sockets.name(socket.0)?;
            }
            Output::Send { socket, text, is_message } => {
                self.trace.note(self.now, "  send", socket.0.into(), &text);
                self.sockets.name(socket.0)?;
                self.send(socket, text, is_message)?;
            }
            Output::Measure { socket } => {
                self.trace.note(self.now, "  measure", socket.0.into(), "");
                self.sockets.name(socket.0)?;
                let bytes = self.network.wire(socket.0).map_or(0, |wire| wire.buffered);
                self.echoes.push_back(Delivery::Buffered(socket, bytes));
            }
            Output::Close { socket, code } => {
                self.trace.note(self.now, "  close", socket.0.into(), &code.to_string());
                self.sockets.close(socket.0, code.0)?;
                self.log.give_up_socket();
                self.owe_list(socket);
                let gone = self.network.arrival_at_server(socket.0, self.now);
                if let Some(wire) = self.network.wire(socket.0) {
                    wire.is_live = false;
                    if wire.was_accepted {
                        self.log.lose_socket(self.options.dialect != DialectKind::Auto);
                    }
                    if wire.is_served {
                        wire.is_served = false;
                        self.add(gone, Happening::Gone(socket.0));
                    }
                }
            }
            Output::Fetch { id, url, .. } => {
                self.trace.note(self.now, "  fetch", id.0.into(), &url);
                if url.contains("/api/strategy/events/") {
                    self.is_list_owed = false;
                }
                let arrival = self.now + self.network.latency();
                self.add(arrival, Happening::Fetch(id, url));
            }
            Output::Replied { call, .. } => {
                self.trace.note(self.now, "  replied", call.0, "");
                self.calls.answer(call.0)?;
            }
            Output::Timeout(_) => {}
        }
        Ok(())
    }

    /// A socket was given up; one through which the server was heard, if it has a list, leaves
    /// something to be read there. What was asked for before knows nothing of it.
    fn owe_list(&mut self, socket: SocketId) {
        let connection = self.session.connection();
        let is_known = connection.policy().resume == Resume::Identity;
        let session = self.log.session();
        let was_heard = self.network.wire(socket.0).is_some_and(|wire| {
            wire.is_greeted && wire.asked.is_some_and(|asked| asked.session == session)
        });
        if self.options.kind == Kind::Progress && was_heard && is_known {
            self.is_list_owed = true;
        }
    }

    fn open(&mut self, socket: SocketId) {
        let fate = self.network.fate(self.now);
        let arrival = self.network.arrival_at_server(socket.0, self.now);
        let now = self.now;
        let closed = Happening::ToPage(Delivery::Closed(socket, 1006));
        match fate {
            Fate::Served if self.is_server_up() => self.add(arrival, Happening::Arrive(socket.0)),
            Fate::Served | Fate::Refused => self.add(arrival, closed),
            Fate::Unanswered => {
                if let Some(wire) = self.network.wire(socket.0) {
                    wire.mute_since = Some(now);
                }
            }
            Fate::Proxied => {
                self.add(arrival, Happening::ToPage(Delivery::Opened(socket)));
                let code = self.network.rng().pick(&[1006, 1000, 1011, 1005]);
                let closed = Happening::ToPage(Delivery::Closed(socket, code));
                self.add(arrival + 3, closed);
            }
            Fate::Blocked => {
                self.add(arrival, Happening::ToPage(Delivery::Blocked(socket)));
                self.add(arrival, closed);
            }
        }
    }

    fn send(&mut self, socket: SocketId, text: String, is_message: bool) -> Result {
        ensure!(self.server.reads(), "{text} is sent to a server that takes nothing");
        let arrival = self.network.arrival_at_server(socket.0, self.now);
        let Some(wire) = self.network.wire(socket.0) else { return Ok(()) };
        // One that need not speak first is spoken to.
        let is_known = wire.is_greeted || self.options.kind == Kind::TaskPush;
        ensure!(is_known, "{text} is sent before the server has introduced itself");
        if is_message {
            let number = text
                .split_once(r#""id":"m"#)
                .and_then(|(_, rest)| rest.split_once('"')?.0.parse::<usize>().ok());
            let Some(number) = number else {
                ensure!(false, "a message without an id of ours: {text}");
                return Ok(());
            };
            ensure!(
                wire.last_message.is_none_or(|last| last < number),
                "message {number} is sent after {:?}",
                wire.last_message
            );
            wire.last_message = Some(number);
            let session = wire.asked.map_or(SESSIONS, |asked| asked.session);
            self.messages.send(number, session, self.now)?;
        }
        if wire.is_closing {
            if is_message && wire.mute_since.is_none() {
                // It was taken back, and may come again in its place.
                wire.unsent.extend(wire.last_message);
                self.echoes.push_back(Delivery::Unsent(socket));
            }
        } else if wire.mute_since.is_some() {
            wire.buffered += text.len() as u64;
        } else {
            self.add(arrival, Happening::ToServer(socket.0, text));
        }
        Ok(())
    }

    // What happens from outside.

    fn act(&mut self, action: Action) -> Result {
        self.trace.remark(|| format!("            -- {action:?}"));
        match action {
            Action::Connect => self.ask("connect", Input::Connect),
            Action::Disconnect => self.ask("disconnect", Input::Disconnect),
            Action::Reconnect => self.ask("reconnect", Input::Reconnect),
            Action::Send { bytes, is_volatile, is_cancel } => {
                self.write(bytes, is_volatile, is_cancel)
            }
            Action::Follow(session) => {
                // A destructive server is followed once by one page: what an earlier follower of the
                // same session left behind there, a new one cannot know.
                let is_new = self.options.kind.is_followed_again() || session != self.log.session();
                if !self.page.has_turns() || !is_new || self.has_followed_on {
                    return Ok(());
                }
                self.has_followed_on = !self.options.kind.is_followed_again();
                self.log.follow(session);
                self.has_ponged = false;
                self.is_list_owed = false;
                let endpoint = endpoint(&self.options, session, true);
                self.ask("follow", Input::Follow(endpoint))
            }
            Action::Readdress { is_good } => {
                let endpoint = endpoint(&self.options, self.log.session(), is_good);
                self.ask("readdress", Input::Readdress(endpoint))
            }
            Action::Hide | Action::Show | Action::GoOffline | Action::GoOnline
                if !self.page.has_turns() =>
            {
                Ok(())
            }
            Action::Hide => {
                self.page.is_hidden = true;
                self.tell_page("hidden", PageEvent::Hidden)
            }
            Action::Show => {
                self.page.is_hidden = false;
                self.tell_page("shown", PageEvent::Shown)
            }
            Action::GoOffline => {
                self.page.is_offline = true;
                self.tell_page("offline", PageEvent::Offline)
            }
            Action::GoOnline => {
                self.page.is_offline = false;
                self.tell_page("online", PageEvent::Online)
            }
            Action::Leave => {
                self.tell_page("left", PageEvent::Left)?;
                if self.page.has_turns() {
                    self.page.is_left = true;
                }
                Ok(())
            }
            Action::Return => self.come_back(),
            Action::Sleep { for_ms, is_told } => self.sleep(for_ms, is_told),
            Action::StepClock { by_ms } => {
                // Set back in a sleep, it could not be told from no sleep at all.
                if self.page.has_turns() {
                    self.page.step_clock(self.now, by_ms);
                }
                Ok(())
            }
            Action::Emit { session, count } => {
                self.emit(session, count);
                Ok(())
            }
            Action::End { session, outcome } => {
                if self.is_server_up() {
                    self.server.end(session, outcome, self.now, &mut self.says);
                    self.hear_server();
                }
                Ok(())
            }
            Action::Trim { session, keep } => {
                self.server.trim(session, keep);
                Ok(())
            }
            Action::Restart { down_ms, forgets, code } => {
                self.cut_all(code);
                self.server.restart(forgets);
                self.down_until = self.down_until.max(self.now + down_ms);
                Ok(())
            }
            Action::Outage { for_ms, is_mute } => {
                self.network.fail(self.now + for_ms, is_mute);
                self.cut_all(if is_mute { 0 } else { 1006 });
                Ok(())
            }
            Action::Cut { code } => {
                self.cut_all(code);
                Ok(())
            }
            Action::HalfOpen => {
                self.cut_all(0);
                Ok(())
            }
        }
    }

    /// Ends all sockets: closed with a code, or for 0 without a word.
    fn cut_all(&mut self, code: u16) {
        let sockets: Vec<u32> = self.network.served().map(|(socket, _)| socket).collect();
        for socket in sockets {
            self.server.lose(socket);
            if code > 0 {
                self.close_wire(socket, code);
            } else if let Some(wire) = self.network.wire(socket) {
                wire.mute_since.get_or_insert(self.now);
            }
        }
    }

    /// Somebody asks for something, by a page that runs.
    fn ask(&mut self, what: &'static str, input: Input<'_>) -> Result {
        if !self.page.has_turns() {
            return Ok(());
        }
        self.prompt();
        self.sockets.ask();
        self.turn(what, 0, "", input)
    }

    fn prompt(&mut self) {
        let now = self.page.now(self.now);
        self.sockets.prompt(ms(now));
    }

    fn write(&mut self, bytes: usize, is_volatile: bool, is_cancel: bool) -> Result {
        if !self.page.has_turns() {
            return Ok(());
        }
        if self.options.kind == Kind::JsonRpc && self.network.rng().chance(800) {
            self.calls.make(self.now);
            let call = Call { method: "tools/list".to_owned(), params: String::new() };
            return self.turn("call", 0, "", Input::Call(call));
        }
        let number = self.messages.write(self.log.session(), self.now);
        let content = if is_cancel {
            Content::Cancel
        } else {
            Content::Text(format!("written {number}{:bytes$}", ""))
        };
        let id = format!("m{number}");
        let message = Outgoing { id, content, sent_at: self.now, is_volatile };
        self.turn("write", number as u64, "", Input::Send(message))
    }

    fn tell_page(&mut self, what: &'static str, event: PageEvent) -> Result {
        if !self.page.has_turns() {
            // The page learns how things are when it runs again.
            return Ok(());
        }
        self.prompt();
        let now = ms(self.page.now(self.now));
        let is_offline = self.page.is_offline && !self.options.is_loopback;
        self.sockets.slow_down(self.page.is_hidden || is_offline, now);
        self.turn(what, 0, "", Input::Page(event))
    }

    fn come_back(&mut self) -> Result {
        if !self.page.is_left {
            return Ok(());
        }
        self.page.is_left = false;
        self.page.steady_since = self.now;
        self.tell_state(PageEvent::Returned)?;
        self.catch_up_on_inbox()
    }

    /// The page runs again, and is told how things are.
    fn tell_state(&mut self, event: PageEvent) -> Result {
        self.tell_page("returned", event)?;
        let (is_hidden, is_offline) = (self.page.is_hidden, self.page.is_offline);
        self.tell_page("visibility", if is_hidden { PageEvent::Hidden } else { PageEvent::Shown })?;
        self.tell_page("network", if is_offline { PageEvent::Offline } else { PageEvent::Online })
    }

    fn sleep(&mut self, for_ms: u64, is_told: bool) -> Result {
        if !self.page.has_turns() {
            return Ok(());
        }
        if is_told && self.network.rng().chance(500) {
            self.page.is_hidden = true;
            self.tell_page("hidden", PageEvent::Hidden)?;
        }
        if for_ms > 60_000 && self.network.rng().chance(700) {
            // Whatever stands between has forgotten the connection by then.
            self.cut_all(0);
        }
        self.page.sleep(self.now, self.now + for_ms);
        Ok(())
    }

    // The end.

    fn heal(&mut self) -> Result {
        self.trace.remark(|| "            -- all is well from now on".to_owned());
        self.network.heal(self.now);
        self.server.heal();
        self.down_until = self.now;
        self.page.heal(self.now);
        if self.page.wake(self.now) {
            self.catch_up_on_inbox()?;
        }
        self.come_back()?;
        self.page.is_hidden = false;
        self.page.is_offline = false;
        self.tell_state(PageEvent::Returned)?;
        let endpoint = endpoint(&self.options, self.log.session(), true);
        self.ask("readdress", Input::Readdress(endpoint))
    }

    /// Somebody looks after a page that has given up, or was told to.
    fn care(&mut self) -> Result {
        match self.session.state() {
            State::Failed(_) => self.ask("reconnect", Input::Reconnect),
            State::Idle => self.ask("connect", Input::Connect),
            _ => Ok(()),
        }
    }

    fn converged(&mut self) -> Result {
        let state = self.session.state();
        let has_ended = matches!(state, State::Ended(_));
        ensure!(
            has_ended || *state == State::Connected,
            "after {HEALING} ms without a disturbance it is {state:?}"
        );
        self.log.converged(&self.server, has_ended)?;
        self.messages.converged(&self.session, &self.server)
    }
}

fn ms(instant: Instant) -> u64 {
    whole_ms(instant.since_origin())
}

/// The address of a session, or one that cannot be used.
fn endpoint(
    options: &Options,
    session: usize,
    is_good: bool,
) -> std::result::Result<Endpoint, agent_activity::connection::EndpointError> {
    let page = if options.is_loopback { "http://localhost/" } else { "http://host/" };
    let path = if is_good { "/ws" } else { "ftp://host/ws" };
    Endpoint::resolve(page, page, path, &format!("s{session}"))
}
