//! The embedder of a running agent, and the settings that it was started with.

use crate::config::Config;
use crate::embed::{self, BoxError, Embedder};
use crate::telemetry::Recorder;

/// One for all lanes. Cloning shares the embedder.
#[derive(Clone)]
pub(super) struct Embedding {
    config: embed::Config,
    embedder: Option<Embedder>,
}

impl Embedding {
    /// Nothing is started where no exporter is to have vectors. Called within a runtime.
    pub fn start(config: &Config, recorder: &Recorder) -> Result<Embedding, BoxError> {
        let wanted = config.exporters.0.iter().any(|(_, settings)| settings.lane().vectors);
        let start =
            || Embedder::start(&config.enrich.embed, &config.data_dir, recorder.scope(embed::Metrics::new));
        let embedder = if wanted { start()? } else { None };
        Ok(Embedding { config: config.enrich.embed.clone(), embedder })
    }

    /// What `config` asks for: the one that runs, where that will do. One that could not start, for want of a
    /// model, may by now.
    pub fn exchanged(self, config: &Config, recorder: &Recorder) -> Result<Embedding, BoxError> {
        let same = self.embedder.is_some() && self.config == config.enrich.embed;
        if same { Ok(self) } else { Embedding::start(config, recorder) }
    }

    pub fn embedder(&self) -> Option<Embedder> {
        self.embedder.clone()
    }
}
