//! The fields of one message, whatever the message turns out to be.

use super::{RawJson, Text, count};

/// Every field that any message may have, read in one pass: the `type` may stand last.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    texts: [Option<Text<'a>>; TextField::COUNT],
    numbers: [Option<u64>; NumberField::COUNT],
    raws: [Option<RawJson<'a>>; RawField::COUNT],
    pub(super) progress: Option<f64>,
    pub(super) truncated: Option<bool>,
    /// Whether there is a field that an entry of a log has no place for; see [`is_of_entry`].
    pub(super) has_more: bool,
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

    /// The JSON of this field.
    pub(super) const fn raw(&self, field: RawField) -> Option<RawJson<'a>> {
        self.raws[field as usize]
    }

    /// Takes in one more field.
    pub(super) fn take(&mut self, name: &'a str, value: RawJson<'a>) {
        if value.as_str() == "null" {
            return;
        }
        let field = Field::named(name);
        self.has_more |= !field.is_of_entry();
        let is_right = match field {
            Field::Text(field) => set(&mut self.texts[field as usize], value.text()),
            Field::Number(field) => set(&mut self.numbers[field as usize], count(value.as_str())),
            Field::Raw(field) => set(&mut self.raws[field as usize], Some(value)),
            Field::Progress => set(&mut self.progress, value.number()),
            Field::Truncated => set(&mut self.truncated, flag(value)),
            Field::Unknown => true,
        };
        if !is_right {
            self.wrong.get_or_insert(name);
        }
    }
}

/// Whether there was a value to be set.
fn set<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let is_right = value.is_some();
    if is_right {
        *field = value;
    }
    is_right
}

fn flag(value: RawJson<'_>) -> Option<bool> {
    match value.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
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

/// Whether an entry of a log has a place for the field of this name, or it says the same of all
/// entries.
pub(super) fn is_of_entry(name: &str) -> bool {
    Field::named(name).is_of_entry()
}

impl Field {
    const fn is_of_entry(self) -> bool {
        use TextField as T;

        matches!(
            self,
            Self::Text(
                T::Kind
                    | T::Session
                    | T::Epoch
                    | T::Message
                    | T::Timestamp
                    | T::Agent
                    | T::Action
                    | T::Icon
                    | T::Level
                    | T::Phase
                    | T::Stream
            ) | Self::Number(NumberField::Seq)
                | Self::Raw(RawField::Payload)
                | Self::Truncated
        )
    }

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
