//! The inbox: what a follower's messages ask for, and what they are answered.
//!
//! It does not know the socket that they come from.

use agent_activity::wire::{self, ClientMessage, Control, Text};
use serde::Deserialize;

use crate::session::Session;

/// What could be read of a message that is not one.
#[derive(Default, Deserialize)]
struct Unknown<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
}

/// Does what one message asks for, and returns the answer.
#[must_use]
pub fn answer<'a>(session: &Session, message: &'a str) -> Control<'a> {
    match serde_json::from_str(message) {
        Ok(ClientMessage::Ping { timestamp }) => Control::Pong { timestamp: Some(timestamp) },
        Ok(ClientMessage::Message { id, .. } | ClientMessage::Cancel { id })
            if !wire::is_valid_id(&id) =>
        {
            let reason = format!(
                "an id has 1 to {} of the characters A-Z a-z 0-9 . _ ~ -",
                wire::ID_LENGTH_MAX
            );
            nack(Some(id), reason)
        }
        Ok(ClientMessage::Cancel { id }) => {
            match session.cancel_once(&id, "Cancelled on request") {
                Ok(()) => Control::Ack { id },
                Err(_) => nack(Some(id), "the session has ended"),
            }
        }
        Ok(ClientMessage::Message { id, .. }) => {
            nack(Some(id), "this gateway does not hand messages to agents")
        }
        Err(error) => refuse(message, &error),
    }
}

fn refuse<'a>(message: &'a str, error: &serde_json::Error) -> Control<'a> {
    if error.is_syntax() || error.is_eof() {
        return nack(None, format!("not JSON: {error}"));
    }
    let Unknown { kind, id } = serde_json::from_str(message).unwrap_or_default();
    match kind {
        Some(kind) => nack(id, format!("a message of type {:?} is not taken: {error}", &*kind)),
        None => nack(id, "not a message: it must be a JSON object with a `type`"),
    }
}

fn nack<'a>(id: Option<Text<'a>>, reason: impl Into<String>) -> Control<'a> {
    Control::Nack { id, reason: Text::from(reason.into()) }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn session() -> Session {
        let history_max = NonZeroUsize::new(10).expect("not zero");
        Session::new("s".into(), "e".into(), history_max)
    }

    fn check_nack(message: &str, id: Option<&str>, words: &str) {
        match answer(&session(), message) {
            Control::Nack { id: actual, reason } => {
                assert_eq!(actual.as_deref(), id, "{message}");
                assert!(reason.contains(words), "{reason}");
            }
            other => panic!("{message} was answered with {other:?}"),
        }
    }

    #[test]
    fn a_ping_is_echoed() {
        let answer = answer(&session(), r#"{"type":"ping","timestamp":17}"#);
        assert_eq!(answer, Control::Pong { timestamp: Some(17) });
    }

    #[test]
    fn a_cancel_is_acknowledged_however_often_it_comes() {
        let session = session();
        for _ in 0..2 {
            let answer = answer(&session, r#"{"type":"cancel","id":"c"}"#);
            assert_eq!(answer, Control::Ack { id: "c".into() });
        }
        let late = answer(&session, r#"{"type":"cancel","id":"d"}"#);
        let reason = "the session has ended".into();
        assert_eq!(late, Control::Nack { id: Some("d".into()), reason });
    }

    #[test]
    fn what_cannot_be_taken_is_refused_with_a_reason() {
        check_nack("hello", None, "not JSON");
        check_nack("", None, "not JSON");
        check_nack("17", None, "a JSON object with a `type`");
        check_nack(r#"{"id":"x"}"#, Some("x"), "a JSON object with a `type`");
        check_nack(r#"{"type":"dance","id":"x"}"#, Some("x"), "\"dance\"");
        check_nack(r#"{"type":"ping"}"#, None, "timestamp");
        check_nack(r#"{"type":"cancel","id":"a b"}"#, Some("a b"), "an id has");
        check_nack(
            r#"{"type":"message","id":"m","content":"hi","sent_at":1}"#,
            Some("m"),
            "does not hand messages to agents",
        );
    }
}
