//! The name of a table, safe to put into a statement.

use crate::settings::Setting;
use std::fmt;

/// `llm_spans`, or `observability.llm_spans` with the schema or database that it is in. Prints as it was written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(into = "String")]
pub struct Table {
    within: Option<String>,
    name: String,
}

/// Names of partitions and indexes, which begin with that of the table, have to fit into 63 bytes.
const LONGEST: usize = 40;

impl Table {
    /// One without a schema of its own; `name` is ours and needs no check.
    pub fn named(name: &'static str) -> Table {
        Table { within: None, name: name.to_string() }
    }

    /// The table's own name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schema or database, where it was given.
    pub fn within(&self) -> Option<&str> {
        self.within.as_deref()
    }

    /// As statements name it, with `quote` around each part.
    pub fn quoted(&self, quote: char) -> String {
        self.beside(quote, &self.name)
    }

    /// As [`Table::quoted`] for another table in the same place.
    pub fn beside(&self, quote: char, name: &str) -> String {
        match &self.within {
            Some(within) => format!("{quote}{within}{quote}.{quote}{name}{quote}"),
            None => format!("{quote}{name}{quote}"),
        }
    }
}

impl Default for Table {
    fn default() -> Table {
        Table::named("llm_spans")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.within {
            Some(within) => write!(f, "{within}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl From<Table> for String {
    fn from(table: Table) -> String {
        table.to_string()
    }
}

impl Setting for Table {
    fn parse(text: &str) -> Result<Table, String> {
        let expected = || format!("a table's name of up to {LONGEST} letters, digits and underscores");
        let (within, name) = match text.split_once('.') {
            Some((within, name)) => (Some(within), name),
            None => (None, text),
        };
        match plain(name) && within.is_none_or(plain) {
            true => Ok(Table { within: within.map(str::to_string), name: name.to_string() }),
            false => Err(expected()),
        }
    }
}

/// Whether no store needs quotes to be told the name.
fn plain(name: &str) -> bool {
    name.len() <= LONGEST
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_named_with_its_schema_or_without_and_cannot_end_a_statement() {
        let table = Table::parse("obs.llm_spans").expect("a name");
        assert_eq!(
            (table.quoted('"'), table.to_string()),
            ("\"obs\".\"llm_spans\"".into(), "obs.llm_spans".into())
        );
        assert_eq!(table.beside('`', "other"), "`obs`.`other`");
        assert_eq!(Table::parse("llm_spans"), Ok(Table::default()));
        for text in ["", "a.b.c", "a b", "a\"b", "1a", ".a", &"a".repeat(41)] {
            assert!(Table::parse(text).is_err(), "{text}");
        }
    }
}
