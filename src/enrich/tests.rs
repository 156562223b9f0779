//! The line as a whole.
