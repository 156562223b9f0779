//! OpenInference (Arize Phoenix), Python, JavaScript and Java.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "openinference",
    about: "OpenInference by Arize: `openinference.span.kind`, `llm.input_messages.N.*`, `input.value`",
    source: "Arize-ai/openinference, semantic conventions and Python and JS instrumentations as captured; spec/dialects.md 2.4",
    marks: &[
        Mark::Key("openinference.*"),
        Mark::Key("llm.input_messages.*"),
        Mark::Key("llm.output_messages.*"),
        Mark::Key("llm.model_name"),
        Mark::Key("llm.token_count.*"),
        Mark::Key("llm.invocation_parameters"),
        Mark::Key("llm.prompt_template.*"),
        Mark::Key("llm.cost.*"),
        Mark::Key("embedding.embeddings.*"),
        Mark::Key("embedding.model_name"),
        Mark::Key("retrieval.documents.*"),
        Mark::Key("reranker.*"),
        Mark::Scope("openinference.*"),
        Mark::Scope("@arizeai/openinference-*"),
    ],
    rules: &[
        // LlamaIndex marks the steps around its calls as LLM or EMBEDDING as well.
        Rule::Both("openinference.span.kind", "LLM", "*._prepare_*", step(Task)),
        Rule::Lacks("llm.token_count.*", "llm.model_name", "*.predict", step(Task)),
        Rule::Lacks("llm.token_count.*", "llm.model_name", "*.apredict", step(Task)),
        Rule::Both("openinference.span.kind", "LLM", "Completion", call(Completion)),
        Rule::Has("llm.prompts.*", call(Completion)),
        Rule::Key(
            "openinference.span.kind",
            &[
                ("LLM", call(Chat)),
                ("EMBEDDING", call(Embeddings)),
                ("RERANKER", call(Rerank)),
                ("RETRIEVER", step(Retrieval)),
                ("TOOL", step(Tool)),
                ("AGENT", step(Agent)),
                ("GUARDRAIL", step(Task)),
                ("EVALUATOR", step(Task)),
                ("PROMPT", step(Task)),
                ("UNKNOWN", step(Task)),
            ],
        ),
        // A chain is the whole flow or one step of it; the outermost names of LangChain and LlamaIndex tell.
        Rule::Both("openinference.span.kind", "CHAIN", "RunnableSequence*", step(Workflow)),
        Rule::Both("openinference.span.kind", "CHAIN", "*QueryEngine.query", step(Workflow)),
        Rule::Both("openinference.span.kind", "CHAIN", "*.workflow", step(Workflow)),
        Rule::Both("openinference.span.kind", "CHAIN", "LangGraph", step(Agent)),
        Rule::Both("openinference.span.kind", "CHAIN", "*Agent.run", step(Agent)),
        Rule::Both("openinference.span.kind", "CHAIN", "AgentWorkflow.run", step(Agent)),
        Rule::Both("openinference.span.kind", "CHAIN", "*.call_tool", step(Tool)),
        Rule::Both("openinference.span.kind", "CHAIN", "Crew*.kickoff", step(Workflow)),
        Rule::Key("openinference.span.kind", &[("CHAIN", step(Task))]),
        Rule::Has("llm.token_count.*", call(Chat)),
        Rule::Has("llm.output_messages.*", call(Chat)),
        Rule::Has("embedding.embeddings.*", call(Embeddings)),
        Rule::Has("reranker.*", call(Rerank)),
        Rule::Has("retrieval.documents.*", step(Retrieval)),
    ],
    fields: &[
        (Provider, "llm.provider", Word),
        (Provider, "llm.system", Word),
        (RequestModel, "llm.request.model_name", Word),
        (ResponseModel, "llm.response.model_name", Word),
        (InputTokens, "llm.token_count.prompt", Count),
        (OutputTokens, "llm.token_count.completion", Count),
        (TotalTokens, "llm.token_count.total", Count),
        (CachedTokens, "llm.token_count.prompt_details.cache_read", Count),
        (CacheWriteTokens, "llm.token_count.prompt_details.cache_write", Count),
        (AudioInputTokens, "llm.token_count.prompt_details.audio", Count),
        (AudioOutputTokens, "llm.token_count.completion_details.audio", Count),
        (ReasoningTokens, "llm.token_count.completion_details.reasoning", Count),
        (Cost, "llm.cost.total", Dollars),
        (FinishReasons, "llm.finish_reason", Words),
        (ConversationId, "session.id", Word),
        (ToolName, "tool.name", Word),
        (Tools, "llm.tools.*", Say(Role::System)),
        (Input, "llm.input_messages.*", Say(Role::User)),
        (Output, "llm.output_messages.*", Say(Role::Assistant)),
        (Input, "llm.prompts.*", Say(Role::User)),
        (Output, "llm.choices.*", Say(Role::Assistant)),
        (Input, "embedding.embeddings.*", Say(Role::Document)),
        (Input, "reranker.query", Say(Role::User)),
        (Documents, "reranker.input_documents.*", Say(Role::Document)),
        (Output, "reranker.output_documents.*", Say(Role::Document)),
        (Output, "retrieval.documents.*", Say(Role::Document)),
        (Input, "tool.parameters", Whole(Role::Tool)),
    ],
    fallbacks: &[
        (RequestModel, "llm.invocation_parameters", WordAt(&["model"])),
        (RequestModel, "embedding.invocation_parameters", WordAt(&["model"])),
        (Dimensions, "embedding.invocation_parameters", CountAt(&["dimensions"])),
        (RequestModel, "llm.model_name", Word),
        (RequestModel, "embedding.model_name", Word),
        (RequestModel, "reranker.model_name", Word),
        (ResponseModel, "llm.model_name", Word),
        (Streaming, "llm.invocation_parameters", FlagAt(&["stream"])),
        (ResponseId, "output.value", WordAt(&["id"])),
        (Tools, "llm.invocation_parameters", SayAt(&["tools"], Role::System)),
        (Input, "input.value", Say(Role::User)),
        (Output, "output.value", Say(Role::Assistant)),
    ],
    chunks: &["First Token Stream Event"],
    // It hands on what Anthropic says.
    cache_exclusive: &[("openinference.instrumentation.agno", "anthropic")],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn flat_messages_are_read_and_parts_with_them() {
        check(
            r#"
ChatCompletion | openinference.instrumentation.openai
openinference.span.kind = LLM
llm.system = openai
llm.model_name = gpt-4o-2024-08-06
llm.invocation_parameters = {"model":"gpt-4o","stream":true}
llm.input_messages.0.message.role = user
llm.input_messages.0.message.contents.0.message_content.type = text
llm.input_messages.0.message.contents.0.message_content.text = hi
llm.output_messages.0.message.role = assistant
llm.output_messages.0.message.tool_calls.0.tool_call.function.name = look
llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments = {"id":7}
llm.token_count.prompt = 5
llm.token_count.completion = 3
llm.token_count.prompt_details.cache_read = 2
! First Token Stream Event
"#,
            expect![[r#"
                ChatCompletion: chat counted gpt-4o by openai as gpt-4o-2024-08-06 5+3 cached 2 after 0.25s ["openinference"]
                  <0 User: hi
                  >0 Tool: {"id":7}
            "#]],
        );
    }

    #[test]
    fn a_retriever_is_a_retrieval() {
        check(
            r#"
R | openinference.instrumentation.langchain
openinference.span.kind = RETRIEVER
input.value = boots
retrieval.documents.0.document.content = Tarn GTX
"#,
            expect![[r#"
                R: retrieval - by - ["openinference"]
                  <0 User: boots
                  >0 Document: Tarn GTX
            "#]],
        );
    }

    /// agno 2 with Claude: the SDK's own span beside it says 31.
    #[test]
    fn agno_hands_on_anthropics_count_without_the_cached() {
        check(
            r#"
Claude.invoke | openinference.instrumentation.agno
openinference.span.kind = LLM
llm.provider = Anthropic
llm.model_name = claude-sonnet-4-5
llm.token_count.prompt = 19
llm.token_count.completion = 17
llm.token_count.prompt_details.cache_read = 8
llm.token_count.prompt_details.cache_write = 4
"#,
            expect![[r#"
                Claude.invoke: chat counted claude-sonnet-4-5 by anthropic as claude-sonnet-4-5 19+17 cached 8 written 4 exclusive ["openinference"]
            "#]],
        );
    }
}
