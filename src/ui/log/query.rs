//! Which rows of the log are shown, and what in them is marked.

use super::window::Extent;
use crate::{activity::Log, ui::dom::Element};

/// What is asked of the log. As long as nobody can ask anything, it is all rows and no marks; what
/// filters and searches is in the deferred part.
pub(super) trait Query {
    /// Takes in what has become of the log since the last time; whether there is more to be searched.
    fn update(&self, log: &Log) -> bool;

    /// The lines, by numbers that do not change when older ones go.
    fn extent(&self, log: &Log) -> Extent;

    /// The absolute number of the row that stands on this line.
    fn row(&self, line: u64) -> Option<u64>;

    /// Whether some rows may not be shown.
    fn is_filtered(&self) -> bool;

    /// The row that was gone to.
    fn current(&self) -> Option<u64>;

    /// Another number whenever something else is marked or gone to.
    fn version(&self) -> u32;

    /// Appends to `element`, after its text, what comes of this text from the first mark on; that,
    /// and how many bytes stand before it.
    fn mark(&self, element: &Element, text: &str) -> (usize, Vec<Element>);
}

/// All rows, and nothing marked.
pub(super) struct Everything;

impl Query for Everything {
    fn update(&self, _: &Log) -> bool {
        false
    }

    fn extent(&self, log: &Log) -> Extent {
        Extent { start: log.offset(), end: log.end() }
    }

    fn row(&self, line: u64) -> Option<u64> {
        Some(line)
    }

    fn is_filtered(&self) -> bool {
        false
    }

    fn current(&self) -> Option<u64> {
        None
    }

    fn version(&self) -> u32 {
        0
    }

    fn mark(&self, _: &Element, text: &str) -> (usize, Vec<Element>) {
        (text.len(), Vec::new())
    }
}
