//! What a server sends: events, and the control messages around them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Event, PlannedPhase, Text};

/// One message of a frame, with its text as it came.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// The JSON text of this message, or the whole frame where it was not JSON.
    pub raw: &'a str,
    /// What was read out of it.
    pub reading: Reading<'a>,
}

/// What was read out of one message.
#[derive(Clone, Debug)]
pub enum Reading<'a> {
    /// Something happened in the session. Boxed, since an event is thirty times a control message.
    Event(Box<Event<'a>>),
    /// The protocol speaks about itself.
    Control(Control<'a>),
    /// It could not be read; the words say what was wrong and where.
    Unreadable(String),
}

/// The messages with which the protocol speaks about itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Control<'a> {
    /// The first frame after the upgrade.
    Hello {
        /// The session that this socket follows.
        session: Text<'a>,
        /// The incarnation of its history.
        epoch: Text<'a>,
        /// The oldest `seq` that the history still has; 0 = none.
        oldest: u64,
        /// The newest `seq`; 0 = none.
        newest: u64,
        /// The interval between heartbeats, in seconds.
        heartbeat_s: u64,
    },
    /// Stands in place of events that the history no longer has.
    Gap {
        /// The first `seq` that is missing.
        from: u64,
        /// The last `seq` that is missing.
        to: u64,
        /// Why, in one word: `trimmed`.
        reason: Text<'a>,
    },
    /// The replay is done; what follows is live.
    Ready {
        /// A sentence for a person.
        message: Text<'a>,
    },
    /// The server is alive.
    Heartbeat {
        /// The last `seq` sent before it on this connection; absent from older servers.
        #[serde(skip_serializing_if = "Option::is_none")]
        newest: Option<u64>,
    },
    /// The answer to a ping.
    Pong {
        /// The ping's timestamp, as it came.
        timestamp: Text<'a>,
    },
    /// A message of this client is stored.
    Ack {
        /// The message's id.
        id: Text<'a>,
    },
    /// A message of this client is refused.
    Nack {
        /// The message's id, where it could be read.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Text<'a>>,
        /// Why, and what to do, in words.
        reason: Text<'a>,
    },
}

/// Reads one text frame: a JSON object, or an array of them.
///
/// Each message is handed to `receive` in order. A message that cannot be read does not disturb
/// its neighbours, and a frame that is not JSON is one unreadable message.
pub fn decode<'a>(frame: &'a str, mut receive: impl FnMut(Message<'a>)) {
    if frame.trim_ascii_start().starts_with('[') {
        match serde_json::from_str::<Vec<&'a RawValue>>(frame) {
            Ok(elements) => {
                for element in elements {
                    receive(decode_one(element.get()));
                }
            }
            Err(error) => receive(unreadable(frame, &error)),
        }
    } else {
        receive(decode_one(frame));
    }
}

fn decode_one(raw: &str) -> Message<'_> {
    match serde_json::from_str::<Fields<'_>>(raw) {
        Ok(fields) => Message { raw, reading: fields.into_reading() },
        Err(error) => unreadable(raw, &error),
    }
}

fn unreadable<'a>(raw: &'a str, error: &serde_json::Error) -> Message<'a> {
    Message { raw, reading: Reading::Unreadable(error.to_string()) }
}

/// Every field that any message may have, read in one pass whatever the message turns out to be:
/// the `type` may stand last.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    session: Option<Text<'a>>,
    #[serde(borrow)]
    epoch: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,

    oldest: Option<u64>,
    newest: Option<u64>,
    heartbeat_s: Option<u64>,
    from: Option<u64>,
    to: Option<u64>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,

    seq: Option<u64>,
    #[serde(borrow)]
    agent: Option<Text<'a>>,
    #[serde(borrow)]
    action: Option<Text<'a>>,
    #[serde(borrow)]
    icon: Option<Text<'a>>,
    #[serde(borrow)]
    level: Option<Text<'a>>,
    #[serde(borrow)]
    phase: Option<Text<'a>>,
    iteration: Option<u32>,
    max_iterations: Option<u32>,
    progress: Option<f64>,
    #[serde(borrow)]
    state: Option<Text<'a>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(borrow)]
    stream: Option<Text<'a>>,
    #[serde(borrow)]
    delta: Option<Text<'a>>,
    #[serde(borrow)]
    parent: Option<Text<'a>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    truncated: Option<bool>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    sent_at: Option<Text<'a>>,
    #[serde(borrow, default)]
    phases: Vec<PlannedPhase<'a>>,
}

impl<'a> Fields<'a> {
    fn into_reading(self) -> Reading<'a> {
        let missing = |field: &str| {
            Reading::Unreadable(format!("a message of type `{}` without `{field}`", self.kind))
        };
        let control = match self.kind.as_str() {
            "hello" => {
                let Some(epoch) = self.epoch else { return missing("epoch") };
                Control::Hello {
                    session: self.session.unwrap_or_default(),
                    epoch,
                    oldest: self.oldest.unwrap_or(0),
                    newest: self.newest.unwrap_or(0),
                    heartbeat_s: self.heartbeat_s.unwrap_or(0),
                }
            }
            "gap" => {
                let Some(from) = self.from else { return missing("from") };
                let Some(to) = self.to else { return missing("to") };
                Control::Gap { from, to, reason: self.reason.unwrap_or_default() }
            }
            "ready" => Control::Ready { message: self.message.unwrap_or_default() },
            "heartbeat" => Control::Heartbeat { newest: self.newest },
            "pong" => Control::Pong { timestamp: self.timestamp.unwrap_or_default() },
            "ack" => {
                let Some(id) = self.id else { return missing("id") };
                Control::Ack { id }
            }
            "nack" => Control::Nack { id: self.id, reason: self.reason.unwrap_or_default() },
            _ => return Reading::Event(Box::new(self.into_event())),
        };
        Reading::Control(control)
    }

    fn into_event(self) -> Event<'a> {
        Event {
            kind: self.kind,
            seq: self.seq,
            session: self.session,
            epoch: self.epoch,
            timestamp: self.timestamp,
            agent: self.agent,
            action: self.action,
            message: self.message,
            icon: self.icon,
            level: self.level,
            phase: self.phase,
            iteration: self.iteration,
            max_iterations: self.max_iterations,
            progress: self.progress,
            state: self.state,
            payload: self.payload,
            stream: self.stream,
            id: self.id,
            delta: self.delta,
            parent: self.parent,
            usage: self.usage,
            truncated: self.truncated,
            content: self.content,
            sent_at: self.sent_at,
            phases: self.phases,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_all(frame: &str) -> Vec<Message<'_>> {
        let mut messages = Vec::new();
        decode(frame, |message| messages.push(message));
        messages
    }

    fn event<'a>(message: &'a Message<'_>) -> &'a Event<'a> {
        match &message.reading {
            Reading::Event(event) => event,
            other => panic!("not an event: {other:?}"),
        }
    }

    fn control<'a>(message: &'a Message<'_>) -> &'a Control<'a> {
        match &message.reading {
            Reading::Control(control) => control,
            other => panic!("not a control message: {other:?}"),
        }
    }

    #[test]
    fn every_control_message_reads_as_it_was_written() {
        let all = [
            Control::Hello {
                session: "s".into(),
                epoch: "e".into(),
                oldest: 3,
                newest: 9,
                heartbeat_s: 30,
            },
            Control::Gap { from: 1, to: 2, reason: "trimmed".into() },
            Control::Ready { message: "go".into() },
            Control::Heartbeat { newest: Some(9) },
            Control::Heartbeat { newest: None },
            Control::Pong { timestamp: "17".into() },
            Control::Ack { id: "m1".into() },
            Control::Nack { id: None, reason: "not JSON".into() },
        ];
        for written in all {
            let frame = serde_json::to_string(&written).expect("plain data");
            assert_eq!(control(&decode_all(&frame)[0]), &written, "{frame}");
        }
    }

    #[test]
    fn an_event_keeps_its_fields_and_its_text() {
        let frame = r#"{"seq":7,"agent":"a","payload":{"x":[1, 2]},"new_field":1,"type":"log"}"#;
        let messages = decode_all(frame);
        assert_eq!(messages[0].raw, frame);
        let event = event(&messages[0]);
        assert_eq!(event.kind.as_str(), "log");
        assert_eq!(event.seq, Some(7));
        assert_eq!(event.payload.map(RawValue::get), Some(r#"{"x":[1, 2]}"#));
    }

    #[test]
    fn null_fields_count_as_absent() {
        let frame = r#"{"type":"agent_start","agent":null,"seq":null,"payload":null}"#;
        let messages = decode_all(frame);
        assert!(event(&messages[0]).agent.is_none());
        assert!(event(&messages[0]).seq.is_none());
    }

    #[test]
    fn a_bad_message_does_not_disturb_its_neighbours() {
        let messages = decode_all(r#" [{"type":"log","seq":1}, 17, {"type":"log","seq":2}]"#);
        assert_eq!(messages.len(), 3);
        assert_eq!(event(&messages[0]).seq, Some(1));
        assert!(matches!(messages[1].reading, Reading::Unreadable(_)));
        assert_eq!(event(&messages[2]).seq, Some(2));
    }

    #[test]
    fn what_is_not_json_is_one_unreadable_message() {
        for frame in ["", "hello", "{\"type\":", "[{\"type\":\"log\"}", "{\"type\":[]}", "null"] {
            let messages = decode_all(frame);
            assert_eq!(messages.len(), 1, "{frame:?}");
            assert!(matches!(messages[0].reading, Reading::Unreadable(_)), "{frame:?}");
            assert_eq!(messages[0].raw, frame);
        }
    }

    #[test]
    fn a_control_message_without_what_it_needs_says_what_is_missing() {
        let messages = decode_all(r#"{"type":"gap","from":1}"#);
        let Reading::Unreadable(reason) = &messages[0].reading else {
            panic!("a gap without an end was read: {messages:?}")
        };
        assert_eq!(reason, "a message of type `gap` without `to`");
    }
}
