//! Where configuration comes from: files, environment variables, text, and `--set`.

use super::Environment;
use crate::settings::{self, Entry, Node, Origin, Problem, Value};
use std::fs::File;
use std::io::Read;

/// What the command line names.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `path`, `file:path`, `env:NAME` or `yaml:TEXT`, merged left to right. None: the one that
    /// `SIDELIGHT_CONFIG` names, if it does.
    pub uris: Vec<String>,
    /// `key.path=value`, which win over all URIs.
    pub sets: Vec<String>,
    /// Whether a source without a setting is a problem: to an agent that runs, an emptied file would say that its
    /// exporters are to go, with what waits for them. `{}` is a wish to have it so.
    pub refuse_empty: bool,
}

/// Why an empty source is refused.
const EMPTY: &str = "is empty: write {} if the built-in configuration is wanted";

/// No configuration and no secret comes near it; what is larger is the wrong file.
const MAX_FILE_BYTES: u64 = 1 << 20;

impl Sources {
    /// One tree of all sources, not yet expanded. What cannot be read is a problem and is left out.
    pub(super) fn merged(&self, environment: &Environment, problems: &mut Vec<Problem>) -> Node {
        let mut root = Node { value: Value::Map(Vec::new()), origin: Origin::source(0, "built-in") };
        merge_variable(&mut root, environment, "SIDELIGHT_DATA", &["data_dir"]);
        let named = environment.get("SIDELIGHT_CONFIG").filter(|uri| !uri.is_empty()).map(str::to_string);
        let uris = if self.uris.is_empty() { named.as_slice() } else { &self.uris };
        for (place, uri) in uris.iter().enumerate() {
            if let Some(node) = read_uri(uri, place + 1, environment, problems) {
                if self.refuse_empty && matches!(node.value, Value::Null) {
                    problems.push(Problem {
                        origin: node.origin.clone(),
                        key: String::new(),
                        text: EMPTY.to_string(),
                    });
                }
                lay_over(&mut root, node, problems);
            }
        }
        // The command line's way to name it, `--model-dir`, has a variable; both are above all files.
        merge_variable(&mut root, environment, "SIDELIGHT_MODEL_DIR", &["enrich", "embed", "model_dir"]);
        let origin = Origin::source(uris.len() + 1, "--set");
        for set in &self.sets {
            match assignment(set, &origin) {
                Some(node) => lay_over(&mut root, node, problems),
                None => problems.push(Problem {
                    origin: origin.clone(),
                    key: set.split('=').next().unwrap_or_default().to_string(),
                    text: "expected key.path=value".to_string(),
                }),
            }
        }
        root
    }
}

/// Sets the key at `path` to what the variable `name` says, if it says anything.
fn merge_variable(root: &mut Node, environment: &Environment, name: &str, path: &[&str]) {
    if let Some(text) = environment.get(name).filter(|text| !text.is_empty()) {
        let origin = Origin::source(0, &format!("env:{name}"));
        // Expansion comes later and must leave it as it is.
        let value = Node::text(&text.replace('$', "$$"), origin.clone());
        root.merge(under(path, value, &origin));
    }
}

/// An empty source changes nothing; one that is no map would replace everything before it.
fn lay_over(root: &mut Node, node: Node, problems: &mut Vec<Problem>) {
    match node.value {
        Value::Null => {}
        Value::Map(_) => root.merge(node),
        ref other => problems.push(Problem {
            text: format!("expected a map of sections, found {}", other.kind()),
            origin: node.origin,
            key: String::new(),
        }),
    }
}

fn read_uri(uri: &str, place: usize, environment: &Environment, problems: &mut Vec<Problem>) -> Option<Node> {
    let (name, text) = match uri.split_once(':') {
        Some(("yaml", text)) => ("--config yaml", Ok(text.to_string())),
        Some(("env", name)) => {
            let text =
                environment.get(name).ok_or_else(|| "this environment variable is not set".to_string());
            (uri, text.map(str::to_string))
        }
        Some(("http" | "https", _)) => {
            (uri, Err("a configuration is not fetched over the network".to_string()))
        }
        Some(("file", path)) => (path, read_file(path)),
        _ => (uri, read_file(uri)),
    };
    let origin = Origin::source(place, name);
    match text {
        Ok(text) => settings::parse(&origin, &text, problems),
        Err(text) => {
            problems.push(Problem { origin, key: String::new(), text });
            None
        }
    }
}

/// A small text file. `Err` says why not.
pub(super) fn read_file(path: &str) -> Result<String, String> {
    let cannot = |error| format!("cannot be read: {error}");
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err("larger than 1 MiB".to_string());
    }
    String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_string())
}

/// `a.b.c=value` as the tree `{a: {b: {c: value}}}`; `value` is YAML, or text where it is none.
fn assignment(set: &str, origin: &Origin) -> Option<Node> {
    let (path, text) = set.split_once('=')?;
    let keys: Vec<&str> = path.split('.').map(str::trim).collect();
    if keys.iter().any(|key| key.is_empty()) {
        return None;
    }
    let mut value =
        settings::parse(origin, text, &mut Vec::new()).unwrap_or_else(|| Node::text(text, origin.clone()));
    value.move_to(origin);
    Some(under(&keys, value, origin))
}

/// `value` at the end of the path `keys`.
fn under(keys: &[&str], value: Node, origin: &Origin) -> Node {
    keys.iter().rev().fold(value, |node, key| {
        let entry = Entry { key: key.to_string(), origin: origin.clone(), node };
        Node { value: Value::Map(vec![entry]), origin: origin.clone() }
    })
}
