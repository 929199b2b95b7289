//! What is asked by HTTP, beside the socket.

use super::{Connection, FetchId, Outcome, Output, timer::Timer};

/// A question to the server, by HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// Whether it answers, and what about this session.
    Session,
    /// The session's events, from this place in their list on.
    Events {
        /// How many come before the first one wanted.
        from: u64,
    },
    /// The session's result, once it has ended.
    Result,
    /// How the session stands, from a server that has no socket.
    Status,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An answer of this HTTP status and nothing that could be used; 0 = there was none.
    Status(u16),
    /// The events, which are merged already.
    Events {
        /// How many there are in all.
        total: u64,
        /// Whether the server still has the session under way.
        is_active: bool,
    },
    /// How the session ended; `None` while it has not.
    Outcome(Option<Outcome>),
}

impl Answer {
    /// The HTTP status.
    pub(super) const fn status(self) -> u16 {
        match self {
            Self::Status(status) => status,
            Self::Events { .. } | Self::Outcome(_) => 200,
        }
    }
}

/// A request under way. There is one at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) id: FetchId,
    pub(super) query: Query,
    pub(super) purpose: Purpose,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Why a socket did not open.
    Diagnosis,
    /// Whether a silent server is alive.
    Liveness,
    /// What was missed.
    CatchUp,
}

impl Connection {
    /// Asks, unless another question is under way.
    pub(super) fn fetch(&mut self, query: Query, purpose: Purpose) {
        let Ok(endpoint) = self.endpoint.as_ref() else { return };
        if self.pending.is_some() {
            return;
        }
        let url = endpoint.http_url(query);
        self.last_fetch = FetchId(self.last_fetch.0.wrapping_add(1));
        self.pending = Some(Pending { id: self.last_fetch, query, purpose });
        self.timers.arm(Timer::Fetch, self.now + self.config.fetch_timeout);
        let token = self.token.clone();
        self.outputs.push(Output::Fetch { id: self.last_fetch, query, url, token });
    }

    /// Nobody wants to know any more.
    pub(super) fn forget_fetch(&mut self) {
        self.pending = None;
        self.timers.stop(Timer::Fetch);
    }

    pub(super) fn is_fetching(&self, purpose: Purpose) -> bool {
        self.pending.is_some_and(|pending| pending.purpose == purpose)
    }

    pub(super) fn handle_fetched(&mut self, answer: Answer) {
        let Some(pending) = self.pending.take() else { return };
        self.timers.stop(Timer::Fetch);
        match pending.purpose {
            Purpose::Diagnosis => self.diagnose(answer),
            Purpose::Liveness => self.handle_probed(answer),
            Purpose::CatchUp => {
                // It stands in for the question that could not be asked beside it.
                self.handle_probed(answer);
                self.handle_caught_up(pending.query, answer);
            }
        }
    }
}
