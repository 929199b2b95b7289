//! The rows of a log in which something is found.

use std::collections::VecDeque;

use super::{Lines, Log, Needle};

/// How many blocks of the log are searched at a time: a fifth of a full log, so that no frame is held
/// up by a search.
const BLOCKS_AT_ONCE: usize = 10;

/// What was found in a log, kept up as it grows and is trimmed.
#[derive(Clone, Debug)]
pub struct Found {
    needle: Needle,
    numbers: VecDeque<u64>,
    next: u64,
    current: Option<u64>,
    /// The first row with a line, as it was last looked at.
    first: Option<u64>,
}

impl Found {
    /// Nothing found yet of what is searched for.
    #[must_use]
    pub const fn new(needle: Needle) -> Self {
        Self { needle, numbers: VecDeque::new(), next: 0, current: None, first: None }
    }

    /// Searches once more from the beginning, and stays where it was gone to: other rows have lines.
    pub fn restart(&mut self) {
        self.numbers.clear();
        self.next = 0;
        self.first = None;
    }

    /// What is searched for.
    #[must_use]
    pub const fn needle(&self) -> &Needle {
        &self.needle
    }

    /// Searches on among what the filter of `lines`, which are up to date, lets through; whether there
    /// is more to be searched. What stands on a line with others that say the same is found once.
    pub fn update(&mut self, log: &Log, lines: &Lines) -> bool {
        if log.end() < self.next {
            // It is another log.
            self.restart();
        }
        while self.numbers.front().is_some_and(|&number| number < log.offset()) {
            self.numbers.pop_front();
        }
        let Self { needle, numbers, next, first, .. } = self;
        // It may stand for others since the one before it was trimmed that did.
        let row = lines.row(lines.line(log.start())).filter(|row| row < next);
        if let Some(row) = row.filter(|_| row != *first) {
            *first = Some(row);
            log.search(row, lines.filter(), Some(needle), 1, &mut |number| {
                if number == row
                    && let Err(place) = numbers.binary_search(&row)
                {
                    numbers.insert(place, row);
                }
            });
        }
        *next = log.search(*next, lines.filter(), Some(needle), BLOCKS_AT_ONCE, &mut |number| {
            if !lines.is_repeat(number) {
                numbers.push_back(number);
            }
        });
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
        activity::{
            Filter, LogBounds,
            sample::{filter, grow, log_of},
        },
        dialect::{Entry, PhaseRef},
    };

    /// Searches all of the log.
    fn search(found: &mut Found, lines: &mut Lines, log: &Log) {
        lines.update(log);
        while found.update(log, lines) {}
    }

    #[test]
    fn what_is_found_can_be_gone_through_in_a_circle() {
        let log = log_of(200, 1_000);
        let needle = Needle::new("ROW 17").expect("it is not empty");
        let mut found = Found::new(needle);
        search(&mut found, &mut Lines::default(), &log);
        assert_eq!(found.count(), 9, "17, and 170 to 178 without the markers at 174");
        assert_eq!((found.current(), found.place()), (None, None));
        assert_eq!(found.go(true, 100), Some(170));
        assert_eq!(found.place(), Some(2));
        assert_eq!(found.go(true, 0), Some(171));
        assert_eq!(found.go(false, 0), Some(170));
        assert_eq!(found.go(false, 0), Some(17));
        assert_eq!(found.go(false, 0), Some(178));
        assert_eq!(found.go(true, 0), Some(17));
        let mut nothing = Found::new(Needle::new("nothing").expect("a text"));
        search(&mut nothing, &mut Lines::default(), &log);
        assert_eq!((nothing.count(), nothing.go(true, 0), nothing.go(false, 0)), (0, None, None));
    }

    #[test]
    fn what_was_found_goes_with_the_log() {
        let mut log = log_of(50, 100);
        let by_coder = filter(Some("coder"), None, None);
        let mut lines = Lines::of(by_coder);
        let mut found = Found::new(Needle::new("row").expect("a text"));
        search(&mut found, &mut lines, &log);
        found.go(true, 0);
        assert_eq!(found.current(), Some(0));
        grow(&mut log, 50, 400);
        search(&mut found, &mut lines, &log);
        assert_eq!(found.current(), None, "it is no longer there");
        // The first of them is the row that says what went.
        let is_coders = |number: &u64| number.is_multiple_of(2) && number % 5 != 4;
        assert_eq!(found.count(), (log.offset() + 1..log.end()).filter(is_coders).count());
    }

    #[test]
    fn what_came_to_stand_for_others_is_found_once_whatever_is_asked_for_next() {
        let mut log = Log::with_bounds(LogBounds { rows: 100, ..LogBounds::default() });
        let by_coder = filter(Some("coder"), None, None);
        let (mut lines, mut found) =
            (Lines::of(by_coder), Found::new(Needle::new("again").expect("a text")));
        for number in 0..132 {
            let agent = if number == 32 { "tester" } else { "coder" };
            let phase = PhaseRef { id: None, agent: Some(agent) };
            log.append(Entry { message: "again", phase, ..Entry::default() });
            search(&mut found, &mut lines, &log);
        }
        assert_eq!((log.start(), found.count()), (32, 1));
        lines.filter_by(Filter::default(), &log);
        found.restart();
        search(&mut found, &mut lines, &log);
        search(&mut found, &mut lines, &log);
        assert_eq!((found.count(), found.go(true, 0), found.go(true, 0)), (2, Some(32), Some(33)));
    }

    #[test]
    fn another_log_is_searched_from_its_beginning() {
        let mut lines = Lines::default();
        let mut found = Found::new(Needle::new("row 1").expect("a text"));
        search(&mut found, &mut lines, &log_of(100, 1_000));
        assert_eq!((found.count(), found.go(true, 15)), (9, Some(15)));
        search(&mut found, &mut lines, &log_of(12, 1_000));
        assert_eq!((found.count(), found.current()), (3, None));
    }

    #[test]
    fn what_is_said_again_and_again_is_found_once() {
        let mut log = Log::with_bounds(LogBounds { rows: 100, ..LogBounds::default() });
        let mut lines = Lines::default();
        let mut found = Found::new(Needle::new("again").expect("a text"));
        let say = |log: &mut Log, message, times| {
            for _ in 0..times {
                log.append(Entry { message, ..Entry::default() });
            }
        };
        say(&mut log, "once", 1);
        say(&mut log, "again", 60);
        say(&mut log, "other", 1);
        search(&mut found, &mut lines, &log);
        assert_eq!((found.count(), found.go(true, 0)), (1, Some(1)));
        say(&mut log, "yet again", 50);
        search(&mut found, &mut lines, &log);
        assert_eq!(found.count(), 2);
        assert_eq!(found.go(true, 0), Some(log.offset() + 1), "the first that is left of them");
        say(&mut log, "other", 60);
        search(&mut found, &mut lines, &log);
        assert_eq!((found.count(), found.current()), (1, None));
    }
}
