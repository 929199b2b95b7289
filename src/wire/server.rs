//! What a server sends: events, and the control messages around them.

use super::{
    Event, PlannedPhase, Text, count,
    fields::{Fields, NumberField, RawField, TextField},
    raw::{RawJson, elements},
};
use agent_activity_json::Reader;
use serde::Serialize;

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
    /// It could not be read.
    Unreadable {
        /// What was wrong and where, in words.
        reason: String,
        /// Its number, where at least that could be read: the message counts all the same.
        seq: Option<u64>,
    },
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
        /// The ping's timestamp, where it could be read.
        #[serde(skip_serializing_if = "Option::is_none")]
        timestamp: Option<u64>,
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
    split(frame, |raw| receive(Message::read(raw)));
}

/// Hands the text of each message of a frame to `receive`: of each element where the frame is an
/// array, else of the frame as a whole.
pub fn split<'a>(frame: &'a str, mut receive: impl FnMut(&'a str)) {
    match elements(frame) {
        Some(messages) => messages.into_iter().map(RawJson::as_str).for_each(receive),
        None => receive(frame),
    }
}

impl<'a> Message<'a> {
    /// Reads one message.
    #[must_use]
    pub fn read(raw: &'a str) -> Self {
        let reading = match parse(raw) {
            Ok(fields) => {
                let seq = fields.number(NumberField::Seq);
                into_reading(fields).unwrap_or_else(|reason| Reading::Unreadable { reason, seq })
            }
            Err(reason) => Reading::Unreadable { reason, seq: None },
        };
        Self { raw, reading }
    }
}

fn parse(json: &str) -> Result<Fields<'_>, String> {
    let mut reader = Reader::new(json);
    let mut fields = Fields::default();
    let is_object = reader.peek() == Some(b'{');
    let read = if is_object {
        reader.fields(&mut |name, value| fields.take(name, RawJson::new(value)))
    } else {
        reader.value().map(drop)
    };
    if read.is_none() || !reader.is_done() {
        let (line, column) = reader.place();
        return Err(format!("not JSON from line {line}, column {column} on"));
    }
    if is_object { Ok(fields) } else { Err("not a JSON object".to_owned()) }
}

/// What the fields amount to; what is wrong with them otherwise.
fn into_reading(mut fields: Fields<'_>) -> Result<Reading<'_>, String> {
    use {NumberField as N, TextField as T};

    if let Some(name) = fields.wrong {
        return Err(format!("a message whose `{name}` is of the wrong kind"));
    }
    let kind = fields.text(T::Kind).ok_or("a message without `type`")?;
    let missing = |field: &str| format!("a message of type `{kind}` without `{field}`");
    let control = match kind.as_str() {
        "hello" => Control::Hello {
            session: fields.text(T::Session).unwrap_or_default(),
            epoch: fields.text(T::Epoch).ok_or_else(|| missing("epoch"))?,
            oldest: fields.number(N::Oldest).unwrap_or(0),
            newest: fields.number(N::Newest).unwrap_or(0),
            heartbeat_s: fields.number(N::Heartbeat).unwrap_or(0),
        },
        "gap" => Control::Gap {
            from: fields.number(N::From).ok_or_else(|| missing("from"))?,
            to: fields.number(N::To).ok_or_else(|| missing("to"))?,
            reason: fields.text(T::Reason).unwrap_or_default(),
        },
        "ready" => Control::Ready { message: fields.text(T::Message).unwrap_or_default() },
        "heartbeat" => Control::Heartbeat { newest: fields.number(N::Newest) },
        "pong" => {
            Control::Pong { timestamp: fields.text(T::Timestamp).and_then(|text| count(&text)) }
        }
        "ack" => Control::Ack { id: fields.text(T::Id).ok_or_else(|| missing("id"))? },
        "nack" => Control::Nack {
            id: fields.text(T::Id),
            reason: fields.text(T::Reason).unwrap_or_default(),
        },
        _ => return into_event(kind, fields).map(|event| Reading::Event(Box::new(event))),
    };
    Ok(Reading::Control(control))
}

fn into_event<'a>(kind: Text<'a>, mut fields: Fields<'a>) -> Result<Event<'a>, String> {
    use {NumberField as N, RawField as R, TextField as T};

    let small = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
    let phases = fields.raw(R::Phases).map(planned_phases).transpose()?.unwrap_or_default();
    Ok(Event {
        kind,
        seq: fields.number(N::Seq),
        session: fields.text(T::Session),
        epoch: fields.text(T::Epoch),
        timestamp: fields.text(T::Timestamp),
        agent: fields.text(T::Agent),
        action: fields.text(T::Action),
        message: fields.text(T::Message),
        icon: fields.text(T::Icon),
        level: fields.text(T::Level),
        phase: fields.text(T::Phase),
        iteration: small(fields.number(N::Iteration)),
        max_iterations: small(fields.number(N::MaxIterations)),
        progress: fields.progress,
        state: fields.text(T::State),
        payload: fields.raw(R::Payload),
        stream: fields.text(T::Stream),
        id: fields.text(T::Id),
        delta: fields.text(T::Delta),
        parent: fields.text(T::Parent),
        usage: fields.raw(R::Usage),
        truncated: fields.truncated,
        content: fields.text(T::Content),
        sent_at: fields.text(T::SentAt),
        phases,
        has_more: fields.has_more,
    })
}

/// The phases of a plan; those without an id are none.
fn planned_phases(phases: RawJson<'_>) -> Result<Vec<PlannedPhase<'_>>, String> {
    let phases = elements(phases.as_str()).ok_or("a message whose `phases` is not a list")?;
    let mut planned = Vec::new();
    for phase in phases {
        let mut fields = parse(phase.as_str())?;
        planned.extend(fields.text(TextField::Id).map(|id| PlannedPhase {
            id,
            label: fields.text(TextField::Label),
            agent: fields.text(TextField::Agent),
            state: fields.text(TextField::State),
        }));
    }
    Ok(planned)
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
            Control::Pong { timestamp: Some(17) },
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
        assert_eq!(event.payload.map(RawJson::as_str), Some(r#"{"x":[1, 2]}"#));
    }

    #[test]
    fn a_plan_names_its_phases() {
        let frame =
            r#"{"type":"plan","phases":[{"id":"a","label":"A"},{"id":"b","agent":"x"},{}]}"#;
        let messages = decode_all(frame);
        let phases = &event(&messages[0]).phases;
        assert_eq!(phases.len(), 2);
        assert_eq!(phases[0].label.as_deref(), Some("A"));
        assert_eq!(phases[1].agent.as_deref(), Some("x"));
        let messages = decode_all(r#"{"type":"plan","phases":17}"#);
        assert!(matches!(messages[0].reading, Reading::Unreadable { .. }));
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
        assert!(matches!(messages[1].reading, Reading::Unreadable { .. }));
        assert_eq!(event(&messages[2]).seq, Some(2));
    }

    #[test]
    fn what_is_not_json_is_one_unreadable_message() {
        for frame in ["", "hello", "{\"type\":", "[{\"type\":\"log\"}", "{\"type\":[]}", "null"] {
            let messages = decode_all(frame);
            assert_eq!(messages.len(), 1, "{frame:?}");
            assert!(matches!(messages[0].reading, Reading::Unreadable { .. }), "{frame:?}");
            assert_eq!(messages[0].raw, frame);
        }
    }

    #[test]
    fn a_field_of_the_wrong_kind_is_named() {
        for (frame, name) in [
            (r#"{"type":"log","seq":"7"}"#, "seq"),
            (r#"{"type":"log","seq":-1}"#, "seq"),
            (r#"{"type":"log","seq":1.5}"#, "seq"),
            (r#"{"type":"log","message":{"a":1}}"#, "message"),
            (r#"{"type":[]}"#, "type"),
            (r#"{"type":"log","progress":"half"}"#, "progress"),
        ] {
            let messages = decode_all(frame);
            let Reading::Unreadable { reason, .. } = &messages[0].reading else {
                panic!("{frame} was read: {messages:?}")
            };
            assert_eq!(reason, &format!("a message whose `{name}` is of the wrong kind"));
        }
    }

    #[test]
    fn an_unreadable_message_keeps_its_number() {
        let messages = decode_all(r#"{"type":"log","progress":"half","seq":7}"#);
        assert!(matches!(messages[0].reading, Reading::Unreadable { seq: Some(7), .. }));
    }

    #[test]
    fn a_control_message_without_what_it_needs_says_what_is_missing() {
        let messages = decode_all(r#"{"type":"gap","from":1}"#);
        let Reading::Unreadable { reason, .. } = &messages[0].reading else {
            panic!("a gap without an end was read: {messages:?}")
        };
        assert_eq!(reason, "a message of type `gap` without `to`");
    }
}
