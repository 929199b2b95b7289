//! Feeds the core millions of inputs that nobody meant: damaged frames in every dialect, in any
//! order, at any time.
//!
//! ```text
//! agent-activity-fuzz [INPUTS] [SEED]
//! ```
//!
//! No input may panic, leave a deadline that has passed, ask for more than a few things at once, or
//! make the memory grow beyond a bound. A failure names the seed; with that seed alone it comes
//! again.

#![expect(clippy::print_stdout, reason = "what it has found is what it is for")]

mod inputs;
mod random;
mod text;

use std::{
    alloc::System,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant as Clock},
};

use agent_activity::{
    activity::LogBounds,
    connection::{Config, Endpoint, State},
    dialect::DialectKind,
    session::{Input, Output, Session},
    time::Instant,
};
use inputs::Names;
use random::Random;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const INPUTS: u64 = 10_000_000;
/// How many inputs one session gets.
const INPUTS_EACH: u64 = 5_000;
/// The most things that one input may ask for: a full queue's messages, and a few.
const OUTPUTS_MAX: usize = 2_000;
/// The most memory for all threads: the logs, full queues, what is held, and room to grow into.
const BYTES_MAX: usize = 128 << 20;
const THREADS: usize = 2;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (inputs, seed) = match (arguments.next().transpose(), arguments.next().transpose()) {
        (Ok(inputs), Ok(seed)) => (inputs.unwrap_or(INPUTS), seed.unwrap_or(1)),
        _ => {
            eprintln!("usage: agent-activity-fuzz [INPUTS] [SEED], both numbers");
            return ExitCode::FAILURE;
        }
    };
    let sessions = inputs.div_ceil(INPUTS_EACH);
    let (next, bytes_max, connected) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let begun = Clock::now();
    let failure = std::thread::scope(|scope| {
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= sessions {
                    return Ok(());
                }
                let seed = seed.wrapping_add(number);
                let found = one_session(seed).map_err(|what| (seed, what))?;
                bytes_max.fetch_max(found.bytes_max as u64, Ordering::Relaxed);
                connected.fetch_add(found.connected, Ordering::Relaxed);
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().find_map(|thread| thread.join().ok()?.err())
    });
    if let Some((seed, what)) = failure {
        eprintln!("seed {seed}: {what}");
        eprintln!("again: agent-activity-fuzz {INPUTS_EACH} {seed}");
        return ExitCode::FAILURE;
    }
    println!(
        "{} inputs in {sessions} sessions, {:.1} s: no panic, at most {} KiB in use; \
         {} of them to a live connection",
        sessions * INPUTS_EACH,
        begun.elapsed().as_secs_f64(),
        bytes_max.into_inner() >> 10,
        connected.into_inner(),
    );
    ExitCode::SUCCESS
}

/// What a session was like that withstood all of it.
#[derive(Default)]
struct Found {
    /// The most bytes in use.
    bytes_max: usize,
    /// How many inputs found it connected.
    connected: u64,
}

fn one_session(seed: u64) -> Result<Found, String> {
    catch_unwind(AssertUnwindSafe(|| feed(seed))).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        Err(format!("it panicked: {}", words.unwrap_or("see above")))
    })
}

fn feed(seed: u64) -> Result<Found, String> {
    let mut random = Random::new(seed);
    let random = &mut random;
    let dialect = *random.pick(&[
        DialectKind::Auto,
        DialectKind::Auto,
        DialectKind::Native,
        DialectKind::Progress,
        DialectKind::JsonRpc,
        DialectKind::TaskPush,
        DialectKind::AgUi,
    ]);
    let mut config = Config::default();
    config.token_provider(random.once_in(3));
    if random.once_in(4) {
        config.lateness(Duration::ZERO, Duration::ZERO);
    }
    let endpoint = Endpoint::resolve("http://h/", "http://h/", "/ws", "s");
    let mut session = Session::new(config, dialect, endpoint, LogBounds::default(), seed);
    let (mut names, mut now) = (Names::default(), Duration::ZERO);
    let mut found = Found::default();
    for count in 0..INPUTS_EACH {
        now = now.saturating_add(inputs::pause(random));
        let mut outcome = Ok(());
        let mut latest = names;
        let state = session.state().clone();
        let put = |input: Input<'_>| {
            let result = take(&mut session, Instant::from_origin(now), input, &mut latest);
            if outcome.is_ok() {
                outcome = result;
            }
        };
        if random.once_in(3) {
            inputs::put_helpful(random, names, &state, put);
        } else {
            inputs::put_one(random, names, put);
        }
        names = latest;
        outcome.map_err(|what| format!("input {count}: {what}"))?;
        found.connected += u64::from(session.state() == &State::Connected);
        found.bytes_max = found.bytes_max.max(bytes_in_use());
        if found.bytes_max > BYTES_MAX {
            return Err(format!("input {count}: {} bytes in use", found.bytes_max));
        }
    }
    Ok(found)
}

/// Puts one input in, and looks at all that comes out.
fn take(
    session: &mut Session,
    now: Instant,
    input: Input<'_>,
    latest: &mut Names,
) -> Result<(), String> {
    session.handle_input(now, input);
    for _ in 0..OUTPUTS_MAX {
        match session.poll_output() {
            Output::Open { socket, .. } | Output::Share { socket, .. } => latest.socket = socket.0,
            Output::Fetch { id, .. } => latest.fetch = id.0,
            Output::FetchToken { id, .. } => latest.token = id.0,
            Output::Tell { .. }
            | Output::Unshare { .. }
            | Output::Send { .. }
            | Output::Measure { .. }
            | Output::Close { .. }
            | Output::Replied { .. } => {}
            Output::Timeout(Some(at)) if at < now => {
                return Err(format!("the deadline {at:?} has passed at {now:?}"));
            }
            Output::Timeout(_) => return Ok(()),
        }
    }
    Err(format!("more than {OUTPUTS_MAX} things to do at once"))
}

/// What is allocated and not freed.
fn bytes_in_use() -> usize {
    let stats = ALLOCATOR.stats();
    let taken = isize::try_from(stats.bytes_allocated).unwrap_or(isize::MAX);
    let freed = isize::try_from(stats.bytes_deallocated).unwrap_or(isize::MAX);
    // The allocator counts what a reallocation adds in the bytes allocated, too.
    usize::try_from(taken.saturating_sub(freed)).unwrap_or(0)
}
