//! Which topic a record goes to.

use super::{Config, TopicFrom};
use crate::kafka::LONGEST_TOPIC;
use crate::llm::Record;
use crate::otlp::Signal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Names that come from data; past so many, calls go to the topic itself.
const MOST_NAMES: usize = 100;

/// The topics of an exporter.
pub struct Topics {
    of_signal: [Arc<str>; 3],
    from: TopicFrom,
    /// By what they are named after.
    named: Mutex<HashMap<String, Arc<str>>>,
}

impl Topics {
    pub fn new(config: &Config) -> Topics {
        let of_signal = [&config.topic, &config.logs_topic, &config.metrics_topic];
        Topics {
            of_signal: of_signal.map(|name| Arc::from(name.as_str())),
            from: config.topic_from,
            named: Mutex::default(),
        }
    }

    pub fn of_signal(&self, signal: Signal) -> Arc<str> {
        self.of_signal[signal as usize - 1].clone()
    }

    pub fn of_call(&self, call: &Record) -> Arc<str> {
        let base = &self.of_signal[0];
        let after = match self.from {
            TopicFrom::None => "",
            TopicFrom::Service => &call.service_name,
            TopicFrom::Kind => &call.kind,
        };
        if after.is_empty() {
            return base.clone();
        }
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = named.get(after) {
            return known.clone();
        }
        if named.len() >= MOST_NAMES {
            return base.clone();
        }
        let name: Arc<str> = format!("{base}.{}", clean(after, LONGEST_TOPIC - base.len() - 1)).into();
        named.insert(after.to_string(), name.clone());
        name
    }
}

/// `name` as part of a topic's: what Kafka does not take becomes `-`.
fn clean(name: &str, most: usize) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    name.chars().map(plain).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(from: TopicFrom) -> Topics {
        Topics::new(&Config { topic: "calls".to_string(), topic_from: from, ..Config::default() })
    }

    fn call(service: &str) -> Record {
        Record { service_name: service.to_string(), kind: "chat".to_string(), ..Record::default() }
    }

    #[test]
    fn a_topic_is_named_after_the_service_or_the_kind_where_it_is_asked_for() {
        let check = |from, service: &str, expected: &str| {
            assert_eq!(&*topics(from).of_call(&call(service)), expected);
        };
        check(TopicFrom::None, "shop", "calls");
        check(TopicFrom::Service, "shop", "calls.shop");
        check(TopicFrom::Service, "", "calls");
        check(TopicFrom::Service, "my shop/é", "calls.my-shop--");
        check(TopicFrom::Kind, "shop", "calls.chat");
        assert!(crate::kafka::is_topic(&topics(TopicFrom::Service).of_call(&call(&"x".repeat(500)))));
    }

    #[test]
    fn names_from_data_are_bounded() {
        let topics = topics(TopicFrom::Service);
        let all: std::collections::HashSet<_> =
            (0..1000).map(|n| topics.of_call(&call(&format!("service-{n}")))).collect();
        assert_eq!(all.len(), MOST_NAMES + 1);
    }
}
