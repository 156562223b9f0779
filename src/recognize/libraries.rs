//! Log records of LLM libraries that fit no dialect: known by their scope, which the bridges of the
//! logging frameworks set to the logger's name.
//!
//! Such a record is no call and reports no usage, but libraries log requests and replies as plain text.
//! The scope of a span says less: any tracer may be named so, and its keys tell.

use super::dialect::{Pattern, matches};

/// Scopes of such libraries. Source: spec/text_attributes.json, `log_records.by_scope`, and the names that
/// libraries give their loggers: the package or namespace that logs. Those which are a dialect's own stand
/// here too, so that the list is whole. A name that others share (Django's `haystack`, Oracle's `coherence`)
/// stands with what tells them apart.
const SCOPES: &[Pattern] = &[
    "openai*",
    "*genai*",
    "*gen_ai*",
    "semantic_kernel.*",
    "agent_framework",
    "gcp.vertex.agent",
    "openlit.*",
    "pydantic-ai",
    "strands.*",
    "langchain*",
    "crewai*",
    "litellm*",
    // Its loggers are `LiteLLM`, `LiteLLM Proxy` and `LiteLLM Router`: litellm/_logging.py.
    "LiteLLM*",
    // SDKs of the providers.
    "anthropic*",
    "ollama*",
    "cohere",
    "cohere.*",
    "mistralai*",
    "groq",
    "groq.*",
    "vertexai*",
    "google.generativeai*",
    "com.openai.*",
    "com.anthropic.*",
    "OpenAI.*",
    "Azure.AI.*",
    "com.azure.ai.*",
    // Frameworks in Python.
    "langgraph*",
    "langfuse*",
    "langsmith*",
    "llama_index*",
    "haystack.components.*",
    "haystack.core.*",
    "haystack_integrations.*",
    "dspy*",
    "instructor",
    "instructor.*",
    "autogen.*",
    "autogen_core*",
    "autogen_agentchat*",
    "autogen_ext*",
    "smolagents*",
    "agno",
    "agno.*",
    "letta",
    "letta.*",
    "mem0",
    "mem0.*",
    "pydantic_ai*",
    "google.adk*",
    "google_adk*",
    "nemoguardrails*",
    "open_webui*",
    // Frameworks for Java and .NET.
    "org.springframework.ai.*",
    "dev.langchain4j.*",
    "io.quarkiverse.langchain4j.*",
    "Microsoft.SemanticKernel*",
    "Microsoft.Extensions.AI*",
    "Microsoft.Agents.AI*",
    "ModelContextProtocol*",
    // The Model Context Protocol, and servers of models.
    "mcp.*",
    "fastmcp*",
    "FastMCP*",
    "vllm*",
    "sglang*",
];

/// Whether log records of `scope` are an LLM library's.
pub fn logs_under(scope: &str) -> bool {
    SCOPES.iter().any(|pattern| matches(pattern, scope))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::{Batch, Limits, Signal};
    use crate::recognize::dialect::UNKNOWN;
    use crate::recognize::{Found, concerns, find};
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::common::v1::{
        AnyValue, InstrumentationScope, KeyValue, any_value::Value,
    };
    use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
    use prost::Message;

    fn string(text: &str) -> Option<AnyValue> {
        Some(AnyValue { value: Some(Value::StringValue(text.into())) })
    }

    /// One log record for each of `scopes`, in which keys stand that would make a guess of a call.
    fn logs(scopes: &[&str]) -> Batch {
        let of_scope = |name: &&str| {
            let count = Some(AnyValue { value: Some(Value::IntValue(7)) });
            let record = LogRecord {
                body: string("write to jane@example.com"),
                attributes: vec![
                    KeyValue { key: "used_model".into(), value: string("gpt-4o"), ..Default::default() },
                    KeyValue { key: "used_tokens".into(), value: count, ..Default::default() },
                ],
                ..LogRecord::default()
            };
            let scope = Some(InstrumentationScope { name: (*name).into(), ..Default::default() });
            ScopeLogs { scope, log_records: vec![record], ..ScopeLogs::default() }
        };
        let scope_logs = scopes.iter().map(of_scope).collect();
        let request = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }],
        };
        Batch::read(Signal::Logs, request.encode_to_vec().into(), &Limits::default()).unwrap()
    }

    fn check(scope: &str, expected: bool) {
        let batch = logs(&[scope]);
        assert_eq!(concerns(&batch), expected, "{scope}");
        let found = find(&batch);
        assert_eq!(found.len(), usize::from(expected), "{scope}");
        for found in found {
            let Found::Call(_, call) = found else { panic!("{scope}: a carrier") };
            let is_a_dialects = call.dialects != [UNKNOWN];
            assert!(
                is_a_dialects || !call.model_call && !call.usage_counted && call.usage.is_empty(),
                "{scope}"
            );
        }
    }

    #[test]
    fn log_records_of_every_scope_of_the_list_are_found_and_are_no_calls() {
        for pattern in SCOPES {
            for any in ["", "x", ".of.some_module"] {
                check(&pattern.replace('*', any), true);
            }
        }
        for scope in [
            "openai",
            "openai._base_client",
            "google_genai.models",
            "opentelemetry.util.genai.handler",
            "opentelemetry.instrumentation.gen_ai",
            "langchain_core.callbacks",
            "crewai.agents",
            "litellm.proxy",
            "LiteLLM Router",
            "anthropic._base_client",
            "llama_index.core.indices.base",
            "org.springframework.ai.chat.client.advisor.SimpleLoggerAdvisor",
            "dev.langchain4j.http.client.log.LoggingHttpClient",
            "Microsoft.Extensions.AI.LoggingChatClient",
            "mcp.server.lowlevel.server",
        ] {
            check(scope, true);
        }
    }

    #[test]
    fn log_records_of_other_scopes_are_not() {
        for scope in [
            "",
            "myapp",
            "urllib3",
            "urllib3.connectionpool",
            "opentelemetry.sdk",
            "my.openai",
            "agent_frame",
            "lang",
            "general",
            "strands",
            "haystack",
            "haystack.backends",
            "coherence.cluster",
            "agnostic",
            "org.springframework.boot",
            "Microsoft.Extensions.Http",
            "Azure.Core",
        ] {
            check(scope, false);
        }
    }

    #[test]
    fn each_scope_of_a_request_speaks_for_its_own_records() {
        let batch = logs(&["myapp", "openai", "urllib3", "langchain.chains"]);
        let found = find(&batch);
        let scopes: Vec<_> = found
            .iter()
            .map(|found| match found {
                Found::Call(item, _) | Found::Carrier(item) => item.scope().name(),
            })
            .collect();
        assert_eq!(scopes, ["openai", "langchain.chains"]);
    }

    #[test]
    fn a_span_of_such_a_scope_is_not_found_by_it() {
        crate::recognize::story::check(
            "GET | openai\nhttp.route = /\nwork | langchain.chains\nnote = x\n",
            expect_test::expect![[""]],
        );
    }
}
