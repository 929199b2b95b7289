//! A run of rows that is stored, and dropped, as one.

use super::{Marker, Row, Tallies};
use crate::activity::filter::{Subject, Test};
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
    /// How many entries there are of each name, by its index.
    counts: Vec<Counts>,
    /// How many there are of each level.
    levels: [u32; Level::ALL.len()],
}

/// How many entries of a block have a name.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// As their agent.
    agent: u32,
    /// As their agent, and no phase.
    agent_alone: u32,
    /// As their phase.
    phase: u32,
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
    /// Action, message, payload and rest stand one after the other in the block's text. The rest ends
    /// where the next row's texts begin.
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
    /// What else came with it; see [`Entry::rest`].
    pub rest: &'a str,
    /// Whether the server cut the message to its limit.
    pub is_truncated: bool,
}

/// All of an entry that people read in its row, but for when it happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said<'a> {
    // First, since by these most differ.
    texts: [&'a str; 3],
    names: [&'a str; 5],
    level: Level,
    is_truncated: bool,
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
        self.text.push_str(entry.rest);
        self.count(&record);
        self.records.push(Record::Entry(record));
        self.entries += 1;
    }

    fn count(&mut self, record: &EntryRecord) {
        self.counts.resize(self.names.list.len(), Counts::default());
        let is_alone = self.names.get(record.phase).is_empty();
        if let Some(counts) = self.counts.get_mut(usize::from(record.agent)) {
            counts.agent += 1;
            counts.agent_alone += u32::from(is_alone);
        }
        if let Some(counts) = self.counts.get_mut(usize::from(record.phase)) {
            counts.phase += 1;
        }
        self.levels[record.level as usize] += 1;
    }

    /// Adds what is counted here.
    pub(super) fn tally<'a>(&'a self, tallies: &mut Tallies<'a>) {
        for (name, counts) in self.names.list.iter().zip(&self.counts) {
            if counts.agent > 0 || counts.phase > 0 {
                tallies.add(name, counts.agent, counts.agent_alone, counts.phase);
            }
        }
        for (sum, count) in tallies.levels.iter_mut().zip(self.levels) {
            *sum += u64::from(count);
        }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names.list
    }

    /// Hands to `found` the number of each row from `from` on that passes the test.
    pub(super) fn search(&self, from: u64, test: &Test<'_>, found: &mut dyn FnMut(u64)) {
        let skipped = usize::try_from(from.saturating_sub(self.start)).unwrap_or(usize::MAX);
        for (record, number) in self.records.iter().zip(self.start..).skip(skipped) {
            let passes = match record {
                Record::Marker(_) => test.takes_markers(),
                Record::Entry(record) => {
                    let [action, message, ..] = self.texts(record);
                    test.passes(Subject {
                        agent: record.agent.into(),
                        phase: record.phase.into(),
                        level: record.level,
                        action,
                        message,
                    })
                }
            };
            if passes {
                found(number);
            }
        }
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
        let index = self.index(number)?;
        Some(match self.records.get(index)? {
            Record::Marker(marker) => Row::Marker(*marker),
            Record::Entry(record) => Row::Entry(self.entry(index, record)),
        })
    }

    /// How long the texts of this entry are; `None` for one that was streamed.
    pub(super) fn lengths(&self, number: u64) -> Option<[u32; 3]> {
        let Record::Entry(record) = self.records.get(self.index(number)?)? else { return None };
        let lengths = [record.action_length, record.message_length, record.payload_length];
        (record.streamed == 0).then_some(lengths)
    }

    /// What this entry says.
    pub(super) fn said(&self, number: u64) -> Option<Said<'_>> {
        let Record::Entry(record) = self.records.get(self.index(number)?)? else { return None };
        let EntryRecord { kind, phase, agent, icon, stream, .. } = *record;
        Some(Said {
            names: [kind, phase, agent, icon, stream].map(|name| self.names.get(name)),
            texts: self.texts(record),
            level: record.level,
            is_truncated: record.is_truncated,
        })
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.start)?).ok()
    }

    /// Its action, message and payload.
    fn texts(&self, record: &EntryRecord) -> [&str; 3] {
        let mut rest = self.text.get(record.text_start as usize..).unwrap_or_default();
        let texts =
            [record.action_length, record.message_length, record.payload_length].map(|length| {
                let (text, after) = rest.split_at_checked(length as usize).unwrap_or_default();
                rest = after;
                text
            });
        let streamed =
            usize::from(record.streamed).checked_sub(1).and_then(|index| self.streamed.get(index));
        match (texts, streamed) {
            ([action, _, payload], Some(streamed)) => [action, streamed, payload],
            (texts, None) => texts,
        }
    }

    /// What else came with the row at `index`, which is this one.
    fn rest(&self, index: usize, record: &EntryRecord) -> &str {
        let lengths = [record.action_length, record.message_length, record.payload_length];
        let start = lengths
            .iter()
            .fold(record.text_start as usize, |at, length| at.saturating_add(*length as usize));
        let next = self.records.iter().skip(index + 1).find_map(|record| match record {
            Record::Entry(record) => Some(record.text_start as usize),
            Record::Marker(_) => None,
        });
        self.text.get(start..next.unwrap_or(self.text.len())).unwrap_or_default()
    }

    fn entry(&self, index: usize, record: &EntryRecord) -> RowEntry<'_> {
        let [action, message, payload] = self.texts(record);
        RowEntry {
            seq: record.is_numbered.then_some(record.seq),
            at: record.clock.at(record.at),
            kind: self.names.get(record.kind),
            level: record.level,
            phase: self.names.get(record.phase),
            agent: self.names.get(record.agent),
            icon: self.names.get(record.icon),
            action,
            message,
            stream: self.names.get(record.stream),
            payload,
            rest: self.rest(index, record),
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

    #[test]
    fn what_else_came_with_a_row_is_its_own() {
        let mut block = Block::new(0);
        block.append(Entry { message: "said", rest: "\"a\":1", ..Entry::default() });
        block.mark(Marker::Epoch);
        block.append(Entry { action: "do", payload: "[]", ..Entry::default() });
        block.append(Entry { rest: "\"b\":2", ..Entry::default() });
        block.extend(3, "later");
        block.mark(Marker::Epoch);
        let rest = |number| match block.row(number) {
            Some(Row::Entry(row)) => row.rest,
            _ => "none",
        };
        assert_eq!([0, 1, 2, 3, 4].map(rest), ["\"a\":1", "none", "", "\"b\":2", "none"]);
    }
}
