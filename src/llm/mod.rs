//! What an LLM call is to us: the names we write, and [`Call`], what a span or log record says of it.
//!
//! Beside them stands what every dialect needs to read one: [`Node`] holds a message in whatever
//! encoding it came, [`Conversation`] takes the texts out of it, [`provider`] knows who serves a
//! model, and [`Usage::read`] understands the usage objects of the providers.

mod call;
mod conversation;
pub mod names;
mod node;
mod odd;
pub mod provider;
pub mod record;
mod texts;
mod usage;
mod uuid;

pub use call::{Call, Kind, Part, Role, Side, Text};
pub use conversation::Conversation;
pub use node::{Flat, Node};
pub use odd::{Odd, Oddities};
pub use record::{Environment, FinishReason, NotARecord, Record, TokenCountMethod, UNSPECIFIED};
pub use texts::Texts;
pub use usage::{Tier, Usage};
pub use uuid::{NotUuid, Uuid};
