//! `sidelight print-config`: the effective configuration as YAML.

use super::{Outcome, show};
use crate::config::Loaded;

pub fn run(loaded: &Loaded) -> Outcome {
    show(loaded.print())
}
