//! The commands.

mod args;
mod calls;
mod completions;
mod components;
mod embed;
mod enrich;
mod exec;
mod explain;
mod failure;
mod fault;
mod lines;
mod marked;
mod patterns;
mod prices;
mod print_config;
mod queue;
mod run;
mod scan;
mod schema;
mod systemd;
mod table;
mod tokens;
mod validate;

use crate::config::{self, Environment, Loaded};
use args::{Args, Command};
use clap::Parser;
use failure::{Failure, Outcome};
use std::ffi::OsString;
use std::io::{self, Write};

/// Runs the command that `args` (with the program's name first) ask for, and gives the exit status:
/// 0 fine, 1 configuration refused, 2 bad input or usage, 3 could not start, 128 + n after signal n.
pub fn main(args: impl IntoIterator<Item = OsString>, environment: &Environment) -> u8 {
    fault::keep_quiet();
    let outcome = match Args::try_parse_from(args) {
        Ok(args) => obey(args.command, environment),
        Err(asked) => {
            // `--help` and `--version` come this way too. Nobody is left to hear of a closed pipe.
            let _ = asked.print();
            return u8::try_from(asked.exit_code()).unwrap_or(failure::BAD_INPUT);
        }
    };
    outcome.unwrap_or_else(|failure| {
        let _ = failure.report(&mut io::stderr().lock());
        failure.status()
    })
}

fn obey(command: Command, environment: &Environment) -> Outcome {
    match command {
        Command::Run(sources) => run::run(sources, environment),
        Command::Exec(asked) => {
            let loaded = load(asked.sources.clone(), environment)?;
            exec::run(&asked, &loaded, environment)
        }
        Command::Validate(sources) => validate::run(&load(sources, environment)?),
        Command::PrintConfig(sources) => print_config::run(&load(sources, environment)?),
        Command::Components => components::run(),
        Command::Enrich(asked) => enrich::run(asked, environment),
        Command::Scan(asked) => scan::run(asked, environment),
        Command::Tokens(asked) => tokens::run(asked, environment),
        Command::Embed(asked) => embed::run(asked, environment),
        Command::Queue { command } => queue::run(command, environment),
        Command::Calls(asked) => calls::run(asked, environment),
        Command::Patterns { command } => patterns::run(command, environment),
        Command::Prices { command } => prices::run(command, environment),
        Command::Schema(asked) => schema::run(asked, environment),
        Command::Completions { shell } => completions::run(shell),
    }
}

fn load(sources: args::Sources, environment: &Environment) -> Result<Loaded, Failure> {
    let sources = config::Sources { uris: sources.config, sets: sources.set, refuse_empty: false };
    config::load(&sources, environment).map_err(Failure::Refused)
}

/// As [`load`] for an agent that runs already.
fn load_again(sources: args::Sources, environment: &Environment) -> Result<Loaded, Failure> {
    let sources = config::Sources { uris: sources.config, sets: sources.set, refuse_empty: true };
    config::load(&sources, environment).map_err(Failure::Refused)
}

/// Writes `text` to stdout.
fn show(text: impl AsRef<[u8]>) -> Outcome {
    let mut out = io::stdout().lock();
    out.write_all(text.as_ref())?;
    out.flush()?;
    Ok(failure::FINE)
}
