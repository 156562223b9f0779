//! Sentry's AI monitoring.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "sentry",
    about: "Sentry SDKs: `sentry.op=gen_ai.*`, `gen_ai.request.messages`, `gen_ai.response.text`",
    source: "getsentry/sentry-python source; spec/dialects.md 2.12",
    marks: &[
        Mark::Value("sentry.op", "gen_ai.*"),
        Mark::Value("sentry.op", "ai.*"),
        Mark::Key("gen_ai.request.messages"),
        Mark::Key("gen_ai.request.available_tools"),
        Mark::Key("gen_ai.response.text"),
        Mark::Key("gen_ai.tool.input"),
        Mark::Key("gen_ai.tool.output"),
        Mark::Key("ai.input_messages"),
        Mark::Key("ai.responses"),
    ],
    rules: &[Rule::Key(
        "sentry.op",
        &[
            ("gen_ai.chat", call(Chat)),
            ("gen_ai.responses", call(Chat)),
            ("gen_ai.messages", call(Chat)),
            ("gen_ai.generate_*", call(Chat)),
            ("gen_ai.stream_*", call(Chat)),
            ("gen_ai.text_completion", call(Completion)),
            ("gen_ai.embeddings", call(Embeddings)),
            ("gen_ai.embed*", call(Embeddings)),
            ("gen_ai.invoke_agent", step(Agent)),
            ("gen_ai.create_agent", step(Agent)),
            ("gen_ai.execute_tool", step(Tool)),
            ("gen_ai.handoff", step(Task)),
            ("gen_ai.pipeline", step(Workflow)),
            ("ai.pipeline*", step(Workflow)),
            ("ai.chat_completions*", call(Chat)),
            ("ai.embeddings*", call(Embeddings)),
        ],
    )],
    fields: &[
        (Tools, "gen_ai.request.available_tools", Say(Role::System)),
        (Input, "gen_ai.request.messages", Say(Role::User)),
        (Output, "gen_ai.response.text", Say(Role::Assistant)),
        (Output, "gen_ai.response.object", Whole(Role::Assistant)),
        (Calls, "gen_ai.response.tool_calls", Say(Role::Tool)),
        (Input, "gen_ai.tool.input", Whole(Role::Tool)),
        (Output, "gen_ai.tool.output", Whole(Role::Tool)),
        (Input, "ai.input_messages", Say(Role::User)),
        (Output, "ai.responses", Say(Role::Assistant)),
        (Input, "ai.texts", Say(Role::Document)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn its_op_and_its_own_text_keys_are_read() {
        check(
            r#"
chat gpt-4o | sentry.python
sentry.op = gen_ai.chat
gen_ai.request.model = gpt-4o
gen_ai.request.messages = [{"role":"user","content":"hi"}]
gen_ai.response.text = ["hello"]
gen_ai.usage.input_tokens = 5
"#,
            expect![[r#"
                chat gpt-4o: chat counted gpt-4o by openai 5+- ["sentry", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
