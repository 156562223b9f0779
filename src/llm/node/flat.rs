//! A tree out of keys that flatten it.

use super::{MAX_DEPTH, Node};

/// Keys that flatten a tree, such as `0.message.contents.1.text`, put together again.
///
/// Index numbers are names here: gaps and an index of 2^31 cost nothing.
#[derive(Clone, Debug, Default)]
pub struct Flat<'a> {
    entries: Vec<(&'a str, Node<'a>)>,
}

impl<'a> Flat<'a> {
    pub fn push(&mut self, path: &'a str, value: Node<'a>) {
        self.entries.push((path, value));
    }

    /// The tree. Where all keys of a level are numbers it is a list, in their order. A path that
    /// stands twice counts once; a value on the way of a longer path stands under `""`.
    pub fn tree(self) -> Node<'a> {
        let mut root = Branch::default();
        for (path, value) in self.entries {
            root.insert(path, value);
        }
        root.into_node()
    }
}

#[derive(Default)]
struct Branch<'a> {
    value: Option<Node<'a>>,
    children: Vec<(&'a str, Branch<'a>)>,
    /// Where each child stands, once there are many: tens of thousands of messages stay linear.
    places: std::collections::HashMap<&'a str, usize>,
}

impl<'a> Branch<'a> {
    fn insert(&mut self, path: &'a str, value: Node<'a>) {
        let mut branch = self;
        for part in path.split('.').take(usize::from(MAX_DEPTH)) {
            branch = branch.child(part);
        }
        branch.value.get_or_insert(value);
    }

    fn child(&mut self, name: &'a str) -> &mut Branch<'a> {
        let next = self.children.len();
        let at = *self.places.entry(name).or_insert(next);
        if at == next {
            self.children.push((name, Branch::default()));
        }
        &mut self.children[at].1
    }

    fn into_node(self) -> Node<'a> {
        if self.children.is_empty() {
            return self.value.unwrap_or(Node::Null);
        }
        let mut children = self.children;
        if children.iter().all(|(name, _)| name.parse::<u64>().is_ok()) {
            children.sort_by_key(|(name, _)| name.parse::<u64>().unwrap_or(u64::MAX));
            return Node::List(children.into_iter().map(|(_, branch)| branch.into_node()).collect());
        }
        let own = self.value.map(|value| ("".into(), value));
        Node::Map(
            own.into_iter()
                .chain(children.into_iter().map(|(name, branch)| (name.into(), branch.into_node())))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entries: &[(&'static str, &'static str)], expected: &str) {
        let mut flat = Flat::default();
        for (path, text) in entries {
            flat.push(path, Node::Text((*text).into(), text));
        }
        assert_eq!(flat.tree().to_json(), expected);
    }

    #[test]
    fn flat_keys_become_the_tree_they_came_from() {
        check(
            &[("0.role", "user"), ("1.role", "tool"), ("0.tool_calls.0.name", "look"), ("0.content", "hi")],
            r#"[{"role":"user","tool_calls":[{"name":"look"}],"content":"hi"},{"role":"tool"}]"#,
        );
    }

    #[test]
    fn gaps_and_huge_indexes_keep_their_order_and_cost_nothing() {
        check(&[("4294967296.content", "b"), ("7.content", "a")], r#"[{"content":"a"},{"content":"b"}]"#);
    }

    #[test]
    fn a_value_on_the_way_of_a_longer_path_is_kept() {
        check(&[("0", "whole"), ("0.content", "part")], r#"[{"":"whole","content":"part"}]"#);
    }
}
