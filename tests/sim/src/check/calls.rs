//! Every call has one answer, in time.

use std::collections::BTreeMap;

use super::{Result, ensure};

/// How long a call may be without an answer while the page is awake, in milliseconds.
const ANSWER_MAX: u64 = 30_000;

/// Follows each call to its answer.
#[derive(Debug, Default)]
pub(crate) struct CallCheck {
    made: u64,
    /// Those without an answer, and when each was made.
    open: BTreeMap<u64, u64>,
}

impl CallCheck {
    pub(crate) fn make(&mut self, at: u64) {
        self.made += 1;
        self.open.insert(self.made, at);
    }

    /// A call has its answer, or will never have one.
    pub(crate) fn answer(&mut self, call: u64) -> Result {
        ensure!(
            self.open.remove(&call).is_some(),
            "call {call} is answered, and waits for nothing"
        );
        Ok(())
    }

    /// The page, awake since `steady` and with timers at most `late`, has had its turn.
    pub(crate) fn read(&self, now: u64, steady: u64, late: u64) -> Result {
        let Some((call, &at)) = self.open.first_key_value() else { return Ok(()) };
        let waited = now.saturating_sub(at.max(steady));
        ensure!(
            // A deadline that is noticed late gets a second more.
            waited <= ANSWER_MAX + 3 * late + 2_000,
            "call {call} has waited for {waited} ms"
        );
        Ok(())
    }
}
