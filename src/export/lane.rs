//! A lane: takes batches from the queue and sees each of them through to one exporter.

use super::retry;
use crate::settings::Section;
use crate::units::Size;
use std::num::NonZeroUsize;

/// What can be set for every exporter that sends over a network.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Config {
    pub retry_on_failure: retry::Config,
    pub sending_queue: SendingQueue,
    /// No request is larger, before compression; what is gets split.
    pub max_request_size: Size,
}

/// The section `sending_queue`. The queue itself is the one on disk; this is how it is emptied.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SendingQueue {
    /// Requests under way at the same time.
    pub num_consumers: NonZeroUsize,
    /// Small batches that wait are joined up to this size.
    pub batch_size: Size,
}

/// Enough for 4 x 1 MiB under way: the memory of a lane stays under about 16 MiB with their frames.
const CONSUMERS: NonZeroUsize = NonZeroUsize::new(4).expect("4 is not 0");

impl Default for Config {
    fn default() -> Config {
        Config {
            retry_on_failure: retry::Config::default(),
            sending_queue: SendingQueue {
                num_consumers: CONSUMERS,
                batch_size: Size::mib(1),
            },
            max_request_size: Size::mib(4),
        }
    }
}

impl Config {
    pub fn read(&mut self, section: &mut Section<'_>) {
        section.section("retry_on_failure", |retry| self.retry_on_failure.read(retry));
        section.section("sending_queue", |queue| {
            queue.get("num_consumers", &mut self.sending_queue.num_consumers);
            queue.get("batch_size", &mut self.sending_queue.batch_size);
        });
        section.get("max_request_size", &mut self.max_request_size);
        if self.max_request_size < Size::kib(64) {
            section.problem("max_request_size", "must be at least 64KiB");
        }
        if self.sending_queue.num_consumers.get() > 64 {
            section.problem("sending_queue", "num_consumers must be at most 64");
        }
    }
}
