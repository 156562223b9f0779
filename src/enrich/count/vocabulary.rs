//! The tokens of a vocabulary in the order of their ranks, and the way from bytes to a rank.

use super::listed::{Listed, NoToken};
use super::seen::{key, mix, mixed};

/// Tokens by rank. About 6 MB for the 199,998 of o200k: the bytes once, and one hash table.
pub(super) struct Vocabulary {
    /// All tokens, one after the other.
    bytes: Vec<u8>,
    /// Where each token begins, and where the last ends.
    starts: Vec<u32>,
    /// Open addressing, at most half full. A slot holds the upper half of a token's hash and its rank
    /// plus one; 0 is free.
    slots: Vec<u64>,
    /// Rank plus one of every token of two bytes, as merging asks for those most.
    pairs: Vec<u32>,
    /// Which neighbours become one; where nothing is listed, any two that are a token together.
    listed: Option<Listed>,
}

impl Vocabulary {
    /// Reads what `assets/README.md` describes: zstd over one length byte and the bytes of each
    /// token, in the order of their ranks; `more` come after them.
    pub(super) fn read(compressed: &[u8], more: impl Iterator<Item = Vec<u8>>) -> Vocabulary {
        const LARGEST: usize = 4 << 20;
        #[allow(clippy::disallowed_methods, reason = "an embedded asset, of a size that is known")]
        let ranks = zstd::bulk::decompress(compressed, LARGEST).expect("an embedded asset is whole");
        let mut vocabulary = Vocabulary::empty();
        let mut rest = ranks.as_slice();
        while let [len, after @ ..] = rest {
            let (token, after) = after.split_at(usize::from(*len));
            vocabulary.push(token);
            rest = after;
        }
        more.for_each(|token| vocabulary.push(&token));
        vocabulary.index();
        vocabulary
    }

    /// Tokens in any order, whose merges are `listed` in theirs, each as its left and its right part.
    ///
    /// `whole`: a piece that is a token is not taken apart. Errors name a merge that makes no token.
    pub(super) fn listed(
        tokens: impl Iterator<Item = Vec<u8>>,
        merges: &[(Vec<u8>, Vec<u8>)],
        whole: bool,
    ) -> Result<Vocabulary, NoToken> {
        let mut vocabulary = Vocabulary::empty();
        tokens.for_each(|token| vocabulary.push(&token));
        vocabulary.index();
        vocabulary.listed =
            Some(Listed::read(vocabulary.len(), |bytes| vocabulary.rank(bytes), merges, whole)?);
        Ok(vocabulary)
    }

    /// The rank at which the parts of `bytes` become one, the left of `left` bytes; `None` where they do not.
    pub(super) fn pair(&self, bytes: &[u8], left: u32) -> Option<u32> {
        let token = self.rank(bytes)?;
        match &self.listed {
            None => Some(token),
            Some(listed) => listed.place(token, left),
        }
    }

    /// Whether `piece` is one token, whatever merging would make of it.
    pub(super) fn is_whole(&self, piece: &[u8]) -> bool {
        self.listed.as_ref().is_none_or(|listed| listed.whole) && self.rank(piece).is_some()
    }

    /// Whether a token is made of others only by merges that come before all that take it.
    pub(super) fn is_ordered(&self) -> bool {
        self.listed.as_ref().is_none_or(|listed| listed.ordered)
    }

    /// The rank of the token that is exactly `bytes`.
    pub(super) fn rank(&self, bytes: &[u8]) -> Option<u32> {
        if let [first, second] = bytes {
            return self.pairs[usize::from(*first) << 8 | usize::from(*second)].checked_sub(1);
        }
        let hash = hash(bytes);
        let mut slot = self.slot(hash);
        loop {
            let held = self.slots[slot];
            if held == 0 {
                return None;
            }
            if held >> 32 == hash >> 32 {
                let rank = held as u32 - 1;
                if self.token(rank) == bytes {
                    return Some(rank);
                }
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    /// The bytes of the token of `rank`.
    pub(super) fn token(&self, rank: u32) -> &[u8] {
        let rank = rank as usize;
        &self.bytes[self.starts[rank] as usize..self.starts[rank + 1] as usize]
    }

    pub(super) fn len(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    fn empty() -> Vocabulary {
        Vocabulary {
            bytes: Vec::new(),
            starts: vec![0],
            slots: Vec::new(),
            pairs: vec![0; 1 << 16],
            listed: None,
        }
    }

    fn push(&mut self, token: &[u8]) {
        self.bytes.extend_from_slice(token);
        self.starts.push(self.bytes.len() as u32);
    }

    fn index(&mut self) {
        self.bytes.shrink_to_fit();
        self.starts.shrink_to_fit();
        self.slots = vec![0; (2 * self.len() as usize).next_power_of_two()];
        for rank in 0..self.len() {
            let token = self.token(rank);
            if let [first, second] = token {
                let pair = usize::from(*first) << 8 | usize::from(*second);
                self.pairs[pair] = rank + 1;
                continue;
            }
            let hash = hash(token);
            let mut slot = self.slot(hash);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (self.slots.len() - 1);
            }
            self.slots[slot] = hash & !0xffff_ffff | u64::from(rank + 1);
        }
    }

    fn slot(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }
}

/// Multiply and fold, a word at a time. Not keyed: the table is fixed, so no text can fill it.
fn hash(bytes: &[u8]) -> u64 {
    if let Some(key) = key(bytes) {
        return mixed(key);
    }
    let words = bytes.as_chunks::<8>().0;
    let state = words.iter().fold(bytes.len() as u64, |state, word| mix(state, u64::from_le_bytes(*word)));
    let last = bytes.last_chunk().expect("what is short has a key");
    mix(state, u64::from_le_bytes(*last))
}
