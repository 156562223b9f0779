//! The settings `enrich.pii` and `enrich.injection`.

use super::super::scan::injection::Pack;
use super::super::scan::{self, Detector, Judge, Scanner};
use super::allowed::refuse_patterns;
use crate::settings::{Secret, Section, choices};
use std::collections::BTreeMap;

/// What is done with what is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// `[EMAIL_ADDRESS]` stands in its place.
    #[default]
    Mask,
    /// `[EMAIL_ADDRESS:kgapmeijbnldfohc]` does: a keyed hash, the same for the same value.
    Hash,
    /// The whole leaf is withheld.
    Remove,
    /// The text is kept; the item is flagged.
    Flag,
}

choices!(Action { Mask = "mask", Hash = "hash", Remove = "remove", Flag = "flag" });

/// `enrich.pii`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Config {
    /// What is done with what is found.
    pub action: Action,
    /// What is done with findings of a type, where that is something else.
    pub actions: BTreeMap<String, Action>,
    /// How sure a finding has to be to count, 0 to 1.
    pub min_score: f64,
    /// The same for a type.
    pub min_scores: BTreeMap<String, f64>,
    /// Values that are nobody's, such as an address of one's own; capitals do not matter. Only a finding that is
    /// such a value is exempt, never what stands around it.
    pub allow: Vec<String>,
    /// Regular expressions for such values: they have to match the whole value.
    pub allow_patterns: Vec<String>,
    /// `default`, `all`, `none`, or names of types.
    pub types: Vec<String>,
    /// Names of types that do not count, whatever `types` says.
    pub except: Vec<String>,
    /// The key of `action: hash`.
    pub hash_key: Secret,
}

/// `enrich.injection`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct InjectionConfig {
    /// Whether texts are judged at all.
    pub enabled: bool,
    /// The score from which on it is an attempt, 0 to 1.
    pub threshold: f64,
    /// What packs of rules count, 0 to 1: 1 unless given, 0 switches one off.
    pub packs: BTreeMap<String, f64>,
    /// Phrases that are no attack: what stands in one counts nothing. Case does not matter.
    pub allow: Vec<String>,
}

impl Default for Config {
    fn default() -> Config {
        let types = vec!["default".to_string()];
        Config {
            action: Action::Mask,
            actions: BTreeMap::new(),
            min_score: 0.0,
            min_scores: BTreeMap::new(),
            allow: Vec::new(),
            allow_patterns: Vec::new(),
            types,
            except: Vec::new(),
            hash_key: Secret::default(),
        }
    }
}

impl Default for InjectionConfig {
    fn default() -> InjectionConfig {
        InjectionConfig { enabled: true, threshold: 0.5, packs: BTreeMap::new(), allow: Vec::new() }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("action", &mut self.action);
        section.list("types", &mut self.types);
        section.list("except", &mut self.except);
        section.get("hash_key", &mut self.hash_key);
        section.map("actions", &mut self.actions);
        section.get("min_score", &mut self.min_score);
        section.map("min_scores", &mut self.min_scores);
        section.list("allow", &mut self.allow);
        section.list("allow_patterns", &mut self.allow_patterns);
        if !self.min_scores.values().chain([&self.min_score]).all(|score| (0.0..=1.0).contains(score)) {
            section.problem("min_score", "expected numbers from 0 to 1");
        }
        refuse_patterns(section, "allow_patterns", &self.allow_patterns);
        self.actions.keys().for_each(|name| refuse_unknown(section, "actions", name));
        self.min_scores.keys().for_each(|name| refuse_unknown(section, "min_scores", name));
        let hashes = self.actions.values().chain([&self.action]).any(|action| *action == Action::Hash);
        if hashes && self.hash_key.0.is_empty() {
            section.problem("hash_key", "action hash needs a key");
        }
        let words = ["default", "all", "none"];
        for name in self.types.iter().filter(|name| self.types.len() > 1 || !words.contains(&name.as_str())) {
            refuse_unknown(section, "types", name);
        }
        self.except.iter().for_each(|name| refuse_unknown(section, "except", name));
    }

    /// A scanner for the types that count.
    pub fn scanner(&self) -> Scanner {
        let names = |list: &[String], row: &Detector| list.iter().any(|name| name == row.kind);
        let wanted = |row: &Detector| match self.types.as_slice() {
            [word] if word == "default" => Scanner::is_default(row),
            [word] if word == "all" => true,
            [word] if word == "none" => false,
            list => names(list, row),
        };
        Scanner::new(|row| wanted(row) && !names(&self.except, row))
    }
}

impl InjectionConfig {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("enabled", &mut self.enabled);
        section.get("threshold", &mut self.threshold);
        if !(0.0..=1.0).contains(&self.threshold) {
            section.problem("threshold", "expected a number from 0 to 1");
        }
        section.map("packs", &mut self.packs);
        for (name, weight) in &self.packs {
            if !Pack::ALL.iter().any(|pack| pack.name() == name) {
                let names = Pack::ALL.map(Pack::name).join(", ");
                section.problem("packs", format_args!("there is no pack {name}; there are {names}"));
            } else if !(0.0..=1.0).contains(weight) {
                section.problem("packs", format_args!("{name}: expected a number from 0 to 1"));
            }
        }
        section.list("allow", &mut self.allow);
        if self.allow.iter().any(|phrase| phrase.trim().is_empty()) {
            section.problem("allow", "an empty phrase would allow everything");
        }
    }

    /// What judges texts by these settings.
    pub fn judge(&self) -> Judge {
        Judge::new(|pack| self.packs.get(pack.name()).copied().unwrap_or(1.0), &self.allow)
    }
}

fn refuse_unknown(section: &mut Section<'_>, key: &str, name: &str) {
    if scan::type_named(name).is_none() {
        match scan::nearest_type(name) {
            Some(near) => section.problem(key, format_args!("there is no type {name}; did you mean {near}?")),
            None => section
                .problem(key, format_args!("there is no type {name}; `sidelight components` lists them")),
        }
    }
}
