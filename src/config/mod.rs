//! The whole configuration: files merged, values expanded, every section read by the part that owns it.
