//! The sampling that a trace carries along: `ot=th:…;rv:…` in its `tracestate`.
//!
//! Source: W3C Trace Context (level 2), `tracestate`; OpenTelemetry specification, "TraceState: Probability
//! Sampling": `th` is the rejection threshold and `rv` the randomness, both of 56 bits, in hexadecimal digits.

/// One more than the largest randomness.
pub(super) const ALL: u64 = 1 << 56;

/// What of a `tracestate` says how its trace was sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sampling {
    /// Traces whose randomness is below it were dropped before they came here.
    pub(super) threshold: Option<u64>,
    /// In place of the trace id's.
    pub(super) randomness: Option<u64>,
}

impl Sampling {
    pub(super) fn read(tracestate: &str) -> Sampling {
        let mut sampling = Sampling::default();
        for (key, value) in members(own(tracestate)) {
            match key {
                "th" if (1..=14).contains(&value.len()) => {
                    sampling.threshold = hex(value).map(|digits| digits << (4 * (14 - value.len())));
                }
                "rv" if value.len() == 14 => sampling.randomness = hex(value),
                _ => {}
            }
        }
        sampling
    }
}

/// `tracestate` with `threshold` as its `ot=th:`; everything else stays.
pub(super) fn with_threshold(tracestate: &str, threshold: u64) -> String {
    let digits = format!("{threshold:014x}");
    let digits = digits.trim_end_matches('0');
    let mut ours = format!("ot=th:{}", if digits.is_empty() { "0" } else { digits });
    for (key, value) in members(own(tracestate)).filter(|(key, _)| *key != "th") {
        ours.extend([";", key, ":", value]);
    }
    let others =
        tracestate.split(',').map(str::trim).filter(|entry| !entry.is_empty() && !entry.starts_with("ot="));
    // What was changed stands first.
    others.fold(ours, |state, entry| state + "," + entry)
}

/// Randomness of a trace by its id: the last 56 bits. `None` for what is no trace id.
pub(super) fn randomness(trace_id: &[u8]) -> Option<u64> {
    let [.., a, b, c, d, e, f, g] = *<&[u8; 16]>::try_from(trace_id).ok()?;
    Some(u64::from_be_bytes([0, a, b, c, d, e, f, g]))
}

/// The value of the member `ot`; empty where there is none.
fn own(tracestate: &str) -> &str {
    tracestate.split(',').find_map(|entry| entry.trim().strip_prefix("ot=")).unwrap_or("")
}

fn members(own: &str) -> impl Iterator<Item = (&str, &str)> {
    own.split(';').filter_map(|member| member.split_once(':'))
}

fn hex(digits: &str) -> Option<u64> {
    let lower = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    lower.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tracestate: &str, threshold: Option<u64>, randomness: Option<u64>) {
        assert_eq!(Sampling::read(tracestate), Sampling { threshold, randomness }, "{tracestate}");
    }

    #[test]
    fn threshold_and_randomness_are_read() {
        check("", None, None);
        check("ot=th:8", Some(1 << 55), None);
        check("vendor=x, ot=rv:00000000000001;th:0", Some(0), Some(1));
        check("ot=th:c;p:8;rv:ffffffffffffff", Some(3 << 54), Some(ALL - 1));
        check("ot=th:XYZ;rv:123", None, None);
        check("ot=th:123456789abcdef", None, None);
        check("other=ot=th:8", None, None);
    }

    #[test]
    fn a_threshold_is_written_and_the_rest_stays() {
        assert_eq!(with_threshold("", 1 << 55), "ot=th:8");
        assert_eq!(
            with_threshold("a=1,ot=th:4;rv:00000000000001,b=2", 3 << 54),
            "ot=th:c;rv:00000000000001,a=1,b=2"
        );
        assert_eq!(with_threshold("", 0), "ot=th:0");
        assert_eq!(Sampling::read(&with_threshold("", 123_456_789)).threshold, Some(123_456_789));
    }

    #[test]
    fn randomness_is_the_end_of_a_trace_id() {
        let mut id = [0xff; 16];
        id[9..].copy_from_slice(&[0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(randomness(&id), Some(258));
        assert_eq!(randomness(&id[..8]), None);
    }
}
