//! OTLP/JSON, read into protobuf and written from it.
//!
//! Source: opentelemetry-proto docs/specification.md, "JSON Protobuf Encoding", and protobuf's ProtoJSON.

mod read;
mod write;

pub use read::{Unreadable, read};
pub use write::write;

#[cfg(test)]
mod tests {
    use super::super::payload::{self, Random};
    use super::super::{Batch, Limits, Signal, testing};
    use super::*;
    use expect_test::{Expect, expect};
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use prost::Message;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    fn batch(signal: Signal, otlp: Vec<u8>) -> Batch {
        Batch::read(signal, otlp.into(), &Limits::default()).unwrap()
    }

    /// That `request` comes through our JSON, and through that of opentelemetry-proto both ways.
    fn round_trip<M: Message + Default + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
        signal: Signal,
        request: &M,
    ) {
        let text = write(&batch(signal, request.encode_to_vec()));
        assert_eq!(&M::decode(&*read(signal, text.as_bytes()).unwrap()).unwrap(), request, "{text}");
        assert_eq!(&serde_json::from_str::<M>(&text).unwrap(), request, "{text}");
        let theirs = serde_json::to_string_pretty(request).unwrap();
        let bytes = read(signal, theirs.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{theirs}"));
        assert_eq!(&M::decode(&*bytes).unwrap(), request, "{theirs}");
    }

    #[test]
    fn traces_come_through_json() {
        round_trip(Signal::Traces, &payload::full_span(1));
        round_trip(Signal::Traces, &payload::traces(1, 20, 20));
    }

    #[test]
    fn logs_come_through_json() {
        round_trip(Signal::Logs, &payload::logs(1, 4));
    }

    #[test]
    fn metrics_come_through_json() {
        round_trip(Signal::Metrics, &payload::metrics(1));
    }

    /// That what `text` says is written as `expected`.
    fn written(signal: Signal, text: &str, expected: Expect) {
        let otlp = read(signal, text.as_bytes()).unwrap();
        expected.assert_eq(&write(&batch(signal, otlp)));
    }

    #[test]
    fn a_request_is_written_by_the_rules() {
        let spans =
            |span: &str| format!(r#"{{"resource_spans": [{{"scope_spans": [{{"spans": [{span}]}}]}}]}}"#);
        let span = r#"{"trace_id": "0AFF", "kind": "SPAN_KIND_SERVER", "flags": "1", "end_time_unix_nano": 5, "name": ""}"#;
        written(
            Signal::Traces,
            &spans(span),
            expect![[
                r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0aff","kind":2,"endTimeUnixNano":"5","flags":1}]}]}]}"#
            ]],
        );
        let value =
            |value: &str| spans(&format!(r#"{{"attributes": [{{"key": "a\"\u0001é", "value": {value}}}]}}"#));
        written(
            Signal::Traces,
            &value(r#"{"int_value": -5}"#),
            expect![[
                r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a\"\u0001é","value":{"intValue":"-5"}}]}]}]}]}"#
            ]],
        );
        written(
            Signal::Traces,
            &value(r#"{"double_value": "NaN"}"#),
            expect![[
                r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a\"\u0001é","value":{"doubleValue":"NaN"}}]}]}]}]}"#
            ]],
        );
        written(
            Signal::Traces,
            &value(r#"{"double_value": 1e300}"#),
            expect![[
                r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a\"\u0001é","value":{"doubleValue":1e300}}]}]}]}]}"#
            ]],
        );
        written(
            Signal::Traces,
            &value(r#"{"bytes_value": "-_8"}"#),
            expect![[
                r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a\"\u0001é","value":{"bytesValue":"+/8="}}]}]}]}]}"#
            ]],
        );
        written(
            Signal::Traces,
            &value(r#"{"array_value": {"values": [{"bool_value": false}, {}]}}"#),
            expect![[
                r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a\"\u0001é","value":{"arrayValue":{"values":[{"boolValue":false},{}]}}}]}]}]}]}"#
            ]],
        );
        written(
            Signal::Traces,
            &value(r#"{"string_value": "lost", "int_value": 1}"#),
            expect![[
                r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a\"\u0001é","value":{"intValue":"1"}}]}]}]}]}"#
            ]],
        );
        let metric = |data: &str| {
            format!(r#"{{"resource_metrics": [{{"scope_metrics": [{{"metrics": [{{{data}}}]}}]}}]}}"#)
        };
        let histogram = r#""histogram": {"data_points": [{"bucket_counts": [1, "2"], "explicit_bounds": [1], "min": 0}]}"#;
        written(
            Signal::Metrics,
            &metric(histogram),
            expect![[
                r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":["1","2"],"explicitBounds":[1.0],"min":0.0}]}}]}]}]}"#
            ]],
        );
        let exponential = r#""exponentialHistogram": {"dataPoints": [{"scale": -3, "negative": {"offset": 3, "bucketCounts": [300, 0]}}]}"#;
        written(
            Signal::Metrics,
            &metric(exponential),
            expect![[
                r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"exponentialHistogram":{"dataPoints":[{"scale":-3,"negative":{"offset":3,"bucketCounts":["300","0"]}}]}}]}]}]}"#
            ]],
        );
        written(Signal::Logs, "{}", expect!["{}"]);
    }

    fn shown<M: Message + Default + std::fmt::Debug>(otlp: &[u8]) -> String {
        format!("{:?}", M::decode(otlp).unwrap())
    }

    #[test]
    fn whatever_is_accepted_comes_through_json() {
        let random = &mut Random::new(5);
        let seeds = testing::seeds();
        for _ in 0..3000 {
            let (signal, mut bytes) = seeds[random.below(seeds.len())].clone();
            let other = &seeds[random.below(seeds.len())].1;
            testing::mutate(random, &mut bytes, other);
            let Ok(batch) = Batch::read(signal, bytes.into(), &Limits::default()) else {
                continue;
            };
            let text = write(&batch);
            let again = read(signal, text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let shown = match signal {
                Signal::Traces => shown::<ExportTraceServiceRequest>,
                Signal::Logs => shown::<ExportLogsServiceRequest>,
                Signal::Metrics => shown::<ExportMetricsServiceRequest>,
            };
            assert_eq!(shown(&again), shown(batch.otlp()), "{text}");
        }
    }

    /// One span, its fields given as JSON, as prost decodes what is read.
    fn span(fields: &str) -> Result<String, Unreadable> {
        let text = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
        let request = ExportTraceServiceRequest::decode(&*read(Signal::Traces, text.as_bytes())?).unwrap();
        let span = &request.resource_spans[0].scope_spans[0].spans[0];
        let shown = format!("{span:?}");
        // Only what differs from an empty span.
        let empty = format!("{:?}", opentelemetry_proto::tonic::trace::v1::Span::default());
        let (shown, empty) = (parts(&shown), parts(&empty));
        Ok(shown.iter().filter(|part| !empty.contains(part)).cloned().collect::<Vec<_>>().join(", "))
    }

    /// `a: 1, b: [c, d]` as `a: 1` and `b: [c, d]`.
    fn parts(shown: &str) -> Vec<String> {
        let inner = shown.trim_start_matches("Span { ").trim_end_matches(" }");
        let (mut depth, mut parts) = (0, vec![String::new()]);
        for char in inner.chars() {
            depth += i32::from(matches!(char, '[' | '{' | '(')) - i32::from(matches!(char, ']' | '}' | ')'));
            match parts.last_mut() {
                Some(_) if char == ',' && depth == 0 => parts.push(String::new()),
                Some(part) => part.push(char),
                None => (),
            }
        }
        parts.iter().map(|part| part.trim().to_string()).collect()
    }

    fn check(fields: &str, expected: Expect) {
        expected.assert_eq(&span(fields).unwrap_or_else(|error| error.to_string()));
    }

    #[test]
    fn ids_are_hex_in_any_case() {
        check(
            r#""traceId": "5B8EFFf798038103d269b633813fc60c", "spanId": """#,
            expect!["trace_id: [91, 142, 255, 247, 152, 3, 129, 3, 210, 105, 182, 51, 129, 63, 198, 12]"],
        );
        check(
            r#""traceId": "abc""#,
            expect![
                "expected a string of hex digits in resourceSpans[0].scopeSpans[0].spans[0].traceId at line 1 column 60"
            ],
        );
        check(
            r#""spanId": "W47/95gDgQM=""#,
            expect![
                "expected a string of hex digits in resourceSpans[0].scopeSpans[0].spans[0].spanId at line 1 column 68"
            ],
        );
        check(
            r#""spanId": 12"#,
            expect![
                "expected a string of hex digits in resourceSpans[0].scopeSpans[0].spans[0].spanId at line 1 column 56"
            ],
        );
    }

    #[test]
    fn names_may_be_in_camel_or_snake_case() {
        check(
            r#""startTimeUnixNano": 1, "end_time_unix_nano": 2, "StartTimeUnixNano": 3"#,
            expect!["start_time_unix_nano: 1, end_time_unix_nano: 2"],
        );
    }

    #[test]
    fn integers_are_numbers_or_strings() {
        check(
            r#""startTimeUnixNano": "18446744073709551615", "endTimeUnixNano": 1e3"#,
            expect!["start_time_unix_nano: 18446744073709551615, end_time_unix_nano: 1000"],
        );
        check(
            r#""startTimeUnixNano": "18446744073709551616""#,
            expect![
                "number out of range in resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano at line 1 column 87"
            ],
        );
        check(
            r#""startTimeUnixNano": -1"#,
            expect![
                "number out of range in resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano at line 1 column 67"
            ],
        );
        check(
            r#""startTimeUnixNano": 1.5"#,
            expect![
                "expected a number in resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano at line 1 column 68"
            ],
        );
        check(
            r#""startTimeUnixNano": "soon""#,
            expect![
                "expected a number in resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano at line 1 column 71"
            ],
        );
        check(
            r#""flags": 4294967296"#,
            expect![
                "number out of range in resourceSpans[0].scopeSpans[0].spans[0].flags at line 1 column 63"
            ],
        );
    }

    #[test]
    fn enums_are_numbers_or_names() {
        check(r#""kind": 3"#, expect!["kind: Client"]);
        check(r#""kind": "SPAN_KIND_CLIENT""#, expect!["kind: Client"]);
        check(r#""kind": 99"#, expect!["kind: 99"]);
        check(
            r#""kind": "CLIENT""#,
            expect![
                "expected a number or the name of a known value in resourceSpans[0].scopeSpans[0].spans[0].kind at line 1 column 60"
            ],
        );
    }

    #[test]
    fn null_is_the_default_and_unknown_keys_are_skipped() {
        check(r#""name": null, "attributes": null, "status": null, "new": {"deep": [1]}"#, expect![]);
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let value = |value: &str| format!(r#""attributes":[{{"key":"k","value":{value}}}]"#);
        check(
            &value(r#"{"stringValue": ""}"#),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: Some(StringValue("")) }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value(r#"{"boolValue": false}"#),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: Some(BoolValue(false)) }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value(r#"{"intValue": "-5"}"#),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: Some(IntValue(-5)) }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value(r#"{"doubleValue": "NaN"}"#),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: Some(DoubleValue(NaN)) }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value(r#"{"doubleValue": -1}"#),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: Some(DoubleValue(-1.0)) }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value(r#"{"doubleValue": "-Infinity"}"#),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: Some(DoubleValue(-inf)) }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value(r#"{"bytesValue": "-_8"}"#),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: Some(BytesValue([251, 255])) }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value(r#"{"bytesValue": "+/8="}"#),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: Some(BytesValue([251, 255])) }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value(r#"{"arrayValue": {"values": [{"intValue": 1}, null]}}"#),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: Some(ArrayValue(ArrayValue { values: [AnyValue { value: Some(IntValue(1)) }, AnyValue { value: None }] })) }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value(r#"{"kvlistValue": {"values": [{"key": "n"}]}}"#),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: Some(KvlistValue(KeyValueList { values: [KeyValue { key: "n", value: None, key_strindex: 0 }] })) }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value("{}"),
            expect![[
                r#"attributes: [KeyValue { key: "k", value: Some(AnyValue { value: None }), key_strindex: 0 }]"#
            ]],
        );
        check(
            &value("null"),
            expect![[r#"attributes: [KeyValue { key: "k", value: None, key_strindex: 0 }]"#]],
        );
    }

    #[test]
    fn wrong_types_are_refused_with_their_place() {
        check(
            r#""name": 12"#,
            expect!["expected a string in resourceSpans[0].scopeSpans[0].spans[0].name at line 1 column 54"],
        );
        check(
            r#""attributes": {"key": "secret"}"#,
            expect![
                "expected a list in resourceSpans[0].scopeSpans[0].spans[0].attributes at line 1 column 59"
            ],
        );
        check(
            r#""attributes": [{"key": "a"}, {"key": "b", "value": "secret"}]"#,
            expect![
                "expected an object in resourceSpans[0].scopeSpans[0].spans[0].attributes[1].value at line 1 column 103"
            ],
        );
        check(
            r#""attributes": [{"key": "a", "value": {"boolValue": "secret"}}]"#,
            expect![
                "expected true or false in resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.boolValue at line 1 column 103"
            ],
        );
        check(
            r#""attributes": [{"key": "a", "value": {"bytesValue": "s e"}}]"#,
            expect![
                "expected a string of base64 in resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.bytesValue at line 1 column 101"
            ],
        );
        check(
            r#""status": []"#,
            expect![
                "expected an object in resourceSpans[0].scopeSpans[0].spans[0].status at line 1 column 56"
            ],
        );
        check(
            r#""events": "secret, expected secret""#,
            expect!["expected a list in resourceSpans[0].scopeSpans[0].spans[0].events at line 1 column 79"],
        );
    }

    fn refused(text: &str, expected: Expect) {
        expected.assert_eq(&read(Signal::Logs, text.as_bytes()).unwrap_err().to_string());
    }

    #[test]
    fn what_is_no_request_is_refused_with_its_place() {
        refused("", expect!["EOF while parsing a value in request at line 1 column 0"]);
        refused("[]", expect!["expected an object in request at line 1 column 2"]);
        refused("\"secret\"", expect!["expected an object in request at line 1 column 8"]);
        refused("{} {}", expect!["trailing characters in request at line 1 column 4"]);
        refused(
            "{\"resourceLogs\": [{\n\"scopeLogs\": [}]",
            expect!["expected value in resourceLogs[0].scopeLogs[0] at line 2 column 15"],
        );
        refused(
            r#"{"resourceLogs": [{"schemaUrl": "\ud800 secret"}]}"#,
            expect!["unexpected end of hex escape in resourceLogs[0].schemaUrl at line 1 column 40"],
        );
        refused(
            r#"{"resourceLogs": [{"schemaUrl": "secret"#,
            expect!["EOF while parsing a string in resourceLogs[0].schemaUrl at line 1 column 39"],
        );
        refused(r#"{"resourceLogs":1"#, expect!["expected a list in resourceLogs at line 1 column 17"]);
        assert!(read(Signal::Logs, b"{\"resourceLogs\": [{\"schemaUrl\": \"\xff\"}]}").is_err());
    }

    #[test]
    fn nesting_has_an_end_before_that_of_protobuf() {
        let (array, list) = (r#"{"arrayValue":{"values":["#, r#"{"kvlistValue":{"values":[{"value":"#);
        for (open, close) in [(array, "]}}"), (list, "}]}}")] {
            let mut deepest = 0;
            for depth in 0..60 {
                let body = format!("{}{{}}{}", open.repeat(depth), close.repeat(depth));
                let text =
                    format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{body}}}]}}]}}]}}"#);
                if let Ok(bytes) = read(Signal::Logs, text.as_bytes()) {
                    batch(Signal::Logs, bytes);
                    deepest = depth;
                }
            }
            assert!(deepest > 20 && deepest < 50, "{deepest}");
        }
    }
}
