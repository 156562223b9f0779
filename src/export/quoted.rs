//! What a peer quotes of a request: text of a span that no detector knows is masked in its words all the same.

mod fold;

use crate::otlp::{Batch, Leaf, Place, Signal};
use fold::{Word, words};
use memchr::memmem::Finder;
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, Hasher};
use std::ops::Range;

/// What stands in the place of what was quoted.
const MARK: &str = "[text of the request]";

/// A quotation is at least so many words in a row …
const WORDS: usize = 3;

/// … of at least so many bytes, with one between each two: `it is a` says nothing of anybody.
const BYTES: usize = 12;

/// A single word of so many bytes is a quotation too, even of a part of a longer one.
const LONG_WORD: usize = 24;

/// `said` with everything masked that is a quotation of a text in `sent`: three words in a row, or more where
/// they are short, whatever stands between them and however both are escaped. Keys of attributes are no texts.
///
/// Takes time in proportion to `sent`: some milliseconds for each megabyte.
pub fn mask(said: &str, sent: &Batch) -> String {
    let mut quoted = Quoted::new(said);
    texts(sent, |text| quoted.look(text));
    replace(said, quoted.found)
}

/// Shows every text of `batch`. Of metrics, which have no walk, every run of characters.
fn texts(batch: &Batch, mut show: impl FnMut(&str)) {
    let (mut resource, mut scope) = (0..0, 0..0);
    for item in batch.walk() {
        let mut leaf = |leaf: Leaf<'_>| {
            if leaf.place != Place::Key {
                show(leaf.text);
            }
        };
        if item.resource_group != resource {
            resource = item.resource_group.clone();
            batch.resource_leaves(resource.clone(), &mut leaf);
        }
        if item.scope_group != scope {
            scope = item.scope_group.clone();
            batch.scope_leaves(scope.clone(), &mut leaf);
        }
        batch.leaves(&item, &mut leaf);
    }
    if batch.signal() == Signal::Metrics {
        batch.otlp().utf8_chunks().for_each(|chunk| show(chunk.valid()));
    }
}

/// A peer's words that are compared with what it was sent.
struct Quoted<'a> {
    hasher: std::hash::RandomState,
    /// The passages of the peer's words that would be quotations, by what they say, and where they stand.
    passages: Vec<(u64, Range<usize>)>,
    asked: HashSet<u64>,
    /// Long words that are not found yet.
    long: Vec<(Finder<'a>, Range<usize>)>,
    found: Vec<Range<usize>>,
}

impl<'a> Quoted<'a> {
    fn new(said: &'a str) -> Quoted<'a> {
        let hasher = std::hash::RandomState::new();
        let mut passages = Vec::new();
        let mut long = Vec::new();
        each_passage(said, &hasher, |hash, at| passages.push((hash, at)));
        for Word { at, .. } in words(said).filter(|word| word.at.len() >= LONG_WORD) {
            long.push((Finder::new(&said.as_bytes()[at.clone()]), at));
        }
        let asked = passages.iter().map(|(hash, _)| *hash).collect();
        Quoted { hasher, passages, asked, long, found: Vec::new() }
    }

    /// Finds what is quoted of `text`.
    fn look(&mut self, text: &str) {
        let Quoted { hasher, passages, asked, long, found } = self;
        if !asked.is_empty() {
            each_passage(text, hasher, |hash, _| {
                if asked.remove(&hash) {
                    let same = passages.iter().filter(|(other, _)| *other == hash);
                    found.extend(same.map(|(_, at)| at.clone()));
                }
            });
        }
        long.retain(|(finder, at)| {
            let is_quoted = finder.find(text.as_bytes()).is_some();
            if is_quoted {
                found.push(at.clone());
            }
            !is_quoted
        });
    }
}

/// Calls `passage` with the shortest quotation that begins at each word of `text`, as a hash of its words.
fn each_passage(text: &str, hasher: &impl BuildHasher, mut passage: impl FnMut(u64, Range<usize>)) {
    let mut open: VecDeque<Word> = VecDeque::new();
    let mut bytes = 0;
    for word in words(text) {
        bytes += word.len;
        open.push_back(word);
        while open.len() >= WORDS && bytes + open.len() > BYTES {
            let mut state = hasher.build_hasher();
            open.iter().for_each(|word| word.hash.hash(&mut state));
            let end = open.back().map_or(0, |last| last.at.end);
            let Some(first) = open.pop_front() else { break };
            passage(state.finish(), first.at.start..end);
            bytes -= first.len;
        }
    }
}

/// `said` with the mark in place of each run of `ranges`.
fn replace(said: &str, mut ranges: Vec<Range<usize>>) -> String {
    ranges.sort_by_key(|range| range.start);
    let (mut masked, mut from) = (String::with_capacity(said.len()), 0);
    for range in ranges {
        if range.start >= from {
            masked.push_str(&said[from..range.start]);
            masked.push_str(MARK);
        }
        from = from.max(range.end);
    }
    masked.push_str(&said[from..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::encode::{self, Value};
    use crate::otlp::wire::put_message;
    use proptest::prelude::*;

    const PROMPT: &str = "please summarise my private divorce papers: \"custody\" of\nthe \
        children, on Monday; café à côté, 私の離婚の書類を要約してください";

    /// A span with `text` in an attribute as it stands, and `json` in another.
    fn batch(text: &str) -> Batch {
        let json = serde_json::json!([{ "role": "user", "content": text }]).to_string();
        let mut otlp = Vec::new();
        put_message(&mut otlp, 1, |resource| {
            put_message(resource, 2, |scope| {
                put_message(scope, 2, |span| {
                    for (key, text) in [("gen_ai.prompt", text), ("gen_ai.input.messages", &json)] {
                        encode::attribute(span, 9, key, &Value::Str(text));
                    }
                });
            });
        });
        Batch::trusted(Signal::Traces, otlp.into(), 1)
    }

    fn check(said: &str, shown: &str) {
        assert_eq!(mask(said, &batch(PROMPT)), shown);
    }

    #[test]
    fn a_quoted_prompt_is_masked_and_what_the_peer_says_of_it_is_not() {
        check(
            "invalid span: prompt was: please summarise my private divorce papers",
            "invalid span: prompt was: [text of the request]",
        );
        check("bad value \"my private divorce\" in a span", "bad value \"[text of the request]\" in a span");
        check("attribute gen_ai.input.messages is too long", "attribute gen_ai.input.messages is too long");
        check("it is about my divorce", "it is about my divorce");
    }

    #[test]
    fn escapes_hide_nothing() {
        for said in [
            r#"papers: \"custody\" of\nthe children"#,
            r#"papers: \\\"custody\\\" of\\nthe children"#,
            "PAPERS: 'custody' OF the children",
            "papers%3A%20%22custody%22%20of%0Athe%20children",
            "papers: &quot;custody&quot; of the children",
            r"Monday; caf\u00e9 \u00e0 c\u00f4t\u00e9",
            r"Monday; caf\xc3\xa9 \xc3\xa0 c\xc3\xb4t\xc3\xa9",
            r"Monday; caf\303\251 \303\240 c\303\264t\303\251",
            "離婚の書類を要約",
        ] {
            check(said, MARK);
        }
    }

    #[test]
    fn a_part_of_a_long_word_is_masked() {
        let key = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w";
        let said = format!("cannot read {} as a date", &key[7..40]);
        assert_eq!(mask(&said, &batch(key)), format!("cannot read {MARK} as a date"));
    }

    proptest! {
        #[test]
        fn no_three_words_of_a_prompt_are_left(
            prompt in prop::collection::vec("[a-zé]{4,9}", 1..30),
            from in 0..30usize,
            before in "[A-Z ]{0,20}",
            gap in prop::sample::select(vec![" ", "\n", "\", \"", " - ", "\t"]),
            escaped in any::<bool>(),
        ) {
            let text = prompt.join(gap);
            let quoted = prompt[from.min(prompt.len())..].join(gap);
            let quoted = if escaped { serde_json::json!(quoted).to_string() } else { quoted };
            let shown = mask(&format!("{before}: {quoted} is bad"), &batch(&text));
            let hasher = std::hash::RandomState::new();
            let mut known = HashSet::new();
            each_passage(&text, &hasher, |hash, _| _ = known.insert(hash));
            for part in shown.split(MARK) {
                each_passage(part, &hasher, |hash, at| assert!(!known.contains(&hash), "{}", &part[at]));
            }
        }

        #[test]
        fn no_words_of_a_peer_are_too_strange(said in any::<String>(), sent in any::<String>()) {
            mask(&said, &batch(&sent));
            mask(&sent.replace('a', "\\u00"), &batch(&sent));
        }
    }
}
