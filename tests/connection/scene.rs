//! What every scene is made of: a connection, the time, and all that came out of it.

use std::time::Duration;

pub(crate) use agent_activity::{
    connection::{
        Answer, CloseCode, Config, Connection, Content, Delivery, Diagnosis, Disposition, Endpoint,
        ErrorKind, Event, Failure, FetchId, Followers, Frame, Identity, Input, Intake, Liveness,
        LossCause, Outcome, Outgoing, Output, PageEvent, Policy, Query, Refusal, RequestError,
        RequestId, Resume, Signal, SocketEvent, SocketId, State, Token, TokenError, TokenId,
    },
    time::Instant,
};

const PAGE: &str = "http://h/";

/// The server of this project.
pub(crate) const NATIVE: Policy = Policy {
    liveness: Liveness::Ping,
    resume: Resume::Sequence,
    intake: Intake::AckedMessages,
    greets: true,
    followers: Followers::Any,
};

/// A server that numbers its events and reads nothing.
pub(crate) const RECEIVE_ONLY: Policy =
    Policy { liveness: Liveness::ReceiveOnly, intake: Intake::Nothing, ..NATIVE };

/// An older server, which numbers nothing either, and forgets.
pub(crate) const FORGETFUL: Policy = Policy { resume: Resume::Identity, ..RECEIVE_ONLY };

/// A server that may or may not answer pings, and acknowledges nothing.
pub(crate) const ON_TRIAL: Policy = Policy {
    liveness: Liveness::PingOnTrial,
    resume: Resume::Nothing,
    intake: Intake::Messages,
    greets: true,
    followers: Followers::Any,
};

/// A server that takes requests.
pub(crate) const REPLYING: Policy =
    Policy { resume: Resume::Nothing, intake: Intake::Requests, ..NATIVE };

/// How a scene comes to where it begins.
pub(crate) type Place = fn() -> Scene;

/// Something that happens in a scene.
pub(crate) type Act = fn(&mut Scene);

/// A socket that was opened.
pub(crate) struct Opened {
    pub(crate) socket: SocketId,
    pub(crate) url: String,
    pub(crate) token: Option<Token>,
    pub(crate) at: Duration,
}

/// A question that was put by HTTP.
pub(crate) struct Asked {
    pub(crate) id: FetchId,
    pub(crate) query: Query,
    pub(crate) url: String,
    pub(crate) token: Option<Token>,
}

/// A connection, the time, and all that came out of it.
pub(crate) struct Scene {
    pub(crate) connection: Connection,
    pub(crate) now: Duration,
    pub(crate) deadline: Option<Instant>,
    pub(crate) opened: Vec<Opened>,
    pub(crate) closed: Vec<(SocketId, CloseCode)>,
    pub(crate) pings: usize,
    pub(crate) last_ping: u64,
    pub(crate) messages: Vec<(SocketId, Outgoing)>,
    pub(crate) requests: Vec<(SocketId, RequestId)>,
    pub(crate) measured: usize,
    pub(crate) asked: Vec<Asked>,
    /// The questions to the token provider, and whether its last token was refused.
    pub(crate) token_questions: Vec<(TokenId, bool)>,
    pub(crate) events: Vec<Event>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(configure: impl FnOnce(&mut Config)) -> Self {
        Self::seeded(7, configure)
    }

    pub(crate) fn seeded(seed: u64, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        configure(&mut config);
        Self {
            connection: Connection::new(config, endpoint("/ws"), seed),
            now: Duration::from_secs(1),
            deadline: None,
            opened: Vec::new(),
            closed: Vec::new(),
            pings: 0,
            last_ping: 0,
            messages: Vec::new(),
            requests: Vec::new(),
            measured: 0,
            asked: Vec::new(),
            token_questions: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Connected to a server that introduced itself, and live.
    pub(crate) fn connected() -> Self {
        Self::connected_to(NATIVE)
    }

    /// Connected to a server that wants to be treated like this, and live.
    pub(crate) fn connected_to(policy: Policy) -> Self {
        let mut scene = Self::new();
        scene.begin(policy);
        scene
    }

    /// Connects to such a server, up to where it is live.
    pub(crate) fn begin(&mut self, policy: Policy) {
        self.input(Input::Connect);
        self.greet_as(policy);
        self.message(Signal::Ready);
    }

    /// Waiting after as many failed attempts.
    pub(crate) fn failed(attempts: u32) -> Self {
        let mut scene = Self::new();
        scene.input(Input::Connect);
        for attempt in 1..=attempts {
            scene.close(1006);
            if attempt < attempts {
                let (_, wait, _) = scene.waiting();
                scene.pass(wait);
            }
        }
        scene
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.connection.handle_input(Instant::from_origin(self.now), input);
        loop {
            match self.connection.poll_output() {
                Output::Open { socket, url, token, .. } => {
                    assert_eq!(self.opened.len(), self.closed.len(), "two sockets at once");
                    self.opened.push(Opened { socket, url, token, at: self.now });
                }
                Output::Close { socket, code } => {
                    assert!(matches!(code.0, 1000 | 3000..=4999), "browsers throw at {code}");
                    self.closed.push((socket, code));
                }
                Output::Transmit { socket, frame } => self.transmitted(socket, frame),
                Output::Measure { .. } => self.measured += 1,
                Output::Fetch { id, query, url, token } => {
                    self.asked.push(Asked { id, query, url, token });
                }
                Output::FetchToken { id, is_refused } => {
                    self.token_questions.push((id, is_refused));
                }
                Output::Event(event) => self.events.push(event),
                Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    assert!(
                        deadline.is_none_or(|at| at.since_origin() > self.now),
                        "a drained connection waits for something to come"
                    );
                    break;
                }
            }
        }
    }

    fn transmitted(&mut self, socket: SocketId, frame: Frame) {
        assert_eq!(self.opened.last().map(|opened| opened.socket), Some(socket));
        match frame {
            Frame::Ping { timestamp } => {
                self.pings += 1;
                self.last_ping = timestamp;
            }
            Frame::Message(message) => self.messages.push((socket, message)),
            Frame::Request(request) => self.requests.push((socket, request)),
        }
    }

    /// Lets time pass, deadline by deadline.
    pub(crate) fn pass(&mut self, duration: Duration) {
        let until = self.now + duration;
        while let Some(at) = self.deadline.map(Instant::since_origin).filter(|&at| at <= until) {
            self.now = at;
            self.input(Input::Timeout);
        }
        self.now = until;
        self.input(Input::Timeout);
    }

    /// Lets time pass without waking up before it has.
    pub(crate) fn sleep(&mut self, duration: Duration) {
        self.now += duration;
        self.input(Input::Timeout);
    }

    /// The state is `from` until `after`, and `to` then.
    pub(crate) fn turns(&mut self, after: Duration, from: &str, to: &str) {
        self.pass(after - ms(1));
        self.check(from);
        self.pass(ms(1));
        self.check(to);
    }

    pub(crate) fn socket(&self) -> SocketId {
        self.opened.last().expect("a socket was opened").socket
    }

    pub(crate) fn url(&self) -> &str {
        &self.opened.last().expect("a socket was opened").url
    }

    pub(crate) fn says(&mut self, event: SocketEvent) {
        self.input(Input::Socket(self.socket(), event));
    }

    pub(crate) fn message(&mut self, signal: Signal) {
        self.says(SocketEvent::Message(signal));
    }

    pub(crate) fn greet(&mut self, epoch: &str) {
        self.says(SocketEvent::Opened);
        let epoch = Some(epoch.to_owned());
        self.message(Signal::Greeting { epoch, policy: NATIVE });
    }

    /// Opens, and is greeted by a server that wants to be treated like this.
    pub(crate) fn greet_as(&mut self, policy: Policy) {
        if policy == NATIVE {
            return self.greet("e1");
        }
        self.says(SocketEvent::Opened);
        self.message(Signal::Greeting { epoch: None, policy });
    }

    pub(crate) fn event(&mut self, seq: u64) {
        self.message(Signal::Event { seq: Some(seq), identity: None, ends: None });
    }

    /// An event that has a content and no number.
    pub(crate) fn unnumbered(&mut self, hash: u128) {
        let identity = Some(Identity { hash, is_dated: true });
        self.message(Signal::Event { seq: None, identity, ends: None });
    }

    pub(crate) fn close(&mut self, code: u16) {
        // The browser's word: nothing is left for us to close.
        let socket = self.socket();
        self.says(SocketEvent::Closed(CloseCode(code)));
        assert!(
            self.connection.socket() != Some(socket),
            "a closed socket is no longer the connection's"
        );
    }

    pub(crate) fn page(&mut self, event: PageEvent) {
        self.input(Input::Page(event));
    }

    /// The answer to the HTTP request that was made last.
    pub(crate) fn answer(&mut self, answer: Answer) {
        let id = self.asked.last().expect("something was asked").id;
        self.input(Input::Fetched(id, answer));
    }

    /// What was asked by HTTP so far.
    pub(crate) fn queries(&self) -> Vec<Query> {
        self.asked.iter().map(|asked| asked.query).collect()
    }

    pub(crate) fn send(&mut self, id: &str) {
        self.input(Input::Send(text(id, "go on")));
    }

    /// The ids of the messages that were handed to the browser, in order.
    pub(crate) fn sent(&self) -> Vec<&str> {
        self.messages.iter().map(|(_, message)| message.id.as_str()).collect()
    }

    /// How many messages wait, and how many bytes they have.
    pub(crate) fn queue_depth(&self) -> (usize, usize) {
        let queue = self.connection.queue();
        (queue.messages, queue.bytes)
    }

    /// The steps of one message so far.
    pub(crate) fn steps(&self, wanted: &str) -> Vec<Delivery> {
        let step = |event: &Event| match event {
            Event::Delivery { id, delivery } if id == wanted => Some(delivery.clone()),
            _ => None,
        };
        self.events.iter().filter_map(step).collect()
    }

    /// Where a message is.
    pub(crate) fn fate(&self, id: &str) -> Delivery {
        self.steps(id).pop().expect("something was said of the message")
    }

    pub(crate) fn count(&self, wanted: &Event) -> usize {
        self.events.iter().filter(|event| *event == wanted).count()
    }

    /// The states entered so far, by name.
    pub(crate) fn states(&self) -> Vec<&'static str> {
        let name = |event: &Event| match event {
            Event::StateChanged(state) => Some(state.name()),
            _ => None,
        };
        self.events.iter().filter_map(name).collect()
    }

    pub(crate) fn waiting(&self) -> (u32, Duration, LossCause) {
        match self.connection.state() {
            State::Waiting { attempt, at, cause } => {
                (*attempt, at.since_origin() - self.now, *cause)
            }
            other => panic!("not waiting but {other:?}"),
        }
    }

    pub(crate) fn check(&self, name: &str) {
        assert_eq!(self.connection.state().name(), name, "at {:?}", self.now);
    }
}

/// An address on another machine.
pub(crate) fn endpoint(path: &str) -> Result<Endpoint, agent_activity::connection::EndpointError> {
    Endpoint::resolve(PAGE, PAGE, path, "s")
}

/// A message that may wait.
pub(crate) fn text(id: &str, content: &str) -> Outgoing {
    Outgoing {
        id: id.to_owned(),
        content: Content::Text(content.to_owned()),
        sent_at: 0,
        is_volatile: false,
    }
}

pub(crate) const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
