//! The page's own core against the gateway, over real sockets.
//!
//! A session is driven as the page drives it, and a proxy that misbehaves stands between the two.
//! Time is real here: every wait that a test depends on is configured to be short, and none is
//! measured more closely than "in time".

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant as Clock},
};

use agent_activity::{
    activity::{LogBounds, PhaseState, Row},
    connection::{
        CloseCode, Config, Content, Delivery, Endpoint, ErrorKind, Failure, FetchId, LossCause,
        Outcome, Outgoing, SocketId, State,
    },
    dialect::DialectKind,
    session::{Input, Output, Session, Written},
    time::Instant,
    wire::SOCKET_PATH,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    select,
    sync::{mpsc, watch},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_async, client_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};

use crate::support::{Client, Gateway, seq, soon, text};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Waits that a test can afford; all else as a page has it.
fn hasty() -> Config {
    let mut config = Config::default();
    config.backoff_floor(ms(1)).backoff_base(ms(5)).backoff_cap(ms(20));
    config
}

// The page.

/// A session and a driver for it that keeps the contract of the browser's: one input at a time, all
/// outputs after it, one deadline, sockets told apart by their ids.
///
/// Unlike a browser's, its sockets are not silenced when they are closed: what they go on to say is
/// for the session to ignore.
struct Page {
    session: Session,
    started: Clock,
    deadline: Option<Instant>,
    socket: Option<Socket>,
    heard: mpsc::UnboundedReceiver<Heard>,
    tell: mpsc::UnboundedSender<Heard>,
    sockets: JoinSet<()>,
    /// Every state there was, and when it began.
    states: Vec<(Instant, State)>,
    /// Where every socket went.
    urls: Vec<String>,
    /// With what the page closed sockets, and when.
    closes: Vec<(Instant, CloseCode)>,
}

/// The socket that the page has not closed.
struct Socket {
    id: SocketId,
    /// Whether its connection has ended all the same.
    is_gone: bool,
    say: mpsc::UnboundedSender<Message>,
}

/// What a socket says.
enum Heard {
    Opened(SocketId),
    Text(SocketId, String),
    Closed(SocketId, CloseCode),
    Unanswered(FetchId),
}

impl Page {
    /// Follows a session at a server of this address.
    fn follow(server: SocketAddr, session: &str, config: Config) -> Self {
        let url = format!("http://{server}/");
        let endpoint = Endpoint::resolve(&url, &url, SOCKET_PATH, session);
        let (tell, heard) = mpsc::unbounded_channel();
        let mut page = Self {
            session: Session::new(config, DialectKind::Auto, endpoint, LogBounds::default(), 7),
            started: Clock::now(),
            deadline: None,
            socket: None,
            heard,
            tell,
            sockets: JoinSet::new(),
            states: Vec::new(),
            urls: Vec::new(),
            closes: Vec::new(),
        };
        page.input(Input::Connect);
        page
    }

    fn now(&self) -> Instant {
        Instant::from_origin(self.started.elapsed())
    }

    fn input(&mut self, input: Input<'_>) {
        self.session.handle_input(self.now(), input);
        loop {
            match self.session.poll_output() {
                Output::Open { socket, url, .. } => self.open(socket, url),
                Output::Send { socket, text, .. } => self.say(socket, Message::text(text)),
                Output::Fetch { id, .. } => {
                    // There is no HTTP here, and so no answer. Fails only once the page is gone.
                    let _ = self.tell.send(Heard::Unanswered(id));
                }
                // This page is alone, and gets the lock at once.
                Output::Share { socket, .. } => self.input(Input::Granted(socket)),
                Output::FetchToken { .. }
                | Output::Tell { .. }
                | Output::Unshare { .. }
                | Output::Measure { .. }
                | Output::Replied { .. } => {}
                Output::Close { socket, code } => {
                    let frame = CloseFrame { code: code.0.into(), reason: "".into() };
                    self.say(socket, Message::Close(Some(frame)));
                    self.socket = None;
                    self.closes.push((self.now(), code));
                }
                Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    break;
                }
            }
        }
        if self.states.last().is_none_or(|(_, state)| state != self.session.state()) {
            self.states.push((self.now(), self.session.state().clone()));
        }
    }

    fn open(&mut self, id: SocketId, url: String) {
        assert!(self.socket.is_none(), "two sockets at once");
        let (say, said) = mpsc::unbounded_channel();
        self.sockets.spawn(converse(id, url.clone(), said, self.tell.clone()));
        self.socket = Some(Socket { id, is_gone: false, say });
        self.urls.push(url);
    }

    fn say(&self, id: SocketId, message: Message) {
        let socket = self.socket.as_ref().filter(|socket| socket.id == id);
        // A socket whose connection is gone discards it, as a browser's does.
        let _ = socket.expect("a socket not yet closed").say.send(message);
    }

    /// Waits for one thing to happen, and takes it in.
    async fn turn(&mut self) {
        let wait = self.deadline.map(|at| at.since(self.now()));
        let heard = select! {
            heard = self.heard.recv() => heard,
            () = sleep(wait.unwrap_or_default()), if wait.is_some() => None,
        };
        match heard {
            None => self.input(Input::Timeout),
            Some(Heard::Opened(id)) => self.input(Input::Opened(id)),
            Some(Heard::Text(id, text)) => self.input(Input::Text(id, &text)),
            Some(Heard::Unanswered(id)) => {
                self.input(Input::Fetched { id, status: 0, body: "" });
            }
            Some(Heard::Closed(id, code)) => {
                if let Some(socket) = self.socket.as_mut().filter(|socket| socket.id == id) {
                    socket.is_gone = true;
                }
                self.input(Input::Closed(id, code));
            }
        }
    }

    /// Goes on until that is so.
    async fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        soon(async {
            while !is_so(self) {
                self.turn().await;
            }
        })
        .await;
    }

    async fn until_entries(&mut self, count: u64) {
        self.until(|page| page.session.activity().entries >= count).await;
    }

    /// Goes on for so long, whatever happens.
    async fn pass(&mut self, duration: Duration) {
        let _ = timeout(duration, async {
            loop {
                self.turn().await;
            }
        })
        .await;
    }

    fn has_connection(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| !socket.is_gone)
    }

    /// The rows from the oldest: entries by their numbers, markers by name and count.
    fn rows(&self) -> Vec<String> {
        let log = &self.session.activity().log;
        (0..log.rows())
            .map(|index| match log.row(index).expect("a row below the number of rows") {
                Row::Entry(entry) => entry.seq.expect("a number").to_string(),
                Row::Marker(marker) => match marker.count() {
                    Some(count) => format!("{} {count}", marker.name()),
                    None => marker.name().to_owned(),
                },
            })
            .collect()
    }

    /// The numbers of the entries, markers left out.
    fn numbers(&self) -> Vec<u64> {
        self.rows().iter().filter_map(|row| row.parse().ok()).collect()
    }

    /// The waits there were: before which attempt, how long, and why.
    fn waits(&self) -> Vec<(u32, Duration, LossCause)> {
        let wait = |(began, state): &(Instant, State)| match *state {
            State::Waiting { attempt, at, cause } => Some((attempt, at.since(*began), cause)),
            _ => None,
        };
        self.states.iter().filter_map(wait).collect()
    }
}

/// One socket, from its opening to its end.
async fn converse(
    id: SocketId,
    url: String,
    mut said: mpsc::UnboundedReceiver<Message>,
    tell: mpsc::UnboundedSender<Heard>,
) {
    // Whoever no longer listens has let the page go, and the task with it.
    let tell = |heard| drop(tell.send(heard));
    let opened = select! {
        opened = connect(&url) => opened,
        // Given up before it had opened.
        _ = said.recv() => return,
    };
    let mut code = CloseCode::ABNORMAL;
    if let Some(mut socket) = opened {
        tell(Heard::Opened(id));
        loop {
            select! {
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => tell(Heard::Text(id, text.to_string())),
                    // The library answers it while the rest is read.
                    Some(Ok(Message::Close(frame))) => {
                        code = frame.map_or(CloseCode(1005), |frame| CloseCode(frame.code.into()));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break,
                },
                Some(message) = said.recv() => {
                    // A connection that is gone says so when it is read.
                    let _ = socket.send(message).await;
                }
            }
        }
    }
    tell(Heard::Closed(id, code));
}

async fn connect(url: &str) -> Option<WebSocketStream<TcpStream>> {
    let request = url.into_client_request().expect("an address of a socket");
    let server = request.uri().authority().expect("a host").to_string();
    let stream = TcpStream::connect(server).await.ok()?;
    client_async(request, stream).await.ok().map(|(socket, _)| socket)
}

// The proxy.

/// Stands between page and gateway, and misbehaves when told to.
struct Proxy {
    address: SocketAddr,
    road: Arc<Road>,
    accepting: AbortHandle,
}

/// What the proxy does.
struct Road {
    gateway: Mutex<SocketAddr>,
    door: Mutex<Door>,
    /// After how many bytes to the page each of the next connections is cut.
    cuts: Mutex<VecDeque<usize>>,
    connections: AtomicUsize,
    /// Connections made before this rises are cut.
    cut: watch::Sender<u32>,
    /// What connections numbered below this carry is held back.
    silence: watch::Sender<usize>,
}

/// What becomes of whoever comes.
#[derive(Clone, Copy)]
enum Door {
    /// They get through to the gateway.
    Through,
    /// They are turned away.
    Shut,
    /// They are let in, as by a proxy whose server is down, and are then turned away.
    OpensAndCloses,
}

impl Proxy {
    async fn before(gateway: Client) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the address of a listener");
        let road = Arc::new(Road {
            gateway: Mutex::new(gateway.0),
            door: Mutex::new(Door::Through),
            cuts: Mutex::default(),
            connections: AtomicUsize::new(0),
            cut: watch::Sender::default(),
            silence: watch::Sender::default(),
        });
        let accepting = tokio::spawn(Arc::clone(&road).accept(listener)).abort_handle();
        Self { address, road, accepting }
    }

    fn set_gateway(&self, gateway: Client) {
        *self.road.gateway.lock().expect("no panic") = gateway.0;
    }

    fn set_door(&self, door: Door) {
        *self.road.door.lock().expect("no panic") = door;
    }

    /// Cuts all connections there are.
    fn cut(&self) {
        self.road.cut.send_modify(|cuts| *cuts += 1);
    }

    /// Holds back what the connections there are carry, in both directions.
    fn silence(&self) {
        self.road.silence.send_replace(self.connections());
    }

    /// Delivers, late, what was held back.
    fn unsilence(&self) {
        self.road.silence.send_replace(0);
    }

    /// How many connections there ever were.
    fn connections(&self) -> usize {
        self.road.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Road {
    async fn accept(self: Arc<Self>, listener: TcpListener) {
        loop {
            let (page, _) = listener.accept().await.expect("a connection");
            let number = self.connections.fetch_add(1, Ordering::Relaxed);
            let door = *self.door.lock().expect("no panic");
            match door {
                Door::Through => drop(tokio::spawn(Arc::clone(&self).carry(page, number))),
                Door::Shut => drop(page),
                Door::OpensAndCloses => drop(tokio::spawn(accept_async(page))),
            }
        }
    }

    async fn carry(self: Arc<Self>, page: TcpStream, number: usize) {
        let mut cut = self.cut.subscribe();
        let silence = Silence { number, below: self.silence.subscribe() };
        let limit = self.cuts.lock().expect("no panic").pop_front().unwrap_or(usize::MAX);
        let gateway = *self.gateway.lock().expect("no panic");
        let Ok(gateway) = TcpStream::connect(gateway).await else { return };
        let (from_page, to_page) = page.into_split();
        let (from_gateway, to_gateway) = gateway.into_split();
        // Whichever comes first ends both directions, often in the middle of a frame.
        select! {
            _ = pump(from_page, to_gateway, usize::MAX, silence.clone()) => {}
            _ = pump(from_gateway, to_page, limit, silence) => {}
            _ = cut.changed() => {}
        }
    }
}

/// Whether a connection is to be silent.
#[derive(Clone)]
struct Silence {
    number: usize,
    below: watch::Receiver<usize>,
}

/// Carries bytes until there are no more, or as many as `limit`.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    limit: usize,
    mut silence: Silence,
) -> io::Result<()> {
    let mut buffer = [0; 1024];
    let mut held = Vec::new();
    let mut left = limit;
    while left > 0 {
        let window = buffer.len().min(left);
        select! {
            count = from.read(&mut buffer[..window]) => {
                let count = count?;
                if count == 0 {
                    break;
                }
                left -= count;
                held.extend_from_slice(&buffer[..count]);
            }
            _ = silence.below.changed() => {}
        }
        if silence.number >= *silence.below.borrow() {
            to.write_all(&held).await?;
            held.clear();
        }
    }
    Ok(())
}

/// Numbers that look random and are the same in every run (Steele et al., SplitMix64).
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % (most + 1)
    }
}

// The behaviour.

#[tokio::test]
async fn a_run_ends_with_its_phases_done_and_every_event_in_the_log_once() {
    let gateway = Gateway::start(&[]).await;
    gateway.write_workflow(
        "two",
        "[[phase]]
        id = 'one'
        label = 'First'
        agent = 'alice'
        command = ['sh', '-c', 'echo a; sleep 0.1; echo b']
        [[phase]]
        id = 'two'
        command = ['seq', '1', '20']",
    );
    let id = gateway.client.create().await;
    let mut page = Page::follow(gateway.client.0, &id, Config::default());
    page.until(|page| page.session.state() == &State::Connected).await;
    assert_eq!(page.session.activity().run.state.name(), "none");
    assert_eq!(gateway.client.start(&id, "two").await.0, 200);
    page.until(|page| page.session.state() == &State::Ended(Outcome::Complete)).await;

    let activity = page.session.activity();
    let phases: Vec<_> =
        activity.phases.list().iter().map(|phase| (&*phase.label, &phase.state)).collect();
    assert_eq!(phases, [("First", &PhaseState::Done), ("two", &PhaseState::Done)]);
    assert_eq!(activity.run.state.name(), "complete");
    let (_, history) = gateway.client.get(&format!("/api/strategy/events/{id}?from=0")).await;
    let events = history["events"].as_array().expect("events");
    let rows: Vec<_> = events.iter().filter(|event| event["type"] != "plan").map(seq).collect();
    // Two phases that start and end, 22 lines, and the end.
    assert_eq!(rows.len(), 27);
    assert_eq!((page.numbers(), activity.entries), (rows, 27));
    assert_eq!(page.urls.len(), 1);
}

/// Publishes events while the connection is cut 20 times; `seed` says after how many bytes each.
async fn check_cuts(seed: u64) {
    const EVENTS: u64 = 3_000;
    const CUTS: usize = 20;
    let gateway = Gateway::start(&["--history", "100000", "--max-batch", "4096"]).await;
    let (client, id) = (gateway.client, gateway.client.create().await);
    let proxy = Proxy::before(client).await;
    let mut dice = Dice(seed);
    // Some within the handshake, most within the events.
    let cuts: VecDeque<_> =
        (0..CUTS).map(|_| 20 + usize::try_from(dice.up_to(20_000)).expect("small")).collect();
    proxy.road.cuts.lock().expect("no panic").clone_from(&cuts);

    let mut page = Page::follow(proxy.address, &id, hasty());
    let publishing = async {
        for first in (1..EVENTS).step_by(50) {
            client.publish_logs(&id, first, 50).await;
            sleep(ms(dice.up_to(5))).await;
        }
        client.complete(&id).await;
    };
    let following = page.until(|page| matches!(page.session.state(), State::Ended(_)));
    tokio::join!(publishing, following);

    let (_, status) = client.get(&format!("/api/sessions/{id}")).await;
    assert_eq!(status["newest"], EVENTS + 1, "seed {seed}");
    assert_eq!(page.session.activity().entries, EVENTS + 1, "seed {seed}");
    assert!(page.numbers().into_iter().eq(1..=EVENTS + 1), "seed {seed}: {:?}", page.rows());
    let markers =
        page.rows().into_iter().filter(|row| row.starts_with(|c: char| c.is_alphabetic()));
    for marker in markers {
        assert!(!marker.starts_with("gap") && marker != "epoch", "seed {seed}: {marker}");
    }
    // Nothing but the cuts made the page come again, and it asked for no more than it lacked.
    assert_eq!(proxy.connections(), CUTS + 1, "seed {seed}");
    assert_eq!((page.urls.len(), page.waits().len()), (CUTS + 1, CUTS), "seed {seed}");
    let carried: usize = cuts.iter().sum();
    assert!(carried > 100_000, "seed {seed}: the cuts leave out most of the run");
}

#[tokio::test]
async fn a_connection_that_is_cut_again_and_again_loses_nothing_and_shows_nothing_twice() {
    for seed in 1..=3 {
        check_cuts(seed).await;
    }
}

#[tokio::test]
async fn a_connection_that_goes_silent_is_given_up_after_two_missed_pongs() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    let proxy = Proxy::before(gateway.client).await;
    let mut config = hasty();
    config.ping_interval(ms(100)).pong_timeout(ms(400), 1);
    let mut page = Page::follow(proxy.address, &id, config);
    page.until(|page| page.session.state() == &State::Connected).await;
    gateway.client.publish_logs(&id, 1, 2).await;
    page.until_entries(2).await;
    let quiet_since = page.session.heard_at();
    page.pass(ms(500)).await;
    assert!(page.session.heard_at() > quiet_since, "pings are answered");
    assert_eq!(page.waits(), []);

    proxy.silence();
    let silent = page.now();
    gateway.client.publish_logs(&id, 3, 2).await;
    page.until(|page| matches!(page.session.state(), State::Waiting { .. })).await;
    let noticed = page.now().since(silent);
    assert!((ms(750)..ms(3_000)).contains(&noticed), "noticed after {noticed:?}");
    let [.., (_, before), (_, State::Waiting { cause, .. })] = &page.states[..] else {
        panic!("too few states: {:?}", page.states)
    };
    assert_eq!((before, *cause), (&State::Suspect, LossCause::Silent));
    assert_eq!(page.closes.last().map(|(_, code)| *code), Some(CloseCode::ABANDONED));

    page.until_entries(4).await;
    // What the one before had to say comes in after all, up to its end.
    let states = page.states.len();
    proxy.unsilence();
    soon(page.sockets.join_next()).await.expect("a socket").expect("no panic");
    page.pass(ms(100)).await;
    assert_eq!((page.states.len(), page.urls.len()), (states, 2));
    assert_eq!(page.rows(), ["1", "2", "3", "4", "reconnected 2"]);
}

#[tokio::test]
async fn a_gateway_with_a_new_epoch_starts_the_count_again_below_a_marker() {
    let old = Gateway::start(&[]).await;
    let new = Gateway::start(&[]).await;
    for gateway in [&old, &new] {
        let (status, _) = gateway.client.post("/api/sessions", r#"{"sessionId":"s"}"#).await;
        assert_eq!(status, 201);
    }
    let proxy = Proxy::before(old.client).await;
    let mut page = Page::follow(proxy.address, "s", hasty());
    page.until(|page| page.session.state() == &State::Connected).await;
    old.client.publish_logs("s", 1, 5).await;
    page.until_entries(5).await;

    // Restarted as by a crash: nobody was told.
    new.client.publish_logs("s", 1, 3).await;
    proxy.set_gateway(new.client);
    proxy.cut();
    page.until(|page| page.rows().last().is_some_and(|row| row.starts_with("live"))).await;
    assert_eq!(page.rows(), ["1", "2", "3", "4", "5", "epoch", "1", "2", "3", "live 3"]);
    assert_eq!(page.session.activity().entries, 3);
    let (_, status) = old.client.get("/api/sessions/s").await;
    let asked = format!("?epoch={}&after=5", text(&status, "epoch"));
    assert!(page.urls[1].ends_with(&asked), "{:?}", page.urls);
    new.client.publish_logs("s", 4, 1).await;
    page.until_entries(4).await;
    assert_eq!(page.rows().last().map(String::as_str), Some("4"));
}

#[tokio::test]
async fn what_the_history_no_longer_has_is_a_gap_that_is_counted() {
    let gateway = Gateway::start(&["--history", "4"]).await;
    let id = gateway.client.create().await;
    let proxy = Proxy::before(gateway.client).await;
    let mut page = Page::follow(proxy.address, &id, hasty());
    page.until(|page| page.session.state() == &State::Connected).await;
    gateway.client.publish_logs(&id, 1, 2).await;
    page.until_entries(2).await;

    proxy.set_door(Door::Shut);
    proxy.cut();
    page.until(|page| page.waits().len() >= 2).await;
    gateway.client.publish_logs(&id, 3, 8).await;
    proxy.set_door(Door::Through);
    page.until(|page| page.rows().last().is_some_and(|row| row.starts_with("reconnected"))).await;
    assert_eq!(page.rows(), ["1", "2", "gap 4", "7", "8", "9", "10", "reconnected 4"]);
    assert_eq!(page.session.activity().entries, 6);

    // Who comes late is told, too.
    let mut late = Page::follow(gateway.client.0, &id, hasty());
    late.until(|page| page.rows().last().is_some_and(|row| row.starts_with("live"))).await;
    assert_eq!(late.rows(), ["gap 6", "7", "8", "9", "10", "live 4"]);
}

#[tokio::test]
async fn an_unknown_session_fails_at_once_and_is_not_asked_for_again() {
    let gateway = Gateway::start(&[]).await;
    let proxy = Proxy::before(gateway.client).await;
    let mut page = Page::follow(proxy.address, "unknown", hasty());
    page.until(|page| matches!(page.session.state(), State::Failed(_))).await;
    let failure = Failure::Refused(CloseCode::NOT_FOUND);
    assert_eq!(failure.kind(), ErrorKind::NotFound);
    assert_eq!(page.session.state(), &State::Failed(failure));
    assert_eq!(page.deadline, None);
    page.pass(ms(200)).await;
    assert_eq!((page.urls.len(), page.rows().len()), (1, 0));
}

#[tokio::test]
async fn a_server_that_opens_and_closes_at_once_is_left_more_and_more_time() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    let proxy = Proxy::before(gateway.client).await;
    proxy.set_door(Door::OpensAndCloses);
    let mut config = Config::default();
    // Up for long enough at once: it is the message that never comes which counts.
    config.backoff_floor(ms(1)).backoff_base(ms(5)).uptime_min(Duration::ZERO);
    let mut page = Page::follow(proxy.address, &id, config);
    page.until(|page| page.waits().len() == 8).await;
    let waits = page.waits();
    for (number, (attempt, wait, cause)) in (1..).zip(&waits) {
        assert_eq!(*attempt, number + 1);
        let closed = LossCause::ClosedAtOnce { code: CloseCode::ABNORMAL, times: number };
        assert_eq!(*cause, closed);
        // Once or twice may be chance.
        assert_eq!(cause.kind(), (number >= 3).then_some(ErrorKind::Proxy));
        assert!(*wait <= ms(1 + (5 << (number - 1))), "wait {number} takes {wait:?}");
    }
    let longest = waits.iter().map(|(_, wait, _)| *wait).max();
    assert!(longest > Some(ms(40)), "{waits:?}");
    let greeted = |(_, state): &(Instant, State)| matches!(state, State::Greeting { .. });
    assert_eq!(page.states.iter().filter(|state| greeted(state)).count(), 8);

    proxy.set_door(Door::Through);
    page.until(|page| page.session.state() == &State::Connected).await;
}

/// Ends a session whose server closes `linger` seconds later: whether the page lets go of its socket
/// because the server closed it, or by itself, a second after the end.
async fn check_end(linger: &str, server_goes_first: bool) {
    let gateway = Gateway::start(&["--linger", linger]).await;
    let id = gateway.client.create().await;
    let mut page = Page::follow(gateway.client.0, &id, Config::default());
    page.until(|page| page.session.state() == &State::Connected).await;
    let lines = json!({"type":"error", "message":"no disk"}).to_string();
    assert_eq!(gateway.client.publish(&id, &lines).await.0, 200);
    page.until(|page| page.session.state() == &State::Ended(Outcome::Error)).await;
    let ended = page.now();
    assert!(page.has_connection(), "the server may still have something to say");
    page.until(|page| !page.has_connection()).await;
    let closed = page.now().since(ended);
    assert!(closed < ms(2_500), "the socket is open for {closed:?} after the end");
    assert_eq!(closed < ms(900), server_goes_first, "let go of after {closed:?}");
    assert_eq!(page.closes.last().map(|(_, code)| *code), Some(CloseCode::NORMAL));
    // Both sides are through with it, and nothing is to come.
    soon(page.sockets.join_next()).await.expect("a socket").expect("no panic");
    page.pass(ms(100)).await;
    assert_eq!((page.deadline, page.urls.len()), (None, 1));
    assert_eq!(page.session.state(), &State::Ended(Outcome::Error));
    assert_eq!(page.rows(), ["1", "end"]);
    assert_eq!(page.session.activity().run.message.as_deref(), Some("no disk"));
}

#[tokio::test]
async fn after_the_end_the_server_closes_the_socket() {
    check_end("0.2", true).await;
}

#[tokio::test]
async fn after_the_end_the_page_closes_the_socket_when_the_server_does_not() {
    check_end("60", false).await;
}

#[tokio::test]
async fn who_comes_after_the_end_gets_all_of_it_and_closes_the_socket_too() {
    let gateway = Gateway::start(&["--linger", "60"]).await;
    let id = gateway.client.create().await;
    gateway.client.publish_logs(&id, 1, 3).await;
    gateway.client.complete(&id).await;
    let mut page = Page::follow(gateway.client.0, &id, Config::default());
    page.until(|page| page.session.state() == &State::Ended(Outcome::Complete)).await;
    let ended = page.now();
    page.until(|page| !page.has_connection()).await;
    let closed = page.now().since(ended);
    assert!(closed < ms(2_500), "the socket is open for {closed:?} after the end");
    assert_eq!(page.closes.last().map(|(_, code)| *code), Some(CloseCode::NORMAL));
    assert_eq!(
        (page.rows(), page.urls.len()),
        (["1", "2", "3", "4", "end"].map(str::to_owned).to_vec(), 1)
    );
}

#[tokio::test]
async fn messages_through_a_connection_that_is_cut_are_each_stored_once_and_acknowledged() {
    const MESSAGES: usize = 60;
    let gateway = Gateway::start(&[]).await;
    let proxy = Proxy::before(gateway.client).await;
    let id = gateway.client.create().await;
    let mut page = Page::follow(proxy.address, &id, hasty());
    page.until(|page| page.session.is_live()).await;
    for number in 0..MESSAGES {
        if number % 10 == 0 {
            page.until(|page| page.session.state() == &State::Connected).await;
        }
        let content = Content::Text(format!("message {number}"));
        let id = format!("m{number}");
        page.input(Input::Send(Outgoing { id, content, sent_at: 1, is_volatile: false }));
        if number % 10 == 5 {
            // With messages under way, in one direction or the other.
            page.turn().await;
            proxy.cut();
            page.until(|page| !page.has_connection()).await;
        }
    }
    let is_acked = |written: &Written| written.delivery == Delivery::Acked;
    page.until(|page| page.session.messages().all(is_acked)).await;
    assert_eq!(page.session.messages().len(), MESSAGES);
    assert!(page.urls.len() > 3, "it was cut: {:?}", page.urls);
    page.until_entries(MESSAGES as u64).await;
    assert_eq!(page.numbers(), (1..=MESSAGES as u64).collect::<Vec<_>>());

    let (_, list) = gateway.client.get(&format!("/api/strategy/events/{id}")).await;
    let stored = list["events"].as_array().expect("a list").iter();
    let contents: Vec<_> = stored.map(|event| text(event, "content").to_owned()).collect();
    let expected: Vec<_> = (0..MESSAGES).map(|number| format!("message {number}")).collect();
    assert_eq!(contents, expected, "each once, in the order in which they were written");
}
