//! Which path is answered by what.

use super::app::App;
use super::problem::Problem;
use super::{audit, calls, compat, dry_run, events, openapi, page, queue, rules, settings, status};
use axum::Router;
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;
use std::sync::Arc;

/// The paths of our own.
fn own() -> Vec<(&'static str, MethodRouter<Arc<App>>)> {
    vec![
        ("/v1/status", get(status::get)),
        ("/v1/events", get(events::get)),
        ("/v1/config", get(settings::get)),
        ("/v1/audit", get(audit::get)),
        ("/v1/rules/{name}", get(rules::get).put(rules::put)),
        ("/v1/rules/{name}/rollback", post(rules::rollback)),
        ("/v1/calls/similar", post(calls::similar)),
        ("/v1/calls", get(calls::list)),
        ("/v1/calls/facets", get(calls::facets)),
        ("/v1/calls/{span_id}", get(calls::open)),
        ("/v1/series", get(calls::series)),
        ("/v1/enrich", post(dry_run::enrich)),
        ("/v1/scan", post(dry_run::scan)),
        ("/v1/queue", get(queue::get)),
        ("/v1/queue/dead", get(queue::letters)),
        ("/v1/queue/dead/{id}", get(queue::letter)),
        ("/v1/queue/dead/replay", post(queue::replay)),
        ("/v1/queue/dead/drop", post(queue::discard)),
    ]
}

/// Everything that is answered.
pub fn router(app: Arc<App>) -> Router {
    let own = own().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    own.route("/openapi.json", get(openapi::get))
        .merge(page::router())
        .method_not_allowed_fallback(not_allowed)
        .merge(compat::router())
        .fallback(compat::not_found)
        .with_state(app)
}

/// Axum adds which methods are.
async fn not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not know that method")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_answered_is_described_and_the_other_way_round() {
        let all = own().into_iter().chain(compat::paths());
        let answered: BTreeSet<String> = all.map(|(path, _)| path.to_string()).collect();
        let described: BTreeSet<String> = openapi::paths().into_iter().collect();
        assert_eq!(answered, described);
    }
}
