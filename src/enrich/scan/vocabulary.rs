//! Every spelling of the words around values, and what each says: found wherever they stand, in any ASCII case.

use super::trie::Trie;
use super::words::{OTHERS, spellings};
use std::collections::BTreeMap;
use std::ops::Range;

/// Rows that share their words are one group, and each group is a bit. The last bit stands for [`OTHERS`].
pub type Groups = u128;
pub const OTHER: Groups = 1 << 127;
/// So many different lists of words there may be.
pub const LISTS_MOST: usize = 126;

/// What stands between a word and the value puts them apart by so many bytes more: the end of a
/// clause, of a sentence, of a line. A question and its answer belong together.
const BORDERS: &[(&str, u16)] =
    &[(", ", 8), (" and ", 12), (" / ", 12), ("; ", 16), ("? ", 8), ("\n", 8), (". ", 28), ("! ", 28)];

/// All context words of all rows in one tree, and the borders.
pub struct Vocabulary {
    trie: Trie,
    /// A bit for each three bytes with which some spelling begins, by [`folded`].
    begins: Vec<u64>,
    /// The spellings of one byte, the end of a line among them: they count on from those of the tree.
    ones: Vec<u8>,
    /// What each spelling means.
    meanings: Vec<Meaning>,
}

pub enum Meaning {
    /// Speaks for these groups.
    For(Groups),
    /// Puts what stands on its sides apart.
    Border(u16),
}

impl Vocabulary {
    /// Of `contexts`, the words of every row in the order of the rows, at most [`LISTS_MOST`] different lists; with
    /// the group of each row.
    pub fn build<'a, S>(contexts: impl Iterator<Item = &'a [S]>) -> (Vocabulary, Vec<Groups>)
    where
        S: AsRef<str> + PartialEq + 'a,
    {
        let mut lists: Vec<&[S]> = Vec::new();
        let group_of = |context: &'a [S]| {
            if context.is_empty() {
                return 0;
            }
            let known = lists.iter().position(|list| *list == context);
            1 << known.unwrap_or_else(|| {
                lists.push(context);
                lists.len() - 1
            })
        };
        let groups: Vec<Groups> = contexts.map(group_of).collect();
        assert!(lists.len() <= LISTS_MOST, "a group is a bit, and the last one stands for other things");
        let mut all: BTreeMap<String, Groups> = BTreeMap::new();
        let mut learn = |word: &str, group: Groups| {
            spellings(word, |mut spelling| {
                spelling.make_ascii_lowercase();
                // Of an accent alone nothing is left.
                if !spelling.is_empty() {
                    *all.entry(spelling).or_default() |= group;
                }
            });
        };
        for (number, list) in lists.iter().enumerate() {
            list.iter().for_each(|word| learn(word.as_ref(), 1 << number));
        }
        OTHERS.iter().for_each(|word| learn(word, OTHER));
        (Vocabulary::of(all), groups)
    }

    fn of(words: BTreeMap<String, Groups>) -> Vocabulary {
        let words = words.iter().map(|(word, groups)| (word.as_bytes(), Meaning::For(*groups)));
        let borders = BORDERS.iter().map(|(border, cost)| (border.as_bytes(), Meaning::Border(*cost)));
        let mut all: Vec<(&[u8], Meaning)> = words.chain(borders).collect();
        all.sort_by_key(|(spelling, _)| (spelling.len() == 1, *spelling));
        let (mut spellings, meanings): (Vec<&[u8]>, Vec<Meaning>) = all.into_iter().unzip();
        let longer = spellings.partition_point(|spelling| spelling.len() > 1);
        let ones = spellings.split_off(longer).concat();
        let mut begins = vec![0; BEGINNINGS / 64];
        for spelling in &spellings {
            let mut note = |third| {
                let key = folded(folded(folded(0, spelling[0]), spelling[1]), third);
                begins[key / 64] |= 1 << (key % 64);
            };
            match spelling.get(2) {
                Some(third) => note(*third),
                None => (0..32).for_each(note),
            }
        }
        Vocabulary { trie: Trie::build(&spellings), begins, ones, meanings }
    }

    /// Bytes that it takes.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.trie.memory() + size_of_val(&*self.begins) + size_of_val(&*self.meanings)
    }

    pub fn meaning(&self, spelling: u32) -> &Meaning {
        &self.meanings[spelling as usize]
    }

    /// Calls `found` with every spelling in `text` and where it stands, in no order.
    pub fn each(&self, text: &[u8], mut found: impl FnMut(u32, Range<usize>)) {
        let first = self.meanings.len() - self.ones.len();
        for (spelling, one) in (first as u32..).zip(&self.ones) {
            let places = memchr::memchr2_iter(*one, one.to_ascii_uppercase(), text);
            places.for_each(|at| found(spelling, at..at + 1));
        }
        let mut at = |start: usize| {
            self.trie.follow(text[start..].iter().map(u8::to_ascii_lowercase), |words, length| {
                words.for_each(|word| found(word, start..start + length));
            });
        };
        let mut key = 0;
        for (end, byte) in text.iter().enumerate() {
            key = folded(key, *byte);
            if self.begins[key / 64] >> (key % 64) & 1 == 1 && end >= 2 {
                at(end - 2);
            }
        }
        // The last two bytes may be a border.
        if let Some(start) = text.len().checked_sub(2) {
            at(start);
        }
    }
}

/// How many beginnings [`folded`] tells apart.
const BEGINNINGS: usize = 1 << 15;

/// The last two bytes of `key` and one more, five bits of each: those that a letter has in either case.
#[inline]
fn folded(key: usize, byte: u8) -> usize {
    (key << 5 | usize::from(byte & 0x1F)) & (BEGINNINGS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_found_in_any_case_wherever_they_stand() {
        let lists: [&[&str]; 2] = [&["bsn", "tax id"], &["téléphone"]];
        let (vocabulary, groups) = Vocabulary::build(lists.into_iter());
        assert_eq!(groups, [1, 2]);
        let check = |text: &str, expected: &[&str]| {
            let mut all = Vec::new();
            vocabulary.each(text.as_bytes(), |spelling, at| {
                if let Meaning::For(groups) = vocabulary.meaning(spelling)
                    && groups & OTHER == 0
                {
                    all.push(&text[at]);
                }
            });
            assert_eq!(all, expected, "{text}");
        };
        check("my BsN, his TaxID: 1", &["BsN", "TaxID"]);
        check("TÉLÉPHONE, Telephones, bs", &["TÉLÉPHONE", "Telephone"]);
        check("bsn", &["bsn"]);
        check("b", &[]);
    }

    #[test]
    fn what_is_left_of_the_shortest_words_of_users_is_found() {
        let (vocabulary, _) = Vocabulary::build([&["#", "x", "\u{301}"][..]].into_iter());
        let mut all = Vec::new();
        vocabulary.each("X # e\u{301}\n".as_bytes(), |_, at| all.push(at));
        all.sort_unstable_by_key(|at| at.start);
        assert_eq!(all, [0..1, 2..3, 5..7, 7..8]);
    }

    #[test]
    fn as_many_words_as_users_may_give_are_told_apart() {
        const LISTS: usize = 100;
        let word = |list, i| format!("größe der nummer {list} von {i}");
        let lists: Vec<Vec<String>> =
            (0..LISTS).map(|list| (0..50).map(|i| word(list, i)).collect()).collect();
        let (vocabulary, groups) = Vocabulary::build(lists.iter().map(Vec::as_slice));
        assert!(vocabulary.meanings.len() > usize::from(u16::MAX));
        let mut all = 0;
        vocabulary.each(word(LISTS - 1, 49).to_uppercase().as_bytes(), |spelling, at| {
            if let Meaning::For(groups) = vocabulary.meaning(spelling)
                && at.start == 0
            {
                all |= groups;
            }
        });
        // `von 4` and `von 49` begin alike.
        assert_eq!(all, groups[LISTS - 1]);
    }
}
