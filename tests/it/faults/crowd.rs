//! A thousand senders at once, each slow, some with very large requests, and a peer that is not there.

use super::{asked, exporter};
use crate::support::flood::{Accepted, Arrived};
use crate::support::process::Sidelight;
use crate::support::spans::{Trace, trace};
use crate::support::upstream::Upstream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const MIB: u64 = 1 << 20;

#[tokio::test]
#[ignore = "holds a thousand connections: make test-faults"]
async fn a_crowd_of_slow_senders_is_held_in_bounded_memory_and_told_to_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut upstream = Upstream::start().await;
    upstream.stop().await;
    let agent = Sidelight::start_with(folder.path(), &exporter(&upstream.url())).await;
    let idle = agent.resident();
    let crowd = asked("SIDELIGHT_CONNECTIONS", 1000);

    let everybody = Arc::new(Barrier::new(crowd as usize));
    let accepted = Accepted::default();
    let mut senders = JoinSet::new();
    for n in 0..crowd {
        // One in fifty brings nearly as much as a request may have.
        let prompt = if n % 50 == 0 { 19 << 20 } else { 200_000 };
        let request = trace().llm(&"so it goes ".repeat(prompt / 11));
        let (url, everybody) = (agent.url.clone(), Arc::clone(&everybody));
        senders.spawn(async move { (send_by_halves(&url, &request, &everybody).await, request.span_ids()) });
    }
    let most = AtomicU64::new(0);
    let mut refused = 0;
    let watched = async {
        loop {
            most.fetch_max(agent.resident(), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let answered = async {
        while let Some(answer) = senders.join_next().await {
            match answer.expect("no sender panics") {
                (Some(200), ids) => accepted.add(ids),
                (Some(503) | None, _) => refused += 1,
                (Some(status), _) => panic!("{status}"),
            }
        }
    };
    tokio::select! {
        () = watched => {}
        () = answered => {}
    }
    let most = most.into_inner();
    let bound = idle + 64 * MIB + 64 * MIB + crowd * 65536;
    println!(
        "{crowd} connections: {} requests accepted, {refused} told to come back; {} MiB resident when idle, {} at \
         most, bound {}",
        accepted.ids().len(),
        idle / MIB,
        most / MIB,
        bound / MIB
    );
    assert!(most <= bound, "{most} of {bound}");
    assert!(!accepted.ids().is_empty(), "not everybody is turned away");
    upstream.resume().await;
    assert_eq!(Arrived::default().all(&accepted, &upstream).await, 0, "came twice");
    agent.kill().await;
}

/// The status of the answer to a request whose second half comes when everybody has sent the first. `None` where
/// the connection was closed on a sender who would not stop.
async fn send_by_halves(url: &str, request: &Trace, everybody: &Barrier) -> Option<u16> {
    let body = request.proto();
    let (host, path) = url.trim_start_matches("http://").split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).await.expect("it listens");
    let head = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let (first, second) = body.split_at(body.len() / 2);
    let sent = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(first).await
    };
    // Who is turned away at once may not get all of it out.
    let _ = sent.await;
    everybody.wait().await;
    let _ = stream.write_all(second).await;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.ok()?;
    std::str::from_utf8(&answer).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}
