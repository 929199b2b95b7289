//! The wire types of the native protocol: what one text frame may hold.
//!
//! Both ends use these definitions; `docs/protocol.md` describes them in words. This module knows
//! JSON and nothing else: not what a message means for the connection, nor what it does to the
//! activity model. Strings borrow from the frame, so that reading an event allocates nothing
//! unless a string holds an escape.

mod client;
mod event;
mod fields;
mod identity;
mod raw;
mod server;
mod text;

pub use client::{ClientMessage, cancel, json_string, message, ping};
pub use event::{Event, PlannedPhase, kind};
pub use identity::{ContentIdentity, content_identity, text_identity};
pub use raw::{Object, RawJson, elements, field, rest};
pub use server::{Control, Message, Reading, decode, split};
pub use text::Text;

/// The path, before the session id, at which a server of this protocol takes WebSockets.
pub const SOCKET_PATH: &str = "/ws/strategy/progress";

/// The most characters that a session or message id may have.
pub const ID_LENGTH_MAX: usize = 128;

/// Whether `id` may name a session or a message: 1 to [`ID_LENGTH_MAX`] of `A-Z a-z 0-9 . _ ~ -`,
/// the characters that a URL carries as they are.
#[must_use]
pub fn is_valid_id(id: &str) -> bool {
    (1..=ID_LENGTH_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte))
}

/// The number that `digits` count; `None` of anything else, and from 2⁶³ on.
#[must_use]
pub fn count(digits: &str) -> Option<u64> {
    // Signed, as the page reads all its numbers: each way of reading them has its weight.
    digits.parse::<i64>().ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_bounded_and_need_no_encoding() {
        assert!(is_valid_id("a"));
        assert!(is_valid_id("A-Z.0_9~"));
        assert!(is_valid_id(&"x".repeat(ID_LENGTH_MAX)));
        assert!(!is_valid_id(""));
        assert!(!is_valid_id(&"x".repeat(ID_LENGTH_MAX + 1)));
        for id in ["a b", "a/b", "a?b", "ä", "a\n", "%41"] {
            assert!(!is_valid_id(id), "{id:?}");
        }
    }
}
