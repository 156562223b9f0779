//! Semantic Kernel and Microsoft.Extensions.AI.

use super::*;
use Kind::*;

pub const DIALECT: Dialect = Dialect {
    name: "semantic-kernel",
    about: "Semantic Kernel (Python, .NET) and Microsoft.Extensions.AI: metadata on spans, texts in log events whose body is a JSON string",
    source: "semantic-kernel 1.45 as captured, .NET from its documentation; spec/dialects.md 2.12",
    marks: &[
        Mark::Key("sk.*"),
        Mark::Key("sk_*"),
        Mark::Scope("semantic_kernel*"),
        Mark::Scope("Microsoft.SemanticKernel*"),
        Mark::Scope("Experimental.Microsoft.Extensions.AI*"),
        Mark::Scope("Microsoft.Extensions.AI*"),
    ],
    rules: &[
        Rule::Name("chat.completions *", call(Chat)),
        Rule::Name("chat.streaming_completions *", call(Chat)),
        Rule::Name("text.completions *", call(Completion)),
        Rule::Name("text.streaming_completions *", call(Completion)),
        Rule::Name("AutoFunctionInvocationLoop", step(Task)),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn metadata_is_read_where_texts_stand_in_logs() {
        check(
            r#"
chat.completions gpt-4o | semantic_kernel.utils.telemetry.model_diagnostics.decorators
gen_ai.operation.name = chat.completions
gen_ai.system = openai
gen_ai.request.model = gpt-4o
gen_ai.usage.input_tokens = 5
gen_ai.usage.output_tokens = 3
gen_ai.response.finish_reason = FinishReason.STOP
"#,
            expect![[r#"
                chat.completions gpt-4o: chat counted gpt-4o by openai 5+3 ["FinishReason.STOP"] ["semantic-kernel", "otel-semconv"]
            "#]],
        );
    }
}
