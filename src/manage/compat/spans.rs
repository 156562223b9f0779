//! `POST /v1/spans`: one record of a call, validated, and sent down the line as an OTLP span.

use super::body::Sent;
use super::embedded::Embedded;
use super::fields::{Fields, int, int_from, numbers, some_text, text, text_of, truth, uuid, word};
use super::json::Json;
use super::{Refused, answer};
use crate::llm::record::Words;
use crate::llm::{Environment, FinishReason, Kind, Record, TokenCountMethod, UNSPECIFIED, Uuid};
use crate::manage::app::App;
use crate::net::budget::Hold;
use crate::net::decode::Encoding;
use crate::otlp::Signal;
use crate::receive::{Arrival, Door, Format, Refusal, Via};
use crate::units::{parse_utc, unix_nano};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The rules of the predecessor that have a number; every other field is of rule 99.
const RULES: [(&str, &str); 7] = [
    ("span_id", "RULE-V-01"),
    ("prompt_tokens", "RULE-V-02"),
    ("latency_ms_total", "RULE-V-03"),
    ("completion_tokens", "RULE-V-04"),
    ("cost_usd_micro", "RULE-V-05"),
    ("service_name", "RULE-V-06"),
    ("model", "RULE-V-07"),
];

/// Numbers of a vector of MiniLM.
const DIMENSIONS: usize = 384;

const FUTURE: Duration = Duration::from_secs(60);
const PAST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Takes a span. 202 says that it is safely on disk. With `kind: embeddings` it is a call that embeds texts, which may
/// tell its `input` (a text or a list of texts) or the `batch_size`, `dimensions`, `tags` and `metadata`, and needs no
/// `completion_tokens` and `finish_reason`.
#[utoipa::path(post, path = "/v1/spans", tag = "predecessor",
    request_body(content = Value, example = json!({
        "span_id": "123e4567-e89b-42d3-a456-426614174000", "model": "gpt-4o", "provider": "openai", "service_name": "checkout",
        "endpoint": "/chat", "prompt_tokens": 150, "completion_tokens": 80, "latency_ms_total": 900, "finish_reason": "stop",
        "cost_usd_micro": 0, "price_version": "", "timestamp_utc": "2026-11-21T12:00:00Z"
    })),
    responses(
        (status = 202, description = "the span is on disk", body = Value, example = json!({ "success": true, "span_warnings": [] })),
        (status = 400, description = "the first field that is wrong, and its rule"),
        (status = 503, description = "the queue is full or busy; Retry-After says when to come back"),
    ))]
pub async fn ingest(State(app): State<Arc<App>>, sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.dictionary()?;
    let (read, mut warnings) = read(&mut fields, SystemTime::now());
    if let Some(wrong) = fields.wrongs.first() {
        let field = wrong.at.first().and_then(|name| name.as_str()).unwrap_or_default();
        let rule = match wrong.kind {
            kind if kind.starts_with("RULE-") => kind,
            _ => RULES.iter().find(|(name, _)| *name == field).map_or("RULE-V-99", |(_, rule)| rule),
        };
        let error = format!("Validation failed for field '{field}': {}", wrong.message);
        return Err(answer(StatusCode::BAD_REQUEST, &json!({ "error": error, "rule": rule })).into());
    }
    let Read { mut record, is_sampled } = read.expect("nothing was wrong");
    warn(&mut record, &mut warnings);
    store(&app, record, is_sampled, sent.hold).await?;
    Ok(answer(StatusCode::ACCEPTED, &json!({ "success": true, "span_warnings": warnings })))
}

/// Sends `record` down the line, sampled as `is_sampled` says or, where nobody has decided, as the rules do; it is on
/// disk when this returns.
pub async fn store(
    app: &App,
    mut record: Record,
    is_sampled: Option<bool>,
    mut hold: Hold,
) -> Result<(), Refused> {
    record.is_sampled = is_sampled.unwrap_or_else(|| app.parts.enricher.get().samples(&record.span_id));
    let otlp = record.to_otlp();
    hold.grow(otlp.len()).map_err(|full| refused(&full.into()))?;
    let arrival = Arrival {
        door: Door { signal: Signal::Traces, via: Via::Rest },
        format: Format::Proto,
        encoding: Encoding::Identity,
        limit: otlp.len(),
        wire: otlp.into(),
        hold,
    };
    Ok(app.parts.intake.take(arrival).await.map_err(|refusal| refused(&refusal))?)
}

fn refused(refusal: &Refusal) -> Response {
    let mut answer = super::detail(refusal.http_status(), &refusal.to_string());
    if let Some(after) = refusal.retry_after() {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs()));
    }
    answer
}

/// A record, and whether its sender has decided that it is sampled.
struct Read {
    record: Record,
    is_sampled: Option<bool>,
}

/// The record, unless something is wrong with a field, and the warnings that its sender gave.
fn read(fields: &mut Fields<'_>, now: SystemTime) -> (Option<Read>, Vec<String>) {
    let schema = |json: &Json| match json {
        Json::Int(1) => Ok(1),
        _ => Err(("literal_error", "Input should be 1".to_string())),
    };
    let unspecified = || UNSPECIFIED.to_string();
    let embedded = Embedded::read(fields);
    let embeds = embedded.is_some();
    let span_id = fields.required("span_id", uuid);
    let trace_id = fields.optional("trace_id", uuid);
    let parent_span_id = fields.optional("parent_span_id", uuid);
    let schema_version = fields.given("schema_version", 1, schema);
    let model = fields.required("model", some_text);
    let provider = fields.required("provider", text);
    let service_name = fields.required("service_name", some_text);
    let endpoint = fields.required("endpoint", text);
    let environment = fields.given("environment", unspecified(), word(Environment::WORDS));
    let user_id = fields.optional("user_id", text);
    let session_id = fields.optional("session_id", text);
    let prompt_tokens = fields.required("prompt_tokens", int_from(1, true));
    let completion_tokens =
        fields.required_unless(embeds.then_some(0), "completion_tokens", int_from(0, false));
    let latency_ms_ttft = fields.optional("latency_ms_ttft", int);
    let latency_ms_total = fields.required("latency_ms_total", int_from(1, true));
    let finish_reason =
        fields.required_unless(embeds.then(unspecified), "finish_reason", word(FinishReason::WORDS));
    let cost_usd_micro = fields.required("cost_usd_micro", int_from(0, false));
    let price_version = fields.required("price_version", text);
    let token_count_method = fields.given("token_count_method", unspecified(), word(TokenCountMethod::WORDS));
    let is_sampled = fields.given("is_sampled", None, |json| truth(json).map(Some));
    let retry_count = fields.given("retry_count", 0, int_from(0, false));
    let attempted_models = fields.texts("attempted_models");
    let pii_detected = fields.given("pii_detected", false, truth);
    let injection_attempt = fields.given("injection_attempt", false, truth);
    let timestamp = fields.required("timestamp_utc", |json| moment(json, now));
    let prompt_hash = fields.optional("prompt_hash", text_of(64));
    let prompt_embedding = fields.optional("prompt_embedding", numbers(DIMENSIONS)).unwrap_or_default();
    let response_embedding = fields.optional("response_embedding", numbers(DIMENSIONS)).unwrap_or_default();
    let warnings = fields.texts("span_warnings");
    let read = || {
        let mut record = Record {
            span_id: span_id?.to_string(),
            trace_id: trace_id.map(|id| id.to_string()),
            parent_span_id: parent_span_id.map(|id| id.to_string()),
            schema_version,
            model: model?,
            provider: provider?,
            service_name: service_name?,
            endpoint: endpoint?,
            environment: Environment::named(&environment) as i32,
            user_id,
            session_id,
            prompt_tokens: prompt_tokens?,
            completion_tokens: completion_tokens?,
            latency_ms_ttft,
            latency_ms_total: latency_ms_total?,
            finish_reason: FinishReason::named(&finish_reason?) as i32,
            cost_usd_micro: cost_usd_micro?,
            price_version: price_version?,
            token_count_method: TokenCountMethod::named(&token_count_method) as i32,
            retry_count,
            attempted_models,
            pii_detected,
            injection_attempt,
            prompt_hash,
            prompt_embedding,
            response_embedding,
            ..Record::default()
        };
        record.begin(unix_nano(timestamp?));
        if let Some(embedded) = embedded {
            embedded.tell(&mut record);
        }
        Some(Read { record, is_sampled })
    };
    (read(), warnings)
}

/// What is odd about a record that is taken all the same.
fn warn(record: &mut Record, warnings: &mut Vec<String>) {
    let mut tell = |odd: bool, warning: &str| warnings.extend(odd.then(|| warning.to_string()));
    let late = record.latency_ms_ttft.is_some_and(|ttft| ttft > record.latency_ms_total);
    let speaks = record.kind != Kind::Embeddings.name();
    let empty = speaks && record.completion_tokens == 0 && record.finish_reason() == FinishReason::Stop;
    tell(
        record.token_count_method() == TokenCountMethod::Estimated,
        "RULE-W-01: token_count_method == 'estimated' -> warn: cost accuracy reduced",
    );
    tell(record.retry_count > 0, "RULE-W-02: retry_count > 0 -> warn: latency includes retry overhead");
    tell(
        late,
        "RULE-W-03: latency_ms_ttft > latency_ms_total -> warn: clock inconsistency, ttft set to null",
    );
    tell(empty, "RULE-W-04: completion_tokens == 0 AND finish_reason == 'stop' -> warn: empty response");
    tell(
        record.attempted_models.len() > 1,
        "RULE-W-05: attempted_models has > 1 entry -> warn: fallback chain occurred",
    );
    if late {
        record.latency_ms_ttft = None;
    }
}

/// A moment with a zone, or seconds or milliseconds since 1970, that is neither too old nor to come.
fn moment(json: &Json, now: SystemTime) -> Result<SystemTime, (&'static str, String)> {
    let moment = match json {
        Json::Int(number) => since_1970(*number as f64)?,
        Json::Float(number) => since_1970(*number)?,
        Json::Text(text) => match text.trim().parse::<f64>() {
            Ok(number) => since_1970(number)?,
            Err(_) => written(text)?,
        },
        _ => return Err(("datetime_type", "Input should be a valid datetime".to_string())),
    };
    if moment > now + FUTURE {
        return Err(("RULE-V-09", "timestamp_utc is > 60 seconds in the future".to_string()));
    }
    if now.duration_since(moment).is_ok_and(|age| age > PAST) {
        return Err(("RULE-V-10", "timestamp_utc is > 7 days in the past".to_string()));
    }
    Ok(moment)
}

fn written(text: &str) -> Result<SystemTime, (&'static str, String)> {
    let without_zone = || parse_utc(&format!("{text}Z")).or_else(|| parse_utc(&format!("{text}T00:00:00Z")));
    if let Some(moment) = parse_utc(text) {
        return Ok(moment);
    }
    if without_zone().is_some() {
        return Err(("timezone_aware", "Input should have timezone info".to_string()));
    }
    let why = if text.len() < 10 { "input is too short" } else { "invalid character in year" };
    Err(("datetime_from_date_parsing", format!("Input should be a valid datetime or date, {why}")))
}

/// Past this many it is milliseconds: the year 2603 in seconds.
const MOST_SECONDS: f64 = 2e10;

/// The year 9999 in seconds.
const LAST: f64 = 253_402_300_800.0;

fn since_1970(number: f64) -> Result<SystemTime, (&'static str, String)> {
    let seconds = if number.abs() > MOST_SECONDS { number / 1e3 } else { number };
    if !seconds.is_finite() || seconds >= LAST {
        let message =
            "Input should be a valid datetime, dates after 9999 are not supported as unix timestamps";
        return Err(("datetime_parsing", message.to_string()));
    }
    Ok(SystemTime::UNIX_EPOCH + Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// An id that nobody else has.
pub fn new_id() -> Uuid {
    use std::hash::{BuildHasher, RandomState};
    let half = |n: u8| u128::from(RandomState::new().hash_one(n));
    let random = half(0) << 64 | half(1);
    // Version 4, variant 1 (RFC 9562).
    let random = random & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    Uuid(random.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_4_and_differ() {
        let text = new_id().to_string();
        assert!(text.as_bytes()[14] == b'4' && b"89ab".contains(&text.as_bytes()[19]), "{text}");
        assert_ne!(new_id(), new_id());
    }

    #[test]
    fn a_time_without_a_zone_is_told_so() {
        let now = parse_utc("2026-11-20T12:00:00Z").unwrap();
        let check = |text: &str, kind: Option<&str>| {
            let read = moment(&Json::Text(text.to_string()), now);
            assert_eq!(read.err().map(|(kind, _)| kind), kind, "{text}");
        };
        check("2026-11-20T12:00:59Z", None);
        check("2026-11-20T12:01:01Z", Some("RULE-V-09"));
        check("2026-11-13T11:59:59Z", Some("RULE-V-10"));
        check("2026-11-20T12:00:00", Some("timezone_aware"));
        check("2026-11-20", Some("timezone_aware"));
        check("yesterday", Some("datetime_from_date_parsing"));
    }
}
