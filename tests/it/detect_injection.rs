//! How well injections are told from ordinary text, on the labelled development set: `make eval-detect`.
//!
//! By family and by source, each share with its 95 % interval (Wilson), and what each pack of rules adds. No
//! rule is trained, so a source is always left out: what a table by source shows is how the rules that people
//! wrote do on it. But those who wrote them had read this set, which flatters them; other sources do decide.
//! `SIDELIGHT_PREDICTIONS=DIR` also writes `injection.jsonl` there, in the form that `evaluate.py` reads;
//! `SIDELIGHT_INJECTION_SET=FILE` judges another labelled file of the same form, without a bar.

use crate::shared;
use serde::Deserialize;
use sidelight::enrich::redact::{self, Config, InjectionConfig, Leaf, Redactor, Tally};
use sidelight::enrich::scan::injection::Pack;
use sidelight::llm::Role;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
struct Document {
    id: String,
    text: String,
    label: u8,
    family: String,
    source: String,
}

impl Document {
    fn is_attack(&self) -> bool {
        self.label == 1
    }

    fn group(&self) -> &'static str {
        match self.family.as_str() {
            "sql_injection" | "command_injection" | "template_injection" | "xss" => "code",
            "encoded_payload" | "evasion" => "obfuscated",
            "bipia_text" | "bipia_code" => "semantic",
            "own_hard_negative" | "user_prompt_library" => "look-alikes",
            _ if self.is_attack() => "explicit",
            _ => "ordinary",
        }
    }
}

/// How many of how many were flagged.
#[derive(Clone, Copy, Default)]
struct Share {
    flagged: u32,
    count: u32,
}

impl Share {
    fn of(flags: impl Iterator<Item = bool>) -> Share {
        flags.fold(Share::default(), |mut share, flagged| {
            share.add(flagged);
            share
        })
    }

    fn add(&mut self, flagged: bool) {
        self.flagged += u32::from(flagged);
        self.count += 1;
    }

    /// A line of a table.
    fn row(self, name: &str) -> String {
        let (low, high) = self.interval();
        let (Share { flagged, count }, value) = (self, self.value());
        format!("{name:56} {flagged:7} {count:8}   {value:.3}   {low:.3}-{high:.3}\n")
    }

    fn value(self) -> f64 {
        f64::from(self.flagged) / f64::from(self.count.max(1))
    }

    /// The 95 % interval by Wilson, which holds near 0 and 1 too.
    fn interval(self) -> (f64, f64) {
        const Z: f64 = 1.96;
        let (p, n) = (self.value(), f64::from(self.count.max(1)));
        let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        ((middle - half).max(0.0), (middle + half).min(1.0))
    }
}

#[test]
fn injections_of_the_development_set_are_told_from_ordinary_text() {
    let Some(documents) = read() else {
        return;
    };
    let redactor = Redactor::build(&Config::default(), &InjectionConfig::default());
    let mut lines = String::new();
    let flags: Vec<bool> = documents
        .iter()
        .map(|document| {
            let report = redact::report(&redactor, &document.text);
            let mut line = serde_json::to_value(&report).expect("a report is JSON");
            line["id"] = document.id.as_str().into();
            lines.push_str(&format!("{line}\n"));
            report.injection
        })
        .collect();
    write_predictions(&lines);
    let by = |title: &str, key: &dyn Fn(&Document) -> String| {
        eprintln!("\n{title:56} flagged of count   share   95 %");
        let mut shares = BTreeMap::<(bool, String), Share>::new();
        for (document, flagged) in documents.iter().zip(&flags) {
            shares.entry((document.is_attack(), key(document))).or_default().add(*flagged);
        }
        for ((is_attack, name), share) in &shares {
            let kind = if *is_attack { "attack" } else { "benign" };
            eprint!("{}", share.row(&format!("{kind} {name}")));
        }
    };
    by("by family", &|document| document.family.clone());
    by("by source", &|document| document.source.chars().take(48).collect());
    by("by group", &|document| document.group().to_owned());
    by("all", &|_| "all".to_owned());
    if std::env::var_os("SIDELIGHT_INJECTION_SET").is_some() {
        return;
    }
    let share = |wanted: &dyn Fn(&Document) -> bool| {
        Share::of(documents.iter().zip(&flags).filter(|(d, _)| wanted(d)).map(|(_, flagged)| *flagged))
            .value()
    };
    for (what, least) in [("explicit", 0.9), ("code", 0.88), ("obfuscated", 0.9)] {
        let recall = share(&|d| d.is_attack() && d.group() == what);
        assert!(recall >= least, "{what}: {recall:.3}");
    }
    assert!(share(&Document::is_attack) >= 0.82);
    assert!(share(&|d| !d.is_attack()) <= 0.01);
    assert!(share(&|d| d.group() == "look-alikes") <= 0.015);
}

/// One line of our own files: what it is, who says it, in which language, and the text with its escapes.
struct Probe {
    family: &'static str,
    role: Option<Role>,
    text: String,
}

const ATTACKS: &str = include_str!("../data/injection_attacks.tsv");
const LOOKALIKES: &str = include_str!("../data/injection_lookalikes.tsv");

fn probes(file: &'static str) -> Vec<Probe> {
    let probe = |line: &'static str| {
        let [family, role, _language, text] =
            line.split('\t').collect::<Vec<_>>().try_into().expect("four columns");
        let role = (role != "-").then(|| Role::named(role).expect("a role"));
        Probe { family, role, text: unescaped(text) }
    };
    file.lines().map(probe).collect()
}

/// `\n`, `\t`, `\\` and `\u{…}` undone.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.push_str(before);
        let (c, length) = match escape.as_bytes()[0] {
            b'n' => ('\n', 1),
            b't' => ('\t', 1),
            b'u' => {
                let end = escape.find('}').expect("a closed escape");
                let code = u32::from_str_radix(&escape[2..end], 16).expect("hexadecimal digits");
                (char::from_u32(code).expect("a character"), end + 1)
            }
            _ => ('\\', 1),
        };
        out.push(c);
        rest = &escape[length..];
    }
    out + rest
}

/// The share that is flagged, and a table of it by family with the texts that are judged otherwise than `wanted`.
fn judged(probes: &[Probe], wanted: bool) -> (Share, String) {
    let redactor = Redactor::build(&Config::default(), &InjectionConfig::default());
    let mut families = BTreeMap::<&str, Share>::new();
    let (mut all, mut table) = (Share::default(), String::new());
    for probe in probes {
        let mut tally = Tally::default();
        redactor.leaf(Leaf { text: &probe.text, role: probe.role, ..Leaf::default() }, &mut tally);
        let flagged = redactor.is_attempt(&tally.injection);
        for share in [families.entry(probe.family).or_default(), &mut all] {
            share.add(flagged);
        }
        if flagged != wanted {
            table.push_str(&format!("  {} {:?} {:?}\n", probe.family, tally.injection.rules, probe.text));
        }
    }
    families.iter().chain([(&"all", &all)]).for_each(|(name, share)| table.push_str(&share.row(name)));
    (all, table)
}

#[test]
fn of_our_own_attacks_nine_in_ten_are_flagged() {
    let attacks = probes(ATTACKS);
    let (share, table) = judged(&attacks, true);
    eprintln!("\nour own attacks, those missed first\n{table}");
    assert!(attacks.len() >= 500 && share.value() >= 0.9, "{}", share.value());
}

#[test]
fn of_a_hundred_benign_look_alikes_at_most_one_is_flagged() {
    let texts = probes(LOOKALIKES);
    let (share, table) = judged(&texts, false);
    eprintln!("\nour own look-alikes, those flagged first\n{table}");
    assert!(texts.len() >= 850 && share.value() <= 0.01, "{}", share.value());
}

#[test]
#[ignore = "a table to read, not a bar: make eval-detect"]
fn what_each_pack_of_rules_adds() {
    let Some(documents) = read() else {
        return;
    };
    let flagged = |packs: &dyn Fn(Pack) -> bool| {
        let packs = Pack::ALL.iter().map(|pack| (pack.name().to_owned(), f64::from(u8::from(packs(*pack)))));
        let settings = InjectionConfig { packs: packs.collect(), ..InjectionConfig::default() };
        let redactor = Redactor::build(&Config::default(), &settings);
        let flags = |is_attack: bool| {
            let wanted = documents.iter().filter(move |d| d.is_attack() == is_attack);
            Share::of(wanted.map(|d| redact::report(&redactor, &d.text).injection)).value()
        };
        (flags(true), flags(false))
    };
    let (recall, false_alarms) = flagged(&|_| true);
    eprintln!("\npack           alone: recall  benign    without: recall  benign");
    eprintln!("all                   {recall:.3}   {false_alarms:.4}");
    for pack in Pack::ALL {
        let (alone, alone_benign) = flagged(&|other| other == pack);
        let (rest, rest_benign) = flagged(&|other| other != pack);
        eprintln!(
            "{:21} {alone:.3}   {alone_benign:.4}             {rest:.3}   {rest_benign:.4}",
            pack.name()
        );
    }
}

fn write_predictions(lines: &str) {
    if let Some(directory) = std::env::var_os("SIDELIGHT_PREDICTIONS") {
        std::fs::write(Path::new(&directory).join("injection.jsonl"), lines)
            .expect("the directory can be written");
    }
}

/// The documents of the labelled set, where it is at hand.
fn read() -> Option<Vec<Document>> {
    let text = match std::env::var_os("SIDELIGHT_INJECTION_SET") {
        Some(file) => std::fs::read_to_string(file).expect("the file can be read"),
        None => std::fs::read_to_string(shared::detect()?.join("dev/injection.jsonl"))
            .expect("the file is in the archive"),
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a document")).collect())
}
