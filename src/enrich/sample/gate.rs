//! The enrichment gate: which calls are hashed and embedded, decided by the span's id alone.

use super::Config;
use super::rules::{BuiltRules, Traits};
use crate::enrich::cost::name_forms;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The gate as the configuration has it.
pub(in crate::enrich) struct Gate {
    percent: u8,
    services: BTreeMap<String, u8>,
    models: BTreeMap<String, u8>,
    always: BuiltRules,
}

impl Gate {
    pub(in crate::enrich) fn build(config: &Config) -> Gate {
        Gate {
            percent: config.percent.0,
            services: config.services.iter().map(|(name, percent)| (name.clone(), percent.0)).collect(),
            models: config
                .models
                .iter()
                .map(|(name, percent)| (name.to_ascii_lowercase(), percent.0))
                .collect(),
            always: config.always.build(),
        }
    }

    /// Whether the call with this OTLP span id is sampled.
    pub(in crate::enrich) fn takes(&self, span_id: &[u8], service: &str, model: &str, call: Traits) -> bool {
        otlp(span_id, self.percent(service, model)) || self.always.take(call)
    }

    /// Whether a span whose id was given as text is sampled, whatever its service and model.
    pub(in crate::enrich) fn takes_text(&self, span_id: &str) -> bool {
        text(span_id, self.percent)
    }

    /// That of the model, else of the service, else of all.
    fn percent(&self, service: &str, model: &str) -> u8 {
        let of_model = || {
            let known = !self.models.is_empty() && !model.is_empty();
            known.then(|| name_forms(model, |form| self.models.get(form).copied())).flatten()
        };
        of_model().or_else(|| self.services.get(service).copied()).unwrap_or(self.percent)
    }
}

/// Whether a span with this OTLP id, hashed as its lower-case hex digits, is within `percent`.
pub fn otlp(span_id: &[u8], percent: u8) -> bool {
    let mut hex = String::with_capacity(2 * span_id.len());
    for byte in span_id {
        for half in [byte >> 4, byte & 0xf] {
            hex.push(char::from_digit(u32::from(half), 16).expect("a half byte"));
        }
    }
    remainder(hex.as_bytes()) < percent
}

/// Whether a span whose id was given as text, as over REST, is within `percent`: a UUID in any of its
/// spellings is hashed as its 16 bytes, other text as it stands.
///
/// Source: the predecessor's gate (Python's `uuid.UUID`). Of its spellings, those that only Python's
/// reading of numbers lets through (`0x…`, `_` or a sign among the digits) are text here.
pub fn text(span_id: &str, percent: u8) -> bool {
    text_remainder(span_id) < percent
}

fn text_remainder(span_id: &str) -> u8 {
    match uuid(span_id) {
        Some(bytes) => remainder(&bytes),
        None => remainder(span_id.as_bytes()),
    }
}

/// SHA-256 of `id` as one big-endian number, modulo 100.
fn remainder(id: &[u8]) -> u8 {
    let rest = Sha256::digest(id).iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % 100);
    u8::try_from(rest).expect("below 100")
}

/// The bytes of a UUID: `urn:` and `uuid:` anywhere, braces around and dashes anywhere do not count.
fn uuid(text: &str) -> Option<[u8; 16]> {
    if text.len() > 128 {
        return None;
    }
    let text = text.replace("urn:", "").replace("uuid:", "");
    let digits = text.trim_matches(['{', '}']).replace('-', "");
    let all_hex = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = all_hex.then(|| u128::from_str_radix(&digits, 16).ok()).flatten();
    number.map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::super::{Percent, Rules};
    use super::*;
    use serde_json::Value;

    #[test]
    fn ids_fall_where_the_predecessor_put_them() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../../tests/data/sample_vectors.json")).unwrap();
        for case in vectors["sampling"].as_array().unwrap() {
            let id = case["span_id"].as_str().unwrap();
            assert_eq!(text_remainder(id), case["sha256_mod_100"], "{id}");
            assert_eq!(text(id, 1), case["sha256_mod_100"] == 0, "{id}");
        }
    }

    #[test]
    fn one_percent_is_about_one_in_a_hundred() {
        let sampled = (0..200_000).filter(|number| text(&format!("span-{number}"), 1)).count();
        assert_eq!(sampled, 1_954);
    }

    #[test]
    fn an_otlp_id_is_hashed_as_its_lower_case_hex() {
        let id = [0xAB, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xFF];
        for percent in 0..=100 {
            assert_eq!(otlp(&id, percent), text("ab010203040506ff", percent));
        }
    }

    #[test]
    fn a_model_goes_before_its_service_and_a_service_before_all() {
        let config = Config {
            percent: Percent(0),
            services: [("shop".to_string(), Percent(100))].into(),
            models: [("GPT-4o".to_string(), Percent(0))].into(),
            always: Rules { errors: true, ..Rules::default() },
            ..Config::default()
        };
        let gate = Gate::build(&config);
        let takes = |service, model| gate.takes(&[1; 8], service, model, Traits::default());
        assert!(!takes("other", "m"));
        assert!(takes("shop", "m"));
        assert!(!takes("shop", "openai/gpt-4o-2024-08-06"));
        assert!(gate.takes(&[1; 8], "other", "gpt-4o", Traits { error: true, ..Traits::default() }));
    }

    #[test]
    fn none_and_all_are_meant_literally() {
        for id in ["a", "b", "span-142"] {
            assert!(!text(id, 0) && text(id, 100), "{id}");
        }
    }

    #[test]
    fn a_uuid_is_one_however_it_is_spelt() {
        let plain = text_remainder("0b51d8b5-ecab-4533-b894-5946ba2c85a0");
        for spelling in [
            "0B51D8B5ECAB4533B8945946BA2C85A0",
            "{0b51d8b5-ecab-4533-b894-5946ba2c85a0}",
            "urn:uuid:0b51d8b5-ecab-4533-b894-5946ba2c85a0",
        ] {
            assert_eq!(text_remainder(spelling), plain, "{spelling}");
        }
        assert_ne!(text_remainder("0b51d8b5-ecab-4533-b894-5946ba2c85a0\n"), plain);
    }
}
