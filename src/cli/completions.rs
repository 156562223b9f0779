//! `sidelight completions bash`: a script that completes our commands.

use super::args::Args;
use super::{Outcome, show};
use clap::CommandFactory;
use clap_complete::Shell;

pub fn run(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "sidelight", &mut script);
    show(script)
}
