//! How much a text looks like a prompt injection: evidence, each with a weight, combined to a score.
//!
//! Words of many languages stand for concepts (`lexicon`), rules are sequences of concepts at bounded
//! distances (`rules`, `grammar`), and code that is smuggled in a value is judged by its structure
//! (`sql`). Text that was hidden or encoded is undone once and judged again (`decode`).

mod decode;
mod grammar;
mod lexicon;
mod rules;
mod sql;
#[cfg(test)]
mod tests;

pub use rules::{Roles, Rule, all as rules};

use crate::llm::Role;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What speaks for a prompt injection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Injection {
    /// 0 to 1; an attempt from the configured threshold on.
    pub score: f64,
    /// Names of the rules that fired, sorted, each once.
    pub rules: Vec<&'static str>,
}

/// Evidence: a rule's name and its weight. Several rules may share a name.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Evidence {
    name: &'static str,
    weight: f64,
}

static GRAMMAR: LazyLock<grammar::Grammar> = LazyLock::new(grammar::Grammar::build);

/// Judges a text whose look-alikes and escapes are undone; `hidden` says that characters nobody can
/// see were among them.
pub fn judge(text: &str, role: Option<Role>, hidden: bool) -> Injection {
    // The lexicon is in lower case; the automaton folds ASCII by itself.
    let is_lower = text.is_ascii() || !text.chars().any(|c| !c.is_ascii() && c.is_uppercase());
    let text = &*if is_lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) };
    let mut evidence = Vec::new();
    let notes = GRAMMAR.look(text, role, &mut evidence);
    sql::look(text, &mut evidence);
    if notes.speaks_of_decoding || decode::is_spaced(text) {
        // What is only readable after decoding is worse than the same in plain sight.
        decode::each(text, |plain| {
            let before = evidence.len();
            GRAMMAR.look(plain, role, &mut evidence);
            if evidence.len() > before {
                evidence.push(Evidence { name: "encoded", weight: 0.3 });
            }
        });
    }
    if hidden && !evidence.is_empty() {
        evidence.push(Evidence { name: "hidden_characters", weight: 0.3 });
    }
    combine(&mut evidence)
}

/// The chance that at least one piece of evidence is right, were they independent; each name counts
/// once, with its greatest weight.
fn combine(evidence: &mut Vec<Evidence>) -> Injection {
    evidence.sort_unstable_by(|a, b| a.name.cmp(b.name).then(b.weight.total_cmp(&a.weight)));
    evidence.dedup_by_key(|e| e.name);
    let doubt: f64 = evidence.iter().map(|e| 1.0 - e.weight).product();
    Injection { score: 1.0 - doubt, rules: evidence.iter().map(|e| e.name).collect() }
}
