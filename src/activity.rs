//! The activity of one session: its phases, its log, and how its run stands.
//!
//! Knows nothing of sockets, frames or screens: it hears operations and can be asked what came of
//! them. Every operation costs the same however much has been heard before.

pub mod export;
mod filter;
mod found;
mod lines;
mod links;
mod log;
mod needle;
mod phases;
mod pretty;
mod printable;
#[cfg(test)]
mod sample;
mod styled;

pub use filter::{Filter, PhaseFilter};
pub use found::Found;
pub use lines::{Gathered, Hidden, Lines};
pub use links::next_link;
pub use log::{Log, LogBounds, Marker, Row, RowEntry, Tallies, Tally};
pub use needle::Needle;
pub use phases::{Pass, Phase, PhaseState, Phases};
pub use pretty::pretty;
pub use printable::printable;
pub use styled::{Style, styled};

use crate::{
    connection::Outcome,
    dialect::{Entry, Operation},
    time::Timestamp,
};

/// What is known of one session.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// The phases, in the order in which they were declared or appeared.
    pub phases: Phases,
    /// The log.
    pub log: Log,
    /// How the run stands.
    pub run: Run,
    /// The entries received in this epoch, each counted once.
    pub entries: u64,
}

/// How a run stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Whether there is one, and how it ended.
    pub state: RunState,
    /// When its first event happened.
    pub started: Option<Timestamp>,
    /// When its last event so far happened.
    pub latest: Option<Timestamp>,
    /// What the server said of its end, or of what it waits for.
    pub message: Option<String>,
    /// Which pass through the phases is under way, from 1.
    pub iteration: Option<u32>,
    /// How many passes there will be at the most.
    pub iterations_max: Option<u32>,
}

/// Whether there is a run, and how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunState {
    /// Nothing has happened yet.
    #[default]
    None,
    /// Things happen.
    Running,
    /// Somebody has to do something before it goes on.
    Waiting,
    /// It is over.
    Ended(Outcome),
}

impl RunState {
    /// Whether it has begun and is not over.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Running | Self::Waiting)
    }

    /// The state's name, as the page's `data-run` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Ended(outcome) => outcome.name(),
        }
    }
}

impl Activity {
    /// Takes one operation into account.
    pub fn apply(&mut self, operation: Operation<'_>) {
        match operation {
            Operation::PhaseDeclared { id, label, agent, state } => {
                self.phases.declare(id, label, agent, state);
            }
            Operation::PhaseStarted { phase, iteration, at } => {
                self.phases.start(phase, iteration, at);
            }
            Operation::PhaseProgressed { phase, progress, state } => {
                self.phases.progress(phase, progress, state);
            }
            Operation::PhaseEnded { phase, outcome, at } => self.phases.end(phase, outcome, at),
            Operation::IterationStarted { iteration, max } => {
                self.run.iteration = iteration.or(self.run.iteration);
                self.run.iterations_max = max.or(self.run.iterations_max);
            }
            Operation::EntryAppended(entry) => self.append(entry),
            Operation::EntryExtended { id, delta, entry } => {
                if self.log.extend(id, delta) {
                    self.note(&entry);
                } else {
                    self.append(entry);
                    self.log.begin_stream(id, delta);
                }
            }
            Operation::EntrySealed { id } => self.log.end_stream(id),
            Operation::EntryRestored { id, entry } => {
                if !self.log.has_begun(id) {
                    self.append(entry);
                    self.log.remember_stream(id);
                }
            }
            // The page is about to stop listening, and would never hear how this ends.
            Operation::RunStarted { .. } | Operation::RunSuspended { .. }
                if matches!(self.run.state, RunState::Ended(_)) => {}
            Operation::RunStarted { at } => {
                self.run.state = RunState::Running;
                self.run.message = None;
                self.run.started = self.run.started.or(at);
            }
            Operation::RunSuspended { phase, message } => {
                self.phases.progress(phase, None, Some(PhaseState::Waiting.name()));
                self.run.state = RunState::Waiting;
                self.run.message = Some(message.to_owned());
            }
            Operation::RunEnded { outcome, phase, message, at } => {
                self.phases.end_run(outcome, phase, at);
                self.run.state = RunState::Ended(outcome);
                self.run.message = message.map(str::to_owned);
                self.log.mark(Marker::End(outcome));
            }
        }
    }

    /// The server started a new history: rows stay, all that is counted or concluded starts again.
    pub fn begin_epoch(&mut self) {
        self.phases = Phases::default();
        self.run = Run::default();
        self.entries = 0;
        self.log.forget_streams();
    }

    fn append(&mut self, entry: Entry<'_>) {
        self.note(&entry);
        self.entries += 1;
        if self.run.state == RunState::None {
            self.run.state = RunState::Running;
        }
        self.log.append(entry);
    }

    /// Takes note of whom an entry, or a piece of one, is from, and when it happened.
    fn note(&mut self, entry: &Entry<'_>) {
        self.phases.hear(entry.phase, entry.at);
        self.run.started = self.run.started.or(entry.at);
        self.run.latest = entry.at.or(self.run.latest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: u64, message: &str) -> Entry<'_> {
        Entry { seq: Some(seq), message, at: Some(Timestamp::Utc(1_000)), ..Entry::default() }
    }

    #[test]
    fn the_first_entry_starts_the_run_and_the_end_ends_it() {
        let mut activity = Activity::default();
        assert_eq!(activity.run.state.name(), "none");
        activity.apply(Operation::EntryAppended(entry(1, "a")));
        assert_eq!(activity.run.state.name(), "running");
        activity.apply(Operation::RunEnded {
            outcome: Outcome::Error,
            phase: crate::dialect::PhaseRef::default(),
            message: Some("no disk"),
            at: None,
        });
        assert_eq!(activity.run.state.name(), "error");
        assert_eq!(activity.run.message.as_deref(), Some("no disk"));
    }

    #[test]
    fn a_streamed_text_is_one_entry() {
        let mut activity = Activity::default();
        for (id, delta) in [("t1", "Hel"), ("t2", "Other"), ("t1", "lo"), ("t1", "!")] {
            activity.apply(Operation::EntryExtended { id, delta, entry: entry(1, "") });
        }
        assert_eq!(activity.entries, 2);
        let texts: Vec<String> = (0..activity.log.rows())
            .filter_map(|index| match activity.log.row(index) {
                Some(Row::Entry(entry)) => Some(entry.message.to_owned()),
                _ => None,
            })
            .collect();
        assert_eq!(texts, ["Hello!", "Other"]);
    }

    #[test]
    fn a_new_epoch_keeps_the_rows_and_counts_again() {
        let mut activity = Activity::default();
        activity.apply(Operation::EntryAppended(entry(1, "old")));
        activity.begin_epoch();
        assert_eq!((activity.entries, activity.log.rows()), (0, 1));
        assert_eq!(activity.run, Run::default());
    }
}
