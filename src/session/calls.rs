//! Requests that were made here and have no reply yet.

use crate::{connection::RequestId, dialect::Call};

/// Names one call of the host's: they are counted from 1 in the order in which they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// The calls under way, each until it is answered. The connection bounds how many.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    /// How many the host has made.
    made: u64,
    last: u64,
    pending: Vec<Pending>,
}

#[derive(Clone, Debug)]
struct Pending {
    request: RequestId,
    /// Whose reply the host waits for; `None` of a call that the session made by itself.
    call: Option<CallId>,
    what: Call,
}

impl Calls {
    /// Takes in a call of the host's.
    pub(super) fn begin(&mut self, what: Call) -> RequestId {
        self.made = self.made.saturating_add(1);
        self.push(Some(CallId(self.made)), what)
    }

    /// Takes in a call of the session's own.
    pub(super) fn begin_own(&mut self, what: Call) -> RequestId {
        self.push(None, what)
    }

    /// No name is ever used again.
    fn push(&mut self, call: Option<CallId>, what: Call) -> RequestId {
        self.last = self.last.saturating_add(1);
        let request = RequestId(self.last);
        self.pending.push(Pending { request, call, what });
        request
    }

    pub(super) fn get(&self, request: RequestId) -> Option<&Call> {
        self.pending.iter().find(|pending| pending.request == request).map(|pending| &pending.what)
    }

    /// The request has all that it will ever get; the call of the host's that it was made for.
    pub(super) fn end(&mut self, request: RequestId) -> Option<CallId> {
        let index = self.pending.iter().position(|pending| pending.request == request)?;
        self.pending.remove(index).call
    }
}
