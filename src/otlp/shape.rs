//! Batches joined, split, and freed of items that no back end takes.

use super::Batch;
use super::patch::{self, Splice};
use super::schema::{self, Kind, Message, Role};
use super::wire;
use std::ops::Range;

/// All of `batches` as one: their bytes laid end to end, since a request holds repeated fields only.
///
/// Panics without a batch, or with batches of several signals.
pub fn join(batches: &[Batch]) -> Batch {
    let (first, rest) = batches.split_first().expect("at least one batch");
    if rest.is_empty() {
        return first.clone();
    }
    let mut otlp = Vec::with_capacity(batches.iter().map(|batch| batch.otlp().len()).sum());
    let mut items = 0;
    for batch in batches {
        assert_eq!(batch.signal(), first.signal(), "one signal");
        otlp.extend_from_slice(batch.otlp());
        items += batch.items();
    }
    Batch::trusted(first.signal(), otlp.into(), items)
}

/// `batch` in halves by items, each with the resources and scopes of what is in it; `None` where it has
/// fewer than two items.
pub fn split(batch: &Batch) -> Option<(Batch, Batch)> {
    let half = batch.items() / 2;
    if half == 0 {
        return None;
    }
    Some((only(batch, |index| index < half), only(batch, |index| index >= half)))
}

/// `batch` with only those items that are `wanted`, by their place in wire order from 0.
pub fn only(batch: &Batch, wanted: impl Fn(u32) -> bool) -> Batch {
    let mut index = 0..;
    keep(batch, |_, _| index.next().is_some_and(&wanted))
}

/// Parts `batch` into what has valid ids and what has not; `None` where all have.
///
/// A span has to have a trace id of 16 bytes and a span id of 8, neither of them zero. Every other id (of
/// a parent, a link, a log record, an exemplar) is empty or has its length. One item that has not makes
/// collectors refuse the whole request.
///
/// Source: opentelemetry-proto trace.proto; collector `pdata/internal/data/traceid.go`.
pub fn set_aside(batch: &Batch) -> Option<(Batch, Batch)> {
    let valid = keep_cuts(batch, has_valid_ids);
    if valid.splices.is_empty() {
        return None;
    }
    Some((valid.apply(batch), keep(batch, |message, bytes| !has_valid_ids(message, bytes))))
}

fn has_valid_ids(message: &'static Message, bytes: &[u8]) -> bool {
    let required = message.name == "Span";
    let (mut trace, mut span) = (!required, !required);
    for field in wire::fields(bytes) {
        let (Some(known), Some((_, content))) = (message.field(field.number), field.bytes()) else {
            continue;
        };
        match known.kind {
            Kind::Id(len) if !content.is_empty() && content.len() != usize::from(len) => return false,
            Kind::Id(_) if required && field.number == 1 => trace = content.iter().any(|byte| *byte != 0),
            Kind::Id(_) if required && field.number == 2 => span = content.iter().any(|byte| *byte != 0),
            Kind::Message(child) if child.has_ids() && !has_valid_ids(child, content) => return false,
            _ => (),
        }
    }
    trace && span
}

/// The batch with only those items for which `keep` says so, asked in wire order with the item's type and
/// bytes.
fn keep(batch: &Batch, keep: impl FnMut(&'static Message, &[u8]) -> bool) -> Batch {
    keep_cuts(batch, keep).apply(batch)
}

fn keep_cuts(batch: &Batch, mut keep: impl FnMut(&'static Message, &[u8]) -> bool) -> Cuts {
    let mut cuts = Cuts { splices: Vec::new(), kept: 0 };
    cuts.walk(batch.otlp(), schema::request(batch.signal()), 0..batch.otlp().len(), &mut keep);
    cuts
}

/// The items to be cut out, and how many stay.
struct Cuts {
    splices: Vec<Splice>,
    kept: u32,
}

impl Cuts {
    fn apply(mut self, batch: &Batch) -> Batch {
        if self.splices.is_empty() {
            return batch.clone();
        }
        let otlp = patch::apply(batch.otlp(), &mut self.splices);
        Batch::trusted(batch.signal(), otlp.into(), self.kept)
    }

    /// Goes over the items in the message at `at`; a holder that loses all of its items is cut as a whole.
    fn walk(
        &mut self,
        otlp: &[u8],
        message: &'static Message,
        at: Range<usize>,
        keep: &mut dyn FnMut(&'static Message, &[u8]) -> bool,
    ) {
        for field in wire::fields(&otlp[at.clone()]) {
            let (Some(known), Some(content)) = (message.field(field.number), field.content()) else {
                continue;
            };
            let Kind::Message(child) = known.kind else {
                continue;
            };
            let content = at.start + content.start..at.start + content.end;
            let (splices, kept) = (self.splices.len(), self.kept);
            let cut = match child.role {
                Role::Part => false,
                Role::Item => {
                    let keeps = keep(child, &otlp[content]);
                    self.kept += u32::from(keeps);
                    !keeps
                }
                Role::Holder => {
                    self.walk(otlp, child, content, keep);
                    self.kept == kept && self.splices.len() > splices
                }
            };
            if cut {
                self.splices.truncate(splices);
                let field = at.start + field.at.start..at.start + field.at.end;
                self.splices.push(Splice::cut(at.clone(), field));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, Signal, payload};
    use super::*;
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::trace::v1::Span;
    use proptest::prelude::*;

    fn read(signal: Signal, request: &impl prost::Message) -> Batch {
        Batch::read(signal, request.encode_to_vec().into(), &Limits::default()).unwrap()
    }

    /// That the batch reads, and its count is right.
    fn check(batch: &Batch) {
        let again = Batch::read(batch.signal(), batch.otlp().clone(), &Limits::default()).unwrap();
        assert_eq!(again.items(), batch.items());
    }

    /// Every item with what it stands under.
    fn items(batch: &Batch) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
        batch
            .walk()
            .map(|item| (item.resource.0.to_vec(), item.scope.0.to_vec(), item.message.to_vec()))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn halves_hold_every_item_once_under_its_resource_and_scope(spans in 2usize..300, seed in 0u64..20) {
            let batch = read(Signal::Traces, &payload::traces(seed, spans, 1));
            let (first, second) = split(&batch).unwrap();
            check(&first);
            check(&second);
            prop_assert_eq!(first.items(), spans as u32 / 2);
            let both: Vec<_> = items(&first).into_iter().chain(items(&second)).collect();
            prop_assert_eq!(both, items(&batch));
        }

        #[test]
        fn joined_batches_hold_every_item_in_order(sizes in prop::collection::vec(0usize..20, 1..6)) {
            let batches: Vec<_> =
                sizes.iter().map(|spans| read(Signal::Traces, &payload::traces(1, *spans, 0))).collect();
            let joined = join(&batches);
            check(&joined);
            let all: Vec<_> = batches.iter().flat_map(items).collect();
            prop_assert_eq!(items(&joined), all);
        }
    }

    #[test]
    fn metrics_are_split_by_data_points() {
        let mut parts = vec![read(Signal::Metrics, &payload::metrics(1))];
        let mut single = 0;
        while let Some(part) = parts.pop() {
            check(&part);
            match split(&part) {
                Some((first, second)) => parts.extend([first, second]),
                None => single += part.items(),
            }
        }
        assert_eq!(single, 6);
    }

    #[test]
    fn one_item_cannot_be_split() {
        assert_eq!(split(&read(Signal::Traces, &payload::full_span(1))), None);
        assert_eq!(split(&read(Signal::Traces, &payload::traces(1, 0, 0))), None);
    }

    fn with_spans(change: impl Fn(usize, &mut Span)) -> ExportTraceServiceRequest {
        let mut request = payload::traces(1, 12, 0);
        let scopes = request.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans);
        scopes.flat_map(|group| &mut group.spans).enumerate().for_each(|(i, span)| change(i, span));
        request
    }

    #[test]
    fn spans_with_invalid_ids_are_set_aside() {
        let batch = read(
            Signal::Traces,
            &with_spans(|i, span| match i {
                0 => span.trace_id.clear(),
                1 => span.trace_id = vec![0; 16],
                2 => span.trace_id.truncate(8),
                3 => span.span_id = vec![0; 8],
                4 => span.span_id = vec![1; 16],
                5 => span.parent_span_id = vec![1; 3],
                6 => span.parent_span_id.clear(),
                _ => (),
            }),
        );
        let (valid, aside) = set_aside(&batch).unwrap();
        check(&valid);
        check(&aside);
        assert_eq!(items(&aside), items(&batch)[..6]);
        assert_eq!(items(&valid), items(&batch)[6..]);
        assert_eq!(set_aside(&valid), None);
    }

    #[test]
    fn a_link_with_an_id_of_wrong_length_sets_its_span_aside() {
        let mut request = payload::full_span(1);
        request.resource_spans[0].scope_spans[0].spans[0].links[0].span_id.pop();
        let (valid, aside) = set_aside(&read(Signal::Traces, &request)).unwrap();
        assert_eq!((valid.items(), aside.items()), (0, 1));
        check(&valid);
    }

    #[test]
    fn a_log_record_may_stand_in_no_trace() {
        let mut request: ExportLogsServiceRequest = payload::logs(1, 3);
        let records = &mut request.resource_logs[0].scope_logs[0].log_records;
        records[0].trace_id.clear();
        records[0].span_id = vec![0; 8];
        assert_eq!(set_aside(&read(Signal::Logs, &request)), None);
        let records = &mut request.resource_logs[0].scope_logs[0].log_records;
        records[1].trace_id.truncate(2);
        let (valid, aside) = set_aside(&read(Signal::Logs, &request)).unwrap();
        assert_eq!((valid.items(), aside.items()), (2, 1));
    }

    #[test]
    fn valid_metrics_have_nothing_to_set_aside() {
        assert_eq!(set_aside(&read(Signal::Metrics, &payload::metrics(1))), None);
    }
}
