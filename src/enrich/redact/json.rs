//! JSON inside a string leaf: each literal is a text of its own, and only what changes is spliced.

use super::super::scan::{Finding, marks};
use super::{Leaf, Redactor, Tally};
use crate::json::{self, Literal, Literals};
use crate::llm::Role;
use std::collections::BTreeMap;

/// How many layers of JSON in JSON strings are opened. Deeper ones are scanned as plain text, where
/// escapes are undone too.
pub const DEPTH: u8 = 4;

/// The literals of `text` if it is JSON and may still be opened.
pub fn literals(text: &str, depth: u8) -> Option<Literals<'_>> {
    (depth > 0).then(|| json::literals(text)).flatten()
}

impl Redactor {
    pub(super) fn json(
        &self,
        leaf: Leaf<'_>,
        literals: Literals<'_>,
        depth: u8,
        tally: &mut Tally,
    ) -> Option<String> {
        let mut out = String::new();
        let mut from = 0;
        let mut said = Said::default();
        let mut speaker = Speaker { around: leaf.role, named: None, depth: 0 };
        let mut before = 0;
        for literal in literals {
            speaker.pass(&leaf.text[before..literal.at.start]);
            before = literal.at.end;
            // A text that somebody is known to have said makes nobody else speak: that would be a forged role.
            if literal.key == "role" && !literal.is_key && leaf.role.is_none() {
                speaker.named = role_named(&literal.text).map(|role| (role, speaker.depth));
            }
            let inner = Leaf { role: speaker.role(), ..said.leaf(&leaf, &literal) };
            let safe = self.text(inner, depth - 1, tally);
            said.hear(leaf.text, &literal, safe.as_deref());
            let Some(safe) = safe else {
                continue;
            };
            if safe == marks::REMOVED && self.removes() {
                return Some(safe);
            }
            out.push_str(&leaf.text[from..literal.at.start]);
            if literal.is_number {
                out.push('"');
            }
            json::escape(&safe, &mut out);
            if literal.is_number {
                out.push('"');
            }
            from = literal.at.end;
        }
        if from == 0 {
            return None;
        }
        out.push_str(&leaf.text[from..]);
        Some(out)
    }

    /// Adds to `all` what is found in the leaf, at its place in the leaf's text.
    pub(super) fn places(&self, leaf: Leaf<'_>, depth: u8, all: &mut Vec<Finding>) {
        if leaf.text.is_empty() || super::is_media(leaf.text) {
            return;
        }
        let Some(literals) = literals(leaf.text, depth) else {
            all.extend(self.find_until_clean(&leaf));
            return;
        };
        let mut said = Said::default();
        for literal in literals {
            let mut inside = Vec::new();
            self.places(said.leaf(&leaf, &literal), depth - 1, &mut inside);
            let safe = (!inside.is_empty()).then(|| self.marker.splice(&literal.text, &inside));
            said.hear(leaf.text, &literal, safe.as_deref());
            let mut offsets = literal.offsets(leaf.text);
            all.extend(inside.into_iter().map(|found| {
                let at = offsets.range(found.start..found.end);
                Finding { start: at.start, end: at.end, ..found }
            }));
        }
    }
}

/// What earlier literals of a JSON text say of later ones.
#[derive(Default)]
struct Said {
    /// The last that named or asked for something, as it leaves.
    before: String,
    /// Whether a value was said since, and what is named from here on is another.
    spoken: bool,
    /// The keys that leave as others, and as which: a value is told what a second reader would be told.
    keys: BTreeMap<String, String>,
}

impl Said {
    /// The literal as a leaf of its own.
    fn leaf<'a>(&'a self, whole: &Leaf<'a>, literal: &'a Literal<'_>) -> Leaf<'a> {
        let key = match literal.key.as_ref() {
            "" => whole.key,
            key => self.keys.get(key).map_or(key, String::as_str),
        };
        // A key that says nothing itself leaves it to its neighbours: `{"name": "ssn", "value": "…"}`.
        let tells = !literal.is_key && is_one_of(VALUES, key);
        let before = match (tells, self.before.is_empty()) {
            (true, true) => whole.before,
            (true, false) => &self.before,
            (false, _) => "",
        };
        Leaf { text: &literal.text, key, role: whole.role, before }
    }

    /// Takes in a literal of `whole`, and what leaves in its place.
    fn hear(&mut self, whole: &str, literal: &Literal<'_>, safe: Option<&str>) {
        if literal.is_key {
            if let Some(safe) = safe {
                let mut leaves = String::new();
                json::escape(safe, &mut leaves);
                let key = json::key_above(&whole[literal.at.clone()]).into_owned();
                self.keys.insert(key, json::key_above(&leaves).into_owned());
            }
            return;
        }
        let spoke = is_one_of(VALUES, &literal.key);
        if is_one_of(LABELS, &literal.key) {
            let text = safe.unwrap_or(&literal.text);
            // What names a value may be several texts, such as a code and its system.
            match spoke || self.spoken || self.before.len() > SAID_MOST {
                true => self.before.clear(),
                false => self.before.push(' '),
            }
            self.before.push_str(&text[text.ceil_char_boundary(text.len().saturating_sub(SAID_MOST))..]);
            self.spoken = spoke;
        }
        self.spoken |= spoke;
    }
}

/// So much of what was said before is context.
const SAID_MOST: usize = 256;
/// Keys of values that name or ask for a value beside them, and of values that may be told so.
const LABELS: &[&str] = &[
    "name",
    "label",
    "key",
    "field",
    "title",
    "question",
    "prompt",
    "system",
    "type",
    "code",
    "display",
    "attribute",
    "column",
    "property",
    "header",
    "description",
    "content",
    "text",
    "message",
];
const VALUES: &[&str] = &[
    "value",
    "val",
    "content",
    "text",
    "message",
    "answer",
    "response",
    "input",
    "reply",
    "data",
    "number",
    "string",
    "stringValue",
    "intValue",
    "body",
    "raw",
    "values",
    "args",
    "arguments",
];

fn is_one_of(keys: &[&str], key: &str) -> bool {
    keys.iter().any(|known| known.eq_ignore_ascii_case(key))
}

/// Who speaks in a literal: whoever the message around it has named before. One that names its speaker
/// last, as Gemini's do, is nobody's.
struct Speaker {
    /// Who speaks where no message says.
    around: Option<Role>,
    /// And how deep the message stands that said so.
    named: Option<(Role, u32)>,
    /// Objects and arrays that are open.
    depth: u32,
}

impl Speaker {
    /// Takes in what stands between two literals.
    fn pass(&mut self, between: &str) {
        for byte in between.bytes() {
            match byte {
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.named = self.named.filter(|(_, depth)| *depth <= self.depth);
                }
                _ => (),
            }
        }
    }

    fn role(&self) -> Option<Role> {
        self.named.map(|(role, _)| role).or(self.around)
    }
}

/// The role that a message says by `"role": name`.
fn role_named(name: &str) -> Option<Role> {
    Some(match name {
        "system" | "developer" => Role::System,
        "user" | "human" => Role::User,
        "assistant" | "model" | "ai" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => return None,
    })
}
