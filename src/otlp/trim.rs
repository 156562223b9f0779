//! Texts that are too long for a peer, cut where they lie, with a mark that says so.

use super::attributes::{Attributes, Value as Given};
use super::encode::{Value, attribute};
use super::last::messages;
use super::patch::Splice;
use super::schema::{self, Kind, Message, Role};
use super::wire;
use super::{Batch, Signal};
use crate::json;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::ops::Range;

/// The names of the three attributes that mark a span, log record, resource or scope in which texts were
/// cut: lists of the same length, an entry for each text.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// The attribute that was cut, the outermost one where it is nested; else the field, such as `body`.
    pub keys: &'static str,
    /// How many bytes it had.
    pub bytes: &'static str,
    /// SHA-256 of those bytes, in hex.
    pub sha256: &'static str,
}

/// `batch` with every text of more than `most` bytes cut to that, and how many items were touched; `None`
/// where nothing is longer.
///
/// Texts are the strings and bytes in attributes at any depth (also of events, links, resources and scopes),
/// log bodies, and the names and messages of spans and events. UTF-8 stays UTF-8, and what was JSON stays
/// JSON. Metrics are left alone: a cut label would be another series.
///
/// Source: OpenTelemetry specification, "Attribute Limits": strings, each string of an array, bytes; Tempo
/// `distributor.max_attribute_bytes`, which cuts keys and values without looking at what they are.
pub fn trim(batch: &Batch, most: usize, names: &Names) -> Option<(Batch, u32)> {
    if batch.signal() == Signal::Metrics {
        return None;
    }
    let mut walk = Walk::over(batch, most, names);
    if walk.splices.is_empty() {
        return None;
    }
    let items = walk.items;
    Some((batch.patch(&mut walk.splices), items))
}

/// `batch` in at most `size` bytes, its longest texts cut; `None` where they cannot be cut so far.
pub fn fit(batch: &Batch, size: usize, names: &Names) -> Option<Batch> {
    if batch.signal() == Signal::Metrics {
        return None;
    }
    let lens = Walk::over(batch, usize::MAX, names).lens;
    let fixed = batch.otlp().len() - lens.iter().sum::<usize>();
    let mut most = json::level(&lens, size.checked_sub(fixed)?);
    while most >= SHORTEST {
        let trimmed = trim(batch, most, names).map_or_else(|| batch.clone(), |(trimmed, _)| trimmed);
        let over = trimmed.otlp().len().saturating_sub(size);
        if over == 0 {
            return Some(trimmed);
        }
        // Marks take room too, so the first try is too long by them.
        let cut = lens.iter().filter(|len| **len > most).count().max(1);
        most = most.min(size).saturating_sub(over / cut + 1);
    }
    None
}

/// Texts are not cut further than this: a span whose texts are shorter is too large for another reason.
const SHORTEST: usize = 64;

/// A text that was cut.
struct Cut {
    key: String,
    bytes: usize,
    sha256: String,
}

struct Walk<'a> {
    otlp: &'a [u8],
    most: usize,
    names: &'a Names,
    splices: Vec<Splice>,
    /// Of the item, resource or scope that is being walked.
    cuts: Vec<Cut>,
    /// That were touched.
    items: u32,
    /// Of all texts, cut or not.
    lens: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn over(batch: &'a Batch, most: usize, names: &'a Names) -> Walk<'a> {
        let otlp: &[u8] = batch.otlp();
        let mut walk =
            Walk { otlp, most, names, splices: Vec::new(), cuts: Vec::new(), items: 0, lens: Vec::new() };
        walk.message(schema::request(batch.signal()), 0..otlp.len(), None);
        walk
    }

    /// Cuts what is in the message at `at`. `key`: of the attribute that it stands in.
    fn message(&mut self, message: &'static Message, at: Range<usize>, key: Option<&str>) {
        for field in wire::fields(&self.otlp[at.clone()]) {
            let (Some(known), Some(content)) = (message.field(field.number), field.content()) else {
                continue;
            };
            let content = at.start + content.start..at.start + content.end;
            match known.kind {
                Kind::Message(child) if attributes_of(child).is_some() => self.marked(child, content),
                Kind::Message(child) if child.name == "KeyValue" => {
                    let own = name(&self.otlp[content.clone()]);
                    if !self.is_mark(own) {
                        self.message(child, content, key.or(Some(own)));
                    }
                }
                Kind::Message(child) => {
                    let body = (message.name == "LogRecord").then_some(known.name);
                    self.message(child, content, key.or(body));
                }
                Kind::String | Kind::Bytes if is_text(message, known.name) => {
                    self.lens.push(content.len());
                    if content.len() > self.most {
                        self.cut(content, key.unwrap_or(known.name), matches!(known.kind, Kind::String));
                    }
                }
                _ => {}
            }
        }
    }

    /// As [`Walk::message`] for one that has attributes of its own, which say what was cut in it.
    fn marked(&mut self, message: &'static Message, at: Range<usize>) {
        // Events and links stand in a span, which is marked for them.
        let above = std::mem::take(&mut self.cuts);
        self.message(message, at.clone(), None);
        let cuts = std::mem::replace(&mut self.cuts, above);
        if cuts.is_empty() {
            return;
        }
        self.items += u32::from(message.role == Role::Item);
        let field = attributes_of(message).expect("the caller has asked");
        let earlier = self.earlier(&at, field);
        let all: Vec<&Cut> = earlier.iter().chain(&cuts).collect();
        self.splices.push(Splice::append(at, self.marks(field, &all)));
    }

    /// Takes the marks of somebody before us out of the message at `at`, and gives what they say.
    fn earlier(&mut self, at: &Range<usize>, number: u32) -> Vec<Cut> {
        let otlp: &'a [u8] = self.otlp;
        let attributes = Attributes::of(&otlp[at.clone()], number);
        let get = |name| attributes.clone().get(name);
        let (keys, sizes, sums) = (get(self.names.keys), get(self.names.bytes), get(self.names.sha256));
        let (Some(keys), Some(sizes), Some(sums)) = (keys, sizes, sums) else {
            return Vec::new();
        };
        let text = |value: &Given<'_>| value.as_str().unwrap_or_default().to_string();
        let cut = |((key, bytes), sum): ((Given<'_>, Given<'_>), Given<'_>)| Cut {
            key: text(&key),
            bytes: bytes.as_int().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0),
            sha256: text(&sum),
        };
        let cuts = keys.items().zip(sizes.items()).zip(sums.items()).map(cut).collect();
        let field = |mark: Range<usize>| at.start + mark.start..at.start + mark.end;
        let marks = attributes.filter(|attribute| self.is_mark(attribute.key));
        let marks: Vec<Range<usize>> = marks.map(|mark| field(mark.at)).collect();
        self.splices.extend(marks.into_iter().map(|mark| Splice::cut(at.clone(), mark)));
        cuts
    }

    fn is_mark(&self, key: &str) -> bool {
        [self.names.keys, self.names.bytes, self.names.sha256].contains(&key)
    }

    fn cut(&mut self, at: Range<usize>, key: &str, is_string: bool) {
        let whole = &self.otlp[at.clone()];
        let with = match wire::utf8(whole).filter(|_| is_string) {
            Some(text) => shorter(text, self.most).into_bytes(),
            None => whole[..self.most].to_vec(),
        };
        self.cuts.push(Cut { key: key.to_string(), bytes: whole.len(), sha256: sha256(whole) });
        self.splices.push(Splice { inside: at.clone(), at, with });
    }

    fn marks(&self, field: u32, cuts: &[&Cut]) -> Vec<u8> {
        let keys: Vec<&str> = cuts.iter().map(|cut| cut.key.as_str()).collect();
        let bytes: Vec<i64> = cuts.iter().map(|cut| i64::try_from(cut.bytes).unwrap_or(i64::MAX)).collect();
        let sums: Vec<&str> = cuts.iter().map(|cut| cut.sha256.as_str()).collect();
        let mut out = Vec::new();
        attribute(&mut out, field, self.names.keys, &Value::Strs(&keys));
        attribute(&mut out, field, self.names.bytes, &Value::Ints(&bytes));
        attribute(&mut out, field, self.names.sha256, &Value::Strs(&sums));
        out
    }
}

/// The field number of the attributes of a message that is marked for what is cut in it.
fn attributes_of(message: &Message) -> Option<u32> {
    match message.name {
        "Span" => Some(9),
        "LogRecord" => Some(6),
        "Resource" => Some(1),
        "InstrumentationScope" => Some(3),
        _ => None,
    }
}

fn is_text(message: &Message, field: &str) -> bool {
    matches!(
        (message.name, field),
        ("AnyValue", "string_value" | "bytes_value")
            | ("Span" | "Event", "name")
            | ("Status", "message")
            | ("LogRecord", "severity_text" | "event_name")
    )
}

/// The key of a `KeyValue`.
fn name(entry: &[u8]) -> &str {
    messages(entry, 1).last().and_then(wire::utf8).unwrap_or_default()
}

/// `text` in at most `most` bytes: as JSON if it is JSON, else its beginning.
fn shorter(text: &str, most: usize) -> String {
    json::shorten(text, most).unwrap_or_else(|| text[..text.floor_char_boundary(most)].to_string())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes all");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, payload};
    use super::*;
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
    use proptest::prelude::*;
    use prost::Message as _;

    const NAMES: Names = Names { keys: "cut", bytes: "cut.bytes", sha256: "cut.sha256" };

    fn read(signal: Signal, request: &impl prost::Message) -> Batch {
        Batch::read(signal, request.encode_to_vec().into(), &Limits::default()).unwrap()
    }

    fn text(key: &str, text: &str) -> KeyValue {
        let value = Some(AnyValue { value: Some(Any::StringValue(text.to_string())) });
        KeyValue { key: key.to_string(), value, ..KeyValue::default() }
    }

    /// One span with these attributes.
    fn span(attributes: Vec<KeyValue>) -> ExportTraceServiceRequest {
        let mut request = payload::full_span(1);
        let span = &mut request.resource_spans[0].scope_spans[0].spans[0];
        span.attributes = attributes;
        (span.status, span.events, span.links) = (None, Vec::new(), Vec::new());
        request.resource_spans[0].resource = None;
        request
    }

    fn attributes(batch: &Batch) -> Vec<KeyValue> {
        let request = ExportTraceServiceRequest::decode(batch.otlp().clone()).unwrap();
        request.resource_spans[0].scope_spans[0].spans[0].attributes.clone()
    }

    /// The attributes of the one span after trimming, as `key = value`, sums cut to eight digits.
    fn check(given: Vec<KeyValue>, most: usize, expected: &[&str]) {
        let (trimmed, items) = trim(&read(Signal::Traces, &span(given)), most, &NAMES).expect("it was cut");
        assert_eq!(items, 1);
        let shown: Vec<String> = attributes(&trimmed).iter().map(show).collect();
        assert_eq!(shown, expected);
        assert_eq!(trim(&trimmed, most, &NAMES), None, "once is enough");
        Batch::read(Signal::Traces, trimmed.otlp().clone(), &Limits::default()).unwrap();
    }

    fn show(attribute: &KeyValue) -> String {
        fn value(any: &AnyValue) -> String {
            match any.value.as_ref().unwrap() {
                Any::StringValue(text) if text.len() == 64 => text[..8].to_string(),
                Any::StringValue(text) => text.clone(),
                Any::IntValue(int) => int.to_string(),
                Any::BytesValue(bytes) => format!("{bytes:?}"),
                Any::ArrayValue(array) => array.values.iter().map(value).collect::<Vec<_>>().join(" "),
                other => format!("{other:?}"),
            }
        }
        format!("{} = {}", attribute.key, value(attribute.value.as_ref().unwrap()))
    }

    #[test]
    fn a_long_text_is_cut_and_its_length_and_hash_kept() {
        check(
            vec![text("short", "abc"), text("prompt", "hello world")],
            5,
            // printf 'hello world' | sha256sum
            &["short = abc", "prompt = hello", "cut = prompt", "cut.bytes = 11", "cut.sha256 = b94d27b9"],
        );
    }

    #[test]
    fn a_character_is_never_cut_in_two() {
        let cut = ["prompt = \u{e9}\u{e9}", "cut = prompt", "cut.bytes = 8", "cut.sha256 = 14cde7c9"];
        check(vec![text("prompt", &"\u{e9}".repeat(4))], 5, &cut);
    }

    #[test]
    fn what_was_json_stays_json() {
        let messages = r#"[{"role":"user","content":"a long question that goes on and on"}]"#;
        let (trimmed, _) = trim(&read(Signal::Traces, &span(vec![text("m", messages)])), 60, &NAMES).unwrap();
        let shown = show(&attributes(&trimmed)[0]);
        assert_eq!(shown, r#"m = [{"role":"user","content":"a long question that goes on a"}]"#);
    }

    #[test]
    fn marks_of_somebody_before_us_are_kept() {
        let batch = read(Signal::Traces, &span(vec![text("a", &"x".repeat(90)), text("b", "y")]));
        let (once, _) = trim(&batch, 80, &NAMES).unwrap();
        let (twice, _) = trim(&once, 40, &NAMES).unwrap();
        let shown: Vec<String> = attributes(&twice).iter().map(show).collect();
        assert_eq!(shown[2..4], ["cut = a a", "cut.bytes = 90 80"]);
        assert_eq!(shown.len(), 5);
    }

    #[test]
    fn log_bodies_events_and_resources_are_trimmed_too() {
        let mut logs: ExportLogsServiceRequest = payload::logs(1, 1);
        let body = Some(AnyValue { value: Some(Any::StringValue("z".repeat(3000))) });
        logs.resource_logs[0].scope_logs[0].log_records[0].body = body;
        logs.resource_logs[0].resource.as_mut().unwrap().attributes.push(text("argv", &"z".repeat(3000)));
        let (trimmed, items) = trim(&read(Signal::Logs, &logs), 2048, &NAMES).unwrap();
        assert_eq!(items, 1);
        let cut = ExportLogsServiceRequest::decode(trimmed.otlp().clone()).unwrap();
        let record = &cut.resource_logs[0].scope_logs[0].log_records[0];
        assert_eq!(record.body.as_ref().unwrap().value, Some(Any::StringValue("z".repeat(2048))));
        let marks: Vec<String> = record.attributes.iter().rev().take(3).map(show).collect();
        assert_eq!(marks[1..], ["cut.bytes = 3000", "cut = body"]);
        let resource = &cut.resource_logs[0].resource.as_ref().unwrap().attributes;
        assert_eq!(show(&resource[resource.len() - 3]), "cut = argv");

        let mut event = payload::full_span(1);
        event.resource_spans[0].scope_spans[0].spans[0].events[0]
            .attributes
            .push(text("message", &"z".repeat(99)));
        let (trimmed, _) = trim(&read(Signal::Traces, &event), 50, &NAMES).unwrap();
        assert!(attributes(&trimmed).iter().map(show).any(|shown| shown == "cut = message"));
    }

    #[test]
    fn one_large_span_is_made_to_fit() {
        let long = vec![text("a", &"x".repeat(100_000)), text("b", &"y".repeat(50_000)), text("c", "short")];
        let batch = read(Signal::Traces, &span(long));
        let fitted = fit(&batch, 20_000, &NAMES).unwrap();
        assert!((19_000..=20_000).contains(&fitted.otlp().len()), "{}", fitted.otlp().len());
        assert_eq!(show(&attributes(&fitted)[2]), "c = short");
        assert_eq!(fit(&batch, 300, &NAMES), None, "what is left would say nothing");
        assert_eq!(fit(&batch, 1 << 20, &NAMES), Some(batch));
    }

    #[test]
    fn metrics_are_left_alone() {
        assert_eq!(trim(&read(Signal::Metrics, &payload::metrics(1)), 1, &NAMES), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_is_trimmed_reads_and_is_trimmed_no_further(seed in 0u64..1000, most in 64usize..400) {
            let batch = read(Signal::Traces, &payload::traces(seed, 8, 4));
            if let Some((trimmed, _)) = trim(&batch, most, &NAMES) {
                let again = Batch::read(Signal::Traces, trimmed.otlp().clone(), &Limits::default()).unwrap();
                prop_assert_eq!(again.items(), batch.items());
                prop_assert_eq!(trim(&trimmed, most, &NAMES), None);
            }
        }
    }
}
