//! The page and the machine that it runs on: clocks, one alarm, and turns that come late or not.

use std::{collections::VecDeque, time::Duration};

use agent_activity::{
    connection::{FetchId, SocketId, Token, TokenError, TokenId},
    time::{Instant, SleepProofClock, whole_ms},
};

use crate::{options, rng::Rng};

/// Something that a browser tells the page.
#[derive(Clone, Debug)]
pub(crate) enum Delivery {
    /// The page is alone in its browser, and gets every lock at once.
    Granted(SocketId),
    Opened(SocketId),
    Frame(SocketId, String),
    Unsent(SocketId),
    Buffered(SocketId, u64),
    Blocked(SocketId),
    Closed(SocketId, u16),
    Token(TokenId, Result<Option<Token>, TokenError>),
    Fetched(FetchId, u16, String),
}

/// When the alarm rings, and for which deadline it was set.
#[derive(Clone, Copy, Debug)]
struct Alarm {
    deadline: Instant,
    rings_at: u64,
}

/// The page.
#[derive(Debug)]
pub(crate) struct Page {
    options: options::Page,
    clock: SleepProofClock,
    /// How long the monotonic clock stood still so far.
    stood_still: u64,
    /// How far the wall clock was set forth or back.
    wall_shift: i64,
    alarm: Option<Alarm>,
    pub(crate) is_hidden: bool,
    pub(crate) is_offline: bool,
    pub(crate) is_left: bool,
    /// Until when the machine sleeps, and since when.
    asleep: Option<(u64, u64)>,
    /// What waits until the page has a turn.
    pub(crate) inbox: VecDeque<Delivery>,
    /// Since when the page has had its turns in time, and its clocks were left alone.
    pub(crate) steady_since: u64,
}

impl Page {
    pub(crate) fn new(options: options::Page) -> Self {
        Self {
            options,
            clock: SleepProofClock::default(),
            stood_still: 0,
            wall_shift: 0,
            alarm: None,
            is_hidden: false,
            is_offline: false,
            is_left: false,
            asleep: None,
            inbox: VecDeque::new(),
            steady_since: 0,
        }
    }

    /// What the page's clock shows at a true time in milliseconds.
    pub(crate) fn now(&mut self, at: u64) -> Instant {
        // Some days after 1970, so that the clock may be set back.
        let wall = (at + 100 * 86_400_000).saturating_add_signed(self.wall_shift);
        let monotonic = Duration::from_millis(at - self.stood_still);
        self.clock.advance(monotonic, Duration::from_millis(wall))
    }

    /// Whether callbacks run.
    pub(crate) const fn has_turns(&self) -> bool {
        self.asleep.is_none() && !self.is_left
    }

    /// How late a timer may be, at the most.
    pub(crate) fn lateness_max(&self) -> u64 {
        self.options.late.max(self.options.late_hidden)
    }

    /// Sets the alarm for a deadline, seen at `now`, which is `at` in true time.
    pub(crate) fn set_alarm(
        &mut self,
        deadline: Option<Instant>,
        now: Instant,
        at: u64,
        rng: &mut Rng,
    ) {
        if self.alarm.map(|alarm| alarm.deadline) == deadline {
            return;
        }
        self.alarm = deadline.map(|deadline| {
            let wait = deadline.since(now);
            let whole = whole_ms(wait);
            let wait = if Duration::from_millis(whole) < wait { whole + 1 } else { whole };
            let late = if self.is_hidden {
                self.options.late_hidden.max(self.options.late)
            } else {
                self.options.late
            };
            let late = if late > 0 && rng.chance(300) { rng.below(late) } else { 0 };
            Alarm { deadline, rings_at: at.saturating_add(wait).saturating_add(late) }
        });
    }

    /// When the page next has something to do by itself, if it has turns.
    pub(crate) fn due(&self) -> Option<u64> {
        match self.asleep {
            Some((until, _)) => Some(until),
            None if self.is_left => None,
            None => self.alarm.map(|alarm| alarm.rings_at),
        }
    }

    pub(crate) const fn rang(&mut self) {
        self.alarm = None;
    }

    pub(crate) fn sleep(&mut self, at: u64, until: u64) {
        if self.asleep.is_none() {
            self.asleep = Some((until, at));
        }
    }

    /// Whether it woke just now.
    pub(crate) fn wake(&mut self, at: u64) -> bool {
        let Some((_, since)) = self.asleep.take() else { return false };
        if self.options.stops_in_sleep {
            self.stood_still += at - since;
        }
        self.steady_since = at;
        true
    }

    pub(crate) const fn step_clock(&mut self, at: u64, by_ms: i64) {
        self.wall_shift += by_ms;
        self.steady_since = at;
    }

    /// Timers come in time from now on; the one that is set is set anew by the next turn.
    pub(crate) const fn heal(&mut self, at: u64) {
        self.alarm = None;
        self.options.late = 0;
        self.options.late_hidden = 0;
        self.steady_since = at;
    }
}
