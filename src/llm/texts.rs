//! The texts of a conversation, read when they are first asked for.

use super::Text;
use std::cell::LazyCell;
use std::fmt;
use std::ops::Deref;

/// The texts of a call, a slice of [`Text`]. Most of a span's bytes are theirs, and most calls are told by their
/// figures alone: where nobody asks, no message is taken apart.
pub struct Texts<'a>(LazyCell<Vec<Text<'a>>, Read<'a>>);

type Read<'a> = Box<dyn FnOnce() -> Vec<Text<'a>> + 'a>;

impl<'a> Texts<'a> {
    /// What `read` gives; it is called at most once.
    pub fn later(read: impl FnOnce() -> Vec<Text<'a>> + 'a) -> Texts<'a> {
        Texts(LazyCell::new(Box::new(read)))
    }
}

impl<'a> Deref for Texts<'a> {
    type Target = [Text<'a>];

    fn deref(&self) -> &[Text<'a>] {
        &self.0
    }
}

impl<'a> From<Vec<Text<'a>>> for Texts<'a> {
    fn from(texts: Vec<Text<'a>>) -> Texts<'a> {
        Texts::later(|| texts)
    }
}

impl Default for Texts<'_> {
    fn default() -> Self {
        Texts::later(Vec::new)
    }
}

impl Clone for Texts<'_> {
    fn clone(&self) -> Self {
        self.to_vec().into()
    }
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}
