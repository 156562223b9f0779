//! A configuration that changes while the agent runs, dead letters that are sent again, and signals.

use crate::support::agent::Agent;
use crate::support::process::Sidelight;
use crate::support::spans::{Trace, trace};
use crate::support::upstream::{Behaviour, Upstream};
use sidelight::queue::Chosen;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn to(upstreams: &[(&str, &Upstream)]) -> String {
    let retry = "retry_on_failure: { initial_interval: 20ms, max_interval: 50ms }";
    let exporters: Vec<String> =
        upstreams.iter().map(|(id, to)| format!("{id}: {{ endpoint: \"{}\", {retry} }}", to.url())).collect();
    format!("exporters: {{ {} }}", exporters.join(", "))
}

fn call(text: &str) -> Trace {
    trace().llm(text)
}

#[tokio::test]
async fn exporters_are_exchanged_without_losing_or_repeating_a_span() {
    let (one, two) = (Upstream::start().await, Upstream::start().await);
    let agent = Agent::start(&to(&[("otlphttp", &one)])).await;
    let mut sent = Vec::new();
    for round in 0..12 {
        for _ in 0..5 {
            let trace = call("hello");
            sent.extend(trace.span_ids());
            agent.send(&trace).await;
        }
        let next = if round % 2 == 0 { &two } else { &one };
        agent.reload(&to(&[("otlphttp", next)])).await.expect("it is a good one");
    }
    one.wait_for(|taken| taken.span_ids().len() + two.taken().span_ids().len() >= sent.len()).await;
    let arrived: Vec<_> = one.taken().span_ids().into_iter().chain(two.taken().span_ids()).collect();
    assert_eq!(arrived.len(), sent.len(), "none came twice");
    assert_eq!(HashSet::<Vec<u8>>::from_iter(arrived), HashSet::from_iter(sent));
    agent.assert_ledger_closes(&["otlphttp"]).await;
}

#[tokio::test]
async fn an_exporter_comes_and_another_goes() {
    let (one, two) = (Upstream::start().await, Upstream::start().await);
    one.always(Behaviour::http(503));
    let agent = Agent::start(&to(&[("otlphttp/one", &one)])).await;
    agent.send(&call("before")).await;
    agent.reload(&to(&[("otlphttp/one", &one), ("otlphttp/two", &two)])).await.expect("it is a good one");
    agent.send(&call("after")).await;
    two.wait_for(|taken| taken.span_ids().len() == 2).await;
    agent.assert_ledger_closes(&["otlphttp/one", "otlphttp/two"]).await;

    agent.reload(&to(&[("otlphttp/two", &two)])).await.expect("it is a good one");
    let metrics = agent.metrics().await;
    let of_one = |name: &str, label: &str| metrics.sum(name, &["otlphttp/one", "traces", label]);
    assert_eq!(of_one("sidelight_exporter_dropped_items_total", "removed"), 2);
    assert_eq!(of_one("sidelight_exporter_waiting_items", ""), 0);
    agent.assert_ledger_closes(&["otlphttp/one", "otlphttp/two"]).await;
    assert_eq!(agent.stop().await.waiting, 0);
}

#[tokio::test]
async fn enrichment_is_exchanged_between_two_requests() {
    let upstream = Upstream::start().await;
    let exporters = to(&[("otlphttp", &upstream)]);
    let agent = Agent::start(&exporters).await;
    let mail = "write to alice.brown@example.org";
    agent.send(&call(mail)).await;
    upstream.wait_for(|taken| taken.0.len() == 1).await;
    let changed = agent.reload(&format!("{exporters}\nenrich: {{ pii: {{ action: remove }} }}")).await;
    assert_eq!(changed.expect("it is a good one"), Vec::<&str>::new());
    agent.send(&call(mail)).await;
    let taken = upstream.wait_for(|taken| taken.0.len() == 2).await;
    let body = |index: usize| String::from_utf8_lossy(&taken.0[index].body).into_owned();
    assert!(body(0).contains("[EMAIL_ADDRESS]") && body(1).contains("[REMOVED]"));
}

#[tokio::test]
async fn a_bad_configuration_leaves_the_old_one_running() {
    let upstream = Upstream::start().await;
    let agent = Agent::start(&to(&[("otlphttp", &upstream)])).await;
    assert!(agent.reload("exporters: { local: { path: /proc/nowhere/calls.db } }").await.is_err());
    agent.send(&call("hello")).await;
    upstream.wait_for(|taken| taken.span_ids().len() == 1).await;
}

#[tokio::test]
async fn dead_letters_are_sent_again_once_the_peer_is_mended() {
    let upstream = Upstream::start().await;
    upstream.always(Behaviour::http(400).says("closed"));
    let agent = Agent::start(&to(&[("otlphttp", &upstream)])).await;
    let traces = [call("one"), call("two")];
    for trace in &traces {
        agent.send(trace).await;
    }
    upstream.wait_for_attempts(2).await;
    agent
        .eventually("two dead letters", |metrics| {
            metrics.sum("sidelight_exporter_dead_items_total", &["refused"]) == 2
        })
        .await;
    upstream.always(Behaviour::Accept);
    let replayed = agent.control().replay(Chosen::default()).await.expect("readable");
    assert!(replayed.items == 2);
    let taken = upstream.wait_for(|taken| taken.span_ids().len() == 2).await;
    let expected: HashSet<_> = traces.iter().flat_map(Trace::span_ids).collect();
    assert_eq!(HashSet::from_iter(taken.span_ids()), expected);
    agent
        .eventually("the ledger to show it", |metrics| {
            metrics.sum("sidelight_exporter_replayed_items_total", &["traces"]) == 2
                && metrics.sum("sidelight_exporter_waiting_items", &["traces"]) == 0
        })
        .await;
    agent.assert_ledger_closes(&["otlphttp"]).await;
    while agent.control().dead().count(None).expect("readable").letters > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(agent.control().replay(Chosen::default()).await.expect("readable").letters, 0);
    assert_eq!(upstream.taken().span_ids().len(), 2, "once");
}

#[tokio::test]
async fn hangup_reads_the_file_again_and_a_bad_one_changes_nothing() {
    let (one, two) = (Upstream::start().await, Upstream::start().await);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sidelight.yaml");
    fs::write(&file, to(&[("otlphttp", &one)])).expect("written");
    let mut agent = Sidelight::start_with(folder.path(), &[format!("--config={}", file.display())]).await;
    agent.send(&call("one")).await;
    one.wait_for(|taken| taken.span_ids().len() == 1).await;

    fs::write(&file, "exporters: { nonsense: {} }").expect("written");
    agent.signal("HUP");
    agent.wait_for_log("the old one stays in force").await;
    fs::write(&file, "# all gone\n").expect("written");
    agent.signal("HUP");
    agent.wait_for_log("is empty: write {}").await;
    agent.send(&call("two")).await;
    one.wait_for(|taken| taken.span_ids().len() == 2).await;

    fs::write(&file, to(&[("otlphttp", &two)])).expect("written");
    agent.signal("HUP");
    agent.wait_for_log("the configuration was loaded anew").await;
    agent.send(&call("three")).await;
    two.wait_for(|taken| taken.span_ids().len() == 1).await;
    agent.signal("TERM");
    assert_eq!(agent.ended().await, Some(143));
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let upstream = Upstream::start().await;
    upstream.always(Behaviour::Stall);
    let folder = tempfile::tempdir().expect("a folder");
    let exporter = format!("exporters.otlphttp.endpoint={}", upstream.url());
    let mut agent = Sidelight::start_with(folder.path(), &["--set".to_string(), exporter]).await;
    agent.send(&call("one")).await;
    upstream.wait_for_attempts(1).await;
    let started = std::time::Instant::now();
    agent.signal("TERM");
    agent.wait_for_log("a second signal ends at once").await;
    agent.signal("INT");
    assert_eq!(agent.ended().await, Some(143));
    assert!(started.elapsed().as_secs() < 5, "the drain would take ten");
}

/// Runs a `queue` command on the data in `folder`: its exit status, and what it said.
fn queue(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_sidelight"))
        .arg("queue")
        .args(arguments)
        .args(["--set", &format!("data_dir={}", folder.display())])
        .output()
        .expect("it ends");
    let said = [out.stdout, out.stderr].concat();
    (out.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn the_queue_is_changed_from_outside_only_while_no_agent_runs() {
    let upstream = Upstream::start().await;
    upstream.always(Behaviour::http(400));
    let folder = tempfile::tempdir().expect("a folder");
    let exporter = ["--set".to_string(), format!("exporters.otlphttp.endpoint={}", upstream.url())];
    let mut agent = Sidelight::start_with(folder.path(), &exporter).await;
    agent.send(&call("one")).await;
    agent.wait_for_log("a batch goes to the dead letters").await;
    for arguments in [&["dead", "replay", "--all"][..], &["drop", "--exporter", "otlphttp", "--all"]] {
        let (status, said) = queue(folder.path(), arguments);
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains(&format!("in use by process {}", agent.pid())), "{said}");
    }
    let (_, said) = queue(folder.path(), &["dead", "drop", "--all"]);
    assert!(said.contains("POST /v1/queue/dead/drop"), "{said}");
    agent.signal("TERM");
    agent.ended().await;

    assert_eq!(queue(folder.path(), &["fsck", "--repair"]).0, Some(0));
    assert_eq!(queue(folder.path(), &["dead", "replay"]).0, Some(2), "all of them have to be asked for");
    let (_, said) = queue(folder.path(), &["dead", "replay", "--reason", "refused"]);
    assert_eq!(said, "1 letters with 1 items go out when an agent runs again\n");
    upstream.always(Behaviour::Accept);
    let _agent = Sidelight::start_with(folder.path(), &exporter).await;
    upstream.wait_for(|taken| taken.span_ids().len() == 1).await;
}
