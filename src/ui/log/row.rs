//! One row in the document.

use crate::{
    activity::{Marker, Row, RowEntry, printable},
    dialect::Level,
    ui::{
        dom::{Element, Slot, glyph},
        format, words,
    },
    wire::kind,
};

/// The most bytes of a text that a row shows: what nobody reads on one line must not make the log
/// as wide as it is long.
const TEXT_BYTES_MAX: usize = 8 << 10;

/// One row in the document. What it shows is changed in place.
pub(super) struct RowElement {
    item: Element,
    place: Slot,
    total: Slot,
    seq: Slot,
    kind: Slot,
    level: Slot,
    marker: Slot,
    count: Slot,
    time: Slot,
    shape: Slot,
    agent: Slot,
    tags: [(Slot, Slot); 3],
    text: Slot,
    words: Slot,
    /// The row that it shows, and how long its text was.
    shown: Option<(u64, usize)>,
    top_px: i32,
    last_total: u64,
}

impl RowElement {
    /// A row that shows nothing yet.
    pub(super) fn new() -> Self {
        let time = Element::new("time", "activity-log__time");
        let shape = glyph("log");
        let agent = Element::new("span", "activity-log__agent");
        let meta = Element::new("span", "activity-log__meta").with(&[&time, &shape, &agent]);
        let tags = [(); 3].map(|()| Element::new("span", "activity-log__tag"));
        let text = Element::new("span", "activity-log__text");
        let message = Element::new("span", "activity-log__message")
            .with(&[&tags[0], &tags[1], &tags[2], &text]);
        let words = Element::new("span", "activity-log__words");
        let item = Element::new("li", "activity-log__row").with(&[&meta, &message, &words]);
        Self {
            place: Slot::attribute(&item, "aria-posinset"),
            total: Slot::attribute(&item, "aria-setsize"),
            seq: Slot::attribute(&item, "data-seq"),
            kind: Slot::attribute(&item, "data-kind"),
            level: Slot::attribute(&item, "data-level"),
            marker: Slot::attribute(&item, "data-marker"),
            count: Slot::attribute(&item, "data-count"),
            time: Slot::text(&time),
            shape: Slot::attribute(&shape, "data-glyph"),
            agent: Slot::text(&agent),
            tags: tags.map(|tag| (Slot::text(&tag), Slot::attribute(&tag, "hidden"))),
            text: Slot::text(&text),
            words: Slot::text(&words),
            item,
            shown: None,
            top_px: -1,
            last_total: 0,
        }
    }

    pub(super) const fn item(&self) -> &Element {
        &self.item
    }

    /// Shows the row of this absolute number, `top_px` below the list's top, as one of `total`.
    pub(super) fn show(&mut self, number: u64, row: Row<'_>, top_px: i32, total: u64) {
        let length = match &row {
            // The one thing of an entry that changes: a text that is streamed.
            Row::Entry(entry) => entry.message.len(),
            Row::Marker(marker) => {
                marker.count().map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX))
            }
        };
        if self.shown != Some((number, length)) {
            self.shown = Some((number, length));
            self.place.set(Some(&(number + 1).to_string()));
            match row {
                Row::Entry(entry) => self.show_entry(&entry),
                Row::Marker(marker) => self.show_marker(marker),
            }
        }
        if self.top_px != top_px {
            self.top_px = top_px;
            self.item.style("transform", &format!("translateY({top_px}px)"));
        }
        if self.last_total != total {
            self.last_total = total;
            self.total.set(Some(&total.to_string()));
        }
    }

    fn show_entry(&mut self, entry: &RowEntry<'_>) {
        let (kind, shape) = looks(entry);
        self.marker.set(None);
        self.count.set(None);
        self.words.set(None);
        self.seq.set(entry.seq.map(|seq| seq.to_string()).as_deref());
        self.kind.set(Some(kind));
        self.level.set(Some(entry.level.name()));
        self.shape.set(Some(shape));
        let time = entry.at.map(|at| format::time_of_day(format::utc_ms(at)));
        self.time.set(time.as_deref());
        self.agent.set(Some(&printable(entry.agent)));
        self.tag([
            (entry.stream == "stderr").then_some("stderr"),
            match entry.level {
                Level::Error => Some("Error"),
                Level::Warning => Some("Warning"),
                Level::Debug | Level::Info => None,
            },
            entry.is_truncated.then_some("cut"),
        ]);
        self.text.set(Some(&text_of(entry)));
    }

    fn show_marker(&mut self, marker: Marker) {
        for slot in [
            &mut self.seq,
            &mut self.kind,
            &mut self.level,
            &mut self.time,
            &mut self.agent,
            &mut self.text,
        ] {
            slot.set(None);
        }
        self.tag([None; 3]);
        self.marker.set(Some(marker.name()));
        self.count.set(marker.count().map(|count| count.to_string()).as_deref());
        self.words.set(Some(&words::marker(marker)));
    }

    fn tag(&mut self, words: [Option<&str>; 3]) {
        for ((text, hidden), word) in self.tags.iter_mut().zip(words) {
            text.set(word);
            hidden.set(word.is_none().then_some(""));
        }
    }
}

/// What the row says, on one line.
fn text_of(entry: &RowEntry<'_>) -> String {
    let mut text = String::with_capacity(entry.action.len() + entry.message.len() + 2);
    text.push_str(entry.action);
    if !entry.action.is_empty() && !entry.message.is_empty() {
        text.push_str(": ");
    }
    text.push_str(entry.message);
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push('…');
    }
    let visible = printable(&text);
    let mut line = String::with_capacity(visible.len());
    for character in visible.chars() {
        match character {
            '\n' => line.push_str(" ⏎ "),
            _ => line.push(character),
        }
    }
    line
}

/// How the style sheet tells the entry from others, and its shape.
fn looks(entry: &RowEntry<'_>) -> (&'static str, &'static str) {
    let kind = match entry.kind {
        kind::AGENT_START => "start",
        kind::AGENT_COMPLETE | kind::COMPLETE | kind::RESULT => "done",
        kind::AGENT_ERROR | kind::ERROR => "error",
        kind::AGENT_PROGRESS => "progress",
        kind::ITERATION_START | kind::REFINEMENT => "iteration",
        kind::CANCELLED => "cancelled",
        kind::MESSAGE => "message",
        kind::LOG => "log",
        _ => "unknown",
    };
    let shape = match entry.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Debug | Level::Info => kind,
    };
    (kind, shape)
}
