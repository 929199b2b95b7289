//! What somebody asks of the log, by a filter and by a search, and where in it that leads.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::{LogView, export, query::Query, window::Extent};
use crate::{
    activity::{Filter, Found, Lines, Log, Needle, export::Format},
    session::Session,
    ui::{dom::Element, format::count},
    web::selected_text,
};

/// The most places that are marked in one text.
const MARKS_MAX: usize = 100;

/// A filter and a search.
#[derive(Default)]
struct Asked {
    /// The rows that the filter lets through.
    lines: RefCell<Lines>,
    /// What is searched for, and what of it is found.
    found: RefCell<Option<Found>>,
    version: Cell<u32>,
}

impl Query for Asked {
    fn update(&self, log: &Log) -> bool {
        self.lines.borrow_mut().update(log);
        self.found.borrow_mut().as_mut().is_some_and(|found| found.update(log))
    }

    fn extent(&self, log: &Log) -> Extent {
        let (start, end) = self.lines.borrow().extent(log);
        Extent { start, end }
    }

    fn row(&self, line: u64) -> Option<u64> {
        self.lines.borrow().row(line)
    }

    fn is_filtered(&self) -> bool {
        !self.lines.borrow().filter().is_open()
    }

    fn current(&self) -> Option<u64> {
        self.found.borrow().as_ref().and_then(Found::current)
    }

    fn version(&self) -> u32 {
        self.version.get()
    }

    fn mark(&self, element: &Element, text: &str) -> (usize, Vec<Element>) {
        let found = self.found.borrow();
        let needle = found.as_ref().map(Found::needle);
        let next = |from| needle.and_then(|needle| needle.next_in(text, from));
        let mut place = next(0);
        let before = place.map_or(text.len(), |(start, _)| start);
        // By parts that may be missing: code that can fail over a piece of text weighs three kB.
        let part = |start: usize, end: usize| text.get(start..end).unwrap_or_default();
        let mut rest = Vec::new();
        while let Some((start, end)) = place.filter(|_| rest.len() < 2 * MARKS_MAX) {
            place = next(end);
            let after = place.map_or(text.len(), |(start, _)| start);
            for (name, part) in [("mark", part(start, end)), ("span", part(end, after))] {
                let piece = Element::new(name, "").says(part);
                element.append(&piece);
                rest.push(piece);
            }
        }
        (before, rest)
    }
}

/// The log as somebody looks for something in it. Clones look for the same.
#[derive(Clone)]
pub(super) struct Finder {
    view: Rc<LogView>,
    asked: Rc<Asked>,
}

impl Finder {
    /// Nothing is asked of the log yet; from now on something can be.
    pub(super) fn new(view: &Rc<LogView>) -> Self {
        let asked = Rc::new(Asked::default());
        *view.query.borrow_mut() = Rc::clone(&asked) as Rc<dyn Query>;
        Self { view: Rc::clone(view), asked }
    }

    /// Lets through only what this filter does, and keeps what is read in place.
    pub(super) fn filter(&self, session: &Session, filter: Filter) {
        let Self { view, asked } = self;
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
        self.note_change();
        // Its lines have numbers of their own.
        view.extent.set(Extent { start, end });
        if !view.is_following.get() {
            view.scroll_to(line - start, 0);
        }
    }

    /// Searches for this from now on; for nothing when it is empty.
    pub(super) fn search(&self, text: &str) {
        let filter = self.asked.lines.borrow().filter().clone();
        *self.asked.found.borrow_mut() = Needle::new(text).map(|needle| Found::new(needle, filter));
        self.note_change();
    }

    /// Goes to the next thing found, or the one before.
    pub(super) fn go(&self, session: &Session, is_forward: bool) {
        let Self { view, asked } = self;
        let near = view.row_at_top();
        let row = {
            let mut found = asked.found.borrow_mut();
            let Some(found) = found.as_mut() else { return };
            // Enter may come before the first frame in which it is searched for.
            while found.update(&session.activity().log) {}
            found.go(is_forward, near)
        };
        let Some(row) = row else { return };
        self.note_change();
        view.is_following.set(false);
        let line = asked.lines.borrow().line(row);
        let below_px = view.viewport.get().height_px / 2;
        view.scroll_to(line.saturating_sub(view.extent.get().start), below_px);
    }

    fn note_change(&self) {
        self.asked.version.set(self.asked.version.get().wrapping_add(1));
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

    /// What is selected in the log, else all that the filter lets through; and how many entries that
    /// is.
    pub(super) fn text_to_copy(&self, session: &Session) -> (String, u64) {
        match selected_text(self.view.scroller.raw()) {
            Some(text) => {
                let lines = text.lines().count();
                (text, u64::try_from(lines).unwrap_or(u64::MAX))
            }
            None => self.text(session, false, Format::Text),
        }
    }

    /// The rows of the log in this form, all or those that the filter lets through, and how many
    /// entries are among them.
    pub(super) fn text(&self, session: &Session, is_all: bool, format: Format) -> (String, u64) {
        if is_all {
            return export::text(session, &Lines::default(), format);
        }
        export::text(session, &self.asked.lines.borrow(), format)
    }

    /// Gives the focus to the log.
    pub(super) fn focus(&self) {
        self.view.scroller.focus();
    }
}
