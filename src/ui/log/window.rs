//! Which rows are on screen. Arithmetic only.

use super::query::Query;

/// Rows kept beyond each edge of what is seen, so that a scroll shows rows and not their absence.
const OVERSCAN: u64 = 8;

/// What is seen of the log, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Viewport {
    pub(super) top_px: i32,
    pub(super) width_px: i32,
    pub(super) height_px: i32,
    /// The height of a row.
    pub(super) row_px: i32,
}

impl Default for Viewport {
    fn default() -> Self {
        // The row's height until the style sheet has told it.
        Self { top_px: 0, width_px: 0, height_px: 0, row_px: 28 }
    }
}

/// The lines that there are, by their numbers: the first, and the one after the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) start: u64,
    pub(super) end: u64,
}

/// The rows to be in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) extent: Extent,
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Window {
    pub(super) fn of(
        extent: Extent,
        viewport: Viewport,
        is_following: bool,
        query: &dyn Query,
    ) -> Self {
        let Viewport { top_px, height_px, row_px, .. } = viewport;
        let Extent { start, end } = extent;
        // No row is lower than most are.
        let on_screen =
            u64::from(height_px.max(0).unsigned_abs().div_ceil(row_px.max(1).unsigned_abs()));
        let last = end.saturating_sub(on_screen).max(start);
        let first =
            if is_following { last } else { query.line_at(start, top_px, row_px).min(last) };
        Self {
            extent,
            start: first.saturating_sub(OVERSCAN).max(start),
            end: (first + on_screen + OVERSCAN).min(end),
        }
    }
}

/// How many pixels so many rows take; no more than an element can have.
pub(super) fn pixels(rows: u64, row_px: i32) -> i32 {
    i32::try_from(rows).map_or(i32::MAX, |rows| rows.saturating_mul(row_px))
}

#[cfg(test)]
mod tests {
    use super::{super::query::Everything, *};

    const EXTENT: Extent = Extent { start: 100, end: 1_100 };

    fn check(top_px: i32, is_following: bool, expected: (u64, u64)) {
        let viewport = Viewport { top_px, width_px: 0, height_px: 280, row_px: 28 };
        let window = Window::of(EXTENT, viewport, is_following, &Everything);
        assert_eq!((window.start, window.end), expected, "top {top_px}");
    }

    #[test]
    fn what_is_seen_and_a_little_more_is_in_the_document() {
        check(0, false, (100, 118));
        check(28 * 500, false, (592, 618));
        check(28 * 990, false, (1_082, 1_100));
        check(i32::MAX, false, (1_082, 1_100));
        check(-5, false, (100, 118));
        check(0, true, (1_082, 1_100));
    }

    #[test]
    fn few_rows_are_all_in_the_document() {
        let few = Extent { start: 0, end: 3 };
        let viewport = Viewport { height_px: 280, ..Viewport::default() };
        for is_following in [true, false] {
            let window = Window::of(few, viewport, is_following, &Everything);
            assert_eq!((window.start, window.end), (0, 3));
        }
    }

    #[test]
    fn pixels_stop_at_what_an_element_can_have() {
        assert_eq!(pixels(3, 28), 84);
        assert_eq!(pixels(u64::MAX, 28), i32::MAX);
        assert_eq!(pixels(1 << 30, 28), i32::MAX);
    }
}
