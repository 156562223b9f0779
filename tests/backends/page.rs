//! The page in a real Chromium: an operator's stories, with prompts that would like to run.

use crate::support::{Sidelight, binary, eventually, free_port, get};
use serde_json::{Value, json};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

const HOSTILE: &str = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'>";

#[tokio::test]
async fn an_operator_finds_the_way_and_no_prompt_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let base = format!("http://127.0.0.1:{port}");
    // The management API takes no traces at that path, so what is sent there ends as dead letters.
    let exporters = format!("{{ local: {{}}, otlphttp/gone: {{ endpoint: \"{base}/nothing\" }} }}");
    let set = [format!("manage.endpoint=127.0.0.1:{port}")];
    let sidelight = Sidelight::start_set(folder.path(), &exporters, &set).await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for round in 1..=3 {
        let url = format!("http://127.0.0.1:{}/v1/traces", sidelight.http);
        let body = calls(round).to_string();
        let answer = client.post(&url).header("content-type", "application/json").body(body).send().await;
        assert!(answer.expect("an answer").status().is_success());
    }
    eventually("dead letters", || async {
        let dead: Value = serde_json::from_str(&get(&format!("{base}/v1/queue/dead")).await?).ok()?;
        (dead["total"]["letters"].as_u64()? >= 2).then_some(())
    })
    .await;

    let script = binary("page/stories.mjs");
    let mut node = Command::new("node");
    node.current_dir(script.parent().expect("a folder")).arg(&script).arg(&base);
    if let Some(pictures) = std::env::var_os("SIDELIGHT_PICTURES") {
        node.arg(pictures);
    }
    let output = node.output().expect("node runs");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // The times in it are for whoever asks for them by `--nocapture`.
    print!("{said}");
}

/// Calls whose every field would like to run; some hold personal data.
fn calls(round: u64) -> Value {
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let message = |role: &str, content: &str| {
        json!([{ "role": role, "parts": [{ "type": "text", "content": content }] }]).to_string()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    let prompts = ["What is the capital of France?", "Write to jane.roe@example.org, please.", HOSTILE];
    let spans = prompts.iter().zip(1_u64..).map(|(prompt, place)| {
        let model = if place == 3 { HOSTILE } else { "gpt-4o" };
        json!({
            "traceId": format!("{:032x}", round * 10 + place), "spanId": format!("{:016x}", round * 10 + place),
            "name": format!("chat {model}"), "kind": 3,
            "startTimeUnixNano": (now - 2_500_000_000).to_string(), "endTimeUnixNano": now.to_string(),
            "status": { "code": if place == 3 { 2 } else { 1 }, "message": HOSTILE },
            "attributes": [
                text("gen_ai.operation.name", if place == 3 { HOSTILE } else { "chat" }), text("gen_ai.provider.name", if place == 3 { HOSTILE } else { "openai" }),
                text("gen_ai.request.model", model), text("gen_ai.response.model", model), text("gen_ai.conversation.id", HOSTILE),
                text("gen_ai.input.messages", &message("user", prompt)), text("gen_ai.output.messages", &message(HOSTILE, HOSTILE)),
                json!({ "key": "gen_ai.usage.input_tokens", "value": { "intValue": "12" } }), json!({ "key": "gen_ai.usage.output_tokens", "value": { "intValue": "30" } }),
                json!({ "key": "gen_ai.response.finish_reasons", "value": { "arrayValue": { "values": [{ "stringValue": HOSTILE }] } } }),
            ],
        })
    });
    let service = if round == 2 { HOSTILE } else { "shop" };
    let resource = json!({ "attributes": [text("service.name", service)] });
    json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [{ "scope": { "name": HOSTILE }, "spans": spans.collect::<Vec<_>>() }] }] })
}
