//! What messages do: the greeting, the numbers and their holes, the end.

use super::{
    CloseCode, Connection, Event, Outcome, Output, Policy, Resume, Signal, State, resume::Step,
    timer::Timer,
};

impl Connection {
    pub(super) fn handle_message(&mut self, signal: Signal) {
        self.heard_at = Some(self.now);
        let is_readable = !matches!(signal, Signal::Unreadable { .. });
        self.note_life(is_readable);
        match signal {
            Signal::Greeting { epoch, policy } => self.handle_greeting(epoch, policy),
            Signal::Event { seq: Some(seq), ends, .. } => self.handle_numbered(seq, ends),
            Signal::Event { seq: None, identity: Some(identity), ends } => {
                self.handle_known_by_content(identity, ends);
            }
            Signal::Event { seq: None, identity: None, ends } => self.admit(ends),
            Signal::Unreadable { seq: Some(seq) } => self.handle_numbered(seq, None),
            Signal::Unreadable { seq: None } => self.admit(None),
            Signal::Gap { from, to } => self.skip_to(from, to),
            Signal::Ready => self.handle_ready(),
            Signal::Heartbeat { newest } => {
                if let Some(newest) = newest.filter(|&newest| newest > self.cursor.last())
                    && !self.reopen()
                {
                    self.skip_to(self.cursor.last().saturating_add(1), newest);
                }
            }
            Signal::Pong { timestamp } => self.handle_pong(timestamp),
            Signal::Ack { id } => self.handle_ack(id),
            Signal::Nack { id, reason } => self.handle_nack(id, reason),
            Signal::Reply { id } => self.handle_reply(id),
            Signal::Other => {}
        }
        self.flush();
    }

    /// Anything that comes in is a sign of life; the first that can be read ends the greeting.
    fn note_life(&mut self, is_readable: bool) {
        let Some(socket) = &mut self.socket else { return };
        socket.misses = 0;
        socket.is_probed = false;
        let was_heard = socket.heard;
        socket.heard |= is_readable;
        self.timers.stop(Timer::Pong);
        self.timers.stop(Timer::Mute);
        self.watch();
        self.settle_sent();
        if matches!(self.state, State::Ended(_)) {
            return;
        }
        if is_readable && !was_heard {
            self.closed_at_once = 0;
            self.protocol_errors = 0;
            self.timers.stop(Timer::Greeting);
            if !self.timers.is_armed(Timer::Stable) {
                // Up for long enough before it said anything.
                self.prove();
            }
            self.enter(State::Connected);
        } else if self.state == State::Suspect {
            self.enter(State::Connected);
        }
    }

    fn handle_greeting(&mut self, epoch: Option<String>, policy: Policy) {
        self.policy = policy;
        if let Some(socket) = &mut self.socket {
            socket.greeted = true;
        }
        self.watch();
        self.refuse_untaken();
        if let Some(epoch) = epoch
            && self.cursor.enter(&epoch)
        {
            self.reopenings.forget_question();
            self.outputs.push(Output::Event(Event::EpochChanged));
        }
    }

    fn handle_numbered(&mut self, seq: u64, ends: Option<Outcome>) {
        match self.cursor.step(seq) {
            Step::Duplicate => self.outputs.push(Output::Event(Event::Duplicate)),
            Step::Hole if self.reopen() => {}
            Step::Hole => {
                self.skip_to(self.cursor.last().saturating_add(1), seq - 1);
                self.cursor.advance(seq);
                self.admit(ends);
            }
            Step::Next => {
                self.cursor.advance(seq);
                self.admit(ends);
            }
        }
    }

    /// Asks for what is missing by a new socket that resumes after the last number without a hole;
    /// whether that is worth it. What else the old socket brings is retired with it.
    ///
    /// Not once the session has ended: nothing that matters is missing then.
    pub(super) fn reopen(&mut self) -> bool {
        if matches!(self.state, State::Ended(_)) {
            return false;
        }
        // Without numbers there is no hole to be asked for, only more to be heard.
        let hole = (self.policy.resume == Resume::Sequence).then_some(self.cursor.last());
        let permitted = self.reopenings.permit(
            hole,
            self.now,
            self.config.reopenings_max,
            self.config.reopenings_window,
        );
        if permitted {
            self.abandon(CloseCode::ABANDONED);
            self.open();
        }
        permitted
    }

    fn skip_to(&mut self, from: u64, to: u64) {
        let from = from.max(self.cursor.last().saturating_add(1));
        if from <= to && self.cursor.last() < to {
            self.cursor.advance(to);
            self.outputs.push(Output::Event(Event::Missing { from, to }));
        }
    }

    /// The message is new, and may be the session's last.
    pub(super) fn admit(&mut self, ends: Option<Outcome>) {
        self.outputs.push(Output::Event(Event::Admitted));
        if let Some(outcome) = ends {
            self.end(outcome);
        }
    }

    /// The session has ended. What still comes over the socket is shown, and then it is closed.
    pub(super) fn end(&mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
        self.timers.stop_attempt();
        self.token_asked = None;
        self.forget_fetch();
        self.refuse_unsent();
        self.enter(State::Ended(outcome));
        self.release();
        match &self.socket {
            Some(socket) if !socket.opened => self.abandon(CloseCode::NORMAL),
            _ => self.linger(),
        }
    }

    /// The session has ended: the socket stays a moment longer, or as long as a replay goes on that
    /// is known to have an end.
    pub(super) fn linger(&mut self) {
        let Some(socket) = &self.socket else { return };
        let is_replaying = !socket.ready && self.policy.resume == Resume::Sequence;
        if is_replaying {
            self.timers.arm(Timer::Linger, self.now + self.config.greeting_timeout);
        } else if !self.timers.is_armed(Timer::Linger) {
            self.timers.arm(Timer::Linger, self.now + self.config.linger);
        }
    }

    fn handle_ready(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        if socket.ready {
            return;
        }
        socket.ready = true;
        let resumed = socket.resumed;
        self.outputs.push(Output::Event(Event::Ready { resumed }));
        if matches!(self.state, State::Ended(_)) {
            self.timers.arm(Timer::Linger, self.now + self.config.linger);
        } else if !resumed {
            self.handle_first_past();
        }
    }
}
