//! The inbox: what a follower's messages ask for, and what they are answered.
//!
//! It does not know the socket that they come from.

use agent_activity::wire::{self, ClientMessage, Control, Text};
use serde::Deserialize;

use crate::{
    message::Message,
    session::{NotTaken, Session},
};

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
            let taken = session.cancel_once(&id, "Cancelled on request");
            acknowledge(id, taken)
        }
        Ok(ClientMessage::Message { id, content, sent_at }) => {
            let taken = session.store(&Message::new(&id, &content, sent_at));
            acknowledge(id, taken)
        }
        Err(error) => refuse(message, &error),
    }
}

fn acknowledge(id: Text<'_>, taken: Result<(), NotTaken>) -> Control<'_> {
    match taken {
        Ok(()) => Control::Ack { id },
        Err(NotTaken::Ended) => nack(Some(id), "the session has ended"),
        Err(NotTaken::TooMany) => nack(
            Some(id),
            "the session remembers as many ids as it may (--max-message-ids) and takes no new one",
        ),
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
    use super::*;
    use crate::session::Limits;

    fn session() -> Session {
        Session::new("s".into(), "e".into(), Limits::of_tests())
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
    fn a_message_is_acknowledged_however_often_it_comes_and_stored_once() {
        let session = session();
        for content in ["first", "first", "second"] {
            let message =
                format!(r#"{{"type":"message","id":"m","content":"{content}","sent_at":1}}"#);
            assert_eq!(answer(&session, &message), Control::Ack { id: "m".into() });
        }
        let batch = session.read(0, u64::MAX, usize::MAX);
        assert_eq!(batch.events.len(), 1);
        assert!(batch.events[0].contains(r#""content":"first""#), "{}", batch.events[0]);
    }

    #[test]
    fn one_id_too_many_is_refused_and_the_known_ones_stay_known() {
        let session = session();
        session.start("w", "W").expect("the first");
        for kind in ["message", "cancel"] {
            let message =
                |id: u32| format!(r#"{{"type":"{kind}","id":"{id}","content":"","sent_at":1}}"#);
            for id in 1..=4 {
                let ack = Control::Ack { id: id.to_string().into() };
                assert_eq!(answer(&session, &message(id)), ack);
            }
            match answer(&session, &message(5)) {
                Control::Nack { reason, .. } => assert!(reason.contains("--max-message-ids")),
                other => panic!("answered with {other:?}"),
            }
            assert_eq!(answer(&session, &message(1)), Control::Ack { id: "1".into() });
        }
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
            r#"{"type":"message","id":"","content":"hi","sent_at":1}"#,
            Some(""),
            "an id has",
        );
        check_nack(r#"{"type":"message","id":"m","sent_at":1}"#, Some("m"), "content");
        check_nack(r#"{"type":"message","id":"m","content":"hi","sent_at":-1}"#, Some("m"), "-1");
    }
}
