//! What a client sends.

use serde::{Deserialize, Serialize};

use super::Text;

/// One message of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage<'a> {
    /// Asks for a `pong` with the same timestamp.
    Ping {
        /// The client's clock in milliseconds; the server echoes it and reads nothing into it.
        timestamp: u64,
    },
    /// A message of a person to the agents; stored once however often its id arrives.
    Message {
        /// Names the message within its session.
        #[serde(borrow)]
        id: Text<'a>,
        /// What the person wrote.
        #[serde(borrow)]
        content: Text<'a>,
        /// When, in milliseconds since 1970.
        sent_at: u64,
    },
    /// Asks to end the run.
    Cancel {
        /// Names the request within its session.
        #[serde(borrow)]
        id: Text<'a>,
    },
}

/// The text of a ping. Nothing in it needs escaping, so that the page does without a serialiser.
#[must_use]
pub fn ping(timestamp: u64) -> String {
    format!("{{\"type\":\"ping\",\"timestamp\":{timestamp}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_written_as_any_message_is() {
        let message = ClientMessage::Ping { timestamp: 17 };
        assert_eq!(serde_json::to_string(&message).ok(), Some(ping(17)));
    }

    #[test]
    fn messages_read_as_they_were_written() {
        let all = [
            ClientMessage::Ping { timestamp: 1_700_000_000_000 },
            ClientMessage::Message { id: "m".into(), content: "a\nb".into(), sent_at: 5 },
            ClientMessage::Cancel { id: "c".into() },
        ];
        for written in all {
            let frame = serde_json::to_string(&written).expect("plain data");
            let read: ClientMessage<'_> = serde_json::from_str(&frame).expect("its own text");
            assert_eq!(read, written);
        }
    }
}
