//! The phases of a run and their states.

use std::collections::VecDeque;

use crate::{connection::Outcome, dialect::PhaseRef, time::Timestamp};

/// The most phases that are kept; beyond it new ones are not listed. A workflow has a handful, and
/// a server that invents more must not fill the page with them.
const PHASES_MAX: usize = 1_000;

/// The most passes of a phase that are kept beside the present or last one; the oldest go first.
const PASSES_MAX: usize = 100;

/// The phases, in the order in which they were declared or appeared.
#[derive(Clone, Debug, Default)]
pub struct Phases {
    list: Vec<Phase>,
    started_last: Option<usize>,
    /// The one that was heard of last: the next entry is often of the same.
    heard_last: usize,
}

/// One step of the workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Names it within its session.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// The agent whose events belong to it.
    pub agent: Option<String>,
    /// How it stands.
    pub state: PhaseState,
    /// Which pass through it this is, from 1; 0 before the first.
    pub iteration: u32,
    /// How far it is in whole percent, where the server says.
    pub percent: Option<u8>,
    /// When the present or last pass began.
    pub started: Option<Timestamp>,
    /// When it ended; absent while it goes on.
    pub ended: Option<Timestamp>,
    /// The passes before that one, oldest first; of many, the newest.
    pub earlier: VecDeque<Pass>,
    /// When its agent was last heard of in the present or last pass, by an entry of its log.
    pub heard: Option<Timestamp>,
    /// How often it was heard of in that pass.
    pub heard_count: u32,
}

/// A pass through a phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it stood then.
    pub state: PhaseState,
}

/// How a phase stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhaseState {
    /// Still to come.
    Pending,
    /// Under way.
    Active,
    /// Under way, and something has to happen outside before it goes on.
    Waiting,
    /// Finished well.
    Done,
    /// Failed.
    Error,
    /// Stopped before it had finished.
    Cancelled,
    /// The run was over before its turn came.
    NotReached,
    /// A word of the server's own.
    Other(String),
}

impl PhaseState {
    /// The state's name, as the page's `data-state` has it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::NotReached => "not-reached",
            Self::Other(word) => word,
        }
    }

    fn from_word(word: &str) -> Self {
        match word {
            "pending" => Self::Pending,
            "active" | "running" => Self::Active,
            "waiting" => Self::Waiting,
            "done" | "complete" | "completed" => Self::Done,
            "error" | "failed" => Self::Error,
            "cancelled" => Self::Cancelled,
            "not-reached" => Self::NotReached,
            _ => Self::Other(word.to_owned()),
        }
    }

    /// Whether the phase has begun and not ended, whatever the server calls that.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Active | Self::Waiting | Self::Other(_))
    }
}

impl Phases {
    /// All of them.
    #[must_use]
    pub fn list(&self) -> &[Phase] {
        &self.list
    }

    /// The one that a person would call the current one: the one started last, while it is open.
    #[must_use]
    pub fn current(&self) -> Option<usize> {
        self.started_last.filter(|&index| self.list[index].state.is_open())
    }

    /// Declares a phase, or says more of one that was declared before.
    pub fn declare(
        &mut self,
        id: &str,
        label: Option<&str>,
        agent: Option<&str>,
        state: Option<&str>,
    ) {
        let Some(index) = self.named(id).or_else(|| self.push(id)) else { return };
        let phase = &mut self.list[index];
        if let Some(label) = label {
            label.clone_into(&mut phase.label);
        }
        if let Some(word) = state {
            phase.state = PhaseState::from_word(word);
        }
        if agent.is_some() {
            phase.agent = agent.map(str::to_owned);
        }
    }

    /// A phase begins; one that was over begins again, one iteration on. One that is under way goes
    /// on with its pass.
    pub fn start(&mut self, phase: PhaseRef<'_>, iteration: Option<u32>, at: Option<Timestamp>) {
        let Some(index) = self.find_or_push(phase) else { return };
        let phase = &mut self.list[index];
        let passes = phase.iteration;
        if matches!(phase.state, PhaseState::Active | PhaseState::Waiting) {
            phase.iteration = passes.max(1);
            phase.started = phase.started.or(at);
        } else {
            phase.iteration = iteration.unwrap_or(0).max(passes.saturating_add(1));
            if passes > 0 {
                phase.keep_pass();
            }
            phase.started = at;
        }
        phase.state = PhaseState::Active;
        phase.percent = None;
        phase.ended = None;
        phase.heard = None;
        phase.heard_count = 0;
        self.started_last = Some(index);
    }

    /// A phase is some way on, or in a state of the server's own naming.
    pub fn progress(&mut self, phase: PhaseRef<'_>, progress: Option<f64>, state: Option<&str>) {
        let Some(index) = self.find(phase) else { return };
        let phase = &mut self.list[index];
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "held to 0 to 100, and what is no number becomes 0"
        )]
        let percent = progress.map(|progress| (progress.clamp(0.0, 1.0) * 100.0) as u8);
        phase.percent = percent.or(phase.percent);
        if let Some(word) = state {
            phase.state = PhaseState::from_word(word);
        }
    }

    /// A phase is heard of, by an entry or a piece of one.
    pub fn hear(&mut self, phase: PhaseRef<'_>, at: Option<Timestamp>) {
        let is_same = self.list.get(self.heard_last).is_some_and(|known| known.is(phase));
        let index = if is_same { Some(self.heard_last) } else { self.find(phase) };
        let Some(phase) = index.and_then(|index| self.list.get_mut(index)) else { return };
        phase.heard = at.or(phase.heard);
        phase.heard_count = phase.heard_count.saturating_add(1);
        self.heard_last = index.unwrap_or_default();
    }

    /// A phase ends; one that was never seen is made, and has ended.
    pub fn end(&mut self, phase: PhaseRef<'_>, outcome: Outcome, at: Option<Timestamp>) {
        let Some(index) = self.find_or_push(phase) else { return };
        let phase = &mut self.list[index];
        phase.iteration = phase.iteration.max(1);
        phase.close(
            match outcome {
                Outcome::Complete => PhaseState::Done,
                Outcome::Error => PhaseState::Error,
                Outcome::Cancelled => PhaseState::Cancelled,
            },
            at,
        );
    }

    /// The run is over, and with it every phase. `blamed` is the phase that failed, if one is named.
    pub fn end_run(&mut self, outcome: Outcome, blamed: PhaseRef<'_>, at: Option<Timestamp>) {
        let failed = match outcome {
            Outcome::Error => self.find(blamed).or(self.started_last),
            Outcome::Complete | Outcome::Cancelled => None,
        };
        for (index, phase) in self.list.iter_mut().enumerate() {
            if failed == Some(index) {
                if phase.state != PhaseState::Error {
                    phase.close(PhaseState::Error, at);
                }
            } else if phase.state.is_open() {
                let state = match outcome {
                    Outcome::Complete => PhaseState::Done,
                    Outcome::Error | Outcome::Cancelled => PhaseState::Cancelled,
                };
                phase.close(state, at);
            } else if phase.state == PhaseState::Pending {
                phase.state = PhaseState::NotReached;
            }
        }
    }

    /// An event belongs to the phase that it names, else to the phase whose agent it names.
    ///
    /// Looked up one by one: there are [`PHASES_MAX`] at the most.
    fn find(&self, phase: PhaseRef<'_>) -> Option<usize> {
        self.list.iter().position(|known| known.is(phase))
    }

    fn named(&self, id: &str) -> Option<usize> {
        self.list.iter().position(|phase| phase.id == id)
    }

    fn find_or_push(&mut self, phase: PhaseRef<'_>) -> Option<usize> {
        if let Some(index) = self.find(phase) {
            return Some(index);
        }
        let name = phase.id.or(phase.agent)?;
        let index = self.push(name)?;
        self.list[index].agent = phase.agent.map(str::to_owned);
        Some(index)
    }

    fn push(&mut self, id: &str) -> Option<usize> {
        let index = self.list.len();
        if index >= PHASES_MAX {
            return None;
        }
        self.list.push(Phase {
            id: id.to_owned(),
            label: id.to_owned(),
            agent: None,
            state: PhaseState::Pending,
            iteration: 0,
            percent: None,
            started: None,
            ended: None,
            earlier: VecDeque::new(),
            heard: None,
            heard_count: 0,
        });
        Some(index)
    }
}

impl Phase {
    /// Whether this is the phase that is meant.
    fn is(&self, phase: PhaseRef<'_>) -> bool {
        match phase.id {
            Some(id) => self.id == id,
            None => phase.agent.is_some() && self.agent.as_deref() == phase.agent,
        }
    }

    /// The last pass is over, and another begins.
    fn keep_pass(&mut self) {
        if self.earlier.len() >= PASSES_MAX {
            self.earlier.pop_front();
        }
        let Self { started, ended, ref state, .. } = *self;
        self.earlier.push_back(Pass { started, ended, state: state.clone() });
    }

    fn close(&mut self, state: PhaseState, at: Option<Timestamp>) {
        self.state = state;
        self.ended = at;
        self.percent = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn agent(name: &str) -> PhaseRef<'_> {
        PhaseRef { id: None, agent: Some(name) }
    }

    const fn id(name: &str) -> PhaseRef<'_> {
        PhaseRef { id: Some(name), agent: None }
    }

    fn planned(names: &[&str]) -> Phases {
        let mut phases = Phases::default();
        for name in names {
            phases.declare(name, None, Some(&format!("{name}-agent")), None);
        }
        phases
    }

    fn check(phases: &Phases, expected: &str) {
        let states: Vec<String> = phases
            .list()
            .iter()
            .map(|phase| format!("{}={}/{}", phase.id, phase.state.name(), phase.iteration))
            .collect();
        assert_eq!(states.join(" "), expected);
    }

    #[test]
    fn a_planned_phase_starts_and_ends_by_its_agent() {
        let mut phases = planned(&["a", "b"]);
        phases.start(agent("a-agent"), None, Some(Timestamp::Utc(5)));
        check(&phases, "a=active/1 b=pending/0");
        assert_eq!(phases.current(), Some(0));
        phases.end(agent("a-agent"), Outcome::Complete, Some(Timestamp::Utc(9)));
        check(&phases, "a=done/1 b=pending/0");
        assert_eq!(phases.current(), None);
        assert_eq!(phases.list()[0].ended, Some(Timestamp::Utc(9)));
    }

    #[test]
    fn a_phase_is_heard_of_in_each_of_its_passes() {
        let mut phases = planned(&["a", "b"]);
        let heard = |phases: &Phases| {
            phases.list().iter().map(|it| (it.heard, it.heard_count)).collect::<Vec<_>>()
        };
        let at = |seconds: i64| Some(Timestamp::Utc(seconds * 1_000));
        phases.start(id("a"), None, at(1));
        for (phase, at) in
            [(id("a"), at(2)), (agent("a-agent"), at(3)), (id("b"), at(4)), (id("a"), None)]
        {
            phases.hear(phase, at);
        }
        phases.hear(id("nobody"), at(5));
        phases.hear(PhaseRef::default(), at(5));
        assert_eq!(heard(&phases), [(at(3), 3), (at(4), 1)]);
        phases.end(id("a"), Outcome::Complete, at(6));
        assert_eq!(heard(&phases), [(at(3), 3), (at(4), 1)]);
        phases.start(id("a"), None, at(7));
        assert_eq!(heard(&phases), [(None, 0), (at(4), 1)]);
    }

    #[test]
    fn the_phase_named_by_an_event_wins_over_its_agent() {
        let mut phases = planned(&["a", "b"]);
        phases.start(PhaseRef { id: Some("b"), agent: Some("a-agent") }, None, None);
        check(&phases, "a=pending/0 b=active/1");
    }

    #[test]
    fn unplanned_phases_are_appended_in_order_of_appearance() {
        let mut phases = planned(&["a"]);
        phases.start(agent("x"), None, None);
        phases.end(agent("y"), Outcome::Complete, None);
        check(&phases, "a=pending/0 x=active/1 y=done/1");
    }

    #[test]
    fn a_phase_that_starts_again_is_one_iteration_on() {
        let mut phases = planned(&["a"]);
        phases.start(id("a"), Some(1), None);
        phases.end(id("a"), Outcome::Error, None);
        phases.start(id("a"), Some(2), None);
        check(&phases, "a=active/2");
        phases.end(id("a"), Outcome::Complete, None);
        phases.start(id("a"), None, Some(Timestamp::Utc(5)));
        check(&phases, "a=active/3");
        phases.start(id("a"), None, Some(Timestamp::Utc(9)));
        check(&phases, "a=active/3");
        assert_eq!(phases.list()[0].started, Some(Timestamp::Utc(5)), "the pass is the same");
    }

    #[test]
    fn passes_are_kept_with_their_times_and_the_oldest_go_first() {
        let mut phases = planned(&["a"]);
        let passes = u32::try_from(PASSES_MAX).expect("a small number") + 5;
        for pass in 0..passes {
            let at = |seconds| Some(Timestamp::Utc(i64::from(pass) * 10 + seconds));
            phases.start(id("a"), None, at(0));
            phases.start(id("a"), None, at(1));
            let outcome = if pass % 2 == 0 { Outcome::Error } else { Outcome::Complete };
            phases.end(id("a"), outcome, at(3));
        }
        let phase = &phases.list()[0];
        assert_eq!(phase.earlier.len(), PASSES_MAX);
        let first = Pass {
            started: Some(Timestamp::Utc(40)),
            ended: Some(Timestamp::Utc(43)),
            state: PhaseState::Error,
        };
        assert_eq!(phase.earlier[0], first);
        assert_eq!(phase.iteration, passes);
        assert_eq!(phase.ended, Some(Timestamp::Utc(i64::from(passes - 1) * 10 + 3)));
    }

    #[test]
    fn an_error_marks_the_phase_that_it_names() {
        let mut phases = planned(&["a", "b", "c", "d"]);
        phases.start(id("a"), None, None);
        phases.end(id("a"), Outcome::Complete, None);
        phases.start(id("b"), None, None);
        phases.start(id("c"), None, None);
        phases.end_run(Outcome::Error, id("b"), None);
        check(&phases, "a=done/1 b=error/1 c=cancelled/1 d=not-reached/0");
    }

    #[test]
    fn an_error_that_names_none_marks_the_phase_started_last() {
        let mut phases = planned(&["a", "b", "c"]);
        phases.start(id("a"), None, None);
        phases.start(id("b"), None, None);
        phases.end_run(Outcome::Error, PhaseRef::default(), None);
        check(&phases, "a=cancelled/1 b=error/1 c=not-reached/0");
    }

    #[test]
    fn neither_end_creates_a_phase() {
        let mut phases = Phases::default();
        phases.end_run(Outcome::Error, agent("ghost"), None);
        phases.end_run(Outcome::Complete, agent("ghost"), None);
        check(&phases, "");
    }

    #[test]
    fn completion_finishes_what_was_started_and_never_what_failed() {
        let mut phases = planned(&["a", "b", "c"]);
        phases.start(id("a"), None, None);
        phases.end(id("a"), Outcome::Error, None);
        phases.start(id("b"), None, None);
        phases.end_run(Outcome::Complete, PhaseRef::default(), None);
        check(&phases, "a=error/1 b=done/1 c=not-reached/0");
    }

    #[test]
    fn cancelling_stops_what_is_open() {
        let mut phases = planned(&["a", "b"]);
        phases.start(id("a"), None, None);
        phases.end_run(Outcome::Cancelled, PhaseRef::default(), None);
        check(&phases, "a=cancelled/1 b=not-reached/0");
    }

    #[test]
    fn the_servers_own_word_is_kept() {
        let mut phases = planned(&["a"]);
        phases.start(id("a"), None, None);
        phases.progress(id("a"), Some(7.5), Some("reticulating"));
        check(&phases, "a=reticulating/1");
        assert_eq!(phases.list()[0].percent, Some(100));
        phases.progress(id("a"), Some(0.429), None);
        phases.progress(id("a"), None, None);
        assert_eq!(phases.list()[0].percent, Some(42));
        phases.progress(id("a"), Some(f64::NAN), None);
        assert_eq!(phases.list()[0].percent, Some(0));
    }

    #[test]
    fn the_number_of_phases_is_bounded() {
        let mut phases = Phases::default();
        for number in 0..PHASES_MAX + 10 {
            phases.start(id(&number.to_string()), None, None);
        }
        assert_eq!(phases.list().len(), PHASES_MAX);
    }
}
