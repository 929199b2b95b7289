//! A run of rows that is stored, and dropped, as one.

use super::{Marker, Row};
use crate::{
    dialect::{Entry, Level},
    time::Timestamp,
};

/// A block takes no more rows once it holds this much text, so that long rows are dropped in small
/// numbers.
const BYTES_MAX: usize = 1 << 20;

/// Rows with all that they refer to: their texts in one string, and each name once.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    /// The absolute number of the first row.
    start: u64,
    records: Vec<Record>,
    text: String,
    names: Names,
    /// The texts that were streamed, which grow after their rows were stored.
    streamed: Vec<String>,
    streamed_bytes: usize,
    entries: u64,
}

/// One row. Forty-eight bytes; what is longer stands in the block's text.
#[derive(Clone, Debug)]
enum Record {
    Entry(EntryRecord),
    Marker(Marker),
}

#[derive(Clone, Debug)]
struct EntryRecord {
    /// Its number, if it has one: two options of eight bytes each would be sixteen bytes more.
    seq: u64,
    /// Milliseconds since 1970 by this clock.
    at: i64,
    /// Action, message and payload stand one after the other in the block's text.
    text_start: u32,
    action_length: u32,
    message_length: u32,
    payload_length: u32,
    kind: Name,
    phase: Name,
    agent: Name,
    icon: Name,
    stream: Name,
    /// 0 = none, else one more than its index.
    streamed: u16,
    level: Level,
    is_truncated: bool,
    is_numbered: bool,
    clock: Clock,
}

/// Whose clock a time is read from.
#[derive(Clone, Copy, Debug)]
enum Clock {
    /// There is no time.
    None,
    Utc,
    Local,
}

impl Clock {
    /// A time as its clock and what it shows.
    const fn of(at: Option<Timestamp>) -> (Self, i64) {
        match at {
            None => (Self::None, 0),
            Some(Timestamp::Utc(milliseconds)) => (Self::Utc, milliseconds),
            Some(Timestamp::Local(milliseconds)) => (Self::Local, milliseconds),
        }
    }

    /// The time when this clock shows so many milliseconds.
    const fn at(self, milliseconds: i64) -> Option<Timestamp> {
        match self {
            Self::None => None,
            Self::Utc => Some(Timestamp::Utc(milliseconds)),
            Self::Local => Some(Timestamp::Local(milliseconds)),
        }
    }
}

/// One entry as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowEntry<'a> {
    /// Its number, from a server that numbers.
    pub seq: Option<u64>,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// The server's word for what kind of event it is.
    pub kind: &'a str,
    /// How grave it is.
    pub level: Level,
    /// The id of its phase, if it names one.
    pub phase: &'a str,
    /// Who did it.
    pub agent: &'a str,
    /// A symbol.
    pub icon: &'a str,
    /// What was done, in a few words.
    pub action: &'a str,
    /// What there is to say about it.
    pub message: &'a str,
    /// The output stream of a process that it was written to.
    pub stream: &'a str,
    /// Anything more, as JSON text.
    pub payload: &'a str,
    /// Whether the server cut the message to its limit.
    pub is_truncated: bool,
}

impl Block {
    pub(super) fn new(start: u64) -> Self {
        Self { start, ..Self::default() }
    }

    pub(super) const fn len(&self) -> usize {
        self.records.len()
    }

    /// The absolute number after that of the last row.
    pub(super) const fn end(&self) -> u64 {
        self.start + self.records.len() as u64
    }

    pub(super) const fn holds(&self, number: u64) -> bool {
        self.start <= number && number < self.end()
    }

    pub(super) const fn entries(&self) -> u64 {
        self.entries
    }

    /// The bytes of text in it.
    pub(super) const fn bytes(&self) -> usize {
        self.text.len() + self.names.bytes + self.streamed_bytes
    }

    pub(super) const fn is_full(&self, rows_max: usize) -> bool {
        self.records.len() >= rows_max || self.bytes() >= BYTES_MAX
    }

    /// Gives back what was held for more text, a fifth of all on average: there will be none.
    pub(super) fn close(&mut self) {
        self.text.shrink_to_fit();
    }

    pub(super) fn mark(&mut self, marker: Marker) {
        self.records.push(Record::Marker(marker));
    }

    pub(super) fn append(&mut self, entry: Entry<'_>) {
        // A block is full at 1 MiB, and a row that would not fit four GiB cannot be received.
        let offset = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (clock, at) = Clock::of(entry.at);
        let record = EntryRecord {
            seq: entry.seq.unwrap_or_default(),
            at,
            text_start: offset(self.text.len()),
            action_length: offset(entry.action.len()),
            message_length: offset(entry.message.len()),
            payload_length: offset(entry.payload.len()),
            kind: self.names.intern(entry.kind),
            phase: self.names.intern(entry.phase.id.unwrap_or_default()),
            agent: self.names.intern(entry.phase.agent.unwrap_or_default()),
            icon: self.names.intern(entry.icon),
            stream: self.names.intern(entry.stream),
            streamed: 0,
            level: entry.level,
            is_truncated: entry.is_truncated,
            is_numbered: entry.seq.is_some(),
            clock,
        };
        self.text.push_str(entry.action);
        self.text.push_str(entry.message);
        self.text.push_str(entry.payload);
        self.records.push(Record::Entry(record));
        self.entries += 1;
    }

    /// Appends to the message of a row, which is kept apart from then on.
    pub(super) fn extend(&mut self, number: u64, delta: &str) {
        let Some(index) = self.index(number) else { return };
        let Some(Record::Entry(record)) = self.records.get_mut(index) else { return };
        if record.streamed == 0 {
            self.streamed.push(String::new());
            record.streamed = u16::try_from(self.streamed.len()).unwrap_or(u16::MAX);
        }
        if let Some(text) = self.streamed.get_mut(usize::from(record.streamed) - 1) {
            text.push_str(delta);
            self.streamed_bytes += delta.len();
        }
    }

    pub(super) fn row(&self, number: u64) -> Option<Row<'_>> {
        Some(match self.records.get(self.index(number)?)? {
            Record::Marker(marker) => Row::Marker(*marker),
            Record::Entry(record) => Row::Entry(self.entry(record)),
        })
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.start)?).ok()
    }

    fn entry(&self, record: &EntryRecord) -> RowEntry<'_> {
        let mut rest = self.text.get(record.text_start as usize..).unwrap_or_default();
        let mut take = |length: u32| {
            let (text, after) = rest.split_at_checked(length as usize).unwrap_or_default();
            rest = after;
            text
        };
        let (action, message, payload) =
            (take(record.action_length), take(record.message_length), take(record.payload_length));
        let streamed = usize::from(record.streamed)
            .checked_sub(1)
            .and_then(|index| self.streamed.get(index))
            .map(String::as_str);
        RowEntry {
            seq: record.is_numbered.then_some(record.seq),
            at: record.clock.at(record.at),
            kind: self.names.get(record.kind),
            level: record.level,
            phase: self.names.get(record.phase),
            agent: self.names.get(record.agent),
            icon: self.names.get(record.icon),
            action,
            message: streamed.unwrap_or(message),
            stream: self.names.get(record.stream),
            payload,
            is_truncated: record.is_truncated,
        }
    }
}

/// A name by its index.
type Name = u16;

/// How many of the latest names are looked through for one that comes again. A workflow has a
/// handful; a server that invents more costs memory, which is bounded, and not time.
const NAMES_RECENT: usize = 64;

/// Names, most of them once. The five names of each row of a full block fit its index.
#[derive(Clone, Debug, Default)]
struct Names {
    list: Vec<String>,
    bytes: usize,
}

impl Names {
    fn intern(&mut self, name: &str) -> Name {
        let recent = self.list.len().saturating_sub(NAMES_RECENT);
        let known = self.list.iter().skip(recent).position(|known| known == name);
        let index = known.map_or(self.list.len(), |index| recent + index);
        if known.is_none() {
            self.list.push(name.to_owned());
            self.bytes += name.len();
        }
        Name::try_from(index).unwrap_or(Name::MAX)
    }

    fn get(&self, name: Name) -> &str {
        self.list.get(usize::from(name)).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_come_again_are_kept_once() {
        let mut names = Names::default();
        for round in 0..3 {
            for name in ["", "agent", "log"] {
                assert_eq!(
                    names.intern(name),
                    ["", "agent", "log"]
                        .iter()
                        .position(|n| *n == name)
                        .and_then(|index| Name::try_from(index).ok())
                        .expect("three names"),
                    "{round}"
                );
            }
        }
        assert_eq!(names.get(1), "agent");
        for number in 0..NAMES_RECENT {
            names.intern(&number.to_string());
        }
        assert_eq!(usize::from(names.intern("agent")), 3 + NAMES_RECENT, "too long ago");
    }

    #[test]
    fn a_row_takes_forty_eight_bytes_beside_its_text() {
        assert_eq!(size_of::<Record>(), 48);
    }

    #[test]
    fn numbers_and_times_come_back_and_so_does_that_there_are_none() {
        let numbers = [None, Some(0), Some(1), Some(u64::MAX)];
        let times =
            [None, Some(Timestamp::Utc(0)), Some(Timestamp::Local(0)), Some(Timestamp::Utc(-5))];
        for (seq, at) in numbers.into_iter().flat_map(|seq| times.map(|at| (seq, at))) {
            let mut block = Block::new(3);
            block.append(Entry { seq, at, ..Entry::default() });
            let Some(Row::Entry(row)) = block.row(3) else { panic!("no entry") };
            assert_eq!((row.seq, row.at), (seq, at));
        }
    }

    #[test]
    fn a_block_that_takes_no_more_holds_no_more_text_than_it_has() {
        let mut block = Block::new(0);
        for _ in 0..33 {
            block.append(Entry { message: "said", ..Entry::default() });
        }
        assert!(block.text.capacity() > 33 * 4);
        block.close();
        assert_eq!(block.text.capacity(), 33 * 4);
        assert_eq!(block.row(32), block.row(0));
    }
}
