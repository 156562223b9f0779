//! The conversation of one span or log record: the texts of the first source of each part that has any.

use super::dialect::{Class, Field, matches};
use super::facts::{Fact, Facts};
use super::index::Dialects;
use super::shape::{self, Shape};
use crate::llm::{Conversation, Kind, Node, Role, Side, Text};
use crate::otlp::{Attributes, Batch, Event, Item, Value};
use std::borrow::Cow;
use std::collections::HashSet;

/// Where its texts may stand.
pub struct Heard<'a> {
    pub item: Item<'a>,
    /// Of the span or of the log event.
    pub name: &'a str,
    pub facts: Facts<'a>,
    pub events: Vec<Event<'a>>,
    pub dialects: Dialects,
    pub class: Class,
}

impl<'a> Heard<'a> {
    /// The texts, each once, in order.
    pub fn conversation(&self, batch: &'a Batch) -> Conversation<'a> {
        let mut talk = Conversation::new(batch);
        self.source(&mut talk, Field::System, Side::Input);
        self.source(&mut talk, Field::Documents, Side::Input);
        let input = self.source(&mut talk, Field::Input, Side::Input);
        let output = self.source(&mut talk, Field::Output, Side::Output);
        let output = self.calls(&mut talk, output) || output;
        let wanted = |side| !(if side == Side::Input { input } else { output });
        for event in &self.events {
            self.event(&mut talk, event.name(), event.attributes(), &Value::Empty, wanted);
        }
        if let Some(record) = self.item.log_record() {
            self.event(&mut talk, self.name, record.attributes(), &record.body(), wanted);
            if talk.texts.is_empty() {
                said_by_shape(&mut talk, &record.body());
            }
        }
        talk.texts = in_their_roles(self.class.kind, talk.texts);
        talk
    }

    /// Says whether a fact for `field` had text. What has none in the shape of a conversation is taken
    /// whole where the step is no model call: the arguments of a chain, the value of a tool.
    fn source(&self, talk: &mut Conversation<'a>, field: Field, side: Side) -> bool {
        let mut facts = self.facts.all(field);
        let spoke = facts.any(|fact| match fact {
            Fact::Texts(said, role) => talk.read(said.node(), side, *role),
            Fact::Whole(held, role) => whole(talk, &Node::value(&held.value()), side, *role),
            _ => false,
        });
        let mut facts = self.facts.all(field);
        spoke
            || (!self.class.call
                && facts.any(|fact| match fact {
                    Fact::Texts(said, role) => whole(talk, said.node(), side, *role),
                    _ => false,
                }))
    }

    /// Adds the tools that the reply asks for to what it says, and says whether there are any.
    fn calls(&self, talk: &mut Conversation<'a>, spoke: bool) -> bool {
        self.facts.all(Field::Calls).any(|fact| match fact {
            Fact::Texts(said, role) if spoke => talk.read_on(said.node(), Side::Output, *role),
            Fact::Texts(said, role) => talk.read(said.node(), Side::Output, *role),
            _ => false,
        })
    }

    /// Adds what an event of that name says, on the sides that are `wanted`.
    fn event(
        &self,
        talk: &mut Conversation<'a>,
        name: &str,
        attributes: Attributes<'a>,
        body: &Value<'a>,
        wanted: impl Fn(Side) -> bool,
    ) {
        let events = self.dialects.table().flat_map(|dialect| dialect.events);
        for (_, side, role, keys) in events.filter(|(pattern, ..)| matches(pattern, name)) {
            if wanted(*side) {
                let held = keys.iter().find_map(|key| attributes.clone().get(key));
                let node = Node::open(held.as_ref().unwrap_or(body));
                if !talk.read(&node, *side, *role) && !self.class.call {
                    whole(talk, &node, *side, *role);
                }
            }
        }
    }
}

/// Reads a body that is a request, a reply or a conversation by its shape alone.
fn said_by_shape<'a>(talk: &mut Conversation<'a>, body: &Value<'a>) {
    let (node, side, role) = match shape::of(body) {
        None | Some(Shape::Broken) => return,
        Some(Shape::Reply(node)) => (node, Side::Output, Role::Assistant),
        Some(Shape::Request(node) | Shape::Conversation(node)) => (node, Side::Input, Role::User),
    };
    talk.read(&node, side, role);
}

fn whole<'a>(talk: &mut Conversation<'a>, node: &Node<'a>, side: Side, role: Role) -> bool {
    let Some(leaf) = node.first_leaf().filter(|_| !node.is_empty()) else {
        return false;
    };
    let text = match node {
        Node::Text(text, _) => text.clone(),
        structured => Cow::Owned(structured.to_json()),
    };
    talk.say(text, leaf, side, role);
    true
}

/// The roles as the kind of call makes them: what is embedded or retrieved is a document, what goes
/// into a tool and comes out of it is a tool's, and OpenLLMetry gives the documents of a rerank the role `system`,
/// their scores `assistant`. A system text that stands twice counts once, and is still known to be spoken where it
/// stands again.
fn in_their_roles<'a>(kind: Option<Kind>, texts: Vec<Text<'a>>) -> Vec<Text<'a>> {
    let mut system = HashSet::new();
    let roles = texts.into_iter().map(|mut text| {
        text.role = match (kind, text.side, text.role) {
            (Some(Kind::Embeddings), Side::Input, Role::User) => Role::Document,
            (Some(Kind::Rerank), _, Role::System | Role::Assistant) => Role::Document,
            (Some(Kind::Retrieval), Side::Output, Role::Assistant) => Role::Document,
            (Some(Kind::Tool), _, Role::User | Role::Assistant) => Role::Tool,
            (_, _, role) => role,
        };
        text
    });
    let mut again = HashSet::new();
    let once = |text: &Text<'a>| {
        let new = text.role != Role::System || system.insert((text.side as u8, text.text.clone()));
        if !new {
            again.insert(text.leaf.start);
        }
        new
    };
    let mut texts: Vec<Text<'a>> = roles.filter(once).collect();
    for text in &mut texts {
        text.shared = text.role != Role::System && again.contains(&text.leaf.start);
    }
    texts
}
