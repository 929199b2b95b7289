//! What is searched for in texts.

/// A text to be found in others, whatever the case of its letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    /// Folded, and never empty.
    characters: Vec<char>,
    /// The first character's first byte, as it stands in texts: in lower and in upper case.
    first: [u8; 2],
}

impl Needle {
    /// What is searched for; `None` when that is nothing.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let characters: Vec<char> = text.chars().map(fold).collect();
        let lower = *characters.first()?;
        let byte = |character: char| {
            let mut bytes = [0; 4];
            character.encode_utf8(&mut bytes);
            bytes[0]
        };
        Some(Self { first: [byte(lower), byte(unfold(lower))], characters })
    }

    /// Whether it stands anywhere in `text`.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.next_in(text, 0).is_some()
    }

    /// Where it stands next in `text`, from this byte on: the bytes from first to one after the last.
    #[must_use]
    pub fn next_in(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let [lower, upper] = self.first;
        let mut start = from;
        let bytes = text.as_bytes();
        while start < bytes.len() {
            let byte = bytes[start];
            if (byte == lower || byte == upper)
                && let Some(length) = text.get(start..).and_then(|rest| self.length_at(rest))
            {
                return Some((start, start + length));
            }
            start += 1;
        }
        None
    }

    /// How long it is where `text` begins with it.
    fn length_at(&self, text: &str) -> Option<usize> {
        let mut length = 0;
        let mut characters = text.chars();
        for &wanted in &self.characters {
            let character = characters.next()?;
            if character != wanted && fold(character) != wanted {
                return None;
            }
            length += character.len_utf8();
        }
        Some(length)
    }
}

/// The small letter of a capital one of the Latin, Greek and Cyrillic blocks, by their distance: a
/// table of all of Unicode would weigh more than the search. None of them changes its length.
const fn fold(character: char) -> char {
    let distance = match character {
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ρ' | 'Σ'..='Ϋ' | 'А'..='Я' => 32,
        'Ѐ'..='Џ' => 80,
        _ => 0,
    };
    shifted(character, distance)
}

/// The capital letter of a small one, of the same blocks.
const fn unfold(character: char) -> char {
    let distance = match character {
        'a'..='z' | 'à'..='ö' | 'ø'..='þ' | 'α'..='ρ' | 'σ'..='ϋ' | 'а'..='я' => -32,
        'ѐ'..='џ' => -80,
        _ => 0,
    };
    shifted(character, distance)
}

const fn shifted(character: char, by: i32) -> char {
    match char::from_u32((character as u32).wrapping_add_signed(by)) {
        Some(shifted) => shifted,
        None => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_found_whatever_their_case() {
        for (needle, text, place) in [
            ("error", "an ERROR here", Some((3, 8))),
            ("ERROR", "an error here", Some((3, 8))),
            ("größe", "Die GRÖSSE, die GRÖße", Some((17, 24))),
            ("ÜBER", "über", Some((0, 5))),
            ("привет", "Ну, ПРИВЕТ", Some((6, 18))),
            ("ΣΟΦΊΑ", "σοφία", None),
            ("λόγος", "ΛόΓΟς", Some((0, 10))),
            ("a", "", None),
            ("aab", "aaab", Some((1, 4))),
            ("…", "end…", Some((3, 6))),
            ("🙂", "so 🙂", Some((3, 7))),
            ("x", "日本x", Some((6, 7))),
        ] {
            let needle = Needle::new(needle).expect("it is not empty");
            assert_eq!(needle.next_in(text, 0), place, "{needle:?} in {text}");
        }
        assert_eq!(Needle::new(""), None);
    }

    #[test]
    fn each_place_is_found_once() {
        let needle = Needle::new("aa").expect("it is not empty");
        let (mut places, mut from) = (Vec::new(), 0);
        while let Some((start, end)) = needle.next_in("aAaaa b AA", from) {
            places.push((start, end));
            from = end;
        }
        assert_eq!(places, [(0, 2), (2, 4), (8, 10)]);
    }
}
