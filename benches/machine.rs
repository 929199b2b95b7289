//! What the machine costs: inputs a second and allocations an input, once it runs steadily.
//!
//! ```text
//! cargo bench --no-default-features
//! ```
//!
//! Five rounds of each, the median counts; the spread stands beside it. Allocations are counted and
//! not timed: they are the same in every round.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::{
    alloc::System,
    hint::black_box,
    time::{Duration, Instant as Clock},
};

use agent_activity::{
    activity::LogBounds,
    connection::{
        Config, Connection, Endpoint, Followers, Input, Intake, Liveness, Output, Policy, Resume,
        Signal, SocketEvent, SocketId,
    },
    dialect::DialectKind,
    session::{self, Session},
    time::Instant,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ROUNDS: usize = 5;
const INPUTS: u64 = 1_000_000;
/// How many inputs come before the measured ones, so that every buffer has the size that it keeps.
const WARM_UP: u64 = 300_000;

const NATIVE: Policy = Policy {
    liveness: Liveness::Ping,
    resume: Resume::Sequence,
    intake: Intake::AckedMessages,
    greets: true,
    followers: Followers::Any,
};

fn main() {
    println!("{INPUTS} inputs a round, {ROUNDS} rounds\n");
    println!("{:<44} {:>14} {:>9} {:>12}", "input", "inputs/s", "spread", "allocs/input");
    report("connection: an event", connection_event);
    report("connection: a timer that comes too early", connection_timeout);
    report("connection: a ping and its pong", connection_ping);
    report("session: an event in JSON, shown in the log", session_event);
}

/// One round: how long it took, and how often it allocated.
type Round = (Duration, usize);

fn report(name: &str, round: fn() -> Round) {
    let mut rounds: Vec<Round> = (0..ROUNDS).map(|_| round()).collect();
    rounds.sort();
    let per_second = |(took, _): Round| INPUTS as f64 / took.as_secs_f64();
    let (fastest, median, slowest) = (rounds[0], rounds[ROUNDS / 2], rounds[ROUNDS - 1]);
    let spread = (per_second(fastest) - per_second(slowest)) / per_second(median);
    let allocations = median.1 as f64 / INPUTS as f64;
    println!(
        "{name:<44} {:>14.0} {:>8.1}% {allocations:>12.6}",
        per_second(median),
        spread * 100.0
    );
}

/// Measures `input`, called with a count from 0, after it was called often enough to be warm.
fn measure(mut input: impl FnMut(u64)) -> Round {
    for count in 0..WARM_UP {
        input(count);
    }
    let region = Region::new(ALLOCATOR);
    let begun = Clock::now();
    for count in WARM_UP..WARM_UP + INPUTS {
        input(count);
    }
    let took = begun.elapsed();
    let change = region.change();
    (took, change.allocations + change.reallocations)
}

fn endpoint() -> Result<Endpoint, agent_activity::connection::EndpointError> {
    Endpoint::resolve("http://h/", "http://h/", "/ws/strategy/progress", "s")
}

/// A thousand inputs a second.
fn at(milliseconds: u64) -> Instant {
    Instant::from_origin(Duration::from_millis(milliseconds))
}

/// A connection that is up, and its socket.
fn connected() -> (Connection, SocketId) {
    let mut connection = Connection::new(Config::default(), endpoint(), 1);
    let mut socket = SocketId(0);
    connection.handle_input(at(0), Input::Connect);
    while let Output::Open { .. } | Output::Event(_) = connection.poll_output() {
        socket = connection.socket().unwrap_or(socket);
    }
    let greeting = Signal::Greeting { epoch: Some("e".to_owned()), policy: NATIVE };
    for event in
        [SocketEvent::Opened, SocketEvent::Message(greeting), SocketEvent::Message(Signal::Ready)]
    {
        put(&mut connection, 0, Input::Socket(socket, event));
    }
    (connection, socket)
}

fn put(connection: &mut Connection, count: u64, input: Input) {
    connection.handle_input(at(count), input);
    while !matches!(black_box(connection.poll_output()), Output::Timeout(_)) {}
}

fn connection_event() -> Round {
    let (mut connection, socket) = connected();
    measure(|count| {
        let event = Signal::Event { seq: Some(count + 1), identity: None, ends: None };
        put(&mut connection, count, Input::Socket(socket, SocketEvent::Message(event)));
    })
}

fn connection_timeout() -> Round {
    let (mut connection, _) = connected();
    measure(|_| put(&mut connection, 0, Input::Timeout))
}

fn connection_ping() -> Round {
    let (mut connection, socket) = connected();
    // Each input is half a minute later: a ping goes out, and the next input answers it.
    let later = |count: u64| count * 25_000;
    measure(|count| {
        let pong = Signal::Pong { timestamp: Some(later(count)) };
        let message = SocketEvent::Message(pong);
        put(&mut connection, later(count), Input::Timeout);
        put(&mut connection, later(count) + 10, Input::Socket(socket, message));
    })
}

fn session_event() -> Round {
    let bounds = LogBounds::default();
    let mut config = Config::default();
    config.shares_sockets(false);
    let mut session = Session::new(config, DialectKind::Auto, endpoint(), bounds, 1);
    let mut socket = SocketId(1);
    let mut put = |count, input: session::Input<'_>| {
        session.handle_input(at(count), input);
        loop {
            match black_box(session.poll_output()) {
                session::Output::Timeout(_) => break,
                session::Output::Open { socket: opened, .. } => socket = opened,
                _ => {}
            }
        }
        socket
    };
    let socket = put(0, session::Input::Connect);
    put(0, session::Input::Opened(socket));
    put(0, session::Input::Text(socket, r#"{"type":"hello","epoch":"e"}"#));
    put(0, session::Input::Text(socket, r#"{"type":"ready"}"#));
    let mut frame = String::new();
    measure(|count| {
        use std::fmt::Write;

        frame.clear();
        // Writing to a string does not fail.
        let _ = write!(
            frame,
            r#"{{"type":"log","seq":{},"timestamp":"2026-01-01T00:00:00Z","agent":"coder","phase":"code","stream":"stdout","message":"line {} of what an agent prints"}}"#,
            count + 1,
            count
        );
        put(count, session::Input::Text(socket, &frame));
    })
}
