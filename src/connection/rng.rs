//! The random numbers that jitter needs.

/// SplitMix64 (Steele, Lea and Flood 2014): a seed gives the same numbers on every target, so that
/// a run can be repeated. Not for secrets.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `max` inclusive. The bias of the modulus is below 2⁻³² for the
    /// milliseconds that this is used for.
    pub(super) const fn up_to(&mut self, max: u64) -> u64 {
        self.next() % max.saturating_add(1)
    }
}
