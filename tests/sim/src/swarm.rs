//! Many worlds, each drawn from its seed.

use crate::{
    plan::Plan,
    shrink,
    world::{Report, World},
};

/// Runs the world of this seed; `is_told` = with its trace.
#[must_use]
pub fn run(seed: u64, is_told: bool) -> Report {
    World::new(&Plan::draw(seed), is_told).run()
}

/// The shortest world of this seed that still fails, run with its trace.
#[must_use]
pub fn shrunk(seed: u64) -> Report {
    World::new(&shrink::shrink(Plan::draw(seed)), true).run()
}
