//! The prompt template of an application's own, which has the marks that a forged message has too.

use super::Evidence;
use crate::llm::Role;

/// How a template begins, in lower case.
const STARTS: &[&str] = &[
    "###",
    "system:",
    "human:",
    "user:",
    "question:",
    "q:",
    "instruction:",
    "<|",
    "<s>",
    "[inst]",
    "<start_of_turn>",
    "below is an instruction",
    "below is a",
    "the following is a",
    "answer the following",
    "you are ",
    "use the following",
];

/// How it ends: with the mark that asks the model to go on.
const ENDS: &[&str] = &[
    "assistant:",
    "ai:",
    "bot:",
    "answer:",
    "a:",
    "response:",
    "thought:",
    "output:",
    "### response",
    "### assistant",
    "[/inst]",
    "<|im_start|>assistant",
    "<|assistant|>",
    "<|end_header_id|>",
    "<start_of_turn>model",
];

/// Takes back what a whole template shows: as what a user is recorded to have said it is the prompt of a
/// completion. Where nobody knows who speaks, tokens of a template stay evidence.
pub fn take_back(text: &str, role: Option<Role>, evidence: &mut Vec<Evidence>) {
    let names: &[&str] = match role {
        Some(Role::User) => &["role_line", "turns_quoted", "fake_trace", "chat_token", "role_tag"],
        None => &["role_line", "turns_quoted", "fake_trace"],
        _ => return,
    };
    if evidence.iter().any(|e| names.contains(&e.name)) && is_template(text.trim()) {
        evidence.retain(|e| !names.contains(&e.name));
    }
}

fn is_template(text: &str) -> bool {
    STARTS.iter().any(|start| text.starts_with(start)) && ENDS.iter().any(|end| text.ends_with(end))
}
