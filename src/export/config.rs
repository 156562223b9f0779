//! The section `exporters`: any number of them, each under its own id.

#[cfg(feature = "kafka")]
use super::kafka;
use super::store::Schema;
use super::{BoxError, Exporter, clickhouse, lane, local, otlp_grpc, otlp_http, postgres};
use crate::settings::Section;
use serde::ser::SerializeMap;
use serde_json::value::RawValue;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The exporters that are built in. A new one is a file and a line here.
pub static TYPES: &[Type] = &[
    otlp_grpc::TYPE,
    otlp_http::TYPE,
    local::TYPE,
    postgres::TYPE,
    clickhouse::TYPE,
    #[cfg(feature = "kafka")]
    kafka::TYPE,
];

/// A type of exporter.
pub struct Type {
    /// What it is called in the configuration: our name, then those that users know it by as well.
    pub names: &'static [&'static str],
    /// One sentence for people.
    pub about: &'static str,
    /// Reads the section of one exporter of the type.
    pub read: fn(&mut Section<'_>) -> Arc<dyn Settings>,
}

/// The settings of one exporter.
pub trait Settings: Debug + Send + Sync {
    /// How its lane is to work.
    fn lane(&self) -> lane::Config;

    /// Called within a runtime, and where metrics can be made. `data_dir` is where what has no place of its own lies.
    fn build(&self, data_dir: &Path) -> Result<Arc<dyn Exporter>, BoxError>;

    /// The file of calls that `sidelight calls` may read, if the exporter keeps one.
    fn calls(&self, data_dir: &Path) -> Option<PathBuf> {
        let _ = data_dir;
        None
    }

    /// What `sidelight schema` shows and applies, if the exporter fills tables.
    fn schema(&self) -> Option<Arc<dyn Schema>> {
        None
    }

    /// All settings as JSON, secrets masked.
    fn shown(&self) -> Box<RawValue>;
}

/// The exporters in the order of the file, with their ids: `otlp`, `otlp/second`, `local`.
#[derive(Clone, Debug)]
pub struct Exporters(pub Vec<(String, Arc<dyn Settings>)>);

impl Default for Exporters {
    /// The local store alone.
    fn default() -> Exporters {
        Exporters(vec![("local".to_string(), Arc::new(local::Config::default()))])
    }
}

impl Exporters {
    /// A given map replaces the built-in one.
    pub fn read(&mut self, section: &mut Section<'_>) {
        if !section.given() {
            return;
        }
        self.0.clear();
        if cfg!(not(feature = "kafka")) {
            section.unavailable(&["kafka"], crate::settings::NO_KAFKA);
        }
        let names: Vec<&'static str> = TYPES.iter().flat_map(|of| of.names).copied().collect();
        section.components(&names, |component, section| {
            let of = TYPES.iter().find(|of| of.names.contains(&component.kind));
            let read = of.expect("it is one of these names").read;
            self.0.push((component.id.to_string(), read(section)));
        });
        if self.0.is_empty() {
            section.problem("", "needs an exporter: without one nothing goes out");
        }
    }
}

impl serde::Serialize for Exporters {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (id, settings) in &self.0 {
            map.serialize_entry(id, &settings.shown())?;
        }
        map.end()
    }
}

/// The JSON of settings that are made of plain structs.
pub(super) fn shown(settings: &impl serde::Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(settings).expect("settings have text keys only")
}
