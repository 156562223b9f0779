//! Patterns of users' own, from files: types of personal data, rules for injections, values that are nobody's.
//!
//! A file is in our own form, which `docs/patterns.md` explains, or the predecessor's `patterns.yaml`.

mod cost;
mod form;
mod predecessor;
#[cfg(test)]
mod tests;

pub use cost::{Cost, Sort, costs};

use super::redact::{Action, Config, InjectionConfig, Redactor, refuse_patterns};
use super::scan::custom::{Pattern, Set};
use crate::settings::{Problem, Section, read_text};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All patterns of all files.
#[derive(Clone, Default)]
pub struct Patterns {
    pii: Vec<Pattern>,
    injection: Vec<Pattern>,
    /// What is done with findings of a type, where its file says so.
    actions: BTreeMap<String, Action>,
    allow: Vec<String>,
    allow_patterns: Vec<String>,
}

/// Why there are no patterns to work with.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the pattern file {file} cannot be read")]
    Unreadable { file: String, source: std::io::Error },
    /// Everything that is wrong with the file, at least one problem.
    #[error("the pattern file is wrong: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Wrong(Vec<Problem>),
}

/// What all files may hold together.
const PATTERNS_MOST: usize = 100;
const EXPRESSIONS_MOST: usize = 1000;
const PHRASE_BYTES_MOST: usize = 1 << 20;
/// Bytes that all compiled expressions may take.
const MEMORY_MOST: usize = 16 << 20;

impl Patterns {
    /// The patterns of the files that the setting `enrich.patterns` names. Their names are known from then on.
    pub fn load(files: &[String]) -> Result<Patterns, LoadError> {
        let mut patterns = Patterns::default();
        for file in files {
            patterns.open(file)?;
        }
        Ok(patterns)
    }

    fn open(&mut self, file: &str) -> Result<(), LoadError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| LoadError::Unreadable { file: file.to_owned(), source })?;
        self.read(file, &text).map_err(LoadError::Wrong)
    }

    /// Adds what `text` says; `file` is what problems call it. All problems are given at once.
    pub fn read(&mut self, file: &str, text: &str) -> Result<(), Vec<Problem>> {
        let problems = read_text(file, text, |section| {
            let before = self.size();
            section.section("pii", |section| section.each(|name, section| self.pii(name, section)));
            section.section("injection", |section| section.each(|name, section| self.rule(name, section)));
            section.items("patterns", |section| self.predecessor(section));
            let (mut allow, mut allow_patterns) = (Vec::new(), Vec::new());
            section.list("allow", &mut allow);
            section.list("allow_patterns", &mut allow_patterns);
            refuse_patterns(section, "allow_patterns", &allow_patterns);
            self.allow.append(&mut allow);
            self.allow_patterns.append(&mut allow_patterns);
            self.refuse_too_much(section);
            if !section.given() || self.size() == before && section.is_sound() {
                section.problem("", "there is no pattern in this file");
            }
        });
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn pii(&mut self, name: &str, section: &mut Section<'_>) {
        let action = form::action(section);
        if let Some(pattern) = form::pii(name, section) {
            self.actions.extend(action.map(|action| (pattern.name.to_owned(), action)));
            self.pii.push(pattern);
        }
    }

    fn rule(&mut self, name: &str, section: &mut Section<'_>) {
        self.injection.extend(form::rule(name, section));
    }

    fn predecessor(&mut self, section: &mut Section<'_>) {
        match predecessor::pattern(section) {
            Some((Sort::Pii, pattern)) => self.pii.push(pattern),
            Some((Sort::Injection, pattern)) => self.injection.push(pattern),
            None => {}
        }
    }

    fn size(&self) -> usize {
        self.pii.len() + self.injection.len() + self.allow.len() + self.allow_patterns.len()
    }

    fn refuse_too_much(&self, section: &mut Section<'_>) {
        let all = || self.pii.iter().chain(&self.injection);
        let mut refuse = |is: usize, most: usize, what: &str| {
            if is > most {
                section.problem("", format_args!("{is} {what} in all files; {most} is the most"));
            }
        };
        refuse(self.pii.len().max(self.injection.len()), PATTERNS_MOST, "types or rules");
        let expressions = || all().flat_map(|pattern| &pattern.expressions);
        refuse(expressions().count(), EXPRESSIONS_MOST, "expressions");
        let memory = expressions().map(|expression| expression.memory()).sum();
        refuse(memory, MEMORY_MOST, "bytes of compiled expressions");
        let phrases = all().flat_map(|pattern| &pattern.phrases).map(String::len).sum();
        refuse(phrases, PHRASE_BYTES_MOST, "bytes of phrases");
    }

    /// Whether values of some type are to be hashed, which takes a key.
    pub fn hashes(&self) -> bool {
        self.actions.values().any(|action| *action == Action::Hash)
    }

    /// What finds these patterns too, and does with what is found what `pii` and the files say.
    pub fn redactor(&self, pii: &Config, injection: &InjectionConfig) -> Redactor {
        let pii = self.under(pii);
        Redactor::with(&pii, injection, self.types(&pii.except), self.rules())
    }

    /// What the files say of actions and of what is nobody's, below what `pii` says.
    fn under(&self, pii: &Config) -> Config {
        let mut pii = pii.clone();
        for (name, action) in &self.actions {
            pii.actions.entry(name.clone()).or_insert(*action);
        }
        pii.allow.extend_from_slice(&self.allow);
        pii.allow_patterns.extend_from_slice(&self.allow_patterns);
        pii
    }

    /// The types, less those that `except` names, to be looked for.
    fn types(&self, except: &[String]) -> Option<Arc<Set>> {
        let counts = |pattern: &&Pattern| !except.iter().any(|name| name == pattern.name);
        Set::build(self.pii.iter().filter(counts).cloned().collect()).map(Arc::new)
    }

    /// The rules for injections.
    fn rules(&self) -> Option<Arc<Set>> {
        Set::build(self.injection.clone()).map(Arc::new)
    }
}
