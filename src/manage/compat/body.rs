//! The body of a request as the predecessor reads it.

use super::json::Json;
use super::wrong::Wrong;
use super::{Refused, answer, detail};
use crate::manage::answer::{Whole, is_json};
use crate::manage::app::App;
use crate::net::budget::Hold;
use axum::body::Body;
use axum::extract::FromRequest;
use http::{Request, StatusCode, header};
use serde_json::json;
use std::sync::Arc;

/// What was sent: JSON, the text itself where the content type says something else, `None` where nothing was.
pub struct Sent {
    pub json: Option<Json>,
    pub hold: Hold,
}

impl FromRequest<Arc<App>> for Sent {
    type Rejection = Refused;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Sent, Refused> {
        let is_json = is_json(request.headers().get(header::CONTENT_TYPE));
        let Whole { bytes, hold } = Whole::from_request(request, app).await.map_err(|problem| {
            let status = StatusCode::from_u16(problem.status).expect("it came from one");
            answer(status, &json!({ "detail": problem.detail }))
        })?;
        if bytes.is_empty() {
            return Ok(Sent { json: None, hold });
        }
        let text = str::from_utf8(&bytes);
        let json = match (text, is_json) {
            (Ok(text), true) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                Json::read(text).map_err(|error| Wrong::answer(&[Wrong::unreadable(error)]))?
            }
            (Ok(text), false) => Json::Text(text.to_string()),
            (Err(_), true) => {
                return Err(detail(StatusCode::BAD_REQUEST, "There was an error parsing the body").into());
            }
            (Err(_), false) => Json::Text(String::from_utf8_lossy(&bytes).into_owned()),
        };
        Ok(Sent { json: Some(json), hold })
    }
}
