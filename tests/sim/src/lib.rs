//! Simulates bad networks, servers, pages and machines around agent-activity's connection.
//!
//! `README.md` beside this says what is checked, how to run it, and how to read a failure. Nothing
//! here reads a clock or starts a thread: one seed gives the same run on every target.

mod check;
pub mod exhaustive;
pub mod golden;
pub mod herd;
mod network;
mod options;
mod page;
mod plan;
mod rng;
mod server;
mod shrink;
pub mod swarm;
pub mod tabs;
mod trace;
mod world;

pub use world::Report;
