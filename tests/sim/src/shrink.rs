//! Makes a plan that fails as short and as well behaved as it can be while it still fails.

use crate::{plan::Plan, world::World};

/// The most runs that this may take.
const RUNS_MAX: u32 = 4_000;

/// Leaves out actions, the large pieces first, then misbehaviours, over and over until nothing more
/// can go. A plan that does not fail comes back as it was.
pub(crate) fn shrink(mut plan: Plan) -> Plan {
    let mut runs = 0;
    let Some(wanted) = World::new(&plan, false).run().violation.as_deref().map(kind) else {
        return plan;
    };
    let mut fails = |plan: &Plan| {
        runs += 1;
        runs <= RUNS_MAX
            && World::new(plan, false).run().violation.as_deref().map(kind).as_ref()
                == Some(&wanted)
    };
    loop {
        let before = plan.actions.len();
        let mut piece = plan.actions.len().div_ceil(2).max(1);
        loop {
            let mut start = 0;
            while start < plan.actions.len() {
                let mut shorter = plan.clone();
                let end = (start + piece).min(shorter.actions.len());
                shorter.actions.drain(start..end);
                if fails(&shorter) {
                    plan = shorter;
                } else {
                    start += piece;
                }
            }
            if piece == 1 {
                break;
            }
            piece = piece.div_ceil(2);
        }
        let mut is_calmer = false;
        for index in 0.. {
            let Some(options) = plan.options.calmer().nth(index) else { break };
            if format!("{options:?}") == format!("{:?}", plan.options) {
                continue;
            }
            let calmer = Plan { options, ..plan.clone() };
            if fails(&calmer) {
                plan = calmer;
                is_calmer = true;
            }
        }
        if plan.actions.len() == before && !is_calmer {
            return plan;
        }
    }
}

/// What was violated, whatever the numbers were.
fn kind(violation: &str) -> String {
    violation.chars().filter(|character| !character.is_ascii_digit()).take(40).collect()
}
