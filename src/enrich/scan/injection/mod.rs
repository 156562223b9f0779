//! How much a text looks like a prompt injection: evidence, each with a weight, combined to a score.
//!
//! Words of many languages stand for concepts (`lexicon`), rules are combinations of concepts that stand
//! close together (`rules`, `grammar`), and code that is smuggled in a value is judged by its structure
//! (`code`). Text that was hidden or encoded is undone once and judged again (`decode`).

mod checks;
mod code;
mod concepts;
mod decode;
mod grammar;
mod lexicon;
mod own_prompt;
#[cfg(test)]
mod page;
mod rules;
mod structure;
#[cfg(test)]
mod tests;

pub use checks::{CHECKS, Check};
pub use rules::{Order, Roles, Rule, all as rules};

use super::custom;
use super::shadow::Shadow;
use crate::llm::Role;
use aho_corasick::AhoCorasick;
use lexicon::Spacing;
use std::borrow::Cow;
use std::sync::Arc;

/// What speaks for a prompt injection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Injection {
    /// 0 to 1; an attempt from the configured threshold on.
    pub score: f64,
    /// Names of the rules that fired, sorted, each once.
    pub rules: Vec<&'static str>,
}

/// Rules that belong together and are switched together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pack {
    /// Instructions set aside, new ones given, pretexts for an exception.
    Override,
    /// The system prompt drawn out.
    Exfiltration,
    /// Personas whose limits are lifted.
    Persona,
    /// Forged borders of messages and roles.
    Markers,
    /// Words to a model in what it only reads.
    Indirect,
    /// Tools called for, secrets sent off, actions kept from the user.
    Tools,
    /// Links and images that carry something away.
    Links,
    /// What has to be decoded to be read.
    Encoded,
    /// SQL, shell, template and script in values.
    Code,
    /// Phrases and expressions of users' own.
    Own,
}

impl Pack {
    pub const ALL: [Pack; 10] = [
        Pack::Override,
        Pack::Exfiltration,
        Pack::Persona,
        Pack::Markers,
        Pack::Indirect,
        Pack::Tools,
        Pack::Links,
        Pack::Encoded,
        Pack::Code,
        Pack::Own,
    ];

    /// As it is written in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Pack::Override => "override",
            Pack::Exfiltration => "exfiltration",
            Pack::Persona => "persona",
            Pack::Markers => "markers",
            Pack::Indirect => "indirect",
            Pack::Tools => "tools",
            Pack::Links => "links",
            Pack::Encoded => "encoded",
            Pack::Code => "code",
            Pack::Own => "own",
        }
    }
}

/// Which packs count, how much, and what is let through. Built once; cloning shares what is large.
#[derive(Clone)]
pub struct Judge {
    /// By pack, 0 to 1: what the weight of its rules is multiplied with.
    packs: [f64; Pack::ALL.len()],
    /// Phrases that are nobody's attack.
    allowed: Option<AhoCorasick>,
    /// What users look for themselves.
    own: Option<Arc<custom::Set>>,
}

impl Default for Judge {
    fn default() -> Judge {
        Judge { packs: [1.0; Pack::ALL.len()], allowed: None, own: None }
    }
}

/// What a pattern of a user's counts that says nothing of it: enough by itself.
const OWN_WEIGHT: f64 = 0.9;

/// What stood in a text that nobody could see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hidden {
    Nothing,
    /// Characters inside of words.
    Characters,
    /// A text of its own.
    Text,
}

impl Hidden {
    pub fn of(shadow: &Shadow) -> Hidden {
        match (shadow.hid_text, shadow.hid_something) {
            (true, _) => Hidden::Text,
            (false, true) => Hidden::Characters,
            (false, false) => Hidden::Nothing,
        }
    }
}

/// Whether `name` is one that `sidelight.injection.rules` may show.
pub fn is_rule(name: &str) -> bool {
    rules().any(|rule| rule.name == name)
        || CHECKS.iter().any(|check| check.name == name)
        || custom::names::RULES.find(name).is_some()
}

/// Evidence: a rule's name, its pack and its weight. Several rules may share a name.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Evidence {
    name: &'static str,
    pack: Pack,
    weight: f64,
}

impl Judge {
    /// `weight` says what each pack counts, 0 to 1; what stands in one of `allowed`, in upper or lower
    /// case, counts nothing.
    pub fn new(weight: impl Fn(Pack) -> f64, allowed: &[String]) -> Judge {
        let phrases = || AhoCorasick::builder().ascii_case_insensitive(true).build(allowed);
        Judge {
            packs: Pack::ALL.map(weight),
            allowed: (!allowed.is_empty())
                .then(|| phrases().expect("a list of phrases is no large automaton")),
            own: None,
        }
    }

    /// The judge that looks for patterns of users too.
    pub fn with(self, own: Option<Arc<custom::Set>>) -> Judge {
        Judge { own, ..self }
    }

    /// Judges a text, said by `role` (`None` where nobody knows), whose look-alikes and escapes are undone;
    /// `hidden` says what nobody could see in it.
    pub(super) fn judge(&self, text: &str, role: Option<Role>, hidden: Hidden) -> Injection {
        match &self.allowed {
            Some(phrases) if phrases.is_match(text) => {
                let blanks = vec![" "; phrases.patterns_len()];
                self.whole(&phrases.replace_all(text, &blanks), role, hidden)
            }
            _ => self.whole(text, role, hidden),
        }
    }

    fn whole(&self, text: &str, role: Option<Role>, hidden: Hidden) -> Injection {
        let mut evidence = evidence(text, role, hidden);
        if let Some(own) = self.own.as_ref().filter(|_| Roles::NotSystem.hold(role)) {
            own.each(text, |pattern, _, _| {
                let weight = pattern.score.map_or(OWN_WEIGHT, f64::from);
                evidence.push(Evidence { name: pattern.name, pack: Pack::Own, weight });
            });
        }
        self.weigh(evidence)
    }

    /// The chance that at least one piece of evidence is right, were they independent; each name counts
    /// once, with its greatest weight.
    fn weigh(&self, mut evidence: Vec<Evidence>) -> Injection {
        evidence.iter_mut().for_each(|e| e.weight *= self.packs[e.pack as usize]);
        evidence.retain(|e| e.weight > 0.0);
        evidence.sort_unstable_by(|a, b| a.name.cmp(b.name).then(b.weight.total_cmp(&a.weight)));
        evidence.dedup_by_key(|e| e.name);
        let doubt: f64 = evidence.iter().map(|e| 1.0 - e.weight).product();
        Injection { score: 1.0 - doubt, rules: evidence.iter().map(|e| e.name).collect() }
    }
}

/// All that `text` shows.
fn evidence(text: &str, role: Option<Role>, hidden: Hidden) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    let plain = lower(text);
    let speaks_of_decoding = grammar::look(&plain, role, Spacing::Kept, &mut evidence);
    own_prompt::take_back(&plain, role, &mut evidence);
    structure::look(text, role, &mut evidence);
    code::look(text, role, &mut evidence);
    // What is only readable after decoding is worse than the same in plain sight.
    decode::each(text, speaks_of_decoding, |reading, spacing| {
        let mut read = Vec::new();
        grammar::look(&lower(reading), role, spacing, &mut read);
        // Names in source code say a little of everything.
        if read.iter().any(|e| e.weight >= 0.5) {
            evidence.append(&mut read);
            evidence.push(Evidence { name: "encoded", pack: Pack::Encoded, weight: 0.3 });
        }
    });
    match hidden {
        Hidden::Text => evidence.push(Evidence { name: "hidden_text", pack: Pack::Encoded, weight: 0.6 }),
        Hidden::Characters if !evidence.is_empty() => {
            evidence.push(Evidence { name: "hidden_characters", pack: Pack::Encoded, weight: 0.3 });
        }
        _ => {}
    }
    evidence
}

/// The text in lower case, in which the words of the lexicon stand.
fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) {
        Cow::Owned(text.to_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}
