//! OpenLLMetry (Traceloop), flat keys and both later generations, Python and JavaScript.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "traceloop",
    about: "OpenLLMetry by Traceloop: `gen_ai.prompt.N.*` (0.1 to 0.47, cohere, mistral and ollama still), `gen_ai.input.messages` (since 0.53)",
    source: "traceloop/openllmetry 0.33.12, 0.47.3, 0.62.4 and node 0.27 as captured; spec/dialects.md 2.3",
    marks: &[
        Mark::Key("traceloop.*"),
        Mark::Key("llm.request.type"),
        Mark::Key("gen_ai.prompt.0.*"),
        Mark::Key("gen_ai.prompt.1.*"),
        Mark::Key("gen_ai.completion.0.*"),
        Mark::Key("gen_ai.is_streaming"),
        Mark::Key("llm.is_streaming"),
        Mark::Key("llm.usage.*"),
        Mark::Key("llm.vendor"),
        Mark::Key("llm.prompts.*"),
        Mark::Key("llm.completions.*"),
        Mark::Scope("traceloop.tracer"),
        Mark::Scope("@traceloop/*"),
    ],
    rules: &[
        Rule::Key(
            "traceloop.span.kind",
            &[
                ("workflow", step(Workflow)),
                ("agent", step(Agent)),
                ("tool", step(Tool)),
            ],
        ),
        Rule::Key(
            "gen_ai.operation.name",
            &[("vector_db_retrieve", step(Retrieval))],
        ),
        Rule::Key(
            "traceloop.span.kind",
            &[("task", step(Task)), ("unknown", step(Task))],
        ),
        // Said of chat too: anthropic to 0.47, vertexai, bedrock.
        Rule::Both("llm.request.type", "completion", "*.chat", call(Chat)),
        Rule::Both("llm.request.type", "completion", "*generate_content*", call(Chat)),
        Rule::Key(
            "llm.request.type",
            &[
                ("chat", call(Chat)),
                ("completion", call(Completion)),
                ("embedding", call(Embeddings)),
                ("embeddings", call(Embeddings)),
                ("rerank", call(Rerank)),
            ],
        ),
    ],
    fields: &[
        (Provider, "llm.vendor", Word),
        (Input, "gen_ai.prompt.*", Say(Role::User)),
        (Output, "gen_ai.completion.*", Say(Role::Assistant)),
        (Input, "llm.prompts.*", Say(Role::User)),
        (Output, "llm.completions.*", Say(Role::Assistant)),
        (InputTokens, "llm.usage.prompt_tokens", Count),
        (OutputTokens, "llm.usage.completion_tokens", Count),
        (TotalTokens, "llm.usage.total_tokens", Count),
        (ReasoningTokens, "llm.usage.reasoning_tokens", Count),
        (Streaming, "llm.is_streaming", Flag),
        (FinishReasons, "llm.response.finish_reason", Words),
        (FinishReasons, "llm.response.stop_reason", Words),
        (UserId, "llm.user", Word),
        (UserId, "traceloop.association.properties.user_id", Word),
        (
            ConversationId,
            "traceloop.association.properties.session_id",
            Word,
        ),
    ],
    fallbacks: &[
        (Provider, "traceloop.association.properties.ls_provider", Word),
        (Host, "gen_ai.openai.api_base", Word),
        (Input, "traceloop.entity.input", Say(Role::User)),
        (Output, "traceloop.entity.output", Say(Role::Assistant)),
        (Input, "gen_ai.task.input", Say(Role::User)),
        (Output, "gen_ai.task.output", Say(Role::Assistant)),
    ],
    chunks: &["llm.content.completion.chunk", "gen_ai.content.completion.chunk"],
    cache_exclusive: &[
        ("@traceloop/*", "anthropic"),
        ("opentelemetry.instrumentation.bedrock*", "aws.bedrock"),
    ],
    ..Dialect::NONE
};
