//! Merges as a `tokenizer.json` lists them: which two parts make a token, and in which order.

use std::collections::HashMap;

/// No merge makes the token: after every place.
const NEVER: u32 = u32::MAX;

/// The list of merges of one vocabulary.
pub(super) struct Listed {
    /// By token: of how many bytes the left part is of the first merge that makes it, and that merge's place.
    first: Vec<(u32, u32)>,
    /// By token and left part: the places of other merges that make it.
    more: HashMap<(u32, u32), u32>,
    /// Whether a piece that is a token is one, whatever merging would make of it.
    pub(super) whole: bool,
    /// Whether no merge takes a token that a later one makes.
    pub(super) ordered: bool,
}

/// The place in the list of a merge of what are no tokens, or that makes none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoToken(pub usize);

impl Listed {
    /// `merges` by their parts, the first to be done first, of so many `tokens`, which `rank` knows by their bytes.
    /// One that stands there twice counts where it stands last.
    pub(super) fn read(
        tokens: u32,
        rank: impl Fn(&[u8]) -> Option<u32>,
        merges: &[(Vec<u8>, Vec<u8>)],
        whole: bool,
    ) -> Result<Listed, NoToken> {
        let mut listed =
            Listed { first: vec![(0, NEVER); tokens as usize], more: HashMap::new(), whole, ordered: true };
        let mut last = vec![0; listed.first.len()];
        let mut parts = Vec::with_capacity(merges.len());
        for (place, (left, right)) in merges.iter().enumerate() {
            let rank = |bytes: &[u8]| rank(bytes).ok_or(NoToken(place));
            let (made, place) = (rank(&[&left[..], right].concat())?, place as u32);
            parts.push((rank(left)?, rank(right)?));
            listed.add(made, left.len() as u32, place);
            last[made as usize] = place;
        }
        let late =
            |(token, place): (u32, usize)| last[token as usize] as usize >= place && made(&listed, token);
        listed.ordered = !parts
            .iter()
            .enumerate()
            .any(|(place, (left, right))| late((*left, place)) || late((*right, place)));
        Ok(listed)
    }

    fn add(&mut self, made: u32, left: u32, place: u32) {
        let first = &mut self.first[made as usize];
        match *first {
            (other, before) if before == NEVER || other == left => *first = (left, place),
            _ => {
                self.more.insert((made, left), place);
            }
        }
    }

    /// The place of the merge that makes `token` with a left part of `left` bytes.
    pub(super) fn place(&self, token: u32, left: u32) -> Option<u32> {
        match self.first[token as usize] {
            (_, NEVER) => None,
            (of, place) if of == left => Some(place),
            _ => self.more.get(&(token, left)).copied(),
        }
    }
}

/// Whether some merge makes `token`: what none makes is there from the start.
fn made(listed: &Listed, token: u32) -> bool {
    listed.first[token as usize].1 != NEVER
}
