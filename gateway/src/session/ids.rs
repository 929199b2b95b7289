//! Ids that have come, so that one that comes again is known.

use std::{collections::HashSet, num::NonZeroUsize};

/// Ids, as many as there is room for. None is ever forgotten: one that was would count twice.
#[derive(Debug)]
pub(super) struct Ids {
    known: HashSet<Box<str>>,
    max: NonZeroUsize,
}

impl Ids {
    /// Room for `max` ids.
    pub(super) fn new(max: NonZeroUsize) -> Self {
        Self { known: HashSet::new(), max }
    }

    /// Whether this id has come.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    /// Whether there is no room for one more.
    pub(super) fn is_full(&self) -> bool {
        self.known.len() >= self.max.get()
    }

    /// Remembers an id, for which there is room.
    pub(super) fn insert(&mut self, id: &str) {
        self.known.insert(id.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_known_for_ever_and_bounded() {
        let mut ids = Ids::new(NonZeroUsize::new(2).expect("not zero"));
        for id in ["a", "b"] {
            assert!(!ids.is_full() && !ids.contains(id));
            ids.insert(id);
        }
        assert!(ids.is_full() && ids.contains("a") && ids.contains("b") && !ids.contains("c"));
    }
}
