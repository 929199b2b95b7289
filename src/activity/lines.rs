//! The lines of a log: the rows that are shown, in their order.

mod folds;
mod groups;
mod stretches;

use super::{Filter, Log, Row, RowEntry};
use folds::Folds;
pub use groups::Hidden;
use groups::{Groups, is_heading};
use stretches::Stretches;

/// The rows that are shown, each on a line, kept up as the log grows and is trimmed. What is looked at
/// once is not looked at again, until something else is asked for.
///
/// Shown is what a filter lets through, without the rows of groups that are collapsed, and of rows
/// that say the same, one after the other, the first.
#[derive(Clone, Debug)]
pub struct Lines {
    filter: Filter,
    /// Whether rows that say the same are folded.
    folds_repeats: bool,
    shown: Stretches,
    folds: Folds,
    groups: Groups,
    /// The last row, if one that says the same needs no line of its own.
    last: Option<u64>,
    /// The first row that was not looked at.
    next: u64,
    /// The first row that came in a pause, if there is one.
    paused_at: Option<u64>,
}

impl Default for Lines {
    fn default() -> Self {
        Self::of(Filter::default())
    }
}

/// What stands behind a line that is more than one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gathered {
    /// What this row says, and is said so often.
    Repeats {
        /// How often, more than once.
        count: u64,
        /// Whether the others have no line of their own.
        is_folded: bool,
    },
    /// This row heads a group.
    Group {
        /// What that hides, if it is collapsed.
        hidden: Option<Hidden>,
    },
}

impl Gathered {
    /// Whether rows are put away behind the line.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        match self {
            Self::Repeats { is_folded, .. } => is_folded,
            Self::Group { hidden } => hidden.is_some(),
        }
    }
}

impl Lines {
    /// The lines that `filter` lets through.
    #[must_use]
    pub fn of(filter: Filter) -> Self {
        Self {
            filter,
            folds_repeats: true,
            shown: Stretches::default(),
            folds: Folds::default(),
            groups: Groups::default(),
            last: None,
            next: 0,
            paused_at: None,
        }
    }

    /// What lets them through.
    #[must_use]
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Takes in what has become of the log since the last time.
    pub fn update(&mut self, log: &Log) {
        if log.end() < self.next {
            // It is another log.
            *self = Self { folds_repeats: self.folds_repeats, ..Self::of(self.filter.clone()) };
        }
        if self.next == 0 {
            // All rows count from the first that there ever was; those of a filter, from the first.
            let first = if self.filter.is_open() { log.offset() } else { 0 };
            self.shown = Stretches::from(first + 1);
            if log.trimmed().is_some() {
                self.shown.push(log.offset());
            }
        } else {
            self.forget_trimmed(log);
        }
        let Self { filter, shown, folds, groups, last, .. } = self;
        let (folds_repeats, paused_at) = (self.folds_repeats, self.paused_at.unwrap_or(u64::MAX));
        log.search(self.next, filter, None, usize::MAX, &mut |number| {
            let was_there = |number: u64| number < paused_at;
            let is_hidden = !groups.is_empty()
                && log.get(number).is_some_and(|row| groups.take(number, &row, was_there(number)));
            let is_same = |last: u64| {
                folds_repeats
                    && was_there(last) == was_there(number)
                    && log.says_same(last, number)
                    && !heads_group(log, number)
            };
            let said = last.filter(|&last| is_same(last));
            *last = (!is_hidden).then_some(number);
            if !is_hidden && !said.is_some_and(|last| folds.take(last, number)) {
                shown.push(number);
            }
        });
        self.next = log.end();
    }

    /// What was trimmed has no lines any more, but for one that says so.
    fn forget_trimmed(&mut self, log: &Log) {
        let first = log.start();
        if let Some((last, is_folded)) = self.folds.drop_before(first) {
            // The first that is left of them stands for all.
            let (mut left, mut stands, mut from) = (0, last, first);
            while from <= last {
                from = log.search(from, &self.filter, None, 1, &mut |number| {
                    if number <= last {
                        stands = if left == 0 { number } else { stands };
                        left += 1;
                    }
                });
            }
            self.folds.shorten_first(stands, left);
            self.shown.drop_before(first);
            if is_folded {
                self.shown.push_front(stands);
            }
        } else {
            self.shown.drop_before(first);
        }
        if self.lacks_trimmed(log) && self.shown.start() > 1 {
            self.shown.push_front(log.offset());
        }
    }

    /// Whether something was trimmed, and no line says so.
    fn lacks_trimmed(&self, log: &Log) -> bool {
        log.trimmed().is_some() && self.row(self.shown.start()) != Some(log.offset())
    }

    /// The lines by their numbers, which count up and do not change when older ones go: the first, and
    /// the one after the last.
    #[must_use]
    pub fn extent(&self) -> (u64, u64) {
        (self.shown.start(), self.shown.end())
    }

    /// The row that stands on this line.
    #[must_use]
    pub fn row(&self, line: u64) -> Option<u64> {
        self.shown.row(line)
    }

    /// The line on which this row stands, or the next one that is shown.
    #[must_use]
    pub fn line(&self, row: u64) -> u64 {
        self.shown.line(self.folds.first_before(row).unwrap_or(row))
    }

    /// Whether the row has a line of its own.
    #[must_use]
    pub fn has(&self, row: u64) -> bool {
        self.shown.row(self.shown.line(row)) == Some(row)
    }

    /// Whether the row has no line because it says what the one before it says.
    #[must_use]
    pub fn is_repeat(&self, row: u64) -> bool {
        self.folds.first_before(row).is_some()
    }

    /// The last row of what stands on the line of this row.
    #[must_use]
    pub fn last_with(&self, row: u64) -> u64 {
        self.folds.last_with(row)
    }

    /// What stands behind this entry's line, if that is more than one row.
    #[must_use]
    pub fn gathered(&self, row: u64, entry: &RowEntry<'_>) -> Option<Gathered> {
        if is_heading(entry) {
            return Some(Gathered::Group { hidden: self.groups.hidden(row) });
        }
        let (count, is_folded) = self.folds.of(row)?;
        Some(Gathered::Repeats { count, is_folded })
    }

    /// A number that is another one whenever more rows stand behind this one's line.
    #[must_use]
    pub fn weight(&self, row: u64) -> u64 {
        let hidden = self.groups.hidden(row).map(|hidden| hidden.entries);
        hidden.or_else(|| Some(self.folds.of(row)?.0)).unwrap_or(0)
    }

    /// Lets through what another filter does. What is put away stays so. The lines are numbered anew,
    /// as they are by whatever else is asked for.
    pub fn filter_by(&mut self, filter: Filter, log: &Log) {
        self.filter = filter;
        self.restart(log);
    }

    /// Folds rows that say the same, one after the other, or does not.
    pub fn fold_repeats(&mut self, folds: bool, log: &Log) {
        self.folds_repeats = folds;
        self.restart(log);
    }

    /// Whether it does.
    #[must_use]
    pub const fn folds_repeats(&self) -> bool {
        self.folds_repeats
    }

    /// Puts the rows behind this one's line away, or gives them lines of their own.
    pub fn gather(&mut self, row: u64, entry: &RowEntry<'_>, closes: bool, log: &Log) {
        if is_heading(entry) {
            self.groups.set_collapsed(row, closes);
        } else {
            self.folds.set_folded(row, closes);
        }
        self.restart(log);
    }

    /// Gives this row a line, if the filter lets it through.
    pub fn reveal(&mut self, row: u64, log: &Log) {
        if let Some(first) = self.folds.first_before(row) {
            self.folds.set_folded(first, false);
            self.restart(log);
        }
        while !self.has(row)
            && let Some(heading) = self.groups.around(row)
        {
            self.groups.set_collapsed(heading, false);
            self.restart(log);
        }
    }

    /// From now on nothing changes of the lines that there are, whatever comes; nor of what stands
    /// behind them. Lasts until [`Self::resume`].
    pub const fn pause(&mut self) {
        self.paused_at = Some(self.next);
    }

    /// The line after the last that there was when the pause began, if there is one.
    #[must_use]
    pub fn paused_at(&self) -> Option<u64> {
        self.paused_at.map(|row| self.shown.line(row))
    }

    /// Takes in what came in the pause.
    pub fn resume(&mut self, log: &Log) {
        self.paused_at = None;
        self.restart(log);
    }

    /// Whether rows have no lines that should have some, and get them by [`Self::renew`], since the
    /// front of the log was trimmed: those of a collapsed group whose heading has gone, or the row that
    /// says what has gone.
    #[must_use]
    pub fn is_outdated(&self, log: &Log) -> bool {
        self.groups.has_heading_before(log.start()) || self.lacks_trimmed(log)
    }

    /// Gives lines to rows that should have some.
    pub fn renew(&mut self, log: &Log) {
        self.groups.forget_before(log.start());
        self.restart(log);
    }

    fn restart(&mut self, log: &Log) {
        self.folds.restart();
        self.groups.restart();
        self.last = None;
        self.next = 0;
        self.update(log);
    }
}

/// Whether this row heads a group, which is to have a line to be expanded by.
fn heads_group(log: &Log, number: u64) -> bool {
    matches!(log.get(number), Some(Row::Entry(entry)) if is_heading(&entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        activity::{
            LogBounds, Marker,
            sample::{filter, grow, log_of},
        },
        connection::Outcome,
        dialect::{Entry, Level, PhaseRef},
    };

    fn rows(lines: &Lines) -> Vec<u64> {
        let (start, end) = lines.extent();
        (start..end).filter_map(|line| lines.row(line)).collect()
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
            assert_eq!(rows(&lines), expected, "{filter:?}");
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
                let (start, end) = lines.extent();
                (start..end).map(|line| (line, lines.row(line))).collect()
            };
            lines.update(&log);
            let mut fresh = Lines::of(by_error.clone());
            fresh.update(&log);
            assert_eq!(rows(&lines), rows(&fresh), "at {to}");
            if let Some(trimmed) = log.trimmed() {
                assert!(trimmed > 0);
                assert_eq!(rows(&lines)[0], log.offset(), "it is said what went");
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
        assert_eq!(lines.line(0), lines.extent().0);
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
        let in_memory =
            (0..log.rows()).filter(|&index| matches!(log.row(index), Some(Row::Entry(_))));
        assert_eq!(log.tallies().levels.iter().sum::<u64>(), in_memory.count() as u64);
    }

    /// Entries by what they are: of agent `a` or `b`, an upper case letter where its phase begins,
    /// `|` where a pass begins, `!` an error of `a`, `.` a marker, digits what is said by nobody.
    fn log_from(words: &str, rows_max: usize) -> Log {
        let mut log = Log::with_bounds(LogBounds { rows: rows_max, ..LogBounds::default() });
        append(&mut log, words);
        log
    }

    fn append(log: &mut Log, words: &str) {
        for word in words.chars() {
            let of = |agent: &'static str, kind: &'static str| Entry {
                kind,
                message: "said",
                phase: PhaseRef { id: None, agent: Some(agent) },
                ..Entry::default()
            };
            let digit = word.to_string();
            match word {
                'A' => log.append(Entry { message: "begins", ..of("a", "agent_start") }),
                'B' => log.append(Entry { message: "begins", ..of("b", "agent_start") }),
                'a' => log.append(of("a", "log")),
                'b' => log.append(of("b", "log")),
                '!' => log.append(Entry { level: Level::Error, ..of("a", "log") }),
                '|' => log.append(of("", "iteration_start")),
                '.' => log.mark(Marker::Gap { count: 1 }),
                'E' => log.mark(Marker::End(Outcome::Complete)),
                _ => log.append(Entry { message: &digit, ..of("", "log") }),
            }
        }
    }

    fn lines_of(log: &Log) -> Lines {
        let mut lines = Lines::default();
        lines.update(log);
        lines
    }

    fn gather(lines: &mut Lines, row: u64, closes: bool, log: &Log) {
        let Some(Row::Entry(entry)) = log.get(row) else { panic!("row {row} is no entry") };
        lines.gather(row, &entry, closes, log);
    }

    fn gathered(lines: &Lines, row: u64, log: &Log) -> Option<Gathered> {
        let Some(Row::Entry(entry)) = log.get(row) else { panic!("row {row} is no entry") };
        lines.gathered(row, &entry)
    }

    #[test]
    fn rows_that_say_the_same_stand_on_one_line_with_their_number() {
        let log = log_from("1222.2233a", 100);
        let mut lines = lines_of(&log);
        assert_eq!(rows(&lines), [0, 1, 4, 5, 7, 9], "a marker is between some of them");
        let repeats = |count, is_folded| Some(Gathered::Repeats { count, is_folded });
        assert_eq!(gathered(&lines, 0, &log), None);
        assert_eq!(gathered(&lines, 1, &log), repeats(3, true));
        assert_eq!(gathered(&lines, 2, &log), None, "it is the first that stands for them");
        assert_eq!((lines.line(2), lines.line(3)), (lines.line(1), lines.line(1)));
        assert_eq!((lines.last_with(1), lines.last_with(0), lines.last_with(9)), (3, 0, 9));
        assert!(lines.is_repeat(3) && !lines.is_repeat(1) && !lines.is_repeat(4));

        gather(&mut lines, 1, false, &log);
        assert_eq!(rows(&lines), [0, 1, 2, 3, 4, 5, 7, 9]);
        assert_eq!((gathered(&lines, 1, &log), lines.last_with(1)), (repeats(3, false), 1));
        gather(&mut lines, 1, true, &log);
        lines.reveal(6, &log);
        assert_eq!(rows(&lines), [0, 1, 4, 5, 6, 7, 9]);
        lines.fold_repeats(false, &log);
        assert_eq!(rows(&lines), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_row_that_is_repeated_later_joins_what_stands_there() {
        let mut log = log_from("12", 100);
        let mut lines = lines_of(&log);
        for (more, count) in [("2", 2), ("2", 3), ("22", 5)] {
            let before = lines.weight(1);
            append(&mut log, more);
            lines.update(&log);
            assert_eq!((rows(&lines), lines.weight(1)), (vec![0, 1], count));
            assert_ne!(lines.weight(1), before, "its row is to be written anew");
        }
    }

    #[test]
    fn nothing_that_there_is_changes_in_a_pause() {
        let mut log = log_from("Aa1", 100);
        let mut lines = lines_of(&log);
        gather(&mut lines, 0, true, &log);
        lines.pause();
        append(&mut log, "1a1");
        lines.update(&log);
        let weights = |lines: &Lines| [0, 2].map(|row| lines.weight(row));
        assert_eq!((rows(&lines), lines.paused_at()), (vec![0, 2, 3, 5], Some(3)));
        assert_eq!(weights(&lines), [1, 0]);
        lines.fold_repeats(true, &log);
        assert_eq!((rows(&lines), lines.paused_at()), (vec![0, 2, 3, 5], Some(3)));
        assert_eq!(weights(&lines), [1, 0]);
        lines.resume(&log);
        assert_eq!((rows(&lines), lines.paused_at()), (vec![0, 2, 5], None));
        assert_eq!(weights(&lines), [2, 2], "something is put away before the last");
    }

    #[test]
    fn what_a_filter_leaves_next_to_each_other_is_folded() {
        let log = log_from("ababba", 100);
        let mut lines = lines_of(&log);
        assert_eq!(rows(&lines), [0, 1, 2, 3, 5]);
        lines.filter_by(filter(Some("a"), None, None), &log);
        assert_eq!((rows(&lines), lines.weight(0)), (vec![0], 3));
    }

    #[test]
    fn what_heads_a_group_has_a_line_of_its_own() {
        let log = log_from("AA||aa", 100);
        assert_eq!(rows(&lines_of(&log)), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn another_log_is_looked_at_from_its_beginning() {
        let log = log_from("Aa1122", 100);
        let mut lines = lines_of(&log);
        gather(&mut lines, 0, true, &log);
        lines.pause();
        let other = log_from("A1a", 100);
        lines.update(&other);
        assert_eq!((rows(&lines), lines.paused_at()), (vec![0, 1, 2], None));
    }

    #[test]
    fn texts_that_are_streamed_are_not_folded() {
        let mut log = Log::default();
        for id in ["x", "y"] {
            log.append(Entry::default());
            log.begin_stream(id, "the same");
        }
        assert_eq!(rows(&lines_of(&log)), [0, 1]);
    }

    #[test]
    fn rows_differ_by_whatever_is_read_in_them() {
        let entry = Entry { message: "m", ..Entry::default() };
        for other in [
            Entry { message: "n", ..entry },
            Entry { message: "", action: "m", ..entry },
            Entry { kind: "warning", ..entry },
            Entry { level: Level::Error, ..entry },
            Entry { stream: "stderr", ..entry },
            Entry { payload: "1", ..entry },
            Entry { icon: "x", ..entry },
            Entry { is_truncated: true, ..entry },
            Entry { phase: PhaseRef { id: Some("p"), agent: None }, ..entry },
            Entry { phase: PhaseRef { id: None, agent: Some("p") }, ..entry },
        ] {
            let mut log = Log::default();
            log.append(entry);
            log.append(other);
            assert_eq!(rows(&lines_of(&log)), [0, 1], "{other:?}");
            log.append(Entry { seq: Some(3), at: None, rest: "\"id\":3", ..other });
            assert_eq!(
                rows(&lines_of(&log)),
                [0, 1],
                "only what cannot be read differs: {other:?}"
            );
        }
    }

    #[test]
    fn a_group_is_put_away_wherever_its_rows_stand() {
        //                   0123456789
        let log = log_from("Aa1Bab!2AaEa", 100);
        let mut lines = lines_of(&log);
        let group =
            |entries, errors| Some(Gathered::Group { hidden: Some(Hidden { entries, errors }) });
        assert_eq!(gathered(&lines, 0, &log), Some(Gathered::Group { hidden: None }));
        gather(&mut lines, 0, true, &log);
        assert_eq!(rows(&lines), [0, 2, 3, 5, 7, 8, 9, 10, 11], "up to where it begins anew");
        assert_eq!(gathered(&lines, 0, &log), group(3, 1));
        gather(&mut lines, 8, true, &log);
        assert_eq!(rows(&lines), [0, 2, 3, 5, 7, 8, 10, 11], "up to the end of the run");
        assert_eq!((gathered(&lines, 8, &log), lines.weight(8)), (group(1, 0), 1));
        lines.reveal(6, &log);
        assert_eq!(rows(&lines), [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]);
        lines.reveal(9, &log);
        assert_eq!(rows(&lines), (0..12).collect::<Vec<_>>());
    }

    #[test]
    fn a_phase_has_what_names_it_and_what_its_agent_says_without_naming_one() {
        let mut log = Log::default();
        let mut say = |kind, id, agent| {
            let phase = PhaseRef { id, agent: Some(agent) };
            log.append(Entry { kind, phase, ..Entry::default() });
        };
        say("agent_start", Some("build"), "coder");
        for (id, agent) in [
            (Some("build"), "coder"),
            (Some("test"), "coder"),
            (None, "coder"),
            (Some("build"), "tester"),
            (None, "tester"),
        ] {
            say("log", id, agent);
        }
        let mut lines = lines_of(&log);
        gather(&mut lines, 0, true, &log);
        assert_eq!(rows(&lines), [0, 2, 5]);
    }

    #[test]
    fn a_pass_is_put_away_with_the_phases_that_begin_in_it() {
        //                   0123456789
        let log = log_from("|Aa.Bb|Bb|", 100);
        let mut lines = lines_of(&log);
        gather(&mut lines, 0, true, &log);
        assert_eq!(rows(&lines), [0, 3, 6, 7, 8, 9], "what is missing stays in sight");
        gather(&mut lines, 7, true, &log);
        assert_eq!(rows(&lines), [0, 3, 6, 7, 9]);
        gather(&mut lines, 6, true, &log);
        assert_eq!(rows(&lines), [0, 3, 6, 9]);
        lines.reveal(8, &log);
        assert_eq!(rows(&lines), [0, 3, 6, 7, 8, 9]);
    }

    #[test]
    fn a_collapsed_group_takes_in_what_comes() {
        let mut log = log_from("AaBb", 100);
        let mut lines = lines_of(&log);
        gather(&mut lines, 0, true, &log);
        assert_eq!((rows(&lines), lines.weight(0)), (vec![0, 2, 3], 1));
        append(&mut log, "aab!");
        lines.update(&log);
        assert_eq!((rows(&lines), lines.weight(0)), (vec![0, 2, 3, 6], 4));
    }

    #[test]
    fn repeats_with_something_put_away_between_them_stay_apart() {
        let log = log_from("A1a1", 100);
        let mut lines = lines_of(&log);
        gather(&mut lines, 0, true, &log);
        assert_eq!(rows(&lines), [0, 1, 3]);
    }

    #[test]
    fn rows_get_their_lines_back_when_their_heading_is_trimmed() {
        let mut log = log_from("A1a2a3", 100);
        let mut lines = lines_of(&log);
        gather(&mut lines, 0, true, &log);
        assert!(!lines.is_outdated(&log));
        while log.offset() < 2 {
            append(&mut log, "45");
        }
        lines.update(&log);
        assert!(lines.is_outdated(&log) && !lines.has(4));
        lines.renew(&log);
        assert!(!lines.is_outdated(&log) && lines.has(4));
    }

    /// Whatever comes, is trimmed and is put away: what is kept up is what is found afresh.
    #[test]
    fn lines_that_are_kept_up_are_those_of_a_fresh_look() {
        let mut state = 9_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        let mut renewed = 0;
        for round in 0..30 {
            let mut log = log_from("", 100);
            let mut lines = Lines::of(match round % 3 {
                0 => Filter::default(),
                1 => filter(Some("a"), None, None),
                _ => filter(None, None, Some(Level::Error)),
            });
            for _ in 0..200 {
                for _ in 0..draw(30) {
                    let word = usize::try_from(draw(15)).expect("small");
                    append(
                        &mut log,
                        [
                            "a", "a", "aaa", "1", "11", "b", "bb", "!", "!!!", "A", "B", "|", ".",
                            "E", "2",
                        ][word],
                    );
                }
                lines.update(&log);
                let (start, end) = lines.extent();
                match draw(12) {
                    0 => {
                        let row = lines.row(start + draw((end - start).max(1)));
                        if let Some(row) = row
                            && let Some(Row::Entry(entry)) = log.get(row)
                            && let Some(gathered) = lines.gathered(row, &entry)
                        {
                            lines.gather(row, &entry, !gathered.is_closed(), &log);
                        }
                    }
                    1 => lines.fold_repeats(!lines.folds_repeats(), &log),
                    _ => {}
                }
                if lines.is_outdated(&log) {
                    renewed += 1;
                    lines.renew(&log);
                    assert!(!lines.is_outdated(&log), "round {round}");
                }
                let kept = rows(&lines);
                let weights =
                    |lines: &Lines| kept.iter().map(|&row| lines.weight(row)).collect::<Vec<_>>();
                let mut fresh = lines.clone();
                fresh.renew(&log);
                assert_eq!(rows(&fresh), kept, "round {round}");
                assert_eq!(weights(&fresh), weights(&lines), "round {round}");
                for &row in &kept {
                    assert!(lines.has(row) && lines.row(lines.line(row)) == Some(row));
                }
            }
        }
        assert!(renewed > 0);
    }
}
