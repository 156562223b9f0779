//! Who serves a model: the names that the semantic conventions give providers, out of the many that
//! libraries write.
//!
//! Source: `gen_ai.provider.name` of the GenAI semantic conventions for the names; spec/dialects.md
//! (recognition traps, field order) for what is written in their place.

mod host;
mod tables;

pub use host::{may_be_host, of_host, tail};

use super::Kind;
use std::borrow::Cow;
use tables::{CONVENTION, FAMILIES, FRAMEWORKS, MODELS, ONLY, SERVERS, SPELLINGS};

/// The convention's name for what a library wrote as provider. `None` where it names no provider
/// but a framework, or nothing.
pub fn clean(written: &str) -> Option<Cow<'_, str>> {
    let name = written.trim();
    if name.is_empty() || name.len() > 64 {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    if FRAMEWORKS.contains(&lower.as_str()) {
        return None;
    }
    if let Some(known) = known(&lower) {
        return Some(Cow::Borrowed(known));
    }
    if lower.starts_with("google.vertex") {
        return Some(Cow::Borrowed("gcp.vertex_ai"));
    }
    // The Vercel AI SDK writes `<provider>.<api>`: `openai.chat`, `google.generative-ai`, `amazon-bedrock`.
    if let Some((provider, _api)) = lower.split_once('.')
        && !CONVENTION.iter().any(|name| lower.starts_with(name))
    {
        return clean_lower(provider).map(|provider| Cow::Owned(provider.into_owned()));
    }
    Some(if lower == name { Cow::Borrowed(name) } else { Cow::Owned(lower) })
}

fn clean_lower(provider: &str) -> Option<Cow<'_, str>> {
    if provider.is_empty() || FRAMEWORKS.contains(&provider) {
        return None;
    }
    Some(known(provider).map_or(Cow::Borrowed(provider), Cow::Borrowed))
}

fn known(lower: &str) -> Option<&'static str> {
    SPELLINGS.iter().find(|(written, _)| *written == lower).map(|(_, name)| *name)
}

/// Whether `lower` is a provider's name of the convention, or a known spelling of one, in lower case.
pub fn is_spelling(lower: &str) -> bool {
    SPELLINGS.iter().any(|(written, name)| *written == lower || *name == lower)
}

/// Who makes the model of that name, where its name tells.
pub fn of_model(model: &str) -> Option<&'static str> {
    if let Some(provider) = split(model).and_then(|(head, _)| named_by_litellm(head)) {
        return Some(provider);
    }
    MODELS.iter().find(|(begin, _)| begins(model, begin)).map(|(_, name)| *name)
}

/// Whether `model` begins with `begin`, and `begin` does not end inside a word: `o1-mini` is an `o1`, `o1234` is not.
fn begins(model: &str, begin: &str) -> bool {
    let Some((head, rest)) = model.split_at_checked(begin.len()) else {
        return false;
    };
    let inside_word = begin.ends_with(char::is_alphanumeric) && rest.starts_with(char::is_alphanumeric);
    head.eq_ignore_ascii_case(begin) && !inside_word
}

/// The model's own name: LiteLLM writes `openai/gpt-4o`, Pydantic AI `openai:gpt-4o`, Google's API
/// `models/gemini-2.5-flash`. What a gateway such as OpenRouter or a hub names after an organisation keeps it.
pub fn bare_model(model: &str) -> &str {
    match split(model) {
        Some((head, rest)) if head == "models" || named_by_litellm(head).is_some() => rest,
        _ => model,
    }
}

/// What stands before a model's name, and the name. Ollama's `mistral:7b` is one name.
fn split(model: &str) -> Option<(&str, &str)> {
    let marked = model.split_once(':').filter(|(head, rest)| !head.contains('/') && is_named(rest));
    marked.or_else(|| model.split_once('/'))
}

/// The provider in a name that says more: LiteLLM's `openai/gpt-4o`, Dify's `langgenius/openai/openai`.
pub fn in_path(written: &str) -> &str {
    let mut parts = written.split('/');
    let first = parts.next().unwrap_or_default();
    let known = |part: &&str| named_by_litellm(part).is_some();
    if known(&first) { first } else { parts.find(known).unwrap_or(first) }
}

/// The provider that LiteLLM puts before a model's name.
fn named_by_litellm(head: &str) -> Option<&'static str> {
    let makers = || MODELS.iter().map(|(_, name)| *name);
    let server = || SERVERS.iter().find(|name| **name == head).copied();
    known(head).or_else(|| makers().find(|name| *name == head)).or_else(server)
}

/// The one thing that a model of that name can do, where its name tells.
pub fn only(model: &str) -> Option<Kind> {
    ONLY.iter().find(|(begin, _)| begins(model, begin)).map(|(_, kind)| *kind)
}

/// Whether a name is one that LLMs and embedding models bear.
pub fn is_model(name: &str) -> bool {
    of_model(&name.to_ascii_lowercase()).is_some() || is_named(name)
}

/// Whether the name itself is such a one, whatever stands before it.
fn is_named(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let at_word = |at: usize| !lower[..at].ends_with(|before: char| before.is_ascii_alphabetic());
    let named = |family: &&str| lower.match_indices(*family).any(|(at, _)| at_word(at));
    MODELS.iter().any(|(begin, _)| begins(&lower, begin)) || FAMILIES.iter().any(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, expected: Option<&str>) {
        assert_eq!(clean(written).as_deref(), expected, "{written}");
    }

    #[test]
    fn capitals_suffixes_and_old_names_become_the_conventions_name() {
        check("OpenAI", Some("openai"));
        check("openai.chat", Some("openai"));
        check("openai.responses", Some("openai"));
        check("google.generative-ai", Some("gcp.gemini"));
        check("MistralAI", Some("mistral_ai"));
        check("az.ai.inference", Some("azure.ai.inference"));
        check("AWS", Some("aws.bedrock"));
        check("gcp.vertex_ai", Some("gcp.vertex_ai"));
        check("acme", Some("acme"));
        check("ChatOpenAI", Some("openai"));
        check("OPEN_AI", Some("openai"));
        check("AzureOpenAI", Some("azure.ai.openai"));
        check("Google Vertex AI", Some("gcp.vertex_ai"));
        check("vertex_ai_beta", Some("gcp.vertex_ai"));
        check("ollama_chat", Some("ollama"));
        check("bedrock_converse", Some("aws.bedrock"));
        check("huggingface_hub", Some("huggingface"));
        check("google.vertex.chat", Some("gcp.vertex_ai"));
        check("amazon-bedrock", Some("aws.bedrock"));
        check("x.ai", Some("x_ai"));
    }

    #[test]
    fn a_framework_is_no_provider() {
        check("langchain", None);
        check("strands-agents", None);
        check("gcp.vertex.agent", None);
        check("", None);
    }

    #[test]
    fn what_is_clean_stays() {
        for (_, name) in SPELLINGS.iter().chain(MODELS).chain(host::HOSTS) {
            check(name, Some(name));
        }
    }

    #[test]
    fn a_models_name_tells_its_maker() {
        assert_eq!(of_model("gpt-4o"), Some("openai"));
        assert_eq!(of_model("anthropic.claude-3-5-sonnet-20240620-v1:0"), Some("aws.bedrock"));
        assert_eq!(of_model("anthropic/claude-3"), Some("anthropic"));
        assert_eq!(bare_model("openai/gpt-4o"), "gpt-4o");
        assert_eq!(of_model("openai:gpt-4o"), Some("openai"));
        assert_eq!(bare_model("openai:gpt-4o"), "gpt-4o");
        assert_eq!(bare_model("mistral:7b"), "mistral:7b");
        assert_eq!(bare_model("ft:gpt-4o-mini:acme::1"), "ft:gpt-4o-mini:acme::1");
        assert_eq!(in_path("openai/gpt-4o"), "openai");
        assert_eq!(in_path("langgenius/openai/openai"), "openai");
        assert_eq!(in_path("openrouter/anthropic"), "openrouter");
        assert_eq!(in_path("acme/shop"), "acme");
        assert_eq!(bare_model("meta-llama/Llama-3-8b"), "meta-llama/Llama-3-8b");
        assert_eq!(of_model("o1-mini"), Some("openai"));
        assert_eq!(of_model("o1234"), None);
        assert_eq!(of_model("llama3.2"), None);
    }
}
