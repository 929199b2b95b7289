//! Whether the server is alive: pings, what they bring back, what HTTP says where there can be no
//! pings, and when to stop waiting.

use std::time::Duration;

use super::{
    Answer, Connection, Diagnosis, Frame, Liveness, LossCause, Output, Purpose, Query, Resume,
    State, timer::Timer,
};
use crate::time::whole_ms;

impl Connection {
    /// Something came in, or a new socket counts as up: begins to wait for the next sign of life.
    pub(super) fn watch(&mut self) {
        if matches!(self.state, State::Ended(_)) {
            return self.linger();
        }
        // What it was treated as before it introduced itself no longer counts.
        match self.treatment().liveness {
            Liveness::Ping | Liveness::PingOnTrial => {
                self.timers.stop(Timer::Silence);
                self.timers.arm(Timer::Ping, self.now + self.config.ping_interval);
            }
            Liveness::ReceiveOnly => {
                self.timers.stop(Timer::Ping);
                self.timers.arm(Timer::Silence, self.now + self.config.silence_max);
            }
            Liveness::Untold => {
                self.timers.stop(Timer::Ping);
                self.timers.stop(Timer::Silence);
            }
        }
    }

    /// Whether a ping that is not answered says something.
    pub(super) fn trusts_pings(&self) -> bool {
        match self.treatment().liveness {
            Liveness::Ping => true,
            Liveness::PingOnTrial => self.has_ponged,
            Liveness::ReceiveOnly | Liveness::Untold => false,
        }
    }

    pub(super) fn ping(&mut self, timeout: Duration) {
        let Some(socket) = &mut self.socket else { return };
        if socket.misses == 0 {
            socket.pinged_at = Some(self.now);
        }
        let frame = Frame::Ping { timestamp: whole_ms(self.now.since_origin()) };
        self.outputs.push(Output::Transmit { socket: socket.id, frame });
        self.timers.arm(Timer::Pong, self.now + timeout);
    }

    pub(super) fn pong_timeout(&self) -> Duration {
        self.rtt.map_or(self.config.pong_timeout_min, |rtt| {
            rtt.saturating_mul(self.config.pong_timeout_rtts).max(self.config.pong_timeout_min)
        })
    }

    pub(super) fn handle_missed_pong(&mut self, was_late: bool) {
        if !self.trusts_pings() {
            self.timers.arm(Timer::Ping, self.now + self.config.ping_interval);
            return;
        }
        let Some(socket) = &mut self.socket else { return };
        socket.misses = socket.misses.saturating_add(1);
        let is_last = socket.is_probed || socket.misses >= self.config.misses_max;
        if is_last && (socket.is_probed || !was_late) {
            return self.lose(LossCause::Silent, Duration::ZERO);
        }
        self.enter(State::Suspect);
        if was_late {
            // Its answer may have been lost in our own sleep.
            self.probe();
        } else {
            self.ping(self.pong_timeout());
        }
    }

    /// Asks for a sign of life, and soon. One that is asked for already is waited for.
    pub(super) fn probe(&mut self) {
        if !self.trusts_pings() {
            return match self.policy.resume {
                Resume::Identity => self.check(),
                Resume::Sequence | Resume::Nothing => {}
            };
        }
        let Some(socket) = &mut self.socket else { return };
        if !std::mem::replace(&mut socket.is_probed, true) {
            self.ping(self.config.probe_timeout);
        }
    }

    pub(super) fn handle_pong(&mut self, timestamp: Option<u64>) {
        self.has_ponged = true;
        let Some(pinged_at) = self.socket.as_ref().and_then(|socket| socket.pinged_at) else {
            return;
        };
        // A time that none of the pings had says nothing; believed, it would put off the discovery
        // of a dead server for hours.
        let times = whole_ms(pinged_at.since_origin())..=whole_ms(self.now.since_origin());
        let Some(sent_ms) = timestamp.filter(|sent| times.contains(sent)) else {
            return;
        };
        let sample_ms = times.end() - sent_ms;
        let most = self.pong_timeout().saturating_mul(self.config.misses_max.max(1));
        if sample_ms > whole_ms(most) {
            // It measured our own sleep, or a clock that was set.
            return;
        }
        // The smoothing of TCP's round-trip estimate, RFC 6298: seven parts old, one part new.
        let smoothed_ms = self
            .rtt
            .map_or(sample_ms, |rtt| whole_ms(rtt).saturating_mul(7).saturating_add(sample_ms) / 8);
        self.rtt = Some(Duration::from_millis(smoothed_ms));
    }

    /// A server that cannot be asked over the socket has been silent for too long. Whether it is
    /// busy, or the network gone, or only the socket dead, HTTP tells.
    pub(super) fn handle_silence(&mut self) {
        self.enter(State::Suspect);
        self.timers.arm(Timer::Silence, self.now + self.config.silence_interval);
        self.fetch(Query::Session, Purpose::Liveness);
    }

    /// What HTTP says about a silent server. Only one that answers there and keeps silent here has
    /// lost the socket; one that is mute in both places may be busy, and would lose the session with
    /// the socket.
    pub(super) fn handle_probed(&mut self, answer: Answer) {
        let is_alive = Diagnosis::from_status(answer.status()) != Diagnosis::ServerDown;
        let is_doubted = self.state == State::Suspect && !self.timers.is_armed(Timer::Mute);
        if is_alive && is_doubted {
            self.timers.arm(Timer::Mute, self.now + self.config.mute_grace);
        }
    }

    /// The socket was up long enough; if it has said something too, the connection proved itself.
    pub(super) fn handle_stable(&mut self) {
        if self.socket.as_ref().is_some_and(|socket| socket.heard) {
            self.prove();
        }
    }
}
