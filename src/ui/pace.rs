//! How often the page is brought up to date. Arithmetic only.
//!
//! Nobody reads as fast as a session can speak, and what is painted for nobody keeps a machine warm
//! for hours.

use std::time::Duration;

use crate::time::Instant;

/// How long a picture of the log stays: thirty a second on a screen of sixty frames. Where more comes
/// in, each frame's worth is another page of text, and took twice the time.
const LOG_STAYS: Duration = Duration::from_millis(25);

/// How long what else is on the page stays, in milliseconds.
pub(super) const REST_STAYS_MS: u32 = 100;

/// How long a picture of the log stays while the past comes in: to lay out and paint each frame's
/// worth took a third of the time that the page needed for all of it.
const PAST_STAYS: Duration = Duration::from_millis(100);

/// How many rows since the last picture make it the past that comes in, and not a few latecomers.
const PAST_ROWS: u64 = 100;

/// How things stand at a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) now: Instant,
    /// The row after the last that there is.
    pub(super) end: u64,
    /// Whether the past has been received.
    pub(super) is_live: bool,
    /// Whether the run has ended.
    pub(super) is_over: bool,
    /// Whether somebody, or the browser, has touched the page and waits for an answer.
    pub(super) is_touched: bool,
}

/// What is to be brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing, at this frame.
    Nothing,
    /// The log; the rest soon.
    Log,
    /// All of the page.
    All,
}

/// When what was brought up to date.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// The log, and up to which row.
    log: Option<(Instant, u64)>,
    rest: Option<Instant>,
    /// Whether the run had ended.
    was_over: bool,
}

impl Pace {
    /// What is to be brought up to date now, as it is taken to be from then on.
    pub(super) fn next(&mut self, moment: Moment) -> Due {
        let Moment { now, end, is_live, is_over, is_touched } = moment;
        let log_stood = self.log.map(|(at, _)| now.since(at));
        let log_stood_for = |time| log_stood.is_none_or(|stood| stood >= time);
        let is_past =
            !is_live && self.log.is_some_and(|(_, row)| end.saturating_sub(row) >= PAST_ROWS);
        // The first rows of all are what a page was opened for, and the last of a run are its end.
        let is_first = end > 0 && self.log.is_none_or(|(_, row)| row == 0);
        let is_ending = is_over && !self.was_over;
        self.was_over = is_over;
        let log_stays = if is_past { PAST_STAYS } else { LOG_STAYS };
        if !(is_touched || is_first || is_ending || log_stood_for(log_stays)) {
            return Due::Nothing;
        }
        self.log = Some((now, end));
        let rest_stood =
            self.rest.is_none_or(|at| now.since(at) >= Duration::from_millis(REST_STAYS_MS.into()));
        // The last rows do not wait for how the run ended, which has the page laid out anew.
        let rest_follows = !rest_stood || (is_ending && !log_stood_for(2 * LOG_STAYS));
        if rest_follows && !is_touched && !is_first {
            return Due::Log;
        }
        self.rest = Some(now);
        Due::All
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: Moment = Moment {
        now: Instant::from_origin(Duration::ZERO),
        end: 1,
        is_live: true,
        is_over: false,
        is_touched: false,
    };

    /// What is done in frames that come so many milliseconds after the first.
    fn after<const FRAMES: usize>(frames: [u64; FRAMES], moment: Moment) -> [Due; FRAMES] {
        let mut pace = Pace::default();
        assert_eq!(pace.next(LIVE), Due::All, "the first frame");
        frames.map(|ms| {
            pace.next(Moment { now: Instant::from_origin(Duration::from_millis(ms)), ..moment })
        })
    }

    #[test]
    fn the_log_is_painted_in_every_other_frame_and_the_rest_ten_times_a_second() {
        use Due::{All, Log, Nothing};
        assert_eq!(
            after([16, 33, 50, 66, 83, 100, 116, 133], LIVE),
            [Nothing, Log, Nothing, Log, Nothing, All, Nothing, Log]
        );
        assert_eq!(after([100, 300, 500], LIVE), [All; 3], "what is rare is shown at once");
    }

    #[test]
    fn the_first_rows_are_shown_at_once() {
        let mut pace = Pace::default();
        for (end, expected) in [(0, Due::All), (0, Due::Nothing), (2, Due::All), (3, Due::Nothing)]
        {
            assert_eq!(pace.next(Moment { end, ..LIVE }), expected, "{end} rows");
        }
    }

    #[test]
    fn what_somebody_touches_answers_in_the_next_frame() {
        let moment = Moment { is_touched: true, ..LIVE };
        assert_eq!(after([1, 16, 33], moment), [Due::All; 3]);
    }

    #[test]
    fn the_last_row_of_a_run_does_not_wait_and_how_it_ended_comes_after_it() {
        use Due::{All, Log};
        let moment = Moment { is_over: true, ..LIVE };
        assert_eq!(after([16, 150], moment), [Log, All]);
        assert_eq!(after([60], moment), [Log], "the rest has not stood its time");
    }

    #[test]
    fn what_comes_after_the_end_of_a_run_is_shown_as_what_came_before_it() {
        use Due::{All, Log, Nothing};
        let moment = Moment { is_over: true, ..LIVE };
        let frames = [16, 33, 50, 66, 83, 100, 116, 133];
        assert_eq!(after(frames, moment), [Log, Nothing, Log, Nothing, Log, Nothing, All, Nothing]);
        let past = Moment { is_live: false, end: 1 + PAST_ROWS, ..moment };
        assert_eq!(after([10, 20], past), [Log, Nothing]);
    }

    #[test]
    fn while_the_past_comes_in_a_picture_stays_longer() {
        use Due::{All, Log, Nothing};
        let past = Moment { is_live: false, end: 1 + PAST_ROWS, ..LIVE };
        assert_eq!(after([33, 83, 100], past), [Nothing, Nothing, All]);
        let latecomers = Moment { end: PAST_ROWS, ..past };
        assert_eq!(after([33], latecomers), [Log]);
    }
}
