//! YAML text to a tree.
//!
//! We take the parser's events and not a loaded document, so that a key given twice is one problem
//! among others and every value knows its line.

use super::{Entry, Node, Origin, Problem, Scalar, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::HashMap;

/// Collections inside collections. A configuration needs ten; a tree without end would end the stack.
const MAX_DEPTH: usize = 64;

/// Nodes of one text, counted again for each use of an alias.
const MAX_NODES: usize = 100_000;

/// Reads one YAML document; an empty one is an empty map. `None` if nothing can be made of it, and
/// then `problems` says why; keys given twice are also problems, but the first one stands.
pub fn parse(source: &Origin, text: &str, problems: &mut Vec<Problem>) -> Option<Node> {
    let mut builder = Builder {
        source,
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        done: None,
        repeated: Vec::new(),
        failed: None,
    };
    // Event by event: `Parser::load` recurses, and ends the stack where the text is nested deeply.
    let mut parser = Parser::new_from_str(text);
    while builder.failed.is_none()
        && let Some(event) = parser.next_event()
    {
        match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                let at = error.marker();
                builder.fail(source.at(at.line(), at.col()), error.info());
            }
        }
    }
    // What else is wrong beside a break in the structure may be only an echo of it.
    if let Some(failed) = builder.failed {
        problems.push(failed);
        return None;
    }
    problems.append(&mut builder.repeated);
    Some(builder.done.unwrap_or_else(|| Node::null(source.clone())))
}

struct Builder<'a> {
    source: &'a Origin,
    /// The collections being filled, outermost first.
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    /// The finished document.
    done: Option<Node>,
    /// Keys given twice.
    repeated: Vec<Problem>,
    /// The first problem that leaves nothing to read.
    failed: Option<Problem>,
}

struct Open {
    node: Node,
    anchor: usize,
    /// In a map: the key whose value comes next.
    key: Option<(String, Origin)>,
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    let quoted = style != ScalarStyle::Plain;
    if !quoted && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    Value::Scalar(Scalar { text: text.to_string(), quoted, expanded: false })
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) {
        let origin = self.source.at(span.start.line(), span.start.col());
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = scalar(&text, style);
                self.add(Node { value, origin }, anchor);
            }
            Event::SequenceStart(anchor, _) => self.start(Value::List(Vec::new()), origin, anchor),
            Event::MappingStart(anchor, _) => self.start(Value::Map(Vec::new()), origin, anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { node, anchor, .. }) = self.open.pop() {
                    self.add(node, anchor);
                }
            }
            Event::Alias(anchor) => self.alias(anchor, origin),
            _ => {}
        }
    }

    fn start(&mut self, value: Value, origin: Origin, anchor: usize) {
        if self.open.len() >= MAX_DEPTH {
            return self.fail(origin, "nested too deeply");
        }
        self.open.push(Open { node: Node { value, origin }, anchor, key: None });
    }

    fn alias(&mut self, anchor: usize, origin: Origin) {
        let Some(node) = self.anchors.get(&anchor) else {
            return self.fail(origin, "an alias inside its own anchor");
        };
        self.nodes += count(node);
        let node = Node { value: node.value.clone(), origin };
        self.add(node, 0);
    }

    /// Puts a finished node where it belongs: the document, a list, or a map as key or value.
    fn add(&mut self, node: Node, anchor: usize) {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return self.fail(node.origin, "too many values");
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            return match self.done {
                Some(_) => self.fail(node.origin, "expected one document, found a second"),
                None => self.done = Some(node),
            };
        };
        match &mut parent.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match parent.key.take() {
                Some((key, origin)) => {
                    if entries.iter().any(|entry| entry.key == key) {
                        let key = dotted(&self.open, &key);
                        return self.repeated.push(Problem { origin, key, text: "given twice".into() });
                    }
                    entries.push(Entry { key, origin, node });
                }
                None => match node.value {
                    Value::Scalar(scalar) => parent.key = Some((scalar.text, node.origin)),
                    Value::Null => parent.key = Some(("null".into(), node.origin)),
                    other => self.fail(node.origin, &format!("{} cannot be a key", other.kind())),
                },
            },
            Value::Scalar(_) | Value::Null => unreachable!("only collections are opened"),
        }
    }

    fn fail(&mut self, origin: Origin, text: &str) {
        self.failed.get_or_insert(Problem { origin, key: String::new(), text: text.to_string() });
    }
}

/// Where we stand, as `exporters.otlp.endpoint`.
fn dotted(open: &[Open], last: &str) -> String {
    let above = open.iter().filter_map(|open| open.key.as_ref().map(|(key, _)| key.as_str()));
    above.chain([last]).collect::<Vec<_>>().join(".")
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.iter().map(|entry| count(&entry.node)).sum(),
        Value::Null | Value::Scalar(_) => 0,
    }
}
