//! Alibaba's LoongSuite and ARMS, Dify, and Future AGI: the conventions with a kind of their own.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "arms",
    about: "LoongSuite and ARMS by Alibaba, Dify, Future AGI: `gen_ai.span.kind` or `fi.span.kind` beside the conventions, `input.value`",
    source: "alibaba/loongsuite-python-agent, extended conventions and the package for Dify; Future AGI's traceAI",
    marks: &[
        Mark::Key("gen_ai.span.kind"),
        Mark::Key("gen_ai.span_kind_name"),
        Mark::Key("fi.span.kind"),
        Mark::Key("dify.*"),
        Mark::Scope("opentelemetry.instrumentation.dify"),
        Mark::Scope("fi_instrumentation*"),
        Mark::Scope("traceai*"),
    ],
    rules: &[
        Rule::Key("gen_ai.span.kind", KINDS),
        Rule::Key("gen_ai.span_kind_name", KINDS),
        Rule::Key("fi.span.kind", KINDS),
    ],
    fields: &[
        (RequestModel, "gen_ai.request.model_name", Word),
        (RequestModel, "gen_ai.model_name", Word),
        (ConversationId, "gen_ai.session.id", Word),
        // Nanoseconds since the request.
        (FirstChunk, "gen_ai.response.time_to_first_token", Nanos),
        (Documents, "gen_ai.rerank.input_documents", Say(Role::Document)),
        (Output, "gen_ai.rerank.output_documents", Say(Role::Document)),
        (Input, "gen_ai.memory.input.messages", Say(Role::User)),
        (Output, "gen_ai.memory.output.messages", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (Provider, "llm.system", Word),
        (RequestModel, "llm.model", Word),
        (RequestModel, "gen_ai.request.parameters", WordAt(&["model"])),
        (Streaming, "gen_ai.request.parameters", FlagAt(&["stream"])),
        (Input, "input.value", Say(Role::User)),
        (Output, "output.value", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

const KINDS: &[(Pattern, Class)] = &[
    ("LLM", call(Chat)),
    ("EMBEDDING", call(Embeddings)),
    ("RERANKER", call(Rerank)),
    ("RETRIEVER", step(Retrieval)),
    ("VECTOR_DB", step(Retrieval)),
    ("TOOL", step(Tool)),
    ("MCP_CLIENT", step(Tool)),
    ("AGENT", step(Agent)),
    ("WORKFLOW", step(Workflow)),
    ("ENTRY", step(Workflow)),
    ("*", step(Task)),
];

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_workflow_of_dify_is_read() {
        check(
            r#"
shop(AGENT) | opentelemetry.instrumentation.dify
gen_ai.span.kind = AGENT
input.value = hi
  LLM | opentelemetry.instrumentation.dify
  gen_ai.span.kind = LLM
  gen_ai.model_name = gpt-4o
  gen_ai.system = openai
  gen_ai.usage.input_tokens = 5
  gen_ai.usage.output_tokens = 3
  gen_ai.response.time_to_first_token = 250000000
  input.value = [{"role":"user","content":"hi"}]
  output.value = hello
  retriever | opentelemetry.instrumentation.dify
  gen_ai.span.kind = RETRIEVER
  input.value = boots
"#,
            expect![[r#"
                shop(AGENT): agent - by - ["arms", "otel-semconv"]
                  <0 User: hi
                LLM: chat counted gpt-4o by openai 5+3 after 0.25s ["arms", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
                retriever: retrieval - by - ["arms", "otel-semconv"]
                  <0 User: boots
            "#]],
        );
    }

    /// traceAI 1 flattens the messages of the conventions and tells the model of a stream only among the parameters.
    #[test]
    fn flattened_messages_and_parameters_are_read() {
        check(
            r#"
ChatCompletion | traceai_openai
gen_ai.span.kind = LLM
gen_ai.provider.name = openai
gen_ai.request.parameters = {"model": "gpt-4o", "stream": true}
gen_ai.input.messages.0.message.role = system
gen_ai.input.messages.0.message.content = be brief
gen_ai.input.messages.1.message.role = user
gen_ai.input.messages.1.message.content = hi
gen_ai.output.messages.0.message.role = assistant
gen_ai.output.messages.0.message.content = hello
input.value = be brief
output.value = hello
"#,
            expect![[r#"
                ChatCompletion: chat counted gpt-4o by openai ["arms", "otel-semconv"]
                  <0 System: be brief
                  <1 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
