//! One LLM call (or a step around one) as a span or log record tells it, whatever its dialect.

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
    /// As reported by the provider, through the instrumentation. Never an estimate of ours.
    pub usage: Usage,
    /// US dollars as reported by the instrumentation.
    pub cost_usd: Option<f64>,
    pub streaming: Option<bool>,
    /// Seconds from the start of the call to its first chunk.
    pub time_to_first_chunk_s: Option<f64>,
    pub finish_reasons: Vec<Cow<'a, str>>,
    pub conversation_id: Option<Cow<'a, str>>,
    pub user_id: Option<Cow<'a, str>>,
    /// The conversation, each text once, in order. Copies of it elsewhere on the span are not listed:
    /// scanning goes over every leaf, this is for counting, hashing, embedding and roles.
    pub texts: Vec<Text<'a>>,
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

/// Tokens as a provider reported them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub cached_input: Option<u64>,
    pub cache_write: Option<u64>,
    pub reasoning: Option<u64>,
    /// Whether `cached_input` and `cache_write` are part of `input` (OpenAI) or come on top (Anthropic).
    pub cache_exclusive: bool,
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
    /// The string leaf it stands in, as a range of the batch.
    pub leaf: Range<usize>,
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
        todo!()
    }
}
