//! The layer that touches the browser: sockets, timers, clocks, addresses, HTTP, the life
//! of the page.
//!
//! It does what a [`Session`](crate::session::Session) asks and tells it what happens. It decides
//! nothing and shows nothing.

mod alarm;
mod arrivals;
mod clipboard;
mod clock;
mod document;
mod download;
mod driver;
mod file;
mod frame;
mod http;
mod inbox;
mod lifecycle;
mod neighbours;
mod notification;
mod page;
mod resize;
mod socket;
mod title;

pub use clipboard::{copy_text, selected_text};
pub use clock::{random_id, random_seed, wall_ms};
pub use document::{mark_crashed, take_root};
pub use download::Download;
pub use driver::{Driver, TokenAnswer, TokenProvider};
pub use file::{FileEvent, FileReading, TakeFile, chosen_file};
pub use frame::Frame;
pub use http::{Answered, HttpError, Json, get, post};
pub use notification::{Notice, Notifying, ask_to_notify, is_hidden, notifying};
pub use page::{Page, SessionUrl, confirm, go_to_session};
pub use resize::{ResizeWatch, computed_px};
pub use title::TitlePrefix;
