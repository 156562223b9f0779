//! LangChain4j and its Quarkus extension.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "langchain4j",
    about: "LangChain4j and Quarkus: spans `langchain4j.aiservices.*` and `langchain4j.tools.*` around those of the conventions",
    source: "quarkiverse/quarkus-langchain4j, core runtime",
    marks: &[
        Mark::Name("langchain4j.*"),
        Mark::Key("langchain4j.*"),
        Mark::Key("aiservice.*"),
        Mark::Scope("dev.langchain4j*"),
        Mark::Scope("io.quarkiverse.langchain4j*"),
        Mark::Scope("langchain4j*"),
    ],
    rules: &[
        Rule::Name("langchain4j.aiservices.*", step(Workflow)),
        Rule::Name("langchain4j.tools.*", step(Tool)),
        Rule::Name("completion *", call(Chat)),
        Rule::Has("aiservice.*", step(Workflow)),
    ],
    fields: &[
        (Input, "aiservice.input", Say(Role::User)),
        (Output, "aiservice.output", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_service_its_call_and_its_tool_are_told_apart() {
        check(
            r#"
langchain4j.aiservices.Shop.ask | io.quarkus.opentelemetry
code.function = ask
  completion gpt-4o | io.quarkus.opentelemetry
  gen_ai.operation.name = chat
  gen_ai.provider.name = open_ai
  gen_ai.request.model = gpt-4o
  gen_ai.prompt = hi
  gen_ai.completion = hello
  gen_ai.response.finish_reasons = STOP
  gen_ai.usage.input_tokens = 5
  gen_ai.usage.output_tokens = 3
  langchain4j.tools.look | io.quarkus.opentelemetry
  gen_ai.tool.name = look
"#,
            expect![[r#"
                langchain4j.aiservices.Shop.ask: workflow - by - ["langchain4j"]
                completion gpt-4o: chat counted gpt-4o by openai 5+3 ["STOP"] ["otel-semconv"]
                  <0 User: hi
                  >0 Assistant: hello
                langchain4j.tools.look: tool - by - ["langchain4j", "otel-semconv"]
            "#]],
        );
    }
}
