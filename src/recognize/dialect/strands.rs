//! Strands Agents, with its message events on spans.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "strands",
    about: "Strands Agents: the conventions' message events as span events, `event_loop.cycle_id`",
    source: "strands-agents 0.2.1 and 1.62 as captured; spec/dialects.md 2.1, 2.12",
    marks: &[
        Mark::Key("event_loop.cycle_id"),
        Mark::Value("gen_ai.system", "strands-agents"),
        Mark::Value("gen_ai.provider.name", "strands-agents"),
        Mark::Scope("strands.*"),
        Mark::Scope("strands-agents"),
    ],
    rules: &[
        Rule::Key(
            "gen_ai.operation.name",
            &[("chat", call(Chat)), ("execute_event_loop_cycle", step(Task))],
        ),
        Rule::Name("Cycle *", step(Task)),
        Rule::Name("execute_event_loop_cycle*", step(Task)),
        Rule::Name("Model invoke", call(Chat)),
        Rule::Name("Tool: *", step(Tool)),
    ],
    fields: &[
        // Milliseconds, whatever the type.
        (FirstChunk, "gen_ai.server.time_to_first_token", Millis),
        (System, "system_prompt", Say(Role::System)),
    ],
    cache_exclusive: &[("*", "aws.bedrock"), ("*", "anthropic")],
    ..Dialect::NONE
};
