//! LiveKit Agents.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "livekit",
    about: "LiveKit Agents: `lk.*`, of late `lk.pii.*`",
    source: "livekit/agents, trace types; spec/dialects.md 2.12",
    marks: &[Mark::Key("lk.*"), Mark::Scope("livekit*")],
    rules: &[
        Rule::Name("llm_node", around(Chat)),
        Rule::Name("llm_request", call(Chat)),
        Rule::Name("llm_request_run", echo(Chat)),
        Rule::Name("function_tool", step(Tool)),
        Rule::Name("agent_session", step(Workflow)),
        Rule::Name("agent_turn", step(Agent)),
        Rule::Name("*_turn", step(Task)),
    ],
    fields: &[
        (System, "lk.instructions", Say(Role::System)),
        (Input, "lk.chat_ctx", Say(Role::User)),
        (Input, "lk.user_input", Say(Role::User)),
        (Input, "lk.user_transcript", Say(Role::User)),
        (Input, "lk.input_text", Say(Role::User)),
        (Output, "lk.response.text", Say(Role::Assistant)),
        (Output, "lk.response.function_calls", Say(Role::Tool)),
        (Input, "lk.function_tool.args", Whole(Role::Tool)),
        (Output, "lk.function_tool.output", Whole(Role::Tool)),
        (Input, "lk.function_tool.arguments", Whole(Role::Tool)),
        (Input, "lk.pii.chat_ctx", Say(Role::User)),
        (Input, "lk.pii.user_input", Say(Role::User)),
        (Input, "lk.pii.user_transcript", Say(Role::User)),
        (Input, "lk.pii.input_text", Say(Role::User)),
        (System, "lk.pii.instructions", Say(Role::System)),
        (Output, "lk.pii.response.text", Say(Role::Assistant)),
        (Output, "lk.pii.response.function_calls", Say(Role::Tool)),
        (Input, "lk.pii.function_tool.arguments", Whole(Role::Tool)),
        (Output, "lk.pii.function_tool.output", Whole(Role::Tool)),
        (FirstChunk, "lk.response.ttft", Seconds),
        (ToolName, "lk.function_tool.name", Word),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_turn_and_its_request_are_read() {
        check(
            r#"
agent_turn | livekit-agents
lk.instructions = be brief
  llm_request | livekit-agents
  gen_ai.request.model = gpt-4o
  gen_ai.usage.input_tokens = 5
  lk.chat_ctx = {"items":[{"type":"message","role":"user","content":["hi"]}]}
  lk.response.text = hello
"#,
            expect![[r#"
                agent_turn: agent - by - ["livekit"]
                  <0 System: be brief
                llm_request: chat counted gpt-4o by openai 5+- ["livekit", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
