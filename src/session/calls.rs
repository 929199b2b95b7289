//! Requests that were made here and have no reply yet.

use crate::connection::RequestId;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// Its parameters, as JSON text.
    pub params: String,
}

/// The calls under way, each until it is answered. The connection bounds how many.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    last: u64,
    pending: Vec<(RequestId, Call)>,
}

impl Calls {
    /// Takes a call in, and names it. No name is ever used again.
    pub(super) fn begin(&mut self, call: Call) -> RequestId {
        self.last = self.last.saturating_add(1);
        let id = RequestId(self.last);
        self.pending.push((id, call));
        id
    }

    pub(super) fn get(&self, id: RequestId) -> Option<&Call> {
        self.pending.iter().find(|(known, _)| *known == id).map(|(_, call)| call)
    }

    pub(super) fn end(&mut self, id: RequestId) {
        self.pending.retain(|(known, _)| *known != id);
    }
}
