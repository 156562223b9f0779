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
