//! Whether the server is alive: pings, what they bring back, and when to stop waiting for it.

use std::time::Duration;

use super::{Connection, Frame, LossCause, Output, State, timer::Timer};
use crate::time::whole_ms;

impl Connection {
    pub(super) fn ping(&mut self) {
        let Some(socket) = &self.socket else { return };
        let frame = Frame::Ping { timestamp: whole_ms(self.now.since_origin()) };
        self.outputs.push(Output::Transmit { socket: socket.id, frame });
        self.timers.arm(Timer::Pong, self.now + self.pong_timeout());
    }

    pub(super) fn pong_timeout(&self) -> Duration {
        self.rtt.map_or(self.config.pong_timeout_min, |rtt| {
            rtt.saturating_mul(self.config.pong_timeout_rtts).max(self.config.pong_timeout_min)
        })
    }

    pub(super) fn handle_missed_pong(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        socket.misses = socket.misses.saturating_add(1);
        if socket.misses >= self.config.misses_max {
            self.lose(LossCause::Silent, Duration::ZERO);
        } else {
            self.enter(State::Suspect);
            self.ping();
        }
    }

    pub(super) fn handle_pong(&mut self, timestamp: Option<u64>) {
        let now_ms = whole_ms(self.now.since_origin());
        let Some(sample_ms) = timestamp.and_then(|sent| now_ms.checked_sub(sent)) else { return };
        // The smoothing of TCP's round-trip estimate, RFC 6298: seven parts old, one part new.
        let smoothed_ms = self
            .rtt
            .map_or(sample_ms, |rtt| whole_ms(rtt).saturating_mul(7).saturating_add(sample_ms) / 8);
        self.rtt = Some(Duration::from_millis(smoothed_ms));
    }

    /// The socket was up long enough; if it has said something too, the connection proved itself.
    pub(super) fn prove(&mut self) {
        if self.socket.as_ref().is_some_and(|socket| socket.heard) {
            self.backoff.reset();
        }
    }
}
