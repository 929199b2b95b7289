//! The views. They show what a [`Session`](crate::session::Session) knows and hand on what people
//! do; they decide nothing about the connection.

#![expect(unreachable_pub, reason = "the component macro writes `pub` whatever the component says")]

mod announcer;
mod app;
mod composer;
mod deferred;
mod dom;
mod follow;
mod format;
mod header;
mod launcher;
mod live;
mod log;
mod note;
mod notify;
mod outcome;
mod pace;
mod phases;
mod record;
mod replay;
mod status;
mod timeline;
mod title;
mod unseen;
mod words;

pub use app::App;
pub use follow::Follow;
