//! What happens to the page, and what that means for the connection.

use std::time::Duration;

use super::{CloseCode, Connection, Endpoint, LossCause, PageEvent, State};
use crate::time::{Instant, whole_ms};

/// The page, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Page {
    pub(super) is_hidden: bool,
    /// As the browser believes; see [`Connection::is_offline`].
    pub(super) is_offline: bool,
    pub(super) is_left: bool,
}

impl Connection {
    /// Whether there is no network to reach the server by. This machine is reached without one.
    pub(super) fn is_offline(&self) -> bool {
        self.page.is_offline && !self.endpoint.as_ref().as_ref().is_ok_and(Endpoint::is_loopback)
    }

    pub(super) fn handle_page(&mut self, event: PageEvent) {
        match event {
            PageEvent::Shown => {
                self.page.is_hidden = false;
                self.come_back();
            }
            PageEvent::Hidden => {
                self.page.is_hidden = true;
                self.slow_down();
            }
            PageEvent::Online => {
                self.page.is_offline = false;
                self.come_back();
            }
            PageEvent::Offline => {
                self.page.is_offline = true;
                self.slow_down();
            }
            PageEvent::Left => self.leave(),
            PageEvent::Returned => {
                if std::mem::take(&mut self.page.is_left) {
                    if matches!(self.state, State::Paused { .. }) {
                        self.open();
                    }
                } else {
                    self.come_back();
                }
            }
        }
    }

    /// Somebody may be looking, or the network has changed: finds out how things are, soon.
    fn come_back(&mut self) {
        match self.state {
            State::Connected | State::Suspect => self.probe(),
            State::Waiting { at, cause, .. } => {
                let soon = self.soon();
                self.wait(at.min(soon), cause);
            }
            State::Offline { cause, .. } | State::Paused { cause, .. } if !self.page.is_left => {
                let soon = self.soon();
                self.wait(soon, cause);
            }
            _ => {}
        }
    }

    /// A moment from now, not the same for all the tabs of a machine.
    fn soon(&mut self) -> Instant {
        let window = whole_ms(self.config.return_window);
        self.now + Duration::from_millis(self.rng.up_to(window))
    }

    /// Nobody is looking, or there is no network: what waits, waits longer. What is connected stays
    /// so, and is asked whether it is where the network is in doubt.
    fn slow_down(&mut self) {
        match self.state {
            State::Connected | State::Suspect if self.is_offline() => self.probe(),
            State::Waiting { at, cause, .. } => self.wait(at, cause),
            State::Offline { cause, .. } | State::Paused { cause, .. } if !self.page.is_left => {
                self.wait(self.now, cause);
            }
            _ => {}
        }
    }

    /// What is not closed now stays open on the server until it notices by itself.
    fn leave(&mut self) {
        self.page.is_left = true;
        self.abandon(CloseCode::NORMAL);
        self.forget_fetch();
        let attempt = self.attempt();
        match self.state {
            State::Idle | State::Ended(_) | State::Failed(_) => {}
            State::Waiting { cause, .. }
            | State::Offline { cause, .. }
            | State::Paused { cause, .. } => self.enter(State::Paused { attempt, cause }),
            State::Connecting { .. }
            | State::Greeting { .. }
            | State::Connected
            | State::Suspect => {
                self.enter(State::Paused { attempt, cause: LossCause::PageLeft });
            }
        }
    }
}
