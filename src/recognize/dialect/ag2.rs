//! AG2 and AutoGen: the conventions, with operations and texts of their own.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "ag2",
    about: "AG2 (0.11 and later) and AutoGen: the conventions with `ag2.span.type`, `ag2.human_input.*`, `ag2.code_execution.*`",
    source: "ag2ai/ag2, autogen/opentelemetry, and its documentation",
    marks: &[
        Mark::Key("ag2.*"),
        Mark::Key("autogen.*"),
        Mark::Scope("ag2*"),
        Mark::Scope("autogen*"),
        Mark::Name("autogen *"),
    ],
    rules: &[
        Rule::Key(
            "ag2.span.type",
            &[
                ("llm", call(Chat)),
                ("agent", step(Agent)),
                ("tool", step(Tool)),
                ("conversation", step(Workflow)),
                ("multi_conversation", step(Workflow)),
                ("code_execution", step(Tool)),
                ("*", step(Task)),
            ],
        ),
        Rule::Key(
            "gen_ai.operation.name",
            &[
                ("conversation", step(Workflow)),
                ("initiate_chats", step(Workflow)),
                ("execute_code", step(Tool)),
                ("code_execution", step(Tool)),
                ("speaker_selection", step(Task)),
                ("await_human_input", step(Task)),
            ],
        ),
        // AutoGen's runtime names its spans by the message's way.
        Rule::Name("autogen process *", step(Agent)),
        Rule::Name("autogen *", step(Task)),
    ],
    fields: &[
        (Input, "ag2.human_input.prompt", Whole(Role::Assistant)),
        (Output, "ag2.human_input.response", Whole(Role::User)),
        (Output, "ag2.code_execution.output", Whole(Role::Tool)),
        (Output, "ag2.chats.summaries", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn conversations_code_and_people_are_steps() {
        check(
            r#"
conversation user_proxy | autogen.opentelemetry
ag2.span.type = conversation
gen_ai.operation.name = conversation
gen_ai.input.messages = [{"role":"user","parts":[{"type":"text","content":"hi"}]}]
  invoke_agent helper | autogen.opentelemetry
  ag2.span.type = agent
  gen_ai.operation.name = invoke_agent
    chat gpt-4o | autogen.opentelemetry
    ag2.span.type = llm
    gen_ai.operation.name = chat
    gen_ai.request.model = gpt-4o
    gen_ai.provider.name = openai
    gen_ai.usage.input_tokens = 5
    gen_ai.usage.output_tokens = 3
  execute_code helper | autogen.opentelemetry
  ag2.span.type = code_execution
  gen_ai.operation.name = execute_code
  ag2.code_execution.output = 42
  await_human_input user_proxy | autogen.opentelemetry
  ag2.span.type = human_input
  ag2.human_input.response = yes, go on
"#,
            expect![[r#"
                conversation user_proxy: workflow - by - ["ag2", "otel-semconv"]
                  <0 User: hi
                invoke_agent helper: agent - by - ["ag2", "otel-semconv"]
                chat gpt-4o: chat counted gpt-4o by openai 5+3 ["ag2", "otel-semconv"]
                execute_code helper: tool - by - ["ag2", "otel-semconv"]
                await_human_input user_proxy: task - by - ["ag2"]
                  >0 User: yes, go on
            "#]],
        );
    }
}
