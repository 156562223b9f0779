//! Builds every part from its `Config`, connects them, and drains them in order.
