//! The rows in the document, used again for other entries as the log moves.
//!
//! At a thousand entries a second every row on screen is another one in every picture, and what
//! counts is to touch no more than that. The elements stand in the order in which they are read.

use super::{
    query::Query,
    row::{Place, RowElement},
    window::Window,
};
use crate::{activity::Log, ui::dom::Element};

/// While the log is followed and so many rows come in a picture, or more, elements are given other
/// rows where they stand. One that is moved is styled anew: at a thousand entries a second that was a
/// fifth of what the page did.
const MOVED_MAX: u64 = 8;

/// The rows in the document, in order.
pub(super) struct Rows {
    list: Element,
    elements: Vec<RowElement>,
    /// The absolute number of the first of them.
    start: u64,
    height_px: i32,
    top_px: i32,
    /// The least width; 0 = that of the log.
    width_px: i32,
    /// How wide the log was when that was found.
    log_px: i32,
}

impl Rows {
    /// No rows in `list` yet.
    pub(super) fn new(list: Element) -> Self {
        Self {
            list,
            elements: Vec::new(),
            start: 0,
            height_px: -1,
            top_px: -1,
            width_px: 0,
            log_px: 0,
        }
    }

    /// Brings the document to show `window` of `log`, which is followed or not.
    pub(super) fn show(
        &mut self,
        log: &Log,
        query: &dyn Query,
        window: Window,
        row_px: i32,
        follows: bool,
    ) {
        self.slide(window, query, follows);
        let (first, end) = (window.extent.start, window.extent.end);
        let total = end.saturating_sub(1);
        self.set_height(query.pixels(first..end, row_px));
        let top_px = query.pixels(first..window.start, row_px);
        if self.top_px != top_px {
            self.top_px = top_px;
            // The rows follow one another below it, so that of all that moves only this is set.
            self.list.style("padding-block-start", &format!("{top_px}px"));
        }
        for (element, line) in self.elements.iter_mut().zip(window.start..) {
            let Some(number) = query.row(line) else { continue };
            if let Some(row) = log.get(number) {
                element.show(Place { number, place: line, total }, row, query);
            }
        }
    }

    /// Takes all rows out of the document.
    pub(super) fn clear(&mut self) {
        for element in self.elements.drain(..) {
            element.item().remove();
        }
    }

    /// Stays as wide as it has become, if it is wider than the log, so many pixels, until that is
    /// another: as it became narrower and wider with each long row that passes, the browser painted
    /// every row anew and the scroll bar jumped. Takes what is laid out as it is.
    pub(super) fn keep_width(&mut self, log_px: i32) {
        if self.log_px != log_px {
            self.log_px = log_px;
            self.set_width(0);
            return;
        }
        let width_px = self.list.raw().offset_width();
        if width_px > self.width_px.max(log_px) {
            self.set_width(width_px);
        }
    }

    fn set_width(&mut self, width_px: i32) {
        if self.width_px != width_px {
            self.width_px = width_px;
            self.list.style("min-inline-size", &format!("max(100%, {width_px}px)"));
        }
    }

    /// Makes the list so high, rows that are not in the document included.
    pub(super) fn set_height(&mut self, height_px: i32) {
        if self.height_px != height_px {
            self.height_px = height_px;
            // Not by a property of ours: what is inherited makes every row be styled anew.
            self.list.style("block-size", &format!("{height_px}px"));
        }
    }

    /// The rows in the document, in order.
    pub(super) fn items(&self) -> impl Iterator<Item = &Element> {
        self.elements.iter().map(RowElement::item)
    }

    /// Moves the elements that went out at one end to the other, so that those that stay keep what
    /// they show, and adds or removes as many as are missing or too many.
    fn slide(&mut self, window: Window, query: &dyn Query, follows: bool) {
        let wanted = usize::try_from(window.end - window.start).unwrap_or(0);
        while self.elements.len() > wanted {
            let from_front = self.start < window.start;
            self.start += u64::from(from_front);
            let surplus = if from_front { 0 } else { self.elements.len() - 1 };
            self.elements.remove(surplus).item().remove();
        }
        let moved = self.start.abs_diff(window.start);
        if moved >= self.elements.len() as u64 || (follows && moved >= MOVED_MAX) {
            // None of them stays, or nobody can read those that do: each is given another row where
            // it stands.
            self.start = window.start;
        }
        while self.start < window.start {
            let element = self.elements.remove(0);
            self.list.append(element.item());
            self.elements.push(element);
            self.start += 1;
        }
        while self.start > window.start {
            if let Some(element) = self.elements.pop() {
                self.list.prepend(element.item());
                self.elements.insert(0, element);
            }
            self.start -= 1;
        }
        while self.elements.len() < wanted {
            let element = RowElement::new();
            query.furnish(element.item());
            self.list.append(element.item());
            self.elements.push(element);
        }
    }
}
