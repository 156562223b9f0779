//! A JSON text walked in place: every string literal, where it lies, and what it says.
//!
//! Nothing is re-serialised: a caller that changes one literal splices that literal and every other
//! byte stays as it was, so what was valid stays valid and clean text keeps every byte.

use std::borrow::Cow;
use std::ops::Range;

/// One string literal of a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal<'a> {
    /// Whether it is an object key rather than a value.
    pub is_key: bool,
    /// The nearest object key above a value (`""` at the top or inside a bare array).
    pub key: Cow<'a, str>,
    /// Where the literal lies in the text, between its quotes.
    pub at: Range<usize>,
    /// What it says, escapes undone. A lone surrogate reads as U+FFFD.
    pub text: Cow<'a, str>,
}
