//! Links to entries: made in an open row, and followed when a page is opened by one.

use super::finder::Finder;
use crate::{
    activity::{Log, Row, RunState},
    session::Session,
    ui::{format::count, live::Live},
    web::{SessionUrl, copy_text},
};

/// Leads to the entry that this address names, if it names one, as soon as it is there; says
/// so if it is not among all of the past.
pub(super) fn lead_to_linked(live: &Live, finder: &Finder, url: &SessionUrl) {
    let Some(seq) = url.entry() else { return };
    let finder = finder.clone();
    // The row to look at next; none once that is over.
    let mut next = Some(0);
    live.each(Box::new(move |session, _| {
        let Some(from) = next else { return };
        let log = &session.activity().log;
        if let Some(row) = (from.max(log.offset())..log.end()).find(|&row| is_entry(log, row, seq))
        {
            finder.lead_to(session, row);
            next = None;
        } else if session.is_live() || matches!(session.activity().run.state, RunState::Ended(_)) {
            finder.note.say(&format!("Entry {} is not here", count(seq)));
            next = None;
        } else {
            next = Some(log.end());
        }
    }));
}

fn is_entry(log: &Log, row: u64, seq: u64) -> bool {
    matches!(log.get(row), Some(Row::Entry(entry)) if entry.seq == Some(seq))
}

impl Finder {
    /// Copies a link to the entry of this row.
    pub(super) fn copy_link(&self, session: &Session, row: u64) {
        let seq = match session.activity().log.get(row) {
            Some(Row::Entry(entry)) => entry.seq,
            _ => None,
        };
        let url = self.asked.link.borrow();
        let link = seq.zip(url.as_ref()).map(|(seq, url)| url.to_entry(seq));
        self.note.say(match link.is_some_and(|link| copy_text(&link)) {
            true => "Link copied",
            false => "This page may not copy",
        });
    }
}
