//! One entry of the predecessor's `patterns.yaml`: a list of `name`, `type`, `regex`, `phrase`, `phrases`.
//!
//! What it passed over in silence is a problem here: expressions that do not compile, types that it did not know,
//! entries that are no map.

use super::Sort;
use super::form;
use crate::enrich::scan::custom::Pattern;
use crate::enrich::scan::marks;
use crate::settings::{Section, choices};

/// What an entry is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    PiiStructural,
    ForbiddenTopic,
    InjectionAttempt,
    JailbreakPhrase,
}

choices!(Type {
    PiiStructural = "PII_STRUCTURAL",
    ForbiddenTopic = "FORBIDDEN_TOPIC",
    InjectionAttempt = "INJECTION_ATTEMPT",
    JailbreakPhrase = "JAILBREAK_PHRASE"
});

/// The pattern and what it is for. Phrases are found anywhere, inside of words too.
pub fn pattern(section: &mut Section<'_>) -> Option<(Sort, Pattern)> {
    let (mut name, mut of, mut regex) = (String::new(), None, Vec::new());
    let (mut phrase, mut phrases) = (Vec::new(), Vec::new());
    section.get("name", &mut name);
    section.get("type", &mut of);
    section.list("regex", &mut regex);
    section.list("phrase", &mut phrase);
    section.list("phrases", &mut phrases);
    if of.is_none() && !section.has("type") {
        section.problem("type", "an entry needs a type");
    }
    if regex.is_empty() && phrase.is_empty() && phrases.is_empty() {
        section.problem("", "expected a regex, a phrase or phrases");
    }
    let expressions = form::expressions(section, "regex", &regex);
    phrase.append(&mut phrases);
    let phrases = form::checked(section, "phrases", phrase);
    let (sort, name) = match of? {
        Type::ForbiddenTopic => (Sort::Pii, form::type_of("FORBIDDEN_TOPIC")),
        Type::PiiStructural => (Sort::Pii, form::type_of(&type_name(&name))),
        Type::InjectionAttempt | Type::JailbreakPhrase => (Sort::Injection, form::rule_of(&rule_name(&name))),
    };
    match name {
        Ok(name) => {
            let (whole_words, context, check, score) = (false, Vec::new(), None, None);
            Some((sort, Pattern { name, expressions, phrases, whole_words, context, check, score }))
        }
        Err(why) => {
            section.problem("name", why);
            None
        }
    }
}

/// The type that an entry's name stands for: `credit_card` is `CREDIT_CARD`.
fn type_name(name: &str) -> String {
    let name = plain(name).to_ascii_uppercase();
    let bare = name.len() < 3 || !name.starts_with(|c: char| c.is_ascii_uppercase());
    if bare { format!("PII_{name}").trim_end_matches('_').to_owned() } else { name }
}

fn rule_name(name: &str) -> String {
    let name = plain(name).to_ascii_lowercase();
    if name.is_empty() { "user_phrase".to_owned() } else { name }
}

/// Letters and digits, with underscores for whatever stands between.
fn plain(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let mut name = parts.collect::<Vec<_>>().join("_");
    name.truncate(marks::NAME_MOST - "PII_".len());
    name
}
