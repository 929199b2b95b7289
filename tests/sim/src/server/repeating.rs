//! A server that numbers nothing and repeats its past on every socket.
//!
//! The older server of this family does so, and destroys what it knows when a follower leaves: its
//! handler never reads, so that it learns that its socket is gone only from a frame that it fails to
//! send; that frame is lost to everybody, and the handler takes the session with it. Whoever connects
//! next gets a new session of the same name, whose creation erases the list of what happened.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt::Write as _,
};

use agent_activity::connection::Outcome;

use super::{FAREWELL, HEARTBEAT, Say, word};
use crate::{
    options::{self, Kind},
    plan::SESSIONS,
    rng::Rng,
};

/// One session, and all that ever happened in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// The text of each event that ever was, its number being its index.
    pub(crate) truth: Vec<String>,
    /// How it ended.
    pub(crate) ended: Option<Outcome>,
    /// The events in the list that HTTP tells.
    pub(crate) list: Vec<usize>,
    /// The number of the first event after each time that the list was erased.
    pub(crate) begun: Vec<usize>,
    /// Whether the server has the session under way.
    pub(crate) exists: bool,
    /// What no handler has taken yet.
    queue: VecDeque<usize>,
    /// The sockets whose handlers wait for the next event, the longest first.
    waiting: VecDeque<u32>,
}

#[derive(Clone, Debug)]
struct Follower {
    socket: u32,
    session: usize,
    /// Whether the socket is gone, which its handler does not know.
    is_gone: bool,
    heartbeat_at: Option<u64>,
    close_at: Option<u64>,
}

/// The server.
#[derive(Clone, Debug)]
pub(crate) struct Repeating {
    /// Whether it destroys.
    is_destructive: bool,
    /// Whether it tells its list by HTTP.
    has_list: bool,
    options: options::Server,
    pub(crate) sessions: Vec<Session>,
    followers: Vec<Follower>,
}

impl Repeating {
    pub(super) fn new(kind: Kind, options: options::Server) -> Self {
        let session = Session { exists: true, ..Session::default() };
        Self {
            is_destructive: kind != Kind::Repeating,
            has_list: kind == Kind::Progress,
            options,
            sessions: vec![session; SESSIONS],
            followers: Vec::new(),
        }
    }

    /// Whether it tells its list by HTTP.
    pub(crate) const fn has_list(&self) -> bool {
        self.has_list
    }

    /// Whether everything that ever happened is told on every socket.
    pub(crate) const fn is_faithful(&self) -> bool {
        !self.is_destructive
    }

    pub(super) fn open(&mut self, socket: u32, session: usize, at: u64, says: &mut Vec<Say>) {
        let it = &mut self.sessions[session];
        if !it.exists {
            it.exists = true;
            it.list.clear();
            it.begun.push(it.truth.len());
            it.queue.clear();
        }
        for &number in &it.list {
            says.push(Say::Frame(socket, it.truth[number].clone()));
        }
        says.push(Say::Frame(socket, r#"{"type":"ready","message":"Stream ready"}"#.to_owned()));
        let mut follower = Follower {
            socket,
            session,
            is_gone: false,
            heartbeat_at: Some(at + HEARTBEAT),
            close_at: None,
        };
        if self.is_destructive {
            it.waiting.push_back(socket);
        } else {
            follower.close_at =
                it.ended.filter(|_| self.options.closes_after_end).map(|_| at + FAREWELL);
        }
        self.followers.push(follower);
        self.hand_out(session, at, says);
    }

    /// Hands what is in the queue to the handlers that wait.
    fn hand_out(&mut self, session: usize, at: u64, says: &mut Vec<Say>) {
        let it = &mut self.sessions[session];
        while !it.queue.is_empty() {
            let Some(socket) = it.waiting.pop_front() else { return };
            let Some(number) = it.queue.pop_front() else { return };
            let Some(index) = self.followers.iter().position(|it| it.socket == socket) else {
                continue;
            };
            let follower = &mut self.followers[index];
            if follower.is_gone {
                self.followers.remove(index);
                return it.forget();
            }
            says.push(Say::Frame(socket, it.truth[number].clone()));
            if it.ended.is_some() && number + 1 == it.truth.len() {
                follower.heartbeat_at = None;
                follower.close_at = self.options.closes_after_end.then_some(at + FAREWELL);
                return it.forget();
            }
            follower.heartbeat_at = Some(at + HEARTBEAT);
            it.waiting.push_back(socket);
        }
    }

    pub(super) fn lose(&mut self, socket: u32) {
        if self.is_destructive {
            if let Some(it) = self.followers.iter_mut().find(|it| it.socket == socket) {
                it.is_gone = true;
            }
        } else {
            self.followers.retain(|it| it.socket != socket);
        }
    }

    pub(super) fn due(&self) -> Option<u64> {
        let due = |it: &Follower| {
            it.close_at.unwrap_or(u64::MAX).min(it.heartbeat_at.unwrap_or(u64::MAX))
        };
        self.followers.iter().map(due).min().filter(|&due| due < u64::MAX)
    }

    pub(super) fn tick(&mut self, at: u64, says: &mut Vec<Say>) {
        let sessions = &mut self.sessions;
        self.followers.retain_mut(|it| {
            if it.close_at.is_some_and(|close_at| close_at <= at) {
                // Without a close frame.
                says.push(Say::Close(it.socket, 1006));
                return false;
            }
            if it.heartbeat_at.is_some_and(|heartbeat_at| heartbeat_at <= at) {
                if it.is_gone {
                    let session = &mut sessions[it.session];
                    // A handler of a session that was forgotten long ago takes nothing with it.
                    if session.waiting.contains(&it.socket) {
                        session.forget();
                    }
                    return false;
                }
                it.heartbeat_at = Some(at + HEARTBEAT);
                says.push(Say::Frame(it.socket, r#"{"type":"heartbeat"}"#.to_owned()));
            }
            true
        });
    }

    pub(super) fn emit(
        &mut self,
        session: usize,
        count: u64,
        at: u64,
        rng: &mut Rng,
        says: &mut Vec<Say>,
    ) {
        for _ in 0..count {
            // An undated event is known by its words alone, which a server that may tell one event
            // twice on one socket must not repeat.
            let is_dated = self.is_destructive || !rng.chance(self.options.undated);
            let it = &mut self.sessions[session];
            if it.ended.is_some() {
                return;
            }
            let number = it.truth.len();
            let mut text = String::new();
            let _ = if is_dated {
                write!(
                    text,
                    r#"{{"type":"agent_progress","agent":"a","message":"s{session}.0.{number}","timestamp":"2026-01-01T00:00:00.{number:06}"}}"#
                )
            } else {
                write!(text, r#"{{"type":"agent_progress","agent":"a","message":"again"}}"#)
            };
            it.truth.push(text);
            self.happen(session, at, says);
        }
    }

    pub(super) fn end(&mut self, session: usize, outcome: Outcome, at: u64, says: &mut Vec<Say>) {
        let it = &mut self.sessions[session];
        if it.ended.is_some() {
            return;
        }
        let (number, kind) = (it.truth.len(), word(outcome));
        it.truth.push(format!(
            r#"{{"type":"{kind}","agent":"a","message":"s{session}.0.{number}","timestamp":"2026-01-01T00:00:00.{number:06}"}}"#
        ));
        it.ended = Some(outcome);
        self.happen(session, at, says);
        if !self.is_destructive && self.options.closes_after_end {
            for it in self.followers.iter_mut().filter(|it| it.session == session) {
                it.close_at = Some(at + FAREWELL);
            }
        }
    }

    /// The newest event of a session is told.
    fn happen(&mut self, session: usize, at: u64, says: &mut Vec<Say>) {
        let it = &mut self.sessions[session];
        if !it.exists {
            return;
        }
        let number = it.truth.len() - 1;
        it.list.push(number);
        if self.is_destructive {
            it.queue.push_back(number);
            return self.hand_out(session, at, says);
        }
        for follower in self.followers.iter().filter(|it| it.session == session) {
            says.push(Say::Frame(follower.socket, it.truth[number].clone()));
        }
    }

    pub(super) fn restart(&mut self, forgets: bool) {
        self.followers.clear();
        for session in &mut self.sessions {
            session.waiting.clear();
            if forgets {
                session.forget();
                session.list.clear();
                session.begun.push(session.truth.len());
            }
        }
    }

    pub(super) fn answer(&mut self, url: &str) -> (u16, String) {
        let not_found = (404, r#"{"detail":"Not Found"}"#.to_owned());
        if !self.has_list {
            return not_found;
        }
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let Some((what, session)) = path.rsplit_once("/s") else { return not_found };
        let Some(it) = session.parse().ok().and_then(|index: usize| self.sessions.get(index))
        else {
            return not_found;
        };
        if what.ends_with("/api/strategy/events") {
            let from = query.strip_prefix("from=").and_then(|from| from.parse().ok()).unwrap_or(0);
            let events: Vec<&str> =
                it.list.iter().skip(from).map(|&number| it.truth[number].as_str()).collect();
            let (total, exists) = (it.list.len(), it.exists);
            let events = events.join(",");
            return (
                200,
                format!(
                    r#"{{"events":[{events}],"total":{total},"from":{from},"session_active":{exists}}}"#
                ),
            );
        }
        match it.ended {
            Some(outcome) if what.ends_with("/api/strategy/result") => {
                (200, format!(r#"{{"status":"{}"}}"#, word(outcome)))
            }
            _ => not_found,
        }
    }

    /// What a follower of a session should know by now, were it never disturbed.
    pub(crate) fn known(&self, session: usize) -> BTreeSet<usize> {
        self.sessions[session].list.iter().copied().collect()
    }
}

impl Session {
    /// The server has the session under way no more. Handlers that wait, wait for ever.
    fn forget(&mut self) {
        self.exists = false;
        self.queue.clear();
        self.waiting.clear();
    }
}
