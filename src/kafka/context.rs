//! What librdkafka tells us and asks of us, from threads of its own.

use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tracing::{debug, warn};

/// What a part does with what it hears from its client.
pub trait Hears: Send + Sync + 'static {
    /// Statistics as librdkafka writes them, in JSON; only where they are asked for.
    fn statistics(&self, json: &[u8]) {
        let _ = json;
    }
}

/// Nothing.
impl Hears for () {}

/// What answers librdkafka's questions.
pub struct Context<H> {
    /// The id of the exporter or receiver.
    pub name: String,
    pub hears: H,
    token_file: PathBuf,
    last: Mutex<Option<Trouble>>,
}

/// What a client complained of last, in librdkafka's words: they name brokers, never what is sent.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Trouble {
    pub code: RDKafkaErrorCode,
    pub reason: String,
}

/// A token that does not say when it expires is read again after so long.
const TOKEN_LIFE: Duration = Duration::from_secs(3600);

impl<H: Hears> Context<H> {
    pub(super) fn new(name: &str, token_file: PathBuf, hears: H) -> Context<H> {
        Context { name: name.to_string(), hears, token_file, last: Mutex::default() }
    }

    /// Says that all is well: the next trouble is news.
    pub fn well(&self) {
        self.last().take();
    }

    /// What the client complains of, since all was well.
    pub fn trouble(&self) -> Option<Trouble> {
        self.last().clone()
    }

    fn last(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: Hears> ClientContext for Context<H> {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, said: &str) {
        debug!(client = self.name, ?level, facility, said, "librdkafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else { return };
        let mut last = self.last();
        let told = last.as_ref().map(|trouble| trouble.code);
        // That all are down follows from what was wrong with each, which says more.
        if told == Some(code) || (told.is_some() && code == RDKafkaErrorCode::AllBrokersDown) {
            return debug!(client = self.name, %code, reason, "still trouble with a broker");
        }
        warn!(client = self.name, %code, reason, "trouble with a broker");
        *last = Some(Trouble { code, reason: reason.to_string() });
    }

    fn stats_raw(&self, json: &[u8]) {
        self.hears.statistics(json);
    }

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        token(&self.token_file, SystemTime::now())
    }
}

/// The token in `file`. It is for the broker to judge; we look for its subject and its end only.
fn token(file: &Path, now: SystemTime) -> Result<OAuthToken, Box<dyn Error>> {
    let text =
        fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let token = text.trim().to_string();
    let claims = claims(&token).unwrap_or_default();
    let expires = claims["exp"].as_u64().map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
    let expires = expires.unwrap_or(now + TOKEN_LIFE).duration_since(UNIX_EPOCH)?;
    let principal_name = claims["sub"].as_str().unwrap_or("sidelight").replace('\0', "");
    if token.is_empty() || token.contains('\0') {
        return Err(format!("{} holds no token", file.display()).into());
    }
    Ok(OAuthToken { token, principal_name, lifetime_ms: i64::try_from(expires.as_millis())? })
}

/// The second part of a JSON web token (RFC 7519).
fn claims(token: &str) -> Option<serde_json::Value> {
    use base64::Engine;
    let part = token.split('.').nth(1)?;
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;

    fn check(text: &str, expected: Result<(&str, i64), &str>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        let read = token(file.path(), now).map(|token| (token.principal_name, token.lifetime_ms));
        match expected {
            Ok((name, end)) => assert_eq!(read.unwrap(), (name.to_string(), end)),
            Err(why) => assert!(read.unwrap_err().to_string().contains(why)),
        }
    }

    #[test]
    fn that_all_brokers_are_down_hides_no_reason_and_ends_with_a_success() {
        let context = Context::new("kafka", PathBuf::new(), ());
        let complain = |code| context.error(KafkaError::Global(code), "made up");
        let seen = || context.trouble().map(|trouble| trouble.code);
        complain(RDKafkaErrorCode::AllBrokersDown);
        complain(RDKafkaErrorCode::Authentication);
        complain(RDKafkaErrorCode::AllBrokersDown);
        assert_eq!(seen(), Some(RDKafkaErrorCode::Authentication));
        context.well();
        assert_eq!(seen(), None);
    }

    #[test]
    fn a_token_says_whose_it_is_and_until_when() {
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"sub":"app","exp":2000}"#);
        check(&format!("e30.{claims}.made-up\n"), Ok(("app", 2_000_000)));
        check("opaque", Ok(("sidelight", 4_600_000)));
        check(" \n", Err("holds no token"));
    }
}
