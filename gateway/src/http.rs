//! The HTTP side: each file answers the requests of one kind.

pub mod door;
pub mod error;
pub mod page;
pub mod publish;
pub mod sessions;
pub mod socket;
pub mod workflows;
