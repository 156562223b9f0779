//! From the name of a model to the way its tokens are counted.

use super::encoding::Encoding;
use super::json;
use super::rules::{Rule, family};
use Encoding::{Cl100kBase, O200kBase, O200kHarmony, P50kBase, R50kBase};
use std::sync::Arc;

/// How the tokens of one model are counted: exactly, or by a rule where its tokenizer is not public.
#[derive(Clone)]
pub enum Tokenizer {
    Exact(Encoding),
    /// By a `tokenizer.json`.
    Given(Arc<json::Tokenizer>),
    Estimate(&'static Rule),
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

    /// How many tokens `text` is; an estimate is rounded to the nearest.
    pub fn count(&self, text: &str) -> u64 {
        match self {
            Tokenizer::Exact(encoding) => encoding.count(text),
            Tokenizer::Given(tokenizer) => tokenizer.count(text),
            Tokenizer::Estimate(rule) => rule.count(text),
        }
    }

    /// The value of `sidelight.tokens.method`: `tokenizer:<encoding or model>` or `estimate:<rule>`.
    pub fn method(&self) -> String {
        match self {
            Tokenizer::Exact(encoding) => format!("tokenizer:{}", encoding.name()),
            Tokenizer::Given(tokenizer) => format!("tokenizer:{}", tokenizer.name()),
            Tokenizer::Estimate(rule) => format!("estimate:{}", rule.name),
        }
    }

    /// The encoding that is counted in, exact or not; of a tokenizer that was given, the nearest.
    pub(super) fn base(&self) -> Encoding {
        match self {
            Tokenizer::Exact(encoding) => *encoding,
            Tokenizer::Given(_) => O200kBase,
            Tokenizer::Estimate(rule) => rule.base,
        }
    }
}

pub(super) fn encoding(model: &str) -> Option<Encoding> {
    let bare = bare(model);
    if let Some(tuned) = bare.strip_prefix("ft:") {
        return encoding(tuned.split(':').next().unwrap_or(tuned));
    }
    ENCODINGS.iter().find(|(name, _)| fits(bare, name)).map(|(_, encoding)| *encoding)
}

/// Whether the bare name `model` is one of those that `name` stands for; see [`ENCODINGS`].
pub(super) fn fits(model: &str, name: &str) -> bool {
    match name.strip_suffix('*') {
        Some(start) => model.starts_with(start),
        None => {
            model.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':', '@']))
        }
    }
}

/// The name without who serves it: `azure/gpt-4`, `models/…`, `us.openai.gpt-oss-20b-1:0`.
pub(super) fn bare(model: &str) -> &str {
    let last = model.rsplit('/').next().unwrap_or(model);
    last.split_once("openai.").map_or(last, |(_, name)| name)
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
        check("command-r", "estimate:cohere");
        check("moonshotai/Kimi-K2-Instruct", "estimate:kimi");
        check("my-own-model", "estimate:other");
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
}
