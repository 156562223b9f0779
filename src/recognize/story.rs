//! Spans and what is read of them, as text: the tests of the dialects are told in it.

use super::{Found, find};
use crate::llm::{Call, Side};
use crate::otlp::{Batch, Limits, Signal};
use expect_test::Expect;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value::Value,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, span::Event};
use prost::Message;
use std::fmt::Write;

/// As [`check`], of log records: the name is the event's, and `in = 7` has it stand in span 7.
#[track_caller]
pub fn check_logs(story: &str, expected: Expect) {
    expected.assert_eq(&told(&logs(story)));
}

/// Checks what is read of the spans of `story`.
///
/// A line `name | scope` begins a span, two spaces more than its parent's; `key = value` gives it an
/// attribute, `! name` an event 250 ms after its start, to which the attributes after it belong.
/// Values are numbers, truth values, `[…]` for an array of strings, or a string as it stands.
#[track_caller]
pub fn check(story: &str, expected: Expect) {
    expected.assert_eq(&told(&batch(story)));
}

fn told(batch: &Batch) -> String {
    let mut told = String::new();
    for found in find(batch) {
        match found {
            Found::Call(item, call) => tell(&mut told, item.name(), &call),
            Found::Carrier(item) => {
                writeln!(told, "{}: carrier", item.name()).expect("a string takes all");
            }
        }
    }
    told
}

fn tell(told: &mut String, name: &str, call: &Call<'_>) {
    let text = |word: &Option<std::borrow::Cow<'_, str>>| word.as_deref().unwrap_or("-").to_string();
    let counted = match (call.model_call, call.usage_counted) {
        (true, true) => " counted",
        (true, false) => " call",
        _ => "",
    };
    let kind = call.kind.map_or("-", |kind| kind.name());
    write!(told, "{name}: {kind}{counted} {} by {}", text(&call.request_model), text(&call.provider))
        .expect("a string takes all");
    if call.response_model.is_some() {
        write!(told, " as {}", text(&call.response_model)).expect("a string takes all");
    }
    let tokens = |count: Option<u64>| count.map_or("-".to_string(), |count| count.to_string());
    let usage = call.usage;
    if !usage.is_empty() {
        write!(told, " {}+{}", tokens(usage.input), tokens(usage.output)).expect("a string takes all");
    }
    let more =
        [("cached", usage.cached_input), ("written", usage.cache_write), ("reasoning", usage.reasoning)];
    for (name, count) in more.into_iter().filter_map(|(name, count)| Some((name, count?))) {
        write!(told, " {name} {count}").expect("a string takes all");
    }
    if usage.cache_exclusive {
        told.push_str(" exclusive");
    }
    if usage.reasoning_exclusive {
        told.push_str(" apart");
    }
    if call.failed {
        told.push_str(" failed");
    }
    call.cost_usd.iter().for_each(|cost| write!(told, " ${cost}").expect("a string takes all"));
    call.time_to_first_chunk_s
        .iter()
        .for_each(|ttft| write!(told, " after {ttft}s").expect("a string takes all"));
    for (name, word) in [("user", &call.user_id), ("in", &call.conversation_id)] {
        word.iter().for_each(|word| write!(told, " {name} {word}").expect("a string takes all"));
    }
    if !call.finish_reasons.is_empty() {
        write!(told, " {:?}", call.finish_reasons).expect("a string takes all");
    }
    writeln!(told, " {:?}", call.dialects).expect("a string takes all");
    for text in call.texts.iter() {
        let side = if text.side == Side::Input { '<' } else { '>' };
        writeln!(told, "  {side}{} {:?}: {}", text.message, text.role, text.text)
            .expect("a string takes all");
    }
}

/// The spans of `story` in requests of their own: each of `groups` lists the spans of one, counted from 0.
pub fn requests(story: &str, groups: &[&[usize]]) -> Vec<Batch> {
    let all = spans(story);
    groups.iter().map(|group| request(group.iter().map(|n| all[*n].clone()).collect())).collect()
}

/// Each span of `story` alone, with its name and scope.
pub fn spans_of(story: &str) -> Vec<(String, Batch)> {
    let named = |scope: ScopeSpans| {
        let (span, of) = (&scope.spans[0], scope.scope.as_ref());
        (format!("{} | {}", span.name, of.map_or("", |of| &of.name)), request(vec![scope]))
    };
    spans(story).into_iter().map(named).collect()
}

fn batch(story: &str) -> Batch {
    request(spans(story))
}

fn spans(story: &str) -> Vec<ScopeSpans> {
    let mut spans: Vec<ScopeSpans> = Vec::new();
    let mut parents: Vec<Vec<u8>> = Vec::new();
    for line in story.lines().filter(|line| !line.trim().is_empty()) {
        let id = vec![0, 0, 0, 0, 0, 0, 0, spans.len() as u8 + 1];
        let span = spans.last_mut().map(|scope| &mut scope.spans[0]);
        match (line.trim().split_once(" | "), line.trim().strip_prefix("! "), span) {
            (_, Some(name), Some(span)) => span.events.push(Event {
                name: name.into(),
                time_unix_nano: span.start_time_unix_nano + 250_000_000,
                ..Event::default()
            }),
            (Some((name, scope)), ..) if !line.contains(" = ") => {
                parents.truncate((line.len() - line.trim_start().len()) / 2);
                let parent_span_id = parents.last().cloned().unwrap_or_default();
                parents.push(id.clone());
                let span = Span {
                    trace_id: vec![7; 16],
                    span_id: id,
                    parent_span_id,
                    name: name.into(),
                    start_time_unix_nano: 1_772_323_199_000_000_000,
                    ..Span::default()
                };
                let scope = Some(InstrumentationScope { name: scope.into(), ..Default::default() });
                spans.push(ScopeSpans { scope, spans: vec![span], ..Default::default() });
            }
            (.., Some(span)) => {
                let pair = pair(line.trim());
                match span.events.last_mut() {
                    Some(event) => event.attributes.push(pair),
                    None => span.attributes.push(pair),
                }
            }
            (.., None) => panic!("a story begins with a span: {line}"),
        }
    }
    spans
}

fn request(spans: Vec<ScopeSpans>) -> Batch {
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans: spans, ..Default::default() }],
    };
    Batch::read(Signal::Traces, request.encode_to_vec().into(), &Limits::default()).expect("a valid request")
}

/// The spans of `story` as log records, each a second after the one before.
pub fn logs(story: &str) -> Batch {
    let records = spans(story).into_iter().zip(1..).map(|(mut scope, second)| {
        let mut span = scope.spans.remove(0);
        let inside = span.attributes.iter().position(|pair| pair.key == "in");
        let ids =
            inside.map(|n| span.attributes.remove(n)).map(|_| (vec![7; 16], vec![0, 0, 0, 0, 0, 0, 0, 7]));
        let (trace_id, span_id) = ids.unwrap_or_default();
        span.attributes.push(KeyValue {
            key: "event.name".into(),
            value: Some(AnyValue { value: Some(Value::StringValue(span.name)) }),
            ..KeyValue::default()
        });
        let time_unix_nano = span.start_time_unix_nano + second * 1_000_000_000;
        let attributes = span.attributes;
        let record = LogRecord { time_unix_nano, trace_id, span_id, attributes, ..LogRecord::default() };
        ScopeLogs { scope: scope.scope, log_records: vec![record], ..ScopeLogs::default() }
    });
    let groups = vec![ResourceLogs { scope_logs: records.collect(), ..ResourceLogs::default() }];
    let request = ExportLogsServiceRequest { resource_logs: groups };
    Batch::read(Signal::Logs, request.encode_to_vec().into(), &Limits::default()).expect("a valid request")
}

fn pair(line: &str) -> KeyValue {
    let (key, value) =
        line.split_once(" = ").unwrap_or_else(|| panic!("an attribute is `key = value`: {line}"));
    let string = |text: &str| Value::StringValue(text.into());
    let value = match serde_json::from_str::<serde_json::Value>(value) {
        Ok(serde_json::Value::Number(number)) => {
            number.as_i64().map_or(Value::DoubleValue(number.as_f64().unwrap_or(0.0)), Value::IntValue)
        }
        Ok(serde_json::Value::Bool(flag)) => Value::BoolValue(flag),
        Ok(serde_json::Value::Array(items)) if items.iter().all(serde_json::Value::is_string) => {
            let values =
                items.iter().filter_map(|item| Some(AnyValue { value: Some(string(item.as_str()?)) }));
            Value::ArrayValue(ArrayValue { values: values.collect() })
        }
        _ => string(value),
    };
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}
