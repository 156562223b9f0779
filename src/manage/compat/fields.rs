//! The fields of a body, each read as leniently as the predecessor reads it, and everything that is wrong with them.

use super::Refused;
use super::body::Sent;
use super::json::Json;
use super::wrong::Wrong;
use crate::llm::Uuid;
use serde_json::{Value, json};

/// A body's fields while they are read, in the order of their declaration.
pub struct Fields<'a> {
    of: &'a Json,
    /// Where they stand, after `body`.
    at: Vec<Value>,
    pub wrongs: Vec<Wrong>,
}

/// A prompt: a text, or messages.
#[derive(Clone, Debug, PartialEq)]
pub enum Prompt {
    Text(String),
    Messages(Vec<Json>),
}

type Read<T> = Result<T, (&'static str, String)>;

impl Sent {
    /// What was sent, as a map; `kind` and `message` say what else it is.
    fn map(&self, kind: &'static str, message: &str) -> Result<&Json, Refused> {
        match &self.json {
            Some(json @ Json::Map(_)) => Ok(json),
            Some(other) => Err(Wrong::answer(&[Wrong::new(kind, Vec::new(), message, other)])),
            None => Err(Wrong::answer(&[Wrong::new("missing", Vec::new(), "Field required", &Json::Null)])),
        }
    }

    /// Of a model.
    pub fn fields(&self) -> Result<Fields<'_>, Refused> {
        let message = "Input should be a valid dictionary or object to extract fields from";
        Ok(Fields::new(self.map("model_attributes_type", message)?, Vec::new()))
    }

    /// Of a plain dictionary.
    pub fn dictionary(&self) -> Result<Fields<'_>, Refused> {
        Ok(Fields::new(self.map("dict_type", "Input should be a valid dictionary")?, Vec::new()))
    }
}

impl<'a> Fields<'a> {
    pub fn new(of: &'a Json, at: Vec<Value>) -> Fields<'a> {
        Fields { of, at, wrongs: Vec::new() }
    }

    /// The answer, if anything was wrong.
    pub fn refuse(&self) -> Result<(), Refused> {
        if self.wrongs.is_empty() { Ok(()) } else { Err(Wrong::answer(&self.wrongs)) }
    }

    /// A field that has to be there.
    pub fn required<T>(&mut self, name: &str, read: impl FnOnce(&Json) -> Read<T>) -> Option<T> {
        match self.of.get(name) {
            Some(json) => self.take(name, json, read),
            None => {
                self.wrongs.push(Wrong::new("missing", self.place(name), "Field required", self.of));
                None
            }
        }
    }

    /// A field that has to be there, unless there is something to `spare` it by.
    pub fn required_unless<T>(
        &mut self,
        spare: Option<T>,
        name: &str,
        read: impl FnOnce(&Json) -> Read<T>,
    ) -> Option<T> {
        if self.of.get(name).is_none() && spare.is_some() { spare } else { self.required(name, read) }
    }

    /// A field that may be missing, but not `null`.
    pub fn given<T>(&mut self, name: &str, default: T, read: impl FnOnce(&Json) -> Read<T>) -> T {
        match self.of.get(name) {
            Some(json) => self.take(name, json, read).unwrap_or(default),
            None => default,
        }
    }

    /// A field that may be missing or `null`.
    pub fn optional<T>(&mut self, name: &str, read: impl FnOnce(&Json) -> Read<T>) -> Option<T> {
        match self.of.get(name) {
            None | Some(Json::Null) => None,
            Some(json) => self.take(name, json, read),
        }
    }

    /// A list of texts; what is wrong with one is told with its place.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(json) = self.of.get(name) else { return Vec::new() };
        let Json::List(items) = json else {
            self.wrongs.push(Wrong::new("list_type", self.place(name), "Input should be a valid list", json));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (n, item) in items.iter().enumerate() {
            match text(item) {
                Ok(text) => texts.push(text),
                Err((kind, message)) => {
                    let mut at = self.place(name);
                    at.push(json!(n));
                    self.wrongs.push(Wrong::new(kind, at, message, item));
                }
            }
        }
        texts
    }

    /// A prompt, which is one of two things: what is wrong is told for both.
    pub fn prompt(&mut self, name: &str) -> Option<Prompt> {
        const LIST: &str = "list[dict[str,any]]";
        let Some(json) = self.of.get(name) else {
            self.required(name, text)?;
            return None;
        };
        let items = match json {
            Json::Text(text) => return Some(Prompt::Text(text.clone())),
            Json::List(items) => items,
            other => {
                self.either(name, json!("str"), None, "string_type", "Input should be a valid string", other);
                self.either(name, json!(LIST), None, "list_type", "Input should be a valid list", other);
                return None;
            }
        };
        let odd: Vec<usize> = (0..items.len()).filter(|n| !matches!(items[*n], Json::Map(_))).collect();
        if odd.is_empty() {
            return Some(Prompt::Messages(items.clone()));
        }
        self.either(name, json!("str"), None, "string_type", "Input should be a valid string", json);
        for n in odd {
            let message = "Input should be a valid dictionary";
            self.either(name, json!(LIST), Some(n), "dict_type", message, &items[n]);
        }
        None
    }

    fn either(
        &mut self,
        name: &str,
        branch: Value,
        place: Option<usize>,
        kind: &'static str,
        message: &str,
        input: &Json,
    ) {
        let mut at = self.place(name);
        at.push(branch);
        at.extend(place.map(|n| json!(n)));
        self.wrongs.push(Wrong::new(kind, at, message, input));
    }

    fn take<T>(&mut self, name: &str, json: &Json, read: impl FnOnce(&Json) -> Read<T>) -> Option<T> {
        match read(json) {
            Ok(value) => Some(value),
            Err((kind, message)) => {
                self.wrongs.push(Wrong::new(kind, self.place(name), message, json));
                None
            }
        }
    }

    fn place(&self, name: &str) -> Vec<Value> {
        self.at.iter().cloned().chain([json!(name)]).collect()
    }
}

pub fn text(json: &Json) -> Read<String> {
    match json {
        Json::Text(text) => Ok(text.clone()),
        _ => Err(("string_type", "Input should be a valid string".to_string())),
    }
}

/// A list of texts.
pub fn list(json: &Json) -> Read<Vec<String>> {
    match json {
        Json::List(items) => items.iter().map(text).collect(),
        _ => Err(("list_type", "Input should be a valid list".to_string())),
    }
}

/// A text of at least one character.
pub fn some_text(json: &Json) -> Read<String> {
    let text = text(json)?;
    match text.is_empty() {
        true => Err(("string_too_short", "String should have at least 1 character".to_string())),
        false => Ok(text),
    }
}

/// A text of exactly `length` characters.
pub fn text_of(length: usize) -> impl FnOnce(&Json) -> Read<String> {
    move |json| {
        let text = text(json)?;
        match text.chars().count() {
            count if count < length => {
                Err(("string_too_short", format!("String should have at least {length} characters")))
            }
            count if count > length => {
                Err(("string_too_long", format!("String should have at most {length} characters")))
            }
            _ => Ok(text),
        }
    }
}

/// A whole number: also written as text, as a float without a fraction, or as a truth.
pub fn int(json: &Json) -> Read<i64> {
    let parsing = || {
        let message = "Input should be a valid integer, unable to parse string as an integer";
        ("int_parsing", message.to_string())
    };
    let large = || ("int_too_large", "Input should be less than 9223372036854775808".to_string());
    match json {
        Json::Bool(truth) => Ok(i64::from(*truth)),
        Json::Int(number) => i64::try_from(*number).map_err(|_| large()),
        Json::Float(number) if !number.is_finite() => {
            Err(("finite_number", "Input should be a finite number".to_string()))
        }
        Json::Float(number) if number.fract() != 0.0 => {
            let message = "Input should be a valid integer, got a number with a fractional part";
            Err(("int_from_float", message.to_string()))
        }
        Json::Float(number) if number.abs() < 9e18 => Ok(*number as i64),
        Json::Float(_) => Err(large()),
        Json::Text(text) => {
            let text = text.trim();
            let whole = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|byte| byte == b'0'));
            whole.map_or(text, |(whole, _)| whole).parse().map_err(|_| parsing())
        }
        _ => Err(("int_type", "Input should be a valid integer".to_string())),
    }
}

/// A whole number of at least `least`: told as "greater than" what is one below, if `strictly`.
pub fn int_from(least: i64, strictly: bool) -> impl FnOnce(&Json) -> Read<i64> {
    move |json| {
        let number = int(json)?;
        match (number >= least, strictly) {
            (true, _) => Ok(number),
            (false, true) => Err(("greater_than", format!("Input should be greater than {}", least - 1))),
            (false, false) => {
                Err(("greater_than_equal", format!("Input should be greater than or equal to {least}")))
            }
        }
    }
}

/// A truth, or a word for one.
pub fn truth(json: &Json) -> Read<bool> {
    const YES: [&str; 6] = ["1", "on", "t", "true", "y", "yes"];
    const NO: [&str; 6] = ["0", "off", "f", "false", "n", "no"];
    let unknown = || {
        let message = "Input should be a valid boolean, unable to interpret input";
        ("bool_parsing", message.to_string())
    };
    match json {
        Json::Bool(truth) => Ok(*truth),
        Json::Int(0) => Ok(false),
        Json::Int(1) => Ok(true),
        Json::Float(number) if *number == 0.0 => Ok(false),
        Json::Float(number) if *number == 1.0 => Ok(true),
        Json::Int(_) => Err(unknown()),
        Json::Text(word) => match word.to_ascii_lowercase().as_str() {
            word if YES.contains(&word) => Ok(true),
            word if NO.contains(&word) => Ok(false),
            _ => Err(unknown()),
        },
        _ => Err(("bool_type", "Input should be a valid boolean".to_string())),
    }
}

pub fn uuid(json: &Json) -> Read<Uuid> {
    match json {
        Json::Text(text) => Uuid::parse(text)
            .map_err(|error| ("uuid_parsing", format!("Input should be a valid UUID, {error}"))),
        _ => Err(("uuid_type", "UUID input should be a string, bytes or UUID object".to_string())),
    }
}

/// One of `words`; also at the end of a longer word, after an underscore: `FINISH_REASON_STOP`.
pub fn word(words: &'static [&'static str]) -> impl FnOnce(&Json) -> Read<String> {
    move |json| {
        let found = match json {
            Json::Text(text) => named(words, text),
            _ => None,
        };
        found.map(str::to_string).ok_or_else(|| ("enum", format!("Input should be {}", listed(words))))
    }
}

fn named(words: &[&'static str], text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let ends = |word: &&&'static str| lower.strip_suffix(**word).is_some_and(|before| before.ends_with('_'));
    let whole = words.iter().find(|word| **word == text);
    whole.or_else(|| words.iter().filter(ends).max_by_key(|word| word.len())).copied()
}

/// `'a', 'b' or 'c'`.
fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// `length` numbers.
pub fn numbers(length: usize) -> impl FnOnce(&Json) -> Read<Vec<f32>> {
    move |json| {
        let Json::List(items) = json else {
            return Err(("list_type", "Input should be a valid list".to_string()));
        };
        let number = |item: &Json| match item {
            Json::Int(number) => Ok(*number as f32),
            Json::Float(number) => Ok(*number as f32),
            Json::Bool(truth) => Ok(f32::from(u8::from(*truth))),
            Json::Text(text) => text.trim().parse().map_err(|_| {
                let message = "Input should be a valid number, unable to parse string as a number";
                ("float_parsing", message.to_string())
            }),
            _ => Err(("float_type", "Input should be a valid number".to_string())),
        };
        let found = items.iter().map(number).collect::<Read<Vec<f32>>>()?;
        let many =
            |than| format!("List should have at {than} {length} items after validation, not {}", found.len());
        match found.len() {
            count if count < length => Err(("too_short", many("least"))),
            count if count > length => Err(("too_long", many("most"))),
            _ => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &[&str] = &["stop", "filter", "content_filter"];

    #[test]
    fn words_are_known_with_what_stands_before_them_and_the_longest_counts() {
        for (text, word) in [
            ("stop", Some("stop")),
            ("FINISH_REASON_STOP", Some("stop")),
            ("_stop", Some("stop")),
            ("content_filter", Some("content_filter")),
            ("FINISH_REASON_CONTENT_FILTER", Some("content_filter")),
            ("STOP", None),
            ("nonstop", None),
            ("", None),
        ] {
            assert_eq!(named(WORDS, text), word, "{text}");
        }
        assert_eq!(listed(WORDS), "'stop', 'filter' or 'content_filter'");
    }

    #[test]
    fn whole_numbers_are_read_leniently_and_never_wrap() {
        for (json, number) in [
            (Json::Text(" 12 ".to_string()), Some(12)),
            (Json::Text("12.0".to_string()), Some(12)),
            (Json::Text("12.5".to_string()), None),
            (Json::Float(2.0), Some(2)),
            (Json::Float(1e300), None),
            (Json::Bool(true), Some(1)),
            (Json::Int(1 << 70), None),
            (Json::Null, None),
        ] {
            assert_eq!(int(&json).ok(), number, "{json:?}");
        }
    }
}
