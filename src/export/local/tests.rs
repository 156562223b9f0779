//! The store, from encoded batches to what its readers see.

use super::{By, Calls, Filter, Flag, Position, Range, Store, row};
use crate::otlp::{Batch, Signal};
use crate::units::Size;
use expect_test::{Expect, expect};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
const SECOND: u64 = 1_000_000_000;

fn any(value: &Value) -> AnyValue {
    use any_value::Value as Any;
    let value = match value {
        Value::Bool(flag) => Any::BoolValue(*flag),
        Value::Number(number) if number.is_i64() => Any::IntValue(number.as_i64().expect("it is one")),
        Value::Number(number) => Any::DoubleValue(number.as_f64().expect("it is one")),
        Value::Array(values) => Any::ArrayValue(ArrayValue { values: values.iter().map(any).collect() }),
        other => Any::StringValue(other.as_str().expect("a text").to_string()),
    };
    AnyValue { value: Some(value) }
}

fn attributes(json: &Value) -> Vec<KeyValue> {
    let entries = json.as_object().expect("a map").iter();
    entries
        .map(|(key, value)| KeyValue { key: key.clone(), value: Some(any(value)), ..KeyValue::default() })
        .collect()
}

/// A span of two seconds that began `n` seconds after 1970.
fn span(n: u8, attributes_of: Value) -> Span {
    Span {
        trace_id: vec![7; 16],
        span_id: vec![n; 8],
        name: "chat".to_string(),
        start_time_unix_nano: u64::from(n) * SECOND,
        end_time_unix_nano: u64::from(n + 2) * SECOND,
        attributes: attributes(&attributes_of),
        ..Span::default()
    }
}

fn traces(spans: Vec<Span>) -> Batch {
    let items = spans.len() as u32;
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    let request = ExportTraceServiceRequest { resource_spans };
    Batch::trusted(Signal::Traces, request.encode_to_vec().into(), items)
}

/// A GenAI log record of the span `n` that says `text`.
fn log(n: u8, text: &str) -> Batch {
    let messages = json!([{ "role": "user", "parts": [{ "type": "text", "content": text }] }]);
    let record = LogRecord {
        trace_id: vec![7; 16],
        span_id: vec![n; 8],
        time_unix_nano: SECOND,
        event_name: "gen_ai.client.inference.operation.details".to_string(),
        attributes: attributes(&json!({
            "gen_ai.operation.name": "chat",
            "gen_ai.input.messages": messages.to_string(),
        })),
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    let request = ExportLogsServiceRequest { resource_logs };
    Batch::trusted(Signal::Logs, request.encode_to_vec().into(), 1)
}

fn chat(n: u8, model: &str) -> Span {
    let messages = json!([{ "role": "user", "parts": [{ "type": "text", "content": "tell me" }] }]);
    span(
        n,
        json!({
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.input.messages": messages.to_string(),
            "sidelight.usage_counted": true,
            "sidelight.tokens.input": 10,
            "sidelight.tokens.output": 5,
            "sidelight.tokens.method": "reported",
            "sidelight.cost.usd": 0.000_125,
            "sidelight.pii.detected": model == "with-pii",
            "sidelight.pii.types": if model == "with-pii" { json!(["EMAIL_ADDRESS", "IBAN"]) } else { json!([]) },
            "sidelight.sampled": false,
        }),
    )
}

struct Story {
    directory: TempDir,
    store: Store,
    now: SystemTime,
}

impl Story {
    fn new(max_size: Size) -> Story {
        let directory = tempfile::tempdir().expect("a directory");
        let store = Store::open(&directory.path().join("calls.db"), WEEK, max_size).expect("it opens");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        Story { directory, store, now }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("calls.db")
    }

    fn write(&self, batch: &Batch) -> u32 {
        let rows = row::read(batch);
        self.store.write(&rows, self.now).expect("it is kept");
        rows.items
    }

    fn calls(&self) -> Calls {
        Calls::open(&self.path()).expect("readable").expect("there")
    }

    fn models(&self, filter: &Filter) -> Vec<String> {
        let calls = self.calls().list(filter, None, 100).expect("readable");
        calls.into_iter().filter_map(|call| call.model).collect()
    }

    fn said(&self, n: u8) -> Vec<String> {
        let said = self.calls().said(&"07".repeat(16), &format!("{n:02x}").repeat(8));
        let said = said.expect("readable").into_iter();
        said.map(|said| format!("{} {}: {}", said.side, said.role, said.text)).collect()
    }
}

fn check(spans: Vec<Span>, expected: Expect) {
    let story = Story::new(Size::mib(1));
    story.write(&traces(spans));
    let calls = story.calls().list(&Filter::default(), None, 100).expect("readable");
    expected.assert_eq(&calls.iter().map(|call| format!("{}\n", json!(call))).collect::<String>());
}

#[test]
fn a_call_keeps_what_was_found_out_about_it() {
    check(
        vec![chat(1, "with-pii")],
        expect![[r#"
        {"conversation_id":null,"cost_usd":0.000125,"duration_ms":2000.0,"error":false,"finish_reasons":[],"injection":false,"injection_score":null,"input_tokens":10,"kind":"chat","model":"with-pii","name":"chat","operation":"chat","output_tokens":5,"pii":true,"pii_types":["EMAIL_ADDRESS","IBAN"],"prompt_sha256":null,"provider":"openai","response_model":null,"sampled":false,"service":"","span_id":"0101010101010101","start_unix_nano":1000000000,"time_to_first_chunk_ms":null,"tokens_method":"reported","trace_id":"07070707070707070707070707070707","usage_counted":true}
    "#]],
    );
}

#[test]
fn a_log_record_that_is_a_call_is_kept_as_one_once() {
    let record = LogRecord {
        time_unix_nano: 3 * SECOND,
        event_name: "gemini_cli.api_response".to_string(),
        attributes: attributes(&json!({
            "model": "gemini-2.5-pro",
            "duration_ms": 500,
            "response_text": "hello",
            "sidelight.usage_counted": true,
            "sidelight.tokens.input": 10,
            "sidelight.tokens.output": 5,
        })),
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    let request = ExportLogsServiceRequest { resource_logs };
    let batch = Batch::trusted(Signal::Logs, request.encode_to_vec().into(), 1);
    let story = Story::new(Size::mib(1));
    assert_eq!((story.write(&batch), story.write(&batch)), (1, 1));
    let calls = story.calls().list(&Filter::default(), None, 100).expect("readable");
    let [call] = calls.as_slice() else { panic!("one call: {}", calls.len()) };
    assert_eq!((call.model.as_deref(), call.duration_ms), (Some("gemini-2.5-pro"), 500.0));
    assert_eq!((call.input_tokens, call.output_tokens), (Some(10), Some(5)));
    let said = story.calls().said(&call.trace_id, &call.span_id).expect("readable");
    assert_eq!(said.iter().map(|said| said.text.as_str()).collect::<Vec<_>>(), ["hello"]);
}

#[test]
fn only_recognised_spans_are_kept() {
    let story = Story::new(Size::mib(1));
    let plain = span(2, json!({ "http.request.method": "GET" }));
    assert_eq!(story.write(&traces(vec![chat(1, "a"), plain])), 1);
    assert_eq!(story.models(&Filter::default()), ["a"]);
}

#[test]
fn a_batch_that_comes_twice_changes_nothing() {
    let story = Story::new(Size::mib(1));
    for _ in 0..2 {
        story.write(&traces(vec![chat(1, "a"), chat(2, "b")]));
    }
    let totals = story.calls().totals(&Filter::default()).expect("readable");
    expect![[r#"{"calls":2,"cost_micro_usd":250,"errors":0,"input_tokens":20,"output_tokens":10,"with_injection":0,"with_pii":0}"#]].assert_eq(&json!(totals).to_string());
    assert_eq!(story.said(1), ["input user: tell me"]);
}

#[test]
fn filters_pick_by_model_pii_and_time() {
    let story = Story::new(Size::mib(1));
    story.write(&traces(vec![chat(1, "a"), chat(2, "with-pii"), chat(3, "b")]));
    let all = Filter::default();
    assert_eq!(story.models(&all), ["b", "with-pii", "a"], "newest first");
    let model = Some("a".to_string());
    assert_eq!(story.models(&Filter { model, ..all.clone() }), ["a"]);
    assert_eq!(story.models(&Filter { flags: vec![Flag::Pii], ..all.clone() }), ["with-pii"]);
    let since = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(3));
    assert_eq!(story.models(&Filter { since, ..all }), ["b"]);
}

#[test]
fn texts_come_from_the_span_or_from_logs_whichever_was_first() {
    let story = Story::new(Size::mib(1));
    story.write(&log(1, "from the log"));
    story.write(&traces(vec![chat(1, "a"), chat(2, "b")]));
    story.write(&log(2, "from the log"));
    story.write(&log(1, "from the log"));
    assert_eq!(story.said(1), ["input user: from the log"]);
    assert_eq!(story.said(2), ["input user: tell me"]);
}

#[test]
fn old_calls_and_their_texts_are_removed() {
    let mut story = Story::new(Size::mib(1));
    story.write(&traces(vec![chat(1, "old")]));
    story.now += WEEK + Duration::from_secs(1);
    story.write(&traces(vec![chat(2, "new")]));
    assert_eq!(story.models(&Filter::default()), ["new"]);
    assert_eq!(story.said(1).len(), 0);
}

#[test]
fn a_store_that_is_full_removes_the_oldest_and_gives_space_back() {
    let mut story = Story::new(Size::mib(1));
    let long = json!({
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "gen_ai.input.messages": json!([{ "role": "user", "content": "x".repeat(100_000) }]).to_string(),
    });
    for n in 1..=40 {
        story.now += Duration::from_secs(1);
        story.write(&traces(vec![span(n, long.clone())]));
    }
    let kept = story.calls().list(&Filter::default(), None, 100).expect("readable");
    assert!(!kept.is_empty() && kept.len() < 40);
    assert_eq!(kept[0].span_id, "28".repeat(8), "the newest is there");
    let size = fs::metadata(story.path()).expect("there").len();
    assert!(size <= Size::mib(2).0, "{size}");
}

#[test]
fn a_corrupt_file_is_set_aside_and_begun_anew() {
    let story = Story::new(Size::mib(1));
    let Story { directory, store, .. } = story;
    drop(store);
    let path = directory.path().join("calls.db");
    fs::write(&path, "this is no database, but it is long enough to be taken for one".repeat(100))
        .expect("written");
    let store = Store::open(&path, WEEK, Size::mib(1)).expect("a new one");
    store.write(&row::read(&traces(vec![chat(1, "a")])), SystemTime::now()).expect("kept");
    let names = fs::read_dir(directory.path()).expect("readable").flatten();
    assert!(
        names
            .into_iter()
            .any(|entry| { entry.file_name().to_string_lossy().starts_with("calls.db.corrupt-") })
    );
}

#[test]
fn a_store_that_is_deleted_is_begun_anew_with_what_comes() {
    let story = Story::new(Size::mib(1));
    story.write(&traces(vec![chat(1, "a")]));
    fs::remove_dir_all(story.directory.path()).expect("it is there");
    story.write(&traces(vec![chat(2, "b"), chat(3, "c")]));
    assert_eq!(story.calls().list(&Filter::default(), None, 10).expect("readable").len(), 2);
}

#[test]
fn a_store_is_read_while_it_is_written_and_missed_where_there_is_none() {
    let story = Story::new(Size::mib(1));
    let calls = story.calls();
    story.write(&traces(vec![chat(1, "a")]));
    assert_eq!(calls.list(&Filter::default(), None, 10).expect("readable").len(), 1);
    assert!(Calls::open(&story.directory.path().join("nothing")).expect("no error").is_none());
}

#[test]
fn pages_follow_one_another_without_gap_or_repetition() {
    let story = Story::new(Size::mib(1));
    let spans = (1..=7).map(|n| Span { start_time_unix_nano: SECOND, ..chat(n, "a") });
    story.write(&traces(spans.collect()));
    let calls = story.calls();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = calls.list(&Filter::default(), after.as_ref(), 3).expect("readable");
        let Some(last) = page.last() else { break };
        after = Some(Position::of(last).to_string().parse().expect("it prints as it reads"));
        seen.extend(page.into_iter().map(|call| call.span_id));
    }
    let all: Vec<String> = (1..=7).rev().map(|n| format!("{n:02x}").repeat(8)).collect();
    assert_eq!(seen, all);
    assert!("1-zz-00".parse::<Position>().is_err() && "".parse::<Position>().is_err());
}

#[test]
fn a_call_is_opened_with_its_cost_findings_and_messages() {
    let story = Story::new(Size::mib(1));
    let mut span = chat(1, "with-pii");
    span.attributes.extend(attributes(&json!({
        "sidelight.cost.input_usd": 0.000_1,
        "sidelight.cost.output_usd": 0.000_025,
        "sidelight.cost.price_version": "2026-01-01",
        "sidelight.pii.counts": [2, 1],
        "sidelight.pii.action": "mask",
        "sidelight.injection.rules": ["override"],
        "sidelight.dialects": ["semconv"],
    })));
    story.write(&traces(vec![span]));
    let detail = story.calls().detail("0101010101010101", None).expect("readable").expect("there");
    let shown = json!({
        "cost": detail.cost, "findings": detail.findings, "dialects": detail.dialects, "messages": detail.messages,
    });
    expect![[r#"{"cost":{"input_usd":0.0001,"output_usd":0.000025,"price_version":"2026-01-01","usd":0.000125},"dialects":["semconv"],"findings":{"action":"mask","injection_rules":["override"],"injection_score":null,"pii":[{"count":2,"type":"EMAIL_ADDRESS"},{"count":1,"type":"IBAN"}]},"messages":[{"role":"user","side":"input","text":"tell me"}]}"#]]
    .assert_eq(&shown.to_string());
    assert!(story.calls().detail("0101010101010101", Some(&"08".repeat(16))).expect("readable").is_none());
    assert!(story.calls().detail("not hex", None).expect("readable").is_none());
}

#[test]
fn calls_are_added_up_interval_by_interval() {
    let story = Story::new(Size::mib(1));
    story.write(&traces(vec![chat(1, "a"), chat(2, "b"), chat(3, "a"), chat(12, "a"), chat(99, "a")]));
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let range = Range { from: at(0), to: at(20), step: Duration::from_secs(10) };
    let series = story.calls().series(&Filter::default(), range, By::Model).expect("readable");
    assert_eq!(series.times, [0.0, 10.0]);
    let shown: Vec<_> =
        series.series.iter().map(|one| (&*one.name, &*one.calls, &*one.input_tokens)).collect();
    assert_eq!(shown, [("a", &[2, 1][..], &[20, 10][..]), ("b", &[1, 0], &[10, 0])]);
    assert_eq!(series.latency.p95_ms, [Some(2000.0), Some(2000.0)]);
    let facets = story.calls().facets(&Filter::default()).expect("readable");
    let models: Vec<_> = facets.models.iter().map(|facet| (&*facet.name, facet.calls)).collect();
    assert_eq!(models, [("a", 4), ("b", 1)]);
}

/// Columns came with time; a file of a version before them is read and written on.
#[test]
fn a_file_of_an_earlier_version_gets_the_columns_it_lacks() {
    let story = Story::new(Size::mib(1));
    story.write(&traces(vec![chat(1, "old")]));
    let Story { directory, store, now } = story;
    drop(store);
    let path = directory.path().join("calls.db");
    let file = rusqlite::Connection::open(&path).expect("it opens");
    file.execute_batch("ALTER TABLE calls DROP COLUMN dialects").expect("dropped");
    drop(file);
    let store = Store::open(&path, WEEK, Size::mib(1)).expect("it opens");
    let story = Story { directory, store, now };
    story.write(&traces(vec![chat(2, "new")]));
    assert_eq!(story.models(&Filter::default()), ["new", "old"]);
}

/// A sampled call whose prompt has this vector.
fn embedded(n: u8, vector: [f64; 3]) -> Span {
    span(
        n,
        json!({
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": if n < 9 { "gpt-4o" } else { "other" },
            "sidelight.sampled": true,
            "sidelight.pii.detected": n == 8,
            "sidelight.embedding.vector": vector,
            "sidelight.embedding.model": if n == 7 { "another" } else { "tiny" },
        }),
    )
}

#[test]
fn calls_are_found_by_how_near_their_prompts_are() {
    let story = Story::new(Size::mib(1));
    let near = [0.9, 0.1, 0.0];
    let spans = vec![
        embedded(1, [0.0, 0.0, 2.0]),
        embedded(2, [2.0, 0.0, 0.0]),
        embedded(7, near),
        embedded(8, near),
        embedded(9, near),
        chat(3, "a"),
    ];
    story.write(&traces(spans));
    story.write(&traces(vec![embedded(2, [0.0, 1.0, 0.0])]));
    let found = |filter: &Filter, limit| -> Vec<(String, f32)> {
        let found = story.calls().similar(&[1.0, 0.0, 0.0], "tiny", filter, limit).expect("readable");
        found.into_iter().map(|similar| (similar.call.span_id[..2].to_string(), similar.similarity)).collect()
    };
    let all = found(&Filter::default(), 10);
    assert_eq!(all, [("02".into(), 1.0), ("09".into(), 0.993_884), ("01".into(), 0.0)]);
    assert_eq!(found(&Filter::default(), 1), all[..1]);
    let gpt = Filter { model: Some("gpt-4o".to_string()), ..Filter::default() };
    assert_eq!(found(&gpt, 10), [all[0].clone(), all[2].clone()]);
}

#[test]
fn an_embeddings_call_is_kept_with_all_that_is_known_of_it() {
    let story = Story::new(Size::mib(1));
    story.write(&traces(vec![span(
        1,
        json!({
            "gen_ai.operation.name": "embeddings",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "text-embedding-3-small",
            "gen_ai.embeddings.dimension.count": 512,
            "gen_ai.embeddings.input": json!(["one", "two"]).to_string(),
            "gen_ai.conversation.id": "session-1",
            "user.id": "user-1",
            "sidelight.usage_counted": true,
            "sidelight.tokens.input": 2,
            "sidelight.tokens.method": "reported",
            "sidelight.cost.usd": 0.000_000_04,
            "sidelight.sampled": true,
            "sidelight.pii.detected": false,
            "sidelight.embedding.vectors": [[1.0, 0.0], [], [0.0, 1.0]],
            "sidelight.embedding.model": "tiny",
        }),
    )]));
    let found = story.calls().similar(&[0.0, 1.0], "tiny", &Filter::default(), 10).expect("readable");
    assert_eq!(found.len(), 1, "a call is as near as the nearest of its texts");
    assert_eq!(found[0].similarity, 1.0);
    let call = &found[0].call;
    assert_eq!(call.kind.as_deref(), Some("embeddings"));
    assert_eq!((call.dimensions, call.inputs), (Some(512), Some(2)));
    assert_eq!(
        (call.user_id.as_deref(), call.conversation_id.as_deref()),
        (Some("user-1"), Some("session-1"))
    );
    assert_eq!((call.input_tokens, call.cost_usd), (Some(2), Some(4e-8)));
}

#[test]
fn of_a_conversation_told_by_log_records_the_last_turn_is_compared() {
    let story = Story::new(Size::mib(1));
    story.write(&traces(vec![chat(1, "a")]));
    let turn = |second: u64, vector: [f64; 2]| {
        let record = LogRecord {
            trace_id: vec![7; 16],
            span_id: vec![1; 8],
            time_unix_nano: second * SECOND,
            event_name: "gen_ai.user.message".to_string(),
            attributes: attributes(&json!({
                "sidelight.embedding.vector": vector,
                "sidelight.embedding.model": "tiny",
            })),
            ..LogRecord::default()
        };
        let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
        let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
        let request = ExportLogsServiceRequest { resource_logs };
        story.write(&Batch::trusted(Signal::Logs, request.encode_to_vec().into(), 1));
    };
    turn(2, [0.0, 1.0]);
    turn(1, [1.0, 0.0]);
    let found = story.calls().similar(&[0.0, 1.0], "tiny", &Filter::default(), 10).expect("readable");
    assert_eq!(found[0].similarity, 1.0);
}
