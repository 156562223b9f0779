//! The section `enrich`.

use super::patterns::{LoadError, Patterns};
use super::{redact, sample};
use crate::embed;
use crate::settings::{Section, choices};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What is done to recognised spans and log records.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Config {
    /// What is scanned beyond them.
    pub scope: Scope,
    pub normalize: Normalize,
    pub pii: redact::Config,
    pub injection: redact::InjectionConfig,
    /// Files of patterns of the user's own.
    pub patterns: Vec<String>,
    /// What becomes of inline images, sound and files.
    pub media: Media,
    pub tokens: Tokens,
    pub cost: Cost,
    pub sample: sample::Config,
    /// How prompts become vectors, once they are delivered.
    pub embed: embed::Config,
    /// Which other names are written too.
    pub aliases: Aliases,
}

/// Which spans and log records are scanned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those that speak of an LLM call, and those of the same trace that may carry its prompt.
    #[default]
    Llm,
    /// All.
    All,
}

choices!(Scope { Llm = "llm", All = "all" });

/// What becomes of inline media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Media {
    /// Its SHA-256, type and size stand in its place.
    #[default]
    Reference,
    /// It stays.
    Keep,
}

choices!(Media { Reference = "reference", Keep = "keep" });

/// `enrich.tokens`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Tokens {
    /// Whether tokens are counted where none were reported.
    pub count_when_missing: bool,
    /// The `tokenizer.json` of models, by their names: what no table of ours counts exactly.
    pub tokenizers: BTreeMap<String, PathBuf>,
}

/// `enrich.cost`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Cost {
    /// `builtin`, or price files: in the form of `config/prices.yaml`, or a price map as LiteLLM keeps it. Of
    /// several the later ones go first, model by model.
    pub prices: Vec<String>,
}

/// `enrich.normalize`.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Normalize {
    /// Whether messages, instructions and tools are rebuilt by the current names.
    pub messages: Messages,
}

/// `enrich.normalize.messages`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Messages {
    #[default]
    Off,
    /// `gen_ai.input.messages`, `gen_ai.output.messages`, `gen_ai.system_instructions` and
    /// `gen_ai.tool.definitions` are added as structured values where they are absent.
    Add,
}

choices!(Messages { Off = "off", Add = "add" });

/// `enrich.aliases`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aliases {
    Off,
    /// The names that earlier tools write: `llm.pii_detected`, `llm.injection_attempt`, `llm.is_sampled`.
    #[default]
    On,
    /// These, and what older conventions call the rest: `gen_ai.system`, `gen_ai.usage.prompt_tokens`
    /// and kin.
    All,
}

choices!(Aliases { Off = "false", On = "true", All = "all" });

impl Default for Tokens {
    fn default() -> Tokens {
        Tokens { count_when_missing: true, tokenizers: BTreeMap::new() }
    }
}

impl Default for Cost {
    fn default() -> Cost {
        Cost { prices: vec!["builtin".into()] }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("scope", &mut self.scope);
        section.section("normalize", |section| section.get("messages", &mut self.normalize.messages));
        let hashes = self.read_patterns(section);
        section.section("pii", |section| self.pii.read(section));
        if hashes && self.pii.hash_key.0.is_empty() {
            section.problem("patterns", "action hash in a file needs pii.hash_key");
        }
        section.section("injection", |section| self.injection.read(section));
        section.get("media", &mut self.media);
        section.section("tokens", |section| {
            section.get("count_when_missing", &mut self.tokens.count_when_missing);
            section.map("tokenizers", &mut self.tokens.tokenizers);
        });
        section.section("cost", |section| section.list("prices", &mut self.cost.prices));
        section.section("sample", |section| self.sample.read(section));
        section.section("embed", |section| self.embed.read(section));
        section.get("aliases", &mut self.aliases);
    }

    /// Reads the files too: their types may be named in `pii`, and what is wrong with them is known before
    /// anything starts. Whether some type of theirs is to be hashed.
    fn read_patterns(&mut self, section: &mut Section<'_>) -> bool {
        section.list("patterns", &mut self.patterns);
        match Patterns::load(&self.patterns) {
            Ok(patterns) => return patterns.hashes(),
            Err(LoadError::Wrong(problems)) => problems.iter().for_each(|p| section.problem("patterns", p)),
            Err(LoadError::Unreadable { file, source }) => {
                section.problem("patterns", format_args!("cannot read {file}: {source}"));
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;
    use expect_test::{Expect, expect};

    fn check(text: &str, problems: Expect) {
        let mut config = Config::default();
        problems.assert_eq(&settings::problems(text, |section| config.read(section)));
    }

    #[test]
    fn every_setting_is_read() {
        check(
            "scope: all\nmedia: keep\ntokens: { count_when_missing: false, tokenizers: { my-model: t.json } }\ncost: { prices: mine.yaml }\n\
             sample: { percent: 100 }\naliases: false\npii: { action: flag }\ninjection: { enabled: false }\n",
            expect![""],
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_key() {
        check(
            "scope: some\nsample: { percent: 101 }\npatterns: [no such file]\nalias: false\n",
            expect![[r#"
                c.yaml:1: scope: expected llm or all, found `some`
                c.yaml:2: sample.percent: expected a whole number from 0 to 100, found `101`
                c.yaml:3: patterns: cannot read no such file: No such file or directory (os error 2)
                c.yaml:4: alias: unknown key
            "#]],
        );
    }
}
