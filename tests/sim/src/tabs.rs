//! Several pages of one browser that follow the same session: the lock, the channel, and a server
//! that bears one socket, or any number.
//!
//! What the other ways to run put one page through is not repeated here. What is new is the order in
//! which the words of the pages, the frames, the lock and the answers arrive, and pages that go away
//! with or without a word.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use agent_activity::{
    activity::{LogBounds, Row},
    connection::{CloseCode, Config, Endpoint, FetchId, PageEvent, SocketId, State},
    dialect::DialectKind,
    session::{Input, Output, PageId, Session, Word},
    time::Instant,
};

use crate::{
    check::{Result, Violation, ensure},
    options::{self, Kind},
    rng::Rng,
    server::{Asked, Epoch, Say, Server},
};

/// How many steps a run takes before all goes well.
const STEPS: u32 = 400;

/// The most pages at a time.
const TABS_MAX: usize = 4;

/// How long the healed world runs, in milliseconds, and when in that time there is news.
const HEALING: u64 = 400_000;
const NEWS: u64 = 200_000;

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What did not hold, if something did not.
    pub violation: Option<String>,
    /// What happened, if that was asked for.
    pub lines: Vec<String>,
    /// How often a page joined the socket of another.
    pub joined: u64,
    /// How often a page got the lock.
    pub led: u64,
}

/// Runs the world of this seed; `is_told` = with what happened.
#[must_use]
pub fn run(seed: u64, is_told: bool) -> Report {
    let mut browser = Browser::new(seed, is_told);
    let result = browser.run();
    Report {
        violation: result.err().map(|Violation(words)| words),
        lines: browser.lines.unwrap_or_default(),
        joined: browser.joined,
        led: browser.led,
    }
}

/// One page.
struct Tab {
    session: Session,
    deadline: Option<Instant>,
    /// The socket for which it is in line or holds the lock, and listens.
    sharing: Option<SocketId>,
    /// Its own socket, under the name that the server knows.
    wire: Option<u32>,
    fetch: Option<(FetchId, String)>,
    /// The rows of its log that were looked at, and the events among them.
    rows: usize,
    shown: BTreeSet<usize>,
}

/// What a socket has for its page, in order.
enum Arrival {
    Opened,
    Frame(String),
    Closed(u16),
}

struct Wire {
    tab: usize,
    socket: SocketId,
    arrivals: VecDeque<Arrival>,
    /// Whether it has brought a frame.
    has_spoken: bool,
}

/// The browser, its pages by the order in which they were opened, and the server.
struct Browser {
    rng: Rng,
    now: u64,
    kind: Kind,
    dialect: DialectKind,
    server: Server,
    tabs: BTreeMap<usize, Tab>,
    next_tab: usize,
    wires: BTreeMap<u32, Wire>,
    next_wire: u32,
    holder: Option<(usize, SocketId)>,
    line: VecDeque<(usize, SocketId)>,
    /// The words on their way, from and to, each line of them in order.
    words: BTreeMap<(usize, usize), VecDeque<(SocketId, Word)>>,
    says: Vec<Say>,
    /// How likely an answer by HTTP is to come when it is its turn, in thousandths: where it is slow,
    /// sockets and leaders come and go while it is on its way.
    answering: u64,
    /// The same of a word of one page to another.
    hearing: u64,
    lines: Option<Vec<String>>,
    joined: u64,
    led: u64,
    /// Whether a socket was lost before it told what kind of server this is: what one that forgets
    /// lost with it cannot be known then.
    is_blind: bool,
}

impl Browser {
    fn new(seed: u64, is_told: bool) -> Self {
        let mut rng = Rng::new(seed ^ 0x7ab5_0000_7ab5_0000);
        let kind = rng.pick(&[
            Kind::Progress,
            Kind::Progress,
            Kind::Progress,
            Kind::Repeating,
            Kind::Native,
            Kind::Numbered,
        ]);
        let dialect = match kind {
            Kind::Progress | Kind::Repeating if rng.chance(500) => DialectKind::Progress,
            _ => DialectKind::Auto,
        };
        let (answering, hearing) = (rng.pick(&[1_000, 200, 50]), rng.pick(&[1_000, 200, 50]));
        Self {
            rng,
            now: 0,
            kind,
            dialect,
            server: Server::new(kind, options::Server::default()),
            tabs: BTreeMap::new(),
            next_tab: 0,
            wires: BTreeMap::new(),
            next_wire: 1,
            holder: None,
            line: VecDeque::new(),
            words: BTreeMap::new(),
            says: Vec::new(),
            answering,
            hearing,
            lines: is_told.then(Vec::new),
            joined: 0,
            led: 0,
            is_blind: false,
        }
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{now:>9} {}", what()));
        }
    }

    fn run(&mut self) -> Result {
        self.open_tab()?;
        for _ in 0..STEPS {
            self.disturb()?;
            self.go_on()?;
        }
        self.tell(|| "all is well from now on".to_owned());
        if self.tabs.is_empty() {
            self.open_tab()?;
        }
        for tab in self.ids() {
            self.put(tab, Input::Page(PageEvent::Returned))?;
            self.put(tab, Input::Connect)?;
        }
        let (news, end) = (self.now + NEWS, self.now + HEALING);
        let mut is_told = false;
        while self.now < end {
            if self.now >= news && !std::mem::replace(&mut is_told, true) {
                self.emit();
            }
            self.go_on()?;
        }
        self.converged()
    }

    fn ids(&self) -> Vec<usize> {
        self.tabs.keys().copied().collect()
    }

    fn any_tab(&mut self) -> Option<usize> {
        let ids = self.ids();
        (!ids.is_empty()).then(|| self.rng.pick(&ids))
    }

    /// Something happens from outside, now and then.
    fn disturb(&mut self) -> Result {
        let dice = self.rng.below(100);
        match dice {
            0..14 => self.emit(),
            14..18 if self.tabs.len() < TABS_MAX => return self.open_tab(),
            18..20 => {
                if let Some(tab) = self.any_tab() {
                    self.tell(|| format!("{tab} is closed"));
                    self.put(tab, Input::Page(PageEvent::Left))?;
                    self.remove_tab(tab);
                }
            }
            20 => {
                if let Some(tab) = self.any_tab() {
                    self.tell(|| format!("{tab} crashes"));
                    self.remove_tab(tab);
                }
            }
            21 => {
                if let Some(tab) = self.any_tab() {
                    let event = self.rng.pick(&[PageEvent::Left, PageEvent::Returned]);
                    self.tell(|| format!("{tab}: {event:?}"));
                    return self.put(tab, Input::Page(event));
                }
            }
            22 => {
                if let Some(tab) = self.any_tab() {
                    return self.put(tab, Input::Reconnect);
                }
            }
            23 => self.cut(),
            _ => {}
        }
        Ok(())
    }

    fn emit(&mut self) {
        let mut rng = self.rng.clone();
        self.server.emit(0, 1, self.now, &mut rng, &mut self.says);
        self.rng = rng;
        self.tell(|| "something happens".to_owned());
        self.hear_server();
    }

    /// A socket is lost, and both ends hear of it.
    fn cut(&mut self) {
        let wires: Vec<u32> = self.wires.keys().copied().collect();
        if wires.is_empty() {
            return;
        }
        let wire = self.rng.pick(&wires);
        self.tell(|| format!("socket {wire} is cut"));
        self.server.lose(wire);
        if let Some(wire) = self.wires.get_mut(&wire) {
            wire.arrivals.push_back(Arrival::Closed(1006));
        }
    }

    fn open_tab(&mut self) -> Result {
        let tab = self.next_tab;
        self.next_tab += 1;
        let endpoint = Endpoint::resolve("http://host/", "http://host/", "/ws", "s0");
        let seed = self.rng.next();
        let bounds = LogBounds::default();
        let session = Session::new(Config::default(), self.dialect, endpoint, bounds, seed);
        let it = Tab {
            session,
            deadline: None,
            sharing: None,
            wire: None,
            fetch: None,
            rows: 0,
            shown: BTreeSet::new(),
        };
        self.tabs.insert(tab, it);
        self.tell(|| format!("{tab} is opened"));
        self.put(tab, Input::Connect)
    }

    /// A page is gone: its socket, its lock and its place in the line with it.
    fn remove_tab(&mut self, tab: usize) {
        self.close_wire(tab);
        self.let_go(tab);
        self.joined += self.tabs.remove(&tab).map_or(0, |tab| tab.session.counters().joined);
    }

    fn close_wire(&mut self, tab: usize) {
        if let Some(name) = self.tabs.get_mut(&tab).and_then(|tab| tab.wire.take()) {
            self.lose_wire(name);
            self.server.lose(name);
        }
    }

    fn lose_wire(&mut self, name: u32) {
        let wire = self.wires.remove(&name);
        self.is_blind |= self.dialect == DialectKind::Auto && wire.is_some_and(|it| !it.has_spoken);
    }

    fn let_go(&mut self, tab: usize) {
        if let Some(it) = self.tabs.get_mut(&tab) {
            it.sharing = None;
        }
        self.line.retain(|&(waiting, _)| waiting != tab);
        self.holder = self.holder.filter(|&(holder, _)| holder != tab);
    }

    /// One of the things that may happen next does; when there is none, time passes.
    fn go_on(&mut self) -> Result {
        let mut choices: Vec<Choice> = Vec::new();
        choices.extend(
            self.words
                .iter()
                .filter(|(_, line)| !line.is_empty())
                .map(|(&way, _)| Choice::Word(way)),
        );
        choices.extend(
            self.wires
                .iter()
                .filter(|(_, wire)| !wire.arrivals.is_empty())
                .map(|(&wire, _)| Choice::Arrival(wire)),
        );
        let asking = |tab: &Tab| tab.fetch.is_some();
        choices.extend(
            self.tabs.iter().filter(|(_, tab)| asking(tab)).map(|(&tab, _)| Choice::Answer(tab)),
        );
        if self.holder.is_none() && !self.line.is_empty() {
            choices.push(Choice::Grant);
        }
        if choices.is_empty() {
            return self.pass();
        }
        match self.rng.pick(&choices) {
            Choice::Word(way) if self.rng.chance(self.hearing) => self.deliver_word(way),
            Choice::Arrival(wire) => self.arrive(wire),
            Choice::Answer(tab) if self.rng.chance(self.answering) => self.answer(tab),
            Choice::Word(_) | Choice::Answer(_) => Ok(()),
            Choice::Grant => self.grant(),
        }
    }

    /// Time passes until somebody has something to do.
    fn pass(&mut self) -> Result {
        let ms = |at: Instant| whole_ms_up(at.since_origin());
        let alarms = self.tabs.iter().filter_map(|(&tab, it)| Some((ms(it.deadline?), tab)));
        let alarm = alarms.min();
        let server = self.server.due();
        let next = alarm.map_or(u64::MAX, |(at, _)| at).min(server.unwrap_or(u64::MAX));
        // With nobody there, nothing but time passes.
        self.now = self.now.max(if next == u64::MAX { self.now + 1_000 } else { next });
        if server.is_some_and(|at| at <= self.now) {
            self.server.tick(self.now, &mut self.says);
            self.hear_server();
        } else if let Some((_, tab)) = alarm.filter(|&(at, _)| at <= self.now) {
            return self.put(tab, Input::Timeout);
        }
        Ok(())
    }

    fn deliver_word(&mut self, way: (usize, usize)) -> Result {
        let Some((socket, word)) = self.words.get_mut(&way).and_then(VecDeque::pop_front) else {
            return Ok(());
        };
        let is_heard = self.tabs.get(&way.1).is_some_and(|tab| tab.sharing == Some(socket));
        if !is_heard {
            return Ok(());
        }
        self.tell(|| format!("{} hears {} say {word:?}", way.1, way.0));
        let from = PageId(way.0 as u64);
        self.put(way.1, Input::Heard(socket, from, word))
    }

    fn arrive(&mut self, name: u32) -> Result {
        let Some(wire) = self.wires.get_mut(&name) else { return Ok(()) };
        let (tab, socket) = (wire.tab, wire.socket);
        let Some(arrival) = wire.arrivals.pop_front() else { return Ok(()) };
        wire.has_spoken |= matches!(arrival, Arrival::Frame(_));
        match arrival {
            Arrival::Opened => {
                self.tell(|| format!("{tab}: socket {name} is open"));
                self.put(tab, Input::Opened(socket))
            }
            Arrival::Frame(text) => {
                self.tell(|| format!("{tab}: socket {name} brings {text}"));
                self.put(tab, Input::Text(socket, &text))
            }
            Arrival::Closed(code) => {
                self.tell(|| format!("{tab}: socket {name} is closed, {code}"));
                self.lose_wire(name);
                if let Some(it) = self.tabs.get_mut(&tab) {
                    it.wire = None;
                }
                self.put(tab, Input::Closed(socket, CloseCode(code)))
            }
        }
    }

    fn answer(&mut self, tab: usize) -> Result {
        let fetch = self.tabs.get_mut(&tab).and_then(|tab| tab.fetch.take());
        let Some((id, url)) = fetch else { return Ok(()) };
        let (status, body) = self.server.answer(&url);
        self.tell(|| format!("{tab}: {url} is answered {status} {body}"));
        self.put(tab, Input::Fetched { id, status, body: &body })
    }

    fn grant(&mut self) -> Result {
        let Some((tab, socket)) = self.line.pop_front() else { return Ok(()) };
        self.holder = Some((tab, socket));
        self.led += 1;
        self.tell(|| format!("{tab} gets the lock"));
        self.put(tab, Input::Granted(socket))?;
        let is_idle = |tab: &Tab| tab.sharing == Some(socket) && tab.wire.is_none();
        ensure!(
            !self.tabs.get(&tab).is_some_and(is_idle),
            "page {tab} has the lock, and neither leads nor lets it go"
        );
        Ok(())
    }

    fn hear_server(&mut self) {
        for say in std::mem::take(&mut self.says) {
            let (wire, arrival) = match say {
                Say::Frame(wire, text) => (wire, Arrival::Frame(text)),
                Say::Close(wire, code) => (wire, Arrival::Closed(code)),
            };
            if let Some(wire) = self.wires.get_mut(&wire) {
                wire.arrivals.push_back(arrival);
            }
        }
    }

    /// One input of one page, and all that comes of it.
    fn put(&mut self, tab: usize, input: Input<'_>) -> Result {
        let now = Instant::from_origin(Duration::from_millis(self.now));
        let Some(it) = self.tabs.get_mut(&tab) else { return Ok(()) };
        it.session.handle_input(now, input);
        loop {
            let Some(it) = self.tabs.get_mut(&tab) else { return Ok(()) };
            match it.session.poll_output() {
                Output::Timeout(deadline) => {
                    it.deadline = deadline;
                    break;
                }
                output => self.perform(tab, output)?,
            }
        }
        self.look(tab)
    }

    fn perform(&mut self, tab: usize, output: Output) -> Result {
        match output {
            Output::Share { socket, .. } => {
                self.tell(|| format!("{tab} gets in line for its socket {}", socket.0));
                if let Some(it) = self.tabs.get_mut(&tab) {
                    it.sharing = Some(socket);
                }
                self.line.push_back((tab, socket));
            }
            Output::Tell { word, .. } => {
                for (&other, it) in &self.tabs {
                    if let Some(socket) = it.sharing.filter(|_| other != tab) {
                        let line = self.words.entry((tab, other)).or_default();
                        line.push_back((socket, word.clone()));
                    }
                }
            }
            Output::Unshare { .. } => self.let_go(tab),
            Output::Open { socket, url, .. } => self.open_wire(tab, socket, &url)?,
            Output::Close { socket, .. } => {
                self.tell(|| format!("{tab} is done with its socket {}", socket.0));
                self.close_wire(tab);
                self.let_go(tab);
            }
            Output::Fetch { id, url, .. } => {
                if let Some(it) = self.tabs.get_mut(&tab) {
                    it.fetch = Some((id, url));
                }
            }
            Output::Send { socket, text, .. } => {
                ensure!(self.server.reads(), "{text} is sent to a server that takes nothing");
                let wire = self.tabs.get(&tab).and_then(|tab| tab.wire);
                ensure!(wire.is_some(), "{text} is sent through {socket:?}, which is another's");
                let mut rng = self.rng.clone();
                let wire = wire.unwrap_or(0);
                self.server.receive(wire, &text, self.now, &mut rng, &mut self.says);
                self.rng = rng;
                self.hear_server();
            }
            Output::FetchToken { .. }
            | Output::Measure { .. }
            | Output::Replied { .. }
            | Output::Timeout(_) => {}
        }
        Ok(())
    }

    fn open_wire(&mut self, tab: usize, socket: SocketId, url: &str) -> Result {
        let name = self.next_wire;
        self.next_wire += 1;
        self.tell(|| format!("{tab} opens socket {name} to {url}"));
        if matches!(self.kind, Kind::Progress | Kind::Repeating) {
            ensure!(
                self.wires.is_empty(),
                "page {tab} opens a socket beside that of page {:?}",
                self.wires.values().next().map(|wire| wire.tab)
            );
        }
        let arrivals = VecDeque::from([Arrival::Opened]);
        self.wires.insert(name, Wire { tab, socket, arrivals, has_spoken: false });
        if let Some(it) = self.tabs.get_mut(&tab) {
            it.wire = Some(name);
        }
        let Some(asked) = Asked::parse(url) else { return Ok(()) };
        self.server.open(name, asked, self.now, &mut self.says);
        self.hear_server();
        Ok(())
    }

    /// What is shown is shown once, and in its order.
    fn look(&mut self, tab: usize) -> Result {
        let Some(it) = self.tabs.get_mut(&tab) else { return Ok(()) };
        let log = &it.session.activity().log;
        while it.rows < log.rows() {
            let row = log.row(it.rows);
            it.rows += 1;
            let Some(Row::Entry(entry)) = row else { continue };
            let number = entry.message.rsplit('.').next().and_then(|number| number.parse().ok());
            let Some(number) = number else {
                ensure!(false, "page {tab} shows {:?}", entry.message);
                continue;
            };
            ensure!(!it.shown.contains(&number), "page {tab} shows event {number} twice");
            // Of two lists that the server began one after the other nothing tells which is older,
            // where a page has kept something of the first back until it read the second.
            let list = self.server.list_of(0, number);
            let later = it.shown.range(number..).find(|&&it| self.server.list_of(0, it) == list);
            ensure!(
                self.is_blind || later.is_none(),
                "page {tab} shows event {number} after {later:?}"
            );
            it.shown.insert(number);
        }
        Ok(())
    }

    fn converged(&self) -> Result {
        // What a server that forgets has forgotten is nobody's to know.
        let known: BTreeSet<usize> = match &self.server {
            Server::Repeating(server) => server.known(0),
            Server::Numbering(server) => {
                let newest = server.sessions[0].last().map_or(0, Epoch::newest);
                (1..=usize::try_from(newest).unwrap_or(0)).collect()
            }
            Server::Fleeting(_) => BTreeSet::new(),
        };
        for (tab, it) in &self.tabs {
            ensure!(
                *it.session.state() == State::Connected,
                "page {tab} is {:?} after {HEALING} ms without a disturbance",
                it.session.state()
            );
            let lost = known.difference(&it.shown).next();
            ensure!(self.is_blind || lost.is_none(), "page {tab} does not show event {lost:?}");
        }
        let sockets = self.wires.len();
        let wanted = match self.kind {
            Kind::Progress | Kind::Repeating => 1,
            _ => self.tabs.len(),
        };
        ensure!(sockets <= wanted, "{sockets} sockets are open for {} pages", self.tabs.len());
        Ok(())
    }
}

/// What may happen next.
#[derive(Clone, Copy)]
enum Choice {
    Word((usize, usize)),
    Arrival(u32),
    Answer(usize),
    Grant,
}

/// Milliseconds, rounded up: an alarm that comes early finds nothing due.
fn whole_ms_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
