//! Who serves a model: the names that the semantic conventions give providers, out of the many that
//! libraries write.
//!
//! Source: `gen_ai.provider.name` of the GenAI semantic conventions for the names; spec/dialects.md
//! (recognition traps, field order) for what is written in their place.

use super::Kind;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Spellings that differ from the convention's own.
const SPELLINGS: &[(&str, &str)] = &[
    ("az.ai.inference", "azure.ai.inference"),
    ("azure_ai_inference", "azure.ai.inference"),
    ("azure_ai", "azure.ai.inference"),
    ("az.ai.openai", "azure.ai.openai"),
    ("azure_openai", "azure.ai.openai"),
    ("azure-openai", "azure.ai.openai"),
    ("azure", "azure.ai.openai"),
    ("azureopenai", "azure.ai.openai"),
    ("azure_ai_openai", "azure.ai.openai"),
    ("azurechatopenai", "azure.ai.openai"),
    ("azure openai", "azure.ai.openai"),
    ("azure_text", "azure.ai.openai"),
    ("azureaiinference", "azure.ai.inference"),
    ("azure_inference", "azure.ai.inference"),
    ("azure ai inference", "azure.ai.inference"),
    ("azure_ai_foundry", "azure.ai.inference"),
    ("azure-ai-foundry", "azure.ai.inference"),
    ("open_ai", "openai"),
    ("open-ai", "openai"),
    ("chatopenai", "openai"),
    ("openai_chat", "openai"),
    ("openai-chat", "openai"),
    ("openai_responses", "openai"),
    ("openai-responses", "openai"),
    ("text-completion-openai", "openai"),
    ("chatanthropic", "anthropic"),
    ("anthropic_messages", "anthropic"),
    ("vertex_ai", "gcp.vertex_ai"),
    ("vertexai", "gcp.vertex_ai"),
    ("vertex", "gcp.vertex_ai"),
    ("vertex_ai_beta", "gcp.vertex_ai"),
    ("vertex-ai", "gcp.vertex_ai"),
    ("vertex ai", "gcp.vertex_ai"),
    ("google vertex ai", "gcp.vertex_ai"),
    ("google vertexai", "gcp.vertex_ai"),
    ("google-vertex", "gcp.vertex_ai"),
    ("google_vertex", "gcp.vertex_ai"),
    ("google-vertexai", "gcp.vertex_ai"),
    ("chatvertexai", "gcp.vertex_ai"),
    ("google_vertexai", "gcp.vertex_ai"),
    ("gemini", "gcp.gemini"),
    ("google_genai", "gcp.gemini"),
    ("google-genai", "gcp.gemini"),
    ("google", "gcp.gemini"),
    ("googleai", "gcp.gemini"),
    ("google ai", "gcp.gemini"),
    ("google_ai", "gcp.gemini"),
    ("google-ai", "gcp.gemini"),
    ("google-gla", "gcp.gemini"),
    ("google genai", "gcp.gemini"),
    ("google gemini", "gcp.gemini"),
    ("google_gemini", "gcp.gemini"),
    ("google_ai_gemini", "gcp.gemini"),
    ("google generative ai", "gcp.gemini"),
    ("google_generative_ai", "gcp.gemini"),
    ("google-generative-ai", "gcp.gemini"),
    ("googlegenerativeai", "gcp.gemini"),
    ("chatgooglegenerativeai", "gcp.gemini"),
    ("gcp.gen_ai", "gcp.gemini"),
    ("mistralai", "mistral_ai"),
    ("mistral", "mistral_ai"),
    ("mistral-ai", "mistral_ai"),
    ("mistral ai", "mistral_ai"),
    ("chatmistralai", "mistral_ai"),
    ("bedrock", "aws.bedrock"),
    ("aws_bedrock", "aws.bedrock"),
    ("amazon_bedrock", "aws.bedrock"),
    ("amazon-bedrock", "aws.bedrock"),
    ("bedrock_converse", "aws.bedrock"),
    ("bedrock-converse", "aws.bedrock"),
    ("aws bedrock", "aws.bedrock"),
    ("aws-bedrock", "aws.bedrock"),
    ("amazon bedrock", "aws.bedrock"),
    ("bedrock-runtime", "aws.bedrock"),
    ("chatbedrock", "aws.bedrock"),
    ("chatbedrockconverse", "aws.bedrock"),
    ("sagemaker", "aws.sagemaker"),
    ("aws", "aws.bedrock"),
    ("xai", "x_ai"),
    ("x-ai", "x_ai"),
    ("x.ai", "x_ai"),
    ("grok", "x_ai"),
    ("chatxai", "x_ai"),
    ("watsonx", "ibm.watsonx.ai"),
    ("watsonx.ai", "ibm.watsonx.ai"),
    ("watsonx_ai", "ibm.watsonx.ai"),
    ("ibm_watsonx_ai", "ibm.watsonx.ai"),
    ("claude", "anthropic"),
    ("co_here", "cohere"),
    ("cohere_chat", "cohere"),
    ("chatcohere", "cohere"),
    ("ollama_chat", "ollama"),
    ("chatollama", "ollama"),
    ("chatgroq", "groq"),
    ("hugging_face", "huggingface"),
    ("hugging-face", "huggingface"),
    ("hugging face", "huggingface"),
    ("huggingface_hub", "huggingface"),
    ("hf", "huggingface"),
    ("hf-inference", "huggingface"),
    ("open_router", "openrouter"),
    ("hosted_vllm", "vllm"),
    ("perplexityai", "perplexity"),
    ("perplexity_ai", "perplexity"),
    ("deep_seek", "deepseek"),
    ("together_ai", "together"),
    ("togetherai", "together"),
    ("fireworks_ai", "fireworks"),
    ("fireworks-ai", "fireworks"),
    ("fireworksai", "fireworks"),
    ("together-ai", "together"),
    ("together ai", "together"),
    ("moonshotai", "moonshot"),
    ("moonshot_ai", "moonshot"),
    ("z.ai", "zai"),
    ("z_ai", "zai"),
    ("voyageai", "voyage"),
    ("voyage_ai", "voyage"),
    ("alibaba", "dashscope"),
    ("qwen", "dashscope"),
    ("tongyi", "dashscope"),
    ("alibaba_cloud", "dashscope"),
];

/// Values that name a library rather than who serves the model.
const FRAMEWORKS: &[&str] = &[
    "langchain4j",
    "langchain4j-aiservices",
    "promptflow",
    "ag2",
    "autogen",
    "braintrust",
    "langtrace",
    "langsmith",
    "langfuse",
    "openlit",
    "openinference",
    "weave",
    "dify",
    "flowise",
    "n8n",
    "letta",
    "semantic-kernel",
    "microsoft.semantic_kernel",
    "pydantic_ai",
    "llama-index-core",
    "google_adk",
    "google-adk",
    "portkey",
    "helicone",
    "langchain",
    "langgraph",
    "llamaindex",
    "llama_index",
    "llama-index",
    "litellm",
    "strands-agents",
    "strands",
    "gcp.vertex.agent",
    "microsoft.agent_framework",
    "agent_framework",
    "semantic_kernel",
    "haystack",
    "pydantic-ai",
    "crewai",
    "smolagents",
    "agno",
    "dspy",
    "openai-agents",
    "openai_agents",
    "spring_ai",
    "vercel",
    "mastra",
    "mcp",
    "traceloop",
    "framework",
    "genkit",
    "az.ai.agents",
    "unknown",
    "none",
    "null",
    "other",
    "_other",
];

/// How the names of a provider's own models begin, and hosts under which it is served.
const MODELS: &[(&str, &str)] = &[
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding-004", "gcp.gemini"),
    ("text-embedding-", "openai"),
    ("davinci", "openai"),
    ("claude-", "anthropic"),
    ("gemini-", "gcp.gemini"),
    ("anthropic.claude", "aws.bedrock"),
    ("amazon.", "aws.bedrock"),
    ("us.anthropic.", "aws.bedrock"),
    ("eu.anthropic.", "aws.bedrock"),
    ("us.amazon.", "aws.bedrock"),
    ("meta.", "aws.bedrock"),
    ("command-", "cohere"),
    ("embed-english", "cohere"),
    ("embed-multilingual", "cohere"),
    ("rerank-", "cohere"),
    ("mistral-", "mistral_ai"),
    ("open-mistral", "mistral_ai"),
    ("open-mixtral", "mistral_ai"),
    ("codestral", "mistral_ai"),
    ("deepseek-", "deepseek"),
    ("grok-", "x_ai"),
    ("sonar", "perplexity"),
];

const HOSTS: &[(&str, &str)] = &[
    ("openai.azure.com", "azure.ai.openai"),
    ("cognitiveservices.azure.com", "azure.ai.openai"),
    ("models.inference.ai.azure.com", "azure.ai.inference"),
    ("services.ai.azure.com", "azure.ai.inference"),
    ("openai.com", "openai"),
    ("anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("bedrock-runtime.", "aws.bedrock"),
    ("cohere.com", "cohere"),
    ("cohere.ai", "cohere"),
    ("mistral.ai", "mistral_ai"),
    ("groq.com", "groq"),
    ("deepseek.com", "deepseek"),
    ("x.ai", "x_ai"),
    ("perplexity.ai", "perplexity"),
    ("together.xyz", "together"),
    ("openrouter.ai", "openrouter"),
    ("fireworks.ai", "fireworks"),
    ("moonshot.cn", "moonshot"),
    ("moonshot.ai", "moonshot"),
    ("dashscope.aliyuncs.com", "dashscope"),
    ("dashscope-intl.aliyuncs.com", "dashscope"),
    ("api-inference.huggingface.co", "huggingface"),
    ("router.huggingface.co", "huggingface"),
    ("api.cerebras.ai", "cerebras"),
    ("api.sambanova.ai", "sambanova"),
    ("integrate.api.nvidia.com", "nvidia"),
    ("api.voyageai.com", "voyage"),
    ("bigmodel.cn", "zai"),
    ("api.z.ai", "zai"),
    ("localhost:11434", "ollama"),
    ("127.0.0.1:11434", "ollama"),
    ("ollama:11434", "ollama"),
];

/// Names of models that many serve: they speak for a model call, and for no provider.
const FAMILIES: &[&str] = &[
    "llama",
    "mixtral",
    "qwen",
    "gemma",
    "phi-3",
    "phi-4",
    "phi3",
    "phi4",
    "nomic-embed",
    "bge-",
    "codellama",
    "yi-34b",
    "glm-4",
    "glm-5",
    "kimi-",
    "gpt-oss",
    "granite",
    "hermes-",
    "minilm",
    "mpt-7b",
    "falcon-7b",
    "vicuna",
    "starcoder",
    "smollm",
    "olmo",
    "nemotron",
    "minimax",
];

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

/// Names of the convention that have a dot of their own.
const CONVENTION: &[&str] = &["aws.", "azure.", "gcp.", "ibm.", "az."];

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
    if let Some(provider) = model.split_once('/').and_then(|(head, _)| named_by_litellm(head)) {
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

/// The model's own name: LiteLLM writes `openai/gpt-4o`, Google's API `models/gemini-2.5-flash`. What
/// a gateway such as OpenRouter or a hub names after an organisation keeps it.
pub fn bare_model(model: &str) -> &str {
    match model.split_once('/') {
        Some((head, rest)) if head == "models" || named_by_litellm(head).is_some() => rest,
        _ => model,
    }
}

/// The provider that LiteLLM puts before a model's name.
fn named_by_litellm(head: &str) -> Option<&'static str> {
    let makers = || MODELS.iter().map(|(_, name)| *name);
    let server = || SERVERS.iter().find(|name| **name == head).copied();
    known(head).or_else(|| makers().find(|name| *name == head)).or_else(server)
}

/// Providers that serve models of others.
const SERVERS: &[&str] = &["ollama", "groq", "fireworks_ai", "together", "openrouter"];

/// Who is served under that host or base URL.
///
/// Asked for every HTTP span: hosts that end like none of the list, as nearly all do, are done with after a
/// comparison each of eight bytes.
pub fn of_host(url: &str) -> Option<&'static str> {
    let host = host_of(url);
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    if !TAILS.have(name.as_bytes()) && (name.len() == host.len() || !TAILS.have(host.as_bytes())) {
        return None;
    }
    HOSTS.iter().find(|(known, _)| serves(host, name, known)).map(|(_, name)| *name)
}

/// Whether `known` is that host: with its port, by its beginning where it ends in a dot, else by its end.
fn serves(host: &str, name: &str, known: &str) -> bool {
    if known.contains(':') {
        return host == known;
    }
    if known.ends_with('.') {
        return name.contains(known) && AMAZON.iter().any(|end| name.ends_with(end));
    }
    name.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with(['.', '-']))
}

/// Where Amazon serves its models, whatever the region.
const AMAZON: &[&str] = &["amazonaws.com", "amazonaws.com.cn"];

/// What stands between the scheme and the path of `url`, with its port; all of what is no URL.
fn host_of(url: &str) -> &str {
    let begins = memchr::memmem::find(url.as_bytes(), b"://").map_or(0, |at| at + 3);
    let rest = &url[begins..];
    let host =
        &rest[..rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len())];
    memchr::memrchr(b'@', host.as_bytes()).map_or(host, |at| &host[at + 1..])
}

/// How the hosts end, to turn nearly all others away by a few comparisons: each span that names a host asks.
struct Tails {
    /// The last eight bytes, sorted.
    long: Vec<u64>,
    /// Of shorter ones all bytes, and which of eight they are.
    short: Vec<(u64, u64)>,
}

static TAILS: LazyLock<Tails> = LazyLock::new(|| {
    let ends = HOSTS.iter().map(|(known, _)| known.as_bytes()).filter(|known| !known.ends_with(b"."));
    let ends = ends.chain(AMAZON.iter().map(|end| end.as_bytes()));
    let (long, short): (Vec<&[u8]>, Vec<&[u8]>) = ends.partition(|end| end.len() >= 8);
    let mut long: Vec<u64> = long.into_iter().map(tail).collect();
    long.sort_unstable();
    long.dedup();
    Tails { long, short: short.into_iter().map(|end| (tail(end), (1 << (8 * end.len())) - 1)).collect() }
});

impl Tails {
    fn have(&self, host: &[u8]) -> bool {
        let tail = tail(host);
        self.long.binary_search(&tail).is_ok() || self.short.iter().any(|(end, mask)| tail & mask == *end)
    }
}

/// The last eight bytes, the very last lowest; what is missing is zero.
#[inline]
fn tail(text: &[u8]) -> u64 {
    match text.last_chunk::<8>() {
        Some(last) => u64::from_be_bytes(*last),
        None => text.iter().fold(0, |tail, byte| tail << 8 | u64::from(*byte)),
    }
}

/// How the names of models begin that can only embed or rerank.
const ONLY: &[(&str, Kind)] = &[
    ("text-embedding-", Kind::Embeddings),
    ("textembedding-", Kind::Embeddings),
    ("gemini-embedding-", Kind::Embeddings),
    ("embed-", Kind::Embeddings),
    ("embedding-", Kind::Embeddings),
    ("mistral-embed", Kind::Embeddings),
    ("codestral-embed", Kind::Embeddings),
    ("nomic-embed-", Kind::Embeddings),
    ("mxbai-embed-", Kind::Embeddings),
    ("amazon.titan-embed-", Kind::Embeddings),
    ("cohere.embed-", Kind::Embeddings),
    ("rerank-", Kind::Rerank),
    ("cohere.rerank-", Kind::Rerank),
    ("amazon.rerank-", Kind::Rerank),
];

/// The one thing that a model of that name can do, where its name tells.
pub fn only(model: &str) -> Option<Kind> {
    ONLY.iter().find(|(begin, _)| begins(model, begin)).map(|(_, kind)| *kind)
}

/// Whether a name is one that LLMs and embedding models bear.
pub fn is_model(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let at_word = |at: usize| !lower[..at].ends_with(|before: char| before.is_ascii_alphabetic());
    let named = |family: &&str| lower.match_indices(*family).any(|(at, _)| at_word(at));
    of_model(&lower).is_some() || FAMILIES.iter().any(named)
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
    fn a_host_is_known_by_its_name_alone() {
        let check = |url: &str, expected| assert_eq!(of_host(url), expected, "{url}");
        check("api.openai.com", Some("openai"));
        check("https://api.openai.com/v1/", Some("openai"));
        check("https://shop.openai.azure.com:443/openai?x=1", Some("azure.ai.openai"));
        check("us-central1-aiplatform.googleapis.com", Some("gcp.vertex_ai"));
        check("bedrock-runtime.eu-west-1.amazonaws.com", Some("aws.bedrock"));
        check("s3.eu-west-1.amazonaws.com", None);
        check("https://key:secret@api.x.ai/v1", Some("x_ai"));
        check("http://localhost:11434", Some("ollama"));
        check("localhost:8080", None);
        check("mix.ai", None);
        check("notopenai.com", None);
        check("https://shop.example/openai.com?x=1", None);
        check("", None);
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
        for (_, name) in SPELLINGS.iter().chain(MODELS).chain(HOSTS) {
            check(name, Some(name));
        }
    }

    #[test]
    fn a_models_name_tells_its_maker() {
        assert_eq!(of_model("gpt-4o"), Some("openai"));
        assert_eq!(of_model("anthropic.claude-3-5-sonnet-20240620-v1:0"), Some("aws.bedrock"));
        assert_eq!(of_model("anthropic/claude-3"), Some("anthropic"));
        assert_eq!(bare_model("openai/gpt-4o"), "gpt-4o");
        assert_eq!(bare_model("meta-llama/Llama-3-8b"), "meta-llama/Llama-3-8b");
        assert_eq!(of_model("o1-mini"), Some("openai"));
        assert_eq!(of_model("o1234"), None);
        assert_eq!(of_model("llama3.2"), None);
    }
}
