//! `POST /v1/enrich` and `/v1/scan`: what would be found and done, without doing it.

use super::answer::{Given, Json, Whole};
use super::app::App;
use super::problem::Problem;
use crate::enrich::redact::{Pii, Report};
use crate::otlp::{Batch, Limits, Signal, json};
use axum::extract::State;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::SystemTime;
use utoipa::ToSchema;

/// What becomes of an export request.
#[derive(Debug, Serialize, ToSchema)]
pub struct DryRun {
    /// `traces` or `logs`.
    pub signal: &'static str,
    /// Spans or log records.
    pub items: u32,
    /// Spans that speak of an LLM call or of a step around one.
    pub recognised: usize,
    /// How often each type was found.
    pub findings: Vec<Count>,
    /// Items whose text was withheld because it could not be scanned.
    pub withheld: u32,
    /// Whether anything was changed.
    pub changed: bool,
    /// The request as it was understood, as OTLP/JSON.
    #[schema(value_type = Object)]
    pub before: Box<RawValue>,
    /// The request as it would go on.
    #[schema(value_type = Object)]
    pub after: Box<RawValue>,
}

/// How often a type was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct Count {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub count: u32,
}

/// The top of an export request, to tell the signals apart.
#[derive(Deserialize)]
struct Top {
    #[serde(default, alias = "resource_spans", rename = "resourceSpans")]
    spans: Option<IgnoredAny>,
    #[serde(default, alias = "resource_logs", rename = "resourceLogs")]
    logs: Option<IgnoredAny>,
}

/// One OTLP/JSON export request through recognise and enrich: before, after, and what was found.
/// Nothing is stored, counted or sent.
#[utoipa::path(post, path = "/v1/enrich", tag = "dry run", request_body(content = Object, description = "An OTLP/JSON export request of traces or logs."),
    responses((status = 200, body = DryRun), (status = 400, body = Problem)))]
pub async fn enrich(State(app): State<Arc<App>>, body: Whole) -> Result<Json<DryRun>, Problem> {
    app.blocking(move |app| {
        let signal = signal(&body.bytes)?;
        let otlp = json::read(signal, &body.bytes).map_err(|error| Problem::bad(error.to_string()))?;
        let batch = Batch::read(signal, otlp.into(), &Limits::default());
        let batch = batch.map_err(|error| Problem::bad(error.to_string()))?;
        let enriched = app.parts.enricher.get().apply(&batch, SystemTime::now());
        let count = |(kind, count): &(&'static str, u32)| Count { kind, count: *count };
        Ok(Json(DryRun {
            signal: signal.name(),
            items: batch.items(),
            recognised: enriched.calls.len(),
            findings: enriched.findings.iter().map(count).collect(),
            withheld: enriched.withheld,
            changed: enriched.batch.otlp() != batch.otlp(),
            before: raw(json::write(&batch))?,
            after: raw(json::write(&enriched.batch))?,
        }))
    })
    .await
}

fn signal(body: &[u8]) -> Result<Signal, Problem> {
    match serde_json::from_slice(body).map_err(|error| Problem::bad(error.to_string()))? {
        Top { spans: Some(_), .. } => Ok(Signal::Traces),
        Top { logs: Some(_), .. } => Ok(Signal::Logs),
        Top { .. } => Err(Problem::bad("expected an OTLP/JSON request with resourceSpans or resourceLogs")),
    }
}

pub(super) fn raw(json: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(json).map_err(|_| Problem::fault("this batch cannot be written as JSON"))
}

/// A text to be looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    text: String,
}

/// What was found in a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scanned {
    #[serde(flatten)]
    pub report: Report,
    /// The text in pieces, in order: those that were found carry their type.
    pub parts: Vec<Part>,
}

/// A piece of a text.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Part {
    pub text: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
}

/// One text as a user might write it: personal data and secrets in it, whether it looks like an injection and by
/// which rules, and what would be passed on. The text goes nowhere.
#[utoipa::path(post, path = "/v1/scan", tag = "dry run", request_body = Text,
    responses((status = 200, body = Scanned), (status = 400, body = Problem)))]
pub async fn scan(
    State(app): State<Arc<App>>,
    Given(Text { text }): Given<Text>,
) -> Result<Json<Scanned>, Problem> {
    app.blocking(move |app| {
        let report = app.parts.enricher.get().scan(&text);
        Ok(Json(Scanned { parts: parts(&text, &report.pii), report }))
    })
    .await
}

/// `found` ascends and does not overlap.
fn parts(text: &str, found: &[Pii]) -> Vec<Part> {
    let part = |text: &str, kind| Part { text: text.to_string(), kind };
    let (mut parts, mut at) = (Vec::new(), 0);
    for Pii { kind, start, end, .. } in found {
        parts.push(part(&text[at..*start], None));
        parts.push(part(&text[*start..*end], Some(*kind)));
        at = *end;
    }
    parts.push(part(&text[at..], None));
    parts.retain(|part| !part.text.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_text_make_it_up_again() {
        let found = |kind, start, end| Pii { kind, start, end, score: 1.0 };
        let text = "écris à a@b.example, vite";
        let parts = parts(text, &[found("EMAIL_ADDRESS", 10, 21)]);
        assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<String>(), text);
        assert_eq!(parts[1], Part { text: "a@b.example".to_string(), kind: Some("EMAIL_ADDRESS") });
    }
}
