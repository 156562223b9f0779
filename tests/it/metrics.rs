//! What `/metrics` shows of an agent, idle and busy: `docs/metrics.md` is made of it.

use crate::support::agent::{Agent, Metrics};
use crate::support::spans::{int, text, trace};
use crate::support::upstream::{Behaviour, Upstream};
use bytes::Bytes;
use expect_test::expect_file;
use http::Method;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// What is said of one metric, but for its values.
#[derive(Debug, Default, PartialEq)]
struct Family {
    kind: String,
    help: String,
    labels: BTreeSet<String>,
}

/// The families of a page by name.
fn families(page: &Metrics) -> BTreeMap<String, Family> {
    let mut all: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    for line in page.0.lines().filter(|line| !line.is_empty()) {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), Some(name), help) => {
                all.entry(name.into()).or_default().help = help.unwrap_or_default().into();
            }
            (Some("#"), Some("TYPE"), Some(name), kind) => {
                current = name.into();
                all.entry(name.into()).or_default().kind = kind.unwrap_or_default().into();
            }
            _ => {
                let labels = line.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
                let names = labels.map_or("", |(labels, _)| labels).split("\",");
                let names = names.filter_map(|label| label.split_once('=')).map(|(name, _)| name.to_string());
                let family = all.get_mut(&current).expect("samples come after their type");
                family.labels.extend(names.filter(|name| name != "le"));
            }
        }
    }
    all
}

/// Sends what makes every metric that an agent can have without a broken disk: calls of all sorts, refusals, dead letters.
async fn busy() -> (BTreeMap<String, Family>, BTreeMap<String, Family>) {
    let upstream = Upstream::start().await;
    let exporters = format!("exporters: {{ local: {{}}, otlphttp: {{ endpoint: \"{}\" }} }}", upstream.url());
    let agent = Agent::start(&format!("{exporters}\nenrich: {{ sample: {{ percent: 100 }} }}")).await;
    let idle = families(&agent.metrics().await);
    agent.send(&trace().llm("write to alice.brown@example.org").plain("GET /")).await;
    let streamed = vec![
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.request.model", "no-such-model"),
        text("gen_ai.response.finish_reasons", "[\"stop\"]"),
        text("gen_ai.input.messages", "[{\"role\":\"user\",\"content\":\"hello there\"}]"),
        int("gen_ai.server.time_to_first_token", 1),
    ];
    agent.send(&trace().span("chat", streamed)).await;
    agent
        .send(&trace().span(
            "guess",
            vec![
                text("my.llm.prompt", "a question of some length to a model"),
                text("my.llm.model", "gpt-4o"),
            ],
        ))
        .await;
    let record = r#"{"model":"gpt-4o","prompt_tokens":9,"completion_tokens":3,"latency_ms_total":80,"latency_ms_ttft":8,"finish_reason":"stop","retry_count":1}"#;
    agent.request(Method::POST, "/v1/metrics/record", Some(record)).await;
    agent.post("/v1/traces", &[("content-type", "application/json")], Bytes::from("{")).await;
    agent
        .eventually("delivery", |page| {
            page.closes("otlphttp") && page.sum("sidelight_exporter_sent_items_total", &["otlphttp"]) >= 4
        })
        .await;
    upstream.always(Behaviour::http(400));
    agent.send(&trace().llm("refused for good")).await;
    agent
        .eventually("a dead letter", |page| {
            page.sum("sidelight_exporter_dead_items_total", &["otlphttp"]) >= 1
        })
        .await;
    (idle, families(&agent.metrics().await))
}

const HEAD: &str = "# Metrics

At `http://127.0.0.1:9464/metrics` (`telemetry.metrics.endpoint`), in the text form of Prometheus. `packaging/prometheus` has scrape settings, recording
rules and alerts for them, `packaging/grafana` dashboards.

`llm_*` and `gen_ai_*` are of LLM calls whose usage counts, each once. Labels that come from data have 200 values at most, and a table of
them 2,000 sets; what comes later reads `other`, so that sums stay right. For each exporter and signal, at every scrape:

```text
accepted + recovered + replayed = sent + dropped + dead + waiting
```

This page is made of what a busy agent shows: `UPDATE_EXPECT=1 cargo test --test it metrics`. *From the start* are metrics that an idle agent
shows too, with 0 for all that is known beforehand; the others appear with their first event.

";

fn page(idle: &BTreeMap<String, Family>, busy: &BTreeMap<String, Family>) -> String {
    let mut page = HEAD.to_string();
    for (title, begins) in [
        ("LLM calls", &["llm_", "gen_ai_"][..]),
        ("Sidelight itself", &["sidelight_"]),
        ("Its process", &["process_"]),
    ] {
        let _ = writeln!(
            page,
            "## {title}\n\n| metric | type | labels | from the start | what it is |\n|---|---|---|---|---|"
        );
        for (name, family) in
            busy.iter().filter(|(name, _)| begins.iter().any(|begin| name.starts_with(begin)))
        {
            let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
            let from_the_start = if idle.contains_key(name) { "yes" } else { "" };
            let Family { kind, help, .. } = family;
            let _ =
                writeln!(page, "| `{name}` | {kind} | {} | {from_the_start} | {help} |", labels.join(" "));
        }
        page.push('\n');
    }
    let _ = writeln!(page, "## Of parts that are not in every agent\n\n| metric | what it is |\n|---|---|");
    let rare = described(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    for (name, help) in rare.iter().filter(|(name, _)| !busy.contains_key(*name)) {
        let _ = writeln!(page, "| `{name}` | {help} |");
    }
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_metrics_is_what_an_agent_shows() {
    let (idle, busy) = busy().await;
    for (name, family) in &busy {
        assert!(!family.help.is_empty(), "{name} says nothing of itself");
        let known = idle.get(name).is_none_or(|other| other.kind == family.kind && other.help == family.help);
        assert!(known, "{name} is one thing when idle and another when busy");
    }
    let missing: Vec<_> = idle.keys().filter(|name| !busy.contains_key(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    expect_file!["../../docs/metrics.md"].assert_eq(&page(&idle, &busy));
}

/// The names that the sources below `folder` describe, with what they say.
fn described(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(described(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).expect("readable");
            for call in ["describe_counter!(", "describe_gauge!(", "describe_histogram!("] {
                let calls = source.split(call).skip(1).filter_map(|rest| rest.split_once(");"));
                let texts = calls.map(|(call, _)| call.split('"').skip(1).step_by(2).collect::<Vec<_>>());
                let whole = texts.filter(|texts| texts.len() > 1);
                all.extend(whole.map(|texts| (texts[0].to_string(), texts[texts.len() - 1].to_string())));
            }
        }
    }
    all
}
