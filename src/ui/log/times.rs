//! How the log says when something happened.

use std::cell::Cell;

use crate::ui::format;

/// How times are said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// The time of day.
    #[default]
    Absolute,
    /// How long ago it is.
    Relative,
    /// How long it was after the run's first event.
    Elapsed,
}

/// How times are said, and what that depends on.
#[derive(Debug, Default)]
pub(super) struct Times {
    mode: Cell<Mode>,
    /// What they are counted from, in milliseconds since 1970: now, or the run's beginning.
    from_ms: Cell<i64>,
}

impl Times {
    /// From now on they are said so, with `now_ms` as the moment that is shown and `started_ms` as
    /// that when the run began. Whether that may change what is said.
    pub(super) fn set(&self, mode: Mode, now_ms: i64, started_ms: Option<i64>) -> bool {
        let from_ms = match mode {
            Mode::Absolute => 0,
            // What is said changes once a second at the most.
            Mode::Relative => now_ms - now_ms.rem_euclid(1_000),
            Mode::Elapsed => started_ms.unwrap_or(now_ms),
        };
        let before = (self.mode.replace(mode), self.from_ms.replace(from_ms));
        before != (mode, from_ms)
    }

    /// This time.
    pub(super) fn words(&self, utc_ms: i64) -> String {
        let from_ms = self.from_ms.get();
        match self.mode.get() {
            Mode::Absolute => format::time_of_day(utc_ms),
            Mode::Relative => ago(from_ms.saturating_sub(utc_ms)),
            Mode::Elapsed => format::stopwatch(utc_ms.saturating_sub(from_ms)),
        }
    }
}

/// `now`, `12 s ago`, `3 min ago`, `2 h ago`, `4 d ago`.
fn ago(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0).unsigned_abs() / 1_000;
    match seconds {
        0 => "now".to_owned(),
        1..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago_is_said_in_the_largest_unit() {
        for (milliseconds, words) in [
            (-5_000, "now"),
            (999, "now"),
            (12_400, "12 s ago"),
            (119_999, "1 min ago"),
            (7_200_000, "2 h ago"),
            (400_000_000, "4 d ago"),
        ] {
            assert_eq!(ago(milliseconds), words);
        }
    }

    #[test]
    fn what_is_said_changes_with_the_second_or_not_at_all() {
        let times = Times::default();
        assert!(!times.set(Mode::Absolute, 5_000, None));
        assert!(times.set(Mode::Relative, 5_000, None));
        assert!(!times.set(Mode::Relative, 5_999, None));
        assert_eq!(times.words(2_000), "3 s ago");
        assert!(times.set(Mode::Relative, 6_000, None));
        assert!(times.set(Mode::Elapsed, 6_000, Some(1_000)));
        assert!(!times.set(Mode::Elapsed, 9_000, Some(1_000)));
        assert_eq!(times.words(62_000), "1:01");
    }
}
