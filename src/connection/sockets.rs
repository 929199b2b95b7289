//! How sockets come and go: attempts, losses, the wait between them, and the end of trying.

use std::time::Duration;

use super::{
    CloseCode, Connection, Diagnosis, Disposition, EndpointError, Event, Failure, Followers,
    LossCause, Output, Policy, Purpose, Resume, Socket, SocketId, State, Token, TokenError,
    TokenId, timer::Timer,
};
use crate::time::{Instant, whole_ms};

impl Connection {
    /// Begins an attempt: reads what was missed where that has to come first, gets a token where
    /// there is somebody to get it from, then dials.
    pub(super) fn open(&mut self) {
        if self.endpoint.is_err() {
            return self.fail_for_address();
        }
        self.timers.stop(Timer::Retry);
        self.timers.stop(Timer::Poll);
        // What was asked before the loss knows nothing of what the socket took with it.
        self.forget_fetch();
        self.catch_up.begin_attempt();
        self.attempted_at = Some(self.now);
        self.enter(State::Connecting { attempt: self.attempt() });
        if self.catch_up.is_due_first() {
            self.catch_up();
        }
        if !self.is_fetching(Purpose::CatchUp) {
            self.get_token();
        }
    }

    /// The second step of an attempt.
    pub(super) fn get_token(&mut self) {
        self.timers.arm(Timer::Connect, self.now + self.connect_timeout());
        if !self.config.has_token_provider {
            return self.dial();
        }
        self.last_token = TokenId(self.last_token.0.wrapping_add(1));
        self.token_asked = Some(self.last_token);
        let is_refused = self.is_token_refused;
        self.outputs.push(Output::FetchToken { id: self.last_token, is_refused });
    }

    pub(super) fn handle_token(&mut self, answer: Result<Option<Token>, TokenError>) {
        self.token_asked = None;
        match answer {
            Ok(token) => {
                self.token = token;
                self.timers.arm(Timer::Connect, self.now + self.connect_timeout());
                self.dial();
            }
            Err(TokenError) => self.lose(LossCause::NoToken, Duration::ZERO),
        }
    }

    /// The last step of an attempt.
    fn dial(&mut self) {
        // Whatever came before may have taken long, and it is sockets that are to be rare.
        self.attempted_at = Some(self.now);
        let Ok(endpoint) = &*self.endpoint else { return self.fail_for_address() };
        let position = self.cursor.position();
        let url = endpoint.socket_url(position);
        let is_shared = self.config.shares_sockets && self.policy.followers == Followers::One;
        let shared_as = is_shared.then(|| endpoint.socket_url(None));
        let resumed = self.heard_at.is_some();
        self.last_socket = SocketId(self.last_socket.0.saturating_add(1));
        self.socket = Some(Socket {
            id: self.last_socket,
            opened: false,
            heard: false,
            greeted: false,
            resumed,
            ready: false,
            pinged_at: None,
            misses: 0,
            is_probed: false,
            buffered: 0,
            is_full: false,
        });
        self.identities.begin_socket();
        self.catch_up.begin_socket();
        let token = self.token.clone();
        self.outputs.push(Output::Open { socket: self.last_socket, url, token, shared_as });
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

    /// The browser cannot read the address, and will not the next time.
    pub(super) fn handle_invalid(&mut self) {
        if let Ok(endpoint) = &*self.endpoint {
            let host = endpoint.authority().to_owned();
            self.fail(Failure::Endpoint(EndpointError::Unreadable { host }));
        }
    }

    pub(super) fn handle_connect_timeout(&mut self) {
        if self.token_asked.is_some() {
            return self.lose(LossCause::NoToken, Duration::ZERO);
        }
        self.connect_timeouts = self.connect_timeouts.saturating_add(1);
        self.lose(LossCause::ConnectTimeout(Diagnosis::Unknown), Duration::ZERO);
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
        if self.catch_up.is_in_doubt() {
            self.timers.arm(Timer::Poll, self.now + self.config.poll_interval);
        }
        self.enter(State::Greeting { attempt: self.attempt() });
        if self.config.policy.is_some_and(Policy::is_asked_first) {
            self.ping(self.config.greeting_timeout);
        }
    }

    /// Another page's socket is heard from now on. What it brought is told once more; what it did
    /// not bring, or is not told, is in the server's list, if there is one.
    pub(super) fn handle_joined(&mut self, missing: u64, is_resumed: bool) {
        if self.socket.as_ref().is_some_and(|socket| socket.opened) {
            return;
        }
        if missing > 0 || is_resumed {
            // Read by the poll, or for the first of the frames that is new: not now, since an answer
            // that was asked for before them says nothing about them.
            self.catch_up.join(missing);
        }
        self.handle_opened();
        self.tell_missing();
    }

    /// Whether the server speaks first, as far as is known beforehand.
    pub(super) fn expects_greeting(&self) -> bool {
        self.config.policy.is_none_or(|policy| policy.greets)
    }

    pub(super) fn handle_greeting_timeout(&mut self) {
        if self.expects_greeting() {
            return self.lose(LossCause::GreetingTimeout, Duration::ZERO);
        }
        // It does not speak before it is spoken to, and may never have heard of pings.
        if let Some(socket) = &mut self.socket {
            socket.greeted = true;
        }
        self.watch();
        self.enter(State::Connected);
        self.refuse_untaken();
        self.flush();
    }

    pub(super) fn handle_closed(&mut self, code: CloseCode) {
        let Some(socket) = &self.socket else { return };
        let cause = if !socket.opened {
            LossCause::NeverOpened(Diagnosis::Unknown)
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
        if self.quarantine(code) {
            return self.lose(cause, Duration::ZERO);
        }
        match self.config.disposition(code) {
            Disposition::Retry => self.lose(cause, Duration::ZERO),
            Disposition::RetryLater => self.lose(cause, self.config.overload_floor),
            Disposition::RetryAFewTimes => {
                self.protocol_errors = self.protocol_errors.saturating_add(1);
                if self.protocol_errors >= self.config.protocol_errors_max {
                    self.fail(Failure::Protocol(code));
                } else {
                    self.lose(cause, Duration::ZERO);
                }
            }
            Disposition::Authenticate if self.may_refresh_token() => {
                self.abandon(CloseCode::NORMAL);
                self.open();
            }
            Disposition::Authenticate | Disposition::Final => self.fail(Failure::Refused(code)),
        }
    }

    /// Whether another token may be got in place of the one refused; once, until a connection has
    /// proved itself with it.
    pub(super) fn may_refresh_token(&mut self) -> bool {
        self.config.has_token_provider && !std::mem::replace(&mut self.is_token_refused, true)
    }

    /// The attempt or its socket is of no more use: abandons it and schedules the next attempt,
    /// `extra` later than usual.
    pub(super) fn lose(&mut self, cause: LossCause, extra: Duration) {
        self.abandon(CloseCode::ABANDONED);
        let delay = self.backoff.next_delay(&self.config, &mut self.rng) + extra;
        if self.config.attempts_max.is_some_and(|max| self.backoff.failures() >= max) {
            return self.fail(Failure::AttemptsExhausted(cause));
        }
        self.wait(self.now + delay, cause);
        if matches!(
            cause,
            LossCause::NeverOpened(Diagnosis::Unknown)
                | LossCause::ConnectTimeout(Diagnosis::Unknown)
        ) {
            self.ask_why();
        }
    }

    /// Waits for the next attempt, until `at`; longer while nobody sees the page or the machine has
    /// no network.
    pub(super) fn wait(&mut self, at: Instant, cause: LossCause) {
        let attempt = self.attempt();
        let is_offline = self.is_offline();
        let at = match self.attempted_at {
            Some(last) if is_offline || self.page.is_hidden => {
                at.max(last + self.config.slow_interval)
            }
            _ => at,
        };
        self.timers.arm(Timer::Retry, at);
        self.enter(if is_offline {
            State::Offline { attempt, cause }
        } else if self.page.is_hidden {
            State::Paused { attempt, cause }
        } else {
            State::Waiting { attempt, at, cause }
        });
    }

    fn fail_for_address(&mut self) {
        if let Err(error) = &*self.endpoint {
            self.fail(Failure::Endpoint(error.clone()));
        }
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.abandon(CloseCode::NORMAL);
        self.forget_fetch();
        self.enter(State::Failed(failure));
    }

    /// Retires the attempt and its socket, if there is one, and every timer with it.
    pub(super) fn abandon(&mut self, code: CloseCode) {
        self.timers.stop_attempt();
        self.token_asked = None;
        if self.is_fetching(Purpose::Liveness) {
            self.forget_fetch();
        }
        let Some(socket) = self.socket.take() else { return };
        self.outputs.push(Output::Close { socket: socket.id, code });
        if socket.opened && self.policy.resume == Resume::Identity {
            self.forget_rest_of_list();
            self.release_undated();
            self.catch_up.doubt();
        }
        self.lose_sent(socket.id);
        self.drop_requests();
    }

    /// The connection proved itself: it was up long enough, and has said something.
    pub(super) const fn prove(&mut self) {
        self.backoff.reset();
        self.is_token_refused = false;
    }

    pub(super) fn enter(&mut self, state: State) {
        if self.state != state {
            self.state = state.clone();
            self.outputs.push(Output::Event(Event::StateChanged(state)));
        }
    }

    /// How the server of the present socket wants to be treated, as far as it has said so.
    pub(super) fn treatment(&self) -> Policy {
        match &self.socket {
            Some(socket) if socket.greeted => self.policy,
            _ => Policy::UNKNOWN,
        }
    }
}
