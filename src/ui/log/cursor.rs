//! Where in the log the keyboard is, and which of its rows are selected.
//!
//! Rows come and go in the document; what is selected are therefore rows of the log. At most one row
//! can be reached by the Tab key: the one that the cursor is on, or else the log itself (ARIA
//! Authoring Practices, roving tabindex).

use std::{cell::Cell, cmp::Ordering, ops::RangeInclusive};

use wasm_bindgen::JsCast;
use web_sys::{KeyboardEvent, MouseEvent};

use super::{
    details::{self, row_of},
    finder::Finder,
    gather,
    query::Query,
    window::{Extent, Window},
};
use crate::{
    activity::{Filter, Lines, Row},
    dialect::Level,
    session::Session,
    ui::{dom::Element, live::Live},
};

/// Says of a row's element that the row is selected.
const SELECTED: &str = "data-selected";

/// Where the keyboard is, and what is selected: rows by their numbers.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    row: Cell<Option<u64>>,
    /// Whether the row is to have the focus once it is in the document.
    wants_focus: Cell<bool>,
    /// Where a selection begins.
    anchor: Cell<Option<u64>>,
    selected: Cell<Option<(u64, u64)>>,
}

impl Cursor {
    pub(super) fn row(&self) -> Option<u64> {
        self.row.get()
    }

    /// The selected rows.
    pub(super) fn selected(&self) -> Option<RangeInclusive<u64>> {
        self.selected.get().map(|(first, last)| first..=last)
    }

    /// Whether a row should be given the focus; said once.
    pub(super) fn takes_focus(&self) -> bool {
        self.wants_focus.take()
    }

    /// Rows before this one are no longer in memory.
    pub(super) fn forget_before(&self, row: u64) {
        self.row.set(self.row.get().filter(|&it| it >= row));
        self.selected.set(self.selected.get().filter(|&(_, last)| last >= row));
    }

    /// A row that has no line any more hands the cursor to the one at its place.
    pub(super) fn stay_on(&self, lines: &Lines) {
        let at = |row| lines.row(lines.line(row).min(lines.extent().1.saturating_sub(1)));
        self.row.set(self.row.get().and_then(at));
    }

    /// Shows in a row's element whether the cursor is on it, and whether it is selected.
    pub(super) fn show(&self, item: &Element, row: u64) {
        let is_selected = self.selected().is_some_and(|rows| rows.contains(&row));
        for (name, value, is_so) in
            [("tabindex", "0", self.row.get() == Some(row)), (SELECTED, "", is_selected)]
        {
            if item.raw().has_attribute(name) != is_so {
                item.set(name, is_so.then_some(value));
            }
        }
    }

    /// Selects from the anchor to this row, with all that stand on the line of the last.
    fn select_from_anchor(&self, to: u64, lines: &Lines) {
        let anchor = self.anchor.get().unwrap_or(to);
        self.anchor.set(Some(anchor));
        self.selected.set(Some((anchor.min(to), lines.last_with(anchor.max(to)))));
    }
}

/// Listens to keyboard and mouse in the log. `copy` copies what is selected.
pub(super) fn listen(live: &Live, finder: &Finder, copy: impl Fn(&Session) + Clone + 'static) {
    let scroller = finder.view.scroller.clone();
    let (keyed, copied) = (finder.clone(), copy.clone());
    live.on(
        &scroller,
        "keydown",
        Box::new(move |driver, event| {
            let is_of_row = |target: &web_sys::Element| {
                target.local_name() == "li" || *target == **keyed.view.scroller.raw()
            };
            let target = event.target().and_then(|target| target.dyn_into().ok());
            if target.as_ref().is_some_and(is_of_row)
                && keyed.pressed(&driver.session(), event.unchecked_ref(), &copied)
            {
                event.prevent_default();
            }
        }),
    );
    let clicked = finder.clone();
    live.on(
        &scroller,
        "click",
        Box::new(move |driver, event| {
            clicked.clicked(&driver.session(), event.unchecked_ref(), &copy);
        }),
    );
    let pressed = finder.clone();
    live.on(
        &scroller,
        "mousedown",
        Box::new(move |_, event| pressed.mouse_pressed(event.unchecked_ref())),
    );
    let dragged = finder.view.clone();
    live.on(
        &scroller,
        "mousemove",
        Box::new(move |_, event| {
            let event: &MouseEvent = event.unchecked_ref();
            if event.buttons() & 1 != 0 {
                // Somebody selects text, which must not move away under the pointer.
                dragged.is_following.set(false);
            }
        }),
    );
}

impl Finder {
    /// Does what a key stands for; whether it stands for anything.
    fn pressed(&self, session: &Session, key: &KeyboardEvent, copy: &impl Fn(&Session)) -> bool {
        let asked = &self.asked;
        let is_command = key.ctrl_key() || key.meta_key();
        let line = asked.cursor_line();
        let page = {
            let viewport = self.view.viewport.get();
            u64::from((viewport.height_px / viewport.row_px.max(1)).max(2).unsigned_abs()) - 1
        };
        match (key.key().as_str(), is_command) {
            ("a", true) => self.select_all(session),
            ("c", true) => {
                if self.selected_text(session).is_none() {
                    let Some(row) = asked.cursor.row() else { return false };
                    asked.cursor.selected.set(Some((row, row)));
                    asked.note_change();
                }
                copy(session);
            }
            ("ArrowDown" | "ArrowUp", false) if key.alt_key() => {
                self.move_to_error(session, key.key() == "ArrowDown");
            }
            ("ArrowDown", false) => self.move_by(session, line, 1, key),
            ("ArrowUp", false) => self.move_by(session, line, -1, key),
            ("PageDown", false) => self.move_by(session, line, page.cast_signed(), key),
            ("PageUp", false) => self.move_by(session, line, -page.cast_signed(), key),
            ("Home", _) => self.move_to(session, 0, key.shift_key()),
            ("End", _) => {
                self.put_away_cursor();
                self.view.follow();
            }
            ("ArrowRight", false) => return self.open_at_cursor(session, Some(true)),
            ("ArrowLeft", false) => return self.open_at_cursor(session, Some(false)),
            ("Enter" | " ", false) => return self.open_at_cursor(session, None),
            ("F3", _) => self.go(session, !key.shift_key()),
            ("Escape", false) => {
                if asked.cursor.row().is_none() && asked.cursor.selected.get().is_none() {
                    return false;
                }
                self.put_away_cursor();
                self.view.scroller.focus_in_place();
            }
            _ => return false,
        }
        true
    }

    /// Moves so many lines down. The first press goes to what is at the end while that is followed,
    /// and to what is at the top otherwise.
    fn move_by(&self, session: &Session, line: Option<u64>, lines: i64, key: &KeyboardEvent) {
        let view = &self.view;
        let to = match line {
            Some(line) => line.saturating_add_signed(lines),
            None if view.is_following.get() => u64::MAX,
            None => self.asked.lines.borrow().line(view.row_at_top()),
        };
        self.move_to(session, to, key.shift_key());
    }

    /// Moves to this line, or the nearest one that there is.
    fn move_to(&self, session: &Session, line: u64, selects: bool) {
        let (view, asked) = (&self.view, &self.asked);
        let Extent { start, end } = self.shown(session);
        let line = line.clamp(start, end.saturating_sub(1).max(start));
        let Some(row) = asked.row(line).filter(|_| start < end) else { return };
        let cursor = &asked.cursor;
        if selects {
            cursor.anchor.set(cursor.anchor.get().or_else(|| cursor.row.get()));
            cursor.select_from_anchor(row, &asked.lines.borrow());
        } else {
            cursor.anchor.set(Some(row));
            cursor.selected.set(None);
        }
        cursor.row.set(Some(row));
        cursor.wants_focus.set(true);
        asked.note_change();

        let mut viewport = view.viewport.get();
        viewport.top_px = view.scroller.raw().scroll_top();
        let window =
            Window::of(view.extent.get(), viewport, view.is_following.replace(false), &**asked);
        // What is in the document is scrolled to by the focus.
        if !(window.start..window.end).contains(&line) {
            let share = if line < window.start { 4 } else { 2 };
            view.scroll_to(line, viewport.height_px / share);
        }
    }

    /// The lines that are shown.
    fn shown(&self, session: &Session) -> Extent {
        let Extent { start, end } = self.asked.extent(&session.activity().log);
        Extent { start, end: self.view.paused_at.get().map_or(end, |paused| end.min(paused)) }
    }

    /// Moves to the next error after the cursor, or the last one before it.
    fn move_to_error(&self, session: &Session, is_forward: bool) {
        let log = &session.activity().log;
        let filter = self.asked.lines.borrow().filter().clone();
        if filter.level.is_some_and(|level| level != Level::Error) {
            return;
        }
        let errors = Filter { level: Some(Level::Error), ..filter };
        let from = self.asked.cursor.row().unwrap_or_else(|| self.view.row_at_top());
        let (mut before, mut after) = (None, None);
        let lines = self.asked.lines.borrow();
        log.search(0, &errors, None, usize::MAX, &mut |row| match row.cmp(&from) {
            _ if lines.is_repeat(row) => {}
            Ordering::Less => before = Some(row),
            Ordering::Greater => after = after.or(Some(row)),
            Ordering::Equal => {}
        });
        drop(lines);
        if let Some(row) = if is_forward { after } else { before } {
            self.move_to_row(session, row);
        }
    }

    fn select_all(&self, session: &Session) {
        let Extent { start, end } = self.shown(session);
        let (first, last) = (self.asked.row(start), self.asked.row(end.saturating_sub(1)));
        let last = last.map(|last| self.asked.lines.borrow().last_with(last));
        self.asked.cursor.selected.set(first.zip(last));
        self.asked.note_change();
    }

    fn put_away_cursor(&self) {
        let cursor = &self.asked.cursor;
        cursor.row.set(None);
        cursor.anchor.set(None);
        cursor.selected.set(None);
        self.asked.note_change();
    }

    /// Opens the entry that the cursor is on, or closes it; whether the cursor is anywhere. What is put
    /// away behind its line is shown before that, and put away after it. A marker has said all that
    /// there is to it.
    fn open_at_cursor(&self, session: &Session, is_open: Option<bool>) -> bool {
        let (Some(row), Some(line)) = (self.asked.cursor.row(), self.asked.cursor_line()) else {
            return false;
        };
        let is_entry = matches!(session.activity().log.get(row), Some(Row::Entry(_)));
        let was_open = self.asked.is_open(row);
        let is_gathered = self.is_gathered(session, row);
        let gathers = match is_open {
            Some(true) => is_gathered == Some(true),
            Some(false) => !was_open && is_gathered == Some(false),
            None => false,
        };
        if let Some(opens) = is_open.filter(|_| gathers) {
            self.gather(session, row, !opens);
            return true;
        }
        let is_open = is_open.unwrap_or(!was_open);
        if is_entry && is_open != was_open {
            self.open(line, row, is_open);
        }
        true
    }

    fn open(&self, line: u64, row: u64, is_open: bool) {
        // Whoever opens a row wants to read it.
        self.view.is_following.set(false);
        self.keep_place(|| self.asked.set_open(line, row, is_open));
    }

    /// Does something by which lines become lower, or may become higher once they are seen, and keeps
    /// the line at the top in its place.
    pub(super) fn keep_place(&self, change: impl FnOnce()) {
        let (view, asked) = (&self.view, &self.asked);
        let (start, row_px) = (view.extent.get().start, view.viewport.get().row_px);
        let top_px = view.viewport.get().top_px;
        let line = asked.line_at(start, top_px, row_px);
        let above_px = top_px - asked.pixels(start..line, row_px);
        change();
        if !view.is_following.get() {
            let line_px = asked.pixels(line..line + 1, row_px);
            view.scroll_to(line, -above_px.min(line_px));
        }
    }

    /// The line and the row that are shown in this element.
    fn place_of(&self, item: &web_sys::Element) -> Option<(u64, u64)> {
        let line: u64 = item.get_attribute("aria-posinset")?.parse().ok()?;
        Some((line, self.asked.row(line)?))
    }

    fn clicked(&self, session: &Session, event: &MouseEvent, copy: &impl Fn(&Session)) {
        let Some(target) = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok())
        else {
            return;
        };
        let place = row_of(&target).and_then(|item| self.place_of(&item));
        let Some((line, row)) = place else { return };
        if target.class_list().contains(details::TOGGLE) {
            self.open(line, row, !self.asked.is_open(row));
        } else if target.class_list().contains(details::COPY) {
            self.asked.cursor.selected.set(Some((row, row)));
            self.asked.note_change();
            copy(session);
        } else if target.class_list().contains(details::LINK) {
            self.copy_link(session, row);
        } else if target.class_list().contains(gather::BUTTON)
            && let Some(was_closed) = self.is_gathered(session, row)
        {
            self.gather(session, row, !was_closed);
            // The lines have other numbers, and the button may be in another row's element.
            self.asked.cursor.row.set(Some(row));
            self.asked.cursor.wants_focus.set(true);
        }
    }

    /// Goes to this row and opens it.
    pub(super) fn lead_to(&self, session: &Session, row: u64) {
        self.reveal(session, row);
        let line = self.asked.lines.borrow().line(row);
        self.open(line, row, true);
        self.move_to(session, line, false);
    }

    fn move_to_row(&self, session: &Session, row: u64) {
        self.reveal(session, row);
        let line = self.asked.lines.borrow().line(row);
        self.move_to(session, line, false);
    }

    fn mouse_pressed(&self, event: &MouseEvent) {
        let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        let place = target.and_then(|it| row_of(&it)).and_then(|item| self.place_of(&item));
        let Some((_, row)) = place.filter(|_| event.button() == 0) else { return };
        let cursor = &self.asked.cursor;
        if event.shift_key() {
            // The browser would select text up to here, of rows that may be out of the document.
            event.prevent_default();
            cursor.select_from_anchor(row, &self.asked.lines.borrow());
            self.view.is_following.set(false);
        } else {
            cursor.anchor.set(Some(row));
            cursor.selected.set(None);
        }
        self.asked.note_change();
    }

    /// Wraps long lines from now on, or no longer.
    pub(super) fn set_wrap(&self, wraps: bool) {
        self.keep_place(|| {
            self.asked.wraps.set(wraps);
            self.asked.heights.borrow_mut().clear();
            self.asked.note_change();
        });
        self.view.scroller.set("data-wrap", wraps.then_some(""));
    }
}
