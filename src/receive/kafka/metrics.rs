//! How far behind the receiver is, and how often its group was dealt anew.

use crate::kafka::Hears;
use ::metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use serde_json::Value;

/// What the receiver shows of itself.
#[derive(Clone)]
pub struct Metrics {
    /// Records that the group has not taken yet, of the partitions that are ours.
    pub lag: Gauge,
    /// Times that partitions came or went.
    pub rebalances: Counter,
    /// Records that could not be read.
    pub poison: Counter,
}

impl Metrics {
    pub fn new() -> Metrics {
        describe_gauge!(
            "sidelight_receiver_kafka_lag_records",
            "Records in the partitions of this member that are not read and committed yet"
        );
        describe_counter!(
            "sidelight_receiver_kafka_rebalances_total",
            "Times that partitions were given to this member or taken from it"
        );
        describe_counter!(
            "sidelight_receiver_kafka_poison_records_total",
            "Records that cannot be read and went to the dead letters"
        );
        Metrics {
            lag: gauge!("sidelight_receiver_kafka_lag_records"),
            rebalances: counter!("sidelight_receiver_kafka_rebalances_total"),
            poison: counter!("sidelight_receiver_kafka_poison_records_total"),
        }
    }
}

impl Hears for Metrics {
    fn statistics(&self, json: &[u8]) {
        if let Ok(statistics) = serde_json::from_slice::<Value>(json) {
            self.lag.set(lag(&statistics) as f64);
        }
    }
}

/// The sum over all partitions of which it is known.
///
/// Source: STATISTICS.md of librdkafka; `consumer_lag` is -1 where it is not known.
fn lag(statistics: &Value) -> i64 {
    let topics = statistics["topics"].as_object().into_iter().flat_map(|topics| topics.values());
    let partitions = topics.filter_map(|topic| topic["partitions"].as_object()).flat_map(|all| all.values());
    partitions.filter_map(|partition| partition["consumer_lag"].as_i64()).filter(|lag| *lag > 0).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lag_is_summed_where_it_is_known() {
        let partition = |lag: i64| json!({ "consumer_lag": lag });
        let topics = json!({
            "a": { "partitions": { "0": partition(7), "1": partition(-1), "-1": partition(-1) } },
            "b": { "partitions": { "0": partition(5) } },
        });
        assert_eq!(lag(&json!({ "topics": topics })), 12);
        assert_eq!(lag(&json!({})), 0);
    }
}
