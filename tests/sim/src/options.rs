//! How the network, the server, the page and the person misbehave in one run, drawn from its seed.
//!
//! Every misbehaviour is switched off in about half of the runs, and has wildly different weights in
//! the others: what only shows when one thing alone goes wrong shows too.

use agent_activity::dialect::DialectKind;

use crate::rng::Rng;

/// The kinds of server there are.
///
/// A dialect that joins gets a kind here, a server in `server/`, and what can be known of its log in
/// `check/log.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Says hello, answers pings, acknowledges messages, numbers its events.
    Native,
    /// Numbers its events and takes nothing.
    Numbered,
    /// The older server, with the list by HTTP: destroys what it knows when a follower leaves.
    Progress,
    /// The same without the list.
    ProgressAlone,
    /// Repeats its past on every socket, numbers nothing, forgets nothing, and has no list.
    Repeating,
    /// Speaks JSON-RPC: takes requests, keeps nothing.
    JsonRpc,
    /// Pushes what becomes of tasks: takes messages, keeps nothing, and may not answer pings.
    TaskPush,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Native,
        Self::Native,
        Self::Native,
        Self::Numbered,
        Self::Numbered,
        Self::Progress,
        Self::ProgressAlone,
        Self::Repeating,
    ];

    /// Whether one page may come back to a session that it has left for another.
    pub(crate) const fn is_followed_again(self) -> bool {
        !matches!(self, Self::Progress | Self::ProgressAlone)
    }

    /// Whether its events have numbers.
    pub(crate) const fn numbers(self) -> bool {
        matches!(self, Self::Native | Self::Numbered)
    }
}

/// All that goes wrong in a run. Chances are in a thousand, times in milliseconds, 0 is never.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) kind: Kind,
    pub(crate) dialect: DialectKind,
    /// Whether the server is on the page's own machine.
    pub(crate) is_loopback: bool,
    pub(crate) has_token_provider: bool,
    /// Whether the queue and what the browser buffers are small, so that their bounds are met.
    pub(crate) has_small_bounds: bool,
    pub(crate) network: Network,
    pub(crate) server: Server,
    pub(crate) page: Page,
    pub(crate) rates: Rates,
    /// How long it all goes wrong, before it heals.
    pub(crate) duration: u64,
}

/// How the network misbehaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Network {
    pub(crate) latency_min: u64,
    pub(crate) latency_max: u64,
    /// A socket is refused.
    pub(crate) refused: u64,
    /// A socket is never answered.
    pub(crate) unanswered: u64,
    /// A socket opens and is closed at once.
    pub(crate) proxied: u64,
    /// The page's policy is said to block a socket.
    pub(crate) blocked: u64,
    /// A socket's opening or closing is told twice, or a frame of a numbering server comes twice.
    pub(crate) duplicate: u64,
    /// What a socket says is told after it was abandoned.
    pub(crate) stale: u64,
    /// A close is told late, by up to this.
    pub(crate) close_late: u64,
    /// A close is never told.
    pub(crate) close_lost: u64,
    /// A request fails.
    pub(crate) http_failed: u64,
    /// A request is never answered.
    pub(crate) http_unanswered: u64,
    /// A request is answered with a status that has nothing to do with the session.
    pub(crate) http_odd: u64,
    /// The token provider fails, or says nothing.
    pub(crate) token_failed: u64,
}

/// How the server misbehaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Server {
    /// Whether it puts several events into a frame.
    pub(crate) batches: bool,
    /// Whether it names its epoch, where its dialect leaves that open.
    pub(crate) names_epoch: bool,
    /// Whether it closes the sockets of a session that has ended.
    pub(crate) closes_after_end: bool,
    /// An event is left out on one socket.
    pub(crate) hole: u64,
    /// It refuses a message.
    pub(crate) nack: u64,
    /// It cannot bear a message of ours and closes over it.
    pub(crate) poison: u64,
    /// An event has no time, from a server that repeats everything from the start.
    pub(crate) undated: u64,
}

/// How the machine that the page runs on misbehaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Page {
    /// Timers come late by up to this.
    pub(crate) late: u64,
    /// Timers of a hidden page come late by up to this.
    pub(crate) late_hidden: u64,
    /// Whether the monotonic clock stands still while the machine sleeps.
    pub(crate) stops_in_sleep: bool,
}

/// The mean distances of what happens from outside; 0 is never.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rates {
    pub(crate) event: u64,
    pub(crate) burst: u64,
    pub(crate) end: u64,
    pub(crate) trim: u64,
    pub(crate) restart: u64,
    pub(crate) outage: u64,
    pub(crate) cut: u64,
    pub(crate) half_open: u64,
    pub(crate) visibility: u64,
    pub(crate) online: u64,
    pub(crate) leave: u64,
    pub(crate) sleep: u64,
    pub(crate) clock_step: u64,
    pub(crate) message: u64,
    pub(crate) presence: u64,
    pub(crate) follow: u64,
    pub(crate) readdress: u64,
}

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

impl Options {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let kind = rng.pick(&Kind::ALL);
        let dialect = match kind {
            _ if rng.chance(500) => DialectKind::Auto,
            Kind::Native | Kind::Numbered => DialectKind::Native,
            Kind::Progress | Kind::ProgressAlone | Kind::Repeating => DialectKind::Progress,
            Kind::JsonRpc => DialectKind::JsonRpc,
            Kind::TaskPush => DialectKind::TaskPush,
        };
        let latency_min = rng.pick(&[0, 1, 20, 150]);
        let latency_max = latency_min + rng.pick(&[0, 5, 100, 1_500]);
        let mut chance = |most: u64| {
            if rng.chance(500) { 0 } else { rng.pick(&[most, most / 3, most / 10, most / 50]) }
        };
        let network = Network {
            latency_min,
            latency_max,
            refused: chance(700),
            unanswered: chance(500),
            proxied: chance(600),
            blocked: chance(50),
            duplicate: chance(300),
            stale: chance(900),
            close_late: chance(120_000),
            close_lost: chance(600),
            http_failed: chance(800),
            http_unanswered: chance(500),
            http_odd: chance(300),
            token_failed: chance(400),
        };
        let server = Server {
            hole: chance(200),
            nack: chance(200),
            poison: chance(200),
            undated: chance(900),
            batches: rng.chance(300),
            names_epoch: rng.chance(700),
            closes_after_end: rng.chance(700),
        };
        let page = Page {
            late: rng.pick(&[0, 0, 16, 300, 3_000]),
            late_hidden: rng.pick(&[0, 1_000, 60_000]),
            stops_in_sleep: rng.chance(500),
        };
        let mut every = |least: u64| {
            if rng.chance(500) { 0 } else { rng.pick(&[least, least * 3, least * 10]) }
        };
        let rates = Rates {
            event: every(8 * SECOND).max(10 * SECOND),
            burst: every(5 * MINUTE),
            end: every(HOUR),
            trim: every(4 * MINUTE),
            restart: every(8 * MINUTE),
            outage: every(5 * MINUTE),
            cut: every(MINUTE),
            half_open: every(3 * MINUTE),
            visibility: every(MINUTE),
            online: every(MINUTE),
            leave: every(10 * MINUTE),
            sleep: every(15 * MINUTE),
            clock_step: every(15 * MINUTE),
            message: every(30 * SECOND),
            presence: every(5 * MINUTE),
            follow: every(15 * MINUTE),
            readdress: every(10 * MINUTE),
        };
        Self {
            kind,
            dialect,
            is_loopback: rng.chance(200),
            has_token_provider: rng.chance(300),
            has_small_bounds: rng.chance(300),
            network,
            server,
            page,
            rates,
            duration: HOUR + rng.below(20 * MINUTE),
        }
    }

    /// Every way to make this run a little better behaved, one misbehaviour at a time.
    pub(crate) fn calmer(&self) -> impl Iterator<Item = Self> + '_ {
        CALMERS.iter().map(|calm| {
            let mut options = self.clone();
            calm(&mut options);
            options
        })
    }
}

const CALMERS: [fn(&mut Options); 28] = [
    |it| it.duration /= 2,
    |it| it.duration = it.duration / 5 * 4,
    |it| it.network.refused = 0,
    |it| it.network.unanswered = 0,
    |it| it.network.proxied = 0,
    |it| it.network.blocked = 0,
    |it| it.network.duplicate = 0,
    |it| it.network.stale = 0,
    |it| it.network.close_late = 0,
    |it| it.network.close_lost = 0,
    |it| it.network.http_failed = 0,
    |it| it.network.http_unanswered = 0,
    |it| it.network.http_odd = 0,
    |it| it.network.token_failed = 0,
    |it| it.network.latency_max = it.network.latency_min,
    |it| (it.network.latency_min, it.network.latency_max) = (1, 1),
    |it| it.server.batches = false,
    |it| it.server.hole = 0,
    |it| it.server.nack = 0,
    |it| it.server.poison = 0,
    |it| it.server.undated = 0,
    |it| it.server.closes_after_end = true,
    |it| it.page.late = 0,
    |it| it.page.late_hidden = 0,
    |it| it.page.stops_in_sleep = false,
    |it| it.has_token_provider = false,
    |it| it.has_small_bounds = false,
    |it| it.is_loopback = false,
];
