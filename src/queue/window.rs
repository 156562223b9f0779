//! Which sequences a lane is done with: all below a low-water mark, and ranges above it.

use std::collections::BTreeMap;

/// Grows only. Invariant: ranges do not touch each other, nor the low-water mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    low: u64,
    /// First sequence to end sequence (exclusive).
    above: BTreeMap<u64, u64>,
}

impl Window {
    pub fn new(low: u64) -> Window {
        Window { low, above: BTreeMap::new() }
    }

    /// Every lower sequence is done with.
    pub fn low(&self) -> u64 {
        self.low
    }

    /// The ranges above the low-water mark, rising, ends exclusive.
    pub fn above(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.above.iter().map(|(first, end)| (*first, *end))
    }

    /// One past the highest sequence that is done with.
    pub fn end(&self) -> u64 {
        self.above.last_key_value().map_or(self.low, |(_, end)| *end)
    }

    /// Whether `first` up to `end` (exclusive) is done with.
    pub fn covers(&self, first: u64, end: u64) -> bool {
        let first = first.max(self.low);
        let before = self.above.range(..=first).next_back();
        first >= end || before.is_some_and(|(_, covered)| *covered >= end)
    }

    pub fn contains(&self, sequence: u64) -> bool {
        self.covers(sequence, sequence + 1)
    }

    /// Adds `first` up to `end` (exclusive) and tells how many of them are new.
    pub fn complete(&mut self, first: u64, end: u64) -> u64 {
        let (mut first, mut end) = (first.max(self.low), end);
        if first >= end {
            return 0;
        }
        let mut known = 0;
        while let Some((start, stop)) = self.touching(first, end) {
            self.above.remove(&start);
            known += stop - start;
            (first, end) = (first.min(start), end.max(stop));
        }
        if first == self.low {
            self.low = end;
        } else {
            self.above.insert(first, end);
        }
        end - first - known
    }

    fn touching(&self, first: u64, end: u64) -> Option<(u64, u64)> {
        let (start, stop) = self.above.range(..=end).next_back()?;
        (*stop >= first).then_some((*start, *stop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_window_is_the_set_of_what_was_completed(low in 0u64..10, ranges in prop::collection::vec((0u64..60, 0u64..12), 0..30)) {
            let mut window = Window::new(low);
            let mut done: BTreeSet<u64> = (0..low).collect();
            for (first, len) in ranges {
                let before = done.len();
                done.extend(first..first + len);
                prop_assert_eq!(window.complete(first, first + len), (done.len() - before) as u64);
            }
            for sequence in 0..80 {
                prop_assert_eq!(window.contains(sequence), done.contains(&sequence));
            }
            let edges: Vec<u64> = window.above().flat_map(|(first, end)| [first, end]).collect();
            prop_assert!([window.low()].iter().chain(&edges).is_sorted_by(|a, b| a < b), "ranges touch");
            prop_assert_eq!(window.end(), done.last().map_or(0, |last| last + 1));
        }
    }
}
