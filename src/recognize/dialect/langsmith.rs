//! LangSmith's OpenTelemetry export.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "langsmith",
    about: "LangSmith SDK with OpenTelemetry: `langsmith.*`, unindexed `gen_ai.prompt` and `gen_ai.completion`",
    source: "langsmith with langchain 1.4 as captured; spec/dialects.md 2.7",
    marks: &[
        Mark::Key("langsmith.*"),
        Mark::Key("gen_ai.serialized.*"),
        Mark::Scope("langsmith"),
    ],
    // Its `gen_ai.operation.name` says `embeddings` of a retriever and `chat` of a prompt template.
    rules: &[Rule::Key(
        "langsmith.span.kind",
        &[
            ("llm", call(Chat)),
            ("embedding", call(Embeddings)),
            ("tool", step(Tool)),
            ("retriever", step(Retrieval)),
            ("chain", step(Task)),
            ("prompt", step(Task)),
            ("parser", step(Task)),
        ],
    )],
    fields: &[
        (Provider, "langsmith.metadata.ls_provider", Word),
        (RequestModel, "langsmith.metadata.ls_model_name", Word),
        (Usage, "langsmith.metadata.usage_metadata", Object),
        (Streaming, "langsmith.request.streaming", Flag),
        (ConversationId, "langsmith.trace.session_id", Word),
        (Input, "gen_ai.prompt", Say(Role::User)),
        (Output, "gen_ai.completion", Say(Role::Assistant)),
    ],
    chunks: &["new_token"],
    ..Dialect::NONE
};
