//! Which rows of the log are shown, how high they are, and what is in them beside words.

use std::ops::Range;

use super::{
    LogView,
    rows::Rows,
    window::{Extent, Window, pixels},
};
use crate::{
    activity::{Log, Row},
    ui::{dom::Element, format},
};

/// What is asked of the log. As long as nobody can ask anything, it is all rows, each on one line of
/// one height, and nothing but words; what filters, searches, wraps, opens and colours rows is in the
/// deferred part.
pub(super) trait Query {
    /// Takes in what has become of the log since the last time; whether there is more to be searched.
    fn update(&self, log: &Log) -> bool;

    /// The lines, by numbers from 1 that do not change when older ones go.
    fn extent(&self, log: &Log) -> Extent;

    /// The absolute number of the row that stands on this line.
    fn row(&self, line: u64) -> Option<u64>;

    /// How many pixels these lines take, of which most take `row_px`.
    fn pixels(&self, lines: Range<u64>, row_px: i32) -> i32 {
        pixels(lines.end.saturating_sub(lines.start), row_px)
    }

    /// The line that so many pixels below the beginning of the line `start` lead to.
    fn line_at(&self, start: u64, px: i32, row_px: i32) -> u64 {
        start + u64::from(px.max(0).unsigned_abs() / row_px.max(1).unsigned_abs())
    }

    /// The rows in the document are about to become these.
    fn will_show(&self, _view: &LogView, _window: Window) {}

    /// The rows in the document have become these: those that may be of another height can be
    /// measured.
    fn has_shown(&self, _view: &LogView, _rows: &mut Rows, _window: Window) {}

    /// A row's element was made, in which one row after another will be shown.
    fn furnish(&self, _item: &Element) {}

    /// Gives a row's element what this row has beside its line.
    fn dress(&self, _item: &Element, _number: u64, _row: &Row<'_>) {}

    /// Whether a text may take more than one line.
    fn wraps(&self) -> bool {
        false
    }

    /// A time as it is shown.
    fn time(&self, utc_ms: i64) -> String {
        format::time_of_day(utc_ms)
    }

    /// The row that was gone to.
    fn current(&self) -> Option<u64>;

    /// Another number whenever something else is marked or gone to, or is to be shown of this row.
    fn version(&self, _number: u64) -> u64 {
        0
    }

    /// Appends to `element`, after its text, what comes of this text from the first place on where it
    /// is more than words; that, and how many bytes stand before it. `printed` is what a process
    /// printed, where the text shows that.
    fn enrich(&self, element: &Element, text: &str, printed: &str) -> (usize, Vec<Element>);
}

/// All rows, and nothing marked.
pub(super) struct Everything;

impl Query for Everything {
    fn update(&self, _: &Log) -> bool {
        false
    }

    fn extent(&self, log: &Log) -> Extent {
        Extent { start: log.offset() + 1, end: log.end() + 1 }
    }

    fn row(&self, line: u64) -> Option<u64> {
        line.checked_sub(1)
    }

    fn current(&self) -> Option<u64> {
        None
    }

    fn enrich(&self, _: &Element, text: &str, _: &str) -> (usize, Vec<Element>) {
        (text.len(), Vec::new())
    }
}
