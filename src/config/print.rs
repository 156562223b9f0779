//! A configuration as YAML that Sidelight reads back to the same.

use crate::settings::{Entry, Node, Scalar, Value};
use std::fmt::Write;

/// `shown` in block form. A value that stands in `given` too carries a comment that says from where.
pub fn yaml(shown: &Node, given: &Node) -> String {
    let mut out = String::new();
    map(shown.entries(), Some(given), 0, &mut out);
    out
}

fn map(entries: &[Entry], given: Option<&Node>, depth: usize, out: &mut String) {
    for Entry { key, node, .. } in entries {
        let given = given.and_then(|given| given.at(&[key]));
        let _ = write!(out, "{:indent$}{}:", "", text(key), indent = 2 * depth);
        match &node.value {
            Value::Map(inner) if !inner.is_empty() => {
                out.push('\n');
                map(inner, given, depth + 1, out);
            }
            _ => {
                let _ = write!(out, " {}", flow(node));
                if let Some(given) = given {
                    let _ = write!(out, " # {}", given.origin);
                }
                out.push('\n');
            }
        }
    }
}

/// A value on one line.
fn flow(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_string(),
        Value::Scalar(Scalar { text: plain, quoted: false, .. }) => plain.clone(),
        Value::Scalar(Scalar { text: quoted, .. }) => text(quoted),
        Value::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let pairs = entries.iter().map(|entry| format!("{}: {}", text(&entry.key), flow(&entry.node)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Text, in quotes where YAML could take it for something else; a dollar is doubled.
fn text(text: &str) -> String {
    let inside =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '+' | '@' | '%' | ':');
    let starts = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/');
    let plain = text.starts_with(starts) && text.chars().all(inside) && !text.ends_with(':');
    let typed = text.parse::<f64>().is_ok() || matches!(text, "true" | "false" | "null" | "." | "..");
    if plain && !typed {
        return text.to_string();
    }
    let quoted = serde_json::Value::from(text.replace('$', "$$")).to_string();
    // JSON leaves DEL as it is; YAML does not print it.
    quoted.replace('\u{7f}', "\\u007f")
}
