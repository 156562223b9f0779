//! `sidelight validate`: every problem of the configuration at once.

use super::{Outcome, show};
use crate::config::Loaded;

/// Loading it was the check.
pub fn run(_: &Loaded) -> Outcome {
    show("the configuration is fine\n")
}
