//! What can be written on the command line.

use clap_complete::Shell;
use std::ffi::OsString;

/// An OpenTelemetry sidecar for LLM applications: recognises model calls, makes them safe and useful, and delivers them.
#[derive(clap::Parser)]
#[command(name = "sidelight", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "\
Exit status: 0 fine, 1 configuration refused, 2 bad input or usage, 3 could not start,
130 or 143 after a signal and an orderly end.")]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(clap::Subcommand)]
pub enum Command {
    /// Run the agent in the foreground, until Ctrl-C or SIGTERM
    Run(Sources),
    /// Run a command with the agent beside it, told where to send; drain when it ends, and exit as it did
    Exec(Exec),
    /// Check the configuration and show every problem with file, line and key
    Validate(Sources),
    /// Print the effective configuration as YAML, secrets as ****
    PrintConfig(Sources),
    /// List the receivers, dialects, detectors and exporters that are built in
    Components,
    /// Recognise and enrich one OTLP export request from stdin, to stdout: no network, no disk
    Enrich(Enrich),
    /// Find personal data, secrets and injection attempts in a text on stdin
    Scan(Scan),
    /// Count the tokens of a text on stdin, for a model
    Tokens(Tokens),
    /// Turn a text on stdin into the vector that stands for its meaning, by the model on disk
    Embed(Embed),
    /// Look at what is waiting on disk, and at dead letters; whether the agent runs or not
    Queue {
        #[command(subcommand)]
        command: Queue,
    },
    /// List LLM calls from the local store, newest first; whether the agent runs or not
    Calls(Calls),
    /// Check files of patterns of your own
    Patterns {
        #[command(subcommand)]
        command: Patterns,
    },
    /// Look up what models cost, and bring in other price lists
    Prices {
        #[command(subcommand)]
        command: Prices,
    },
    /// Print the statements that make the tables of a store, or make them there
    Schema(Schema),
    /// Print a script that completes our commands in your shell
    Completions { shell: Shell },
}

/// Where the configuration comes from.
#[derive(Clone, clap::Args)]
pub struct Sources {
    /// A file, file:PATH, env:NAME or yaml:TEXT; several are merged, later ones win.
    /// Without it: what SIDELIGHT_CONFIG names, else the built-in configuration
    #[arg(long, value_name = "URI")]
    pub config: Vec<String>,
    /// One setting, such as queue.max_size=4GiB; wins over --config
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    pub set: Vec<String>,
}

#[derive(clap::Args)]
pub struct Exec {
    #[command(flatten)]
    pub sources: Sources,
    /// The command and its arguments, after `--`
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

#[derive(clap::Args)]
pub struct Enrich {
    /// What the request holds
    #[arg(long, value_enum, default_value_t = Carries::Traces)]
    pub signal: Carries,
    /// How it is written, in and out
    #[arg(long, value_enum, default_value_t = Encoding::Proto)]
    pub encoding: Encoding,
    /// Instead of the request, print every text of it: scanned or skipped and why, what was found and
    /// what was changed. Holds no text of a prompt
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub sources: Sources,
}

/// The signals that can hold LLM calls.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Carries {
    Traces,
    Logs,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Encoding {
    /// The protobuf message
    Proto,
    /// OTLP/JSON
    Json,
}

#[derive(clap::Args)]
pub struct Scan {
    /// Read a JSON object per line, {"id", "text"}; answer each with {"id", "pii": [{"type", "start",
    /// "end", "score"}], "injection", "injection_score", "rules", "redacted"}, offsets in UTF-8 bytes
    #[arg(long)]
    pub jsonl: bool,
    #[command(flatten)]
    pub sources: Sources,
}

#[derive(clap::Args)]
pub struct Tokens {
    /// The model whose tokens are counted, as its provider names it
    #[arg(long, value_name = "MODEL", required_unless_present = "jsonl")]
    pub model: Option<String>,
    /// Read a JSON object per line, {"id", "text"} or {"id", "messages": […], "tools": […]}, each with an
    /// optional "model"; answer each with {"id", "tokens", "method"}
    #[arg(long)]
    pub jsonl: bool,
    #[command(flatten)]
    pub sources: Sources,
}

#[derive(clap::Args)]
pub struct Embed {
    /// Read a JSON object per line, {"id", "text"}; answer each with {"id", "embedding"}
    #[arg(long)]
    pub jsonl: bool,
    /// Where model.safetensors and vocab.txt lie. Without it: what SIDELIGHT_MODEL_DIR names, else
    /// enrich.embed.model_dir, else model in the data directory
    #[arg(long, value_name = "DIR")]
    pub model_dir: Option<std::path::PathBuf>,
    #[command(flatten)]
    pub sources: Sources,
}

#[derive(clap::Args)]
pub struct Calls {
    /// Only calls whose prompts have a vector, the nearest in meaning to this text first
    #[arg(long, value_name = "TEXT")]
    pub similar: Option<String>,
    /// Only calls of this model, as it was asked for or as it answered
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Only calls that had personal data in them
    #[arg(long)]
    pub pii: bool,
    /// Only calls that began within this time, such as 1h
    #[arg(long, value_name = "DURATION", value_parser = <std::time::Duration as crate::settings::Setting>::parse)]
    pub since: Option<std::time::Duration>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub limit: usize,
    /// One JSON object per line instead of a table
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub sources: Sources,
}

#[derive(clap::Subcommand)]
pub enum Queue {
    /// What waits for each exporter, and the files it waits in
    Ls {
        #[command(flatten)]
        how: Listing,
    },
    /// List the records that are on disk; with a sequence, write that one's encoded OTLP request to stdout
    Show {
        /// As the list shows it
        sequence: Option<u64>,
        /// The first sequence to list
        #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
        from: u64,
        /// The most to list
        #[arg(long, default_value_t = 100)]
        limit: usize,
        #[command(flatten)]
        how: Listing,
    },
    /// Look through every file of the queue, and say what is damaged and what that has cost
    Fsck {
        /// Mend what can be mended; only while no agent runs
        #[arg(long)]
        repair: bool,
        #[command(flatten)]
        how: Listing,
    },
    /// Send again to one exporter what is still on disk; only while no agent runs
    Replay {
        /// The exporter
        #[arg(long, value_name = "ID")]
        exporter: String,
        /// The first sequence to send
        #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
        from: u64,
        #[command(flatten)]
        sources: Sources,
    },
    /// Give up what waits for one exporter; only while no agent runs
    Drop {
        /// The exporter
        #[arg(long, value_name = "ID")]
        exporter: String,
        /// The first sequence to keep
        #[arg(long, value_name = "SEQUENCE", required_unless_present = "all")]
        to: Option<u64>,
        /// Keep nothing
        #[arg(long, conflicts_with = "to")]
        all: bool,
        #[command(flatten)]
        sources: Sources,
    },
    /// What a back end will never take
    Dead {
        #[command(subcommand)]
        command: Dead,
    },
}

/// Which dead letters are meant.
#[derive(clap::Args)]
pub struct Choice {
    /// As `queue dead ls` lists them
    pub ids: Vec<i64>,
    /// Only those of this exporter
    #[arg(long, value_name = "ID")]
    pub exporter: Option<String>,
    /// Only those with this reason
    #[arg(long)]
    pub reason: Option<String>,
    /// Whatever their id, exporter and reason
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub sources: Sources,
}

#[derive(clap::Subcommand)]
pub enum Dead {
    /// List them, oldest first
    Ls {
        /// Only those of this exporter
        #[arg(long, value_name = "ID")]
        exporter: Option<String>,
        #[command(flatten)]
        how: Listing,
    },
    /// Write the encoded OTLP request of one to stdout
    Show {
        /// As `queue dead ls` lists it
        id: i64,
        #[command(flatten)]
        sources: Sources,
    },
    /// Have them sent once more, by the next agent that runs; only while none does
    Replay(Choice),
    /// Remove them for good; only while no agent runs
    Drop(Choice),
}

#[derive(clap::Subcommand)]
pub enum Patterns {
    /// Say what each pattern of a file costs, the slowest first, or everything that is wrong with the file; without
    /// FILE, those of the configuration
    Check {
        file: Option<String>,
        #[command(flatten)]
        sources: Sources,
    },
}

#[derive(clap::Subcommand)]
pub enum Prices {
    /// What a model costs, by each provider who has it, in the form of a price file
    Show {
        /// In any of its forms: gpt-4o, openai/gpt-4o-2024-08-06, us.anthropic.claude-opus-4-6-v1:0
        model: String,
        /// Only at this provider, such as aws.bedrock
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
        /// On that day, such as 2026-08-01, instead of today
        #[arg(long, value_name = "DAY", value_parser = <crate::enrich::cost::Day as crate::settings::Setting>::parse)]
        on: Option<crate::enrich::cost::Day>,
        #[command(flatten)]
        sources: Sources,
    },
    /// Turn a price map as LiteLLM keeps it, or the predecessor's list, into a price file on stdout
    Import { file: String },
    /// Say what is in a price file, or everything that is wrong with it; without FILE, those of the configuration
    Check {
        file: Option<String>,
        #[command(flatten)]
        sources: Sources,
    },
}

#[derive(clap::Args)]
pub struct Schema {
    /// Which store
    #[arg(value_enum)]
    pub store: Store,
    /// Make them, or bring them up to date, in the stores of the configuration
    #[arg(long)]
    pub apply: bool,
    /// Only those of this exporter
    #[arg(long, value_name = "ID")]
    pub exporter: Option<String>,
    #[command(flatten)]
    pub sources: Sources,
}

/// The stores that have tables of ours.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Store {
    Postgres,
    Clickhouse,
}

/// How a list is shown, and of which configuration.
#[derive(clap::Args)]
pub struct Listing {
    /// One JSON object per line instead of a table
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub sources: Sources,
}
