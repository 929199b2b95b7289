//! Requests under way, and the replies that they wait for.

use std::time::Duration;

use super::{RequestError, RequestId};
use crate::time::Instant;

/// The requests that have no reply yet, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests(Vec<(RequestId, Instant)>);

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
        self.0.push((request, due));
        Ok(())
    }

    /// The request that this reply is for. One without an id is for the one request under way, and
    /// for none when there are several. A late one is for none.
    pub(super) fn take(&mut self, reply: Option<RequestId>) -> Option<RequestId> {
        let index = match reply {
            Some(id) => self.0.iter().position(|&(request, _)| request == id),
            None => (self.0.len() == 1).then_some(0),
        }?;
        Some(self.0.remove(index).0)
    }

    /// Takes out one that is overdue.
    pub(super) fn take_overdue(&mut self, now: Instant) -> Option<RequestId> {
        self.due().filter(|&due| due <= now).and_then(|_| self.pop())
    }

    /// Takes out any.
    pub(super) fn pop(&mut self) -> Option<RequestId> {
        (!self.0.is_empty()).then(|| self.0.remove(0).0)
    }

    /// When the first of them is overdue. They all get as long, so that it is the oldest.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.first().map(|&(_, due)| due)
    }

    /// Gives all of them `grace` more from `now`: they were not waited for while the page slept.
    pub(super) fn forgive(&mut self, now: Instant, grace: Duration) {
        for (_, due) in &mut self.0 {
            *due = (*due).max(now + grace);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(second: u64) -> Instant {
        Instant::from_origin(Duration::from_secs(second))
    }

    /// Requests of these ids, the n-th to be answered by second n.
    fn requests(ids: &[u64]) -> Requests {
        let mut requests = Requests::default();
        for (due, &id) in (0..).zip(ids) {
            assert_eq!(requests.begin(RequestId(id), at(due), ids.len()), Ok(()));
        }
        requests
    }

    /// 81.
    #[test]
    fn a_reply_without_an_id_is_for_one_request_and_for_none_of_several() {
        for (under_way, expected) in [(&[][..], None), (&[7], Some(RequestId(7))), (&[7, 8], None)]
        {
            assert_eq!(requests(under_way).take(None), expected, "{under_way:?}");
        }
    }

    /// 81.
    #[test]
    fn a_reply_is_for_one_request_once() {
        let mut requests = requests(&[1, 2, 3]);
        for (id, expected) in [(2, Some(RequestId(2))), (2, None), (9, None)] {
            assert_eq!(requests.take(Some(RequestId(id))), expected);
        }
        assert_eq!(requests.due(), Some(at(0)), "the others still wait");
    }

    /// 81.
    #[test]
    fn those_that_are_overdue_go_oldest_first() {
        let mut requests = requests(&[1, 2, 3]);
        assert_eq!(requests.take_overdue(at(1)), Some(RequestId(1)));
        assert_eq!(requests.take_overdue(at(1)), Some(RequestId(2)));
        assert_eq!(requests.take_overdue(at(1)), None);
        assert_eq!(
            (requests.due(), requests.pop(), requests.pop()),
            (Some(at(2)), Some(RequestId(3)), None)
        );
    }

    #[test]
    fn no_more_than_the_bound_are_under_way() {
        let mut requests = requests(&[1, 2]);
        assert_eq!(requests.begin(RequestId(3), at(9), 2), Err(RequestError::TooMany));
        assert_eq!(requests.take(Some(RequestId(3))), None);
    }

    #[test]
    fn a_grace_brings_no_deadline_forward() {
        let mut requests = requests(&[1, 2, 3]);
        requests.forgive(at(0), Duration::from_secs(1));
        assert_eq!(requests.take_overdue(at(0)), None);
        assert_eq!(requests.take_overdue(at(1)), Some(RequestId(1)));
        assert_eq!(requests.take_overdue(at(1)), Some(RequestId(2)));
        assert_eq!(requests.due(), Some(at(2)));
    }
}
