//! Dialects: how one kind of backend speaks.
//!
//! A dialect turns text frames into [`Signal`]s, which are all that the connection hears, and
//! [`Operation`]s, which are all that the activity model hears. It decides nothing: not what to
//! show, not when to reconnect.

mod native;
mod operation;

pub use native::Native;
pub use operation::{Entry, Level, Operation, PhaseRef};

use crate::connection::Signal;

/// Whoever takes what a dialect reads, message by message: first the signal, then, if the answer
/// was yes, the operations.
pub trait Receiver {
    /// Takes what a message means for the connection. Whether it is to be shown: it is new, and the
    /// socket that it came from still counts.
    fn signal(&mut self, signal: Signal) -> bool;

    /// Takes one change of the activity.
    fn operate(&mut self, operation: Operation<'_>);
}
