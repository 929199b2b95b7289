//! One row in the document.

use super::query::{Everything, Query};
use crate::{
    activity::{Marker, Row, RowEntry, export::said, printable},
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

/// Which row it is, and which line of how many.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The absolute number of the row.
    pub(super) number: u64,
    /// Its line, from 1.
    pub(super) place: u64,
    /// How many lines there are.
    pub(super) total: u64,
}

/// A text that may have more in it than words: marks, colours, links.
struct Text {
    element: Element,
    /// The words before the first of these.
    text: Slot,
    /// What comes from there on.
    rest: Vec<Element>,
}

impl Text {
    fn new(element: &Element) -> Self {
        Self { element: element.clone(), text: Slot::text(element), rest: Vec::new() }
    }

    fn set(&mut self, text: &str, printed: &str, query: &dyn Query) {
        for element in self.rest.drain(..) {
            element.remove();
        }
        let (before, rest) = query.enrich(&self.element, text, printed);
        self.rest = rest;
        self.text.set(text.get(..before));
    }

    fn clear(&mut self) {
        self.set("", "", &Everything);
    }
}

/// The words that an entry's text may have before it.
type Tags = [Option<&'static str>; 3];

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
    agent: Text,
    current: Slot,
    message: Element,
    /// What stands before the text, and its elements.
    tagged: Tags,
    tags: Vec<Element>,
    text: Text,
    /// What a marker says, where it is one.
    words: Option<Element>,
    /// The row that it shows, how long its text was, and what was marked in it.
    shown: Option<(u64, usize, u64)>,
    last_place: u64,
    last_total: u64,
}

impl RowElement {
    /// A row that shows nothing yet.
    pub(super) fn new() -> Self {
        let time = Element::new("time", "activity-log__time");
        let shape = glyph("log");
        let agent = Element::new("span", "activity-log__agent");
        let meta = Element::new("span", "activity-log__meta").with(&[&time, &shape, &agent]);
        let text = Element::new("span", "activity-log__text");
        let message = Element::new("span", "activity-log__message").with(&[&text]);
        let item = Element::new("li", "activity-log__row").with(&[&meta, &message]);
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
            agent: Text::new(&agent),
            current: Slot::attribute(&item, "data-current"),
            message,
            tagged: [None; 3],
            tags: Vec::new(),
            text: Text::new(&text),
            words: None,
            item,
            shown: None,
            last_total: 0,
            last_place: 0,
        }
    }

    pub(super) const fn item(&self) -> &Element {
        &self.item
    }

    /// Shows the row in its place.
    pub(super) fn show(
        &mut self,
        Place { number, place, total }: Place,
        row: Row<'_>,
        query: &dyn Query,
    ) {
        let length = match &row {
            // The one thing of an entry that changes: a text that is streamed.
            Row::Entry(entry) => entry.message.len(),
            Row::Marker(marker) => {
                marker.count().map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX))
            }
        };
        let shown = Some((number, length, query.version(number)));
        if self.shown != shown {
            self.shown = shown;
            self.current.set((query.current() == Some(number)).then_some(""));
            query.dress(&self.item, number, &row);
            match row {
                Row::Entry(entry) => self.show_entry(&entry, query),
                Row::Marker(marker) => self.show_marker(marker),
            }
        }
        if self.last_place != place {
            self.last_place = place;
            self.place.set(Some(&place.to_string()));
        }
        if self.last_total != total {
            self.last_total = total;
            self.total.set(Some(&total.to_string()));
        }
    }

    fn show_entry(&mut self, entry: &RowEntry<'_>, query: &dyn Query) {
        let (kind, shape) = looks(entry);
        self.marker.set(None);
        self.count.set(None);
        if let Some(words) = self.words.take() {
            words.remove();
        }
        self.seq.set(entry.seq.map(|seq| seq.to_string()).as_deref());
        self.kind.set(Some(kind));
        self.level.set(Some(entry.level.name()));
        self.shape.set(Some(shape));
        let time = entry.at.map(|at| query.time(format::utc_ms(at)));
        self.time.set(time.as_deref());
        self.agent.set(&printable(entry.agent), "", query);
        self.tag([
            (entry.stream == "stderr").then_some("stderr"),
            match entry.level {
                Level::Error => Some("Error"),
                Level::Warning => Some("Warning"),
                Level::Debug | Level::Info => None,
            },
            entry.is_truncated.then_some("cut"),
        ]);
        let text = text_of(entry, query.wraps());
        self.text.set(&text, cut(entry.message), query);
    }

    fn show_marker(&mut self, marker: Marker) {
        for slot in [&mut self.seq, &mut self.kind, &mut self.level, &mut self.time] {
            slot.set(None);
        }
        self.agent.clear();
        self.text.clear();
        self.tag([None; 3]);
        self.marker.set(Some(marker.name()));
        self.count.set(marker.count().map(|count| count.to_string()).as_deref());
        let words = self.words.get_or_insert_with(|| {
            let words = Element::new("span", "activity-log__words");
            self.item.append(&words);
            words
        });
        words.say(&words::marker(marker));
    }

    /// Puts these before the text. Few rows have any, and an element that shows nothing still has to
    /// be styled whenever its row is moved.
    fn tag(&mut self, tagged: Tags) {
        if self.tagged == tagged {
            return;
        }
        self.tagged = tagged;
        for element in self.tags.drain(..) {
            element.remove();
        }
        for word in tagged.into_iter().flatten().rev() {
            let element = Element::new("span", "activity-log__tag").says(word);
            self.message.prepend(&element);
            self.tags.push(element);
        }
    }
}

/// What the row says, on one line unless it may take more.
fn text_of(entry: &RowEntry<'_>, wraps: bool) -> String {
    let message = cut(entry.message);
    let mut text = said(&RowEntry { message, ..*entry });
    if message.len() < entry.message.len() {
        text.push('…');
    }
    if !wraps && text.contains('\n') { one_line(&text) } else { text }
}

/// Several lines as one.
pub(super) fn one_line(text: &str) -> String {
    text.replace('\n', " ⏎ ")
}

/// As much of a text as a row shows.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or_default()
}

/// How the style sheet tells the entry from others, and its shape.
fn looks(entry: &RowEntry<'_>) -> (&'static str, &'static str) {
    let kind = match entry.kind {
        kind::AGENT_START | "RUN_STARTED" | "STEP_STARTED" | "SUBAGENT_STARTED" => "start",
        kind::AGENT_COMPLETE | kind::COMPLETE | kind::RESULT => "done",
        "RUN_FINISHED" | "STEP_FINISHED" | "SUBAGENT_FINISHED" => "done",
        kind::AGENT_ERROR | kind::ERROR | "RUN_ERROR" | "SUBAGENT_ERROR" => "error",
        kind::AGENT_PROGRESS | "TOOL_CALL" | "TOOL_CALL_RESULT" => "progress",
        kind::ITERATION_START | kind::REFINEMENT => "iteration",
        kind::CANCELLED => "cancelled",
        kind::MESSAGE | "TEXT_MESSAGE" => "message",
        kind::LOG | "REASONING_MESSAGE" => "log",
        _ => "unknown",
    };
    let shape = match entry.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Debug | Level::Info => kind,
    };
    (kind, shape)
}
