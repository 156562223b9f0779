//! Many words as one tree of their bytes, followed along a text from where a word may begin.

use std::ops::Range;

/// A tree of words. It knows them by their numbers.
pub struct Trie {
    nodes: Vec<Node>,
    /// The byte that leads to each node.
    bytes: Vec<u8>,
    /// The node of each two bytes that some word begins with, 0 for none.
    roots: Vec<u32>,
}

/// A beginning that words have in common: those that end here, and the nodes one byte on, side by side.
#[derive(Clone, Default)]
struct Node {
    words: Range<u32>,
    next: Range<u32>,
}

impl Trie {
    /// Of `words`, which are sorted and have two bytes at least. The number of a word is its place among them.
    pub fn build(words: &[&[u8]]) -> Trie {
        let mut trie = Trie { nodes: vec![Node::default()], bytes: vec![0], roots: vec![0; 1 << 16] };
        let mut from = 0;
        while from < words.len() {
            let start = [words[from][0], words[from][1]];
            let to = from + words[from..].partition_point(|word| word[..2] <= start[..]);
            let root = trie.push(start[1]);
            trie.roots[usize::from(u16::from_le_bytes(start))] = short(root);
            trie.grow(root, words, from..to, 2);
            from = to;
        }
        trie.nodes.shrink_to_fit();
        trie.bytes.shrink_to_fit();
        trie
    }

    /// Bytes that it takes.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.nodes.len() * (size_of::<Node>() + 1) + self.roots.len() * size_of::<u32>()
    }

    /// Calls `found` with the words with which `text` begins, the shortest first, and their length.
    ///
    /// The work is bounded by the longest word.
    #[inline]
    pub fn follow(&self, text: impl IntoIterator<Item = u8>, mut found: impl FnMut(Range<u32>, usize)) {
        let mut text = text.into_iter();
        let (Some(first), Some(second)) = (text.next(), text.next()) else {
            return;
        };
        let root = self.roots[usize::from(u16::from_le_bytes([first, second]))];
        if root == 0 {
            return;
        }
        let mut node = &self.nodes[root as usize];
        let mut length = 2;
        loop {
            #[cfg(test)]
            super::work::add(1);
            if !node.words.is_empty() {
                found(node.words.clone(), length);
            }
            let Some(byte) = text.next() else {
                return;
            };
            let next = node.next.start as usize;
            let ways = &self.bytes[next..node.next.end as usize];
            let Some(way) = ways.iter().position(|way| *way == byte) else {
                return;
            };
            node = &self.nodes[next + way];
            length += 1;
        }
    }

    fn push(&mut self, byte: u8) -> usize {
        self.nodes.push(Node::default());
        self.bytes.push(byte);
        self.nodes.len() - 1
    }

    /// Makes the nodes behind `node`, whose words are `words[at]` and agree in `depth` bytes.
    fn grow(&mut self, node: usize, words: &[&[u8]], at: Range<usize>, depth: usize) {
        let longer = at.start + words[at.clone()].partition_point(|word| word.len() == depth);
        self.nodes[node].words = short(at.start)..short(longer);
        let groups = || words[longer..at.end].chunk_by(|a, b| a[depth] == b[depth]);
        let first = self.nodes.len();
        groups().for_each(|group| {
            self.push(group[0][depth]);
        });
        self.nodes[node].next = short(first)..short(self.nodes.len());
        let mut from = longer;
        for (child, group) in (first..).zip(groups()) {
            self.grow(child, words, from..from + group.len(), depth + 1);
            from += group.len();
        }
    }
}

fn short(number: usize) -> u32 {
    u32::try_from(number).expect("words of users are bounded where they are read, and ours are few")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_the_text_begins_with_is_told() {
        let words: [&[u8]; 6] = [b"an", b"an", b"and", b"ant", b"at", b"order"];
        let trie = Trie::build(&words);
        let check = |text: &str, expected: &[(u32, u32, usize)]| {
            let mut all = Vec::new();
            trie.follow(text.bytes(), |words, length| all.push((words.start, words.end, length)));
            assert_eq!(all, expected, "{text}");
        };
        check("ant", &[(0, 2, 2), (3, 4, 3)]);
        check("an", &[(0, 2, 2)]);
        check("orders", &[(5, 6, 5)]);
        for none in ["", "a", "a n", "ordeal"] {
            check(none, &[]);
        }
    }
}
