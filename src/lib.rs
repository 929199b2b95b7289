//! Follow a multi-agent workflow live in a web page.
//!
//! A pure [`connection::Connection`] decides, a driver does, a [`session::Session`] remembers, and
//! the views show. The layers, each of which names only what stands before it here:
//!
//! 1. [`time`]: instants and timestamps as values; reads no clock.
//! 2. [`wire`]: the messages of the native protocol; knows JSON and nothing of what it means.
//! 3. [`connection`]: the state machine; knows neither messages' contents nor a browser.
//! 4. [`dialect`]: turns frames into signals and operations; decides nothing.
//! 5. [`activity`]: phases, log and run; knows neither sockets nor screens.
//! 6. [`session`]: joins the three for one session; does no I/O.
//! 7. [`web`]: sockets, timers, clocks and addresses of the browser; decides nothing.
//! 8. [`ui`]: the views.
//!
//! Without the feature `ui` the last two are absent, and no browser crate is in the tree.

pub mod activity;
pub mod connection;
pub mod dialect;
pub mod session;
pub mod time;
#[cfg(feature = "ui")]
pub mod ui;
#[cfg(feature = "ui")]
pub mod web;
pub mod wire;
