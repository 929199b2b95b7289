//! Going on with a server that numbers nothing and may have forgotten the session: what was missed
//! is read by HTTP.
//!
//! Such a server repeats its past on every connection, so that events are known by their content.
//! It may also hand events to a connection that has died, and forget the session over that; only
//! its list of events, read by HTTP, tells. The list is therefore read before a socket is opened
//! again, and after that until the socket has brought something new beyond the past. The first
//! socket of a page is no exception: the page before it, which was left or loaded anew, may have
//! left a dead connection behind.

use super::{
    Answer, CloseCode, Connection, Event, Identity, Outcome, Output, Pending, Purpose, Query,
    Resume, State, timer::Timer,
};

/// How far the events of such a server are known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CatchUp {
    doubt: Doubt,
    /// Up to where the list has been read.
    read: u64,
    /// Whether the server had the session under way when the list was last read.
    was_active: bool,
    /// How many new events wait for the list to be read, of this socket or of one that was lost.
    held: usize,
    /// Whether one of them does not say when it happened.
    holds_undated: bool,
    /// Whether the present socket has brought a new event after the past was told, and so is known
    /// to work.
    is_heard: bool,
    /// Whether the answer that is awaited was asked for before the first of them came.
    is_outdated: bool,
    /// How many frames of the present socket are not told to this page, and may be in the list.
    missing: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Doubt {
    /// Nothing is missing that is known of.
    #[default]
    None,
    /// Something may be missing; the list is read once to see.
    Once,
    /// This is the first socket, and another page's may have been lost: the list is read until this
    /// one has brought something new beyond the past. Nothing is held for that: of a session that
    /// was forgotten the socket brings nothing that the list would have to come before.
    UntilFirstHeard,
    /// A socket was lost; the list is read until the next one has brought something new beyond the
    /// past.
    UntilHeard,
    /// The server has no such list: there is the socket alone.
    Unresolvable,
}

impl CatchUp {
    pub(super) fn is_in_doubt(self) -> bool {
        self.doubt == Doubt::UntilHeard
    }

    /// Whether the list has to be read before a socket is opened.
    pub(super) fn is_due_first(self) -> bool {
        self.doubt == Doubt::UntilHeard
    }

    /// Another page may have opened a socket meanwhile, over which such a server may begin another
    /// list. What is known of the one before is known by its content.
    pub(super) fn begin_attempt(&mut self) {
        self.read = 0;
    }

    /// This page opens a socket, over which such a server may begin another list.
    pub(super) fn begin_socket(&mut self) {
        self.read = 0;
        self.missing = 0;
    }

    /// A socket was lost, and perhaps events with it.
    pub(super) fn doubt(&mut self) {
        if self.doubt != Doubt::Unresolvable {
            self.doubt = Doubt::UntilHeard;
        }
        self.read = 0;
        self.was_active = false;
        self.is_heard = false;
        self.is_outdated = false;
    }

    /// The socket is another page's, and this one does not hear of all that it has brought.
    pub(super) fn join(&mut self, missing: u64) {
        if self.doubt != Doubt::Unresolvable {
            self.doubt = Doubt::UntilHeard;
        }
        self.missing = missing;
    }

    /// A list that is shorter than it was is another one: the server forgot the first.
    fn note_length(&mut self, total: u64) {
        self.read = if total < self.read { 0 } else { total };
    }
}

impl Connection {
    /// Reads the list; later, while something else is asked: there is one question at a time.
    pub(super) fn catch_up(&mut self) {
        if self.pending.is_some() {
            self.timers.arm(Timer::Poll, self.now + self.config.poll_interval);
            return;
        }
        self.fetch(Query::Events { from: self.catch_up.read }, Purpose::CatchUp);
        if self.pending.is_none() {
            // There is nobody to ask for now.
            self.poll_again();
        }
    }

    /// It is time to ask again: for the list, or for what stands in for it where the server has no
    /// socket.
    pub(super) fn poll(&mut self) {
        match self.state {
            State::Waiting { .. } | State::Paused { .. } | State::Offline { .. } => self.ask_why(),
            _ => match self.catch_up.doubt {
                Doubt::Once | Doubt::UntilFirstHeard | Doubt::UntilHeard => self.catch_up(),
                Doubt::None | Doubt::Unresolvable => {}
            },
        }
    }

    /// The first socket has told its past.
    pub(super) fn handle_first_past(&mut self) {
        if self.policy.resume == Resume::Identity && self.catch_up.doubt == Doubt::None {
            self.catch_up.doubt = Doubt::UntilFirstHeard;
            // It has the session under way, or would not have said so.
            self.catch_up.was_active = true;
            self.timers.arm(Timer::Poll, self.now + self.config.poll_interval);
        }
    }

    /// With the socket goes what was known of the list: another page may have opened one by the time
    /// that the server answers, and the rest of another list is not the rest of this one.
    pub(super) fn forget_rest_of_list(&mut self) {
        let is_rest = |pending: &Pending| matches!(pending.query, Query::Events { from: 1.. });
        if self.pending.as_ref().is_some_and(is_rest) {
            self.forget_fetch();
        }
    }

    /// Reads the list once, to see whether something is missing.
    pub(super) fn check(&mut self) {
        if self.catch_up.doubt == Doubt::None {
            self.catch_up.doubt = Doubt::Once;
        }
        match self.catch_up.doubt {
            Doubt::Once | Doubt::UntilFirstHeard | Doubt::UntilHeard => self.catch_up(),
            Doubt::None | Doubt::Unresolvable => {}
        }
    }

    /// An event of a server that repeats itself came over the socket.
    pub(super) fn handle_known_by_content(&mut self, identity: Identity, ends: Option<Outcome>) {
        if self.policy.resume != Resume::Identity {
            return self.admit(ends);
        }
        if self.catch_up.doubt == Doubt::UntilHeard && self.identities.is_new(identity) {
            // Something may have happened before it that is not known yet.
            if self.catch_up.held == 0 {
                self.catch_up.is_outdated = self.is_fetching(Purpose::CatchUp);
            }
            self.catch_up.held = self.catch_up.held.saturating_add(1);
            self.catch_up.holds_undated |= !identity.is_dated;
            // In the past that it repeats even a server that forgets may tell something new.
            self.catch_up.is_heard |= self.socket.as_ref().is_some_and(|socket| socket.ready);
            self.outputs.push(Output::Event(Event::Held));
            self.catch_up();
            if self.endpoint.is_err() || self.catch_up.held >= self.config.held_max {
                self.forget_fetch();
                self.poll_again();
                self.release();
            }
            return;
        }
        if self.catch_up.doubt == Doubt::UntilFirstHeard
            && self.socket.as_ref().is_some_and(|socket| socket.ready)
            && self.identities.is_new(identity)
        {
            self.catch_up.doubt = Doubt::None;
            self.timers.stop(Timer::Poll);
        }
        self.note_content(identity, ends);
    }

    /// An event came by HTTP, or was held up.
    pub(super) fn merge(&mut self, identity: Option<Identity>, ends: Option<Outcome>) {
        if let (Some(identity), Resume::Identity) = (identity, self.policy.resume) {
            self.note_content(identity, ends);
        }
    }

    fn note_content(&mut self, identity: Identity, ends: Option<Outcome>) {
        if self.identities.note(identity, self.config.identities_max) {
            self.admit(ends);
        } else {
            self.outputs.push(Output::Event(Event::Duplicate));
        }
    }

    pub(super) fn handle_caught_up(&mut self, query: Query, answer: Answer) {
        // What came since may have something before it that this answer does not know of.
        let is_outdated = std::mem::take(&mut self.catch_up.is_outdated);
        match answer {
            // Something came meanwhile, which is to be shown first; then it is asked once more.
            Answer::Outcome(Some(_)) if self.catch_up.held > 0 => self.check_again(),
            Answer::Outcome(Some(outcome)) => return self.end_unsaid(outcome),
            Answer::Events { total, .. } if is_outdated => {
                self.catch_up.note_length(total);
                return self.catch_up();
            }
            _ if is_outdated && query == Query::Result => return self.catch_up(),
            Answer::Events { total, is_active } => self.handle_list(total, is_active),
            Answer::Outcome(None) => self.handle_no_outcome(),
            // The session has not ended, as far as this server knows results at all.
            Answer::Status(_) if query == Query::Result => self.handle_no_outcome(),
            // Nobody could answer just now: no answer, too slow, too busy.
            Answer::Status(0 | 408 | 429 | 500..) => self.poll_again(),
            Answer::Status(_) => {
                self.catch_up.doubt = Doubt::Unresolvable;
                self.tell_missing();
            }
        }
        self.release();
        let is_attempting = matches!(self.state, State::Connecting { .. });
        if is_attempting && self.socket.is_none() && self.pending.is_none() {
            self.get_token();
        }
    }

    fn handle_list(&mut self, total: u64, is_active: bool) {
        self.catch_up.note_length(total);
        self.catch_up.missing = 0;
        let was_active = std::mem::replace(&mut self.catch_up.was_active, is_active);
        if self.catch_up.is_heard || (is_active && self.catch_up.doubt == Doubt::Once) {
            self.catch_up.doubt = Doubt::None;
        } else if is_active {
            self.poll_again();
        } else {
            // Kept for the answer: whether the session was there before is what decides then.
            self.catch_up.was_active = was_active;
            self.fetch(Query::Result, Purpose::CatchUp);
        }
    }

    /// What is not told, and is in no list either, is lost for this page.
    pub(super) fn tell_missing(&mut self) {
        if self.catch_up.doubt == Doubt::Unresolvable && self.catch_up.missing > 0 {
            let to = std::mem::take(&mut self.catch_up.missing);
            self.outputs.push(Output::Event(Event::Missing { from: 1, to }));
        }
    }

    /// The server does not have the session under way, and knows no end of it either. If it had it
    /// before, then it forgot it while this socket was open, and what happens is no longer told
    /// here: another socket may still hear of it.
    fn handle_no_outcome(&mut self) {
        if std::mem::take(&mut self.catch_up.was_active) && self.socket.is_some() {
            self.catch_up.doubt = Doubt::UntilHeard;
            if self.reopen() {
                return;
            }
        }
        self.poll_again();
    }

    fn poll_again(&mut self) {
        let is_up = self.socket.as_ref().is_some_and(|socket| socket.opened);
        match self.catch_up.doubt {
            Doubt::UntilFirstHeard | Doubt::UntilHeard if is_up => {
                self.timers.arm(Timer::Poll, self.now + self.config.poll_interval);
            }
            Doubt::Once => self.catch_up.doubt = Doubt::None,
            Doubt::None | Doubt::UntilFirstHeard | Doubt::UntilHeard | Doubt::Unresolvable => {}
        }
    }

    fn check_again(&mut self) {
        self.release();
        self.catch_up.doubt = Doubt::Once;
        self.timers.arm(Timer::Poll, self.now + self.config.poll_interval);
    }

    /// What waited for the list is no longer held up, whatever came of it.
    pub(super) fn release(&mut self) {
        self.catch_up.is_outdated = false;
        if std::mem::take(&mut self.catch_up.held) == 0 {
            return;
        }
        self.catch_up.holds_undated = false;
        if self.catch_up.is_heard {
            if self.catch_up.doubt == Doubt::UntilHeard {
                self.catch_up.doubt = Doubt::None;
            }
            self.timers.stop(Timer::Poll);
        }
        self.outputs.push(Output::Event(Event::Released));
    }

    /// The socket is lost that brought what is held. What does not say when it happened is known by
    /// how often it came over that socket, and cannot wait for the next one.
    pub(super) fn release_undated(&mut self) {
        if self.catch_up.holds_undated {
            self.release();
        }
    }

    /// The session has ended, and no event said so.
    pub(super) fn end_unsaid(&mut self, outcome: Outcome) {
        self.abandon(CloseCode::NORMAL);
        self.outputs.push(Output::Event(Event::EndedUnsaid(outcome)));
        self.end(outcome);
    }
}
