//! Does what a session asks, in the browser.

use std::{
    cell::{Cell, Ref, RefCell},
    collections::VecDeque,
    fmt,
    rc::{Rc, Weak},
};

use super::{
    alarm::Alarm,
    clock::{Clock, random_id, random_seed, wall_ms},
    http::{self, Request},
    inbox::{Event, Replied},
    lifecycle::{self, Lifecycle},
    neighbours::Neighbours,
    socket::{Socket, SocketError},
};
use crate::{
    connection::{
        CloseCode, Content, Endpoint, EndpointError, FetchId, Outgoing, SocketId, Token,
        TokenError, with_token,
    },
    dialect::MakeReader,
    session::{Call, CallId, Input, Output, PageId, Reply, Session},
    time::Instant,
};

/// Runs one session in the browser.
///
/// Callbacks of the browser only put an event into the inbox and pump; decisions are the session's.
/// Dropping the last clone closes the socket, ends the request under way, cancels the timer, and
/// takes every listener off the page; callbacks of the host that wait are never called.
#[derive(Clone)]
pub struct Driver(Rc<Inner>);

/// Takes the answer of a token provider: a token, `None` where none is needed, or that there is none
/// for now. One that comes too late, or after the driver was dropped, changes nothing.
pub type TokenAnswer = Box<dyn FnOnce(Result<Option<Token>, TokenError>)>;

/// Is asked for a token, and told whether the one that it gave last was refused.
pub type TokenProvider = Box<dyn Fn(bool, TokenAnswer)>;

struct Inner {
    session: RefCell<Session>,
    socket: RefCell<Option<Socket>>,
    /// What the neighbours call this page.
    page: PageId,
    /// Those who may share the socket.
    neighbours: RefCell<Option<Neighbours>>,
    /// The last socket, even if it could not be made, and where it was to go; without its token.
    dialed: RefCell<Option<(SocketId, String)>>,
    /// The last request, for as long as its answer is wanted.
    request: RefCell<Option<(FetchId, Request)>>,
    token_provider: RefCell<Option<Rc<TokenProvider>>>,
    calls: RefCell<Calls>,
    alarm: Alarm,
    clock: Clock,
    inbox: RefCell<VecDeque<Event>>,
    /// What followed at once from something that was done. Taken in before anything else.
    echoes: RefCell<VecDeque<Input<'static>>>,
    is_pumping: Cell<bool>,
    changed: Box<dyn Fn()>,
    _lifecycle: Lifecycle,
}

/// Whoever waits for a reply. The session answers every call, and bounds how many are under way.
#[derive(Default)]
struct Calls {
    /// How many were made; sessions count them, too.
    made: u64,
    waiting: Vec<(CallId, Replied)>,
}

impl Driver {
    /// Takes a session. `changed` is called after every turn in which the session took something
    /// in; it must not do more than take note of that.
    #[must_use]
    pub fn new(session: Session, changed: impl Fn() + 'static) -> Self {
        Self(Rc::new_cyclic(|inner| Inner {
            session: RefCell::new(session),
            socket: RefCell::default(),
            page: PageId(random_seed()),
            neighbours: RefCell::default(),
            dialed: RefCell::default(),
            request: RefCell::default(),
            token_provider: RefCell::default(),
            calls: RefCell::default(),
            alarm: Alarm::default(),
            clock: Clock::new(),
            inbox: RefCell::new(lifecycle::so_far()),
            echoes: RefCell::default(),
            is_pumping: Cell::new(false),
            changed: Box::new(changed),
            _lifecycle: Lifecycle::watch(teller(inner.clone())),
        }))
    }

    /// From the next attempt on, tokens come from `provider`. It is asked before every attempt, if
    /// the session's [`Config::token_provider`](crate::connection::Config::token_provider) says that
    /// there is one, and answers now or later. It is told whether the token that it gave last was
    /// refused, so that it must get another, and not the same from a cache.
    ///
    /// The token goes to the socket in its address, and to HTTP in a header. A provider that holds a
    /// clone of the driver keeps it alive.
    pub fn set_token_provider(&self, provider: TokenProvider) {
        *self.0.token_provider.borrow_mut() = Some(Rc::new(provider));
    }

    /// Follow the session.
    pub fn connect(&self) {
        self.put(Input::Connect);
    }

    /// Stop following it.
    pub fn disconnect(&self) {
        self.put(Input::Disconnect);
    }

    /// Attempt to connect now instead of when the wait is over.
    pub fn reconnect(&self) {
        self.put(Input::Reconnect);
    }

    /// Follow another session in place of this one.
    pub fn follow(&self, endpoint: Result<Endpoint, EndpointError>) {
        self.put(Input::Follow(endpoint));
    }

    /// Reach the same session at another address, from the next attempt on.
    pub fn readdress(&self, endpoint: Result<Endpoint, EndpointError>) {
        self.put(Input::Readdress(endpoint));
    }

    /// Sends a message to the session, now or as soon as there is a connection; its id, by which
    /// [`Session::messages`] tells where it is.
    pub fn send(&self, text: &str) -> String {
        self.send_content(Content::Text(text.to_owned()), false)
    }

    /// Sends a message that is of no use later: without a connection it is refused. Its id.
    pub fn send_volatile(&self, text: &str) -> String {
        self.send_content(Content::Text(text.to_owned()), true)
    }

    /// Asks the session to end its run, now or as soon as there is a connection; the id of the
    /// message that does.
    pub fn cancel(&self) -> String {
        self.send_content(Content::Cancel, false)
    }

    fn send_content(&self, content: Content, is_volatile: bool) -> String {
        let id = random_id();
        let sent_at = u64::try_from(wall_ms()).unwrap_or(0);
        self.put(Input::Send(Outgoing { id: id.clone(), content, sent_at, is_volatile }));
        id
    }

    /// Makes a request of the session's server, `params` being JSON. `answered` is called once, with
    /// the reply or with why there is none; never after the driver was dropped.
    pub fn call(&self, method: &str, params: &str, answered: impl FnOnce(Reply) + 'static) {
        let call = Call { method: method.to_owned(), params: params.to_owned() };
        self.0.put(Event::Call(call, Box::new(answered)));
    }

    /// AG-UI can be read from now on, if the session began without.
    pub fn learn(&self, make: MakeReader) {
        self.put(Input::Learn(make));
    }

    fn put(&self, input: Input<'static>) {
        self.0.put(Event::Input(input));
    }

    /// Has something read into the session, which is followed nowhere, at the present instant.
    pub fn replay<T>(&self, read: impl FnOnce(&mut Session, Instant) -> T) -> T {
        let read = read(&mut self.0.session.borrow_mut(), self.now());
        (self.0.changed)();
        read
    }

    /// The session as it stands. To be let go before the browser takes the next turn.
    #[must_use]
    pub fn session(&self) -> Ref<'_, Session> {
        self.0.session.borrow()
    }

    /// What happened to the connection, as JSON text; see [`Session::record`].
    #[must_use]
    pub fn record(&self) -> String {
        self.session().record(self.now(), wall_ms())
    }

    /// The time on the clock that the session's instants are read from.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.clock.now()
    }
}

impl Inner {
    fn put(self: &Rc<Self>, event: Event) {
        self.read_messages();
        self.inbox.borrow_mut().push_back(event);
        self.pump();
    }

    /// Puts the messages that have arrived into the inbox.
    fn read_messages(&self) {
        if let Some(socket) = self.socket.borrow().as_ref() {
            let mut inbox = self.inbox.borrow_mut();
            socket.read(|text| inbox.push_back(Event::Text(socket.id, text)));
        }
    }

    /// Takes in what is in the inbox and does what that leads to. Reached again from within, it
    /// leaves the rest to the pump that is under way.
    fn pump(self: &Rc<Self>) {
        if self.is_pumping.replace(true) {
            return;
        }
        let now = self.clock.now();
        let mut due = None;
        while let Some(event) = self.next_event() {
            self.take(now, event);
            due = Some(self.perform_all());
        }
        self.end_unwanted_request();
        self.is_pumping.set(false);
        if let Some(deadline) = due {
            let weak = Rc::downgrade(self);
            self.alarm.arm(now, deadline, move || ring(&weak));
            (self.changed)();
        }
    }

    fn next_event(&self) -> Option<Event> {
        let echo = self.echoes.borrow_mut().pop_front();
        echo.map(Event::Input).or_else(|| self.inbox.borrow_mut().pop_front())
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

    /// Takes in what happened.
    fn take(&self, now: Instant, event: Event) {
        let mut session = self.session.borrow_mut();
        match event {
            Event::Input(input) => session.handle_input(now, input),
            Event::Text(id, text) => session.handle_input(now, Input::Text(id, &text)),
            Event::Fetched { id, status, body } => {
                session.handle_input(now, Input::Fetched { id, status, body: &body });
            }
            Event::Call(call, answered) => {
                self.calls.borrow_mut().add(answered);
                session.handle_input(now, Input::Call(call));
            }
            Event::Blocked(address) => {
                if let Some(id) = self.blocked_socket(&address) {
                    session.handle_input(now, Input::Blocked(id));
                }
            }
        }
    }

    /// The last socket, if it is what the page's policy does not allow.
    fn blocked_socket(&self, blocked: &str) -> Option<SocketId> {
        // A query is as good as none: it may hold a token, and the address kept here does not.
        let (blocked, _) = blocked.split_once('?').unwrap_or((blocked, ""));
        let dialed = self.dialed.borrow();
        let (id, url) = dialed.as_ref()?;
        (!blocked.is_empty() && url.starts_with(blocked)).then_some(*id)
    }

    /// Ends the request whose answer nobody waits for any more.
    fn end_unwanted_request(&self) {
        let session = self.session.borrow();
        let is_wanted = |id| session.connection().query(id).is_some();
        self.request.borrow_mut().take_if(|(id, _)| !is_wanted(*id));
    }

    /// What follows at once from something that was done.
    fn note(&self, input: Input<'static>) {
        self.echoes.borrow_mut().push_back(input);
    }

    fn take_neighbours(&self, id: SocketId) -> Option<Neighbours> {
        self.neighbours.borrow_mut().take_if(|neighbours| neighbours.id == id)
    }

    fn with_socket<T>(&self, id: SocketId, act: impl FnOnce(&Socket) -> T) -> Option<T> {
        self.socket.borrow().as_ref().filter(|live| live.id == id).map(act)
    }

    fn perform(self: &Rc<Self>, output: Output) {
        match output {
            Output::FetchToken { id, is_refused } => {
                let tell = teller(Rc::downgrade(self));
                let answer: TokenAnswer =
                    Box::new(move |answer| tell(Event::Input(Input::Token(id, answer))));
                // Cloned, so that it may be replaced while it is asked.
                let provider = self.token_provider.borrow().clone();
                match provider {
                    Some(provider) => provider(is_refused, answer),
                    None => answer(Ok(None)),
                }
            }
            Output::Fetch { id, url, token } => {
                let tell = teller(Rc::downgrade(self));
                let answered = move |status, body| tell(Event::Fetched { id, status, body });
                let request = http::fetch(&url, token.as_ref(), answered);
                // The one before it, if there is one, is not wanted any more and ends now.
                *self.request.borrow_mut() = request.map(|request| (id, request));
            }
            Output::Open { socket: id, url, token } => {
                let address = token.map(|token| with_token(&url, &token));
                let tell = teller(Rc::downgrade(self));
                let inner = Rc::downgrade(self);
                let arrived = move || {
                    if let Some(inner) = inner.upgrade() {
                        inner.read_messages();
                        inner.pump();
                    }
                };
                let opened = Socket::open(id, address.as_ref().unwrap_or(&url), tell, arrived);
                *self.dialed.borrow_mut() = Some((id, url));
                match opened {
                    Ok(socket) => *self.socket.borrow_mut() = Some(socket),
                    Err(SocketError::Address) => self.note(Input::Invalid(id)),
                    Err(SocketError::Other) => {
                        self.note(Input::Closed(id, CloseCode::ABNORMAL));
                    }
                }
            }
            Output::Share { socket: id, name } => {
                let tell = teller(Rc::downgrade(self));
                let neighbours = Neighbours::meet(id, self.page, &name, tell);
                if neighbours.is_none() {
                    self.note(Input::Unshared(id));
                }
                *self.neighbours.borrow_mut() = neighbours;
            }
            Output::Tell { socket: id, word } => {
                let neighbours = self.neighbours.borrow();
                if let Some(neighbours) = neighbours.as_ref().filter(|it| it.id == id) {
                    neighbours.tell(word);
                }
            }
            Output::Unshare { socket: id } => drop(self.take_neighbours(id)),
            Output::Send { socket: id, text, is_message } => {
                let is_sent = self.with_socket(id, |socket| socket.send(&text));
                if is_message && is_sent == Some(false) {
                    self.note(Input::Unsent(id));
                }
            }
            Output::Measure { socket: id } => {
                if let Some(bytes) = self.with_socket(id, Socket::buffered) {
                    self.note(Input::Buffered(id, bytes));
                }
            }
            Output::Close { socket: id, code } => {
                let socket = self.socket.borrow_mut().take_if(|live| live.id == id);
                if let Some(socket) = socket {
                    socket.close(code);
                }
                // The lock last: whoever gets it finds the socket closed.
                drop(self.take_neighbours(id));
            }
            Output::Replied { call, reply } => {
                let answered = self.calls.borrow_mut().take(call);
                if let Some(answered) = answered {
                    answered(reply);
                }
            }
            Output::Timeout(_) => {}
        }
    }
}

impl Calls {
    fn add(&mut self, answered: Replied) {
        self.made += 1;
        self.waiting.push((CallId(self.made), answered));
    }

    fn take(&mut self, call: CallId) -> Option<Replied> {
        let index = self.waiting.iter().position(|(waiting, _)| *waiting == call)?;
        Some(self.waiting.swap_remove(index).1)
    }
}

/// Puts what it is called with into the inbox of a driver, if that is still there.
fn teller(inner: Weak<Inner>) -> impl Fn(Event) + Clone {
    move |event| {
        if let Some(inner) = inner.upgrade() {
            inner.put(event);
        }
    }
}

fn ring(inner: &Weak<Inner>) {
    if let Some(inner) = inner.upgrade() {
        inner.alarm.rang();
        inner.put(Event::Input(Input::Timeout));
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Driver").field(&self.0.session).finish()
    }
}
