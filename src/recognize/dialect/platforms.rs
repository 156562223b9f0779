//! Platforms that add keys of their own to spans of the conventions or OpenLLMetry.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "llm-platforms",
    about: "HoneyHive, W&B Weave, Opik, Lunary, Respan, Helicone, Portkey, OpenRouter, PostHog, Agenta, AgentOps, Coze Loop, Datadog, DeepEval, Judgment: their own keys, where a span has no others",
    source: "the SDKs' sources and documentation",
    marks: &[
        Mark::Key("honeyhive*"),
        Mark::Key("weave.*"),
        Mark::Key("wandb.*"),
        Mark::Key("opik.*"),
        Mark::Key("lunary.*"),
        Mark::Key("respan.*"),
        Mark::Key("helicone.*"),
        Mark::Key("portkey.*"),
        Mark::Key("openrouter.*"),
        Mark::Key("$ai_*"),
        Mark::Key("ag.type.*"),
        Mark::Key("ag.data.*"),
        Mark::Key("agentops.*"),
        Mark::Key("cozeloop.*"),
        Mark::Key("_ml_obs.*"),
        Mark::Key("_dd.ml_obs.*"),
        Mark::Key("confident.*"),
        Mark::Key("judgment.*"),
        Mark::Scope("honeyhive*"),
        Mark::Scope("opik*"),
        Mark::Scope("openrouter*"),
    ],
    rules: &[
        Rule::Key("honeyhive_event_type", KINDS),
        Rule::Key("respan.entity.log_type", KINDS),
        Rule::Key("opik.span.type", KINDS),
        Rule::Key("lunary.type", KINDS),
        Rule::Key("ag.type.node", KINDS),
        Rule::Key("agentops.span.kind", KINDS),
        Rule::Key("cozeloop.span_type", KINDS),
        Rule::Key("_ml_obs.meta.span.kind", KINDS),
        Rule::Key("confident.span.type", KINDS),
        Rule::Key("judgment.span_kind", KINDS),
        Rule::Has("$ai_output_tokens", call(Chat)),
    ],
    fields: &[
        (RequestModel, "honeyhive_config.model", Word),
        (Provider, "honeyhive_config.provider", Word),
        (Input, "honeyhive_inputs.chat_history", Say(Role::User)),
        (Input, "honeyhive_inputs", Say(Role::User)),
        (Output, "honeyhive_outputs", Say(Role::Assistant)),
        (ConversationId, "honeyhive.session_id", Word),
        (ConversationId, "wandb.thread_id", Word),
        (ConversationId, "opik.thread_id", Word),
        (Input, "opik.input", Say(Role::User)),
        (Output, "opik.output", Say(Role::Assistant)),
        (RequestModel, "$ai_model", Word),
        (Provider, "$ai_provider", Word),
        (InputTokens, "$ai_input_tokens", Count),
        (OutputTokens, "$ai_output_tokens", Count),
        (Input, "$ai_input", Say(Role::User)),
        (Output, "$ai_output_choices", Say(Role::Assistant)),
        (RequestModel, "ag.meta.request.model", Word),
        (ResponseModel, "ag.meta.response.model", Word),
        (InputTokens, "ag.metrics.unit.tokens.prompt", Count),
        (OutputTokens, "ag.metrics.unit.tokens.completion", Count),
        (Cost, "ag.metrics.unit.costs.total", Dollars),
        (ConversationId, "ag.session.id", Word),
        (UserId, "ag.user.id", Word),
        (Input, "ag.data.inputs.prompt.*", Say(Role::User)),
        (Output, "ag.data.outputs.completion.*", Say(Role::Assistant)),
        (Input, "ag.data.inputs.__default__", Say(Role::User)),
        (Output, "ag.data.outputs.__default__", Say(Role::Assistant)),
        (FirstChunk, "gen_ai.streaming.time_to_first_token", Seconds),
        (Streaming, "cozeloop.stream", Flag),
        (RequestModel, "_ml_obs.meta.model_name", Word),
        (Provider, "_ml_obs.meta.model_provider", Word),
        (Usage, "_ml_obs.metrics", Object),
        (ConversationId, "_ml_obs.session_id", Word),
        (Input, "_ml_obs.meta.input.messages", Say(Role::User)),
        (Output, "_ml_obs.meta.output.messages", Say(Role::Assistant)),
        (Input, "_ml_obs.meta.input.value", Say(Role::User)),
        (Output, "_ml_obs.meta.output.value", Say(Role::Assistant)),
        (RequestModel, "confident.llm.model", Word),
        (InputTokens, "confident.llm.input_token_count", Count),
        (OutputTokens, "confident.llm.output_token_count", Count),
        (ConversationId, "confident.trace.thread_id", Word),
        (UserId, "confident.trace.user_id", Word),
        (ToolName, "confident.tool.name", Word),
        (Documents, "confident.span.retrieval_context", Say(Role::Document)),
    ],
    // Copies of what the conventions say on the same span.
    fallbacks: &[
        (Input, "agentops.entity.input", Say(Role::User)),
        (Output, "agentops.entity.output", Say(Role::Assistant)),
        (Input, "cozeloop.input", Say(Role::User)),
        (Output, "cozeloop.output", Say(Role::Assistant)),
        (Input, "confident.span.input", Say(Role::User)),
        (Output, "confident.span.output", Say(Role::Assistant)),
        (Input, "judgment.input", Say(Role::User)),
        (Output, "judgment.output", Say(Role::Assistant)),
    ],
    ..Dialect::NONE
};

const KINDS: &[(Pattern, Class)] = &[
    ("model", call(Chat)),
    ("llm", call(Chat)),
    ("chat", call(Chat)),
    ("generation", call(Chat)),
    ("text", call(Completion)),
    ("completion", call(Completion)),
    ("embedding", call(Embeddings)),
    ("rerank", call(Rerank)),
    ("tool", step(Tool)),
    ("function", step(Tool)),
    ("agent", step(Agent)),
    ("team", step(Agent)),
    ("workflow", step(Workflow)),
    ("graph", step(Workflow)),
    ("session", step(Workflow)),
    ("retriever", step(Retrieval)),
    ("retrieval", step(Retrieval)),
    ("query", step(Retrieval)),
    ("*", step(Task)),
];

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn steps_that_travel_without_their_call_are_read() {
        check(
            r#"
support | deepeval
confident.span.type = agent
confident.span.input = hi
answer | deepeval
confident.span.type = llm
confident.llm.model = gpt-4o
confident.llm.input_token_count = 5
confident.llm.output_token_count = 3
confident.span.input = hi
confident.span.output = {"role":"assistant","content":"hello"}
grep.tool | agentops
agentops.span.kind = tool
agentops.entity.input = {"args":["hi"]}
lookup | judgeval
judgment.span_kind = tool
judgment.input = hi
ask | ddtrace
_ml_obs.meta.span.kind = llm
_ml_obs.meta.model_name = gpt-4o
_ml_obs.meta.model_provider = openai
_ml_obs.meta.input.messages = [{"role":"user","content":"hi"}]
_ml_obs.metrics = {"input_tokens":5,"output_tokens":3}
flow | agenta
ag.type.node = workflow
ag.data.inputs.text = hi
ag.metrics.unit.tokens.prompt = 5
ag.metrics.unit.tokens.completion = 3
  chat | agenta
  ag.type.node = chat
  ag.data.inputs.prompt.0.role = user
  ag.data.inputs.prompt.0.content = hi
  ag.meta.request.model = gpt-4o
  ag.metrics.unit.tokens.prompt = 5
  ag.metrics.unit.tokens.completion = 3
plan | cozeloop
cozeloop.span_type = graph
cozeloop.input = hi
"#,
            expect![[r#"
                support: agent - by - ["llm-platforms"]
                  <0 User: hi
                answer: chat counted gpt-4o by openai 5+3 ["llm-platforms"]
                  <0 User: hi
                  >0 Assistant: hello
                grep.tool: tool - by - ["llm-platforms"]
                  <0 Tool: hi
                lookup: tool - by - ["llm-platforms"]
                  <0 Tool: hi
                ask: chat counted gpt-4o by openai 5+3 ["llm-platforms"]
                  <0 User: hi
                flow: workflow - by - 5+3 ["llm-platforms"]
                chat: chat counted gpt-4o by openai 5+3 ["llm-platforms"]
                  <0 User: hi
                plan: workflow - by - ["llm-platforms"]
                  <0 User: hi
            "#]],
        );
    }

    #[test]
    fn spans_with_the_platforms_keys_alone_are_read() {
        check(
            r#"
answer | honeyhive.tracer
honeyhive_event_type = chain
honeyhive.session_id = s-1
  openai | honeyhive.tracer
  honeyhive_event_type = model
  honeyhive_config.model = gpt-4o
  honeyhive_inputs.chat_history = [{"role":"user","content":"hi"}]
turn | my.app
wandb.thread_id = t-1
wandb.is_turn = true
"#,
            expect![[r#"
                answer: task - by - in s-1 ["llm-platforms"]
                openai: chat counted gpt-4o by openai ["llm-platforms"]
                  <0 User: hi
                turn: - - by - in t-1 ["llm-platforms"]
            "#]],
        );
    }
}
