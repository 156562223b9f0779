//! Senders that never stop by themselves, and the account of what was accepted from them.

use super::process::Sidelight;
use super::spans::trace;
use super::upstream::{AllTaken, Upstream};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The span ids that were accepted, ever. Cloning shares it.
#[derive(Clone, Default)]
pub struct Accepted(Arc<Mutex<HashSet<Vec<u8>>>>);

impl Accepted {
    pub fn ids(&self) -> HashSet<Vec<u8>> {
        self.0.lock().expect("no panic while held").clone()
    }

    pub fn add(&self, ids: Vec<Vec<u8>>) {
        self.0.lock().expect("no panic while held").extend(ids);
    }
}

/// How a flood sends.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    Grpc,
    Http,
}

/// Senders that go on until they are stopped or dropped. Who is told to come back does.
pub struct Flood {
    senders: JoinSet<()>,
    answers: watch::Receiver<Answers>,
}

/// What senders have heard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answers {
    pub accepted: usize,
    pub refused: usize,
}

/// A sender's pause after each request, and the bytes of prompt in each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    pub pause: Duration,
    pub prompt: usize,
}

impl Flood {
    /// Four senders to `agent`.
    pub fn start(agent: &Sidelight, way: Way, load: Load, accepted: &Accepted) -> Flood {
        let (heard, answers) = watch::channel(Answers::default());
        let heard = Arc::new(heard);
        let mut senders = JoinSet::new();
        for _ in 0..4 {
            let (url, grpc) = (agent.url.clone(), agent.grpc.clone());
            let (accepted, heard) = (accepted.clone(), heard.clone());
            senders.spawn(async move {
                match way {
                    Way::Http => by_http(url, load, accepted, heard).await,
                    Way::Grpc => by_grpc(grpc, load, accepted, heard).await,
                }
            });
        }
        Flood { senders, answers }
    }

    pub fn answers(&self) -> Answers {
        *self.answers.borrow()
    }

    /// Returns once `enough` answers were heard; panics after a minute.
    pub async fn heard(&mut self, enough: impl FnMut(&Answers) -> bool) {
        let waited = tokio::time::timeout(Duration::from_secs(60), self.answers.wait_for(enough)).await;
        let heard = waited.is_ok_and(|found| found.is_ok());
        assert!(heard, "a minute has passed: {:?}", self.answers());
    }

    /// Stops between two requests or in one: what is not answered then is not accepted.
    pub async fn stop(mut self) {
        self.senders.shutdown().await;
    }

    /// Waits until every sender has found the agent gone.
    pub async fn end(mut self) {
        while let Some(ended) = self.senders.join_next().await {
            ended.expect("a sender does not panic");
        }
    }
}

async fn by_http(url: String, load: Load, accepted: Accepted, heard: Arc<watch::Sender<Answers>>) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let prompt = "word ".repeat(load.prompt / 5);
    loop {
        let trace = trace().llm(&prompt).plain("GET /");
        let request = client.post(&url).header("content-type", "application/x-protobuf").body(trace.proto());
        match request.send().await {
            Ok(answer) if answer.status().is_success() => {
                accepted.add(trace.span_ids());
                heard.send_modify(|all| all.accepted += 1);
            }
            Ok(answer) => {
                assert_eq!(answer.status(), 503, "nothing else may be said to a good request");
                heard.send_modify(|all| all.refused += 1);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(_) => return,
        }
        tokio::time::sleep(load.pause).await;
    }
}

async fn by_grpc(url: String, load: Load, accepted: Accepted, heard: Arc<watch::Sender<Answers>>) {
    let Ok(mut client) = TraceServiceClient::connect(url).await else { return };
    let prompt = "word ".repeat(load.prompt / 5);
    loop {
        let trace = trace().llm(&prompt).plain("GET /");
        match client.export(trace.request()).await {
            Ok(_) => {
                accepted.add(trace.span_ids());
                heard.send_modify(|all| all.accepted += 1);
            }
            // Tonic says Unavailable both for what the agent says and for a connection that is gone.
            Err(status) if status.code() == tonic::Code::Unavailable && !status.details().is_empty() => {
                heard.send_modify(|all| all.refused += 1);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(_) => return,
        }
        tokio::time::sleep(load.pause).await;
    }
}

/// How often each span has arrived; looks at each request once.
#[derive(Default)]
pub struct Arrived {
    times: HashMap<Vec<u8>, u32>,
    looked_at: usize,
}

impl Arrived {
    fn look(&mut self, taken: &AllTaken) {
        for id in AllTaken(taken.0[self.looked_at..].to_vec()).span_ids() {
            *self.times.entry(id).or_default() += 1;
        }
        self.looked_at = taken.0.len();
    }

    /// Waits until every accepted span is there, for as long as some still come; how many came more than once.
    pub async fn all(&mut self, accepted: &Accepted, upstream: &Upstream) -> usize {
        let wanted = accepted.ids();
        let patience = Duration::from_secs(60);
        let mut end = Instant::now() + patience;
        loop {
            let before = self.looked_at;
            self.look(&upstream.taken());
            if self.looked_at > before {
                end = Instant::now() + patience;
            }
            let missing = wanted.iter().filter(|id| !self.times.contains_key(*id)).count();
            if missing == 0 {
                return self.times.values().filter(|times| **times > 1).count();
            }
            assert!(Instant::now() < end, "{missing} of {} accepted spans have not arrived", wanted.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
