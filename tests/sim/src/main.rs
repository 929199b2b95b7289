//! The simulator on the command line.
#![expect(clippy::print_stdout, reason = "a program of the command line says what it does")]

use agent_activity_sim::swarm;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if std::env::args().nth(1).as_deref() == Some("ex") {
        use agent_activity_sim::exhaustive::*;
        let depth = std::env::args().nth(2).and_then(|it| it.parse().ok()).unwrap_or(5);
        println!("{} bytes", size());
        for kind in [Kind::Native, Kind::Numbered, Kind::Progress] {
            let start = std::time::Instant::now();
            match explore(
                kind,
                if std::env::args().nth(3).is_some() { &WIDE } else { &NARROW },
                &[],
                depth,
            ) {
                Ok(count) => println!("{kind:?} {count} {:?}", start.elapsed()),
                Err(counter) => println!("{counter}"),
            }
        }
        return;
    }
    let first: u64 = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(0);
    let count: u64 = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(100);
    let start = std::time::Instant::now();
    let (mut simulated, mut inputs) = (0, 0);
    let mut kinds = std::collections::BTreeMap::<String, (u32, u64)>::new();
    for seed in first..first + count {
        let report = swarm::run(seed, false);
        simulated += report.simulated_ms;
        inputs += report.inputs;
        if let Some(violation) = report.violation {
            let key: String = violation.chars().filter(|c| !c.is_ascii_digit()).take(50).collect();
            let entry = kinds.entry(key).or_insert((0, seed));
            entry.0 += 1;
        }
    }
    println!("{count} seeds, {} h, {inputs} inputs, {:?}", simulated / 3_600_000, start.elapsed());
    for (what, (count, seed)) in &kinds {
        println!("{count:>5} first {seed}: {what}");
    }
    if count == 1 && !kinds.is_empty() {
        let report = swarm::shrunk(first);
        for line in report.lines {
            println!("{line}");
        }
        println!("{:?}", report.violation);
    }
}
