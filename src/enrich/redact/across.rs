//! A value that is cut over several texts, such as the chunks of a stream: found in what they say
//! together, redacted in each of them.

use super::super::scan::{Reading, marks};
use super::{Action, Leaf, Redactor, Tally};
use std::ops::Range;

impl Redactor {
    /// What `parts` become, which together are one text said under `key`; `None` where nothing was found
    /// that stands in more than one of them. What stands in one part is found there.
    ///
    /// The first part of a value takes its mark, the others lose theirs.
    pub fn across(&self, parts: &[&str], key: &str, tally: &mut Tally) -> Option<Vec<String>> {
        let whole = parts.concat();
        let leaf = Leaf { text: &whole, key, ..Leaf::default() };
        let text = Reading::of(&whole);
        self.weigh(&text, leaf.role, tally);
        let ends: Vec<usize> = parts
            .iter()
            .scan(0, |end, part| {
                *end += part.len();
                Some(*end)
            })
            .collect();
        let part_of = |at: usize| ends.partition_point(|end| *end <= at);
        let mut cut = self.find(&text, &leaf);
        cut.retain(|finding| part_of(finding.start) != part_of(finding.end - 1));
        if cut.is_empty() {
            return None;
        }
        tally.count(&cut);
        let policy = self.marker.policy();
        cut.retain(|finding| policy.action(finding.kind) != Action::Flag);
        if cut.is_empty() {
            return None;
        }
        let mut out: Vec<String> = Vec::with_capacity(parts.len());
        for (part, end) in parts.iter().zip(&ends) {
            let at = end - part.len()..*end;
            let mut text = String::new();
            let mut from = at.start;
            let mut removed = false;
            for finding in &cut {
                let Some(here) = overlap(&at, &(finding.start..finding.end)) else { continue };
                text.push_str(&whole[from..here.start]);
                if here.start == finding.start {
                    self.marker.write(finding.kind, &whole[finding.start..finding.end], &mut text);
                }
                from = here.end;
                removed |= policy.action(finding.kind) == Action::Remove;
            }
            text.push_str(&whole[from..at.end]);
            out.push(if removed { marks::REMOVED.to_string() } else { text });
        }
        Some(out)
    }
}

/// What both have, if anything.
fn overlap(one: &Range<usize>, other: &Range<usize>) -> Option<Range<usize>> {
    let both = one.start.max(other.start)..one.end.min(other.end);
    (both.start < both.end).then_some(both)
}
