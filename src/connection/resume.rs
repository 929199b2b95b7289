//! What has been received, and so where to go on.

use std::time::Duration;

use super::endpoint::Position;
use crate::time::Instant;

/// The position in a session's history: the epoch, and the last number without a hole before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cursor {
    epoch: Option<String>,
    last: u64,
}

/// What a number means at the cursor's position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The next one.
    Next,
    /// Received before.
    Duplicate,
    /// Numbers up to this one are missing, itself excluded.
    Hole,
}

impl Cursor {
    /// The position that a server is asked to resume after; `None` before it named its epoch or
    /// numbered an event.
    pub(super) fn position(&self) -> Option<Position<'_>> {
        let is_known = self.epoch.is_some() || self.last > 0;
        is_known.then_some(Position { epoch: self.epoch.as_deref(), after: self.last })
    }

    /// The last number without a hole before it; 0 = none.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// Takes the epoch that the server names; whether what was received before belongs to another
    /// one, as far as is known, and the count began anew. An old number is never held against a new
    /// epoch.
    pub(super) fn enter(&mut self, epoch: &str) -> bool {
        if self.epoch.as_deref() == Some(epoch) {
            return false;
        }
        let had_epoch = self.epoch.replace(epoch.to_owned()).is_some();
        let had_events = std::mem::take(&mut self.last) > 0;
        had_epoch || had_events
    }

    pub(super) const fn step(&self, seq: u64) -> Step {
        if seq <= self.last {
            Step::Duplicate
        } else if seq - self.last == 1 {
            Step::Next
        } else {
            Step::Hole
        }
    }

    pub(super) fn advance(&mut self, to: u64) {
        self.last = self.last.max(to);
    }
}

/// Decides whether a hole is worth asking the server again.
#[derive(Clone, Debug, Default)]
pub(super) struct Reopenings {
    recent: Vec<Instant>,
    asked_after: Option<u64>,
}

impl Reopenings {
    /// Whether to reopen for the hole after `last`, or for no hole: not when that was just asked and
    /// the replay lacked it again, and not more than `max` times within `window`.
    pub(super) fn permit(
        &mut self,
        last: Option<u64>,
        now: Instant,
        max: u32,
        window: Duration,
    ) -> bool {
        self.recent.retain(|&at| now.since(at) < window);
        let asked_before = last.is_some() && std::mem::replace(&mut self.asked_after, last) == last;
        if asked_before || self.recent.len() >= max as usize {
            return false;
        }
        self.recent.push(now);
        true
    }

    /// The epoch changed: what was asked before says nothing any more.
    pub(super) const fn forget_question(&mut self) {
        self.asked_after = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_epoch_starts_the_count_again() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.position(), None);
        assert!(!cursor.enter("a"), "the first epoch replaces none");
        cursor.advance(7);
        assert_eq!(cursor.position(), Some(Position { epoch: Some("a"), after: 7 }));
        assert!(!cursor.enter("a"));
        assert_eq!(cursor.last(), 7);
        assert!(cursor.enter("b"));
        assert_eq!(cursor.position(), Some(Position { epoch: Some("b"), after: 0 }));
    }

    #[test]
    fn numbers_without_an_epoch_are_a_position_too() {
        let mut cursor = Cursor::default();
        cursor.advance(7);
        assert_eq!(cursor.position(), Some(Position { epoch: None, after: 7 }));
        assert!(cursor.enter("a"), "they are of no epoch that is known");
        assert_eq!(cursor.last(), 0);
    }

    #[test]
    fn numbers_step_or_repeat_or_leave_a_hole() {
        let mut cursor = Cursor::default();
        cursor.advance(3);
        assert_eq!(cursor.step(3), Step::Duplicate);
        assert_eq!(cursor.step(4), Step::Next);
        assert_eq!(cursor.step(5), Step::Hole);
    }

    #[test]
    fn a_hole_is_asked_for_once_and_holes_are_rationed() {
        let mut reopenings = Reopenings::default();
        let window = Duration::from_secs(60);
        let at = |s| Instant::from_origin(Duration::from_secs(s));
        assert!(reopenings.permit(Some(1), at(0), 2, window));
        assert!(!reopenings.permit(Some(1), at(1), 2, window), "the replay lacked it again");
        assert!(reopenings.permit(Some(5), at(2), 2, window));
        assert!(!reopenings.permit(Some(9), at(3), 2, window), "two in this minute already");
        assert!(reopenings.permit(Some(12), at(61), 2, window));
    }
}
