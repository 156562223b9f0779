//! The queries of `docs/queries`, each run against its store over calls that are known.

use crate::support::clickhouse::PASSWORD;
use crate::support::{ClickHouse, Postgres, batch, known_calls};
use expect_test::{Expect, expect};
use sidelight::export::{Settings, Verdict, clickhouse, postgres};
use sidelight::settings::Secret;
use std::collections::BTreeMap;
use std::path::Path;

/// Runs every query of the folder and compares what it answers; days are told as how long ago they are.
async fn check(
    store: &str,
    answers: Vec<(&str, Expect)>,
    days: [String; 2],
    ask: impl AsyncFn(String) -> String,
) {
    let folder = format!("{}/docs/queries/{store}", env!("CARGO_MANIFEST_DIR"));
    let mut answers: BTreeMap<String, Expect> =
        answers.into_iter().map(|(name, answer)| (format!("{name}.sql"), answer)).collect();
    for file in std::fs::read_dir(folder).expect("the queries are there") {
        let file = file.expect("readable");
        let name = file.file_name().into_string().expect("a plain name");
        let query = std::fs::read_to_string(file.path()).expect("text");
        let about_the_sixth =
            query.replace("00000000-0000-0000-0000-000000000000", "00000000-0000-4000-8000-000000000006");
        let answer =
            ask(about_the_sixth).await.replace(&days[0], "yesterday").replace(&days[1], "the day before");
        answers.remove(&name).unwrap_or_else(|| panic!("nobody says what {name} answers")).assert_eq(&answer);
    }
    assert!(answers.is_empty(), "no such query: {answers:?}");
}

async fn fill(settings: &dyn Settings) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = settings.build(Path::new("")).expect("it needs nothing to be built");
    let calls = known_calls();
    // Twice, of which no query may tell anything.
    for some in [&calls[..], &calls[3..]] {
        match exporter.send(&batch(some)).await {
            Verdict::Kept { items } => assert_eq!(items, some.len() as u64),
            other => panic!("{other:?}"),
        }
    }
}

fn days(asked: &str) -> [String; 2] {
    let mut days = asked.lines().map(str::to_string);
    std::array::from_fn(|_| days.next().expect("two days"))
}

#[tokio::test]
async fn postgres_answers_what_people_ask() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = Postgres::start(folder.path()).await else { return };
    fill(&postgres::Config { url: Secret(server.url()), messages: true, ..postgres::Config::default() })
        .await;
    let today = "(now() AT TIME ZONE 'UTC')::date";
    let days = days(&server.ask(&format!("VALUES ({today} - 1), ({today} - 2)")).await);
    let answers = vec![
        (
            "cost_by_service_and_day",
            expect![[r#"
            yesterday|shop|2|200|40|0.002000
            yesterday|bank|2|200|40|0.001250
            the day before|shop|4|400|80|0.004000
        "#]],
        ),
        (
            "error_and_retry_rates",
            expect![[r#"
            shop|gpt-4o|6|16.7|16.7|3
            bank|gpt-4o-mini|2|0.0|0.0|0
        "#]],
        ),
        (
            "injection_attempts",
            expect![[r#"
            0.75|{override}|bank|gpt-4o-mini|u1|00000000-0000-4000-9000-000000000005
        "#]],
        ),
        (
            "pii_by_service",
            expect![[r#"
            shop|EMAIL_ADDRESS|1|2
            bank|EMAIL_ADDRESS|1|1
            shop|IP_ADDRESS|1|1
        "#]],
        ),
        (
            "similar_prompts",
            expect![[r#"
            0.200|00000000-0000-4000-8000-000000000007|shop|gpt-4o
            1.000|00000000-0000-4000-8000-000000000008|shop|gpt-4o
        "#]],
        ),
        (
            "similar_prompts_arrays",
            expect![[r#"
            0.200|00000000-0000-4000-8000-000000000007|shop|gpt-4o
            1.000|00000000-0000-4000-8000-000000000008|shop|gpt-4o
        "#]],
        ),
        (
            "slowest_prompts",
            expect![[r#"
            9000||shop|gpt-4o|100|20|00000000-0000-4000-9000-000000000001|why so slow?
            500||shop|gpt-4o|100|20|00000000-0000-4000-9000-000000000002|
            500||bank|gpt-4o-mini|100|20|00000000-0000-4000-9000-000000000004|
            500||bank|gpt-4o-mini|100|20|00000000-0000-4000-9000-000000000005|
            500||shop|gpt-4o|100|20|00000000-0000-4000-9000-000000000003|
            500||shop|gpt-4o|100|20|00000000-0000-4000-9000-000000000006|
            500||shop|gpt-4o|100|20|00000000-0000-4000-9000-000000000007|
            500||shop|gpt-4o|100|20|00000000-0000-4000-9000-000000000008|
        "#]],
        ),
    ];
    // What is for a table without pgvector is given arrays here.
    let ask = async |query: String| match query.contains("unnest(prompt_embedding") {
        true => {
            server
                .ask(
                    &query
                        .replace("unnest(prompt_embedding", "unnest(prompt_embedding::real[]")
                        .replace("SELECT prompt_embedding AS", "SELECT prompt_embedding::real[] AS"),
                )
                .await
        }
        false => server.ask(&query).await,
    };
    check("postgres", answers, days, ask).await;
    let similar = include_str!("../../docs/queries/postgres/similar_prompts.sql");
    let plan = server
        .ask(&format!("SET enable_seqscan = off; SET enable_bitmapscan = off; EXPLAIN {similar}"))
        .await;
    assert!(plan.contains("_prompt_embedding_idx"), "{plan}");
}

#[tokio::test]
async fn clickhouse_answers_what_people_ask() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(server) = ClickHouse::start(folder.path()).await else { return };
    let password = Secret(PASSWORD.to_string());
    let config = clickhouse::Config { endpoint: server.url(), password, ..clickhouse::Config::default() };
    fill(&clickhouse::Config { messages: true, ..config }).await;
    // The projection counts what was sent twice until then.
    server.ask("OPTIMIZE TABLE llm_spans FINAL").await;
    let days = days(&server.ask("SELECT toDate(now('UTC')) - arrayJoin([1, 2])").await);
    let answers = vec![
        (
            "cost_by_model_and_day",
            expect![[r#"
            yesterday	openai	gpt-4o	2	200	40	0.002
            yesterday	openai	gpt-4o-mini	2	200	40	0.00125
            the day before	openai	gpt-4o	4	400	80	0.004
        "#]],
        ),
        (
            "cost_by_service_and_day",
            expect![[r#"
            yesterday	shop	2	200	40	0.002
            yesterday	bank	2	200	40	0.00125
            the day before	shop	4	400	80	0.004
        "#]],
        ),
        (
            "error_and_retry_rates",
            expect![[r#"
            shop	gpt-4o	6	16.7	16.7	3
            bank	gpt-4o-mini	2	0	0	0
        "#]],
        ),
        (
            "injection_attempts",
            expect![[r#"
            0.75	['override']	bank	gpt-4o-mini	u1	00000000-0000-4000-9000-000000000005
        "#]],
        ),
        (
            "pii_by_service",
            expect![[r#"
            shop	EMAIL_ADDRESS	1	2
            bank	EMAIL_ADDRESS	1	1
            shop	IP_ADDRESS	1	1
        "#]],
        ),
        (
            "similar_prompts",
            expect![[r#"
            0.2	00000000-0000-4000-8000-000000000007	shop	gpt-4o
            1	00000000-0000-4000-8000-000000000008	shop	gpt-4o
        "#]],
        ),
        (
            "slowest_prompts",
            expect![[r#"
                9000	\N	shop	gpt-4o	100	20	00000000-0000-4000-9000-000000000001	why so slow?
                500	\N	shop	gpt-4o	100	20	00000000-0000-4000-9000-000000000002	
                500	\N	bank	gpt-4o-mini	100	20	00000000-0000-4000-9000-000000000004	
                500	\N	bank	gpt-4o-mini	100	20	00000000-0000-4000-9000-000000000005	
                500	\N	shop	gpt-4o	100	20	00000000-0000-4000-9000-000000000003	
                500	\N	shop	gpt-4o	100	20	00000000-0000-4000-9000-000000000006	
                500	\N	shop	gpt-4o	100	20	00000000-0000-4000-9000-000000000007	
                500	\N	shop	gpt-4o	100	20	00000000-0000-4000-9000-000000000008	
            "#]],
        ),
    ];
    check("clickhouse", answers, days, async |query| server.ask(&query).await).await;
}
