//! `sidelight embed`: the vector of a text, by the model that the agent uses.

use super::args;
use super::lines::{self, json, object};
use super::{Failure, Outcome, failure, load, show};
use crate::config::{Config, Environment};
use crate::embed::minilm::MiniLm;
use crate::embed::{self, BoxError};
use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::io::{self, BufWriter};

#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    text: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: Option<&'a RawValue>,
    embedding: Vec<f32>,
}

#[derive(Serialize)]
struct Embedding {
    embedding: Vec<f32>,
    model: String,
}

pub fn run(asked: args::Embed, environment: &Environment) -> Outcome {
    let mut config = load(asked.sources, environment)?.config;
    if let Some(directory) = asked.model_dir {
        config.enrich.embed.model_dir = directory;
    }
    let embed = &config.enrich.embed;
    let model = MiniLm::load(&embed.model_dir(&config.data_dir), embed.expected())
        .map_err(|error| Failure::BadInput(error.into()))?;
    if asked.jsonl {
        let mut out = BufWriter::new(io::stdout().lock());
        lines::answer_each(io::stdin().lock(), &mut out, |line| answer(line, &model))?;
        return Ok(failure::FINE);
    }
    let text = lines::whole_text(io::stdin().lock())?;
    let embedding = model.vector(&text)?;
    show(format!("{}\n", json(&Embedding { embedding, model: embed.expected().name() })))
}

fn answer(line: &str, model: &MiniLm) -> Result<String, String> {
    let asked: Asked<'_> = object(line, r#"{"id", "text"}"#)?;
    let embedding = model.vector(&asked.text).map_err(|error| error.to_string())?;
    Ok(json(&Answer { id: asked.id, embedding }))
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
