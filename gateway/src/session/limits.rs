//! How much a session holds.

use std::num::NonZeroUsize;

/// How much of each thing a session holds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most events of the history.
    pub history: NonZeroUsize,
    /// The most ids of messages that are remembered, and of cancel requests.
    pub message_ids: NonZeroUsize,
    /// The most messages that wait for an agent to take them.
    pub unread: NonZeroUsize,
}

#[cfg(test)]
impl Limits {
    /// Few of everything.
    pub(crate) fn of_tests() -> Self {
        let number = |number| NonZeroUsize::new(number).expect("not zero");
        Self { history: number(10), message_ids: number(4), unread: number(2) }
    }
}
