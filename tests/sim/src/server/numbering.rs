//! A server that numbers its events: `hello` and all that follows from it, or only the numbers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use agent_activity::connection::Outcome;

use super::{Asked, FAREWELL, HEARTBEAT, Say, word};
use crate::{options, plan::SESSIONS, rng::Rng};

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// An agent said something.
    Log,
    /// A person's message of this number was stored.
    Message(usize),
    /// The session ended.
    End(Outcome),
}

/// One incarnation of a session's history.
#[derive(Clone, Debug, Default)]
pub(crate) struct Epoch {
    /// The fact of number n is at n - 1.
    pub(crate) facts: Vec<Fact>,
    /// How many of the oldest are no longer there.
    pub(crate) trimmed: u64,
    /// The numbers that some socket was not told, though others may have been.
    pub(crate) left_out: BTreeSet<u64>,
    /// The numbers of the messages stored, and how often that was.
    pub(crate) stored: BTreeMap<usize, u32>,
}

impl Epoch {
    pub(crate) fn newest(&self) -> u64 {
        self.facts.len() as u64
    }

    pub(crate) fn ended(&self) -> Option<Outcome> {
        match self.facts.last() {
            Some(&Fact::End(outcome)) => Some(outcome),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
struct Follower {
    socket: u32,
    session: usize,
    /// The number of the last event that was sent here, or left out.
    sent: u64,
    /// Whether a heartbeat can tell that number.
    has_sent: bool,
    heartbeat_at: u64,
    close_at: Option<u64>,
}

/// The server.
#[derive(Clone, Debug)]
pub(crate) struct Numbering {
    greets: bool,
    options: options::Server,
    /// Of each session, the incarnations; the last is the present one.
    pub(crate) sessions: Vec<Vec<Epoch>>,
    /// The numbers of the messages that were refused.
    pub(crate) refused: BTreeSet<usize>,
    /// The sessions that each message arrived at, by its number.
    pub(crate) arrived: BTreeMap<usize, usize>,
    followers: Vec<Follower>,
}

impl Numbering {
    pub(super) fn new(greets: bool, options: options::Server) -> Self {
        Self {
            greets,
            options,
            sessions: vec![vec![Epoch::default()]; SESSIONS],
            refused: BTreeSet::new(),
            arrived: BTreeMap::new(),
            followers: Vec::new(),
        }
    }

    pub(super) const fn greets(&self) -> bool {
        self.greets
    }

    pub(super) const fn heal(&mut self) {
        self.options.hole = 0;
        self.options.nack = 0;
        self.options.poison = 0;
    }

    /// The index of the present incarnation of a session.
    pub(crate) fn epoch_of(&self, session: usize) -> usize {
        self.sessions[session].len() - 1
    }

    /// The present incarnation of a session.
    pub(crate) fn present(&self, session: usize) -> &Epoch {
        &self.sessions[session][self.epoch_of(session)]
    }

    fn present_mut(&mut self, session: usize) -> &mut Epoch {
        let epoch = self.epoch_of(session);
        &mut self.sessions[session][epoch]
    }

    /// The text of the message in the event of this number, as it is to be shown.
    pub(crate) fn text(session: usize, epoch: usize, seq: u64, fact: Fact) -> String {
        match fact {
            Fact::Message(number) => format!("written {number}"),
            Fact::Log | Fact::End(_) => format!("s{session}.{epoch}.{seq}"),
        }
    }

    pub(crate) fn fact(&self, session: usize, epoch: usize, seq: u64) -> Option<Fact> {
        let index = usize::try_from(seq).ok()?.checked_sub(1)?;
        self.sessions[session].get(epoch)?.facts.get(index).copied()
    }

    fn event(&self, session: usize, seq: u64, to: &mut String) {
        let epoch = self.epoch_of(session);
        let Some(fact) = self.fact(session, epoch, seq) else { return };
        let text = Self::text(session, epoch, seq, fact);
        let _ = match fact {
            Fact::Log => write!(
                to,
                r#"{{"type":"log","seq":{seq},"agent":"a","timestamp":"2026-01-01T00:00:00Z","message":"{text}""#
            ),
            Fact::Message(number) => write!(
                to,
                r#"{{"type":"message","seq":{seq},"id":"m{number}","sent_at":1,"content":"{text}""#
            ),
            Fact::End(outcome) => {
                write!(to, r#"{{"type":"{}","seq":{seq},"message":"{text}""#, word(outcome))
            }
        };
        if !self.greets && self.options.names_epoch {
            let _ = write!(to, r#","epoch":"e{epoch}""#);
        }
        to.push('}');
    }

    pub(super) fn open(&mut self, socket: u32, asked: Asked, at: u64, says: &mut Vec<Say>) {
        let session = asked.session;
        let (epoch, present) = (self.epoch_of(session), self.present(session));
        let (newest, trimmed) = (present.newest(), present.trimmed);
        let names_epoch = self.greets || self.options.names_epoch;
        let is_same = !names_epoch || asked.epoch == Some(epoch);
        let after = asked.after.filter(|&after| is_same && after <= newest).unwrap_or(0);
        if self.greets {
            let oldest = if newest > trimmed { trimmed + 1 } else { 0 };
            let hello = format!(
                r#"{{"type":"hello","session":"s{session}","epoch":"e{epoch}","oldest":{oldest},"newest":{newest},"heartbeat_s":30}}"#
            );
            says.push(Say::Frame(socket, hello));
        }
        // A server that does not greet does not explain itself: it begins with what it has.
        if self.greets && after < trimmed {
            let from = after + 1;
            let gap =
                format!(r#"{{"type":"gap","from":{from},"to":{trimmed},"reason":"trimmed"}}"#);
            says.push(Say::Frame(socket, gap));
        }
        let close_at = self.closing(session, at);
        let sent = after.max(trimmed);
        let heartbeat_at = at + HEARTBEAT;
        self.followers.push(Follower {
            socket,
            session,
            sent,
            has_sent: self.greets,
            heartbeat_at,
            close_at,
        });
        self.tell(session, 0, None, says);
        let ready = r#"{"type":"ready","message":"live"}"#.to_owned();
        says.push(Say::Frame(socket, ready));
    }

    /// When the sockets of a session are to be closed, if ever.
    fn closing(&self, session: usize, at: u64) -> Option<u64> {
        let is_over = self.options.closes_after_end && self.present(session).ended().is_some();
        is_over.then_some(at + FAREWELL)
    }

    /// Tells all followers of a session what they have not been told. With a chance, one event is
    /// left out.
    fn tell(&mut self, session: usize, hole: u64, rng: Option<&mut Rng>, says: &mut Vec<Say>) {
        let newest = self.present(session).newest();
        let mut followers = std::mem::take(&mut self.followers);
        let mut rng = rng;
        for follower in followers.iter_mut().filter(|it| it.session == session) {
            let mut frame = String::new();
            while follower.sent < newest {
                follower.sent += 1;
                follower.has_sent = true;
                if rng.as_mut().is_some_and(|rng| rng.chance(hole)) {
                    self.present_mut(session).left_out.insert(follower.sent);
                    continue;
                }
                if self.options.batches {
                    frame.push(if frame.is_empty() { '[' } else { ',' });
                    self.event(session, follower.sent, &mut frame);
                } else {
                    self.event(session, follower.sent, &mut frame);
                    says.push(Say::Frame(follower.socket, std::mem::take(&mut frame)));
                }
            }
            if !frame.is_empty() {
                frame.push(']');
                says.push(Say::Frame(follower.socket, frame));
            }
        }
        self.followers = followers;
    }

    pub(super) fn lose(&mut self, socket: u32) {
        self.followers.retain(|it| it.socket != socket);
    }

    pub(super) fn receive(
        &mut self,
        socket: u32,
        text: &str,
        at: u64,
        rng: &mut Rng,
        says: &mut Vec<Say>,
    ) {
        let Some(session) =
            self.followers.iter().find(|it| it.socket == socket).map(|it| it.session)
        else {
            return;
        };
        if let Some(timestamp) = between(text, r#""timestamp":"#, "}") {
            let pong = format!(r#"{{"type":"pong","timestamp":{timestamp}}}"#);
            return says.push(Say::Frame(socket, pong));
        }
        let number = between(text, r#""id":"m"#, "\"").and_then(|number| number.parse().ok());
        let Some(number) = number else { return };
        if rng.chance(self.options.poison) {
            says.push(Say::Close(socket, rng.pick(&[1009, 1003, 1007])));
            return self.lose(socket);
        }
        if rng.chance(self.options.nack) && !self.present(session).stored.contains_key(&number) {
            self.refused.insert(number);
            let nack = format!(r#"{{"type":"nack","id":"m{number}","reason":"no"}}"#);
            return says.push(Say::Frame(socket, nack));
        }
        self.arrived.insert(number, session);
        let has_ended = self.present(session).ended().is_some();
        let epoch = self.present_mut(session);
        if !epoch.stored.contains_key(&number) && !has_ended {
            epoch.stored.insert(number, 1);
            if text.contains(r#""type":"cancel""#) {
                self.end(session, Outcome::Cancelled, at, says);
            } else {
                epoch.facts.push(Fact::Message(number));
                self.tell(session, 0, None, says);
            }
        }
        says.push(Say::Frame(socket, format!(r#"{{"type":"ack","id":"m{number}"}}"#)));
    }

    pub(super) fn due(&self) -> Option<u64> {
        let due = |it: &Follower| it.close_at.unwrap_or(u64::MAX).min(it.heartbeat_at);
        self.followers.iter().map(due).min()
    }

    pub(super) fn tick(&mut self, at: u64, says: &mut Vec<Say>) {
        self.followers.retain_mut(|it| {
            if it.close_at.is_some_and(|close_at| close_at <= at) {
                says.push(Say::Close(it.socket, 1000));
                return false;
            }
            if it.heartbeat_at <= at {
                it.heartbeat_at += HEARTBEAT;
                let newest = it.sent;
                says.push(Say::Frame(
                    it.socket,
                    if it.has_sent {
                        format!(r#"{{"type":"heartbeat","newest":{newest}}}"#)
                    } else {
                        r#"{"type":"heartbeat"}"#.to_owned()
                    },
                ));
            }
            true
        });
    }

    pub(super) fn emit(
        &mut self,
        session: usize,
        count: u64,
        _at: u64,
        rng: &mut Rng,
        says: &mut Vec<Say>,
    ) {
        if self.present(session).ended().is_some() {
            return;
        }
        let facts = (0..count).map(|_| Fact::Log);
        self.present_mut(session).facts.extend(facts);
        let hole = self.options.hole;
        self.tell(session, hole, Some(rng), says);
    }

    pub(super) fn end(&mut self, session: usize, outcome: Outcome, at: u64, says: &mut Vec<Say>) {
        if self.present(session).ended().is_some() {
            return;
        }
        self.present_mut(session).facts.push(Fact::End(outcome));
        self.tell(session, 0, None, says);
        let close_at = self.closing(session, at);
        for follower in self.followers.iter_mut().filter(|it| it.session == session) {
            follower.close_at = close_at;
        }
    }

    pub(super) fn trim(&mut self, session: usize, keep: u64) {
        let epoch = self.present_mut(session);
        // The end of a session is never trimmed.
        let keep = if epoch.ended().is_some() { keep.max(1) } else { keep };
        epoch.trimmed = epoch.trimmed.max(epoch.newest().saturating_sub(keep));
    }

    pub(super) fn restart(&mut self, forgets: bool) {
        self.followers.clear();
        if forgets {
            for session in &mut self.sessions {
                session.push(Epoch::default());
            }
        }
    }
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}
