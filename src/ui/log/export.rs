//! The log as text.

use std::ops::RangeInclusive;

use crate::{
    activity::{
        Filter, Row,
        export::{Format, write_row},
    },
    session::Session,
    ui::format::utc_ms,
};

/// Those rows with these numbers that `filter` lets through, whether they have a line of their own or
/// not, in this form; and how many entries are among them.
pub(super) fn text(
    session: &Session,
    filter: &Filter,
    rows: &RangeInclusive<u64>,
    format: Format,
) -> (String, u64) {
    let log = &session.activity().log;
    let (mut text, mut entries) = (String::new(), 0);
    let mut write = |number: u64| {
        if let Some(row) = log.get(number).filter(|_| rows.contains(&number)) {
            entries += u64::from(matches!(row, Row::Entry(_)));
            write_row(row, format, &utc_ms, &mut text);
        }
    };
    if log.trimmed().is_some() {
        write(log.offset());
    }
    log.search(*rows.start(), filter, None, usize::MAX, &mut write);
    (text, entries)
}
