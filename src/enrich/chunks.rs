//! The chunks of a stream, each in a span event of its own: a value that is cut over several of them is
//! found in what they say together.
//!
//! A chunk is a plain text, or the JSON of a provider's chunk, whose texts are joined by their key:
//! what all `content` say is one text, what all `arguments` say is another.

use super::redact::{Redactor, Tally};
use crate::json;
use crate::otlp::{Item, Leaf, Place, Splice};
use std::collections::BTreeMap;
use std::ops::Range;

/// The chunks of one span on their way.
#[derive(Default)]
pub(super) struct Chunks {
    /// By event, whether it is a chunk by its name.
    is_chunk: Vec<bool>,
    /// Each chunk's attribute, where it lies, and its text once it was made safe by itself.
    chunks: Vec<(String, Splice)>,
    /// What each of them was before.
    before: Vec<String>,
}

/// Keys of a provider's chunk under which a part of the reply stands.
const SAID: &[&str] = &[
    "content",
    "text",
    "arguments",
    "partial_json",
    "reasoning_content",
    "reasoning",
    "thinking",
    "response",
    "delta",
    "output_text",
    "value",
];

impl Chunks {
    /// Of an item without two chunks there is nothing to join.
    pub(super) fn of(item: &Item<'_>) -> Chunks {
        let events = item.span().into_iter().flat_map(|span| span.events());
        let is_chunk: Vec<bool> = events.map(|event| is_chunk(event.name())).collect();
        let several = is_chunk.iter().filter(|is_chunk| **is_chunk).count() > 1;
        Chunks { is_chunk: if several { is_chunk } else { Vec::new() }, ..Chunks::default() }
    }

    /// Takes `leaf` in if it is a chunk's text; `safe` is what it became by itself.
    pub(super) fn take(&mut self, leaf: &Leaf<'_>, safe: Option<&Splice>) -> bool {
        let is_chunk = self.is_chunk.get(leaf.index as usize).copied().unwrap_or(false);
        if leaf.place != Place::EventAttribute || !is_chunk {
            return false;
        }
        let text = safe.map_or_else(|| leaf.text.as_bytes().to_vec(), |splice| splice.with.clone());
        let splice = Splice { inside: leaf.inside.clone(), at: leaf.at(), with: text };
        self.chunks.push((leaf.key.to_owned(), splice));
        self.before.push(leaf.text.to_owned());
        true
    }

    /// The changes to all chunks: what was found in each, and what was found in several together.
    pub(super) fn splices(mut self, redactor: &Redactor, tally: &mut Tally) -> Vec<Splice> {
        let mut said: BTreeMap<(String, String), Vec<Said>> = BTreeMap::new();
        for (n, (attribute, splice)) in self.chunks.iter().enumerate() {
            let text = String::from_utf8_lossy(&splice.with);
            for (key, at, part) in parts(&text) {
                said.entry((attribute.clone(), key)).or_default().push((n, at, part));
            }
        }
        // By chunk, what of its text becomes what.
        let mut changes: BTreeMap<usize, Vec<(Range<usize>, String)>> = BTreeMap::new();
        for ((_, key), places) in said {
            let parts: Vec<&str> = places.iter().map(|(.., part)| part.as_str()).collect();
            let Some(safe) = redactor.across(&parts, &key, tally) else { continue };
            for ((n, at, part), safe) in places.into_iter().zip(safe) {
                if part != safe {
                    changes.entry(n).or_default().push((at, safe));
                }
            }
        }
        for (n, mut changes) in changes {
            let splice = &mut self.chunks[n].1;
            let mut text = String::from_utf8_lossy(&splice.with).into_owned();
            let is_json = json::literals(&text).is_some();
            changes.sort_by_key(|(at, _)| std::cmp::Reverse(at.start));
            for (at, safe) in changes {
                let mut written = String::new();
                if is_json {
                    json::escape(&safe, &mut written)
                } else {
                    written = safe
                }
                text.replace_range(at, &written);
            }
            splice.with = text.into_bytes();
        }
        let changed = self.chunks.into_iter().zip(self.before);
        changed
            .filter(|((_, splice), before)| splice.with != before.as_bytes())
            .map(|((_, s), _)| s)
            .collect()
    }
}

/// What the chunks of the item's stream say together, in their order: of each the first part that is a reply's text.
/// `None` where none says anything.
pub(super) fn said(item: &Item<'_>) -> Option<String> {
    let mut all = String::new();
    let events = item.span().into_iter().flat_map(|span| span.events());
    for event in events.filter(|event| is_chunk(event.name())) {
        let texts = event.attributes().filter_map(|attribute| {
            let name = attribute.key.rsplit('.').next().unwrap_or(attribute.key);
            let tells = SAID.contains(&name) || is_chunk(name) || name == "completion";
            tells.then(|| attribute.value().as_str()).flatten()
        });
        all.extend(texts.flat_map(parts).next().map(|(_, _, text)| text));
    }
    (!all.is_empty()).then_some(all)
}

/// By the name of an event or an attribute.
fn is_chunk(name: &str) -> bool {
    ["chunk", "token", "delta"].iter().any(|word| contains(name, word))
}

/// One part of a value that is said in pieces: in which chunk, where in it, and what.
type Said = (usize, Range<usize>, String);

/// What a chunk says: under which key, where in it, and what.
fn parts(text: &str) -> Vec<(String, Range<usize>, String)> {
    let Some(literals) = json::literals(text) else {
        return vec![(String::new(), 0..text.len(), text.to_owned())];
    };
    let said = literals.filter(|literal| !literal.is_key && !literal.is_number);
    said.filter(|literal| SAID.contains(&literal.key.as_ref()))
        .map(|literal| (literal.key.into_owned(), literal.at, literal.text.into_owned()))
        .collect()
}

fn contains(name: &str, word: &str) -> bool {
    name.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}
