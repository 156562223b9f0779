//! The rules: combinations of concepts that stand close together, each with a weight and examples.

mod agents;
mod exfiltration;
mod indirect;
mod limits;
mod markers;
mod overrides;
mod personas;
mod pretexts;

use super::Pack;
use super::lexicon::Concept;
use crate::llm::Role;

/// One way to say something that a model should not be told.
pub struct Rule {
    /// What `sidelight.injection.rules` shows.
    pub name: &'static str,
    pub pack: Pack,
    /// How sure the rule alone is, 0 to 1.
    pub weight: f64,
    /// In whose words it counts.
    pub roles: Roles,
    /// The concepts. The first is the verb that a negation takes back.
    pub says: &'static [Concept],
    pub order: Order,
    /// From the first word to the end of the last at most so many bytes.
    pub within: usize,
    /// All of it stands in one sentence.
    pub one_sentence: bool,
    /// Whether a negation or reported speech takes it back.
    pub can_be_taken_back: bool,
    pub finds: &'static [&'static str],
    pub leaves: &'static [&'static str],
}

/// In which order the concepts stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Any,
    AsSaid,
}

/// Whose words a rule judges. Where nobody knows who speaks, every rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roles {
    /// Anybody's but the system prompt's, which is where instructions belong.
    NotSystem,
    /// Those who are not the operator nor the model: users, tools, documents.
    Untrusted,
    /// What comes from outside without a person having written it to the model: tools, documents.
    Outside,
    /// Only what is known to be a result of a tool or a document.
    Read,
    /// What is said to the model, not what it reads.
    Spoken,
}

impl Roles {
    pub fn hold(self, role: Option<Role>) -> bool {
        match self {
            Roles::NotSystem => role != Some(Role::System),
            Roles::Untrusted => !matches!(role, Some(Role::System | Role::Assistant)),
            Roles::Outside => matches!(role, None | Some(Role::Tool | Role::Document)),
            Roles::Read => matches!(role, Some(Role::Tool | Role::Document)),
            Roles::Spoken => matches!(role, None | Some(Role::User)),
        }
    }
}

impl Rule {
    const BASE: Rule = Rule {
        name: "",
        pack: Pack::Override,
        weight: 0.6,
        roles: Roles::Untrusted,
        says: &[],
        order: Order::Any,
        within: 60,
        one_sentence: true,
        can_be_taken_back: true,
        finds: &[],
        leaves: &[],
    };
}

/// All rules.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let tables = [
        overrides::OVERRIDE,
        pretexts::PRETEXTS,
        exfiltration::EXFILTRATION,
        personas::PERSONAS,
        limits::LIMITS,
        markers::MARKERS,
        indirect::INDIRECT,
        agents::TOOLS,
        agents::LINKS,
        agents::ENCODED,
    ];
    tables.into_iter().flatten()
}
