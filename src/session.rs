//! One session as it is followed: the connection to it, the dialect it speaks, and what is known of
//! its activity.
//!
//! Joins the three and decides nothing itself. It does no I/O: whoever drives it brings what sockets
//! and timers say and does what it asks, in the same way and under the same contract as a
//! [`Connection`].

use crate::{
    activity::{Activity, Log, LogBounds, Marker},
    connection::{
        self, CloseCode, Config, Connection, Endpoint, EndpointError, Event, Signal, SocketEvent,
        SocketId, State,
    },
    dialect::{Native, Operation, Receiver},
    time::Instant,
};

/// One session as it is followed.
#[derive(Clone, Debug)]
pub struct Session {
    connection: Connection,
    dialect: Native,
    activity: Activity,
    outputs: Vec<Output>,
    deadline: Option<Instant>,
    /// What counts as replay: the entries since the present socket was opened.
    entries_before: u64,
    /// Whether the server began a new history on the present socket.
    epoch_changed: bool,
    /// Whether the replay on the present socket is done.
    is_live: bool,
}

/// Something that the session has to take note of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Follow it.
    Connect,
    /// Stop following it.
    Disconnect,
    /// A person does not want to wait: attempt now.
    Reconnect,
    /// A socket's handshake is done.
    Opened(SocketId),
    /// A text frame came in.
    Text(SocketId, &'a str),
    /// A socket is closed, or could not be made.
    Closed(SocketId, CloseCode),
    /// The deadline named by [`Output::Timeout`] has come. Harmless when it has not.
    Timeout,
}

/// Something that the driver has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a socket.
    Open {
        /// What to call it.
        socket: SocketId,
        /// Where it goes.
        url: String,
    },
    /// Send a text frame.
    Send {
        /// Through which socket.
        socket: SocketId,
        /// What.
        text: String,
    },
    /// Detach from a socket and close it, without waiting for it to confirm.
    Close {
        /// Which.
        socket: SocketId,
        /// With which code.
        code: CloseCode,
    },
    /// There is nothing more to do before this instant, or before the next input if there is none.
    Timeout(Option<Instant>),
}

impl Session {
    /// A session that is not followed yet. `seed` decides the jitter of the connection's waits.
    #[must_use]
    pub fn new(
        config: Config,
        endpoint: Result<Endpoint, EndpointError>,
        bounds: LogBounds,
        seed: u64,
    ) -> Self {
        Self {
            connection: Connection::new(config, endpoint, seed),
            dialect: Native::default(),
            activity: Activity { log: Log::with_bounds(bounds), ..Activity::default() },
            outputs: Vec::new(),
            deadline: None,
            entries_before: 0,
            epoch_changed: false,
            is_live: false,
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

    /// Takes note of `input` at `now`.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        let input = match input {
            Input::Connect => connection::Input::Connect,
            Input::Disconnect => connection::Input::Disconnect,
            Input::Reconnect => connection::Input::Reconnect,
            Input::Opened(socket) => connection::Input::Socket(socket, SocketEvent::Opened),
            Input::Closed(socket, code) => {
                connection::Input::Socket(socket, SocketEvent::Closed(code))
            }
            Input::Timeout => connection::Input::Timeout,
            Input::Text(socket, frame) => {
                // A frame of a retired socket is not even read.
                if self.connection.socket() == Some(socket) {
                    let mut dialect = std::mem::take(&mut self.dialect);
                    dialect.read(frame, &mut FrameReceiver { session: self, now, socket });
                    self.dialect = dialect;
                    if self.connection.socket() != Some(socket) {
                        self.dialect.reset();
                    }
                }
                return;
            }
        };
        self.put(now, input);
    }

    /// What is to be done next; [`Output::Timeout`] when that is all.
    pub fn poll_output(&mut self) -> Output {
        if self.outputs.is_empty() {
            Output::Timeout(self.deadline)
        } else {
            self.outputs.remove(0)
        }
    }

    /// Puts one input into the connection and takes all that comes out; whether the message in it
    /// was admitted.
    fn put(&mut self, now: Instant, input: connection::Input) -> bool {
        self.connection.handle_input(now, input);
        let mut admitted = false;
        loop {
            match self.connection.poll_output() {
                connection::Output::Open { socket, url } => {
                    self.begin_socket();
                    self.outputs.push(Output::Open { socket, url });
                }
                connection::Output::Transmit { socket, frame } => {
                    let text = Native::encode(frame);
                    self.outputs.push(Output::Send { socket, text });
                }
                connection::Output::Close { socket, code } => {
                    self.outputs.push(Output::Close { socket, code });
                }
                connection::Output::Event(event) => {
                    admitted |= event == Event::Admitted;
                    self.note(&event);
                }
                connection::Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    return admitted;
                }
            }
        }
    }

    fn begin_socket(&mut self) {
        self.dialect.reset();
        self.entries_before = self.activity.entries;
        self.epoch_changed = false;
        self.is_live = false;
    }

    fn note(&mut self, event: &Event) {
        match *event {
            Event::StateChanged(_) | Event::Admitted | Event::Duplicate => {}
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
}

/// Takes what the dialect reads in one frame of one socket.
struct FrameReceiver<'a> {
    session: &'a mut Session,
    now: Instant,
    socket: SocketId,
}

impl Receiver for FrameReceiver<'_> {
    fn signal(&mut self, signal: Signal) -> bool {
        let event = SocketEvent::Message(signal);
        self.session.put(self.now, connection::Input::Socket(self.socket, event))
    }

    fn operate(&mut self, operation: Operation<'_>) {
        self.session.activity.apply(operation);
    }
}
