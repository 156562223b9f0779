//! VoltAgent.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "voltagent",
    about: "VoltAgent: `voltagent.*`, `agent.messages`, `llm.messages`",
    source: "as Langfuse's ingestion reads it; spec/dialects.md 2.12",
    marks: &[
        Mark::Key("voltagent.*"),
        Mark::Key("agent.messages"),
        Mark::Key("llm.messages"),
        Mark::Scope("voltagent*"),
    ],
    rules: &[Rule::Key(
        "span.type",
        &[
            ("llm", call(Chat)),
            ("agent", step(Agent)),
            ("tool", step(Tool)),
            ("retriever", step(Retrieval)),
            ("embedding", call(Embeddings)),
            ("workflow*", step(Workflow)),
            ("memory", step(Task)),
        ],
    )],
    fields: &[
        (RequestModel, "llm.model", Word),
        (RequestModel, "ai.model.name", Word),
        (Provider, "llm.provider", Word),
        (InputTokens, "usage.prompt_tokens", Count),
        (InputTokens, "llm.usage.prompt_tokens", Count),
        (OutputTokens, "usage.completion_tokens", Count),
        (OutputTokens, "llm.usage.completion_tokens", Count),
        (CachedTokens, "usage.cached_tokens", Count),
        (ReasoningTokens, "usage.reasoning_tokens", Count),
        (ConversationId, "voltagent.conversation_id", Word),
        (ConversationId, "conversation.id", Word),
        (Input, "llm.messages", Say(Role::User)),
        (Input, "agent.messages", Say(Role::User)),
    ],
    fallbacks: &[(Input, "input", Say(Role::User)), (Output, "output", Say(Role::Assistant))],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn a_call_inside_an_agent_is_read() {
        check(
            r#"
run | voltagent
span.type = agent
voltagent.agent = x
agent.messages = [{"role":"user","content":"hi"}]
  llm:generate | voltagent
  span.type = llm
  llm.model = gpt-4o
  llm.provider = openai
  llm.messages = [{"role":"user","content":"hi"}]
  usage.prompt_tokens = 5
  usage.completion_tokens = 3
  conversation.id = c-1
"#,
            expect![[r#"
                run: agent - by - ["voltagent"]
                  <0 User: hi
                llm:generate: chat counted gpt-4o by openai 5+3 in c-1 ["voltagent"]
                  <0 User: hi
            "#]],
        );
    }
}
