//! The network between the page and the server: sockets with delays, and what becomes of them.

use crate::{options, rng::Rng, server::Asked};

/// One socket as the network knows it.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) asked: Option<Asked>,
    /// Whether the page still listens to it.
    pub(crate) is_live: bool,
    /// Whether the server has ever accepted it.
    pub(crate) was_accepted: bool,
    /// Whether the server has accepted it, and has neither closed it nor learned that it is gone.
    pub(crate) is_served: bool,
    /// Whether the server's close is on its way, so that the browser may not send any more.
    pub(crate) is_closing: bool,
    /// Since when nothing gets through any more, without a word to either side.
    pub(crate) mute_since: Option<u64>,
    /// Whether the server has introduced itself to the page.
    pub(crate) is_greeted: bool,
    /// The number of the last message that was sent through it.
    pub(crate) last_message: Option<usize>,
    /// The numbers of the messages that the browser refused to send, and has not told of.
    pub(crate) unsent: Vec<usize>,
    /// What the browser could not send.
    pub(crate) buffered: u64,
    /// When the last that is on its way arrives.
    page_busy_until: u64,
    server_busy_until: u64,
}

/// What becomes of a new socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Served,
    Refused,
    Unanswered,
    Proxied,
    Blocked,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchFate {
    Served,
    /// With this status; 0 = none.
    Answered(u16),
    Unanswered,
}

/// The network.
#[derive(Debug)]
pub(crate) struct Network {
    options: options::Network,
    rng: Rng,
    /// The sockets by their numbers, from 1.
    wires: Vec<Wire>,
    /// Until when nothing gets through to a server, and whether that is without a word.
    outage: Option<(u64, bool)>,
    /// Since when requests have been answered.
    pub(crate) http_since: u64,
}

impl Network {
    pub(crate) const fn new(options: options::Network, rng: Rng) -> Self {
        Self { options, rng, wires: Vec::new(), outage: None, http_since: u64::MAX }
    }

    pub(crate) const fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    pub(crate) const fn latency_max(&self) -> u64 {
        self.options.latency_max
    }

    pub(crate) fn wire(&mut self, socket: u32) -> Option<&mut Wire> {
        self.wires.get_mut(usize::try_from(socket).ok()?.checked_sub(1)?)
    }

    /// The sockets that the server serves.
    pub(crate) fn served(&mut self) -> impl Iterator<Item = (u32, &mut Wire)> {
        (1..).zip(&mut self.wires).filter(|(_, wire)| wire.is_served)
    }

    pub(crate) fn add(&mut self, asked: Option<Asked>) {
        self.wires.push(Wire {
            asked,
            is_live: true,
            was_accepted: false,
            is_served: false,
            is_closing: false,
            mute_since: None,
            is_greeted: false,
            last_message: None,
            unsent: Vec::new(),
            buffered: 0,
            page_busy_until: 0,
            server_busy_until: 0,
        });
    }

    pub(crate) const fn fail(&mut self, until: u64, is_mute: bool) {
        self.outage = Some((until, is_mute));
    }

    fn outage(&self, at: u64) -> Option<bool> {
        self.outage.filter(|&(until, _)| at < until).map(|(_, is_mute)| is_mute)
    }

    /// Whether what was sent gets through.
    pub(crate) fn is_up(&self, at: u64) -> bool {
        self.outage(at).is_none()
    }

    pub(crate) fn fate(&mut self, at: u64) -> Fate {
        let options = self.options;
        match self.outage(at) {
            Some(true) => Fate::Unanswered,
            Some(false) => Fate::Refused,
            None if self.rng.chance(options.refused) => Fate::Refused,
            None if self.rng.chance(options.unanswered) => Fate::Unanswered,
            None if self.rng.chance(options.proxied) => Fate::Proxied,
            None if self.rng.chance(options.blocked) => Fate::Blocked,
            None => Fate::Served,
        }
    }

    /// `is_diagnosis` = any answer is as good as another; else only such as say nothing about what
    /// was asked for.
    pub(crate) fn fetch_fate(&mut self, at: u64, is_diagnosis: bool) -> FetchFate {
        let options = self.options;
        match self.outage(at) {
            Some(true) => FetchFate::Unanswered,
            Some(false) => FetchFate::Answered(0),
            None if self.rng.chance(options.http_failed) => {
                FetchFate::Answered(self.rng.pick(&[0, 500, 502, 503]))
            }
            None if self.rng.chance(options.http_unanswered) => FetchFate::Unanswered,
            None if self.rng.chance(options.http_odd) => {
                let odd: &[u16] =
                    if is_diagnosis { &[200, 401, 403, 404, 429, 301] } else { &[408, 429, 500] };
                FetchFate::Answered(self.rng.pick(odd))
            }
            None => FetchFate::Served,
        }
    }

    pub(crate) const fn token_fails(&mut self) -> bool {
        self.rng.chance(self.options.token_failed)
    }

    pub(crate) const fn is_duplicated(&mut self) -> bool {
        self.options.duplicate > 0 && self.rng.chance(self.options.duplicate)
    }

    pub(crate) const fn is_told_stale(&mut self) -> bool {
        self.options.stale > 0 && self.rng.chance(self.options.stale)
    }

    /// How late a close is told; `None` = never.
    pub(crate) const fn close_delay(&mut self) -> Option<u64> {
        if self.rng.chance(self.options.close_lost) {
            return None;
        }
        Some(if self.rng.chance(500) { 0 } else { self.rng.below(self.options.close_late) })
    }

    pub(crate) const fn latency(&mut self) -> u64 {
        self.rng.between(self.options.latency_min, self.options.latency_max)
    }

    /// When what is sent to the page at `at` arrives: in order.
    pub(crate) fn arrival_at_page(&mut self, socket: u32, at: u64) -> u64 {
        let arrival = at + self.latency();
        self.wire(socket).map_or(arrival, |wire| {
            wire.page_busy_until = wire.page_busy_until.max(arrival);
            wire.page_busy_until
        })
    }

    /// When what is sent to the server at `at` arrives: in order.
    pub(crate) fn arrival_at_server(&mut self, socket: u32, at: u64) -> u64 {
        let arrival = at + self.latency();
        self.wire(socket).map_or(arrival, |wire| {
            wire.server_busy_until = wire.server_busy_until.max(arrival);
            wire.server_busy_until
        })
    }

    /// Behaves from now on. What is broken stays broken.
    pub(crate) fn heal(&mut self, at: u64) {
        self.options = options::Network {
            latency_min: self.options.latency_min,
            latency_max: self.options.latency_max,
            ..options::Network::default()
        };
        self.outage = None;
        self.http_since = at;
    }
}
