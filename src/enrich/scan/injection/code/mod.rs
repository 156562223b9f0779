//! Code smuggled in a value: SQL, shell, template and script, judged by structure.
//!
//! Only short texts are values; a whole prompt may talk about code as it likes.

mod markup;
mod shell;
mod sql;
mod template;
mod tokens;

use super::{Evidence, Pack};

/// Adds what `text` shows.
pub fn look(text: &str, evidence: &mut Vec<Evidence>) {
    if text.contains("```") {
        return;
    }
    let judged = [
        ("sql_injection", sql::judge(text)),
        ("command_injection", shell::judge(text)),
        ("template_injection", template::judge(text)),
        ("xss", markup::judge(text)),
    ];
    for (name, weight) in judged.into_iter().filter(|(_, weight)| *weight > 0.0) {
        evidence.push(Evidence { name, pack: Pack::Code, weight });
    }
}
