//! Every number that the connection goes by.

use std::time::Duration;

/// What the connection goes by. Each default says where it comes from.
///
/// All durations may be any value: zero means at once, and a timer that is due at once still leaves
/// the driver one turn to bring what has already arrived.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) backoff_floor: Duration,
    pub(super) backoff_base: Duration,
    pub(super) backoff_cap: Duration,
    pub(super) overload_floor: Duration,
    pub(super) attempts_max: Option<u32>,
    pub(super) uptime_min: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) connect_timeout_max: Duration,
    pub(super) greeting_timeout: Duration,
    pub(super) ping_interval: Duration,
    pub(super) pong_timeout_min: Duration,
    pub(super) pong_timeout_rtts: u32,
    pub(super) misses_max: u32,
    pub(super) reopenings_max: u32,
    pub(super) reopenings_window: Duration,
    pub(super) linger: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            backoff_floor: Duration::from_millis(250),
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            overload_floor: Duration::from_secs(5),
            attempts_max: None,
            uptime_min: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            connect_timeout_max: Duration::from_secs(30),
            greeting_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(25),
            pong_timeout_min: Duration::from_secs(10),
            pong_timeout_rtts: 4,
            misses_max: 2,
            reopenings_max: 5,
            reopenings_window: Duration::from_secs(60),
            linger: Duration::from_secs(1),
        }
    }
}

impl Config {
    /// The shortest wait before another attempt; 250 ms. Lower lets a server that refuses at once
    /// be asked in a tight loop.
    pub const fn backoff_floor(&mut self, floor: Duration) -> &mut Self {
        self.backoff_floor = floor;
        self
    }

    /// The first window that a wait is drawn from, doubled after each failure; 500 ms.
    pub const fn backoff_base(&mut self, base: Duration) -> &mut Self {
        self.backoff_base = base;
        self
    }

    /// The widest window that a wait is drawn from; 30 s. Wider leaves people waiting for a server
    /// that is long back, narrower lets many clients crowd one that comes back.
    pub const fn backoff_cap(&mut self, cap: Duration) -> &mut Self {
        self.backoff_cap = cap;
        self
    }

    /// What is added to the wait when the server said that it is overloaded; 5 s.
    pub const fn overload_floor(&mut self, floor: Duration) -> &mut Self {
        self.overload_floor = floor;
        self
    }

    /// How many attempts may fail in a row before the connection gives up; without limit, since a
    /// limit strands the tab that nobody looked at.
    pub const fn attempts_max(&mut self, attempts: Option<u32>) -> &mut Self {
        self.attempts_max = attempts;
        self
    }

    /// How long a socket must be up, a readable message received, before the backoff starts again
    /// from its first window; 5 s. `open` alone proves nothing: Trunk's proxy opens before it has
    /// dialled.
    pub const fn uptime_min(&mut self, uptime: Duration) -> &mut Self {
        self.uptime_min = uptime;
        self
    }

    /// How long a socket may take to open, 10 s, growing by half with each timeout in a row up to
    /// `max`, 30 s. Four and five seconds are known to kill slow but good starts.
    pub const fn connect_timeout(&mut self, first: Duration, max: Duration) -> &mut Self {
        self.connect_timeout = first;
        self.connect_timeout_max = max;
        self
    }

    /// How long an open socket may be without a readable message; 10 s.
    pub const fn greeting_timeout(&mut self, timeout: Duration) -> &mut Self {
        self.greeting_timeout = timeout;
        self
    }

    /// How long nothing may come in before a ping goes out; 25 s, so that proxies which cut idle
    /// connections after 30 s or 60 s see traffic.
    pub const fn ping_interval(&mut self, interval: Duration) -> &mut Self {
        self.ping_interval = interval;
        self
    }

    /// How long a ping may be without an answer: the larger of `min`, 10 s, and `rtts`, 4, smoothed
    /// round trips.
    pub const fn pong_timeout(&mut self, min: Duration, rtts: u32) -> &mut Self {
        self.pong_timeout_min = min;
        self.pong_timeout_rtts = rtts;
        self
    }

    /// How many pings in a row may be missed before the socket is abandoned; 2.
    pub const fn misses_max(&mut self, misses: u32) -> &mut Self {
        self.misses_max = misses;
        self
    }

    /// How often within `window`, one minute, a hole in the numbering may reopen the connection; 5.
    /// Beyond it a hole is shown as a gap at once.
    pub const fn reopenings(&mut self, max: u32, window: Duration) -> &mut Self {
        self.reopenings_max = max;
        self.reopenings_window = window;
        self
    }

    /// How long the socket stays after the session has ended and its replay is done; 1 s, which
    /// leaves the server, who closes after half a second, to go first.
    pub const fn linger(&mut self, linger: Duration) -> &mut Self {
        self.linger = linger;
        self
    }
}
