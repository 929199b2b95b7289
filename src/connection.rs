//! The connection: what joins the page to one session.

mod close;

pub use close::CloseCode;
