//! A batch as records: keys, headers and values.

use super::Key;
use super::topics::Topics;
use crate::export::records::{self, Extent};
use crate::kafka::{Encoding, Message, header};
use crate::llm::Record;
use crate::llm::record::SCHEMA_VERSION;
use crate::otlp::{Batch, json};
use crate::units::hex;
use bytes::Bytes;
use rdkafka::message::{Header, OwnedHeaders};
use std::sync::Arc;

/// What a record may have beside its value, in bytes: key, headers and framing.
pub const OVERHEAD: usize = 1024;

/// Makes records of batches.
pub struct Encoder {
    pub encoding: Encoding,
    pub key: Key,
    pub extent: Extent,
    /// Most bytes of a record, all of it.
    pub most: usize,
    pub topics: Topics,
}

/// A record would be larger than brokers are said to take. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error("a record of {bytes} bytes is larger than max_message_size")]
pub struct TooLarge {
    bytes: usize,
}

impl Encoder {
    /// The records of `batch`: one for each call, or one for all of it. Errors if one is too large, so that none is
    /// sent before the batch is made smaller.
    pub fn encode(&self, batch: &Batch) -> Result<Vec<Message>, TooLarge> {
        let messages = match self.encoding {
            Encoding::LlmSpan | Encoding::LlmSpanJson => {
                records::read(batch, self.extent).map(|call| self.call(&call)).collect()
            }
            Encoding::OtlpProto => vec![self.request(batch, batch.otlp().clone())],
            Encoding::OtlpJson => vec![self.request(batch, json::write(batch).into())],
        };
        let too_large = |message: &Message| message.value.len() + OVERHEAD > self.most;
        match messages.iter().find(|message| too_large(message)) {
            Some(message) => Err(TooLarge { bytes: message.value.len() }),
            None => Ok(messages),
        }
    }

    fn call(&self, call: &Record) -> Message {
        let key = match self.key {
            Key::TraceId => call.trace_id.clone().unwrap_or_else(|| call.span_id.clone()),
            Key::SpanId => call.span_id.clone(),
        };
        let value = match self.encoding {
            Encoding::LlmSpanJson => call.to_json(),
            _ => call.to_protobuf(),
        };
        let version = SCHEMA_VERSION.to_string();
        let record_id = call.record_id();
        let mut headers = self.headers();
        headers = with(headers, header::SCHEMA_VERSION, &version);
        headers = with(headers, header::RECORD_ID, &record_id);
        if let Some(parent) = traceparent(call) {
            headers = with(headers, header::TRACEPARENT, &parent);
        }
        Message { topic: self.topics.of_call(call), key: Some(key), value: value.into(), headers }
    }

    /// Requests hold spans of many traces, so they have no key.
    fn request(&self, batch: &Batch, value: Bytes) -> Message {
        let headers = with(self.headers(), header::SIGNAL, batch.signal().name());
        Message { topic: self.topics.of_signal(batch.signal()), key: None, value, headers }
    }

    fn headers(&self) -> OwnedHeaders {
        let headers = with(OwnedHeaders::new_with_capacity(5), header::ENCODING, &self.encoding.to_string());
        with(headers, header::CONTENT_TYPE, self.encoding.content_type())
    }
}

/// `message` for the topic of dead letters.
pub fn buried(message: Message, topic: Arc<str>, why: &str) -> Message {
    let headers = with(message.headers, header::REASON, why);
    let headers = with(headers, header::ORIGIN, &message.topic);
    Message { topic, headers, ..message }
}

fn with(headers: OwnedHeaders, key: &str, value: &str) -> OwnedHeaders {
    headers.insert(Header { key, value: Some(value) })
}

/// W3C trace context, version 00; `None` for ids that it has no room for.
fn traceparent(call: &Record) -> Option<String> {
    let (trace, span) = (call.trace_bytes(), call.span_bytes());
    let fits = trace.len() == 16 && span.len() == 8;
    fits.then(|| format!("00-{}-{}-{:02x}", hex(&trace), hex(&span), call.trace_flags & 0xff))
}
