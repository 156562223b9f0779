//! What stands in place of a value: its type, and for `hash` a keyed hash that joins equal values.

use super::super::scan::{Finding, marks};
use super::config::{Action, Config};
use super::policy::Policy;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Writes marks. Cloning it copies the keyed state of the hash.
#[derive(Clone)]
pub struct Marker {
    policy: Policy,
    hash: Hmac<Sha256>,
}

impl Marker {
    pub fn new(config: &Config) -> Marker {
        let hash = Hmac::new_from_slice(config.hash_key.0.as_bytes()).expect("HMAC takes keys of any length");
        Marker { policy: Policy::new(config), hash }
    }

    /// What is done with what is found.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// `text` with a mark in place of every finding; they ascend and do not overlap.
    pub fn splice(&self, text: &str, findings: &[Finding]) -> String {
        let mut out = String::with_capacity(text.len() + findings.len() * 16);
        let mut from = 0;
        for finding in findings {
            out.push_str(&text[from..finding.start]);
            self.write(finding.kind, &text[finding.start..finding.end], &mut out);
            from = finding.end;
        }
        out.push_str(&text[from..]);
        out
    }

    /// Where in `text` stands what is at `at` once it is spliced, which is not inside of a mark.
    pub fn place_before(&self, text: &str, findings: &[Finding], at: usize) -> usize {
        let (mut from, mut written) = (0, 0);
        let mut mark = String::new();
        for finding in findings {
            let kept = finding.start - from;
            if at <= written + kept {
                break;
            }
            mark.clear();
            self.write(finding.kind, &text[finding.start..finding.end], &mut mark);
            written += kept + mark.len();
            from = finding.end;
        }
        from + (at - written)
    }

    /// Appends what stands in place of `value`.
    pub fn write(&self, kind: &str, value: &str, out: &mut String) {
        out.push('[');
        out.push_str(kind);
        if self.policy.action(kind) == Action::Hash {
            out.push(':');
            let tag = self
                .hash
                .clone()
                .chain_update(kind)
                .chain_update(b":")
                .chain_update(value)
                .finalize()
                .into_bytes();
            let nibbles = tag.iter().flat_map(|byte| [byte >> 4, byte & 15]);
            out.extend(nibbles.take(marks::HASH_LETTERS).map(|nibble| char::from(b'a' + nibble)));
        }
        out.push(']');
    }
}
