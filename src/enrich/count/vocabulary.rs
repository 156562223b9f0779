//! The tokens of a vocabulary in the order of their ranks, and the way from bytes to a rank.

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
}

impl Vocabulary {
    /// Reads what `assets/README.md` describes: zstd over one length byte and the bytes of each
    /// token, in the order of their ranks; `more` come after them.
    pub(super) fn read(compressed: &[u8], more: impl Iterator<Item = Vec<u8>>) -> Vocabulary {
        const LARGEST: usize = 4 << 20;
        #[allow(clippy::disallowed_methods, reason = "an embedded asset, of a size that is known")]
        let ranks = zstd::bulk::decompress(compressed, LARGEST).expect("an embedded asset is whole");
        let mut vocabulary =
            Vocabulary { bytes: Vec::new(), starts: vec![0], slots: Vec::new(), pairs: vec![0; 1 << 16] };
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
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(ODD);
        (product >> 64) as u64 ^ product as u64
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let mut state = bytes.len() as u64;
    for word in words {
        state = mix(state, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(state, u64::from_le_bytes(last)), ODD)
}
