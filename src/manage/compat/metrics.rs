//! `metrics/…`: figures of calls that are counted and kept nowhere else.

use super::body::Sent;
use super::fields::{Fields, int, int_from, text, truth};
use super::json::Json;
use super::spans::new_id;
use super::wrong::Wrong;
use super::{Refused, answer};
use crate::enrich::Enriched;
use crate::llm::record::SCHEMA_VERSION;
use crate::llm::{Record, names};
use crate::manage::app::App;
use crate::otlp::{Batch, Limits, Signal};
use crate::units::unix_nano;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::SystemTime;

const UNKNOWN: &str = "unknown";

/// Metrics are there from the start, at `telemetry.metrics`: there is nothing to do.
#[utoipa::path(post, path = "/v1/metrics/init", tag = "predecessor",
    responses((status = 200, body = Value, example = json!({ "initialized": true, "message": "Metrics pipeline initialized" }))))]
pub async fn init(sent: Sent) -> Result<Response, Refused> {
    if sent.json.as_ref().is_some_and(|json| *json != Json::Null) {
        let mut fields = sent.fields()?;
        fields.optional("port", int);
        fields.refuse()?;
    }
    let message = "Metrics pipeline initialized";
    Ok(answer(StatusCode::OK, &json!({ "initialized": true, "message": message })))
}

/// Whether metrics are there: always.
#[utoipa::path(get, path = "/v1/metrics/health", tag = "predecessor",
    responses((status = 200, body = Value, example = json!({ "initialized": true, "message": "Metrics pipeline is active" }))))]
pub async fn health() -> Response {
    answer(StatusCode::OK, &json!({ "initialized": true, "message": "Metrics pipeline is active" }))
}

/// Counts one call.
#[utoipa::path(post, path = "/v1/metrics/record", tag = "predecessor",
    request_body(content = Value, example = json!({ "model": "gpt-4o", "provider": "openai", "service_name": "checkout", "prompt_tokens": 1000, "completion_tokens": 500, "latency_ms_total": 800 })),
    responses((status = 200, body = Value, example = json!({ "recorded": true, "cost_usd_micro": 12500, "price_version": "2026-11-21" })), (status = 422, description = "what is wrong with which field")))]
pub async fn record(State(app): State<Arc<App>>, sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let figures = Figures::read(&mut fields);
    fields.refuse()?;
    let counted = count(&app, vec![figures]).await?;
    let Counted { cost_usd_micro, price_version } = counted.into_iter().next().unwrap_or_default();
    let recorded = json!({
        "recorded": true, "cost_usd_micro": cost_usd_micro, "price_version": price_version,
    });
    Ok(answer(StatusCode::OK, &recorded))
}

/// Counts several calls, or none if one is wrong.
#[utoipa::path(post, path = "/v1/metrics/record-batch", tag = "predecessor",
    request_body(content = Value, example = json!({ "spans": [{ "model": "gpt-4o", "prompt_tokens": 1000 }] })),
    responses((status = 200, body = Value, example = json!({ "recorded_count": 1 })), (status = 422, description = "what is wrong with which field")))]
pub async fn record_batch(State(app): State<Arc<App>>, sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let spans = fields.required("spans", |json| match json {
        Json::List(items) => Ok(items.clone()),
        _ => Err(("list_type", "Input should be a valid list".to_string())),
    });
    fields.refuse()?;
    let spans = spans.expect("nothing was wrong");
    let (mut all, mut wrongs) = (Vec::new(), Vec::new());
    for (n, span) in spans.iter().enumerate() {
        let at = vec![json!("spans"), json!(n)];
        if !matches!(span, Json::Map(_)) {
            let message = "Input should be a valid dictionary or object to extract fields from";
            wrongs.push(Wrong::new("model_attributes_type", at, message, span));
            continue;
        }
        let mut fields = Fields::new(span, at);
        all.push(Figures::read(&mut fields));
        wrongs.append(&mut fields.wrongs);
    }
    if !wrongs.is_empty() {
        return Err(Wrong::answer(&wrongs));
    }
    let counted = count(&app, all).await?;
    Ok(answer(StatusCode::OK, &json!({ "recorded_count": counted.len() })))
}

/// What is said of one call.
struct Figures {
    record: Record,
    failed: bool,
}

impl Figures {
    /// What is missing is nothing: no tokens, no time.
    fn read(fields: &mut Fields<'_>) -> Figures {
        let unknown = || UNKNOWN.to_string();
        let model = fields.given("model", unknown(), text);
        let provider = fields.given("provider", unknown(), text);
        let service_name = fields.given("service_name", unknown(), text);
        let status = fields.given("status", "success".to_string(), text);
        let prompt_tokens = fields.optional("prompt_tokens", int_from(0, false));
        let completion_tokens = fields.optional("completion_tokens", int_from(0, false));
        let cost_usd_micro = fields.optional("cost_usd_micro", int);
        let latency_ms_total = fields.optional("latency_ms_total", int_from(0, false));
        let latency_ms_ttft = fields.optional("latency_ms_ttft", int_from(0, false));
        let finish_reason = fields.optional("finish_reason", text);
        let pii_detected = fields.given("pii_detected", false, truth);
        let injection_attempt = fields.given("injection_attempt", false, truth);
        let retry_count = fields.given("retry_count", 0, int);
        let mut record = Record {
            span_id: new_id().to_string(),
            schema_version: SCHEMA_VERSION,
            model,
            provider,
            service_name,
            prompt_tokens: prompt_tokens.unwrap_or(0),
            completion_tokens: completion_tokens.unwrap_or(0),
            latency_ms_ttft,
            latency_ms_total: latency_ms_total.unwrap_or(0),
            finish_reasons: finish_reason.into_iter().collect(),
            cost_usd_micro: cost_usd_micro.unwrap_or(0),
            retry_count,
            pii_detected,
            injection_attempt,
            ..Record::default()
        };
        record.begin(unix_nano(SystemTime::now()));
        Figures { record, failed: status != "success" }
    }
}

/// What a call was found to cost.
#[derive(Default)]
struct Counted {
    cost_usd_micro: Option<i64>,
    price_version: Option<String>,
}

/// Prices and counts calls as the line does, without storing them.
async fn count(app: &Arc<App>, all: Vec<Figures>) -> Result<Vec<Counted>, Refused> {
    let app = Arc::clone(app);
    let counting = tokio::task::spawn_blocking(move || {
        let enricher = app.parts.enricher.get();
        all.into_iter()
            .map(|Figures { record, failed }| {
                let batch = Batch::read(Signal::Traces, record.to_otlp().into(), &Limits::default());
                let batch = batch.expect("what we write is an export request");
                let mut enriched = enricher.apply(&batch, SystemTime::now());
                enriched.calls.iter_mut().for_each(|call| call.error |= failed);
                app.parts.calls.record(&enriched.calls);
                Counted::of(&enriched, record.cost_usd_micro)
            })
            .collect()
    });
    let failed = |_| super::detail(StatusCode::INTERNAL_SERVER_ERROR, "the calls could not be counted");
    Ok(counting.await.map_err(failed)?)
}

impl Counted {
    /// A cost that was given is its sender's.
    fn of(enriched: &Enriched, given: i64) -> Counted {
        if given > 0 {
            return Counted { cost_usd_micro: Some(given), price_version: None };
        }
        let pico = enriched.calls.first().and_then(|call| call.cost_pico_usd);
        let item = enriched.batch.walk().next();
        let version = item.and_then(|item| {
            let version = item.attributes().get(names::PRICE_VERSION)?;
            version.as_str().map(str::to_string)
        });
        Counted {
            cost_usd_micro: pico.and_then(|pico| i64::try_from(pico / 1_000_000).ok()),
            price_version: version,
        }
    }
}

/// What an app has to set, since nobody can patch it from outside.
pub fn setup(app: &App) -> Value {
    let at = |what: &str| app.parts.listening.iter().find(|listening| listening.what == what);
    let http = at("http").map(|listening| format!("http://{}", listening.at));
    let grpc = at("grpc").map(|listening| format!("http://{}", listening.at));
    let (endpoint, protocol) = match (http, grpc) {
        (Some(endpoint), _) => (endpoint, "http/protobuf"),
        (None, Some(endpoint)) => (endpoint, "grpc"),
        (None, None) => (String::new(), ""),
    };
    json!({
        "environment": { "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol },
        "python": "pip install opentelemetry-distro opentelemetry-exporter-otlp openinference-instrumentation-openai && opentelemetry-bootstrap -a install && opentelemetry-instrument python app.py",
        "node": "npm install @opentelemetry/auto-instrumentations-node @traceloop/node-server-sdk && node --require @opentelemetry/auto-instrumentations-node/register app.js",
        "java": "java -javaagent:opentelemetry-javaagent.jar -jar app.jar",
    })
}
