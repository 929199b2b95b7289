//! The simulator on the command line.
#![expect(clippy::print_stdout, reason = "a program of the command line says what it does")]

use std::{
    panic,
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use agent_activity_sim::{
    Report,
    exhaustive::{self, Kind, NARROW, ODD, REQUESTS, Step, WIDE},
    golden, herd, swarm, tabs,
};

const USAGE: &str = "\
agent-activity-sim [all | swarm | exhaustive | tabs | herd | hash] [options]

  all         the corpus, then exhaustive, swarm, tabs and herd (the default)
  swarm       the corpus, then one simulated hour or more for each seed
  exhaustive  every short sequence of inputs
  tabs        several pages of one browser, a world for each seed
  herd        ten thousand clients dropped at once
  hash        the hash over a fixed list of seeds

  --seeds N   how many seeds; 100000
  --seed S    the first of them; 0. Given alone, it is the only one
  --trace     with one seed: what happened, step by step
  --depth D   how long the sequences are; 8";

/// The most seeds with several pages: their worlds are smaller than those of the swarm, and not more
/// is found by more of them.
const TABS_SEEDS_MAX: u64 = 20_000;

/// The seeds that once failed.
const CORPUS: &str = include_str!("../corpus.txt");

/// What was asked for.
#[derive(Debug)]
struct Options {
    command: String,
    seeds: u64,
    seed: u64,
    is_traced: bool,
    depth: usize,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut options =
            Self { command: "all".to_owned(), seeds: 100_000, seed: 0, is_traced: false, depth: 8 };
        let (mut has_seed, mut has_seeds) = (false, false);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--seeds" => (options.seeds, has_seeds) = (arguments.next()?.parse().ok()?, true),
                "--seed" => (options.seed, has_seed) = (arguments.next()?.parse().ok()?, true),
                "--depth" => options.depth = arguments.next()?.parse().ok()?,
                "--trace" => options.is_traced = true,
                "all" | "swarm" | "exhaustive" | "tabs" | "herd" | "hash" => {
                    options.command = argument;
                }
                _ => return None,
            }
        }
        if has_seed && !has_seeds {
            options.seeds = 1;
        }
        if (has_seed || has_seeds) && options.command == "all" {
            options.command = "swarm".to_owned();
        }
        Some(options)
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        println!("{USAGE}");
        return ExitCode::from(2);
    };
    let is_good = match options.command.as_str() {
        "swarm" => run_swarm(&options),
        "exhaustive" => run_exhaustive(options.depth),
        "tabs" => run_tabs(&options),
        "herd" => run_herd(),
        "hash" => run_hash(),
        _ => {
            run_exhaustive(options.depth) && run_swarm(&options) && run_tabs(&options) && run_herd()
        }
    };
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// One seed. A panic in it is a violation like any other.
fn run_seed(seed: u64, is_told: bool) -> Report {
    panic::catch_unwind(|| swarm::run(seed, is_told)).unwrap_or_else(|_| Report::panicked())
}

fn run_swarm(options: &Options) -> bool {
    let corpus = CORPUS.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    let corpus: Vec<u64> = corpus.collect();
    if options.seeds == 1 {
        return run_one(options);
    }
    let started = Instant::now();
    let count = corpus.len() as u64 + options.seeds;
    let (next, simulated, inputs) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let failed = Mutex::new(Vec::new());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count || failed.lock().is_ok_and(|failed| !failed.is_empty()) {
                return;
            }
            let seed = usize::try_from(index).ok().and_then(|index| corpus.get(index)).copied();
            let seed = seed.unwrap_or_else(|| options.seed + index - corpus.len() as u64);
            let report = run_seed(seed, false);
            simulated.fetch_add(report.simulated_ms, Ordering::Relaxed);
            inputs.fetch_add(report.inputs, Ordering::Relaxed);
            if report.violation.is_some()
                && let Ok(mut failed) = failed.lock()
            {
                failed.push(seed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().unwrap_or_default();
    if let Some(&seed) = failed.iter().min() {
        tell_failure(seed);
        return false;
    }
    println!(
        "swarm: {} seeds and {} of the corpus, {} simulated hours, {} inputs: no violation ({:.1} s)",
        options.seeds,
        corpus.len(),
        simulated.into_inner() / 3_600_000,
        inputs.into_inner(),
        started.elapsed().as_secs_f64()
    );
    true
}

fn run_tabs(options: &Options) -> bool {
    let started = Instant::now();
    if options.seeds == 1 {
        let report = tabs::run(options.seed, options.is_traced);
        for line in &report.lines {
            println!("{line}");
        }
        println!(
            "seed {}: {}",
            options.seed,
            report.violation.as_deref().unwrap_or("no violation")
        );
        return report.violation.is_none();
    }
    let seeds = options.seeds.min(TABS_SEEDS_MAX);
    let (next, joined, led) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let failed = Mutex::new(None);
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= seeds || failed.lock().is_ok_and(|failed| failed.is_some()) {
                return;
            }
            let seed = options.seed + index;
            let report = tabs::run(seed, false);
            joined.fetch_add(report.joined, Ordering::Relaxed);
            led.fetch_add(report.led, Ordering::Relaxed);
            if let (Some(words), Ok(mut failed)) = (report.violation, failed.lock()) {
                *failed = Some((seed, words));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(work);
        }
    });
    if let Some((seed, words)) = failed.into_inner().unwrap_or_default() {
        println!("tabs: seed {seed}: {words}");
        println!("again: cargo xtask sim tabs --seed {seed} --trace");
        return false;
    }
    println!(
        "tabs: {seeds} seeds, {} sockets led and {} joined: no violation ({:.1} s)",
        led.into_inner(),
        joined.into_inner(),
        started.elapsed().as_secs_f64()
    );
    true
}

fn run_one(options: &Options) -> bool {
    let report = run_seed(options.seed, options.is_traced);
    for line in &report.lines {
        println!("{line}");
    }
    let hours = report.simulated_ms / 3_600_000;
    println!(
        "seed {}: {hours} simulated hours, {} inputs, hash {:016x}",
        options.seed, report.inputs, report.hash
    );
    if report.violation.is_some() {
        tell_failure(options.seed);
    }
    report.violation.is_none()
}

fn tell_failure(seed: u64) {
    println!("seed {seed} fails; what is left of it when all that it does not need is left out:");
    let report = panic::catch_unwind(|| swarm::shrunk(seed)).unwrap_or_else(|_| Report::panicked());
    for line in &report.lines {
        println!("{line}");
    }
    println!("seed {seed}: {}", report.violation.unwrap_or_default());
    println!("again, unshortened: cargo xtask sim --seed {seed} --trace");
}

/// The searches: which server, with which inputs, and how much less deep than asked for.
const SEARCHES: [(Kind, &str, &[Step], usize); 11] = [
    (Kind::Native, "narrow", &NARROW, 0),
    (Kind::Numbered, "narrow", &NARROW, 1),
    (Kind::Progress, "narrow", &NARROW, 1),
    (Kind::Native, "wide", &WIDE, 2),
    (Kind::Numbered, "wide", &WIDE, 2),
    (Kind::Progress, "wide", &WIDE, 2),
    (Kind::Native, "odd", &ODD, 1),
    (Kind::Numbered, "odd", &ODD, 2),
    (Kind::Requests, "requests", &REQUESTS, 1),
    (Kind::Tasks, "narrow", &NARROW, 1),
    (Kind::Untold, "narrow", &NARROW, 1),
];

fn run_exhaustive(depth: usize) -> bool {
    SEARCHES.iter().all(|&(kind, name, steps, less)| {
        search(kind, name, steps, depth.saturating_sub(less).max(3))
    })
}

fn search(kind: Kind, name: &str, steps: &'static [Step], depth: usize) -> bool {
    let started = Instant::now();
    let prefixes: Vec<[Step; 2]> =
        steps.iter().flat_map(|&first| steps.iter().map(move |&second| [first, second])).collect();
    let (next, count, is_over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let found = Mutex::new(None);
    let work = || {
        while !is_over.load(Ordering::Relaxed) {
            let index = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX);
            let Some(prefix) = prefixes.get(index) else { return };
            match exhaustive::explore(kind, steps, prefix, depth) {
                Ok(sequences) => {
                    count.fetch_add(sequences, Ordering::Relaxed);
                }
                Err(counterexample) => {
                    is_over.store(true, Ordering::Relaxed);
                    if let Ok(mut found) = found.lock() {
                        found.get_or_insert(counterexample);
                    }
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(work);
        }
    });
    if let Some(counterexample) = found.into_inner().unwrap_or_default() {
        println!("exhaustive: {counterexample}");
        return false;
    }
    println!(
        "exhaustive: {kind:?}, {name}: {} sequences of {} inputs to depth {depth}: no violation ({:.1} s)",
        count.into_inner(),
        steps.len(),
        started.elapsed().as_secs_f64()
    );
    true
}

fn run_herd() -> bool {
    let started = Instant::now();
    let herd = herd::run();
    print!("{herd}");
    if let Some(violation) = herd.violation() {
        println!("herd: {violation}");
        return false;
    }
    println!("herd: both bounds hold ({:.1} s)", started.elapsed().as_secs_f64());
    true
}

fn run_hash() -> bool {
    let hash = golden::golden();
    let is_same = hash == golden::GOLDEN;
    println!(
        "hash: {hash:#018x}{}",
        if is_same { "" } else { ", which is not the one that is noted" }
    );
    is_same
}
