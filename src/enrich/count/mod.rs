//! How many tokens a text is, for the model it was sent to.
//!
//! Exact for the encodings of OpenAI, by [`Encoding`]; by rule for the rest, and marked as such.

mod chat;
mod classes;
mod encoding;
mod given;
mod image;
pub mod json;
mod kinds;
mod listed;
mod merge;
mod models;
pub mod predecessor;
mod rules;
mod seen;
mod split;
mod vision;
mod vocabulary;

pub use chat::{NotAMessage, PER_MESSAGE, REPLY};
pub use encoding::Encoding;
pub use given::{LoadError, Tokenizers};
pub use models::Tokenizer;
pub use rules::Rule;

#[cfg(test)]
mod vectors;
