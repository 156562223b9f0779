//! The Vercel AI SDK 7 (`@ai-sdk/otel`): the conventions, with steps of its own.

use super::*;
use Kind::*;

pub const DIALECT: Dialect = Dialect {
    name: "vercel-ai-otel",
    about: "Vercel AI SDK 7 (`@ai-sdk/otel`): the semantic conventions under the scope `gen_ai`",
    source: "vercel/ai 7.0.173 as captured; spec/dialects.md 2.5",
    marks: &[Mark::Scope("gen_ai")],
    rules: &[Rule::Key(
        "gen_ai.operation.name",
        &[("agent_step", step(Task)), ("invoke_agent", step(Agent))],
    )],
    ..Dialect::NONE
};
