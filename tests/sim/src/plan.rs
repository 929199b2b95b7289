//! What happens from outside in one run, and when: a list, so that it can be shortened.

use agent_activity::{connection::Outcome, dialect::DialectKind};

use crate::{
    options::{Kind, Options},
    rng::Rng,
};

/// How many sessions the server has.
pub(crate) const SESSIONS: usize = 2;

/// The most messages a person writes in a run: fewer than a session remembers.
const MESSAGES_MAX: usize = 200;

/// One thing that happens from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    Connect,
    Disconnect,
    Reconnect,
    Send {
        bytes: usize,
        is_volatile: bool,
        is_cancel: bool,
    },
    Follow(usize),
    Readdress {
        is_good: bool,
    },
    Hide,
    Show,
    GoOffline,
    GoOnline,
    Leave,
    Return,
    /// `told` = the page hears that it was frozen.
    Sleep {
        for_ms: u64,
        is_told: bool,
    },
    StepClock {
        by_ms: i64,
    },
    Emit {
        session: usize,
        count: u64,
    },
    End {
        session: usize,
        outcome: Outcome,
    },
    Trim {
        session: usize,
        keep: u64,
    },
    /// With `code`, 0 = without a word.
    Restart {
        down_ms: u64,
        forgets: bool,
        code: u16,
    },
    Outage {
        for_ms: u64,
        is_mute: bool,
    },
    Cut {
        code: u16,
    },
    HalfOpen,
}

/// One run, but for what the network draws on the way.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) options: Options,
    /// Ordered by time, in milliseconds.
    pub(crate) actions: Vec<(u64, Action)>,
}

/// The codes with which sockets are closed, the usual ones several times.
const CODES: [u16; 22] = [
    1000, 1001, 1006, 1006, 1006, 1006, 1011, 1012, 1013, 4429, 4000, 4999, 1002, 1003, 1007, 1009,
    4401, 4401, 1005, 1015, 4404, 1008,
];

impl Plan {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x5eed_0fa9_1a4e_5700);
        let mut options = Options::draw(&mut rng);
        // From numbers of its own, so that what a seed is otherwise does not depend on it.
        let mut dice = Rng::new(seed ^ 0xf1ee_7149);
        if dice.chance(250) {
            // One that need not speak first has to be named.
            (options.kind, options.dialect) = dice.pick(&[
                (Kind::JsonRpc, DialectKind::Auto),
                (Kind::JsonRpc, DialectKind::JsonRpc),
                (Kind::TaskPush, DialectKind::TaskPush),
            ]);
        }
        let mut actions = vec![(rng.below(2_000), Action::Connect)];
        let (rates, end) = (options.rates, options.duration);
        let mut at_times = |mean: u64, act: &mut dyn FnMut(&mut Rng, u64, &mut Vec<_>)| {
            if mean == 0 {
                return;
            }
            let mut at = rng.below(2 * mean);
            while at < end {
                act(&mut rng, at, &mut actions);
                at += rng.below(2 * mean) + 1;
            }
        };
        let session = |rng: &mut Rng| if rng.chance(850) { 0 } else { SESSIONS - 1 };
        at_times(rates.event, &mut |rng, at, to| {
            to.push((at, Action::Emit { session: session(rng), count: 1 }));
        });
        at_times(rates.burst, &mut |rng, at, to| {
            let count = rng.between(2, 30);
            to.push((at, Action::Emit { session: session(rng), count }));
        });
        at_times(rates.end, &mut |rng, at, to| {
            let outcome = rng.pick(&[Outcome::Complete, Outcome::Error, Outcome::Cancelled]);
            to.push((at, Action::End { session: session(rng), outcome }));
        });
        at_times(rates.trim, &mut |rng, at, to| {
            let keep = rng.below(20);
            to.push((at, Action::Trim { session: session(rng), keep }));
        });
        let is_forgetful = match options.kind {
            Kind::Native | Kind::Progress | Kind::ProgressAlone => true,
            Kind::Numbered => options.server.names_epoch,
            Kind::Repeating | Kind::JsonRpc | Kind::TaskPush => false,
        };
        at_times(rates.restart, &mut |rng, at, to| {
            let down_ms = rng.pick(&[0, 300, 5_000, 60_000, 240_000]);
            let forgets = is_forgetful && rng.chance(500);
            let code = rng.pick(&[0, 1000, 1001, 1006, 1012]);
            to.push((at, Action::Restart { down_ms, forgets, code }));
        });
        at_times(rates.outage, &mut |rng, at, to| {
            let for_ms = rng.pick(&[100, 2_000, 20_000, 120_000, 600_000]);
            to.push((at, Action::Outage { for_ms, is_mute: rng.chance(500) }));
        });
        at_times(rates.cut, &mut |rng, at, to| {
            to.push((at, Action::Cut { code: rng.pick(&CODES) }));
        });
        at_times(rates.half_open, &mut |_, at, to| to.push((at, Action::HalfOpen)));
        at_times(rates.visibility, &mut |rng, at, to| {
            to.push((at, if rng.chance(500) { Action::Hide } else { Action::Show }));
        });
        at_times(rates.online, &mut |rng, at, to| {
            to.push((at, if rng.chance(500) { Action::GoOffline } else { Action::GoOnline }));
        });
        at_times(rates.leave, &mut |rng, at, to| {
            to.push((at, Action::Leave));
            to.push((at + rng.pick(&[0, 1_000, 90_000, 900_000]), Action::Return));
        });
        at_times(rates.sleep, &mut |rng, at, to| {
            let for_ms = rng.pick(&[500, 3_000, 30_000, 299_000, 400_000, 3 * 3_600_000]);
            to.push((at, Action::Sleep { for_ms, is_told: rng.chance(500) }));
        });
        at_times(rates.clock_step, &mut |rng, at, to| {
            let by_ms = rng.pick(&[-3_600_000, -2_000, 1_500, 90_000, 3_600_000]);
            to.push((at, Action::StepClock { by_ms }));
        });
        let mut messages = 0;
        at_times(rates.message, &mut |rng, at, to| {
            for _ in 0..rng.pick(&[1, 1, 1, 1, 6]) {
                messages += 1;
                if messages <= MESSAGES_MAX {
                    let bytes = usize::try_from(rng.pick(&[1, 1, 20, 600])).unwrap_or(0);
                    let (is_volatile, is_cancel) = (rng.chance(150), rng.chance(3));
                    to.push((at, Action::Send { bytes, is_volatile, is_cancel }));
                }
            }
        });
        at_times(rates.presence, &mut |rng, at, to| {
            to.push((at, rng.pick(&[Action::Connect, Action::Disconnect, Action::Reconnect])));
            to.push((at + rng.pick(&[0, 700, 70_000]), Action::Connect));
        });
        at_times(rates.follow, &mut |rng, at, to| {
            let session = if rng.chance(700) { 0 } else { SESSIONS - 1 };
            to.push((at, Action::Follow(session)));
        });
        at_times(rates.readdress, &mut |rng, at, to| {
            to.push((at, Action::Readdress { is_good: rng.chance(800) }));
        });
        actions.sort_by_key(|&(at, _)| at);
        Self { seed, options, actions }
    }
}
