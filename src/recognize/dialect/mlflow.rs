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
        (RequestModel, "mlflow.spanInputs", WordAt(&["model"])),
        (Input, "mlflow.traceInputs", Say(Role::User)),
        (Output, "mlflow.traceOutputs", Say(Role::Assistant)),
    ],
    chunks: &["mlflow.chunk.item.0"],
    ..Dialect::NONE
};
