//! The log: what happened, row by row, within bounds.
//!
//! Rows are appended and never re-sorted. They are stored in blocks; when the log is over its
//! bounds the oldest block goes, all at once, and a row at the top says how many went.

mod block;
mod tallies;

use std::collections::VecDeque;

use super::{Filter, Needle, filter::Test};
use crate::{connection::Outcome, dialect::Entry, wire::text_identity};
use block::Block;

pub use block::RowEntry;
pub use tallies::{Tallies, Tally};

/// The bounds of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogBounds {
    /// The most rows in memory; 100,000. The oldest 2 % are dropped at a time.
    pub rows: usize,
    /// The most text in memory, in bytes; 256 MiB.
    pub bytes: usize,
}

impl Default for LogBounds {
    fn default() -> Self {
        Self { rows: 100_000, bytes: 256 << 20 }
    }
}

impl LogBounds {
    /// So many rows, at least 100 and at the most 1,000,000: at 28 pixels a row many more would be
    /// higher than the highest element that Chromium lays out (33,554,428 pixels).
    #[must_use]
    pub fn of_rows(rows: usize) -> Self {
        Self { rows: rows.clamp(100, 1_000_000), ..Self::default() }
    }
}

/// The most rows in a block, whatever the bounds: their names must fit a block's name index.
const BLOCK_ROWS_MAX: usize = 8_192;

/// How many streamed texts may be open at once; the one begun first is given up for one more.
const STREAMS_MAX: usize = 64;

/// How many streamed texts are remembered to have begun; the oldest are forgotten first.
const BEGUN_MAX: usize = 10_000;

/// What happened, row by row.
#[derive(Clone, Debug, Default)]
pub struct Log {
    bounds: LogBounds,
    blocks: Vec<Block>,
    /// Rows and bytes in all blocks.
    rows: usize,
    bytes: usize,
    /// Rows dropped from the front, and the entries among them.
    dropped_rows: u64,
    dropped_entries: u64,
    /// The open streams in the order in which they began, each with the absolute number of the row
    /// that it writes to.
    streams: Vec<(String, u64)>,
    /// The streamed texts that have ever begun, by what their names are known by.
    begun: VecDeque<u128>,
}

/// One row as it is to be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Row<'a> {
    /// Something that happened.
    Entry(RowEntry<'a>),
    /// Something to know about the rows around it.
    Marker(Marker),
}

/// Something to know about the rows around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// So many entries before this row are no longer in memory.
    Trimmed(u64),
    /// What stands above happened before this page looked; what follows is live.
    Live {
        /// How many entries stand above.
        count: u64,
    },
    /// The connection was down here.
    Reconnected {
        /// How many entries were recovered.
        count: u64,
    },
    /// Events are missing here that the server no longer has.
    Gap {
        /// How many.
        count: u64,
    },
    /// The server started a new history.
    Epoch,
    /// The run ended here.
    End(Outcome),
}

impl Marker {
    /// The marker's name, as the page's `data-marker` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trimmed(_) | Self::Gap { .. } => "gap",
            Self::Live { .. } => "live",
            Self::Reconnected { .. } => "reconnected",
            Self::Epoch => "epoch",
            Self::End(_) => "end",
        }
    }

    /// The number that the marker tells, if it tells one.
    #[must_use]
    pub const fn count(self) -> Option<u64> {
        match self {
            Self::Trimmed(count)
            | Self::Live { count }
            | Self::Reconnected { count }
            | Self::Gap { count } => Some(count),
            Self::Epoch | Self::End(_) => None,
        }
    }
}

impl Log {
    /// An empty log with bounds of its own.
    #[must_use]
    pub fn with_bounds(bounds: LogBounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    /// How many rows there are to show.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows + usize::from(self.dropped_entries > 0)
    }

    /// How many rows there ever were before the first of [`Self::rows`]: `offset() + index` names a
    /// row for as long as it exists, while `index` shifts when older ones are dropped.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.dropped_rows.saturating_sub(u64::from(self.dropped_entries > 0))
    }

    /// The number of the first row that is in memory, after the one that says what no longer is.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.dropped_rows
    }

    /// The number that the next row will have, after [`Self::offset`].
    #[must_use]
    pub fn end(&self) -> u64 {
        self.next_number()
    }

    /// How many entries are no longer in memory, where there is a row that says so.
    #[must_use]
    pub fn trimmed(&self) -> Option<u64> {
        (self.dropped_entries > 0).then_some(self.dropped_entries)
    }

    /// How many entries there are of each agent, phase and level.
    #[must_use]
    pub fn tallies(&self) -> Tallies<'_> {
        let mut tallies = Tallies::default();
        for block in &self.blocks {
            block.tally(&mut tallies);
        }
        tallies
    }

    /// Hands to `found` the number of each row from `from` on that `filter` lets through and, where
    /// something is searched for, that has it; in order, in so many blocks of rows at the most. The
    /// number to go on from.
    pub fn search(
        &self,
        from: u64,
        filter: &Filter,
        needle: Option<&Needle>,
        blocks_max: usize,
        found: &mut dyn FnMut(u64),
    ) -> u64 {
        let after = self.blocks.partition_point(|block| block.end() <= from);
        let mut next = from.max(self.dropped_rows);
        for block in self.blocks.iter().skip(after).take(blocks_max) {
            let test = Test::new(filter, needle, block.names());
            block.search(next, &test, found);
            next = block.end();
        }
        next
    }

    /// The row at `index` from the oldest.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        let Some(index) = index.checked_sub(usize::from(self.dropped_entries > 0)) else {
            return Some(Row::Marker(Marker::Trimmed(self.dropped_entries)));
        };
        let number = self.dropped_rows + u64::try_from(index).ok()?;
        self.block_of(number).map(|block| &self.blocks[block])?.row(number)
    }

    /// The row of this absolute number, if it is in memory.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<Row<'_>> {
        self.row(usize::try_from(number.checked_sub(self.offset())?).ok()?)
    }

    /// Whether these are two entries of the same kind, agent and phase that say the same. A text that
    /// is streamed may yet become another one.
    #[must_use]
    pub fn says_same(&self, one: u64, other: u64) -> bool {
        let block = |number| self.blocks.get(self.block_of(number)?);
        let (Some(before), Some(after)) = (block(one), block(other)) else { return false };
        // That most differ is seen without a look at their texts.
        let lengths = before.lengths(one);
        lengths.is_some()
            && lengths == after.lengths(other)
            && before.said(one) == after.said(other)
    }

    /// Appends what happened.
    pub fn append(&mut self, entry: Entry<'_>) {
        self.grow(|block| block.append(entry));
    }

    /// Appends something to know about the rows around.
    pub fn mark(&mut self, marker: Marker) {
        self.grow(|block| block.mark(marker));
    }

    /// The row appended last is the beginning of the streamed text `id`, of which this is the first
    /// piece.
    pub fn begin_stream(&mut self, id: &str, delta: &str) {
        let Some(number) = self.next_number().checked_sub(1) else { return };
        self.streams.retain(|(open, _)| open != id);
        if self.streams.len() >= STREAMS_MAX {
            self.streams.remove(0);
        }
        self.streams.push((id.to_owned(), number));
        self.remember_stream(id);
        self.extend(id, delta);
    }

    /// There is a row for the streamed text `id`, all of which it has.
    pub fn remember_stream(&mut self, id: &str) {
        if self.begun.len() >= BEGUN_MAX {
            self.begun.pop_front();
        }
        self.begun.push_back(text_identity(id));
    }

    /// The streamed text `id` does not go on. What comes of that name is another one.
    pub fn end_stream(&mut self, id: &str) {
        self.streams.retain(|(open, _)| open != id);
    }

    /// Whether a streamed text of this name has begun, whether or not it is in memory; of many, the
    /// last ones are known.
    #[must_use]
    pub fn has_begun(&self, id: &str) -> bool {
        self.begun.contains(&text_identity(id))
    }

    /// Appends `delta` to the streamed text `id`; false when no row in memory has begun it.
    pub fn extend(&mut self, id: &str, delta: &str) -> bool {
        let open = self.streams.iter().rev().find(|(open, _)| open == id);
        let Some(&(_, number)) = open else { return false };
        let Some(block) = self.block_of(number) else { return false };
        self.blocks[block].extend(number, delta);
        self.bytes += delta.len();
        self.trim();
        true
    }

    /// No streamed text goes on.
    pub fn forget_streams(&mut self) {
        self.streams.clear();
        self.begun.clear();
    }

    /// The number that the next row will have.
    fn next_number(&self) -> u64 {
        self.blocks.last().map_or(self.dropped_rows, Block::end)
    }

    fn grow(&mut self, append: impl FnOnce(&mut Block)) {
        let rows_per_block = (self.bounds.rows / 50).clamp(1, BLOCK_ROWS_MAX);
        if self.blocks.last().is_none_or(|block| block.is_full(rows_per_block)) {
            if let Some(full) = self.blocks.last_mut() {
                full.close();
            }
            self.blocks.push(Block::new(self.next_number()));
        }
        if let Some(block) = self.blocks.last_mut() {
            let before = block.bytes();
            append(block);
            self.bytes += block.bytes() - before;
            self.rows += 1;
        }
        self.trim();
    }

    fn trim(&mut self) {
        while (self.rows > self.bounds.rows || self.bytes > self.bounds.bytes)
            && self.blocks.len() > 1
        {
            let block = self.blocks.remove(0);
            self.rows -= block.len();
            self.bytes -= block.bytes();
            self.dropped_rows = block.end();
            self.dropped_entries += block.entries();
        }
    }

    /// The index of the block that holds the row of this absolute number.
    fn block_of(&self, number: u64) -> Option<usize> {
        let after = self.blocks.partition_point(|block| block.end() <= number);
        let block = self.blocks.get(after)?;
        block.holds(number).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn log_of(rows: usize, bounds: LogBounds) -> Log {
        let mut log = Log::with_bounds(bounds);
        for number in 1..=rows {
            let message = format!("row {number}");
            log.append(Entry {
                seq: Some(number as u64),
                kind: "log",
                message: &message,
                ..Entry::default()
            });
        }
        log
    }

    fn message(log: &Log, index: usize) -> String {
        match log.row(index) {
            Some(Row::Entry(entry)) => entry.message.to_owned(),
            Some(Row::Marker(marker)) => format!("{marker:?}"),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn rows_come_back_as_they_went_in() {
        let mut log = Log::default();
        let entry = Entry {
            seq: Some(7),
            at: Some(Timestamp::Local(5)),
            kind: "agent_start",
            level: crate::dialect::Level::Warning,
            phase: crate::dialect::PhaseRef { id: Some("p"), agent: Some("a") },
            icon: "🎯",
            action: "act",
            message: "said",
            stream: "stderr",
            payload: "{\"x\":1}",
            rest: "\"iteration\":2",
            is_truncated: true,
        };
        log.append(entry);
        log.mark(Marker::Gap { count: 3 });
        let Some(Row::Entry(row)) = log.row(0) else { panic!("no entry: {:?}", log.row(0)) };
        assert_eq!(
            (row.seq, row.at, row.kind, row.level, row.phase, row.agent),
            (entry.seq, entry.at, entry.kind, entry.level, "p", "a")
        );
        assert_eq!(
            (row.icon, row.action, row.message, row.stream, row.payload, row.is_truncated),
            (entry.icon, entry.action, entry.message, entry.stream, entry.payload, true)
        );
        assert_eq!(log.row(1), Some(Row::Marker(Marker::Gap { count: 3 })));
        assert_eq!(log.row(2), None);
    }

    #[test]
    fn the_oldest_rows_go_in_blocks_of_two_percent_and_are_counted() {
        let bounds = LogBounds { rows: 100, ..LogBounds::default() };
        let log = log_of(100, bounds);
        assert_eq!((log.rows(), log.offset()), (100, 0));
        let log = log_of(101, bounds);
        assert_eq!((log.rows(), log.offset()), (100, 1));
        assert_eq!(message(&log, 0), "Trimmed(2)");
        assert_eq!(message(&log, 1), "row 3");
        assert_eq!(message(&log, 99), "row 101");
        let log = log_of(100_001, LogBounds::default());
        assert_eq!(message(&log, 0), "Trimmed(2000)");
        assert_eq!(log.rows(), 98_002);
    }

    #[test]
    fn a_row_keeps_its_name_when_older_ones_are_dropped() {
        let bounds = LogBounds { rows: 100, ..LogBounds::default() };
        for rows in [100, 101, 150, 1_000] {
            let log = log_of(rows, bounds);
            let last = log.rows() - 1;
            assert_eq!(log.offset() + last as u64, rows as u64 - 1);
            assert_eq!(message(&log, last), format!("row {rows}"));
        }
    }

    #[test]
    fn text_is_bounded_too() {
        let bounds = LogBounds { rows: 1_000, bytes: 200_000 };
        let mut log = Log::with_bounds(bounds);
        let long = "x".repeat(10_000);
        for _ in 0..1_000 {
            log.append(Entry { message: &long, ..Entry::default() });
        }
        assert!(log.bytes <= bounds.bytes, "{} bytes", log.bytes);
        assert!(matches!(log.row(0), Some(Row::Marker(Marker::Trimmed(count))) if count >= 980));
    }

    #[test]
    fn a_stream_whose_row_is_gone_begins_again() {
        let mut log = log_of(0, LogBounds { rows: 50, ..LogBounds::default() });
        log.append(Entry::default());
        log.begin_stream("t", "a");
        assert!(log.extend("t", "b"));
        for _ in 0..60 {
            log.append(Entry::default());
        }
        assert!(!log.extend("t", "c"));
    }

    #[test]
    fn open_streams_are_bounded() {
        let mut log = Log::default();
        for number in 0..STREAMS_MAX + 5 {
            log.append(Entry::default());
            log.begin_stream(&number.to_string(), "x");
        }
        assert_eq!(log.streams.len(), STREAMS_MAX);
        assert!(!log.extend("0", "y"));
        assert!(log.extend("5", "y"));
    }
}
