//! What the SQL stores have in common: the calls of a batch as records, and the columns that these fill.

mod columns;
mod table;

pub use columns::{COLUMNS, Column, Kind, Value};
pub use table::Table;

use super::BoxError;
use super::records::{self, Extent};
use crate::llm::Record;
use crate::otlp::Batch;
use bytes::Bytes;
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

/// The calls of one batch, one after the other: in thousands they would take more memory than the batch itself.
pub type Calls<'b> = &'b mut dyn Iterator<Item = Record>;

/// The rows of a batch as a store takes them.
#[derive(Debug)]
pub struct Encoded {
    pub rows: u64,
    pub bytes: Bytes,
}

/// Reads every call of `batch`, and every step around one, into `encode`, on a thread that may be busy for a while; `messages`: with
/// what was said. Errors where reading or encoding has a fault.
pub async fn encode<T: Send + 'static>(
    batch: &Batch,
    messages: bool,
    encode: impl FnOnce(Calls<'_>) -> T + Send + 'static,
) -> Result<T, BoxError> {
    let batch = batch.clone();
    let extent = Extent { resource: true, messages };
    let reading = move || encode(&mut records::read(&batch, extent));
    Ok(tokio::task::spawn_blocking(reading).await?)
}

/// Whether `batch` has any call, which is asked before a store is.
pub async fn has_calls(batch: &Batch) -> Result<bool, BoxError> {
    encode(batch, false, |calls| calls.next().is_some()).await
}
