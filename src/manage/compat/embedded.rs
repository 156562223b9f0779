//! What `POST /v1/spans` reads of a call that embeds texts, beside what it reads of every call.
//!
//! The predecessor has no word for such calls and passes over what it does not know, so these fields are read only
//! where `kind` says that it is one: `embeddings`, or `EMBEDDING` as tracing SDKs of the time have it.

use super::fields::{Fields, int_from, list};
use super::json::Json;
use crate::llm::record::{Message, Part};
use crate::llm::{Kind, Record, Role};

/// An embeddings call: what it was given and what the app says of it.
pub struct Embedded {
    /// How many numbers a vector has.
    dimensions: Option<i64>,
    /// How many texts it was given, where the texts are not told.
    batch_size: Option<i64>,
    input: Vec<String>,
    tags: Vec<String>,
    /// A JSON object, or empty.
    metadata: String,
}

impl Embedded {
    /// `None` of a call of another kind.
    pub fn read(fields: &mut Fields<'_>) -> Option<Embedded> {
        let says_so = |json: &Json| match json {
            Json::Text(kind) => {
                Ok(["embedding", "embeddings"].iter().any(|word| kind.eq_ignore_ascii_case(word)))
            }
            _ => Ok(false),
        };
        fields.optional("kind", says_so).filter(|says_so| *says_so)?;
        Some(Embedded {
            dimensions: fields.optional("dimensions", int_from(1, true)),
            batch_size: fields.optional("batch_size", int_from(1, true)),
            input: fields.optional("input", one_or_more).unwrap_or_default(),
            tags: fields.optional("tags", list).unwrap_or_default(),
            metadata: fields.optional("metadata", object).unwrap_or_default(),
        })
    }

    /// Adds it to the record of the call.
    pub fn tell(self, record: &mut Record) {
        record.kind = Kind::Embeddings.name().to_string();
        record.dimensions = self.dimensions;
        record.inputs = self.batch_size.filter(|_| self.input.is_empty());
        record.input_messages = self.input.into_iter().map(document).collect();
        record.tags = self.tags;
        record.metadata = self.metadata;
    }
}

fn document(text: String) -> Message {
    let part = Part { r#type: "text".to_string(), content: text, ..Part::default() };
    Message { role: Role::Document.name().to_string(), parts: vec![part] }
}

fn one_or_more(json: &Json) -> Result<Vec<String>, (&'static str, String)> {
    match json {
        Json::Text(text) => Ok(vec![text.clone()]),
        other => list(other),
    }
}

fn object(json: &Json) -> Result<String, (&'static str, String)> {
    match json {
        Json::Map(_) => Ok(serde_json::Value::from(json).to_string()),
        _ => Err(("dict_type", "Input should be a valid dictionary".to_string())),
    }
}
