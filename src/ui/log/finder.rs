//! What somebody asks of the log, by a filter and by a search, and where in it that leads.

use std::{ops::RangeInclusive, rc::Rc};

use super::{LogView, asked::Asked, export, query::Query, window::Extent};
use crate::{
    activity::{
        Filter, Found, Lines, Log, Needle,
        export::{Format, write_plan},
    },
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
        self.relist(session, self.view.row_at_top(), |lines, log| lines.filter_by(filter, log));
    }

    /// Folds rows that say the same, one after the other, or does not.
    pub(super) fn fold_repeats(&self, session: &Session, folds: bool) {
        self.relist(session, self.view.row_at_top(), |lines, log| lines.fold_repeats(folds, log));
    }

    /// Gives lines to rows that should have some since the front of the log was trimmed, or a pause is
    /// over.
    pub(super) fn renew(&self, session: &Session) {
        let (is_over, is_outdated) = {
            let lines = self.asked.lines.borrow();
            let is_over = !self.view.is_paused() && lines.paused_at().is_some();
            (is_over, lines.is_outdated(&session.activity().log))
        };
        if is_over {
            self.relist(session, self.view.row_at_top(), Lines::resume);
        } else if is_outdated {
            self.relist(session, self.view.row_at_top(), Lines::renew);
        }
    }

    /// Gives this row a line, if it has none.
    pub(super) fn reveal(&self, session: &Session, row: u64) {
        // It may have come since the last frame.
        self.asked.update(&session.activity().log);
        if !self.asked.lines.borrow().has(row) {
            self.relist(session, self.view.row_at_top(), |lines, log| lines.reveal(row, log));
        }
    }

    /// Changes which rows have lines, by which the lines get other numbers. `row` stays where it is on
    /// the screen, or what comes after it if it has a line no longer.
    pub(super) fn relist(
        &self,
        session: &Session,
        row: u64,
        change: impl FnOnce(&mut Lines, &Log),
    ) {
        let Self { view, asked, .. } = self;
        let log = &session.activity().log;
        let row_px = view.viewport.get().row_px;
        let top_px = view.viewport.get().top_px;
        let below_px = {
            let start = view.extent.get().start;
            asked.pixels(start..asked.lines.borrow().line(row), row_px) - top_px
        };
        change(&mut asked.lines.borrow_mut(), log);
        let lines = asked.lines.borrow();
        let (start, end) = lines.extent();
        if view.is_paused() {
            view.paused_at.set(lines.paused_at());
        }
        if let Some(found) = asked.found.borrow_mut().as_mut() {
            found.restart();
        }
        asked.cursor.stay_on(&lines);
        asked.heights.borrow_mut().clear();
        asked.note_change();
        view.extent.set(Extent { start, end });
        if !view.is_following.get() {
            view.scroll_to(lines.line(row), below_px);
        }
    }

    /// Searches for this from now on; for nothing when it is empty.
    pub(super) fn search(&self, text: &str) {
        *self.asked.found.borrow_mut() = Needle::new(text).map(Found::new);
        self.asked.note_change();
    }

    /// Goes to the next thing found, or the one before.
    pub(super) fn go(&self, session: &Session, is_forward: bool) {
        let Self { view, asked, .. } = self;
        let near = view.row_at_top();
        // Enter may come before the first frame in which it is searched for.
        while asked.update(&session.activity().log) {}
        let row = asked.found.borrow_mut().as_mut().and_then(|found| found.go(is_forward, near));
        let Some(row) = row else { return };
        self.reveal(session, row);
        asked.note_change();
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
        let was_paused = view.paused_at.take().is_some();
        if !was_paused {
            view.paused_at.set(Some(self.asked.extent(&session.activity().log).end));
            self.asked.lines.borrow_mut().pause();
        }
        view.is_following.set(was_paused);
    }

    /// What is selected in the log, if something is; and how many entries, or lines, that is.
    pub(super) fn selected_text(&self, session: &Session) -> Option<(String, u64)> {
        if let Some(text) = selected_text(self.view.scroller.raw()) {
            let lines = text.lines().count();
            return Some((text, u64::try_from(lines).unwrap_or(u64::MAX)));
        }
        let selected = self.asked.cursor.selected()?;
        Some(export::text(session, self.asked.lines.borrow().filter(), &selected, Format::Text))
    }

    /// What is selected in the log, else all that the filter lets through; and how many entries that
    /// is.
    pub(super) fn text_to_copy(&self, session: &Session) -> (String, u64) {
        self.selected_text(session).unwrap_or_else(|| self.text(session, false, Format::Text))
    }

    /// The rows of the log in this form, all or those that the filter lets through, and how many
    /// entries are among them.
    pub(super) fn text(&self, session: &Session, is_all: bool, format: Format) -> (String, u64) {
        let filter = match is_all {
            true => Filter::default(),
            false => self.asked.lines.borrow().filter().clone(),
        };
        let mut plan = String::new();
        if format == Format::Ndjson {
            write_plan(session.activity().phases.list(), &mut plan);
        }
        let (rows, entries) = export::text(session, &filter, &ALL, format);
        (plan + &rows, entries)
    }

    /// Gives the focus to the log.
    pub(super) fn focus(&self) {
        self.view.scroller.focus();
    }
}
