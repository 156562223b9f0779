//! `GET /v1/events`: how things stand and new calls, as they come (server-sent events).

use super::app::App;
use super::problem::Problem;
use super::status::{self, Status};
use crate::export::local::Call;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use http::header;
use serde::Serialize;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// A stream ends after this long; browsers begin it anew by themselves.
const LONGEST: Duration = Duration::from_secs(3600);

/// New calls in one event at most; what is beyond comes with the next.
const MOST_CALLS: usize = 100;

/// New calls, the oldest first: the data of the event `calls`.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewCalls {
    pub calls: Vec<Call>,
}

/// A stream of events: `status` each second, with what `/v1/status` says, and `calls` whenever there are new
/// ones. It ends after an hour; begin it anew.
#[utoipa::path(get, path = "/v1/events", tag = "agent",
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 503, body = Problem)))]
pub async fn get(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let place = app.stream().ok_or_else(|| Problem::later("too many streams of events are open"))?;
    let beat = Beat::new(app.stop.clone());
    let stored = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    let stored = i64::try_from(stored).unwrap_or(i64::MAX);
    let stream = Stream { app, beat, stored, _place: place };
    let body = Body::from_stream(unfold(stream, Stream::next));
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], body).into_response())
}

struct Stream {
    app: Arc<App>,
    beat: Beat,
    /// Up to where calls were shown, by when they were stored, in nanoseconds since 1970.
    stored: i64,
    _place: OwnedSemaphorePermit,
}

impl Stream {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Stream)> {
        self.beat.next().await?;
        let stored = self.stored;
        let (status, calls, stored) = self.app.blocking(move |app| look(app, stored)).await.ok()?;
        self.stored = stored;
        let mut text = String::new();
        event(&mut text, "status", &status);
        if !calls.is_empty() {
            event(&mut text, "calls", &NewCalls { calls });
        }
        Some((Ok(text.into()), self))
    }
}

/// When a stream looks, and when it ends.
struct Beat {
    ticks: Interval,
    ends: Instant,
    stop: CancellationToken,
}

impl Beat {
    fn new(stop: CancellationToken) -> Beat {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Beat { ticks, ends: Instant::now() + LONGEST, stop }
    }

    /// Waits for the next look; `None` once it has been long enough or the agent stops.
    async fn next(&mut self) -> Option<()> {
        self.stop.run_until_cancelled(self.ticks.tick()).await?;
        (Instant::now() < self.ends).then_some(())
    }
}

fn look(app: &App, stored: i64) -> Result<(Status, Vec<Call>, i64), Problem> {
    let status = status::now(app)?;
    // Where no calls are kept, or none were yet, there are no new ones.
    let (calls, stored) = match app.calls() {
        Ok(Some(calls)) => {
            calls.stored_after(stored, MOST_CALLS).map_err(|error| Problem::fault(error.to_string()))?
        }
        _ => (Vec::new(), stored),
    };
    Ok((status, calls, stored))
}

/// JSON holds no line breaks, which is all that an event's data may not.
fn event(text: &mut String, name: &str, data: &impl Serialize) {
    let data = serde_json::to_string(data).expect("plain structs serialise");
    let _ = write!(text, "event: {name}\ndata: {data}\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stream_looks_each_second_and_ends_after_an_hour() {
        let mut beat = Beat::new(CancellationToken::new());
        let mut looks = 0;
        while beat.next().await.is_some() {
            looks += 1;
        }
        assert_eq!(looks, 3600);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_when_the_agent_stops() {
        let stop = CancellationToken::new();
        let mut beat = Beat::new(stop.clone());
        assert!(beat.next().await.is_some());
        stop.cancel();
        assert!(beat.next().await.is_none());
    }
}
