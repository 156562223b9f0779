//! Braintrust SDKs and their OpenTelemetry processors.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "braintrust",
    about: "Braintrust (Go, Java, Ruby, .NET, Python): `braintrust.input_json`, `braintrust.output_json`, `braintrust.metadata`, `braintrust.metrics`",
    source: "braintrustdata/braintrust-x-go and the Java, Ruby and .NET SDKs' sources",
    marks: &[Mark::Key("braintrust.*"), Mark::Scope("braintrust*")],
    rules: &[
        Rule::Both("braintrust.span_attributes", TYPE_LLM, "*mbedding*", call(Embeddings)),
        Rule::Both("braintrust.span_attributes", TYPE_LLM_SPACED, "*mbedding*", call(Embeddings)),
        Rule::Both("braintrust.span_attributes", TYPE_LLM, "*erank*", call(Rerank)),
        Rule::Key(
            "braintrust.span_attributes",
            &[
                (TYPE_LLM, call(Chat)),
                (TYPE_LLM_SPACED, call(Chat)),
                ("*\"type\":\"tool\"*", step(Tool)),
                ("*\"type\": \"tool\"*", step(Tool)),
                ("*\"type\"*", step(Task)),
            ],
        ),
    ],
    fields: &[
        (Input, "braintrust.input_json", Say(Role::User)),
        (Output, "braintrust.output_json", Say(Role::Assistant)),
        (Input, "braintrust.input", Say(Role::User)),
        (Output, "braintrust.output", Say(Role::Assistant)),
        (RequestModel, "braintrust.metadata", WordAt(&["model"])),
        (Provider, "braintrust.metadata", WordAt(&["provider"])),
        (Usage, "braintrust.metrics", Object),
        (FirstChunk, "braintrust.metrics", SecondsAt(&["time_to_first_token"])),
    ],
    fallbacks: &[
        (Tools, "braintrust.metadata", SayAt(&["tools"], Role::System)),
        (Streaming, "braintrust.metadata", FlagAt(&["stream"])),
        (ConversationId, "braintrust.metadata", WordAt(&["session_id"])),
        (UserId, "braintrust.metadata", WordAt(&["user"])),
    ],
    ..Dialect::NONE
};

const TYPE_LLM: Pattern = "*\"type\":\"llm\"*";
const TYPE_LLM_SPACED: Pattern = "*\"type\": \"llm\"*";

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_call_its_tool_and_its_evaluation_are_told_apart() {
        check(
            r#"
eval | braintrust
braintrust.span_attributes = {"type":"eval"}
braintrust.input_json = {"input":"hi"}
  openai.chat.completions.create | braintrust.trace
  braintrust.parent = project_name:shop
  braintrust.span_attributes = {"type":"llm"}
  braintrust.input_json = [{"role":"user","content":"hi"}]
  braintrust.output_json = [{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]
  braintrust.metadata = {"provider":"openai","model":"gpt-4o","stream":true}
  braintrust.metrics = {"prompt_tokens":5,"completion_tokens":3,"tokens":8,"prompt_cached_tokens":2,"time_to_first_token":0.4}
  look | braintrust.trace
  braintrust.span_attributes = {"type": "tool"}
  braintrust.input_json = {"id":7}
"#,
            expect![[r#"
                eval: task - by - ["braintrust"]
                  <0 User: hi
                openai.chat.completions.create: chat counted gpt-4o by openai 5+3 cached 2 after 0.4s ["stop"] ["braintrust"]
                  <0 User: hi
                  >0 Assistant: hello
                look: tool - by - ["braintrust"]
            "#]],
        );
    }
}
