//! A row that is open: all that is known of its entry.

use wasm_bindgen::JsCast;

use super::{gather, rich::Rich};
use crate::{
    activity::{RowEntry, pretty, printable},
    time::rfc3339,
    ui::{
        dom::Element,
        format::{counted, utc_ms},
        words,
    },
};

/// What a row is opened and closed by, and what copies an open one, or a link to it.
pub(super) const TOGGLE: &str = "activity-log__toggle";
pub(super) const COPY: &str = "activity-log__copy";
pub(super) const LINK: &str = "activity-log__link";

/// What is shown of an open row.
const DETAILS: &str = "activity-log__details";

/// Says of a row's element that it is open.
const OPEN: &str = "data-open";

/// The most bytes of one text that an open row shows; a download has all of it.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Gives a new row what it is opened by. Not a stop of the Tab key: with the cursor on a row, the
/// arrow keys and Enter do the same.
pub(super) fn furnish(item: &Element) {
    let toggle = Element::new("button", TOGGLE)
        .attribute("type", "button")
        .attribute("tabindex", "-1")
        .attribute("aria-expanded", "false")
        .attribute("aria-label", "Details");
    if let Some(meta) = item.child("activity-log__meta") {
        meta.prepend(&toggle);
    }
}

/// Shows all of `entry` in the row's element; nothing more than its line when there is none.
pub(super) fn show(item: &Element, entry: Option<&RowEntry<'_>>, has_links: bool) {
    let was_open = item.raw().has_attribute(OPEN);
    if entry.is_none() && !was_open {
        return;
    }
    if let Some(details) = item.child(DETAILS) {
        details.remove();
    }
    if was_open != entry.is_some() {
        item.set(OPEN, entry.is_some().then_some(""));
        if let Some(toggle) = item.child(TOGGLE) {
            toggle.set("aria-expanded", Some(if entry.is_some() { "true" } else { "false" }));
        }
    }
    if let Some(entry) = entry {
        item.append(&details(entry, has_links));
    }
}

/// The Tab key goes to the links of this row and to what can be done with it, as it does not to those
/// of others.
pub(super) fn make_reachable(item: &Element) {
    let of_class = |class| item.raw().get_elements_by_class_name(class);
    for found in [
        of_class(gather::BUTTON),
        item.raw().get_elements_by_tag_name("a"),
        of_class(COPY),
        of_class(LINK),
    ] {
        for index in 0..found.length() {
            if let Some(one) = found.item(index) {
                // Fails only for a name that is none.
                let _ = one.set_attribute("tabindex", "0");
            }
        }
    }
}

fn details(entry: &RowEntry<'_>, has_links: bool) -> Element {
    let fields = Element::new("dl", "activity-log__fields");
    let field = |name: &str, value: &str| {
        if !value.is_empty() {
            let value = Element::new("dd", "").attribute("dir", "auto").says(&printable(value));
            fields.append(&Element::new("dt", "").says(name));
            fields.append(&value);
        }
    };
    field("Time", &entry.at.map(|at| rfc3339(utc_ms(at))).unwrap_or_default());
    field("Number", &entry.seq.map(|seq| seq.to_string()).unwrap_or_default());
    field("Type", entry.kind);
    field("Level", words::level(entry.level));
    field("Agent", entry.agent);
    field("Phase", entry.phase);
    field("Stream", entry.stream);
    field("Action", entry.action);
    let details = Element::new("div", DETAILS).with(&[&fields]);
    let rest = if entry.rest.is_empty() || entry.rest.starts_with('{') {
        entry.rest.to_owned()
    } else {
        format!("{{{}}}", entry.rest)
    };
    for (label, text, is_json) in [
        ("Message", entry.message, false),
        ("Payload", entry.payload, true),
        ("Other fields", rest.as_str(), true),
    ] {
        if !text.is_empty() {
            details.append(&block(label, text, is_json));
        }
    }
    let actions = Element::new("div", "activity-log__actions").with(&[&button(COPY, "Copy entry")]);
    // What has no number cannot be found again.
    if has_links && entry.seq.is_some() {
        actions.append(&button(LINK, "Copy link"));
    }
    details.with(&[&actions])
}

fn button(class: &str, label: &str) -> Element {
    Element::new("button", class)
        .attribute("type", "button")
        .attribute("tabindex", "-1")
        .says(label)
}

/// A text of several lines under its label.
fn block(label: &str, text: &str, is_json: bool) -> Element {
    let cut = text.floor_char_boundary(TEXT_BYTES_MAX);
    let shown = text.get(..cut).unwrap_or_default();
    let content = Element::new("pre", "").attribute("dir", "auto");
    if is_json {
        content.say(&printable(&pretty(shown)));
    } else {
        let words = printable(shown);
        let rich = Rich::new(&words).coloured(shown, false).linked();
        content.say(words.get(..rich.start()).unwrap_or_default());
        rich.append_to(&content);
    }
    let block = Element::new("div", "activity-log__block")
        .with(&[&Element::new("span", "").says(label), &content]);
    if cut < text.len() {
        let left = counted(u64::try_from(text.len() - cut).unwrap_or(u64::MAX), "byte", "bytes");
        let note = format!("{left} more are in a download");
        block.append(&Element::new("span", "").says(&note));
    }
    block
}

/// The row's element that holds this one, if it is in a row.
pub(super) fn row_of(target: &web_sys::Element) -> Option<web_sys::HtmlElement> {
    target.closest("li").ok().flatten()?.dyn_into().ok()
}
