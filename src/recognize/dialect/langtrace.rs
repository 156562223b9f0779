//! Langtrace by Scale3 Labs, Python and TypeScript.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "langtrace",
    about: "Langtrace: `langtrace.*`; to 2.1 `llm.prompts`, `llm.responses` and `llm.token.counts` as JSON, then the conventions",
    source: "Scale3-Labs/langtrace-python-sdk and its history",
    marks: &[
        Mark::Key("langtrace.*"),
        Mark::Key("llm.token.counts"),
        Mark::Key("llm.responses"),
        Mark::Scope("langtrace*"),
    ],
    rules: &[
        Rule::Key(
            "gen_ai.operation.name",
            &[("embed*", call(Embeddings)), ("rerank", call(Rerank)), ("image*", call(Completion))],
        ),
        Rule::Key(
            "llm.api",
            &[
                ("*mbed*", call(Embeddings)),
                ("*erank*", call(Rerank)),
                ("*mage*", call(Completion)),
                ("*", call(Chat)),
            ],
        ),
        Rule::Both("langtrace.service.type", "llm", "*mbed*", call(Embeddings)),
        Rule::Both("langtrace.service.type", "llm", "*erank*", call(Rerank)),
        Rule::Key(
            "langtrace.service.type",
            &[("llm", call(Chat)), ("vectordb", step(Retrieval)), ("framework", step(Task))],
        ),
    ],
    fields: &[
        (Usage, "llm.token.counts", Object),
        (Input, "llm.prompts", Say(Role::User)),
        (Output, "llm.responses", Say(Role::Assistant)),
        (Input, "llm.retrieval.query", Say(Role::User)),
    ],
    fallbacks: &[
        (RequestModel, "llm.model", Word),
        (Provider, "langtrace.service.name", Word),
        (Streaming, "llm.stream", Flag),
        (Tools, "llm.tools", Say(Role::System)),
        (Host, "url.full", Word),
        (Input, "langchain.inputs", Say(Role::User)),
        (Output, "langchain.outputs", Say(Role::Assistant)),
        (Input, "llamaindex.inputs", Say(Role::User)),
        (Output, "llamaindex.outputs", Say(Role::Assistant)),
    ],
    chunks: &["gen_ai.content.completion.chunk", "llm.content.completion.chunk"],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn the_first_generation_is_read_from_its_json() {
        check(
            r#"
openai.chat.completions.create | langtrace_python_sdk.instrumentation.openai
langtrace.service.name = OpenAI
langtrace.service.type = llm
llm.api = /chat/completions
llm.model = gpt-4o
llm.prompts = [{"role":"user","content":"hi"}]
llm.responses = [{"role":"assistant","content":"hello"}]
llm.token.counts = {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8}
"#,
            expect![[r#"
                openai.chat.completions.create: chat counted gpt-4o by openai 5+3 ["langtrace"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }

    #[test]
    fn the_current_one_is_read_by_the_conventions() {
        check(
            r#"
chat gpt-4o | langtrace_python_sdk.instrumentation.openai
langtrace.service.name = OpenAI
langtrace.service.type = llm
gen_ai.operation.name = chat
gen_ai.request.model = gpt-4o
gen_ai.system = openai
gen_ai.usage.input_tokens = 5
gen_ai.usage.output_tokens = 3
! gen_ai.content.prompt
gen_ai.prompt = [{"role":"user","content":"hi"}]
chroma.query | langtrace_python_sdk.instrumentation.chroma
langtrace.service.type = vectordb
db.query = boots
"#,
            expect![[r#"
                chat gpt-4o: chat counted gpt-4o by openai 5+3 ["langtrace", "otel-semconv"]
                  <0 User: hi
                chroma.query: retrieval - by - ["langtrace"]
            "#]],
        );
    }
}
