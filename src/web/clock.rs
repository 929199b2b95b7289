//! The only place where a clock is read.

use std::{cell::RefCell, time::Duration};

use web_sys::Performance;

use crate::time::{Instant, SleepProofClock};

/// Reads the browser's two clocks as one that counts sleep.
#[derive(Debug)]
pub(super) struct Clock {
    /// Asked for once: to find it takes longer than to read it. Absent where there is no window.
    performance: Option<Performance>,
    both: RefCell<SleepProofClock>,
}

impl Clock {
    pub(super) fn new() -> Self {
        let performance = web_sys::window().and_then(|window| window.performance());
        Self { performance, both: RefCell::default() }
    }

    pub(super) fn now(&self) -> Instant {
        let monotonic = self.performance.as_ref().map_or(0.0, Performance::now);
        self.both.borrow_mut().advance(milliseconds(monotonic), milliseconds(js_sys::Date::now()))
    }
}

/// Milliseconds since 1970 on the wall clock.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since 1970 fit for 292 million years"
)]
pub fn wall_ms() -> i64 {
    js_sys::Date::now() as i64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a clock's milliseconds are neither negative nor too many"
)]
fn milliseconds(count: f64) -> Duration {
    Duration::from_millis(count as u64)
}

/// A seed that differs from page to page.
#[must_use]
pub fn random_seed() -> u64 {
    js_sys::Math::random().to_bits()
}

/// An id that no other has, on this page or another: some hundred random bits, as hexadecimal
/// digits. Not a secret.
#[must_use]
pub fn random_id() -> String {
    let mut id = String::new();
    for mut bits in [random_seed(), random_seed()] {
        // Only the lower bits of a number below one are random; see `random_seed`.
        for _ in 0..13 {
            id.extend(char::from_digit((bits & 0xf) as u32, 16));
            bits >>= 4;
        }
    }
    id
}
