//! Follow a multi-agent workflow live in a web page.

pub mod connection;
pub mod wire;
