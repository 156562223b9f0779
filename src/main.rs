//! The binary: reads the environment and exits; everything else is in the library.

fn main() {}
