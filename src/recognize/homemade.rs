//! Spans that fit no dialect, or a dialect's least: what is told by evidence alone.

use super::story::check;
use expect_test::expect;

#[test]
fn a_providers_own_json_under_any_key_makes_a_call() {
    check(
        r#"
ask | acme.shop
acme.request = {"model":"gpt-4o","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}]}
acme.reply = {"id":"chatcmpl-0123456789abcdef","model":"gpt-4o-2024-08-06","choices":[{"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":3}}
claude | acme.shop
io.in = {"args":{"model":"claude-sonnet-4","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}}
io.out = {"content":[{"type":"text","text":"hello"}],"usage":{"input_tokens":5,"output_tokens":3}}
gemini | acme.shop
io.in = {"contents":[{"role":"user","parts":[{"text":"hi"}]}]}
io.out = {"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":3},"modelVersion":"gemini-2.5-flash","responseId":"r-1"}
remember | acme.shop
history = [{"role":"user","content":"hi"}]
"#,
        expect![[r#"
            ask: chat counted gpt-4o by openai as gpt-4o-2024-08-06 5+3 ["stop"] ["unknown"]
              <0 System: be brief
              <1 User: hi
              >0 Assistant: hello
            claude: chat counted claude-sonnet-4 by anthropic 5+3 ["unknown"]
              <0 User: hi
              >0 Assistant: hello
            gemini: chat counted - by gcp.gemini as gemini-2.5-flash 5+3 apart ["STOP"] ["unknown"]
              <0 User: hi
              >0 Assistant: hello
            remember: - - by - ["unknown"]
              <0 User: hi
        "#]],
    );
}

#[test]
fn what_homemade_spans_tell_in_their_events_is_read() {
    check(
        r#"
work | acme.shop
order = 5
! asked
model = gpt-4o
prompt = hi
! answered
completion = hello
tokens.prompt = 5
tokens.completion = 3
work | acme.shop
! sent
body = {"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}
GET | acme.http
! retry
model = T-1000
input = 5 boots
! exception
exception.message = no more boots
"#,
        expect![[r#"
            work: chat counted gpt-4o by openai 5+3 ["unknown"]
              <0 User: hi
              >0 Assistant: hello
            work: chat counted gpt-4o by openai ["unknown"]
              <0 User: hi
            GET: carrier
        "#]],
    );
}

#[test]
fn steps_of_platforms_that_nobody_knows_are_read() {
    check(
        r#"
search | acme.agents
acme.span.kind = TOOL
acme.tool.input = hi
planner | acme.agents
acme.span_type = agent
acme.output = hello
GET | acme.http
span.kind = client
span.type = web
input = hi
deploy | acme.ci
span.type = task
input = hi
"#,
        expect![[r#"
            search: tool - by - ["unknown"]
              <0 Tool: hi
            planner: agent - by - ["unknown"]
              >0 Assistant: hello
            GET: carrier
            deploy: carrier
        "#]],
    );
}

#[test]
fn counts_as_strings_and_under_other_names_are_read() {
    check(
        r#"
llm call | acme
model = my-own-7
tokens.prompt = 5
tokens.completion = 3
question = hi
answer = hello
completion | spring
gen_ai.system = openai
gen_ai.request.model = gpt-4o
gen_ai.usage.input_tokens = "5"
gen_ai.usage.output_tokens = "3"
"#,
        expect![[r#"
            llm call: chat counted my-own-7 by - 5+3 ["unknown"]
              <0 User: hi
              >0 Assistant: hello
            completion: chat counted gpt-4o by openai 5+3 ["otel-semconv"]
        "#]],
    );
}

#[test]
fn calls_that_name_no_operation_are_calls_and_agents_are_not() {
    check(
        r#"
request | app
gen_ai.system = openai
gen_ai.request.model = gpt-4o
answer | app
gen_ai.usage.input_tokens = 5
gen_ai.usage.output_tokens = 3
shop agent | app
gen_ai.system = openai
gen_ai.request.model = gpt-4o
setup | app
gen_ai.agent.id = a-1
"#,
        expect![[r#"
            request: chat counted gpt-4o by openai ["otel-semconv"]
            answer: chat counted - by - 5+3 ["otel-semconv"]
            shop agent: agent gpt-4o by openai ["otel-semconv"]
            setup: - - by - ["otel-semconv"]
        "#]],
    );
}

#[test]
fn what_asks_a_provider_over_http_is_scanned_and_is_no_call() {
    check(
        r#"
POST | opentelemetry.instrumentation.httpx
http.method = POST
http.url = https://generativelanguage.googleapis.com/v1/models/gemini:generateContent?q=hi
POST /chat | web
http.route = /chat
request.body = {"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}
POST | opentelemetry.instrumentation.httpx
server.address = api.openai.com
  GET | web
  http.route = /cars
"#,
        expect![[r#"
            POST: carrier
            POST /chat: carrier
            POST: carrier
            GET: carrier
        "#]],
    );
}

#[test]
fn a_wrappers_values_need_both_sides() {
    check(
        r#"
step | app
input.value = hi
output.value = hello
"#,
        expect![[r#"
            step: - - by - ["unknown"]
              <0 User: hi
              >0 Assistant: hello
        "#]],
    );
}

#[test]
fn a_sure_name_of_a_model_with_a_text_is_a_call_and_any_other_name_is_not() {
    check(
        r#"
embed_query | svc
embedding.model = text-embedding-3-small
embedding.input = hi
summarise | svc
step.model = claude-3-5-haiku
step.output = hello
search | shop
model = trie
input = sho
output = shoes
ping | boat
device.model = Sonar X
response = echo
fill | plant
model = O1
input = valve three
"#,
        expect![[r#"
            embed_query: embeddings counted text-embedding-3-small by openai ["unknown"]
              <0 Document: hi
            summarise: chat counted claude-3-5-haiku by anthropic ["unknown"]
              >0 Assistant: hello
            search: carrier
            ping: carrier
            fill: carrier
        "#]],
    );
}

#[test]
fn usage_is_read_from_an_object_and_langchain_is_no_chain() {
    check(
        r#"
langchainrb.llm | langchainrb
model = gpt-4o
prompt = hi
completion = hello
token_usage = {"prompt_tokens":5,"completion_tokens":3}
"#,
        expect![[r#"
            langchainrb.llm: chat counted gpt-4o by openai 5+3 ["unknown"]
              <0 User: hi
              >0 Assistant: hello
        "#]],
    );
}
