//! The one embedder of all lanes.

use super::cache::{Cache, Key, key};
use super::prompts::{self, Asked};
use super::{BoxError, Config, Engine, Metrics, Missed, Text, Vector, engine};
use crate::otlp::Batch;
use futures_util::future::join_all;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Texts that wait for their vector, over all lanes; more are turned away.
const MOST_WAITING: usize = 1024;

/// Vectors that are kept, at 1.6 kB each: up to twice as many.
const MOST_CACHED: usize = 2048;

/// Cloning shares it.
#[derive(Clone)]
pub struct Embedder(Arc<Shared>);

struct Shared {
    engine: Box<dyn Engine>,
    text: Text,
    deadline: Duration,
    waiting: Semaphore,
    /// As many as the engine takes at once.
    slots: Semaphore,
    cache: Mutex<Cache>,
    metrics: Metrics,
}

impl Embedder {
    /// The embedder that `config` asks for. Without weights it says so, once, and is `None`: spans then go on
    /// without vectors. The model is loaded in the background. Called within a runtime.
    pub fn start(config: &Config, data_dir: &Path, metrics: Metrics) -> Result<Option<Embedder>, BoxError> {
        Ok(engine::start(config, data_dir)?.map(|engine| Embedder::new(engine, config, metrics)))
    }

    pub fn new(engine: Box<dyn Engine>, config: &Config, metrics: Metrics) -> Embedder {
        Embedder(Arc::new(Shared {
            text: config.text,
            deadline: config.deadline,
            waiting: Semaphore::new(MOST_WAITING),
            slots: Semaphore::new(engine.at_once()),
            cache: Mutex::new(Cache::new(MOST_CACHED)),
            engine,
            metrics,
        }))
    }

    /// `batches` with the vectors of their prompts, as far as they can be had within the deadline.
    pub async fn add(&self, batches: Vec<Batch>) -> Vec<Batch> {
        let until = Instant::now() + self.0.deadline;
        let (found, text) = (batches.clone(), self.0.text);
        // Reading a batch is too much work for the thread of a socket. One that panics has no vectors.
        let finding = move || found.iter().map(|batch| prompts::find(batch, text)).collect::<Vec<_>>();
        let Ok(asked) = tokio::task::spawn_blocking(finding).await else { return batches };
        let vectors = self.vectors(asked.iter().flatten(), until).await;
        let known = |text: &str| vectors.get(&key(text)).cloned();
        let model = self.0.engine.name();
        batches.iter().zip(&asked).map(|(batch, asked)| prompts::put(batch, asked, known, model)).collect()
    }

    /// The vector of one text, if it can be had within the deadline.
    pub async fn one(&self, text: &str) -> Option<Vector> {
        self.vector(key(text), text, Instant::now() + self.0.deadline).await
    }

    /// What its vectors are known by: only those of one name can be compared.
    pub fn model(&self) -> &str {
        self.0.engine.name()
    }

    /// The vectors of all texts, each made once.
    async fn vectors(&self, asked: impl Iterator<Item = &Asked>, until: Instant) -> HashMap<Key, Vector> {
        let mut texts = HashMap::new();
        for asked in asked {
            self.0.metrics.missed(Missed::Full, asked.left_out);
            texts.extend(asked.texts.iter().map(|text| (key(text), text.as_str())));
        }
        let one = async |(key, text): (Key, &str)| Some((key, self.vector(key, text, until).await?));
        join_all(texts.into_iter().map(one)).await.into_iter().flatten().collect()
    }

    async fn vector(&self, key: Key, text: &str, until: Instant) -> Option<Vector> {
        let shared = &self.0;
        let found = match shared.waiting.try_acquire() {
            Ok(_place) => {
                tokio::time::timeout_at(until, shared.turn(key, text)).await.unwrap_or(Err(Missed::Late))
            }
            Err(_) => Err(Missed::Full),
        };
        found.map_err(|why| shared.metrics.missed(why, 1)).ok()
    }
}

impl Shared {
    /// Waits for its turn. An equal text may have had its own meanwhile.
    async fn turn(&self, key: Key, text: &str) -> Result<Vector, Missed> {
        if let Some(vector) = self.cached(&key) {
            return Ok(vector);
        }
        let _slot = self.slots.acquire().await.expect("nobody closes it");
        if let Some(vector) = self.cached(&key) {
            return Ok(vector);
        }
        let began = Instant::now();
        let vector = Vector::from(self.engine.vector(text).await?);
        self.metrics.made(began.elapsed());
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).put(key, vector.clone());
        Ok(vector)
    }

    fn cached(&self, key: &Key) -> Option<Vector> {
        let found = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(key);
        found.inspect(|_| self.metrics.cached())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::names;
    use crate::otlp::Signal;
    use crate::otlp::encode::{Value, attribute};
    use crate::otlp::wire::put_message;
    use futures_util::future::BoxFuture;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    /// Gives the length of a text, one text at a time; for ever it thinks about `slow`, and `bad` it cannot.
    #[derive(Default)]
    struct Lengths(Arc<AtomicUsize>);

    impl Engine for Lengths {
        fn name(&self) -> &str {
            "lengths"
        }

        fn at_once(&self) -> usize {
            1
        }

        fn vector<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Vec<f32>, Missed>> {
            Box::pin(async move {
                self.0.fetch_add(1, Relaxed);
                tokio::task::yield_now().await;
                match text {
                    "slow" => std::future::pending().await,
                    "bad" => Err(Missed::Model),
                    text => Ok(vec![text.len() as f32, 1.0]),
                }
            })
        }
    }

    /// A span for each, as `enrich` leaves it: the text, whether it is sampled, whether it has personal data.
    fn batch(spans: &[(&str, bool, bool)]) -> Batch {
        let span = |out: &mut Vec<u8>, &(text, sampled, pii): &(&str, bool, bool)| {
            put_message(out, 2, |span| {
                let embeds = text.contains('|');
                let inputs = serde_json::to_string(&text.split('|').collect::<Vec<_>>()).unwrap();
                let messages = serde_json::json!([{ "role": "user", "content": text }]).to_string();
                let operation = if embeds { "embeddings" } else { "chat" };
                attribute(span, 9, "gen_ai.operation.name", &Value::Str(operation));
                if embeds {
                    attribute(span, 9, "gen_ai.embeddings.input", &Value::Str(&inputs));
                } else {
                    attribute(span, 9, "gen_ai.input.messages", &Value::Str(&messages));
                }
                attribute(span, 9, names::SAMPLED, &Value::Bool(sampled));
                attribute(span, 9, names::PII_DETECTED, &Value::Bool(pii));
            });
        };
        let mut otlp = Vec::new();
        put_message(&mut otlp, 1, |resource| {
            put_message(resource, 2, |scope| spans.iter().for_each(|of| span(scope, of)));
        });
        Batch::trusted(Signal::Traces, otlp.into(), spans.len() as u32)
    }

    fn embedder() -> (Embedder, Arc<AtomicUsize>) {
        let engine = Lengths::default();
        let asked = engine.0.clone();
        (Embedder::new(Box::new(engine), &Config::default(), Metrics::new()), asked)
    }

    /// The first number of every vector on the spans of `batch`.
    fn vectors(batch: &Batch) -> Vec<Vec<f64>> {
        let of = |item: crate::otlp::Item<'_>| {
            let one = item.attributes().get(names::EMBEDDING_VECTOR).into_iter();
            let rows = item.attributes().get(names::EMBEDDING_VECTORS);
            let all = one.chain(rows.into_iter().flat_map(|rows| rows.items().collect::<Vec<_>>()));
            all.map(|vector| vector.items().next().and_then(|x| x.as_double()).unwrap_or(-1.0)).collect()
        };
        batch.walk().map(of).collect()
    }

    #[tokio::test]
    async fn only_sampled_calls_without_personal_data_get_a_vector() {
        let (embedder, _) = embedder();
        let batches = vec![batch(&[("a", true, false), ("bb", false, false)]), batch(&[("ccc", true, true)])];
        let with = embedder.add(batches.clone()).await;
        assert_eq!(with.iter().map(vectors).collect::<Vec<_>>(), [vec![vec![1.0], vec![]], vec![vec![]]]);
        assert_eq!(with[1], batches[1]);
        assert_eq!(embedder.add(with.clone()).await, with, "who has a vector gets no second one");
    }

    #[tokio::test]
    async fn an_embeddings_call_has_a_vector_for_each_input_and_a_gap_where_one_is_missing() {
        let (embedder, _) = embedder();
        let with = embedder.add(vec![batch(&[("a|bad|ccc", true, false)])]).await;
        assert_eq!(vectors(&with[0]), [[1.0, -1.0, 3.0]]);
    }

    #[tokio::test]
    async fn equal_texts_are_embedded_once_for_all_lanes() {
        let (embedder, asked) = embedder();
        let same = || vec![batch(&[("same", true, false), ("same", true, false)])];
        let (one, other) = tokio::join!(embedder.add(same()), embedder.add(same()));
        assert_eq!(vectors(&one[0]), [[4.0], [4.0]]);
        assert_eq!(one, other);
        assert_eq!(asked.load(Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_late_is_left_out_and_delivery_goes_on() {
        let (embedder, _) = embedder();
        let began = Instant::now();
        let with = embedder.add(vec![batch(&[("a", true, false), ("slow", true, false)])]).await;
        assert_eq!(began.elapsed().as_secs(), Config::default().deadline.as_secs());
        assert!(vectors(&with[0])[1].is_empty(), "of the other it depends on whose turn came first");
        // Nothing of it stays behind.
        assert_eq!(vectors(&embedder.add(vec![batch(&[("b", true, false)])]).await[0]), [[1.0]]);
    }

    #[tokio::test]
    async fn more_texts_than_may_wait_are_turned_away() {
        let (embedder, asked) = embedder();
        let texts: Vec<String> = (0..MOST_WAITING + 100).map(|n| n.to_string()).collect();
        let spans: Vec<(&str, bool, bool)> = texts.iter().map(|text| (text.as_str(), true, false)).collect();
        let with = embedder.add(vec![batch(&spans)]).await;
        assert_eq!(vectors(&with[0]).iter().flatten().count(), MOST_WAITING);
        assert_eq!(asked.load(Relaxed), MOST_WAITING);
    }

    #[tokio::test]
    async fn the_whole_prompt_is_embedded_where_that_was_chosen() {
        let engine = Box::new(Lengths::default());
        let config = Config { text: Text::Whole, ..Config::default() };
        let embedder = Embedder::new(engine, &config, Metrics::new());
        let mut otlp = Vec::new();
        put_message(&mut otlp, 1, |resource| {
            put_message(resource, 2, |scope| {
                put_message(scope, 2, |span| {
                    let messages = serde_json::json!([
                        { "role": "system", "content": "be brief" }, { "role": "user", "content": "hi" }
                    ]);
                    attribute(span, 9, "gen_ai.operation.name", &Value::Str("chat"));
                    attribute(span, 9, "gen_ai.input.messages", &Value::Str(&messages.to_string()));
                    attribute(span, 9, names::SAMPLED, &Value::Bool(true));
                    attribute(span, 9, names::PII_DETECTED, &Value::Bool(false));
                });
            });
        });
        let with = embedder.add(vec![Batch::trusted(Signal::Traces, otlp.into(), 1)]).await;
        assert_eq!(vectors(&with[0]), [["be brief\nhi".len() as f64]]);
    }
}
