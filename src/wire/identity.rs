//! What an event says, in 128 bits: the same however its JSON is written.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
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

/// The identity of a JSON object; `None` of what is not JSON.
#[must_use]
pub fn content_identity(json: &str) -> Option<ContentIdentity> {
    let content: Content = serde_json::from_str(json).ok()?;
    Some(ContentIdentity { hash: content.hash, is_dated: content.is_dated })
}

struct Content {
    hash: u128,
    is_dated: bool,
}

impl From<u128> for Content {
    fn from(hash: u128) -> Self {
        Self { hash, is_dated: false }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Content, E> {
        Ok(hash(b'0', &[]).into())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Content, E> {
        Ok(hash(b'b', &[u8::from(flag)]).into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Content, E> {
        Ok(hash(b'i', &number.to_le_bytes()).into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Content, E> {
        Ok(hash(b'i', &number.to_le_bytes()).into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Content, E> {
        Ok(hash(b'f', &number.to_le_bytes()).into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Content, E> {
        Ok(hash(b's', text.as_bytes()).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
        let mut all = hash(b'l', &[]);
        while let Some(element) = list.next_element::<Content>()? {
            all = join(all, element.hash);
        }
        Ok(all.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut all = hash(b'o', &[]);
        let mut is_dated = false;
        while let Some((name, value)) = map.next_entry::<Name<'de>, Content>()? {
            is_dated |= name.0 == "timestamp";
            // A sum, so that the order of the fields is of no account.
            all = all.wrapping_add(join(hash(b'n', name.0.as_bytes()), value.hash));
        }
        Ok(Content { hash: all, is_dated })
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

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
