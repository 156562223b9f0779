//! Splices: chosen bytes of an encoded request replaced, and every length above them made right.

use std::ops::Range;

/// Replaces `at` by `with` inside one length-delimited field.
///
/// `inside` is where the content of that field lies in the batch: a string leaf for a change of its
/// text, a whole message for an append (`at` empty, at its end) or a cut of one of its fields (`at`
/// covers tag to end). `at` lies within `inside`; splices do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    pub inside: Range<usize>,
    pub at: Range<usize>,
    pub with: Vec<u8>,
}
