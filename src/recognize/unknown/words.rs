//! The words in which keys end that hint at an LLM call, and how one is found.

use super::super::dialect::{Class, Field, Pattern, Read, Source, call, step};
use super::Hints;
use crate::llm::provider::tail;
use crate::llm::{Kind, Role};

/// The last words of a key, what they hint at, and the fact they hold. Of two that fit, the first.
pub(super) const WORDS: &[(&str, Hints, Source)] = &[
    ("model", Hints::MODEL, MODEL),
    ("model_name", Hints::MODEL, MODEL),
    ("modelName", Hints::MODEL, MODEL),
    ("model_id", Hints::MODEL, MODEL),
    ("modelId", Hints::MODEL, MODEL),
    ("tokens.prompt", Hints::TOKENS_IN, INPUT_TOKENS),
    ("tokens.input", Hints::TOKENS_IN, INPUT_TOKENS),
    ("tokens.completion", Hints::TOKENS_OUT, OUTPUT_TOKENS),
    ("tokens.output", Hints::TOKENS_OUT, OUTPUT_TOKENS),
    ("tokens.total", Hints::TOKENS, TOTAL_TOKENS),
    ("prompt", Hints::ASKED, ASKED),
    ("messages", Hints::ASKED, ASKED),
    ("user_prompt", Hints::ASKED, ASKED),
    ("userPrompt", Hints::ASKED, ASKED),
    ("prompt_text", Hints::ASKED, ASKED),
    ("chat_history", Hints::ASKED, ASKED),
    ("system_prompt", Hints::ASKED, (Field::System, "", Read::Say(Role::System))),
    ("systemPrompt", Hints::ASKED, (Field::System, "", Read::Say(Role::System))),
    ("completion", Hints::ANSWERED, ANSWERED),
    ("response_text", Hints::ANSWERED, ANSWERED),
    ("completion_text", Hints::ANSWERED, ANSWERED),
    ("generated_text", Hints::ANSWERED, ANSWERED),
    ("prompt_tokens", Hints::TOKENS_IN, INPUT_TOKENS),
    ("promptTokens", Hints::TOKENS_IN, INPUT_TOKENS),
    ("input_tokens", Hints::TOKENS_IN, INPUT_TOKENS),
    ("inputTokens", Hints::TOKENS_IN, INPUT_TOKENS),
    ("tokens_in", Hints::TOKENS_IN, INPUT_TOKENS),
    ("prompt_token_count", Hints::TOKENS_IN, INPUT_TOKENS),
    ("input_token_count", Hints::TOKENS_IN, INPUT_TOKENS),
    ("completion_tokens", Hints::TOKENS_OUT, OUTPUT_TOKENS),
    ("completionTokens", Hints::TOKENS_OUT, OUTPUT_TOKENS),
    ("output_tokens", Hints::TOKENS_OUT, OUTPUT_TOKENS),
    ("outputTokens", Hints::TOKENS_OUT, OUTPUT_TOKENS),
    ("tokens_out", Hints::TOKENS_OUT, OUTPUT_TOKENS),
    ("completion_token_count", Hints::TOKENS_OUT, OUTPUT_TOKENS),
    ("output_token_count", Hints::TOKENS_OUT, OUTPUT_TOKENS),
    ("candidates_token_count", Hints::TOKENS_OUT, OUTPUT_TOKENS),
    ("total_tokens", Hints::TOKENS, TOTAL_TOKENS),
    ("totalTokens", Hints::TOKENS, TOTAL_TOKENS),
    ("max_tokens", Hints::PARAMETER, NOTHING),
    ("maxTokens", Hints::PARAMETER, NOTHING),
    ("max_output_tokens", Hints::PARAMETER, NOTHING),
    ("max_new_tokens", Hints::PARAMETER, NOTHING),
    ("temperature", Hints::PARAMETER, NOTHING),
    ("top_p", Hints::PARAMETER, NOTHING),
    ("topP", Hints::PARAMETER, NOTHING),
    ("gen_ai.system", Hints::PROVIDER, (Field::Provider, "", Read::Word)),
    ("provider", Hints::PROVIDER, (Field::Provider, "", Read::Word)),
    ("provider.name", Hints::PROVIDER, (Field::Provider, "", Read::Word)),
    ("vendor", Hints::PROVIDER, (Field::Provider, "", Read::Word)),
    ("input", Hints::SAID, ASKED),
    ("output", Hints::SAID, ANSWERED),
    ("response", Hints::SAID, ANSWERED),
    ("question", Hints::SAID, ASKED),
    ("answer", Hints::SAID, ANSWERED),
    ("input.value", Hints::VALUE_IN, ASKED),
    ("output.value", Hints::VALUE_OUT, ANSWERED),
    ("span.kind", Hints::STEP, NOTHING),
    ("span_kind", Hints::STEP, NOTHING),
    ("span.type", Hints::STEP, NOTHING),
    ("span_type", Hints::STEP, NOTHING),
];

/// The kinds of span that none but LLM applications have: `client` is HTTP's, `task` and `workflow` anybody's.
pub(super) const STEPS: &[(&str, Class)] = &[
    ("llm", call(Kind::Chat)),
    ("agent", step(Kind::Agent)),
    ("tool", step(Kind::Tool)),
    ("chain", step(Kind::Task)),
    ("retriever", step(Kind::Retrieval)),
    ("embedding", call(Kind::Embeddings)),
    ("reranker", call(Kind::Rerank)),
    ("guardrail", step(Kind::Task)),
];

const MODEL: Source = (Field::RequestModel, "", Read::Word);
const ASKED: Source = (Field::Input, "", Read::Say(Role::User));
const ANSWERED: Source = (Field::Output, "", Read::Say(Role::Assistant));
const INPUT_TOKENS: Source = (Field::InputTokens, "", Read::Count);
const OUTPUT_TOKENS: Source = (Field::OutputTokens, "", Read::Count);
const TOTAL_TOKENS: Source = (Field::TotalTokens, "", Read::Count);

/// Words that hint at nothing by themselves, and hold a fact on a span that is an LLM call.
pub(super) const ALSO: &[Source] = &[
    (Field::Input, "query", Read::Say(Role::User)),
    (Field::Usage, "usage", Read::Object),
    (Field::Usage, "token_usage", Read::Object),
    (Field::Usage, "tokenUsage", Read::Object),
    (Field::Usage, "usage_metadata", Read::Object),
    (Field::Usage, "usageMetadata", Read::Object),
    (Field::Cost, "cost_usd", Read::Dollars),
    (Field::UserId, "user_id", Read::Word),
    (Field::ConversationId, "session_id", Read::Word),
    (Field::ConversationId, "conversation_id", Read::Word),
    (Field::FinishReasons, "finish_reason", Read::Words),
    (Field::Streaming, "stream", Read::Flag),
];

pub(super) const NOTHING: Source = (Field::Host, "", Read::Word);

/// How keys begin that name an LLM.
pub const NAMED: &[Pattern] = &[
    "llm.*",
    "llm_*",
    "genai.*",
    "gen_ai_*",
    "openai.*",
    "anthropic.*",
    "chatgpt.*",
    "claude.*",
    "ollama.*",
];

/// How keys begin that name one, or something else.
pub const SHARED: &[Pattern] = &["gpt.*", "gemini.*", "cohere.*", "mistral.*", "bedrock.*"];

/// A set of [`WORDS`], one bit each.
type Words = u64;

/// The one of `words` that `key` ends in.
pub(super) fn word(key: &[u8], mut words: Words) -> Option<&'static (&'static str, Hints, Source)> {
    let tail = tail(key);
    while words != 0 {
        let n = words.trailing_zeros() as usize;
        let (end, mask) = ENDS[n];
        if tail & mask == end && ends_in(key, WORDS[n].0) {
            return Some(&WORDS[n]);
        }
        words &= words - 1;
    }
    None
}

/// The words that `key` may end in: nearly every key ends unlike all of them, which two looks at a table tell.
#[inline]
pub(super) fn like(key: &[u8]) -> Words {
    match *key {
        [.., sixth, fifth, _, _, second, last] => LAST[pair(second, last)] & SIXTH[pair(sixth, fifth)],
        [.., second, last] => LAST[pair(second, last)],
        _ => 0,
    }
}

/// A number below [`PAIRS`] for two bytes, which tells letters apart.
#[inline]
pub const fn pair(first: u8, second: u8) -> usize {
    (first as usize & 31) << 5 | second as usize & 31
}

/// How many there are.
pub const PAIRS: usize = 1 << 10;

/// Which words have that pair of bytes for their last two.
static LAST: [Words; PAIRS] = by_pair(2);

/// Which words have it for the sixth and fifth last, or are shorter: `name`, `id` and `text` end keys of every sort.
static SIXTH: [Words; PAIRS] = by_pair(6);

const fn by_pair(from_end: usize) -> [Words; PAIRS] {
    let mut table = [0; PAIRS];
    let mut n = 0;
    while n < WORDS.len() {
        let word = WORDS[n].0.as_bytes();
        let mut at = 0;
        while at < PAIRS {
            let has = word.len() < from_end
                || pair(word[word.len() - from_end], word[word.len() - from_end + 1]) == at;
            table[at] |= (has as Words) << n;
            at += 1;
        }
        n += 1;
    }
    table
}

/// The last eight bytes of each word and which of them count, so that most words cost one comparison.
const ENDS: [(u64, u64); WORDS.len()] = {
    let mut ends = [(0, 0); WORDS.len()];
    let mut n = 0;
    while n < WORDS.len() {
        let word = WORDS[n].0.as_bytes();
        ends[n] = (tail(word), if word.len() < 8 { (1 << (8 * word.len())) - 1 } else { u64::MAX });
        n += 1;
    }
    ends
};

/// Whether `key` is `word`, or ends in it after a mark: `acme.llm.prompt`, `chat/model`.
#[inline]
pub(super) fn ends_in(key: &[u8], word: &str) -> bool {
    match key.strip_suffix(word.as_bytes()) {
        Some([before @ .., b'_']) => before.starts_with(b"llm"),
        Some([.., last]) => matches!(last, b'.' | b'/' | b':' | b'-'),
        Some([]) => true,
        None => false,
    }
}
