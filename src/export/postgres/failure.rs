//! What PostgreSQL's errors mean for a batch.

use crate::export::answer::PeerSaid;
use crate::export::store::Misfit;
use crate::export::{BoxError, Verdict};
use tokio_postgres::error::{DbError, SqlState};

/// Why a batch was not stored.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Database(#[from] tokio_postgres::Error),
    #[error("the connection was closed")]
    Closed,
    /// A row does not fit the table.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// The table is not what is needed, which a person has to mend.
    #[error("{0}")]
    Table(String),
    #[error(transparent)]
    Unusable(BoxError),
}

impl Failure {
    /// Whether the connection is gone, and another one may fare better.
    pub fn is_disconnected(&self) -> bool {
        match self {
            Failure::Closed => true,
            Failure::Database(error) => {
                error.code().is_none_or(|code| matches!(code.code(), "57P01" | "57P02" | "57P05"))
            }
            _ => false,
        }
    }

    /// Whether a connection that knows the table as it was some time ago may be to blame.
    pub fn may_be_stale(&self) -> bool {
        let of_tables = |said: &DbError| {
            let code = said.code().code();
            matches!(&code[..2], "22" | "42" | "0A" | "3F") || code == "23502" || has_no_partition(said)
        };
        match self {
            Failure::Misfit(_) => true,
            Failure::Database(error) => self.is_disconnected() || error.as_db_error().is_some_and(of_tables),
            _ => self.is_disconnected(),
        }
    }

    /// What the lane is to do. `creates`: whether a partition that is missing is made when we connect anew.
    pub fn verdict(self, creates: bool) -> Verdict {
        match self {
            Failure::Misfit(misfit) => Verdict::Spoilt(misfit.into()),
            Failure::Table(_) => Verdict::Hold(self.into()),
            Failure::Closed => Verdict::Later { after: None, cause: self.into() },
            Failure::Unusable(cause) => Verdict::Refused(cause),
            Failure::Database(error) => match error.as_db_error() {
                Some(said) => answered(said, creates),
                None => Verdict::Later { after: None, cause: error.into() },
            },
        }
    }
}

/// The verdict on an error that the server itself has told.
///
/// Source: PostgreSQL, appendix A, "Error Codes".
fn answered(said: &DbError, creates: bool) -> Verdict {
    let cause: BoxError =
        PeerSaid { status: format!("PostgreSQL {}", said.code().code()), words: words(said) }.into();
    match (said.code().code(), &said.code().code()[..2]) {
        _ if has_no_partition(said) && creates => Verdict::Later { after: None, cause },
        // A deadlock, a conflict, a lock or a statement that took too long.
        ("40001" | "40P01" | "55P03" | "57014", _) => Verdict::Later { after: None, cause },
        // Of data, and of what a row must be like.
        (_, "22" | "23" | "44") => Verdict::Spoilt(cause),
        // A function of the user's own refuses it.
        ("P0001", _) => Verdict::Spoilt(cause),
        // Who we are; which database, schema, table and columns there are; what we may do.
        (_, "28" | "3D" | "3F" | "42" | "0A") => Verdict::Hold(cause),
        // It is full, it starts or stops, it only reads for now, it is broken: nothing that the batch could help.
        _ => Verdict::Later { after: None, cause },
    }
}

/// A row that no partition takes violates a constraint without a name.
fn has_no_partition(said: &DbError) -> bool {
    *said.code() == SqlState::CHECK_VIOLATION && said.constraint().is_none()
}

/// The server's message with what it names. Its detail would quote the row.
fn words(said: &DbError) -> String {
    let named = [said.table(), said.column(), said.constraint()];
    let named: Vec<&str> =
        named.into_iter().flatten().filter(|name| !said.message().contains(name)).collect();
    match named.is_empty() {
        true => said.message().to_string(),
        false => format!("{} ({})", said.message(), named.join(", ")),
    }
}
