//! The fields of one message, whatever the message turns out to be.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::Text;

/// Every field that any message may have, read in one pass: the `type` may stand last.
///
/// Read by a visitor of its own and not by a derived one: fields of one kind share one way of being
/// read, which is a third of the code in a page that counts its bytes.
#[derive(Default)]
pub(super) struct Fields<'a> {
    texts: [Option<Text<'a>>; TextField::COUNT],
    numbers: [Option<u64>; NumberField::COUNT],
    raws: [Option<&'a RawValue>; RawField::COUNT],
    pub(super) progress: Option<f64>,
    pub(super) truncated: Option<bool>,
}

/// The fields that hold a string.
#[derive(Clone, Copy)]
pub(super) enum TextField {
    Kind,
    Session,
    Epoch,
    Message,
    Timestamp,
    Id,
    Reason,
    Agent,
    Action,
    Icon,
    Level,
    Phase,
    State,
    Stream,
    Delta,
    Parent,
    Content,
    SentAt,
    Label,
}

impl TextField {
    const COUNT: usize = Self::Label as usize + 1;
}

/// The fields that hold a number that counts.
#[derive(Clone, Copy)]
pub(super) enum NumberField {
    Seq,
    Oldest,
    Newest,
    Heartbeat,
    From,
    To,
    Iteration,
    MaxIterations,
}

impl NumberField {
    const COUNT: usize = Self::MaxIterations as usize + 1;
}

/// The fields whose JSON is kept as text.
#[derive(Clone, Copy)]
pub(super) enum RawField {
    Payload,
    Usage,
    Phases,
}

impl RawField {
    const COUNT: usize = Self::Phases as usize + 1;
}

impl<'a> Fields<'a> {
    /// Takes the string of this field.
    pub(super) fn text(&mut self, field: TextField) -> Option<Text<'a>> {
        self.texts[field as usize].take()
    }

    pub(super) const fn number(&self, field: NumberField) -> Option<u64> {
        self.numbers[field as usize]
    }

    pub(super) const fn raw(&self, field: RawField) -> Option<&'a RawValue> {
        self.raws[field as usize]
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(Key(field)) = map.next_key()? {
            match field {
                Field::Text(field) => fields.texts[field as usize] = map.next_value()?,
                Field::Number(field) => fields.numbers[field as usize] = map.next_value()?,
                Field::Raw(field) => fields.raws[field as usize] = map.next_value()?,
                Field::Progress => fields.progress = map.next_value()?,
                Field::Truncated => fields.truncated = map.next_value()?,
                Field::Unknown => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

enum Field {
    Text(TextField),
    Number(NumberField),
    Raw(RawField),
    Progress,
    Truncated,
    Unknown,
}

impl Field {
    fn named(name: &str) -> Self {
        match name {
            "type" => Self::Text(TextField::Kind),
            "session" => Self::Text(TextField::Session),
            "epoch" => Self::Text(TextField::Epoch),
            "message" => Self::Text(TextField::Message),
            "timestamp" => Self::Text(TextField::Timestamp),
            "id" => Self::Text(TextField::Id),
            "reason" => Self::Text(TextField::Reason),
            "agent" => Self::Text(TextField::Agent),
            "action" => Self::Text(TextField::Action),
            "icon" => Self::Text(TextField::Icon),
            "level" => Self::Text(TextField::Level),
            "phase" => Self::Text(TextField::Phase),
            "state" => Self::Text(TextField::State),
            "stream" => Self::Text(TextField::Stream),
            "delta" => Self::Text(TextField::Delta),
            "parent" => Self::Text(TextField::Parent),
            "content" => Self::Text(TextField::Content),
            "sent_at" => Self::Text(TextField::SentAt),
            "label" => Self::Text(TextField::Label),
            "seq" => Self::Number(NumberField::Seq),
            "oldest" => Self::Number(NumberField::Oldest),
            "newest" => Self::Number(NumberField::Newest),
            "heartbeat_s" => Self::Number(NumberField::Heartbeat),
            "from" => Self::Number(NumberField::From),
            "to" => Self::Number(NumberField::To),
            "iteration" => Self::Number(NumberField::Iteration),
            "max_iterations" => Self::Number(NumberField::MaxIterations),
            "payload" => Self::Raw(RawField::Payload),
            "usage" => Self::Raw(RawField::Usage),
            "phases" => Self::Raw(RawField::Phases),
            "progress" => Self::Progress,
            "truncated" => Self::Truncated,
            _ => Self::Unknown,
        }
    }
}

/// The name of a field.
struct Key(Field);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
        Ok(Key(Field::named(name)))
    }
}
