//! Pipecat, a framework for voice agents.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "pipecat",
    about: "Pipecat: spans `llm`, `stt`, `tts` under `turn` and `conversation`, bare `input` and `output`, `metrics.ttfb`",
    source: "pipecat-ai/pipecat, utils/tracing",
    marks: &[Mark::Scope("pipecat*")],
    rules: &[
        Rule::Has("tool.function_name", step(Tool)),
        Rule::Key(
            "gen_ai.operation.name",
            &[
                ("chat", call(Chat)),
                ("llm_response", call(Chat)),
                // Of a live session: what was asked, of which the response tells.
                ("llm_request", echo(Chat)),
                ("llm_tool_*", step(Tool)),
                ("llm_setup", step(Task)),
                // Speech: no tokens are reported, or billed.
                ("stt", step(Task)),
                ("tts", step(Task)),
            ],
        ),
        Rule::Name("conversation", step(Workflow)),
        Rule::Name("turn", step(Task)),
    ],
    fields: &[
        (FirstChunk, "metrics.ttfb", Seconds),
        (Streaming, "stream", Flag),
        (ConversationId, "conversation.id", Word),
        (UserId, "user_id", Word),
        (ToolName, "tool.function_name", Word),
        (Tools, "tools", Say(Role::System)),
        (Tools, "tools.definitions", Say(Role::System)),
        (Input, "input", Say(Role::User)),
        (Input, "context_messages", Say(Role::User)),
        (Input, "tool.arguments", Whole(Role::Tool)),
        (Output, "output", Say(Role::Assistant)),
        (Output, "text_output", Say(Role::Assistant)),
        (Output, "tool.result", Whole(Role::Tool)),
        (Output, "transcript", Say(Role::User)),
        (Input, "text", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_turn_is_read_with_its_request_and_its_speech() {
        check(
            r#"
conversation | pipecat.turn
conversation.id = c-1
  turn | pipecat.turn
  conversation.id = c-1
    llm | pipecat
    gen_ai.operation.name = chat
    gen_ai.provider.name = openai
    gen_ai.request.model = gpt-4o
    gen_ai.usage.input_tokens = 5
    gen_ai.usage.output_tokens = 3
    stream = true
    metrics.ttfb = 0.4
    input = [{"role":"user","content":"hi"}]
    output = hello
    tts | pipecat
    gen_ai.operation.name = tts
    gen_ai.request.model = sonic
    text = hello
"#,
            expect![[r#"
                conversation: workflow - by - in c-1 ["pipecat"]
                turn: task - by - in c-1 ["pipecat"]
                llm: chat counted gpt-4o by openai 5+3 after 0.4s ["pipecat", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
                tts: task sonic by - ["pipecat", "otel-semconv"]
                  <0 Assistant: hello
            "#]],
        );
    }
}
