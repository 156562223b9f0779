//! A real call has tokens, cost and a vector in the local store, and is found again by a paraphrase of its prompt.

use crate::support::{App, Sidelight, binary, eventually};
use serde_json::Value;

#[tokio::test]
async fn a_call_of_the_openai_client_is_found_by_a_paraphrase() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = format!("enrich.embed.model_dir={}", binary("model").display());
    // An unoptimised build takes its time for a vector.
    let set =
        ["enrich.sample.percent=100".to_string(), model.clone(), "enrich.embed.deadline=30s".to_string()];
    let sidelight = Sidelight::start_set(folder.path(), "{ local: {} }", &set).await;
    let app = App::start(folder.path()).await;
    let account = app.ask("How can I reset the password of my account?", sidelight.grpc);
    let cake = app.ask("What is the best recipe for a chocolate cake?", sidelight.grpc);
    for (asked, trace) in
        [("a customer cannot log in any more", account), ("baking something sweet for a birthday", cake)]
    {
        let found = eventually("both calls to have a vector", || async {
            let said = sidelight.command(&["calls", "--similar", asked, "--json", "--set", &model]);
            let calls: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            (calls.len() == 2).then_some(calls)
        })
        .await;
        let similarity = |place: usize| found[place]["similarity"].as_f64().expect("a number");
        assert_eq!(found[0]["trace_id"], trace, "{found:?}");
        assert!(similarity(0) > 0.25 && similarity(0) > similarity(1) + 0.1, "{found:?}");
        for known in ["input_tokens", "output_tokens", "cost_usd"] {
            assert!(found[0][known].as_f64().is_some_and(|figure| figure > 0.0), "{known}: {found:?}");
        }
        assert_eq!((&found[0]["tokens_method"], &found[0]["sampled"]), (&"reported".into(), &true.into()));
    }
}
