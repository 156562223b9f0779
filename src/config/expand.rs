//! `${env:NAME}`, `${env:NAME:-default}`, `${file:PATH}` and `$$` inside values.

use super::Environment;
use super::source::read_file;
use crate::settings::{self, Node, Problem, Scalar, Value};

/// Expands every value under `node`; what cannot be expanded is a problem with its key.
///
/// A value that is nothing but one reference, without quotes, may stand for a list or a map where
/// its text starts like one (`[a, b]`, `{a: b}`), and for `null` where it is empty. What a variable
/// or a file holds is not expanded again.
pub fn expand(node: &mut Node, environment: &Environment, problems: &mut Vec<Problem>) {
    walk(node, "", environment, problems);
}

fn walk(node: &mut Node, path: &str, environment: &Environment, problems: &mut Vec<Problem>) {
    match &mut node.value {
        Value::Null => {}
        Value::List(items) => items.iter_mut().for_each(|item| walk(item, path, environment, problems)),
        Value::Map(entries) => {
            for entry in entries {
                let path = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                walk(&mut entry.node, &path, environment, problems);
            }
        }
        Value::Scalar(scalar) if !scalar.text.contains('$') => {}
        Value::Scalar(scalar) => match text(&scalar.text, environment) {
            Ok(text) => {
                let whole = !scalar.quoted && is_one_reference(&scalar.text);
                let expanded = scalar.expanded || scalar.text.contains("${");
                *scalar = Scalar { text, quoted: scalar.quoted, expanded };
                if whole {
                    structure(node);
                }
            }
            Err(text) => {
                problems.push(Problem { origin: node.origin.clone(), key: path.to_string(), text });
                // Its reader would only add an echo.
                node.value = Value::Null;
            }
        },
    }
}

/// Lets an expanded value be the list, map or null that it looks like.
fn structure(node: &mut Node) {
    let Value::Scalar(Scalar { text, .. }) = &node.value else {
        return;
    };
    if text.is_empty() {
        node.value = Value::Null;
        return;
    }
    if !text.starts_with(['[', '{']) {
        return;
    }
    if let Some(mut read) = settings::parse(&node.origin, text, &mut Vec::new()) {
        read.move_to(&node.origin);
        read.hide();
        *node = read;
    }
}

/// Whether `text` is `${…}` from end to end.
fn is_one_reference(text: &str) -> bool {
    text.strip_prefix("${").and_then(closing).is_some_and(|end| end + 3 == text.len())
}

/// `text` with its references replaced. `Err` says what is wrong with the first one that cannot be.
fn text(text: &str, environment: &Environment) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(inside) = rest.strip_prefix('{') {
            let end = closing(inside).ok_or("`${` without its `}`; write $$ for a dollar")?;
            out.push_str(&reference(&inside[..end], environment)?);
            rest = &inside[end + 1..];
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the brace closes that was opened before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What stands for `env:NAME`, `env:NAME:-default` or `file:PATH`. As in a shell, the default also
/// stands in for a variable that is set but empty.
fn reference(inside: &str, environment: &Environment) -> Result<String, String> {
    match inside.split_once(':') {
        Some(("env", rest)) => {
            let (name, default) =
                rest.split_once(":-").map_or((rest, None), |(name, default)| (name, Some(default)));
            match (environment.get(name), default) {
                (None | Some(""), Some(default)) => text(default, environment),
                (Some(value), _) => Ok(value.to_string()),
                (None, None) => Err(format!(
                    "environment variable {name} is not set; ${{env:{name}:-…}} gives it a default"
                )),
            }
        }
        Some(("file", path)) => match read_file(path) {
            Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_string()),
            Err(why) => Err(format!("{path} {why}")),
        },
        _ => {
            Err("expected ${env:NAME}, ${env:NAME:-default} or ${file:PATH}; write $$ for a dollar"
                .to_string())
        }
    }
}
