//! The line as a whole: a request in, a request out.

use super::cost::Prices;
use super::*;
use crate::otlp::{Limits, Signal};
use crate::settings::read_text;
use expect_test::{Expect, expect};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span};
use prost::Message;

/// `sha256("0000000000000007") mod 100` is 1.
const SPAN_ID: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 7];

fn enricher(settings: &str) -> Enricher {
    let mut config = Config::default();
    let problems = read_text("c.yaml", settings, |section| config.read(section));
    assert!(problems.is_empty(), "{problems:?}");
    Enricher::build(&config, Prices::builtin())
}

fn any(value: impl Into<Given>) -> AnyValue {
    let text = |text: String| Some(Any::StringValue(text));
    let array = |values: Vec<AnyValue>| Some(Any::ArrayValue(ArrayValue { values }));
    AnyValue {
        value: match value.into() {
            Given::Bool(value) => Some(Any::BoolValue(value)),
            Given::Int(value) => Some(Any::IntValue(value)),
            Given::Double(value) => Some(Any::DoubleValue(value)),
            Given::Text(value) => text(value),
            Given::Texts(values) => array(values.into_iter().map(|v| AnyValue { value: text(v) }).collect()),
            Given::Ints(values) => array(values.into_iter().map(any).collect()),
            Given::Tree(_) => None,
        },
    }
}

use super::given::Given;

impl From<&str> for Given {
    fn from(text: &str) -> Given {
        Given::Text(text.into())
    }
}

impl From<i64> for Given {
    fn from(value: i64) -> Given {
        Given::Int(value)
    }
}

impl From<bool> for Given {
    fn from(value: bool) -> Given {
        Given::Bool(value)
    }
}

fn attribute(key: &str, value: impl Into<Given>) -> KeyValue {
    KeyValue { key: key.into(), value: Some(any(value)), ..KeyValue::default() }
}

/// A chat with `prompt`, in the current conventions.
fn chat(prompt: &str) -> Span {
    let messages = serde_json::json!([{ "role": "user", "parts": [{ "type": "text", "content": prompt }] }]);
    Span {
        trace_id: vec![1; 16],
        span_id: SPAN_ID.to_vec(),
        name: "chat gpt-4o".into(),
        start_time_unix_nano: 1_000_000_000,
        end_time_unix_nano: 1_250_000_000,
        attributes: vec![
            attribute("gen_ai.operation.name", "chat"),
            attribute("gen_ai.provider.name", "openai"),
            attribute("gen_ai.request.model", "gpt-4o"),
            attribute("gen_ai.input.messages", messages.to_string().as_str()),
        ],
        ..Span::default()
    }
}

fn with(mut span: Span, more: Vec<KeyValue>) -> Span {
    span.attributes.extend(more);
    span
}

fn request(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let resource = Resource { attributes: vec![attribute("service.name", "shop")], ..Resource::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    }
}

fn batch(request: &ExportTraceServiceRequest) -> Batch {
    Batch::read(Signal::Traces, request.encode_to_vec().into(), &Limits::default()).unwrap()
}

fn apply(settings: &str, request: &ExportTraceServiceRequest) -> (ExportTraceServiceRequest, Enriched) {
    let enricher = enricher(settings);
    let enriched = enricher.apply(&batch(request), SystemTime::UNIX_EPOCH);
    let again = enricher.apply(&enriched.batch, SystemTime::UNIX_EPOCH);
    assert!(again.batch == enriched.batch, "enriching again changes nothing");
    (ExportTraceServiceRequest::decode(enriched.batch.otlp().as_ref()).unwrap(), enriched)
}

/// The attributes of the first span, as `key = value`.
fn shown(request: &ExportTraceServiceRequest) -> String {
    let span = &request.resource_spans[0].scope_spans[0].spans[0];
    span.attributes.iter().map(|entry| format!("{} = {}\n", entry.key, show(entry.value.as_ref()))).collect()
}

fn show(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => format!("{text:?}"),
        Some(Any::ArrayValue(array)) => {
            let values: Vec<_> = array.values.iter().map(|value| show(Some(value))).collect();
            format!("[{}]", values.join(", "))
        }
        Some(Any::BoolValue(value)) => value.to_string(),
        Some(Any::IntValue(value)) => value.to_string(),
        Some(Any::DoubleValue(value)) => format!("{value:?}"),
        other => format!("{other:?}"),
    }
}

/// What the first span of `spans` gains or changes.
fn check(settings: &str, span: Span, expected: Expect) {
    let before = shown(&request(vec![span.clone()]));
    let (after, _) = apply(settings, &request(vec![span]));
    let new = |line: &&str| !before.lines().any(|there| there == *line);
    let gained: Vec<_> = shown(&after).lines().filter(new).map(|line| format!("{line}\n")).collect();
    expected.assert_eq(&gained.concat());
}

#[test]
fn a_call_without_usage_is_counted_and_priced() {
    let output = r#"[{"role":"assistant","parts":[{"type":"text","content":"hello world"}]}]"#;
    let output = vec![attribute("gen_ai.output.messages", output)];
    check(
        "",
        with(chat("Summarize this document."), output),
        expect![[r#"
            sidelight.kind = "chat"
            sidelight.dialects = ["otel-semconv"]
            sidelight.usage_counted = true
            sidelight.tokens.input = 13
            sidelight.tokens.output = 2
            sidelight.tokens.method = "tokenizer:o200k_base"
            sidelight.cost.usd = 5.25e-5
            sidelight.cost.input_usd = 3.25e-5
            sidelight.cost.output_usd = 2e-5
            sidelight.cost.price_version = "2026-11-21"
            sidelight.pii.detected = false
            sidelight.injection.attempt = false
            sidelight.sampled = false
            llm.pii_detected = false
            llm.injection_attempt = false
            llm.is_sampled = false
        "#]],
    );
}

#[test]
fn a_card_written_as_a_number_becomes_a_text() {
    let numbers = vec![
        attribute("payment.card", 4_111_111_111_111_111),
        attribute("payment.order", 4_111_111_111_111_112),
        attribute("payment.cents", 1_299),
        attribute("payment.account", Given::Double(4_111_111_111_111_111.0)),
        attribute("ssn", Given::Double(222_485_171.0)),
        attribute("payment.share", Given::Double(0.411_111_111_111)),
        attribute("payment.large", Given::Double(4e18)),
    ];
    let (after, enriched) = apply("", &request(vec![with(chat("pay"), numbers)]));
    let shown = shown(&after);
    assert!(shown.contains("payment.card = \"[CREDIT_CARD]\"\n"), "{shown}");
    assert!(shown.contains("payment.order = 4111111111111112\n"), "{shown}");
    assert!(shown.contains("payment.account = \"[CREDIT_CARD]\"\nssn = \"[US_SSN]\"\n"), "{shown}");
    assert!(shown.contains("payment.share = 0.411111111111\npayment.large = 4e18\n"), "{shown}");
    assert_eq!(enriched.findings, [("CREDIT_CARD", 2), ("US_SSN", 1)]);
}

#[test]
fn utf_16_in_bytes_is_read() {
    for (name, bytes) in [("LE", u16::to_le_bytes as fn(u16) -> [u8; 2]), ("BE", u16::to_be_bytes)] {
        let text = "\u{feff}my card is 4111 1111 1111 1111, thanks";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
        let value = Some(AnyValue { value: Some(Any::BytesValue(bytes)) });
        let entry = KeyValue { key: "body".into(), value, ..KeyValue::default() };
        let (after, enriched) = apply("", &request(vec![with(chat("pay"), vec![entry])]));
        assert_eq!(enriched.findings, [("CREDIT_CARD", 1)], "{name}");
        let after = after.encode_to_vec();
        let has = |wanted: &[u8]| after.windows(wanted.len()).any(|part| part == wanted);
        assert!(has(b"[CREDIT_CARD]") && !has(b"4\x001\x001"), "{name}");
    }
}

#[test]
fn reported_usage_is_copied() {
    let usage =
        vec![attribute("gen_ai.usage.input_tokens", 1_000), attribute("gen_ai.usage.output_tokens", 500)];
    check(
        "aliases: false",
        with(chat("hi"), usage),
        expect![[r#"
        sidelight.kind = "chat"
        sidelight.dialects = ["otel-semconv"]
        sidelight.usage_counted = true
        sidelight.tokens.input = 1000
        sidelight.tokens.output = 500
        sidelight.tokens.method = "reported"
        sidelight.cost.usd = 0.0075
        sidelight.cost.input_usd = 0.0025
        sidelight.cost.output_usd = 0.005
        sidelight.cost.price_version = "2026-11-21"
        sidelight.pii.detected = false
        sidelight.injection.attempt = false
        sidelight.sampled = false
    "#]],
    );
}

#[test]
fn what_is_found_is_masked_and_flagged_and_keeps_the_prompt_from_being_hashed() {
    check(
        "{ sample: { percent: 100 }, aliases: false, tokens: { count_when_missing: false } }",
        chat("I am jane@example.com, and bob@example.com too"),
        expect![[r#"
            gen_ai.input.messages = "[{\"parts\":[{\"content\":\"I am [EMAIL_ADDRESS], and [EMAIL_ADDRESS] too\",\"type\":\"text\"}],\"role\":\"user\"}]"
            sidelight.kind = "chat"
            sidelight.dialects = ["otel-semconv"]
            sidelight.usage_counted = true
            sidelight.pii.detected = true
            sidelight.pii.types = ["EMAIL_ADDRESS"]
            sidelight.pii.counts = [2]
            sidelight.pii.action = "mask"
            sidelight.injection.attempt = false
            sidelight.sampled = true
        "#]],
    );
}

#[test]
fn a_sampled_clean_prompt_is_hashed() {
    let (_, enriched) = apply("sample: { percent: 2 }", &request(vec![chat("abc")]));
    assert!(enriched.embeddable);
    let (_, enriched) = apply("sample: { percent: 1 }", &request(vec![chat("abc")]));
    assert!(!enriched.embeddable);
    check(
        "{ sample: { percent: 2 }, aliases: false, tokens: { count_when_missing: false } }",
        chat("abc"),
        expect![[r#"
            sidelight.kind = "chat"
            sidelight.dialects = ["otel-semconv"]
            sidelight.usage_counted = true
            sidelight.pii.detected = false
            sidelight.injection.attempt = false
            sidelight.sampled = true
            sidelight.prompt.sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        "#]],
    );
}

#[test]
fn messages_are_rebuilt_by_the_current_names_and_are_safe() {
    let span = Span {
        attributes: vec![
            attribute("gen_ai.system", "OpenAI"),
            attribute("llm.request.type", "chat"),
            attribute("gen_ai.prompt.0.role", "system"),
            attribute("gen_ai.prompt.0.content", "be brief"),
            attribute("gen_ai.prompt.1.role", "user"),
            attribute("gen_ai.prompt.1.content", "I am jane@example.com"),
            attribute("gen_ai.completion.0.role", "assistant"),
            attribute("gen_ai.completion.0.finish_reason", "tool_calls"),
            attribute("gen_ai.completion.0.tool_calls.0.id", "call_1"),
            attribute("gen_ai.completion.0.tool_calls.0.name", "look"),
            attribute("gen_ai.completion.0.tool_calls.0.arguments", r#"{"mail":"bob@example.com","n":2}"#),
            attribute("llm.request.functions.0.name", "look"),
            attribute("llm.request.functions.0.parameters", r#"{"type":"object"}"#),
        ],
        ..chat("")
    };
    check(
        "{ normalize: { messages: add }, aliases: false, tokens: { count_when_missing: false } }",
        span,
        expect![[r#"
            gen_ai.prompt.1.content = "I am [EMAIL_ADDRESS]"
            gen_ai.completion.0.tool_calls.0.arguments = "{\"mail\":\"[EMAIL_ADDRESS]\",\"n\":2}"
            sidelight.kind = "chat"
            sidelight.dialects = ["traceloop", "otel-semconv"]
            sidelight.usage_counted = true
            sidelight.pii.detected = true
            sidelight.pii.types = ["EMAIL_ADDRESS"]
            sidelight.pii.counts = [2]
            sidelight.pii.action = "mask"
            sidelight.injection.attempt = false
            sidelight.sampled = false
            gen_ai.operation.name = "chat"
            gen_ai.provider.name = "openai"
            gen_ai.request.model = "gpt-4o"
            gen_ai.response.finish_reasons = ["tool_calls"]
            gen_ai.system_instructions = [Some(KvlistValue(KeyValueList { values: [KeyValue { key: "type", value: Some(AnyValue { value: Some(StringValue("text")) }), key_strindex: 0 }, KeyValue { key: "content", value: Some(AnyValue { value: Some(StringValue("be brief")) }), key_strindex: 0 }] }))]
            gen_ai.input.messages = [Some(KvlistValue(KeyValueList { values: [KeyValue { key: "role", value: Some(AnyValue { value: Some(StringValue("user")) }), key_strindex: 0 }, KeyValue { key: "parts", value: Some(AnyValue { value: Some(ArrayValue(ArrayValue { values: [AnyValue { value: Some(KvlistValue(KeyValueList { values: [KeyValue { key: "type", value: Some(AnyValue { value: Some(StringValue("text")) }), key_strindex: 0 }, KeyValue { key: "content", value: Some(AnyValue { value: Some(StringValue("I am [EMAIL_ADDRESS]")) }), key_strindex: 0 }] })) }] })) }), key_strindex: 0 }] }))]
            gen_ai.output.messages = [Some(KvlistValue(KeyValueList { values: [KeyValue { key: "role", value: Some(AnyValue { value: Some(StringValue("assistant")) }), key_strindex: 0 }, KeyValue { key: "parts", value: Some(AnyValue { value: Some(ArrayValue(ArrayValue { values: [AnyValue { value: Some(KvlistValue(KeyValueList { values: [KeyValue { key: "type", value: Some(AnyValue { value: Some(StringValue("tool_call")) }), key_strindex: 0 }, KeyValue { key: "id", value: Some(AnyValue { value: Some(StringValue("call_1")) }), key_strindex: 0 }, KeyValue { key: "name", value: Some(AnyValue { value: Some(StringValue("look")) }), key_strindex: 0 }, KeyValue { key: "arguments", value: Some(AnyValue { value: Some(KvlistValue(KeyValueList { values: [KeyValue { key: "mail", value: Some(AnyValue { value: Some(StringValue("[EMAIL_ADDRESS]")) }), key_strindex: 0 }, KeyValue { key: "n", value: Some(AnyValue { value: Some(IntValue(2)) }), key_strindex: 0 }] })) }), key_strindex: 0 }] })) }] })) }), key_strindex: 0 }, KeyValue { key: "finish_reason", value: Some(AnyValue { value: Some(StringValue("tool_calls")) }), key_strindex: 0 }] }))]
            gen_ai.tool.definitions = [Some(KvlistValue(KeyValueList { values: [KeyValue { key: "name", value: Some(AnyValue { value: Some(StringValue("look")) }), key_strindex: 0 }, KeyValue { key: "parameters", value: Some(AnyValue { value: Some(KvlistValue(KeyValueList { values: [KeyValue { key: "type", value: Some(AnyValue { value: Some(StringValue("object")) }), key_strindex: 0 }] })) }), key_strindex: 0 }] }))]
        "#]],
    );
}

#[test]
fn the_names_of_older_conventions_are_written_on_request() {
    let span = Span {
        attributes: vec![
            attribute("gen_ai.provider.name", "anthropic"),
            attribute("gen_ai.request.model", "claude-unknown"),
            attribute("gen_ai.operation.name", "chat"),
            attribute("server.address", "https://api.anthropic.com/v1"),
            attribute("gen_ai.usage.input_tokens", 100),
            attribute("gen_ai.usage.output_tokens", 10),
            attribute("gen_ai.usage.cache_read_input_tokens", 7),
        ],
        ..chat("")
    };
    check(
        "{ aliases: all }",
        span,
        expect![[r#"
        sidelight.kind = "chat"
        sidelight.dialects = ["otel-semconv"]
        sidelight.usage_counted = true
        sidelight.tokens.input = 100
        sidelight.tokens.output = 10
        sidelight.tokens.method = "reported"
        sidelight.pii.detected = false
        sidelight.injection.attempt = false
        sidelight.sampled = false
        llm.pii_detected = false
        llm.injection_attempt = false
        llm.is_sampled = false
        gen_ai.usage.cache_read.input_tokens = 7
        gen_ai.system = "anthropic"
        gen_ai.usage.prompt_tokens = 100
        gen_ai.usage.completion_tokens = 10
        llm.usage.total_tokens = 110
    "#]],
    );
}

#[test]
fn another_dialect_gains_the_current_names() {
    let span = Span {
        attributes: vec![
            attribute("openinference.span.kind", "LLM"),
            attribute("llm.model_name", "gpt-4o-mini-2024-07-18"),
            attribute("llm.provider", "openai"),
            attribute("llm.token_count.prompt", 100),
            attribute("llm.token_count.completion", 10),
        ],
        ..chat("")
    };
    check(
        "aliases: false",
        span,
        expect![[r#"
        sidelight.kind = "chat"
        sidelight.dialects = ["openinference"]
        sidelight.usage_counted = true
        sidelight.tokens.input = 100
        sidelight.tokens.output = 10
        sidelight.tokens.method = "reported"
        sidelight.cost.usd = 2.1e-5
        sidelight.cost.input_usd = 1.5e-5
        sidelight.cost.output_usd = 6e-6
        sidelight.cost.price_version = "2026-11-21"
        sidelight.pii.detected = false
        sidelight.injection.attempt = false
        sidelight.sampled = false
        gen_ai.operation.name = "chat"
        gen_ai.provider.name = "openai"
        gen_ai.request.model = "gpt-4o-mini-2024-07-18"
        gen_ai.response.model = "gpt-4o-mini-2024-07-18"
        gen_ai.usage.input_tokens = 100
        gen_ai.usage.output_tokens = 10
    "#]],
    );
}

#[test]
fn a_failed_call_costs_only_what_was_reported() {
    let status = Some(Status { code: 2, message: "bad key for jane@example.com".into() });
    let (after, enriched) = apply("", &request(vec![Span { status, ..chat("hi") }]));
    assert!(!shown(&after).contains("sidelight.tokens") && !shown(&after).contains("sidelight.cost"));
    let span = &after.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!(span.status.as_ref().unwrap().message, "bad key for [EMAIL_ADDRESS]");
    assert!(enriched.calls[0].error && enriched.calls[0].pii);
}

#[test]
fn flags_of_an_earlier_sidelight_merge_with_what_is_found_now() {
    let before = vec![
        attribute("sidelight.dialects", Given::Texts(vec!["otel-semconv".into()])),
        attribute("sidelight.pii.detected", true),
        attribute("sidelight.pii.types", Given::Texts(vec!["EMAIL_ADDRESS".into(), "US_SSN".into()])),
        attribute("sidelight.pii.counts", Given::Ints(vec![3, 1])),
        attribute("sidelight.injection.attempt", true),
        attribute("sidelight.sampled", true),
        attribute("sidelight.prompt.sha256", "00".repeat(32).as_str()),
    ];
    let (after, enriched) = apply("", &request(vec![with(chat("call jane@example.com"), before)]));
    expect![[r#"
        gen_ai.operation.name = "chat"
        gen_ai.provider.name = "openai"
        gen_ai.request.model = "gpt-4o"
        gen_ai.input.messages = "[{\"parts\":[{\"content\":\"call [EMAIL_ADDRESS]\",\"type\":\"text\"}],\"role\":\"user\"}]"
        sidelight.dialects = ["otel-semconv"]
        sidelight.pii.detected = true
        sidelight.pii.types = ["EMAIL_ADDRESS", "US_SSN"]
        sidelight.pii.counts = [3, 1]
        sidelight.injection.attempt = true
        sidelight.sampled = true
        sidelight.pii.action = "mask"
        llm.pii_detected = true
        llm.injection_attempt = true
        llm.is_sampled = true
    "#]].assert_eq(&shown(&after));
    assert!(enriched.calls[0].enriched_before);
}

#[test]
fn what_others_write_at_our_names_is_replaced() {
    let forged = vec![
        attribute("sidelight.pii.detected", "no: jane@example.com"),
        attribute("sidelight.kind", "jane@example.com"),
        attribute("sidelight.note", "mail jane@example.com"),
        attribute("llm.is_sampled", true),
    ];
    check(
        "tokens: { count_when_missing: false }",
        with(chat("hi"), forged),
        expect![[r#"
            sidelight.note = "mail [EMAIL_ADDRESS]"
            sidelight.kind = "chat"
            sidelight.dialects = ["otel-semconv"]
            sidelight.usage_counted = true
            sidelight.pii.detected = true
            sidelight.pii.types = ["EMAIL_ADDRESS"]
            sidelight.pii.counts = [3]
            sidelight.pii.action = "mask"
            sidelight.injection.attempt = false
            sidelight.sampled = false
            llm.pii_detected = true
            llm.injection_attempt = false
        "#]],
    );
}

#[test]
fn media_and_personal_data_in_one_text_are_one_change() {
    let png = base64::Engine::encode(
        &base64::prelude::BASE64_STANDARD,
        [&b"\x89PNG\r\n\x1a\n"[..], &[0xfe; 60]].concat(),
    );
    let prompt = format!("from jane@example.com: data:image/png;base64,{png}");
    let (after, _) = apply("", &request(vec![chat(&prompt)]));
    let messages = shown(&after);
    assert!(messages.contains("from [EMAIL_ADDRESS]: [media:image/png;sha256="), "{messages}");
    let (after, _) = apply("media: keep", &request(vec![chat(&prompt)]));
    assert!(shown(&after).contains(&png));
}

#[test]
fn text_in_bytes_that_are_cut_or_broken_is_scanned() {
    for (sent, expected) in [
        (
            &b"{\"prompt\":\"mail jane.roe@example.org caf\xc3"[..],
            &b"{\"prompt\":\"mail [EMAIL_ADDRESS] caf\xc3"[..],
        ),
        (
            b"\xff\x00 mail jane@example.com \xfe or jim@example.com\x80 \x12\xc3",
            b"\xff\x00 mail [EMAIL_ADDRESS] \xfe or [EMAIL_ADDRESS]\x80 \x12\xc3",
        ),
    ] {
        let value = |bytes: &[u8]| Some(AnyValue { value: Some(Any::BytesValue(bytes.to_vec())) });
        let body = KeyValue { value: value(sent), ..attribute("body", "") };
        let (after, _) = apply("", &request(vec![with(chat("hello"), vec![body])]));
        let attributes = &after.resource_spans[0].scope_spans[0].spans[0].attributes;
        let body = attributes.iter().find(|entry| entry.key == "body").unwrap();
        assert_eq!(body.value, value(expected));
    }
}

#[test]
fn resource_scope_and_carriers_are_scanned_beside_a_call() {
    let statement = vec![
        attribute("db.statement", "select * from users where mail = 'jane@example.com'"),
        attribute("db.note", "jane@example.com"),
    ];
    let carrier = Span { attributes: statement, span_id: vec![8; 8], name: "SELECT".into(), ..chat("") };
    let mut sent = request(vec![chat("hi"), carrier.clone()]);
    let group = &mut sent.resource_spans[0];
    group.resource.as_mut().unwrap().attributes.push(attribute("owner", "jane@example.com"));
    group.scope_spans[0].scope =
        Some(InstrumentationScope { name: "of jane@example.com".into(), ..InstrumentationScope::default() });
    let (after, _) = apply("", &sent);
    let group = &after.resource_spans[0];
    assert_eq!(show(group.resource.as_ref().unwrap().attributes[1].value.as_ref()), "\"[EMAIL_ADDRESS]\"");
    assert_eq!(group.scope_spans[0].scope.as_ref().unwrap().name, "of [EMAIL_ADDRESS]");
    let carried: Vec<_> =
        group.scope_spans[0].spans[1].attributes.iter().map(|a| show(a.value.as_ref())).collect();
    assert_eq!(carried, ["\"select * from users where mail = '[EMAIL_ADDRESS]'\"", "\"jane@example.com\""]);
}

/// A provider that refuses a request quotes it, and the client's span tells what it answered (Spring, httpx).
#[test]
fn what_went_wrong_on_a_span_beside_a_call_is_scanned() {
    const REFUSED: &str = "400: 'write to jane@example.com' was refused";
    let event = span::Event {
        name: "exception".into(),
        attributes: vec![attribute("exception.message", REFUSED), attribute("detail", REFUSED)],
        ..span::Event::default()
    };
    let attributes = vec![attribute("http.request.method", "POST"), attribute("error.message", REFUSED)];
    let post = Span {
        attributes,
        span_id: vec![8; 8],
        name: "POST".into(),
        status: Some(Status { message: REFUSED.into(), code: 2 }),
        events: vec![event],
        ..chat("")
    };
    let (after, _) = apply("", &request(vec![chat("hi"), post]));
    let text = format!("{:?}", after.resource_spans[0].scope_spans[0].spans[1]);
    assert_eq!(
        (text.matches("write to [EMAIL_ADDRESS]").count(), text.contains("jane")),
        (4, false),
        "{text}"
    );
}

#[test]
fn without_an_llm_call_nothing_is_touched_unless_everything_is_scanned() {
    let plain =
        Span { attributes: vec![attribute("note", "jane@example.com")], name: "work".into(), ..chat("") };
    let sent = batch(&request(vec![plain]));
    let kept = enricher("").apply(&sent, SystemTime::UNIX_EPOCH).batch;
    assert_eq!(kept.otlp().as_ptr(), sent.otlp().as_ptr(), "the same bytes, shared");
    let all = enricher("scope: all").apply(&sent, SystemTime::UNIX_EPOCH);
    let text = String::from_utf8_lossy(all.batch.otlp()).into_owned();
    assert!(text.contains("[EMAIL_ADDRESS]") && !text.contains("jane"));
    assert_eq!(all.findings, [("EMAIL_ADDRESS", 1)]);
    assert!(all.calls.is_empty());
}

#[test]
fn log_records_gain_the_flags() {
    let record = LogRecord {
        event_name: "gen_ai.user.message".into(),
        trace_id: vec![1; 16],
        span_id: SPAN_ID.to_vec(),
        body: Some(any("write to jane@example.com")),
        ..LogRecord::default()
    };
    let request = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            scope_logs: vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    };
    let sent = Batch::read(Signal::Logs, request.encode_to_vec().into(), &Limits::default()).unwrap();
    let enriched = enricher("aliases: false").apply(&sent, SystemTime::UNIX_EPOCH);
    assert!(enriched.calls.is_empty(), "a call is told by its span");
    let after = ExportLogsServiceRequest::decode(enriched.batch.otlp().as_ref()).unwrap();
    let record = &after.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!(show(record.body.as_ref()), "\"write to [EMAIL_ADDRESS]\"");
    let keys: Vec<_> = record.attributes.iter().map(|entry| entry.key.as_str()).collect();
    expect!["sidelight.kind sidelight.dialects sidelight.pii.detected sidelight.pii.types sidelight.pii.counts sidelight.pii.action sidelight.injection.attempt sidelight.sampled"].assert_eq(&keys.join(" "));
}

/// A request of Claude Code, as its log event tells it.
fn api_request(at: u64) -> LogRecord {
    LogRecord {
        time_unix_nano: at,
        body: Some(any("claude_code.api_request")),
        attributes: vec![
            attribute("event.name", "api_request"),
            attribute("session.id", "s-1"),
            attribute("model", "claude-sonnet-4-5-20250929"),
            attribute("duration_ms", "2130"),
            attribute("input_tokens", "12"),
            attribute("output_tokens", "345"),
            attribute("cache_read_tokens", "20480"),
        ],
        ..LogRecord::default()
    }
}

fn logged(records: Vec<LogRecord>) -> Batch {
    let scope =
        InstrumentationScope { name: "com.anthropic.claude_code.events".into(), ..Default::default() };
    let scope_logs = vec![ScopeLogs { scope: Some(scope), log_records: records, ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    let request = ExportLogsServiceRequest { resource_logs };
    Batch::read(Signal::Logs, request.encode_to_vec().into(), &Limits::default()).unwrap()
}

#[test]
fn a_log_record_that_is_a_call_gains_what_its_span_would() {
    let sent = logged(vec![api_request(1_763_000_000_000_000_000)]);
    let enricher = enricher("aliases: false");
    let enriched = enricher.apply(&sent, SystemTime::UNIX_EPOCH);
    assert!(
        enricher.apply(&enriched.batch, SystemTime::UNIX_EPOCH).batch == enriched.batch,
        "same answer twice"
    );
    let [facts] = enriched.calls.as_slice() else { panic!("one call") };
    assert!(facts.model_call && facts.usage_counted && !facts.enriched_before);
    assert_eq!(
        (facts.input_tokens, facts.output_tokens, facts.duration_ms),
        (Some(12), Some(345), Some(2130.0))
    );
    let after = ExportLogsServiceRequest::decode(enriched.batch.otlp().as_ref()).unwrap();
    let gained = after.resource_logs[0].scope_logs[0].log_records[0].attributes.iter().skip(7);
    let gained: String =
        gained.map(|entry| format!("{} = {}\n", entry.key, show(entry.value.as_ref()))).collect();
    expect![[r#"
        sidelight.kind = "chat"
        sidelight.dialects = ["claude-code"]
        sidelight.usage_counted = true
        sidelight.tokens.input = 12
        sidelight.tokens.output = 345
        sidelight.tokens.method = "reported"
        sidelight.cost.usd = 0.011355
        sidelight.cost.input_usd = 0.00618
        sidelight.cost.output_usd = 0.005175
        sidelight.cost.price_version = "2026-11-21"
        sidelight.pii.detected = false
        sidelight.injection.attempt = false
        gen_ai.operation.name = "chat"
        gen_ai.provider.name = "anthropic"
        gen_ai.request.model = "claude-sonnet-4-5-20250929"
        gen_ai.conversation.id = "s-1"
        gen_ai.usage.input_tokens = 12
        gen_ai.usage.output_tokens = 345
        gen_ai.usage.cache_read.input_tokens = 20480
    "#]]
    .assert_eq(&gained);
}

#[test]
fn a_log_record_that_is_sent_again_is_no_second_call() {
    let (memory, enricher) = (Memory::default(), enricher(""));
    let mut counted = Vec::new();
    for at in [1, 1, 2] {
        let enriched =
            enricher.apply_in(&logged(vec![api_request(at)]), SystemTime::UNIX_EPOCH, Some(&memory));
        counted.extend(enriched.calls.iter().map(|facts| facts.usage_counted && !facts.enriched_before));
        memory.learn(enriched.learnt, SystemTime::UNIX_EPOCH);
    }
    assert_eq!(counted, [true, false, true]);
}

#[test]
fn log_records_of_an_llm_library_are_made_safe_and_those_of_others_left_alone() {
    let logged = |scope: &str| ScopeLogs {
        scope: Some(InstrumentationScope { name: scope.into(), ..InstrumentationScope::default() }),
        log_records: vec![LogRecord { body: Some(any("write to jane@example.com")), ..LogRecord::default() }],
        ..ScopeLogs::default()
    };
    let scope_logs = vec![logged("openai._base_client"), logged("myapp")];
    let request = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }],
    };
    let sent = Batch::read(Signal::Logs, request.encode_to_vec().into(), &Limits::default()).unwrap();
    let enriched = enricher("aliases: false").apply(&sent, SystemTime::UNIX_EPOCH);
    assert!(enriched.calls.is_empty());
    let after = ExportLogsServiceRequest::decode(enriched.batch.otlp().as_ref()).unwrap();
    let [library, app] = after.resource_logs[0].scope_logs.as_slice() else { panic!("two scopes") };
    assert_eq!(show(library.log_records[0].body.as_ref()), "\"write to [EMAIL_ADDRESS]\"");
    let keys: Vec<_> = library.log_records[0].attributes.iter().map(|entry| entry.key.as_str()).collect();
    expect!["sidelight.dialects sidelight.pii.detected sidelight.pii.types sidelight.pii.counts sidelight.pii.action sidelight.injection.attempt"].assert_eq(&keys.join(" "));
    assert_eq!(*app, logged("myapp"));
}

#[test]
fn an_item_whose_enrichment_panics_is_withheld_and_the_rest_goes_on() {
    let sent = batch(&request(vec![chat("a secret"), chat("another")]));
    let mut work = Work::new(&sent);
    let items: Vec<_> = sent.walk().collect();
    work.guarded(&items[0], || panic!("a defect"));
    work.guarded(&items[1], Outcome::default);
    let enriched = work.done(None);
    assert_eq!(enriched.withheld, 1);
    let after = ExportTraceServiceRequest::decode(enriched.batch.otlp().as_ref()).unwrap();
    let spans = &after.resource_spans[0].scope_spans[0].spans;
    assert_eq!(spans[0].name, "[WITHHELD]");
    assert!(spans[0].attributes.iter().all(|entry| show(entry.value.as_ref()) == "\"[WITHHELD]\""));
    assert_eq!(spans[0].attributes[0].key, "gen_ai.operation.name");
    assert_eq!(spans[1], chat("another"));
}

#[test]
fn facts_hold_numbers_and_safe_names() {
    let odd = vec![attribute("gen_ai.response.model", "model of jane@example.com")];
    let (_, enriched) = apply("", &request(vec![with(chat("Summarize this document."), odd)]));
    let facts = &enriched.calls[0];
    assert_eq!((facts.service.as_str(), facts.model.as_str()), ("shop", "other"));
    assert_eq!((facts.provider.as_str(), facts.operation.as_str()), ("openai", "chat"));
    assert_eq!((facts.duration_ms, facts.model_call, facts.pii), (Some(250.0), true, true));
}

/// A chat whose reply stands in its chunks alone.
fn streamed(chunks: impl Iterator<Item = String>) -> Span {
    let event = |text: String| span::Event {
        name: "gen_ai.content.completion.chunk".into(),
        attributes: vec![attribute("id", "chatcmpl-1"), attribute("gen_ai.completion.chunk", text.as_str())],
        ..span::Event::default()
    };
    Span { events: chunks.map(event).collect(), ..chat("hi") }
}

#[test]
fn a_reply_that_came_in_chunks_is_counted_as_one_text() {
    let output = |span: Span| {
        let (after, _) = apply("", &request(vec![span]));
        let attributes = &after.resource_spans[0].scope_spans[0].spans[0].attributes;
        let found = attributes.iter().find(|attribute| attribute.key == "sidelight.tokens.output");
        found.and_then(|found| found.value.clone())
    };
    let plain = ["hel", "lo wor", "ld"].map(str::to_owned);
    assert_eq!(output(streamed(plain.into_iter())), Some(any(2_i64)));
    let json =
        ["hel", "lo wor", "ld"].map(|text| format!(r#"{{"choices":[{{"delta":{{"content":"{text}"}}}}]}}"#));
    assert_eq!(output(streamed(json.into_iter())), Some(any(2_i64)));
    // By themselves each of these is a token; together eight are one.
    let many = count::Encoding::O200kBase.count(&"a".repeat(4_000)) as i64;
    assert_eq!(output(streamed((0..4_000).map(|_| "a".to_owned()))), Some(any(many)));
    assert!(many < 1_000);
    assert_eq!(output(streamed(std::iter::empty())), None);
}
