//! Which events were received, from a server that does not number them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Identity;

/// The contents received, the latest `max` of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Identities {
    known: BTreeSet<u128>,
    /// The same, in the order of their arrival.
    order: VecDeque<u128>,
    /// How often each undated content came over the present socket. A server that repeats its past
    /// repeats it from the start, so that the n-th occurrence on one socket is the n-th on another.
    occurrences: BTreeMap<u128, u32>,
}

impl Identities {
    /// A new socket begins with the past.
    pub(super) fn begin_socket(&mut self) {
        self.occurrences.clear();
    }

    /// Whether the event is new; does not take note of it.
    pub(super) fn is_new(&self, identity: Identity) -> bool {
        !self.known.contains(&self.key(identity))
    }

    /// Takes note of the event; whether it is new.
    pub(super) fn note(&mut self, identity: Identity, max: usize) -> bool {
        let key = self.key(identity);
        if !identity.is_dated {
            if self.occurrences.len() >= max {
                self.occurrences.clear();
            }
            *self.occurrences.entry(identity.hash).or_insert(0) += 1;
        }
        let is_new = self.known.insert(key);
        if is_new {
            self.order.push_back(key);
            if self.order.len() > max {
                let oldest = self.order.pop_front();
                oldest.map(|oldest| self.known.remove(&oldest));
            }
        }
        is_new
    }

    /// What the event is known by: its content, and if that has no time, how often it came before.
    fn key(&self, identity: Identity) -> u128 {
        if identity.is_dated {
            return identity.hash;
        }
        let before = self.occurrences.get(&identity.hash).copied().unwrap_or(0);
        // An odd multiplier spreads the count over all bits (Knuth's multiplicative hashing).
        identity.hash
            ^ u128::from(before + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn dated(hash: u128) -> Identity {
        Identity { hash, is_dated: true }
    }

    const fn undated(hash: u128) -> Identity {
        Identity { hash, is_dated: false }
    }

    #[test]
    fn what_has_a_time_is_new_once() {
        let mut identities = Identities::default();
        assert!(identities.note(dated(1), 10));
        assert!(!identities.note(dated(1), 10));
        identities.begin_socket();
        assert!(!identities.is_new(dated(1)));
        assert!(identities.is_new(dated(2)));
    }

    #[test]
    fn what_has_no_time_is_counted_on_each_socket() {
        let mut identities = Identities::default();
        assert_eq!([(); 2].map(|()| identities.note(undated(1), 10)), [true, true]);
        identities.begin_socket();
        assert_eq!([(); 3].map(|()| identities.note(undated(1), 10)), [false, false, true]);
    }

    #[test]
    fn only_the_latest_are_known() {
        let mut identities = Identities::default();
        for hash in 0..12 {
            assert!(identities.note(dated(hash), 10));
        }
        assert!(identities.is_new(dated(1)));
        assert!(!identities.is_new(dated(2)));
        assert_eq!((identities.known.len(), identities.order.len()), (10, 10));
    }
}
