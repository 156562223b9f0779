//! Byte pair merging: how many tokens one piece of a text is.
//!
//! Of all neighbours that together are a token, the pair of the lowest rank (of equal ranks the first)
//! becomes one, until none is left. Sources: `byte_pair_merge` of tiktoken; where merges are listed,
//! `Word::merge_all` of Hugging Face's tokenizers, which is the same with the place in the list for a rank.

use super::seen::{Seen, key};
use super::vocabulary::Vocabulary;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Up to this many bytes, looking for the lowest pair over and over beats keeping them in a heap.
const SHORT: usize = 48;

/// Longer pieces are merged in windows of this many bytes, so that neither time nor memory grows
/// faster than the piece.
const WINDOW: usize = 4096;

/// Where windows cannot be told to meet, longer pieces are cut after this many bytes.
const LONGEST: usize = 1 << 16;

/// No pair: after every rank.
const NONE: u32 = u32::MAX;

/// A vocabulary, and what merges by it.
pub(super) struct Bpe {
    pub(super) vocabulary: Vocabulary,
    /// One for each thread that was ever at work at once. The lock is held to take one and to give it back.
    idle: Mutex<Vec<Merger>>,
}

impl From<Vocabulary> for Bpe {
    fn from(vocabulary: Vocabulary) -> Bpe {
        Bpe { vocabulary, idle: Mutex::default() }
    }
}

impl Bpe {
    /// Lends `work` the way to count a piece.
    pub(super) fn counting<R>(&self, work: impl FnOnce(&mut dyn FnMut(&[u8]) -> usize) -> R) -> R {
        let mut merger = self.idle().pop().unwrap_or_else(Merger::new);
        let done = work(&mut |piece| merger.count(&self.vocabulary, piece));
        self.idle().push(merger);
        done
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Merger>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts the tokens of pieces of one vocabulary; keeps its buffers from one piece to the next.
struct Merger {
    seen: Seen,
    /// Where each token begins that [`Merger::merge`] found, ascending.
    starts: Vec<u32>,
    /// For each part (by its first byte): the rank of the pair that it begins.
    ranks: Vec<u32>,
    next: Vec<u32>,
    before: Vec<u32>,
    /// Rank and first byte of pairs, the lowest on top; some are out of date.
    heap: BinaryHeap<Reverse<(u32, u32)>>,
    /// Bytes that were merged, those of overlaps twice.
    #[cfg(test)]
    work: usize,
}

impl Merger {
    fn new() -> Merger {
        Merger {
            seen: Seen::new(),
            starts: Vec::new(),
            ranks: Vec::new(),
            next: Vec::new(),
            before: Vec::new(),
            heap: BinaryHeap::new(),
            #[cfg(test)]
            work: 0,
        }
    }

    /// How many tokens `piece` is.
    fn count(&mut self, vocabulary: &Vocabulary, piece: &[u8]) -> usize {
        if piece.len() < 2 {
            return piece.len();
        }
        let Some(key) = key(piece) else {
            return self.count_anew(vocabulary, piece);
        };
        if let Some(count) = self.seen.get(key) {
            return count;
        }
        let count = self.count_anew(vocabulary, piece);
        self.seen.put(key, count);
        count
    }

    fn count_anew(&mut self, vocabulary: &Vocabulary, piece: &[u8]) -> usize {
        if vocabulary.is_whole(piece) {
            return 1;
        }
        if !vocabulary.is_ordered() {
            return piece.chunks(LONGEST).filter_map(|part| self.in_windows(vocabulary, part, LONGEST)).sum();
        }
        let mut window = WINDOW;
        loop {
            match self.in_windows(vocabulary, piece, window) {
                Some(count) => return count,
                None => window *= 2,
            }
        }
    }

    /// How many tokens `piece` is, merged a window at a time; `None` if two windows did not meet.
    ///
    /// Each window begins at a token of the one before, half-way. Where both see the same token, the
    /// first is followed up to it and the second from there on. That is the merge of the whole: a row
    /// of tokens is the merge of its bytes exactly if each two neighbours are the merge of theirs
    /// (README of the crate `bpe` 0.2, corollary V), and all neighbours here stand so in some window. Of listed
    /// merges it holds where no merge takes a token that a later one makes.
    fn in_windows(&mut self, vocabulary: &Vocabulary, piece: &[u8], window: usize) -> Option<usize> {
        let (mut from, mut count) = (0, 0);
        self.merge(vocabulary, &piece[..window.min(piece.len())]);
        while from + window < piece.len() {
            let tokens = std::mem::take(&mut self.starts);
            let half = tokens.partition_point(|start| (*start as usize) < window / 2);
            let skipped = tokens[half];
            from += skipped as usize;
            self.merge(vocabulary, &piece[from..piece.len().min(from + window)]);
            let (left, right) = first_common(&tokens[half..], skipped, &self.starts)?;
            count += half + left;
            self.starts.drain(..right);
        }
        Some(count + self.starts.len())
    }

    /// Merges `bytes`, at least one, into `self.starts`.
    fn merge(&mut self, vocabulary: &Vocabulary, bytes: &[u8]) {
        #[cfg(test)]
        {
            self.work += bytes.len();
        }
        let end = bytes.len() as u32;
        self.starts.clear();
        self.ranks.clear();
        self.ranks.extend(bytes.windows(2).map(|pair| vocabulary.pair(pair, 1).unwrap_or(NONE)));
        self.ranks.push(NONE);
        if bytes.len() <= SHORT {
            self.starts.extend(0..=end);
            self.merge_by_looking(vocabulary, bytes);
            self.starts.pop();
        } else {
            self.merge_by_heap(vocabulary, bytes);
            let mut start = 0;
            while start < end {
                self.starts.push(start);
                start = self.next[start as usize];
            }
        }
    }

    /// `self.starts` holds the parts and the end, `self.ranks` the rank of each with its neighbour.
    fn merge_by_looking(&mut self, vocabulary: &Vocabulary, bytes: &[u8]) {
        loop {
            let lowest = self.ranks.iter().enumerate().min_by_key(|(_, rank)| **rank);
            let Some((part, _)) = lowest.filter(|(_, rank)| **rank != NONE) else {
                return;
            };
            self.starts.remove(part + 1);
            self.ranks.remove(part + 1);
            for part in [Some(part), part.checked_sub(1)].into_iter().flatten() {
                self.ranks[part] = match self.starts[part..] {
                    [start, middle, end, ..] => rank(vocabulary, bytes, start, middle, end),
                    _ => NONE,
                };
            }
        }
    }

    /// Parts are known by their first byte; `self.next` and `self.before` chain those that are left.
    fn merge_by_heap(&mut self, vocabulary: &Vocabulary, bytes: &[u8]) {
        let end = bytes.len() as u32;
        self.next.clear();
        self.next.extend(1..=end);
        self.before.clear();
        self.before.extend((0..end).map(|start| start.saturating_sub(1)));
        self.heap.clear();
        let pairs = self.ranks.iter().zip(0..).filter(|(rank, _)| **rank != NONE);
        self.heap.extend(pairs.map(|(rank, start)| Reverse((*rank, start))));
        while let Some(Reverse((rank, start))) = self.heap.pop() {
            if self.ranks[start as usize] != rank {
                continue;
            }
            let middle = self.next[start as usize];
            let after = self.next[middle as usize];
            self.ranks[middle as usize] = NONE;
            self.next[start as usize] = after;
            if after < end {
                self.before[after as usize] = start;
            }
            self.renew(vocabulary, bytes, start);
            if start > 0 {
                self.renew(vocabulary, bytes, self.before[start as usize]);
            }
        }
    }

    /// Asks anew what the part at `start` and the one after it are together.
    fn renew(&mut self, vocabulary: &Vocabulary, bytes: &[u8], start: u32) {
        let middle = self.next[start as usize];
        let rank = match self.next.get(middle as usize) {
            Some(end) => rank(vocabulary, bytes, start, middle, *end),
            None => NONE,
        };
        self.ranks[start as usize] = rank;
        if rank != NONE {
            self.heap.push(Reverse((rank, start)));
        }
    }
}

/// Of the parts of `bytes` that lie from `start` to `middle` and from there to `end`.
fn rank(vocabulary: &Vocabulary, bytes: &[u8], start: u32, middle: u32, end: u32) -> u32 {
    vocabulary.pair(&bytes[start as usize..end as usize], middle - start).unwrap_or(NONE)
}

/// Where two rows of token starts hold the same token, start and end, first. The second row counts
/// from `offset` of the first.
fn first_common(left: &[u32], offset: u32, right: &[u32]) -> Option<(usize, usize)> {
    let (mut l, mut r) = (0, 0);
    while l + 1 < left.len() && r + 1 < right.len() {
        let (at_left, at_right) = (left[l] - offset, right[r]);
        if at_left == at_right && left[l + 1] - offset == right[r + 1] {
            return Some((l, r));
        }
        l += usize::from(at_left <= at_right);
        r += usize::from(at_right <= at_left);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::count::Encoding;

    /// Windows meet at the first try, so that a byte is merged three times at most and a window's work is
    /// all that grows faster than the piece.
    #[test]
    fn no_piece_takes_more_than_linear_work() {
        let units = ["a", " ", "\n", "-", "漢", "qz", "A", "Aé", "\u{301}", "=-", "0", "abcab", "\t\u{a0}-"];
        for unit in units {
            let piece = unit.repeat(20_000 / unit.len());
            for encoding in [Encoding::O200kBase, Encoding::R50kBase] {
                let mut merger = Merger::new();
                merger.count(&encoding.bpe().vocabulary, piece.as_bytes());
                assert!(merger.work <= 3 * piece.len(), "{unit:?} {}: {}", encoding.name(), merger.work);
            }
        }
    }
}
