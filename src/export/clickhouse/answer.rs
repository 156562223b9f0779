//! What ClickHouse's errors mean for a batch.

use crate::export::answer::{self, PeerSaid};
use crate::export::store::Misfit;
use crate::export::{BoxError, Verdict};
use std::time::SystemTime;

/// Why a batch was not stored.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server could not be asked, or did not answer.
    #[error(transparent)]
    Away(reqwest::Error),
    #[error("{}", .0.said)]
    Said(Said),
    #[error("the answer is not ClickHouse's")]
    Unreadable,
    /// A row does not fit the table.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// The table is not what is needed, which a person has to mend.
    #[error("{0}")]
    Table(String),
    #[error(transparent)]
    Unusable(BoxError),
}

/// An answer other than success.
#[derive(Debug)]
pub struct Said {
    http: u16,
    /// ClickHouse's own number of the error.
    code: Option<u32>,
    said: PeerSaid,
}

/// How much of what it says is read.
const WORDS: usize = 4096;

impl Said {
    /// `code`: as the headers have it, which older servers and proxies leave out. Only the first line of `text` is
    /// words, up to where it begins to quote the row.
    pub fn read(http: u16, code: Option<u32>, text: &str) -> Said {
        let text = text.trim().lines().next().unwrap_or("");
        let text = &text[..text.floor_char_boundary(WORDS)];
        let told = text.strip_prefix("Code: ").and_then(|rest| rest.split_once(". DB::Exception: "));
        let code = code.or_else(|| told?.0.parse().ok());
        let status = code.map_or_else(|| format!("HTTP {http}"), |code| format!("ClickHouse {code}"));
        let words = told.map_or(text, |(_, words)| words);
        let words = words.split(" Column values:").next().unwrap_or(words).to_string();
        Said { http, code, said: PeerSaid { status, words } }
    }
}

/// What error numbers mean.
///
/// Source: ClickHouse `src/Common/ErrorCodes.cpp`.
mod code {
    /// Who we are and what we may do: UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, IP_ADDRESS_NOT_ALLOWED,
    /// DATABASE_ACCESS_DENIED, READONLY, ACCESS_DENIED, AUTHENTICATION_FAILED.
    pub const DENIED: &[u32] = &[192, 193, 194, 195, 291, 164, 497, 516];
    /// What tables and columns there are: NO_SUCH_COLUMN_IN_TABLE, THERE_IS_NO_COLUMN, UNKNOWN_IDENTIFIER,
    /// TYPE_MISMATCH, UNKNOWN_TABLE, UNKNOWN_DATABASE, UNKNOWN_SETTING, SYNTAX_ERROR, ILLEGAL_COLUMN.
    pub const TABLE: &[u32] = &[16, 8, 47, 53, 60, 81, 115, 62, 44];
    /// What a row holds: CANNOT_READ_ALL_DATA, INCORRECT_DATA, TOO_LARGE_STRING_SIZE, ARGUMENT_OUT_OF_BOUND,
    /// CANNOT_PARSE_…, UNKNOWN_ELEMENT_OF_ENUM, VIOLATED_CONSTRAINT.
    pub const DATA: &[u32] = &[33, 117, 131, 69, 6, 27, 41, 72, 36, 469, 691];
    /// It has too much: MEMORY_LIMIT_EXCEEDED, TOO_MANY_PARTS, TOO_MANY_SIMULTANEOUS_QUERIES.
    pub const BUSY: &[u32] = &[241, 252, 202];
}

impl Failure {
    /// Whether the table is not as it was thought to be.
    pub fn is_of_the_table(&self) -> bool {
        match self {
            Failure::Misfit(_) => true,
            Failure::Said(said) => {
                said.code.is_some_and(|code| code::TABLE.contains(&code) || code::DATA.contains(&code))
            }
            _ => false,
        }
    }

    /// What the lane is to do.
    pub fn verdict(self) -> Verdict {
        match self {
            Failure::Away(cause) => Verdict::Later { after: None, cause: cause.into() },
            Failure::Unreadable => Verdict::Later { after: None, cause: self.into() },
            Failure::Misfit(misfit) => Verdict::Spoilt(misfit.into()),
            Failure::Table(_) => Verdict::Hold(self.into()),
            Failure::Unusable(cause) => Verdict::Refused(cause),
            Failure::Said(Said { http, code: None, said }) => {
                // Not ClickHouse itself, but what stands in front of it.
                match answer::http(http, None, said.words.clone(), SystemTime::now()) {
                    Verdict::Refused(cause) => Verdict::Hold(cause),
                    verdict => verdict,
                }
            }
            Failure::Said(Said { code: Some(code), said, .. }) => match code {
                _ if code::DENIED.contains(&code) || code::TABLE.contains(&code) => {
                    Verdict::Hold(said.into())
                }
                _ if code::DATA.contains(&code) => Verdict::Spoilt(said.into()),
                _ if code::BUSY.contains(&code) => Verdict::Throttled { after: None, cause: said.into() },
                // It starts or stops, has no disk, only reads, or something that the batch could not help.
                _ => Verdict::Later { after: None, cause: said.into() },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(http: u16, code: Option<u32>, text: &str, expected: &str) {
        let verdict = match Failure::Said(Said::read(http, code, text)).verdict() {
            Verdict::Later { cause, .. } => format!("later: {cause}"),
            Verdict::Throttled { cause, .. } => format!("throttled: {cause}"),
            Verdict::Hold(cause) => format!("hold: {cause}"),
            Verdict::Spoilt(cause) => format!("spoilt: {cause}"),
            other => format!("{other:?}"),
        };
        assert_eq!(verdict, expected);
    }

    #[test]
    fn errors_are_told_by_their_numbers() {
        check(403, Some(516), "wrong password", "hold: ClickHouse 516: wrong password");
        check(404, None, "Code: 60. DB::Exception: no such table", "hold: ClickHouse 60: no such table");
        check(500, Some(252), "too many parts", "throttled: ClickHouse 252: too many parts");
        check(
            500,
            Some(469),
            "row 1 is wrong. Column values: a = 'secret'",
            "spoilt: ClickHouse 469: row 1 is wrong.",
        );
        check(400, Some(117), "bad\nBuffer content: secret", "spoilt: ClickHouse 117: bad");
        check(500, Some(243), "no space", "later: ClickHouse 243: no space");
    }

    #[test]
    fn what_stands_in_front_is_understood_as_http() {
        check(502, None, "bad gateway", "later: HTTP 502: bad gateway");
        check(401, None, "who are you", "hold: HTTP 401: who are you");
        check(404, None, "nothing here", "hold: HTTP 404: nothing here");
    }
}
