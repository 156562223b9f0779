//! Whole processes: what the agent costs for each megabyte that it has accepted and made durable, against
//! the floor of receiving the same bytes by TCP, writing them over old ones and syncing; what it holds
//! when idle; how soon it is ready.
//!
//! `cargo bench --bench load`. Both run in one process each, are loaded by this one in a closed loop over two
//! connections, and take turns; figures are CPU time of the process, medians of five rounds.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

mod payload;
mod process;

use bytes::Bytes;
use payload::traces;
use process::{Agent, PEER_AWAY, cpu_ms, median};
use prost::Message;
use sidelight::export::peer::{self, Transport};
use sidelight::export::{Exporter, OtlpGrpc, Verdict};
use sidelight::otlp::{Batch, Signal};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 2;
const ROUNDS: usize = 5;
/// Sent in one round over all connections.
const ROUND_BYTES: usize = 96 << 20;
/// What the floor writes over, as a segment of the queue that is used again.
const OLD_BYTES: usize = 64 << 20;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--floor") {
        return floor(Path::new(&args[at + 1]));
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(measure());
}

async fn measure() {
    idle().await;
    println!("\n{:<22}{:>14}{:>14}{:>10}", "payload", "floor ms/MB", "agent ms/MB", "ratio");
    for (name, spans, llm_percent) in
        [("512 plain spans", 512, 0), ("512 spans, 10 % LLM", 512, 10), ("64 LLM spans", 64, 100)]
    {
        let request: Bytes = traces(7, spans, llm_percent).encode_to_vec().into();
        let (mut floors, mut agents) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            floors.push(floor_round(&request));
            agents.push(agent_round(&request, spans as u32).await);
        }
        let (floor, agent) = (median(floors), median(agents));
        println!("{name:<22}{floor:>14.3}{agent:>14.3}{:>9.2}x", agent / floor);
    }
}

/// The agent with nothing to do.
async fn idle() {
    let folder = tempfile::tempdir().expect("a folder");
    let started = Instant::now();
    let agent = Agent::start(folder.path(), PEER_AWAY, &[]).await;
    let ready = started.elapsed();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let resident = agent.resident() / 1e6;
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_sidelight")).expect("it is built").len();
    println!(
        "idle: resident {resident:.1} MB, ready in {} ms, binary {} MB",
        ready.as_millis(),
        size / 1_000_000
    );
}

/// CPU milliseconds of the agent for each megabyte that it answered for.
async fn agent_round(request: &Bytes, items: u32) -> f64 {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let agent = Agent::start(folder.path(), PEER_AWAY, &[]).await;
    let mut config = peer::Config::new(Transport::Grpc);
    config.endpoint = format!("http://127.0.0.1:{}", agent.grpc);
    config.compression = sidelight::export::compress::Compression::None;
    let batch = Arc::new(Batch::trusted(Signal::Traces, request.clone(), items));
    let each = ROUND_BYTES / CONNECTIONS / request.len();
    let before = agent.cpu_ms();
    let senders = (0..CONNECTIONS).map(|_| {
        let (client, batch) = (OtlpGrpc::new(&config).expect("a client"), batch.clone());
        tokio::spawn(async move {
            for _ in 0..each {
                let verdict = client.send(&batch).await;
                assert!(matches!(verdict, Verdict::Sent { rejected: 0, .. }), "{verdict:?}");
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.expect("all was accepted");
    }
    (agent.cpu_ms() - before) / (each * CONNECTIONS * request.len()) as f64 * 1e6
}

/// CPU milliseconds of the floor for each megabyte that it answered for.
fn floor_round(request: &[u8]) -> f64 {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let this = std::env::current_exe().expect("we run");
    let mut child = Command::new(this)
        .arg("--floor")
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut port = [0; 2];
    child.stdout.take().expect("a pipe").read_exact(&mut port).expect("it tells its port");
    let each = ROUND_BYTES / CONNECTIONS / request.len();
    let before = cpu_ms(child.id());
    std::thread::scope(|threads| {
        for _ in 0..CONNECTIONS {
            threads.spawn(|| {
                let mut peer =
                    TcpStream::connect(("127.0.0.1", u16::from_le_bytes(port))).expect("it listens");
                peer.set_nodelay(true).expect("a TCP socket");
                for _ in 0..each {
                    peer.write_all(&(request.len() as u32).to_le_bytes()).expect("it reads");
                    peer.write_all(request).expect("it reads");
                    peer.read_exact(&mut [0; 4]).expect("it answers");
                }
            });
        }
    });
    let spent = cpu_ms(child.id()) - before;
    let _ = child.kill();
    let _ = child.wait();
    spent / (each * CONNECTIONS * request.len()) as f64 * 1e6
}

/// The floor itself: reads a length and that many bytes, writes them over old ones, syncs, answers.
fn floor(folder: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let files: Vec<File> = (0..CONNECTIONS).map(|n| old_file(&folder.join(n.to_string()))).collect();
    let port = listener.local_addr().expect("bound").port();
    std::io::stdout().write_all(&port.to_le_bytes()).expect("a pipe");
    std::io::stdout().flush().expect("a pipe");
    for file in files {
        let (mut peer, _) = listener.accept().expect("a connection");
        peer.set_nodelay(true).expect("a TCP socket");
        std::thread::spawn(move || {
            let (mut len, mut body, mut at) = ([0; 4], Vec::new(), 0);
            while peer.read_exact(&mut len).is_ok() {
                body.resize(u32::from_le_bytes(len) as usize, 0);
                peer.read_exact(&mut body).expect("a whole request");
                at = if at + body.len() > OLD_BYTES { 0 } else { at };
                file.write_all_at(&body, at as u64).expect("the disk takes it");
                file.sync_data().expect("the disk syncs");
                at += body.len();
                peer.write_all(&[0; 4]).expect("the peer reads");
            }
        });
    }
    // Ended by its parent.
    std::thread::park();
}

fn old_file(path: &Path) -> File {
    let file = File::create_new(path).expect("a file");
    file.write_all_at(&vec![1; OLD_BYTES], 0).expect("the disk takes it");
    file.sync_all().expect("the disk syncs");
    file
}
