//! The table as it is: how each of our columns is written, as `COPY … BINARY` wants it.
//!
//! Source: PostgreSQL, "COPY", "Binary Format", and the `recv` function of each type; pgvector `vector_recv`.

use super::failure::Failure;
use crate::export::store::{COLUMNS, Encoded, Kind, Misfit, Table, Value};
use crate::llm::Record;
use bytes::{BufMut, BytesMut};
use std::borrow::Cow;
use tokio_postgres::Client;

/// How the rows of one table are written. Made anew with each connection, since tables change.
pub struct Layout {
    table: Table,
    /// In the order of [`COLUMNS`].
    types: Vec<Type>,
}

/// A column's type.
#[derive(Clone, Debug, PartialEq)]
struct Type {
    /// As PostgreSQL writes it: `character varying(255)`.
    shown: String,
    form: Form,
}

/// How values of a type are written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Bool,
    /// Of so many bytes.
    Int(usize),
    Real,
    Double,
    /// Of at most so many characters, if it has a limit.
    Text(Option<usize>),
    Uuid,
    Timestamp,
    Jsonb,
    /// Of elements of the type with that number, in that form.
    Texts(u32),
    Ints(u32, usize),
    Reals(u32),
    /// pgvector's, of so many numbers.
    Vector(Option<usize>),
}

/// One column of the table as the catalogue has it.
pub struct Described {
    pub name: String,
    pub shown: String,
    pub typname: String,
    pub typmod: i32,
    pub element: u32,
    /// Whether a row must bring a value of its own.
    pub required: bool,
}

impl Layout {
    /// Asks the catalogue. Errors where a column is missing, is of a type that cannot be written, or is not ours
    /// and has to be filled.
    pub async fn of(client: &Client, table: &Table) -> Result<Layout, Failure> {
        const DESCRIBE: &str = "\
            SELECT a.attname, format_type(a.atttypid, a.atttypmod), t.typname, a.atttypmod, t.typelem, \
              a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' \
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
            WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''";
        let rows = client.query(DESCRIBE, &[&table.quoted('"')]).await?;
        let described = |row: &tokio_postgres::Row| -> Result<Described, tokio_postgres::Error> {
            Ok(Described {
                name: row.try_get(0)?,
                shown: row.try_get(1)?,
                typname: row.try_get(2)?,
                typmod: row.try_get(3)?,
                element: row.try_get(4)?,
                required: row.try_get(5)?,
            })
        };
        let columns = rows.iter().map(described).collect::<Result<Vec<_>, _>>()?;
        Layout::from(table, &columns).map_err(Failure::Table)
    }

    fn from(table: &Table, columns: &[Described]) -> Result<Layout, String> {
        const MEND: &str = "`sidelight schema postgres --apply` mends it";
        if columns.is_empty() {
            return Err(format!("there is no table {table}: `sidelight schema postgres --apply` makes it"));
        }
        let foreign = |column: &&Described| !COLUMNS.iter().any(|ours| ours.name == column.name);
        if let Some(column) = columns.iter().filter(|column| column.required).find(foreign) {
            return Err(format!(
                "{table}.{} has to be filled and is not ours: give it a default",
                column.name
            ));
        }
        let one = |ours: &crate::export::store::Column| {
            let name = ours.name;
            let column = columns.iter().find(|column| column.name == name);
            let column = column.ok_or_else(|| format!("{table} has no column {name}: {MEND}"))?;
            let form = form(ours.kind, column)
                .ok_or_else(|| format!("{table}.{name} is {}, which cannot be written", column.shown))?;
            Ok(Type { shown: column.shown.clone(), form })
        };
        let types = COLUMNS.iter().map(one).collect::<Result<_, String>>()?;
        Ok(Layout { table: table.clone(), types })
    }

    /// The calls, as the body of `COPY … FROM STDIN BINARY` for [`COLUMNS`].
    pub fn encode(&self, calls: impl Iterator<Item = Record>) -> Result<Encoded, Failure> {
        let mut out = BytesMut::with_capacity(1 << 16);
        out.put_slice(b"PGCOPY\n\xff\r\n\0");
        out.put_i64(0);
        let mut rows = 0;
        for call in calls {
            rows += 1;
            self.row(&mut out, &call)?;
        }
        out.put_i16(-1);
        Ok(Encoded { rows, bytes: out.freeze() })
    }

    fn row(&self, out: &mut BytesMut, record: &Record) -> Result<(), Misfit> {
        out.put_i16(COLUMNS.len() as i16);
        for (column, is) in COLUMNS.iter().zip(&self.types) {
            let at = out.len();
            out.put_i32(-1);
            let put = put(out, is.form, (column.of)(record));
            let there = put.map_err(|what| Misfit {
                table: self.table.to_string(),
                column: column.name,
                is: is.shown.clone(),
                what,
            })?;
            if there {
                let len = (out.len() - at - 4) as i32;
                out[at..at + 4].copy_from_slice(&len.to_be_bytes());
            }
        }
        Ok(())
    }
}

/// The form in which a column takes values of `kind`, if it can.
fn form(kind: Kind, column: &Described) -> Option<Form> {
    let limit = |extra: i32| usize::try_from(column.typmod - extra).ok().filter(|_| column.typmod >= 0);
    Some(match (kind, column.typname.as_str()) {
        (Kind::Bool, "bool") => Form::Bool,
        (Kind::Int, "int2") => Form::Int(2),
        (Kind::Int, "int4") => Form::Int(4),
        (Kind::Int, "int8") => Form::Int(8),
        (Kind::Double, "float8") => Form::Double,
        (Kind::Double, "float4") => Form::Real,
        (Kind::Text | Kind::Json, "text") => Form::Text(None),
        (Kind::Text, "varchar" | "bpchar") => Form::Text(limit(VARHDRSZ)),
        (Kind::Uuid, "uuid") => Form::Uuid,
        (Kind::Time, "timestamptz") => Form::Timestamp,
        (Kind::Json | Kind::Map, "jsonb") => Form::Jsonb,
        (Kind::Json | Kind::Map, "json") => Form::Text(None),
        (Kind::Texts, "_text" | "_varchar") => Form::Texts(column.element),
        (Kind::Ints, "_int8") => Form::Ints(column.element, 8),
        (Kind::Ints, "_int4") => Form::Ints(column.element, 4),
        (Kind::Vector, "_float4") => Form::Reals(column.element),
        (Kind::Vector, "vector") => Form::Vector(limit(0)),
        _ => return None,
    })
}

/// What the limit of a `varchar` or `char` counts on top of its characters.
const VARHDRSZ: i32 = 4;

/// Microseconds from 1970 to 2000, where PostgreSQL counts from.
const EPOCH_US: i64 = 946_684_800_000_000;

/// Writes `value` without its length; false for none. Errors say what the column would have had to hold.
fn put(out: &mut BytesMut, form: Form, value: Value<'_>) -> Result<bool, String> {
    match (form, value) {
        (_, Value::Null) => return Ok(false),
        (Form::Bool, Value::Bool(is)) => out.put_u8(is.into()),
        (Form::Int(bytes), Value::Int(number)) => put_int(out, bytes, number)?,
        (Form::Double, Value::Double(number)) => out.put_f64(number),
        (Form::Real, Value::Double(number)) => out.put_f32(number as f32),
        (Form::Text(most), Value::Text(text)) => put_text(out, most, &text)?,
        (Form::Text(_), Value::Json(json)) => put_text(out, None, &without_nul_in_json(&json))?,
        (Form::Jsonb, Value::Json(json)) => put_jsonb(out, &json),
        (Form::Jsonb, Value::Map(map)) => put_jsonb(out, &json(map)),
        (Form::Text(_), Value::Map(map)) => put_text(out, None, &without_nul_in_json(&json(map)))?,
        (Form::Uuid, Value::Uuid(id)) => out.put_slice(&id.0),
        (Form::Timestamp, Value::Time(us)) => out.put_i64(us - EPOCH_US),
        (Form::Texts(element), Value::Texts(texts)) => {
            put_array(out, element, texts, |out, text| put_text(out, None, text))?;
        }
        (Form::Ints(element, bytes), Value::Ints(numbers)) => {
            put_array(out, element, numbers, |out, number| put_int(out, bytes, *number))?;
        }
        (Form::Reals(element), Value::Vector(numbers)) => {
            put_array(out, element, numbers, |out, number| {
                out.put_f32(*number);
                Ok(())
            })?;
        }
        (Form::Vector(most), Value::Vector(numbers)) => put_vector(out, most, numbers)?,
        (form, value) => unreachable!("{form:?} was not chosen for {value:?}"),
    }
    Ok(true)
}

fn put_int(out: &mut BytesMut, bytes: usize, number: i64) -> Result<(), String> {
    let least = i64::MIN >> (64 - 8 * bytes);
    if !(least..=!least).contains(&number) {
        return Err(number.to_string());
    }
    out.put_int(number, bytes);
    Ok(())
}

fn put_text(out: &mut BytesMut, most: Option<usize>, text: &str) -> Result<(), String> {
    if let Some(most) = most.filter(|most| text.len() > *most) {
        let characters = text.chars().count();
        if characters > most {
            return Err(format!("{characters} characters"));
        }
    }
    out.put_slice(without_nul(text).as_bytes());
    Ok(())
}

/// PostgreSQL's texts hold every character but this one.
fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// As [`without_nul`] where it stands in JSON, which writes it as an escape.
fn without_nul_in_json(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u0000") {
        return json.into();
    }
    // A backslash that is itself escaped does not begin one.
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (escape, to) =
            if rest[at..].starts_with("\\u0000") { (6, "\\ufffd") } else { (2, &rest[at..at + 2]) };
        out.push_str(&rest[..at]);
        out.push_str(to);
        rest = &rest[at + escape..];
    }
    out.push_str(rest);
    out.into()
}

/// Version 1 of the form, which is the text.
fn put_jsonb(out: &mut BytesMut, json: &str) {
    out.put_u8(1);
    out.put_slice(without_nul_in_json(json).as_bytes());
}

fn json(map: &std::collections::BTreeMap<String, String>) -> String {
    serde_json::to_string(map).expect("its keys are texts")
}

/// One dimension, counted from 1, without nulls.
fn put_array<T>(
    out: &mut BytesMut,
    element: u32,
    items: &[T],
    mut put: impl FnMut(&mut BytesMut, &T) -> Result<(), String>,
) -> Result<(), String> {
    out.put_i32(i32::from(!items.is_empty()));
    out.put_i32(0);
    out.put_u32(element);
    if items.is_empty() {
        return Ok(());
    }
    out.put_i32(items.len() as i32);
    out.put_i32(1);
    for item in items {
        let at = out.len();
        out.put_i32(0);
        put(out, item)?;
        let len = (out.len() - at - 4) as i32;
        out[at..at + 4].copy_from_slice(&len.to_be_bytes());
    }
    Ok(())
}

fn put_vector(out: &mut BytesMut, most: Option<usize>, numbers: &[f32]) -> Result<(), String> {
    let len =
        u16::try_from(numbers.len()).ok().filter(|len| most.is_none_or(|most| most == usize::from(*len)));
    out.put_u16(len.ok_or_else(|| format!("{} numbers", numbers.len()))?);
    out.put_u16(0);
    numbers.iter().for_each(|number| out.put_f32(*number));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(name: &str, typname: &str, required: bool) -> Described {
        let (name, shown) = (name.to_string(), typname.to_string());
        Described { name, shown, typname: typname.to_string(), typmod: -1, element: 25, required }
    }

    /// The table as its schema makes it.
    fn whole() -> Vec<Described> {
        let typname = |kind| match kind {
            Kind::Bool => "bool",
            Kind::Int => "int8",
            Kind::Double => "float8",
            Kind::Text => "text",
            Kind::Texts => "_text",
            Kind::Ints => "_int8",
            Kind::Uuid => "uuid",
            Kind::Time => "timestamptz",
            Kind::Vector => "vector",
            Kind::Map | Kind::Json => "jsonb",
        };
        COLUMNS.iter().map(|ours| column(ours.name, typname(ours.kind), false)).collect()
    }

    fn check(columns: &[Described], expected: Result<(), &str>) {
        let layout = Layout::from(&Table::default(), columns).map(drop);
        assert_eq!(layout.as_ref().map_err(String::as_str).copied(), expected);
    }

    #[test]
    fn a_table_that_cannot_be_filled_is_told_by_its_column() {
        check(&whole(), Ok(()));
        check(&[], Err("there is no table llm_spans: `sidelight schema postgres --apply` makes it"));
        check(
            &whole()[1..],
            Err("llm_spans has no column span_id: `sidelight schema postgres --apply` mends it"),
        );
        let mut odd = whole();
        odd[3] = column("schema_version", "numeric", false);
        check(&odd, Err("llm_spans.schema_version is numeric, which cannot be written"));
        let mut foreign = whole();
        foreign.push(column("tenant", "text", true));
        check(&foreign, Err("llm_spans.tenant has to be filled and is not ours: give it a default"));
    }

    proptest! {
        #[test]
        fn json_without_nul_says_the_same_but_for_it(text in "[a\\\\\"u0\0é]{0,20}", key in "[a\\\\\0]{0,4}") {
            let json = serde_json::json!({ key.clone(): [text.clone()] }).to_string();
            let read: serde_json::Value = serde_json::from_str(&without_nul_in_json(&json)).expect("JSON");
            let without = |text: &str| text.replace('\0', "\u{fffd}");
            prop_assert_eq!(read, serde_json::json!({ without(&key): [without(&text)] }));
        }

        #[test]
        fn a_whole_number_is_written_or_refused_by_its_size(number in any::<i64>(), bytes in prop::sample::select(vec![2, 4, 8])) {
            let mut out = BytesMut::new();
            let fits = match bytes {
                2 => i16::try_from(number).is_ok(),
                4 => i32::try_from(number).is_ok(),
                _ => true,
            };
            prop_assert_eq!(put_int(&mut out, bytes, number).is_ok(), fits);
            prop_assert_eq!(out.len(), if fits { bytes } else { 0 });
        }
    }
}
