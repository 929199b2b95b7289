//! What an event says, in 128 bits: the same however its JSON is written.

use agent_activity_json::Reader;

use super::{RawJson, raw::unescaped};

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
    let mut reader = Reader::new(json);
    let mut is_dated = false;
    let hash = object(&mut reader, &mut |name| is_dated |= name == "timestamp")?;
    reader.is_done().then_some(ContentIdentity { hash, is_dated })
}

fn value(reader: &mut Reader<'_>) -> Option<u128> {
    match reader.peek()? {
        b'{' => object(reader, &mut |_| {}),
        b'[' => list(reader),
        _ => reader.value().map(RawJson::new).map(simple),
    }
}

fn object(reader: &mut Reader<'_>, note: &mut dyn FnMut(&str)) -> Option<u128> {
    let mut all = hash(b'o', &[]);
    reader.items(b'{', b'}', &mut |reader| {
        let written = reader.name()?;
        let name = unescaped(written).unwrap_or_else(|| written.into());
        note(&name);
        // A sum, so that the order of the fields is of no account.
        all = all.wrapping_add(join(hash(b'n', name.as_bytes()), value(reader)?));
        Some(())
    })?;
    Some(all)
}

fn list(reader: &mut Reader<'_>) -> Option<u128> {
    let mut all = hash(b'l', &[]);
    reader.items(b'[', b']', &mut |reader| {
        all = join(all, value(reader)?);
        Some(())
    })?;
    Some(all)
}

/// What is no list and no object.
fn simple(value: RawJson<'_>) -> u128 {
    let json = value.as_str();
    match (value.text(), value.number()) {
        (Some(text), _) if json.starts_with('"') => text_identity(&text),
        (None, Some(number)) => hash(b'f', &number.to_le_bytes()),
        // A word, the digits of a whole number, or what no character stands for.
        _ => hash(b'w', json.as_bytes()),
    }
}

/// What a text is known by: the same for the same text. No defence either.
#[must_use]
pub fn text_identity(text: &str) -> u128 {
    hash(b's', text.as_bytes())
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
        let one = r#"{"type":"log","icon":"\ud83c\udfaf","timestamp":"t","p":{"\u00e9":[1,2.5]}}"#;
        let other = r#" { "p" : {"é":[1,2.50]},"timestamp":"t", "icon":"🎯","type":"log"} "#;
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
