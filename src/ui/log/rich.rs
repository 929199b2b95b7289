//! Texts with more in them than words: places that are searched for, colours of terminals, links.

use super::row::one_line;
use crate::{
    activity::{Needle, Style, next_link, styled},
    ui::dom::Element,
};

/// The most places that are marked in one text, and the most links.
const MARKS_MAX: usize = 100;
const LINKS_MAX: usize = 20;

/// A text, and what is known of it: from where to where, in bytes and in order.
pub(super) struct Rich<'a> {
    text: &'a str,
    styles: Vec<(usize, usize, Style)>,
    links: Vec<(usize, usize)>,
    marks: Vec<(usize, usize)>,
}

impl<'a> Rich<'a> {
    /// A text in which nothing is known.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, styles: Vec::new(), links: Vec::new(), marks: Vec::new() }
    }

    /// With the places marked where `needle` stands.
    pub(super) fn marked(mut self, needle: Option<&Needle>) -> Self {
        let mut from = 0;
        while self.marks.len() < MARKS_MAX
            && let Some(place) = needle.and_then(|needle| needle.next_in(self.text, from))
        {
            self.marks.push(place);
            from = place.1;
        }
        self
    }

    /// With its web addresses as links.
    pub(super) fn linked(mut self) -> Self {
        let mut from = 0;
        while self.links.len() < LINKS_MAX
            && let Some(place) = next_link(self.text, from)
        {
            self.links.push(place);
            from = place.1;
        }
        self
    }

    /// With the colours that `printed`, of which the text shows a beginning, has for a terminal.
    pub(super) fn coloured(mut self, printed: &str, is_one_line: bool) -> Self {
        if !printed.contains('\u{1b}') {
            return self;
        }
        let mut words = String::new();
        for (style, piece) in styled(printed) {
            let start = words.len();
            words.push_str(&if is_one_line { one_line(&piece) } else { piece.into_owned() });
            if style != Style::default() {
                self.styles.push((start, words.len(), style));
            }
        }
        // What was done stands before the words. Where the text does not end with them, a cut went
        // through a sequence, and colours would stand beside their text.
        let shown = self.text.strip_suffix('…').unwrap_or(self.text);
        if shown.ends_with(&words) {
            let before = shown.len() - words.len();
            for (start, end, _) in &mut self.styles {
                *start += before;
                *end += before;
            }
        } else {
            self.styles.clear();
        }
        self
    }

    /// How many bytes stand before the first such place.
    pub(super) fn start(&self) -> usize {
        let starts = [
            self.styles.first().map(|style| style.0),
            self.links.first().map(|link| link.0),
            self.marks.first().map(|mark| mark.0),
        ];
        starts.into_iter().flatten().min().unwrap_or(self.text.len())
    }

    /// Appends to `element` what comes from there on.
    pub(super) fn append_to(&self, element: &Element) -> Vec<Element> {
        let (mut pieces, mut from) = (Vec::new(), self.start());
        for &(start, end) in &self.links {
            self.append_pieces(element, from, start, &mut pieces);
            let address = self.part(start, end);
            let link = Element::new("a", "")
                .attribute("href", address)
                .attribute("target", "_blank")
                .attribute("rel", "noopener noreferrer")
                .attribute("tabindex", "-1");
            self.append_pieces(&link, start, end, &mut Vec::new());
            element.append(&link);
            pieces.push(link);
            from = end;
        }
        self.append_pieces(element, from, self.text.len(), &mut pieces);
        pieces
    }

    /// Appends the text from `start` to `end`, in pieces that look the same throughout.
    fn append_pieces(
        &self,
        element: &Element,
        start: usize,
        end: usize,
        pieces: &mut Vec<Element>,
    ) {
        let mut from = start;
        while from < end {
            let mark = self.marks.iter().find(|mark| from < mark.1);
            let style = self.styles.iter().find(|style| from < style.1);
            let edges = [mark.map(|mark| (mark.0, mark.1)), style.map(|style| (style.0, style.1))];
            let edges = edges.into_iter().flatten().flat_map(|(start, end)| [start, end]);
            let to = edges.filter(|edge| *edge > from).min().unwrap_or(end).min(end);
            let is_marked = mark.is_some_and(|mark| mark.0 <= from);
            let piece = Element::new(if is_marked { "mark" } else { "span" }, "");
            if let Some((_, _, style)) = style.filter(|style| style.0 <= from) {
                show_style(&piece, style);
            }
            piece.say(self.part(from, to));
            element.append(&piece);
            pieces.push(piece);
            from = to;
        }
    }

    /// By parts that may be missing: code that can fail over a piece of text weighs three kB.
    fn part(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }
}

fn show_style(piece: &Element, style: &Style) {
    let colour = style.colour().map(|colour| colour.to_string());
    let traits = style.traits();
    piece.set("data-ansi", colour.as_deref());
    piece.set("data-filled", style.is_filled().then_some(""));
    piece.set("data-traits", (!traits.is_empty()).then_some(&traits));
}
