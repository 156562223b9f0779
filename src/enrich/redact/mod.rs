//! What becomes of what was found: one string leaf in, the safe text out, only if it changed.
//!
//! A text that is JSON is taken apart into its string literals, to a bounded depth of JSON inside
//! strings, and only literals that change are spliced: what was valid stays valid, clean text keeps
//! every byte. Any other text is scanned as it stands.

mod across;
mod allowed;
mod config;
mod json;
mod mark;
mod policy;
mod report;
#[cfg(test)]
mod tests;

pub(super) use allowed::refuse_patterns;
pub use config::{Action, Config, InjectionConfig};
pub use report::{Pii, Report, report};

use super::scan::custom::Set;
use super::scan::{Around, Finding, Injection, Judge, Reading, Scanner, marks};
use crate::llm::Role;
use mark::Marker;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The policy of `enrich.pii` and `enrich.injection`, built once. Cloning it copies a few flags.
#[derive(Clone)]
pub struct Redactor {
    scanner: Scanner,
    marker: Marker,
    injection: InjectionConfig,
    judge: Judge,
}

/// One string leaf and what its place says of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Leaf<'a> {
    pub text: &'a str,
    /// The attribute key that holds it, `""` where none does. Context for the detectors.
    pub key: &'a str,
    /// Who said it, `None` where nobody knows.
    pub role: Option<Role>,
    /// What was said right before it, as it leaves: the turn before. Context too.
    pub before: &'a str,
}

/// What was found in the leaves of one item, added up. Never holds text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Findings by type, sorted by name.
    pub findings: Vec<(&'static str, u32)>,
    /// The strongest evidence of any leaf, and the rules of all of them.
    pub injection: Injection,
    /// Leaves whose scan failed and whose text was withheld.
    pub withheld: u32,
}

/// How often a redacted text is scanned again: what a value hid from its neighbour comes to light in
/// the second round. What is left after the last round is withheld as a whole.
const ROUNDS: usize = 4;

impl Redactor {
    pub fn build(pii: &Config, injection: &InjectionConfig) -> Redactor {
        Redactor::with(pii, injection, None, None)
    }

    /// The redactor that looks for users' own `types` and judges by their own `rules` too.
    pub fn with(
        pii: &Config,
        injection: &InjectionConfig,
        types: Option<Arc<Set>>,
        rules: Option<Arc<Set>>,
    ) -> Redactor {
        Redactor {
            scanner: pii.scanner().with(types),
            marker: Marker::new(pii),
            injection: injection.clone(),
            judge: injection.judge().with(rules),
        }
    }

    /// The redactor for words that are no span's: it looks for the same types and for all that are on by default,
    /// masks whatever it finds, allows nothing and judges nothing.
    pub fn strict(&self) -> Redactor {
        Redactor {
            scanner: self.scanner.clone().and_default(),
            marker: Marker::new(&Config::default()),
            injection: InjectionConfig { enabled: false, ..InjectionConfig::default() },
            judge: self.judge.clone(),
        }
    }

    /// What is done with what is found: the value of `sidelight.pii.action`.
    pub fn action(&self) -> Action {
        self.marker.policy().default_action()
    }

    /// Whether some finding makes a whole leaf be withheld.
    fn removes(&self) -> bool {
        self.marker.policy().may_remove()
    }

    /// Whether evidence of this strength counts as an attempt.
    pub fn is_attempt(&self, injection: &Injection) -> bool {
        self.injection.enabled && injection.score >= self.injection.threshold
    }

    /// The text that may leave, if it is another one, and what was found, added to `tally`.
    ///
    /// Never panics and never fails: a leaf whose scan fails is withheld and counted.
    pub fn leaf(&self, leaf: Leaf<'_>, tally: &mut Tally) -> Option<String> {
        let scan = || {
            let mut found = Tally::default();
            let text = self.text(leaf, json::DEPTH, &mut found);
            (text, found)
        };
        guarded(scan, tally)
    }

    /// `depth` says how many layers of JSON in strings may still be opened.
    fn text(&self, leaf: Leaf<'_>, depth: u8, tally: &mut Tally) -> Option<String> {
        if leaf.text.is_empty() || is_media(leaf.text) {
            return None;
        }
        match json::literals(leaf.text, depth) {
            Some(literals) => self.json(leaf, literals, depth, tally),
            None => self.plain(leaf, tally),
        }
    }

    fn plain(&self, leaf: Leaf<'_>, tally: &mut Tally) -> Option<String> {
        let text = Reading::of(leaf.text);
        self.weigh(&text, leaf.role, tally);
        let findings = self.find(&text, &leaf);
        if findings.is_empty() {
            return None;
        }
        tally.count(&findings);
        let is = |finding: &Finding, action| self.marker.policy().action(finding.kind) == action;
        if findings.iter().any(|finding| is(finding, Action::Remove)) {
            return Some(marks::REMOVED.to_string());
        }
        let written: Vec<Finding> = findings.into_iter().filter(|f| !is(f, Action::Flag)).collect();
        if written.is_empty() {
            return None;
        }
        let safe = self.until_clean(leaf, &written, tally);
        // A mark is shorter than what it hides: words that it brings together count now, so that the
        // same text says nothing new when it comes by again.
        self.weigh(&Reading::of(&safe), leaf.role, tally);
        Some(safe)
    }

    /// Adds how much the text looks like an injection.
    fn weigh(&self, text: &Reading<'_>, role: Option<Role>, tally: &mut Tally) {
        if self.injection.enabled {
            tally.evidence(self.scanner.injection(&self.judge, text, role));
        }
    }

    /// The text with marks in place of findings, scanned until nothing is left to find.
    fn until_clean(&self, leaf: Leaf<'_>, findings: &[Finding], tally: &mut Tally) -> String {
        let mut text = self.marker.splice(leaf.text, findings);
        for _ in 1..ROUNDS {
            let more = self.left(&text, &leaf);
            if more.is_empty() {
                return text;
            }
            tally.count(&more);
            text = self.marker.splice(&text, &more);
        }
        if self.left(&text, &leaf).is_empty() { text } else { marks::WITHHELD.to_string() }
    }

    /// What all those rounds find, each where it stands in the text of the leaf.
    fn find_until_clean(&self, leaf: &Leaf<'_>) -> Vec<Finding> {
        let mut all = self.find(&Reading::of(leaf.text), leaf);
        for _ in 1..ROUNDS {
            let is_written = |f: &&Finding| self.marker.policy().action(f.kind) != Action::Flag;
            let written: Vec<Finding> = all.iter().filter(is_written).cloned().collect();
            let text = self.marker.splice(leaf.text, &written);
            let more = if written.is_empty() { Vec::new() } else { self.left(&text, leaf) };
            if more.is_empty() {
                break;
            }
            all.extend(more.into_iter().map(|found| {
                let place = |at| self.marker.place_before(leaf.text, &written, at);
                Finding { start: place(found.start), end: place(found.end), ..found }
            }));
            all.sort_unstable_by_key(|found| found.start);
        }
        all
    }

    /// Findings in `text` that may not stay in it.
    fn left(&self, text: &str, leaf: &Leaf<'_>) -> Vec<Finding> {
        let mut findings = self.find(&Reading::of(text), leaf);
        findings.retain(|finding| self.marker.policy().action(finding.kind) != Action::Flag);
        findings
    }

    /// Findings in `text`, which is that of the leaf or has marks in it already.
    fn find(&self, text: &Reading<'_>, leaf: &Leaf<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.scanner.scan(text, Around { key: leaf.key, before: leaf.before }, &mut findings);
        if names_a_host(leaf.key) {
            findings.retain(|f| !matches!(f.kind, "IP_ADDRESS" | "MAC_ADDRESS"));
        }
        findings.retain(|finding| self.marker.policy().counts(finding, text.text()));
        findings
    }
}

impl Tally {
    fn count(&mut self, findings: &[Finding]) {
        findings.iter().for_each(|f| self.add(f.kind, 1));
    }

    fn add(&mut self, kind: &'static str, count: u32) {
        match self.findings.binary_search_by_key(&kind, |(kind, _)| kind) {
            Ok(at) => self.findings[at].1 += count,
            Err(at) => self.findings.insert(at, (kind, count)),
        }
    }

    fn evidence(&mut self, injection: Injection) {
        self.injection.score = self.injection.score.max(injection.score);
        self.injection.rules.extend(injection.rules);
        self.injection.rules.sort_unstable();
        self.injection.rules.dedup();
    }

    /// Adds what `other` has.
    pub fn merge(&mut self, other: Tally) {
        other.findings.into_iter().for_each(|(kind, count)| self.add(kind, count));
        self.evidence(other.injection);
        self.withheld += other.withheld;
    }
}

/// Runs a scan; one that panics withholds its text, and what it had found is not counted.
fn guarded(scan: impl FnOnce() -> (Option<String>, Tally), tally: &mut Tally) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(scan)) {
        Ok((text, found)) => {
            tally.merge(found);
            text
        }
        Err(_) => {
            tally.withheld += 1;
            Some(marks::WITHHELD.to_string())
        }
    }
}

/// Keys that name a host or a network, whose addresses are the point of them (design: enrichment).
fn names_a_host(key: &str) -> bool {
    ["server.", "net.", "network.", "host."].iter().any(|start| key.starts_with(start))
        || key.starts_with("k8s.") && key.ends_with(".ip")
}

/// Inline media that the media step left in place: base64 of something that is not text.
fn is_media(text: &str) -> bool {
    const KINDS: &[&str] =
        &["image/", "audio/", "video/", "font/", "application/octet-stream", "application/pdf"];
    let head = text.strip_prefix("data:").map(|rest| &rest[..rest.floor_char_boundary(80)]);
    head.is_some_and(|head| head.contains(";base64,") && KINDS.iter().any(|kind| head.starts_with(kind)))
        && !text.contains(char::is_whitespace)
}
