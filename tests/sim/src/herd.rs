//! Ten thousand clients that lose their server at once: how they come back, beside how others do.

use std::{fmt, time::Duration};

use agent_activity::{
    connection::{
        Answer, CloseCode, Config, Connection, Endpoint, FetchId, Followers, Input, Intake,
        Liveness, Output, Policy, Resume, Signal, SocketEvent, SocketId, State,
    },
    time::{Instant, whole_ms},
};

use crate::rng::Rng;

/// How many clients there are.
const CLIENTS: u64 = 10_000;

/// How long the server is down, in milliseconds, and when all is looked at no longer.
const DOWN: u64 = 60_000;
const END: u64 = 120_000;

/// How long it takes to be refused, in milliseconds.
const REFUSAL: u64 = 1;

/// The most first retries in a tenth of a second, in a hundred.
const BUCKET_MAX: u64 = 25;

/// How many failures are behind a client whose wait is at the cap.
const FAILURES_AT_CAP: usize = 20;

/// What the herd did.
#[derive(Clone, Debug)]
pub struct Herd {
    rows: Vec<Row>,
    /// First retries of ours in each tenth of a second.
    first: Vec<u64>,
    /// The distance of the waits that 5 % and 95 % of the clients stay below at the cap, and the cap.
    spread: (u64, u64),
}

/// One kind of client.
#[derive(Clone, Debug)]
struct Row {
    name: &'static str,
    /// The most attempts in a second, ever and after the server is back.
    peak: u64,
    peak_after: u64,
    /// The share of the fullest tenth of a second among the first retries, in a hundred.
    bucket: u64,
    /// When half of the clients are back, and when nearly all, after the server is.
    half_back: u64,
    nearly_back: u64,
}

impl Herd {
    /// What of the two bounds does not hold.
    #[must_use]
    pub fn violation(&self) -> Option<String> {
        let ours = &self.rows[0];
        let (spread, cap) = self.spread;
        if ours.bucket > BUCKET_MAX {
            return Some(format!("{} % of the first retries come within 100 ms", ours.bucket));
        }
        (spread < cap / 2).then(|| format!("at the cap of {cap} ms the spread is {spread} ms"))
    }
}

impl fmt::Display for Herd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "first retries of ours, by tenths of a second:")?;
        for (tenth, count) in self.first.iter().enumerate() {
            let share = count * 100 / CLIENTS;
            writeln!(formatter, "  {:>4} ms  {share:>3} %", tenth * 100)?;
        }
        let (spread, cap) = self.spread;
        writeln!(formatter, "waits at the cap of {cap} ms: nine in ten within {spread} ms")?;
        writeln!(
            formatter,
            "{CLIENTS} clients, {} s without a server     peak/s  after  fullest 100 ms  half back  95 % back",
            DOWN / 1_000
        )?;
        for row in &self.rows {
            writeln!(
                formatter,
                "  {:<38} {:>6} {:>6} {:>13} % {:>8} ms {:>8} ms",
                row.name, row.peak, row.peak_after, row.bucket, row.half_back, row.nearly_back
            )?;
        }
        Ok(())
    }
}

/// How long another client waits, in milliseconds: of its random numbers, of the one that it draws
/// when its page is loaded, and of how many attempts have failed.
type Delay = fn(&mut Rng, u64, u32) -> u64;

/// Drops the herd.
#[must_use]
pub fn run() -> Herd {
    let ours: Vec<Vec<u64>> = (0..CLIENTS).map(|seed| attempts_of_ours(seed, DOWN)).collect();
    let mut first = Vec::new();
    for attempts in &ours {
        let tenth = usize::try_from(attempts.first().copied().unwrap_or(0) / 100).unwrap_or(0);
        if first.len() <= tenth {
            first.resize(tenth + 1, 0);
        }
        first[tenth] += 1;
    }
    let others: [(&str, Delay); 4] = [
        ("reconnecting-websocket", |_, drawn, failures| {
            grown(1_000 + drawn % 4_001, failures).min(10_000)
        }),
        ("PartySocket", |_, _, failures| grown(3_000, failures).min(10_000)),
        ("Phoenix", |_, _, failures| {
            let table = [10, 50, 100, 150, 200, 250, 500, 1_000, 2_000];
            table.get(failures as usize).copied().unwrap_or(5_000)
        }),
        ("Centrifuge", |rng, _, failures| {
            let window = 500_u64.saturating_mul(1 << failures.min(31)).min(20_000);
            (500 + rng.below(window + 1)).min(20_000)
        }),
    ];
    let mut rows = vec![row("agent-activity", &ours)];
    for (name, delay) in others {
        let attempts: Vec<Vec<u64>> =
            (0..CLIENTS).map(|seed| attempts_by_formula(seed, delay)).collect();
        rows.push(row(name, &attempts));
    }
    Herd { rows, first, spread: spread_at_cap() }
}

/// `first` grown by three tenths for each failure.
fn grown(first: u64, failures: u32) -> u64 {
    (0..failures.min(40)).fold(first, |delay, _| (delay * 13 / 10).min(1_000_000))
}

fn row(name: &'static str, all: &[Vec<u64>]) -> Row {
    let mut seconds = vec![0; usize::try_from(END / 1_000).unwrap_or(0) + 1];
    let mut tenths = vec![0; usize::try_from(END / 100).unwrap_or(0) + 1];
    let mut back = Vec::new();
    for attempts in all {
        for &at in attempts {
            if let Some(second) =
                usize::try_from(at / 1_000).ok().and_then(|at| seconds.get_mut(at))
            {
                *second += 1;
            }
        }
        let first = attempts.first().copied().unwrap_or(END);
        if let Some(tenth) = usize::try_from(first / 100).ok().and_then(|at| tenths.get_mut(at)) {
            *tenth += 1;
        }
        back.push(attempts.last().copied().unwrap_or(END).saturating_sub(DOWN));
    }
    back.sort_unstable();
    let after = usize::try_from(DOWN / 1_000).unwrap_or(0);
    let most = |counts: &[u64]| counts.iter().copied().max().unwrap_or(0);
    Row {
        name,
        peak: most(&seconds),
        peak_after: most(&seconds[after..]),
        bucket: most(&tenths) * 100 / CLIENTS,
        half_back: back[back.len() / 2],
        nearly_back: back[back.len() * 95 / 100],
    }
}

/// When a client attempts, in milliseconds after the drop, up to the attempt that succeeds.
fn attempts_by_formula(seed: u64, delay: Delay) -> Vec<u64> {
    let mut rng = Rng::new(seed);
    let drawn = rng.next();
    let (mut attempts, mut at) = (Vec::new(), 0);
    for failures in 0.. {
        at += delay(&mut rng, drawn, failures);
        attempts.push(at);
        if at >= DOWN {
            break;
        }
        at += REFUSAL;
    }
    attempts
}

/// One client of ours.
struct Client {
    connection: Connection,
    now: u64,
    deadline: Option<Instant>,
    socket: Option<SocketId>,
    fetch: Option<FetchId>,
    opened: Vec<u64>,
}

impl Client {
    fn connected(seed: u64) -> Self {
        let page = "http://host/";
        let endpoint = Endpoint::resolve(page, page, "/ws", "s");
        let mut client = Self {
            connection: Connection::new(Config::default(), endpoint, seed),
            now: 1_000,
            deadline: None,
            socket: None,
            fetch: None,
            opened: Vec::new(),
        };
        client.put(Input::Connect);
        client.says(SocketEvent::Opened);
        let policy = Policy {
            liveness: Liveness::Ping,
            resume: Resume::Sequence,
            intake: Intake::AckedMessages,
            greets: true,
            followers: Followers::Any,
        };
        let greeting = Signal::Greeting { epoch: Some("e".to_owned()), policy };
        client.says(SocketEvent::Message(greeting));
        // Long enough for the connection to count as good.
        client.now += 10_000;
        client.put(Input::Timeout);
        client.opened.clear();
        client
    }

    fn put(&mut self, input: Input) {
        let now = Instant::from_origin(Duration::from_millis(self.now));
        self.connection.handle_input(now, input);
        loop {
            match self.connection.poll_output() {
                Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    return;
                }
                Output::Open { socket, .. } => {
                    self.socket = Some(socket);
                    self.opened.push(self.now);
                }
                Output::Fetch { id, .. } => self.fetch = Some(id),
                _ => {}
            }
        }
    }

    fn says(&mut self, event: SocketEvent) {
        if let Some(socket) = self.socket {
            self.put(Input::Socket(socket, event));
        }
    }

    /// The socket is closed, and nobody answers by HTTP either.
    fn refuse(&mut self) {
        self.says(SocketEvent::Closed(CloseCode::ABNORMAL));
        if let Some(fetch) = self.fetch.take() {
            self.put(Input::Fetched(fetch, Answer::Status(0)));
        }
    }

    /// How long it waits for the next attempt.
    fn wait(&self) -> u64 {
        match self.connection.state() {
            State::Waiting { at, .. } => whole_ms(at.since_origin()).saturating_sub(self.now),
            _ => 0,
        }
    }

    fn attempt(&mut self) {
        self.now += self.wait();
        self.put(Input::Timeout);
    }
}

fn attempts_of_ours(seed: u64, down: u64) -> Vec<u64> {
    let mut client = Client::connected(seed);
    let dropped = client.now;
    client.refuse();
    while client.now < dropped + down {
        client.attempt();
        if client.now < dropped + down {
            client.now += REFUSAL;
            client.refuse();
        }
    }
    client.opened.iter().map(|at| at - dropped).collect()
}

/// The distance between the waits below which 5 % and 95 % of the clients are, long after the server
/// went; and the widest window of a wait.
fn spread_at_cap() -> (u64, u64) {
    let mut waits: Vec<u64> = (0..CLIENTS)
        .map(|seed| {
            let mut client = Client::connected(seed);
            client.refuse();
            for _ in 0..FAILURES_AT_CAP {
                client.attempt();
                client.refuse();
            }
            client.wait()
        })
        .collect();
    waits.sort_unstable();
    let cap = 30_000;
    (waits[waits.len() * 95 / 100] - waits[waits.len() * 5 / 100], cap)
}
