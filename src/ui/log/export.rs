//! The log as text.

use std::ops::RangeInclusive;

use crate::{
    activity::{
        Lines, Row,
        export::{Format, write_row},
    },
    session::Session,
    ui::{format::utc_ms, log::window::row_at},
};

/// Those rows of `lines` with these numbers in this form, and how many entries are among them.
pub(super) fn text(
    session: &Session,
    lines: &Lines,
    rows: RangeInclusive<u64>,
    format: Format,
) -> (String, u64) {
    let log = &session.activity().log;
    let (start, end) = lines.extent(log);
    let (first, after) = (lines.line(*rows.start()), lines.line(rows.end().saturating_add(1)));
    let (mut text, mut entries) = (String::new(), 0);
    for line in start.max(first)..end.min(after) {
        if let Some(row) = lines.row(line).and_then(|number| row_at(log, number)) {
            entries += u64::from(matches!(row, Row::Entry(_)));
            write_row(row, format, &utc_ms, &mut text);
        }
    }
    (text, entries)
}
