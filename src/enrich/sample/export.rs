//! Export sampling: which traces go on to the exporters, the same answer wherever it is asked.
//!
//! A trace goes on if its randomness (the last 56 bits of its id, or `rv` of its `tracestate`) reaches the
//! threshold of its service, so that every span, log record and Sidelight comes to the same answer. Spans that
//! go on carry the threshold as `ot=th:`, by which a back end knows how many each of them stands for.

use super::tracestate::{self, ALL, Sampling};
use super::{BuiltRules, Export, Share};
use crate::otlp::{Batch, Item, Signal, Splice, encode, shape};
use std::collections::{BTreeMap, HashSet};

/// Export sampling as the configuration has it.
pub(in crate::enrich) struct Exports {
    /// Of the services that are not named.
    threshold: u64,
    services: BTreeMap<String, u64>,
    pub(in crate::enrich) keep: BuiltRules,
}

/// What becomes of an item.
enum Fate<'b> {
    Goes,
    /// With this threshold, in place of the `tracestate` that it has.
    Carries(u64, &'b str),
    Stays,
}

impl Exports {
    /// `None` where everything goes on.
    pub(in crate::enrich) fn build(config: &Export) -> Option<Exports> {
        let sampled =
            std::iter::once(&config.percent).chain(config.services.values()).any(|share| share.0 < 100.0);
        sampled.then(|| Exports {
            threshold: threshold(config.percent),
            services: config.services.iter().map(|(name, share)| (name.clone(), threshold(*share))).collect(),
            keep: config.keep.build(),
        })
    }

    /// The batch without what is left out, and how many items that is. Traces in `kept` go on as they are, and so
    /// do metrics and what is of no trace.
    pub(in crate::enrich) fn apply(&self, batch: Batch, kept: &HashSet<Vec<u8>>) -> (Batch, u32) {
        if batch.signal() == Signal::Metrics {
            return (batch, 0);
        }
        let with_errors = if self.keep.errors { failed(&batch) } else { HashSet::new() };
        let mut splices = Vec::new();
        let mut goes = Vec::with_capacity(batch.items() as usize);
        for item in batch.walk() {
            let id = item.trace_id();
            let fate =
                if kept.contains(id) || with_errors.contains(id) { Fate::Goes } else { self.fate(&item) };
            goes.push(!matches!(fate, Fate::Stays));
            if let Fate::Carries(threshold, standing) = fate {
                splices.push(carry(&batch, &item, threshold, standing));
            }
        }
        let patched = batch.patch(&mut splices);
        let stays = goes.iter().filter(|goes| !**goes).count();
        if stays == 0 {
            return (patched, 0);
        }
        let left = shape::only(&patched, |index| goes.get(index as usize).copied().unwrap_or(true));
        (left, u32::try_from(stays).unwrap_or(u32::MAX))
    }

    fn fate<'b>(&self, item: &Item<'b>) -> Fate<'b> {
        let standing = item.span().map_or("", |span| span.trace_state());
        let sampling = Sampling::read(standing);
        let Some(randomness) = sampling.randomness.or_else(|| tracestate::randomness(item.trace_id())) else {
            return Fate::Goes;
        };
        let threshold = self.threshold(item);
        if randomness < threshold {
            return Fate::Stays;
        }
        let news = item.span().is_some() && threshold > sampling.threshold.unwrap_or(0);
        if news { Fate::Carries(threshold, standing) } else { Fate::Goes }
    }

    fn threshold(&self, item: &Item<'_>) -> u64 {
        if self.services.is_empty() {
            return self.threshold;
        }
        let service = item.resource().attributes().get("service.name");
        let own = service.and_then(|name| name.as_str()).and_then(|name| self.services.get(name));
        own.copied().unwrap_or(self.threshold)
    }
}

/// Randomness below it is left out: all of it for 0 percent, none for 100.
fn threshold(Share(percent): Share) -> u64 {
    // Exact: 2^56 is a double, and so is every whole number up to 2^53 of the product's upper bits.
    ((1.0 - percent / 100.0) * ALL as f64).round() as u64
}

/// Traces with a span that ended in an error.
fn failed(batch: &Batch) -> HashSet<Vec<u8>> {
    let spans = batch.walk().filter_map(|item| item.span());
    spans.filter(|span| span.status_code() == 2).map(|span| span.trace_id().to_vec()).collect()
}

/// The change that gives a span its threshold.
fn carry(batch: &Batch, item: &Item<'_>, threshold: u64, standing: &str) -> Splice {
    let state = tracestate::with_threshold(standing, threshold);
    if standing.is_empty() {
        let mut field = Vec::new();
        encode::trace_state(&mut field, &state);
        return Splice::append(item.at.clone(), field);
    }
    let at = batch.range_of(standing);
    Splice { inside: at.clone(), at, with: state.into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::sample::Rules;
    use crate::otlp::Limits;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
    use opentelemetry_proto::tonic::resource::v1::Resource;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
    use prost::Message;

    fn span(randomness: u64, tracestate: &str) -> Span {
        let mut trace_id = vec![7; 16];
        trace_id[9..].copy_from_slice(&randomness.to_be_bytes()[1..]);
        Span {
            trace_id,
            span_id: vec![1; 8],
            trace_state: tracestate.into(),
            name: "s".into(),
            ..Span::default()
        }
    }

    fn batch(service: &str, spans: Vec<Span>) -> Batch {
        let value = AnyValue { value: Some(any_value::Value::StringValue(service.into())) };
        let name = KeyValue { key: "service.name".into(), value: Some(value), ..KeyValue::default() };
        let resource = Resource { attributes: vec![name], ..Resource::default() };
        let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
        let resource_spans =
            ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() };
        let request = ExportTraceServiceRequest { resource_spans: vec![resource_spans] };
        Batch::read(Signal::Traces, request.encode_to_vec().into(), &Limits::default()).unwrap()
    }

    fn half() -> Export {
        Export { percent: Share(50.0), ..Export::default() }
    }

    /// The states of the spans of the shop that go on, and how many were left out.
    fn check(config: &Export, spans: Vec<Span>, goes: &[&str], left_out: u32) {
        let exports = Exports::build(config).expect("samples");
        let (batch, dropped) = exports.apply(batch("shop", spans), &HashSet::new());
        let again = Batch::read(Signal::Traces, batch.otlp().clone(), &Limits::default()).unwrap();
        let states: Vec<&str> = again.walk().map(|item| item.span().unwrap().trace_state()).collect();
        assert_eq!((states.as_slice(), dropped), (goes, left_out));
        assert_eq!(again.items(), batch.items());
    }

    #[test]
    fn a_trace_goes_on_by_its_randomness_and_carries_the_threshold() {
        check(&half(), vec![span(1 << 55, ""), span((1 << 55) - 1, "")], &["ot=th:8"], 1);
        check(&half(), vec![span(0, "")], &[], 1);
    }

    #[test]
    fn a_trace_may_bring_its_randomness_and_its_threshold() {
        check(&half(), vec![span(0, "v=1,ot=rv:80000000000000")], &["ot=th:8;rv:80000000000000,v=1"], 0);
        check(&half(), vec![span(ALL - 1, "ot=rv:00000000000000")], &[], 1);
        check(&half(), vec![span(ALL - 1, "ot=th:c")], &["ot=th:c"], 0);
        check(&half(), vec![span(ALL - 1, "ot=th:4")], &["ot=th:8"], 0);
    }

    #[test]
    fn what_is_sampled_twice_stays_as_it_is() {
        let exports = Exports::build(&half()).unwrap();
        let (once, _) = exports.apply(batch("shop", vec![span(ALL - 1, ""), span(0, "")]), &HashSet::new());
        let (twice, dropped) = exports.apply(once.clone(), &HashSet::new());
        assert_eq!((twice.otlp(), dropped), (once.otlp(), 0));
    }

    #[test]
    fn a_service_has_its_own_share() {
        let config = Export { services: [("shop".to_string(), Share(0.0))].into(), ..Export::default() };
        check(&config, vec![span(ALL - 1, "")], &[], 1);
        let config = Export { services: [("other".to_string(), Share(0.0))].into(), ..Export::default() };
        check(&config, vec![span(0, "")], &[""], 0);
    }

    #[test]
    fn errors_keep_the_whole_trace_where_that_is_asked_for() {
        let config =
            Export { percent: Share(0.0), keep: Rules { errors: true, ..Rules::default() }, ..half() };
        let wrong = Span { status: Some(Status { code: 2, ..Status::default() }), ..span(5, "") };
        check(&config, vec![span(5, ""), wrong, span(6, "")], &["", ""], 1);
    }

    #[test]
    fn what_is_of_no_trace_goes_on() {
        check(&half(), vec![Span { trace_id: vec![], ..span(0, "") }], &[""], 0);
    }

    #[test]
    fn everything_goes_on_unless_some_share_is_less_than_all() {
        assert!(Exports::build(&Export::default()).is_none());
    }

    #[test]
    fn the_share_that_goes_on_is_the_one_asked_for() {
        for (percent, threshold) in [(0.0, ALL), (100.0, 0), (50.0, 1 << 55), (25.0, 3 << 54)] {
            assert_eq!(super::threshold(Share(percent)), threshold, "{percent}");
        }
    }
}
