//! Our attributes on an item as they stand, and the splices that bring them to what they should be.

use super::given::Given;
use crate::llm::names;
use crate::otlp::{Item, Leaf, Splice};
use std::ops::Range;

/// The attributes under `sidelight.` that stand on an item, and the aliases of some of them.
pub(super) struct Own {
    standing: Vec<Standing>,
}

struct Standing {
    key: String,
    /// `None` where the value is not one that we would write.
    value: Option<Given>,
    /// The whole field, in the batch.
    at: Range<usize>,
}

impl Own {
    pub(super) fn read(item: &Item<'_>) -> Own {
        let ours = item.attributes().filter(|attribute| names::is_ours(attribute.key));
        let standing = ours.map(|attribute| Standing {
            key: attribute.key.to_owned(),
            value: Given::read(&attribute.value()).filter(|value| value.is_ours(attribute.key)),
            at: item.at.start + attribute.at.start..item.at.start + attribute.at.end,
        });
        Own { standing: standing.collect() }
    }

    /// Whether a Sidelight has enriched the item before: what it wrote then stays, and only flags are merged.
    pub(super) fn enriched_before(&self) -> bool {
        self.get(names::DIALECTS).is_some() && self.flag(names::PII_DETECTED).is_some()
    }

    /// Whether there is an attribute `key`, whatever its value.
    pub(super) fn stands(&self, key: &str) -> bool {
        self.standing.iter().any(|standing| standing.key == key)
    }

    /// The value at `key`, the last one as OTLP readers take it, if it can be trusted.
    pub(super) fn get(&self, key: &str) -> Option<&Given> {
        self.standing.iter().rfind(|standing| standing.key == key)?.value.as_ref()
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Given::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    pub(super) fn texts(&self, key: &str) -> &[String] {
        match self.get(key) {
            Some(Given::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// Whether `leaf` is a value that we wrote. A text that only stands beside one, in a field that readers
    /// pass over, is not.
    pub(super) fn wrote(&self, leaf: &Leaf<'_>) -> bool {
        let standing = self.standing.iter().find(|standing| standing.at.contains(&leaf.start));
        match standing.and_then(|standing| standing.value.as_ref()) {
            Some(Given::Text(text)) => text == leaf.text,
            Some(Given::Texts(texts)) => texts.iter().any(|text| text == leaf.text),
            _ => false,
        }
    }

    /// Adds to `splices` what makes each of `wanted` stand exactly once with its value, and nothing of
    /// `unwanted`; attributes that are right already are not touched. `more` is appended too.
    ///
    /// Splices inside of what is cut out are dropped.
    pub(super) fn settle(
        &self,
        item: &Item<'_>,
        wanted: &[(&'static str, Given)],
        unwanted: &[&str],
        more: &[(&'static str, Given)],
        splices: &mut Vec<Splice>,
    ) {
        let mut cuts: Vec<Range<usize>> = Vec::new();
        let mut cut = |key: &str| {
            cuts.extend(self.standing.iter().filter(|s| s.key == key).map(|s| s.at.clone()));
        };
        let mut fields = Vec::new();
        for (key, value) in wanted {
            let mut standing = self.standing.iter().filter(|standing| standing.key == *key);
            let right = standing.next().is_some_and(|first| first.value.as_ref() == Some(value));
            if !right || standing.next().is_some() {
                cut(key);
                value.write(key, item.attributes_field(), &mut fields);
            }
        }
        unwanted.iter().for_each(|key| cut(key));
        more.iter().for_each(|(key, value)| value.write(key, item.attributes_field(), &mut fields));
        splices.retain(|splice| {
            !cuts.iter().any(|cut| cut.start <= splice.at.start && splice.at.end <= cut.end)
        });
        splices.extend(cuts.into_iter().map(|cut| Splice::cut(item.at.clone(), cut)));
        if !fields.is_empty() {
            splices.push(Splice::append(item.at.clone(), fields));
        }
    }
}
