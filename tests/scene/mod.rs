//! A session on a virtual clock, and all that it asks for: what the tests of sessions share.

#![allow(dead_code, reason = "each test binary uses what it needs of this")]

use std::time::Duration;

use agent_activity::{
    activity::{LogBounds, Marker, Row},
    connection::{
        CloseCode, Config, Content, Delivery, Endpoint, EndpointError, FetchId, Outcome, Outgoing,
        SocketId,
    },
    dialect::{Call, DialectKind},
    session::{CallId, Input, Output, Reply, Session},
    time::Instant,
};

pub(crate) const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Where the session of this id is.
pub(crate) fn endpoint(session: &str) -> Result<Endpoint, EndpointError> {
    Endpoint::resolve("http://h/", "http://h/", "/ws/strategy/progress", session)
}

/// A session, the time, and all that came out of it.
pub(crate) struct Scene {
    pub(crate) session: Session,
    pub(crate) now: Duration,
    deadline: Option<Instant>,
    /// The addresses of all sockets so far; the last is the present one's.
    pub(crate) opened: Vec<String>,
    socket: Option<SocketId>,
    pub(crate) closed: Vec<CloseCode>,
    /// All that was sent, by sockets.
    pub(crate) sent: Vec<(SocketId, String)>,
    /// The addresses of all HTTP requests so far; the last is the one to answer.
    pub(crate) fetched: Vec<String>,
    fetch: Option<FetchId>,
    pub(crate) replies: Vec<(CallId, Reply)>,
}

impl Scene {
    /// A session that has begun to connect to a server which is to speak this dialect.
    pub(crate) fn new(kind: DialectKind) -> Self {
        Self::of(Session::new(Config::default(), kind, endpoint("s"), LogBounds::default(), 7))
    }

    /// A session that cannot read AG-UI before it has learned to.
    pub(crate) fn before_learning() -> Self {
        let (config, bounds) = (Config::default(), LogBounds::default());
        Self::of(Session::before_learning(config, DialectKind::Auto, endpoint("s"), bounds, 7))
    }

    fn of(session: Session) -> Self {
        let mut scene = Self {
            session,
            now: s(1),
            deadline: None,
            opened: Vec::new(),
            socket: None,
            closed: Vec::new(),
            sent: Vec::new(),
            fetched: Vec::new(),
            fetch: None,
            replies: Vec::new(),
        };
        scene.input(Input::Connect);
        scene
    }

    /// The same, and the socket is open.
    pub(crate) fn opened(kind: DialectKind) -> Self {
        let mut scene = Self::new(kind);
        scene.accept();
        scene
    }

    /// The same, and these frames have come.
    pub(crate) fn heard(kind: DialectKind, frames: &[&str]) -> Self {
        let mut scene = Self::opened(kind);
        scene.hears_all(frames);
        scene
    }

    pub(crate) fn input(&mut self, input: Input<'_>) {
        self.session.handle_input(Instant::from_origin(self.now), input);
        loop {
            match self.session.poll_output() {
                Output::Open { socket, url, .. } => {
                    assert_eq!(self.socket, None, "one socket at a time");
                    self.socket = Some(socket);
                    self.opened.push(url);
                }
                Output::Send { socket, text, .. } => self.sent.push((socket, text)),
                Output::Close { socket, code } => {
                    assert_eq!(self.socket, Some(socket), "only what is open is closed");
                    self.socket = None;
                    self.closed.push(code);
                }
                // A page that is alone gets the lock at once.
                Output::Share { socket, .. } => self.input(Input::Granted(socket)),
                Output::Tell { .. } | Output::Unshare { .. } => {}
                Output::Fetch { id, url, .. } => {
                    self.fetch = Some(id);
                    self.fetched.push(url);
                }
                Output::Replied { call, reply } => self.replies.push((call, reply)),
                Output::Measure { .. } | Output::FetchToken { .. } => {}
                Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    break;
                }
            }
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

    /// Lets time pass until `is_so`, a minute at the most.
    pub(crate) fn wait_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let until = self.now + s(60);
        while !is_so(self) {
            let at = self.deadline.map(Instant::since_origin).filter(|&at| at <= until);
            self.now = at.unwrap_or_else(|| panic!("{what}: nothing more happens"));
            self.input(Input::Timeout);
        }
    }

    fn socket(&self) -> SocketId {
        self.socket.expect("there is a socket")
    }

    pub(crate) fn has_socket(&self) -> bool {
        self.socket.is_some()
    }

    /// The server takes the socket.
    pub(crate) fn accept(&mut self) {
        self.input(Input::Opened(self.socket()));
    }

    /// A frame comes.
    pub(crate) fn hears(&mut self, frame: &str) {
        self.input(Input::Text(self.socket(), frame));
    }

    pub(crate) fn hears_all<T: AsRef<str>>(&mut self, frames: &[T]) {
        for frame in frames {
            self.hears(frame.as_ref());
        }
    }

    /// The socket is closed, as the browser tells.
    pub(crate) fn lose(&mut self, code: u16) {
        let socket = self.socket();
        // The closed socket is done with already: to close it again does no harm.
        self.input(Input::Closed(socket, CloseCode(code)));
    }

    /// The HTTP request that was made last and has not been answered; what it asks for.
    pub(crate) fn asked(&self) -> Option<&str> {
        self.fetch?;
        self.fetched.last().map(|url| url.trim_start_matches("http://h/api/"))
    }

    /// The server answers that request.
    pub(crate) fn answer(&mut self, status: u16, body: &str) {
        let id = self.fetch.take().expect("something was asked by HTTP");
        self.input(Input::Fetched { id, status, body });
    }

    /// What was sent through the present socket.
    pub(crate) fn sent(&self) -> Vec<&str> {
        let of_present = |(socket, _): &&(SocketId, String)| Some(*socket) == self.socket;
        self.sent.iter().filter(of_present).map(|(_, text)| text.as_str()).collect()
    }

    pub(crate) fn send(&mut self, id: &str, content: Content) {
        let message = Outgoing { id: id.to_owned(), content, sent_at: 17, is_volatile: false };
        self.input(Input::Send(message));
    }

    pub(crate) fn say(&mut self, id: &str, text: &str) {
        self.send(id, Content::Text(text.to_owned()));
    }

    pub(crate) fn delivery(&self, id: &str) -> Delivery {
        let written = self.session.messages().find(|written| written.id == id);
        written.expect("the message is known").delivery.clone()
    }

    pub(crate) fn call(&mut self, method: &str, params: &str) {
        let (method, params) = (method.to_owned(), params.to_owned());
        self.input(Input::Call(Call { method, params }));
    }

    /// The rows of the log: `kind|action|message` of entries, `-- name count` of markers.
    pub(crate) fn rows(&self) -> Vec<String> {
        let log = &self.session.activity().log;
        let row = |index| match log.row(index).expect("a row of the log") {
            Row::Entry(entry) => format!("{}|{}|{}", entry.kind, entry.action, entry.message),
            Row::Marker(marker) => marked(marker),
        };
        (0..log.rows()).map(row).collect()
    }

    /// The rows that are entries.
    pub(crate) fn entries(&self) -> Vec<String> {
        self.rows().into_iter().filter(|row| !row.starts_with("--")).collect()
    }

    /// The phases: `id=state/iteration`, with the percentage where there is one.
    pub(crate) fn phases(&self) -> String {
        let phase = |phase: &agent_activity::activity::Phase| {
            let percent = phase.percent.map(|percent| format!("@{percent}")).unwrap_or_default();
            format!("{}={}/{}{percent}", phase.id, phase.state.name(), phase.iteration)
        };
        let phases: Vec<String> = self.session.activity().phases.list().iter().map(phase).collect();
        phases.join(" ")
    }

    pub(crate) fn state(&self) -> &'static str {
        self.session.state().name()
    }

    pub(crate) fn run(&self) -> &'static str {
        self.session.activity().run.state.name()
    }
}

fn marked(marker: Marker) -> String {
    match marker {
        Marker::End(Outcome::Complete) => "-- end complete".to_owned(),
        Marker::End(Outcome::Error) => "-- end error".to_owned(),
        Marker::End(Outcome::Cancelled) => "-- end cancelled".to_owned(),
        other => {
            let count = other.count().map(|count| format!(" {count}")).unwrap_or_default();
            format!("-- {}{count}", other.name())
        }
    }
}
