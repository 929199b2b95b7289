//! One place in the search: the connection, and what is known of the world around it.

use std::time::Duration;

use agent_activity::{
    connection::{
        Answer, CloseCode, Config, Connection, Content, Delivery, Endpoint, Event, FetchId, Frame,
        Identity, Input, Outcome, Outgoing, Output, PageEvent, Refusal, RequestError, RequestId,
        Signal, SocketEvent, SocketId, State,
    },
    time::{Instant, whole_ms},
};

use super::{Kind, Step};
use crate::check::{Result, ensure};

/// How long the sleep is, in milliseconds: a message that was written before is too old after it.
const SLEEP: u64 = 600_000;

/// The most outputs of one input.
const OUTPUTS_MAX: u32 = 64;

/// The most inputs that healing may take.
const HEALING_MAX: u32 = 60;

/// The most messages that a sequence writes.
const MESSAGES_MAX: usize = 16;

/// How soon an attempt is made once the network is back, in milliseconds.
const RETURN_WINDOW: u64 = 1_000;

/// How old a message may become before it is given up, in milliseconds.
const AGE_MAX: u64 = 300_000;

/// The most requests that a sequence makes.
const REQUESTS_MAX: u64 = 32;

/// By how much a clock is set back, in milliseconds.
const SET_BACK: u64 = 3_600_000;

/// Where a message is, as far as was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Queued,
    Sent,
    Uncertain,
    Acked,
    Gone,
}

impl Fate {
    const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Sent | Self::Uncertain)
    }
}

/// The world around the connection. Small, since it is copied at every place of the search.
#[derive(Clone, Copy, Debug)]
struct World {
    kind: Kind,
    now: u64,
    deadline: Option<Instant>,
    last_socket: u32,
    /// The live socket; 0 = none.
    socket: u32,
    opened: bool,
    greeted: bool,
    ready: bool,
    /// Whether the live socket is about to be closed by the other side.
    closing: bool,
    /// The number after which the live socket goes on.
    after: u64,
    /// The number of the server's last event, and of the last that the page was told of.
    newest: u64,
    told: u64,
    ended: bool,
    hidden: bool,
    offline: bool,
    left: bool,
    ping: u64,
    fetch: u32,
    /// Whether the request is for the list.
    fetches_list: bool,
    written: usize,
    fates: [Fate; MESSAGES_MAX],
    /// How many messages went through the live socket, in order; and the last of them.
    last_sent: Option<usize>,
    /// What the page was told by the present input, that it may show one.
    admitted: u32,
    /// How many requests were made, and a bit for each that is under way: that of the first is the
    /// lowest.
    requested: u64,
    under_way: u64,
    /// Whether the newest event is being kept back.
    is_withheld: bool,
    /// The last socket that a sleep was survived with: what was forgiven once may end it.
    slept_with: u32,
    /// When the first message was written.
    first_written: u64,
}

/// One place in the search.
#[derive(Clone, Debug)]
pub(super) struct Node {
    connection: Connection,
    world: World,
}

impl Node {
    /// After the order to connect.
    pub(super) fn new(kind: Kind) -> Self {
        let page = "http://h/";
        let endpoint = Endpoint::resolve(page, page, "/ws", "s");
        let mut config = Config::default();
        if matches!(kind, Kind::Progress | Kind::Requests | Kind::Tasks | Kind::Untold) {
            config.policy(Some(kind.policy()));
        }
        let mut node = Self {
            connection: Connection::new(config, endpoint, 7),
            world: World {
                kind,
                // Hours after the origin, so that there is something to be set back to.
                now: 3 * SET_BACK,
                deadline: None,
                last_socket: 0,
                socket: 0,
                opened: false,
                greeted: false,
                ready: false,
                closing: false,
                after: 0,
                newest: 0,
                told: 0,
                ended: false,
                hidden: false,
                offline: false,
                left: false,
                ping: 0,
                fetch: 0,
                fetches_list: false,
                written: 0,
                fates: [Fate::Queued; MESSAGES_MAX],
                last_sent: None,
                admitted: 0,
                requested: 0,
                under_way: 0,
                is_withheld: false,
                slept_with: 0,
                first_written: 0,
            },
        };
        let begun = node.put(Input::Connect);
        debug_assert!(begun.is_ok(), "{begun:?}");
        node
    }

    /// Takes one step.
    pub(super) fn step(&mut self, step: Step) -> Result {
        let world = &mut self.world;
        if step != Step::Early {
            world.now += 10;
        }
        match step {
            Step::GoOn => self.go_on(),
            Step::Event => self.event(1),
            Step::Hole => self.event(if self.world.kind.numbers() { 2 } else { 0 }),
            Step::Cut => self.socket_event(SocketEvent::Closed(CloseCode::ABNORMAL)),
            Step::Due => self.pass(0),
            Step::Late => self.oversleep(),
            Step::Hide => {
                world.hidden = !world.hidden;
                let hidden = world.hidden;
                self.page(if hidden { PageEvent::Hidden } else { PageEvent::Shown })
            }
            Step::Offline => {
                world.offline = !world.offline;
                if world.offline {
                    return self.page(PageEvent::Offline);
                }
                self.network_back()
            }
            Step::Leave => {
                world.left = !world.left;
                let left = world.left;
                self.page(if left { PageEvent::Left } else { PageEvent::Returned })
            }
            Step::Write => self.write(),
            Step::Answer => self.answer(),
            Step::NoAnswer => self.fetched(Answer::Status(0)),
            Step::End => self.end(),
            Step::Reconnect => self.put(Input::Reconnect),
            Step::Unsent => {
                // Only what was sent last can have been held back.
                if world.last_sent.is_none() {
                    return Ok(());
                }
                world.closing = true;
                self.socket_event(SocketEvent::Unsent)
            }
            Step::Request => self.request(),
            Step::Early => self.early(),
            Step::Withhold => self.withhold(),
        }
    }

    /// Where nobody has to wait for a reason of another kind, an attempt is near.
    fn network_back(&mut self) -> Result {
        let was_offline = matches!(self.connection.state(), State::Offline { .. });
        self.page(PageEvent::Online)?;
        let world = &self.world;
        let soon = world.now + RETURN_WINDOW;
        let is_near = world.deadline.is_some_and(|at| whole_ms(at.since_origin()) <= soon);
        ensure!(
            !was_offline || world.hidden || world.left || is_near,
            "the network is back, and no attempt is near"
        );
        Ok(())
    }

    /// A page that slept does not take its own sleep for anybody's silence, at once.
    fn oversleep(&mut self) -> Result {
        let socket = self.world.socket;
        self.pass(SLEEP)?;
        let has_ended = matches!(self.connection.state(), State::Ended(_));
        ensure!(
            socket == 0
                || self.world.socket == socket
                || has_ended
                || self.world.slept_with == socket,
            "socket {socket} is given up over the page's own sleep"
        );
        self.world.slept_with = socket;
        Ok(())
    }

    /// What a heartbeat tells of must be asked for, or be counted as missing.
    fn withhold(&mut self) -> Result {
        let world = &mut self.world;
        let is_told = world.socket != 0 && world.greeted && world.after == world.newest;
        if world.ended || !is_told || !world.kind.numbers() {
            return self.put(Input::Timeout);
        }
        world.newest += 1;
        world.is_withheld = true;
        let (socket, newest) = (world.socket, world.newest);
        self.message(Signal::Heartbeat { newest: Some(newest) })?;
        let world = &mut self.world;
        world.is_withheld = false;
        ensure!(
            world.socket != socket || world.told == newest,
            "a heartbeat tells of {newest}, and {} is the last",
            world.told
        );
        if world.socket == socket {
            world.after = newest;
        }
        Ok(())
    }

    fn page(&mut self, event: PageEvent) -> Result {
        self.put(Input::Page(event))
    }

    fn socket_event(&mut self, event: SocketEvent) -> Result {
        if self.world.socket == 0 {
            // What an old socket says changes nothing; it is said all the same.
            let before = self.connection.state().clone();
            self.put(Input::Socket(SocketId(self.world.last_socket), event))?;
            let is_same = before == *self.connection.state() || self.world.deadline.is_none();
            ensure!(
                is_same || self.connection.state().name() != "connected",
                "a retired socket connects"
            );
            return Ok(());
        }
        self.put(Input::Socket(SocketId(self.world.socket), event))
    }

    fn message(&mut self, signal: Signal) -> Result {
        self.socket_event(SocketEvent::Message(signal))
    }

    fn go_on(&mut self) -> Result {
        let world = &mut self.world;
        if !world.opened {
            world.opened = world.socket != 0;
            return self.socket_event(SocketEvent::Opened);
        }
        if !world.greeted {
            world.greeted = true;
            let epoch = world.kind.numbers().then(|| "e".to_owned());
            let policy = world.kind.policy();
            return self.message(Signal::Greeting { epoch, policy });
        }
        if world.after < world.newest && world.kind.numbers() {
            return self.replay();
        }
        world.ready = true;
        self.message(Signal::Ready)
    }

    /// The next event that the live socket has not had.
    fn replay(&mut self) -> Result {
        self.world.after += 1;
        self.number(self.world.after, self.world.ended)
    }

    /// The server's next event, or the one `ahead` of that.
    fn event(&mut self, ahead: u64) -> Result {
        let world = &mut self.world;
        if world.socket == 0 || !world.opened {
            // It happens without anybody being told.
            world.newest += u64::from(!world.ended);
            return self.put(Input::Timeout);
        }
        if !world.greeted || (world.after < world.newest && world.kind.numbers()) {
            return self.go_on();
        }
        if world.ended {
            return self.put(Input::Timeout);
        }
        world.newest += ahead;
        world.after = world.newest;
        self.number(self.world.newest, false)
    }

    fn end(&mut self) -> Result {
        let world = &mut self.world;
        if !world.ended {
            world.ended = true;
            world.newest += 1;
        }
        let is_live = world.socket != 0 && world.opened && world.greeted;
        if !is_live || (world.after + 1 < world.newest && world.kind.numbers()) {
            return self.put(Input::Timeout);
        }
        world.after = world.newest;
        self.number(self.world.newest, true)
    }

    /// Tells of the event of this number.
    fn number(&mut self, number: u64, may_end: bool) -> Result {
        let world = &self.world;
        let ends = (may_end && world.ended && number == world.newest).then_some(Outcome::Complete);
        let is_numbered = world.kind.numbers();
        self.message(Signal::Event {
            seq: is_numbered.then_some(number),
            identity: (world.kind == Kind::Progress).then_some(identity(number)),
            ends,
        })
    }

    fn pass(&mut self, late: u64) -> Result {
        let world = &mut self.world;
        let due = world.deadline.map_or(world.now, |at| whole_ms(at.since_origin()));
        world.now = world.now.max(due) + late;
        self.put(Input::Timeout)
    }

    fn write(&mut self) -> Result {
        let number = self.world.written;
        if number == MESSAGES_MAX {
            return Ok(());
        }
        if number == 0 {
            self.world.first_written = self.world.now;
        }
        self.world.written += 1;
        let id = number.to_string();
        let content = Content::Cancel;
        self.put(Input::Send(Outgoing { id, content, sent_at: 0, is_volatile: false }))
    }

    fn request(&mut self) -> Result {
        let number = self.world.requested;
        if number == REQUESTS_MAX {
            return Ok(());
        }
        self.world.requested += 1;
        self.world.under_way |= 1 << number;
        self.put(Input::Request(RequestId(number)))
    }

    /// Whatever comes while the clock is set back, what was promised before is kept.
    fn early(&mut self) -> Result {
        if self.world.socket == 0 || !self.world.greeted {
            return self.put_at(self.world.now - SET_BACK, Input::Timeout);
        }
        let signal = Signal::Heartbeat { newest: None };
        let event = SocketEvent::Message(signal);
        let input = Input::Socket(SocketId(self.world.socket), event);
        self.put_at(self.world.now - SET_BACK, input)
    }

    fn answer(&mut self) -> Result {
        let world = &self.world;
        if world.kind == Kind::Requests && world.greeted {
            // Twice: the second is nobody's.
            let oldest = u64::from(world.under_way.trailing_zeros()).min(REQUESTS_MAX);
            if world.under_way == 0 {
                return self.message(Signal::Pong { timestamp: Some(world.ping) });
            }
            let id = Some(RequestId(oldest));
            self.message(Signal::Reply { id })?;
            return self.message(Signal::Reply { id });
        }
        if world.kind == Kind::Tasks && world.opened {
            return self.message(Signal::Pong { timestamp: Some(world.ping) });
        }
        if world.kind != Kind::Native {
            return self.answer_fetch();
        }
        let open = world.fates[..world.written].iter();
        let oldest = open.zip(0..).find(|(fate, _)| **fate == Fate::Sent).map(|(_, number)| number);
        let number: Option<usize> = oldest.filter(|_| world.greeted);
        match number {
            Some(number) => self.message(Signal::Ack { id: number.to_string() }),
            None if world.greeted => self.message(Signal::Pong { timestamp: Some(world.ping) }),
            None => self.fetched(Answer::Status(200)),
        }
    }

    fn answer_fetch(&mut self) -> Result {
        let world = self.world;
        if !world.fetches_list || world.fetch == 0 {
            return self.fetched(Answer::Status(404));
        }
        for number in 1..=world.newest {
            let ends = (world.ended && number == world.newest).then_some(Outcome::Complete);
            self.put(Input::Merge { identity: Some(identity(number)), ends })?;
        }
        self.fetched(Answer::Events { total: world.newest, is_active: true })
    }

    fn fetched(&mut self, answer: Answer) -> Result {
        let fetch = FetchId(self.world.fetch);
        self.put(Input::Fetched(fetch, answer))
    }

    /// One input and all that comes out.
    fn put(&mut self, input: Input) -> Result {
        self.put_at(self.world.now, input)
    }

    /// One input at a time that may lie before the latest, and all that comes out.
    fn put_at(&mut self, at: u64, input: Input) -> Result {
        let was_event = matches!(
            input,
            Input::Socket(_, SocketEvent::Message(Signal::Event { .. })) | Input::Merge { .. }
        );
        let mut state = self.connection.state().clone();
        let now = Instant::from_origin(Duration::from_millis(self.world.now));
        self.world.admitted = 0;
        self.connection.handle_input(Instant::from_origin(Duration::from_millis(at)), input);
        for _ in 0..OUTPUTS_MAX {
            match self.connection.poll_output() {
                Output::Timeout(deadline) => {
                    ensure!(
                        deadline.is_none_or(|deadline| deadline > now),
                        "the next deadline is not ahead"
                    );
                    self.world.deadline = deadline;
                    ensure!(
                        state == *self.connection.state(),
                        "a state was entered without a word"
                    );
                    ensure!(
                        self.world.admitted <= u32::from(was_event),
                        "one event is shown twice"
                    );
                    return self.check();
                }
                Output::Event(Event::StateChanged(next)) => {
                    ensure!(next != state, "{state:?} is told twice");
                    state = next;
                }
                output => self.world.take(output)?,
            }
        }
        ensure!(false, "one input has more than {OUTPUTS_MAX} outputs");
        Ok(())
    }

    /// What holds whenever all outputs are taken.
    fn check(&self) -> Result {
        let live = self.connection.socket().map_or(0, |socket| socket.0);
        ensure!(
            live == self.world.socket,
            "the connection has socket {live}, and {} is open",
            self.world.socket
        );
        ensure!(
            live != 0 || self.world.under_way == 0,
            "a request waits for its answer, and its socket is gone"
        );
        let depth = self.connection.queue().messages;
        let fates = self.world.fates[..self.world.written].iter();
        let open = fates.clone().filter(|fate| fate.is_open()).count();
        // Where nothing is acknowledged, what was sent may be as good as delivered.
        let is_vague = |fate: &&Fate| match fate {
            Fate::Uncertain => true,
            Fate::Sent => self.world.kind == Kind::Tasks,
            _ => false,
        };
        let uncertain = fates.filter(is_vague).count();
        // What is uncertain may be sent again, or be given up.
        ensure!(
            (open - uncertain..=open).contains(&depth),
            "{depth} messages are queued, and {open} have no fate, {uncertain} an uncertain one"
        );
        // Unless they are too old, where the server acknowledges.
        let world = &self.world;
        let is_young = world.now - world.first_written <= AGE_MAX;
        ensure!(
            world.kind != Kind::Native || world.ended || !is_young || depth == open,
            "{depth} messages are queued, and {open} are not known to have arrived"
        );
        Ok(())
    }

    /// All goes well from here on: it must come to rest where it should.
    pub(super) fn heal(mut self) -> Result {
        if self.world.left {
            self.step(Step::Leave)?;
        }
        if self.world.hidden {
            self.step(Step::Hide)?;
        }
        if self.world.offline {
            self.step(Step::Offline)?;
        }
        for _ in 0..HEALING_MAX {
            let world = &self.world;
            let is_numbered = world.kind.numbers();
            if matches!(self.connection.state(), State::Ended(_)) {
                ensure!(world.ended, "it has ended, which the session has not");
                return Ok(());
            }
            let open = self.connection.queue().messages;
            let list = world.fetches_list && self.connection.query(FetchId(world.fetch)).is_some();
            if world.closing && world.socket != 0 {
                self.step(Step::Cut)?;
            } else if world.socket == 0 || !world.opened {
                if world.socket != 0 {
                    self.go_on()?;
                } else if list {
                    self.answer_fetch()?;
                } else {
                    self.pass(0)?;
                }
            } else if !world.greeted || (is_numbered && world.after < world.newest) || !world.ready
            {
                self.go_on()?;
            } else if world.kind == Kind::Native && open > 0 {
                self.answer()?;
            } else if world.kind == Kind::Tasks && open > 0 {
                // Something comes back after it.
                self.message(Signal::Other)?;
            } else if list {
                self.answer_fetch()?;
            } else if world.ended {
                // It was told before, and the server closes.
                self.number(world.newest, true)?;
            } else if *self.connection.state() == State::Suspect {
                self.message(Signal::Heartbeat { newest: None })?;
            } else {
                break;
            }
        }
        let world = &self.world;
        ensure!(
            *self.connection.state() == State::Connected,
            "all is well, and it is {:?}",
            self.connection.state()
        );
        if world.kind.numbers() {
            ensure!(world.told == world.newest, "{} is shown of {}", world.told, world.newest);
        }
        let depth = self.connection.queue().messages;
        ensure!(depth == 0, "{depth} messages are still queued");
        Ok(())
    }
}

impl World {
    fn take(&mut self, output: Output) -> Result {
        match output {
            Output::Open { socket, url, .. } => self.open(socket, &url),
            Output::Transmit { socket, frame } => self.transmit(socket, frame),
            Output::Measure { socket } => self.name(socket),
            Output::Close { socket, code } => {
                self.name(socket)?;
                ensure!(
                    code.0 == 1000 || (3000..=4999).contains(&code.0),
                    "a socket is closed with {code}"
                );
                self.socket = 0;
                Ok(())
            }
            Output::Fetch { id, query, .. } => {
                self.fetch = id.0;
                self.fetches_list =
                    matches!(query, agent_activity::connection::Query::Events { .. });
                Ok(())
            }
            Output::Event(event) => self.hear(event),
            Output::FetchToken { .. } | Output::Timeout(_) => Ok(()),
        }
    }

    fn name(&self, socket: SocketId) -> Result {
        ensure!(
            self.socket == socket.0 && socket.0 != 0,
            "socket {} is used beside {}",
            socket.0,
            self.socket
        );
        Ok(())
    }

    fn open(&mut self, socket: SocketId, url: &str) -> Result {
        ensure!(self.socket == 0, "socket {} is opened beside {}", socket.0, self.socket);
        ensure!(socket.0 > self.last_socket, "socket {} is opened again", socket.0);
        (self.socket, self.last_socket) = (socket.0, socket.0);
        (self.opened, self.greeted, self.ready) = (false, false, false);
        self.closing = false;
        self.last_sent = None;
        let after = url.rsplit_once("after=").and_then(|(_, after)| after.parse().ok());
        self.after = after.unwrap_or(0);
        ensure!(
            !self.kind.numbers() || self.after == self.told,
            "{} is asked for, and {} was the last",
            self.after,
            self.told
        );
        Ok(())
    }

    fn transmit(&mut self, socket: SocketId, frame: Frame) -> Result {
        self.name(socket)?;
        ensure!(self.kind.reads(), "{frame:?} is sent to a server that takes nothing");
        ensure!(
            self.greeted || (self.kind == Kind::Tasks && self.opened),
            "{frame:?} is sent before the greeting"
        );
        match frame {
            Frame::Ping { timestamp } => self.ping = timestamp,
            Frame::Message(message) => {
                let number: usize = message.id.parse().unwrap_or(MESSAGES_MAX);
                ensure!(
                    self.last_sent.is_none_or(|last| last < number),
                    "message {number} is sent after {:?}",
                    self.last_sent
                );
                self.last_sent = Some(number);
            }
            Frame::Request(_) => {}
        }
        Ok(())
    }

    fn hear(&mut self, event: Event) -> Result {
        match event {
            Event::Admitted => {
                self.admitted += 1;
                if self.kind.numbers() {
                    ensure!(
                        self.after == self.told + 1,
                        "{} is shown after {}",
                        self.after,
                        self.told
                    );
                    self.told = self.after;
                }
                Ok(())
            }
            Event::Missing { from, to } => {
                ensure!(
                    from == self.told + 1 && to >= from,
                    "{from} to {to} is said to be missing"
                );
                ensure!(
                    to < self.newest + u64::from(self.is_withheld),
                    "{to} is said to be missing, and is yet to come"
                );
                self.told = to;
                Ok(())
            }
            Event::EpochChanged => {
                ensure!(false, "another epoch is told");
                Ok(())
            }
            Event::Delivery { id, delivery } => self.deliver(&id, &delivery),
            Event::Answered { request, result } => self.hear_answer(request, result),
            Event::Duplicate
            | Event::Held
            | Event::Released
            | Event::Ready { .. }
            | Event::EndedUnsaid(_)
            | Event::WasLate { .. }
            | Event::StateChanged(_) => Ok(()),
        }
    }

    fn hear_answer(
        &mut self,
        RequestId(number): RequestId,
        result: std::result::Result<(), RequestError>,
    ) -> Result {
        let bit = 1_u64.checked_shl(u32::try_from(number).unwrap_or(u32::MAX)).unwrap_or(0);
        ensure!(
            self.under_way & bit != 0,
            "request {number} is answered by {result:?}, and was answered before"
        );
        self.under_way &= !bit;
        Ok(())
    }

    fn deliver(&mut self, id: &str, delivery: &Delivery) -> Result {
        let number: usize = id.parse().unwrap_or(MESSAGES_MAX);
        let Some(fate) = self.fates.get_mut(number) else {
            ensure!(false, "nobody wrote message {id}");
            return Ok(());
        };
        let next = match delivery {
            Delivery::Queued => Fate::Queued,
            Delivery::Sent => Fate::Sent,
            Delivery::Uncertain => Fate::Uncertain,
            Delivery::Acked => Fate::Acked,
            Delivery::Expired { .. } | Delivery::Refused(_) => Fate::Gone,
        };
        let is_legal = match (*fate, next) {
            (Fate::Acked | Fate::Gone, _) => false,
            (Fate::Queued, Fate::Acked | Fate::Uncertain) => false,
            (Fate::Uncertain, Fate::Uncertain | Fate::Queued) => false,
            (Fate::Sent | Fate::Uncertain, Fate::Gone) => {
                !matches!(delivery, Delivery::Expired { .. } | Delivery::Refused(Refusal::Ended))
            }
            _ => true,
        };
        ensure!(is_legal, "message {id} was {fate:?} and is {delivery:?}");
        *fate = next;
        Ok(())
    }
}

fn identity(number: u64) -> Identity {
    Identity { hash: u128::from(number), is_dated: true }
}
