//! The history: the newest events of a session, up to a limit.
//!
//! It counts and trims. It does not know what an event says, who reads, nor how far anyone is.

use std::{collections::VecDeque, num::NonZeroUsize, sync::Arc};

/// Events in order, each with its `seq`: 1, 2, 3 … without holes.
#[derive(Debug)]
pub struct History {
    events: VecDeque<Arc<str>>,
    events_max: NonZeroUsize,
    newest: u64,
}

/// Some events in a row, read out of a history.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    /// The first and last `seq` of what was asked for and has been trimmed.
    pub gap: Option<(u64, u64)>,
    /// The events, encoded.
    pub events: Vec<Arc<str>>,
    /// The `seq` of the last one; of the gap's end without one; where reading began without either.
    pub last: u64,
}

impl History {
    /// An empty history that will hold `events_max` events.
    #[must_use]
    pub fn new(events_max: NonZeroUsize) -> Self {
        Self { events: VecDeque::new(), events_max, newest: 0 }
    }

    /// The newest `seq`; 0 = none.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// The oldest `seq` that is still here; 0 = none.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        if self.events.is_empty() { 0 } else { self.newest + 1 - self.events.len() as u64 }
    }

    /// Adds the event with the next `seq`, which is `newest() + 1`.
    pub fn push(&mut self, event: Arc<str>) {
        if self.events.len() == self.events_max.get() {
            self.events.pop_front();
        }
        self.events.push_back(event);
        self.newest += 1;
    }

    /// What comes after `after`, up to `last`: as many events as fit in `bytes_max`, and at least
    /// one when there is one.
    #[must_use]
    pub fn read(&self, after: u64, last: u64, bytes_max: usize) -> Batch {
        let mut batch = Batch { last: after, ..Batch::default() };
        let last = last.min(self.newest);
        if after >= last {
            return batch;
        }
        let oldest = self.oldest();
        if after + 1 < oldest {
            batch.gap = Some((after + 1, oldest - 1));
            batch.last = oldest - 1;
        }
        let skip = usize::try_from(batch.last + 1 - oldest).unwrap_or(usize::MAX);
        let mut bytes = 0;
        for event in self.events.iter().skip(skip) {
            bytes += event.len();
            if batch.last >= last || (bytes > bytes_max && !batch.events.is_empty()) {
                break;
            }
            batch.events.push(Arc::clone(event));
            batch.last += 1;
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(events_max: usize, count: u64) -> History {
        let mut history = History::new(NonZeroUsize::new(events_max).expect("not zero"));
        for seq in 1..=count {
            history.push(seq.to_string().into());
        }
        history
    }

    fn check(history: &History, after: u64, last: u64, gap: Option<(u64, u64)>, events: &[&str]) {
        let batch = history.read(after, last, usize::MAX);
        assert_eq!(batch.gap, gap);
        assert_eq!(batch.events.iter().map(|event| &**event).collect::<Vec<_>>(), events);
    }

    #[test]
    fn reads_what_comes_after_a_number() {
        let history = history(10, 4);
        check(&history, 0, 4, None, &["1", "2", "3", "4"]);
        check(&history, 2, 4, None, &["3", "4"]);
        check(&history, 4, 4, None, &[]);
        check(&history, 9, u64::MAX, None, &[]);
    }

    #[test]
    fn stops_at_the_number_asked_for() {
        check(&history(10, 4), 1, 2, None, &["2"]);
    }

    #[test]
    fn says_what_was_trimmed() {
        let history = history(3, 10);
        assert_eq!((history.oldest(), history.newest()), (8, 10));
        check(&history, 0, 10, Some((1, 7)), &["8", "9", "10"]);
        check(&history, 6, 10, Some((7, 7)), &["8", "9", "10"]);
        check(&history, 7, 10, None, &["8", "9", "10"]);
    }

    #[test]
    fn a_reading_whose_every_event_was_trimmed_is_one_gap() {
        let batch = history(3, 10).read(0, 5, usize::MAX);
        assert_eq!(batch, Batch { gap: Some((1, 7)), events: vec![], last: 7 });
    }

    #[test]
    fn a_batch_is_bounded_in_bytes_and_never_empty() {
        let history = history(10, 9);
        assert_eq!(history.read(0, 9, 3).last, 3);
        assert_eq!(history.read(3, 9, 0).last, 4);
    }

    #[test]
    fn an_empty_history_has_no_numbers() {
        let history = history(3, 0);
        assert_eq!((history.oldest(), history.newest()), (0, 0));
        check(&history, 0, u64::MAX, None, &[]);
    }
}
