//! Requests as SDKs send them, made up from a seed: for benches and for tests of the wire.
#![allow(dead_code, reason = "each user takes a part of it")]

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList, any_value::Value,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar,
    exponential_histogram_data_point::Buckets, metric, number_data_point,
    summary_data_point::ValueAtQuantile,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status,
    span::{Event, Link},
};

/// xorshift64*: the same numbers on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// From 0 up to, not including, `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 11) as usize % end
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next() >> 32) as u8).collect()
    }
}

pub fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}

pub fn text(key: &str, value: impl Into<String>) -> KeyValue {
    pair(key, Value::StringValue(value.into()))
}

pub fn int(key: &str, value: i64) -> KeyValue {
    pair(key, Value::IntValue(value))
}

const WORDS: &[&str] = &[
    "the",
    "of",
    "customer",
    "invoice",
    "please",
    "summarise",
    "model",
    "payment",
    "a",
    "to",
    "and",
    "account",
    "retrieval",
    "document",
    "with",
    "for",
    "agent",
    "tool",
    "weather",
    "query",
    "we",
    "should",
    "refund",
    "shipping",
    "status",
    "next",
    "week",
    "meeting",
    "notes",
    "Übersetzung",
    "naïve",
    "日本",
    "data",
    "analysis",
];

fn prose(random: &mut Random, len: usize) -> String {
    let mut out = String::with_capacity(len + 32);
    while out.len() < len {
        match random.below(400) {
            0 => out.push_str(&format!("jane.doe{}@example.com", random.below(999))),
            1..8 => out.push_str(".\\n"),
            _ => out.push_str(WORDS[random.below(WORDS.len())]),
        }
        out.push(' ');
    }
    out
}

fn resource(random: &mut Random, service: &str) -> Resource {
    Resource {
        attributes: vec![
            text("service.name", service),
            text("service.version", "4.17.2"),
            text("service.instance.id", format!("{:016x}", random.next())),
            text("telemetry.sdk.name", "opentelemetry"),
            text("telemetry.sdk.language", "python"),
            text("telemetry.sdk.version", "1.38.0"),
            text("deployment.environment.name", "production"),
            text("k8s.pod.name", format!("{service}-7c9d8f6b5-{:05x}", random.next() & 0xf_ffff)),
            text("k8s.namespace.name", "shop"),
            text("k8s.node.name", "node-12.internal"),
            text("host.arch", "amd64"),
            int("process.pid", random.below(60_000) as i64),
        ],
        ..Default::default()
    }
}

fn scope(name: &str) -> Option<InstrumentationScope> {
    Some(InstrumentationScope { name: name.into(), version: "0.59b0".into(), ..Default::default() })
}

fn span(random: &mut Random, trace: &[u8], name: &str, kind: i32) -> Span {
    let start = 1_760_000_000_000_000_000 + (random.next() >> 20);
    Span {
        trace_id: trace.to_vec(),
        span_id: random.bytes(8),
        parent_span_id: random.bytes(8),
        name: name.into(),
        kind,
        start_time_unix_nano: start,
        end_time_unix_nano: start + (random.next() >> 40),
        flags: 0x101,
        ..Default::default()
    }
}

fn http_span(random: &mut Random, trace: &[u8]) -> Span {
    let attributes = vec![
        text("http.request.method", "GET"),
        text("url.scheme", "https"),
        text("url.path", format!("/api/v1/orders/{}", random.below(9_999_999))),
        text("url.query", format!("page={}&size=50", random.below(99))),
        text("http.route", "/api/v1/orders/{id}"),
        int("http.response.status_code", 200),
        text("server.address", "orders.shop.svc.cluster.local"),
        int("server.port", 8443),
        text("network.protocol.version", "1.1"),
        text(
            "user_agent.original",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        ),
        text("client.address", format!("10.0.{}.{}", random.below(256), random.below(256))),
        int("http.response.body.size", random.below(100_000) as i64),
        int("thread.id", random.below(200) as i64),
    ];
    Span { attributes, ..span(random, trace, "GET /api/v1/orders/{id}", 2) }
}

fn database_span(random: &mut Random, trace: &[u8]) -> Span {
    let attributes = vec![
        text("db.system.name", "postgresql"),
        text("db.namespace", "shop"),
        text("db.operation.name", "SELECT"),
        text("db.collection.name", "orders"),
        text(
            "db.query.text",
            "SELECT o.id, o.total, o.status, c.name FROM orders o JOIN customers c ON c.id = o.customer_id \
             WHERE o.id = $1 AND o.deleted_at IS NULL ORDER BY o.created_at DESC LIMIT 50",
        ),
        text("db.query.summary", "SELECT orders customers"),
        text("server.address", "pg-main.shop.svc"),
        int("server.port", 5432),
        text("network.peer.address", "10.0.4.11"),
        int("db.response.returned_rows", random.below(50) as i64),
        text("thread.name", format!("worker-{}", random.below(32))),
    ];
    let mut span = Span { attributes, ..span(random, trace, "SELECT shop.orders", 3) };
    if random.below(16) == 0 {
        span.events.push(Event {
            time_unix_nano: span.start_time_unix_nano,
            name: "exception".into(),
            attributes: vec![text("exception.type", "OperationalError"), text("exception.message", "reset")],
            dropped_attributes_count: 0,
        });
        span.status = Some(Status { code: 2, message: "connection reset".into() });
    }
    span
}

fn llm_span(random: &mut Random, trace: &[u8]) -> Span {
    let (input, output) = (1500 + random.below(13_500), 500 + random.below(4500));
    let part = |text: String| format!("[{{\"type\":\"text\",\"content\":\"{text}\"}}]");
    let messages = [
        format!("[{{\"role\":\"user\",\"parts\":{}}}]", part(prose(random, input))),
        format!("[{{\"role\":\"assistant\",\"parts\":{}}}]", part(prose(random, output))),
    ];
    let stop = AnyValue { value: Some(Value::StringValue("stop".into())) };
    let attributes = vec![
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", "openai"),
        text("gen_ai.request.model", "gpt-4.1"),
        text("gen_ai.response.model", "gpt-4.1-2025-04-14"),
        pair("gen_ai.request.temperature", Value::DoubleValue(0.7)),
        int("gen_ai.request.max_tokens", 2048),
        text("gen_ai.response.id", format!("chatcmpl-{:016x}", random.next())),
        pair("gen_ai.response.finish_reasons", Value::ArrayValue(ArrayValue { values: vec![stop] })),
        int("gen_ai.usage.input_tokens", (input / 4) as i64),
        int("gen_ai.usage.output_tokens", (output / 4) as i64),
        text("server.address", "api.openai.com"),
        int("server.port", 443),
        text("gen_ai.input.messages", &messages[0]),
        text("gen_ai.output.messages", &messages[1]),
    ];
    Span { attributes, ..span(random, trace, "chat gpt-4.1", 3) }
}

/// `spans` spans, `llm_percent` of a hundred of them LLM calls of 2 to 20 kB; 128 to a resource, two
/// scopes each.
pub fn traces(seed: u64, spans: usize, llm_percent: usize) -> ExportTraceServiceRequest {
    let random = &mut Random::new(seed);
    let mut resource_spans = Vec::new();
    for first in (0..spans).step_by(128) {
        let (mut http, mut other) = (Vec::new(), Vec::new());
        let mut trace = random.bytes(16);
        for i in first..spans.min(first + 128) {
            if i % 6 == 0 {
                trace = random.bytes(16);
            }
            if random.below(100) < llm_percent {
                other.push(llm_span(random, &trace));
            } else if random.below(2) == 0 {
                http.push(http_span(random, &trace));
            } else {
                other.push(database_span(random, &trace));
            }
        }
        let scope_spans = [("opentelemetry.instrumentation.fastapi", http), ("app.calls", other)]
            .map(|(name, spans)| ScopeSpans { scope: scope(name), spans, schema_url: String::new() });
        resource_spans.push(ResourceSpans {
            resource: Some(resource(random, "checkout")),
            scope_spans: scope_spans.into(),
            schema_url: "https://opentelemetry.io/schemas/1.37.0".into(),
        });
    }
    ExportTraceServiceRequest { resource_spans }
}

/// A value that holds every kind of `AnyValue`, nested.
pub fn nested() -> Value {
    let any = |value| AnyValue { value: Some(value) };
    let leaves = vec![
        any(Value::StringValue("deep".into())),
        any(Value::BoolValue(true)),
        any(Value::IntValue(-5)),
        any(Value::DoubleValue(0.25)),
        any(Value::BytesValue(vec![0, 159, 1])),
        AnyValue { value: None },
    ];
    let array = Value::ArrayValue(ArrayValue { values: leaves });
    Value::KvlistValue(KeyValueList { values: vec![text("role", "user"), pair("parts", array)] })
}

/// One span with every field set.
pub fn full_span(seed: u64) -> ExportTraceServiceRequest {
    let random = &mut Random::new(seed);
    let trace = random.bytes(16);
    let link = Link {
        trace_id: random.bytes(16),
        span_id: random.bytes(8),
        trace_state: "vendor=link".into(),
        attributes: vec![text("link.note", "linked")],
        dropped_attributes_count: 4,
        flags: 1,
    };
    let event = Event {
        time_unix_nano: 9,
        name: "gen_ai.choice".into(),
        attributes: vec![text("message", "hello"), pair("nested", nested())],
        dropped_attributes_count: 2,
    };
    let span = Span {
        trace_state: "vendor=state".into(),
        attributes: vec![text("plain", "text"), pair("nested", nested())],
        dropped_attributes_count: 1,
        events: vec![event.clone(), event],
        dropped_events_count: 3,
        links: vec![link],
        dropped_links_count: 5,
        status: Some(Status { code: 2, message: "it failed".into() }),
        ..span(random, &trace, "full", 4)
    };
    let entity = EntityRef {
        schema_url: "https://entity".into(),
        r#type: "service".into(),
        id_keys: vec!["service.name".into()],
        description_keys: vec!["service.version".into()],
    };
    let resource =
        Resource { dropped_attributes_count: 6, entity_refs: vec![entity], ..resource(random, "full") };
    let scope = InstrumentationScope {
        name: "full.scope".into(),
        version: "1".into(),
        attributes: vec![text("scope.key", "scope value")],
        dropped_attributes_count: 7,
    };
    let scope_spans =
        vec![ScopeSpans { scope: Some(scope), spans: vec![span], schema_url: "https://scope".into() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans,
            schema_url: "https://resource".into(),
        }],
    }
}

/// `records` log records, each with every field set.
pub fn logs(seed: u64, records: usize) -> ExportLogsServiceRequest {
    let random = &mut Random::new(seed);
    let log_records = (0..records)
        .map(|i| LogRecord {
            time_unix_nano: random.next() >> 4,
            observed_time_unix_nano: random.next() >> 4,
            severity_number: 9,
            severity_text: "INFO".into(),
            body: Some(AnyValue {
                value: Some(if i % 2 == 0 { nested() } else { Value::StringValue("said".into()) }),
            }),
            attributes: vec![text("gen_ai.system", "openai"), pair("nested", nested())],
            dropped_attributes_count: 1,
            flags: 1,
            trace_id: random.bytes(16),
            span_id: random.bytes(8),
            event_name: "gen_ai.user.message".into(),
        })
        .collect();
    let scope_logs =
        vec![ScopeLogs { scope: scope("app.logs"), log_records, schema_url: "https://logs".into() }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource(random, "logs")),
            scope_logs,
            schema_url: String::new(),
        }],
    }
}

/// One metric of every kind, with every field set.
pub fn metrics(seed: u64) -> ExportMetricsServiceRequest {
    let random = &mut Random::new(seed);
    let exemplars = vec![Exemplar {
        filtered_attributes: vec![text("exemplar", "kept")],
        time_unix_nano: 5,
        span_id: random.bytes(8),
        trace_id: random.bytes(16),
        value: Some(exemplar::Value::AsInt(-3)),
    }];
    let attributes = vec![text("http.route", "/"), int("code", 200)];
    let number = |value| NumberDataPoint {
        attributes: attributes.clone(),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        exemplars: exemplars.clone(),
        flags: 1,
        value: Some(value),
    };
    let histogram = HistogramDataPoint {
        attributes: attributes.clone(),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        count: 300,
        sum: Some(1.5),
        bucket_counts: vec![100, 200, 0],
        explicit_bounds: vec![0.5, 1.0],
        exemplars: exemplars.clone(),
        flags: 1,
        min: Some(0.0),
        max: Some(2.0),
    };
    let exponential = ExponentialHistogramDataPoint {
        attributes: attributes.clone(),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        count: 300,
        sum: Some(-1.5),
        scale: -2,
        zero_count: 3,
        positive: Some(Buckets { offset: -4, bucket_counts: vec![1, 300, 70_000] }),
        negative: Some(Buckets { offset: 4, bucket_counts: vec![0] }),
        flags: 1,
        exemplars: exemplars.clone(),
        min: Some(-2.0),
        max: Some(2.0),
        zero_threshold: 0.1,
    };
    let summary = SummaryDataPoint {
        attributes: attributes.clone(),
        start_time_unix_nano: 1,
        time_unix_nano: 2,
        count: 3,
        sum: 4.5,
        quantile_values: vec![ValueAtQuantile { quantile: 0.5, value: 1.5 }],
        flags: 1,
    };
    let data = [
        metric::Data::Gauge(Gauge { data_points: vec![number(number_data_point::Value::AsDouble(0.5))] }),
        metric::Data::Sum(Sum {
            data_points: vec![number(number_data_point::Value::AsInt(-7)); 2],
            aggregation_temporality: 2,
            is_monotonic: true,
        }),
        metric::Data::Histogram(Histogram { data_points: vec![histogram], aggregation_temporality: 1 }),
        metric::Data::ExponentialHistogram(ExponentialHistogram {
            data_points: vec![exponential],
            aggregation_temporality: 1,
        }),
        metric::Data::Summary(Summary { data_points: vec![summary] }),
    ];
    let metrics = data
        .into_iter()
        .map(|data| Metric {
            name: "http.server.duration".into(),
            description: "how long".into(),
            unit: "s".into(),
            metadata: vec![text("origin", "made up")],
            data: Some(data),
        })
        .collect();
    let scope_metrics =
        vec![ScopeMetrics { scope: scope("app.metrics"), metrics, schema_url: String::new() }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource(random, "metrics")),
            scope_metrics,
            schema_url: String::new(),
        }],
    }
}
