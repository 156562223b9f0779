//! What no instrumentation should send about an LLM call, and some do: the span goes on, is scanned as it
//! stands, and the oddity is counted.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, span::Event};
use proptest::prelude::*;
use prost::Message;
use sidelight::enrich::cost::Prices;
use sidelight::enrich::{Config, Enricher};
use sidelight::llm::Odd;
use sidelight::otlp::{Batch, Limits, Signal};
use sidelight::recognize::{self, Found};
use std::sync::LazyLock;
use std::time::SystemTime;

const PLANTED: &str = "jane.roe@example.com";

static ENRICHER: LazyLock<Enricher> =
    LazyLock::new(|| Enricher::build(&Config::default(), Prices::builtin()));

fn text(text: impl Into<String>) -> Option<Value> {
    Some(Value::StringValue(text.into()))
}

fn pair(key: impl Into<String>, value: Option<Value>) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value }), ..KeyValue::default() }
}

fn list(items: Vec<Option<Value>>) -> Option<Value> {
    let values = items.into_iter().map(|value| AnyValue { value }).collect();
    Some(Value::ArrayValue(ArrayValue { values }))
}

fn map(entries: Vec<KeyValue>) -> Option<Value> {
    Some(Value::KvlistValue(KeyValueList { values: entries }))
}

/// A chat call with `more` attributes.
fn call(id: u8, parent: u8, more: Vec<KeyValue>) -> Span {
    let mut attributes =
        vec![pair("gen_ai.operation.name", text("chat")), pair("gen_ai.request.model", text("gpt-4o"))];
    attributes.extend(more);
    let parent = if parent == 0 { vec![] } else { vec![parent; 8] };
    Span {
        trace_id: vec![7; 16],
        span_id: vec![id; 8],
        parent_span_id: parent,
        name: "chat gpt-4o".into(),
        attributes,
        ..Span::default()
    }
}

fn batch(spans: Vec<Span>) -> Batch {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    read(ExportTraceServiceRequest { resource_spans }.encode_to_vec())
}

fn read(bytes: Vec<u8>) -> Batch {
    Batch::read(Signal::Traces, bytes.into(), &Limits::default()).expect("a valid request")
}

/// All of `spans` go on, nothing planted does, and just `odd` are counted.
#[track_caller]
fn check(spans: Vec<Span>, odd: &[Odd]) -> Batch {
    check_batch(&batch(spans), odd)
}

#[track_caller]
fn check_batch(batch: &Batch, odd: &[Odd]) -> Batch {
    let enriched = ENRICHER.apply(batch, SystemTime::UNIX_EPOCH);
    assert_eq!(enriched.batch.items(), batch.items());
    assert_eq!(enriched.withheld, 0);
    assert!(!String::from_utf8_lossy(enriched.batch.otlp()).contains(PLANTED));
    let counted: Vec<Odd> =
        Odd::ALL.into_iter().zip(enriched.odd).filter(|(_, count)| *count > 0).map(|(odd, _)| odd).collect();
    assert_eq!(counted, odd);
    let again = ENRICHER.apply(&enriched.batch, SystemTime::UNIX_EPOCH);
    assert_eq!(again.batch.otlp(), enriched.batch.otlp(), "enriching twice is enriching once");
    enriched.batch
}

/// What is read of the first call.
fn first<'b>(batch: &'b Batch) -> Box<sidelight::llm::Call<'b>> {
    let found = recognize::find(batch).into_iter().find_map(|found| match found {
        Found::Call(_, call) => Some(call),
        Found::Carrier(_) => None,
    });
    found.expect("a call")
}

#[test]
fn values_of_the_wrong_type_are_no_facts_and_are_scanned() {
    let more = vec![
        pair("gen_ai.usage.input_tokens", text(format!("many, ask {PLANTED}"))),
        pair("gen_ai.response.model", Some(Value::IntValue(4))),
        pair("gen_ai.response.id", list(vec![text(PLANTED)])),
        pair("gen_ai.input.messages", Some(Value::DoubleValue(0.5))),
        pair("gen_ai.provider.name", map(vec![pair("name", text(PLANTED))])),
    ];
    check(vec![call(1, 0, more)], &[Odd::WrongType]);
}

#[test]
fn a_key_that_stands_twice_is_scanned_twice() {
    let more = vec![
        pair("gen_ai.prompt", text("hi")),
        pair("gen_ai.prompt", text(format!("write to {PLANTED}"))),
        pair("gen_ai.usage.input_tokens", Some(Value::IntValue(5))),
        pair("gen_ai.usage.input_tokens", Some(Value::IntValue(7))),
    ];
    check(vec![call(1, 0, more)], &[Odd::DuplicateKey]);
}

/// Protobuf allows a value before its key, and either of them twice.
#[test]
fn a_key_may_stand_after_its_value() {
    let value = AnyValue { value: text(format!("write to {PLANTED}")) }.encode_to_vec();
    let key = b"gen_ai.prompt";
    let mut entry = vec![0x12, value.len() as u8];
    entry.extend_from_slice(&value);
    entry.extend_from_slice(&[0x0a, key.len() as u8]);
    entry.extend_from_slice(key);
    let mut span = call(1, 0, vec![]).encode_to_vec();
    span.extend_from_slice(&[9 << 3 | 2, entry.len() as u8]);
    span.extend_from_slice(&entry);
    let mut request = Vec::new();
    for field in [2, 2, 1] {
        request.clear();
        prost::encoding::bytes::encode(field, &span, &mut request);
        span.clone_from(&request);
    }
    let batch = read(request);
    assert!(first(&batch).texts.iter().any(|text| text.text.contains(PLANTED)));
    check_batch(&batch, &[]);
}

#[test]
fn indexes_may_have_gaps_and_be_huge() {
    let turn = |n: u64, said: &str| {
        vec![
            pair(format!("gen_ai.prompt.{n}.role"), text("user")),
            pair(format!("gen_ai.prompt.{n}.content"), text(said)),
        ]
    };
    let last = format!("write to {PLANTED}");
    let more = [turn(1 << 31, &last), turn(0, "hi"), turn(7, "hm"), turn(u64::MAX, "bye")].concat();
    let batch = batch(vec![call(1, 0, more)]);
    let said: Vec<String> = first(&batch).texts.iter().map(|text| text.text.to_string()).collect();
    assert_eq!(said, ["hi", "hm", &last, "bye"]);
    check_batch(&batch, &[]);
}

#[test]
fn json_that_breaks_off_is_scanned_as_it_stands() {
    let whole = format!(r#"[{{"role":"user","content":"hi, it is {PLANTED} and I \u0022ask\u0022 you"}}]"#);
    for cut in whole.find("and").expect("it is there")..whole.len() {
        let more = vec![pair("gen_ai.input.messages", text(&whole[..cut]))];
        check(vec![call(1, 0, more)], &[Odd::CutValue]);
    }
}

#[test]
fn ten_thousand_messages_are_read() {
    let turns: Vec<String> =
        (0..10_000).map(|n| format!(r#"{{"role":"user","content":"turn {n}"}}"#)).collect();
    let json = format!(r#"[{},{{"role":"user","content":"{PLANTED}"}}]"#, turns.join(","));
    let flat = (0..10_000).map(|n| pair(format!("gen_ai.prompt.{n}.content"), text(format!("turn {n}"))));
    let flat = flat.chain([pair("gen_ai.prompt.10000.content", text(PLANTED))]).collect();
    for more in [vec![pair("gen_ai.input.messages", text(json))], flat] {
        let batch = batch(vec![call(1, 0, more)]);
        assert_eq!(first(&batch).texts.len(), 10_001);
        check_batch(&batch, &[]);
    }
}

#[test]
fn spans_that_stand_around_themselves_end_and_count() {
    let usage = || {
        vec![
            pair("gen_ai.usage.input_tokens", Some(Value::IntValue(5))),
            pair("gen_ai.prompt", text(PLANTED)),
        ]
    };
    check(vec![call(1, 1, usage())], &[Odd::ParentCycle]);
    check(vec![call(1, 2, usage()), call(2, 1, usage())], &[Odd::ParentCycle]);
    check(
        vec![call(1, 3, usage()), call(2, 1, usage()), call(3, 2, usage()), call(4, 3, usage())],
        &[Odd::ParentCycle],
    );
}

#[test]
fn empty_values_are_nothing() {
    let more = vec![
        pair("gen_ai.prompt", None),
        pair("gen_ai.usage.input_tokens", None),
        pair("gen_ai.input.messages", list(vec![None, map(vec![pair("content", None)]), text(PLANTED)])),
        KeyValue { key: "gen_ai.completion".into(), ..KeyValue::default() },
        pair("", text(PLANTED)),
    ];
    check(vec![call(1, 0, more)], &[]);
}

#[test]
fn bytes_that_are_no_text_go_on_and_those_beside_them_are_scanned() {
    let mut bytes = b"\xff\xfe write to ".to_vec();
    bytes.extend_from_slice(PLANTED.as_bytes());
    let more = vec![
        pair("gen_ai.prompt", Some(Value::BytesValue(bytes))),
        pair("gen_ai.completion", Some(Value::BytesValue(PLANTED.into()))),
        pair("gen_ai.input.messages", Some(Value::BytesValue(vec![0xc3, 0x28, 0xf0, 0x9f]))),
    ];
    check(vec![call(1, 0, more)], &[]);
}

#[test]
fn attributes_that_the_sdk_left_out_are_counted() {
    let span = Span { dropped_attributes_count: 9, ..call(1, 0, vec![]) };
    check(vec![span], &[Odd::DroppedAttributes]);
}

/// Keys as libraries write them, by and by broken.
fn key() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "gen_ai.operation.name",
        "gen_ai.request.model",
        "gen_ai.usage.input_tokens",
        "gen_ai.input.messages",
        "gen_ai.prompt.0.content",
        "gen_ai.completion.0.tool_calls.3.arguments",
        "llm.input_messages.1.message.contents.0.message_content.text",
        "openinference.span.kind",
        "input.value",
        "traceloop.entity.output",
        "langfuse.observation.usage_details",
        "langfuse.observation.completion_start_time",
        "ai.prompt.messages",
        "ai.response.msToFirstChunk",
        "mlflow.spanInputs",
        "braintrust.metrics",
        "model",
        "prompt",
        "http.url",
        "body",
        "sidelight.pii.types",
        "sidelight.dialects",
        "sidelight.sampled",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "[a-z.]{0,12}", 1 => any::<String>()]
}

/// Texts as they stand in such values, whole, cut, and anything.
fn said() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "chat",
        "LLM",
        "gpt-4o",
        "5",
        "true",
        r#"[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"id\":7}"}}]}]"#,
        r#"{"model":"gpt-4o","messages":[[{"lc":1,"id":["x","HumanMessage"],"kwargs":{"content":["a",{"type":"text","text":"b"}]}}]]}"#,
        r#"{"choices":[{"message":{"role":"assistant","content":null}}],"usage":{"prompt_tokens":5,"completion_tokens":1e400}}"#,
        "2026-02-28T23:59:59.500Z",
        "https://api.openai.com/v1?q=jane.roe@example.com",
        "[{'role': 'user', 'content': 'hi'}]",
    ]);
    let cut = (known.clone(), any::<prop::sample::Index>()).prop_map(|(text, at)| {
        let at = at.index(text.len() + 1);
        text[..text.floor_char_boundary(at)].to_owned()
    });
    prop_oneof![4 => known.prop_map(str::to_owned), 2 => cut, 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Option<Value>> {
    let leaf = prop_oneof![
        6 => said().prop_map(text),
        1 => Just(None),
        1 => any::<bool>().prop_map(|flag| Some(Value::BoolValue(flag))),
        1 => any::<i64>().prop_map(|int| Some(Value::IntValue(int))),
        1 => any::<f64>().prop_map(|double| Some(Value::DoubleValue(double))),
        1 => prop::collection::vec(any::<u8>(), 0..12).prop_map(|bytes| Some(Value::BytesValue(bytes))),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let entry = (prop_oneof![Just("role".to_owned()), Just("content".to_owned()), key()], inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(list),
            prop::collection::vec(entry, 0..4)
                .prop_map(|entries| map(entries.into_iter().map(|(key, value)| pair(key, value)).collect())),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    prop::collection::vec((key(), value()).prop_map(|(key, value)| pair(key, value)), 0..8)
}

fn span() -> impl Strategy<Value = Span> {
    let name = prop_oneof![Just("chat gpt-4o".to_owned()), Just("agent run".to_owned()), any::<String>()];
    let events = prop::collection::vec((said(), attributes()), 0..3);
    (0..4_u8, 0..4_u8, name, attributes(), events, any::<u64>()).prop_map(
        |(id, parent, name, attributes, events, start)| Span {
            trace_id: vec![7; 16],
            span_id: vec![id; 8],
            parent_span_id: vec![parent; 8],
            name,
            attributes,
            events: events
                .into_iter()
                .map(|(name, attributes)| Event { name, attributes, ..Event::default() })
                .collect(),
            start_time_unix_nano: start,
            ..Span::default()
        },
    )
}

fn any_batch() -> impl Strategy<Value = Batch> {
    let scope = prop::sample::select(vec!["", "openai", "openinference.x", "ai", "langfuse-sdk", "vllm.e"]);
    prop::collection::vec((scope, prop::collection::vec(span(), 1..4)), 1..3).prop_map(|scopes| {
        let scope_spans = scopes.into_iter().map(|(name, spans)| ScopeSpans {
            scope: Some(InstrumentationScope { name: name.into(), ..Default::default() }),
            spans,
            ..ScopeSpans::default()
        });
        let resource_spans =
            vec![ResourceSpans { scope_spans: scope_spans.collect(), ..ResourceSpans::default() }];
        read(ExportTraceServiceRequest { resource_spans }.encode_to_vec())
    })
}

/// `SIDELIGHT_CASES` asks for more, as `make test-nightly` does.
fn cases() -> u32 {
    std::env::var("SIDELIGHT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    /// Whatever stands on spans: all go on, every text stands in its item, at most one of a call counts its
    /// tokens, what is not LLM content is not touched, and enriching twice is enriching once.
    #[test]
    fn any_request_is_recognised_without_a_panic_and_enriched_once(batch in any_batch()) {
        let found = recognize::find(&batch);
        prop_assert_eq!(found.is_empty(), !recognize::concerns(&batch));
        for found in &found {
            let Found::Call(item, call) = found else { continue };
            let inside = |leaf: &std::ops::Range<usize>| {
                let places = [&item.at, &item.resource.1, &item.scope.1];
                places.iter().any(|place| place.start <= leaf.start && leaf.end <= place.end)
            };
            let all_inside = call.texts.iter().all(|text| inside(&text.leaf));
            prop_assert!(all_inside);
            prop_assert!(!call.usage_counted || call.model_call);
        }
        let enriched = ENRICHER.apply(&batch, SystemTime::UNIX_EPOCH);
        prop_assert_eq!(enriched.batch.items(), batch.items());
        if found.is_empty() {
            prop_assert_eq!(enriched.batch.otlp(), batch.otlp());
        }
        let again = ENRICHER.apply(&enriched.batch, SystemTime::UNIX_EPOCH);
        prop_assert_eq!(again.batch.otlp(), enriched.batch.otlp());
    }

    /// A key that holds personal data itself leaves as another, and what stands under it is judged by that one
    /// the first time too.
    #[test]
    fn under_keys_that_hold_personal_data_enriching_twice_is_enriching_once(
        entries in prop::collection::vec((telling_key(), held()), 1..6)
    ) {
        let more = entries.into_iter().map(|(key, value)| pair(&key, value)).collect();
        let once = ENRICHER.apply(&batch(vec![call(1, 0, more)]), SystemTime::UNIX_EPOCH).batch;
        let twice = ENRICHER.apply(&once, SystemTime::UNIX_EPOCH).batch;
        prop_assert_eq!(twice.otlp(), once.otlp());
    }
}

/// Keys with personal data in them, and words that speak for or against what stands under them.
fn telling_key() -> impl Strategy<Value = String> {
    let word =
        || prop::sample::select(vec!["", "user", "passport", "order", "phone", "bsn", "account", "ssn"]);
    let joint = || prop::sample::select(vec!["", ".", " ", "_", ": "]);
    let data = prop::sample::select(vec![
        "jane@example.com",
        "+49 30 461805",
        "4111 1111 1111 1111",
        "222-48-5171",
        "passport@example.com",
        "order.ssn@example.com",
    ]);
    (word(), joint(), data, joint(), word()).prop_map(|(a, b, c, d, e)| format!("{a}{b}{c}{d}{e}"))
}

/// Values that nothing but a word makes somebody's, in each form that an attribute may have.
fn held() -> impl Strategy<Value = Option<Value>> {
    let numbers = vec!["485882669", "4155550132", "X55799157", "77401266042", "424622956"];
    (prop::sample::select(numbers), 0..4_u8).prop_map(|(number, form)| match (form, number.parse()) {
        (0, Ok(whole)) => Some(Value::IntValue(whole)),
        (1, _) => list(vec![text(number)]),
        (2, _) => map(vec![pair("order.phone@example.com", text(number))]),
        _ => text(number),
    })
}
