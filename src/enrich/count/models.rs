//! From the name of a model to the way its tokens are counted.

use super::encoding::Encoding;
use Encoding::{Cl100kBase, O200kBase, O200kHarmony, P50kBase, R50kBase};

/// How the tokens of one model are counted: exactly, or by a rule where its tokenizer is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokenizer {
    Exact(Encoding),
    Estimate(&'static Rule),
}

/// The count of a public encoding times a factor, fitted per family of models.
///
/// Source: measured errors per family (mean of prose, code and chat): Llama 3 under 0.1 %, Qwen 6 %, DeepSeek
/// 3 %, Mistral 6 %, Gemma 3 for Gemini 7 %, Claude 2 for Claude up to 4.6 5 %; the factor for Claude
/// from 4.7 on follows published comparisons of the two and was not measured. Characters divided by four err by 12 to 26 %.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The part of `sidelight.tokens.method` after `estimate:`.
    pub name: &'static str,
    base: Encoding,
    percent: u64,
}

/// Model names with their encodings. A name stands for itself and for whatever follows it after `-`, `:`
/// or `@`, such as a date; with `*`, for whatever follows. The first row that fits wins.
///
/// Source: `tiktoken/model.py` of tiktoken 0.14. `p50k_edit` and `gpt2` differ from `p50k_base` and
/// `r50k_base` in special tokens only.
const ENCODINGS: &[(&str, Encoding)] = &[
    ("gpt-oss", O200kHarmony),
    ("gpt-5*", O200kBase),
    ("gpt-4.5", O200kBase),
    ("gpt-4.1", O200kBase),
    ("gpt-4o", O200kBase),
    ("chatgpt-4o", O200kBase),
    ("o1", O200kBase),
    ("o3", O200kBase),
    ("o4-mini", O200kBase),
    ("codex-mini", O200kBase),
    ("gpt-4", Cl100kBase),
    ("gpt-3.5", Cl100kBase),
    ("gpt-35-turbo", Cl100kBase),
    ("text-embedding-ada-002", Cl100kBase),
    ("text-embedding-3-small", Cl100kBase),
    ("text-embedding-3-large", Cl100kBase),
    ("davinci-002", Cl100kBase),
    ("babbage-002", Cl100kBase),
    ("text-davinci-003", P50kBase),
    ("text-davinci-002", P50kBase),
    ("text-davinci-edit-001", P50kBase),
    ("code-davinci", P50kBase),
    ("code-cushman", P50kBase),
    ("davinci-codex", P50kBase),
    ("cushman-codex", P50kBase),
    ("text-davinci-001", R50kBase),
    ("text-curie-001", R50kBase),
    ("text-babbage-001", R50kBase),
    ("text-ada-001", R50kBase),
    ("text-similarity", R50kBase),
    ("text-search", R50kBase),
    ("code-search", R50kBase),
    ("davinci", R50kBase),
    ("curie", R50kBase),
    ("babbage", R50kBase),
    ("ada", R50kBase),
    ("gpt2", R50kBase),
    ("gpt-2", R50kBase),
];

/// Families by words that their names hold; the first that fits wins.
const FAMILIES: &[(&[&str], Rule)] = &[
    (&["llama"], rule("llama", Cl100kBase, 100)),
    (&["gemini", "gemma"], rule("gemini", O200kBase, 113)),
    (&["mistral", "mixtral", "ministral", "magistral", "codestral", "devstral", "pixtral"], MISTRAL),
    (&["deepseek"], rule("deepseek", O200kBase, 104)),
    (&["qwen", "qwq"], rule("qwen", O200kBase, 104)),
    (&["gpt", "computer-use", "omni-moderation"], rule("openai", O200kBase, 100)),
];
const MISTRAL: Rule = rule("mistral", O200kBase, 108);
const CLAUDE: Rule = rule("claude", O200kBase, 115);
const CLAUDE_FROM_4_7: Rule = rule("claude-4.7", O200kBase, 150);
const OTHER: Rule = rule("other", O200kBase, 103);

const fn rule(name: &'static str, base: Encoding, percent: u64) -> Rule {
    Rule { name, base, percent }
}

impl Rule {
    /// Every rule there is.
    pub fn all() -> impl Iterator<Item = &'static Rule> {
        FAMILIES.iter().map(|(_, rule)| rule).chain([&CLAUDE, &CLAUDE_FROM_4_7, &OTHER])
    }
}

impl Tokenizer {
    /// The way to count for `model`, in any of the forms that models are named in: `gpt-4o-2024-08-06`,
    /// `openai/gpt-4o`, `ft:gpt-4o:acme::1`, `gpt-35-turbo` (Azure), `us.anthropic.claude-…` (Bedrock).
    pub fn of(model: &str) -> Tokenizer {
        let model = model.to_ascii_lowercase();
        match encoding(&model) {
            Some(encoding) => Tokenizer::Exact(encoding),
            None => Tokenizer::Estimate(family(&model)),
        }
    }

    /// How many tokens `text` is.
    pub fn count(self, text: &str) -> u64 {
        self.scale(self.base().count(text))
    }

    /// The value of `sidelight.tokens.method`: `tokenizer:<encoding>` or `estimate:<rule>`.
    pub fn method(self) -> String {
        match self {
            Tokenizer::Exact(encoding) => format!("tokenizer:{}", encoding.name()),
            Tokenizer::Estimate(rule) => format!("estimate:{}", rule.name),
        }
    }

    /// The encoding that is counted in, exact or not.
    pub(in crate::enrich) fn base(self) -> Encoding {
        match self {
            Tokenizer::Exact(encoding) => encoding,
            Tokenizer::Estimate(rule) => rule.base,
        }
    }

    /// `tokens` of [`Tokenizer::base`] as tokens of the model, rounded to the nearest.
    pub(in crate::enrich) fn scale(self, tokens: u64) -> u64 {
        match self {
            Tokenizer::Exact(_) => tokens,
            Tokenizer::Estimate(rule) => (tokens * rule.percent + 50) / 100,
        }
    }
}

fn encoding(model: &str) -> Option<Encoding> {
    let bare = bare(model);
    if let Some(tuned) = bare.strip_prefix("ft:") {
        return encoding(tuned.split(':').next().unwrap_or(tuned));
    }
    let fits = |name: &str| match name.strip_suffix('*') {
        Some(start) => bare.starts_with(start),
        None => {
            bare.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':', '@']))
        }
    };
    ENCODINGS.iter().find(|(name, _)| fits(name)).map(|(_, encoding)| *encoding)
}

/// The name without who serves it: `azure/gpt-4`, `models/…`, `us.openai.gpt-oss-20b-1:0`.
fn bare(model: &str) -> &str {
    let last = model.rsplit('/').next().unwrap_or(model);
    last.split_once("openai.").map_or(last, |(_, name)| name)
}

fn family(model: &str) -> &'static Rule {
    if model.contains("claude") || model.contains("anthropic") {
        return if claude_version(model) >= (4, 7) { &CLAUDE_FROM_4_7 } else { &CLAUDE };
    }
    let named = FAMILIES.iter().find(|(words, _)| words.iter().any(|word| model.contains(word)));
    named.map_or(&OTHER, |(_, rule)| rule)
}

/// `(4, 7)` of `claude-opus-4-7`, `(3, 5)` of `claude-3-5-sonnet-20241022`, `(4, 0)` of `claude-opus-4-20250514`.
fn claude_version(model: &str) -> (u32, u32) {
    let mut parts = model.split(['-', '.', '@', ':', '_']).skip_while(|part| part.parse::<u32>().is_err());
    let mut number =
        || parts.next().filter(|part| part.len() <= 2).and_then(|part| part.parse().ok()).unwrap_or(0);
    (number(), number())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(model: &str, method: &str) {
        assert_eq!(Tokenizer::of(model).method(), method, "{model}");
    }

    #[test]
    fn dated_prefixed_tuned_and_azure_names_lead_to_their_encoding() {
        check("gpt-4o-2024-08-06", "tokenizer:o200k_base");
        check("openai/gpt-4o", "tokenizer:o200k_base");
        check("openrouter/openai/gpt-4.1-mini", "tokenizer:o200k_base");
        check("GPT-4", "tokenizer:cl100k_base");
        check("gpt-4-turbo", "tokenizer:cl100k_base");
        check("azure/gpt-35-turbo-16k", "tokenizer:cl100k_base");
        check("ft:gpt-4.1-mini-2025-04-14:acme::x", "tokenizer:o200k_base");
        check("ft:gpt-3.5-turbo:acme::1", "tokenizer:cl100k_base");
        check("gpt-5.2-codex", "tokenizer:o200k_base");
        check("openai.gpt-oss-120b-1:0", "tokenizer:o200k_harmony");
        check("text-embedding-3-small", "tokenizer:cl100k_base");
        check("text-davinci-003", "tokenizer:p50k_base");
        check("davinci", "tokenizer:r50k_base");
    }

    #[test]
    fn models_without_a_public_tokenizer_are_estimated_by_family() {
        check("claude-3-5-sonnet-20241022", "estimate:claude");
        check("us.anthropic.claude-opus-4-20250514-v1:0", "estimate:claude");
        check("claude-opus-4-7", "estimate:claude-4.7");
        check("models/gemini-2.5-pro", "estimate:gemini");
        check("meta-llama/Llama-3.3-70B-Instruct", "estimate:llama");
        check("mistral-large-latest", "estimate:mistral");
        check("deepseek-chat", "estimate:deepseek");
        check("gpt-realtime", "estimate:openai");
        check("gpt-4x", "estimate:openai");
        check("command-r", "estimate:other");
        check("", "estimate:other");
    }

    #[test]
    fn every_name_of_tiktoken_leads_where_tiktoken_leads() {
        use tiktoken_rs::tokenizer::{Tokenizer as Theirs, get_tokenizer};
        let names = ENCODINGS.iter().map(|(name, _)| name.trim_end_matches('*'));
        let dated = names.clone().map(|name| format!("{name}-001"));
        for name in names.map(str::to_owned).chain(dated) {
            let expected = match get_tokenizer(&name) {
                Some(Theirs::O200kHarmony) => O200kHarmony,
                Some(Theirs::O200kBase) => O200kBase,
                Some(Theirs::Cl100kBase) => Cl100kBase,
                Some(Theirs::P50kBase | Theirs::P50kEdit) => P50kBase,
                Some(Theirs::R50kBase | Theirs::Gpt2) => R50kBase,
                None => continue,
            };
            assert_eq!(encoding(&name), Some(expected), "{name}");
        }
    }

    #[test]
    fn an_estimate_is_rounded_to_the_nearest_token() {
        let claude = Tokenizer::of("claude-3-opus");
        assert_eq!((claude.scale(0), claude.scale(10), claude.scale(100)), (0, 12, 115));
    }
}
