//! `docs/dialects.md`, written from the table.

use super::*;
use expect_test::expect_file;
use std::fmt::Write;

const HEAD: &str = "# Dialects

What Sidelight reads from each library, and what it writes whatever the library. This page is generated from the table in
`src/recognize/dialect/`; a test keeps it up to date (`UPDATE_EXPECT=1 cargo test --lib dialects_page` writes it anew).

## What is written

On every recognised span and log record: `sidelight.kind`, `sidelight.dialects`, `sidelight.pii.*`, `sidelight.injection.*`,
`sidelight.sampled`. On a model call also `sidelight.usage_counted`, and where it is true `sidelight.tokens.*` and `sidelight.cost.*`.

Where they are absent, the current names of the GenAI conventions are filled in; what stands stays:
`gen_ai.operation.name`, `gen_ai.provider.name` (cleaned of framework names and odd capitals), `gen_ai.request.model`,
`gen_ai.response.model`, `gen_ai.response.id`, `gen_ai.response.finish_reasons`, `gen_ai.response.time_to_first_chunk` (seconds),
`gen_ai.request.stream`, `gen_ai.conversation.id`, `session.id`, `user.id`, `gen_ai.tool.name`, `server.address`, `server.port`, and of
calls that count `gen_ai.usage.input_tokens`, `.output_tokens`, `.cache_read.input_tokens`, `.cache_write.input_tokens`,
`.reasoning.output_tokens`, `.audio.input_tokens`, `.audio.output_tokens`. With `enrich.normalize.messages: add` model calls gain
`gen_ai.input.messages`, `gen_ai.output.messages`, `gen_ai.system_instructions` and `gen_ai.tool.definitions` as structured values. With
`enrich.aliases: all` they gain `gen_ai.system`, `gen_ai.usage.prompt_tokens` and the other older names.

A log record gains figures and names where it is a call of its own: the events by which command-line agents report each call (in the
lists below), whatever they stand in, and any other record of a call that stands in no span. Such a call counts once: a span of it that comes
to the same Sidelight, or the record of the conventions beside it, does not count again. All other log records tell of a call that a span
tells too, and gain only what every recognised record does.

Every text is scanned, whether it is listed here or not; `sidelight enrich --explain` shows what became of each.

## What stands there already

Attributes `sidelight.*` on a span that comes in are believed where they have the type and a value that Sidelight writes, so that a
span that passes two Sidelights says the same as after one: flags are merged (one that was raised stays raised, counts are the
larger), figures, cost and `sidelight.sampled` stay. So an app that writes them itself decides them for its own spans, but never
lowers a flag and never keeps a text from being scanned. A value of any other type or form is replaced and scanned.

## What is odd

A recognised span or log record goes on, is read as far as it can be and is scanned as it stands, whatever is wrong with it.
`sidelight_recognize_odd_items_total{reason}` counts where a known key holds a value of another type (`wrong_type`), a key stands
twice (`duplicate_key`), JSON breaks off, as under an SDK's limit on the length of values (`cut_value`), the SDK dropped attributes over
its limit (`dropped_attributes`, which may have been the model or the tokens: raise `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`), or spans stand
around themselves (`parent_cycle`).

## What is read

A span may speak several dialects. Its kind is told by the first of this list whose rules answer. Every other fact comes from the first
attribute that is there and well typed: those of the conventions (the last section) before those of this list in its order. What looks
like an LLM call and fits none is `unknown`. It needs two witnesses: a key that names an LLM and a model, a text, a count or a
parameter beside it; the name of a known model or provider and one of these; tokens in and out; a model with a question and an answer;
`input.value` with `output.value`; a kind of span that only LLM applications have (`acme.span.kind` = `tool`) with a text. The
attributes of a span's events bear witness as its own do. Or one that no other thing looks like: a value of any attribute (or the
body of a log record) in the shape of a provider's request, its reply or a conversation, as JSON or as a structure. On spans about HTTP, a database or messages
such a value, or the host of a known provider, makes no call but has the URL, statement, headers, bodies and
errors (status, exceptions and other events) scanned, as those of the same trace as a call have.
";

fn page() -> String {
    let mut page = HEAD.to_string();
    for dialect in TABLE {
        section(&mut page, dialect).expect("a string takes all");
    }
    page
}

fn section(page: &mut String, dialect: &Dialect) -> std::fmt::Result {
    writeln!(page, "\n### {}\n\n{}.", dialect.name, dialect.about)?;
    writeln!(page, "Source: {}.\n", dialect.source)?;
    let marks: Vec<String> = dialect.marks.iter().map(mark).collect();
    writeln!(page, "* Recognised by {}", marks.join(", "))?;
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for (field, key, read) in dialect.fields.iter().chain(dialect.fallbacks) {
        let (name, key) = (words(*field), format!("`{key}`{}", form(*read)));
        match told.iter_mut().find(|(known, _)| *known == name) {
            Some((_, keys)) if keys.contains(&key) => (),
            Some((_, keys)) => keys.push(key),
            None => told.push((name, vec![key])),
        }
    }
    for (name, keys) in told {
        writeln!(page, "* {name}: {}", keys.join(", "))?;
    }
    if dialect.facts_in_events {
        writeln!(page, "* All of these also stand in the attributes of span events")?;
    }
    if !dialect.events.is_empty() {
        let mut names: Vec<String> = dialect.events.iter().map(|(name, ..)| format!("`{name}`")).collect();
        names.dedup();
        writeln!(page, "* Texts of events: {}", names.join(", "))?;
    }
    if !dialect.chunks.is_empty() {
        let names: Vec<String> = dialect.chunks.iter().map(|name| format!("`{name}`")).collect();
        writeln!(page, "* First chunk of a stream by its event: {}", names.join(", "))?;
    }
    for (scope, provider) in dialect.cache_exclusive {
        writeln!(page, "* Under scope `{scope}`, input tokens of {provider} come without the cached ones")?;
    }
    for scope in dialect.reasoning_exclusive {
        writeln!(page, "* Under scope `{scope}`, output tokens come without those of reasoning")?;
    }
    if dialect.running_totals {
        writeln!(page, "* Calls beside each other report running totals, which are taken apart")?;
    }
    if !dialect.reports.is_empty() {
        let names: Vec<String> = dialect.reports.iter().map(|name| format!("`{name}`")).collect();
        writeln!(page, "* Log events that are a call: {}", names.join(", "))?;
    }
    Ok(())
}

fn mark(mark: &Mark) -> String {
    match mark {
        Mark::Key(key) => format!("key `{key}`"),
        Mark::Value(key, value) => format!("`{key}` = `{value}`"),
        Mark::Scope(scope) => format!("scope `{scope}`"),
        Mark::Name(name) => format!("name `{name}`"),
    }
}

/// `RequestModel` as `request model`.
fn words(field: Field) -> String {
    let name = format!("{field:?}");
    let spaced = name.char_indices().map(|(at, c)| match c.is_ascii_uppercase() && at > 0 {
        true => format!(" {}", c.to_ascii_lowercase()),
        false => c.to_string(),
    });
    spaced.collect()
}

/// How it is written, where that is not plain.
fn form(read: Read) -> String {
    match read {
        Read::WordAt(path) | Read::FlagAt(path) | Read::DollarsAt(path) | Read::SayAt(path, _) => {
            format!(" (at `{}`)", path.join("."))
        }
        Read::SecondsAt(path) => format!(" (s, at `{}`)", path.join(".")),
        Read::Millis => " (ms)".into(),
        Read::Nanos => " (ns)".into(),
        Read::Seconds => " (s)".into(),
        Read::SecondsOrMillis => " (s, or ms as an integer)".into(),
        Read::MicroDollars => " (millionths of a dollar)".into(),
        Read::Instant => " (an instant)".into(),
        _ => String::new(),
    }
}

#[test]
fn the_dialects_page_is_up_to_date() {
    expect_file!["../../../docs/dialects.md"].assert_eq(&page());
}

/// Each dialect is whole in its file, with at least one case.
#[test]
fn every_dialect_has_a_case_in_its_own_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/recognize/dialect");
    let files = std::fs::read_dir(folder).expect("the folder of the dialects");
    let files: Vec<String> = files
        .filter_map(|file| std::fs::read_to_string(file.expect("a file").path()).ok())
        .filter(|text| text.contains("\npub const DIALECT: Dialect = "))
        .collect();
    assert_eq!(files.len(), TABLE.len(), "each file has its line in the table");
    for dialect in TABLE {
        let name = format!("name: \"{}\",", dialect.name);
        let own = files.iter().find(|text| text.contains(&name));
        let own = own.unwrap_or_else(|| panic!("{} has a file", dialect.name));
        assert!(own.contains("#[test]") && own.contains("check("), "{} has a case", dialect.name);
    }
}
