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
        // LlamaIndex's model calls are steps of a workflow to it.
        Rule::Both("gen_ai.operation.name", "embeddings", "*Embedding*", call(Embeddings)),
        // openllmetry-js 0.27 writes each span in a trace of its own, beside those of the provider's client.
        Rule::Within("@traceloop/instrumentation-langchain", "chat *", echo(Chat)),
        Rule::Key(
            "traceloop.span.kind",
            &[("workflow", step(Workflow)), ("agent", step(Agent)), ("tool", step(Tool))],
        ),
        Rule::Key("gen_ai.operation.name", &[("vector_db_retrieve", step(Retrieval))]),
        Rule::Key("traceloop.span.kind", &[("task", step(Task)), ("unknown", step(Task))]),
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
        (ConversationId, "traceloop.association.properties.session_id", Word),
    ],
    fallbacks: &[
        (Provider, "traceloop.association.properties.ls_provider", Word),
        (ToolName, "traceloop.entity.name", Word),
        (Tools, "llm.request.functions.*", Say(Role::System)),
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

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn flat_keys_are_read_and_the_words_of_a_stream_timed() {
        check(
            r#"
openai.chat | opentelemetry.instrumentation.openai.v1
llm.request.type = chat
gen_ai.system = OpenAI
gen_ai.request.model = gpt-4o
llm.is_streaming = true
gen_ai.prompt.0.role = system
gen_ai.prompt.0.content = be brief
gen_ai.prompt.1.role = user
gen_ai.prompt.1.content = [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": "x"}}]
gen_ai.completion.0.role = assistant
gen_ai.completion.0.finish_reason = tool_calls
gen_ai.completion.0.tool_calls.0.name = look
gen_ai.completion.0.tool_calls.0.arguments = {"id":7}
gen_ai.usage.prompt_tokens = 5
gen_ai.usage.completion_tokens = 3
! llm.content.completion.chunk
"#,
            expect![[r#"
                openai.chat: chat counted gpt-4o by openai 5+3 after 0.25s ["tool_calls"] ["traceloop", "otel-semconv"]
                  <0 System: be brief
                  <1 User: hi
                  >0 Tool: {"id":7}
            "#]],
        );
    }

    #[test]
    fn the_documents_of_a_rerank_are_no_system_prompts() {
        check(
            r#"
cohere.rerank | opentelemetry.instrumentation.cohere
llm.request.type = rerank
gen_ai.system = Cohere
gen_ai.request.model = rerank-v3.5
gen_ai.prompt.0.role = system
gen_ai.prompt.0.content = Tarn GTX
gen_ai.prompt.1.role = user
gen_ai.prompt.1.content = boots
"#,
            expect![[r#"
                cohere.rerank: rerank counted rerank-v3.5 by cohere ["traceloop", "otel-semconv"]
                  <0 Document: Tarn GTX
                  <1 User: boots
            "#]],
        );
    }

    #[test]
    fn chat_that_says_completion_is_chat() {
        check(
            r#"
anthropic.chat | opentelemetry.instrumentation.anthropic
llm.request.type = completion
gen_ai.system = Anthropic
gen_ai.request.model = claude-3
gen_ai.prompt.0.role = user
gen_ai.prompt.0.content = hi
"#,
            expect![[r#"
                anthropic.chat: chat counted claude-3 by anthropic ["traceloop", "otel-semconv"]
                  <0 User: hi
            "#]],
        );
    }

    #[test]
    fn an_embedding_that_is_a_step_of_a_workflow_is_a_call() {
        check(
            r#"
OpenAIEmbedding.task | opentelemetry.instrumentation.llamaindex
traceloop.span.kind = task
traceloop.entity.name = OpenAIEmbedding.task
traceloop.entity.input = {"query": "hi"}
gen_ai.operation.name = embeddings
gen_ai.request.model = text-embedding-3-small
  OpenAIEmbedding.task | opentelemetry.instrumentation.llamaindex
  traceloop.span.kind = task
  traceloop.entity.input = {"query": "hi"}
"#,
            expect![[r#"
                OpenAIEmbedding.task: embeddings counted text-embedding-3-small by openai ["traceloop", "otel-semconv"]
                  <0 Document: hi
                OpenAIEmbedding.task: task - by - ["traceloop"]
                  <0 User: hi
            "#]],
        );
    }
}
