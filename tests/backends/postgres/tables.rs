//! The table: made, taken over, brought up to date; its partitions.

use super::{START, config, exporter, send, verdict};
use crate::support::{Postgres, batch, call};
use expect_test::expect;
use sidelight::export::postgres::{By, Config, Partitions};
use std::process::Command;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(86_400);

/// What `sidelight schema postgres` says, with a configuration of this exporter.
fn schema(postgres: &Postgres, args: &[&str]) -> String {
    let config = format!("yaml:exporters: {{ postgres: {{ url: '{}' }} }}", postgres.url());
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidelight"));
    let output =
        command.args(["schema", "postgres", "--config", &config]).args(args).output().expect("it runs");
    String::from_utf8(output.stdout).expect("text") + &String::from_utf8_lossy(&output.stderr)
}

/// The table of the predecessor, as its own migration left it: two months, checks, narrow columns.
const PREDECESSOR: &str = "\
    CREATE EXTENSION vector;
    CREATE TABLE llm_spans (
      id bigserial, span_id uuid NOT NULL, trace_id uuid, parent_span_id uuid, schema_version smallint NOT NULL DEFAULT 1,
      model varchar(255) NOT NULL, provider varchar(255) NOT NULL, service_name varchar(255) NOT NULL, endpoint text NOT NULL,
      environment varchar(50) NOT NULL CHECK (environment IN ('production', 'staging', 'dev')),
      user_id varchar(255), session_id varchar(255), prompt_tokens int NOT NULL, completion_tokens int NOT NULL,
      latency_ms_ttft int, latency_ms_total int NOT NULL,
      finish_reason varchar(50) NOT NULL CHECK (finish_reason IN ('stop', 'length', 'content_filter', 'timeout', 'tool_calls', 'cache_hit', 'client_disconnect')),
      cost_usd_micro bigint NOT NULL, price_version varchar(100) NOT NULL,
      token_count_method varchar(50) NOT NULL CHECK (token_count_method IN ('tiktoken', 'estimated')),
      is_sampled bool NOT NULL DEFAULT false, retry_count smallint NOT NULL DEFAULT 0, attempted_models text[],
      pii_detected bool NOT NULL DEFAULT false, injection_attempt bool NOT NULL DEFAULT false,
      timestamp_utc timestamptz NOT NULL, prompt_hash char(64), prompt_embedding vector(384), response_embedding vector(384),
      created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (span_id, timestamp_utc)) PARTITION BY RANGE (timestamp_utc);
    CREATE TABLE llm_spans_2026_05 PARTITION OF llm_spans FOR VALUES FROM ('2026-05-01') TO ('2026-06-01');
    CREATE TABLE llm_spans_2026_06 PARTITION OF llm_spans FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
    INSERT INTO llm_spans (span_id, model, provider, service_name, endpoint, environment, prompt_tokens, completion_tokens,
      latency_ms_total, finish_reason, cost_usd_micro, price_version, token_count_method, timestamp_utc)
    VALUES ('123e4567-e89b-42d3-a456-426614174000', 'gpt-4o', 'openai', 'old', '/', 'dev', 1, 2, 3, 'stop', 4, 'v', 'tiktoken', '2026-05-05')";

#[tokio::test]
async fn a_table_of_the_predecessor_is_taken_over_with_its_rows_when_somebody_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    postgres.ask(PREDECESSOR).await;
    let exporter = exporter(&config(&postgres.url()));
    let calls = batch(&[call(1, START)]);
    expect!["hold: llm_spans has no column otlp_span_id: `sidelight schema postgres --apply` mends it"]
        .assert_eq(&verdict(&exporter, &calls).await);
    expect![[r#"
        llm_spans: brought from version 0 to 2
        llm_spans: vectors are kept by pgvector
    "#]]
    .assert_eq(&schema(&postgres, &["--apply"]));
    send(&exporter, &calls).await;
    let rows =
        postgres.ask("SELECT service_name, environment, usage_counted FROM llm_spans ORDER BY 1").await;
    assert_eq!(rows, "old|dev|t\nshop|unspecified|t\n");
    expect![[r#"
        llm_spans: is at version 2
        llm_spans: vectors are kept by pgvector
    "#]]
    .assert_eq(&schema(&postgres, &["--apply"]));
}

#[tokio::test]
async fn an_older_table_of_ours_is_brought_up_to_date_and_a_newer_one_is_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let first = include_str!("../../../schema/postgres/0001_predecessor.sql");
    let first =
        first.replace("{table}", "llm_spans").replace("{name}", "llm_spans").replace("{vector}", "real[]");
    postgres.ask(&first).await;
    let books = "CREATE TABLE sidelight_schema (table_name text PRIMARY KEY, version integer NOT NULL, \
        updated_at timestamptz NOT NULL DEFAULT now()); INSERT INTO sidelight_schema VALUES ('llm_spans', 1)";
    postgres.ask(books).await;
    let version = "SELECT version FROM sidelight_schema";
    send(&exporter(&config(&postgres.url())), &batch(&[call(1, START)])).await;
    assert_eq!(postgres.ask(version).await, "2\n");

    let newer =
        "UPDATE sidelight_schema SET version = 99; ALTER TABLE llm_spans ADD COLUMN from_tomorrow text";
    postgres.ask(newer).await;
    send(&exporter(&config(&postgres.url())), &batch(&[call(2, START)])).await;
    assert!(schema(&postgres, &["--apply"]).starts_with("llm_spans: is at version 99\n"));
    assert_eq!(postgres.ask(version).await, "99\n");
    assert_eq!(postgres.ask("SELECT count(*) FROM llm_spans").await, "2\n");
}

#[tokio::test]
async fn the_schema_that_is_printed_makes_the_table_that_the_exporter_makes() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let columns = "SELECT attname, atttypid::regtype, attnotnull FROM pg_attribute \
        WHERE attrelid = 'llm_spans'::regclass AND attnum > 0 ORDER BY attnum";
    let indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'llm_spans' ORDER BY 1";
    postgres.ask(&schema(&postgres, &[])).await;
    let printed = postgres.ask(columns).await + &postgres.ask(indexes).await;
    postgres.ask("DROP TABLE llm_spans; DROP TABLE sidelight_schema").await;
    send(&exporter(&config(&postgres.url())), &batch(&[call(1, START)])).await;
    assert_eq!(postgres.ask(columns).await + &postgres.ask(indexes).await, printed);
    assert!(printed.contains("USING hnsw"), "{printed}");
}

#[tokio::test]
async fn partitions_are_made_ahead_and_whatever_the_clock_said_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let at = |time: Duration| time.as_nanos() as u64;
    let times =
        [0, 1, at(now - 400 * DAY), at(now - DAY), at(now), at(now + 3 * DAY), at(now + 400 * DAY), u64::MAX];
    let calls: Vec<_> = times.iter().zip(0..).map(|(time, n)| call(n, *time)).collect();
    let exporter = exporter(&config(&postgres.url()));
    send(&exporter, &batch(&calls)).await;
    let places = "SELECT tableoid::regclass = 'llm_spans_default'::regclass, count(*) FROM llm_spans GROUP BY 1 ORDER BY 1";
    assert_eq!(postgres.ask(places).await, "f|3\nt|5\n");
    let made = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'llm_spans'::regclass";
    assert_eq!(postgres.ask(made).await, "10\n", "yesterday, today, seven days to come, and the rest");
}

#[tokio::test]
async fn rows_move_to_their_partition_once_there_is_one_and_old_ones_are_dropped() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let at = |time: Duration| time.as_nanos() as u64;
    let first = Config {
        partitions: Partitions { ahead: Duration::ZERO, ..Partitions::default() },
        ..config(&postgres.url())
    };
    let calls =
        [call(1, at(now - 100 * DAY)), call(2, at(now - DAY)), call(3, at(now)), call(4, at(now + 2 * DAY))];
    send(&exporter(&first), &batch(&calls)).await;
    let in_default = "SELECT count(*) FROM llm_spans_default";
    assert_eq!(postgres.ask(in_default).await, "2\n");
    postgres
        .ask("CREATE TABLE llm_spans_old PARTITION OF llm_spans FOR VALUES FROM (MINVALUE) TO ('2020-01-01')")
        .await;

    let second =
        Config { partitions: Partitions { keep: 30 * DAY, by: By::Day, ahead: 7 * DAY }, ..first.clone() };
    send(&exporter(&second), &batch(&[call(5, at(now))])).await;
    assert_eq!(postgres.ask(in_default).await, "0\n");
    assert_eq!(
        postgres.ask("SELECT count(*) FROM llm_spans").await,
        "4\n",
        "the one of a hundred days ago is gone"
    );
    assert_eq!(postgres.ask("SELECT to_regclass('llm_spans_old') IS NULL").await, "t\n");
}

#[tokio::test]
async fn gateways_that_start_at_once_make_one_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let exporters: Vec<_> = (0..6).map(|_| exporter(&config(&postgres.url()))).collect();
    let calls = batch(&[call(1, START), call(2, START)]);
    let sends = exporters.iter().map(|exporter| async {
        // Two that make one extension at the same time may have to try again, as the lane does.
        for _ in 0..5 {
            if verdict(exporter, &calls).await == "kept 2" {
                return;
            }
        }
        panic!("{}", verdict(exporter, &calls).await);
    });
    futures_util::future::join_all(sends).await;
    assert_eq!(postgres.ask("SELECT count(*) FROM llm_spans").await, "2\n");
}
