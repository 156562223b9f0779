//! The pass over the texts of an item: media, scan, redact; one splice for each text that changes.

use super::chunks::Chunks;
use super::own::Own;
use super::redact::{self, Redactor, Tally};
use super::{allow, media};
use crate::llm::{Call, Role, Text};
use crate::otlp::{Batch, Item, Leaf, Number, Place, Splice};
use crate::recognize::is_of_transport;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// What stands in place of a text that could not be scanned.
const WITHHELD: &str = "[WITHHELD]";

/// How texts are made safe.
#[derive(Clone)]
pub(super) struct Texts {
    pub(super) redactor: Redactor,
    /// Whether inline media stays.
    pub(super) keep_media: bool,
}

impl Texts {
    /// Every string leaf of a recognised item but the few that cannot hold content.
    pub(super) fn recognised(
        &self,
        batch: &Batch,
        item: &Item<'_>,
        call: &Call<'_>,
        own: &Own,
        tally: &mut Tally,
    ) -> Vec<Splice> {
        let roles = roles(call);
        // What was rebuilt before is a copy, said by the same.
        let copies = if own.enriched_before() { said(call) } else { HashMap::new() };
        let mut chunks = Chunks::of(item);
        let mut splices = Vec::new();
        batch.numbers(item, |number| splices.extend(self.number(&number, tally)));
        batch.leaves(item, |leaf| {
            if !own.wrote(&leaf) {
                let role = role_of(&roles, &leaf).or_else(|| copies.get(leaf.text).copied());
                let splice = self.leaf(&leaf, role, tally);
                if !chunks.take(&leaf, splice.as_ref()) {
                    splices.extend(splice);
                }
            }
        });
        splices.extend(chunks.splices(&self.redactor, tally));
        splices
    }

    /// The leaves of an item that speaks of no LLM call but stands beside one that does.
    ///
    /// Of a span about HTTP, a database or messages only what may carry a prompt: its URL, statement and body, and
    /// what went wrong, for a peer that refuses a request quotes it.
    pub(super) fn carrier(&self, batch: &Batch, item: &Item<'_>, tally: &mut Tally) -> Vec<Splice> {
        let transport = item.attributes().keys().any(is_of_transport);
        self.all(tally, |leaf| batch.leaves(item, leaf), |leaf| !transport || carries_content(leaf))
    }

    /// Every string leaf of an item that is scanned because everything is.
    pub(super) fn any(&self, batch: &Batch, item: &Item<'_>, tally: &mut Tally) -> Vec<Splice> {
        self.all(tally, |leaf| batch.leaves(item, leaf), |_| true)
    }

    /// Every string leaf of a resource.
    pub(super) fn resource(&self, batch: &Batch, group: Range<usize>, tally: &mut Tally) -> Vec<Splice> {
        self.all(tally, |leaf| batch.resource_leaves(group, leaf), |_| true)
    }

    /// Every string leaf of a scope.
    pub(super) fn scope(&self, batch: &Batch, group: Range<usize>, tally: &mut Tally) -> Vec<Splice> {
        self.all(tally, |leaf| batch.scope_leaves(group, leaf), |_| true)
    }

    fn all<'a>(
        &self,
        tally: &mut Tally,
        walk: impl FnOnce(&mut dyn FnMut(Leaf<'a>)),
        wanted: impl Fn(&Leaf<'a>) -> bool,
    ) -> Vec<Splice> {
        let mut splices = Vec::new();
        walk(&mut |leaf| {
            if wanted(&leaf) {
                splices.extend(self.leaf(&leaf, None, tally));
            }
        });
        splices
    }

    /// The change to one leaf: media out first, then what is left scanned and redacted.
    pub(super) fn leaf(&self, leaf: &Leaf<'_>, role: Option<Role>, tally: &mut Tally) -> Option<Splice> {
        if allow::passes(leaf) {
            return None;
        }
        let reference = if self.keep_media { None } else { media::replace(leaf.text) };
        let text = reference.as_deref().unwrap_or(leaf.text);
        let key = if leaf.place == Place::Key { "".into() } else { self.key(leaf.inner) };
        let safe = self.redactor.leaf(redact::Leaf { text, key: &key, role, before: "" }, tally);
        safe.or(reference).map(|text| replace(leaf, text))
    }

    /// The change to a whole number that is rather somebody's: a text takes its place. Shorter ones are nobody's.
    fn number(&self, number: &Number<'_>, tally: &mut Tally) -> Option<Splice> {
        const SHORTEST: i64 = 100_000_000;
        if (-SHORTEST..SHORTEST).contains(&number.value) {
            return None;
        }
        let text = number.value.to_string();
        let key = self.key(number.inner);
        let leaf = redact::Leaf { text: &text, key: &key, ..redact::Leaf::default() };
        self.redactor.leaf(leaf, tally).map(|safe| number.replaced(&safe))
    }

    /// A key as it leaves: what stands under it is told what a second reader would be told.
    fn key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        if allow::is_plain_key(key) {
            return key.into();
        }
        let reference = if self.keep_media { None } else { media::replace(key) };
        let text = reference.as_deref().unwrap_or(key);
        let leaf = redact::Leaf { text, ..redact::Leaf::default() };
        // Found in it or not is counted where the key itself is scanned.
        let safe = self.redactor.leaf(leaf, &mut Tally::default());
        safe.or(reference).map_or(Cow::Borrowed(key), Cow::Owned)
    }

    /// A text that we are about to write elsewhere, made safe like any other.
    pub(super) fn safe(&self, text: &str, key: &str) -> String {
        self.judged(text, key).0
    }

    /// A value for a label: cut to 100 bytes, and `other` where anything is found in it.
    pub(super) fn label(&self, text: &str, key: &str) -> String {
        const LONGEST: usize = 100;
        let (safe, clean) = self.judged(text, key);
        if clean { safe[..safe.floor_char_boundary(LONGEST)].to_owned() } else { "other".into() }
    }

    fn judged(&self, text: &str, key: &str) -> (String, bool) {
        if allow::is_name(text) {
            return (text.to_owned(), true);
        }
        let mut tally = Tally::default();
        let safe = self.safe_by(text, key, None, "", &mut tally);
        let clean = safe == text && tally.findings.is_empty();
        (safe, clean)
    }

    /// A text said by `role` that we are about to write elsewhere, and what is in it.
    /// `before` is the turn before, as it was written.
    pub(super) fn safe_by(
        &self,
        text: &str,
        key: &str,
        role: Option<Role>,
        before: &str,
        tally: &mut Tally,
    ) -> String {
        let reference = if self.keep_media { None } else { media::replace(text) };
        let text = reference.as_deref().unwrap_or(text);
        let leaf = redact::Leaf { text, key, role, before };
        self.redactor.leaf(leaf, tally).unwrap_or_else(|| text.to_owned())
    }
}

/// What is left of an item whose enrichment failed: every text withheld, with all that stands in one field
/// with it, but keys that are plain names.
pub(super) fn withheld(batch: &Batch, item: &Item<'_>) -> Vec<Splice> {
    let mut splices: Vec<Splice> = Vec::new();
    batch.leaves(item, |leaf| {
        let plain_key = leaf.place == Place::Key && allow::passes(&leaf);
        let withheld_already = splices.last().is_some_and(|last| last.inside == leaf.inside);
        if !plain_key && !withheld_already && leaf.text != WITHHELD {
            splices.push(Splice { at: leaf.inside.clone(), inside: leaf.inside, with: WITHHELD.into() });
        }
    });
    splices
}

fn replace(leaf: &Leaf<'_>, text: String) -> Splice {
    Splice { inside: leaf.inside.clone(), at: leaf.at(), with: text.into_bytes() }
}

/// Who speaks in each leaf, by where it begins; `None` where several do. Sorted.
pub(super) fn roles(call: &Call<'_>) -> Vec<(usize, Option<Role>)> {
    let role = |text: &Text<'_>| (text.leaf.start, (!text.shared).then_some(text.role));
    let mut roles: Vec<_> = call.texts.iter().map(role).collect();
    roles.sort_by_key(|(start, _)| *start);
    roles.dedup_by(|next, kept| {
        let same_leaf = next.0 == kept.0;
        if same_leaf && next.1 != kept.1 {
            kept.1 = None;
        }
        same_leaf
    });
    roles
}

/// Who says each text.
fn said<'c>(call: &'c Call<'_>) -> HashMap<&'c str, Role> {
    call.texts.iter().map(|text| (text.text.as_ref(), text.role)).collect()
}

pub(super) fn role_of(roles: &[(usize, Option<Role>)], leaf: &Leaf<'_>) -> Option<Role> {
    let at = roles.binary_search_by_key(&leaf.start, |(start, _)| *start).ok()?;
    roles[at].1
}

/// Whether such a span may hold a prompt there, or the key to a provider.
pub(super) fn carries_content(leaf: &Leaf<'_>) -> bool {
    let told = matches!(leaf.place, Place::StatusMessage | Place::EventName | Place::EventAttribute);
    told || is_key_of_content(leaf.key)
}

fn is_key_of_content(key: &str) -> bool {
    const STARTS: &[&str] = &[
        "url.",
        "http.url",
        "http.target",
        "http.body",
        "http.request.body",
        "http.response.body",
        "http.request.header.",
        "http.response.header.",
        "http.request_body",
        "http.response_body",
        "db.statement",
        "db.query",
        "db.operation.parameter",
        "db.sql.parameters",
        "messaging.message.body",
        "messaging.message.payload",
        "messaging.message.content",
        "messaging.payload",
        "message",
        "payload",
        "body",
        "request",
        "response",
        "graphql.",
        "exception",
        "error",
        "status_message",
        "status.message",
        "otel.status_description",
    ];
    STARTS.iter().any(|start| key.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{Part, Side};

    #[test]
    fn a_leaf_in_which_several_speak_has_no_role() {
        let text = |start, role| Text {
            role,
            side: Side::Input,
            message: 0,
            text: "".into(),
            part: Part::Plain,
            leaf: start..start + 1,
            shared: start == 2,
        };
        let texts = [(9, Role::User), (4, Role::System), (4, Role::User), (7, Role::Tool), (2, Role::User)];
        let texts: Vec<_> = texts.map(|(start, role)| text(start, role)).into();
        let call = Call { texts: texts.into(), ..Call::default() };
        assert_eq!(roles(&call), [(2, None), (4, None), (7, Some(Role::Tool)), (9, Some(Role::User))]);
    }

    #[test]
    fn urls_statements_and_bodies_carry_content_and_the_rest_does_not() {
        for (key, carries) in [
            ("url.full", true),
            ("db.statement", true),
            ("http.request.header.authorization", true),
            ("messaging.message.body", true),
            ("message", true),
            ("payload", true),
            ("request.body", true),
            ("messaging.message.id", false),
            ("messaging.destination.name", false),
            ("http.status_code", false),
            ("db.system", false),
            ("server.address", false),
        ] {
            assert_eq!(is_key_of_content(key), carries, "{key}");
        }
    }
}
