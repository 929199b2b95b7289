//! The layer that touches the browser: sockets, timers, clocks, addresses, HTTP.
//!
//! It does what a [`Session`](crate::session::Session) asks and tells it what happens. It decides
//! nothing and shows nothing.

mod alarm;
mod clock;
mod driver;
mod http;
mod page;
mod socket;

pub use clock::wall_ms;
pub use driver::Driver;
pub use http::{HttpError, get_json, post_json};
pub use page::Page;
