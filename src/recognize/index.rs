//! The table turned into what a walk over keys can ask: made once, from the dialects' data.
//!
//! An ordinary span is by far the most frequent question, so [`Index::of_key`] is quick to say no: two
//! bytes of the key choose a bucket, and its sixth is none of the bucket's for nearly all keys of HTTP, database and
//! messaging spans. Measured by `benches/recognize.rs`.

use super::dialect::{Dialect, Field, Mark, Pattern, Read, TABLE, matches};
use super::unknown::{Hints, NAMED, PAIRS, SHARED, pair};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A set of dialects: bit `n` is `TABLE[n]`. The bits from [`Dialects::HINTS`] up are for hints of an unknown one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialects(pub u64);

impl Dialects {
    /// The first bit that is no dialect of the table.
    pub const HINTS: u32 = 48;
    /// What looks like an LLM call and fits no dialect.
    pub const UNKNOWN: Dialects = Dialects(1 << 63);
    /// A log record of an LLM library that fits no dialect: no call, whatever its keys.
    pub const LIBRARY_LOG: Dialects = Dialects(1 << 62);
    /// A span that is about transport and may carry a prompt: no call, and what it speaks is no dialect.
    pub const CARRIER: Dialects = Dialects(1 << 61);

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn has(self, dialect: u8) -> bool {
        self.0 & (1 << dialect) != 0
    }

    /// Those of the table, by precedence.
    pub fn table(self) -> impl Iterator<Item = &'static Dialect> {
        TABLE.iter().enumerate().filter(move |(n, _)| self.has(*n as u8)).map(|(_, dialect)| *dialect)
    }
}

impl std::ops::BitOrAssign for Dialects {
    fn bitor_assign(&mut self, other: Dialects) {
        self.0 |= other.0;
    }
}

impl std::ops::BitOrAssign for KeyMarks {
    fn bitor_assign(&mut self, other: KeyMarks) {
        self.dialects |= other.dialects;
        self.hints |= other.hints;
        self.ask_value |= other.ask_value;
        self.is_host |= other.is_host;
        self.is_event |= other.is_event;
    }
}

/// One source of a fact, ranked against all others of the table.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub dialect: u8,
    pub rank: u16,
    pub field: Field,
    pub read: Read,
}

/// See the module.
pub struct Index {
    buckets: Buckets,
    /// Keys whose value recognises a dialect.
    values: Vec<(&'static str, Pattern, Dialects)>,
    scopes: Vec<(Pattern, Dialects)>,
    names: Buckets,
    /// Sources by exact key, in the bucket of its last two bytes.
    exact: Vec<Vec<(&'static str, Vec<Use>)>>,
    /// Sources of flattened trees, by what stands before the index number.
    flat: Vec<(&'static str, Vec<Use>)>,
}

/// The index over [`TABLE`].
pub static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

/// What a key says of its span.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyMarks {
    pub dialects: Dialects,
    /// Of a call in no dialect.
    pub hints: Hints,
    /// Its value may say more.
    pub ask_value: bool,
    /// Its value is a host or begins with one.
    pub is_host: bool,
    /// Its value is the name of a log event.
    pub is_event: bool,
}

/// Marks of keys or names by their first two bytes.
struct Buckets {
    /// Of each bucket, which letters its marks have for their sixth: `http.url` and `http.route` begin alike.
    sixths: [u32; PAIRS],
    /// Where a bucket begins in `marks`; it ends where the next begins.
    starts: [u16; PAIRS + 1],
    marks: Vec<KeyMark>,
}

/// Where HTTP spans keep whom they ask, in all generations of the conventions.
const HOSTS: &[Pattern] =
    &["server.address", "url.full", "http.url", "http.host", "net.peer.name", "peer.service"];

struct KeyMark {
    text: &'static str,
    /// Its first eight bytes and which of them count, so that most marks cost one comparison.
    head: u64,
    mask: u64,
    is_prefix: bool,
    marks: KeyMarks,
}

impl Index {
    fn new() -> Index {
        assert!(TABLE.len() <= Dialects::HINTS as usize, "a set of dialects is one word");
        let marks = TABLE
            .iter()
            .enumerate()
            .flat_map(|(n, dialect)| dialect.marks.iter().map(move |mark| (Dialects(1 << n), mark)));
        let (mut keys, mut values, mut scopes, mut names) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (dialects, mark) in marks {
            match *mark {
                Mark::Key(pattern) => {
                    keys.push(key_mark(pattern, KeyMarks { dialects, ..KeyMarks::default() }))
                }
                Mark::Value(key, value) => {
                    keys.push(key_mark(key, KeyMarks { ask_value: true, ..KeyMarks::default() }));
                    values.push((key, value, dialects));
                }
                Mark::Scope(pattern) => scopes.push((pattern, dialects)),
                Mark::Name(pattern) => {
                    names.push(key_mark(pattern, KeyMarks { dialects, ..KeyMarks::default() }))
                }
            }
        }
        let hinting = |hints| KeyMarks { hints, ..KeyMarks::default() };
        keys.extend(NAMED.iter().map(|begin| key_mark(begin, hinting(Hints::LLM))));
        keys.extend(SHARED.iter().map(|begin| key_mark(begin, hinting(Hints::SHARED))));
        let host = KeyMarks { is_host: true, ..KeyMarks::default() };
        keys.extend(HOSTS.iter().map(|key| key_mark(key, host)));
        keys.push(key_mark("event.name", KeyMarks { is_event: true, ..KeyMarks::default() }));
        let (by_key, flat) = sources();
        let mut exact = vec![Vec::new(); PAIRS];
        by_key.into_iter().for_each(|(key, uses)| exact[last_two(key)].push((key, uses)));
        Index { buckets: Buckets::new(keys), values, scopes, names: Buckets::new(names), exact, flat }
    }

    /// What `key` alone says; `None` where it says nothing, as nearly all do.
    #[inline]
    pub fn of_key(&self, key: &[u8]) -> Option<KeyMarks> {
        self.buckets.say(key)
    }

    /// What `key` with that value says beyond [`of_key`](Index::of_key).
    pub fn of_value(&self, key: &str, value: &str) -> Dialects {
        union(
            self.values
                .iter()
                .filter(|(known, pattern, _)| *known == key && matches(pattern, value))
                .map(|(_, _, found)| *found),
        )
    }

    /// What the name of the instrumentation scope says.
    pub fn of_scope(&self, scope: &str) -> Dialects {
        union(self.scopes.iter().filter(|(pattern, _)| matches(pattern, scope)).map(|(_, found)| *found))
    }

    /// What the name of a span, a span event or a log event says.
    #[inline]
    pub fn of_name(&self, name: &[u8]) -> Dialects {
        self.names.say(name).unwrap_or_default().dialects
    }

    /// The facts that an attribute `key` may hold.
    pub fn sources(&self, key: &str) -> &[Use] {
        let bucket = &self.exact[last_two(key)];
        bucket.iter().find(|(known, _)| *known == key).map_or(&[], |(_, uses)| uses)
    }

    /// The trees that `key` may be a flattened part of, each with the path inside it.
    pub fn trees<'k>(&'static self, key: &'k str) -> impl Iterator<Item = (&'k str, Use)> {
        // The way of nearly all keys, which have no number in them.
        let numbered =
            key.as_bytes().array_windows().any(|[dot, digit]| *dot == b'.' && digit.is_ascii_digit());
        let flat = if numbered { self.flat.as_slice() } else { &[] };
        let begun = flat.iter().filter_map(move |(prefix, uses)| Some((key.strip_prefix(prefix)?, uses)));
        let numbered = begun.filter(|(path, _)| path.as_bytes().first().is_some_and(u8::is_ascii_digit));
        numbered.flat_map(|(path, uses)| uses.iter().map(move |found| (path, *found)))
    }
}

fn union(sets: impl Iterator<Item = Dialects>) -> Dialects {
    Dialects(sets.fold(0, |all, set| all | set.0))
}

fn key_mark(pattern: Pattern, marks: KeyMarks) -> KeyMark {
    let text = pattern.trim_end_matches('*');
    assert!(text.len() >= 2 && !text.contains('*'), "a key mark is a key or the beginning of one: {pattern}");
    let mask = if text.len() < 8 { (1 << (8 * text.len())) - 1 } else { u64::MAX };
    KeyMark { text, head: head(text.as_bytes()), mask, is_prefix: text.len() < pattern.len(), marks }
}

impl Buckets {
    fn new(mut marks: Vec<KeyMark>) -> Buckets {
        marks.sort_by_key(|mark| bucket(mark.text.as_bytes()));
        // Marks of several dialects on one key are one question.
        marks.dedup_by(|later, first| {
            let same = later.text == first.text && later.is_prefix == first.is_prefix;
            if same {
                first.marks |= later.marks;
            }
            same
        });
        let starts =
            std::array::from_fn(|at| marks.partition_point(|mark| bucket(mark.text.as_bytes()) < at) as u16);
        let mut sixths = [0; PAIRS];
        for mark in &marks {
            let text = mark.text.as_bytes();
            sixths[bucket(text)] |=
                if mark.is_prefix && text.len() < 6 { u32::MAX } else { 1 << sixth(text) };
        }
        Buckets { sixths, starts, marks }
    }

    /// What all marks that `text` bears say.
    #[inline(always)]
    fn say(&self, text: &[u8]) -> Option<KeyMarks> {
        let at = bucket(text);
        if self.sixths[at] >> sixth(text) & 1 == 0 {
            return None;
        }
        borne(&self.marks[usize::from(self.starts[at])..usize::from(self.starts[at + 1])], text)
    }
}

/// What those of `marks` say that `text` bears.
#[inline(never)]
fn borne(marks: &[KeyMark], text: &[u8]) -> Option<KeyMarks> {
    let mut found: Option<KeyMarks> = None;
    let head = head(text);
    for mark in marks.iter().filter(|mark| head & mark.mask == mark.head) {
        let bears = if mark.is_prefix {
            text.starts_with(mark.text.as_bytes())
        } else {
            text == mark.text.as_bytes()
        };
        if bears {
            *found.get_or_insert_default() |= mark.marks;
        }
    }
    found
}

/// By the first two bytes; all marks have two.
#[inline]
fn bucket(key: &[u8]) -> usize {
    match *key {
        [first, second, ..] => pair(first, second),
        _ => 0,
    }
}

/// What tells the sixth letter apart; 0 where there is none.
#[inline]
fn sixth(key: &[u8]) -> u8 {
    key.get(5).map_or(0, |letter| letter & 31)
}

/// The bucket of a key by its last two bytes: their beginnings are much alike.
fn last_two(key: &str) -> usize {
    match *key.as_bytes() {
        [.., before, last] => pair(before, last),
        _ => 0,
    }
}

/// The first eight bytes, the very first lowest; what is missing is zero.
#[inline]
fn head(text: &[u8]) -> u64 {
    match text.first_chunk::<8>() {
        Some(first) => u64::from_le_bytes(*first),
        None => text.iter().rev().fold(0, |head, byte| head << 8 | u64::from(*byte)),
    }
}

type Sources = (HashMap<&'static str, Vec<Use>>, Vec<(&'static str, Vec<Use>)>);

/// Every source of the table with its rank: see the precedence in [`dialect`](super::dialect).
fn sources() -> Sources {
    let mut exact: HashMap<&'static str, Vec<Use>> = HashMap::new();
    let mut flat: Vec<(&'static str, Vec<Use>)> = Vec::new();
    let last = TABLE.len() - 1;
    let order = || std::iter::once(last).chain(0..last);
    let fields = order().flat_map(|n| TABLE[n].fields.iter().map(move |source| (n, source)));
    let fallbacks = order().flat_map(|n| TABLE[n].fallbacks.iter().map(move |source| (n, source)));
    for (rank, (n, &(field, key, read))) in fields.chain(fallbacks).enumerate() {
        let found = Use { dialect: n as u8, rank: rank as u16, field, read };
        match key.strip_suffix('*') {
            None => exact.entry(key).or_default().push(found),
            Some(prefix) => match flat.iter_mut().find(|(known, _)| *known == prefix) {
                Some((_, uses)) => uses.push(found),
                None => flat.push((prefix, vec![found])),
            },
        }
    }
    (exact, flat)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(dialects: Dialects) -> Vec<&'static str> {
        dialects.table().map(|dialect| dialect.name).collect()
    }

    #[test]
    fn every_key_mark_of_the_table_is_found_again() {
        for (n, dialect) in TABLE.iter().enumerate() {
            for mark in dialect.marks {
                let Mark::Key(pattern) = mark else { continue };
                let key = pattern.replace('*', "0.anything");
                assert!(
                    INDEX.of_key(key.as_bytes()).unwrap_or_default().dialects.has(n as u8),
                    "{}: {key}",
                    dialect.name
                );
            }
        }
    }

    #[test]
    fn the_keys_of_ordinary_spans_say_nothing() {
        let ordinary = "http.request.method http.response.status_code http.route url.full url.path url.scheme server.address \
            server.port client.address user_agent.original network.protocol.version network.peer.address db.system \
            db.statement db.query.text db.operation.name messaging.system messaging.destination.name messaging.operation \
            rpc.service rpc.method error.type exception.message thread.id thread.name code.function code.filepath \
            enduser.id session.id peer.service k8s.pod.name host.name service.name aws.region faas.trigger component a ab";
        for key in ordinary.split_whitespace() {
            let found = INDEX.of_key(key.as_bytes()).unwrap_or_default();
            assert!(found.dialects.is_empty() && !found.ask_value, "{key}");
        }
    }

    #[test]
    fn a_value_recognises_where_its_key_alone_does_not() {
        assert!(INDEX.of_key(b"telemetry.sdk.name").is_some_and(|marks| marks.ask_value));
        assert_eq!(named(INDEX.of_value("telemetry.sdk.name", "openlit")), ["openlit"]);
        assert!(INDEX.of_value("telemetry.sdk.name", "opentelemetry").is_empty());
        assert_eq!(named(INDEX.of_value("rpc.system", "mcp")), ["mcp"]);
        assert!(INDEX.of_value("rpc.system", "grpc").is_empty());
    }

    #[test]
    fn a_flat_tree_begins_with_a_number() {
        assert!(INDEX.trees("gen_ai.prompt.0.content").next().is_some());
        assert!(INDEX.trees("gen_ai.prompt.variable.q").next().is_none());
    }
}
