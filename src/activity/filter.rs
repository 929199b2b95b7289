//! Which entries are wanted.

use super::needle::Needle;
use crate::dialect::Level;

/// Which entries are wanted: those for which all of this holds. Markers always are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this agent.
    pub agent: Option<String>,
    /// Of this phase.
    pub phase: Option<PhaseFilter>,
    /// Of this level.
    pub level: Option<Level>,
}

/// The entries of one phase: those that name it, and those that name no phase and its agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseFilter {
    /// The phase's id.
    pub id: String,
    /// Its agent, where one is known.
    pub agent: Option<String>,
}

impl Filter {
    /// Whether every entry is wanted.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.agent.is_none() && self.phase.is_none() && self.level.is_none()
    }
}

/// A filter, and what is searched for, as they are held against the names of one block: an entry is
/// then looked at by number and not by text.
#[derive(Debug)]
pub(super) struct Test<'a> {
    agents: Option<Vec<bool>>,
    phases: Option<PhaseTest>,
    level: Option<Level>,
    needle: Option<(&'a Needle, Vec<bool>)>,
}

#[derive(Debug)]
struct PhaseTest {
    ids: Vec<bool>,
    agents: Vec<bool>,
    unnamed: Vec<bool>,
}

/// What is held against a [`Test`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) agent: usize,
    pub(super) phase: usize,
    pub(super) level: Level,
    pub(super) action: &'a str,
    pub(super) message: &'a str,
}

impl<'a> Test<'a> {
    /// Prepares the test for a block of these names.
    pub(super) fn new(filter: &Filter, needle: Option<&'a Needle>, names: &[String]) -> Self {
        let are = |wanted: &str| names.iter().map(|name| name == wanted).collect::<Vec<bool>>();
        Self {
            agents: filter.agent.as_deref().map(are),
            phases: filter.phase.as_ref().map(|phase| PhaseTest {
                ids: are(&phase.id),
                agents: phase.agent.as_deref().map(are).unwrap_or_default(),
                unnamed: are(""),
            }),
            level: filter.level,
            needle: needle
                .map(|needle| (needle, names.iter().map(|name| needle.is_in(name)).collect())),
        }
    }

    pub(super) fn passes(&self, entry: Subject<'_>) -> bool {
        let is = |list: &[bool], name: usize| list.get(name).copied().unwrap_or(false);
        let is_of_agent = || self.agents.as_ref().is_none_or(|list| is(list, entry.agent));
        let is_of_phase = || {
            self.phases.as_ref().is_none_or(|test| {
                is(&test.ids, entry.phase)
                    || (is(&test.unnamed, entry.phase) && is(&test.agents, entry.agent))
            })
        };
        let is_found = || {
            self.needle.as_ref().is_none_or(|(needle, names)| {
                is(names, entry.agent) || needle.is_in(entry.message) || needle.is_in(entry.action)
            })
        };
        self.level.is_none_or(|level| level == entry.level)
            && is_of_agent()
            && is_of_phase()
            && is_found()
    }

    /// Whether a marker is wanted: where something is searched for, markers are not looked at.
    pub(super) const fn takes_markers(&self) -> bool {
        self.needle.is_none()
    }
}
