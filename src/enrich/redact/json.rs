//! JSON inside a string leaf: each literal is a text of its own, and only what changes is spliced.

use super::super::scan::marks;
use super::{Action, Leaf, Redactor, Tally};
use crate::json::{self, Literals};
use crate::llm::Role;

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
        let mut speaker = Speaker { around: leaf.role, named: None, depth: 0 };
        let mut before = 0;
        for literal in literals {
            speaker.pass(&leaf.text[before..literal.at.start]);
            before = literal.at.end;
            // A text that somebody is known to have said makes nobody else speak: that would be a forged role.
            if literal.key == "role" && !literal.is_key && leaf.role.is_none() {
                speaker.named = role_named(&literal.text).map(|role| (role, speaker.depth));
            }
            let role = speaker.role();
            let key = if literal.key.is_empty() { leaf.key } else { &literal.key };
            let inner = Leaf { text: &literal.text, key, role };
            let Some(safe) = self.text(inner, depth - 1, tally) else {
                continue;
            };
            if safe == marks::REMOVED && self.action() == Action::Remove {
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
