//! The record against the schema for others, the predecessor's vectors, and itself.

use super::testing::{full, record};
use super::*;
use crate::otlp::wire;
use crate::otlp::{Batch, Limits, Signal, json as otlp_json};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

/// The schema as others read it.
const SCHEMA: &str = include_str!("../../../proto/sidelight/v1/llm_span.proto");

/// `kafka_value_protobuf` of the predecessor's vectors: a span as JSON, and the bytes that it is written as.
const VECTORS: &str = include_str!("../../../tests/data/llm_span_vectors.json");

fn check(record: &Record, expected: Expect) {
    let batch = Batch::read(Signal::Traces, record.to_otlp().into(), &Limits::default()).unwrap();
    let json: Value = serde_json::from_str(&otlp_json::write(&batch)).unwrap();
    let group = &json["resourceSpans"][0];
    let span = &group["scopeSpans"][0]["spans"][0];
    let mut text = String::new();
    for key in ["traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"] {
        text += &format!("{key}: {}\n", span[key]);
    }
    for list in [&group["resource"]["attributes"], &span["attributes"]] {
        for entry in list.as_array().unwrap() {
            text += &format!("{} = {}\n", entry["key"].as_str().unwrap(), entry["value"]);
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn every_field_of_the_predecessor_has_its_place_in_a_span() {
    check(
        &record(),
        expect![[r#"
        traceId: "0b1f8e0a111142228333444455556666"
        spanId: "8f7acbf51eecfbc7"
        parentSpanId: null
        name: "chat gpt-4o"
        kind: 3
        startTimeUnixNano: "1700000000500000000"
        endTimeUnixNano: "1700000000950000000"
        service.name = {"stringValue":"svc"}
        deployment.environment.name = {"stringValue":"production"}
        sidelight.span.uuid = {"stringValue":"123e4567-e89b-42d3-a456-426614174000"}
        gen_ai.operation.name = {"stringValue":"chat"}
        gen_ai.provider.name = {"stringValue":"openai"}
        gen_ai.request.model = {"stringValue":"gpt-4o"}
        gen_ai.usage.input_tokens = {"intValue":"150"}
        gen_ai.usage.output_tokens = {"intValue":"50"}
        gen_ai.usage.cost = {"doubleValue":0.0015}
        gen_ai.response.time_to_first_chunk = {"doubleValue":0.095}
        gen_ai.response.finish_reasons = {"arrayValue":{"values":[{"stringValue":"stop"}]}}
        user.id = {"stringValue":"u1"}
        sidelight.injection.attempt = {"boolValue":true}
        sidelight.sampled = {"boolValue":true}
        sidelight.prompt.sha256 = {"stringValue":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
        sidelight.embedding.vector = {"arrayValue":{"values":[{"doubleValue":0.5}]}}
        sidelight.record.schema_version = {"intValue":"1"}
        sidelight.record.endpoint = {"stringValue":"/chat"}
        sidelight.record.price_version = {"stringValue":"2025-01-15"}
        sidelight.record.token_count_method = {"stringValue":"tiktoken"}
        sidelight.record.retry_count = {"intValue":"2"}
        sidelight.record.attempted_models = {"arrayValue":{"values":[{"stringValue":"gpt-4"},{"stringValue":"gpt-4o"}]}}
    "#]],
    );
}

#[test]
fn what_is_not_known_is_not_said_and_personal_data_takes_the_hash_with_it() {
    let less = Record {
        trace_id: None,
        parent_span_id: Some("07070707-0707-0707-0707-070707070707".to_string()),
        environment: 0,
        finish_reason: 0,
        token_count_method: 0,
        cost_usd_micro: 0,
        latency_ms_ttft: None,
        user_id: None,
        retry_count: 0,
        attempted_models: Vec::new(),
        pii_detected: true,
        injection_attempt: false,
        ..record()
    };
    check(
        &less,
        expect![[r#"
        traceId: "123e4567e89b42d3a456426614174000"
        spanId: "8f7acbf51eecfbc7"
        parentSpanId: "d761d406af2a4a5a"
        name: "chat gpt-4o"
        kind: 3
        startTimeUnixNano: "1700000000500000000"
        endTimeUnixNano: "1700000000950000000"
        service.name = {"stringValue":"svc"}
        sidelight.span.uuid = {"stringValue":"123e4567-e89b-42d3-a456-426614174000"}
        sidelight.parent_span.uuid = {"stringValue":"07070707-0707-0707-0707-070707070707"}
        gen_ai.operation.name = {"stringValue":"chat"}
        gen_ai.provider.name = {"stringValue":"openai"}
        gen_ai.request.model = {"stringValue":"gpt-4o"}
        gen_ai.usage.input_tokens = {"intValue":"150"}
        gen_ai.usage.output_tokens = {"intValue":"50"}
        sidelight.pii.detected = {"boolValue":true}
        sidelight.sampled = {"boolValue":true}
        sidelight.record.schema_version = {"intValue":"1"}
        sidelight.record.endpoint = {"stringValue":"/chat"}
        sidelight.record.price_version = {"stringValue":"2025-01-15"}
        sidelight.record.retry_count = {"intValue":"0"}
    "#]],
    );
}

#[test]
fn an_id_that_is_no_uuid_stays_as_it_was_written() {
    let odd = Record { span_id: "x".to_string(), trace_id: Some("t".to_string()), ..record() };
    let span = String::from_utf8_lossy(&odd.to_otlp()).into_owned();
    assert!(span.contains("sidelight.span.uuid") && span.contains("sidelight.record.trace_id"));
    assert_eq!((odd.span_bytes().len(), odd.trace_bytes().len()), (8, 16));
}

#[test]
fn the_predecessors_vectors_come_out_byte_for_byte() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(vectors.len(), 15);
    for vector in &vectors {
        let (id, span) = (&vector["id"], vector["span"].to_string());
        let record = Record::from_json(span.as_bytes()).unwrap_or_else(|error| panic!("{id}: {error}"));
        match vector["hex"].as_str() {
            Some(hex) => {
                // What only our fields can hold is not part of the predecessor's message.
                assert_eq!(hex_of(&record.to_protobuf()), hex, "{id}");
                let read = Record::from_protobuf(&record.to_protobuf()).unwrap();
                assert_eq!(hex_of(&read.to_protobuf()), hex, "{id}");
            }
            // The predecessor lost these spans; here, what cannot be said is left out and the rest goes on.
            None => assert_eq!(record.span_id, span_id(&vector["span"]), "{id}"),
        }
    }
}

fn span_id(span: &Value) -> &str {
    span["span_id"].as_str().or(span["spanId"].as_str()).unwrap()
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn tokens_past_32_bits_are_kept() {
    let record = Record::from_json(br#"{"span_id":"x","prompt_tokens":2147483648}"#).unwrap();
    assert_eq!(Record::from_protobuf(&record.to_protobuf()).unwrap().prompt_tokens, 2_147_483_648);
}

#[test]
fn a_vector_with_a_number_that_is_none_is_no_vector() {
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let whole = vec![0.5, 0.25];
        let told = Record {
            prompt_embedding: vec![0.5, odd],
            response_embedding: whole.clone(),
            text_embeddings: vec![Vector { values: vec![odd] }, Vector { values: whole.clone() }],
            injection_score: Some(odd.into()),
            ..record()
        };
        let read = Record::from_protobuf(&told.to_protobuf()).unwrap();
        assert!(read.prompt_embedding.is_empty());
        assert_eq!(read.response_embedding, whole);
        assert_eq!(read.text_embeddings, [Vector::default(), Vector { values: whole }]);
        assert_eq!(read.injection_score, None);
        assert_eq!(Record::from_json(&read.to_json()), Ok(read));
    }
}

#[test]
fn a_reason_that_is_none_of_the_words_stays_as_it_was_said() {
    let record = Record::from_json(br#"{"span_id":"x","finish_reason":"nope"}"#).unwrap();
    assert_eq!(
        (record.finish_reason(), record.finish_reasons),
        (FinishReason::Unspecified, vec!["nope".to_string()])
    );
}

#[test]
fn what_is_no_record_is_told_why_without_a_word_of_it() {
    let json = |text: &str| Record::from_json(text.as_bytes()).unwrap_err();
    assert_eq!(json("{"), NotARecord::Json);
    assert_eq!(json("[]"), NotARecord::Json);
    assert_eq!(json(r#"{"span_id": 7}"#), NotARecord::Json);
    assert_eq!(json(r#"{"span_id": "x", "prompt_tokens": "many"}"#), NotARecord::Json);
    assert_eq!(json("{}"), NotARecord::SpanId);
    assert_eq!(json(r#"{"span_id": "two words"}"#), NotARecord::SpanId);
    assert_eq!(Record::from_protobuf(&[0x0a, 9, b'x']), Err(NotARecord::Protobuf));
    assert_eq!(Record::from_protobuf(b""), Err(NotARecord::SpanId));
}

/// A field of a message in the schema.
struct Field {
    name: String,
    kind: String,
    number: u32,
}

/// The fields of `message`, as the schema lists them.
fn fields(message: &str) -> Vec<Field> {
    let begin = SCHEMA.find(&format!("message {message} {{\n")).expect(message);
    let body = SCHEMA[begin..].split("\n}").next().unwrap();
    let lines =
        body.lines().skip(1).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let field = |line: &str| {
        let (left, number) = line.trim_end_matches(';').rsplit_once(" = ").unwrap();
        let (kind, name) = left.rsplit_once(' ').unwrap();
        let kind = kind.trim_start_matches("optional ");
        Field { name: name.to_string(), kind: kind.to_string(), number: number.parse().unwrap() }
    };
    lines.map(field).collect()
}

/// Checks that the bytes of `message` hold what `json` says, by the schema's names, types and numbers alone.
fn agree(message: &str, bytes: &[u8], json: &Value) {
    let known = fields(message);
    for name in json.as_object().unwrap().keys() {
        assert!(known.iter().any(|field| field.name == *name), "{message}.{name} is not in the schema");
    }
    for number in wire::fields(bytes).map(|field| field.number) {
        assert!(known.iter().any(|field| field.number == number), "{message} has no field {number}");
    }
    for Field { name, kind, number } in &known {
        let found: Vec<wire::Value<'_>> =
            wire::fields(bytes).filter(|field| field.number == *number).map(|field| field.value).collect();
        assert!(!found.is_empty(), "{message}.{name} is not on the wire");
        agree_on(&format!("{message}.{name}"), kind, &found, &json[name]);
    }
}

fn agree_on(at: &str, kind: &str, found: &[wire::Value<'_>], said: &Value) {
    let bytes = |value: &wire::Value<'_>| match value {
        wire::Value::Bytes(bytes) => bytes.to_vec(),
        other => panic!("{at}: {other:?}"),
    };
    let integer = |value: u64| said.as_i64().or_else(|| said.as_str()?.parse().ok()) == Some(value as i64);
    match (kind, found) {
        ("string", [one]) => assert_eq!(said.as_str().unwrap().as_bytes(), bytes(one), "{at}"),
        ("bytes", [one]) => assert_eq!(said.as_str().unwrap(), hex_of(&bytes(one)), "{at}"),
        ("bool", [wire::Value::Varint(one)]) => assert_eq!(said.as_bool().unwrap(), *one == 1, "{at}"),
        ("int32" | "int64" | "uint32" | "uint64", [wire::Value::Varint(one)]) => {
            assert!(integer(*one), "{at}: {one} {said}");
        }
        ("double", [wire::Value::Fixed64(bits)]) => {
            assert_eq!(said.as_f64().unwrap(), f64::from_bits(*bits), "{at}");
        }
        ("repeated string", many) => {
            let texts: Vec<Vec<u8>> = many.iter().map(bytes).collect();
            let said: Vec<Vec<u8>> =
                said.as_array().unwrap().iter().map(|text| text.as_str().unwrap().into()).collect();
            assert_eq!(said, texts, "{at}");
        }
        ("repeated float", [packed]) => {
            let floats = bytes(packed);
            let floats = floats.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap()));
            assert!(floats.eq(said.as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as f32)), "{at}");
        }
        ("repeated int64", [packed]) => {
            let one = wire::varint(&bytes(packed), 0).unwrap().0;
            assert_eq!(said, &json!([one]), "{at}");
        }
        ("map<string, string>", [entry]) => {
            let (key, value) = wire::entry(&bytes(entry)).map(|(k, v)| (k.to_vec(), v.to_vec())).unwrap();
            assert_eq!(said[str::from_utf8(&key).unwrap()].as_str().unwrap().as_bytes(), value, "{at}");
        }
        (list, many) if list.starts_with("repeated ") => {
            let of = list.trim_start_matches("repeated ");
            assert_eq!(many.len(), said.as_array().unwrap().len(), "{at}");
            let full =
                many.iter().map(bytes).zip(said.as_array().unwrap()).filter(|(one, _)| !one.is_empty());
            full.for_each(|(one, said)| agree(of, &one, said));
        }
        (closed, [wire::Value::Varint(one)]) => {
            let word = said.as_str().unwrap().to_ascii_uppercase();
            assert!(SCHEMA.contains(&format!("_{word} = {one};")), "{at}: {closed} {word} {one}");
        }
        (kind, found) => panic!("{at}: {kind} is written as {found:?}"),
    }
}

#[test]
fn the_struct_is_what_the_schema_says() {
    let full = full();
    let json: Value = serde_json::from_slice(&full.to_json()).unwrap();
    agree("LlmSpan", &full.to_protobuf(), &json);
}

#[test]
fn both_forms_read_back_what_they_wrote() {
    let full = full();
    assert_eq!(Record::from_protobuf(&full.to_protobuf()).unwrap(), full);
    assert_eq!(Record::from_json(&full.to_json()).unwrap(), full);
    assert_eq!(Record::from_json(&record().to_json()).unwrap(), record());
}
