//! `sidelight embed`: the vector of a text, by the model that the agent uses.

use super::args;
use super::lines::{self, json};
use super::{Failure, Outcome, load, show};
use crate::config::{Config, Environment};
use crate::embed::minilm::MiniLm;
use crate::embed::{self, BoxError};
use anyhow::{Context, anyhow};
use serde::Serialize;
use std::io;

#[derive(Serialize)]
struct Embedding {
    embedding: Vec<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
}

pub fn run(asked: args::Embed, environment: &Environment) -> Outcome {
    let mut config = load(asked.sources, environment)?.config;
    if let Some(directory) = asked.model_dir {
        config.enrich.embed.model_dir = directory;
    }
    let embed = &config.enrich.embed;
    let model = MiniLm::load(&embed.model_dir(&config.data_dir), embed.expected())
        .map_err(|error| Failure::BadInput(error.into()))?;
    let vector = |text: &str, name| model.vector(text).map(|embedding| Embedding { embedding, model: name });
    if asked.jsonl {
        return lines::answer_texts(|text| vector(text, None).map_err(|error| error.to_string()));
    }
    let text = lines::whole_text(io::stdin().lock())?;
    show(format!("{}\n", json(&vector(&text, Some(embed.expected().name()))?)))
}

/// The vector of `text` as the agent of this configuration would make it, and the name of what made it.
pub fn vector(text: &str, config: &Config) -> Result<(Vec<f32>, String), Failure> {
    let unusable = |error: BoxError| Failure::BadInput(anyhow!(error).context("enrich.embed"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the runtime").map_err(Failure::CannotStart)?.block_on(async {
        let engine = embed::open(&config.enrich.embed, &config.data_dir).map_err(unusable)?;
        let engine = engine.ok_or_else(|| unusable("is off, so there is nothing to compare by".into()))?;
        let vector = engine.vector(text).await.map_err(|error| unusable(error.into()))?;
        Ok((vector, engine.name().to_string()))
    })
}
