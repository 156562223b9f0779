//! `GET /openapi.json`: the API as other programs read it, made from the handlers themselves.

use super::answer::Json;
use super::compat::{detect, embed, instrumentation, metrics, scan, spans, streaming, tokens};
use super::{audit, calls, dry_run, events, queue, rules, settings, status};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sidelight",
        description = "What a Sidelight agent shows of itself, and how it is steered. Errors are problem details \
            (RFC 9457), but of the paths tagged `predecessor`, which keep the shapes that its clients know. Beyond loopback every request but those for the page carries `Authorization: Bearer TOKEN`."
    ),
    paths(
        status::get,
        events::get,
        settings::get,
        audit::get,
        rules::get,
        rules::put,
        rules::rollback,
        calls::similar,
        calls::list,
        calls::facets,
        calls::open,
        calls::series,
        dry_run::enrich,
        dry_run::scan,
        queue::get,
        queue::letters,
        queue::letter,
        queue::replay,
        queue::discard,
        spans::ingest,
        instrumentation::init,
        instrumentation::uninstrument,
        instrumentation::test_call,
        detect::detect,
        tokens::count,
        streaming::test_stream_call,
        scan::scan,
        scan::should_sample,
        embed::embed,
        metrics::init,
        metrics::health,
        metrics::record,
        metrics::record_batch,
    ),
    components(schemas(events::NewCalls))
)]
struct Api;

/// The description, made anew for each who asks: nobody keeps it.
pub async fn get() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}

/// The paths that are described.
#[cfg(test)]
pub fn paths() -> Vec<String> {
    Api::openapi().paths.paths.keys().cloned().collect()
}
