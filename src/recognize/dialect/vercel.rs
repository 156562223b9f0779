//! The Vercel AI SDK, versions 3 to 6.

use super::*;
use Field::*;
use Kind::*;
use Read::*;

pub const DIALECT: Dialect = Dialect {
    name: "vercel-ai",
    about: "Vercel AI SDK 3 to 6 (`experimental_telemetry`): `ai.operationId`, `ai.prompt*`, `ai.response.*`, `ai.usage.*`",
    source: "vercel/ai 4.3, 5.0 and 6.0 as captured; spec/dialects.md 2.5",
    marks: &[
        Mark::Key("ai.operationId"),
        Mark::Key("ai.prompt*"),
        Mark::Key("ai.response.*"),
        Mark::Key("ai.result.*"),
        Mark::Key("ai.toolCall.*"),
        Mark::Key("ai.value"),
        Mark::Key("ai.values"),
        Mark::Key("ai.usage.*"),
        Mark::Key("ai.model.*"),
        Mark::Key("ai.telemetry.*"),
        Mark::Key("ai.settings.*"),
        Mark::Scope("ai"),
    ],
    rules: &[Rule::Key(
        "ai.operationId",
        &[
            ("ai.embed*.doEmbed", call(Embeddings)),
            ("ai.rerank.doRerank", call(Rerank)),
            ("*.doGenerate", call(Chat)),
            ("*.doStream", call(Chat)),
            ("ai.embed*", around(Embeddings)),
            ("ai.rerank", around(Rerank)),
            ("ai.generate*", around(Chat)),
            ("ai.stream*", around(Chat)),
            ("ai.toolCall", step(Tool)),
        ],
    )],
    fields: &[
        (Provider, "ai.model.provider", Word),
        (RequestModel, "ai.model.id", Word),
        (ResponseId, "ai.response.id", Word),
        (ResponseModel, "ai.response.model", Word),
        (InputTokens, "ai.usage.inputTokens", Count),
        (InputTokens, "ai.usage.promptTokens", Count),
        (InputTokens, "ai.usage.tokens", Count),
        (OutputTokens, "ai.usage.outputTokens", Count),
        (OutputTokens, "ai.usage.completionTokens", Count),
        (CachedTokens, "ai.usage.cachedInputTokens", Count),
        (CachedTokens, "ai.usage.inputTokenDetails.cacheReadTokens", Count),
        (CacheWriteTokens, "ai.usage.inputTokenDetails.cacheWriteTokens", Count),
        (ReasoningTokens, "ai.usage.reasoningTokens", Count),
        (ReasoningTokens, "ai.usage.outputTokenDetails.reasoningTokens", Count),
        (FirstChunk, "ai.response.msToFirstChunk", Millis),
        (FirstChunk, "ai.stream.msToFirstChunk", Millis),
        (FinishReasons, "ai.response.finishReason", Words),
        (FinishReasons, "ai.finishReason", Words),
        (UserId, "ai.telemetry.metadata.userId", Word),
        (ToolName, "ai.toolCall.name", Word),
        (Tools, "ai.prompt.tools", Say(Role::System)),
        (ConversationId, "ai.telemetry.metadata.sessionId", Word),
        (Input, "ai.prompt.messages", Say(Role::User)),
        (Input, "ai.prompt", Say(Role::User)),
        (Input, "ai.value", Say(Role::Document)),
        (Input, "ai.values", Say(Role::Document)),
        (Input, "ai.toolCall.args", Whole(Role::Tool)),
        (Output, "ai.response.text", Say(Role::Assistant)),
        (Output, "ai.response.object", Whole(Role::Assistant)),
        (Calls, "ai.response.toolCalls", Say(Role::Tool)),
        (Output, "ai.result.text", Say(Role::Assistant)),
        (Output, "ai.result.object", Whole(Role::Assistant)),
        (Calls, "ai.result.toolCalls", Say(Role::Tool)),
        (Output, "ai.toolCall.result", Whole(Role::Tool)),
    ],
    chunks: &["ai.stream.firstChunk"],
    ..Dialect::NONE
};

#[cfg(test)]
mod tests {
    use crate::recognize::story::check;
    use expect_test::expect;

    #[test]
    fn the_inner_call_counts_and_the_outer_does_not() {
        check(
            r#"
ai.streamText | ai
ai.operationId = ai.streamText
ai.model.provider = openai.chat
ai.model.id = gpt-4o
ai.prompt = {"system":"be brief","prompt":"hi"}
ai.usage.inputTokens = 5
ai.usage.outputTokens = 3
  ai.streamText.doStream | ai
  ai.operationId = ai.streamText.doStream
  ai.model.provider = openai.chat
  ai.model.id = gpt-4o
  ai.prompt.messages = [{"role":"user","content":[{"type":"text","text":"hi"}]}]
  ai.response.text = hello
  ai.response.msToFirstChunk = 120
  ai.usage.inputTokens = 5
  ai.usage.outputTokens = 3
"#,
            expect![[r#"
                ai.streamText: chat call gpt-4o by openai 5+3 ["vercel-ai"]
                  <0 System: be brief
                  <1 User: hi
                ai.streamText.doStream: chat counted gpt-4o by openai 5+3 after 0.12s ["vercel-ai"]
                  <0 User: hi
                  >0 Assistant: hello
            "#]],
        );
    }

    /// AI SDK 7 (`LegacyOpenTelemetry`) writes an empty text beside the tools that it asks for.
    #[test]
    fn the_tools_that_a_reply_asks_for_stand_beside_its_text() {
        check(
            r#"
ai.generateText.doGenerate | ai
ai.operationId = ai.generateText.doGenerate
ai.model.id = gpt-4o
ai.response.text = ""
ai.response.toolCalls = [{"toolCallId":"1","toolName":"look","input":{"id":7}}]
ai.generateText.doGenerate | ai
ai.operationId = ai.generateText.doGenerate
ai.model.id = gpt-4o
ai.response.text = I look
ai.response.toolCalls = [{"toolCallId":"1","toolName":"look","input":{"id":7}}]
"#,
            expect![[r#"
                ai.generateText.doGenerate: chat counted gpt-4o by openai ["vercel-ai"]
                  >1 Tool: {"id":7}
                ai.generateText.doGenerate: chat counted gpt-4o by openai ["vercel-ai"]
                  >0 Assistant: I look
                  >0 Tool: {"id":7}
            "#]],
        );
    }
}
