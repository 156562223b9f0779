//! What became of records that were not all delivered.

use crate::export::{BoxError, Verdict};
use crate::kafka::Failure;
use rdkafka::error::RDKafkaErrorCode as Code;

/// The verdict on a batch of `items`, the worst of whose records `failure` is.
pub fn of(failure: Failure, items: u64) -> Verdict {
    match failure.code {
        Code::MessageSizeTooLarge => Verdict::TooLarge(failure.into()),
        code if wants_mending(code)
            || failure.trouble.as_ref().is_some_and(|seen| wants_mending(seen.code)) =>
        {
            Verdict::Hold(failure.into())
        }
        code if is_of_the_record(code) => {
            let cause: BoxError = failure.into();
            if items > 1 { Verdict::Spoilt(cause) } else { Verdict::Refused(cause) }
        }
        _ => Verdict::Later { after: None, cause: failure.into() },
    }
}

/// Whether a person has to do something first: name a topic that is there, grant, give the right password.
fn wants_mending(code: Code) -> bool {
    matches!(
        code,
        Code::UnknownTopic
            | Code::UnknownTopicOrPartition
            | Code::UnknownPartition
            | Code::InvalidTopic
            | Code::TopicAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::SSL
            | Code::InvalidRequiredAcks
            | Code::InvalidReplicationFactor
            | Code::PolicyViolation
    )
}

/// Whether the broker says that it will never take this very record.
fn is_of_the_record(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidRecord | Code::InvalidTimestamp | Code::InvalidMessage | Code::InvalidMessageSize
    )
}
