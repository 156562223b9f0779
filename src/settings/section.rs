//! One mapping of the configuration, as the part that owns it reads it.

use super::nearest::nearest;
use super::{Entry, Node, Origin, Problem, Scalar, Setting, Value};
use std::collections::BTreeMap;
use std::fmt;

/// One mapping of the configuration, being read by the part that owns it.
///
/// Keys that are never asked for are reported as unknown when the reading part is done.
pub struct Section<'a> {
    /// Empty where the section is absent, `null` or not a map.
    entries: &'a [Entry],
    /// Whether the user gave a map here, be it an empty one.
    given: bool,
    origin: Origin,
    /// The dotted key of this section; empty for the root.
    path: String,
    known: Vec<&'static str>,
    /// Types of components: known before a slash too.
    kinds: Vec<&'static str>,
    /// Asked for, but not to be suggested.
    planned: Vec<&'static str>,
    problems: &'a mut Vec<Problem>,
}

/// A key of a map of components: `otlp` or `otlp/second`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component<'a> {
    /// The whole key, which names the component in metrics, logs and `--set`.
    pub id: &'a str,
    /// What stands before the `/`, one of the types that the reader named.
    pub kind: &'static str,
}

/// Lets `take` read the tree as one section and gives every problem with it, sorted by position.
pub fn read(root: &Node, take: impl FnOnce(&mut Section<'_>)) -> Vec<Problem> {
    let mut problems = Vec::new();
    enter(root, root.origin.clone(), String::new(), &mut problems, take);
    problems.sort();
    problems
}

/// Opens `node` as a section, lets `take` read it, and reports what was not asked for.
fn enter(
    node: &Node,
    origin: Origin,
    path: String,
    problems: &mut Vec<Problem>,
    take: impl FnOnce(&mut Section<'_>),
) {
    if matches!(node.value, Value::Scalar(_) | Value::List(_)) {
        let text = format!("expected a map, found {}", node.value.kind());
        return problems.push(Problem { origin: node.origin.clone(), key: path, text });
    }
    let given = matches!(node.value, Value::Map(_));
    let mut section = Section {
        entries: node.entries(),
        given,
        origin,
        path,
        known: Vec::new(),
        kinds: Vec::new(),
        planned: Vec::new(),
        problems,
    };
    take(&mut section);
    section.refuse_unknown();
}

impl<'a> Section<'a> {
    /// Overwrites `into` if `key` is set to something readable; a bad value becomes a problem.
    /// `null` leaves the default.
    pub fn get<T: Setting>(&mut self, key: &'static str, into: &mut T) {
        if let Some(entry) = self.ask(key)
            && let Some(value) = self.one(&entry.node, &self.key(key))
        {
            *into = value;
        }
    }

    /// As [`Section::get`] for a list of scalars; one scalar is a list of one.
    pub fn list<T: Setting>(&mut self, key: &'static str, into: &mut Vec<T>) {
        let Some(entry) = self.ask(key) else { return };
        let path = self.key(key);
        match &entry.node.value {
            Value::Null => {}
            Value::List(items) => {
                *into = items.iter().filter_map(|item| self.one(item, &path)).collect();
            }
            _ => {
                if let Some(value) = self.one(&entry.node, &path) {
                    *into = vec![value];
                }
            }
        }
    }

    /// As [`Section::get`] for a map of scalars, such as `headers`.
    pub fn map<T: Setting>(&mut self, key: &'static str, into: &mut BTreeMap<String, T>) {
        let Some(entry) = self.ask(key) else { return };
        let path = self.key(key);
        match &entry.node.value {
            Value::Null => {}
            Value::Map(entries) => {
                let values = entries.iter().filter_map(|Entry { key, node, .. }| {
                    let value = self.one(node, &join(&path, key))?;
                    Some((key.clone(), value))
                });
                *into = values.collect();
            }
            other => {
                let text = format!("expected a map, found {}", other.kind());
                self.report(entry.node.origin.clone(), path, text);
            }
        }
    }

    /// Lets `take` read the mapping under `key`. An absent key or `null` leaves the defaults: `take`
    /// is then called with an empty section, where [`Section::given`] is false.
    pub fn section(&mut self, key: &'static str, take: impl FnOnce(&mut Section<'_>)) {
        let path = self.key(key);
        match self.ask(key) {
            Some(entry) => enter(&entry.node, entry.origin.clone(), path, self.problems, take),
            None => enter(&Node::null(self.origin.clone()), self.origin.clone(), path, self.problems, take),
        }
    }

    /// Hands every key of this section on as a component, in the order of the file. A key is a type,
    /// or `type/name` where there are several of a type; `kinds` are the types there are.
    pub fn components(
        &mut self,
        kinds: &[&'static str],
        mut take: impl FnMut(Component<'_>, &mut Section<'_>),
    ) {
        self.kinds.extend(kinds);
        for Entry { key, origin, node } in self.entries {
            let Some(kind) = kinds.iter().find(|kind| **kind == kind_of(key)) else {
                continue;
            };
            let path = self.key(key);
            if key.ends_with('/') {
                self.report(origin.clone(), path, "expected a name after the slash".into());
                continue;
            }
            let component = Component { id: key, kind };
            enter(node, origin.clone(), path, self.problems, |section| take(component, section));
        }
    }

    /// Hands every key of this section, whatever it is called, on as a section of its own, in the order
    /// of the file. Each then counts as known.
    pub fn each(&mut self, mut take: impl FnMut(&str, &mut Section<'_>)) {
        for Entry { key, origin, node } in std::mem::take(&mut self.entries) {
            let path = self.key(key);
            enter(node, origin.clone(), path, self.problems, |section| take(key, section));
        }
    }

    /// Hands every map of the list under `key` on as a section of its own, in the order of the file. Problems call it
    /// by its `name`, or by its number where it has none.
    pub fn items(&mut self, key: &'static str, mut take: impl FnMut(&mut Section<'_>)) {
        let Some(entry) = self.ask(key) else { return };
        let path = self.key(key);
        match &entry.node.value {
            Value::Null => {}
            Value::List(items) => {
                for (number, item) in (1_usize..).zip(items) {
                    let name = item.entries().iter().find(|entry| entry.key == "name");
                    let name = name.and_then(|entry| match &entry.node.value {
                        Value::Scalar(scalar) => Some(scalar.text.clone()),
                        _ => None,
                    });
                    let path = join(&path, &name.unwrap_or_else(|| number.to_string()));
                    enter(item, item.origin.clone(), path, self.problems, &mut take);
                }
            }
            other => {
                let text = format!("expected a list, found {}", other.kind());
                self.report(entry.node.origin.clone(), path, text);
            }
        }
    }

    /// Refuses each of `keys` that is set, alone or as `key/name`, as something that a later version
    /// will know.
    pub fn not_built_yet(&mut self, keys: &[&'static str]) {
        self.unavailable(keys, "not built yet");
    }

    /// Refuses each of `keys` that is set, alone or as `key/name`, as something that this build does not have;
    /// `text` says why.
    pub fn unavailable(&mut self, keys: &[&'static str], text: &str) {
        self.planned.extend(keys);
        for Entry { key, origin, .. } in self.entries {
            if keys.contains(&kind_of(key)) {
                self.report(origin.clone(), self.key(key), text.to_string());
            }
        }
    }

    /// Whether `key` is given at all, `null` included.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Whether the user gave this section: false where it is absent or `null`.
    pub fn given(&self) -> bool {
        self.given
    }

    /// Whether nothing was found wrong so far, here or anywhere before.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// Adds a problem with `key` of this section (`""`: with the section itself, `a.b`: with a key of
    /// a section below). `text` is in lower case, without a full stop, and quotes no secret.
    pub fn problem(&mut self, key: &str, text: impl fmt::Display) {
        self.report(self.nearest_origin(key), self.key(key), text.to_string());
    }

    /// As [`Section::problem`] for a key that is answered instead of read, such as one of another
    /// program's configuration. Nothing happens where the key is not given.
    pub fn refuse(&mut self, key: &'static str, text: &str) {
        self.planned.push(key);
        if let Some(entry) = self.find(key) {
            self.report(entry.origin.clone(), self.key(key), text.to_string());
        }
    }

    fn ask(&mut self, key: &'static str) -> Option<&'a Entry> {
        self.known.push(key);
        self.find(key)
    }

    fn find(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Where the value of `key` stands, or of as much of its path as is given.
    fn nearest_origin(&self, key: &str) -> Origin {
        let (mut entries, mut origin) = (self.entries, &self.origin);
        for part in key.split('.') {
            let Some(entry) = entries.iter().find(|entry| entry.key == part) else {
                break;
            };
            let map = matches!(entry.node.value, Value::Map(_));
            origin = if map { &entry.origin } else { &entry.node.origin };
            entries = entry.node.entries();
        }
        origin.clone()
    }

    /// Reads one scalar; `None` for `null` and for what is reported as a problem.
    fn one<T: Setting>(&mut self, node: &Node, path: &str) -> Option<T> {
        let text = match &node.value {
            Value::Null => return None,
            Value::Scalar(scalar) => match T::parse(&scalar.text) {
                Ok(value) => return Some(value),
                Err(expected) => format!("expected {expected}{}", found(scalar)),
            },
            other => format!("expected a single value, found {}", other.kind()),
        };
        self.report(node.origin.clone(), path.to_string(), text);
        None
    }

    fn refuse_unknown(&mut self) {
        for Entry { key, origin, .. } in self.entries {
            let kind = kind_of(key);
            let asked = self.known.contains(&key.as_str()) || self.kinds.contains(&kind);
            if asked || self.planned.contains(&kind) {
                continue;
            }
            let text = match nearest(kind, self.known.iter().chain(&self.kinds).copied()) {
                Some(near) => format!("unknown key; did you mean {near}?"),
                None => "unknown key".to_string(),
            };
            self.report(origin.clone(), self.key(key), text);
        }
    }

    fn key(&self, key: &str) -> String {
        join(&self.path, key)
    }

    fn report(&mut self, origin: Origin, key: String, text: String) {
        self.problems.push(Problem { origin, key, text });
    }
}

/// What stands before the slash of a component's id; the whole key where there is none.
fn kind_of(key: &str) -> &str {
    key.split_once('/').map_or(key, |(kind, _)| kind)
}

fn join(path: &str, key: &str) -> String {
    match (path, key) {
        ("", only) | (only, "") => only.to_string(),
        (path, key) => format!("{path}.{key}"),
    }
}

/// The offending value, where it can be shown: short, and written in the configuration itself. What
/// came out of the environment or a file, or holds an `@` (a password in a URL), may be a secret.
fn found(scalar: &Scalar) -> String {
    let text = &scalar.text;
    let shown =
        !scalar.expanded && text.len() <= 40 && !text.contains('@') && !text.contains(char::is_control);
    if shown { format!(", found `{text}`") } else { String::new() }
}
