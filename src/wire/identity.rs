//! What an event says, in 128 bits: the same however its JSON is written.

use super::{
    raw::{Object, elements},
    value::Value,
};

/// The content of one JSON object, and whether it says when it happened.
///
/// Neither the order of the fields, nor white space, nor the way a character is escaped makes a
/// difference, so that one event read from a socket and from an HTTP answer is the same. The hash
/// is no defence: a server that wants two of its events taken for one can have that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentIdentity {
    /// The hash.
    pub hash: u128,
    /// Whether there is a `timestamp`.
    pub is_dated: bool,
}

/// The identity of a JSON object; `None` of what is none.
#[must_use]
pub fn content_identity(json: &str) -> Option<ContentIdentity> {
    let object = Object::read(json)?;
    let is_dated = object.get("timestamp").is_some();
    Some(ContentIdentity { hash: object_content(&object)?, is_dated })
}

/// The content of any JSON value. It is read piece by piece, which costs time in what is nested
/// deeply, and spares the page another reader of JSON. What is nested too deeply for the reader has
/// none.
fn content(json: &str) -> Option<u128> {
    let json = json.trim_ascii();
    if json.starts_with('{') {
        return object_content(&Object::read(json)?);
    }
    if json.starts_with('[') {
        let all = elements(json)?.into_iter();
        return all
            .map(|element| content(element.as_str()))
            .try_fold(hash(b'l', &[]), |all, one| Some(join(all, one?)));
    }
    Some(match serde_json::from_str(json).ok()? {
        Value::Null => hash(b'0', &[]),
        Value::Flag(flag) => hash(b'b', &[u8::from(flag)]),
        Value::Integer(number) => hash(b'i', &number.to_le_bytes()),
        Value::Float(number) => hash(b'f', &number.to_le_bytes()),
        Value::Text(text) => hash(b's', text.as_bytes()),
        // These begin otherwise.
        Value::List | Value::Object(_) => return None,
    })
}

fn object_content(object: &Object<'_>) -> Option<u128> {
    let mut all = hash(b'o', &[]);
    for (name, value) in object.fields() {
        // A sum, so that the order of the fields is of no account.
        all = all.wrapping_add(join(hash(b'n', name.as_bytes()), content(value.as_str())?));
    }
    Some(all)
}

/// Two lanes of a byte-wise multiplicative hash (Fowler, Noll and Vo's, and a rotating one), each
/// spread over its bits in the end. `tag` tells kinds of values apart.
fn hash(tag: u8, bytes: &[u8]) -> u128 {
    let mut first = 0xcbf2_9ce4_8422_2325_u64;
    let mut second = 0x6c62_272e_07bb_0142_u64;
    for &byte in std::iter::once(&tag).chain(bytes) {
        first = (first ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        second = (second.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    lanes(spread(first), spread(second))
}

/// Two hashes as one; the order counts.
fn join(one: u128, other: u128) -> u128 {
    let ((a, b), (c, d)) = (split(one), split(other));
    lanes(spread(a.rotate_left(17) ^ c), spread(b.rotate_left(29) ^ d))
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
const fn spread(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn lanes(first: u64, second: u64) -> u128 {
    u128::from(first) << 64 | u128::from(second)
}

#[expect(clippy::cast_possible_truncation, reason = "the two halves are what is wanted")]
const fn split(hash: u128) -> (u64, u64) {
    ((hash >> 64) as u64, hash as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_it_is_written_makes_no_difference() {
        let one = r#"{"type":"log","icon":"\ud83c\udfaf","timestamp":"t","payload":{"a":[1,2.5]}}"#;
        let other = r#" { "payload" : {"a":[1,2.5]},"timestamp":"t", "icon":"🎯","type":"log"} "#;
        assert_eq!(content_identity(one), content_identity(other));
        assert!(content_identity(one).is_some_and(|identity| identity.is_dated));
    }

    #[test]
    fn whatever_it_says_makes_one() {
        let all = [
            r#"{"a":"1"}"#,
            r#"{"a":1}"#,
            r#"{"a":true}"#,
            r#"{"a":null}"#,
            r#"{"a":[1]}"#,
            r#"{"a":[1,1]}"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":2,"b":1}"#,
            r#"{"b":1}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[2,1]}"#,
            r#"{"a":[[1],2]}"#,
            r#"{"a":1.5}"#,
            "{}",
        ];
        let hashes: std::collections::BTreeSet<u128> =
            all.iter().filter_map(|json| content_identity(json)).map(|it| it.hash).collect();
        assert_eq!(hashes.len(), all.len());
    }

    #[test]
    fn what_is_not_json_has_none() {
        assert_eq!(content_identity("{"), None);
        let undated = content_identity(r#"{"a":{"timestamp":1}}"#).expect("JSON");
        assert!(!undated.is_dated, "only its own time counts");
    }
}
