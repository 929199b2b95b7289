//! Server text made fit to be seen.

use std::{borrow::Cow, fmt::Write};

/// `text` with everything in it visible and nothing in it active.
///
/// Characters that override the direction of what stands around them are written as escapes
/// (`U+202E`), since they can make a line read as something else than it is (CVE-2021-42574). So
/// are control characters other than tab and line breaks, of which `\r\n` counts as one. The colour sequences of terminals
/// (ECMA-48 SGR) carry no meaning here and are left out.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| (0x20..0x7f).contains(&byte) || matches!(byte, b'\n' | b'\t');
    if text.bytes().all(is_plain) || !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut visible = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some(length) = colour_sequence(rest) {
            rest = &rest[length..];
            continue;
        }
        if character == '\r' && matches!(rest.as_bytes().get(1), None | Some(b'\n')) {
            // The first half of a line break.
        } else if is_hidden(character) {
            write!(visible, "U+{:04X}", u32::from(character))
                .expect("writing to a string does not fail");
        } else {
            visible.push(character);
        }
        rest = &rest[character.len_utf8()..];
    }
    Cow::Owned(visible)
}

const fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}'
            | '\u{b}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{2028}' | '\u{2029}' | '\u{feff}'
    )
}

/// The length of the terminal colour sequence that `text` begins with.
fn colour_sequence(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let length = parameters.bytes().take_while(|b| b.is_ascii_digit() || b";:".contains(b)).count();
    parameters[length..].starts_with('m').then_some("\u{1b}[".len() + length + "m".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_passed_on_as_it_is() {
        for text in ["", "plain", "tab\tand\nline", "Grüße, 世界 🎯 שלום"] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_hides_or_turns_text_is_shown() {
        assert_eq!(printable("user\u{202e}nimda"), "userU+202Enimda");
        assert_eq!(printable("a\u{2066}b\u{2069}"), "aU+2066bU+2069");
        assert_eq!(printable("bell\u{7} nul\0"), "bellU+0007 nulU+0000");
        assert_eq!(printable("50 %\r100 %"), "50 %U+000D100 %");
        assert_eq!(printable("a\r\nb\r"), "a\nb");
    }

    #[test]
    fn terminal_colours_are_left_out_and_other_sequences_shown() {
        assert_eq!(printable("\u{1b}[1;31merror\u{1b}[0m: x"), "error: x");
        assert_eq!(printable("\u{1b}[2J"), "U+001B[2J");
        assert_eq!(printable("\u{1b}[31"), "U+001B[31");
    }
}
