//! Azure AI Inference and Foundry agents.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "azure-ai",
    about: "Azure AI Inference and Foundry agents: span events with `gen_ai.event.content`, `gen_ai.thread.*`",
    source: "azure-ai-inference 1.0.0b9 as captured; spec/dialects.md 2.1, 2.12",
    marks: &[
        Mark::Value("gen_ai.system", "az.ai.*"),
        Mark::Value("gen_ai.system", "azure.ai.*"),
        Mark::Value("gen_ai.provider.name", "azure.ai.*"),
        Mark::Key("azure.ai.*"),
        Mark::Key("gen_ai.thread.*"),
        Mark::Scope("azure.ai.*"),
    ],
    rules: &[Rule::Key(
        "gen_ai.operation.name",
        &[
            ("create_thread", step(Task)),
            ("create_message", step(Task)),
            ("list_messages", step(Task)),
            ("list_run_steps", step(Task)),
            ("start_thread_run", step(Agent)),
            ("process_thread_run", step(Agent)),
            ("submit_tool_outputs", step(Tool)),
        ],
    )],
    fields: &[(ConversationId, "gen_ai.thread.id", Word)],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn content_stands_in_span_events() {
        check(
            r#"
chat gpt-4o | azure.core.tracing.ext.opentelemetry_span
gen_ai.operation.name = chat
gen_ai.system = az.ai.inference
gen_ai.request.model = gpt-4o
! gen_ai.user.message
gen_ai.event.content = {"role":"user","content":"hi"}
! gen_ai.choice
gen_ai.event.content = {"message":{"content":"hello"},"finish_reason":"stop","index":0}
"#,
            expect![[r#"
                chat gpt-4o: chat counted gpt-4o by azure.ai.inference ["stop"] ["azure-ai", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
