//! The schema: shipped as statements that may be run again and again.

use super::Config;
use super::answer::Failure;
use super::client::Client;
use super::layout::Described;
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
            let was = client.columns().await?;
            apply(&client, &self.0).await?;
            let missing = missing(&self.0, &was);
            for add in &missing {
                client.execute(add).await?;
            }
            let did = match (was.len(), missing.len()) {
                (0, _) => "made".to_string(),
                (_, 0) => "is up to date".to_string(),
                (_, added) => format!("columns added: {added}"),
            };
            Ok(vec![format!("{}: {did}", self.0.table)])
        })
    }
}

/// Makes the table where there is none.
pub async fn apply(client: &Client, config: &Config) -> Result<(), Failure> {
    for statement in statements(config) {
        client.execute(&statement).await?;
    }
    Ok(())
}

/// The statements that add the columns of ours that a table with columns `there` has not, whoever made it.
fn missing(config: &Config, there: &[Described]) -> Vec<String> {
    if there.is_empty() {
        return Vec::new();
    }
    let ours = STATEMENTS.iter().flat_map(|statement| statement.lines()).filter_map(column);
    let new = ours.filter(|(name, _)| !there.iter().any(|(there, ..)| there == name));
    new.map(|(_, column)| format!("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {column}", quoted(config)))
        .collect()
}

/// The column that a line of a statement defines, and its name: `  model String,`.
fn column(line: &str) -> Option<(&str, &str)> {
    let column = line.strip_prefix("  ").filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))?;
    Some((column.split(' ').next()?, column.trim_end_matches(',')))
}

fn quoted(config: &Config) -> String {
    format!("`{}`.{}", config.database, config.table.quoted('`'))
}

fn statements(config: &Config) -> impl Iterator<Item = String> {
    let table = quoted(config);
    let keep = config.keep.as_secs();
    let ttl = (keep > 0).then(|| {
        format!("ALTER TABLE {table} MODIFY TTL toDateTime(timestamp_utc) + INTERVAL {keep} SECOND")
    });
    STATEMENTS.iter().map(move |statement| statement.replace("{table}", &table)).chain(ttl)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::store::COLUMNS;

    #[test]
    fn each_column_that_is_written_is_one_that_can_be_added() {
        let there = [("span_id".to_string(), "UUID".to_string(), String::new())];
        let adds = missing(&Config::default(), &there);
        for ours in COLUMNS.iter().filter(|ours| ours.name != "span_id") {
            let add = format!("ALTER TABLE `default`.`llm_spans` ADD COLUMN IF NOT EXISTS {} ", ours.name);
            assert!(adds.iter().any(|statement| statement.starts_with(&add)), "{}", ours.name);
        }
        assert!(!adds.iter().any(|add| add.contains(" span_id ") || add.ends_with(',')), "{adds:?}");
        assert_eq!(missing(&Config::default(), &[]), [""; 0], "a table that is not there is made whole");
    }
}
