//! What somebody asks of the log, by a filter and by a search, and where in it that leads.

use std::{ops::RangeInclusive, rc::Rc};

use super::{LogView, asked::Asked, export, query::Query, window::Extent};
use crate::{
    activity::{Filter, Found, Lines, Needle, export::Format},
    session::Session,
    ui::{dom::Element, format::count, note::Note},
    web::selected_text,
};

/// All rows, by their numbers.
const ALL: RangeInclusive<u64> = 0..=u64::MAX;

/// How long what was done stays to be read, in milliseconds.
const NOTE_MS: u32 = 4_000;

/// The log as somebody looks for something in it. Clones look for the same.
#[derive(Clone)]
pub(super) struct Finder {
    pub(super) view: Rc<LogView>,
    pub(super) asked: Rc<Asked>,
    /// Where is said what was done.
    pub(super) note: Note,
}

impl Finder {
    /// Nothing is asked of the log yet; from now on something can be.
    pub(super) fn new(view: &Rc<LogView>) -> Self {
        let asked = Rc::new(Asked::default());
        *view.query.borrow_mut() = Rc::clone(&asked) as Rc<dyn Query>;
        let note = Note::new(Element::new("span", "activity-tools__note"), NOTE_MS);
        // Those that are there have nothing to open them by.
        view.rows.borrow_mut().clear();
        Self { view: Rc::clone(view), asked, note }
    }

    /// Lets through only what this filter does, and keeps what is read in place.
    pub(super) fn filter(&self, session: &Session, filter: Filter) {
        let Self { view, asked, .. } = self;
        let top = view.row_at_top();
        let mut lines = Lines::of(filter.clone());
        lines.update(&session.activity().log);
        let line = lines.line(top);
        let (start, end) = lines.extent(&session.activity().log);
        if view.paused_at.take().is_some() {
            view.paused_at.set(Some(end));
        }
        let needle = asked.found.borrow().as_ref().map(|found| found.needle().clone());
        *asked.found.borrow_mut() = needle.map(|needle| Found::new(needle, filter));
        *asked.lines.borrow_mut() = lines;
        asked.heights.borrow_mut().clear();
        asked.note_change();
        // Its lines have numbers of their own.
        view.extent.set(Extent { start, end });
        if !view.is_following.get() {
            view.scroll_to(line, 0);
        }
    }

    /// Searches for this from now on; for nothing when it is empty.
    pub(super) fn search(&self, text: &str) {
        let filter = self.asked.lines.borrow().filter().clone();
        *self.asked.found.borrow_mut() = Needle::new(text).map(|needle| Found::new(needle, filter));
        self.asked.note_change();
    }

    /// Goes to the next thing found, or the one before.
    pub(super) fn go(&self, session: &Session, is_forward: bool) {
        let Self { view, asked, .. } = self;
        let near = view.row_at_top();
        let row = {
            let mut found = asked.found.borrow_mut();
            let Some(found) = found.as_mut() else { return };
            // Enter may come before the first frame in which it is searched for.
            while found.update(&session.activity().log) {}
            found.go(is_forward, near)
        };
        let Some(row) = row else { return };
        self.asked.note_change();
        view.is_following.set(false);
        let line = asked.lines.borrow().line(row);
        let below_px = view.viewport.get().height_px / 2;
        view.scroll_to(line, below_px);
    }

    /// What is found, in words; `None` while nothing is searched for.
    pub(super) fn found_words(&self) -> Option<String> {
        let found = self.asked.found.borrow();
        let found = found.as_ref()?;
        let all = u64::try_from(found.count()).unwrap_or(u64::MAX);
        Some(match (found.place(), all) {
            (_, 0) => "None found".to_owned(),
            (Some(place), all) => {
                let place = u64::try_from(place).unwrap_or(u64::MAX);
                format!("{} of {}", count(place), count(all))
            }
            (None, all) => format!("{} found", count(all)),
        })
    }

    pub(super) fn is_paused(&self) -> bool {
        self.view.is_paused()
    }

    /// Shows nothing new from now on, or all that is new, and what comes.
    pub(super) fn toggle_pause(&self, session: &Session) {
        let view = &self.view;
        if view.paused_at.take().is_some() {
            view.is_following.set(true);
        } else {
            view.paused_at.set(Some(self.asked.extent(&session.activity().log).end));
            view.is_following.set(false);
        }
    }

    /// What is selected in the log, if something is; and how many entries, or lines, that is.
    pub(super) fn selected_text(&self, session: &Session) -> Option<(String, u64)> {
        if let Some(text) = selected_text(self.view.scroller.raw()) {
            let lines = text.lines().count();
            return Some((text, u64::try_from(lines).unwrap_or(u64::MAX)));
        }
        let selected = self.asked.cursor.selected()?;
        Some(export::text(session, &self.asked.lines.borrow(), selected, Format::Text))
    }

    /// What is selected in the log, else all that the filter lets through; and how many entries that
    /// is.
    pub(super) fn text_to_copy(&self, session: &Session) -> (String, u64) {
        self.selected_text(session).unwrap_or_else(|| self.text(session, false, Format::Text))
    }

    /// The rows of the log in this form, all or those that the filter lets through, and how many
    /// entries are among them.
    pub(super) fn text(&self, session: &Session, is_all: bool, format: Format) -> (String, u64) {
        if is_all {
            return export::text(session, &Lines::default(), ALL, format);
        }
        export::text(session, &self.asked.lines.borrow(), ALL, format)
    }

    /// Gives the focus to the log.
    pub(super) fn focus(&self) {
        self.view.scroller.focus();
    }
}
