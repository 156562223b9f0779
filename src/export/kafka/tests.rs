//! The exporter against librdkafka's mock cluster.

use super::*;
use crate::kafka::testing::{Mock, cluster, headers, records};
use crate::llm::Record;
use crate::llm::record::testing::{logs_of_a_call, record};
use crate::otlp::Limits;
use crate::settings::read_text;
use rdkafka::Message as _;
use rdkafka::types::{RDKafkaApiKey as Api, RDKafkaRespErr as Error};

const TOPIC: &str = "llm.spans.raw";

fn config(cluster: &Mock, yaml: &str) -> Config {
    let mut config = Config::default();
    let timeout = if yaml.contains("timeout") { "" } else { "timeout: 10s," };
    let brokers = cluster.bootstrap_servers().replace(',', "','");
    let yaml = format!("{{ brokers: ['{brokers}'], {timeout} {yaml} }}");
    let problems = read_text("c", &yaml, |section| config.read(section));
    assert!(problems.is_empty(), "{problems:?}");
    config
}

fn exporter(cluster: &Mock, yaml: &str) -> Kafka {
    Kafka::new(&config(cluster, yaml)).unwrap()
}

/// A request of `calls` of the predecessor's, each with its own ids.
fn batch(calls: u8) -> Batch {
    let call = |n: u8| {
        Record { span_id: format!("123e4567-e89b-42d3-a456-4266141740{n:02x}"), ..record() }.to_otlp()
    };
    let otlp: Vec<u8> = (0..calls).flat_map(call).collect();
    Batch::read(Signal::Traces, otlp.into(), &Limits::default()).unwrap()
}

/// A span that is no call.
fn plain() -> Batch {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message;
    let spans = vec![Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "GET /".to_string(),
        ..Span::default()
    }];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    let otlp = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    Batch::read(Signal::Traces, otlp.into(), &Limits::default()).unwrap()
}

fn kept(verdict: Verdict) -> u64 {
    match verdict {
        Verdict::Kept { items } => items,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_is_one_record_with_its_key_and_headers() {
    let cluster = cluster(&[TOPIC]);
    let sent = batch(2);
    assert_eq!(kept(exporter(&cluster, "").send(&sent).await), 2);
    let found = records(&cluster.bootstrap_servers(), TOPIC, 2);
    let expected = records::read(&sent, Extent { resource: true, messages: false });
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].partition(), found[1].partition(), "both are of one trace");
    for (message, call) in found.iter().zip(expected) {
        assert_eq!(Record::from_protobuf(message.payload().unwrap()).unwrap(), call);
        assert_eq!(message.key().unwrap(), b"0b1f8e0a-1111-4222-8333-444455556666");
        let headers = headers(message);
        assert_eq!(headers["schema-version"], "1");
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert_eq!(headers["sidelight-encoding"], "llm_span");
        assert_eq!(headers["record-id"], call.record_id());
        let span: String = call.span_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(headers["traceparent"], format!("00-0b1f8e0a111142228333444455556666-{span}-00"));
    }
}

#[tokio::test]
async fn what_is_no_call_is_not_carried_and_nothing_is_sent_for_it() {
    let cluster = cluster(&[TOPIC]);
    let exporter = exporter(&cluster, "");
    assert_eq!(kept(exporter.send(&plain()).await), 0);
    assert!(!exporter.carries(Signal::Metrics));
}

#[tokio::test]
async fn a_call_that_a_log_record_tells_of_is_a_record_as_that_of_a_span() {
    let cluster = cluster(&[TOPIC]);
    let exporter = exporter(&cluster, "");
    assert!(exporter.carries(Signal::Logs));
    assert_eq!(kept(exporter.send(&logs_of_a_call("", "")).await), 1);
    let found = records(&cluster.bootstrap_servers(), TOPIC, 1);
    let call = Record::from_protobuf(found[0].payload().unwrap()).unwrap();
    assert_eq!((call.model.as_str(), call.input_tokens), ("claude-sonnet-4-5", Some(12)));
    assert_eq!(found[0].key().unwrap(), call.span_id.as_bytes(), "it stands in no trace");
    assert_eq!(headers(&found[0])["record-id"], call.record_id());
}

#[tokio::test]
async fn calls_go_out_as_json_keyed_by_span_to_topics_by_service() {
    let cluster = cluster(&["llm.spans.raw.svc"]);
    let exporter = exporter(&cluster, "encoding: llm_span_json, key: span_id, topic_from: service");
    assert_eq!(kept(exporter.send(&batch(1)).await), 1);
    let found = records(&cluster.bootstrap_servers(), "llm.spans.raw.svc", 1);
    let json: serde_json::Value = serde_json::from_slice(found[0].payload().unwrap()).unwrap();
    assert_eq!(json["finish_reason"], "stop");
    assert_eq!(found[0].key().unwrap(), json["span_id"].as_str().unwrap().as_bytes());
}

#[tokio::test]
async fn requests_go_out_as_they_are() {
    let cluster = cluster(&["otlp_spans", "otlp_logs"]);
    let exporter = exporter(
        &cluster,
        "encoding: otlp_proto, topic: otlp_spans, logs_topic: otlp_logs, compression: none",
    );
    let sent = plain();
    assert_eq!(kept(exporter.send(&sent).await), 1);
    let found = records(&cluster.bootstrap_servers(), "otlp_spans", 1);
    assert_eq!(found[0].payload().unwrap(), sent.otlp());
    assert_eq!(headers(&found[0])["otlp-signal"], "traces");
    assert!(exporter.carries(Signal::Logs) && !exporter.carries(Signal::Metrics));
}

#[tokio::test]
async fn errors_that_pass_are_outlived_and_nothing_comes_twice() {
    let cluster = cluster(&[TOPIC]);
    let passing = [
        Error::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        Error::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        Error::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        Error::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
    ];
    cluster.request_errors(Api::Produce, &passing);
    cluster.request_errors(Api::Metadata, &[Error::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE]);
    cluster.request_errors(Api::InitProducerId, &[Error::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE]);
    assert_eq!(kept(exporter(&cluster, "timeout: 10s").send(&batch(5)).await), 5);
    assert_eq!(records(&cluster.bootstrap_servers(), TOPIC, 5).len(), 5);
}

#[tokio::test]
async fn brokers_that_are_down_are_waited_for() {
    let cluster = cluster(&[TOPIC]);
    let exporter = exporter(&cluster, "timeout: 1s");
    (1..=3).for_each(|broker| cluster.broker_down(broker).unwrap());
    let verdict = exporter.send(&batch(2)).await;
    assert!(matches!(verdict, Verdict::Later { .. }), "{verdict:?}");
    (1..=3).for_each(|broker| cluster.broker_up(broker).unwrap());
    let mut verdict = exporter.send(&batch(2)).await;
    for _ in 0..10 {
        if matches!(verdict, Verdict::Later { .. }) {
            verdict = exporter.send(&batch(2)).await;
        }
    }
    assert_eq!(kept(verdict), 2);
}

#[tokio::test]
async fn a_leader_that_moves_is_followed() {
    let cluster = cluster(&[TOPIC]);
    let exporter = exporter(&cluster, "timeout: 10s");
    for leader in [1, 2, 3, 1] {
        (0..3).for_each(|partition| cluster.partition_leader(TOPIC, partition, Some(leader)).unwrap());
        assert_eq!(kept(exporter.send(&batch(3)).await), 3);
    }
    assert_eq!(records(&cluster.bootstrap_servers(), TOPIC, 12).len(), 12);
}

#[tokio::test]
async fn what_a_person_has_to_mend_holds_the_lane() {
    let cluster = cluster(&["denied"]);
    cluster.topic_error("denied", Error::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED).unwrap();
    for topic in ["denied", "missing"] {
        let verdict = exporter(&cluster, &format!("topic: {topic}")).send(&batch(1)).await;
        assert!(matches!(verdict, Verdict::Hold(_)), "{topic}: {verdict:?}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_said_before_any_of_it_is_sent() {
    let cluster = cluster(&[TOPIC]);
    let large = Record { service_name: "x".repeat(70_000), ..record() };
    let otlp = [batch(1).otlp().to_vec(), large.to_otlp()].concat();
    let both = Batch::read(Signal::Traces, otlp.into(), &Limits::default()).unwrap();
    let exporter = exporter(&cluster, "max_message_size: 64KiB");
    let verdict = exporter.send(&both).await;
    assert!(matches!(verdict, Verdict::TooLarge(_)), "{verdict:?}");
    assert_eq!(kept(exporter.send(&batch(1)).await), 1);
    assert_eq!(records(&cluster.bootstrap_servers(), TOPIC, 1).len(), 1);
    cluster.request_errors(Api::Produce, &[Error::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE]);
    let verdict = exporter.send(&batch(2)).await;
    assert!(matches!(verdict, Verdict::TooLarge(_)), "{verdict:?}");
}

#[tokio::test]
async fn what_the_broker_refuses_is_found_by_halves_and_its_copy_goes_to_the_dead_letters() {
    let cluster = cluster(&[TOPIC, "dead"]);
    let exporter = exporter(&cluster, "dead_letter_topic: dead");
    let refused = [Error::RD_KAFKA_RESP_ERR_INVALID_RECORD];
    cluster.request_errors(Api::Produce, &refused);
    let verdict = exporter.send(&batch(2)).await;
    assert!(matches!(verdict, Verdict::Spoilt(_)), "{verdict:?}");
    cluster.request_errors(Api::Produce, &refused);
    let verdict = exporter.send(&batch(1)).await;
    assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    let dead = records(&cluster.bootstrap_servers(), "dead", 1);
    assert_eq!(headers(&dead[0])["dead-letter-origin"], TOPIC);
}

#[test]
fn settings_that_contradict_each_other_are_said_with_their_keys() {
    let mut config = Config::default();
    let yaml = "{ brokers: [a:1], topic: 'a b', logs_topic: l, timeout: 10ms, max_message_size: 1KiB, \
        create_topics: { partitions: 0 } }";
    let problems = read_text("c", yaml, |section| config.read(section));
    let text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    expect_test::expect![[r#"
        c:1: topic: expected the name of a topic: up to 249 letters, digits, dots, _ and -
        c:1: logs_topic: logs and metrics go out in encodings otlp_* only
        c:1: timeout: must be 1s at least
        c:1: max_message_size: must be between 64KiB and 100MiB
        c:1: create_topics: partitions and replication_factor must be 1 at least
    "#]]
    .assert_eq(&text);
}
