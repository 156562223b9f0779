//! Code smuggled in a value: SQL, shell, template and script, judged by structure.
//!
//! Only short texts are values; a whole prompt may talk about code as it likes.

mod alone;
mod commands;
mod filter;
mod markup;
mod path;
mod shell;
mod sql;
mod sql_calls;
mod template;
mod tokens;

use super::{Evidence, Pack};
use crate::llm::Role;

/// Adds what `text` shows. What the operator or the model says is not put into a query.
pub fn look(text: &str, role: Option<Role>, evidence: &mut Vec<Evidence>) {
    if matches!(role, Some(Role::System | Role::Assistant))
        || memchr::memmem::find(text.as_bytes(), b"```").is_some()
    {
        return;
    }
    let is_read = matches!(role, Some(Role::Tool | Role::Document));
    let judged = [
        ("sql_injection", sql::judge(text, is_read)),
        ("command_injection", shell::judge(text)),
        ("template_injection", template::judge(text)),
        ("xss", markup::judge(text)),
        ("path_traversal", path::judge(text)),
        ("filter_injection", filter::judge(text)),
    ];
    for (name, weight) in judged.into_iter().filter(|(_, weight)| *weight > 0.0) {
        evidence.push(Evidence { name, pack: Pack::Code, weight });
    }
}
