//! Tokens as a provider reported them, and the usage objects they are reported in.

use super::Node;

/// Tokens as a provider reported them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub cached_input: Option<u64>,
    pub cache_write: Option<u64>,
    /// The part of `cache_write` that is kept for an hour.
    pub cache_write_1h: Option<u64>,
    pub audio_input: Option<u64>,
    pub image_input: Option<u64>,
    pub reasoning: Option<u64>,
    pub audio_output: Option<u64>,
    pub image_output: Option<u64>,
    /// Searches of the web that the provider ran.
    pub web_searches: Option<u64>,
    /// Images that came out, where they are billed by the piece.
    pub images: Option<u64>,
    /// All tokens of both directions.
    pub total: Option<u64>,
    /// Whether `cached_input` and `cache_write` are part of `input` (OpenAI) or come on top (Anthropic).
    pub cache_exclusive: bool,
    /// Whether `reasoning` is part of `output` (all but one) or comes on top (Gemini's own names).
    pub reasoning_exclusive: bool,
}

/// How urgent a call was to its provider, which is a matter of price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tier {
    #[default]
    Standard,
    Batch,
    Flex,
    Priority,
}

impl Tier {
    /// Those that cost otherwise than the standard.
    pub const SPECIAL: [Tier; 3] = [Tier::Batch, Tier::Flex, Tier::Priority];

    /// The key in a price file.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Standard => "standard",
            Tier::Batch => "batch",
            Tier::Flex => "flex",
            Tier::Priority => "priority",
        }
    }

    /// The tier that a provider's word for it means; what is no tier of its own price is the standard.
    ///
    /// Source: `service_tier` of OpenAI's and Anthropic's APIs; Gemini's `traffic_type` and `service_tier`.
    pub fn named(word: &str) -> Tier {
        let special = Tier::SPECIAL.into_iter().find(|tier| word.eq_ignore_ascii_case(tier.name()));
        special.unwrap_or_default()
    }
}

/// Names of one figure, each a path from the usage object down; the first that is there wins.
type Names = &'static [&'static [&'static str]];

// OpenAI chat, OpenAI responses, Anthropic, Gemini, Bedrock, Ollama, Langfuse, LangChain, AI SDK, Genkit.
const INPUT: Names = &[
    &["input_tokens"],
    &["prompt_tokens"],
    &["promptTokens"],
    &["inputTokens"],
    &["prompt_token_count"],
    &["promptTokenCount"],
    &["prompt_eval_count"],
    &["input"],
];
const OUTPUT: Names = &[
    &["output_tokens"],
    &["completion_tokens"],
    &["completionTokens"],
    &["outputTokens"],
    &["candidates_token_count"],
    &["candidatesTokenCount"],
    &["eval_count"],
    &["output"],
];
const CACHED: Names = &[
    &["prompt_tokens_details", "cached_tokens"],
    &["input_tokens_details", "cached_tokens"],
    &["input_token_details", "cache_read"],
    &["cache_read_input_tokens"],
    &["cacheReadInputTokens"],
    &["cachedInputTokens"],
    &["cached_content_token_count"],
    &["cachedContentTokenCount"],
    &["cachedContentTokens"],
    &["input_cached_tokens"],
    &["input_cache_read"],
    &["cache_read_tokens"],
    &["prompt_tokens_details.cached_tokens"],
    &["prompt_cached_tokens"],
    &["cached_tokens"],
];
const CACHE_WRITE: Names = &[
    &["cache_creation_input_tokens"],
    &["cacheWriteInputTokens"],
    &["input_token_details", "cache_creation"],
    &["input_cache_creation"],
    &["cache_creation_tokens"],
    &["cache_write_tokens"],
    &["prompt_cache_creation_tokens"],
];
const CACHE_WRITE_1H: Names = &[
    &["cache_creation", "ephemeral_1h_input_tokens"],
    &["input_token_details", "ephemeral_1h_input_tokens"],
];
const AUDIO_INPUT: Names = &[
    &["prompt_tokens_details", "audio_tokens"],
    &["input_tokens_details", "audio_tokens"],
    &["input_token_details", "audio_tokens"],
    &["input_token_details", "audio"],
    &["input_audio_tokens"],
    &["input_audio"],
];
const IMAGE_INPUT: Names = &[
    &["prompt_tokens_details", "image_tokens"],
    &["input_tokens_details", "image_tokens"],
    &["input_token_details", "image_tokens"],
    &["input_image_tokens"],
];
const AUDIO_OUTPUT: Names = &[
    &["completion_tokens_details", "audio_tokens"],
    &["output_tokens_details", "audio_tokens"],
    &["output_token_details", "audio_tokens"],
    &["output_token_details", "audio"],
    &["output_audio_tokens"],
    &["output_audio"],
];
const IMAGE_OUTPUT: Names = &[
    &["completion_tokens_details", "image_tokens"],
    &["output_tokens_details", "image_tokens"],
    &["output_token_details", "image_tokens"],
    &["output_image_tokens"],
];
const WEB_SEARCHES: Names =
    &[&["server_tool_use", "web_search_requests"], &["num_search_queries"], &["web_search_requests"]];
const REASONING: Names = &[
    &["completion_tokens_details", "reasoning_tokens"],
    &["output_tokens_details", "reasoning_tokens"],
    &["output_token_details", "reasoning"],
    &["reasoning_tokens"],
    &["reasoningTokens"],
    &["thoughts_token_count"],
    &["thoughtsTokenCount"],
    &["thoughtsTokens"],
    &["output_reasoning_tokens"],
    &["output_reasoning"],
    &["completion_reasoning_tokens"],
];

const TOTAL: Names = &[&["total_tokens"], &["totalTokens"], &["total_token_count"], &["totalTokenCount"]];

/// Keys under which a reply carries its usage object.
const HOLDERS: &[&str] =
    &["usage", "usage_metadata", "usageMetadata", "token_usage", "tokenUsage", "usage_details"];

/// How deep in a reply its usage is looked for: LangChain buries it under
/// `generations[0][0].message.kwargs.usage_metadata`.
const DEPTH: u8 = 7;

impl Usage {
    /// Whether anything was reported.
    pub fn is_empty(&self) -> bool {
        self.input.is_none() && self.output.is_none()
    }

    /// The figures of a usage object, under the names of any provider or library.
    pub fn read(object: &Node<'_>) -> Usage {
        let mut usage = Usage {
            input: first(object, INPUT),
            output: first(object, OUTPUT),
            cached_input: first(object, CACHED),
            cache_write: first(object, CACHE_WRITE),
            cache_write_1h: first(object, CACHE_WRITE_1H),
            audio_input: first(object, AUDIO_INPUT),
            image_input: first(object, IMAGE_INPUT),
            reasoning: first(object, REASONING),
            audio_output: first(object, AUDIO_OUTPUT),
            image_output: first(object, IMAGE_OUTPUT),
            web_searches: first(object, WEB_SEARCHES),
            total: first(object, TOTAL),
            ..Usage::default()
        };
        // Gemini's candidates are without its thoughts.
        usage.reasoning_exclusive =
            ["candidates_token_count", "candidatesTokenCount"].iter().any(|key| object.get(key).is_some());
        // Only Anthropic and Bedrock name the two cache counts so, and both report `input` without them.
        usage.cache_exclusive =
            ["cache_read_input_tokens", "cacheReadInputTokens"].iter().any(|key| object.get(key).is_some());
        // Langfuse's classes exclude each other: `input` has neither what was cached nor audio.
        let whole =
            |name: &str, parts: &str| Some(object.get(name)?.count()?.saturating_add(object.sum_of(parts)));
        if object.get("input_tokens").is_none() && object.get("prompt_tokens").is_none() {
            usage.input = whole("input", "input_").or(usage.input);
            usage.output = whole("output", "output_").or(usage.output);
        }
        if usage.input.is_none() && usage.output.is_none() {
            usage.input = first(object, &[&["total_tokens"], &["totalTokens"], &["total"], &["tokens"]]);
        }
        usage
    }

    /// Learns from the total what input and output were told without: libraries that read a provider's figures
    /// one by one leave out what it counts apart, and then the parts do not make the whole.
    ///
    /// `thinks_apart`: the provider tells the tokens of its reasoning beside those of its answer (Gemini), so that
    /// what nobody accounts for is reasoning.
    pub fn settle(&mut self, thinks_apart: bool) {
        let (Some(total), Some(input), Some(output)) = (self.total, self.total_input(), self.total_output())
        else {
            return;
        };
        let missing = total.saturating_sub(input.saturating_add(output));
        let cached = self.cached_input.unwrap_or(0).saturating_add(self.cache_write.unwrap_or(0));
        if missing == 0 {
            return;
        }
        if !self.reasoning_exclusive && self.reasoning == Some(missing) {
            self.reasoning_exclusive = true;
        } else if !self.cache_exclusive && cached == missing {
            self.cache_exclusive = true;
        } else if self.reasoning.is_none() && thinks_apart {
            (self.reasoning, self.reasoning_exclusive) = (Some(missing), true);
        }
    }

    /// All input tokens, the cached ones among them.
    pub fn total_input(&self) -> Option<u64> {
        let apart = self.cached_input.unwrap_or(0).saturating_add(self.cache_write.unwrap_or(0));
        let apart = if self.cache_exclusive { apart } else { 0 };
        self.input.map(|input| input.saturating_add(apart))
    }

    /// All output tokens, reasoning among them.
    pub fn total_output(&self) -> Option<u64> {
        let apart = if self.reasoning_exclusive { self.reasoning.unwrap_or(0) } else { 0 };
        self.output.map(|output| output.saturating_add(apart))
    }

    /// The usage that stands somewhere in a reply, if any does.
    pub fn find(reply: &Node<'_>) -> Option<Usage> {
        find(reply, DEPTH)
    }

    /// Fills what is missing from `other`; what stands wins.
    pub fn or(self, other: Usage) -> Usage {
        let cache_exclusive = match (self.input, self.cached_input.or(self.cache_write)) {
            (None, None) => other.cache_exclusive,
            _ => self.cache_exclusive,
        };
        let reasoning_exclusive = match (self.output, self.reasoning) {
            (None, None) => other.reasoning_exclusive,
            _ => self.reasoning_exclusive,
        };
        Usage {
            input: self.input.or(other.input),
            output: self.output.or(other.output),
            cached_input: self.cached_input.or(other.cached_input),
            cache_write: self.cache_write.or(other.cache_write),
            cache_write_1h: self.cache_write_1h.or(other.cache_write_1h),
            audio_input: self.audio_input.or(other.audio_input),
            image_input: self.image_input.or(other.image_input),
            reasoning: self.reasoning.or(other.reasoning),
            audio_output: self.audio_output.or(other.audio_output),
            image_output: self.image_output.or(other.image_output),
            web_searches: self.web_searches.or(other.web_searches),
            images: self.images.or(other.images),
            total: self.total.or(other.total),
            cache_exclusive,
            reasoning_exclusive,
        }
    }
}

fn first(object: &Node<'_>, names: Names) -> Option<u64> {
    names.iter().find_map(|path| object.at(path)?.count())
}

fn find(node: &Node<'_>, depth: u8) -> Option<Usage> {
    let depth = depth.checked_sub(1)?;
    match node {
        Node::Map(entries) => {
            let mut here = HOLDERS.iter().filter_map(|key| node.get(key)).map(Usage::read);
            let here = here.find(|usage| !usage.is_empty());
            here.or_else(|| entries.iter().find_map(|(_, value)| find(value, depth)))
        }
        Node::List(items) => items.iter().find_map(|item| find(item, depth)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: [Option<u64>; 5]) {
        let reply = Node::json(json).expect("the case is JSON");
        let usage = Usage::find(&reply).unwrap_or_default();
        let found = [usage.input, usage.output, usage.cached_input, usage.cache_write, usage.reasoning];
        assert_eq!(found, expected, "{json}");
    }

    #[test]
    fn the_usage_of_every_provider_is_understood() {
        check(
            r#"{"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}}}"#,
            [Some(7), Some(3), Some(2), None, Some(1)],
        );
        check(
            r#"{"usage":{"input_tokens":7,"output_tokens":3,"cache_read_input_tokens":9,"cache_creation_input_tokens":4}}"#,
            [Some(7), Some(3), Some(9), Some(4), None],
        );
        check(
            r#"{"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3,"thoughtsTokenCount":5}}"#,
            [Some(7), Some(3), None, None, Some(5)],
        );
        check(r#"{"usage":{"inputTokens":7,"outputTokens":3}}"#, [Some(7), Some(3), None, None, None]);
    }

    #[test]
    fn what_is_billed_apart_is_read_apart() {
        let read = |json: &str| Usage::find(&Node::json(json).expect("the case is JSON")).unwrap_or_default();
        let openai = read(
            r#"{"usage":{"prompt_tokens":90,"completion_tokens":30,"prompt_tokens_details":{"audio_tokens":20,"image_tokens":5},"completion_tokens_details":{"audio_tokens":10}}}"#,
        );
        let of = |usage: Usage| (usage.audio_input, usage.image_input, usage.audio_output);
        assert_eq!(of(openai), (Some(20), Some(5), Some(10)));
        let anthropic = read(
            r#"{"usage":{"input_tokens":7,"output_tokens":3,"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":4},"server_tool_use":{"web_search_requests":2}}}"#,
        );
        assert_eq!((anthropic.cache_write_1h, anthropic.web_searches), (Some(4), Some(2)));
        let gemini = read(
            r#"{"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3,"thoughtsTokenCount":5}}"#,
        );
        assert_eq!((gemini.output, gemini.total_output()), (Some(3), Some(8)));
    }

    #[test]
    fn a_tier_is_known_by_its_providers_word() {
        for (word, tier) in [
            ("batch", Tier::Batch),
            ("flex", Tier::Flex),
            ("PRIORITY", Tier::Priority),
            ("default", Tier::Standard),
            ("auto", Tier::Standard),
            ("", Tier::Standard),
        ] {
            assert_eq!(Tier::named(word), tier, "{word}");
        }
    }

    #[test]
    fn langfuses_classes_are_summed() {
        check(
            r#"{"usage_details":{"input":67,"output":38,"total":138,"input_cache_read":33,"output_reasoning":2}}"#,
            [Some(100), Some(40), Some(33), None, Some(2)],
        );
    }

    #[test]
    fn usage_is_found_where_langchain_buries_it() {
        check(
            r#"{"generations":[[{"message":{"kwargs":{"usage_metadata":{"input_tokens":7,"output_tokens":3}}}}]]}"#,
            [Some(7), Some(3), None, None, None],
        );
    }

    #[test]
    fn a_reply_without_usage_has_none() {
        check(r#"{"usage":{},"text":"usage"}"#, [None; 5]);
    }
}
