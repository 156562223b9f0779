//! Sources, merging, expansion and printing, as a user sees them.

use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use std::ffi::OsString;

/// Sources and an environment, in words.
#[derive(Clone, Default)]
struct Story {
    sources: Sources,
    variables: Vec<(OsString, OsString)>,
}

fn yaml(text: &str) -> Story {
    Story::default().and(text)
}

impl Story {
    fn and(mut self, text: &str) -> Story {
        self.sources.uris.push(format!("yaml:{text}"));
        self
    }

    fn uri(mut self, uri: &str) -> Story {
        self.sources.uris.push(uri.to_string());
        self
    }

    fn set(mut self, set: &str) -> Story {
        self.sources.sets.push(set.to_string());
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Story {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn load(self) -> Result<Loaded, Vec<Problem>> {
        load(&self.sources, &self.variables.into_iter().collect())
    }

    /// The values that were given and where they came from, or the problems.
    fn check(self, expected: Expect) {
        let said = match self.load() {
            Ok(loaded) => loaded
                .print()
                .lines()
                .filter(|line| line.contains(" # "))
                .map(|line| format!("{}\n", line.trim()))
                .collect(),
            Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect::<String>(),
        };
        expected.assert_eq(&said);
    }
}

#[test]
fn later_sources_win_key_by_key_and_set_wins_over_all() {
    yaml("telemetry: { logs: { level: debug, encoding: json }, metrics: { endpoint: 'a:1' } }\ndata_dir: /one\n")
        .and("telemetry:\n  logs:\n    level: warn\n")
        .and("")
        .set("telemetry.metrics.endpoint=b:2")
        .check(expect![[r#"
            data_dir: /one # --config yaml:2
            endpoint: b:2 # --set
            level: warn # --config yaml:3
            encoding: json # --config yaml:1
        "#]]);
}

#[test]
fn null_brings_the_defaults_back() {
    yaml("telemetry: { logs: { level: debug } }").and("telemetry: { logs: null }").check(expect![[""]]);
    yaml("telemetry: { logs: { level: debug } }").set("telemetry=null").check(expect![[""]]);
}

#[test]
fn files_and_variables_are_sources_too() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.yaml");
    std::fs::write(&file, "# a comment\ntelemetry: { logs: { level: loud } }\n").unwrap();
    let path = file.display().to_string();
    for uri in [path.clone(), format!("file:{path}")] {
        let problems = Story::default().uri(&uri).load().err().unwrap();
        let expected = format!(
            "{path}:2: telemetry.logs.level: expected error, warn, info, debug, trace or off, found `loud`"
        );
        assert_eq!(problems[0].to_string(), expected);
    }
    let story = Story::default().variable("MY_CONFIG", "data_dir: /d");
    story.clone().uri("env:MY_CONFIG").check(expect![[r#"
        data_dir: /d # env:MY_CONFIG:1
    "#]]);
    story.clone().variable("SIDELIGHT_CONFIG", "env:MY_CONFIG").check(expect![[r#"
        data_dir: /d # env:MY_CONFIG:1
    "#]]);
    story.variable("SIDELIGHT_CONFIG", "env:MY_CONFIG").uri("yaml:data_dir: /e").check(expect![[r#"
        data_dir: /e # --config yaml:1
    "#]]);
}

#[test]
fn what_cannot_be_read_is_a_problem_with_its_name() {
    Story::default()
        .uri("/does/not/exist.yaml")
        .uri("https://example.com/a.yaml")
        .uri("env:NOWHERE")
        .uri("yaml:- a list")
        .uri("yaml:a: [")
        .set("no value")
        .set("a..b=1")
        .check(expect![[r#"
            /does/not/exist.yaml: cannot be read: No such file or directory (os error 2)
            https://example.com/a.yaml: a configuration is not fetched over the network
            env:NOWHERE: this environment variable is not set
            --config yaml:1: expected a map of sections, found a list
            --config yaml:2: while parsing a node, did not find expected node content
            --set: a..b: expected key.path=value
            --set: no value: expected key.path=value
        "#]]);
}

#[test]
fn references_are_expanded() {
    let story = |text: &str| yaml(text).variable("A", "/from/env").variable("EMPTY", "");
    story("data_dir: ${env:A}").check(expect![[r#"
        data_dir: /from/env # --config yaml:1
    "#]]);
    story("data_dir: \"${env:A}/sub-$$HOME-$x\"").check(expect![[r#"
        data_dir: "/from/env/sub-$$HOME-$$x" # --config yaml:1
    "#]]);
    story("data_dir: ${env:NONE:-/default}").check(expect![[r#"
        data_dir: /default # --config yaml:1
    "#]]);
    story("data_dir: ${env:EMPTY:-${env:NONE:-${env:A}}}").check(expect![[r#"
        data_dir: /from/env # --config yaml:1
    "#]]);
    story("telemetry: { logs: { level: '${env:EMPTY:-debug}' } }").check(expect![[r#"
            level: debug # --config yaml:1
    "#]]);
    yaml("telemetry: ${env:T}").variable("T", "{logs: {level: debug}}").check(expect![[r#"
            level: debug # --config yaml:1
    "#]]);
    yaml("data_dir: \"${env:T}\"").variable("T", "{logs: {level: debug}}").check(expect![[r#"
        data_dir: "{logs: {level: debug}}" # --config yaml:1
    "#]]);
    story("telemetry: ${env:EMPTY}").check(expect![[""]]);
}

#[test]
fn a_file_is_expanded_without_its_last_newline() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "/from/a/file\n").unwrap();
    let loaded = yaml(&format!("data_dir: ${{file:{}}}", file.path().display())).load().unwrap();
    assert_eq!(loaded.config.data_dir, PathBuf::from("/from/a/file"));
}

#[test]
fn every_reference_that_cannot_be_expanded_is_a_problem() {
    yaml("data_dir: ${env:NONE}\ntelemetry:\n  logs: { level: '${env:NONE', encoding: '${NONE}' }\n  metrics: { endpoint: '${file:/none}' }\n")
        .check(expect![[r#"
            --config yaml:1: data_dir: environment variable NONE is not set; ${env:NONE:-…} gives it a default
            --config yaml:3: telemetry.logs.level: `${` without its `}`; write $$ for a dollar
            --config yaml:3: telemetry.logs.encoding: expected ${env:NAME}, ${env:NAME:-default} or ${file:PATH}; write $$ for a dollar
            --config yaml:4: telemetry.metrics.endpoint: /none cannot be read: No such file or directory (os error 2)
        "#]]);
}

#[test]
fn what_came_from_outside_is_never_quoted() {
    yaml("telemetry:\n  logs: { level: '${env:TOKEN}' }\n  metrics: ${env:MAP}\n")
        .variable("TOKEN", "made-up-token")
        .variable("MAP", "{ endpoint: made-up-token }")
        .check(expect![[r#"
            --config yaml:2: telemetry.logs.level: expected error, warn, info, debug, trace or off
            --config yaml:3: telemetry.metrics.endpoint: expected an endpoint like 127.0.0.1:4317, host and port
        "#]]);
}

#[test]
fn sections_of_a_collector_are_answered_with_what_does_their_job() {
    yaml("processors: { batch: {} }\nservice: {}\nmanage: { endpoint: x }\ntelemety: {}\n").check(expect![[r#"
        --config yaml:1: processors: there is one fixed line, so that nothing unredacted can reach a disk: `enrich` says what is done to a span, `queue` and `exporters.*.queue` do what memory_limiter and batch do
        --config yaml:2: service: there is one fixed line from all `receivers` to all `exporters`, so no pipelines are listed; logs and metrics of Sidelight itself are set in `telemetry`
        --config yaml:3: manage.endpoint: expected an endpoint like 127.0.0.1:4317, host and port, found `x`
        --config yaml:4: telemety: unknown key; did you mean telemetry?
    "#]]);
}

#[test]
fn the_data_directory_comes_from_the_environment_unless_it_is_set() {
    let story = Story::default().variable("SIDELIGHT_DATA", "/data");
    assert_eq!(story.clone().load().unwrap().config.data_dir, PathBuf::from("/data"));
    assert_eq!(story.set("data_dir=/set").load().unwrap().config.data_dir, PathBuf::from("/set"));
}

#[test]
fn the_models_directory_comes_from_the_environment_before_any_file() {
    let story = yaml("enrich: { embed: { model_dir: /file } }").variable("SIDELIGHT_MODEL_DIR", "/variable");
    assert_eq!(story.load().unwrap().config.enrich.embed.model_dir, PathBuf::from("/variable"));
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back_to_the_same(data_dir in "\\PC{1,20}|[$ {}:#'\"\\\\]{1,8}", port: u16) {
        let set = |name: &str, value: &str| format!("{name}={}", serde_json::Value::from(value.replace('$', "$$")));
        let story = Story::default().set(&set("data_dir", &data_dir)).set(&format!("telemetry.health.endpoint=h:{port}"));
        let loaded = story.load().unwrap();
        prop_assert_eq!(&loaded.config.data_dir, &PathBuf::from(&data_dir));
        let printed = loaded.print();
        let again = yaml(&printed).load();
        let again = again.unwrap_or_else(|problems| panic!("{printed}: {problems:?}")).config;
        prop_assert_eq!(format!("{again:?}"), format!("{:?}", loaded.config));
    }

    #[test]
    fn any_text_is_an_answer(text: String) {
        let _ = yaml(&text).load();
    }
}

/// The values of a printed configuration, without where they came from.
fn values(printed: &str) -> Vec<&str> {
    printed.lines().map(|line| line.split(" # ").next().expect("one part at least")).collect()
}

#[test]
fn the_documented_file_sets_every_key_to_its_default() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/config/sidelight.yaml");
    let documented = Story::default().uri(file).load().expect("no problems").print();
    let built_in = Story::default().load().expect("no problems").print();
    assert_eq!(values(&documented), values(&built_in));
    for line in documented.lines().filter(|line| !line.ends_with(':')) {
        assert!(line.contains(" # "), "not in the file: {line}");
    }
}

#[test]
fn a_given_map_of_exporters_replaces_the_built_in_one() {
    yaml(
        "exporters:
  otlp: { endpoint: 'tempo:4317', tls: { insecure: true }, headers: { authorization: made-up } }
  otlp_http/second: { endpoint: 'http://collector:4318', queue: { when_full: drop_oldest } }
",
    )
    .check(expect![[r#"
        endpoint: tempo:4317 # --config yaml:2
        insecure: true # --config yaml:2
        authorization: "****" # --config yaml:2
        endpoint: http://collector:4318 # --config yaml:3
        when_full: drop_oldest # --config yaml:3
    "#]]);
    yaml("exporters: { oltp/x: {}, otlp: { endpont: 'tempo:4317' } }").check(expect![[r#"
        --config yaml:1: exporters.oltp/x: unknown key; did you mean otlp?
        --config yaml:1: exporters.otlp.endpoint: an endpoint is needed, such as tempo:4317 or https://example.com
        --config yaml:1: exporters.otlp.endpont: unknown key; did you mean endpoint?
    "#]]);
}

/// A configuration that sets something of every sort, and no secret.
const RICH: &str = "
receivers:
  otlp:
    protocols:
      http:
        endpoint: '[::1]:4318'
        auth: null
        cors: { allowed_origins: ['https://*.example.com'], max_age: 90s }
queue: { max_size: 3GiB, max_age: 36h }
exporters:
  otlp/a: { endpoint: 'tempo:4317', tls: { insecure: true }, queue: { max_age: 1h } }
  otlp_http: { endpoint: 'https://example.com/a?b=$$c', timeout: 1500ms }
";

#[test]
fn a_rich_configuration_is_printed_and_read_back_to_the_same() {
    let loaded = yaml(RICH).load().expect("no problems");
    let printed = loaded.print();
    let again = yaml(&printed).load().unwrap_or_else(|problems| panic!("{printed}: {problems:?}"));
    assert_eq!(values(&again.print()), values(&printed));
    assert!(!printed.contains("grpc:"));
}

#[cfg(not(feature = "kafka"))]
#[test]
fn a_build_without_kafka_says_so() {
    yaml("receivers: { otlp: {}, kafka: {} }\nexporters: { local: {}, kafka/far: { brokers: [a:1] } }")
        .check(expect![[r#"
            --config yaml:1: receivers.kafka: this build has no Kafka: it needs the cargo feature `kafka`
            --config yaml:2: exporters.kafka/far: this build has no Kafka: it needs the cargo feature `kafka`
        "#]]);
}

#[cfg(feature = "kafka")]
#[test]
fn kafka_is_read_and_its_passwords_are_masked() {
    let sasl = "sasl: { mechanism: PLAIN, username: u, password: made-up }";
    let text = format!(
        "receivers: {{ kafka: {{ brokers: [a:1], max_message_size: 30MiB }} }}\n\
         exporters: {{ kafka: {{ brokers: [a:1], {sasl} }}, kafka/far: {{ brokers: [b:1] }} }}"
    );
    yaml(&text).check(expect![[r#"
        --config yaml:1: receivers.kafka.max_message_size: a request may be held 3 times over (as it came, decompressed, patched), which is more than queue.max_in_flight, 64MiB
    "#]]);
    let printed = yaml(&text.replace("30MiB", "20MiB")).load().expect("no problems").print();
    assert!(printed.contains("llm.spans.raw") && !printed.contains("made-up"), "{printed}");
}

#[test]
fn settings_that_depend_on_each_other_are_checked_together() {
    yaml("queue: { max_in_flight: 32MiB }\nreceivers: { otlp: { protocols: { http: null } } }")
        .check(expect![[r#"
            --config yaml:2: receivers.otlp.protocols.http.max_request_body_size: a request may be held 3 times over (as it came, decompressed, patched), which is more than queue.max_in_flight, 32MiB
        "#]]);
    yaml("receivers: {}").check(expect![[r#"
        --config yaml:1: receivers: needs otlp or kafka: without them nothing comes in
    "#]]);
    yaml("receivers: { otlp: { protocols: {} } }").check(expect![[r#"
        --config yaml:1: receivers.otlp.protocols: needs grpc or http: without them nothing comes in
    "#]]);
}

#[test]
fn two_that_listen_on_one_port_are_told_apart() {
    yaml("receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:9464' }, grpc: { endpoint: '0.0.0.0:13133' } } } }")
        .check(expect![[r#"
            built-in: telemetry.health.endpoint: 127.0.0.1:13133 is taken by receivers.otlp.protocols.grpc.endpoint
            built-in: telemetry.metrics.endpoint: 127.0.0.1:9464 is taken by receivers.otlp.protocols.http.endpoint
        "#]]);
}

#[test]
fn files_of_tls_are_looked_at_before_anything_starts() {
    let at = |name: &str| format!("{}/tests/data/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let http = |cert: &str, key: &str, ca: &str| {
        let tls = format!("tls: {{ cert_file: '{cert}', key_file: '{key}', client_ca_file: '{ca}' }}");
        yaml(&format!("receivers: {{ otlp: {{ protocols: {{ http: {{ {tls} }} }} }} }}"))
    };
    let server = (at("server.pem"), at("server.key.pem"));
    assert!(http(&server.0, &server.1, &at("ca.pem")).load().is_ok());
    http("/none.pem", "/dev/null", "/none/ca.pem").check(expect![[r#"
        --config yaml:1: receivers.otlp.protocols.http.tls.cert_file: cannot read certificates from /none.pem: I/O error: No such file or directory (os error 2)
        --config yaml:1: receivers.otlp.protocols.http.tls.key_file: cannot read a private key from /dev/null: no items found
        --config yaml:1: receivers.otlp.protocols.http.tls.client_ca_file: cannot read certificates from /none/ca.pem: I/O error: No such file or directory (os error 2)
    "#]]);
    http(&server.0, &at("client.key.pem"), "").check(expect![[r#"
        --config yaml:1: receivers.otlp.protocols.http.tls: the certificates and the key do not make a TLS configuration: keys may not be consistent: KeyMismatch
    "#]]);
    yaml("exporters: { otlp: { endpoint: 'https://tempo:4317', tls: { ca_file: /none.pem } } }")
        .check(expect![[r#"
            --config yaml:1: exporters.otlp.tls.ca_file: cannot read certificates from /none.pem: I/O error: No such file or directory (os error 2)
        "#]]);
}

#[test]
fn what_would_take_in_and_give_nothing_out_is_refused() {
    yaml("exporters: {}").check(expect![[r#"
        --config yaml:1: exporters: needs an exporter: without one nothing goes out
    "#]]);
}
