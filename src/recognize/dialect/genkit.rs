//! Firebase Genkit.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "genkit",
    about: "Firebase Genkit: `genkit:*`, with a colon",
    source: "genkit 1.42 as captured; spec/dialects.md 2.12",
    marks: &[Mark::Key("genkit:*"), Mark::Scope("genkit-tracer")],
    rules: &[
        Rule::Key(
            "genkit:metadata:subtype",
            &[
                ("model", call(Chat)),
                ("background-model", call(Chat)),
                ("embedder", call(Embeddings)),
                ("reranker", call(Rerank)),
                ("tool", step(Tool)),
                ("tool.v2", step(Tool)),
                ("retriever", step(Retrieval)),
                ("indexer", step(Retrieval)),
                ("agent", step(Agent)),
                ("flow", step(Workflow)),
                ("prompt", step(Task)),
                ("executable-prompt", step(Task)),
                ("util", step(Task)),
            ],
        ),
        Rule::Key(
            "genkit:type",
            &[
                ("flow", step(Workflow)),
                ("flowStep", step(Task)),
                ("util", step(Task)),
                ("action", step(Task)),
                ("promptTemplate", step(Task)),
            ],
        ),
    ],
    fields: &[
        (StepModel, "genkit:name", Word),
        (ConversationId, "genkit:sessionId", Word),
        (Input, "genkit:input", Say(Role::User)),
        (Output, "genkit:output", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (ResponseModel, "genkit:output", WordAt(&["raw", "model"])),
        (ResponseId, "genkit:output", WordAt(&["raw", "id"])),
        (Tools, "genkit:input", SayAt(&["tools"], Role::System)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_tool_is_asked_in_a_reply_and_its_own_span_names_no_model() {
        check(
            r#"
openai/gpt-4o | genkit-tracer
genkit:metadata:subtype = model
genkit:name = openai/gpt-4o
genkit:output = {"finishReason":"stop","message":{"role":"model","content":[{"toolRequest":{"name":"look","ref":"1","input":{"id":7}}}]},"raw":{"model":"gpt-4o-2024-08-06"}}
lookup | genkit-tracer
genkit:metadata:subtype = tool
genkit:name = lookup
genkit:input = {"id":"7"}
genkit:output = "Ann"
"#,
            expect![[r#"
                openai/gpt-4o: chat counted gpt-4o by openai as gpt-4o-2024-08-06 ["stop"] ["genkit"]
                  >0 Tool: {"id":7}
                lookup: tool - by - ["genkit"]
                  <0 Tool: {"id":"7"}
                  >0 Tool: Ann
            "#]],
        );
    }

    #[test]
    fn a_call_is_read_with_the_usage_inside_its_output() {
        check(
            r#"
gemini-2.5-flash | genkit-tracer
genkit:type = action
genkit:metadata:subtype = model
genkit:name = googleai/gemini-2.5-flash
genkit:input = {"messages":[{"role":"user","content":[{"text":"hi"}]}],"config":{}}
genkit:output = {"message":{"role":"model","content":[{"text":"hello"}]},"finishReason":"stop","usage":{"inputTokens":5,"outputTokens":3}}
"#,
            expect![[r#"
                gemini-2.5-flash: chat counted gemini-2.5-flash by gcp.gemini 5+3 ["stop"] ["genkit"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }

    /// What the answer and the question do not account for, Gemini has thought.
    #[test]
    fn thoughts_that_the_total_alone_tells_of_are_reasoning() {
        check(
            r#"
gemini-2.5-flash | genkit-tracer
genkit:metadata:subtype = model
genkit:name = googleai/gemini-2.5-flash
genkit:output = {"finishReason":"stop","usage":{"inputTokens":31,"outputTokens":12,"totalTokens":48}}
gemini-2.5-flash | genkit-tracer
genkit:metadata:subtype = model
genkit:name = googleai/gemini-2.5-flash
genkit:output = {"finishReason":"stop","usage":{"inputTokens":31,"outputTokens":12,"thoughtsTokens":5,"totalTokens":48}}
gpt-4o | genkit-tracer
genkit:metadata:subtype = model
genkit:name = openai/gpt-4o
genkit:output = {"finishReason":"stop","usage":{"inputTokens":31,"outputTokens":17,"thoughtsTokens":5,"totalTokens":48}}
"#,
            expect![[r#"
                gemini-2.5-flash: chat counted gemini-2.5-flash by gcp.gemini 31+12 reasoning 5 apart ["stop"] ["genkit"]
                gemini-2.5-flash: chat counted gemini-2.5-flash by gcp.gemini 31+12 reasoning 5 apart ["stop"] ["genkit"]
                gpt-4o: chat counted gpt-4o by openai 31+17 reasoning 5 ["stop"] ["genkit"]
            "#]],
        );
    }
}
