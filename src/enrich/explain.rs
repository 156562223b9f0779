//! What [`Enricher::apply`] does to a batch, leaf by leaf, for people: what was scanned, what was
//! skipped and why, what was found and what was changed. Never holds text of a prompt.

use super::own::Own;
use super::redact::Tally;
use super::texts::{carries_content, role_of, roles};
use super::{Enricher, Scope, allow};
use crate::llm::{Call, Odd, Role, Side, Text};
use crate::otlp::{Batch, Item, Leaf, Place, Value};
use crate::recognize::{self, Found, is_of_transport};
use std::ops::Range;
use std::time::SystemTime;

/// One span, log record, resource or scope.
#[derive(Debug)]
pub struct Explained {
    /// `span`, `log record`, `resource` or `scope`.
    pub what: &'static str,
    /// Of the span, of the log event, or of the scope; made safe.
    pub name: String,
    /// The name of the scope above an item; made safe.
    pub scope: String,
    pub known: Known,
    pub leaves: Vec<Seen>,
    /// The attributes that were added, each as `key = value`.
    pub added: Vec<String>,
}

/// What an item was recognised as.
#[derive(Debug)]
pub enum Known {
    /// An LLM call or a step around one, with what was read of it.
    Call(Vec<(&'static str, String)>),
    /// It stands in the same trace and request as one.
    Carrier,
    /// Nothing; scanned because `enrich.scope` is `all`.
    Other,
    /// A resource or scope above an item that is scanned.
    Above,
    /// Nothing: it leaves byte for byte as it came.
    Untouched,
}

/// One string leaf.
#[derive(Debug)]
pub struct Seen {
    pub place: Place,
    /// Of the outermost attribute; made safe.
    pub key: String,
    /// Which event or link.
    pub index: u32,
    pub bytes: usize,
    /// Who says it, where that is known.
    pub role: Option<Role>,
    pub fate: Fate,
}

/// What became of a leaf.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    Skipped(&'static str),
    Scanned {
        /// Findings by type.
        findings: Vec<(&'static str, u32)>,
        /// Whether the evidence of an injection in it suffices.
        injection: bool,
        /// Other text leaves than came.
        changed: bool,
    },
}

impl Enricher {
    /// What [`Enricher::apply`] would do to every item of `batch`, in wire order, each resource and
    /// scope before its first item.
    pub fn explain(&self, batch: &Batch, now: SystemTime) -> Vec<Explained> {
        let enriched = self.apply(batch, now).batch;
        let found = recognize::find(batch);
        let mut found = found.iter().peekable();
        let mut above = (0..0, 0..0);
        let mut all = Vec::new();
        for (item, after) in batch.walk().zip(enriched.walk()) {
            let here = found.next_if(|found| at(found) == item.at);
            let scanned = matches!(here, Some(Found::Call(..))) || self.0.scope == Scope::All;
            if scanned {
                all.extend(self.above(batch, &item, &mut above));
            }
            let mut explained = match here {
                Some(Found::Call(_, call)) => self.recognised(batch, &item, call),
                Some(Found::Carrier(_)) => self.carrier(batch, &item),
                None if scanned => self.named(&item, Known::Other, self.plainly(batch, &item, |_| None)),
                None => self.named(&item, Known::Untouched, Vec::new()),
            };
            explained.added = added(&item, &after);
            all.push(explained);
        }
        all
    }

    fn recognised(&self, batch: &Batch, item: &Item<'_>, call: &Call<'_>) -> Explained {
        let (own, roles) = (Own::read(item), roles(call));
        let mut leaves = Vec::new();
        batch.leaves(item, |leaf| {
            let ours = own.wrote(&leaf).then_some("written by Sidelight");
            leaves.push(self.seen(&leaf, role_of(&roles, &leaf), ours));
        });
        self.named(item, Known::Call(self.facts(item, call)), leaves)
    }

    fn carrier(&self, batch: &Batch, item: &Item<'_>) -> Explained {
        const ONLY: &str =
            "no URL, statement, header, body or error of a span about HTTP, a database or messages";
        let transport = self.0.scope == Scope::Llm && item.attributes().keys().any(is_of_transport);
        let leaves = self.plainly(batch, item, |leaf| (transport && !carries_content(leaf)).then_some(ONLY));
        self.named(item, Known::Carrier, leaves)
    }

    fn plainly(
        &self,
        batch: &Batch,
        item: &Item<'_>,
        skip: impl Fn(&Leaf<'_>) -> Option<&'static str>,
    ) -> Vec<Seen> {
        let mut leaves = Vec::new();
        batch.leaves(item, |leaf| leaves.push(self.seen(&leaf, None, skip(&leaf))));
        leaves
    }

    /// The resource and the scope above `item`, where they are not those of the item before.
    fn above(
        &self,
        batch: &Batch,
        item: &Item<'_>,
        last: &mut (Range<usize>, Range<usize>),
    ) -> Vec<Explained> {
        let mut all = Vec::new();
        let mut add = |what, name: &str, leaves| {
            let name = self.0.texts.safe(name, "");
            all.push(Explained { what, name, scope: "".into(), known: Known::Above, leaves, added: vec![] });
        };
        if last.0 != item.resource_group {
            last.0 = item.resource_group.clone();
            let mut leaves = Vec::new();
            batch.resource_leaves(last.0.clone(), |leaf| leaves.push(self.seen(&leaf, None, None)));
            add("resource", "", leaves);
        }
        if last.1 != item.scope_group {
            last.1 = item.scope_group.clone();
            let mut leaves = Vec::new();
            batch.scope_leaves(last.1.clone(), |leaf| leaves.push(self.seen(&leaf, None, None)));
            add("scope", item.scope().name(), leaves);
        }
        all
    }

    fn seen(&self, leaf: &Leaf<'_>, role: Option<Role>, skip: Option<&'static str>) -> Seen {
        let texts = &self.0.texts;
        let fate = match skip.or_else(|| allow::why(leaf)) {
            Some(why) => Fate::Skipped(why),
            None => {
                let mut tally = Tally::default();
                let changed = texts.leaf(leaf, role, &mut tally).is_some();
                let injection = texts.redactor.is_attempt(&tally.injection);
                Fate::Scanned { findings: tally.findings, injection, changed }
            }
        };
        let key = texts.safe(leaf.key, "");
        Seen { place: leaf.place, key, index: leaf.index, bytes: leaf.text.len(), role, fate }
    }

    fn named(&self, item: &Item<'_>, known: Known, leaves: Vec<Seen>) -> Explained {
        let record = item.log_record();
        let (what, name) = match item.span() {
            Some(span) => ("span", span.name()),
            None => ("log record", record.map_or("", |record| record.event_name())),
        };
        let safe = |text: &str| self.0.texts.safe(text, "");
        Explained { what, name: safe(name), scope: safe(item.scope().name()), known, leaves, added: vec![] }
    }

    /// What was read of a call, as far as it is known.
    fn facts(&self, item: &Item<'_>, call: &Call<'_>) -> Vec<(&'static str, String)> {
        let safe = |text: &Option<std::borrow::Cow<'_, str>>| {
            text.as_deref().map(|text| self.0.texts.safe(text, ""))
        };
        let count = |count: Option<u64>| count.map(|count| count.to_string());
        let kind = call.kind.map(|kind| kind.name().to_string());
        let usage = &call.usage;
        let role = match (call.model_call, call.usage_counted) {
            (true, true) => "yes, and it counts",
            (true, false) => "yes, counted by another span or not at all",
            (false, _) if item.log_record().is_some() => "no, a record of one or of what is around it",
            (false, _) => "no",
        };
        let all = [
            ("dialects", Some(call.dialects.join(", "))),
            ("kind", kind),
            ("model call", Some(role.to_string())),
            ("provider", safe(&call.provider)),
            ("model asked", safe(&call.request_model)),
            ("model answered", safe(&call.response_model)),
            ("input tokens", count(usage.input)),
            ("of them cached", count(usage.cached_input)),
            ("output tokens", count(usage.output)),
            ("of them reasoning", count(usage.reasoning)),
            ("first chunk after", call.time_to_first_chunk_s.map(|seconds| format!("{seconds:.3} s"))),
            ("conversation", safe(&call.conversation_id)),
            ("user", safe(&call.user_id)),
            ("texts in", said(call, Side::Input)),
            ("texts out", said(call, Side::Output)),
            ("odd", odd(call)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// What is wrong with it.
fn odd(call: &Call<'_>) -> Option<String> {
    let odd: Vec<&str> = Odd::ALL.into_iter().filter(|odd| call.odd.has(*odd)).map(Odd::reason).collect();
    (!odd.is_empty()).then(|| odd.join(", "))
}

/// Whose texts were read on one side, in order: `system, user 2, tool`.
fn said(call: &Call<'_>, side: Side) -> Option<String> {
    let texts: Vec<&Text<'_>> = call.texts.iter().filter(|text| text.side == side).collect();
    let runs = texts.chunk_by(|one, next| one.role == next.role);
    let run = |texts: &[&Text<'_>]| match texts.len() {
        1 => texts[0].role.name().to_string(),
        many => format!("{} {many}", texts[0].role.name()),
    };
    let told: Vec<String> = runs.map(run).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn at(found: &Found<'_>) -> Range<usize> {
    match found {
        Found::Call(item, _) | Found::Carrier(item) => item.at.clone(),
    }
}

/// The attributes of `after` that `before` has not.
fn added(before: &Item<'_>, after: &Item<'_>) -> Vec<String> {
    let new =
        after.attributes().filter(|attribute| !before.attributes().keys().any(|key| key == attribute.key));
    new.map(|attribute| format!("{} = {}", attribute.key, shown(&attribute.value()))).collect()
}

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Str(text) => (*text).to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Array(_) => {
            format!("[{}]", value.items().map(|item| shown(&item)).collect::<Vec<_>>().join(", "))
        }
        Value::KvList(_) | Value::Bytes(_) | Value::Empty => "…".into(),
    }
}
