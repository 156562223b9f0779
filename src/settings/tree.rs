//! A configuration before anyone has read it: values as they were written, each with its origin.

use std::fmt;
use std::sync::Arc;

/// A value and where it came from. Not `Debug`: it may hold secrets.
#[derive(Clone)]
pub struct Node {
    pub value: Value,
    pub origin: Origin,
}

#[derive(Clone)]
pub enum Value {
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    /// In the order of the file. Invariant: no key stands twice.
    Map(Vec<Entry>),
}

/// One value as text. Its type is decided by who reads it.
#[derive(Clone)]
pub struct Scalar {
    pub text: String,
    /// Written in quotes or as a block, so that it is text whatever it looks like.
    pub quoted: bool,
    /// Came out of an environment variable or a file, so that no problem may quote it.
    pub expanded: bool,
}

/// One key of a mapping.
#[derive(Clone)]
pub struct Entry {
    pub key: String,
    /// Where the key stands.
    pub origin: Origin,
    pub node: Node,
}

/// Where a value came from: `sidelight.yaml:12`, `--set` or `built-in`. Sorts by the order in which
/// sources were given, then by position.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    order: usize,
    line: usize,
    column: usize,
    name: Arc<str>,
}

impl Node {
    pub fn null(origin: Origin) -> Node {
        Node { value: Value::Null, origin }
    }

    /// A value as if written in quotes.
    pub fn text(text: &str, origin: Origin) -> Node {
        let text = text.to_string();
        let value = Value::Scalar(Scalar { text, quoted: true, expanded: false });
        Node { value, origin }
    }

    /// Gives the whole tree one origin.
    pub fn move_to(&mut self, to: &Origin) {
        self.each(&mut |node| {
            node.origin = to.clone();
            if let Value::Map(entries) = &mut node.value {
                entries.iter_mut().for_each(|entry| entry.origin = to.clone());
            }
        });
    }

    /// Marks every value as one that no problem may quote.
    pub fn hide(&mut self) {
        self.each(&mut |node| {
            if let Value::Scalar(scalar) = &mut node.value {
                scalar.expanded = true;
            }
        });
    }

    fn each(&mut self, change: &mut impl FnMut(&mut Node)) {
        change(self);
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.each(change)),
            Value::Map(entries) => entries.iter_mut().for_each(|entry| entry.node.each(change)),
            Value::Null | Value::Scalar(_) => {}
        }
    }

    /// Lays `over` on top, as the OpenTelemetry Collector merges files: maps are merged key by key,
    /// everything else, lists and `null` included, is replaced.
    pub fn merge(&mut self, over: Node) {
        match (&mut self.value, over.value) {
            (Value::Map(entries), Value::Map(new)) => new.into_iter().for_each(|entry| put(entries, entry)),
            (_, value) => *self = Node { value, origin: over.origin },
        }
    }

    /// The node at the end of `path`, if every step is there.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        let Some((first, rest)) = path.split_first() else {
            return Some(self);
        };
        let entry = self.entries().iter().find(|entry| entry.key == *first)?;
        entry.node.at(rest)
    }

    /// The keys of a mapping; empty for everything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }
}

fn put(entries: &mut Vec<Entry>, new: Entry) {
    match entries.iter_mut().find(|entry| entry.key == new.key) {
        Some(entry) => {
            entry.origin = new.origin;
            entry.node.merge(new.node);
        }
        None => entries.push(new),
    }
}

impl Value {
    /// What it is called in a problem.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

impl Origin {
    /// A source as a whole; `order` is its place among the sources given.
    pub fn source(order: usize, name: &str) -> Origin {
        Origin { order, line: 0, column: 0, name: name.into() }
    }

    /// A place in this source; lines count from 1, columns from 0.
    pub fn at(&self, line: usize, column: usize) -> Origin {
        Origin { line, column, ..self.clone() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.name),
            line => write!(f, "{}:{line}", self.name),
        }
    }
}
