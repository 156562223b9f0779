//! What the SQL stores have in common: the calls of a batch as records, and the columns that these fill.

mod columns;
mod table;

pub use columns::{COLUMNS, Column, Kind, Value};
pub use table::Table;

use super::BoxError;
use super::records::{self, Extent};
use crate::llm::Record;
use crate::otlp::Batch;
use futures_util::future::BoxFuture;

/// A store whose tables `sidelight schema` can show and make.
pub trait Schema: Send + Sync {
    /// Which store it is, as the command line names it.
    fn store(&self) -> &'static str;

    /// The statements that make the tables where there are none.
    fn sql(&self) -> String;

    /// Makes the tables, or brings those that are there up to date; says what was done, a line each.
    fn apply(&self) -> BoxFuture<'_, Result<Vec<String>, BoxError>>;
}

/// A value that its column cannot hold. Tells sizes, never the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}.{column} is {is}, which cannot hold {what}")]
pub struct Misfit {
    pub table: String,
    pub column: &'static str,
    /// The column's type, as its store calls it.
    pub is: String,
    /// What was to go there, such as `300 characters`.
    pub what: String,
}

/// The calls of one batch.
pub type Records = Vec<Record>;

/// Reads every recognised span of `batch`, on a thread that may be busy for a while; `messages`: with what was said.
pub async fn records(batch: &Batch, messages: bool) -> Result<Records, BoxError> {
    let batch = batch.clone();
    let reading = move || records::read(&batch, Extent { resource: true, messages });
    Ok(tokio::task::spawn_blocking(reading).await?)
}
