//! What lies between client and peer, and peers that never come to the point.

use super::{BOTH, brief, config, exporter, spans};
use crate::support::upstream::{Behaviour, Upstream};
use crate::support::wire::{Fault, babbling, frame, wire};
use sidelight::export::peer::Transport;
use std::time::Duration;

/// The most bytes that an answer of these tests has.
const LONGEST: u64 = 1000;

/// What the client makes of a peer that behaves so, behind a wire that does this.
async fn verdict(transport: Transport, behaviour: &Behaviour, fault: Fault, timeout: Duration) -> String {
    let upstream = Upstream::start().await;
    upstream.always(behaviour.clone());
    let wire = wire(upstream.address, fault).await;
    let mut config = config(transport, wire.url());
    config.timeout = timeout;
    brief(&exporter(&config).send(&spans(3)).await)
}

/// The verdicts on an answer that is cut after 0 bytes, after 1, and so on, each once as long as it stays the same.
async fn verdicts_of_cuts(transport: Transport, behaviour: Behaviour) -> Vec<String> {
    let mut all = Vec::new();
    for bytes in 0..LONGEST {
        all.push(verdict(transport, &behaviour, Fault::CutAfter(bytes), Duration::from_secs(5)).await);
        // Nothing is left to cut.
        if all.len() > 400 && all[all.len() - 100..].iter().all(|one| *one == all[all.len() - 1]) {
            break;
        }
    }
    all.dedup();
    all
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_is_what_its_head_said_or_none() {
    let partial = || Behaviour::Partial { rejected: 2, message: "too old".to_string() };
    let http = verdicts_of_cuts(Transport::Http, partial()).await;
    let unread = "sent, 0 rejected: the answer could not be read";
    assert_eq!(http, ["later", unread, "sent, 2 rejected: too old"]);
    // The status of gRPC comes last.
    let grpc = verdicts_of_cuts(Transport::Grpc, partial()).await;
    assert_eq!(grpc, ["later", "sent, 2 rejected: too old"]);

    let http = verdicts_of_cuts(Transport::Http, Behaviour::http(400).into()).await;
    assert_eq!(http, ["later", "refused"]);
    let grpc = verdicts_of_cuts(Transport::Grpc, Behaviour::grpc(3).into()).await;
    assert_eq!(grpc, ["later", "refused"]);
}

#[tokio::test]
async fn an_answer_that_stalls_at_any_byte_runs_into_the_time_limit() {
    for transport in BOTH {
        for bytes in (0..120).step_by(13) {
            let stall = Fault::StallAfter(bytes);
            let verdict = verdict(transport, &Behaviour::Accept, stall, Duration::from_millis(40)).await;
            assert!(verdict == "later" || verdict.starts_with("sent"), "{transport:?} {bytes} {verdict}");
        }
        let stall = Fault::StallAfter(0);
        assert_eq!(verdict(transport, &Behaviour::Accept, stall, Duration::from_millis(40)).await, "later");
    }
}

#[tokio::test]
async fn a_slow_wire_is_waited_for() {
    for transport in BOTH {
        let slow = verdict(transport, &Behaviour::Accept, Fault::Slow, Duration::from_secs(5)).await;
        assert_eq!(slow, "sent");
    }
}

#[tokio::test]
async fn a_peer_that_takes_leave_after_each_request_gets_each_once() {
    for transport in BOTH {
        let upstream = Upstream::start().await;
        upstream.always(Behaviour::GoAway);
        let exporter = exporter(&config(transport, upstream.url()));
        let mut sent = 0;
        for _ in 0..200 {
            // One that met the farewell is as good as not sent; the lane sends it again.
            sent += usize::from(brief(&exporter.send(&spans(1)).await) == "sent");
        }
        assert_eq!(upstream.taken().span_ids().len(), sent, "{transport:?}");
        assert!(sent >= 100, "{transport:?}: {sent}");
    }
}

/// What the client makes of a peer that says this, then `again` for ever.
async fn verdict_on_babble(transport: Transport, first: Vec<u8>, again: Vec<u8>) -> String {
    let peer = babbling(first, again).await;
    let mut config = config(transport, peer.url());
    config.timeout = Duration::from_millis(500);
    brief(&exporter(&config).send(&spans(1)).await)
}

#[tokio::test]
async fn headers_that_never_end_and_words_that_make_no_sense_are_tried_later() {
    let header = format!("x-{}: y\r\n", "x".repeat(500)).into_bytes();
    let later = |verdict: String| assert_eq!(verdict, "later");
    later(verdict_on_babble(Transport::Http, b"HTTP/1.1 200 OK\r\n".to_vec(), header).await);
    later(verdict_on_babble(Transport::Http, b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), vec![]).await);
    later(verdict_on_babble(Transport::Http, vec![], vec![b' '; 4096]).await);

    let settings = frame(4, 0, 0, &[]);
    // A field `a: b` in a block without an end, and its continuations.
    let block = [0, 1, b'a', 1, b'b'].repeat(1000);
    let first = [settings.clone(), frame(1, 0, 1, &block)].concat();
    later(verdict_on_babble(Transport::Grpc, first, frame(9, 0, 1, &block)).await);
    later(verdict_on_babble(Transport::Grpc, settings.clone(), frame(6, 0, 0, &[0; 8])).await);
    later(verdict_on_babble(Transport::Grpc, b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), vec![]).await);
    for code in [0, 1, 11] {
        // GOAWAY: the last stream that was looked at is none.
        let farewell = frame(7, 0, 0, &[[0; 4], [0, 0, 0, code]].concat());
        let first = [settings.clone(), farewell].concat();
        later(verdict_on_babble(Transport::Grpc, first, vec![]).await);
    }
}
