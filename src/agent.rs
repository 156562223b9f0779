//! Builds every part from its `Config`, connects them, and drains them in order.

use crate::config::Config;
use crate::drain::Drain;
use crate::enrich::cost::{self, Prices};
use crate::enrich::{self, Enricher};
use crate::export::{self, BoxError, Exporter, Lane, Ledgers, Settings, Words};
use crate::net::listen::{BindError, Endpoint, Listener};
use crate::queue::{self, DeadLetters, Directory, Durability, LaneSpec, Opened, Queue};
use crate::receive::{self, Intake, LlmMetrics, Receiver};
use crate::telemetry::health::Phase;
use crate::telemetry::{self, Health, Recorder};
use rustix::fs::Access;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How long requests in hand may take to be answered once we stop.
const ANSWER: Duration = Duration::from_secs(5);

/// How long lanes may go on delivering once nothing new comes in. The rest waits on disk.
const DELIVER: Duration = Duration::from_secs(10);

/// A running agent: everything listens, delivers and is shown.
pub struct Agent {
    pub addresses: Addresses,
    health: Health,
    receiving: Drain,
    /// The lanes, and what tells them to wait for nothing any more.
    delivering: (JoinSet<()>, CancellationToken),
    showing: Drain,
    queue: Queue,
    committing: JoinHandle<()>,
    keeping_up: JoinHandle<()>,
}

/// Where an agent listens; differs from the configuration where that says port 0.
#[derive(Clone, Debug)]
pub struct Addresses {
    pub grpc: Option<SocketAddr>,
    pub http: Option<SocketAddr>,
    pub metrics: Option<SocketAddr>,
    pub health: Option<SocketAddr>,
}

/// Why an agent could not start. Nothing is left running.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("data_dir: cannot use {}", path.display())]
    DataDir {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("queue.directory: cannot use {}", path.display())]
    Queue {
        path: PathBuf,
        #[source]
        source: BoxError,
    },
    #[error("enrich.cost.prices")]
    Prices(#[source] cost::LoadError),
    #[error("exporters.{id}")]
    Exporter {
        id: String,
        #[source]
        source: BoxError,
    },
    #[error(transparent)]
    Receive(#[from] receive::StartError),
    #[error("{key}")]
    Listen {
        key: &'static str,
        #[source]
        source: BindError,
    },
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

impl Agent {
    /// Starts every part, the receivers last: what they accept has somewhere to go.
    pub async fn start(config: &Config) -> Result<Agent, StartError> {
        let recorder = Recorder::new();
        let health = Health::new();
        private_folder(&config.data_dir)
            .map_err(|source| StartError::DataDir { path: config.data_dir.clone(), source })?;

        // Everything that can be refused comes first, so that nothing has to be stopped again.
        let receiver = receive::bind(&config.receivers).await?;
        let metrics = bind("telemetry.metrics.endpoint", &config.telemetry.metrics).await?;
        let page = bind("telemetry.health.endpoint", &config.telemetry.health).await?;
        let prices = Prices::load(&config.enrich.cost.prices).map_err(StartError::Prices)?;
        let enricher = Enricher::build(&config.enrich, prices);
        let exporters = build_exporters(config, &recorder)?;
        let (opened, dead) = open_queue(config, &recorder)?;

        let Opened { queue, committer, upkeep, lanes } = opened;
        let stop = CancellationToken::new();
        let agent = Agent {
            addresses: Addresses {
                grpc: receiver.grpc_address(),
                http: receiver.http_address(),
                metrics: metrics.address(),
                health: page.address(),
            },
            health,
            receiving: Drain::default(),
            delivering: (deliver(lanes, exporters, config, dead, &recorder, &stop), stop),
            showing: Drain::default(),
            queue,
            committing: thread("queue-commit", move || committer.run())?,
            keeping_up: thread("queue-upkeep", move || upkeep.run())?,
        };
        agent.show(metrics, page, &recorder);
        agent.receive(receiver, config, enricher, &recorder);
        warn_of_open_doors(config);
        agent.health.set(Phase::Ready);
        Ok(agent)
    }

    /// Stops in order: no new requests, answers for those in hand, what can be delivered at once, and
    /// the rest left on disk. Returns how many items wait there.
    pub async fn stop(self) -> u64 {
        self.health.set(Phase::Draining);
        if !self.receiving.finish(ANSWER).await {
            warn!("some requests were not answered in time; their senders will send them again");
        }
        self.queue.close();
        join(self.committing).await;
        let (mut lanes, stop) = self.delivering;
        stop.cancel();
        let delivered = async { while lanes.join_next().await.is_some() {} };
        if tokio::time::timeout(DELIVER, delivered).await.is_err() {
            lanes.shutdown().await;
        }
        let waiting = self.queue.ledgers().iter().map(|(_, ledger)| ledger.waiting().items).sum();
        self.queue.finish();
        join(self.keeping_up).await;
        self.showing.finish(ANSWER).await;
        waiting
    }
}

impl Agent {
    /// Shows metrics and health until the very end.
    fn show(&self, metrics: Listener, page: Listener, recorder: &Recorder) {
        let (ledgers, queue) = (recorder.scope(|| Ledgers::new(&self.queue)), self.queue.clone());
        recorder.before_scrape(move || {
            ledgers.collect();
            queue.observe();
        });
        let Drain { stop, tasks } = &self.showing;
        tasks.spawn(telemetry::serve_metrics(metrics, recorder.clone(), stop.clone()));
        tasks.spawn(telemetry::serve_health(page, self.health.clone(), stop.clone()));
    }

    /// Takes requests from now on.
    fn receive(&self, receiver: Receiver, config: &Config, enricher: Enricher, recorder: &Recorder) {
        let line = receive::Standard {
            enricher,
            queue: self.queue.clone(),
            metrics: recorder.scope(enrich::Metrics::new),
            calls: LlmMetrics::new(recorder.registry()),
        };
        let in_flight = config.queue.max_in_flight.0 as usize;
        let metrics = recorder.scope(receive::Metrics::new);
        let intake = Intake::new(Arc::new(line), in_flight, metrics, &self.receiving);
        let shown = intake.clone();
        recorder.before_scrape(move || shown.collect());
        self.receiving.tasks.spawn(receiver.serve(intake, self.receiving.clone()));
    }
}

/// Starts the lanes: one task for each exporter.
fn deliver(
    lanes: Vec<queue::Lane>,
    exporters: Vec<Arc<dyn Exporter>>,
    config: &Config,
    dead: DeadLetters,
    recorder: &Recorder,
    stop: &CancellationToken,
) -> JoinSet<()> {
    let (dead, words) = (Arc::new(dead), Words::new());
    let mut running = JoinSet::new();
    for ((lane, exporter), (id, settings)) in lanes.into_iter().zip(exporters).zip(&config.exporters.0) {
        let metrics = recorder.scope(|| export::Metrics::new(id));
        let lane = Lane::new(lane, exporter, settings.lane(), dead.clone(), words.clone(), metrics);
        running.spawn(lane.run(stop.clone()));
    }
    running
}

fn build_exporters(config: &Config, recorder: &Recorder) -> Result<Vec<Arc<dyn Exporter>>, StartError> {
    let build = |(id, settings): &(String, Arc<dyn Settings>)| {
        let built = recorder.scope(|| settings.build(&config.data_dir));
        built.map_err(|source| StartError::Exporter { id: id.clone(), source })
    };
    config.exporters.0.iter().map(build).collect()
}

fn open_queue(config: &Config, recorder: &Recorder) -> Result<(Opened, DeadLetters), StartError> {
    let path = &config.queue.directory;
    let refused = |source: BoxError| StartError::Queue { path: path.clone(), source };
    private_folder(path).map_err(|error| refused(error.into()))?;
    let spec = |(id, settings): &(String, Arc<dyn Settings>)| LaneSpec {
        name: id.clone(),
        overrides: settings.lane().queue,
    };
    let specs: Vec<LaneSpec> = config.exporters.0.iter().map(spec).collect();
    let metrics = recorder.scope(queue::Metrics::new);
    let disk = Arc::new(Directory::new(path));
    let opened = Queue::open(config.queue.clone(), &specs, metrics.clone(), disk)
        .map_err(|error| refused(error.into()))?;
    let dead = match config.queue.durability {
        Durability::Memory => DeadLetters::in_memory(config.queue.max_size.0, metrics),
        Durability::Fsync | Durability::Os => DeadLetters::open(path, config.queue.max_size.0, metrics),
    };
    Ok((opened, dead.map_err(|error| refused(error.into()))?))
}

/// Makes `path`, readable by its owner only, if it is not there, and sees that files can be made in it.
fn private_folder(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    Ok(rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// Says where everyone who reaches this machine may send.
fn warn_of_open_doors(config: &Config) {
    for (section, door) in config.doors().into_iter().filter(|(_, door)| door.open && !door.at.is_loopback())
    {
        let key = format!("{section}.{}", door.key);
        warn!(key, endpoint = %door.at, "everyone who reaches this machine may send here: set auth, or tls with client_ca_file");
    }
}

async fn bind(key: &'static str, config: &telemetry::Endpoint) -> Result<Listener, StartError> {
    let bound = Endpoint::Tcp(config.endpoint.clone()).bind().await;
    bound.map_err(|source| StartError::Listen { key, source })
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StartError> {
    std::thread::Builder::new().name(name.to_string()).spawn(work).map_err(StartError::Thread)
}

/// Waits for a thread without holding up the runtime.
async fn join(thread: JoinHandle<()>) {
    let joined = tokio::task::spawn_blocking(move || thread.join()).await;
    if !matches!(joined, Ok(Ok(()))) {
        warn!("a thread of the queue ended by a fault in Sidelight");
    }
}
