//! A message of a person to the agents, as it is stored and as an agent reads it.
//!
//! It does not know who has read it, nor where it is kept.

use agent_activity::wire::ClientMessage;

/// A message of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    id: String,
    /// One JSON object, and a line feed.
    line: String,
}

impl Message {
    /// A message with a valid `id`.
    #[must_use]
    pub fn new(id: &str, content: &str, sent_at: u64) -> Self {
        let message = ClientMessage::Message { id: id.into(), content: content.into(), sent_at };
        let mut line = serde_json::to_string(&message).expect("a message is plain data");
        line.push('\n');
        Self { id: id.to_owned(), line }
    }

    /// Names it within its session.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The message as a JSON object, in one line.
    #[must_use]
    pub fn json(&self) -> &str {
        self.line.trim_end()
    }

    /// The same with a line feed, as an agent reads it.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_line_whatever_it_says() {
        let message = Message::new("m", "a\nb\r\u{2028}\"", 5);
        let json = r#"{"type":"message","id":"m","content":"a\nb\r"#.to_owned() + "\u{2028}\\\"\",";
        assert_eq!(message.json(), json + r#""sent_at":5}"#);
        assert_eq!(message.line(), format!("{}\n", message.json()));
    }
}
