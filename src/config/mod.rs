//! The whole configuration: files merged, values expanded, every section read by the part that owns it.

mod environment;
mod expand;
mod print;
mod source;

pub use environment::Environment;
pub use source::Sources;

use crate::enrich;
use crate::enrich::cost::{LoadError, Prices};
use crate::enrich::count::Tokenizers;
use crate::export::Exporters;
use crate::manage;
use crate::net::listen::Door;
use crate::queue;
use crate::receive;
use crate::settings::{self, Node, Origin, Problem, Section, Value};
use crate::telemetry;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

/// Every setting of the agent, checked. `Default` is the built-in configuration, which
/// `config/sidelight.yaml` shows with comments.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Config {
    /// Where the queue, dead letters and the local store lie unless they are set elsewhere.
    pub data_dir: PathBuf,
    pub receivers: receive::Config,
    pub enrich: enrich::Config,
    pub queue: queue::Config,
    pub exporters: Exporters,
    pub manage: manage::Config,
    pub telemetry: telemetry::Config,
}

/// A configuration that was read without a problem.
pub struct Loaded {
    pub config: Config,
    /// What was given, merged and expanded; its nodes know where each value came from.
    given: Node,
}

/// Sections of an OpenTelemetry Collector's configuration, and what does their job here.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "processors",
        "there is one fixed line, so that nothing unredacted can reach a disk: `enrich` says what is done to a span, \
         `queue` and `exporters.*.queue` do what memory_limiter and batch do",
    ),
    (
        "service",
        "there is one fixed line from all `receivers` to all `exporters`, so no pipelines are listed; \
         logs and metrics of Sidelight itself are set in `telemetry`",
    ),
    ("extensions", "health is set in `telemetry.health`, storage in `data_dir` and `queue`"),
    ("connectors", "there is one fixed line from all `receivers` to all `exporters`"),
];

impl Default for Config {
    fn default() -> Config {
        Config {
            data_dir: PathBuf::from("./sidelight-data"),
            receivers: receive::Config::default(),
            enrich: enrich::Config::default(),
            queue: queue::Config::default(),
            exporters: Exporters::default(),
            manage: manage::Config::default(),
            telemetry: telemetry::Config::default(),
        }
    }
}

impl Config {
    /// Overwrites what the user has set.
    fn read(&mut self, root: &mut Section<'_>) {
        root.get("data_dir", &mut self.data_dir);
        if self.data_dir.as_os_str().is_empty() {
            root.problem("data_dir", "expected a directory");
        }
        root.section("receivers", |section| self.receivers.read(section));
        root.section("enrich", |section| self.enrich.read(section));
        self.check_prices(root);
        self.check_tokenizers(root);
        root.section("queue", |section| self.queue.read(section));
        for (key, text) in self.receivers.check(self.queue.max_in_flight) {
            root.problem(&format!("receivers.{key}"), text);
        }
        if self.queue.directory.as_os_str().is_empty() {
            self.queue.directory = self.data_dir.join("queue");
        }
        root.section("exporters", |section| self.exporters.read(section));
        root.section("manage", |section| self.manage.read(section));
        root.section("telemetry", |section| self.telemetry.read(section));
        self.check_doors(root);
        for (key, answer) in ELSEWHERE {
            root.refuse(key, answer);
        }
    }
}

impl Config {
    /// Every host and port to listen on, each with the section of its key.
    pub fn doors(&self) -> Vec<(&'static str, Door<'_>)> {
        let receivers = self.receivers.doors().into_iter().map(|door| ("receivers", door));
        let manage = self.manage.doors().map(|door| ("manage", door));
        receivers.chain(manage).chain(self.telemetry.doors().map(|door| ("telemetry", door))).collect()
    }

    /// Two that want one port are told apart before the second cannot start.
    fn check_doors(&self, root: &mut Section<'_>) {
        let doors = self.doors();
        for (place, (section, Door { key, at, .. })) in doors.iter().enumerate() {
            if let Some((other, first)) = doors[..place].iter().find(|(_, first)| at.clashes(first.at)) {
                root.problem(&format!("{section}.{key}"), format!("{at} is taken by {other}.{}", first.key));
            }
        }
    }

    /// As price files.
    fn check_tokenizers(&self, root: &mut Section<'_>) {
        if let Err(error) = Tokenizers::load(&self.enrich.tokens.tokenizers) {
            let why = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            root.problem("enrich.tokens.tokenizers", format!("{error}{why}"));
        }
    }

    /// A price file is part of the configuration: what is wrong with it is known before anything starts.
    fn check_prices(&self, root: &mut Section<'_>) {
        let key = "enrich.cost.prices";
        if self.enrich.cost.prices == enrich::Config::default().cost.prices {
            return; // A test reads the built-in ones.
        }
        match Prices::load(&self.enrich.cost.prices) {
            Ok(_) => {}
            Err(LoadError::Wrong(problems)) => problems.iter().for_each(|problem| root.problem(key, problem)),
            Err(LoadError::Unreadable { file, source }) => {
                root.problem(key, format!("cannot read {file}: {source}"))
            }
        }
    }
}

/// Reads all sources. `Err` holds every problem there is, sorted by position, and at least one.
pub fn load(sources: &Sources, environment: &Environment) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut given = sources.merged(environment, &mut problems);
    expand::expand(&mut given, environment, &mut problems);
    let mut config = Config::default();
    problems.extend(settings::read(&given, |root| config.read(root)));
    problems.sort();
    match problems.is_empty() {
        true => Ok(Loaded { config, given }),
        false => Err(problems),
    }
}

impl Loaded {
    /// The effective configuration for programs to read, secrets as `****`, and where each value that was
    /// given came from.
    pub fn settings(&self) -> manage::Settings {
        let settings = serde_json::value::to_raw_value(&self.config).expect("a configuration serialises");
        let mut given = BTreeMap::new();
        origins(&self.given, "", &mut given);
        manage::Settings { settings, given }
    }

    /// The effective configuration as YAML, secrets as `****`. A value that was given says where.
    pub fn print(&self) -> String {
        let json = serde_json::to_string(&self.config).expect("a configuration serialises");
        let shown = settings::parse(&Origin::source(0, "built-in"), &json, &mut Vec::new());
        print::yaml(&shown.expect("JSON is YAML"), &self.given)
    }
}

/// The origin of every value below `node`, by dotted key.
fn origins(node: &Node, key: &str, given: &mut BTreeMap<String, String>) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|entry| {
            let key = if key.is_empty() { entry.key.clone() } else { format!("{key}.{}", entry.key) };
            origins(&entry.node, &key, given);
        }),
        _ => {
            given.insert(key.to_string(), node.origin.to_string());
        }
    }
}

#[cfg(test)]
mod tests;
