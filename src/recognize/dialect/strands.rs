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
        Rule::Key("gen_ai.operation.name", &[("chat", call(Chat)), ("execute_event_loop_cycle", step(Task))]),
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

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn message_events_and_milliseconds_are_read() {
        check(
            r#"
invoke_agent helper | strands.telemetry.tracer
gen_ai.operation.name = invoke_agent
gen_ai.system = strands-agents
gen_ai.usage.input_tokens = 5
  chat | strands.telemetry.tracer
  gen_ai.operation.name = chat
  gen_ai.system = strands-agents
  gen_ai.request.model = us.anthropic.claude-3-5-sonnet
  gen_ai.usage.input_tokens = 5
  gen_ai.usage.output_tokens = 3
  gen_ai.server.time_to_first_token = 120
  ! gen_ai.user.message
  content = [{"text":"hi"}]
  ! gen_ai.choice
  finish_reason = end_turn
  message = [{"text":"hello"}]
"#,
            expect![[r#"
                invoke_agent helper: agent - by - 5+- ["strands", "otel-semconv"]
                chat: chat counted us.anthropic.claude-3-5-sonnet by aws.bedrock 5+3 after 0.12s ["strands", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
