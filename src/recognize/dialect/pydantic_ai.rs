//! Pydantic AI and Logfire's instrumentations.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "pydantic-ai",
    about: "Pydantic AI (instrumentation 1 to 5) and Logfire: `logfire.*`, `pydantic_ai.*`, `all_messages_events`, `request_data`",
    source: "pydantic-ai 0.4.11 and 2.68, logfire 5.2 as captured; spec/dialects.md 2.8",
    marks: &[
        Mark::Key("pydantic_ai.*"),
        Mark::Key("all_messages_events"),
        Mark::Key("model_request_parameters"),
        Mark::Key("request_data"),
        Mark::Key("response_data"),
        Mark::Scope("pydantic-ai*"),
        Mark::Scope("logfire.openai*"),
        Mark::Scope("logfire.anthropic*"),
        Mark::Name("pydantic_ai.*"),
    ],
    rules: &[
        Rule::Name("agent run*", step(Agent)),
        Rule::Name("running tool", step(Tool)),
        Rule::Name("running tools", step(Task)),
        Rule::Name("running * tool*", step(Task)),
        Rule::Has("tool_arguments", step(Tool)),
        // Of a stream, the first span has the request and the second, of no length, the reply and the usage.
        Rule::Both(
            "logfire.span_type",
            "log",
            "streaming response from *",
            call(Chat),
        ),
        Rule::Both(
            "logfire.exception.fingerprint",
            "*",
            "Chat Completion with *",
            call(Chat),
        ),
        Rule::Lacks(
            "gen_ai.usage.*",
            "gen_ai.response.model",
            "Chat Completion with *",
            echo(Chat),
        ),
        Rule::Lacks(
            "gen_ai.usage.*",
            "gen_ai.response.model",
            "Message with *",
            echo(Chat),
        ),
        Rule::Lacks(
            "gen_ai.usage.*",
            "gen_ai.response.model",
            "Responses API with *",
            echo(Chat),
        ),
        Rule::Name("Chat Completion with *", call(Chat)),
        Rule::Name("Responses API with *", call(Chat)),
        Rule::Name("Message with *", call(Chat)),
        Rule::Name("Completion with *", call(Completion)),
        Rule::Name("Embedding Creation with *", call(Embeddings)),
    ],
    fields: &[
        (RequestModel, "model_name", Word),
        (CachedTokens, "gen_ai.usage.details.cached_tokens", Count),
        (CachedTokens, "gen_ai.usage.details.cache_read_tokens", Count),
        (ReasoningTokens, "gen_ai.usage.details.reasoning_tokens", Count),
        (Usage, "gen_ai.usage.raw", Object),
        (Cost, "operation.cost", Dollars),
        (Input, "tool_arguments", Whole(Role::Tool)),
        (Output, "tool_response", Whole(Role::Tool)),
        (Input, "events", Say(Role::User)),
        (Input, "all_messages_events", Say(Role::User)),
        (Input, "pydantic_ai.all_messages", Say(Role::User)),
        (Input, "request_data", Say(Role::User)),
        (Output, "response_data", Say(Role::Assistant)),
        (Output, "final_result", Say(Role::Assistant)),
    ],
    fallbacks: &[
        (Streaming, "request_data", FlagAt(&["stream"])),
        (RequestModel, "request_data", WordAt(&["model"])),
        (Input, "raw_input", Say(Role::User)),
    ],
    ..Dialect::NONE
};
