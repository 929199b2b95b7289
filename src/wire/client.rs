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

/// The text of a ping. Written by hand, as all that a page sends: a serialiser would cost it
/// several kilobytes.
#[must_use]
pub fn ping(timestamp: u64) -> String {
    format!("{{\"type\":\"ping\",\"timestamp\":{timestamp}}}")
}

/// The text of a message.
#[must_use]
pub fn message(id: &str, content: &str, sent_at: u64) -> String {
    let (id, content) = (json_string(id), json_string(content));
    format!("{{\"type\":\"message\",\"id\":{id},\"content\":{content},\"sent_at\":{sent_at}}}")
}

/// The text of a cancel.
#[must_use]
pub fn cancel(id: &str) -> String {
    format!("{{\"type\":\"cancel\",\"id\":{}}}", json_string(id))
}

/// `text` as a JSON string, quotes included (RFC 8259 section 7).
#[must_use]
pub fn json_string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\0'..='\x1f' => {
                json.push_str(if character < '\x10' { "\\u000" } else { "\\u001" });
                json.extend(char::from_digit(u32::from(character) & 0xf, 16));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_by_hand_is_what_a_serialiser_writes() {
        let content = "a\"b\\c\nd\re\u{1}f\u{1f}g\u{7f}hü🎯\u{2028}";
        let written = [
            (ClientMessage::Ping { timestamp: 17 }, ping(17)),
            (
                ClientMessage::Message { id: "m".into(), content: content.into(), sent_at: 5 },
                message("m", content, 5),
            ),
            (ClientMessage::Cancel { id: "c".into() }, cancel("c")),
        ];
        for (meant, text) in written {
            let read: ClientMessage<'_> = serde_json::from_str(&text).expect("JSON");
            assert_eq!(read, meant, "{text}");
        }
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
