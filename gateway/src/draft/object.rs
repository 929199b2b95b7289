//! JSON objects whose fields stay text: nothing of what an agent wrote is changed by reading it.

use std::fmt;

use agent_activity::wire::{Text, kind};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A JSON object in the order of its text; of fields of one name, the last.
#[derive(Debug)]
pub(super) struct Object<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// The fields: name and JSON text.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// Whether there is a field of this name; one that is null counts as absent.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "null")
    }

    /// The field of this name, where it is a string.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// The type of the event that it spells.
    pub(super) fn kind(&self) -> Option<String> {
        self.text("type").filter(|word| !word.is_empty())
    }

    /// Whether it spells, as an event of type `word`, a message that is stored already.
    pub(super) fn is_copy(&self, word: &str, is_stored: impl Fn(&str) -> bool) -> bool {
        word == kind::MESSAGE && self.text("id").is_some_and(|id| is_stored(&id))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.fields().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields: Vec<(Text<'de>, &'de RawValue)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            match fields.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => fields.push((name, value)),
            }
        }
        if fields.is_empty() { Err(A::Error::custom("it is empty")) } else { Ok(Object(fields)) }
    }
}
