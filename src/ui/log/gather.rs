//! The button of a row behind whose line others are put away, or can be.

use super::finder::Finder;
use crate::{
    activity::{Gathered, Hidden, Row},
    session::Session,
    ui::{
        dom::Element,
        format::{count, counted},
    },
};

/// What puts rows away, or gives them lines of their own.
pub(super) const BUTTON: &str = "activity-log__gather";

/// Says of a row's element that it has such a button.
const GATHERS: &str = "data-gathers";

/// Gives the row's element its button, if it is to have one, and takes that of another row from it.
pub(super) fn show(item: &Element, gathered: Option<Gathered>) {
    let had = item.raw().has_attribute(GATHERS);
    let Some(gathered) = gathered else {
        if had {
            item.set(GATHERS, None);
            item.child(BUTTON).inspect(Element::remove);
        }
        return;
    };
    // Whoever stands on it stays there.
    let button = item.child(BUTTON).filter(|_| had).unwrap_or_else(|| {
        let button = Element::new("button", BUTTON).attribute("type", "button");
        item.set(GATHERS, Some(""));
        item.child("activity-log__message").inspect(|message| message.prepend(&button));
        button
    });
    let (label, words) = match gathered {
        Gathered::Repeats { count: times, .. } => {
            let times = format!("×{}", count(times));
            (Some(format!("{times} repeats")), times)
        }
        Gathered::Group { hidden: Some(hidden) } => (None, hidden_words(hidden)),
        Gathered::Group { hidden: None } => (Some("Collapse".to_owned()), "−".to_owned()),
    };
    // Until the cursor is on its row.
    button.set("tabindex", Some("-1"));
    button.set("aria-expanded", Some(if gathered.is_closed() { "false" } else { "true" }));
    button.set("aria-label", label.as_deref());
    button.say(&words);
}

fn hidden_words(Hidden { entries, errors }: Hidden) -> String {
    let entries = counted(entries, "entry", "entries");
    let errors = match errors {
        0 => String::new(),
        errors => format!(", {}", counted(errors, "error", "errors")),
    };
    format!("+ {entries}{errors}")
}

impl Finder {
    /// Whether rows are put away behind this one's line; `None` where none can be.
    pub(super) fn is_gathered(&self, session: &Session, row: u64) -> Option<bool> {
        let Some(Row::Entry(entry)) = session.activity().log.get(row) else { return None };
        self.asked.lines.borrow().gathered(row, &entry).map(Gathered::is_closed)
    }

    /// Puts the rows behind this one's line away, or gives them lines of their own. The row stays where
    /// it is on the screen.
    pub(super) fn gather(&self, session: &Session, row: u64, closes: bool) {
        let Some(Row::Entry(entry)) = session.activity().log.get(row) else { return };
        // Whoever does that wants to read here.
        self.view.is_following.set(false);
        self.relist(session, row, |lines, log| lines.gather(row, &entry, closes, log));
    }
}
