//! Every number that the connection goes by.

use std::time::Duration;

use super::{CloseCode, Disposition, Policy};

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
    pub(super) policy: Option<Policy>,
    pub(super) has_token_provider: bool,
    pub(super) dispositions: Vec<(CloseCode, Disposition)>,
    pub(super) protocol_errors_max: u32,
    pub(super) late_tolerance: Duration,
    pub(super) late_grace: Duration,
    pub(super) probe_timeout: Duration,
    pub(super) silence_max: Duration,
    pub(super) silence_interval: Duration,
    pub(super) mute_grace: Duration,
    pub(super) fetch_timeout: Duration,
    pub(super) poll_interval: Duration,
    pub(super) slow_interval: Duration,
    pub(super) return_window: Duration,
    pub(super) identities_max: usize,
    pub(super) held_max: usize,
    pub(super) queue_messages_max: usize,
    pub(super) queue_bytes_max: usize,
    pub(super) message_age_max: Duration,
    pub(super) sweep_interval: Duration,
    pub(super) buffered_high: u64,
    pub(super) buffered_low: u64,
    pub(super) drain_interval: Duration,
    pub(super) request_timeout: Duration,
    pub(super) requests_max: usize,
    pub(super) shares_sockets: bool,
    pub(super) journal_bytes_max: usize,
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
            policy: None,
            has_token_provider: false,
            dispositions: Vec::new(),
            protocol_errors_max: 3,
            late_tolerance: Duration::from_secs(1),
            late_grace: Duration::from_secs(1),
            probe_timeout: Duration::from_secs(3),
            silence_max: Duration::from_secs(75),
            silence_interval: Duration::from_secs(30),
            mute_grace: Duration::from_secs(5),
            fetch_timeout: Duration::from_secs(5),
            poll_interval: Duration::from_secs(2),
            slow_interval: Duration::from_secs(60),
            return_window: Duration::from_secs(1),
            identities_max: 100_000,
            held_max: 1_000,
            queue_messages_max: 256,
            queue_bytes_max: 1 << 20,
            message_age_max: Duration::from_secs(300),
            sweep_interval: Duration::from_secs(15),
            buffered_high: 1 << 20,
            buffered_low: 256 << 10,
            drain_interval: Duration::from_millis(100),
            request_timeout: Duration::from_secs(30),
            requests_max: 256,
            shares_sockets: true,
            journal_bytes_max: 16 << 20,
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

    /// How the server wants to be treated, where that is known before it has said anything; unknown,
    /// so that its first message tells.
    pub const fn policy(&mut self, policy: Option<Policy>) -> &mut Self {
        self.policy = policy;
        self
    }

    /// Whether there is a token provider, to be asked before every attempt; none.
    pub const fn token_provider(&mut self, is_there: bool) -> &mut Self {
        self.has_token_provider = is_there;
        self
    }

    /// What a close with `code` means, in place of [`CloseCode::disposition`].
    pub fn on_close(&mut self, code: CloseCode, disposition: Disposition) -> &mut Self {
        self.dispositions.retain(|&(known, _)| known != code);
        self.dispositions.push((code, disposition));
        self
    }

    /// What a close with `code` means.
    pub(super) fn disposition(&self, code: CloseCode) -> Disposition {
        let overridden = self.dispositions.iter().find(|&&(known, _)| known == code);
        overridden.map_or_else(|| code.disposition(), |&(_, disposition)| disposition)
    }

    /// How many closes in a row with 1002, 1003 or 1007, and nothing readable in between, end the
    /// attempts; 3. One alone is often a proxy's.
    pub const fn protocol_errors_max(&mut self, closes: u32) -> &mut Self {
        self.protocol_errors_max = closes;
        self
    }

    /// How late a timer may come, 1 s, before the page counts as having slept, and how much longer,
    /// 1 s, what the timer would end is then given: what has arrived meanwhile still waits to be
    /// read.
    pub const fn lateness(&mut self, tolerance: Duration, grace: Duration) -> &mut Self {
        self.late_tolerance = tolerance;
        self.late_grace = grace;
        self
    }

    /// How long a ping may be without an answer that was sent because the page is seen again, or
    /// the network has changed; 3 s, since somebody is looking.
    pub const fn probe_timeout(&mut self, timeout: Duration) -> &mut Self {
        self.probe_timeout = timeout;
        self
    }

    /// How long a server that cannot be pinged may be silent, 75 s, two and a half of its
    /// heartbeats; how often it is asked by HTTP from then on, 30 s; and how long its socket may
    /// stay mute, 5 s, once it has answered there.
    pub const fn silence(
        &mut self,
        max: Duration,
        interval: Duration,
        grace: Duration,
    ) -> &mut Self {
        self.silence_max = max;
        self.silence_interval = interval;
        self.mute_grace = grace;
        self
    }

    /// How long an HTTP request may take; 5 s.
    pub const fn fetch_timeout(&mut self, timeout: Duration) -> &mut Self {
        self.fetch_timeout = timeout;
        self
    }

    /// How often the events of a server that forgets are read by HTTP, until the socket has brought
    /// a new one; 2 s.
    pub const fn poll_interval(&mut self, interval: Duration) -> &mut Self {
        self.poll_interval = interval;
        self
    }

    /// How often an attempt is made while nobody sees the page, or the machine has no network; a
    /// minute.
    pub const fn slow_interval(&mut self, interval: Duration) -> &mut Self {
        self.slow_interval = interval;
        self
    }

    /// The window that the wait is drawn from once the page is seen again, or the machine has a
    /// network again; 1 s, so that all the tabs of a machine do not come at once.
    pub const fn return_window(&mut self, window: Duration) -> &mut Self {
        self.return_window = window;
        self
    }

    /// How many events are remembered by their content, from a server that does not number them;
    /// 100,000, as many as the log keeps.
    pub const fn identities_max(&mut self, events: usize) -> &mut Self {
        self.identities_max = events;
        self
    }

    /// How many new events of such a server may wait for its list to be read, 1,000, before they are
    /// shown without.
    pub const fn held_max(&mut self, events: usize) -> &mut Self {
        self.held_max = events;
        self
    }

    /// How many messages may wait to be sent and acknowledged, 256, and how many bytes they may
    /// have together, 1 MiB.
    pub const fn queue_max(&mut self, messages: usize, bytes: usize) -> &mut Self {
        self.queue_messages_max = messages;
        self.queue_bytes_max = bytes;
        self
    }

    /// How old a message may become before it is dropped, 5 minutes, the time that the machine
    /// slept included, and how often that is looked for, 15 s.
    pub const fn message_age_max(&mut self, age: Duration, sweep: Duration) -> &mut Self {
        self.message_age_max = age;
        self.sweep_interval = sweep;
        self
    }

    /// How many bytes may wait in the browser before no more are handed to it, 1 MiB; down to how
    /// many they must have come before more are, 256 KiB; and how often that is looked at, 100 ms.
    pub const fn buffered_max(&mut self, high: u64, low: u64, interval: Duration) -> &mut Self {
        self.buffered_high = high;
        self.buffered_low = low;
        self.drain_interval = interval;
        self
    }

    /// How long a request may be without a reply, 30 s, and how many may be under way, 256.
    pub const fn requests(&mut self, timeout: Duration, max: usize) -> &mut Self {
        self.request_timeout = timeout;
        self.requests_max = max;
        self
    }

    /// Whether the pages of a browser that follow the same session share one socket where the server
    /// bears only one; they do. Until the server has spoken it is taken for such a one.
    pub const fn shares_sockets(&mut self, shares: bool) -> &mut Self {
        self.shares_sockets = shares;
        self
    }

    /// How many bytes of what a shared socket has brought are kept to be told to pages that join
    /// later; 16 MiB. The oldest are dropped first, and what is dropped is read from the server's
    /// list where there is one.
    pub const fn journal_bytes_max(&mut self, bytes: usize) -> &mut Self {
        self.journal_bytes_max = bytes;
        self
    }
}
