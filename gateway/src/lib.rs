//! agent-gateway: runs multi-agent workflows and streams what they do.
//!
//! ```text
//!             ┌─ run ── agent ── child processes
//!             ├─ feeder ── standard input of an agent
//!  http ── session ── history
//!             └─ follower ── WebSocket
//! ```
//!
//! A [`session`] is in the middle: a [`run`] or a publisher appends to it, any number of
//! [`follower`]s read from it at their own pace, and neither side knows the other. What followers say
//! to the agents goes the other way, through a [`feeder`]. What goes over the wire is defined by [`agent_activity::wire`], which the page uses too.

pub mod agent;
pub mod app;
pub mod config;
pub mod draft;
pub mod feeder;
pub mod follower;
pub mod history;
pub mod http;
pub mod inbox;
pub mod library;
pub mod lines;
pub mod message;
pub mod origin;
pub mod registry;
pub mod run;
pub mod server;
pub mod session;
pub mod workflow;

pub use server::Server;
