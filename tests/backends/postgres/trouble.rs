//! What is in the way of storing, and what is said of it.

use super::{START, config, exporter, send, verdict};
use crate::support::{Postgres, batch, call};
use expect_test::{Expect, expect};
use sidelight::export::postgres::Config;
use sidelight::llm::Record;
use sidelight::net::tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What a batch of one comes to once `sql` was done to a table that had worked.
async fn check(sql: &str, call: Record, expected: Expect) {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let exporter = exporter(&config(&postgres.url()));
    send(&exporter, &batch(&[crate::support::call(0, START)])).await;
    postgres.ask(sql).await;
    expected.assert_eq(&verdict(&exporter, &batch(&[call])).await);
}

#[tokio::test]
async fn a_column_that_is_too_small_is_named_and_the_others_are_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let exporter = exporter(&config(&postgres.url()));
    send(&exporter, &batch(&[call(0, START)])).await;
    postgres.ask("ALTER TABLE llm_spans ALTER COLUMN model TYPE varchar(10), ALTER COLUMN latency_ms_total TYPE integer").await;
    let long = Record { model: "a model of many letters".to_string(), ..call(1, START) };
    let many = Record { latency_ms_total: 3_000_000_000, ..call(2, START) };
    let wide = Record { is_sampled: true, prompt_embedding: vec![0.5; 768], ..call(3, START) };
    expect!["spoilt: llm_spans.model is character varying(10), which cannot hold 23 characters"]
        .assert_eq(&verdict(&exporter, &batch(&[call(4, START), long])).await);
    expect!["spoilt: llm_spans.latency_ms_total is integer, which cannot hold 3000000000"]
        .assert_eq(&verdict(&exporter, &batch(&[many])).await);
    expect!["spoilt: llm_spans.prompt_embedding is vector(384), which cannot hold 768 numbers"]
        .assert_eq(&verdict(&exporter, &batch(&[wide])).await);
    send(&exporter, &batch(&[call(4, START)])).await;
}

#[tokio::test]
async fn a_table_that_was_altered_holds_the_lane_and_says_where() {
    check(
        "ALTER TABLE llm_spans DROP COLUMN pii_types",
        call(1, START),
        expect!["hold: llm_spans has no column pii_types: `sidelight schema postgres --apply` mends it"],
    )
    .await;
    check("ALTER TABLE llm_spans ADD COLUMN tenant text NOT NULL DEFAULT ''; ALTER TABLE llm_spans ALTER COLUMN tenant DROP DEFAULT", call(1, START), expect!["hold: llm_spans.tenant has to be filled and is not ours: give it a default"]).await;
    check(
        "ALTER TABLE llm_spans ALTER COLUMN is_error DROP DEFAULT; ALTER TABLE llm_spans ALTER COLUMN is_error TYPE text",
        call(1, START),
        expect!["kept 1"],
    )
    .await;
    check(
        "ALTER TABLE llm_spans ADD CONSTRAINT thrifty CHECK (cost_usd_micro < 5000)",
        Record { cost_usd_micro: 6000, ..call(1, START) },
        expect![[r#"spoilt: PostgreSQL 23514: new row for relation "llm_spans_default" violates check constraint "thrifty""#]],
    )
    .await;
}

#[tokio::test]
async fn a_partition_that_is_missing_is_made_again() {
    check("DROP TABLE llm_spans_default", call(1, 0), expect!["kept 1"]).await;
    check("DROP TABLE llm_spans", call(1, START), expect!["kept 1"]).await;
}

#[tokio::test]
async fn a_row_without_a_partition_where_none_may_be_made_is_set_aside_and_the_others_are_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    send(&exporter(&config(&postgres.url())), &batch(&[call(0, START)])).await;
    postgres
        .ask("DROP TABLE llm_spans_default; CREATE TABLE september PARTITION OF llm_spans FOR VALUES FROM ('2026-09-01') TO ('2026-10-01')")
        .await;
    let exporter = exporter(&Config { create_schema: false, ..config(&postgres.url()) });
    expect![[r#"spoilt: PostgreSQL 23514: no partition of relation "llm_spans" found for row"#]]
        .assert_eq(&verdict(&exporter, &batch(&[call(1, START), call(2, 0)])).await);
    expect![[r#"spoilt: PostgreSQL 23514: no partition of relation "llm_spans" found for row"#]]
        .assert_eq(&verdict(&exporter, &batch(&[call(2, u64::MAX)])).await);
    send(&exporter, &batch(&[call(1, START)])).await;
    assert_eq!(postgres.ask("SELECT count(*) FROM llm_spans").await, "1\n");
}

#[tokio::test]
async fn whoever_is_not_let_in_waits_for_somebody_to_mend_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    send(&exporter(&config(&postgres.url())), &batch(&[call(0, START)])).await;
    postgres.ask("CREATE ROLE locked NOLOGIN; CREATE ROLE guest LOGIN PASSWORD 'made-up-password'").await;
    let as_role = |role: &str, database: &str| {
        let url = format!("postgres://{role}:made-up-password@127.0.0.1:{}/{database}", postgres.port);
        exporter(&Config { create_schema: false, ..config(&url) })
    };
    let calls = batch(&[call(1, START)]);
    for (role, database, expected) in [
        (
            "locked",
            "postgres",
            expect![[r#"hold: PostgreSQL 28000: role "locked" is not permitted to log in"#]],
        ),
        ("nobody", "postgres", expect![[r#"hold: PostgreSQL 28000: role "nobody" does not exist"#]]),
        ("guest", "elsewhere", expect![[r#"hold: PostgreSQL 3D000: database "elsewhere" does not exist"#]]),
        ("guest", "postgres", expect!["hold: PostgreSQL 42501: permission denied for table llm_spans"]),
    ] {
        expected.assert_eq(&verdict(&as_role(role, database), &calls).await);
    }
    postgres
        .ask("GRANT SELECT, INSERT ON llm_spans TO guest; GRANT USAGE ON SEQUENCE llm_spans_id_seq TO guest")
        .await;
    send(&as_role("guest", "postgres"), &calls).await;
}

#[tokio::test]
async fn a_server_that_asks_for_a_password_and_speaks_tls_is_given_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let pem = |name: &str| format!("{}/tests/data/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    postgres.ask("CREATE ROLE app SUPERUSER LOGIN PASSWORD 'made-up-password'").await;
    let hba = "host all app 127.0.0.1/32 scram-sha-256\nhost all postgres 127.0.0.1/32 trust\n";
    std::fs::write(folder.path().join("postgres/pg_hba.conf"), hba).expect("written");
    postgres.ask("SELECT pg_reload_conf()").await;
    let port = encrypted(postgres.port, &pem("server.pem"), &pem("server.key.pem")).await;
    let calls = batch(&[call(1, START)]);
    let of = |password: &str, mode: &str, ca: &str| {
        let mut config =
            config(&format!("postgres://app:{password}@localhost:{port}/postgres?sslmode={mode}"));
        config.tls.ca_file = ca.into();
        exporter(&config)
    };
    let ca = pem("ca.pem");
    expect![[r#"hold: PostgreSQL 28P01: password authentication failed for user "app""#]]
        .assert_eq(&verdict(&of("wrong", "verify-full", &ca), &calls).await);
    for (mode, ca) in [("disable", ca.as_str()), ("require", &pem("client.pem"))] {
        let said = verdict(&of("made-up-password", mode, ca), &calls).await;
        assert!(said.starts_with("later: "), "{said}");
    }
    assert_eq!(postgres.ask("SELECT to_regclass('llm_spans') IS NULL").await, "t\n");
    send(&of("made-up-password", "verify-full", &ca), &calls).await;
    assert_eq!(postgres.ask("SELECT count(*) FROM llm_spans").await, "1\n");
}

/// A port on which nothing but TLS is spoken to the server on `port`, whose build has none: what PostgreSQL does of
/// it, which is to say `S` to who asks, and shake hands.
async fn encrypted(port: u16, cert: &str, key: &str) -> u16 {
    let tls = tls::Server { cert_file: cert.into(), key_file: key.into(), ..tls::Server::default() };
    let acceptor = TlsAcceptor::from(tls.build(&[]).expect("a certificate and its key"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let own = listener.local_addr().expect("it listens").port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut asked = [0; 8];
                socket.read_exact(&mut asked).await?;
                if asked[4..] != [4, 210, 22, 47] {
                    return Ok(0);
                }
                socket.write_all(b"S").await?;
                let mut client = acceptor.accept(socket).await?;
                let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
                tokio::io::copy_bidirectional(&mut client, &mut server).await.map(|(up, down)| up + down)
            });
        }
    });
    own
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again() {
    let exporter = exporter(&config(&format!("postgres://u@127.0.0.1:{}/d", crate::support::free_port())));
    let said = verdict(&exporter, &batch(&[call(1, START)])).await;
    assert!(said.starts_with("later: "), "{said}");
}

#[tokio::test]
async fn a_connection_that_ended_while_nobody_looked_costs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut postgres) = Postgres::start(folder.path()).await else { return };
    let exporter = exporter(&config(&postgres.url()));
    send(&exporter, &batch(&[call(1, START)])).await;
    postgres
        .ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sidelight'")
        .await;
    send(&exporter, &batch(&[call(2, START)])).await;
    postgres.kill();
    postgres.come_back().await;
    send(&exporter, &batch(&[call(3, START)])).await;
    assert_eq!(postgres.ask("SELECT count(*) FROM llm_spans").await, "3\n");
}
