//! MLflow tracing over OTLP.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "mlflow",
    about: "MLflow tracing: `mlflow.spanType`, `mlflow.spanInputs`, `mlflow.spanOutputs`, all values JSON",
    source: "mlflow-skinny 3.17 as captured; spec/dialects.md 2.11",
    marks: &[Mark::Key("mlflow.*"), Mark::Scope("mlflow.*")],
    rules: &[Rule::Key(
        "mlflow.spanType",
        &[
            ("CHAT_MODEL", call(Chat)),
            ("LLM", call(Completion)),
            ("EMBEDDING", call(Embeddings)),
            ("RERANKER", call(Rerank)),
            ("RETRIEVER", step(Retrieval)),
            ("TOOL", step(Tool)),
            ("AGENT", step(Agent)),
            ("WORKFLOW", step(Workflow)),
            ("CHAIN", step(Task)),
            ("PARSER", step(Task)),
            ("MEMORY", step(Task)),
            ("TASK", step(Task)),
            ("GUARDRAIL", step(Task)),
            ("EVALUATOR", step(Task)),
            ("UNKNOWN", step(Task)),
        ],
    )],
    fields: &[
        (Provider, "mlflow.llm.provider", Word),
        (RequestModel, "model", Word),
        (ResponseModel, "mlflow.llm.model", Word),
        (Usage, "mlflow.chat.tokenUsage", Object),
        (Cost, "mlflow.llm.cost", DollarsAt(&["total_cost"])),
        (Streaming, "stream", Flag),
        (UserId, "mlflow.trace.user", Word),
        (UserId, "user", Word),
        (ConversationId, "mlflow.trace.session", Word),
        (Input, "mlflow.spanInputs", Say(Role::User)),
        (Output, "mlflow.spanOutputs", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (RequestModel, "mlflow.llm.model", Word),
        (ResponseId, "mlflow.spanOutputs", WordAt(&["id"])),
        (Tools, "mlflow.chat.tools", Say(Role::System)),
        (RequestModel, "mlflow.spanInputs", WordAt(&["model"])),
        (Input, "mlflow.traceInputs", Say(Role::User)),
        (Output, "mlflow.traceOutputs", Say(Role::Assistant)),
    ],
    chunks: &["mlflow.chunk.item.0"],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn quoted_values_and_the_first_chunk_are_read() {
        check(
            r#"
Completions | mlflow.tracing.provider
mlflow.spanType = "CHAT_MODEL"
model = "gpt-4o"
stream = true
user = "u-1"
mlflow.llm.model = "gpt-4o-2024-08-06"
mlflow.chat.tokenUsage = {"input_tokens":5,"output_tokens":3,"total_tokens":8}
mlflow.spanInputs = {"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}
mlflow.spanOutputs = {"choices":[{"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}
! mlflow.chunk.item.0
mlflow.chunk.value = hel
"#,
            expect![[r#"
                Completions: chat counted gpt-4o by openai as gpt-4o-2024-08-06 5+3 after 0.25s user u-1 ["stop"] ["mlflow"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
