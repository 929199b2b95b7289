//! Time as values: instants that someone else reads, and the times that servers write.
//!
//! No clock is read here. Whoever drives the core reads one and hands the instant in, so a test
//! can run an hour in a microsecond.

mod clock;
mod timestamp;

use std::{
    ops::{Add, Sub},
    time::Duration,
};

pub use clock::SleepProofClock;
pub use timestamp::{Timestamp, rfc3339};

/// A point in time, as the distance from an arbitrary origin.
///
/// Unlike [`std::time::Instant`] it can be made from nothing and exists on every target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    /// The instant that is `since_origin` after the origin.
    #[must_use]
    pub const fn from_origin(since_origin: Duration) -> Self {
        Self(since_origin)
    }

    /// The distance from the origin.
    #[must_use]
    pub const fn since_origin(self) -> Duration {
        self.0
    }

    /// How long `earlier` is ago; zero when it lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// A duration in whole milliseconds, as browsers count. Beyond what 64 bits hold it stays there.
#[must_use]
pub const fn whole_ms(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000).saturating_add(duration.subsec_millis() as u64)
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }
}
