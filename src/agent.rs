//! Builds every part from its `Config`, connects them, and drains them in order.

mod control;
mod embedding;
mod lanes;

pub use control::Control;

use crate::config::{Config, Loaded};
use crate::drain::Drain;
use crate::enrich::{self, Enricher, Files};
use crate::export::BoxError;
use crate::manage::{self, Listening};
use crate::net::listen::{BindError, Endpoint, Listener};
use crate::queue::{self, DeadError, DeadLetters, Directory, Durability, LaneSpec, Opened, Queue};
use crate::receive::{self, Intake, Live, LlmMetrics};
use crate::recognize::memory::Memory;
use crate::telemetry::health::Phase;
use crate::telemetry::{self, Health, Recorder};
use embedding::Embedding;
use lanes::{Built, Lanes};
use rustix::fs::Access;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
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
    delivering: Arc<Lanes>,
    showing: Drain,
    managing: Option<JoinHandle<()>>,
    queue: Queue,
    committing: JoinHandle<()>,
    keeping_up: JoinHandle<()>,
    control: Control,
}

/// Where an agent listens; differs from the configuration where that says port 0.
#[derive(Clone, Debug)]
pub struct Addresses {
    pub grpc: Option<SocketAddr>,
    pub http: Option<SocketAddr>,
    pub manage: Option<SocketAddr>,
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
    #[error(transparent)]
    Files(#[from] enrich::LoadError),
    #[error("enrich.embed")]
    Embed(#[source] BoxError),
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
    #[error(transparent)]
    Manage(#[from] manage::StartError),
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

impl Agent {
    /// Starts every part, the receivers last: what they accept has somewhere to go.
    pub async fn start(loaded: &Loaded) -> Result<Agent, StartError> {
        let config = &loaded.config;
        let recorder = Recorder::new();
        let health = Health::new();
        private_folder(&config.data_dir)
            .map_err(|source| StartError::DataDir { path: config.data_dir.clone(), source })?;

        // Everything that can be refused comes first, so that nothing has to be stopped again.
        let receiver = receive::bind(&config.receivers).await?;
        #[cfg(feature = "kafka")]
        let reader = recorder.scope(|| config.receivers.kafka.as_ref().map(receive::kafka::Reader::new));
        #[cfg(feature = "kafka")]
        let reader = reader.transpose().map_err(receive::StartError::Kafka)?;
        let metrics = bind("telemetry.metrics.endpoint", &config.telemetry.metrics).await?;
        let page = bind("telemetry.health.endpoint", &config.telemetry.health).await?;
        let management = manage::bind(&config.manage)?;
        let enrich = manage::Saved::new(&config.data_dir).over(&config.enrich);
        let enricher = Live::new(Enricher::build(&enrich, Files::load(&enrich)?));
        let exporters = lanes::build(config, &recorder)?;
        let embedding = Embedding::start(config, &recorder).map_err(StartError::Embed)?;
        let specs: Vec<LaneSpec> = exporters.iter().map(Built::spec).collect();
        let (opened, dead) = open_queue(config, &specs, &recorder)?;

        let Opened { queue, committer, upkeep, lanes } = opened;
        let dead = Arc::new(dead);
        let lanes = Lanes::start(
            exporters,
            lanes,
            queue.clone(),
            dead.clone(),
            &recorder,
            embedding,
            &config.data_dir,
        );
        lanes.mask_by(&enricher.get());
        let lanes = Arc::new(lanes);
        let mut agent = Agent {
            addresses: Addresses {
                grpc: receiver.grpc_address(),
                http: receiver.http_address(),
                manage: management.as_ref().and_then(manage::Bound::address),
                metrics: metrics.address(),
                health: page.address(),
            },
            health,
            receiving: Drain::default(),
            delivering: lanes.clone(),
            showing: Drain::default(),
            managing: None,
            control: Control::new(lanes, enricher.clone(), queue.clone(), dead.clone(), loaded),
            queue,
            committing: thread("queue-commit", move || committer.run())?,
            keeping_up: thread("queue-upkeep", move || upkeep.run())?,
        };
        let kept = agent.queue.clone();
        agent.health.check(move || kept.is_failing().then_some("disk"));
        agent.show(metrics, page, &recorder);
        let received = recorder.scope(receive::Metrics::new);
        let line = Arc::new(receive::Standard {
            enricher,
            queue: agent.queue.clone(),
            metrics: recorder.scope(enrich::Metrics::new),
            calls: LlmMetrics::new(recorder.registry()),
            memory: Memory::default(),
        });
        if let Some(management) = management {
            agent.managing = Some(agent.manage(management, config, &line, &dead, &received)?);
        }
        let intake = agent.intake(config, line, received, &recorder);
        #[cfg(feature = "kafka")]
        if let Some(reader) = reader {
            let reading = reader.serve(intake.clone(), dead.clone(), agent.receiving.clone());
            agent.receiving.tasks.spawn(reading);
        }
        agent.receiving.tasks.spawn(receiver.serve(intake, agent.receiving.clone()));
        agent.showing.tasks.spawn(bury_the_old(dead, agent.showing.stop.clone()));
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
        self.delivering.finish().await;
        let waiting = self.queue.ledgers().iter().map(|(_, ledger)| ledger.waiting().items).sum();
        self.queue.finish();
        join(self.keeping_up).await;
        self.showing.finish(ANSWER).await;
        if let Some(managing) = self.managing {
            join(managing).await;
        }
        waiting
    }
}

impl Agent {
    /// What can be done with it while it runs.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Whether it can still accept and keep; if not, only a restart helps.
    pub fn is_alive(&self) -> bool {
        !self.committing.is_finished() && !self.keeping_up.is_finished()
    }

    /// Shows metrics and health until the very end.
    fn show(&self, metrics: Listener, page: Listener, recorder: &Recorder) {
        let (ledgers, queue) = (self.delivering.ledgers(), self.queue.clone());
        recorder.before_scrape(move || {
            ledgers.collect();
            queue.observe();
        });
        let Drain { stop, tasks } = &self.showing;
        tasks.spawn(telemetry::serve_metrics(metrics, recorder.clone(), stop.clone()));
        tasks.spawn(telemetry::serve_health(page, self.health.clone(), stop.clone()));
    }

    /// Starts the management API, which is there until the very end too.
    fn manage(
        &self,
        management: manage::Bound,
        config: &Config,
        line: &Arc<receive::Standard>,
        dead: &Arc<DeadLetters>,
        received: &receive::Metrics,
    ) -> Result<JoinHandle<()>, StartError> {
        // Its own bound on bytes: a flood there leaves the receivers theirs.
        let intake = Intake::new(line.clone(), manage::IN_FLIGHT, received.clone(), &self.receiving);
        let parts = manage::Parts {
            agent: Box::new(self.control()),
            listening: self.addresses.listening(),
            health: self.health.clone(),
            received: received.clone(),
            intake,
            calls: line.calls.clone(),
            enricher: line.enricher.clone(),
            queue: self.queue.clone(),
            queue_config: config.queue.clone(),
            dead: dead.clone(),
            data_dir: config.data_dir.clone(),
        };
        let stop = self.showing.stop.clone();
        thread("manage", move || management.serve(parts, stop))
    }

    /// The way in for all receivers.
    fn intake(
        &self,
        config: &Config,
        line: Arc<receive::Standard>,
        metrics: receive::Metrics,
        recorder: &Recorder,
    ) -> Intake {
        let in_flight = config.queue.max_in_flight.0 as usize;
        let intake = Intake::new(line, in_flight, metrics, &self.receiving);
        let shown = intake.clone();
        recorder.before_scrape(move || shown.collect());
        intake
    }
}

impl Addresses {
    fn listening(&self) -> Vec<Listening> {
        let all = [
            ("grpc", self.grpc),
            ("http", self.http),
            ("manage", self.manage),
            ("metrics", self.metrics),
            ("health", self.health),
        ];
        let found = all.into_iter().filter_map(|(what, at)| Some(Listening { what, at: at?.to_string() }));
        found.collect()
    }
}

fn open_queue(
    config: &Config,
    specs: &[LaneSpec],
    recorder: &Recorder,
) -> Result<(Opened, DeadLetters), StartError> {
    let path = &config.queue.directory;
    let refused = |source: BoxError| StartError::Queue { path: path.clone(), source };
    private_folder(path).map_err(|error| refused(error.into()))?;
    let metrics = recorder.scope(queue::Metrics::new);
    let disk = Arc::new(Directory::new(path));
    let opened = Queue::open(config.queue.clone(), specs, metrics.clone(), disk)
        .map_err(|error| refused(error.into()))?;
    let dead = match config.queue.durability {
        Durability::Memory => DeadLetters::in_memory(config.queue.dead, metrics),
        Durability::Fsync | Durability::Os => DeadLetters::open(path, config.queue.dead, metrics),
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

/// Drops dead letters that are past their age, until `stop`.
async fn bury_the_old(dead: Arc<DeadLetters>, stop: CancellationToken) {
    let mut hours = tokio::time::interval(Duration::from_secs(3600));
    while stop.run_until_cancelled(hours.tick()).await.is_some() {
        if let Err(error) = blocking(&dead, |dead| dead.expire()).await {
            warn!(error = &error as &dyn std::error::Error, "cannot look through the dead letters");
        }
    }
}

/// Runs `work` on a thread that may block.
async fn blocking<T: Send + 'static>(
    dead: &Arc<DeadLetters>,
    work: impl FnOnce(&DeadLetters) -> Result<T, DeadError> + Send + 'static,
) -> Result<T, DeadError> {
    let dead = dead.clone();
    let done = tokio::task::spawn_blocking(move || work(&dead)).await;
    done.unwrap_or_else(|_| Err(DeadError::Disk(io::Error::other("a fault in Sidelight"))))
}

/// Waits for a thread without holding up the runtime.
async fn join(thread: JoinHandle<()>) {
    let joined = tokio::task::spawn_blocking(move || thread.join()).await;
    if !matches!(joined, Ok(Ok(()))) {
        warn!("a thread of the queue ended by a fault in Sidelight");
    }
}
