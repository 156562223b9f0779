//! One recognised item through the line: the order of the steps is the order of [`Line::call`].

use super::chunks;
use super::config::Scope;
use super::cost::{Day, Prices, Unpriced, dollars};
use super::count::Tokenizers;
use super::facts::CallFacts;
use super::figures::{self, Tokens};
use super::flags::Flags;
use super::given::Given;
use super::normal::{self, Fill};
use super::own::Own;
use super::redact::Tally;
use super::sample::{Exports, Gate, Traits};
use super::texts::Texts;
use super::{cost::Cost, hash};
use crate::llm::{Call, Side, names};
use crate::otlp::{Batch, Item, Splice};
use crate::recognize::memory;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The built settings of the line.
pub(super) struct Line {
    pub(super) texts: Texts,
    pub(super) prices: Prices,
    pub(super) scope: Scope,
    /// For tokens that were not reported; `None` where they are not counted.
    pub(super) tokenizers: Option<Tokenizers>,
    pub(super) gate: Gate,
    /// `None` where everything is exported.
    pub(super) exports: Option<Exports>,
    pub(super) aliases: bool,
    pub(super) fill: Fill,
}

/// What became of one item.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) splices: Vec<Splice>,
    pub(super) tally: Tally,
    /// `None` for log records whose call is told by a span.
    pub(super) facts: Option<CallFacts>,
    pub(super) unpriced: Option<Unpriced>,
    pub(super) flags: memory::Flags,
    pub(super) embeddable: bool,
    /// Whether its trace is exported whatever the share.
    pub(super) keep: bool,
}

/// What is known of an item from earlier requests.
#[derive(Clone, Copy, Default)]
pub(super) struct Known {
    /// Of its span and that span's log records.
    pub(super) flags: memory::Flags,
    /// The span itself came before.
    pub(super) seen: bool,
}

/// An attribute to be written.
type Attribute = (&'static str, Given);

impl Line {
    /// Count, cost, time to first chunk, then media, scan and redact, then sample and hash.
    ///
    /// Tokens and prompt are of the text as it was sent; what is written is safe. An item that was enriched
    /// before keeps what was said of it then; only the flags are merged.
    pub(super) fn call(
        &self,
        batch: &Batch,
        item: &Item<'_>,
        call: &Call<'_>,
        now: SystemTime,
        known: Known,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let own = Own::read(item);
        let (mut ours, mut added) = (Vec::new(), Vec::new());
        let mut traits = Traits::default();
        if item.span().is_some() || call.model_call {
            let tokens = self.tokens(item, call);
            let cost = self.cost(call, tokens.as_ref(), day(call, now), &mut outcome);
            let facts = CallFacts::of(item, call, tokens.as_ref(), cost.as_ref(), &self.texts);
            traits = facts.traits();
            outcome.facts = Some(facts);
            if !own.enriched_before() {
                added = normal::names(item, call, self.fill, &self.texts, &mut outcome.tally);
                ours = figures(call, tokens, cost);
            }
        }
        if !own.enriched_before() {
            ours.splice(0..0, self.kind(call));
        }
        outcome.splices = self.texts.recognised(batch, item, call, &own, &mut outcome.tally);
        let mut flags = Flags::merge(&own, &outcome.tally, &self.texts.redactor);
        flags.pii |= known.flags.pii;
        flags.injection |= known.flags.injection;
        let (pii, injection) = (flags.pii, flags.injection);
        outcome.flags = memory::Flags { pii, injection };
        ours.extend(flags.attributes());
        let traits = Traits { pii, injection, ..traits };
        let sampled = self.sampled(item, &own, figures::model(call), traits);
        outcome.keep = self.exports.as_ref().is_some_and(|exports| exports.keep.take(traits));
        ours.extend(sampled.map(|sampled| (names::SAMPLED, Given::Bool(sampled))));
        let embeddable = sampled == Some(true) && !pii && outcome.tally.withheld == 0;
        let prompt = if embeddable { hash::prompt_sha256(call) } else { None };
        outcome.embeddable = embeddable && call.texts.iter().any(|text| text.side == Side::Input);
        if !own.enriched_before() {
            ours.extend(prompt.map(|hash| (names::PROMPT_SHA256, Given::Text(hash))));
        }
        if self.aliases {
            ours.extend(aliases(&own, pii, injection, sampled));
        }
        let unwanted: &[&str] = if pii { PII_FREE_ONLY } else { &[] };
        own.settle(item, &ours, unwanted, &added, &mut outcome.splices);
        if let Some(facts) = &mut outcome.facts {
            (facts.pii, facts.injection, facts.enriched_before) =
                (pii, injection, own.enriched_before() || known.seen);
        }
        outcome
    }

    /// An item that stands beside a recognised one.
    pub(super) fn carrier(&self, batch: &Batch, item: &Item<'_>) -> Outcome {
        if self.scope == Scope::All {
            return self.other(batch, item);
        }
        let mut tally = Tally::default();
        Outcome { splices: self.texts.carrier(batch, item, &mut tally), tally, ..Outcome::default() }
    }

    /// An item that is scanned because everything is.
    pub(super) fn other(&self, batch: &Batch, item: &Item<'_>) -> Outcome {
        let mut tally = Tally::default();
        Outcome { splices: self.texts.any(batch, item, &mut tally), tally, ..Outcome::default() }
    }

    /// Of a call whose usage counts. What failed is billed only what was reported.
    fn tokens(&self, item: &Item<'_>, call: &Call<'_>) -> Option<Tokens> {
        if !(call.model_call && call.usage_counted) {
            return None;
        }
        figures::tokens(call, self.tokenizers.as_ref().filter(|_| !call.failed), || chunks::said(item))
    }

    fn cost(
        &self,
        call: &Call<'_>,
        tokens: Option<&Tokens>,
        day: Option<Day>,
        outcome: &mut Outcome,
    ) -> Option<Cost> {
        if !(call.model_call && call.usage_counted) {
            return None;
        }
        match figures::cost(call, tokens, &self.prices, day) {
            Ok(cost) => Some(cost),
            Err(why) => {
                outcome.unpriced = Some(why);
                None
            }
        }
    }

    fn kind(&self, call: &Call<'_>) -> Vec<Attribute> {
        let kind = call.kind.map(|kind| (names::KIND, Given::Text(kind.name().to_owned())));
        let dialects = call.dialects.iter().map(|name| (*name).to_owned()).collect();
        kind.into_iter().chain([(names::DIALECTS, Given::Texts(dialects))]).collect()
    }

    /// `None` for a log record that stands in no span.
    fn sampled(&self, item: &Item<'_>, own: &Own, model: Option<&str>, traits: Traits) -> Option<bool> {
        let span_id =
            item.span().map_or_else(|| item.log_record().map(|r| r.span_id()), |s| Some(s.span_id()));
        let gate = span_id.filter(|id| !id.is_empty()).map(|id| {
            let service = item.resource().attributes().get("service.name");
            let service = service.as_ref().and_then(|name| name.as_str()).unwrap_or("");
            self.gate.takes(id, service, model.unwrap_or(""), traits)
        });
        own.flag(names::SAMPLED).or(gate)
    }
}

/// The day on which the call began; today, where nothing tells.
fn day(call: &Call<'_>, now: SystemTime) -> Option<Day> {
    let started = UNIX_EPOCH + Duration::from_nanos(call.start_unix_nano);
    Day::of(if started > UNIX_EPOCH { started } else { now })
}

/// Attributes that only an item without personal data may have.
const PII_FREE_ONLY: &[&str] =
    &[names::PROMPT_SHA256, names::EMBEDDING_VECTOR, names::EMBEDDING_VECTORS, names::EMBEDDING_MODEL];

/// What a call used and cost.
fn figures(call: &Call<'_>, tokens: Option<Tokens>, cost: Option<Cost>) -> Vec<Attribute> {
    let mut all = Vec::new();
    if call.model_call || call.usage.input.is_some() || call.usage.output.is_some() {
        all.push((names::USAGE_COUNTED, Given::Bool(call.usage_counted)));
    }
    if let Some(Tokens { input, output, method }) = tokens {
        for (key, count) in [(names::TOKENS_INPUT, input), (names::TOKENS_OUTPUT, output)] {
            let count = count.and_then(|count| i64::try_from(count).ok());
            all.extend(count.map(|count| (key, Given::Int(count))));
        }
        all.push((names::TOKENS_METHOD, Given::Text(method)));
    }
    if let Some(cost) = cost {
        all.push((names::COST_USD, Given::Double(dollars(cost.total))));
        if let Some((input, output)) = cost.parts {
            all.push((names::COST_INPUT_USD, Given::Double(dollars(input))));
            all.push((names::COST_OUTPUT_USD, Given::Double(dollars(output))));
        }
        all.push((names::PRICE_VERSION, Given::Text(cost.price_version)));
    }
    all
}

/// The names of earlier tools. One that the app wrote stays: it is ours only where it said what our flag said.
fn aliases(own: &Own, pii: bool, injection: bool, sampled: Option<bool>) -> impl Iterator<Item = Attribute> {
    let all = [
        (names::ALIAS_PII, names::PII_DETECTED, Some(pii)),
        (names::ALIAS_INJECTION, names::INJECTION_ATTEMPT, Some(injection)),
        (names::ALIAS_SAMPLED, names::SAMPLED, sampled),
    ];
    all.into_iter().filter_map(|(alias, flag, now)| {
        let ours = own.flag(alias).is_some() && own.flag(alias) == own.flag(flag);
        (ours || !own.stands(alias)).then_some((alias, Given::Bool(now?)))
    })
}
