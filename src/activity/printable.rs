//! Server text made fit to be seen.

use std::borrow::Cow;

use super::styled::colour_sequence;

/// `text` with everything in it visible and nothing in it active.
///
/// Characters that override the direction of what stands around them are written as escapes
/// (`U+202E`), since they can make a line read as something else than it is (CVE-2021-42574). So
/// are control characters other than tab and line breaks, of which `\r\n` counts as one. The colour sequences of terminals
/// (ECMA-48 SGR) are left out; [`styled`](super::styled()) tells what they say.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| (0x20..0x7f).contains(&byte) || matches!(byte, b'\n' | b'\t');
    if text.bytes().all(is_plain) || !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut visible = String::with_capacity(text.len() + 16);
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character == '\u{1b}'
            && let Some((_, behind)) = colour_sequence(rest.as_str())
        {
            rest = behind.chars();
        } else if character == '\r'
            && matches!(rest.as_str().as_bytes().first(), None | Some(b'\n'))
        {
            // The first half of a line break.
        } else if is_hidden(character) {
            visible.push_str("U+");
            push_hex(u32::from(character), &mut visible);
        } else {
            visible.push(character);
        }
    }
    Cow::Owned(visible)
}

/// Appends at least four hexadecimal digits, as code points are written.
fn push_hex(number: u32, to: &mut String) {
    for place in (0..8_u32).rev() {
        let digit = number >> (4 * place) & 0xf;
        if place < 4 || number >> (4 * place) > 0 {
            to.extend(char::from_digit(digit, 16).map(|digit| digit.to_ascii_uppercase()));
        }
    }
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
