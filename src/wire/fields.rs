//! The fields of one message, whatever the message turns out to be.

use std::borrow::Cow;

use serde::de::{IgnoredAny, MapAccess};

use super::{Text, value::Value};

/// Every field that any message may have, read in one pass: the `type` may stand last.
///
/// Read by hand and not by a derived visitor: fields of one kind share one way of being read, which
/// is a third of the code in a page that counts its bytes.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    texts: [Option<Text<'a>>; TextField::COUNT],
    numbers: [Option<u64>; NumberField::COUNT],
    raws: [bool; RawField::COUNT],
    pub(super) progress: Option<f64>,
    pub(super) truncated: Option<bool>,
    /// The first field whose value is of a kind that it cannot have.
    pub(super) wrong: Option<&'a str>,
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

    /// Whether the object has this field, whose text [`raw::field`](super::raw::field) finds.
    pub(super) const fn has(&self, field: RawField) -> bool {
        self.raws[field as usize]
    }

    /// Reads the fields of an object.
    pub(super) fn read<A: MapAccess<'a>>(mut map: A) -> Result<Self, A::Error> {
        let mut fields = Self::default();
        while let Some(name) = map.next_key::<Value<'a>>()? {
            match name {
                Value::Text(Cow::Borrowed(name)) => fields.read_field(name, &mut map)?,
                // A name with an escape in it is none of ours.
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }

    fn read_field<A: MapAccess<'a>>(&mut self, name: &'a str, map: &mut A) -> Result<(), A::Error> {
        match Field::named(name) {
            Field::Unknown => drop(map.next_value::<IgnoredAny>()?),
            Field::Raw(field) => {
                self.raws[field as usize] = !matches!(map.next_value()?, Value::Null);
            }
            known => match (known, map.next_value()?) {
                (_, Value::Null) => {}
                (Field::Text(field), Value::Text(text)) => {
                    self.texts[field as usize] = Some(text.into());
                }
                (Field::Text(field), Value::Integer(number)) => {
                    self.texts[field as usize] = Some(number.to_string().into());
                }
                (Field::Number(field), Value::Integer(number)) if number >= 0 => {
                    self.numbers[field as usize] = Some(number.unsigned_abs());
                }
                #[expect(clippy::cast_precision_loss, reason = "progress is 0 or 1, or wrong")]
                (Field::Progress, Value::Integer(number)) => self.progress = Some(number as f64),
                (Field::Progress, Value::Float(number)) => self.progress = Some(number),
                (Field::Truncated, Value::Flag(flag)) => self.truncated = Some(flag),
                _ => drop(self.wrong.get_or_insert(name)),
            },
        }
        Ok(())
    }
}

/// A field by its kind.
#[derive(Clone, Copy)]
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
