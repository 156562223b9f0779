//! One LLM call (or a step around one) as a span or log record tells it, whatever its dialect.

use super::{Node, Oddities, Texts, Tier, Usage};
use std::borrow::Cow;
use std::ops::Range;

/// What a span or log record says of an LLM call. Borrows the batch it was read from.
#[derive(Clone, Debug, Default)]
pub struct Call<'a> {
    /// Dialects that claimed it, in the order of the table.
    pub dialects: Vec<&'static str>,
    /// `None` where nothing tells.
    pub kind: Option<Kind>,
    /// One request to a model: what tokens and cost belong to. False for agents, chains and tools.
    pub model_call: bool,
    /// False on wrappers and duplicates that repeat the usage of the call inside them.
    pub usage_counted: bool,
    pub operation: Option<Cow<'a, str>>,
    pub provider: Option<Cow<'a, str>>,
    pub request_model: Option<Cow<'a, str>>,
    pub response_model: Option<Cow<'a, str>>,
    /// The provider's own name for its reply: two spans that bear the same tell of one call.
    pub response_id: Option<Cow<'a, str>>,
    /// As reported by the provider, through the instrumentation. Never an estimate of ours.
    pub usage: Usage,
    /// When it began and ended, in nanoseconds since 1970; 0 where nothing tells.
    pub start_unix_nano: u64,
    pub end_unix_nano: u64,
    /// It ended in an error.
    pub failed: bool,
    /// As the provider billed it, or as it was asked to.
    pub tier: Tier,
    /// US dollars as reported by the instrumentation.
    pub cost_usd: Option<f64>,
    pub streaming: Option<bool>,
    /// Seconds from the start of the call to its first chunk.
    pub time_to_first_chunk_s: Option<f64>,
    pub finish_reasons: Vec<Cow<'a, str>>,
    pub conversation_id: Option<Cow<'a, str>>,
    pub user_id: Option<Cow<'a, str>>,
    /// How many numbers each vector of an embeddings call has.
    pub dimensions: Option<u64>,
    /// Of a step that is a tool.
    pub tool_name: Option<Cow<'a, str>>,
    /// Host or URL of the provider, as written.
    pub host: Option<Cow<'a, str>>,
    pub port: Option<u16>,
    /// What the model may call, as the library wrote it.
    pub tools: Option<Node<'a>>,
    /// What is wrong with the item.
    pub odd: Oddities,
    /// The conversation, each text once, in order. Copies of it elsewhere on the span are not listed:
    /// scanning goes over every leaf, this is for counting, hashing, embedding and roles.
    pub texts: Texts<'a>,
}

/// What sort of step it is; [`Kind::name`] is the value of `sidelight.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Chat,
    Completion,
    Embeddings,
    Rerank,
    Agent,
    Workflow,
    Task,
    Tool,
    Retrieval,
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    System,
    User,
    Assistant,
    /// A tool's result or its call's arguments.
    Tool,
    /// A retrieved or reranked document, or an embedding's input.
    Document,
}

/// Whether it went into the model or came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Input,
    Output,
}

/// One text part of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    pub role: Role,
    pub side: Side,
    /// Which message of its side it is part of, counted from 0.
    pub message: u32,
    pub text: Cow<'a, str>,
    pub part: Part<'a>,
    /// The string leaf it stands in, as a range of the batch.
    pub leaf: Range<usize>,
    /// Whether the system speaks in that leaf too, in a text that is given where it stands first.
    pub shared: bool,
}

/// What sort of part of a message a text is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Part<'a> {
    #[default]
    Plain,
    Reasoning,
    /// The arguments of a tool's call.
    ToolCall {
        id: Option<Cow<'a, str>>,
        name: Option<Cow<'a, str>>,
    },
    /// What the tool gave back.
    ToolResult {
        id: Option<Cow<'a, str>>,
    },
}

impl Kind {
    /// The value of `sidelight.kind`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Chat => "chat",
            Kind::Completion => "completion",
            Kind::Embeddings => "embeddings",
            Kind::Rerank => "rerank",
            Kind::Agent => "agent",
            Kind::Workflow => "workflow",
            Kind::Task => "task",
            Kind::Tool => "tool",
            Kind::Retrieval => "retrieval",
        }
    }
}

impl<'a> Call<'a> {
    /// The text that is hashed, embedded and previewed: the text parts of the last user turn, joined
    /// by line feeds. `None` where there is no user text.
    pub fn prompt_text(&self) -> Option<Cow<'a, str>> {
        let by_user =
            |text: &&Text<'a>| text.side == Side::Input && text.role == Role::User && !text.text.is_empty();
        let last = self.texts.iter().filter(by_user).map(|text| text.message).max()?;
        joined(self.texts.iter().filter(by_user).filter(|text| text.message == last))
    }

    /// What went into the model, in order, joined by line feeds. `None` where nothing did.
    pub fn whole_input(&self) -> Option<Cow<'a, str>> {
        joined(self.texts.iter().filter(|text| text.side == Side::Input && !text.text.is_empty()))
    }

    /// What an embeddings call embeds, one text for each input; none for calls of other kinds.
    pub fn inputs(&self) -> Vec<Cow<'a, str>> {
        if self.kind != Some(Kind::Embeddings) {
            return Vec::new();
        }
        let of_input = |text: &&Text<'a>| text.side == Side::Input && text.role == Role::Document;
        let texts: Vec<&Text<'a>> = self.texts.iter().filter(of_input).collect();
        texts
            .chunk_by(|a, b| a.message == b.message)
            .filter_map(|parts| joined(parts.iter().copied()))
            .collect()
    }
}

/// `parts` with line feeds between them; `None` where there are none.
fn joined<'a: 't, 't>(mut parts: impl Iterator<Item = &'t Text<'a>>) -> Option<Cow<'a, str>> {
    let first = parts.next()?.text.clone();
    Some(parts.fold(first, |joined, part| Cow::Owned(format!("{joined}\n{}", part.text))))
}

impl Role {
    /// The word for it, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
            Role::Document => "document",
        }
    }

    /// The role that `name` means in any of the libraries; `None` for a word that is no role.
    pub fn named(name: &str) -> Option<Role> {
        const NAMES: &[(&str, Role)] = &[
            ("system", Role::System),
            ("developer", Role::System),
            ("user", Role::User),
            ("human", Role::User),
            ("assistant", Role::Assistant),
            ("ai", Role::Assistant),
            ("model", Role::Assistant),
            ("chatbot", Role::Assistant),
            ("tool", Role::Tool),
            ("function", Role::Tool),
            ("document", Role::Document),
        ];
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, role)| *role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[(Role, Side, u32, &'static str)], expected: Option<&str>) {
        let text = |&(role, side, message, text): &(Role, Side, u32, &'static str)| Text {
            role,
            side,
            message,
            text: text.into(),
            part: Part::Plain,
            leaf: 0..0,
            shared: false,
        };
        let call = Call { texts: texts.iter().map(text).collect::<Vec<_>>().into(), ..Call::default() };
        assert_eq!(call.prompt_text().as_deref(), expected);
    }

    #[test]
    fn the_prompt_is_the_last_user_turn_with_its_parts_joined() {
        check(
            &[
                (Role::System, Side::Input, 0, "be brief"),
                (Role::User, Side::Input, 1, "first"),
                (Role::Assistant, Side::Input, 2, "yes?"),
                (Role::User, Side::Input, 3, "look at"),
                (Role::User, Side::Input, 3, "this"),
                (Role::Assistant, Side::Output, 0, "fine"),
            ],
            Some("look at\nthis"),
        );
    }

    #[test]
    fn a_turn_without_text_is_not_the_prompt() {
        check(&[(Role::User, Side::Input, 0, "hi"), (Role::User, Side::Input, 1, "")], Some("hi"));
    }

    #[test]
    fn an_embeddings_call_has_a_text_for_each_input_and_others_have_none() {
        let text = |message, text: &'static str| Text {
            role: Role::Document,
            side: Side::Input,
            message,
            text: text.into(),
            part: Part::Plain,
            leaf: 0..0,
            shared: false,
        };
        let texts = vec![text(0, "a"), text(1, "b"), text(1, "c")];
        let call = Call { texts: texts.into(), kind: Some(Kind::Embeddings), ..Call::default() };
        assert_eq!(call.inputs(), ["a", "b\nc"]);
        assert_eq!(call.whole_input().as_deref(), Some("a\nb\nc"));
        assert!(Call { kind: Some(Kind::Rerank), ..call }.inputs().is_empty());
    }

    #[test]
    fn without_user_text_there_is_no_prompt() {
        check(&[(Role::System, Side::Input, 0, "be brief"), (Role::User, Side::Output, 0, "echo")], None);
    }
}
