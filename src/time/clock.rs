//! A clock that counts the time a machine sleeps.

use std::time::Duration;

use super::Instant;

/// Joins a monotonic clock and a wall clock into one that neither stops nor runs backwards.
///
/// A browser's monotonic clock may stand still while the machine sleeps (W3C High Resolution Time
/// leaves it open), and its wall clock jumps whenever somebody sets it. Each reading therefore
/// advances by the larger of the two clocks' steps, and never by less than nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct SleepProofClock {
    last: Option<Reading>,
    now: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    monotonic: Duration,
    wall: Duration,
}

impl SleepProofClock {
    /// Advances to what the two clocks show now, each since an origin of its own.
    pub fn advance(&mut self, monotonic: Duration, wall: Duration) -> Instant {
        let reading = Reading { monotonic, wall };
        if let Some(last) = self.last.replace(reading) {
            let step = monotonic.saturating_sub(last.monotonic).max(wall.saturating_sub(last.wall));
            self.now = self.now + step;
        }
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn readings(pairs: &[(u64, u64)]) -> Vec<u64> {
        let mut clock = SleepProofClock::default();
        pairs
            .iter()
            .map(|&(monotonic, wall)| clock.advance(s(monotonic), s(wall)).since_origin().as_secs())
            .collect()
    }

    #[test]
    fn counts_sleep_that_the_monotonic_clock_missed() {
        assert_eq!(readings(&[(10, 1000), (11, 1001), (12, 4602)]), [0, 1, 3602]);
    }

    #[test]
    fn is_not_held_back_by_a_wall_clock_set_back() {
        assert_eq!(readings(&[(10, 5000), (11, 1400), (12, 1401)]), [0, 1, 2]);
    }

    #[test]
    fn never_runs_backwards() {
        assert_eq!(readings(&[(10, 5000), (9, 4000), (9, 4000)]), [0, 0, 0]);
    }
}
