//! What the LLM metrics need to know of one recognised span, or log record that is a call.

use super::cost::Cost;
use super::figures::{self, Tokens};
use super::sample::Traits;
use super::texts::Texts;
use crate::llm::{Call, names};
use crate::otlp::Item;
use crate::recognize::dialect::UNKNOWN;

/// Numbers, flags and names of one recognised span. The names are cut, and `other` where anything was found in
/// them, so that they may stand in labels.
#[derive(Clone, Debug, Default)]
pub struct CallFacts {
    /// `service.name` of the resource.
    pub service: String,
    /// The model that answered, or that was asked.
    pub model: String,
    pub provider: String,
    pub operation: String,
    pub model_call: bool,
    pub usage_counted: bool,
    pub error: bool,
    /// Whether the app had to ask again; most instrumentation does not say.
    pub retried: Option<bool>,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    /// Pico-dollars.
    pub cost_pico_usd: Option<u128>,
    pub duration_ms: Option<f64>,
    pub time_to_first_chunk_ms: Option<f64>,
    pub finish_reason: Option<String>,
    pub pii: bool,
    pub injection: bool,
    /// The scope of what fits no dialect.
    pub unknown_scope: Option<String>,
    /// It carried our attributes already, or came before: it was counted then.
    pub enriched_before: bool,
}

/// Where it may stand how often a request was sent again: records given to our REST API, and OpenTelemetry's
/// HTTP conventions.
const RETRIES: [&str; 2] = [names::RETRY_COUNT, "http.request.resend_count"];

impl CallFacts {
    /// What the rules of sampling look at, but for the flags.
    pub(super) fn traits(&self) -> Traits {
        let tokens = self.input_tokens.into_iter().chain(self.output_tokens).reduce(u64::saturating_add);
        Traits {
            error: self.error,
            pico_usd: self.cost_pico_usd,
            latency_ms: self.duration_ms,
            tokens,
            ..Traits::default()
        }
    }

    /// All but the flags, which are known only after the scan.
    pub(super) fn of(
        item: &Item<'_>,
        call: &Call<'_>,
        tokens: Option<&Tokens>,
        cost: Option<&Cost>,
        texts: &Texts,
    ) -> CallFacts {
        let service = item.resource().attributes().get("service.name");
        let service = service.and_then(|name| name.as_str()).unwrap_or("");
        let label = |text: Option<&str>, key| texts.label(text.unwrap_or(""), key);
        let (start, end) = (call.start_unix_nano, call.end_unix_nano);
        let timed = start > 0 && end >= start && (item.span().is_some() || end > start);
        CallFacts {
            service: texts.label(service, "service.name"),
            model: label(figures::model(call), names::REQUEST_MODEL),
            provider: label(call.provider.as_deref(), names::PROVIDER),
            operation: label(figures::operation(call), names::OPERATION),
            model_call: call.model_call,
            usage_counted: call.usage_counted,
            error: call.failed,
            retried: RETRIES.iter().find_map(|key| Some(item.attributes().get(key)?.as_int()? > 0)),
            input_tokens: tokens.and_then(|tokens| tokens.input),
            output_tokens: tokens.and_then(|tokens| tokens.output),
            cost_pico_usd: cost.map(|cost| cost.total),
            duration_ms: timed.then(|| (end - start) as f64 / 1e6),
            time_to_first_chunk_ms: call.time_to_first_chunk_s.map(|seconds| seconds * 1e3),
            finish_reason: call.finish_reasons.first().map(|reason| texts.label(reason, "finish_reason")),
            unknown_scope: (call.dialects == [UNKNOWN])
                .then(|| texts.label(item.scope().name(), "otel.scope.name")),
            ..CallFacts::default()
        }
    }
}
