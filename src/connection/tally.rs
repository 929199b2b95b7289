//! How often each of many numbers came.

/// In how many chains the entries are spread. 100,000 entries make a hundred steps a search.
const CHAINS: usize = 1024;

/// Counts numbers that are hashes already. When there are too many different ones, the one that came
/// first goes.
///
/// Each entry of a chain leads to the one that came before it. Since the oldest goes first, what
/// leads to one that is gone is the end of its chain, and nothing has to be unlinked. The standard
/// library's trees keep an order that nobody needs here, and were a thirtieth of the page.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// The newest entry of each chain. Entries are numbered from 1; 0 = none.
    newest: Vec<u64>,
    /// Once there are as many as there may be, the next one takes the place of the oldest.
    entries: Vec<Entry>,
    /// How many entries there ever were.
    last: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u128,
    count: u32,
    /// The entry before it in its chain.
    before: u64,
}

impl Tally {
    /// How often `key` came.
    pub(super) fn count(&self, key: u128) -> u32 {
        self.find(key).and_then(|place| self.entries.get(place)).map_or(0, |entry| entry.count)
    }

    /// `key` came once more. There are `max` different ones at the most.
    pub(super) fn add(&mut self, key: u128, max: usize) {
        if let Some(entry) = self.find(key).and_then(|place| self.entries.get_mut(place)) {
            entry.count = entry.count.saturating_add(1);
            return;
        }
        self.newest.resize(CHAINS, 0);
        let Some(newest) = self.newest.get_mut(chain(key)) else { return };
        self.last += 1;
        let entry = Entry { key, count: 1, before: std::mem::replace(newest, self.last) };
        if self.entries.len() < max {
            self.entries.push(entry);
        } else if let Some(place) = self.place(self.last)
            && let Some(oldest) = self.entries.get_mut(place)
        {
            *oldest = entry;
        }
    }

    /// Nothing came.
    pub(super) fn clear(&mut self) {
        self.newest.clear();
        self.entries.clear();
        self.last = 0;
    }

    fn find(&self, key: u128) -> Option<usize> {
        let mut number = *self.newest.get(chain(key))?;
        loop {
            let place = self.place(number)?;
            let entry = self.entries.get(place)?;
            if entry.key == key {
                return Some(place);
            }
            number = entry.before;
        }
    }

    /// Where the entry of this number is; `None` when it is gone.
    fn place(&self, number: u64) -> Option<usize> {
        let length = self.entries.len() as u64;
        let is_there = number > self.last.saturating_sub(length);
        is_there.then(|| usize::try_from((number - 1) % length).ok())?
    }
}

fn chain(key: u128) -> usize {
    let [low, high, ..] = key.to_le_bytes();
    usize::from(u16::from_le_bytes([low, high])) % CHAINS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_and_the_oldest_goes() {
        let mut tally = Tally::default();
        // All of one chain, and of some more.
        for step in [CHAINS as u128, 1] {
            tally.clear();
            for key in 0..30 {
                assert_eq!(tally.count(key * step), 0);
                tally.add(key * step, 10);
                tally.add(key * step, 10);
                let counts: Vec<u32> = (0..=key).map(|key| tally.count(key * step)).collect();
                let gone = counts.len().saturating_sub(10);
                assert!(counts[..gone].iter().all(|&count| count == 0), "{counts:?}");
                assert!(counts[gone..].iter().all(|&count| count == 2), "{counts:?}");
            }
            assert_eq!(tally.entries.len(), 10);
        }
    }

    #[test]
    fn where_none_may_be_there_is_none() {
        let mut tally = Tally::default();
        tally.add(7, 0);
        tally.add(7, 0);
        assert_eq!(tally.count(7), 0);
    }
}
