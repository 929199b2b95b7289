//! How sockets come and go: attempts, losses, the wait between them, and the end of trying.

use std::time::Duration;

use super::{
    CloseCode, Connection, Event, Failure, Liveness, LossCause, Output, Socket, SocketId, State,
    close::Disposition, timer::Timer,
};
use crate::time::whole_ms;

impl Connection {
    pub(super) fn open(&mut self) {
        let endpoint = match &self.endpoint {
            Ok(endpoint) => endpoint,
            Err(error) => return self.enter(State::Failed(Failure::Endpoint(error.clone()))),
        };
        let resume = self.cursor.position();
        let url = endpoint.socket_url(resume);
        self.last_socket = SocketId(self.last_socket.0.saturating_add(1));
        self.socket = Some(Socket {
            id: self.last_socket,
            opened: false,
            heard: false,
            resumed: resume.is_some(),
            ready: false,
            liveness: Liveness::ReceiveOnly,
            misses: 0,
        });
        self.outputs.push(Output::Open { socket: self.last_socket, url });
        self.timers.stop(Timer::Retry);
        self.timers.arm(Timer::Connect, self.now + self.connect_timeout());
        self.enter(State::Connecting { attempt: self.attempt() });
    }

    /// The timeout of this attempt: half as much again after each timeout in a row.
    pub(super) fn connect_timeout(&self) -> Duration {
        let mut timeout = self.config.connect_timeout;
        for _ in 0..self.connect_timeouts.min(16) {
            timeout = Duration::from_millis(whole_ms(timeout).saturating_mul(3) / 2);
        }
        timeout.min(self.config.connect_timeout_max.max(self.config.connect_timeout))
    }

    pub(super) const fn attempt(&self) -> u32 {
        self.backoff.failures().saturating_add(1)
    }

    pub(super) fn handle_opened(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        if socket.opened {
            return;
        }
        socket.opened = true;
        self.connect_timeouts = 0;
        self.timers.stop(Timer::Connect);
        self.timers.arm(Timer::Greeting, self.now + self.config.greeting_timeout);
        self.timers.arm(Timer::Stable, self.now + self.config.uptime_min);
        self.enter(State::Greeting { attempt: self.attempt() });
    }

    pub(super) fn handle_closed(&mut self, code: CloseCode) {
        let Some(socket) = &self.socket else { return };
        let cause = if !socket.opened {
            LossCause::NeverOpened
        } else if socket.heard {
            LossCause::Closed(code)
        } else {
            self.closed_at_once = self.closed_at_once.saturating_add(1);
            LossCause::ClosedAtOnce { code, times: self.closed_at_once }
        };
        if matches!(self.state, State::Ended(_)) {
            // The server went first: nothing is left to come back for.
            return self.abandon(CloseCode::NORMAL);
        }
        match code.disposition() {
            Disposition::Retry => self.lose(cause, Duration::ZERO),
            Disposition::RetryLater => self.lose(cause, self.config.overload_floor),
            Disposition::Final => self.fail(Failure::Refused(code)),
        }
    }

    /// The socket is of no more use: abandons it and schedules the next attempt, `extra` later than
    /// usual.
    pub(super) fn lose(&mut self, cause: LossCause, extra: Duration) {
        self.abandon(CloseCode::ABANDONED);
        let delay = self.backoff.next_delay(&self.config, &mut self.rng) + extra;
        if self.config.attempts_max.is_some_and(|max| self.backoff.failures() >= max) {
            return self.fail(Failure::AttemptsExhausted(cause));
        }
        let at = self.now + delay;
        self.timers.arm(Timer::Retry, at);
        self.enter(State::Waiting { attempt: self.attempt(), at, cause });
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.abandon(CloseCode::NORMAL);
        self.enter(State::Failed(failure));
    }

    /// Retires the socket, if there is one, and every timer with it.
    pub(super) fn abandon(&mut self, code: CloseCode) {
        self.timers.stop_all();
        if let Some(socket) = self.socket.take() {
            self.outputs.push(Output::Close { socket: socket.id, code });
        }
    }

    pub(super) fn enter(&mut self, state: State) {
        if self.state != state {
            self.state = state.clone();
            self.outputs.push(Output::Event(Event::StateChanged(state)));
        }
    }
}
