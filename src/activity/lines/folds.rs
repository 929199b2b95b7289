//! Rows one after the other that say the same, on one line.

use std::collections::VecDeque;

/// The most runs that are unfolded at once; for one more, the one unfolded first is folded.
const UNFOLDED_MAX: usize = 200;

/// The runs of rows that say the same. Each stands on the line of its first row.
#[derive(Clone, Debug, Default)]
pub(super) struct Folds {
    runs: VecDeque<Run>,
    /// The first rows of those that are unfolded.
    unfolded: Vec<u64>,
}

/// Rows that say the same, of which all between the first and the last that are wanted do.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: u64,
    last: u64,
    count: u64,
    is_folded: bool,
}

impl Folds {
    /// The row `number` says what `last` says, which is wanted as well; nothing is that stands
    /// between them. Whether it needs no line of its own.
    pub(super) fn take(&mut self, last: u64, number: u64) -> bool {
        match self.runs.back_mut() {
            Some(run) if run.last == last => {
                run.last = number;
                run.count += 1;
                run.is_folded
            }
            _ => {
                let is_folded = !self.unfolded.contains(&last);
                self.runs.push_back(Run { first: last, last: number, count: 2, is_folded });
                is_folded
            }
        }
    }

    /// How often what this row says is said, and whether it stands on one line; where it is the first
    /// of a run.
    pub(super) fn of(&self, row: u64) -> Option<(u64, bool)> {
        let index = self.runs.binary_search_by_key(&row, |run| run.first).ok()?;
        self.runs.get(index).map(|run| (run.count, run.is_folded))
    }

    /// The first row of the folded run to which this row belongs, and is not the first of.
    pub(super) fn first_before(&self, row: u64) -> Option<u64> {
        let after = self.runs.partition_point(|run| run.first < row);
        let run = self.runs.get(after.checked_sub(1)?)?;
        (run.is_folded && row <= run.last).then_some(run.first)
    }

    /// The last row of what stands on the line of this row.
    pub(super) fn last_with(&self, row: u64) -> u64 {
        let found = self.runs.binary_search_by_key(&row, |run| run.first);
        let run = found.ok().and_then(|index| self.runs.get(index));
        run.filter(|run| run.is_folded).map_or(row, |run| run.last)
    }

    /// From the next [`Self::restart`] on, the run that begins with this row is folded or not.
    pub(super) fn set_folded(&mut self, first: u64, is_folded: bool) {
        self.unfolded.retain(|&row| row != first);
        if !is_folded {
            if self.unfolded.len() >= UNFOLDED_MAX {
                self.unfolded.remove(0);
            }
            self.unfolded.push(first);
        }
    }

    /// All rows are about to be looked at once more.
    pub(super) fn restart(&mut self) {
        self.runs.clear();
    }

    /// Rows before this one are no longer in memory. The last row of a run that goes on after it, and
    /// whether that is folded.
    pub(super) fn drop_before(&mut self, row: u64) -> Option<(u64, bool)> {
        while self.runs.front().is_some_and(|run| run.last < row) {
            self.runs.pop_front();
        }
        let run = self.runs.front().filter(|run| run.first < row)?;
        Some((run.last, run.is_folded))
    }

    /// The first run lost its first rows: `first` and so many rows are left of it. One is no run.
    pub(super) fn shorten_first(&mut self, first: u64, count: u64) {
        let Some(run) = self.runs.front_mut() else { return };
        if let Some(unfolded) = self.unfolded.iter_mut().find(|row| **row == run.first) {
            *unfolded = first;
        }
        (run.first, run.count) = (first, count);
        if count < 2 {
            self.runs.pop_front();
        }
    }
}
