//! `instrumentation/detect`: whose API a URL is of, and which model a body asks for.

use super::body::Sent;
use super::fields;
use super::json::Json;
use super::{Refused, answer};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde_json::json;

/// The words of the predecessor for hosts that it knows. Anything else goes by the name that spans have for it.
const HOSTS: [(&str, &str); 7] = [
    ("api.openai.com", "openai"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "google"),
    ("api.cohere.ai", "cohere"),
    ("api.cohere.com", "cohere"),
    ("api.mistral.ai", "mistral"),
    ("openai.azure.com", "azure"),
];

const UNKNOWN: &str = "unknown";

/// Which provider and model a request to this URL with this body asks.
#[utoipa::path(post, path = "/v1/instrumentation/detect", tag = "predecessor",
    request_body(content = Value, example = json!({ "url": "https://api.openai.com/v1/chat/completions", "body": "{\"model\":\"gpt-4o\"}" })),
    responses((status = 200, body = Value, example = json!({ "provider": "openai", "model": "gpt-4o" })), (status = 422, description = "what is wrong with which field")))]
pub async fn detect(sent: Sent) -> Result<Response, Refused> {
    let mut fields = sent.fields()?;
    let (url, body) = (fields.required("url", fields::text), fields.required("body", fields::text));
    fields.refuse()?;
    let (url, body) = (url.expect("nothing was wrong"), body.expect("nothing was wrong"));
    Ok(answer(StatusCode::OK, &json!({ "provider": provider(&url), "model": model(&body) })))
}

/// By the host alone: what stands in a path or a query is no provider.
fn provider(url: &str) -> &'static str {
    let Ok(uri) = url.parse::<Uri>() else { return UNKNOWN };
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    let is =
        |known: &str| host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    HOSTS.iter().find(|(known, _)| is(known)).map_or(UNKNOWN, |(_, name)| name)
}

fn model(body: &str) -> String {
    let json = Json::read(body);
    match json.as_ref().ok().and_then(|json| json.get("model")) {
        Some(Json::Text(model)) => model.clone(),
        _ => UNKNOWN.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_says_whose_api_it_is() {
        for (url, name) in [
            ("https://api.openai.com/v1/responses", "openai"),
            ("HTTPS://API.OPENAI.COM/v1/chat/completions", "openai"),
            ("https://myres.openai.azure.com/openai/deployments/x/chat/completions", "azure"),
            ("https://evil.example/?u=api.openai.com/v1/chat/completions", UNKNOWN),
            ("https://notapi.openai.com.evil.example/", UNKNOWN),
            ("https://fakeapi.cohere.ai.example/", UNKNOWN),
            ("", UNKNOWN),
        ] {
            assert_eq!(provider(url), name, "{url}");
        }
    }
}
