//! Several kinds of trouble at once, as a user sees them.

use super::*;
use crate::units::Size;
use expect_test::{Expect, expect};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Durability {
    Fsync,
    Memory,
}
choices!(Durability { Fsync = "fsync", Memory = "memory" });

/// A part as any part is, with one setting of each sort.
#[derive(Debug, PartialEq)]
struct Part {
    size: Size,
    age: Duration,
    durability: Durability,
    percent: f64,
    streams: Option<u32>,
    names: Vec<String>,
    headers: BTreeMap<String, Secret>,
    endpoint: HostPort,
    on: bool,
    exporters: Vec<String>,
}

impl Default for Part {
    fn default() -> Part {
        Part {
            size: Size::mib(1),
            age: Duration::from_secs(1),
            durability: Durability::Fsync,
            percent: 1.0,
            streams: None,
            names: Vec::new(),
            headers: BTreeMap::new(),
            endpoint: HostPort::new("localhost", 1),
            on: false,
            exporters: Vec::new(),
        }
    }
}

impl Part {
    fn read(&mut self, section: &mut Section<'_>) {
        section.section("queue", |queue| {
            queue.get("max_size", &mut self.size);
            queue.get("max_age", &mut self.age);
            queue.get("durability", &mut self.durability);
        });
        section.get("percent", &mut self.percent);
        section.get("streams", &mut self.streams);
        section.list("names", &mut self.names);
        section.map("headers", &mut self.headers);
        section.get("endpoint", &mut self.endpoint);
        section.get("on", &mut self.on);
        section.section("exporters", |exporters| {
            exporters.not_built_yet(&["kafka"]);
            exporters.components(&["otlp", "local"], |component, section| {
                let mut endpoint = String::new();
                section.get("endpoint", &mut endpoint);
                if component.kind == "otlp" && endpoint.is_empty() {
                    section.problem("", "needs an endpoint");
                }
                self.exporters.push(component.id.to_string());
            });
        });
    }
}

fn part(text: &str) -> (Part, String) {
    let mut part = Part::default();
    let problems = read_text("sidelight.yaml", text, |section| part.read(section));
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    (part, lines.join("\n"))
}

fn check(text: &str, problems: Expect) {
    problems.assert_eq(&part(text).1);
}

#[test]
fn what_is_set_is_read_and_the_rest_keeps_its_default() {
    let (part, problems) = part(
        "queue: { max_size: 64MiB, durability: memory }\nstreams: 7\nnames: [a, 'b c']\n\
         headers: { authorization: made-up }\nendpoint: 0.0.0.0:4317\non: true\n\
         exporters: { otlp/second: { endpoint: x }, local: null }\n",
    );
    assert_eq!(problems, "");
    let expected = Part {
        size: Size::mib(64),
        durability: Durability::Memory,
        streams: Some(7),
        names: vec!["a".into(), "b c".into()],
        headers: BTreeMap::from([("authorization".into(), Secret("made-up".into()))]),
        endpoint: HostPort::new("0.0.0.0", 4317),
        on: true,
        exporters: vec!["otlp/second".into(), "local".into()],
        ..Part::default()
    };
    assert_eq!(part, expected);
}

#[test]
fn null_and_an_empty_file_mean_the_defaults() {
    for text in ["", "# nothing\n", "queue: null\nnames: ~\nexporters:\n", "{}"] {
        assert_eq!(part(text), (Part::default(), String::new()), "{text:?}");
    }
}

#[test]
fn every_problem_is_shown_at_once_in_the_order_of_the_file() {
    check(
        "queue:
  max_sise: 64MiB
  max_age: 5 parsecs
  durability: fsnyc
percent: [1]
streams: -1
headers: { a: [b] }
endpoint: localhost
names: { a: b }
colour: red
exporters:
  oltp: { endpoint: x }
  otlp/: {}
  otlp: { endpont: x }
  kafka/second: {}
on: yes
queue: {}
queue/second: {}
",
        expect![[r#"
            sidelight.yaml:2: queue.max_sise: unknown key; did you mean max_size?
            sidelight.yaml:3: queue.max_age: expected a duration like 500ms, 5s or 1h, found `5 parsecs`
            sidelight.yaml:4: queue.durability: expected fsync or memory (did you mean fsync?), found `fsnyc`
            sidelight.yaml:5: percent: expected a single value, found a list
            sidelight.yaml:6: streams: expected a whole number from 0 to 4294967295, found `-1`
            sidelight.yaml:7: headers.a: expected a single value, found a list
            sidelight.yaml:8: endpoint: expected an endpoint like 127.0.0.1:4317, host and port, found `localhost`
            sidelight.yaml:9: names: expected a single value, found a map
            sidelight.yaml:10: colour: unknown key
            sidelight.yaml:12: exporters.oltp: unknown key; did you mean otlp?
            sidelight.yaml:13: exporters.otlp/: expected a name after the slash
            sidelight.yaml:14: exporters.otlp: needs an endpoint
            sidelight.yaml:14: exporters.otlp.endpont: unknown key; did you mean endpoint?
            sidelight.yaml:15: exporters.kafka/second: not built yet
            sidelight.yaml:16: on: expected true or false, found `yes`
            sidelight.yaml:17: queue: given twice
            sidelight.yaml:18: queue/second: unknown key; did you mean queue?"#]],
    );
}

#[test]
fn a_section_that_is_no_map_says_what_it_is() {
    check(
        "queue: 5\nexporters: [local]\n",
        expect![[r#"
        sidelight.yaml:1: queue: expected a map, found a single value
        sidelight.yaml:2: exporters: expected a map, found a list"#]],
    );
    check("just text", expect!["sidelight.yaml:1: expected a map, found a single value"]);
}

#[test]
fn broken_yaml_is_one_problem_with_its_line() {
    check(
        "queue:\n  max_age: [1\nother: 2\n",
        expect!["sidelight.yaml:3: illegal placement of ':' indicator"],
    );
    check("a: 1\n---\nb: 2\n", expect!["sidelight.yaml:3: expected one document, found a second"]);
    check("? [a]\n: 1\n", expect!["sidelight.yaml:1: a list cannot be a key"]);
    check("a: &x [*x]\n", expect!["sidelight.yaml:1: an alias inside its own anchor"]);
}

#[test]
fn an_alias_is_a_copy_of_its_anchor() {
    let (part, problems) =
        part("names: &n [a, b]\nexporters: { otlp: { endpoint: &e x }, local: { endpoint: *e } }\n");
    assert_eq!((part.names.len(), problems.as_str()), (2, ""));
}

#[test]
fn nesting_and_aliases_without_end_are_refused() {
    check(&format!("names:\n{}", "- ".repeat(5000)), expect!["sidelight.yaml:2: nested too deeply"]);
    check(&format!("names: {}", "[".repeat(5000)), expect!["sidelight.yaml:1: recursion limit exceeded"]);
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_string();
    for n in 1..9 {
        let ten = vec![format!("*a{}", n - 1); 10].join(", ");
        laughs.push_str(&format!("a{n}: &a{n} [{ten}]\n"));
    }
    check(&laughs, expect!["sidelight.yaml:5: too many values"]);
}

#[test]
fn a_secret_is_never_printed() {
    let secret = Secret("made-up-token".into());
    assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "**** Some(****)");
    assert_eq!(serde_json::to_string(&secret).unwrap(), "\"****\"");
    assert_eq!(serde_json::to_string(&Secret::default()).unwrap(), "\"\"");
}

#[test]
fn a_value_that_may_be_a_secret_is_not_quoted() {
    check(
        "endpoint: 'postgres://me:made-up@db'\n",
        expect![[r#"sidelight.yaml:1: endpoint: expected an endpoint like 127.0.0.1:4317, host and port"#]],
    );
}

#[test]
fn a_problem_with_a_key_below_stands_at_as_much_of_its_path_as_is_given() {
    let problems = read_text("a.yaml", "one:\n  two:\n    three: 3\n", |section| {
        for key in ["", "none", "one.two.three", "one.two.four", "one.five"] {
            section.problem(key, "no");
        }
        section.section("one", |one| one.section("two", |two| two.get("three", &mut 0_u8)));
    });
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    expect![[r#"
        a.yaml:1: no
        a.yaml:1: none: no
        a.yaml:1: one.five: no
        a.yaml:2: one.two.four: no
        a.yaml:3: one.two.three: no"#]]
    .assert_eq(&lines.join("\n"));
}
