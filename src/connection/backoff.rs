//! How long to wait before the next attempt.

use std::time::Duration;

use super::{Config, rng::Rng};
use crate::time::whole_ms;

/// Counts failed attempts and draws the delay after each.
///
/// The delay is `floor + U(0, min(cap, base · 2ⁿ))`: full jitter above a floor. The window is what
/// is capped, not the sum, so that clients dropped together stay spread out at the cap.
#[derive(Clone, Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Failed attempts since the connection last proved itself.
    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    /// The connection proved itself: the next delay is drawn from the first window again.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Counts one more failure and draws the delay after it.
    pub(super) fn next_delay(&mut self, config: &Config, rng: &mut Rng) -> Duration {
        let doubled = 1_u64.checked_shl(self.failures).unwrap_or(u64::MAX);
        let window_ms =
            whole_ms(config.backoff_base).saturating_mul(doubled).min(whole_ms(config.backoff_cap));
        self.failures = self.failures.saturating_add(1);
        config.backoff_floor + Duration::from_millis(rng.up_to(window_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_delay_lies_in_its_window() {
        let config = Config::default();
        for seed in 0..200 {
            let (mut backoff, mut rng) = (Backoff::default(), Rng::new(seed));
            for attempt in 0..20_u32 {
                let delay = backoff.next_delay(&config, &mut rng);
                let window =
                    config.backoff_cap.min(config.backoff_base * 2_u32.pow(attempt.min(10)));
                assert!(delay >= config.backoff_floor, "attempt {attempt}: {delay:?}");
                assert!(delay <= config.backoff_floor + window, "attempt {attempt}: {delay:?}");
            }
        }
    }

    #[test]
    fn the_jitter_survives_the_cap() {
        let config = Config::default();
        let mut delays: Vec<Duration> = (0..1000)
            .map(|seed| Backoff { failures: 30 }.next_delay(&config, &mut Rng::new(seed)))
            .collect();
        delays.sort();
        assert!(delays[900] - delays[100] > config.backoff_cap / 2);
    }

    #[test]
    fn the_thousandth_attempt_does_not_overflow() {
        let config = Config::default();
        let mut backoff = Backoff { failures: u32::MAX };
        let delay = backoff.next_delay(&config, &mut Rng::new(1));
        assert!(delay <= config.backoff_floor + config.backoff_cap);
        assert_eq!(backoff.failures(), u32::MAX);
    }
}
