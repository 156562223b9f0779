//! The table as it is: how each of our columns is written, in the format RowBinaryWithNamesAndTypes.
//!
//! Source: ClickHouse, "Formats", RowBinary and "Data types binary encoding".

use super::answer::Failure;
use crate::export::store::{COLUMNS, Column, Kind, Misfit, Records, Table, Value};
use crate::llm::Record;
use bytes::{BufMut, Bytes, BytesMut};

/// How the rows of one table are written.
pub struct Layout {
    table: Table,
    /// In the order of [`COLUMNS`].
    types: Vec<Type>,
}

/// A column's type.
#[derive(Clone, Debug, PartialEq)]
struct Type {
    /// As ClickHouse writes it: `LowCardinality(Nullable(String))`.
    shown: String,
    nullable: bool,
    form: Form,
}

/// How values of a type are written.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    Bool,
    /// Of so many bits.
    Int(u32),
    Unsigned(u32),
    Double,
    Text,
    /// Of so many bytes.
    Fixed(usize),
    /// Words with their numbers, in one byte.
    Enum8(Vec<(String, i8)>),
    Uuid,
    /// Seconds since 1970.
    Seconds,
    /// Of so many digits after the second.
    Time(u32),
    Texts,
    Ints(Box<Form>),
    Floats,
    Doubles,
    Map,
}

/// Name, type and kind of default of one column.
pub type Described = (String, String, String);

impl Layout {
    /// Errors where a column is missing, or is of a type that cannot be written.
    pub fn of(table: &Table, columns: &[Described]) -> Result<Layout, String> {
        const MEND: &str = "`sidelight schema clickhouse` prints what is needed";
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
            let (nullable, bare) = bare(shown);
            let form = form(ours.kind, bare)
                .ok_or_else(|| format!("{table}.{name} is {shown}, which cannot be written"))?;
            Ok(Type { shown: shown.clone(), nullable, form })
        };
        let types = COLUMNS.iter().map(one).collect::<Result<_, String>>()?;
        Ok(Layout { table: table.clone(), types })
    }

    /// The name of the format that [`encode`](Layout::encode) writes.
    pub fn format(&self) -> &'static str {
        "RowBinaryWithNamesAndTypes"
    }

    /// The rows, with the names and types of [`COLUMNS`] before them.
    pub fn encode(&self, records: &Records) -> Result<Bytes, Failure> {
        let mut out = BytesMut::with_capacity(4096 + records.len() * 1024);
        put_len(&mut out, COLUMNS.len());
        COLUMNS.iter().for_each(|column| put_text(&mut out, column.name));
        self.types.iter().for_each(|is| put_text(&mut out, &is.shown));
        for record in records {
            self.row(&mut out, record)?;
        }
        Ok(out.freeze())
    }

    fn row(&self, out: &mut BytesMut, record: &Record) -> Result<(), Misfit> {
        for (column, is) in COLUMNS.iter().zip(&self.types) {
            put(out, is, (column.of)(record)).map_err(|what| Misfit {
                table: self.table.to_string(),
                column: column.name,
                is: is.shown.clone(),
                what,
            })?;
        }
        Ok(())
    }
}

/// The type within `LowCardinality(…)` and `Nullable(…)`, and whether the latter was there.
fn bare(shown: &str) -> (bool, &str) {
    let of_few = within(shown, "LowCardinality").unwrap_or(shown);
    within(of_few, "Nullable").map_or((false, of_few), |bare| (true, bare))
}

/// What stands in the brackets of `name(…)`.
fn within<'a>(shown: &'a str, name: &str) -> Option<&'a str> {
    shown.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')
}

/// The form in which a type takes values of `kind`, if it can.
fn form(kind: Kind, shown: &str) -> Option<Form> {
    let array = within(shown, "Array").map(|of| bare(of).1);
    Some(match kind {
        Kind::Bool if matches!(shown, "Bool" | "UInt8") => Form::Bool,
        Kind::Int => int(shown)?,
        Kind::Double if shown == "Float64" => Form::Double,
        Kind::Text | Kind::Json | Kind::Map if shown == "String" => Form::Text,
        Kind::Text if shown.starts_with("FixedString") => {
            Form::Fixed(within(shown, "FixedString")?.parse().ok()?)
        }
        Kind::Text if shown.starts_with("Enum8") => Form::Enum8(words(within(shown, "Enum8")?)?),
        Kind::Uuid if shown == "UUID" => Form::Uuid,
        Kind::Time if shown == "DateTime" || shown.starts_with("DateTime(") => Form::Seconds,
        Kind::Time => Form::Time(
            within(shown, "DateTime64")?.split(',').next()?.trim().parse().ok().filter(|p| *p <= 9)?,
        ),
        Kind::Texts if array == Some("String") => Form::Texts,
        Kind::Ints => Form::Ints(Box::new(int(array?)?)),
        Kind::Vector if array == Some("Float32") => Form::Floats,
        Kind::Vector if array == Some("Float64") => Form::Doubles,
        Kind::Map => {
            let (key, value) = within(shown, "Map")?.split_once(", ")?;
            (bare(key).1 == "String" && bare(value) == (false, "String")).then_some(Form::Map)?
        }
        _ => return None,
    })
}

fn int(shown: &str) -> Option<Form> {
    let bits = |digits: &str| digits.parse().ok().filter(|bits| [8, 16, 32, 64].contains(bits));
    match shown.strip_prefix("UInt") {
        Some(digits) => bits(digits).map(Form::Unsigned),
        None => bits(shown.strip_prefix("Int")?).map(Form::Int),
    }
}

/// `'stop' = 1, 'length' = 2`.
fn words(list: &str) -> Option<Vec<(String, i8)>> {
    let one = |entry: &str| {
        let (word, number) = entry.trim().rsplit_once(" = ")?;
        Some((word.strip_prefix('\'')?.strip_suffix('\'')?.to_string(), number.parse().ok()?))
    };
    list.split(',').map(one).collect()
}

/// Writes `value`. Errors say what the column would have had to hold.
fn put(out: &mut BytesMut, is: &Type, value: Value<'_>) -> Result<(), String> {
    if value == Value::Null {
        match is.nullable {
            true => out.put_u8(1),
            false => put_nothing(out, &is.form),
        }
        return Ok(());
    }
    if is.nullable {
        out.put_u8(0);
    }
    match (&is.form, value) {
        (Form::Bool, Value::Bool(is)) => out.put_u8(is.into()),
        (form, Value::Int(number)) => put_int(out, form, number)?,
        (Form::Double, Value::Double(number)) => out.put_f64_le(number),
        (Form::Text, Value::Text(text)) => put_text(out, &text),
        (Form::Text, Value::Json(json)) => put_text(out, &json),
        (Form::Text, Value::Map(map)) => {
            put_text(out, &serde_json::to_string(map).expect("its keys are texts"));
        }
        (Form::Fixed(bytes), Value::Text(text)) => put_fixed(out, *bytes, &text)?,
        (Form::Enum8(words), Value::Text(text)) => {
            let known = words.iter().find(|(word, _)| *word == text);
            out.put_i8(known.ok_or("a word that is none of them")?.1);
        }
        (Form::Uuid, Value::Uuid(id)) => {
            let number = u128::from_be_bytes(id.0);
            out.put_u64_le((number >> 64) as u64);
            out.put_u64_le(number as u64);
        }
        (Form::Seconds, Value::Time(us)) => {
            let seconds = u32::try_from(us / 1_000_000);
            out.put_u32_le(seconds.map_err(|_| format!("a time {} days after 1970", us / DAY_US))?);
        }
        (Form::Time(digits), Value::Time(us)) => put_time(out, *digits, us)?,
        (Form::Texts, Value::Texts(texts)) => {
            put_len(out, texts.len());
            texts.iter().for_each(|text| put_text(out, text));
        }
        (Form::Ints(form), Value::Ints(numbers)) => {
            put_len(out, numbers.len());
            numbers.iter().try_for_each(|number| put_int(out, form, *number))?;
        }
        (Form::Floats, Value::Vector(numbers)) => {
            put_len(out, numbers.len());
            numbers.iter().for_each(|number| out.put_f32_le(*number));
        }
        (Form::Doubles, Value::Vector(numbers)) => {
            put_len(out, numbers.len());
            numbers.iter().for_each(|number| out.put_f64_le((*number).into()));
        }
        (Form::Map, Value::Map(map)) => {
            put_len(out, map.len());
            for (key, value) in map {
                put_text(out, key);
                put_text(out, value);
            }
        }
        (form, value) => unreachable!("{form:?} was not chosen for {value:?}"),
    }
    Ok(())
}

/// What a column holds that knows no null: zero, or nothing.
fn put_nothing(out: &mut BytesMut, form: &Form) {
    let bytes = match form {
        Form::Bool | Form::Enum8(_) => 1,
        Form::Int(bits) | Form::Unsigned(bits) => *bits as usize / 8,
        Form::Double | Form::Time(_) => 8,
        Form::Seconds => 4,
        Form::Uuid => 16,
        Form::Fixed(bytes) => *bytes,
        // An empty text, list or map is a length of 0.
        Form::Text | Form::Texts | Form::Ints(_) | Form::Floats | Form::Doubles | Form::Map => 1,
    };
    out.put_bytes(0, bytes);
}

fn put_int(out: &mut BytesMut, form: &Form, number: i64) -> Result<(), String> {
    let (bits, fits) = match form {
        Form::Int(bits) => {
            let least = i64::MIN >> (64 - bits);
            (*bits, (least..=!least).contains(&number))
        }
        Form::Unsigned(bits) => (*bits, number >= 0 && (*bits == 64 || number >> bits == 0)),
        other => unreachable!("{other:?} was not chosen for a whole number"),
    };
    if !fits {
        return Err(number.to_string());
    }
    out.put_int_le(number, bits as usize / 8);
    Ok(())
}

fn put_fixed(out: &mut BytesMut, bytes: usize, text: &str) -> Result<(), String> {
    let room = bytes.checked_sub(text.len()).ok_or_else(|| format!("{} bytes", text.len()))?;
    out.put_slice(text.as_bytes());
    out.put_bytes(0, room);
    Ok(())
}

const DAY_US: i64 = 86_400_000_000;

/// Where DateTime64 ends: with the year 2299, or where nanoseconds do.
///
/// Source: ClickHouse, "DateTime64".
const LAST_US: i64 = 10_413_791_999_999_999;
const LAST_NANO_US: i64 = i64::MAX / 1000;

fn put_time(out: &mut BytesMut, digits: u32, us: i64) -> Result<(), String> {
    let last = if digits == 9 { LAST_NANO_US } else { LAST_US };
    if us > last {
        return Err(format!("a time {} days after 1970", us / DAY_US));
    }
    let ticks = match digits.checked_sub(6) {
        Some(more) => us * 10_i64.pow(more),
        None => us / 10_i64.pow(6 - digits),
    };
    out.put_i64_le(ticks);
    Ok(())
}

/// As LEB128.
fn put_len(out: &mut BytesMut, mut len: usize) {
    while len >= 0x80 {
        out.put_u8(len as u8 | 0x80);
        len >>= 7;
    }
    out.put_u8(len as u8);
}

fn put_text(out: &mut BytesMut, text: &str) {
    put_len(out, text.len());
    out.put_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(kind: Kind, shown: &str, expected: Option<Form>) {
        assert_eq!(form(kind, bare(shown).1), expected, "{shown}");
    }

    #[test]
    fn types_are_understood_as_clickhouse_writes_them() {
        check(Kind::Text, "LowCardinality(Nullable(String))", Some(Form::Text));
        check(Kind::Text, "Nullable(FixedString(64))", Some(Form::Fixed(64)));
        let words = vec![("stop".to_string(), 1), ("a-b".to_string(), -2)];
        check(Kind::Text, "Enum8('stop' = 1, 'a-b' = -2)", Some(Form::Enum8(words)));
        check(Kind::Int, "UInt8", Some(Form::Unsigned(8)));
        check(Kind::Int, "Int256", None);
        check(Kind::Time, "DateTime64(3, 'UTC')", Some(Form::Time(3)));
        check(Kind::Time, "DateTime('UTC')", Some(Form::Seconds));
        check(Kind::Time, "Date", None);
        check(Kind::Texts, "Array(LowCardinality(String))", Some(Form::Texts));
        check(Kind::Ints, "Array(Int64)", Some(Form::Ints(Box::new(Form::Int(64)))));
        check(Kind::Map, "Map(LowCardinality(String), String)", Some(Form::Map));
        check(Kind::Map, "Map(String, UInt8)", None);
    }

    proptest! {
        #[test]
        fn a_whole_number_is_written_or_refused_by_its_size(number in any::<i64>(), bits in prop::sample::select(vec![8_u32, 16, 32, 64])) {
            let bytes = bits as usize / 8;
            for (form, fits) in [
                (Form::Int(bits), i128::from(number).unsigned_abs() < 1 << (bits - 1) || number == i64::MIN >> (64 - bits)),
                (Form::Unsigned(bits), number >= 0 && (number as u128) < 1 << bits),
            ] {
                let mut out = BytesMut::new();
                prop_assert_eq!(put_int(&mut out, &form, number).is_ok(), fits);
                prop_assert_eq!(out.len(), if fits { bytes } else { 0 });
            }
        }

        #[test]
        fn a_time_is_written_to_the_digits_that_there_are(us in 0..LAST_NANO_US, digits in 0..10_u32) {
            let mut out = BytesMut::new();
            put_time(&mut out, digits, us).expect("it is before 2262");
            let ticks = i64::from_le_bytes(out[..].try_into().expect("eight bytes"));
            prop_assert_eq!(i128::from(ticks), i128::from(us) * 1000 / 10_i128.pow(9 - digits));
        }
    }
}
