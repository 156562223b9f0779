//! The table as it is: which type of it each of our columns goes into.

use super::answer::Failure;
use super::block::{self, Cells};
use super::column_type::Type;
use crate::export::store::{COLUMNS, Column, Encoded, Misfit, Table};
use crate::llm::Record;

/// How the rows of one table are written.
pub struct Layout {
    table: Table,
    /// In the order of [`COLUMNS`].
    types: Vec<Type>,
}

/// Name, type and kind of default of one column.
pub type Described = (String, String, String);

impl Layout {
    /// Errors where a column is missing, or is of a type that cannot be written.
    pub fn of(table: &Table, columns: &[Described]) -> Result<Layout, String> {
        const MEND: &str = "`sidelight schema clickhouse --apply` adds what is missing";
        if columns.is_empty() {
            return Err(format!("there is no table {table}: `sidelight schema clickhouse --apply` makes it"));
        }
        let one = |ours: &Column| {
            let name = ours.name;
            let (_, shown, default) = columns
                .iter()
                .find(|(column, ..)| column == name)
                .ok_or_else(|| format!("{table} has no column {name}: {MEND}"))?;
            if matches!(default.as_str(), "MATERIALIZED" | "ALIAS") {
                return Err(format!("{table}.{name} is {default}, which cannot be written"));
            }
            Type::of(ours.kind, shown)
                .ok_or_else(|| format!("{table}.{name} is {shown}, which cannot be written"))
        };
        let types = COLUMNS.iter().map(one).collect::<Result<_, String>>()?;
        Ok(Layout { table: table.clone(), types })
    }

    /// The calls as one block of the format Native, with the names and types of [`COLUMNS`].
    pub fn encode(&self, calls: impl Iterator<Item = Record>) -> Result<Encoded, Failure> {
        let mut all: Vec<Cells<'_>> = self.types.iter().map(Cells::new).collect();
        let mut rows = 0;
        for call in calls {
            rows += 1;
            for ((column, is), cells) in COLUMNS.iter().zip(&self.types).zip(&mut all) {
                cells.put((column.of)(&call)).map_err(|what| self.misfit(column, is, what))?;
            }
        }
        let names = COLUMNS.iter().map(|column| column.name);
        Ok(Encoded { rows, bytes: block::write(rows, names.zip(all)) })
    }

    fn misfit(&self, column: &Column, is: &Type, what: String) -> Misfit {
        Misfit { table: self.table.to_string(), column: column.name, is: is.shown.clone(), what }
    }
}
