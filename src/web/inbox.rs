//! What the browser and the host say, until the session takes it in.

use crate::{
    connection::{FetchId, SocketId},
    session::{Call, Input, Reply},
};

/// What waits in the inbox.
pub(super) enum Event {
    /// Something that the session takes as it is.
    Input(Input<'static>),
    /// A text frame came in.
    Text(SocketId, String),
    /// An HTTP request has ended.
    Fetched {
        /// Which.
        id: FetchId,
        /// The status of the answer; 0 = there was none.
        status: u16,
        /// Its body.
        body: String,
    },
    /// The host makes a call, and wants to know what comes of it.
    Call(Call, Replied),
    /// The page's own security policy does not allow connections to this address; it is reported in
    /// full, or no more of it than the origin or the scheme.
    Blocked(String),
}

/// Whoever waits for the reply to a call.
pub(super) type Replied = Box<dyn FnOnce(Reply)>;
