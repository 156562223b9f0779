//! What a Kafka record holds, by its headers or else by the configuration.

use super::Config;
use crate::kafka::{Encoding, header};
use crate::llm::Record;
use crate::otlp::Signal;
use crate::receive::Format;
use crate::units::hex;
use bytes::Bytes;
use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Headers};
use sha2::{Digest, Sha256};
use std::fmt;

/// A record as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub at: Coordinates,
    pub encoding: Encoding,
    pub signal: Signal,
    /// When it was published, in milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// `None` for a tombstone.
    pub value: Option<Bytes>,
}

/// Where a record stands. Prints as `topic[partition]@offset`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coordinates {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
}

/// What a record is to the intake.
#[derive(Debug, PartialEq, Eq)]
pub enum Held {
    /// One call, as an export request of one span.
    Call(Vec<u8>),
    Request(Signal, Format, Bytes),
    /// What can never be read, and why.
    Poison(String),
}

impl Fetched {
    pub fn of(message: &BorrowedMessage<'_>, config: &Config) -> Fetched {
        let said = |name: &str| {
            let headers = message.headers()?;
            let value = headers.iter().find(|header| header.key == name)?.value?;
            str::from_utf8(value).ok()
        };
        let signal = |name: &str| Signal::ALL.into_iter().find(|signal| signal.name() == name);
        Fetched {
            at: Coordinates {
                topic: message.topic().to_string(),
                partition: message.partition(),
                offset: message.offset(),
            },
            encoding: said(header::ENCODING).and_then(Encoding::named).unwrap_or(config.encoding),
            signal: said(header::SIGNAL).and_then(signal).unwrap_or(config.signal.into()),
            timestamp: message.timestamp().to_millis(),
            value: message.payload().map(Bytes::copy_from_slice),
        }
    }

    /// Reads it; values of more than `limit` bytes are poison.
    pub fn hold(&self, limit: usize) -> Held {
        let Some(value) = &self.value else { return Held::Poison("a record without a value".to_string()) };
        if value.len() > limit {
            return Held::Poison("larger than max_message_size".to_string());
        }
        let call = match self.encoding {
            Encoding::LlmSpan => Record::from_protobuf(value),
            Encoding::LlmSpanJson => Record::from_json(value),
            Encoding::OtlpProto => return Held::Request(self.signal, Format::Proto, value.clone()),
            Encoding::OtlpJson => return Held::Request(self.signal, Format::Json, value.clone()),
        };
        match call {
            Ok(mut call) => {
                self.date(&mut call);
                Held::Call(call.to_otlp())
            }
            Err(why) => Held::Poison(why.to_string()),
        }
    }

    /// A call that does not say when it began did so when it was published, as near as anyone knows.
    fn date(&self, call: &mut Record) {
        let published = self.timestamp.and_then(|millis| u64::try_from(millis).ok()?.checked_mul(1_000_000));
        if let (None, Some(published)) = (call.start_unix_nano(), published) {
            call.begin(published);
        }
    }

    /// How a dead letter speaks of it: where it is, why it is one, and what it is known by. Never what it says.
    pub fn epitaph(&self, why: &str) -> String {
        let value = self.value.as_deref().unwrap_or_default();
        let digest = hex(&Sha256::digest(value)[..8]);
        format!("{}: {why} ({} bytes, sha256 {digest}…)", self.at, value.len())
    }
}

impl fmt::Display for Coordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]@{}", self.topic, self.partition, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::{Batch, Limits};

    fn fetched(encoding: Encoding, value: &[u8]) -> Fetched {
        Fetched {
            at: Coordinates { topic: "llm.spans.raw".to_string(), partition: 3, offset: 1234 },
            encoding,
            signal: Signal::Traces,
            timestamp: Some(1_700_000_000_500),
            value: Some(Bytes::copy_from_slice(value)),
        }
    }

    #[test]
    fn a_call_that_does_not_say_when_it_began_did_so_when_it_was_published() {
        let Held::Call(otlp) = fetched(Encoding::LlmSpanJson, br#"{"spanId":"x"}"#).hold(1000) else {
            panic!("it is a call")
        };
        let batch = Batch::read(Signal::Traces, otlp.into(), &Limits::default()).unwrap();
        let starts: Vec<u64> =
            batch.walk().filter_map(|item| Some(item.span()?.start_time_unix_nano())).collect();
        assert_eq!(starts, [1_700_000_000_500_000_000]);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_coordinates_and_none_of_its_words() {
        let check = |encoding, value: &[u8], expected: &str| {
            let fetched = fetched(encoding, value);
            let Held::Poison(why) = fetched.hold(100) else { panic!("it is poison") };
            assert_eq!(fetched.epitaph(&why), expected);
        };
        check(
            Encoding::LlmSpan,
            b"my secret",
            "llm.spans.raw[3]@1234: the bytes are no message of the record's schema (9 bytes, sha256 b9d1d013f600ec1b…)",
        );
        check(
            Encoding::LlmSpanJson,
            b"{}",
            "llm.spans.raw[3]@1234: the record has no usable span_id (2 bytes, sha256 44136fa355b3678a…)",
        );
        check(
            Encoding::LlmSpan,
            &[0; 101],
            "llm.spans.raw[3]@1234: larger than max_message_size (101 bytes, sha256 e08dd9962eedb16e…)",
        );
        let tombstone = Fetched { value: None, ..fetched(Encoding::LlmSpan, b"") };
        assert_eq!(tombstone.hold(100), Held::Poison("a record without a value".to_string()));
    }
}
