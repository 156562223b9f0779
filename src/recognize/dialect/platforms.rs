//! Platforms that add keys of their own to spans of the conventions or OpenLLMetry.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "llm-platforms",
    about: "HoneyHive, W&B Weave, Opik, Lunary, Respan, Helicone, Portkey, OpenRouter, PostHog: their own keys, where a span has no others",
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
        Mark::Scope("honeyhive*"),
        Mark::Scope("opik*"),
        Mark::Scope("openrouter*"),
    ],
    rules: &[
        Rule::Key("honeyhive_event_type", KINDS),
        Rule::Key("respan.entity.log_type", KINDS),
        Rule::Key("opik.span.type", KINDS),
        Rule::Key("lunary.type", KINDS),
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
    ("tool", step(Tool)),
    ("function", step(Tool)),
    ("agent", step(Agent)),
    ("workflow", step(Workflow)),
    ("retriever", step(Retrieval)),
    ("*", step(Task)),
];

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

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
