//! What must hold, whatever happens. The checkers see what goes in and out, and what the server
//! knows; they know nothing of the machine.

mod calls;
mod log;
mod messages;
mod sockets;

pub(crate) use calls::CallCheck;
pub(crate) use log::LogCheck;
pub(crate) use messages::MessageCheck;
pub(crate) use sockets::{Bounds, SocketCheck};

/// What did not hold, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation(pub(crate) String);

pub(crate) type Result<T = ()> = std::result::Result<T, Violation>;

/// Fails with a sentence unless a condition holds.
macro_rules! ensure {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err($crate::check::Violation(format!($($words)+)));
        }
    };
}
pub(crate) use ensure;
