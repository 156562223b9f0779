//! One pattern in our own form.

use super::super::redact::Action;
use super::super::scan::custom::{Automaton, Pattern, names};
use super::super::scan::{marks, type_named};
use crate::settings::Section;
use std::sync::Arc;

/// The longest expression and the longest phrase, in bytes.
const EXPRESSION_MOST: usize = 4096;
const PHRASE_MOST: usize = 256;
/// How many words of context a pattern may have, and how long each may be.
const WORDS_MOST: usize = 50;
const WORD_MOST: usize = 40;

/// A type of personal data, but for its action.
pub fn pii(name: &str, section: &mut Section<'_>) -> Option<Pattern> {
    let mut pattern = pattern(section);
    section.list("context", &mut pattern.context);
    pattern.context.iter_mut().for_each(|word| *word = word.to_lowercase());
    let fits = |word: &String| !word.trim().is_empty() && word.len() <= WORD_MOST;
    if pattern.context.len() > WORDS_MOST || !pattern.context.iter().all(fits) {
        let text = format_args!("expected up to {WORDS_MOST} words of up to {WORD_MOST} bytes");
        section.problem("context", text);
    }
    section.get("validator", &mut pattern.check);
    match type_of(name) {
        Ok(name) => Some(Pattern { name, ..pattern }),
        Err(why) => {
            section.problem("", why);
            None
        }
    }
}

/// What its file says is to be done with findings of the type.
pub fn action(section: &mut Section<'_>) -> Option<Action> {
    let mut action = None;
    section.get("action", &mut action);
    action
}

/// A rule for injections.
pub fn rule(name: &str, section: &mut Section<'_>) -> Option<Pattern> {
    let pattern = pattern(section);
    match rule_of(name) {
        Ok(name) => Some(Pattern { name, ..pattern }),
        Err(why) => {
            section.problem("", why);
            None
        }
    }
}

/// What types and rules have in common.
fn pattern(section: &mut Section<'_>) -> Pattern {
    let (mut sources, mut phrases, mut whole_words, mut score) = (Vec::new(), Vec::new(), true, None);
    section.list("regex", &mut sources);
    section.list("phrases", &mut phrases);
    section.get("whole_words", &mut whole_words);
    section.get("score", &mut score);
    if score.is_some_and(|score: f64| !(0.0..=1.0).contains(&score)) {
        section.problem("score", "expected a number from 0 to 1");
    }
    if sources.is_empty() && phrases.is_empty() {
        section.problem("", "expected a regex or phrases");
    }
    Pattern {
        name: "",
        expressions: expressions(section, "regex", &sources),
        phrases: checked(section, "phrases", phrases),
        whole_words,
        context: Vec::new(),
        check: None,
        score: score.map(|score| score as f32),
    }
}

/// The compiled expressions; what is wrong with the others is a problem with `key`.
pub fn expressions(section: &mut Section<'_>, key: &str, sources: &[String]) -> Vec<Arc<Automaton>> {
    let mut compiled = Vec::new();
    for source in sources {
        if source.len() > EXPRESSION_MOST {
            section.problem(key, format_args!("longer than {EXPRESSION_MOST} bytes"));
            continue;
        }
        match Automaton::compile(source) {
            Ok(automaton) => compiled.push(Arc::new(automaton)),
            Err(why) => section.problem(key, why),
        }
    }
    compiled
}

/// The phrases; one that is empty or too long is a problem with `key`.
pub fn checked(section: &mut Section<'_>, key: &str, mut phrases: Vec<String>) -> Vec<String> {
    let fits = |phrase: &String| !phrase.trim().is_empty() && phrase.len() <= PHRASE_MOST;
    if !phrases.iter().all(fits) {
        section.problem(key, format_args!("expected phrases of 1 to {PHRASE_MOST} bytes"));
    }
    phrases.retain(fits);
    phrases
}

/// The kept name of a type.
pub fn type_of(name: &str) -> Result<&'static str, String> {
    let letters = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let fits = (3..=marks::NAME_MOST).contains(&name.len()) && name.bytes().all(letters);
    if !fits || !name.starts_with(|c: char| c.is_ascii_uppercase()) || ["REMOVED", "WITHHELD"].contains(&name)
    {
        let most = marks::NAME_MOST;
        return Err(format!("expected the name of a type, 3 to {most} capitals, digits and underscores"));
    }
    type_named(name).or_else(|| names::TYPES.keep(name)).ok_or_else(no_room)
}

/// The kept name of a rule.
pub fn rule_of(name: &str) -> Result<&'static str, String> {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let fits = (1..=marks::NAME_MOST).contains(&name.len()) && name.bytes().all(letters);
    if !fits {
        let most = marks::NAME_MOST;
        return Err(format!(
            "expected the name of a rule, 1 to {most} small letters, digits and underscores"
        ));
    }
    names::RULES.keep(name).ok_or_else(no_room)
}

fn no_room() -> String {
    "too many names since this process started: restart it".to_owned()
}
