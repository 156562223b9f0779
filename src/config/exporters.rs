//! The section `exporters`: any number of them, each under its own id.

use crate::export::peer::{self, Transport};
use crate::queue;
use crate::settings::Section;
use serde::ser::SerializeMap;

/// The exporters in the order of the file, with their ids: `otlp`, `otlp/second`, `local`.
#[derive(Clone, Debug, Default)]
pub struct Exporters(pub Vec<(String, Exporter)>);

#[derive(Clone, Debug, serde::Serialize)]
pub struct Exporter {
    #[serde(flatten)]
    pub kind: Kind,
    /// What its lane keeps to in place of the section `queue`.
    pub queue: queue::Overrides,
}

/// One exporter, by its type.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(untagged)]
pub enum Kind {
    /// OTLP by gRPC or HTTP, as its transport says.
    Otlp(peer::Config),
}

/// Types that can be configured; the OpenTelemetry Collector knows both OTLP ones by two names.
const TYPES: &[&str] = &["otlp", "otlp_grpc", "otlphttp", "otlp_http"];

const NOT_BUILT_YET: &[&str] = &["kafka", "postgres", "clickhouse"];

impl Exporters {
    /// A given map replaces the built-in one.
    pub fn read(&mut self, section: &mut Section<'_>) {
        if !section.given() {
            return;
        }
        self.0.clear();
        section.not_built_yet(NOT_BUILT_YET);
        section.components(TYPES, |component, section| {
            let kind = match component.kind {
                "otlphttp" | "otlp_http" => otlp(Transport::Http, section),
                _ => otlp(Transport::Grpc, section),
            };
            let mut queue = queue::Overrides::default();
            section.section("queue", |section| queue.read(section));
            self.0.push((component.id.to_string(), Exporter { kind, queue }));
        });
    }
}

fn otlp(transport: Transport, section: &mut Section<'_>) -> Kind {
    let mut config = peer::Config::new(transport);
    config.read(section);
    Kind::Otlp(config)
}

impl serde::Serialize for Exporters {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (id, exporter) in &self.0 {
            map.serialize_entry(id, exporter)?;
        }
        map.end()
    }
}
