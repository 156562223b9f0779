//! The commands that need no agent, run as a user runs them.

use expect_test::{Expect, expect, expect_file};
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// What the real binary says to `args` and `input`, in an environment of its own.
fn sidelight(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sidelight"))
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A command that refuses its arguments has gone before it reads.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// Exit status, stdout and stderr as one text.
fn check(args: &[&str], input: &str, expected: Expect) {
    let output = sidelight(args, input);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let status = output.status.code().expect("an exit status");
    expected.assert_eq(&format!("{status}\n{}{}", text(&output.stdout), text(&output.stderr)));
}

#[test]
fn the_built_in_configuration_is_fine() {
    check(
        &["validate"],
        "",
        expect![[r#"
        0
        the configuration is fine
    "#]],
    );
}

#[test]
fn every_problem_is_on_a_line_of_its_own() {
    let config = "--config=yaml:telemetry: { logs: { levle: info }, health: { endpoint: 13133 } }";
    check(
        &["validate", config, "--set", "data_dri=x"],
        "",
        expect![[r#"
        1
        --config yaml:1: telemetry.logs.levle: unknown key; did you mean level?
        --config yaml:1: telemetry.health.endpoint: expected an endpoint like 127.0.0.1:4317, host and port, found `13133`
        --set: data_dri: unknown key; did you mean data_dir?
    "#]],
    );
}

#[test]
fn a_setting_is_printed_with_its_origin() {
    let output = sidelight(&["print-config", "--set", "telemetry.logs.level=debug"], "");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("\n    level: debug # --set\n"), "{text}");
}

#[test]
fn wrong_usage_is_answered_with_2() {
    for args in [&["no-such-command"][..], &["validate", "--no-such-flag"], &[]] {
        assert_eq!(sidelight(args, "").status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn help_and_version_are_fine() {
    assert_eq!(sidelight(&["--help"], "").status.code(), Some(0));
    let version = sidelight(&["--version"], "").stdout;
    assert_eq!(version, concat!("sidelight ", env!("CARGO_PKG_VERSION"), "\n").as_bytes());
}

#[test]
fn every_shell_has_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = sidelight(&["completions", shell], "");
        let script = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success() && script.contains("print-config"), "{shell}");
    }
}

#[test]
fn tokens_are_counted_for_a_model() {
    check(
        &["tokens", "--model", "gpt-4o"],
        "hello world",
        expect![[r#"
        0
        {"tokens":2,"method":"tokenizer:o200k_base"}
    "#]],
    );
    check(
        &["tokens", "--model", "claude-sonnet-4"],
        "hello world",
        expect![[r#"
        0
        {"tokens":2,"method":"estimate:claude"}
    "#]],
    );
    let lines = concat!(
        r#"{"id": 1, "text": "hello world"}"#,
        "\n",
        r#"{"id": "b", "model": "gpt-3.5-turbo", "messages": [{"role": "user", "content": "hello"}]}"#,
        "\n",
    );
    check(
        &["tokens", "--model", "gpt-4o", "--jsonl"],
        lines,
        expect![[r#"
        0
        {"id":1,"tokens":2,"method":"tokenizer:o200k_base"}
        {"id":"b","tokens":8,"method":"tokenizer:cl100k_base"}
    "#]],
    );
}

#[test]
fn a_line_that_cannot_be_counted_is_named_and_not_quoted() {
    let args = ["tokens", "--jsonl", "--model", "gpt-4o"];
    check(
        &args,
        "{\"text\": \"a\"}\n{\"text\": [\"my secret\"]}\n",
        expect![[r#"
        2
        {"id":null,"tokens":1,"method":"tokenizer:o200k_base"}
        sidelight: line 2: expected {"id", "text"} or {"id", "messages": […]}; it goes wrong at column 9
    "#]],
    );
    check(
        &args,
        "{\"id\": 1}\n",
        expect![[r#"
        2
        sidelight: line 1: expected either text or messages
    "#]],
    );
    check(
        &["tokens", "--jsonl"],
        "{\"text\": \"a\"}\n",
        expect![[r#"
        2
        sidelight: line 1: no model, neither here nor by --model
    "#]],
    );
    check(
        &args,
        "{\"messages\": [\"hello\"]}\n",
        expect![[r#"
        2
        sidelight: line 1: message 0 is not an object
    "#]],
    );
}

#[test]
fn dead_letters_are_listed_and_shown() {
    use sidelight::queue::{self, DeadLetters, Letter};
    let directory = tempfile::tempdir().expect("a directory");
    let set = format!("--set=queue.directory={}", directory.path().display());
    check(
        &["queue", "dead", "ls", &set],
        "",
        expect![[r#"
        0
        no dead letters
    "#]],
    );
    let letters =
        DeadLetters::open(directory.path(), queue::Dead::default(), queue::Metrics::new()).expect("it opens");
    let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_772_323_200);
    let letter = Letter {
        exporter: "otlp".into(),
        kind: 1,
        flags: 0,
        items: 3,
        reason: "refused".into(),
        message: "no such \u{1b}[31mtenant".into(),
        payload: "made-up".into(),
        enqueued: time,
        died: time,
    };
    letters.push(&letter).expect("it is kept");
    check(
        &["queue", "dead", "ls", &set],
        "",
        expect![[r#"
        0
        ID  DIED                  EXPORTER  SIGNAL  ITEMS  SIZE  REASON   MESSAGE
        1   2026-03-01T00:00:00Z  otlp      traces  3      7B    refused  no such \u{1b}[31mtenant
    "#]],
    );
    check(
        &["queue", "dead", "ls", "--exporter=local", &set],
        "",
        expect![[r#"
        0
        no dead letters
    "#]],
    );
    check(
        &["queue", "dead", "ls", "--json", &set],
        "",
        expect![[r#"
        0
        {"id":1,"exporter":"otlp","signal":"traces","items":3,"bytes":7,"reason":"refused","message":"no such \u001b[31mtenant","enqueued":"2026-03-01T00:00:00Z","died":"2026-03-01T00:00:00Z"}
    "#]],
    );
    assert_eq!(sidelight(&["queue", "dead", "show", "1", &set], "").stdout, b"made-up");
    check(
        &["queue", "dead", "show", "2", &set],
        "",
        expect![[r#"
        2
        sidelight: no dead letter has the id 2
    "#]],
    );
}

#[test]
fn a_text_is_scanned() {
    check(
        &["scan"],
        "mail jane.doe@example.com",
        expect![[r#"
        0
        {"pii":[{"type":"EMAIL_ADDRESS","start":5,"end":25,"score":0.95}],"injection":false,"injection_score":0.0,"rules":[],"redacted":"mail [EMAIL_ADDRESS]"}
    "#]],
    );
    let lines = concat!(
        r#"{"id": 7, "text": "card 4111 1111 1111 1111"}"#,
        "\n",
        r#"{"id": "b", "text": "nothing here"}"#,
        "\n",
    );
    check(
        &["scan", "--jsonl"],
        lines,
        expect![[r#"
        0
        {"id":7,"pii":[{"type":"CREDIT_CARD","start":5,"end":24,"score":0.99}],"injection":false,"injection_score":0.0,"rules":[],"redacted":"card [CREDIT_CARD]"}
        {"id":"b","pii":[],"injection":false,"injection_score":0.0,"rules":[],"redacted":"nothing here"}
    "#]],
    );
    check(
        &["scan", "--jsonl"],
        "{\"id\": 1, \"text\": 5}\n",
        expect![[r#"
        2
        sidelight: line 1: expected {"id", "text"}; it goes wrong at column 19
    "#]],
    );
}

#[test]
fn what_is_built_in_is_listed_as_yaml() {
    let output = sidelight(&["components"], "");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let problems = sidelight::settings::read_text("components", &text, |section| {
        section.get("version", &mut String::new());
        for (key, name) in [
            ("receivers", "otlp"),
            ("dialects", "openinference"),
            ("detectors", "CREDIT_CARD"),
            ("exporters", "otlp_http"),
        ] {
            let mut listed = std::collections::BTreeMap::<String, String>::new();
            section.map(key, &mut listed);
            assert!(listed.contains_key(name), "{key}: {listed:?}");
        }
    });
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn a_queue_that_was_never_made_holds_nothing() {
    let set = "--set=queue.directory=/does/not/exist";
    check(
        &["queue", "ls", set],
        "",
        expect![[r#"
        0
        no queue yet at /does/not/exist
    "#]],
    );
    check(
        &["queue", "ls", "--json", set],
        "",
        expect![[r#"
        0
    "#]],
    );
    check(
        &["queue", "show", set],
        "",
        expect![[r#"
        0
        SEQUENCE  ENQUEUED  SIGNAL  ITEMS  SIZE
    "#]],
    );
    check(
        &["queue", "show", "7", set],
        "",
        expect![[r#"
        2
        sidelight: no record has the sequence 7
    "#]],
    );
}

#[tokio::test]
async fn what_waits_in_a_queue_is_listed_and_shown() {
    use sidelight::queue::{Config, Directory, LaneSpec, Metrics, Opened, Queue, Record};
    let directory = tempfile::tempdir().expect("a directory");
    let lane = LaneSpec { name: "otlp".into(), ..LaneSpec::default() };
    let disk = std::sync::Arc::new(Directory::new(directory.path()));
    let opened = Queue::open(Config::default(), &[lane], Metrics::new(), disk).expect("it opens");
    let Opened { queue, committer, upkeep, lanes } = opened;
    let threads = [std::thread::spawn(|| committer.run()), std::thread::spawn(|| upkeep.run())];
    queue.push(Record { kind: 1, flags: 0, items: 3, payload: "made-up".into() }).await.expect("it is taken");

    let set = format!("--set=queue.directory={}", directory.path().display());
    let listed = String::from_utf8(sidelight(&["queue", "ls", &set], "").stdout).expect("UTF-8");
    for words in [&["otlp", "1", "3"][..], &["00000000000000000001.seg", "open", "1", "3"]] {
        let has = |line: &str| words.iter().all(|word| line.split_whitespace().any(|cell| cell == *word));
        assert!(listed.lines().any(has), "{words:?}: {listed}");
    }
    let shown = String::from_utf8(sidelight(&["queue", "show", "--json", &set], "").stdout).expect("UTF-8");
    assert!(shown.contains(r#""signal":"traces","items":3,"bytes":7}"#), "{shown}");
    assert_eq!(sidelight(&["queue", "show", "1", &set], "").stdout, b"made-up");

    queue.close();
    drop(lanes);
    queue.finish();
    threads.into_iter().for_each(|thread| thread.join().expect("it ends"));
}

/// One chat span whose prompt holds a made-up address.
const REQUEST: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"chat","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.prompt.0.content","value":{"stringValue":"write to jane.doe@example.com"}}]}]}]}]}"#;

/// As somebody reads it who knows the Vercel AI SDK; prices, which change, left out.
#[test]
fn a_real_payload_is_explained() {
    let payload = include_str!("../data/payloads/vercel-ai-v5-chat-pii.traces.json");
    let output = sidelight(&["enrich", "--encoding=json", "--explain"], payload);
    let report = String::from_utf8(output.stdout).expect("UTF-8");
    let lines = report.lines().filter(|line| !line.contains("sidelight.cost."));
    let report: String = lines.map(|line| format!("{line}\n")).collect();
    expect_file!["../data/payloads/vercel-ai-v5-chat-pii.explained.txt"].assert_eq(&report);
}

#[test]
fn what_becomes_of_each_text_is_explained_without_any_text() {
    let output = sidelight(&["enrich", "--encoding=json", "--explain"], REQUEST);
    expect![[r#"
        span "chat"
          dialects           traceloop, otel-semconv
          kind               chat
          model call         yes, and it counts
          texts in           user
          scanned  span name                 4 B
          skipped  gen_ai.operation.name     4 B  a word of a closed list
          scanned  gen_ai.prompt.0.content  29 B  said by user, EMAIL_ADDRESS 1, changed
          skipped  2 keys that are plain names
          added    sidelight.kind = chat
          added    sidelight.dialects = [traceloop, otel-semconv]
          added    sidelight.usage_counted = true
          added    sidelight.tokens.input = 15
          added    sidelight.tokens.method = estimate:other
          added    sidelight.pii.detected = true
          added    sidelight.pii.types = [EMAIL_ADDRESS]
          added    sidelight.pii.counts = [1]
          added    sidelight.pii.action = mask
          added    sidelight.injection.attempt = false
          added    sidelight.sampled = false
          added    llm.pii_detected = true
          added    llm.injection_attempt = false
          added    llm.is_sampled = false

        2 texts scanned, 1 changed; 1 texts and 2 keys skipped
    "#]]
    .assert_eq(&String::from_utf8(output.stdout).expect("UTF-8"));
}

#[test]
fn a_request_is_enriched_in_its_own_encoding() {
    let output = sidelight(&["enrich", "--encoding", "json"], REQUEST);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success() && text.contains("write to [EMAIL_ADDRESS]"), "{text}");
    assert!(text.contains("sidelight.pii.detected") && !text.contains("jane.doe"), "{text}");

    let kept = sidelight(&["enrich", "--encoding=json", "--set=enrich.pii.action=flag"], REQUEST);
    assert!(String::from_utf8_lossy(&kept.stdout).contains("jane.doe@example.com"));
    check(
        &["enrich"],
        "",
        expect![[r#"
        0
    "#]],
    );
}

#[test]
fn what_is_no_request_is_refused_and_not_quoted() {
    check(
        &["enrich"],
        "jane.doe@example.com",
        expect![[r#"
        2
        sidelight: stdin is not an OTLP export request of traces: length past the end in request at byte 1
    "#]],
    );
    check(
        &["enrich", "--encoding", "json"],
        r#"{"resourceSpans": "jane.doe@example.com"}"#,
        expect![[r#"
            2
            sidelight: stdin is not an OTLP export request of traces: expected a list in resourceSpans at line 1 column 40
        "#]],
    );
    check(
        &["enrich", "--signal", "logs", "--encoding", "json"],
        "jane.doe@example.com",
        expect![[r#"
            2
            sidelight: stdin is not an OTLP export request of logs: expected value in request at line 1 column 1
        "#]],
    );
}

#[test]
fn the_price_of_a_model_is_shown_for_a_day() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let prices = "providers:\n  acme:\n    source: https://example.com\n    date: 2026-11-01\n    models:\n      \
        big-1: { input: 2.5, output: 10, batch: { input: 1.25 }, before: { 2026-08-01: { input: 5, output: 20 } } }\n";
    std::fs::write(&file, prices).expect("written");
    let set = format!("enrich.cost.prices={}", file.path().display());
    check(
        &["prices", "show", "acme/big-1-2026-07-01", "--set", &set],
        "",
        expect![[r#"
            0
            acme:  # 2026-11-01
              big-1: { input: 2.5, output: 10, batch: { input: 1.25 }, before: { 2026-08-01: { input: 5, output: 20 } } }
        "#]],
    );
    check(
        &["prices", "show", "big-1", "--on", "2026-07-31", "--set", &set],
        "",
        expect![[r#"
            0
            acme:  # 2026-08-01
              big-1: { input: 5, output: 20 }
        "#]],
    );
    check(
        &["prices", "check", file.path().to_str().expect("a path")],
        "",
        expect![[r#"
            0
            PROVIDER  MODELS  WITH HISTORY  DATE
            acme      1       1             2026-11-01
            1 models of 1 providers
        "#]],
    );
    assert_eq!(sidelight(&["prices", "show", "nobody-knows", "--set", &set], "").status.code(), Some(2));
}

#[test]
fn a_price_map_of_another_shape_is_turned_into_ours() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let map = r#"{"m-1": {"litellm_provider": "openai", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}}"#;
    std::fs::write(&file, map).expect("written");
    let output = sidelight(&["prices", "import", file.path().to_str().expect("a path")], "");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        text.contains("  openai:\n") && text.contains("      m-1: { input: 2.5, output: 10 }\n"),
        "{text}"
    );
    std::fs::write(&file, text).expect("written");
    let set = format!("enrich.cost.prices={}", file.path().display());
    assert_eq!(sidelight(&["prices", "show", "m-1", "--set", &set], "").status.code(), Some(0));
}

#[test]
fn a_price_file_that_is_wrong_is_a_problem_of_the_configuration() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "providers:\n  openai:\n    gpt: { inputt: 1 }\n").expect("it is written");
    let set = format!("--set=enrich.cost.prices={}", file.path().display());
    let said = sidelight(&["validate", &set], "");
    let text =
        String::from_utf8(said.stderr).expect("UTF-8").replace(&*file.path().to_string_lossy(), "FILE");
    assert_eq!(said.status.code(), Some(1));
    expect![[r#"
        --set: enrich.cost.prices: FILE:2: providers.openai: prices need a source and a date
        --set: enrich.cost.prices: FILE:3: providers.openai.gpt: unknown key
    "#]]
    .assert_eq(&text);
    check(
        &["validate", "--set=enrich.cost.prices=/does/not/exist"],
        "",
        expect![[r#"
            1
            --set: enrich.cost.prices: cannot read /does/not/exist: No such file or directory (os error 2)
        "#]],
    );
}

/// `sidelight run` on free ports, with its data in `directory`.
fn agent(directory: &std::path::Path, more: &[&str]) -> std::process::Child {
    let ports = "--config=yaml:{
        receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:0' } } } },
        manage: { endpoint: '127.0.0.1:0' },
        telemetry: { metrics: { endpoint: '127.0.0.1:0' }, health: { endpoint: '127.0.0.1:0' } } }";
    Command::new(env!("CARGO_BIN_EXE_sidelight"))
        .args(["run", ports, &format!("--set=data_dir={}", directory.display())])
        .args(more)
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

#[test]
fn the_agent_says_where_it_is_and_ends_in_order_on_a_signal() {
    use std::io::{BufRead, BufReader};
    let directory = tempfile::tempdir().expect("a directory");
    let mut child = agent(directory.path(), &["--set=telemetry.logs.encoding=json"]);
    let mut said = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
    assert!(said.any(|line| line.contains("OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:")));
    assert!(said.any(|line| line.contains("Ctrl-C")), "the last line comes when everything runs");
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("it is there");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(143));
    let logs = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(logs.contains("waiting") && logs.lines().all(|line| line.starts_with('{')), "{logs}");
}

#[test]
fn a_port_in_use_is_named_with_its_key() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound");
    let directory = tempfile::tempdir().expect("a directory");
    let child = agent(directory.path(), &[&format!("--set=telemetry.health.endpoint={address}")]);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(
        said,
        format!("sidelight: telemetry.health.endpoint: {address} is in use by another process\n")
    );
}

/// Everything on a free port, data in `folder`.
fn on_free_ports(folder: &std::path::Path) -> String {
    format!(
        "--config=yaml:{{data_dir: '{}', receivers: {{otlp: {{protocols: {{http: {{endpoint: '127.0.0.1:0'}}}}}}}}, \
         telemetry: {{metrics: {{endpoint: '127.0.0.1:0'}}, health: {{endpoint: '127.0.0.1:0'}}, logs: {{level: warn}}}}}}",
        folder.display()
    )
}

#[test]
fn a_command_is_told_where_to_send_and_its_status_is_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "case $OTEL_EXPORTER_OTLP_ENDPOINT in http://127.0.0.1:*[1-9]*) echo $OTEL_EXPORTER_OTLP_PROTOCOL;; esac; exit 7";
    let config = on_free_ports(folder.path());
    check(
        &["exec", &config, "--", "/bin/sh", "-c", script],
        "",
        expect![[r#"
        7
        http/protobuf
    "#]],
    );
    check(
        &["exec", &config, "--", "/bin/sh", "-c", "kill -9 $$"],
        "",
        expect![[r#"
        137
    "#]],
    );
    check(
        &["exec", &config, "--", "/does/not/exist"],
        "",
        expect![[r#"
        3
        sidelight: cannot run /does/not/exist: No such file or directory (os error 2)
    "#]],
    );
}

#[test]
fn patterns_of_a_user_are_checked_measured_and_used() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("mine.yaml");
    let path = file.to_str().expect("a path");
    std::fs::write(&file, "pii:\n  EMPLOYEE_ID: { regex: '\\bEMP-\\d{6}\\b' }\n").expect("written");
    let output = sidelight(&["patterns", "check", path], "");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(said.contains("the slowest of 1 is EMPLOYEE_ID"), "{said}");
    check(
        &["scan", "--set", &format!("enrich.patterns={path}"), "--set", "enrich.pii.except=EMAIL_ADDRESS"],
        "EMP-104233",
        expect![[r#"
            0
            {"pii":[{"type":"EMPLOYEE_ID","start":0,"end":10,"score":0.95}],"injection":false,"injection_score":0.0,"rules":[],"redacted":"[EMPLOYEE_ID]"}
        "#]],
    );
    std::fs::write(&file, "pii:\n  EMPLOYEE_ID: { regex: 'EMP-(' }\n").expect("written");
    let output = sidelight(&["patterns", "check", path], "");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1));
    assert!(said.ends_with("mine.yaml:2: pii.EMPLOYEE_ID.regex: not a regular expression that is supported: unclosed group, at column 5\n"), "{said}");
    let output = sidelight(&["validate", "--set", &format!("enrich.patterns={path}")], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(sidelight(&["patterns", "check", "no such file"], "").status.code(), Some(2));
}

#[test]
fn a_schema_is_printed_for_the_table_of_the_configuration() {
    let print = |config: &str| {
        let output = sidelight(&["schema", "postgres", "--config", config], "");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let usual = print("yaml:{}");
    assert!(usual.contains("CREATE TABLE IF NOT EXISTS \"llm_spans\" ("), "{usual}");
    let named = print("yaml:exporters: { postgres: { url: 'postgres://h/d', table: obs.calls } }");
    assert!(named.contains("CREATE TABLE IF NOT EXISTS \"obs\".\"calls\" ("), "{named}");
    assert!(!named.contains('{') && !usual.contains('{'), "{named}");
}

#[test]
fn a_schema_is_made_only_where_the_configuration_says() {
    check(
        &["schema", "postgres", "--apply"],
        "",
        expect![[r#"
            2
            sidelight: the configuration has no such exporter, so it is not known where the tables are to be
        "#]],
    );
    let url = "yaml:exporters: { postgres: { url: 'postgres://u:made-up-password@127.0.0.1:9/d' } }";
    let output = sidelight(&["schema", "postgres", "--apply", "--config", url], "");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.code() == Some(3) && said.contains("cannot make the schema of postgres"), "{said}");
    assert!(!said.contains("made-up-password"), "{said}");
}

#[test]
fn a_store_of_calls_that_is_broken_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("calls.db");
    std::fs::write(&store, "no SQLite file at all, but longer than the head of one: ".repeat(40))
        .expect("written");
    let output = sidelight(&["calls", "--set", &format!("data_dir={}", folder.path().display())], "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with(&format!("sidelight: cannot read {}: ", store.display())), "{said}");
}

#[test]
fn a_model_is_counted_by_the_tokenizer_that_was_given_for_it() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tokenizers/llama3.json");
    let given = format!("yaml:{{ enrich: {{ tokens: {{ tokenizers: {{ 'my-*': {file} }} }} }} }}");
    check(
        &["tokens", "--model", "my-llama", "--config", &given],
        "hello <tool_call>",
        expect![[r#"
            0
            {"tokens":6,"method":"tokenizer:my"}
        "#]],
    );
    let wrong = format!(
        "yaml:{{ enrich: {{ tokens: {{ tokenizers: {{ my-llama: {} }} }} }} }}",
        file.replace("llama3", "none")
    );
    let output = sidelight(&["validate", "--config", &wrong], "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("enrich.tokens.tokenizers: the tokenizer ") && said.contains("cannot be read"),
        "{said}"
    );
}
