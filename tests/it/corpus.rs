//! The corpus of real payloads, scored: which spans are calls, of which kind, model and provider, and
//! whether what counts adds up to what the provider billed.

use crate::shared;
use bytes::Bytes;
use prost::Message;
use serde_json::Value as Json;
use sidelight::llm::{Call, Role, Side, Usage};
use sidelight::otlp::{Batch, Limits, Signal};
use sidelight::recognize::{self, Found};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// One payload of the corpus, as it stands on the wire.
pub struct Payload {
    pub file: String,
    pub library: String,
    pub batch: Batch,
    pub expected: Json,
}

/// Right out of how many, and which were not.
#[derive(Default)]
struct Score {
    right: usize,
    of: usize,
    wrong: Vec<String>,
}

impl Score {
    fn add(&mut self, right: bool, what: impl FnOnce() -> String) {
        self.of += 1;
        self.right += usize::from(right);
        if !right {
            self.wrong.push(what());
        }
    }

    fn share(&self) -> f64 {
        if self.of == 0 { 1.0 } else { self.right as f64 / self.of as f64 }
    }
}

/// The scores of one library or dialect, or of all.
#[derive(Default)]
struct Scores(BTreeMap<&'static str, Score>);

/// The scores of all, told apart in two ways.
#[derive(Default)]
struct Tables {
    libraries: BTreeMap<String, Scores>,
    /// By the first of a span's dialects.
    dialects: BTreeMap<String, Scores>,
}

impl Tables {
    fn add(
        &mut self,
        library: &str,
        dialect: &str,
        name: &'static str,
        right: bool,
        what: impl Fn() -> String,
    ) {
        for (table, of) in [(&mut self.libraries, library), (&mut self.dialects, dialect)] {
            table.entry(of.to_string()).or_default().0.entry(name).or_default().add(right, &what);
        }
    }
}

/// What counts in the payloads of one app's run.
struct Counted {
    library: String,
    /// Of what counted first.
    dialect: Option<&'static str>,
    sum: Usage,
    billed: Json,
}

/// What is scored, with the least share that passes: what is reached.
///
/// Five payloads miss the provider's sum for reasons that no reader can mend: LlamaIndex reports no usage of
/// embeddings, one stream was called twice under one span, OpenLLMetry counts a token too many of
/// Anthropic's streams, and its JavaScript package puts an estimate of its own on OpenAI's.
const BARS: &[(&str, f64)] = &[
    ("recall", 1.0),
    ("precision", 1.0),
    ("kind", 1.0),
    ("model", 1.0),
    ("provider", 1.0),
    ("prompt", 1.0),
    ("reply", 0.98),
    ("counted", 1.0),
    ("usage", 0.985),
];

#[test]
fn the_corpus_is_recognised() {
    let Some(payloads) = payloads() else { return };
    let mut tables = Tables::default();
    let mut usage: BTreeMap<String, Counted> = BTreeMap::new();
    for payload in payloads.iter().filter(|payload| payload.batch.signal() == Signal::Traces) {
        let found = recognize::find(&payload.batch);
        spans(payload, &found, &mut tables);
        let group = payload.expected["group"].as_str().unwrap_or_default().to_string();
        let of_group = usage.entry(group).or_insert_with(|| Counted {
            library: payload.library.clone(),
            dialect: None,
            sum: Usage::default(),
            billed: payload.expected["usage_total"].clone(),
        });
        add_counted(&found, of_group);
    }
    for (group, Counted { library, dialect, sum, billed }) in usage {
        let wanted = ["input_tokens", "output_tokens"].map(|key| billed[key].as_u64().unwrap_or(0));
        if let Some(dialect) = dialect.filter(|_| wanted != [0, 0]) {
            let got = [sum.input, sum.output].map(|tokens| tokens.unwrap_or(0));
            let what = || format!("{group}: counted {got:?}, billed {wanted:?}");
            tables.add(&library, dialect, "usage", got == wanted, what);
        }
    }
    report(&tables);
}

/// Bytes of real payloads changed, cut and doubled: what is still a request is walked without a panic,
/// and every text stands in the leaf that it names.
#[test]
fn no_payload_however_damaged_stops_recognition() {
    let Some(payloads) = payloads() else { return };
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |end: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % end.max(1)
    };
    let mut walked = 0;
    for payload in payloads.iter().step_by(7) {
        for _ in 0..40 {
            let mut bytes = payload.batch.otlp().to_vec();
            for _ in 0..=next(6) {
                let at = next(bytes.len());
                match next(3) {
                    0 => bytes[at] = next(256) as u8,
                    1 => bytes[at] = b"[]{}\",:.*0"[next(10)],
                    _ => bytes[at] ^= 1 << next(8),
                }
            }
            let Ok(batch) = Batch::read(payload.batch.signal(), bytes.into(), &Limits::default()) else {
                continue;
            };
            walked += 1;
            for found in recognize::find(&batch) {
                let Found::Call(item, call) = found else { continue };
                let places = [&item.at, &item.resource.1, &item.scope.1];
                let inside = |leaf: &std::ops::Range<usize>| {
                    places.iter().any(|place| place.start <= leaf.start && leaf.end <= place.end)
                };
                assert!(call.texts.iter().all(|text| inside(&text.leaf)), "{}", payload.file);
            }
        }
    }
    assert!(walked > 500, "most damage lies in values: {walked}");
}

/// Scores each span of `payload` against what is known of it.
fn spans(payload: &Payload, found: &[Found<'_>], tables: &mut Tables) {
    let calls: BTreeMap<String, &Call<'_>> = found
        .iter()
        .filter_map(|found| match found {
            Found::Call(item, call) => Some((hex(item.span()?.span_id()), call.as_ref())),
            Found::Carrier(_) => None,
        })
        .collect();
    let (models, providers) = (models(&payload.expected), providers(&payload.expected));
    for span in payload.expected["spans"].as_array().into_iter().flatten() {
        let text = |key: &str| span[key].as_str().unwrap_or_default();
        let is = |key: &str| span[key].as_bool().unwrap_or(false);
        let what = |got: &str| {
            format!("{}: {} ({}) {}: {got}", payload.file, text("name"), text("scope"), text("kind"))
        };
        let call = calls.get(text("span_id")).copied();
        let said = call.is_some_and(|call| call.model_call);
        let dialect = call.and_then(|call| call.dialects.first().copied()).unwrap_or("none");
        let mut score =
            |name, right, got: String| tables.add(&payload.library, dialect, name, right, || what(&got));
        if is("model_call") {
            score("recall", said, format!("{:?}", call.map(|call| (call.kind, &call.dialects))));
        }
        if said {
            score(
                "precision",
                is("model_call"),
                format!("{:?}", call.map(|call| (call.kind, &call.dialects))),
            );
        }
        if is("genai") {
            let kind = call.and_then(|call| call.kind).map_or("none", |kind| kind.name());
            score(
                "kind",
                kind == kind_named(text("kind")),
                format!("{kind} {:?}", call.map(|call| &call.dialects)),
            );
        }
        if let Some(call) = call.filter(|_| is("model_call")) {
            let model = call.request_model.as_deref().or(call.response_model.as_deref()).unwrap_or("none");
            if !models.is_empty() {
                score("model", models.iter().any(|known| known == model), model.to_string());
            }
            if !providers.is_empty() {
                let provider = call.provider.as_deref().unwrap_or("none");
                score("provider", providers.contains(&provider), provider.to_string());
            }
            texts(call, &payload.expected, &mut score);
            score("counted", call.usage_counted == is("counts_usage"), format!("{}", call.usage_counted));
        }
    }
}

/// What was asked last and what was answered, where the span holds it, are among what the provider got and gave.
fn texts(call: &Call<'_>, expected: &Json, score: &mut impl FnMut(&'static str, bool, String)) {
    let texts = |key: &'static str| {
        let calls = expected["calls"].as_array().into_iter().flatten();
        let parts = calls.flat_map(move |call| call[key].as_array().into_iter().flatten());
        parts.filter_map(|part| part["text"].as_str())
    };
    if let Some(prompt) = call.prompt_text() {
        score("prompt", texts("inputs").any(|text| text.contains(&*prompt)), format!("{prompt:.300}"));
    }
    let replies = call.texts.iter().filter(|text| text.side == Side::Output && text.role == Role::Assistant);
    for reply in replies {
        score(
            "reply",
            texts("outputs").any(|text| text.contains(&*reply.text)),
            format!("{:.300}", reply.text),
        );
    }
}

fn kind_named(kind: &str) -> &str {
    match kind {
        "vectordb" => "retrieval",
        other => other.strip_prefix("llm.").unwrap_or(other),
    }
}

fn models(expected: &Json) -> Vec<String> {
    let calls = expected["calls"].as_array().into_iter().flatten();
    calls
        .flat_map(|call| [&call["model"], &call["response_model"]])
        .filter_map(|model| Some(model.as_str()?.to_string()))
        .collect()
}

fn providers(expected: &Json) -> Vec<&'static str> {
    let azure = expected["library"].as_str().is_some_and(|library| library.starts_with("azure"));
    let calls = expected["calls"].as_array().into_iter().flatten();
    let apis = calls.filter_map(|call| call["api"].as_str());
    apis.filter_map(|api| match api.split('.').next()? {
        "openai" if azure => Some("azure.ai.inference"),
        "openai" => Some("openai"),
        "anthropic" => Some("anthropic"),
        "bedrock" => Some("aws.bedrock"),
        "cohere" => Some("cohere"),
        "gemini" => Some("gcp.gemini"),
        "ollama" => Some("ollama"),
        "mistral" => Some("mistral_ai"),
        "groq" => Some("groq"),
        _ => None,
    })
    .collect()
}

fn add_counted(found: &[Found<'_>], counted: &mut Counted) {
    for found in found {
        let Found::Call(_, call) = found else { continue };
        if !call.usage_counted || call.usage.is_empty() {
            continue;
        }
        counted.dialect = counted.dialect.or(call.dialects.first().copied());
        // Anthropic bills the cached tokens apart; most instrumentations add them to the input.
        let apart = call.provider.as_deref() == Some("anthropic") && !call.usage.cache_exclusive;
        let cached = call.usage.cached_input.unwrap_or(0) + call.usage.cache_write.unwrap_or(0);
        let input = call.usage.input.unwrap_or(0) - if apart { cached } else { 0 };
        let sum = &mut counted.sum;
        sum.input = Some(sum.input.unwrap_or(0) + input);
        sum.output = Some(sum.output.unwrap_or(0) + call.usage.output.unwrap_or(0));
    }
}

/// Prints both tables and what was wrong; fails where a bar is not reached over all libraries.
#[allow(clippy::print_stderr, reason = "the table is there to be read")]
fn report(tables: &Tables) {
    let libraries = &tables.libraries;
    let mut table = shown("dialect", &tables.dialects) + "\n\n" + &shown("library", libraries);
    let mut missed = Vec::new();
    write!(table, "\n{:34}", "all").expect("a string takes all");
    for (name, bar) in BARS {
        let scores = || libraries.values().filter_map(|scores| scores.0.get(name));
        let all = Score {
            right: scores().map(|score| score.right).sum(),
            of: scores().map(|score| score.of).sum(),
            wrong: Vec::new(),
        };
        write!(table, "{:>11}", format!("{}/{}", all.right, all.of)).expect("a string takes all");
        let wrong: Vec<&String> = scores().flat_map(|score| &score.wrong).collect();
        if !wrong.is_empty() {
            eprintln!("\n{name}, {:.4}, wrong:", all.share());
            wrong.iter().take(60).for_each(|wrong| eprintln!("  {wrong}"));
        }
        if all.share() < *bar {
            missed.push(format!("{name} {:.4} < {bar}", all.share()));
        }
    }
    eprintln!("\n{table}");
    assert!(missed.is_empty(), "{}", missed.join(", "));
}

/// A row of right out of how many for each of `rows`.
fn shown(what: &str, rows: &BTreeMap<String, Scores>) -> String {
    let mut table = format!("{what:34}");
    BARS.iter().for_each(|(name, _)| write!(table, "{name:>11}").expect("a string takes all"));
    for (of, scores) in rows {
        write!(table, "\n{of:34}").expect("a string takes all");
        for (name, _) in BARS {
            let cell =
                scores.0.get(name).map_or(String::new(), |score| format!("{}/{}", score.right, score.of));
            write!(table, "{cell:>11}").expect("a string takes all");
        }
    }
    table
}

/// All payloads but metrics; `None`, said aloud, where there is no corpus.
pub fn payloads() -> Option<Vec<Payload>> {
    let corpus = shared::corpus()?;
    let index: Json =
        serde_json::from_slice(&std::fs::read(corpus.join("index.json")).expect("an index")).expect("JSON");
    let rows = index.as_array().expect("a list of payloads");
    Some(rows.iter().filter_map(|row| payload(corpus, row)).collect())
}

fn payload(corpus: &Path, row: &Json) -> Option<Payload> {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_string();
    let signal = Signal::ALL.into_iter().find(|signal| signal.name() == text("signal"))?;
    let body = std::fs::read(corpus.join(text("file"))).expect("a payload");
    let expected = std::fs::read(corpus.join(text("expected"))).expect("what is expected of it");
    let otlp = if text("encoding") == "protobuf" { Bytes::from(body) } else { from_json(signal, &body)? };
    Some(Payload {
        file: text("file"),
        library: text("library"),
        batch: Batch::read(signal, otlp, &Limits::default()).expect("a real payload is a valid request"),
        expected: serde_json::from_slice(&expected).expect("JSON"),
    })
}

fn from_json(signal: Signal, body: &[u8]) -> Option<Bytes> {
    use opentelemetry_proto::tonic::collector::{
        logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest,
    };
    let encoded = match signal {
        Signal::Traces => {
            serde_json::from_slice::<ExportTraceServiceRequest>(body).expect("OTLP/JSON").encode_to_vec()
        }
        Signal::Logs => {
            serde_json::from_slice::<ExportLogsServiceRequest>(body).expect("OTLP/JSON").encode_to_vec()
        }
        Signal::Metrics => return None,
    };
    Some(encoded.into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}
