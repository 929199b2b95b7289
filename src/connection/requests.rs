//! Requests under way, and the replies that they wait for.

use std::{collections::VecDeque, time::Duration};

use super::{RequestError, RequestId};
use crate::time::Instant;

/// The requests that have no reply yet, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests(VecDeque<(RequestId, Instant)>);

impl Requests {
    /// Notes that a request goes out, to be answered by `due`.
    pub(super) fn begin(
        &mut self,
        request: RequestId,
        due: Instant,
        max: usize,
    ) -> Result<(), RequestError> {
        if self.0.len() >= max {
            return Err(RequestError::TooMany);
        }
        self.0.push_back((request, due));
        Ok(())
    }

    /// The request that this reply is for. One without an id is for the one request under way, and
    /// for none when there are several. A late one is for none.
    pub(super) fn take(&mut self, reply: Option<RequestId>) -> Option<RequestId> {
        let index = match reply {
            Some(id) => self.0.iter().position(|&(request, _)| request == id),
            None => (self.0.len() == 1).then_some(0),
        }?;
        self.0.remove(index).map(|(request, _)| request)
    }

    /// Takes out one that is overdue.
    pub(super) fn take_overdue(&mut self, now: Instant) -> Option<RequestId> {
        self.0.pop_front_if(|&mut (_, due)| due <= now).map(|(request, _)| request)
    }

    /// Takes out any.
    pub(super) fn pop(&mut self) -> Option<RequestId> {
        self.0.pop_front().map(|(request, _)| request)
    }

    /// When the first of them is overdue. They all get as long, so that it is the oldest.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.front().map(|&(_, due)| due)
    }

    /// Gives all of them `grace` more from `now`: they were not waited for while the page slept.
    pub(super) fn forgive(&mut self, now: Instant, grace: Duration) {
        for (_, due) in &mut self.0 {
            *due = (*due).max(now + grace);
        }
    }
}
