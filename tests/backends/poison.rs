//! A topic in which stands what should not: each record is stored, or is a dead letter that says where it stands, and
//! the rest goes on.

use crate::support::{Kafka, Postgres, Sidelight, call, eventually};
use expect_test::expect;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use sidelight::llm::Record;
use std::time::Duration;

const TOPIC: &str = "llm.spans.raw";

/// 2026-09-21.
const START: u64 = 1_790_000_000_000_000_000;

/// More than anybody's broker takes unless told to.
const LARGE: usize = 100_000_000;

/// What a record says of itself, and what it holds; `None` is a record without a value.
type Published = (&'static str, Option<Vec<u8>>);

fn client(kafka: &Kafka) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", kafka.brokers()).set("message.max.bytes", "110000000");
    client
}

async fn make_topic(kafka: &Kafka) {
    let admin: AdminClient<DefaultClientContext> = client(kafka).create().expect("a client");
    let topic = NewTopic::new(TOPIC, 1, TopicReplication::Fixed(1)).set("max.message.bytes", "110000000");
    let made = admin.create_topics([&topic], &AdminOptions::new()).await.expect("an answer");
    assert!(made.iter().all(Result::is_ok), "{made:?}");
}

/// Publishes them in that order.
fn publish(kafka: &Kafka, records: &[Published]) {
    let producer: ThreadedProducer<DefaultProducerContext> = client(kafka).create().expect("a client");
    for (encoding, value) in records {
        let said = Header { key: "sidelight-encoding", value: Some(*encoding) };
        let record = BaseRecord::<(), [u8]>::to(TOPIC).headers(OwnedHeaders::new().insert(said));
        let record = value.iter().fold(record, |record, value| record.payload(value));
        producer.send(record).map_err(|(error, _)| error).expect("there is room");
        producer.flush(Duration::from_secs(60)).expect("the broker takes it");
    }
}

/// By the last digits of its span id: what is odd about a call that is stored all the same.
fn odd() -> Vec<Published> {
    let good = |n| call(n, START + n);
    let later = [Record { schema_version: 99, ..good(0x01) }.to_protobuf(), vec![0xfa, 0x7f, 1, b'x']];
    let json =
        String::from_utf8(good(0x02).to_json()).expect("text").replacen('{', "{\"fromTomorrow\":[{}],", 1);
    let sampled = |n, vector| Record { is_sampled: true, prompt_embedding: vector, ..good(n) };
    let unknown = [
        // A later schema, with a field that this one has not.
        ("llm_span", later.concat()),
        ("llm_span_json", json.into_bytes()),
        // An encoding that nobody knows is the one that the receiver is set to.
        ("avro", good(0x03).to_protobuf()),
        // Clocks that are far off, and none.
        ("llm_span", call(0x04, 1).to_protobuf()),
        ("llm_span", call(0x05, u64::MAX).to_protobuf()),
        (
            "llm_span",
            Record { timestamp_utc: "soon".into(), start_time_unix_nano: 0, ..good(0x06) }.to_protobuf(),
        ),
        // More than 32 bits.
        ("llm_span", Record { latency_ms_total: 3_000_000_000, ..good(0x07) }.to_protobuf()),
        ("llm_span", sampled(0x08, vec![f32::NAN; 384]).to_protobuf()),
        // A figure that is no count of tokens: nobody can say what else it is, so it is left out.
        ("llm_span", Record { prompt_tokens: 3_000_000_000, ..good(0x09) }.to_protobuf()),
    ];
    unknown.into_iter().map(|(encoding, value)| (encoding, Some(value))).collect()
}

/// What can never be stored.
fn poison() -> Vec<Published> {
    let good = |n| call(n, START + n);
    let wide = Record { is_sampled: true, prompt_embedding: vec![0.5; 768], ..good(0x10) };
    let json = good(0x11).to_json();
    vec![
        // Cut within a text: at the end of a field, it would be a record that says less.
        ("llm_span", Some(good(0x12).to_protobuf()[..99].to_vec())),
        ("llm_span", Some(good(0x13).to_json())),
        ("llm_span", Some(Vec::new())),
        ("llm_span", None),
        ("llm_span", Some(vec![0; LARGE])),
        ("llm_span", Some(Record { span_id: String::new(), ..good(0x14) }.to_protobuf())),
        ("llm_span_json", Some(json[..json.len() - 1].to_vec())),
        ("llm_span_json", Some(b"[1, 2]".to_vec())),
        ("llm_span_json", Some(good(0x15).to_protobuf())),
        ("otlp_proto", Some(good(0x16).to_protobuf())),
        ("otlp_json", Some(good(0x17).to_json())),
        ("otlp_json", Some(b"{\"resourceSpans\":[{".to_vec())),
        // It is read, and then the store's column turns out to be too small.
        ("llm_span", Some(wide.to_protobuf())),
    ]
}

#[tokio::test]
async fn whatever_stands_in_a_topic_the_rest_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let kafka = Kafka::start(folder.path()).await;
    let exporters = format!("{{ postgres: {{ url: \"{}\" }} }}", postgres.url());
    let brokers = format!("receivers.kafka.brokers=[\"{}\"]", kafka.brokers());
    // Nobody has made the topic yet.
    let gateway = Sidelight::start_set(folder.path(), &exporters, &[brokers]).await;
    eventually("the missing topic to be told", async || {
        gateway.process.output().contains("Subscribed topic not available").then_some(())
    })
    .await;
    make_topic(&kafka).await;

    let good = |n| ("llm_span", Some(call(n, START + n).to_protobuf()));
    let (odd, poison) = (odd(), poison());
    publish(&kafka, &[&[good(0x00)], &odd[..], &poison[..], &[good(0xff)]].concat());
    let stored = (odd.len() + 2).to_string() + "\n";
    eventually("the last call to be stored", async || {
        let there = postgres.ask("SELECT to_regclass('llm_spans') IS NOT NULL").await == "t\n";
        (there && postgres.ask("SELECT count(*) FROM llm_spans").await == stored).then_some(())
    })
    .await;
    let stored = "SELECT right(span_id::text, 2), schema_version, prompt_tokens, latency_ms_total, prompt_embedding IS NULL AS no_vector, \
        CASE WHEN timestamp_utc > now() - interval '1 hour' AND timestamp_utc < now() THEN 'now' ELSE extract(year FROM timestamp_utc)::text END, \
        tableoid::regclass = 'llm_spans_default'::regclass AS by_default FROM llm_spans ORDER BY 1";
    expect![[r#"
        00|1|100|500|t|2026|t
        01|99|100|500|t|2026|t
        02|1|100|500|t|2026|t
        03|1|100|500|t|2026|t
        04|1|100|500|t|1970|t
        05|1|100|0|t|2554|t
        06|1|100|500|t|now|f
        07|1|100|3000000000|t|2026|t
        08|1|100|500|t|2026|t
        09|1|0|500|t|2026|t
        ff|1|100|500|t|2026|t
    "#]]
    .assert_eq(&postgres.ask(stored).await);
    let dead = eventually("all of the poison to be dead", async || {
        let dead = gateway.command(&["queue", "dead", "ls", "--json"]);
        (dead.lines().count() >= poison.len()).then_some(dead)
    })
    .await;
    let told = |line: &str| {
        let letter: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text = |key: &str| letter[key].as_str().unwrap_or("").to_string();
        format!("{}: {}\n", text("exporter"), text("message"))
    };
    expect![[r#"
        receiver:kafka: llm.spans.raw[0]@10: the bytes are no message of the record's schema (99 bytes, sha256 799b0d9c30f7fa3a…)
        receiver:kafka: llm.spans.raw[0]@11: the bytes are no message of the record's schema (573 bytes, sha256 be836751252d03e4…)
        receiver:kafka: llm.spans.raw[0]@12: the record has no usable span_id (0 bytes, sha256 e3b0c44298fc1c14…)
        receiver:kafka: llm.spans.raw[0]@13: a record without a value (0 bytes, sha256 e3b0c44298fc1c14…)
        receiver:kafka: llm.spans.raw[0]@14: larger than max_message_size (100000000 bytes, sha256 a993f8c574e0fea8…)
        receiver:kafka: llm.spans.raw[0]@15: the record has no usable span_id (127 bytes, sha256 26933bc261a0d85a…)
        receiver:kafka: llm.spans.raw[0]@16: the text is no JSON object of the record's schema (572 bytes, sha256 b32b54e48c583b29…)
        receiver:kafka: llm.spans.raw[0]@17: the text is no JSON object of the record's schema (6 bytes, sha256 3a316d6d3226f84c…)
        receiver:kafka: llm.spans.raw[0]@18: the text is no JSON object of the record's schema (165 bytes, sha256 2ecfe3b16afa662b…)
        receiver:kafka: llm.spans.raw[0]@19: malformed request: value past the end in resource_spans at byte 37 (165 bytes, sha256 af1ec7483fe2c7e8…)
        receiver:kafka: llm.spans.raw[0]@20: malformed request: there are no traces in it (573 bytes, sha256 3e762e65a7bdc32a…)
        receiver:kafka: llm.spans.raw[0]@21: malformed request: EOF while parsing an object in resourceSpans[0] at line 1 column 19 (19 bytes, sha256 14cba406621e4dbb…)
        postgres: llm_spans.prompt_embedding is vector(384), which cannot hold 768 numbers
    "#]]
    .assert_eq(&dead.lines().map(told).collect::<String>());

    let counted = async |name: &str, labels: &[&str]| gateway.metric(name, labels).await as usize;
    let unread = poison.len() - 1;
    assert_eq!(counted("sidelight_receiver_kafka_poison_records_total", &[]).await, unread);
    assert_eq!(counted("sidelight_recognize_odd_items_total", &["reason=\"wrong_type\""]).await, 1);
    assert_eq!(counted("sidelight_receiver_refused_items_total", &["transport=\"kafka\""]).await, unread);
    assert_eq!(
        counted("sidelight_receiver_accepted_items_total", &["transport=\"kafka\""]).await,
        odd.len() + 3
    );
    let of = ["exporter=\"postgres\"", "signal=\"traces\""];
    assert_eq!(counted("sidelight_exporter_sent_items_total", &of).await, odd.len() + 2);
    assert_eq!(counted("sidelight_exporter_dead_items_total", &of).await, 1);
    assert_eq!(counted("sidelight_exporter_waiting_items", &of).await, 0);
    eventually("all to be committed", async || {
        (counted("sidelight_receiver_kafka_lag_records", &[]).await == 0).then_some(())
    })
    .await;
}
