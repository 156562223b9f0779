//! JSON as Python's `json` reads it: the last of equal keys wins, numbers keep their size, half a surrogate pair is
//! read, and errors are told in its words.

use serde_json::{Map, Number};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    /// Invariant: no key stands twice.
    Map(Vec<(String, Json)>),
}

/// Why a text is no JSON, and at which character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub error: &'static str,
    pub at: usize,
}

/// Deeper ones are refused.
const DEPTH: u8 = 100;

impl Json {
    pub fn read(text: &str) -> Result<Json, Unreadable> {
        let mut reader = Reader { text, at: 0 };
        reader.blank();
        let value = reader.value(DEPTH)?;
        reader.blank();
        if reader.at < text.len() { Err(reader.wrong("Extra data")) } else { Ok(value) }
    }

    /// The member `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Map(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// For answers that show what was sent.
impl From<&Json> for serde_json::Value {
    fn from(json: &Json) -> serde_json::Value {
        use serde_json::Value;
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Int(value) => match i64::try_from(*value) {
                Ok(value) => value.into(),
                Err(_) => Number::from_f64(*value as f64).map_or(Value::Null, Value::Number),
            },
            Json::Float(value) => Number::from_f64(*value).map_or(Value::Null, Value::Number),
            Json::Text(text) => Value::String(text.clone()),
            Json::List(items) => items.iter().map(Value::from).collect(),
            Json::Map(members) => {
                let members = members.iter().map(|(key, value)| (key.clone(), Value::from(value)));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn wrong(&self, error: &'static str) -> Unreadable {
        self.wrong_at(error, self.at)
    }

    fn wrong_at(&self, error: &'static str, at: usize) -> Unreadable {
        Unreadable { error, at: self.text[..at].chars().count() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let there = self.text[self.at..].starts_with(word);
        self.at += if there { word.len() } else { 0 };
        there
    }

    fn value(&mut self, depth: u8) -> Result<Json, Unreadable> {
        if depth == 0 {
            return Err(self.wrong("Too deep"));
        }
        const WORDS: [(&str, Json); 6] = [
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("NaN", Json::Float(f64::NAN)),
            ("Infinity", Json::Float(f64::INFINITY)),
            ("-Infinity", Json::Float(f64::NEG_INFINITY)),
        ];
        match self.peek() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Json::Text),
            _ => match WORDS.into_iter().find(|(word, _)| self.takes(word)) {
                Some((_, value)) => Ok(value),
                None => self.number(),
            },
        }
    }

    fn map(&mut self, depth: u8) -> Result<Json, Unreadable> {
        const KEY: &str = "Expecting property name enclosed in double quotes";
        let mut members: Vec<(String, Json)> = Vec::new();
        self.at += 1;
        self.blank();
        if self.takes("}") {
            return Ok(Json::Map(members));
        }
        loop {
            self.blank();
            if self.peek() != Some(b'"') {
                return Err(self.wrong(KEY));
            }
            let key = self.string()?;
            self.blank();
            if !self.takes(":") {
                return Err(self.wrong("Expecting ':' delimiter"));
            }
            self.blank();
            let value = self.value(depth - 1)?;
            match members.iter_mut().find(|(known, _)| *known == key) {
                Some((_, old)) => *old = value,
                None => members.push((key, value)),
            }
            self.blank();
            if self.takes("}") {
                return Ok(Json::Map(members));
            }
            if !self.takes(",") {
                return Err(self.wrong("Expecting ',' delimiter"));
            }
        }
    }

    fn list(&mut self, depth: u8) -> Result<Json, Unreadable> {
        let mut items = Vec::new();
        self.at += 1;
        self.blank();
        if self.takes("]") {
            return Ok(Json::List(items));
        }
        loop {
            self.blank();
            items.push(self.value(depth - 1)?);
            self.blank();
            if self.takes("]") {
                return Ok(Json::List(items));
            }
            if !self.takes(",") {
                return Err(self.wrong("Expecting ',' delimiter"));
            }
        }
    }

    fn number(&mut self) -> Result<Json, Unreadable> {
        let rest = &self.text.as_bytes()[self.at..];
        let digits = |from: usize| rest[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let sign = usize::from(rest.first() == Some(&b'-'));
        let whole = match rest.get(sign) {
            Some(b'0') => 1,
            _ => digits(sign),
        };
        if whole == 0 {
            return Err(self.wrong("Expecting value"));
        }
        let (mut end, mut float) = (sign + whole, false);
        if rest.get(end) == Some(&b'.') && digits(end + 1) > 0 {
            (end, float) = (end + 1 + digits(end + 1), true);
        }
        if matches!(rest.get(end), Some(b'e' | b'E')) {
            let signed = end + 1 + usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
            if digits(signed.min(rest.len())) > 0 {
                (end, float) = (signed + digits(signed), true);
            }
        }
        let text = &self.text[self.at..self.at + end];
        self.at += end;
        let int = if float { None } else { text.parse().ok() };
        let number = || Json::Float(text.parse().expect("digits make a number"));
        Ok(int.map_or_else(number, Json::Int))
    }

    fn string(&mut self) -> Result<String, Unreadable> {
        let start = self.at;
        let unended = |reader: &Self| reader.wrong_at("Unterminated string starting at", start);
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').ok_or_else(|| unended(self))?;
            text.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    text.push(self.escape().map_err(|error| error.unwrap_or_else(|| unended(self)))?)
                }
                _ => return Err(self.wrong("Invalid control character at")),
            }
        }
    }

    /// One escape; `Err(None)` where the text ends in it. Half a surrogate pair is U+FFFD.
    fn escape(&mut self) -> Result<char, Option<Unreadable>> {
        let start = self.at;
        let letter = self.text.as_bytes().get(self.at + 1).copied().ok_or(None)?;
        self.at += 2;
        let plain = match letter {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'"' | b'\\' | b'/' => char::from(letter),
            b'u' => {
                let first = self.hex().ok_or_else(|| self.wrong_at("Invalid \\uXXXX escape", start + 1))?;
                let before = self.at;
                if (0xD800..0xDC00).contains(&first) && self.takes("\\u") {
                    match self.hex() {
                        Some(second) if (0xDC00..0xE000).contains(&second) => {
                            let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                            return Ok(char::from_u32(joined).expect("a pair of surrogates is a character"));
                        }
                        _ => self.at = before,
                    }
                }
                char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(Some(self.wrong_at("Invalid \\escape", start))),
        };
        Ok(plain)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| plain)?;
        self.at += 4;
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrong(text: &str, error: &str, at: usize) {
        let found = Json::read(text).expect_err(text);
        assert_eq!((found.error, found.at), (error, at), "{text}");
    }

    #[test]
    fn errors_are_told_in_pythons_words() {
        wrong("", "Expecting value", 0);
        wrong("{not json", "Expecting property name enclosed in double quotes", 1);
        wrong("{\"é\" 1}", "Expecting ':' delimiter", 5);
        wrong("[1 2]", "Expecting ',' delimiter", 3);
        wrong("[1] x", "Extra data", 4);
        wrong("\"abc", "Unterminated string starting at", 0);
        wrong("\"a\u{1}\"", "Invalid control character at", 2);
        wrong("\"\\x\"", "Invalid \\escape", 1);
        wrong("\"\\u12g4\"", "Invalid \\uXXXX escape", 2);
        wrong(&"[".repeat(1000), "Too deep", 100);
    }

    #[test]
    fn what_only_python_reads_is_read() {
        assert_eq!(Json::read("{\"a\":1,\"a\":2}"), Ok(Json::Map(vec![("a".to_string(), Json::Int(2))])));
        assert_eq!(Json::read("\"a\\ud800b\""), Ok(Json::Text("a\u{fffd}b".to_string())));
        assert_eq!(Json::read("\"\\ud83d\\ude00\""), Ok(Json::Text("😀".to_string())));
        assert_eq!(Json::read("1000000000000000000000"), Ok(Json::Int(1_000_000_000_000_000_000_000)));
        assert_eq!(Json::read("-Infinity"), Ok(Json::Float(f64::NEG_INFINITY)));
    }

    proptest! {
        #[test]
        fn what_serde_reads_is_read_alike(text in r#"[\[\]{}:,"\\a1 .eE+-]{0,24}"#) {
            let ours = Json::read(&text);
            if let Ok(theirs) = serde_json::from_str::<serde_json::Value>(&text) {
                let ours = ours.expect("serde reads it");
                prop_assert_eq!(serde_json::Value::from(&ours).to_string(), theirs.to_string());
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = Json::read(&text);
        }
    }
}
