//! `/v1/rules/…`: what is found, how it is priced and what is sampled, changed while the agent runs.

mod recent;
mod saved;

pub use recent::Recent;
pub use saved::{Name, Saved};

use super::answer::{Json, Named, Params, Whole};
use super::app::App;
use super::problem::Problem;
use crate::enrich::cost::Prices;
use crate::enrich::{self, Enricher, Files};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::ToSchema;

/// One set of rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shown {
    /// `pii`, `injection`, `prices` or `sample`.
    pub name: &'static str,
    /// Rises with each change; 0 while the configuration is in force.
    pub version: u64,
    /// Whether rules are saved that stand above the configuration.
    pub saved: bool,
    /// What is in force, in the form of the configuration; secrets read `****`.
    #[schema(value_type = Object)]
    pub rules: Value,
    /// The saved text, to be edited.
    pub text: Option<String>,
}

/// What new rules would do to the latest calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tried {
    pub name: &'static str,
    pub recent: Recent,
}

/// How rules are changed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct How {
    /// Whether to only show what the rules would do to the latest calls.
    dry_run: bool,
}

/// One set of rules as it is in force.
#[utoipa::path(get, path = "/v1/rules/{name}", tag = "rules",
    params(("name" = String, Path, description = "`pii`, `injection`, `prices` or `sample`.")),
    responses((status = 200, body = Shown), (status = 404, body = Problem)))]
pub async fn get(State(app): State<Arc<App>>, Named(name): Named) -> Result<Response, Problem> {
    let name = named(&name)?;
    app.blocking(move |app| shown(app, name)).await.map(Shown::answer)
}

/// Puts rules in force, given as YAML or JSON in the form of their section of the configuration; prices in the form
/// of a price file. What is not given stays as the configuration has it. Rules that are wrong change nothing, and
/// each problem is told with its line. `If-Match` with the ETag of `GET` keeps two changes from meeting.
#[utoipa::path(put, path = "/v1/rules/{name}", tag = "rules", params(("name" = String, Path), How),
    request_body(content = String, content_type = "application/yaml"),
    responses((status = 200, body = Shown), (status = 422, body = Problem), (status = 412, body = Problem)))]
pub async fn put(
    State(app): State<Arc<App>>,
    Named(name): Named,
    Params(how): Params<How>,
    headers: HeaderMap,
    body: Whole,
) -> Result<Response, Problem> {
    let name = named(&name)?;
    let text = String::from_utf8(body.bytes.to_vec()).map_err(|_| Problem::bad("the rules are not UTF-8"))?;
    app.blocking(move |app| {
        let _one_at_a_time = app.changing();
        let now = shown(app, name)?;
        if headers.get(header::IF_MATCH).is_some_and(|wanted| *wanted != now.tag()) {
            let detail = "somebody else has changed these rules meanwhile";
            return Err(Problem::new(StatusCode::PRECONDITION_FAILED, detail));
        }
        let enricher = candidate(app, name, &text)?;
        if how.dry_run {
            let recent = Recent::compare(app, &app.parts.enricher.get(), &enricher)?;
            return Ok(Json(Tried { name: name.text(), recent }).into_response());
        }
        let version = app.saved().put(name, &text).map_err(unwritable)?;
        app.parts.agent.refresh().map_err(Problem::fault)?;
        app.audit(&format!("rules.{}.put", name.text()), &format!("version {version}"));
        shown(app, name).map(Shown::answer)
    })
    .await
}

/// Goes back to what the configuration says.
#[utoipa::path(post, path = "/v1/rules/{name}/rollback", tag = "rules", params(("name" = String, Path)),
    responses((status = 200, body = Shown), (status = 404, body = Problem)))]
pub async fn rollback(State(app): State<Arc<App>>, Named(name): Named) -> Result<Response, Problem> {
    let name = named(&name)?;
    app.blocking(move |app| {
        let _one_at_a_time = app.changing();
        if !app.saved().remove(name).map_err(unwritable)? {
            return Err(Problem::missing("nothing is saved: the configuration is in force"));
        }
        app.parts.agent.refresh().map_err(Problem::fault)?;
        app.audit(&format!("rules.{}.rollback", name.text()), "");
        shown(app, name).map(Shown::answer)
    })
    .await
}

fn named(name: &str) -> Result<Name, Problem> {
    let found = Name::ALL.into_iter().find(|known| known.text() == name);
    found.ok_or_else(|| Problem::missing("there are rules for pii, injection, prices and sample"))
}

/// An enricher with `text` in force too, or everything that is wrong with it.
fn candidate(app: &App, name: Name, text: &str) -> Result<Enricher, Problem> {
    let mut config = app.saved().over(&app.parts.agent.configured());
    let mut errors: Vec<String> =
        name.lay("line", text, &mut config).iter().map(ToString::to_string).collect();
    if name == Name::Pii && config.pii.hash_key.0 == "****" {
        errors.push("hash_key: **** is how it is shown; leave it out to keep it".to_string());
    }
    let mut files = Files::load(&config).map_err(|error| Problem::fault(error.told()))?;
    if name == Name::Prices
        && let Ok(more) = Prices::read("line", text)
    {
        files.prices.add(more);
    }
    if errors.is_empty() {
        return Ok(Enricher::build(&config, files));
    }
    let detail = "the rules are wrong; nothing was changed";
    Err(Problem { errors, ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail) })
}

fn shown(app: &App, name: Name) -> Result<Shown, Problem> {
    let saved = app.saved().get(name).map_err(unwritable)?;
    let config = app.saved().over(&app.parts.agent.configured());
    let rules = section(name, &config).map_err(|_| Problem::fault("these rules cannot be shown"))?;
    let version = saved.as_ref().map_or(0, |saved| saved.version);
    Ok(Shown {
        name: name.text(),
        version,
        saved: saved.is_some(),
        rules,
        text: saved.map(|saved| match config.pii.hash_key.0.as_str() {
            "" => saved.text,
            key => saved.text.replace(key, "****"),
        }),
    })
}

fn section(name: Name, config: &enrich::Config) -> serde_json::Result<Value> {
    match name {
        Name::Pii => serde_json::to_value(&config.pii),
        Name::Injection => serde_json::to_value(&config.injection),
        Name::Prices => serde_json::to_value(&config.cost),
        Name::Sample => serde_json::to_value(&config.sample),
    }
}

fn unwritable(error: std::io::Error) -> Problem {
    Problem::fault(format!("the saved rules cannot be read or written: {error}"))
}

impl Shown {
    /// The same for the same rules.
    fn tag(&self) -> HeaderValue {
        let digest = Sha256::digest(serde_json::to_vec(self).unwrap_or_default());
        let hex: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        HeaderValue::try_from(format!("\"{}-{hex}\"", self.version)).expect("hex is a header value")
    }

    fn answer(self) -> Response {
        let tag = self.tag();
        let mut answer = Json(self).into_response();
        answer.headers_mut().insert(header::ETAG, tag);
        answer
    }
}
