//! The section `enrich.embed`.

use super::minilm;
use crate::settings::{Section, choices};
use crate::units::serialize_duration;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How prompts become vectors.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Config {
    pub mode: Mode,
    /// Where the model's files lie. Empty: `model` in the data directory.
    pub model_dir: PathBuf,
    /// SHA-256 of the weights, where they are those of another model of the MiniLM family. Empty: they are
    /// those of all-MiniLM-L6-v2.
    pub weights_sha256: String,
    pub text: Text,
    /// Of the worker: takes `{"text"}`, answers `{"embedding"}`.
    pub url: String,
    /// How long the worker may take for one text, connecting included. It is asked once.
    #[serde(serialize_with = "serialize_duration")]
    pub timeout: Duration,
    /// How long delivery may wait for the vectors of what is to be delivered; later ones are left out.
    #[serde(serialize_with = "serialize_duration")]
    pub deadline: Duration,
}

/// Where vectors come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    Off,
    /// From the model, in this process.
    #[default]
    Model,
    /// From a worker, over HTTP.
    Http,
}

choices!(Mode { Off = "off", Model = "model", Http = "http" });

/// What of a conversation is embedded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Text {
    /// The last user turn.
    #[default]
    LastTurn,
    /// All that went into the model.
    Whole,
}

choices!(Text { LastTurn = "last_turn", Whole = "whole" });

impl Default for Config {
    fn default() -> Config {
        Config {
            mode: Mode::default(),
            model_dir: PathBuf::new(),
            weights_sha256: String::new(),
            text: Text::default(),
            url: String::new(),
            timeout: Duration::from_millis(500),
            deadline: Duration::from_secs(5),
        }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.get("mode", &mut self.mode);
        section.get("model_dir", &mut self.model_dir);
        section.get("weights_sha256", &mut self.weights_sha256);
        section.get("text", &mut self.text);
        section.get("url", &mut self.url);
        section.get("timeout", &mut self.timeout);
        section.get("deadline", &mut self.deadline);
        section.not_built_yet(&["quantize"]);
        self.check(section);
    }

    fn check(&self, section: &mut Section<'_>) {
        let sha256 = &self.weights_sha256;
        if !sha256.is_empty() && (sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            section.problem("weights_sha256", "expected 64 hex digits");
        }
        let is_url = reqwest::Url::parse(&self.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !(self.url.is_empty() && self.mode != Mode::Http || is_url) {
            section.problem("url", "expected the worker's URL, such as http://127.0.0.1:8000/embed");
        }
        for (key, limit) in [("timeout", self.timeout), ("deadline", self.deadline)] {
            if limit.is_zero() {
                section.problem(key, "must be more than 0");
            }
        }
    }

    /// Where the model lies.
    pub fn model_dir(&self, data_dir: &Path) -> PathBuf {
        match self.model_dir.as_os_str().is_empty() {
            true => data_dir.join("model"),
            false => self.model_dir.clone(),
        }
    }

    /// What the weights have to be by their digest.
    pub fn expected(&self) -> minilm::Expected<'_> {
        match self.weights_sha256.as_str() {
            "" => minilm::Expected::AllMiniLm,
            sha256 => minilm::Expected::Weights(sha256),
        }
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
            "mode: http\nurl: http://localhost:8000/embed\ntimeout: 1s\ndeadline: 2s\ntext: whole\nmodel_dir: m\n",
            expect![""],
        );
        check("mode: off\n", expect![""]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_key() {
        check(
            "mode: http\nweights_sha256: abc\ndeadline: 0s\n",
            expect![[r#"
                c.yaml:1: url: expected the worker's URL, such as http://127.0.0.1:8000/embed
                c.yaml:2: weights_sha256: expected 64 hex digits
                c.yaml:3: deadline: must be more than 0
            "#]],
        );
        check(
            "url: worker\n",
            expect![[r#"
            c.yaml:1: url: expected the worker's URL, such as http://127.0.0.1:8000/embed
        "#]],
        );
    }
}
