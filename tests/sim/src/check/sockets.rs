//! One socket at a time, opened seldom enough, closed with a code that a browser takes, and given up
//! in bounded time when nobody is at the other end.

use std::collections::VecDeque;

use super::{Result, ensure};

const MINUTE: u64 = 60_000;

/// The most attempts in a minute that nobody asked for: far more than the backoff's windows make
/// likely in 10⁹ minutes, far fewer than a loop without them makes.
const ATTEMPTS_MAX: usize = 24;

/// The most sockets opened in a minute for what an earlier one lacked.
const REOPENINGS_MAX: usize = 5;

/// How long a server that said that it is overloaded is left alone, in milliseconds.
const OVERLOAD_FLOOR: u64 = 5_000;

/// The codes by which a server says that trying again is pointless, by the protocol's table.
const FINAL: [u16; 9] = [1008, 1010, 3000, 3003, 4400, 4403, 4404, 4406, 4409];

/// Those by which it says that it is overloaded.
const OVERLOADED: [u16; 2] = [1013, 4429];

/// The codes with which a page may close a socket, by the rules of browsers.
fn is_sendable(code: u16) -> bool {
    code == 1000 || (3000..=4999).contains(&code)
}

/// What the circumstances allow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Whether sockets may be opened at once for what an earlier one lacked.
    pub(crate) may_reopen: bool,
}

/// Watches the sockets.
#[derive(Debug)]
pub(crate) struct SocketCheck {
    bounds: Bounds,
    last: u32,
    live: Option<u32>,
    /// When sockets were opened, in the page's time; those of the last minutes.
    opened: VecDeque<u64>,
    /// When something was done that allows an attempt at once.
    prompted: VecDeque<u64>,
    /// Since when the page has been out of sight or without a network.
    slow_since: Option<u64>,
    /// The code by which the server has said that trying again is pointless.
    refused: Option<u16>,
    /// Until when the server is to be left alone.
    spared_until: u64,
}

impl SocketCheck {
    pub(crate) const fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            last: 0,
            live: None,
            opened: VecDeque::new(),
            prompted: VecDeque::new(),
            slow_since: None,
            refused: None,
            spared_until: 0,
        }
    }

    pub(crate) const fn live(&self) -> Option<u32> {
        self.live
    }

    /// Something was done after which an attempt may be made at once.
    pub(crate) fn prompt(&mut self, at: u64) {
        self.prompted.push_back(at);
        self.spared_until = 0;
    }

    /// Somebody wants something, even of a server that has refused.
    pub(crate) const fn ask(&mut self) {
        self.refused = None;
    }

    /// The server has closed the live socket with a code.
    pub(crate) fn hear_close(&mut self, code: u16, at: u64) {
        if FINAL.contains(&code) {
            self.refused = Some(code);
        }
        if OVERLOADED.contains(&code) {
            self.spared_until = at + OVERLOAD_FLOOR;
        }
    }

    /// Whether attempts are to be rare from now on.
    pub(crate) fn slow_down(&mut self, is_slow: bool, at: u64) {
        if is_slow {
            self.slow_since.get_or_insert(at);
        } else {
            self.slow_since = None;
        }
    }

    pub(crate) fn open(&mut self, socket: u32, at: u64) -> Result {
        ensure!(self.live.is_none(), "socket {socket} is opened beside {:?}", self.live);
        ensure!(socket > self.last, "socket {socket} is opened after {}", self.last);
        ensure!(
            self.refused.is_none(),
            "socket {socket} is opened after the server refused with {:?}",
            self.refused
        );
        ensure!(
            at >= self.spared_until,
            "socket {socket} is opened {} ms before an overloaded server is to be called",
            self.spared_until.saturating_sub(at)
        );
        (self.last, self.live) = (socket, Some(socket));
        self.opened.push_back(at);
        forget(&mut self.opened, at);
        forget(&mut self.prompted, at);
        let reopenings = if self.bounds.may_reopen { REOPENINGS_MAX } else { 0 };
        // What was asked for long ago may have begun the series anew.
        let prompts = self.prompted.len();
        let attempts = within(&self.opened, at, MINUTE);
        let most = ATTEMPTS_MAX + reopenings + 8 * prompts;
        ensure!(attempts <= most, "{attempts} sockets are opened in a minute, not {most}");
        let is_slow = self.slow_since.is_some_and(|since| at - since >= MINUTE);
        if is_slow && within(&self.prompted, at, MINUTE) == 0 {
            let attempts = within(&self.opened, at, MINUTE);
            let most = 1 + reopenings;
            ensure!(attempts <= most, "{attempts} sockets are opened in a minute out of sight");
        }
        Ok(())
    }

    /// The page names a socket to do something with it.
    pub(crate) fn name(&self, socket: u32) -> Result {
        ensure!(self.live == Some(socket), "socket {socket} is used, which is not the live one");
        Ok(())
    }

    pub(crate) fn close(&mut self, socket: u32, code: u16) -> Result {
        self.name(socket)?;
        ensure!(is_sendable(code), "socket {socket} is closed with {code}");
        self.live = None;
        Ok(())
    }
}

fn within(times: &VecDeque<u64>, at: u64, span: u64) -> usize {
    times.iter().rev().take_while(|&&time| at - time < span).count()
}

fn forget(times: &mut VecDeque<u64>, at: u64) {
    while times.front().is_some_and(|&time| at - time >= 2 * MINUTE) {
        times.pop_front();
    }
}
