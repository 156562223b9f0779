//! Microsoft's prompt flow.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "promptflow",
    about: "Prompt flow: `framework=promptflow`, `span_type`, `inputs`, `output`, `__computed__.cumulative_token_count.*`",
    source: "microsoft/promptflow, src/promptflow-tracing",
    marks: &[
        Mark::Value("framework", "promptflow"),
        Mark::Key("__computed__.cumulative_token_count.*"),
        Mark::Name("promptflow.*"),
        Mark::Scope("promptflow*"),
    ],
    // The cumulative counts of a function are those of the calls inside it.
    rules: &[Rule::Key(
        "span_type",
        &[
            ("LLM", call(Chat)),
            ("Embedding", call(Embeddings)),
            ("Retrieval", step(Retrieval)),
            ("Flow", step(Workflow)),
            ("Tool", step(Tool)),
            ("*", step(Task)),
        ],
    )],
    fields: &[
        (InputTokens, "llm.usage.prompt_tokens", Count),
        (OutputTokens, "llm.usage.completion_tokens", Count),
        (TotalTokens, "llm.usage.total_tokens", Count),
        (ResponseModel, "llm.response.model", Word),
        (Input, "inputs", Say(Role::User)),
        (Output, "llm.generated_message", Say(Role::Assistant)),
        (Output, "output", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (RequestModel, "inputs", WordAt(&["model"])),
        (Streaming, "inputs", FlagAt(&["stream"])),
        (Tools, "inputs", SayAt(&["tools"], Role::System)),
        (ResponseId, "output", WordAt(&["id"])),
        (ConversationId, "session_id", Word),
    ],
    events: &[
        ("promptflow.function.inputs", Side::Input, Role::User, &["payload"]),
        ("promptflow.function.output", Side::Output, Role::Assistant, &["payload"]),
        ("promptflow.llm.generated_message", Side::Output, Role::Assistant, &["payload"]),
    ],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_flow_and_the_call_inside_it_are_read() {
        check(
            r#"
chat_with_context | promptflow
framework = promptflow
span_type = Function
inputs = {"question":"hi"}
__computed__.cumulative_token_count.prompt = 5
__computed__.cumulative_token_count.completion = 3
  openai.resources.chat.completions.Completions.create | promptflow
  framework = promptflow
  span_type = LLM
  inputs = {"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}
  output = {"id":"chatcmpl-1","choices":[{"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}
  llm.response.model = gpt-4o-2024-08-06
  llm.usage.prompt_tokens = 5
  llm.usage.completion_tokens = 3
  __computed__.cumulative_token_count.prompt = 5
"#,
            expect![[r#"
                chat_with_context: task - by - ["promptflow"]
                  <0 User: hi
                openai.resources.chat.completions.Completions.create: chat counted gpt-4o by openai as gpt-4o-2024-08-06 5+3 ["stop"] ["promptflow", "traceloop", "observe-manual"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }
}
