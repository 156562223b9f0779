//! Monocle: what a step is in attributes, what was said and counted in span events.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "monocle",
    about: "Monocle (Okahu): `span.type`, `entity.N.*`, span events `data.input`, `data.output` and `metadata`",
    source: "monocle2ai/monocle, apptrace metamodel and its tests",
    marks: &[
        Mark::Key("monocle_apptrace.*"),
        Mark::Scope("monocle_apptrace*"),
        Mark::Value("entity.1.type", "inference.*"),
        Mark::Value("entity.1.type", "agent.*"),
        Mark::Value("entity.1.type", "tool.*"),
        Mark::Value("entity.1.type", "vectorstore.*"),
        Mark::Value("entity.1.type", "model.*"),
    ],
    rules: &[Rule::Key(
        "span.type",
        &[
            ("inference*", call(Chat)),
            ("embedding*", call(Embeddings)),
            ("retrieval*", step(Retrieval)),
            ("agentic.tool.*", step(Tool)),
            ("agentic.mcp.*", step(Tool)),
            ("agentic.delegation", step(Task)),
            ("agentic.*", step(Agent)),
            ("workflow", step(Workflow)),
            ("*", step(Task)),
        ],
    )],
    fields: &[
        (StepModel, "entity.2.name", Word),
        (ToolName, "entity.1.name", Word),
        (Host, "entity.1.inference_endpoint", Word),
        (ConversationId, "scope.agentic.session", Word),
        (InputTokens, "prompt_tokens", Count),
        (OutputTokens, "completion_tokens", Count),
        (FinishReasons, "finish_reason", Words),
    ],
    fallbacks: &[(Host, "entity.1.provider_name", Word)],
    events: &[
        ("data.input", Side::Input, Role::User, &["input", "query"]),
        ("data.output", Side::Output, Role::Assistant, &["response", "output"]),
    ],
    facts_in_events: true,
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_call_and_the_steps_around_it_are_read_out_of_their_events() {
        check(
            r#"
workflow | monocle_apptrace
span.type = workflow
entity.1.name = shop
entity.1.type = workflow.langchain
  openai.resources.chat.completions.completions.Completions | monocle_apptrace
  span.type = inference
  entity.1.type = inference.openai
  entity.1.provider_name = api.openai.com
  entity.1.inference_endpoint = https://api.openai.com/v1/
  entity.2.name = gpt-4o
  entity.2.type = model.llm.gpt-4o
  ! data.input
  input = ["{\"system\": \"be brief\"}", "{\"user\": \"hi\"}"]
  ! data.output
  response = {"assistant": "hello"}
  ! metadata
  temperature = 0.1
  completion_tokens = 3
  prompt_tokens = 5
  total_tokens = 8
  finish_reason = stop
  langchain_core.vectorstores.base.VectorStoreRetriever | other
  span.type = retrieval
  entity.1.name = Chroma
  entity.1.type = vectorstore.Chroma
  entity.2.name = text-embedding-ada-002
  ! data.input
  input = hi
  book | other
  span.type = agentic.tool.invocation
  entity.1.name = book
  entity.1.type = tool.langgraph
  ! data.input
  input = {"seat": 5}
"#,
            expect![[r#"
                workflow: workflow - by - ["monocle"]
                openai.resources.chat.completions.completions.Completions: chat counted gpt-4o by openai 5+3 ["stop"] ["monocle"]
                  <0 User: {"system": "be brief"}
                  <1 User: {"user": "hi"}
                  >0 Assistant: hello
                langchain_core.vectorstores.base.VectorStoreRetriever: retrieval - by - ["monocle"]
                  <0 User: hi
                book: tool - by - ["monocle"]
            "#]],
        );
    }
}
