//! The closed sets of a record: their numbers in protobuf, their words in JSON.

use super::UNSPECIFIED;

/// Where an app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Environment {
    Unspecified = 0,
    Production = 1,
    Staging = 2,
    Dev = 3,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum FinishReason {
    Unspecified = 0,
    Stop = 1,
    Length = 2,
    ContentFilter = 3,
    Timeout = 4,
    ToolCalls = 5,
    CacheHit = 6,
    ClientDisconnect = 7,
}

/// Who counted the tokens, where it was not the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum TokenCountMethod {
    Unspecified = 0,
    /// By the vocabulary of the model.
    Tiktoken = 1,
    Estimated = 2,
}

/// A closed set whose first word is `unspecified`.
pub trait Words {
    /// By their numbers.
    const WORDS: &'static [&'static str];
    /// What protobuf's own JSON puts before a word in upper case.
    const PREFIX: &str;

    /// The number of `written`: a word, or its full name in protobuf.
    fn number(written: &str) -> Option<i32> {
        let word = written.strip_prefix(Self::PREFIX).unwrap_or(written);
        let at = Self::WORDS.iter().position(|known| known.eq_ignore_ascii_case(word))?;
        i32::try_from(at).ok()
    }

    /// The word of a number; `unspecified` for those of schemas to come.
    fn word(number: i32) -> &'static str {
        usize::try_from(number).ok().and_then(|at| Self::WORDS.get(at)).copied().unwrap_or(Self::WORDS[0])
    }
}

impl Words for Environment {
    const WORDS: &[&str] = &[UNSPECIFIED, "production", "staging", "dev"];
    const PREFIX: &str = "ENVIRONMENT_";
}

impl Words for FinishReason {
    const WORDS: &[&str] = &[
        UNSPECIFIED,
        "stop",
        "length",
        "content_filter",
        "timeout",
        "tool_calls",
        "cache_hit",
        "client_disconnect",
    ];
    const PREFIX: &str = "FINISH_REASON_";
}

impl Words for TokenCountMethod {
    const WORDS: &[&str] = &[UNSPECIFIED, "tiktoken", "estimated"];
    const PREFIX: &str = "TOKEN_COUNT_METHOD_";
}

impl Environment {
    /// What an app means by `written`, in `deployment.environment.name` or in the predecessor's field.
    pub fn named(written: &str) -> Environment {
        const NAMES: &[(&str, Environment)] = &[
            ("production", Environment::Production),
            ("prod", Environment::Production),
            ("staging", Environment::Staging),
            ("stage", Environment::Staging),
            ("dev", Environment::Dev),
            ("development", Environment::Dev),
        ];
        let known = NAMES.iter().find(|(name, _)| written.eq_ignore_ascii_case(name));
        known.map_or(Environment::Unspecified, |(_, environment)| *environment)
    }

    pub fn word(self) -> &'static str {
        <Environment as Words>::word(self as i32)
    }
}

impl FinishReason {
    /// What a provider means by `written`.
    ///
    /// Source: the stop reasons in the APIs of OpenAI, Anthropic, Gemini, Bedrock, Cohere and Mistral.
    pub fn named(written: &str) -> FinishReason {
        use FinishReason::*;
        const NAMES: &[(&str, FinishReason)] = &[
            ("end_turn", Stop),
            ("stop_sequence", Stop),
            ("complete", Stop),
            ("completed", Stop),
            ("finished", Stop),
            ("eos", Stop),
            ("max_tokens", Length),
            ("max_output_tokens", Length),
            ("model_length", Length),
            ("model_context_window_exceeded", Length),
            ("content_filtered", ContentFilter),
            ("guardrail_intervened", ContentFilter),
            ("refusal", ContentFilter),
            ("safety", ContentFilter),
            ("recitation", ContentFilter),
            ("blocklist", ContentFilter),
            ("prohibited_content", ContentFilter),
            ("spii", ContentFilter),
            ("tool_call", ToolCalls),
            ("tool_use", ToolCalls),
            ("function_call", ToolCalls),
        ];
        let word = written.rsplit('.').next().unwrap_or(written).replace('-', "_");
        if let Some(number) = <FinishReason as Words>::number(&word) {
            return FinishReason::try_from(number).unwrap_or(Unspecified);
        }
        let known = NAMES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
        known.map_or(Unspecified, |(_, reason)| *reason)
    }

    pub fn word(self) -> &'static str {
        <FinishReason as Words>::word(self as i32)
    }
}

impl TokenCountMethod {
    /// The one that a word of the predecessor's, or a value of `sidelight.tokens.method`, means. What the provider
    /// reported was counted by nobody here.
    pub fn named(written: &str) -> TokenCountMethod {
        match written.split(':').next() {
            Some("tiktoken" | "tokenizer") => TokenCountMethod::Tiktoken,
            Some("estimated" | "estimate") => TokenCountMethod::Estimated,
            _ => TokenCountMethod::Unspecified,
        }
    }

    pub fn word(self) -> &'static str {
        <TokenCountMethod as Words>::word(self as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_providers_say_is_one_of_the_reasons() {
        let check = |written: &str, expected| assert_eq!(FinishReason::named(written), expected, "{written}");
        check("stop", FinishReason::Stop);
        check("FinishReason.TOOL_CALLS", FinishReason::ToolCalls);
        check("tool-calls", FinishReason::ToolCalls);
        check("MAX_TOKENS", FinishReason::Length);
        check("end_turn", FinishReason::Stop);
        check("SAFETY", FinishReason::ContentFilter);
        check("", FinishReason::Unspecified);
        check("the model was tired", FinishReason::Unspecified);
    }

    #[test]
    fn every_number_has_a_word_and_every_word_its_number() {
        for number in 0..8 {
            assert_eq!(FinishReason::number(<FinishReason as Words>::word(number)), Some(number));
        }
        assert_eq!(FinishReason::number("FINISH_REASON_CACHE_HIT"), Some(6));
        assert_eq!(<FinishReason as Words>::word(99), "unspecified");
        assert_eq!(FinishReason::number("nope"), None);
    }
}
