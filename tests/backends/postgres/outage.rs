//! A whole agent in front, and a server that is killed.

use super::START;
use crate::support::{Postgres, Sidelight, eventually, span};
use std::collections::HashSet;

/// Sends one call with this id, which must be accepted.
async fn call(sidelight: &Sidelight, id: u64) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("http://127.0.0.1:{}/v1/traces", sidelight.http);
    let body = span(id, START + id);
    let answer = client.post(url).header("content-type", "application/json").body(body).send().await;
    assert!(answer.expect("it answers").status().is_success());
}

#[tokio::test]
async fn a_server_that_is_killed_again_and_again_has_each_call_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut postgres) = Postgres::start(folder.path()).await else { return };
    let exporter = format!(
        "{{ postgres: {{ url: \"{}\", retry_on_failure: {{ initial_interval: 50ms, max_interval: 200ms }} }} }}",
        postgres.url()
    );
    let sidelight = Sidelight::start(folder.path(), &exporter).await;
    let mut sent = 0;
    for round in 0..5 {
        for _ in 0..40 {
            sent += 1;
            call(&sidelight, sent).await;
        }
        // In the midst of what it is doing; in every second round its work goes on while it is away.
        postgres.kill();
        if round % 2 == 0 {
            sent += 1;
            call(&sidelight, sent).await;
        }
        postgres.come_back().await;
    }
    let ids = eventually("all calls to be stored", async || {
        let ids = postgres.ask("SELECT otlp_span_id FROM llm_spans").await;
        (ids.lines().count() as u64 >= sent).then_some(ids)
    })
    .await;
    let different: HashSet<&str> = ids.lines().collect();
    assert_eq!((ids.lines().count() as u64, different.len() as u64), (sent, sent));
    let kept = sidelight.metric("sidelight_exporter_sent_items_total", &["exporter=\"postgres\""]).await;
    assert_eq!(kept as u64, sent);
}

#[tokio::test]
async fn one_call_that_does_not_fit_goes_to_the_dead_letters_and_the_others_are_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start(folder.path()).await else { return };
    let exporter = format!("{{ postgres: {{ url: \"{}\" }} }}", postgres.url());
    let sidelight = Sidelight::start(folder.path(), &exporter).await;
    call(&sidelight, 1).await;
    let count = "SELECT count(*) FROM llm_spans";
    eventually("a first call", async || {
        let there = postgres.ask("SELECT to_regclass('llm_spans') IS NOT NULL").await == "t\n";
        (there && postgres.ask(count).await == "1\n").then_some(())
    })
    .await;
    postgres.ask("ALTER TABLE llm_spans ADD CONSTRAINT not_seven CHECK (otlp_span_id NOT LIKE '%7')").await;
    for id in 2..20 {
        call(&sidelight, id).await;
    }
    eventually("the others", async || (postgres.ask(count).await == "18\n").then_some(())).await;
    let dead = eventually("a dead letter", async || {
        let dead = sidelight.command(&["queue", "dead", "ls", "--json"]);
        (dead.lines().count() == 1).then_some(dead)
    })
    .await;
    assert!(dead.contains("not_seven") && dead.contains("\"reason\":\"refused\""), "{dead}");
}
