//! What messages do: the greeting, the numbers and their holes, the end.

use super::{
    CloseCode, Connection, Event, Liveness, Outcome, Output, Signal, State, resume::Step,
    timer::Timer,
};

impl Connection {
    pub(super) fn handle_message(&mut self, signal: Signal) {
        self.heard_at = Some(self.now);
        let is_readable = !matches!(signal, Signal::Unreadable { .. });
        self.note_life(is_readable);
        match signal {
            Signal::Greeting { epoch, liveness } => self.handle_greeting(epoch, liveness),
            Signal::Event { seq: None, ends } => self.admit(ends),
            Signal::Event { seq: Some(seq), ends } => self.handle_numbered(seq, ends),
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
            Signal::Other => {}
        }
    }

    /// Anything that comes in is a sign of life; the first that can be read ends the greeting.
    pub(super) fn note_life(&mut self, is_readable: bool) {
        let Some(socket) = &mut self.socket else { return };
        socket.misses = 0;
        self.timers.stop(Timer::Pong);
        let was_heard = socket.heard;
        socket.heard |= is_readable;
        if socket.liveness == Liveness::Ping {
            self.timers.arm(Timer::Ping, self.now + self.config.ping_interval);
        }
        if is_readable && !was_heard {
            self.closed_at_once = 0;
            self.timers.stop(Timer::Greeting);
            if !self.timers.is_armed(Timer::Stable) {
                // Up for long enough before it said anything.
                self.backoff.reset();
            }
            self.enter(State::Connected);
        } else if self.state == State::Suspect {
            self.enter(State::Connected);
        }
    }

    pub(super) fn handle_greeting(&mut self, epoch: Option<String>, liveness: Liveness) {
        if let Some(socket) = &mut self.socket {
            socket.liveness = liveness;
        }
        if liveness == Liveness::Ping {
            self.timers.arm(Timer::Ping, self.now + self.config.ping_interval);
        }
        if let Some(epoch) = epoch
            && self.cursor.enter(&epoch)
        {
            self.reopenings.forget_question();
            self.outputs.push(Output::Event(Event::EpochChanged));
        }
    }

    pub(super) fn handle_numbered(&mut self, seq: u64, ends: Option<Outcome>) {
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
        let permitted = self.reopenings.permit(
            self.cursor.last(),
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

    pub(super) fn skip_to(&mut self, from: u64, to: u64) {
        let from = from.max(self.cursor.last().saturating_add(1));
        if from <= to && self.cursor.last() < to {
            self.cursor.advance(to);
            self.outputs.push(Output::Event(Event::Missing { from, to }));
        }
    }

    pub(super) fn admit(&mut self, ends: Option<Outcome>) {
        self.outputs.push(Output::Event(Event::Admitted));
        if let Some(outcome) = ends {
            self.timers.stop(Timer::Ping);
            self.timers.stop(Timer::Stable);
            if let Some(socket) = &mut self.socket {
                socket.liveness = Liveness::ReceiveOnly;
                if socket.ready {
                    self.timers.arm(Timer::Linger, self.now + self.config.linger);
                }
            }
            self.enter(State::Ended(outcome));
        }
    }

    pub(super) fn handle_ready(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        if socket.ready {
            return;
        }
        socket.ready = true;
        let resumed = socket.resumed;
        self.outputs.push(Output::Event(Event::Ready { resumed }));
        if matches!(self.state, State::Ended(_)) {
            self.timers.arm(Timer::Linger, self.now + self.config.linger);
        }
    }
}
