//! LangWatch's SDKs.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "langwatch",
    about: "LangWatch SDKs: `langwatch.*`, input and output as an object with a type and a value",
    source: "langwatch/langwatch, the SDKs' attributes",
    marks: &[Mark::Key("langwatch.*"), Mark::Scope("langwatch*")],
    rules: &[Rule::Key(
        "langwatch.span.type",
        &[
            ("llm", call(Chat)),
            ("agent", step(Agent)),
            ("workflow", step(Workflow)),
            ("tool", step(Tool)),
            ("rag", step(Retrieval)),
            ("*", step(Task)),
        ],
    )],
    fields: &[
        (Usage, "langwatch.metrics", Object),
        (ConversationId, "langwatch.thread.id", Word),
        (UserId, "langwatch.user.id", Word),
        (Documents, "langwatch.contexts", Say(Role::Document)),
        (Documents, "langwatch.rag.contexts", Say(Role::Document)),
        (Input, "langwatch.input", SayAt(&["value"], Role::User)),
        (Output, "langwatch.output", SayAt(&["value"], Role::Assistant)),
    ],
    fallbacks: &[
        (Input, "langwatch.input", Say(Role::User)),
        (Output, "langwatch.output", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn values_with_their_type_are_read() {
        check(
            r#"
rag | langwatch
langwatch.span.type = rag
langwatch.contexts = [{"content":"Tarn GTX"}]
  llm | langwatch
  langwatch.span.type = llm
  gen_ai.request.model = gpt-4o
  langwatch.thread.id = t-1
  langwatch.input = {"type":"chat_messages","value":[{"role":"user","content":"hi"}]}
  langwatch.output = {"type":"text","value":"hello"}
  langwatch.metrics = {"promptTokens":5,"completionTokens":3}
"#,
            expect![[r#"
                rag: retrieval - by - ["langwatch"]
                  <0 Document: Tarn GTX
                llm: chat counted gpt-4o by openai 5+3 in t-1 ["langwatch", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
