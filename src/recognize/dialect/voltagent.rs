//! VoltAgent.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "voltagent",
    about: "VoltAgent: `voltagent.*`, `agent.messages`, `llm.messages`",
    source: "@voltagent/core 2.10 as captured",
    marks: &[
        Mark::Key("voltagent.*"),
        Mark::Key("agent.messages"),
        Mark::Key("llm.messages"),
        Mark::Scope("voltagent*"),
        Mark::Scope("@voltagent/*"),
    ],
    rules: &[
        Rule::Key(
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
        ),
        // Spans of every sort name the agent that they are of; its own has no sort.
        Rule::Key("entity.type", &[("agent", step(Agent)), ("workflow*", step(Workflow))]),
    ],
    fields: &[
        (RequestModel, "llm.model", Word),
        (RequestModel, "ai.model.name", Word),
        (Provider, "llm.provider", Word),
        (InputTokens, "usage.prompt_tokens", Count),
        (InputTokens, "llm.usage.prompt_tokens", Count),
        (OutputTokens, "usage.completion_tokens", Count),
        (OutputTokens, "llm.usage.completion_tokens", Count),
        (CachedTokens, "usage.cached_tokens", Count),
        (CachedTokens, "llm.usage.cached_tokens", Count),
        (ReasoningTokens, "usage.reasoning_tokens", Count),
        (ReasoningTokens, "llm.usage.reasoning_tokens", Count),
        (TotalTokens, "llm.usage.total_tokens", Count),
        (Streaming, "llm.stream", Flag),
        (FinishReasons, "llm.finish_reason", Words),
        (FinishReasons, "ai.response.finish_reason", Words),
        (ToolName, "tool.name", Word),
        (System, "agent.instructions", Say(Role::System)),
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

    /// Every span names the agent that it is of.
    #[test]
    fn of_an_agents_spans_the_call_alone_counts() {
        check(
            r#"
clerk | @voltagent/core
entity.type = agent
entity.name = clerk
ai.model.name = gpt-4o-mini
ai.response.finish_reason = stop
agent.instructions = be brief
usage.prompt_tokens = 5
usage.completion_tokens = 3
input = hi
output = hello
  llm:streamText | @voltagent/core
  entity.type = agent
  span.type = llm
  llm.model = gpt-4o-mini
  llm.messages = [{"role":"user","content":"hi"}]
  llm.usage.prompt_tokens = 5
  llm.usage.completion_tokens = 3
  llm.usage.cached_tokens = 2
  llm.finish_reason = stop
  memory.write | @voltagent/core
  entity.type = agent
  span.type = memory
  input = {"message":{"role":"user","parts":[{"type":"text","text":"hi"}]}}
  tool.execution:weather | @voltagent/core
  entity.type = agent
  span.type = tool
  tool.name = weather
  input = {"city":"Lisbon"}
"#,
            expect![[r#"
                clerk: agent gpt-4o-mini by - 5+3 ["stop"] ["vercel-ai", "voltagent"]
                  <0 System: be brief
                  <1 User: hi
                  >0 Assistant: hello
                llm:streamText: chat counted gpt-4o-mini by openai 5+3 cached 2 ["stop"] ["voltagent", "traceloop"]
                  <0 User: hi
                memory.write: task - by - ["voltagent"]
                  <0 User: hi
                tool.execution:weather: tool - by - ["voltagent"]
                  <0 Tool: {"city":"Lisbon"}
            "#]],
        );
    }
}
