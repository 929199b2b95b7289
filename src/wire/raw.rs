//! JSON that is kept as text, and the pieces of it.

use std::str::Chars;

use serde::{Serialize, Serializer, ser::Error};
use serde_json::value::RawValue;

use agent_activity_json::Reader;

use super::{Text, fields::is_of_entry};

/// A JSON value, as its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawJson<'a>(&'a str);

impl<'a> RawJson<'a> {
    /// The value whose text this is.
    pub(super) const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The string that it is, or the digits of the whole number; `None` of any other value.
    #[must_use]
    pub fn text(self) -> Option<Text<'a>> {
        match self.0.strip_prefix('"') {
            Some(string) => unescaped(string.strip_suffix('"')?),
            None => self.is_whole_number().then(|| self.0.into()),
        }
    }

    /// The number that it is; `None` of any other value, and of one beyond all floats.
    ///
    /// Beyond 15 digits the last bits may differ from those of the nearest float: the tables that
    /// settle them would be a tenth of the page.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        let (digits, exponent) = self.0.split_once(['e', 'E']).unwrap_or((self.0, "0"));
        let mut exponent = i32::try_from(exponent.parse::<i64>().ok()?).ok()?;
        let mut number = 0.0;
        let mut is_behind_point = false;
        for byte in digits.bytes() {
            match byte {
                b'0'..=b'9' => {
                    number = number * 10.0 + f64::from(byte - b'0');
                    exponent = exponent.saturating_sub(i32::from(is_behind_point));
                }
                b'.' => is_behind_point = true,
                b'-' => {}
                _ => return None,
            }
        }
        let power = 10_f64.powi(exponent.saturating_abs());
        number = if exponent < 0 { number / power } else { number * power };
        if digits.starts_with('-') {
            number = -number;
        }
        number.is_finite().then_some(number)
    }

    /// Whether it is a whole number, however large.
    fn is_whole_number(self) -> bool {
        self.0.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
    }
}

/// What a string says, given what stands between its quotes; `None` where half of a surrogate pair
/// is missing.
pub(super) fn unescaped(string: &str) -> Option<Text<'_>> {
    if !string.contains('\\') {
        return Some(string.into());
    }
    let mut text = String::with_capacity(string.len());
    let mut rest = string;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut escape = escape.chars();
        text.push(match escape.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => code_point(&mut escape)?,
            itself => itself,
        });
        rest = escape.as_str();
    }
    text.push_str(rest);
    Some(text.into())
}

fn code_point(digits: &mut Chars<'_>) -> Option<char> {
    let mut unit = hexadecimal(digits)?;
    if let 0xd800..0xdc00 = unit {
        let is_followed = digits.next() == Some('\\') && digits.next() == Some('u');
        let low = is_followed.then(|| hexadecimal(digits))??;
        unit = match low {
            0xdc00..0xe000 => 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
            _ => return None,
        };
    }
    char::from_u32(unit)
}

fn hexadecimal(digits: &mut Chars<'_>) -> Option<u32> {
    let mut number = 0;
    for _ in 0..4 {
        number = number * 16 + digits.next()?.to_digit(16)?;
    }
    Some(number)
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

/// The elements of an array, whatever they are; `None` when the text is no array.
#[must_use]
pub fn elements(array: &str) -> Option<Vec<RawJson<'_>>> {
    let mut reader = Reader::new(array);
    let mut elements = Vec::new();
    reader.outline(&mut |element| elements.push(RawJson(element)))?;
    reader.is_done().then_some(elements)
}

/// The fields of an object whose meaning its `type` does not tell, such as those of other protocols.
#[derive(Clone, Debug)]
pub struct Object<'a>(Vec<(&'a str, RawJson<'a>)>);

impl<'a> Object<'a> {
    /// Finds the fields; `None` when the text is no object.
    #[must_use]
    pub fn read(json: &'a str) -> Option<Self> {
        let mut reader = Reader::new(json);
        let mut fields = Vec::new();
        reader.fields(&mut |name, value| fields.push((name, RawJson(value))))?;
        reader.is_done().then_some(Self(fields))
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

/// The fields of an event that an entry of a log has no place for, as JSON without the braces. The
/// piece of a streamed text is left out, which the entry has with all others.
#[must_use]
pub fn rest(event: &str) -> String {
    let mut rest = String::new();
    for (name, value) in Object::read(event).map(|object| object.0).unwrap_or_default() {
        if is_of_entry(name) || name == "delta" || value.as_str() == "null" {
            continue;
        }
        if !rest.is_empty() {
            rest.push(',');
        }
        for part in ["\"", name, "\":", value.as_str()] {
            rest.push_str(part);
        }
    }
    rest
}

/// The value of a field of an object; `None` when there is none of that name.
#[must_use]
pub fn field<'a>(object: &'a str, name: &str) -> Option<RawJson<'a>> {
    Object::read(object)?.get(name)
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
        for text in ["", "{}", "[", "[1", "[1,", "[1,]", "[,1]", "[1]x", "[1]]"] {
            assert_eq!(texts(text), None, "{text}");
        }
        assert_eq!(texts("[nul, 1 2]"), Some(vec!["nul", "1 2"]), "those are read by themselves");
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
    fn strings_say_what_serde_json_reads_in_them() {
        for json in [
            r#""""#,
            r#""plain ü 🎯""#,
            r#""\b\f\n\r\t\/\"\\""#,
            r#""a\u0000\u00e9\u20ACz""#,
            r#""\ud83c\udfaf\uD83C\uDFAF""#,
            r#""\udbff\udfff\ud800\udc00""#,
            r#""\ud83c""#,
            r#""\ud83c\ud83c""#,
            r#""\ud83c\ue000""#,
            r#""\ud83cx\udfaf""#,
            r#""\udfaf\ud83c""#,
        ] {
            let text = RawJson(json).text().map(Text::into_owned);
            assert_eq!(text, serde_json::from_str::<String>(json).ok(), "{json}");
        }
    }

    #[test]
    fn numbers_of_up_to_15_digits_are_the_floats_that_serde_json_reads() {
        for json in [
            "0",
            "-0",
            "1",
            "0.1",
            "0.35",
            "-2.5e3",
            "1E2",
            "99.999",
            "1e22",
            "1e-22",
            "0.000001",
            "123456789.012345",
            "17e+1",
        ] {
            let float = serde_json::from_str::<f64>(json).ok();
            assert_eq!(RawJson(json).number(), float, "{json}");
        }
        for json in ["1e400", "1e99999999999", "true", "null", r#""1""#, "[1]", "{}"] {
            assert_eq!(RawJson(json).number(), None, "{json}");
        }
        assert_eq!(RawJson("1e-400").number(), Some(0.0));
    }

    #[test]
    fn it_is_written_as_it_was_read() {
        let array = elements(r#"[{"x": [1,  2]}]"#).expect("an array");
        assert_eq!(serde_json::to_string(&array[0]).ok().as_deref(), Some(r#"{"x": [1,  2]}"#));
    }
}
