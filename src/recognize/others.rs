//! Libraries that no payload of the corpus is of, by the keys that their sources write.

use super::story::{check, check_logs};
use expect_test::expect;

#[test]
fn what_their_sources_write_is_read() {
    check(
        r#"
chat.completions gpt-4o | Microsoft.SemanticKernel.Diagnostics
gen_ai.operation.name = chat.completions
gen_ai.system = openai
gen_ai.request.model = gpt-4o
gen_ai.request.max_token = 100
server.address = https://api.openai.com/v1/chat/completions
server.port = 443
gen_ai.response.finish_reason = [Stop]
gen_ai.response.prompt_tokens = 5
gen_ai.response.completion_tokens = 3
gen_ai.response.id = N/A
! gen_ai.content.prompt
gen_ai.prompt = [{"role:" user, "content:" hi}]
! gen_ai.content.completion
gen_ai.completion = [{"role:" assistant, "content:" hello}]
chat.completions gpt-4o | Microsoft.SemanticKernel.Diagnostics
gen_ai.operation.name = chat.completions
gen_ai.system = openai
gen_ai.request.model = gpt-4o
gen_ai.response.prompt_tokens = 7
gen_ai.response.completion_tokens = 2
gen_ai.response.id = N/A
openai.chat | github.com/traceloop/go-openllmetry
llm.vendor = openai
llm.request.model = gpt-4o
llm.request.type = chat
llm.response.model = gpt-4o-2024-08-06
llm.usage.total_tokens = 8
llm.usage.completion_tokens = 3
llm.usage.prompt_tokens = 5
llm.prompts.0.role = user
llm.prompts.0.content = hi
llm.completions.0.role = assistant
llm.completions.0.content = hello
openai.request | Datadog
openai.request.model = gpt-4o
openai.request.messages.0.role = user
openai.request.messages.0.content = hi
openai.response.model = gpt-4o-2024-08-06
openai.response.usage.prompt_tokens = 5
openai.response.usage.completion_tokens = 3
openai.response.choices.0.message.role = assistant
openai.response.choices.0.message.content = hello
openai.organization.name = acme
run_inference | cloudflare
gen_ai.operation.name = chat
gen_ai.provider.name = openai
gen_ai.request.model = gpt-4o
gen_ai.prompt_json = [{"role":"user","content":"hi"}]
gen_ai.completion_json = {"choices":[{"message":{"role":"assistant","content":"hello"}}]}
gen_ai.usage.input_tokens = 5
gen_ai.usage.output_tokens = 3
gen_ai.usage.cost = 0.001
chat gpt-4o | azure.ai.projects
gen_ai.operation.name = responses
gen_ai.provider.name = azure.openai
gen_ai.request.model = gpt-4o
gen_ai.usage.input_tokens = 5
chat_client | org.springframework.boot
gen_ai.operation.name = framework
gen_ai.system = spring_ai
spring.ai.kind = chat_client
  chat gpt-4o | org.springframework.boot
  gen_ai.operation.name = chat
  gen_ai.system = openai
  gen_ai.request.model = gpt-4o
  gen_ai.usage.input_tokens = "5"
  gen_ai.usage.output_tokens = "3"
  gen_ai.usage.total_tokens = "8"
  gen_ai.response.finish_reasons = ["STOP"]
"#,
        expect![[r#"
            chat.completions gpt-4o: chat counted gpt-4o by openai 5+3 ["[Stop]"] ["semantic-kernel", "otel-semconv"]
              <0 User: [{"role:" user, "content:" hi}]
              >0 Assistant: [{"role:" assistant, "content:" hello}]
            chat.completions gpt-4o: chat counted gpt-4o by openai 7+2 ["semantic-kernel", "otel-semconv"]
            openai.chat: chat counted gpt-4o by openai as gpt-4o-2024-08-06 5+3 ["traceloop", "observe-manual"]
              <0 User: hi
              >0 Assistant: hello
            openai.request: chat counted gpt-4o by openai 5+3 ["unknown"]
            run_inference: chat counted gpt-4o by openai 5+3 $0.001 ["otel-semconv"]
              <0 User: hi
              >0 Assistant: hello
            chat gpt-4o: chat counted gpt-4o by azure.ai.openai 5+- ["azure-ai", "otel-semconv"]
            chat_client: workflow - by - ["spring-ai", "otel-semconv"]
            chat gpt-4o: chat counted gpt-4o by openai 5+3 ["STOP"] ["otel-semconv"]
        "#]],
    );
}

#[test]
fn a_record_of_a_whole_call_in_no_span_is_a_call() {
    check_logs(
        r#"
gen_ai.client.inference.operation.details | Microsoft.Extensions.AI
gen_ai.operation.name = chat
gen_ai.provider.name = openai
gen_ai.request.model = gpt-4o
gen_ai.usage.input_tokens = 5
gen_ai.usage.output_tokens = 3
gen_ai.output.messages = [{"role":"assistant","parts":[{"type":"text","content":"hello"}],"finish_reason":"stop"}]
gen_ai.evaluation.result | azure.ai.evaluation
gen_ai.evaluation.name = Relevance
gen_ai.evaluation.score.value = 0.5
gen_ai.evaluation.explanation = because
llm_call | acme.bot
model = gpt-4o
prompt_tokens = 5
completion_tokens = 3
latency_ms = 20
"#,
        expect![[r#"
            gen_ai.client.inference.operation.details: chat counted gpt-4o by openai 5+3 ["stop"] ["semantic-kernel", "otel-semconv"]
              >0 Assistant: hello
            gen_ai.evaluation.result: - - by - ["azure-ai", "otel-semconv"]
            llm_call: chat counted gpt-4o by openai 5+3 ["unknown"]
        "#]],
    );
}
