//! The dialects: one file each, whole (how to recognise it, how to read it, where that is known
//! from), and one line each in [`TABLE`].
//!
//! Instrumentation libraries name the same things differently, and several speak on one span. All of
//! it is data: [`Mark`]s recognise a dialect, [`Rule`]s tell what sort of step a span is, [`Source`]s
//! say which attribute holds which fact. Order is precedence, in two ways:
//!
//! - the *kind* comes from the first dialect of the table with a rule that answers: frameworks know
//!   better than the plain conventions, whose operation name lies in known cases;
//! - every other *fact* comes from the first source that is there and well typed: first the plain
//!   conventions' (they are what we normalise to), then each dialect's in table order, then all
//!   `fallbacks` in the same order.
//!
//! Source of the facts: spec/dialects.md, and the corpus of real payloads.

use crate::llm::{Kind, Role, Side};

mod adk;
mod ag2;
mod agent_framework;
mod arms;
mod azure_ai;
mod braintrust;
mod claude_code;
mod coding_agents;
mod crews;
mod genkit;
mod haystack;
mod laminar;
mod langchain4j;
mod langfuse;
mod langsmith;
mod langtrace;
mod langwatch;
mod litellm;
mod livekit;
mod llama_index;
mod mastra;
mod mcp;
mod mlflow;
mod monocle;
mod n8n;
mod observe;
mod openinference;
mod openlit;
#[cfg(test)]
mod page;
mod pipecat;
mod platforms;
mod promptflow;
mod provider_sdk;
mod pydantic_ai;
mod seed_sdk;
mod semantic_kernel;
pub mod semconv;
mod sentry;
mod serving;
mod spring_ai;
mod strands;
mod traceloop;
mod vector_store;
mod vercel;
mod vercel_otel;
mod voltagent;

/// Every dialect, by precedence of its rules. At most 48: a set of them is one word.
pub const TABLE: &[&Dialect] = &[
    &langfuse::DIALECT,
    &vercel::DIALECT,
    &openinference::DIALECT,
    &crews::DIALECT,
    &braintrust::DIALECT,
    &mastra::DIALECT,
    &promptflow::DIALECT,
    &ag2::DIALECT,
    &langtrace::DIALECT,
    &langchain4j::DIALECT,
    &litellm::DIALECT,
    &langsmith::DIALECT,
    &pydantic_ai::DIALECT,
    &adk::DIALECT,
    &genkit::DIALECT,
    &mlflow::DIALECT,
    &haystack::DIALECT,
    &llama_index::DIALECT,
    &strands::DIALECT,
    &semantic_kernel::DIALECT,
    &azure_ai::DIALECT,
    &openlit::DIALECT,
    &agent_framework::DIALECT,
    &spring_ai::DIALECT,
    &sentry::DIALECT,
    &livekit::DIALECT,
    &pipecat::DIALECT,
    &laminar::DIALECT,
    &voltagent::DIALECT,
    &claude_code::DIALECT,
    &coding_agents::DIALECT,
    &provider_sdk::DIALECT,
    &mcp::DIALECT,
    &vector_store::DIALECT,
    &arms::DIALECT,
    &serving::DIALECT,
    &langwatch::DIALECT,
    &n8n::DIALECT,
    &monocle::DIALECT,
    &platforms::DIALECT,
    &traceloop::DIALECT,
    &vercel_otel::DIALECT,
    &observe::DIALECT,
    &seed_sdk::DIALECT,
    &semconv::DIALECT,
];

/// The name of what looks like an LLM call, or was logged by an LLM library, and fits no dialect.
pub const UNKNOWN: &str = "unknown";

/// How one library, or one generation of it, speaks of LLM calls.
pub struct Dialect {
    /// The value in `sidelight.dialects`.
    pub name: &'static str,
    /// Who speaks it, for users.
    pub about: &'static str,
    /// Where these facts are known from.
    pub source: &'static str,
    /// Any one of them recognises it.
    pub marks: &'static [Mark],
    /// What sort of step a span is; the first that answers.
    pub rules: &'static [Rule],
    /// Which attribute holds which fact; the first that is there and well typed.
    pub fields: &'static [Source],
    /// As `fields`, after those of every dialect: copies, wrappers' values, guesses.
    pub fallbacks: &'static [Source],
    /// Span or log events that hold texts.
    pub events: &'static [EventTexts],
    /// Whether the attributes of span events hold facts as the span's own do.
    pub facts_in_events: bool,
    /// Span events the first of which is the first chunk of a stream.
    pub chunks: &'static [Pattern],
    /// Scopes whose input tokens come without the cached ones, and of which provider. Everyone else
    /// counts them in.
    pub cache_exclusive: &'static [(Pattern, Pattern)],
    /// Scopes whose output tokens come without those of the reasoning. Everyone else counts them in.
    pub reasoning_exclusive: &'static [Pattern],
    /// Whether a call reports its tokens together with those of the calls before it, beside it.
    pub running_totals: bool,
    /// Log events each of which reports a whole call, whatever span it stands in; the library's others report none.
    pub reports: &'static [Pattern],
}

impl Dialect {
    /// Nothing; what a dialect leaves out.
    pub const NONE: Dialect = Dialect {
        name: "",
        about: "",
        source: "",
        marks: &[],
        rules: &[],
        fields: &[],
        fallbacks: &[],
        events: &[],
        facts_in_events: false,
        chunks: &[],
        cache_exclusive: &[],
        reasoning_exclusive: &[],
        running_totals: false,
        reports: &[],
    };
}

/// A text in which one `*` stands for anything, or what stands between two of them: `gen_ai.*`,
/// `*.doStream`, `Crew*.kickoff`, `*genai*`.
pub type Pattern = &'static str;

/// What recognises a dialect.
#[derive(Clone, Copy, Debug)]
pub enum Mark {
    /// An attribute key, or all that begin so (`langfuse.*`).
    Key(Pattern),
    /// An attribute with that string value.
    Value(&'static str, Pattern),
    /// The name of the instrumentation scope.
    Scope(Pattern),
    /// The name of a log or span event, or of a span.
    Name(Pattern),
}

/// What tells the sort of a step.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// By the string value of an attribute, capitals aside.
    Key(&'static str, &'static [(Pattern, Class)]),
    /// By an attribute that is there at all.
    Has(Pattern, Class),
    /// By the name of the span or of the log event.
    Name(Pattern, Class),
    /// By the scope.
    Scope(Pattern, Class),
    /// By an attribute that is not there, one that is, and the span's name together.
    Lacks(Pattern, Pattern, Pattern, Class),
    /// By an attribute's value and the span's name together.
    Both(&'static str, Pattern, Pattern, Class),
    /// By the scope and the span's name together.
    Within(Pattern, Pattern, Class),
}

/// One fact, the attribute that holds it, and how it is written there.
///
/// A key that ends in `.*` takes all keys below that begin with a number, as one tree.
pub type Source = (Field, Pattern, Read);

/// An event's name, whose texts it holds, and under which attributes, the first that is there. A log
/// record that has none of them holds the text in its body.
pub type EventTexts = (Pattern, Side, Role, &'static [&'static str]);

/// A fact of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Field {
    Provider,
    RequestModel,
    /// What the step is named after: of a call its model, of any other step itself.
    StepModel,
    ResponseModel,
    ResponseId,
    Operation,
    InputTokens,
    OutputTokens,
    CachedTokens,
    CacheWriteTokens,
    ReasoningTokens,
    AudioInputTokens,
    AudioOutputTokens,
    /// Tokens of both directions, for embeddings that report nothing else.
    TotalTokens,
    /// An object with any of the above.
    Usage,
    /// The provider's word for how urgent the call was.
    ServiceTier,
    Cost,
    /// How many numbers an embedding was asked to have, or has.
    Dimensions,
    Streaming,
    FirstChunk,
    /// How long the call took, where no span says it.
    Took,
    FinishReasons,
    ConversationId,
    UserId,
    /// Host or URL of the provider.
    Host,
    Port,
    /// Of a step that is a tool.
    ToolName,
    /// What the model may call, with schemas.
    Tools,
    System,
    Documents,
    Input,
    Output,
    /// The tools that a reply asks for, where they stand apart from its text.
    Calls,
}

impl Field {
    pub const COUNT: usize = Field::Calls as usize + 1;
}

/// How a fact is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Read {
    /// A name: a string that is not empty, JSON quotes taken off.
    Word,
    /// A name inside a JSON object, at the end of a path.
    WordAt(&'static [&'static str]),
    /// Names: an array, a JSON array, or one string.
    Words,
    Count,
    /// A count inside a JSON object, at the end of a path.
    CountAt(&'static [&'static str]),
    Flag,
    /// A truth value inside a JSON object, at the end of a path.
    FlagAt(&'static [&'static str]),
    Dollars,
    MicroDollars,
    /// Dollars inside a JSON object, at the end of a path.
    DollarsAt(&'static [&'static str]),
    Seconds,
    Millis,
    Nanos,
    /// Seconds inside a JSON object, at the end of a path.
    SecondsAt(&'static [&'static str]),
    /// Seconds where it is a double, milliseconds where it is an integer.
    SecondsOrMillis,
    /// An ISO 8601 instant, counted from the span's start.
    Instant,
    /// A usage object.
    Object,
    /// Texts, said by that role where nobody is named.
    Say(Role),
    /// The whole value as one text of that role.
    Whole(Role),
    /// What stands at the end of a path inside a JSON object, as `Say`.
    SayAt(&'static [&'static str], Role),
}

/// What sort of step a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    pub kind: Option<Kind>,
    /// One request to a model.
    pub call: bool,
    pub bills: Bills,
}

/// Whose tokens a model call reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bills {
    /// Its own.
    Own,
    /// Those of the calls inside it, which are spans themselves.
    Inner,
    /// Those of another span of the same call.
    Echo,
}

/// A request to a model.
pub const fn call(kind: Kind) -> Class {
    Class { kind: Some(kind), call: true, bills: Bills::Own }
}

/// A call as the user made it, around the requests that the library made for it.
pub const fn around(kind: Kind) -> Class {
    Class { kind: Some(kind), call: true, bills: Bills::Inner }
}

/// A second span about a request that another span tells of.
pub const fn echo(kind: Kind) -> Class {
    Class { kind: Some(kind), call: true, bills: Bills::Echo }
}

/// A step that is no model call.
pub const fn step(kind: Kind) -> Class {
    Class { kind: Some(kind), call: false, bills: Bills::Inner }
}

/// A step of no kind of ours.
pub const OTHER: Class = Class { kind: None, call: false, bills: Bills::Inner };

/// Whether one of the dialects of these names [reports](Dialect::reports) its calls in log events.
pub fn reports_calls(names: &[&str]) -> bool {
    TABLE.iter().any(|dialect| !dialect.reports.is_empty() && names.contains(&dialect.name))
}

/// Whether one of the dialects of these names has [running totals](Dialect::running_totals).
pub fn has_running_totals(names: &[&str]) -> bool {
    TABLE.iter().any(|dialect| dialect.running_totals && names.contains(&dialect.name))
}

/// Whether `text` is as `pattern` says.
pub fn matches(pattern: Pattern, text: &str) -> bool {
    match pattern.split_once('*') {
        None => text == pattern,
        Some(("", inside)) if inside.ends_with('*') => text.contains(&inside[..inside.len() - 1]),
        Some((begin, end)) => text.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: Pattern, text: &str, expected: bool) {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }

    #[test]
    fn a_star_stands_for_anything() {
        check("a.b", "a.b", true);
        check("a.b", "a.bc", false);
        check("a.*", "a.b", true);
        check("*.b", "a.b", true);
        check("a*c", "abc", true);
        check("ab*bc", "abc", false);
        check("*b*", "abc", true);
        check("*", "", true);
    }

    #[test]
    fn every_pattern_is_one_that_can_match() {
        let rules = TABLE.iter().flat_map(|dialect| dialect.rules);
        let names = rules.flat_map(|rule| match *rule {
            Rule::Key(_, values) => values.iter().map(|(pattern, _)| *pattern).collect(),
            Rule::Has(pattern, _) | Rule::Name(pattern, _) | Rule::Scope(pattern, _) => vec![pattern],
            Rule::Both(_, value, name, _) => vec![value, name],
            Rule::Within(scope, name, _) => vec![scope, name],
            Rule::Lacks(key, has, name, _) => vec![key, has, name],
        });
        for pattern in names {
            let text = pattern.trim_matches('*').replace('*', "anything");
            assert!(matches(pattern, &text), "{pattern}");
        }
    }

    #[test]
    fn every_dialect_says_who_speaks_it_and_where_that_is_known_from() {
        for (n, dialect) in TABLE.iter().enumerate() {
            assert!(!dialect.about.is_empty() && !dialect.source.is_empty(), "{}", dialect.name);
            assert!(!dialect.marks.is_empty(), "{} can be recognised", dialect.name);
            assert!(
                TABLE[..n].iter().all(|other| other.name != dialect.name),
                "{} stands twice",
                dialect.name
            );
        }
    }
}
