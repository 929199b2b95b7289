//! The rows of a log that are shown, and those that are found.

use std::collections::VecDeque;

use super::{Filter, Log, Needle};

/// The rows that a filter lets through, by their absolute numbers, kept up as the log grows and is
/// trimmed. What is looked at once is not looked at again.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    filter: Filter,
    /// The rows let through. Nothing is kept where all are.
    numbers: VecDeque<u64>,
    /// The first row that was not looked at.
    next: u64,
    /// How many lines have gone from the front.
    gone: u64,
}

impl Lines {
    /// The lines that `filter` lets through.
    #[must_use]
    pub fn of(filter: Filter) -> Self {
        // The row that counts what was trimmed comes to the front once without one having gone.
        Self { filter, gone: 1, ..Self::default() }
    }

    /// What lets them through.
    #[must_use]
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Takes in what has become of the log since the last time.
    pub fn update(&mut self, log: &Log) {
        if self.filter.is_open() {
            return;
        }
        let offset = log.offset();
        let trimmed = log.trimmed().is_some().then_some(offset);
        while self.numbers.front().is_some_and(|&number| number < offset) {
            self.numbers.pop_front();
            self.gone += 1;
        }
        if let Some(marker) = trimmed.filter(|_| self.numbers.front() != trimmed.as_ref()) {
            self.numbers.push_front(marker);
            self.gone -= 1;
        }
        let numbers = &mut self.numbers;
        log.search(self.next, &self.filter, None, usize::MAX, &mut |number| {
            numbers.push_back(number);
        });
        self.next = log.end();
    }

    /// The lines by their own numbers, which do not change when older ones go: the first, and the one
    /// after the last.
    #[must_use]
    pub fn extent(&self, log: &Log) -> (u64, u64) {
        if self.filter.is_open() {
            return (log.offset(), log.end());
        }
        (self.gone, self.gone + self.numbers.len() as u64)
    }

    /// The row that stands on this line.
    #[must_use]
    pub fn row(&self, line: u64) -> Option<u64> {
        if self.filter.is_open() {
            return Some(line);
        }
        let index = usize::try_from(line.checked_sub(self.gone)?).ok()?;
        self.numbers.get(index).copied()
    }

    /// The line on which this row stands, or the next one that is shown.
    #[must_use]
    pub fn line(&self, row: u64) -> u64 {
        if self.filter.is_open() {
            return row;
        }
        self.gone + self.numbers.partition_point(|&number| number < row) as u64
    }
}

/// How many blocks of the log are searched at a time: a fifth of a full log, so that no frame is held
/// up by a search.
const BLOCKS_AT_ONCE: usize = 10;

/// What was found in a log, kept up as it grows and is trimmed.
#[derive(Clone, Debug)]
pub struct Found {
    needle: Needle,
    filter: Filter,
    numbers: VecDeque<u64>,
    next: u64,
    current: Option<u64>,
}

impl Found {
    /// Nothing found yet of what is searched for among what `filter` lets through.
    #[must_use]
    pub fn new(needle: Needle, filter: Filter) -> Self {
        Self { needle, filter, numbers: VecDeque::new(), next: 0, current: None }
    }

    /// What is searched for.
    #[must_use]
    pub const fn needle(&self) -> &Needle {
        &self.needle
    }

    /// Searches on; whether there is more to be searched.
    pub fn update(&mut self, log: &Log) -> bool {
        while self.numbers.front().is_some_and(|&number| number < log.offset()) {
            self.numbers.pop_front();
        }
        let numbers = &mut self.numbers;
        self.next = log.search(
            self.next,
            &self.filter,
            Some(&self.needle),
            BLOCKS_AT_ONCE,
            &mut |number| numbers.push_back(number),
        );
        self.next < log.end()
    }

    /// How many rows are found so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.numbers.len()
    }

    /// The row gone to last, while it is there.
    #[must_use]
    pub fn current(&self) -> Option<u64> {
        self.current.filter(|current| self.numbers.binary_search(current).is_ok())
    }

    /// Which one that is among those found, from 1.
    #[must_use]
    pub fn place(&self) -> Option<usize> {
        self.numbers.binary_search(&self.current?).ok().map(|index| index + 1)
    }

    /// Goes to the next one, or the one before, and round at the end; from `near` if none was gone to
    /// yet.
    pub fn go(&mut self, is_forward: bool, near: u64) -> Option<u64> {
        let count = self.numbers.len();
        let index = match self.current() {
            Some(current) if is_forward => {
                self.numbers.partition_point(|&number| number <= current)
            }
            Some(current) => self.numbers.partition_point(|&number| number < current) + count - 1,
            None => self.numbers.partition_point(|&number| number < near),
        };
        self.current = self.numbers.get(index.checked_rem(count)?).copied();
        self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        activity::{LogBounds, Marker, PhaseFilter},
        dialect::{Entry, Level, PhaseRef},
    };

    /// A log of so many rows in blocks of two: agents and levels take turns, every fifth row is a
    /// marker.
    fn log_of(rows: u64, rows_max: usize) -> Log {
        let mut log = Log::with_bounds(LogBounds { rows: rows_max, ..LogBounds::default() });
        grow(&mut log, 0, rows);
        log
    }

    fn grow(log: &mut Log, from: u64, to: u64) {
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

    fn rows(lines: &Lines, log: &Log) -> Vec<u64> {
        let (start, end) = lines.extent(log);
        (start..end).filter_map(|line| lines.row(line)).collect()
    }

    fn filter(
        agent: Option<&str>,
        phase: Option<(&str, Option<&str>)>,
        level: Option<Level>,
    ) -> Filter {
        let phase = phase
            .map(|(id, agent)| PhaseFilter { id: id.to_owned(), agent: agent.map(str::to_owned) });
        Filter { agent: agent.map(str::to_owned), phase, level }
    }

    #[test]
    fn a_filter_lets_through_what_it_is_for_and_the_markers() {
        let log = log_of(20, 100);
        for (filter, expected) in [
            (filter(None, None, None), (0..20).collect::<Vec<_>>()),
            (filter(Some("coder"), None, None), vec![0, 2, 4, 6, 8, 9, 10, 12, 14, 16, 18, 19]),
            (filter(None, None, Some(Level::Error)), vec![3, 4, 7, 9, 11, 14, 15, 19]),
            (filter(None, Some(("build", None)), None), vec![0, 3, 4, 6, 9, 12, 14, 15, 18, 19]),
            // The phase of an entry that names none is that of its agent.
            (
                filter(None, Some(("x", Some("tester"))), None),
                vec![1, 4, 5, 7, 9, 11, 13, 14, 17, 19],
            ),
            (filter(Some("nobody"), None, None), vec![4, 9, 14, 19]),
        ] {
            let mut lines = Lines::of(filter.clone());
            lines.update(&log);
            assert_eq!(rows(&lines, &log), expected, "{filter:?}");
        }
    }

    #[test]
    fn lines_follow_a_log_that_grows_and_is_trimmed() {
        let mut log = log_of(7, 100);
        let by_error = filter(None, None, Some(Level::Error));
        let mut lines = Lines::of(by_error.clone());
        for to in [8, 8, 40, 100, 230, 1_000] {
            let from = log.end();
            grow(&mut log, from, to);
            let before: Vec<(u64, Option<u64>)> = {
                let (start, end) = lines.extent(&log);
                (start..end).map(|line| (line, lines.row(line))).collect()
            };
            lines.update(&log);
            let mut fresh = Lines::of(by_error.clone());
            fresh.update(&log);
            assert_eq!(rows(&lines, &log), rows(&fresh, &log), "at {to}");
            if let Some(trimmed) = log.trimmed() {
                assert!(trimmed > 0);
                assert_eq!(rows(&lines, &log)[0], log.offset(), "it is said what went");
            }
            // What stays keeps its line.
            for (line, row) in before {
                let row = row.expect("it was there");
                if row > log.offset() {
                    assert_eq!((lines.row(line), lines.line(row)), (Some(row), line), "at {to}");
                }
            }
        }
        assert!(log.trimmed().is_some());
        assert_eq!(lines.line(0), lines.extent(&log).0);
    }

    #[test]
    fn what_is_found_can_be_gone_through_in_a_circle() {
        let log = log_of(200, 1_000);
        let needle = Needle::new("ROW 17").expect("it is not empty");
        let mut found = Found::new(needle, Filter::default());
        let mut turns = 1;
        while found.update(&log) {
            turns += 1;
        }
        assert!(turns >= 1);
        assert_eq!(found.count(), 9, "17, and 170 to 178 without the markers at 174");
        assert_eq!((found.current(), found.place()), (None, None));
        assert_eq!(found.go(true, 100), Some(170));
        assert_eq!(found.place(), Some(2));
        assert_eq!(found.go(true, 0), Some(171));
        assert_eq!(found.go(false, 0), Some(170));
        assert_eq!(found.go(false, 0), Some(17));
        assert_eq!(found.go(false, 0), Some(178));
        assert_eq!(found.go(true, 0), Some(17));
        let mut nothing = Found::new(Needle::new("nothing").expect("a text"), Filter::default());
        nothing.update(&log);
        assert_eq!((nothing.count(), nothing.go(true, 0), nothing.go(false, 0)), (0, None, None));
    }

    #[test]
    fn what_was_found_goes_with_the_log() {
        let mut log = log_of(50, 100);
        let mut found =
            Found::new(Needle::new("row").expect("a text"), filter(Some("coder"), None, None));
        while found.update(&log) {}
        found.go(true, 0);
        assert_eq!(found.current(), Some(0));
        grow(&mut log, 50, 400);
        while found.update(&log) {}
        assert_eq!(found.current(), None, "it is no longer there");
        // The first of them is the row that says what went.
        let is_coders = |number: &u64| number.is_multiple_of(2) && number % 5 != 4;
        assert_eq!(found.count(), (log.offset() + 1..log.end()).filter(is_coders).count());
    }

    #[test]
    fn entries_are_counted_by_name_and_level() {
        let mut log = log_of(20, 100);
        let tallies = log.tallies();
        let of = |name: &str| tallies.names.iter().find(|tally| tally.name == name).copied();
        assert_eq!(of("coder").map(|tally| tally.agent), Some(8));
        assert_eq!(of("tester").map(|tally| tally.agent), Some(8));
        assert_eq!(tallies.of_phase("build", None), 6);
        assert_eq!(tallies.of_phase("x", Some("tester")), 6);
        assert_eq!(tallies.levels.iter().sum::<u64>(), 16);
        grow(&mut log, 20, 1_000);
        let in_memory = (0..log.rows())
            .filter(|&index| matches!(log.row(index), Some(crate::activity::Row::Entry(_))));
        assert_eq!(log.tallies().levels.iter().sum::<u64>(), in_memory.count() as u64);
    }
}
