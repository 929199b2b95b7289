//! What somebody asks of the log, and how it is to be shown.

use std::{
    cell::{Cell, RefCell},
    ops::Range,
};

use super::{
    LogView,
    cursor::Cursor,
    details, gather,
    heights::Heights,
    query::Query,
    rich::Rich,
    rows::Rows,
    times::Times,
    window::{Extent, Window, pixels},
};
use crate::{
    activity::{Found, Lines, Log, Row},
    ui::dom::Element,
    web::SessionUrl,
};

/// The most rows that are open at once; for one more, the one opened first closes.
const OPEN_MAX: usize = 200;

/// A filter, a search, and how the rows that they leave are shown.
#[derive(Default)]
pub(super) struct Asked {
    /// The rows that have a line.
    pub(super) lines: RefCell<Lines>,
    /// What is searched for, and what of it is found.
    pub(super) found: RefCell<Option<Found>>,
    /// Where the keyboard is, and what is selected.
    pub(super) cursor: Cursor,
    /// How times are said.
    pub(super) times: Times,
    pub(super) wraps: Cell<bool>,
    /// What links to entries are made of; an open row offers none without.
    pub(super) link: RefCell<Option<SessionUrl>>,
    /// The rows that are open, in the order in which they were opened.
    opened: RefCell<Vec<u64>>,
    /// How high lines are that were measured.
    pub(super) heights: RefCell<Heights>,
    /// The width of the log, and the height of most lines, for which that holds.
    measured_for: Cell<(i32, i32)>,
    version: Cell<u32>,
}

impl Asked {
    /// Something else is asked for: what the rows show is old.
    pub(super) fn note_change(&self) {
        self.version.set(self.version.get().wrapping_add(1));
    }

    pub(super) fn is_open(&self, row: u64) -> bool {
        self.opened.borrow().contains(&row)
    }

    /// Opens the row on this line, or closes it.
    pub(super) fn set_open(&self, line: u64, row: u64, is_open: bool) {
        let mut opened = self.opened.borrow_mut();
        opened.retain(|&other| other != row);
        if is_open {
            if opened.len() >= OPEN_MAX {
                opened.remove(0);
            }
            opened.push(row);
        } else {
            self.heights.borrow_mut().set(line, 0);
        }
        drop(opened);
        self.note_change();
    }

    /// Whether any line may be higher than most.
    fn has_heights(&self) -> bool {
        self.wraps.get() || !self.opened.borrow().is_empty()
    }

    /// The line on which the cursor is.
    pub(super) fn cursor_line(&self) -> Option<u64> {
        self.cursor.row().map(|row| self.lines.borrow().line(row))
    }
}

impl Query for Asked {
    fn update(&self, log: &Log) -> bool {
        self.lines.borrow_mut().update(log);
        let offset = log.offset();
        self.opened.borrow_mut().retain(|&row| row >= offset);
        self.cursor.forget_before(offset);
        let lines = self.lines.borrow();
        self.found.borrow_mut().as_mut().is_some_and(|found| found.update(log, &lines))
    }

    fn extent(&self, _: &Log) -> Extent {
        let (start, end) = self.lines.borrow().extent();
        Extent { start, end }
    }

    fn row(&self, line: u64) -> Option<u64> {
        self.lines.borrow().row(line)
    }

    fn pixels(&self, lines: Range<u64>, row_px: i32) -> i32 {
        let most = pixels(lines.end.saturating_sub(lines.start), row_px);
        most.saturating_add(self.heights.borrow().more(&lines))
    }

    fn line_at(&self, start: u64, px: i32, row_px: i32) -> u64 {
        self.heights.borrow().line_at(start, px, row_px)
    }

    fn will_show(&self, view: &LogView, window: Window) {
        self.heights.borrow_mut().forget_before(window.extent.start);
        let line = self.cursor_line();
        let is_leaving = line.is_some_and(|line| !(window.start..window.end).contains(&line));
        if is_leaving && view.scroller.has_focus_within() {
            // An element that takes the focus with it would leave the keyboard nowhere.
            view.scroller.focus_in_place();
        }
    }

    fn has_shown(&self, view: &LogView, rows: &mut Rows, window: Window) {
        if self.has_heights() {
            self.measure(view, rows, window);
        }
        let line = self.cursor_line().and_then(|line| line.checked_sub(window.start));
        let item = line.and_then(|line| rows.items().nth(usize::try_from(line).ok()?));
        view.scroller.set("tabindex", Some(if item.is_some() { "-1" } else { "0" }));
        if let Some(item) = item {
            details::make_reachable(item);
        }
        if self.cursor.takes_focus()
            && let Some(item) = item
        {
            item.focus();
        }
    }

    fn furnish(&self, item: &Element) {
        details::furnish(item);
    }

    fn dress(&self, item: &Element, number: u64, row: &Row<'_>) {
        let is_open = self.is_open(number);
        let entry = match row {
            Row::Entry(entry) => Some(entry),
            Row::Marker(_) => None,
        };
        gather::show(item, entry.and_then(|entry| self.lines.borrow().gathered(number, entry)));
        details::show(item, entry.filter(|_| is_open), self.link.borrow().is_some());
        self.cursor.show(item, number);
    }

    fn wraps(&self) -> bool {
        self.wraps.get()
    }

    fn time(&self, utc_ms: i64) -> String {
        self.times.words(utc_ms)
    }

    fn current(&self) -> Option<u64> {
        self.found.borrow().as_ref().and_then(Found::current)
    }

    fn version(&self, number: u64) -> u64 {
        let weight = self.lines.borrow().weight(number) & u64::from(u32::MAX);
        u64::from(self.version.get()) << 32 | weight
    }

    fn enrich(&self, element: &Element, text: &str, printed: &str) -> (usize, Vec<Element>) {
        let found = self.found.borrow();
        let rich = Rich::new(text)
            .coloured(printed, !self.wraps.get())
            .linked()
            .marked(found.as_ref().map(Found::needle));
        (rich.start(), rich.append_to(element))
    }
}

impl Asked {
    /// Reads how high the rows are that are in the document. What is read stays where it is, though
    /// lines above it turn out to be higher.
    fn measure(&self, view: &LogView, rows: &mut Rows, window: Window) {
        let viewport = view.viewport.get();
        let Extent { start, end } = window.extent;
        let line = self.line_at(start, viewport.top_px, viewport.row_px);
        let above_px = self.pixels(start..line, viewport.row_px);
        let measured_for = (view.scroller.raw().client_width(), viewport.row_px);
        if self.measured_for.replace(measured_for) != measured_for {
            self.heights.borrow_mut().clear();
        }
        let heights: Vec<i32> = rows.items().map(|item| item.raw().offset_height()).collect();
        for (line, height_px) in (window.start..).zip(heights) {
            self.heights.borrow_mut().set(line, height_px - viewport.row_px);
        }
        rows.set_height(self.pixels(start..end, viewport.row_px));
        let lower_px = self.pixels(start..line, viewport.row_px) - above_px;
        if lower_px != 0 && !view.is_following.get() {
            view.scroll_to_px(viewport.top_px + lower_px);
        }
    }
}
