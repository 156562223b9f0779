//! What rules do to the latest calls of the store: a dry run.

use crate::enrich::Enricher;
use crate::export::local::{Call, Filter};
use crate::llm::Record;
use crate::manage::app::App;
use crate::manage::problem::Problem;
use crate::otlp::{Batch, Limits, Signal};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::SystemTime;
use utoipa::ToSchema;

/// So many calls are looked at.
const CALLS: usize = 200;

/// The latest calls under the rules in force and under the new ones. Their texts are those that were kept: what was
/// masked then is not found anew.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Recent {
    pub calls: usize,
    /// Findings by type.
    pub pii: BTreeMap<&'static str, Before<u64>>,
    /// Calls with an attempt.
    pub injection: Before<u64>,
    /// Calls that are sampled.
    pub sampled: Before<u64>,
    /// By their tokens, whatever cost was reported.
    pub cost_usd: Before<f64>,
}

/// A figure under the rules in force and under the new ones.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Before<T> {
    pub now: T,
    pub then: T,
}

impl Recent {
    pub fn compare(app: &App, now: &Enricher, then: &Enricher) -> Result<Recent, Problem> {
        let mut recent = Recent::default();
        let failed = |error: crate::export::local::StoreError| Problem::fault(error.to_string());
        let Some(store) = app.calls()? else { return Ok(recent) };
        for call in store.list(&Filter::default(), None, CALLS).map_err(failed)? {
            let said = store.said(&call.trace_id, &call.span_id).map_err(failed)?;
            let texts: Vec<&str> = said.iter().map(|said| said.text.as_str()).collect();
            recent.calls += 1;
            recent.look(now, &call, &texts, |figure| &mut figure.now, |figure| &mut figure.now);
            recent.look(then, &call, &texts, |figure| &mut figure.then, |figure| &mut figure.then);
        }
        Ok(recent)
    }

    fn look(
        &mut self,
        enricher: &Enricher,
        call: &Call,
        texts: &[&str],
        count: impl Fn(&mut Before<u64>) -> &mut u64,
        money: impl Fn(&mut Before<f64>) -> &mut f64,
    ) {
        let mut attempt = false;
        for report in texts.iter().map(|text| enricher.scan(text)) {
            attempt |= report.injection;
            for found in report.pii {
                *count(self.pii.entry(found.kind).or_default()) += 1;
            }
        }
        *count(&mut self.injection) += u64::from(attempt);
        let model = call.model.as_deref().unwrap_or("");
        let sampled = unhex(&call.span_id).is_some_and(|id| enricher.samples_otlp(&id, &call.service, model));
        *count(&mut self.sampled) += u64::from(sampled);
        *money(&mut self.cost_usd) += cost(enricher, call).unwrap_or(0.0);
    }
}

/// What the tokens of a call cost, in dollars.
fn cost(enricher: &Enricher, call: &Call) -> Option<f64> {
    let mut record = Record {
        span_id: call.span_id.clone(),
        model: call.response_model.clone().or_else(|| call.model.clone()).filter(|_| call.usage_counted)?,
        provider: call.provider.clone().unwrap_or_default(),
        prompt_tokens: call.input_tokens?,
        completion_tokens: call.output_tokens.unwrap_or(0),
        ..Record::default()
    };
    record.begin(call.start_unix_nano.unsigned_abs());
    let batch = Batch::read(Signal::Traces, record.to_otlp().into(), &Limits::default()).ok()?;
    let enriched = enricher.apply(&batch, SystemTime::now());
    Some(enriched.calls.first()?.cost_pico_usd? as f64 / 1e12)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = (0..text.len() / 2).map(|n| u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok());
    pairs.collect()
}
