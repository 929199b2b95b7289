//! Timers as data.

use crate::time::Instant;

/// Everything that the connection may be waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Timer {
    /// Due when a socket has not opened in time; the attempt has failed.
    Connect,
    /// Due when an open socket has brought no readable message in time; the attempt has failed.
    Greeting,
    /// Due when nothing has come in for a while; a ping asks whether the peer is alive.
    Ping,
    /// Due when a ping has brought nothing back; one more ping, or the socket is abandoned.
    Pong,
    /// Due when a socket has been up long enough to count as a success.
    Stable,
    /// Due when the wait before the next attempt is over.
    Retry,
    /// Due a moment after the session has ended and its replay is done; the socket is closed.
    Linger,
}

impl Timer {
    pub(super) const ALL: [Self; 7] = [
        Self::Connect,
        Self::Greeting,
        Self::Ping,
        Self::Pong,
        Self::Stable,
        Self::Retry,
        Self::Linger,
    ];
}

/// When each timer is due, if it is armed.
#[derive(Clone, Debug, Default)]
pub(super) struct TimerTable([Option<Instant>; Timer::ALL.len()]);

impl TimerTable {
    pub(super) const fn arm(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(at);
    }

    pub(super) const fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) const fn stop_all(&mut self) {
        self.0 = [None; Timer::ALL.len()];
    }

    pub(super) const fn is_armed(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    /// Stops `timer` and says so, when it is due at `now`.
    pub(super) fn take_due(&mut self, timer: Timer, now: Instant) -> bool {
        let due = self.0[timer as usize].is_some_and(|at| at <= now);
        if due {
            self.stop(timer);
        }
        due
    }

    /// When the first armed timer is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }
}
