//! The scripted server: keeps the truth and tells it in its dialect.
//!
//! A dialect that joins is one more server in the folder of this name and one more arm here.

mod fleeting;
mod numbering;
mod repeating;

use agent_activity::connection::Outcome;

pub(crate) use fleeting::Fleeting;
pub(crate) use numbering::{Epoch, Fact, Numbering};
pub(crate) use repeating::Repeating;

use crate::{
    options::{self, Kind},
    plan::SESSIONS,
    rng::Rng,
};

/// How often a socket hears that the server is alive, in milliseconds.
const HEARTBEAT: u64 = 30_000;

/// How long after the end of a session its sockets are closed, in milliseconds.
const FAREWELL: u64 = 500;

/// What a server does to a socket. Sockets are called by the numbers that the page gives them.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    /// Sends a text frame.
    Frame(u32, String),
    /// Closes it with a code; 1006 = without a close frame.
    Close(u32, u16),
}

/// Where a socket asks to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) session: usize,
    /// The index of the epoch, where the address names one that can be known.
    pub(crate) epoch: Option<usize>,
    pub(crate) after: Option<u64>,
}

impl Asked {
    /// Reads an address of a socket; `None` when it is none of this server's.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let session = path.strip_prefix("ws://")?.split_once("/ws/s")?.1.parse().ok()?;
        let parameter = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        };
        let epoch = parameter("epoch").and_then(|epoch| epoch.strip_prefix('e')?.parse().ok());
        let after = parameter("after").and_then(|after| after.parse().ok());
        (session < SESSIONS).then_some(Self { session, epoch, after })
    }
}

/// A server of one of the kinds.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    Numbering(Numbering),
    Repeating(Repeating),
    Fleeting(Fleeting),
}

impl Server {
    pub(crate) fn new(kind: Kind, options: options::Server) -> Self {
        match kind {
            Kind::Native => Self::Numbering(Numbering::new(true, options)),
            Kind::Numbered => Self::Numbering(Numbering::new(false, options)),
            Kind::Progress | Kind::ProgressAlone | Kind::Repeating => {
                Self::Repeating(Repeating::new(kind, options))
            }
            Kind::JsonRpc | Kind::TaskPush => {
                Self::Fleeting(Fleeting::new(kind, options.names_epoch))
            }
        }
    }

    /// Whether it can bear to be sent anything.
    pub(crate) const fn reads(&self) -> bool {
        match self {
            Self::Numbering(server) => server.greets(),
            Self::Repeating(_) => false,
            Self::Fleeting(_) => true,
        }
    }

    /// Which of the lists that it began for a session has the event of this number.
    pub(crate) fn list_of(&self, session: usize, number: usize) -> usize {
        match self {
            Self::Repeating(server) => {
                server.sessions[session].begun.partition_point(|&first| first <= number)
            }
            Self::Numbering(_) | Self::Fleeting(_) => 0,
        }
    }

    /// Misbehaves no more.
    pub(crate) const fn heal(&mut self) {
        match self {
            Self::Numbering(server) => server.heal(),
            Self::Repeating(_) | Self::Fleeting(_) => {}
        }
    }

    /// A socket was opened.
    pub(crate) fn open(&mut self, socket: u32, asked: Asked, at: u64, says: &mut Vec<Say>) {
        match self {
            Self::Numbering(server) => server.open(socket, asked, at, says),
            Self::Repeating(server) => server.open(socket, asked.session, at, says),
            Self::Fleeting(server) => server.open(socket, asked.session, says),
        }
    }

    /// A socket is gone, and the server may know.
    pub(crate) fn lose(&mut self, socket: u32) {
        match self {
            Self::Numbering(server) => server.lose(socket),
            Self::Repeating(server) => server.lose(socket),
            Self::Fleeting(server) => server.lose(socket),
        }
    }

    /// A frame came in.
    pub(crate) fn receive(
        &mut self,
        socket: u32,
        text: &str,
        at: u64,
        rng: &mut Rng,
        says: &mut Vec<Say>,
    ) {
        match self {
            Self::Numbering(server) => server.receive(socket, text, at, rng, says),
            Self::Repeating(_) => {}
            Self::Fleeting(server) => server.receive(socket, text, rng, says),
        }
    }

    /// When it next has something to do by itself.
    pub(crate) fn due(&self) -> Option<u64> {
        match self {
            Self::Numbering(server) => server.due(),
            Self::Repeating(server) => server.due(),
            Self::Fleeting(_) => None,
        }
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, at: u64, says: &mut Vec<Say>) {
        match self {
            Self::Numbering(server) => server.tick(at, says),
            Self::Repeating(server) => server.tick(at, says),
            Self::Fleeting(_) => {}
        }
    }

    /// So many more things happen in a session.
    pub(crate) fn emit(
        &mut self,
        session: usize,
        count: u64,
        at: u64,
        rng: &mut Rng,
        says: &mut Vec<Say>,
    ) {
        match self {
            Self::Numbering(server) => server.emit(session, count, at, rng, says),
            Self::Repeating(server) => server.emit(session, count, at, rng, says),
            Self::Fleeting(server) => server.emit(session, count, says),
        }
    }

    /// A session ends.
    pub(crate) fn end(&mut self, session: usize, outcome: Outcome, at: u64, says: &mut Vec<Say>) {
        match self {
            Self::Numbering(server) => server.end(session, outcome, at, says),
            Self::Repeating(server) => server.end(session, outcome, at, says),
            // What ends there is a task, and no session.
            Self::Fleeting(_) => {}
        }
    }

    /// The history of a session loses all but the last `keep` events.
    pub(crate) fn trim(&mut self, session: usize, keep: u64) {
        match self {
            Self::Numbering(server) => server.trim(session, keep),
            Self::Repeating(_) | Self::Fleeting(_) => {}
        }
    }

    /// Starts anew, without its sockets, and without its memory if it `forgets`.
    pub(crate) fn restart(&mut self, forgets: bool) {
        match self {
            Self::Numbering(server) => server.restart(forgets),
            Self::Repeating(server) => server.restart(forgets),
            Self::Fleeting(server) => server.restart(),
        }
    }

    /// Answers by HTTP, with a status and a body.
    pub(crate) fn answer(&mut self, url: &str) -> (u16, String) {
        match self {
            Self::Numbering(_) if url.contains("/api/sessions/") => (200, "{}".to_owned()),
            Self::Numbering(_) | Self::Fleeting(_) => (404, String::new()),
            Self::Repeating(server) => server.answer(url),
        }
    }
}

/// The word of an outcome, as the type of the event that brings it.
pub(crate) const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Error => "error",
        Outcome::Cancelled => "cancelled",
    }
}
