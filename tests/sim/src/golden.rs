//! One number for many runs: it is the same on every target, or something depends on what it must
//! not.

use crate::swarm;

/// How many seeds are in it.
const SEEDS: u64 = 200;

/// What [`golden`] must be. A change of the connection, of a dialect or of the simulator changes it;
/// `cargo xtask sim hash` prints the new one.
pub const GOLDEN: u64 = 0x694c_216b_7a8f_82be;

/// The hash over everything observable in the runs of the first seeds.
#[must_use]
pub fn golden() -> u64 {
    (0..SEEDS).fold(0, |hash: u64, seed| hash.rotate_left(1) ^ swarm::run(seed, false).hash)
}

#[cfg(test)]
mod tests {
    use super::{GOLDEN, golden};

    #[test]
    fn the_runs_are_those_that_are_noted() {
        let hash = golden();
        assert_eq!(hash, GOLDEN, "if that is meant, note {hash:#018x}");
    }
}
