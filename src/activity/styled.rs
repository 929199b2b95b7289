//! The colours of terminals in what processes print (ECMA-48, Select Graphic Rendition).

use std::{borrow::Cow, iter::from_fn};

use super::printable;

/// The most pieces that a text is taken apart into; what comes after looks as the last one does.
const PIECES_MAX: usize = 200;

/// How a piece of text looks.
///
/// Only the sixteen colours that a theme names are used; others become the nearest of them. Text on
/// a ground of its own always has the colour of the page's surface, so that whatever a process asks
/// for can be read as long as each of the sixteen can be read on that surface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    foreground: Option<u8>,
    background: Option<u8>,
    traits: u8,
}

/// What a text can be beside coloured, in the order of their codes.
const TRAITS: [(u8, &str); 5] =
    [(1, "bold"), (2, "dim"), (3, "italic"), (4, "underline"), (9, "strike")];

/// The code for text and ground in each other's colours.
const INVERSE: u8 = 7;

impl Style {
    /// The colour, from 0 to 15: of the ground where that is filled, else of the text.
    #[must_use]
    pub fn colour(&self) -> Option<u8> {
        match (self.foreground, self.background, self.has(INVERSE)) {
            (_, Some(ground), _) => Some(ground),
            (foreground, None, _) => foreground,
        }
    }

    /// Whether the colour is that of the ground.
    #[must_use]
    pub const fn is_filled(&self) -> bool {
        self.background.is_some() != self.has(INVERSE)
    }

    /// Whether it is `bold`, `dim`, `italic`, `underline` or `strike`, separated by spaces.
    #[must_use]
    pub fn traits(&self) -> String {
        let mut traits = String::new();
        for (_, name) in TRAITS.iter().filter(|(code, _)| self.has(*code)) {
            traits.push_str(if traits.is_empty() { "" } else { " " });
            traits.push_str(name);
        }
        traits
    }

    const fn has(self, code: u8) -> bool {
        self.traits & bit(code) != 0
    }

    /// Does what the parameters of a sequence say.
    fn apply(&mut self, parameters: &str) {
        let mut parameters = read(parameters).into_iter().peekable();
        while let Some(Parameter { number, .. }) = parameters.next() {
            // What follows a colon says more of the same.
            let details: Vec<u8> =
                from_fn(|| parameters.next_if(|it| it.is_detail)).map(|it| it.number).collect();
            let mut rest = from_fn(|| parameters.next()).map(|it| it.number);
            match number {
                0 => *self = Self::default(),
                4 if details == [0] => self.set(4, false),
                1..=4 | 7 | 9 => self.set(number, true),
                21 => self.set(4, true),
                22 => {
                    self.set(1, false);
                    self.set(2, false);
                }
                23 | 24 | 27 | 29 => self.set(number - 20, false),
                30..=37 => self.foreground = Some(number - 30),
                38 => self.foreground = extended(&details, &mut rest).or(self.foreground),
                39 => self.foreground = None,
                40..=47 => self.background = Some(number - 40),
                48 => self.background = extended(&details, &mut rest).or(self.background),
                49 => self.background = None,
                90..=97 => self.foreground = Some(number - 90 + 8),
                100..=107 => self.background = Some(number - 100 + 8),
                _ => {}
            }
        }
    }

    fn set(&mut self, code: u8, is_set: bool) {
        if is_set {
            self.traits |= bit(code);
        } else {
            self.traits &= !bit(code);
        }
    }
}

/// The place of a code from 1 to 9 among the traits; 9 takes that of 8, hidden, which nothing is.
const fn bit(code: u8) -> u8 {
    1 << (if code == 9 { 7 } else { code - 1 })
}

/// A number in a sequence.
struct Parameter {
    /// 0 where there is none, 255 where it is larger.
    number: u8,
    /// Whether it stands behind a colon.
    is_detail: bool,
}

fn read(parameters: &str) -> Vec<Parameter> {
    let mut numbers = vec![Parameter { number: 0, is_detail: false }];
    for byte in parameters.bytes() {
        match (byte, numbers.last_mut()) {
            (b'0'..=b'9', Some(last)) => {
                last.number = last.number.saturating_mul(10).saturating_add(byte - b'0');
            }
            _ => numbers.push(Parameter { number: 0, is_detail: byte == b':' }),
        }
    }
    numbers
}

/// A colour of a larger palette: `38:5:N` and `38:2::R:G:B`, or the same with semicolons.
fn extended(details: &[u8], rest: &mut impl Iterator<Item = u8>) -> Option<u8> {
    match *details {
        [5, index, ..] => Some(of_256(index)),
        [2, .., red, green, blue] => Some(nearest([red, green, blue])),
        [] => match rest.next()? {
            5 => Some(of_256(rest.next()?)),
            2 => Some(nearest([rest.next()?, rest.next()?, rest.next()?])),
            _ => None,
        },
        _ => None,
    }
}

/// One of xterm's 256 colours: sixteen named ones, a cube of six levels, a ramp of greys.
fn of_256(index: u8) -> u8 {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..=15 => index,
        16..=231 => {
            let place = index - 16;
            nearest([level(place / 36), level(place / 6 % 6), level(place % 6)])
        }
        232..=255 => nearest([8 + 10 * (index - 232); 3]),
    }
}

/// The colours of xterm that the sixteen names mean.
const NAMED: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

fn nearest(colour: [u8; 3]) -> u8 {
    let distance = |named: &[u8; 3]| -> u32 {
        let parts = named.iter().zip(colour);
        parts.map(|(of_named, part)| u32::from(of_named.abs_diff(part)).pow(2)).sum()
    };
    let named = (0_u8..).zip(&NAMED);
    named.min_by_key(|(_, named)| distance(named)).map_or(0, |(index, _)| index)
}

/// Takes what a process printed apart by how it is to look; each piece is [`printable`], and none is
/// empty.
#[must_use]
pub fn styled(text: &str) -> Vec<(Style, Cow<'_, str>)> {
    let mut pieces = Vec::new();
    let mut style = Style::default();
    let (mut rest, mut from) = (text, 0);
    let mut push = |style: Style, piece| {
        let shown = printable(piece);
        if !shown.is_empty() {
            pieces.push((style, shown));
        }
        pieces.len() < PIECES_MAX
    };
    // By parts that may be missing: code that can fail over a piece of text weighs three kB.
    while let Some(escape) = rest.get(from..).and_then(|text| text.find('\u{1b}')) {
        let escape = from + escape;
        from = escape + 1;
        let sequence = rest.get(from..).and_then(colour_sequence);
        let (Some(before), Some((parameters, behind))) = (rest.get(..escape), sequence) else {
            continue;
        };
        let has_room = push(style, before);
        style.apply(parameters);
        (rest, from) = (behind, 0);
        if !has_room {
            break;
        }
    }
    push(style, rest);
    pieces
}

/// The parameters of a terminal colour sequence and what stands behind it, if the text begins with
/// the rest of one, behind its escape.
pub(super) fn colour_sequence(text: &str) -> Option<(&str, &str)> {
    let parameters = text.strip_prefix('[')?;
    let is_parameter = |character| matches!(character, '0'..='9' | ';' | ':');
    let behind = parameters.trim_start_matches(is_parameter);
    let parameters = parameters.get(..parameters.len() - behind.len())?;
    Some((parameters, behind.strip_prefix('m')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a text: each piece in brackets with how it looks, or plain.
    fn check(text: &str, expected: &str) {
        let mut shown = String::new();
        for (style, piece) in styled(text) {
            if style == Style::default() {
                shown.push_str(&piece);
                continue;
            }
            let colour = style.colour().map(|colour| colour.to_string()).unwrap_or_default();
            let filled = if style.is_filled() { "#" } else { "" };
            let parts = [format!("{filled}{colour}"), style.traits()];
            let parts: Vec<&str> =
                parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
            shown.push_str(&format!("[{}|{piece}]", parts.join(" ")));
        }
        assert_eq!(shown, expected, "{text:?}");
    }

    #[test]
    fn plain_text_is_one_plain_piece() {
        check("plain", "plain");
        check("", "");
        check("\u{1b}[0m", "");
        check("\u{1b}[31", "U+001B[31");
        check("\u{1b}[2Ja\u{1b}[1mb", "U+001B[2Ja[bold|b]");
        check("\u{1b}", "U+001B");
    }

    #[test]
    fn colours_and_traits_hold_until_they_are_taken_back() {
        check("a\u{1b}[31mb\u{1b}[0mc", "a[1|b]c");
        check("\u{1b}[1;4;33mb\u{1b}[22mc\u{1b}[24;39md", "[3 bold underline|b][3 underline|c]d");
        check("\u{1b}[93;2;3;9mb\u{1b}[m c", "[11 dim italic strike|b] c");
        check("\u{1b}[4:3mb\u{1b}[4:0mc\u{1b}[21md", "[underline|b]c[underline|d]");
    }

    #[test]
    fn text_on_a_ground_has_no_colour_of_its_own() {
        check("\u{1b}[37;41mb\u{1b}[49mc", "[#1|b][7|c]");
        check("\u{1b}[7mb\u{1b}[32mc\u{1b}[27md", "[#|b][#2|c][2|d]");
        check("\u{1b}[44;7mb", "[4|b]");
        check("\u{1b}[102mb", "[#10|b]");
    }

    #[test]
    fn colours_of_larger_palettes_become_the_nearest_of_the_sixteen() {
        check("\u{1b}[38;5;9mb", "[9|b]");
        check("\u{1b}[38;5;196mb", "[9|b]");
        check("\u{1b}[38;5;244mb", "[8|b]");
        check("\u{1b}[38;2;0;200;10;1mb", "[2 bold|b]");
        check("\u{1b}[38:2::0:200:10mb", "[2|b]");
        check("\u{1b}[48:5:21mb", "[#4|b]");
    }

    #[test]
    fn damaged_sequences_do_no_harm() {
        check("\u{1b}[38mb", "b");
        check("\u{1b}[38;5mb", "b");
        check("\u{1b}[38;2;1;2mb", "b");
        check("\u{1b}[999999999999;31mb", "[1|b]");
        check("\u{1b}[;;;31mb", "[1|b]");
        check("\u{1b}[38:9:1mb", "b");
    }

    #[test]
    fn what_is_hidden_or_turned_is_shown_in_every_piece() {
        check("\u{1b}[31ma\u{202e}b\u{1b}[0m\u{7}", "[1|aU+202Eb]U+0007");
        check("\u{1b}[31mпривет\u{1b}[0m 🎯", "[1|привет] 🎯");
    }

    #[test]
    fn the_pieces_are_bounded_and_nothing_of_the_text_is_lost() {
        let text = "\u{1b}[31ma\u{1b}[32mb".repeat(PIECES_MAX);
        let pieces = styled(&text);
        assert!(pieces.len() <= PIECES_MAX + 1, "{}", pieces.len());
        let shown: String = pieces.iter().map(|(_, piece)| piece.as_ref()).collect();
        assert_eq!(shown, printable(&text));
    }
}
