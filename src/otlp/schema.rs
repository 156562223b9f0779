//! The messages of an OTLP request as tables: what [`Batch::read`](super::Batch::read), the leaves and
//! the JSON form go by.
//!
//! Source: opentelemetry-proto 1.9 (common, resource, trace, logs, metrics; the three export requests),
//! as opentelemetry-proto 0.33 compiles them.

use super::Signal;

/// One message type.
pub(super) struct Message {
    pub name: &'static str,
    pub fields: &'static [Field],
    pub role: Role,
    /// Position in `fields` plus one, by field number; 0 where there is no such field.
    index: [u8; MOST_NUMBER + 1],
}

/// Where a message type stands to the items of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Each one is an item: a span, log record or metric data point.
    Item,
    /// It holds items, directly or further down.
    Holder,
    /// It is part of an item, or says something of all that stand beside it.
    Part,
}

/// One field of a message type.
pub(super) struct Field {
    pub number: u32,
    /// As the `.proto` file writes it: in snake case.
    pub name: &'static str,
    pub label: Label,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Not written where it has its default value.
    One,
    /// Written wherever it is set, default or not: a message, or `optional`.
    Set,
    /// The same, and at most one of its message's fields with this label is set: the last one.
    OneOf,
    Many,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Bool,
    Int32,
    Uint32,
    Sint32,
    Int64,
    Uint64,
    Enum(&'static [(&'static str, i32)]),
    Fixed32,
    Fixed64,
    Sfixed64,
    Double,
    String,
    Bytes,
    /// A trace or span id of that many bytes, hex in JSON.
    Id(u8),
    Message(&'static Message),
}

/// The highest field number in use.
const MOST_NUMBER: usize = 16;

impl Message {
    /// The field with that number.
    #[inline(always)]
    pub fn field(&self, number: u32) -> Option<&'static Field> {
        let position = *self.index.get(number as usize)?;
        self.fields.get(usize::from(position).wrapping_sub(1))
    }

    /// The field that JSON calls `key`: its name in lower camel case, or as the `.proto` file writes it.
    pub fn named(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == key || camel(field.name).eq(key.chars()))
    }

    /// Whether some of its fields are trace or span ids.
    pub fn has_ids(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.kind, Id(_)))
    }
}

/// `snake_case` as `snakeCase`.
pub(super) fn camel(snake: &str) -> impl Iterator<Item = char> {
    let mut up = false;
    snake.chars().filter_map(move |char| {
        let char = if up { char.to_ascii_uppercase() } else { char };
        up = char == '_';
        (!up).then_some(char)
    })
}

/// The request message of a signal.
pub(super) fn request(signal: Signal) -> &'static Message {
    match signal {
        Signal::Traces => &TRACES,
        Signal::Logs => &LOGS,
        Signal::Metrics => &METRICS,
    }
}

const fn index(fields: &[Field]) -> [u8; MOST_NUMBER + 1] {
    let mut index = [0; MOST_NUMBER + 1];
    let mut i = 0;
    while i < fields.len() {
        index[fields[i].number as usize] = i as u8 + 1;
        i += 1;
    }
    index
}

macro_rules! messages {
    ($($role:ident $id:ident $name:literal { $($number:literal $field:literal $label:ident $kind:expr;)* })*) => {
        $(pub(super) static $id: Message = {
            static FIELDS: &[Field] = &[
                $(Field { number: $number, name: $field, label: Label::$label, kind: $kind },)*
            ];
            Message { name: $name, fields: FIELDS, role: Role::$role, index: index(FIELDS) }
        };)*
    };
}

use Kind::{
    Bool, Bytes, Double, Enum, Fixed32, Fixed64, Id, Int32, Int64, Message as Sub, Sfixed64, Sint32,
    String as Str, Uint32, Uint64,
};

messages! {
    Holder TRACES "ExportTraceServiceRequest" {
        1 "resource_spans" Many Sub(&RESOURCE_SPANS);
    }
    Holder LOGS "ExportLogsServiceRequest" {
        1 "resource_logs" Many Sub(&RESOURCE_LOGS);
    }
    Holder METRICS "ExportMetricsServiceRequest" {
        1 "resource_metrics" Many Sub(&RESOURCE_METRICS);
    }

    Holder RESOURCE_SPANS "ResourceSpans" {
        1 "resource" Set Sub(&RESOURCE);
        2 "scope_spans" Many Sub(&SCOPE_SPANS);
        3 "schema_url" One Str;
    }
    Holder SCOPE_SPANS "ScopeSpans" {
        1 "scope" Set Sub(&SCOPE);
        2 "spans" Many Sub(&SPAN);
        3 "schema_url" One Str;
    }
    Item SPAN "Span" {
        1 "trace_id" One Id(16);
        2 "span_id" One Id(8);
        3 "trace_state" One Str;
        4 "parent_span_id" One Id(8);
        5 "name" One Str;
        6 "kind" One Enum(SPAN_KIND);
        7 "start_time_unix_nano" One Fixed64;
        8 "end_time_unix_nano" One Fixed64;
        9 "attributes" Many Sub(&KEY_VALUE);
        10 "dropped_attributes_count" One Uint32;
        11 "events" Many Sub(&EVENT);
        12 "dropped_events_count" One Uint32;
        13 "links" Many Sub(&LINK);
        14 "dropped_links_count" One Uint32;
        15 "status" Set Sub(&STATUS);
        16 "flags" One Fixed32;
    }
    Part EVENT "Event" {
        1 "time_unix_nano" One Fixed64;
        2 "name" One Str;
        3 "attributes" Many Sub(&KEY_VALUE);
        4 "dropped_attributes_count" One Uint32;
    }
    Part LINK "Link" {
        1 "trace_id" One Id(16);
        2 "span_id" One Id(8);
        3 "trace_state" One Str;
        4 "attributes" Many Sub(&KEY_VALUE);
        5 "dropped_attributes_count" One Uint32;
        6 "flags" One Fixed32;
    }
    Part STATUS "Status" {
        2 "message" One Str;
        3 "code" One Enum(STATUS_CODE);
    }

    Holder RESOURCE_LOGS "ResourceLogs" {
        1 "resource" Set Sub(&RESOURCE);
        2 "scope_logs" Many Sub(&SCOPE_LOGS);
        3 "schema_url" One Str;
    }
    Holder SCOPE_LOGS "ScopeLogs" {
        1 "scope" Set Sub(&SCOPE);
        2 "log_records" Many Sub(&LOG_RECORD);
        3 "schema_url" One Str;
    }
    Item LOG_RECORD "LogRecord" {
        1 "time_unix_nano" One Fixed64;
        2 "severity_number" One Enum(SEVERITY_NUMBER);
        3 "severity_text" One Str;
        5 "body" Set Sub(&ANY_VALUE);
        6 "attributes" Many Sub(&KEY_VALUE);
        7 "dropped_attributes_count" One Uint32;
        8 "flags" One Fixed32;
        9 "trace_id" One Id(16);
        10 "span_id" One Id(8);
        11 "observed_time_unix_nano" One Fixed64;
        12 "event_name" One Str;
    }

    Part RESOURCE "Resource" {
        1 "attributes" Many Sub(&KEY_VALUE);
        2 "dropped_attributes_count" One Uint32;
        3 "entity_refs" Many Sub(&ENTITY_REF);
    }
    Part ENTITY_REF "EntityRef" {
        1 "schema_url" One Str;
        2 "type" One Str;
        3 "id_keys" Many Str;
        4 "description_keys" Many Str;
    }
    Part SCOPE "InstrumentationScope" {
        1 "name" One Str;
        2 "version" One Str;
        3 "attributes" Many Sub(&KEY_VALUE);
        4 "dropped_attributes_count" One Uint32;
    }
    Part KEY_VALUE "KeyValue" {
        1 "key" One Str;
        2 "value" Set Sub(&ANY_VALUE);
        3 "key_strindex" One Int32;
    }
    Part ANY_VALUE "AnyValue" {
        1 "string_value" OneOf Str;
        2 "bool_value" OneOf Bool;
        3 "int_value" OneOf Int64;
        4 "double_value" OneOf Double;
        5 "array_value" OneOf Sub(&ARRAY_VALUE);
        6 "kvlist_value" OneOf Sub(&KEY_VALUE_LIST);
        7 "bytes_value" OneOf Bytes;
        8 "string_value_strindex" OneOf Int32;
    }
    Part ARRAY_VALUE "ArrayValue" {
        1 "values" Many Sub(&ANY_VALUE);
    }
    Part KEY_VALUE_LIST "KeyValueList" {
        1 "values" Many Sub(&KEY_VALUE);
    }

    Holder RESOURCE_METRICS "ResourceMetrics" {
        1 "resource" Set Sub(&RESOURCE);
        2 "scope_metrics" Many Sub(&SCOPE_METRICS);
        3 "schema_url" One Str;
    }
    Holder SCOPE_METRICS "ScopeMetrics" {
        1 "scope" Set Sub(&SCOPE);
        2 "metrics" Many Sub(&METRIC);
        3 "schema_url" One Str;
    }
    Holder METRIC "Metric" {
        1 "name" One Str;
        2 "description" One Str;
        3 "unit" One Str;
        5 "gauge" OneOf Sub(&GAUGE);
        7 "sum" OneOf Sub(&SUM);
        9 "histogram" OneOf Sub(&HISTOGRAM);
        10 "exponential_histogram" OneOf Sub(&EXPONENTIAL_HISTOGRAM);
        11 "summary" OneOf Sub(&SUMMARY);
        12 "metadata" Many Sub(&KEY_VALUE);
    }
    Holder GAUGE "Gauge" {
        1 "data_points" Many Sub(&NUMBER_DATA_POINT);
    }
    Holder SUM "Sum" {
        1 "data_points" Many Sub(&NUMBER_DATA_POINT);
        2 "aggregation_temporality" One Enum(AGGREGATION_TEMPORALITY);
        3 "is_monotonic" One Bool;
    }
    Holder HISTOGRAM "Histogram" {
        1 "data_points" Many Sub(&HISTOGRAM_DATA_POINT);
        2 "aggregation_temporality" One Enum(AGGREGATION_TEMPORALITY);
    }
    Holder EXPONENTIAL_HISTOGRAM "ExponentialHistogram" {
        1 "data_points" Many Sub(&EXPONENTIAL_HISTOGRAM_DATA_POINT);
        2 "aggregation_temporality" One Enum(AGGREGATION_TEMPORALITY);
    }
    Holder SUMMARY "Summary" {
        1 "data_points" Many Sub(&SUMMARY_DATA_POINT);
    }
    Item NUMBER_DATA_POINT "NumberDataPoint" {
        2 "start_time_unix_nano" One Fixed64;
        3 "time_unix_nano" One Fixed64;
        4 "as_double" OneOf Double;
        5 "exemplars" Many Sub(&EXEMPLAR);
        6 "as_int" OneOf Sfixed64;
        7 "attributes" Many Sub(&KEY_VALUE);
        8 "flags" One Uint32;
    }
    Item HISTOGRAM_DATA_POINT "HistogramDataPoint" {
        2 "start_time_unix_nano" One Fixed64;
        3 "time_unix_nano" One Fixed64;
        4 "count" One Fixed64;
        5 "sum" Set Double;
        6 "bucket_counts" Many Fixed64;
        7 "explicit_bounds" Many Double;
        8 "exemplars" Many Sub(&EXEMPLAR);
        9 "attributes" Many Sub(&KEY_VALUE);
        10 "flags" One Uint32;
        11 "min" Set Double;
        12 "max" Set Double;
    }
    Item EXPONENTIAL_HISTOGRAM_DATA_POINT "ExponentialHistogramDataPoint" {
        1 "attributes" Many Sub(&KEY_VALUE);
        2 "start_time_unix_nano" One Fixed64;
        3 "time_unix_nano" One Fixed64;
        4 "count" One Fixed64;
        5 "sum" Set Double;
        6 "scale" One Sint32;
        7 "zero_count" One Fixed64;
        8 "positive" Set Sub(&BUCKETS);
        9 "negative" Set Sub(&BUCKETS);
        10 "flags" One Uint32;
        11 "exemplars" Many Sub(&EXEMPLAR);
        12 "min" Set Double;
        13 "max" Set Double;
        14 "zero_threshold" One Double;
    }
    Part BUCKETS "Buckets" {
        1 "offset" One Sint32;
        2 "bucket_counts" Many Uint64;
    }
    Item SUMMARY_DATA_POINT "SummaryDataPoint" {
        2 "start_time_unix_nano" One Fixed64;
        3 "time_unix_nano" One Fixed64;
        4 "count" One Fixed64;
        5 "sum" One Double;
        6 "quantile_values" Many Sub(&VALUE_AT_QUANTILE);
        7 "attributes" Many Sub(&KEY_VALUE);
        8 "flags" One Uint32;
    }
    Part VALUE_AT_QUANTILE "ValueAtQuantile" {
        1 "quantile" One Double;
        2 "value" One Double;
    }
    Part EXEMPLAR "Exemplar" {
        2 "time_unix_nano" One Fixed64;
        3 "as_double" OneOf Double;
        4 "span_id" One Id(8);
        5 "trace_id" One Id(16);
        6 "as_int" OneOf Sfixed64;
        7 "filtered_attributes" Many Sub(&KEY_VALUE);
    }
}

const SPAN_KIND: &[(&str, i32)] = &[
    ("SPAN_KIND_UNSPECIFIED", 0),
    ("SPAN_KIND_INTERNAL", 1),
    ("SPAN_KIND_SERVER", 2),
    ("SPAN_KIND_CLIENT", 3),
    ("SPAN_KIND_PRODUCER", 4),
    ("SPAN_KIND_CONSUMER", 5),
];

const STATUS_CODE: &[(&str, i32)] =
    &[("STATUS_CODE_UNSET", 0), ("STATUS_CODE_OK", 1), ("STATUS_CODE_ERROR", 2)];

const AGGREGATION_TEMPORALITY: &[(&str, i32)] = &[
    ("AGGREGATION_TEMPORALITY_UNSPECIFIED", 0),
    ("AGGREGATION_TEMPORALITY_DELTA", 1),
    ("AGGREGATION_TEMPORALITY_CUMULATIVE", 2),
];

const SEVERITY_NUMBER: &[(&str, i32)] = &[
    ("SEVERITY_NUMBER_UNSPECIFIED", 0),
    ("SEVERITY_NUMBER_TRACE", 1),
    ("SEVERITY_NUMBER_TRACE2", 2),
    ("SEVERITY_NUMBER_TRACE3", 3),
    ("SEVERITY_NUMBER_TRACE4", 4),
    ("SEVERITY_NUMBER_DEBUG", 5),
    ("SEVERITY_NUMBER_DEBUG2", 6),
    ("SEVERITY_NUMBER_DEBUG3", 7),
    ("SEVERITY_NUMBER_DEBUG4", 8),
    ("SEVERITY_NUMBER_INFO", 9),
    ("SEVERITY_NUMBER_INFO2", 10),
    ("SEVERITY_NUMBER_INFO3", 11),
    ("SEVERITY_NUMBER_INFO4", 12),
    ("SEVERITY_NUMBER_WARN", 13),
    ("SEVERITY_NUMBER_WARN2", 14),
    ("SEVERITY_NUMBER_WARN3", 15),
    ("SEVERITY_NUMBER_WARN4", 16),
    ("SEVERITY_NUMBER_ERROR", 17),
    ("SEVERITY_NUMBER_ERROR2", 18),
    ("SEVERITY_NUMBER_ERROR3", 19),
    ("SEVERITY_NUMBER_ERROR4", 20),
    ("SEVERITY_NUMBER_FATAL", 21),
    ("SEVERITY_NUMBER_FATAL2", 22),
    ("SEVERITY_NUMBER_FATAL3", 23),
    ("SEVERITY_NUMBER_FATAL4", 24),
];
