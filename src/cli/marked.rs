//! What was found in a text, for people: the text with every value coloured and its type behind it.

use super::table::plain;
use crate::enrich::redact::Report;
use std::fmt::Write;

/// Black on yellow for a value, dim for its type, red for an attempt; and back.
const VALUE: &str = "\x1b[30;43m";
const TYPE: &str = "\x1b[2m";
const ATTEMPT: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// `text`, of which `report` tells. Nothing in it reaches the terminal as a command.
pub fn marked(text: &str, report: &Report) -> String {
    let mut out = String::with_capacity(text.len() + report.pii.len() * 32);
    let mut from = 0;
    for found in &report.pii {
        let value = shown(&text[found.start..found.end]);
        let _ = write!(
            out,
            "{}{VALUE}{value}{PLAIN}{TYPE}[{} {:.2}]{PLAIN}",
            shown(&text[from..found.start]),
            found.kind,
            found.score
        );
        from = found.end;
    }
    out += &shown(&text[from..]);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    if !report.rules.is_empty() {
        let (colour, verdict) =
            if report.injection { (ATTEMPT, "injection attempt") } else { (TYPE, "no injection") };
        let _ = writeln!(
            out,
            "{colour}{verdict}, {:.2}: {}{PLAIN}",
            report.injection_score,
            report.rules.join(", ")
        );
    }
    out
}

/// Lines and tabs stay; what else a terminal would obey is spelled out.
fn shown(text: &str) -> String {
    let parts = text.split_inclusive(['\n', '\t']).map(|part| match part.strip_suffix(['\n', '\t']) {
        Some(before) => plain(before) + &part[before.len()..],
        None => plain(part),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::redact::{self, Redactor};

    fn check(text: &str, wanted: &str) {
        let redactor = Redactor::build(&redact::Config::default(), &redact::InjectionConfig::default());
        let out = marked(text, &redact::report(&redactor, text));
        assert_eq!(out.replace('\x1b', "^"), wanted);
    }

    #[test]
    fn values_stand_out_and_their_type_stands_behind() {
        check(
            "write to jane@example.com\nnow",
            "write to ^[30;43mjane@example.com^[0m^[2m[EMAIL_ADDRESS 0.95]^[0m\nnow\n",
        );
    }

    #[test]
    fn the_text_commands_nothing() {
        check("a\x1b[2J\tb", "a\\u{1b}[2J\tb\n");
    }
}
