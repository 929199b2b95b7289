//! Which events were received, from a server that does not number them.

use super::{Identity, tally::Tally};

/// The contents received, the latest so many of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Identities {
    known: Tally,
    /// How often each undated content came over the present socket. A server that repeats its past
    /// repeats it from the start, so that the n-th occurrence on one socket is the n-th on another.
    occurrences: Tally,
}

impl Identities {
    /// A new socket begins with the past.
    pub(super) fn begin_socket(&mut self) {
        self.occurrences.clear();
    }

    /// Whether the event is new; does not take note of it.
    pub(super) fn is_new(&self, identity: Identity) -> bool {
        self.known.count(self.key(identity)) == 0
    }

    /// Takes note of the event, one of `max` at the most; whether it is new.
    pub(super) fn note(&mut self, identity: Identity, max: usize) -> bool {
        let key = self.key(identity);
        let is_new = self.known.count(key) == 0;
        self.known.add(key, max);
        if !identity.is_dated {
            self.occurrences.add(identity.hash, max);
        }
        is_new
    }

    /// What the event is known by: its content, and if that has no time, how often it came before.
    fn key(&self, identity: Identity) -> u128 {
        if identity.is_dated {
            return identity.hash;
        }
        let before = self.occurrences.count(identity.hash);
        // An odd multiplier spreads the count over all bits (Knuth's multiplicative hashing).
        identity.hash
            ^ u128::from(before.saturating_add(1))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
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
    }
}
