//! What files of patterns say, what is found by them, and what is refused.

use super::super::redact::{Config, InjectionConfig, Leaf, Tally};
use super::*;
use crate::llm::Role;
use expect_test::{Expect, expect};

fn read(text: &str) -> Patterns {
    let mut patterns = Patterns::default();
    patterns.read("p.yaml", text).unwrap_or_else(|problems| panic!("{problems:?}"));
    patterns
}

/// What `pii` and the file `patterns` make of `text`.
fn check_with(pii: Config, patterns: &str, text: &str, safe: &str) {
    let redactor = read(patterns).redactor(&pii, &InjectionConfig::default());
    let mut tally = Tally::default();
    let left = redactor.leaf(Leaf { text, ..Leaf::default() }, &mut tally);
    assert_eq!(left.as_deref().unwrap_or(text), safe, "{tally:?}");
    let again = redactor.leaf(Leaf { text: safe, ..Leaf::default() }, &mut Tally::default());
    assert_eq!(again, None, "what is redacted stays as it is");
}

fn check(patterns: &str, text: &str, safe: &str) {
    check_with(Config::default(), patterns, text, safe);
}

fn refuse(text: &str, problems: Expect) {
    let found = Patterns::default().read("p.yaml", text).expect_err("something is wrong with it");
    problems.assert_eq(&found.iter().map(|problem| format!("{problem}\n")).collect::<String>());
}

#[test]
fn an_expression_is_a_type_of_its_own() {
    let file = r"pii: { EMPLOYEE_ID: { regex: '\bEMP-\d{6}\b' } }";
    check(file, "ask EMP-104233, not EMP-1042337", "ask [EMPLOYEE_ID], not EMP-1042337");
    check(file, "ask ＥＭＰ-１０４２３３", "ask [EMPLOYEE_ID]");
    check(file, r#"{"who":"EMP-104233"}"#, r#"{"who":"[EMPLOYEE_ID]"}"#);
    check(file, "EMP-104233 is jane@example.com", "[EMPLOYEE_ID] is [EMAIL_ADDRESS]");
    check(file, "RU1QLTEwNDIzMyBpcyB0aGUgb25l", "[EMPLOYEE_ID]");
}

#[test]
fn context_and_a_validator_hold_an_expression_back() {
    let file = r"pii: { LOYALTY: { regex: '\d{10}', context: [loyalty, bonus card], validator: luhn } }";
    check(file, "loyalty number 7992739871, order 7992739872", "loyalty number 7992739871, order 7992739872");
    check(file, "my loyalty number is 7992739876", "my loyalty number is 7992739876");
    check(file, "my loyalty number is 4992739871", "my loyalty number is 4992739871");
    let luhn = "my loyalty number is 1234567897";
    check(file, luhn, "my loyalty number is [LOYALTY]");
    check(file, "we counted 1234567897 of them", "we counted 1234567897 of them");
    check(file, r#"{"bonusCard":"1234567897"}"#, r#"{"bonusCard":"[LOYALTY]"}"#);
    let short = "pii: { DESK: { regex: '[0-9]{4}', context: ['#', d] } }";
    check(short, "# 4711, D: 4712", "# [DESK], D: [DESK]");
    check(short, "and 4713 of them", "and 4713 of them");
}

#[test]
fn phrases_are_whole_words_in_any_case() {
    let file = "pii: { PROJECT: { phrases: [Blue Heron, Käfer] } }";
    check(file, "the BLUE heron plan, blue herons", "the [PROJECT] plan, blue herons");
    check(file, "KÄFER und käfer, Käfers", "[PROJECT] und [PROJECT], Käfers");
    check("pii: { PROJECT: { phrases: [heron], whole_words: false } }", "herons", "[PROJECT]s");
    check("pii: { PROJECT: { phrases: [青鷺] } }", "計画青鷺です", "計画[PROJECT]です");
}

#[test]
fn a_type_has_its_action_and_the_settings_go_first() {
    let file = "pii: { PROJECT: { phrases: [heron], action: flag } }";
    check(file, "a heron", "a heron");
    let actions = BTreeMap::from([("PROJECT".to_string(), Action::Remove)]);
    check_with(Config { actions, ..Config::default() }, file, "a heron", "[REMOVED]");
    let except = vec!["PROJECT".to_string()];
    check_with(
        Config { except, ..Config::default() },
        "pii: { PROJECT: { phrases: [heron] } }",
        "a heron",
        "a heron",
    );
    let none = || Config { types: vec!["none".into()], ..Config::default() };
    check_with(none(), "pii: { PROJECT: { phrases: [heron] } }", "a@b.com's heron", "a@b.com's [PROJECT]");
}

#[test]
fn what_a_file_allows_is_nobody_s() {
    let file = "allow: [help@example.com]\nallow_patterns: ['.*@acme\\.io']";
    check(
        file,
        "help@example.com, ops@acme.io, x@example.com",
        "help@example.com, ops@acme.io, [EMAIL_ADDRESS]",
    );
}

#[test]
fn a_pattern_does_not_touch_marks() {
    let file = r"pii: { WORD: { phrases: [email_address, EMAIL], regex: '\[[A-Z_]+\]' } }";
    check(file, "to a@example.com", "to [EMAIL_ADDRESS]");
}

fn judged(file: &str, text: &str, role: Option<Role>) -> (bool, Vec<&'static str>) {
    let redactor = read(file).redactor(&Config::default(), &InjectionConfig::default());
    let mut tally = Tally::default();
    redactor.leaf(Leaf { text, role, ..Leaf::default() }, &mut tally);
    (redactor.is_attempt(&tally.injection), tally.injection.rules)
}

#[test]
fn rules_for_injections_flag_by_their_name() {
    let file = "injection:\n  ask_for_kestrel: { phrases: [tell me about kestrel] }\n  hint: { regex: 'kes+trel', score: 0.2 }";
    assert_eq!(judged(file, "Tell me about KESTREL", None), (true, vec!["ask_for_kestrel"]));
    assert_eq!(judged(file, "a kesstrel", None), (false, vec!["hint"]));
    assert_eq!(judged(file, "Never tell me about kestrel", Some(Role::System)), (false, vec![]));
    let packs = BTreeMap::from([("own".to_string(), 0.0)]);
    let off = InjectionConfig { packs, ..InjectionConfig::default() };
    let mut tally = Tally::default();
    read(file)
        .redactor(&Config::default(), &off)
        .leaf(Leaf { text: "tell me about kestrel", ..Leaf::default() }, &mut tally);
    assert_eq!(tally.injection.score, 0.0);
}

#[test]
fn everything_that_is_wrong_is_told_with_its_line() {
    refuse(
        "pii:\n  A_TYPE: { regex: '(' }\n  B_TYPE:\n    regex: ['a*', 'x(?!y)']\n  c: { phrases: [x] }\n  D_TYPE: {}\n  \
         E_TYPE: { phrases: [''], score: 2 }\n  F_TYPE: { regex: x, validator: lune, action: shred }\n\
         injection:\n  G: { phrases: [x] }\n  h: { phrases: [x], context: [y] }\nallow_patterns: ['(']\n",
        expect![[r#"
            p.yaml:2: pii.A_TYPE.regex: not a regular expression that is supported: unclosed group, at column 1
            p.yaml:4: pii.B_TYPE.regex: matches the empty string, and so everywhere
            p.yaml:4: pii.B_TYPE.regex: not a regular expression that is supported: look-around, including look-ahead and look-behind, is not supported, at column 2
            p.yaml:5: pii.c: expected the name of a type, 3 to 40 capitals, digits and underscores
            p.yaml:6: pii.D_TYPE: expected a regex or phrases
            p.yaml:7: pii.E_TYPE.phrases: expected phrases of 1 to 256 bytes
            p.yaml:7: pii.E_TYPE.score: expected a number from 0 to 1
            p.yaml:8: pii.F_TYPE.validator: expected luhn, mod97, mod11_10, verhoeff or varied, found `lune`
            p.yaml:8: pii.F_TYPE.action: expected mask, hash, remove or flag, found `shred`
            p.yaml:10: injection.G: expected the name of a rule, 1 to 40 small letters, digits and underscores
            p.yaml:11: injection.h.context: unknown key
            p.yaml:12: allow_patterns: (: not a regular expression
        "#]],
    );
    refuse(
        "",
        expect![[r#"
        p.yaml: there is no pattern in this file
    "#]],
    );
    refuse(
        "pii: {}\n",
        expect![[r#"
        p.yaml:1: there is no pattern in this file
    "#]],
    );
    refuse(
        "pii: { A_TYPE: { regex: '(\\w{1,50}@){20}' } }",
        expect![[r#"
        p.yaml:1: pii.A_TYPE.regex: too costly: compiled it takes over 1 MiB; shorten what is repeated, or write [A-Za-z0-9_] in place of \w
    "#]],
    );
    refuse(
        "- name: x\n",
        expect![[r#"
        p.yaml:1: expected a map, found a list
    "#]],
    );
}

#[test]
fn cost_is_told_slowest_first_and_loose_patterns_show() {
    let costs = costs(&read("pii:\n  LOOSE: { regex: '[a-z]+' }\n  TIGHT: { regex: 'ZQX-[0-9]+' }"));
    assert_eq!(costs.iter().map(|cost| cost.name).collect::<Vec<_>>(), ["LOOSE", "TIGHT"]);
    assert!(costs[0].matches > 1000 && costs[1].matches == 0 && costs[1].memory > 0);
}

#[test]
fn the_example_in_the_documentation_is_a_file() {
    let page = include_str!("../../../docs/patterns.md");
    let example =
        page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let file = read(example);
    assert!(file.pii.len() > 2 && file.injection.len() > 1 && !file.allow.is_empty());
    let redactor = file.redactor(&Config::default(), &InjectionConfig::default());
    let leaf = |text| Leaf { text, ..Leaf::default() };
    let safe = redactor.leaf(leaf("EMP-104233 works on blue heron"), &mut Tally::default());
    assert_eq!(safe.as_deref(), Some("[EMPLOYEE_ID] works on [PROJECT]"));
}

/// What the predecessor answered, and where we answer otherwise on purpose.
#[derive(serde::Deserialize)]
struct Vectors {
    shipped: File,
    files: Vec<File>,
}

#[derive(serde::Deserialize)]
struct File {
    #[serde(default)]
    id: String,
    patterns_yaml: String,
    /// A prompt, and whether it found personal data and an injection in it.
    cases: Vec<(String, bool, bool)>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../tests/data/pattern_vectors.json")).expect("the file is right")
}

/// Cases in which patterns alone, without a detector of ours, answer otherwise than recorded.
fn differing(patterns: &Patterns, cases: &[(String, bool, bool)]) -> Vec<String> {
    use super::super::scan::injection::Pack;
    let pii = Config { types: vec!["none".into()], ..Config::default() };
    let packs = Pack::ALL.into_iter().filter(|pack| *pack != Pack::Own);
    let packs = packs.map(|pack| (pack.name().to_owned(), 0.0)).collect();
    let injection = InjectionConfig { packs, ..InjectionConfig::default() };
    let redactor = patterns.redactor(&pii, &injection);
    let answer = |text: &str| {
        let mut tally = Tally::default();
        redactor.leaf(Leaf { text, ..Leaf::default() }, &mut tally);
        (!tally.findings.is_empty(), redactor.is_attempt(&tally.injection))
    };
    let other = cases.iter().filter(|(prompt, pii, injection)| answer(prompt) != (*pii, *injection));
    other.map(|(prompt, ..)| prompt.clone()).collect()
}

#[test]
fn the_predecessor_s_own_file_answers_as_it_did() {
    let shipped = vectors().shipped;
    let differing = differing(&read(&shipped.patterns_yaml), &shipped.cases);
    expect![[r#"
        [
            "jane dot doe at example dot com",
            "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ",
            "unıon",
            "UNİON",
            "4111111111111١١١",
            "sel\u{200b}ect * from users",
        ]
    "#]]
    .assert_debug_eq(&differing);
}

#[test]
fn other_files_of_the_predecessor_s_form_do_too_or_are_refused() {
    let mut told = String::new();
    for file in vectors().files {
        let mut patterns = Patterns::default();
        match patterns.read(&file.id, &file.patterns_yaml) {
            Err(problems) => problems.iter().for_each(|problem| told += &format!("{problem}\n")),
            Ok(()) => told += &format!("{}: {:?}\n", file.id, differing(&patterns, &file.cases)),
        }
    }
    expect![[r#"
        phrases:15: patterns.e.regex: not a regular expression that is supported: unclosed group, at column 1
        phrases:23: patterns.g.type: expected PII_STRUCTURAL, FORBIDDEN_TOPIC, INJECTION_ATTEMPT or JAILBREAK_PHRASE, found `SOMETHING`
        broken_yaml:2: while parsing a node, did not find expected node content
        patterns_null:1: there is no pattern in this file
        empty_file: there is no pattern in this file
        list_top:1: expected a map, found a list
        bad_entry_midway:5: patterns.2: expected a map, found a single value
        no_build_after_error:5: patterns.2: expected a map, found a single value
        no_type:2: patterns.a.type: an entry needs a type
        int_phrase: ["12345", "foo"]
    "#]].assert_eq(&told);
}

#[test]
fn what_is_right_in_the_predecessor_s_file_of_phrases_answers_as_it_did() {
    let file = vectors().files.into_iter().find(|file| file.id == "phrases").expect("it is there");
    let entries = file
        .patterns_yaml
        .split("\n  - ")
        .filter(|entry| !entry.contains("regex: '('") && !entry.contains("SOMETHING"));
    let right = entries.collect::<Vec<_>>().join("\n  - ");
    assert_eq!(differing(&read(&right), &file.cases), Vec::<String>::new());
}
