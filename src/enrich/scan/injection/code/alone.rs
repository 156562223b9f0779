//! Shell that breaks out of nothing and still only an attack sends: a whole value that reads or runs what it must not.

use super::commands::is_command;

/// More words are a sentence about one.
const MOST_WORDS_ALONE: usize = 8;

/// Calls of programming languages that run a command.
const CALLS: &[&str] =
    &["system(", "exec(", "eval(", "passthru(", "shell_exec(", "popen(", "os.system(", "os.popen("];

/// What tells by itself: a shell handed out, a server-side include, the files that keep passwords.
const ALONE: &[&str] = &[
    "-e /bin/",
    "-e cmd",
    "/dev/tcp/",
    "<!--#exec",
    "<!--#include",
    "() { :;}",
    "cat /etc/passwd",
    "/etc/shadow",
    "\\repair\\sam",
    "\\repair\\system",
    "/bin/bash -i",
];

/// How sure it is of a value that breaks out of nothing: it reads or runs what only an attack does, or is a call
/// that hands a command to a shell: `system('id')`.
pub fn judge(lower: &str, words: usize) -> f64 {
    if words > MOST_WORDS_ALONE || lower.trim_end().ends_with('?') || lower.contains('`') {
        return 0.0;
    }
    let value = lower.trim_start_matches([';', ' ']);
    let call = CALLS.iter().find_map(|call| value.strip_prefix(call)?.strip_prefix(['\'', '"']));
    let is_run = call.is_some_and(|inside| {
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '_' | '.'));
        is_command(&inside[..end.unwrap_or(inside.len())])
    });
    if is_run || ALONE.iter().any(|sign| lower.contains(sign)) { 0.55 } else { 0.0 }
}
