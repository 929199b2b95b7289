//! Nothing lost, nothing twice, in order, and every gap counted.

use std::collections::BTreeSet;

use agent_activity::{
    activity::{Marker, Row, RowEntry},
    session::Session,
};

use super::{Result, ensure};
use crate::server::{Fact, Numbering, Repeating, Server};

/// Reads the log as it grows, and holds it against the server's truth.
#[derive(Debug, Default)]
pub(crate) struct LogCheck {
    session: usize,
    rows: usize,
    /// The epoch whose entries come, once there was one.
    epoch: usize,
    /// Whether there was an entry or a gap in this epoch.
    is_begun: bool,
    /// The number of the last entry or missing one in this epoch.
    last: u64,
    /// The entries in this epoch.
    entries: u64,
    /// The entries since the last socket was given up: what was read by HTTP before the next one
    /// was opened counts among what was recovered.
    recovered: u64,
    /// Those that came in the turn in which it was given up: before or after, who knows.
    in_between: u64,
    /// Whether a socket was given up in this turn: what came in it came before.
    is_lost_socket: bool,
    /// Of a server without numbers: what a socket has told the page, or its list.
    told: BTreeSet<usize>,
    /// Of the same: what the log shows.
    shown: BTreeSet<usize>,
    /// Whether a socket was lost before an event told what kind of server this is: what one that
    /// destroys lost with it cannot be known then.
    is_blind: bool,
    /// The ends that the log shows.
    ends: u32,
}

impl LogCheck {
    /// Another session is followed; its log begins anew.
    pub(crate) fn follow(&mut self, session: usize) {
        *self = Self { session, ..Self::default() };
    }

    pub(crate) const fn session(&self) -> usize {
        self.session
    }

    /// A socket was given up.
    pub(crate) const fn give_up_socket(&mut self) {
        self.is_lost_socket = true;
    }

    /// A socket is lost that the server had accepted.
    pub(crate) fn lose_socket(&mut self, is_recognised: bool) {
        self.is_blind |= !is_recognised && self.told.is_empty();
    }

    /// A frame reached the page, by a socket that it listens to or in an answer that it waits for.
    pub(crate) fn hear(&mut self, text: &str) {
        for piece in text.split(r#""message":"s"#).skip(1) {
            let number = piece.split_once('"').and_then(|(token, _)| token.rsplit_once('.'));
            self.told.extend(number.and_then(|(_, number)| number.parse::<usize>().ok()));
        }
    }

    /// Reads the rows that are new.
    pub(crate) fn read(&mut self, session: &Session, server: &Server) -> Result {
        let activity = session.activity();
        let entries_before = self.entries;
        while self.rows < activity.log.rows() {
            let Some(row) = activity.log.row(self.rows) else { break };
            self.rows += 1;
            match (row, server) {
                (Row::Marker(marker), _) => self.mark(marker, server)?,
                (Row::Entry(entry), Server::Numbering(server)) => {
                    self.enter_numbered(&entry, server)?;
                }
                (Row::Entry(entry), Server::Repeating(server)) => self.enter(&entry, server)?,
                (Row::Entry(entry), Server::Fleeting(_)) => self.enter_fleeting(&entry)?,
            }
        }
        if std::mem::take(&mut self.is_lost_socket) {
            self.in_between = self.entries.saturating_sub(entries_before);
            self.recovered = 0;
        }
        ensure!(
            activity.entries == self.entries,
            "{} entries are counted and {} were shown",
            activity.entries,
            self.entries
        );
        Ok(())
    }

    fn count(&mut self) {
        self.entries += 1;
        self.recovered += 1;
        self.is_begun = true;
    }

    fn enter_numbered(&mut self, entry: &RowEntry<'_>, server: &Numbering) -> Result {
        let seq = entry.seq.unwrap_or(0);
        if !self.is_begun {
            // The first of a history may be of whatever incarnation there is by now.
            let epochs = self.epoch..server.sessions[self.session].len();
            let is_of = |&epoch: &usize| {
                server.fact(self.session, epoch, seq).is_some_and(|fact| {
                    entry.message == Numbering::text(self.session, epoch, seq, fact)
                })
            };
            self.epoch = epochs.rev().find(is_of).unwrap_or(self.epoch);
        }
        ensure!(
            seq == self.last + 1,
            "number {seq} is shown after {} ({})",
            self.last,
            entry.message
        );
        let fact = server.fact(self.session, self.epoch, seq);
        let Some(fact) = fact else {
            ensure!(false, "number {seq} is shown, which never happened in epoch {}", self.epoch);
            return Ok(());
        };
        let wanted = Numbering::text(self.session, self.epoch, seq, fact);
        ensure!(entry.message == wanted, "{:?} is shown in place of {wanted:?}", entry.message);
        self.last = seq;
        self.count();
        Ok(())
    }

    fn enter(&mut self, entry: &RowEntry<'_>, server: &Repeating) -> Result {
        let truth = &server.sessions[self.session].truth;
        let index = if server.is_faithful() {
            // Its words may come several times: it is the place that counts.
            usize::try_from(self.entries).unwrap_or(usize::MAX)
        } else {
            entry.message.rsplit('.').next().and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        let message = format!(r#""message":"{}""#, entry.message);
        let is_true = truth.get(index).is_some_and(|text| text.contains(&message));
        ensure!(is_true, "{:?} is shown as event {index}, which it is not", entry.message);
        ensure!(!self.shown.contains(&index), "event {index} is shown twice");
        ensure!(
            self.is_blind || self.shown.last().is_none_or(|&last| last < index),
            "event {index} is shown after {:?}",
            self.shown.last()
        );
        self.shown.insert(index);
        self.count();
        Ok(())
    }

    /// An event of a server that keeps nothing: it was told, and is shown once and in its order.
    fn enter_fleeting(&mut self, entry: &RowEntry<'_>) -> Result {
        self.count();
        if entry.kind == "error" {
            // Nobody knows which request it is about.
            return Ok(());
        }
        let number = entry.message.rsplit('.').next().and_then(|number| number.parse().ok());
        let Some(number) = number.filter(|number| self.told.contains(number)) else {
            ensure!(false, "{:?} is shown, which nobody has told", entry.message);
            return Ok(());
        };
        ensure!(
            self.shown.last().is_none_or(|&last| last < number),
            "event {number} is shown after {:?}",
            self.shown.last()
        );
        self.shown.insert(number);
        Ok(())
    }

    fn mark(&mut self, marker: Marker, server: &Server) -> Result {
        match (marker, server) {
            (Marker::Gap { count }, Server::Numbering(server)) => {
                ensure!(count > 0, "a gap of nothing");
                if !self.is_begun {
                    self.epoch = server
                        .epoch_of(self.session)
                        .min(self.epoch.max(self.first_epoch_with(server, count)));
                }
                let epoch = &server.sessions[self.session][self.epoch];
                for seq in self.last + 1..=self.last + count {
                    ensure!(
                        seq <= epoch.trimmed || epoch.left_out.contains(&seq),
                        "number {seq} is said to be missing, and is there"
                    );
                }
                self.last += count;
                self.is_begun = true;
            }
            (Marker::Gap { count }, Server::Repeating(_) | Server::Fleeting(_)) => {
                ensure!(false, "a gap of {count} from a server without numbers");
            }
            (Marker::Epoch, Server::Numbering(server)) => {
                ensure!(
                    self.epoch < server.epoch_of(self.session),
                    "another epoch is told, and there is none after {}",
                    self.epoch
                );
                // Which one it is, its first entry tells.
                self.epoch += 1;
                (self.last, self.entries, self.is_begun) = (0, 0, false);
                (self.recovered, self.in_between) = (0, 0);
            }
            (Marker::Epoch, Server::Repeating(_) | Server::Fleeting(_)) => {
                ensure!(false, "another epoch of a server that has none");
            }
            (Marker::Live { count } | Marker::Reconnected { count }, _) => {
                ensure!(
                    (self.recovered..=self.recovered + self.in_between).contains(&count),
                    "{count} entries are said to have come, and {} did",
                    self.recovered
                );
            }
            (Marker::End(outcome), server) => {
                self.ends += 1;
                ensure!(
                    self.ends == 1 || matches!(server, Server::Numbering(_)),
                    "it is told twice that the session ended"
                );
                let is_true = match server {
                    Server::Numbering(server) => {
                        server.sessions[self.session].get(self.epoch).is_some_and(|epoch| {
                            epoch.facts.last() == Some(&Fact::End(outcome))
                                && self.last == epoch.newest()
                        })
                    }
                    Server::Repeating(server) => {
                        server.sessions[self.session].ended == Some(outcome)
                    }
                    Server::Fleeting(_) => false,
                };
                ensure!(is_true, "it is told that the session ended as {outcome:?}: it did not");
            }
            (Marker::Trimmed(_), _) => {
                ensure!(false, "the log was trimmed, whose bounds are far away");
            }
        }
        Ok(())
    }

    /// The last epoch from which so many events may be missing at the start.
    fn first_epoch_with(&self, server: &Numbering, count: u64) -> usize {
        let epochs = &server.sessions[self.session];
        (self.epoch..epochs.len())
            .rev()
            .find(|&epoch| {
                (1..=count).all(|seq| {
                    seq <= epochs[epoch].trimmed || epochs[epoch].left_out.contains(&seq)
                })
            })
            .unwrap_or(self.epoch)
    }

    /// Whether all is known that can be, once nothing has been wrong for long enough.
    pub(crate) fn converged(&self, server: &Server, has_ended: bool) -> Result {
        match server {
            Server::Numbering(server) => {
                if has_ended && self.ends > 0 {
                    // What a server begins after that is of no concern.
                    return Ok(());
                }
                let newest = server.present(self.session).newest();
                let present = server.epoch_of(self.session);
                ensure!(
                    (newest == 0 && self.last == 0) || self.epoch == present,
                    "epoch {} is shown, and the server is at {present}",
                    self.epoch
                );
                ensure!(
                    self.last == newest,
                    "the log has come to {}, and the server to {newest}",
                    self.last
                );
            }
            Server::Fleeting(_) => {
                let lost = self.told.difference(&self.shown).next();
                ensure!(lost.is_none(), "event {lost:?} was told, and is not shown");
            }
            Server::Repeating(server) => {
                let truth = &server.sessions[self.session].truth;
                if server.is_faithful() {
                    ensure!(
                        self.entries == truth.len() as u64,
                        "{} events are shown of {}",
                        self.entries,
                        truth.len()
                    );
                }
                let known = if server.has_list() && !self.is_blind {
                    server.known(self.session)
                } else {
                    BTreeSet::new()
                };
                for number in self.told.union(&known) {
                    ensure!(
                        server.is_faithful() || self.shown.contains(number),
                        "event {number} could be known, and is not shown"
                    );
                }
            }
        }
        Ok(())
    }
}
