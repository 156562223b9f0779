//! Reading requests and writing answers: JSON, query strings, bodies within their bounds.

use super::app::App;
use super::problem::Problem;
use crate::net::body::{self, BodyError};
use crate::net::budget::Hold;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A whole body may take this long, however steadily it drips.
const WHOLE_BODY: Duration = Duration::from_secs(60);

/// An answer as JSON.
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let mut answer = body.into_response();
                let json = HeaderValue::from_static("application/json");
                answer.headers_mut().insert(header::CONTENT_TYPE, json);
                answer
            }
            Err(_) => Problem::fault("the answer cannot be written as JSON").into_response(),
        }
    }
}

/// The query string; unknown and malformed parameters are refused.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Params<T>, Problem> {
        let query = Query::try_from_uri(&parts.uri);
        query.map(|Query(params)| Params(params)).map_err(|error| Problem::bad(error.body_text()))
    }
}

/// The one variable part of a path.
pub struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Named, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| Problem::bad("the path is not UTF-8"))?;
        let found = params.iter().next().map(|(_, value)| Named(value.to_string()));
        found.ok_or_else(|| Problem::missing("no such path"))
    }
}

/// A whole body. Its bytes count in the budget of the API for as long as this lives.
pub struct Whole {
    pub bytes: Bytes,
    pub hold: Hold,
}

impl FromRequest<Arc<App>> for Whole {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Whole, Problem> {
        let mut hold = app.hold();
        let bytes = read(request.into_body(), app.body_limit(), &mut hold).await?;
        Ok(Whole { bytes, hold })
    }
}

/// All of `body`, if it is no longer than `limit` and comes in time.
async fn read(mut body: Body, limit: usize, hold: &mut Hold) -> Result<Bytes, Problem> {
    match timeout(WHOLE_BODY, body::read(&mut body, limit, hold)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            body::linger(&mut body).await;
            Err(unread(error))
        }
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body came too slowly")),
    }
}

fn unread(error: BodyError) -> Problem {
    let status = match error {
        BodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::Full(_) => StatusCode::SERVICE_UNAVAILABLE,
        BodyError::Stalled => StatusCode::REQUEST_TIMEOUT,
        BodyError::Gone => StatusCode::BAD_REQUEST,
    };
    Problem::new(status, error.to_string())
}

/// A body that is JSON.
pub struct Given<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Given<T>, Problem> {
        if !is_json(request.headers().get(header::CONTENT_TYPE)) {
            let detail = "the body must be application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let whole = Whole::from_request(request, app).await?;
        serde_json::from_slice(&whole.bytes).map(Given).map_err(|error| Problem::bad(error.to_string()))
    }
}

/// Whether a content type says JSON: `application/json` or `application/*+json`.
pub fn is_json(kind: Option<&HeaderValue>) -> bool {
    let Some(kind) = kind.and_then(|kind| kind.to_str().ok()) else { return false };
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some(sub) = essence.strip_prefix("application/") else { return false };
    sub == "json" || sub.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::budget::Budget;
    use futures_util::stream;
    use std::convert::Infallible;
    use tokio::time::{Instant, sleep};

    const LIMIT: usize = 1 << 20;

    /// Sends `pieces` of that many bytes each, with a pause before each, and expects to be refused within `most`.
    async fn check(pieces: usize, bytes: usize, pause: Duration, most: Duration, status: StatusCode) {
        let begun = Instant::now();
        let pieces = stream::unfold(pieces, move |left| async move {
            sleep(pause).await;
            (left > 0).then(|| (Ok::<_, Infallible>(Bytes::from(vec![b' '; bytes])), left - 1))
        });
        let budget = Budget::new(64 << 20);
        let problem = read(Body::from_stream(pieces), LIMIT, &mut budget.hold()).await.unwrap_err();
        assert_eq!(problem.status, status.as_u16());
        assert!(begun.elapsed() <= most, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_refused_after_a_minute() {
        check(usize::MAX, 1, Duration::from_millis(900), WHOLE_BODY, StatusCode::REQUEST_TIMEOUT).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_comes_is_refused() {
        check(1, 1, Duration::from_secs(86_400), WHOLE_BODY, StatusCode::REQUEST_TIMEOUT).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_without_an_end_is_refused_at_the_limit() {
        let (pause, most) = (Duration::from_millis(1), WHOLE_BODY);
        check(usize::MAX, 64 << 10, pause, most, StatusCode::PAYLOAD_TOO_LARGE).await;
    }
}
