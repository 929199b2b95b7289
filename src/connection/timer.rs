//! Timers as data.

use std::time::Duration;

use crate::time::Instant;

/// Everything that the connection may be waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Timer {
    /// Due when the token provider has not answered, or a socket has not opened, in time; the
    /// attempt has failed.
    Connect,
    /// Due when an open socket has brought no readable message in time; the attempt has failed,
    /// unless this server does not speak first.
    Greeting,
    /// Due when nothing has come in for a while; a ping asks whether the peer is alive.
    Ping,
    /// Due when a ping has brought nothing back; one more ping, or the socket is abandoned.
    Pong,
    /// Due when a server that cannot be pinged has been silent for too long; it is asked by HTTP.
    Silence,
    /// Due when a server has answered by HTTP and its socket stayed mute; the socket is abandoned.
    Mute,
    /// Due when an HTTP request has not been answered in time.
    Fetch,
    /// Due when the events of a server that forgets are to be read by HTTP again.
    Poll,
    /// Due when the browser may have sent what waited in it.
    Drain,
    /// Due when a socket has been up long enough to count as a success.
    Stable,
    /// Due when the wait before the next attempt is over.
    Retry,
    /// Due a moment after the session has ended and its replay is done; the socket is closed.
    Linger,
    /// Due when a request has been without a reply for too long.
    Request,
    /// Due when messages that wait have to be looked at, whether they have become too old.
    Sweep,
}

impl Timer {
    pub(super) const ALL: [Self; 14] = [
        Self::Connect,
        Self::Greeting,
        Self::Ping,
        Self::Pong,
        Self::Silence,
        Self::Mute,
        Self::Fetch,
        Self::Poll,
        Self::Drain,
        Self::Stable,
        Self::Retry,
        Self::Linger,
        Self::Request,
        Self::Sweep,
    ];

    /// Whether it ends something that has not come in time, and so must not mistake our own sleep
    /// for somebody else's silence.
    pub(super) const fn is_deadline(self) -> bool {
        matches!(
            self,
            Self::Connect
                | Self::Greeting
                | Self::Pong
                | Self::Silence
                | Self::Mute
                | Self::Fetch
                | Self::Request
        )
    }

    /// Whether it goes with the attempt or the socket that it is about.
    const fn is_of_attempt(self) -> bool {
        !matches!(self, Self::Fetch | Self::Request | Self::Sweep)
    }
}

/// When each timer is due, if it is armed.
#[derive(Clone, Debug, Default)]
pub(super) struct TimerTable([Option<Armed>; Timer::ALL.len()]);

#[derive(Clone, Copy, Debug)]
struct Armed {
    at: Instant,
    /// Whether it came late once already, and has been given some grace.
    is_forgiven: bool,
}

/// A timer that has come due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// How late that is noticed.
    pub(super) late: Duration,
    /// Whether it came late once already, and has been given some grace.
    pub(super) is_forgiven: bool,
}

impl TimerTable {
    pub(super) const fn arm(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(Armed { at, is_forgiven: false });
    }

    /// Arms a timer that came late once more.
    pub(super) const fn forgive(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(Armed { at, is_forgiven: true });
    }

    pub(super) const fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    /// Stops all that goes with an attempt or its socket.
    pub(super) fn stop_attempt(&mut self) {
        for timer in Timer::ALL {
            if timer.is_of_attempt() {
                self.stop(timer);
            }
        }
    }

    pub(super) const fn is_armed(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    /// Stops `timer` and says how it came, when it is due at `now`.
    pub(super) fn take_due(&mut self, timer: Timer, now: Instant) -> Option<Due> {
        let armed = self.0[timer as usize].filter(|armed| armed.at <= now)?;
        self.stop(timer);
        Some(Due { late: now.since(armed.at), is_forgiven: armed.is_forgiven })
    }

    /// When the first armed timer is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.0.iter().flatten().map(|armed| armed.at).min()
    }
}
