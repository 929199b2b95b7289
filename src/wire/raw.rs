//! JSON that is kept as text, and the pieces of it.
//!
//! The pieces are found by letting `serde_json` step over one value at a time, and not by its own
//! `RawValue`: what that drags along for its error messages is a thirtieth of the page.

use serde::{Serialize, Serializer, de::IgnoredAny, ser::Error};
use serde_json::value::RawValue;

use super::{Text, value::Value};

/// A JSON value, as its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawJson<'a>(&'a str);

impl<'a> RawJson<'a> {
    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The string that it is, or the digits of the whole number; `None` of any other value.
    #[must_use]
    pub fn text(self) -> Option<Text<'a>> {
        match serde_json::from_str(self.0).ok()? {
            Value::Text(text) => Some(text.into()),
            Value::Integer(number) => Some(number.to_string().into()),
            _ => None,
        }
    }
}

impl<'a> From<&'a RawValue> for RawJson<'a> {
    fn from(value: &'a RawValue) -> Self {
        Self(value.get())
    }
}

impl Serialize for RawJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(self.0).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// The elements of an array; `None` when the text is no array.
#[must_use]
pub fn elements(array: &str) -> Option<Vec<RawJson<'_>>> {
    let mut rest = after(array, '[')?;
    let mut elements = Vec::new();
    if let Some(rest) = after(rest, ']') {
        return is_blank(rest).then_some(elements);
    }
    loop {
        let (element, behind) = split_value(rest)?;
        elements.push(RawJson(element));
        match after(behind, ',') {
            Some(behind) => rest = behind,
            None => return is_blank(after(behind, ']')?).then_some(elements),
        }
    }
}

/// The fields of an object whose meaning its `type` does not tell, such as those of other protocols.
#[derive(Clone, Debug)]
pub struct Object<'a>(Vec<(&'a str, RawJson<'a>)>);

impl<'a> Object<'a> {
    /// Finds the fields; `None` when the text is no object.
    #[must_use]
    pub fn read(json: &'a str) -> Option<Self> {
        let mut rest = after(json, '{')?;
        let mut fields = Vec::new();
        if let Some(rest) = after(rest, '}') {
            return is_blank(rest).then_some(Self(fields));
        }
        loop {
            let (name, value, behind) = split_field(rest)?;
            fields.push((name, value));
            match after(behind, ',') {
                Some(behind) => rest = behind,
                None => return is_blank(after(behind, '}')?).then_some(Self(fields)),
            }
        }
    }

    /// The fields: names as they are written, and values.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'a str, RawJson<'a>)> {
        self.0.iter().copied()
    }

    /// The value of a field; `None` when there is none of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<RawJson<'a>> {
        self.0.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
    }

    /// The string of a field, or the digits of its whole number.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Text<'a>> {
        self.get(name)?.text()
    }

    /// The fields of a field that is an object itself.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<Self> {
        Self::read(self.get(name)?.0)
    }
}

/// The value of a field of an object; `None` when there is none of that name.
#[must_use]
pub fn field<'a>(object: &'a str, name: &str) -> Option<RawJson<'a>> {
    let mut rest = after(object, '{')?;
    loop {
        let (key, value, behind) = split_field(rest)?;
        if key == name {
            return Some(value);
        }
        rest = after(behind, ',')?;
    }
}

/// The name, as it is written, and the value of the field that the text begins with, and what
/// stands behind it.
fn split_field(text: &str) -> Option<(&str, RawJson<'_>, &str)> {
    let (name, behind) = split_value(text)?;
    let name = name.strip_prefix('"')?.strip_suffix('"')?;
    let (value, behind) = split_value(after(behind, ':')?)?;
    Some((name, RawJson(value), behind))
}

/// The value that the text begins with, and what stands behind it.
fn split_value(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_ascii_start();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    text.split_at_checked(values.byte_offset())
}

/// What stands behind a mark, if the text begins with it.
fn after(text: &str, mark: char) -> Option<&str> {
    text.trim_ascii_start().strip_prefix(mark)
}

const fn is_blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(array: &str) -> Option<Vec<&str>> {
        Some(elements(array)?.into_iter().map(RawJson::as_str).collect())
    }

    #[test]
    fn an_array_falls_into_its_elements() {
        assert_eq!(texts("[]"), Some(vec![]));
        assert_eq!(texts(" [ ] "), Some(vec![]));
        assert_eq!(
            texts(r#" [1 , -2.5e3,"a,]b" ,{"x":[1,2]}, [ ],null,true ] "#),
            Some(vec!["1", "-2.5e3", r#""a,]b""#, r#"{"x":[1,2]}"#, "[ ]", "null", "true"])
        );
    }

    #[test]
    fn what_is_no_array_has_no_elements() {
        for text in ["", "{}", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]x", "[1]]", "[nul]"] {
            assert_eq!(texts(text), None, "{text}");
        }
    }

    #[test]
    fn an_object_gives_its_fields() {
        let object = r#" { "a" : 1, "b":{"a":2} , "c":"x" } "#;
        assert_eq!(field(object, "a").map(RawJson::as_str), Some("1"));
        assert_eq!(field(object, "b").map(RawJson::as_str), Some(r#"{"a":2}"#));
        assert_eq!(field(object, "c").map(RawJson::as_str), Some(r#""x""#));
        assert_eq!(field(object, "d"), None);
        assert_eq!(field("{}", "a"), None);
        assert_eq!(field("[1]", "a"), None);
    }

    #[test]
    fn an_object_falls_into_its_fields() {
        let object =
            Object::read(r#" {"a" : "x\ny" ,"b":{"a":2},"c":null,"d":-7} "#).expect("an object");
        assert_eq!(object.text("a").as_deref(), Some("x\ny"));
        assert_eq!(object.text("d").as_deref(), Some("-7"));
        assert_eq!(object.text("b"), None);
        assert_eq!(object.get("c").map(RawJson::as_str), Some("null"));
        assert_eq!(object.text("c"), None);
        let inner = object.object("b").expect("an object");
        assert_eq!(inner.text("a").as_deref(), Some("2"));
        assert!(object.object("a").is_none());
        assert!(Object::read("{ }").is_some());
    }

    #[test]
    fn what_is_no_object_has_no_fields() {
        for text in ["", "[]", "{", "{}x", r#"{"a"}"#, r#"{"a":}"#, r#"{"a":1,}"#, "{1:2}", "null"]
        {
            assert!(Object::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn it_is_written_as_it_was_read() {
        let array = elements(r#"[{"x": [1,  2]}]"#).expect("an array");
        assert_eq!(serde_json::to_string(&array[0]).ok().as_deref(), Some(r#"{"x": [1,  2]}"#));
    }
}
