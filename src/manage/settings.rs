//! `GET /v1/config`: the settings in force, secrets masked, and where each was given.

use super::answer::Json;
use super::app::App;
use super::problem::Problem;
use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// The effective configuration.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Settings {
    /// Every setting, in the form of the configuration file; secrets read `****`.
    #[schema(value_type = Object)]
    pub settings: Box<RawValue>,
    /// Where each value that was given came from, by dotted key: `sidelight.yaml:12`, `--set`.
    pub given: BTreeMap<String, String>,
}

/// The settings in force and where they came from.
#[utoipa::path(get, path = "/v1/config", tag = "agent", responses((status = 200, body = Settings)))]
pub async fn get(State(app): State<Arc<App>>) -> Result<Json<Settings>, Problem> {
    Ok(Json(app.parts.agent.settings()))
}
