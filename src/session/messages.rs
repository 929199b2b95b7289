//! The messages written here, and where each of them is.

use crate::connection::{Content, Delivery, Outgoing, Refusal};

/// How many messages are remembered: as many as may be under way by default, so that only such as
/// have met their fate are forgotten.
const MESSAGES_MAX: usize = 256;

/// A message written here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its id.
    pub id: String,
    /// What it says.
    pub content: Content,
    /// When it was written, in milliseconds since 1970.
    pub sent_at: u64,
    /// Where it is.
    pub delivery: Delivery,
}

/// The messages written here, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages(Vec<Written>);

impl Messages {
    /// Takes note that a message is about to be sent.
    pub(super) fn write(&mut self, message: &Outgoing) {
        if self.0.iter().any(|written| written.id == message.id) {
            return;
        }
        if self.0.len() >= MESSAGES_MAX {
            let is_settled = |written: &Written| !is_under_way(&written.delivery);
            let oldest = self.0.iter().position(is_settled).unwrap_or(0);
            self.0.remove(oldest);
        }
        self.0.push(Written {
            id: message.id.clone(),
            content: message.content.clone(),
            sent_at: message.sent_at,
            delivery: Delivery::Queued,
        });
    }

    /// A message is another step on its way.
    pub(super) fn step(&mut self, id: &str, delivery: &Delivery) {
        if *delivery == Delivery::Refused(Refusal::Repeated) {
            // That is said of its double; the message of this id goes its way.
            return;
        }
        if let Some(written) = self.0.iter_mut().rev().find(|written| written.id == id) {
            written.delivery = delivery.clone();
        }
    }

    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = &Written> + ExactSizeIterator {
        self.0.iter()
    }
}

const fn is_under_way(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Queued | Delivery::Sent | Delivery::Uncertain)
}
