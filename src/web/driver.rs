//! Does what a session asks, in the browser.

use std::{
    cell::{Cell, Ref, RefCell},
    fmt,
    rc::{Rc, Weak},
};

use super::{
    alarm::Alarm,
    clock::{Clock, random_seed, wall_ms},
    http,
    socket::{Socket, SocketEvent},
};
use crate::{
    connection::{CloseCode, Content, FetchId, Outgoing, Token, TokenError, TokenId},
    session::{Input, Output, Session},
    time::Instant,
};

/// Runs one session in the browser.
///
/// Callbacks of the browser only put an input into the inbox and pump; decisions are the session's.
/// Dropping the last clone closes the socket and cancels the timer.
#[derive(Clone)]
pub struct Driver(Rc<Inner>);

struct Inner {
    session: RefCell<Session>,
    socket: RefCell<Option<Socket>>,
    alarm: Alarm,
    clock: Clock,
    inbox: RefCell<Vec<Event>>,
    is_pumping: Cell<bool>,
    changed: Box<dyn Fn()>,
}

/// What waits in the inbox.
enum Event {
    Connect,
    Disconnect,
    Reconnect,
    Send(Outgoing),
    Socket(SocketEvent),
    Token(TokenId, Result<Option<Token>, TokenError>),
    Fetched { id: FetchId, status: u16, body: String },
    Alarm,
}

impl Driver {
    /// Takes a session. `changed` is called after every turn in which the session took something
    /// in; it must not do more than take note of that.
    #[must_use]
    pub fn new(session: Session, changed: impl Fn() + 'static) -> Self {
        Self(Rc::new(Inner {
            session: RefCell::new(session),
            socket: RefCell::default(),
            alarm: Alarm::default(),
            clock: Clock::default(),
            inbox: RefCell::default(),
            is_pumping: Cell::new(false),
            changed: Box::new(changed),
        }))
    }

    /// Follow the session.
    pub fn connect(&self) {
        self.0.put(Event::Connect);
    }

    /// Stop following it.
    pub fn disconnect(&self) {
        self.0.put(Event::Disconnect);
    }

    /// Attempt to connect now instead of when the wait is over.
    pub fn reconnect(&self) {
        self.0.put(Event::Reconnect);
    }

    /// Send a message, now or as soon as there is a connection; its id, by which
    /// [`Session::messages`] knows it.
    pub fn send(&self, text: &str) -> String {
        let id = format!("{:016x}{:016x}", random_seed(), random_seed());
        self.0.put(Event::Send(Outgoing {
            id: id.clone(),
            content: Content::Text(text.to_owned()),
            sent_at: wall_ms().unsigned_abs(),
            is_volatile: false,
        }));
        id
    }

    /// The session as it stands. To be let go before the browser takes the next turn.
    #[must_use]
    pub fn session(&self) -> Ref<'_, Session> {
        self.0.session.borrow()
    }

    /// The time on the clock that the session's instants are read from.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.clock.now()
    }
}

impl Inner {
    fn put(self: &Rc<Self>, event: Event) {
        self.inbox.borrow_mut().push(event);
        self.pump();
    }

    /// Takes in what is in the inbox and does what that leads to. Reached again from within, it
    /// leaves the rest to the pump that is under way.
    fn pump(self: &Rc<Self>) {
        if self.is_pumping.replace(true) {
            return;
        }
        let mut deadline = None;
        loop {
            let events = self.inbox.take();
            if events.is_empty() {
                break;
            }
            for event in events {
                self.take(&event);
                deadline = self.perform_all();
            }
        }
        self.is_pumping.set(false);
        let weak = Rc::downgrade(self);
        self.alarm.arm(self.clock.now(), deadline, move || ring(&weak));
        (self.changed)();
    }

    /// Does all that the session asks for; the deadline that it names last.
    fn perform_all(self: &Rc<Self>) -> Option<Instant> {
        loop {
            // Bound to a name so that the borrow ends before anything is done.
            let output = self.session.borrow_mut().poll_output();
            match output {
                Output::Timeout(deadline) => return deadline,
                output => self.perform(output),
            }
        }
    }

    fn take(&self, event: &Event) {
        let input = match event {
            Event::Connect => Input::Connect,
            Event::Disconnect => Input::Disconnect,
            Event::Reconnect => Input::Reconnect,
            Event::Send(message) => Input::Send(message.clone()),
            Event::Socket(SocketEvent::Opened(id)) => Input::Opened(*id),
            Event::Socket(SocketEvent::Text(id, text)) => Input::Text(*id, text),
            Event::Socket(SocketEvent::Closed(id, code)) => Input::Closed(*id, *code),
            Event::Token(id, answer) => Input::Token(*id, answer.clone()),
            Event::Fetched { id, status, body } => {
                Input::Fetched { id: *id, status: *status, body }
            }
            Event::Alarm => Input::Timeout,
        };
        self.session.borrow_mut().handle_input(self.clock.now(), input);
    }

    fn perform(self: &Rc<Self>, output: Output) {
        match output {
            Output::FetchToken { id, .. } => {
                self.inbox.borrow_mut().push(Event::Token(id, Ok(None)));
            }
            Output::Fetch { id, url, token } => {
                let weak = Rc::downgrade(self);
                let answered = move |status, body| {
                    if let Some(inner) = weak.upgrade() {
                        inner.put(Event::Fetched { id, status, body });
                    }
                };
                http::fetch(&url, token.as_ref(), Box::new(answered));
            }
            Output::Measure { .. } | Output::Replied { .. } => {}
            Output::Open { socket: id, url, .. } => {
                let weak = Rc::downgrade(self);
                let tell = move |event| {
                    if let Some(inner) = weak.upgrade() {
                        inner.put(Event::Socket(event));
                    }
                };
                match Socket::open(id, &url, tell) {
                    Ok(socket) => *self.socket.borrow_mut() = Some(socket),
                    Err(_) => {
                        let event = SocketEvent::Closed(id, CloseCode::ABNORMAL);
                        self.inbox.borrow_mut().push(Event::Socket(event));
                    }
                }
            }
            Output::Send { socket: id, text, .. } => {
                if let Some(socket) = self.socket.borrow().as_ref().filter(|live| live.id == id) {
                    socket.send(&text);
                }
            }
            Output::Close { socket: id, code } => {
                let socket = self.socket.borrow_mut().take_if(|live| live.id == id);
                if let Some(socket) = socket {
                    socket.close(code);
                }
            }
            Output::Timeout(_) => {}
        }
    }
}

fn ring(inner: &Weak<Inner>) {
    if let Some(inner) = inner.upgrade() {
        inner.alarm.rang();
        inner.put(Event::Alarm);
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Driver").field(&self.0.session).finish()
    }
}
