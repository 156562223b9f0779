//! Laminar.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "laminar",
    about: "Laminar: `lmnr.span.type`, `lmnr.span.input`, `lmnr.span.output`",
    source: "as Langfuse's ingestion reads it; spec/dialects.md 2.12",
    marks: &[Mark::Key("lmnr.*"), Mark::Scope("lmnr*")],
    rules: &[Rule::Key(
        "lmnr.span.type",
        &[
            ("LLM", call(Chat)),
            ("TOOL", step(Tool)),
            ("PIPELINE", step(Workflow)),
            ("EVALUATOR", step(Task)),
            ("EXECUTOR", step(Task)),
            ("EVALUATION", step(Workflow)),
            ("DEFAULT", step(Task)),
        ],
    )],
    fallbacks: &[
        (Input, "lmnr.span.input", Say(Role::User)),
        (Output, "lmnr.span.output", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn an_llm_span_is_read() {
        check(
            r#"
openai.chat | lmnr
lmnr.span.type = LLM
gen_ai.system = openai
gen_ai.request.model = gpt-4o
lmnr.span.input = [{"role":"user","content":"hi"}]
lmnr.span.output = hello
"#,
            expect![[r#"
                openai.chat: chat counted gpt-4o by openai ["laminar", "otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
