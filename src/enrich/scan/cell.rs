//! A cell of a table, as what stands around a value.

use std::ops::Range;

/// The cell of a table that holds a place.
#[derive(Clone)]
pub struct Cell {
    /// Where its row begins.
    pub row: usize,
    /// Its header, and the one that counting columns from the right gives: they differ where a value holds a
    /// delimiter.
    pub headers: [Range<usize>; 2],
}
