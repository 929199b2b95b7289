//! How many entries there are of each kind.

use crate::dialect::Level;

/// How many names are told apart; entries of further ones are not counted by name.
const NAMES_MAX: usize = 1_000;

/// How many entries in memory there are of each agent, phase and level.
#[derive(Clone, Debug, Default)]
pub struct Tallies<'a> {
    /// The names, in the order in which they first appeared.
    pub names: Vec<Tally<'a>>,
    /// The entries of each level, in the order of [`Level::ALL`].
    pub levels: [u64; Level::ALL.len()],
}

/// How many entries have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally<'a> {
    /// The name; empty for those without one.
    pub name: &'a str,
    /// As their agent.
    pub agent: u64,
    /// As their agent, and no phase.
    pub agent_alone: u64,
    /// As their phase.
    pub phase: u64,
}

impl<'a> Tallies<'a> {
    pub(super) fn add(&mut self, name: &'a str, agent: u32, agent_alone: u32, phase: u32) {
        let known = self.names.iter().position(|tally| tally.name == name);
        let index = known.unwrap_or(self.names.len());
        if known.is_none() {
            if index >= NAMES_MAX {
                return;
            }
            self.names.push(Tally { name, agent: 0, agent_alone: 0, phase: 0 });
        }
        let tally = &mut self.names[index];
        tally.agent += u64::from(agent);
        tally.agent_alone += u64::from(agent_alone);
        tally.phase += u64::from(phase);
    }

    /// How many entries belong to a phase: those that name it, and those that name no phase and its
    /// agent.
    #[must_use]
    pub fn of_phase(&self, id: &str, agent: Option<&str>) -> u64 {
        let of = |wanted: &str| self.names.iter().find(|tally| tally.name == wanted);
        let named = of(id).map_or(0, |tally| tally.phase);
        named + agent.and_then(of).map_or(0, |tally| tally.agent_alone)
    }
}
