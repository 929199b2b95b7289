//! A log to test with.

use super::{Filter, Log, LogBounds, Marker, PhaseFilter};
use crate::dialect::{Entry, Level, PhaseRef};

/// A log of so many rows in blocks of two: agents and levels take turns, every fifth row is a
/// marker.
pub(super) fn log_of(rows: u64, rows_max: usize) -> Log {
    let mut log = Log::with_bounds(LogBounds { rows: rows_max, ..LogBounds::default() });
    grow(&mut log, 0, rows);
    log
}

pub(super) fn grow(log: &mut Log, from: u64, to: u64) {
    for number in from..to {
        if number % 5 == 4 {
            log.mark(Marker::Gap { count: number });
            continue;
        }
        log.append(Entry {
            message: &format!("row {number}"),
            level: Level::ALL[usize::try_from(number % 4).expect("small")],
            phase: PhaseRef {
                id: (number % 3 == 0).then_some("build"),
                agent: Some(if number % 2 == 0 { "coder" } else { "tester" }),
            },
            ..Entry::default()
        });
    }
}

pub(super) fn filter(
    agent: Option<&str>,
    phase: Option<(&str, Option<&str>)>,
    level: Option<Level>,
) -> Filter {
    let phase =
        phase.map(|(id, agent)| PhaseFilter { id: id.to_owned(), agent: agent.map(str::to_owned) });
    Filter { agent: agent.map(str::to_owned), phase, level }
}
