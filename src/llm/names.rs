//! The attribute names that Sidelight writes (design: what a span gains).

pub const KIND: &str = "sidelight.kind";
pub const DIALECTS: &str = "sidelight.dialects";
pub const USAGE_COUNTED: &str = "sidelight.usage_counted";
pub const PII_DETECTED: &str = "sidelight.pii.detected";
pub const PII_TYPES: &str = "sidelight.pii.types";
pub const PII_COUNTS: &str = "sidelight.pii.counts";
pub const PII_ACTION: &str = "sidelight.pii.action";
pub const INJECTION_ATTEMPT: &str = "sidelight.injection.attempt";
pub const INJECTION_SCORE: &str = "sidelight.injection.score";
pub const INJECTION_RULES: &str = "sidelight.injection.rules";
pub const TOKENS_INPUT: &str = "sidelight.tokens.input";
pub const TOKENS_OUTPUT: &str = "sidelight.tokens.output";
pub const TOKENS_METHOD: &str = "sidelight.tokens.method";
pub const COST_USD: &str = "sidelight.cost.usd";
pub const COST_INPUT_USD: &str = "sidelight.cost.input_usd";
pub const COST_OUTPUT_USD: &str = "sidelight.cost.output_usd";
pub const PRICE_VERSION: &str = "sidelight.cost.price_version";
pub const SAMPLED: &str = "sidelight.sampled";
pub const PROMPT_SHA256: &str = "sidelight.prompt.sha256";
pub const EMBEDDING_VECTOR: &str = "sidelight.embedding.vector";
/// Beside it, for a call that embeds several texts: a vector for each, in order; empty where one is missing.
pub const EMBEDDING_VECTORS: &str = "sidelight.embedding.vectors";
pub const EMBEDDING_MODEL: &str = "sidelight.embedding.model";

/// Ids of records, which are UUIDs, as they were given.
pub const SPAN_UUID: &str = "sidelight.span.uuid";
pub const PARENT_SPAN_UUID: &str = "sidelight.parent_span.uuid";

/// What records have and OTLP has no home for.
pub const RECORD_TRACE_ID: &str = "sidelight.record.trace_id";
pub const RECORD_SCHEMA_VERSION: &str = "sidelight.record.schema_version";
pub const RECORD_ENDPOINT: &str = "sidelight.record.endpoint";
pub const RECORD_PRICE_VERSION: &str = "sidelight.record.price_version";
pub const RECORD_TOKEN_COUNT_METHOD: &str = "sidelight.record.token_count_method";
pub const RECORD_ATTEMPTED_MODELS: &str = "sidelight.record.attempted_models";
pub const RECORD_RESPONSE_EMBEDDING: &str = "sidelight.record.response_embedding";
/// How many texts an embeddings call was given, where the texts themselves are not there.
pub const RECORD_INPUTS: &str = "sidelight.record.inputs";
/// How often the app had to ask again.
pub const RETRY_COUNT: &str = "sidelight.record.retry_count";

/// What an exporter had to cut, in lists of one length: which attributes, how long they were, and their hashes.
pub const TRIMMED: &str = "sidelight.trimmed";
pub const TRIMMED_BYTES: &str = "sidelight.trimmed.bytes";
pub const TRIMMED_SHA256: &str = "sidelight.trimmed.sha256";

/// Names that earlier tools write; `enrich.aliases` turns them off.
pub const ALIAS_PII: &str = "llm.pii_detected";
pub const ALIAS_INJECTION: &str = "llm.injection_attempt";
pub const ALIAS_SAMPLED: &str = "llm.is_sampled";

/// Whether `key` is one that Sidelight alone writes.
pub fn is_ours(key: &str) -> bool {
    key.starts_with("sidelight.") || [ALIAS_PII, ALIAS_INJECTION, ALIAS_SAMPLED].contains(&key)
}

pub const OPERATION: &str = "gen_ai.operation.name";
pub const PROVIDER: &str = "gen_ai.provider.name";
pub const REQUEST_MODEL: &str = "gen_ai.request.model";
pub const RESPONSE_MODEL: &str = "gen_ai.response.model";
pub const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
pub const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
pub const CACHE_READ_TOKENS: &str = "gen_ai.usage.cache_read.input_tokens";
pub const CACHE_WRITE_TOKENS: &str = "gen_ai.usage.cache_write.input_tokens";
pub const REASONING_TOKENS: &str = "gen_ai.usage.reasoning.output_tokens";
pub const AUDIO_INPUT_TOKENS: &str = "gen_ai.usage.audio.input_tokens";
pub const AUDIO_OUTPUT_TOKENS: &str = "gen_ai.usage.audio.output_tokens";
pub const TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";

pub const RESPONSE_ID: &str = "gen_ai.response.id";
pub const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
pub const STREAM: &str = "gen_ai.request.stream";
pub const CONVERSATION_ID: &str = "gen_ai.conversation.id";
pub const SESSION_ID: &str = "session.id";
pub const USER_ID: &str = "user.id";
pub const DIMENSIONS: &str = "gen_ai.embeddings.dimension.count";
pub const TOOL_NAME: &str = "gen_ai.tool.name";
pub const SERVER_ADDRESS: &str = "server.address";
pub const SERVER_PORT: &str = "server.port";
pub const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
pub const INPUT_MESSAGES: &str = "gen_ai.input.messages";
pub const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
/// What the app says of a call for its own use, as OpenInference names it: texts, and a JSON object in a text.
pub const TAGS: &str = "tag.tags";
pub const METADATA: &str = "metadata";
pub const TOOL_DEFINITIONS: &str = "gen_ai.tool.definitions";

/// What older conventions called some of them; `enrich.aliases: all` writes them too.
pub const OLDER_PROVIDER: &str = "gen_ai.system";
pub const OLDER_INPUT_TOKENS: &str = "gen_ai.usage.prompt_tokens";
pub const OLDER_OUTPUT_TOKENS: &str = "gen_ai.usage.completion_tokens";
pub const OLDER_TOTAL_TOKENS: &str = "llm.usage.total_tokens";
pub const OLDER_CACHE_READ_TOKENS: &str = "gen_ai.usage.cache_read_input_tokens";
pub const OLDER_CACHE_WRITE_TOKENS: &str = "gen_ai.usage.cache_creation_input_tokens";

/// What the app itself says that a call cost, in dollars.
pub const REPORTED_COST: &str = "gen_ai.usage.cost";
