//! The facts of one span or log record, gathered from its attributes by the sources of its dialects.

use super::dialect::{Field, Read};
use super::index::{Dialects, INDEX, Use};
use super::shape::{self, Shape};
use super::unknown;
use crate::llm::{Flat, Node, Odd, Oddities, Role, Usage, names};
use crate::otlp::{Attribute, Value};
use memchr::memmem;
use std::borrow::Cow;
use std::cell::OnceCell;

/// A well-typed value of a fact.
#[derive(Clone, Debug)]
pub enum Fact<'a> {
    Word(Cow<'a, str>),
    Words(Vec<Cow<'a, str>>),
    Count(u64),
    Number(f64),
    Flag(bool),
    /// Large, and rare.
    Usage(Box<Usage>),
    /// Texts, said by that role where nobody is named.
    Texts(Said<'a>, Role),
    /// The whole value as one text.
    Whole(Attribute<'a>, Role),
}

/// What may be a conversation, taken apart when it is first asked for.
#[derive(Clone, Debug)]
pub struct Said<'a> {
    /// `None` where it was put together from flattened keys.
    attribute: Option<Attribute<'a>>,
    node: OnceCell<Node<'a>>,
}

/// For each field the facts that were there, the first-ranked first.
pub struct Facts<'a> {
    found: Vec<(u16, Field, Fact<'a>)>,
    pub odd: Oddities,
}

/// Added to the rank of what Sidelight filled in: it is a copy of what stands before.
const FILLED: u16 = 1 << 14;

/// Rank of what an unknown dialect's keys hold: after every known source.
const LAST: u16 = u16::MAX;

impl<'a> Facts<'a> {
    /// Gathers what the sources of `dialects` find in `attributes`, and in `more` that stand elsewhere. `start` is
    /// when the span began, in nanoseconds since 1970.
    pub fn gather(
        attributes: &[Attribute<'a>],
        more: &[Attribute<'a>],
        dialects: Dialects,
        start: u64,
    ) -> Facts<'a> {
        let mut found = Vec::with_capacity(attributes.len() + 4);
        let mut odd = odd_keys(attributes);
        let mut trees: Vec<(Use, Flat<'a>)> = Vec::new();
        let unknown = dialects == Dialects::UNKNOWN;
        // Ours are appended, the common names after our own.
        let mut filled = 0;
        for attribute in attributes.iter().chain(more) {
            if attribute.key == names::DIALECTS {
                filled = FILLED;
            }
            for source in INDEX.sources(attribute.key).iter().filter(|source| dialects.has(source.dialect)) {
                match held(attribute, source.read, start) {
                    Some(fact) => found.push((source.rank + filled, source.field, fact)),
                    None if is_wrong(&attribute.value(), source.read) => odd.add(Odd::WrongType),
                    None => {}
                }
                if is_cut(attribute, source.read) {
                    odd.add(Odd::CutValue);
                }
            }
            for (path, mut source) in
                INDEX.trees(attribute.key).filter(|(_, source)| dialects.has(source.dialect))
            {
                source.rank += filled;
                let at = trees.iter().position(|(tree, _)| tree.rank == source.rank).unwrap_or_else(|| {
                    trees.push((source, Flat::default()));
                    trees.len() - 1
                });
                trees[at].1.push(path, Node::value(&attribute.value()));
            }
            if let Some((field, how)) = unknown::source(attribute.key)
                && (unknown || field != Field::Input && field != Field::Output)
                && let Some(fact) = held(attribute, how, start)
            {
                found.push((LAST, field, fact));
            }
        }
        // Of neighbours that tell the same, the first-ranked is enough.
        trees.sort_by_key(|(source, _)| source.rank);
        trees.dedup_by_key(|(source, _)| source.field);
        for (source, flat) in trees {
            if let Read::Say(role) | Read::Whole(role) = source.read {
                found.push((source.rank, source.field, Fact::Texts(Said::tree(flat.tree()), role)));
            }
        }
        let is_text = |field| matches!(field, Field::Input | Field::Output);
        if !found.iter().any(|(_, field, _)| is_text(*field)) {
            attributes.iter().chain(more).for_each(|attribute| shaped(attribute, &mut found));
        }
        // A fact is large: each is moved once.
        found.sort_by_cached_key(|(rank, _, _)| *rank);
        Facts { found, odd }
    }

    /// Every fact for `field`, the first-ranked first.
    pub fn all(&self, field: Field) -> impl Iterator<Item = &Fact<'a>> {
        self.found.iter().filter(move |(_, found, _)| *found == field).map(|(_, _, fact)| fact)
    }

    /// The first-ranked fact for `field`.
    pub fn get(&self, field: Field) -> Option<&Fact<'a>> {
        self.all(field).next()
    }

    pub fn word(&self, field: Field) -> Option<Cow<'a, str>> {
        match self.get(field)? {
            Fact::Word(word) => Some(word.clone()),
            _ => None,
        }
    }

    pub fn count(&self, field: Field) -> Option<u64> {
        match self.get(field)? {
            Fact::Count(count) => Some(*count),
            _ => None,
        }
    }

    pub fn number(&self, field: Field) -> Option<f64> {
        match self.get(field)? {
            Fact::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn flag(&self, field: Field) -> Option<bool> {
        match self.get(field)? {
            Fact::Flag(flag) => Some(*flag),
            _ => None,
        }
    }
}

impl<'a> Said<'a> {
    fn by(attribute: &Attribute<'a>) -> Said<'a> {
        Said { attribute: Some(attribute.clone()), node: OnceCell::new() }
    }

    fn tree(node: Node<'a>) -> Said<'a> {
        Said { attribute: None, node: node.into() }
    }

    pub fn node(&self) -> &Node<'a> {
        let open = || self.attribute.as_ref().map_or(Node::Null, |attribute| Node::open(&attribute.value()));
        self.node.get_or_init(open)
    }

    /// Whether a usage object may stand in it: the word is in every name of one. Costs a fraction of taking it
    /// apart.
    pub fn may_hold_usage(&self) -> bool {
        self.attribute.as_ref().is_none_or(|attribute| {
            let bytes = attribute.encoded();
            memmem::find_iter(bytes, b"sage").any(|at| at > 0 && matches!(bytes[at - 1], b'u' | b'U'))
        })
    }
}

/// Whether a key stands twice.
fn odd_keys(attributes: &[Attribute<'_>]) -> Oddities {
    let mut odd = Oddities::default();
    let mut keys: Vec<&str> = attributes.iter().map(|attribute| attribute.key).collect();
    keys.sort_unstable();
    if keys.array_windows().any(|[one, next]| one == next) {
        odd.add(Odd::DuplicateKey);
    }
    odd
}

/// Whether a value that holds no fact is of a type that never could.
fn is_wrong(value: &Value<'_>, how: Read) -> bool {
    match how {
        Read::Word => !matches!(value, Value::Str(_) | Value::Empty),
        Read::Count | Read::Dollars | Read::MicroDollars | Read::Seconds | Read::Millis | Read::Nanos => {
            let is_nothing = |text: &str| matches!(text.trim(), "" | "null" | "None" | "undefined");
            !matches!(value, Value::Empty) && !value.as_str().is_some_and(is_nothing)
        }
        Read::Flag => matches!(value, Value::Array(_) | Value::KvList(_) | Value::Bytes(_)),
        _ => false,
    }
}

/// Whether a structured text breaks off.
fn is_cut(attribute: &Attribute<'_>, how: Read) -> bool {
    let structured = matches!(how, Read::Say(_) | Read::Object | Read::SayAt(..) | Read::WordAt(_));
    // Only its ends are looked at: a prompt is long.
    let text = attribute.text().filter(|_| structured).unwrap_or_default().trim_ascii();
    match text.first() {
        Some(b'{') => !text.ends_with(b"}"),
        Some(b'[') => !text.ends_with(b"]"),
        _ => false,
    }
}

/// Where a reply names the model that gave it: OpenAI and Anthropic, Google.
const MODEL: &[&str] = &["model", "modelVersion", "model_version"];

/// The facts in the value of `attribute`, whatever its key, where it has the shape of a request or a reply.
fn shaped<'a>(attribute: &Attribute<'a>, found: &mut Vec<(u16, Field, Fact<'a>)>) {
    let mut push = |field, fact| found.push((LAST, field, fact));
    let word = |node: &Node<'a>, keys: &[&str]| {
        keys.iter().find_map(|key| node.get(key).and_then(Node::as_text).cloned().map(Fact::Word))
    };
    match shape::of_attribute(attribute) {
        None | Some(Shape::Broken) => {}
        Some(Shape::Conversation(node)) => push(Field::Input, Fact::Texts(Said::tree(node), Role::User)),
        Some(Shape::Request(node)) => {
            word(&node, &["model", "modelId"]).into_iter().for_each(|model| push(Field::RequestModel, model));
            push(Field::Input, Fact::Texts(Said::tree(node), Role::User));
        }
        Some(Shape::Reply(node)) => {
            word(&node, MODEL).into_iter().for_each(|model| push(Field::ResponseModel, model));
            word(&node, &["id", "responseId"]).into_iter().for_each(|id| push(Field::ResponseId, id));
            push(Field::Output, Fact::Texts(Said::tree(node), Role::Assistant));
        }
    }
}

/// The fact at `attribute`. Texts stay as they are until they are asked for.
fn held<'a>(attribute: &Attribute<'a>, how: Read, start: u64) -> Option<Fact<'a>> {
    match how {
        Read::Say(role) => Some(Fact::Texts(Said::by(attribute), role)),
        Read::Whole(role) => Some(Fact::Whole(attribute.clone(), role)),
        how => read(&attribute.value(), how, start),
    }
}

/// `None` where the value is not as `how` wants it: then the next source has its turn.
fn read<'a>(value: &Value<'a>, how: Read, start: u64) -> Option<Fact<'a>> {
    match how {
        Read::Word => word(value).map(Fact::Word),
        Read::WordAt(path) => {
            inside(value, path, |node| node.as_text().filter(|text| !text.is_empty()).cloned())
                .map(Fact::Word)
        }
        Read::Words => words(value).map(Fact::Words),
        Read::Count => Node::value(value).count().map(Fact::Count),
        Read::CountAt(path) => inside(value, path, Node::count).map(Fact::Count),
        Read::Flag => Node::value(value).flag().map(Fact::Flag),
        Read::FlagAt(path) => inside(value, path, Node::flag).map(Fact::Flag),
        Read::Dollars => amount(Node::value(value).number()?, 1.0),
        Read::MicroDollars => amount(Node::value(value).number()?, 1e-6),
        Read::DollarsAt(path) | Read::SecondsAt(path) => amount(inside(value, path, Node::number)?, 1.0),
        Read::Seconds => amount(Node::value(value).number()?, 1.0),
        Read::Millis => amount(Node::value(value).number()?, 1e-3),
        Read::Nanos => amount(Node::value(value).number()?, 1e-9),
        Read::SecondsOrMillis => match value {
            Value::Int(millis) => amount(*millis as f64, 1e-3),
            other => read(other, Read::Seconds, start),
        },
        Read::Instant => {
            let at = instant_nanos(value.as_str()?.trim_matches('"'))?;
            at.checked_sub(start).map(|nanos| Fact::Number(nanos as f64 / 1e9))
        }
        Read::Object => {
            let usage = Usage::read(&Node::open(value));
            (usage != Usage::default()).then(|| Fact::Usage(Box::new(usage)))
        }
        Read::SayAt(path, role) => inside(value, path, |node| {
            (!node.is_empty()).then(|| Fact::Texts(Said::tree(node.clone()), role))
        }),
        Read::Say(_) | Read::Whole(_) => None,
    }
}

/// Amounts are never negative.
fn amount<'a>(number: f64, unit: f64) -> Option<Fact<'a>> {
    (number >= 0.0).then_some(Fact::Number(number * unit))
}

fn inside<'a, T>(value: &Value<'a>, path: &[&str], take: impl Fn(&Node<'a>) -> Option<T>) -> Option<T> {
    take(Node::open(value).at(path)?)
}

/// A name; MLflow and Langfuse put it in JSON quotes.
fn word<'a>(value: &Value<'a>) -> Option<Cow<'a, str>> {
    let text = value.as_str()?.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    (!text.is_empty() && !matches!(text, "null" | "None" | "none" | "undefined" | "N/A"))
        .then_some(Cow::Borrowed(text))
}

fn words<'a>(value: &Value<'a>) -> Option<Vec<Cow<'a, str>>> {
    let words: Vec<_> = match Node::open(value) {
        Node::List(items) => {
            items.iter().filter_map(Node::as_text).filter(|text| !text.is_empty()).cloned().collect()
        }
        _ => word(value).into_iter().collect(),
    };
    (!words.is_empty()).then_some(words)
}

/// `2026-01-31T12:00:00.123456Z`, also with an offset, as nanoseconds since 1970.
fn instant_nanos(text: &str) -> Option<u64> {
    let (date, rest) = text.split_once(['T', ' '])?;
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let zone = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0));
    let date = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let time = (0..=23).contains(&hour) && (0..=59).contains(&minute) && (0..=60).contains(&second);
    if !date || !time {
        return None;
    }
    let nanos: u64 = format!("{:0<9.9}", fraction).parse().ok()?;
    let offset = zone_seconds(zone)?;
    let seconds = days_from_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    u64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// `Z`, nothing, or `+01:00`.
fn zone_seconds(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first() {
        None | Some(b'Z') => return Some(0),
        Some(b'-') => -1,
        _ => 1,
    };
    let (hours, minutes) = zone[1..].split_once(':').unwrap_or((&zone[1..], "0"));
    Some(sign * (i64::from(hours.parse::<u8>().ok()?) * 3_600 + i64::from(minutes.parse::<u8>().ok()?) * 60))
}

/// Howard Hinnant's civil calendar: <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>.
fn days_from_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_instant(text: &str, expected: Option<u64>) {
        assert_eq!(instant_nanos(text), expected, "{text}");
    }

    #[test]
    fn instants_are_read_with_fraction_and_offset() {
        check_instant("1970-01-01T00:00:01Z", Some(1_000_000_000));
        check_instant("2026-02-28T23:59:59.5Z", Some(1_772_323_199_500_000_000));
        check_instant("2026-02-28T23:59:59.123456+01:00", Some(1_772_319_599_123_456_000));
        check_instant("2026-13-01T00:00:00Z", None);
        check_instant("soon", None);
        check_instant("2026-02-28T1é:00", None);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_no_fact() {
        assert!(read(&Value::Str("many"), Read::Count, 0).is_none());
        assert!(read(&Value::Int(-1), Read::Count, 0).is_none());
        assert!(read(&Value::Double(f64::NAN), Read::Dollars, 0).is_none());
        assert!(read(&Value::Int(1), Read::Word, 0).is_none());
    }

    #[test]
    fn python_and_json_spellings_are_read() {
        assert!(matches!(read(&Value::Str("True"), Read::Flag, 0), Some(Fact::Flag(true))));
        assert!(
            matches!(read(&Value::Str("\"gpt-4o\""), Read::Word, 0), Some(Fact::Word(word)) if word == "gpt-4o")
        );
        assert!(
            matches!(read(&Value::Str("[\"stop\"]"), Read::Words, 0), Some(Fact::Words(words)) if words == ["stop"])
        );
        assert!(
            matches!(read(&Value::Int(250), Read::SecondsOrMillis, 0), Some(Fact::Number(n)) if n == 0.25)
        );
    }
}
