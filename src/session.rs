//! One session as it is followed: the connection to it, the dialect it speaks, and what is known of
//! its activity.
//!
//! Joins the three and decides nothing itself. It does no I/O: whoever drives it brings what sockets
//! and timers say and does what it asks, in the same way and under the same contract as a
//! [`Connection`].

mod calls;
mod messages;
mod recorder;
mod recording;
mod share;

pub use crate::dialect::Call;
pub use calls::CallId;
pub use messages::Written;
pub use recorder::{Counters, Transition};
pub use recording::{Recording, RecordingError};
pub use share::{PageId, Word};

use crate::{
    activity::{Activity, Log, LogBounds, Marker},
    connection::{
        self, CloseCode, Config, Connection, Endpoint, EndpointError, Event, FetchId, Frame,
        Outcome, Outgoing, PageEvent, RequestError, RequestId, Signal, SocketEvent, SocketId,
        State, Token, TokenError, TokenId,
    },
    dialect::{Dialect, DialectKind, MakeReader, Operation, PhaseRef, Receiver, Verdict, ag_ui},
    time::{Instant, whole_ms},
};
use calls::Calls;
use messages::Messages;
use recorder::Recorder;
use share::{Address, Happening, Share, Step};

/// One session as it is followed.
#[derive(Clone, Debug)]
pub struct Session {
    connection: Connection,
    dialect: Dialect,
    activity: Activity,
    bounds: LogBounds,
    messages: Messages,
    calls: Calls,
    recorder: Recorder,
    /// The part in the present socket, where it may be shared with other pages.
    share: Option<Share>,
    /// Messages that came and are to be read again.
    held: Vec<String>,
    outputs: Vec<Pending>,
    deadline: Option<Instant>,
    /// What counts as replay: the entries since the last socket was given up, so that what was
    /// read by HTTP in between counts too.
    entries_before: u64,
    /// Whether the server began a new history on the present socket.
    epoch_changed: bool,
    /// Whether the replay on the present socket is done.
    is_live: bool,
    /// Whether what was held may be read again.
    is_released: bool,
    /// Whether the client has introduced itself on the present socket, or need not.
    is_introduced: bool,
    /// Whether what is read comes from a recording, and is all to be shown.
    is_recorded: bool,
}

/// Something that the session has to take note of.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// Follow it.
    Connect,
    /// Stop following it.
    Disconnect,
    /// A person does not want to wait: attempt now.
    Reconnect,
    /// It is to be reached at another address, from the next attempt on.
    Readdress(Result<Endpoint, EndpointError>),
    /// Another session is to be followed in its place; nothing stays of this one.
    Follow(Result<Endpoint, EndpointError>),
    /// AG-UI can be read from now on, and what of it has come: by [`ag_ui`].
    Learn(MakeReader),
    /// The lock that [`Output::Share`] asked for is this page's.
    Granted(SocketId),
    /// Another page says something about a shared socket.
    Heard(SocketId, PageId, Word),
    /// Nothing can be shared here, such as on a page without encryption.
    Unshared(SocketId),
    /// A socket's handshake is done.
    Opened(SocketId),
    /// A text frame came in.
    Text(SocketId, &'a str),
    /// The last message handed to a socket was not sent: it is closing.
    Unsent(SocketId),
    /// So many bytes wait to be sent through a socket.
    Buffered(SocketId, u64),
    /// The page's own security policy does not allow a socket.
    Blocked(SocketId),
    /// The browser cannot read the address that a socket was to go to.
    Invalid(SocketId),
    /// A socket is closed, or could not be made.
    Closed(SocketId, CloseCode),
    /// Something happened to the page.
    Page(PageEvent),
    /// The token provider answered.
    Token(TokenId, Result<Option<Token>, TokenError>),
    /// An HTTP request has ended.
    Fetched {
        /// Which.
        id: FetchId,
        /// The status of the answer; 0 = there was none.
        status: u16,
        /// Its body.
        body: &'a str,
    },
    /// Send a message. Where it is from then on, [`Session::messages`] tells.
    Send(Outgoing),
    /// Make a request, the next [`CallId`]. [`Output::Replied`] brings what came of it.
    Call(Call),
    /// The deadline named by [`Output::Timeout`] has come. Harmless when it has not.
    Timeout,
}

/// Something that the driver has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Ask the token provider.
    FetchToken {
        /// What to call the question.
        id: TokenId,
        /// Whether the token that it gave last was refused, so that it must get another.
        is_refused: bool,
    },
    /// Open a socket.
    Open {
        /// What to call it.
        socket: SocketId,
        /// Where it goes.
        url: String,
        /// The token to add to the address, where there is one.
        token: Option<Token>,
    },
    /// Get in line for the lock of this name, and listen to what other pages say under it. The
    /// socket is opened later, or never. Both are let go with the socket.
    Share {
        /// Which socket.
        socket: SocketId,
        /// The name.
        name: String,
    },
    /// Tell the other pages that listen.
    Tell {
        /// About which socket.
        socket: SocketId,
        /// What.
        word: Word,
    },
    /// Let go of the lock, and listen no more: the socket is this page's alone.
    Unshare {
        /// Which.
        socket: SocketId,
    },
    /// Send a text frame.
    Send {
        /// Through which socket.
        socket: SocketId,
        /// What.
        text: String,
        /// Whether it is a message, of which it has to be told when it was not sent.
        is_message: bool,
    },
    /// Say how many bytes wait to be sent through a socket.
    Measure {
        /// Which.
        socket: SocketId,
    },
    /// Detach from a socket and close it, without waiting for it to confirm. One that was never
    /// opened may be meant.
    Close {
        /// Which.
        socket: SocketId,
        /// With which code.
        code: CloseCode,
    },
    /// Ask by HTTP.
    Fetch {
        /// What to call the request.
        id: FetchId,
        /// Where.
        url: String,
        /// The token to send along, where there is one.
        token: Option<Token>,
    },
    /// A call has its reply, or will never have one.
    Replied {
        /// Which.
        call: CallId,
        /// What came of it.
        reply: Reply,
    },
    /// There is nothing more to do before this instant, or before the next input if there is none.
    Timeout(Option<Instant>),
}

/// What waits to be done. A frame is worded only when it is its turn: the dialect may be reading
/// while it is asked for, and know better afterwards.
#[derive(Clone, Debug)]
enum Pending {
    Output(Output),
    Frame(SocketId, Frame),
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Its result, as JSON text.
    Result(String),
    /// The error that the server answered with, as JSON text.
    Error(String),
    /// There is none.
    Missing(RequestError),
}

impl Session {
    /// A session that is not followed yet, of a server that speaks this dialect. `seed` decides the
    /// jitter of the connection's waits.
    #[must_use]
    pub fn new(
        config: Config,
        dialect: DialectKind,
        endpoint: Result<Endpoint, EndpointError>,
        bounds: LogBounds,
        seed: u64,
    ) -> Self {
        let mut session = Self::before_learning(config, dialect, endpoint, bounds, seed);
        session.dialect.learn(ag_ui);
        session
    }

    /// The same, whose code to read AG-UI comes later, by [`Input::Learn`].
    #[must_use]
    pub fn before_learning(
        mut config: Config,
        dialect: DialectKind,
        endpoint: Result<Endpoint, EndpointError>,
        bounds: LogBounds,
        seed: u64,
    ) -> Self {
        config.policy(dialect.policy());
        Self {
            connection: Connection::new(config, endpoint, seed),
            dialect: Dialect::new(dialect),
            activity: Activity { log: Log::with_bounds(bounds), ..Activity::default() },
            bounds,
            messages: Messages::default(),
            calls: Calls::default(),
            recorder: Recorder::default(),
            share: None,
            held: Vec::new(),
            outputs: Vec::new(),
            deadline: None,
            entries_before: 0,
            epoch_changed: false,
            is_live: false,
            is_released: false,
            is_introduced: false,
            is_recorded: false,
        }
    }

    /// Where the connection is.
    #[must_use]
    pub const fn state(&self) -> &State {
        self.connection.state()
    }

    /// When a message last came in.
    #[must_use]
    pub const fn heard_at(&self) -> Option<Instant> {
        self.connection.heard_at()
    }

    /// Whether the past is received, and what comes in happens now.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.is_live
    }

    /// What is known of its activity.
    #[must_use]
    pub const fn activity(&self) -> &Activity {
        &self.activity
    }

    /// The messages written here, oldest first, and where each of them is.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Written> + ExactSizeIterator {
        self.messages.all()
    }

    /// The latest changes of the connection's state, oldest first.
    pub fn transitions(&self) -> impl DoubleEndedIterator<Item = &Transition> {
        self.recorder.transitions()
    }

    /// What was counted since the session is followed.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.recorder.counters
    }

    /// What happened to the connection, as JSON text: the latest changes of its state, and what was
    /// counted. `wall_ms` is the wall clock at `now`, in milliseconds since 1970.
    #[must_use]
    pub fn record(&self, now: Instant, wall_ms: i64) -> String {
        self.recorder.to_json(&self.connection, now, wall_ms)
    }

    /// The connection, for whoever wants to know more of it.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Takes note of `input` at `now`.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        use connection::Input as To;

        match input {
            Input::Connect => self.put(now, To::Connect),
            Input::Disconnect => self.put(now, To::Disconnect),
            Input::Reconnect => self.put(now, To::Reconnect),
            Input::Readdress(endpoint) => self.put(now, To::Readdress(endpoint)),
            Input::Follow(endpoint) => {
                self.held.clear();
                self.activity =
                    Activity { log: Log::with_bounds(self.bounds), ..Activity::default() };
                self.entries_before = 0;
                self.dialect.forget();
                self.begin_socket();
                self.put(now, To::Follow(endpoint))
            }
            Input::Learn(make) => {
                self.dialect.learn(make);
                let source = self.connection.socket();
                self.with_dialect(now, source, |dialect, receiver| dialect.catch_up(receiver));
                self.put(now, To::Timeout)
            }
            Input::Granted(id) => self.hear_of_share(now, id, Happening::Granted),
            Input::Unshared(id) => self.hear_of_share(now, id, Happening::Unshared),
            Input::Heard(id, from, word) => {
                self.hear_of_share(now, id, Happening::Heard(from, word))
            }
            Input::Opened(id) => {
                if self.connection.socket() == Some(id) {
                    self.recorder.counters.opened += 1;
                }
                self.put(now, To::Socket(id, SocketEvent::Opened))
            }
            Input::Unsent(id) => self.put(now, To::Socket(id, SocketEvent::Unsent)),
            Input::Buffered(id, bytes) => {
                self.put(now, To::Socket(id, SocketEvent::Buffered(bytes)))
            }
            Input::Blocked(id) => self.put(now, To::Socket(id, SocketEvent::Blocked)),
            Input::Invalid(id) => self.put(now, To::Socket(id, SocketEvent::Invalid)),
            Input::Closed(id, code) => {
                self.share(now, id, Happening::Closed(code));
                self.close(now, id, code)
            }
            Input::Page(event) => self.put(now, To::Page(event)),
            Input::Token(id, answer) => self.put(now, To::Token(id, answer)),
            Input::Fetched { id, status, body } => self.read_answer(now, id, status, body),
            Input::Send(message) => {
                self.messages.write(&message);
                self.put(now, To::Send(message))
            }
            Input::Call(call) => {
                let id = self.calls.begin(call);
                self.put(now, To::Request(id))
            }
            Input::Timeout => self.put(now, To::Timeout),
            Input::Text(socket, frame) => {
                self.share(now, socket, Happening::Frame(frame));
                let verdict = self.read(now, socket, frame);
                if let Some(followers) = self.connection.followers() {
                    self.share(now, socket, Happening::Bears(followers));
                }
                verdict
            }
        };
        if let Some(rtt) = self.connection.rtt() {
            let max_ms = &mut self.recorder.counters.rtt_max_ms;
            *max_ms = whole_ms(rtt).max(*max_ms);
        }
        while std::mem::take(&mut self.is_released) {
            // What the present socket's dialect knows is of no concern to them.
            let mut dialect = self.dialect.clone();
            for message in std::mem::take(&mut self.held) {
                dialect.read(&message, &mut FrameReceiver { session: self, now, source: None });
            }
        }
        self.introduce(now);
    }

    /// Says who we are to a server that wants to know, before anything else is asked of it.
    fn introduce(&mut self, now: Instant) {
        if self.state() != &State::Connected || self.is_introduced {
            return;
        }
        self.is_introduced = true;
        if let Some(call) = self.dialect.introduction() {
            let request = self.calls.begin_own(call);
            self.put(now, connection::Input::Request(request));
        }
    }

    /// What is to be done next; [`Output::Timeout`] when that is all.
    pub fn poll_output(&mut self) -> Output {
        while !self.outputs.is_empty() {
            match self.outputs.remove(0) {
                Pending::Output(output) => return output,
                Pending::Frame(socket, frame) => {
                    if let Some(output) = self.encode(socket, &frame) {
                        if let Output::Send { text, .. } = &output {
                            self.recorder.counters.frames_out += 1;
                            self.recorder.counters.bytes_out += text.len() as u64;
                        }
                        return output;
                    }
                }
            }
        }
        Output::Timeout(self.deadline)
    }

    fn encode(&self, socket: SocketId, frame: &Frame) -> Option<Output> {
        let text = match frame {
            Frame::Request(id) => {
                let call = self.calls.get(*id)?;
                self.dialect.encode_call(*id, call)
            }
            Frame::Ping { .. } | Frame::Message(_) => self.dialect.encode(frame),
        };
        let is_message = matches!(frame, Frame::Message(_));
        text.map(|text| Output::Send { socket, text, is_message })
    }

    /// Something came from outside that matters only to what is shared.
    fn hear_of_share(
        &mut self,
        now: Instant,
        socket: SocketId,
        happening: Happening<'_>,
    ) -> Verdict {
        self.share(now, socket, happening);
        // What is overdue counts whatever was said.
        self.put(now, connection::Input::Timeout)
    }

    /// Takes note of what happened to a socket that may be shared, and does what follows.
    fn share(&mut self, now: Instant, socket: SocketId, happening: Happening<'_>) {
        let bytes_max = self.connection.journal_bytes_max();
        let share = self.share.as_mut().filter(|_| self.connection.socket() == Some(socket));
        match share.and_then(|share| share.take(happening, bytes_max)) {
            Some(Step::Open(Address { url, token, .. })) => {
                self.push(Output::Open { socket, url, token });
            }
            Some(Step::OpenAlone(Address { url, token, .. })) => {
                self.push(Output::Unshare { socket });
                self.push(Output::Open { socket, url, token });
            }
            Some(Step::Tell(word)) => {
                let is_free = word == Word::Free;
                self.push(Output::Tell { socket, word });
                if is_free {
                    self.push(Output::Unshare { socket });
                }
            }
            Some(Step::Join { missing, is_resumed, frames }) => {
                self.recorder.counters.joined += 1;
                let joined = SocketEvent::Joined { missing, is_resumed };
                self.put(now, connection::Input::Socket(socket, joined));
                for frame in &frames {
                    self.read(now, socket, frame);
                }
            }
            Some(Step::Read(frame)) => {
                self.read(now, socket, &frame);
            }
            Some(Step::Close(code)) => {
                self.close(now, socket, code);
            }
            None => {}
        }
    }

    fn close(&mut self, now: Instant, socket: SocketId, code: CloseCode) -> Verdict {
        if self.connection.socket() == Some(socket) {
            self.recorder.count_close(code);
        }
        self.put(now, connection::Input::Socket(socket, SocketEvent::Closed(code)))
    }

    fn read(&mut self, now: Instant, socket: SocketId, frame: &str) -> Verdict {
        // A frame of a retired socket is not even read.
        if self.connection.socket() == Some(socket) {
            self.recorder.counters.frames_in += 1;
            self.recorder.counters.bytes_in += frame.len() as u64;
            let read = |dialect: &mut Dialect, receiver: &mut FrameReceiver<'_>| {
                dialect.read(frame, receiver);
            };
            self.with_dialect(now, Some(socket), read);
        }
        // What is overdue counts also after a frame that says nothing.
        self.put(now, connection::Input::Timeout)
    }

    /// Has the dialect read what comes from this socket, or came from one that is gone.
    fn with_dialect(
        &mut self,
        now: Instant,
        source: Option<SocketId>,
        read: impl FnOnce(&mut Dialect, &mut FrameReceiver<'_>),
    ) {
        let mut dialect = self.dialect.take();
        read(&mut dialect, &mut FrameReceiver { session: self, now, source });
        if self.connection.socket() != source {
            dialect.reset();
        }
        self.dialect = dialect;
    }

    fn read_answer(&mut self, now: Instant, id: FetchId, status: u16, body: &str) -> Verdict {
        let Some(query) = self.connection.query(id) else {
            return self.put(now, connection::Input::Timeout);
        };
        self.recorder.counters.fetches_mute += u64::from(status == 0);
        let receiver = &mut FrameReceiver { session: self, now, source: None };
        let answer = Dialect::read_answer(query, status, body, receiver);
        self.put(now, connection::Input::Fetched(id, answer))
    }

    /// Puts one input into the connection and takes all that comes out; what is to become of the
    /// message in it.
    fn put(&mut self, now: Instant, input: connection::Input) -> Verdict {
        self.connection.handle_input(now, input);
        let mut verdict = Verdict::Skip;
        loop {
            match self.connection.poll_output() {
                connection::Output::FetchToken { id, is_refused } => {
                    self.push(Output::FetchToken { id, is_refused });
                }
                connection::Output::Open { socket, url, token, shared_as } => {
                    self.recorder.counters.attempts += 1;
                    self.begin_socket();
                    match shared_as {
                        Some(name) => {
                            let is_resumed = self.connection.is_resuming();
                            self.share = Some(Share::Asking(Address { url, token, is_resumed }));
                            self.push(Output::Share { socket, name });
                            self.push(Output::Tell { socket, word: Word::Ask });
                        }
                        None => self.push(Output::Open { socket, url, token }),
                    }
                }
                connection::Output::Transmit { socket, frame } => {
                    self.outputs.push(Pending::Frame(socket, frame));
                }
                connection::Output::Measure { socket } => {
                    self.push(Output::Measure { socket });
                }
                connection::Output::Close { socket, code } => {
                    self.entries_before = self.activity.entries;
                    // It is no longer the connection's socket, and still the one that is shared.
                    let step = self
                        .share
                        .take()
                        .and_then(|mut share| share.take(Happening::Closed(code), 0));
                    if let Some(Step::Tell(word)) = step {
                        self.push(Output::Tell { socket, word });
                    }
                    self.push(Output::Close { socket, code });
                }
                connection::Output::Fetch { id, url, token, .. } => {
                    self.recorder.counters.fetches += 1;
                    self.push(Output::Fetch { id, url, token });
                }
                connection::Output::Event(Event::Admitted) => verdict = Verdict::Show,
                connection::Output::Event(Event::Held) => verdict = Verdict::Hold,
                connection::Output::Event(Event::Answered { request, result: Ok(()) }) => {
                    verdict = Verdict::Answer(request);
                }
                connection::Output::Event(event) => {
                    self.recorder.note(now, &event);
                    self.note(event);
                }
                connection::Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    return verdict;
                }
            }
        }
    }

    fn push(&mut self, output: Output) {
        self.outputs.push(Pending::Output(output));
    }

    fn begin_socket(&mut self) {
        self.dialect.reset();
        self.epoch_changed = false;
        self.is_live = false;
        self.is_introduced = false;
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::StateChanged(_)
            | Event::Admitted
            | Event::Duplicate
            | Event::Held
            | Event::WasLate { .. } => {}
            Event::Released => self.is_released = true,
            Event::EndedUnsaid(outcome) => self.end(outcome),
            Event::Delivery { id, delivery } => self.messages.step(&id, &delivery),
            Event::Answered { result: Ok(()), .. } => {}
            Event::Answered { request, result: Err(error) } => {
                self.answer(request, Reply::Missing(error));
            }
            Event::EpochChanged => {
                self.activity.begin_epoch();
                self.activity.log.mark(Marker::Epoch);
                self.entries_before = 0;
                self.epoch_changed = true;
            }
            Event::Missing { from, to } => {
                let count = to.saturating_sub(from).saturating_add(1);
                self.activity.log.mark(Marker::Gap { count });
            }
            Event::Ready { resumed } => {
                self.is_live = true;
                let count = self.activity.entries - self.entries_before;
                if resumed && !self.epoch_changed {
                    self.activity.log.mark(Marker::Reconnected { count });
                } else if count > 0 && self.connection.state() == &State::Connected {
                    self.activity.log.mark(Marker::Live { count });
                }
            }
        }
    }

    /// Hands on what came of a request to whoever made it, unless that was the session itself.
    fn answer(&mut self, request: RequestId, reply: Reply) {
        if let Some(call) = self.calls.end(request) {
            self.push(Output::Replied { call, reply });
        }
    }

    fn end(&mut self, outcome: Outcome) {
        let phase = PhaseRef::default();
        self.activity.apply(Operation::RunEnded { outcome, phase, message: None, at: None });
    }
}

/// Takes what the dialect reads in one frame of one socket, in an HTTP answer, or in what was held.
struct FrameReceiver<'a> {
    session: &'a mut Session,
    now: Instant,
    source: Option<SocketId>,
}

impl Receiver for FrameReceiver<'_> {
    fn signal(&mut self, signal: Signal) -> Verdict {
        let input = match (self.source, signal) {
            (Some(socket), signal) => {
                connection::Input::Socket(socket, SocketEvent::Message(signal))
            }
            (None, _) if self.session.is_recorded => return Verdict::Show,
            // It came while nobody could read it, and is not repeated. What has a number is.
            (None, Signal::Event { seq: None, identity: None, .. }) => return Verdict::Show,
            (None, Signal::Event { identity, ends, .. }) => {
                connection::Input::Merge { identity, ends }
            }
            (None, _) => return Verdict::Skip,
        };
        self.session.put(self.now, input)
    }

    fn hold(&mut self, message: &str) {
        self.session.held.push(message.to_owned());
    }

    fn operate(&mut self, operation: Operation<'_>) {
        self.session.activity.apply(operation);
    }

    fn reply(&mut self, request: RequestId, reply: Result<&str, &str>) {
        let reply = match reply {
            Ok(result) => Reply::Result(result.to_owned()),
            Err(error) => Reply::Error(error.to_owned()),
        };
        self.session.answer(request, reply);
    }
}
