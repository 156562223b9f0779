//! The types of columns: as ClickHouse writes them, and how values of ours are written to them.
//!
//! Source: ClickHouse, "Data types".

use crate::export::store::Kind;

/// A column's type.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// As ClickHouse writes it: `LowCardinality(Nullable(String))`.
    pub shown: String,
    /// As values are sent, whose dictionary is the server's to make: `Nullable(String)`.
    pub sent: String,
    pub nullable: bool,
    pub form: Form,
}

/// How values of a type are written.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
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

impl Type {
    /// The type that ClickHouse writes as `shown`, if values of `kind` can be written to it.
    pub fn of(kind: Kind, shown: &str) -> Option<Type> {
        let (nullable, bare) = bare(shown);
        let form = form(kind, bare)?;
        Some(Type { shown: shown.to_string(), sent: sent(shown), nullable, form })
    }
}

/// The type within `LowCardinality(…)` and `Nullable(…)`, and whether the latter was there.
fn bare(shown: &str) -> (bool, &str) {
    let of_few = within(shown, "LowCardinality").unwrap_or(shown);
    within(of_few, "Nullable").map_or((false, of_few), |bare| (true, bare))
}

/// `shown` without its dictionaries.
fn sent(shown: &str) -> String {
    if let Some(of) = within(shown, "LowCardinality") {
        return sent(of);
    }
    if let Some(of) = within(shown, "Array") {
        return format!("Array({})", sent(of));
    }
    match within(shown, "Map").and_then(|of| of.split_once(", ")) {
        Some((key, value)) => format!("Map({}, {})", sent(key), sent(value)),
        None => shown.to_string(),
    }
}

/// What stands in the brackets of `name(…)`.
fn within<'a>(shown: &'a str, name: &str) -> Option<&'a str> {
    shown.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')
}

/// The form in which a type takes values of `kind`, if it can.
fn form(kind: Kind, shown: &str) -> Option<Form> {
    let array = within(shown, "Array").map(|of| within(of, "LowCardinality").unwrap_or(of));
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

#[cfg(test)]
mod tests {
    use super::*;

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
        check(Kind::Texts, "Array(Nullable(String))", None);
    }

    #[test]
    fn dictionaries_are_not_sent() {
        assert_eq!(sent("LowCardinality(Nullable(String))"), "Nullable(String)");
        assert_eq!(sent("Array(LowCardinality(String))"), "Array(String)");
        assert_eq!(sent("Map(LowCardinality(String), String)"), "Map(String, String)");
        assert_eq!(sent("DateTime64(6, 'UTC')"), "DateTime64(6, 'UTC')");
    }
}
