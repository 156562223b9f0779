//! What storing calls costs: PostgreSQL against inserting the same rows one by one, ClickHouse's engine against a
//! server that takes rows and throws them away.
//!
//! `tests/backends/install postgres clickhouse`, then `cargo bench --bench stores`. Goals: 15,000 spans/s into PostgreSQL
//! and 5 x one by one, 50,000 spans/s into ClickHouse. Servers and exporter share the machine, so beside the rate stands
//! the CPU time of both, a span: what it leaves for others to do does not change it. Medians of rounds in turns.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench tells its figures, and what it lacks")]
#![allow(clippy::unwrap_used, reason = "where a server fails there is nothing to measure")]

mod payload;
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../tests/backends/support/mod.rs"]
mod support;

use futures_util::StreamExt;
use futures_util::stream;
use prost::Message;
use sidelight::enrich::cost::Prices;
use sidelight::enrich::{self, Enricher};
use sidelight::export::{Exporter, Settings, Verdict, clickhouse, postgres};
use sidelight::llm::Record;
use sidelight::otlp::{Batch, Limits, Signal};
use sidelight::settings::Secret;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::clickhouse::PASSWORD;
use support::{ClickHouse, Postgres, batch};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const ROUNDS: usize = 3;

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        into_postgres().await;
        into_clickhouse().await;
    });
}

/// Batches that nobody has seen before, made from a seed.
struct Source {
    made: u64,
    calls: Calls,
}

/// What calls are like.
#[derive(Clone, Copy, PartialEq)]
enum Calls {
    /// As they come over Kafka.
    Plain,
    /// The same, one in a hundred with a vector.
    Vectors,
    /// As they come from apps, with 2 to 20 kB of texts, which are read and not stored.
    Texts,
}

impl Calls {
    fn name(self) -> &'static str {
        match self {
            Calls::Plain => "as Kafka brings them",
            Calls::Vectors => "1 % of them with a vector",
            Calls::Texts => "with their texts",
        }
    }
}

impl Source {
    fn batch(&mut self, spans: usize) -> Batch {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        if self.calls == Calls::Texts {
            self.made += 1;
            let request = payload::traces(now ^ self.made, spans, 100).encode_to_vec();
            let batch = Batch::read(Signal::Traces, request.into(), &Limits::default()).unwrap();
            let enricher = Enricher::build(&enrich::Config::default(), Prices::builtin());
            return enricher.apply(&batch, SystemTime::now()).batch;
        }
        let calls: Vec<Record> = (0..spans)
            .map(|_| {
                self.made += 1;
                let sampled = self.calls == Calls::Vectors && self.made.is_multiple_of(100);
                let vector = |n: u64| ((self.made * 31 + n * 7919) % 1000) as f32 / 1000.0 - 0.5;
                Record {
                    is_sampled: sampled,
                    prompt_hash: sampled.then(|| "a".repeat(64)),
                    prompt_embedding: if sampled { (0..384).map(vector).collect() } else { Vec::new() },
                    embedding_model: if sampled { "all-MiniLM-L6-v2".to_string() } else { String::new() },
                    session_id: Some(format!("session-{}", self.made / 10)),
                    span_id: format!(
                        "{:08x}-0000-4000-8000-{:012x}",
                        self.made as u32 ^ 0x5bd1_e995,
                        self.made
                    ),
                    ..support::call(self.made, now + self.made)
                }
            })
            .collect();
        batch(&calls)
    }
}

/// What a round came to.
#[derive(Clone, Copy)]
struct Round {
    /// A second.
    spans: f64,
    /// CPU microseconds a span.
    ours: f64,
    servers: f64,
}

/// Does `work` on that many spans; `server` is the first process of what does the rest.
async fn round(server: u32, spans: u64, work: impl Future<Output = ()>) -> Round {
    let (start, ours, servers) = (Instant::now(), cpu_time(), tree_time(server));
    work.await;
    let a_span = |took: Duration| took.as_secs_f64() * 1e6 / spans as f64;
    Round {
        spans: spans as f64 / start.elapsed().as_secs_f64(),
        ours: a_span(cpu_time() - ours),
        servers: a_span(tree_time(server) - servers),
    }
}

/// Sends all of `batches`, two at a time as the lane does.
async fn send(exporter: &Arc<dyn Exporter>, server: u32, batches: Vec<Batch>) -> Round {
    let spans: u64 = batches.iter().map(|batch| u64::from(batch.items())).sum();
    let sends = stream::iter(batches).map(|batch| async move {
        match exporter.send(&batch).await {
            Verdict::Kept { items } => items,
            other => panic!("{other:?}"),
        }
    });
    let all = async {
        let kept: u64 = sends.buffer_unordered(2).fold(0, async |sum, items| sum + items).await;
        assert_eq!(kept, spans, "every span is a call");
    };
    round(server, spans, all).await
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// What a process, its children and those of them that have ended have used.
fn tree_time(pid: u32) -> Duration {
    let fields = |stat: &str| -> Vec<u64> {
        let after = stat.rsplit(')').next().unwrap_or("");
        after.split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0)).collect()
    };
    let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let ticks: u64 = all
        .filter_map(|entry| {
            let own: u32 = entry.file_name().to_str()?.parse().ok()?;
            let fields = fields(&std::fs::read_to_string(entry.path().join("stat")).ok()?);
            // Of the whole line: 4 is the parent, 14 and 15 the own time, 16 and 17 that of children that ended.
            let [parent, user, system] = [fields[0], fields[10], fields[11]];
            match own == pid {
                true => Some(user + system + fields[12] + fields[13]),
                false => (parent == u64::from(pid)).then_some(user + system),
            }
        })
        .sum();
    Duration::from_millis(ticks * 10)
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    let mut figures: Vec<f64> = rounds.iter().map(of).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn tell(name: &str, rounds: &[Round]) {
    let (spans, ours) = (median(rounds, |round| round.spans), median(rounds, |round| round.ours));
    let servers = median(rounds, |round| round.servers);
    println!(
        "  {name:<44}{spans:>9.0} spans/s, {ours:>6.1} + {servers:>6.1} us CPU a span: {:>7.0} spans/s a core",
        1e6 / (ours + servers)
    );
}

async fn into_postgres() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let Some(server) = Postgres::start(folder.path()).await else { return };
    let config = postgres::Config { url: Secret(server.url()), ..postgres::Config::default() };
    let exporter = config.build(Path::new("")).unwrap();
    println!("PostgreSQL, fsync on; ours + the server's");
    for (calls, spans, batches) in
        [(Calls::Plain, 2000, 10), (Calls::Vectors, 2000, 5), (Calls::Texts, 400, 4)]
    {
        let mut source = Source { made: 0, calls };
        send(&exporter, server.pid(), vec![source.batch(100)]).await;
        let one_by_one = OneByOne::new(&server).await;
        let (mut ours, mut transactions, mut alone) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let batches: Vec<Batch> = (0..batches).map(|_| source.batch(spans)).collect();
            ours.push(send(&exporter, server.pid(), batches).await);
            transactions.push(round(server.pid(), 1000, one_by_one.insert(1000, 500)).await);
            alone.push(round(server.pid(), 300, one_by_one.insert(300, 1)).await);
        }
        tell(calls.name(), &ours);
        tell("  one by one, 500 a transaction", &transactions);
        tell("  one by one, each its own transaction", &alone);
    }
    let size = "SELECT sum(pg_total_relation_size(inhrelid)) / (SELECT count(*) FROM llm_spans) \
        FROM pg_inherits WHERE inhparent = 'llm_spans'::regclass";
    println!("  on disk: {} bytes a row, with its indexes", server.ask(size).await.trim());
}

/// The rows that are stored already, inserted once more into a table of the same kind: a prepared statement and a
/// round trip for each.
struct OneByOne {
    client: tokio_postgres::Client,
    statement: tokio_postgres::Statement,
    rows: Vec<Vec<Option<String>>>,
}

impl OneByOne {
    async fn new(server: &Postgres) -> OneByOne {
        let (client, connection) =
            tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let twin = "DROP TABLE IF EXISTS twin; CREATE TABLE twin (LIKE llm_spans INCLUDING ALL)";
        client.batch_execute(twin).await.unwrap();
        let columns = "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'twin'::regclass \
            AND attnum > 0 AND attname NOT IN ('id', 'span_id', 'created_at', 'updated_at')";
        let columns = client.query(columns, &[]).await.unwrap();
        let names: Vec<String> = columns.iter().map(|column| column.get(0)).collect();
        let casts = columns
            .iter()
            .enumerate()
            .map(|(n, column)| format!("${}::text::{}", n + 1, column.get::<_, String>(1)));
        let casts: Vec<String> = casts.collect();
        let insert = format!(
            "INSERT INTO twin (span_id, {}) VALUES (gen_random_uuid(), {}) ON CONFLICT DO NOTHING",
            names.join(", "),
            casts.join(", ")
        );
        let statement = client.prepare(&insert).await.unwrap();
        let texts: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
        let rows = format!("SELECT {} FROM llm_spans ORDER BY created_at DESC LIMIT 100", texts.join(", "));
        let rows = client.query(&rows, &[]).await.unwrap();
        let rows = rows.iter().map(|row| (0..row.len()).map(|n| row.get(n)).collect()).collect();
        OneByOne { client, statement, rows }
    }

    async fn insert(&self, rows: usize, a_transaction: usize) {
        let all: Vec<&Vec<Option<String>>> = self.rows.iter().cycle().take(rows).collect();
        for chunk in all.chunks(a_transaction) {
            self.client.batch_execute("BEGIN").await.unwrap();
            for row in chunk {
                self.client.execute_raw(&self.statement, row.iter()).await.unwrap();
            }
            self.client.batch_execute("COMMIT").await.unwrap();
        }
    }
}

async fn into_clickhouse() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let Some(server) = ClickHouse::start(folder.path()).await else { return };
    let password = Secret(PASSWORD.to_string());
    let config = clickhouse::Config { endpoint: server.url(), password, ..clickhouse::Config::default() };
    let exporter = config.build(Path::new("")).unwrap();
    println!("ClickHouse's engine behind a small HTTP server, one insert at a time; ours + the server's");
    for (calls, spans, batches) in
        [(Calls::Plain, 10_000, 6), (Calls::Vectors, 10_000, 3), (Calls::Texts, 1000, 4)]
    {
        let mut source = Source { made: 0, calls };
        send(&exporter, server.pid(), vec![source.batch(100)]).await;
        let columns = "SELECT name, type, default_kind FROM system.columns WHERE database = 'default' \
            AND table = 'llm_spans' ORDER BY position FORMAT JSONCompactEachRow";
        let endpoint = nowhere(server.ask(columns).await).await;
        let nowhere = clickhouse::Config { endpoint, ..config.clone() }.build(Path::new("")).unwrap();
        let (mut ours, mut alone) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let batches: Vec<Batch> = (0..batches).map(|_| source.batch(spans)).collect();
            alone.push(send(&nowhere, server.pid(), batches.clone()).await);
            ours.push(send(&exporter, server.pid(), batches).await);
        }
        tell(calls.name(), &ours);
        tell("  to a server that throws them away", &alone);
    }
    let size =
        "SELECT intDiv(sum(bytes_on_disk), sum(rows)) FROM system.parts WHERE active AND table = 'llm_spans'";
    println!("  on disk: {} bytes a row", server.ask(size).await.trim());
}

/// An HTTP server that reads inserts to their end and answers everything else with `columns`. Its URL.
async fn nowhere(columns: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(swallow(socket, columns.clone()));
        }
    });
    url
}

async fn swallow(socket: TcpStream, columns: String) {
    let (read, mut write) = socket.into_split();
    let mut read = BufReader::with_capacity(1 << 20, read);
    loop {
        let (mut len, mut insert, mut line) = (0, false, String::new());
        while line != "\r\n" {
            line.clear();
            if read.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            insert |= line.starts_with("POST ") && line.contains("INSERT");
            let lower = line.to_ascii_lowercase();
            len = lower.strip_prefix("content-length:").map_or(len, |number| number.trim().parse().unwrap());
        }
        tokio::io::copy(&mut (&mut read).take(len), &mut tokio::io::sink()).await.unwrap();
        let body = if insert { "" } else { &columns };
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        write.write_all(answer.as_bytes()).await.unwrap();
    }
}
