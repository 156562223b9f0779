//! The schema: shipped as statements that may be run again and again.

use super::Config;
use super::answer::Failure;
use super::client::Client;
use crate::export::BoxError;
use crate::export::store::Schema;
use futures_util::future::BoxFuture;
use std::fmt::Write;

/// In order. None is ever changed once it was released: what comes later is a further one, which adds what is missing.
const STATEMENTS: &[&str] = &[include_str!("../../../schema/clickhouse/0001_llm_spans.sql")];

/// The schema of one exporter's table.
pub struct Made(pub Config);

impl Schema for Made {
    fn store(&self) -> &'static str {
        "clickhouse"
    }

    fn sql(&self) -> String {
        statements(&self.0).fold(String::new(), |mut sql, statement| {
            writeln!(sql, "{};", statement.trim().trim_end_matches(';')).expect("a string takes all");
            sql
        })
    }

    fn apply(&self) -> BoxFuture<'_, Result<Vec<String>, BoxError>> {
        Box::pin(async move {
            let client = Client::new(&self.0)?;
            let was = client.columns().await?.len();
            apply(&client, &self.0).await?;
            let columns = client.columns().await?.len();
            let did = match was {
                0 => "made".to_string(),
                _ if was == columns => "is up to date".to_string(),
                _ => format!("{} columns added", columns - was),
            };
            Ok(vec![format!("{}: {did}", self.0.table)])
        })
    }
}

/// Makes the table where there is none, and brings one that is there up to date.
pub async fn apply(client: &Client, config: &Config) -> Result<(), Failure> {
    for statement in statements(config) {
        client.execute(&statement).await?;
    }
    Ok(())
}

fn statements(config: &Config) -> impl Iterator<Item = String> {
    let table = format!("`{}`.{}", config.database, config.table.quoted('`'));
    let keep = config.keep.as_secs();
    let ttl = (keep > 0).then(|| {
        format!("ALTER TABLE {table} MODIFY TTL toDateTime(timestamp_utc) + INTERVAL {keep} SECOND")
    });
    STATEMENTS.iter().map(move |statement| statement.replace("{table}", &table)).chain(ttl)
}
