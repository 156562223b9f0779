//! A JSON text walked in place: every string literal, where it lies, and what it says.
//!
//! Nothing is re-serialised: a caller that changes one literal splices that literal and every other
//! byte stays as it was, so what was valid stays valid and clean text keeps every byte.

mod escape;
mod shorten;
mod walk;

pub use escape::{Offsets, escape};
pub use shorten::{level, shorten};
pub use walk::{Literals, key_above, literals};

use std::borrow::Cow;
use std::ops::Range;

/// One string literal of a JSON text, or a number long enough to be an account's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal<'a> {
    /// Whether it is an object key rather than a value.
    pub is_key: bool,
    /// Whether it is a number whose integer part has nine digits or more. No quotes stand around it:
    /// what replaces it has to bring its own, or be a number.
    pub is_number: bool,
    /// The nearest object key above a value (`""` at the top or inside a bare array), cut to 256 bytes.
    /// Empty for a key.
    pub key: Cow<'a, str>,
    /// Where the literal lies in the text, between its quotes.
    pub at: Range<usize>,
    /// What it says, escapes undone. A lone surrogate reads as U+FFFD.
    pub text: Cow<'a, str>,
}

impl<'a> Literal<'a> {
    /// Maps offsets in [`Literal::text`] back to offsets in `whole`, the JSON text it was found in.
    pub fn offsets(&self, whole: &'a str) -> Offsets<'a> {
        Offsets::new(whole, self.at.clone())
    }
}
