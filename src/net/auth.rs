//! Bearer tokens (RFC 6750), compared in constant time.

use crate::settings::{Secret, Section};
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use std::hint::black_box;

/// The section `auth`. Without it everyone who can connect is let in.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Config {
    /// The tokens that are let in; two at a time while one is being replaced.
    pub bearer: Vec<Secret>,
}

/// Lets in who shows one of the tokens; everyone where there is none.
#[derive(Clone, Default)]
pub struct Gate {
    tokens: Vec<[u8; 32]>,
}

impl Config {
    /// Overwrites what the user has set.
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.list("bearer", &mut self.bearer);
        if self.bearer.is_empty() || self.bearer.iter().any(|token| token.0.trim().is_empty()) {
            section.problem("bearer", "needs a token that is not empty");
        }
    }

    pub fn build(&self) -> Gate {
        Gate { tokens: self.bearer.iter().map(|token| Sha256::digest(token.0.trim()).into()).collect() }
    }
}

impl Gate {
    /// Whether `headers` may pass. Hashes are compared, each to its last byte and all of them, so the
    /// time tells nothing of how much of a token, or which one, was right.
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        if self.tokens.is_empty() {
            return true;
        }
        let Some(shown) = headers.get(header::AUTHORIZATION).and_then(|value| token(value.as_bytes())) else {
            return false;
        };
        let shown: [u8; 32] = Sha256::digest(shown).into();
        self.tokens.iter().fold(false, |admitted, token| admitted | same(token, &shown))
    }
}

/// The token of `Bearer TOKEN`; the scheme's case does not matter.
fn token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    let differing = a.iter().zip(b).fold(0, |bits, (a, b)| black_box(bits | (a ^ b)));
    differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tokens: &[&str], authorization: Option<&str>, admitted: bool) {
        let config = Config { bearer: tokens.iter().map(|token| Secret(token.to_string())).collect() };
        let headers = authorization.map(|value| (header::AUTHORIZATION, value.parse().unwrap()));
        assert_eq!(config.build().admits(&headers.into_iter().collect()), admitted);
    }

    #[test]
    fn any_of_the_tokens_is_let_in() {
        check(&["old", "new"], Some("Bearer old"), true);
        check(&["old", "new"], Some("bearer  new "), true);
    }

    #[test]
    fn anything_else_is_not() {
        check(&["secret"], None, false);
        for value in ["Bearer secre", "Bearer secrets", "Bearer ", "Bearer", "Basic secret", "secret"] {
            check(&["secret"], Some(value), false);
        }
    }

    #[test]
    fn without_tokens_everyone_is_let_in() {
        check(&[], None, true);
    }
}
