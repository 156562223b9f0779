//! What happens to connections: stalls, peers that vanish, limits, TLS, the end.

use super::support::*;
use crate::receive::{Config, bind};
use crate::settings::read_text;
use bytes::Bytes;
use futures_util::StreamExt;
use http::Request;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper::client::conn::http1;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

type Chunks = StreamBody<futures_util::stream::BoxStream<'static, std::io::Result<Frame<Bytes>>>>;

/// Some bytes, and then nothing for ever.
fn stalling() -> Chunks {
    let first = futures_util::stream::iter([Ok(Frame::data(Bytes::from_static(b"\n\x20")))]);
    StreamBody::new(first.chain(futures_util::stream::pending()).boxed())
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_given_up_after_half_a_minute() {
    let server = Server::start().await;
    let (mut sender, connection) = http1::handshake::<_, Chunks>(connect(server.http).await).await.unwrap();
    tokio::spawn(connection);
    let request = Request::post("/v1/traces").header("content-type", "application/x-protobuf");
    let before = tokio::time::Instant::now();
    let answer = sender.send_request(request.body(stalling()).unwrap()).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert!(before.elapsed() >= Duration::from_secs(30));
    assert_eq!(server.refused("http", "stalled"), 1);
    assert_eq!(server.metric("sidelight_receiver_in_flight_bytes"), 0);
}

#[tokio::test]
async fn a_peer_that_vanishes_leaves_nothing_behind() {
    let server = Server::start().await;
    let mut peer = TcpStream::connect(server.http).await.unwrap();
    let head = "POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: 500\r\n\r\n";
    peer.write_all(head.as_bytes()).await.unwrap();
    peer.write_all(b"some").await.unwrap();
    while server.metric("sidelight_receiver_in_flight_bytes") != 500 {
        tokio::task::yield_now().await;
    }
    drop(peer);
    while server.metric("sidelight_receiver_in_flight_bytes") != 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.stored().len(), 0);
    assert_eq!(
        server.post("/v1/traces", &[("content-type", "application/x-protobuf")], traces("ping")).await.status,
        200
    );
}

#[tokio::test]
async fn what_is_on_its_way_to_the_queue_is_counted_even_if_its_sender_vanishes() {
    let server = Server::start().await;
    server.line.pushes.forget_permits(1000);
    let body = traces("ping");
    let mut peer = TcpStream::connect(server.http).await.unwrap();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    peer.write_all(head.as_bytes()).await.unwrap();
    peer.write_all(&body).await.unwrap();
    while server.metric("sidelight_receiver_in_flight_bytes") == 0 {
        tokio::task::yield_now().await;
    }
    drop(peer);
    server.line.pushes.add_permits(1);
    assert!(server.stop().await);
    assert_eq!((server.accepted("http"), server.stored().len()), (1, 1));
}

#[tokio::test]
async fn a_request_in_hand_is_answered_after_the_stop_and_no_new_one_is_taken() {
    let server = Server::start().await;
    server.line.pushes.forget_permits(1000);
    let headers = [("content-type", "application/x-protobuf")];
    let (http, grpc, stopped) = tokio::join!(
        server.post("/v1/traces", &headers, traces("ping")),
        server.call(&[], frame(false, &traces("ping"))),
        async {
            let both = 2 * traces("ping").len() as u64;
            while server.metric("sidelight_receiver_in_flight_bytes") != both {
                tokio::task::yield_now().await;
            }
            server.drain.stop.cancel();
            while TcpStream::connect(server.http).await.is_ok()
                || TcpStream::connect(server.grpc).await.is_ok()
            {
                tokio::task::yield_now().await;
            }
            server.line.pushes.add_permits(2);
            server.stop().await
        }
    );
    assert_eq!((http.status, grpc.trailers["grpc-status"].as_bytes()), (200, b"0".as_slice()));
    assert!(stopped);
}

#[tokio::test]
async fn h2_is_spoken_on_the_http_port_too() {
    let server = Server::start().await;
    let io = connect(server.http).await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(hyper_util::rt::TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let headers = [("content-type", "application/x-protobuf")];
    let request = request("POST", "http://localhost/v1/traces", &headers, traces("ping"));
    assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_port_in_use_is_named_with_its_key() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let config = config(&format!("protocols: {{ http: {{ endpoint: \"{address}\" }} }}"));
    let error = anyhow::Error::from(bind(&config).await.err().unwrap());
    assert_eq!(
        format!("{error:#}"),
        format!("receivers.otlp.protocols.http.endpoint: {address} is in use by another process")
    );
}

#[tokio::test]
async fn grpc_is_served_on_a_unix_socket_and_a_socket_left_behind_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("otlp.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let yaml = format!("protocols: {{ grpc: {{ transport: unix, endpoint: \"{}\" }} }}", path.display());
    let server = Server::of(&yaml, ROOM).await;
    let io = hyper_util::rt::TokioIo::new(tokio::net::UnixStream::connect(&path).await.unwrap());
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(hyper_util::rt::TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let uri = "http://localhost/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let request =
        request("POST", uri, &[("content-type", "application/grpc")], frame(false, &traces("ping")));
    assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
    drop(sender);
    assert!(server.stop().await);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_connection_past_the_limit_is_hung_up_on() {
    use crate::net::listen::{Endpoint, Slots};
    use crate::settings::HostPort;
    let listener = Endpoint::Tcp(HostPort::new("127.0.0.1", 0)).bind().await.unwrap();
    let address = listener.address().unwrap();
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let counter = metrics::with_local_recorder(&recorder, || metrics::counter!("turned_away"));
    let mut incoming = listener.incoming(None, Slots::new(1).counting(counter));
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(b"x").await.unwrap();
    let conn = incoming.next().await;
    let mut second = TcpStream::connect(address).await.unwrap();
    let mut third = None;
    tokio::select! {
        _ = incoming.next() => panic!("there is no slot"),
        read = second.read_u8() => assert!(read.is_err()),
    }
    assert!(recorder.handle().render().contains("\nturned_away 1\n"));
    drop(conn);
    let accepted = tokio::join!(incoming.next(), async {
        let mut peer = TcpStream::connect(address).await.unwrap();
        peer.write_all(b"x").await.unwrap();
        third = Some(peer);
    });
    drop(accepted);
    assert!(third.is_some());
}

fn pem(name: &str) -> String {
    format!("{}/tests/data/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Whether a gRPC call goes through over TLS, with the client's own certificate if `certified`.
async fn call_over_tls(server: &Server, certified: bool) -> std::io::Result<u16> {
    let mut client = crate::net::tls::Client { ca_file: pem("ca.pem").into(), ..Default::default() };
    if certified {
        client.cert_file = pem("client.pem").into();
        client.key_file = pem("client.key.pem").into();
    }
    let config = client.build(&["h2"]).unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let stream = TcpStream::connect(server.grpc).await?;
    let stream = connector.connect("localhost".try_into().unwrap(), stream).await?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let executor = hyper_util::rt::TokioExecutor::new();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(executor, io).await.map_err(std::io::Error::other)?;
    tokio::spawn(connection);
    let uri = "https://localhost/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let request =
        request("POST", uri, &[("content-type", "application/grpc")], frame(false, &traces("ping")));
    let answer = sender.send_request(request).await.map_err(std::io::Error::other)?;
    Ok(answer.status().as_u16())
}

#[tokio::test]
async fn tls_is_spoken_where_it_is_set() {
    let tls =
        format!("tls: {{ cert_file: \"{}\", key_file: \"{}\" }}", pem("server.pem"), pem("server.key.pem"));
    let server = Server::with(&tls, ROOM).await;
    assert_eq!(call_over_tls(&server, false).await.unwrap(), 200);
    assert_eq!(server.accepted("grpc"), 1);
}

#[tokio::test]
async fn mutual_tls_keeps_out_who_has_no_certificate() {
    let tls = format!(
        "tls: {{ cert_file: \"{}\", key_file: \"{}\", client_ca_file: \"{}\" }}",
        pem("server.pem"),
        pem("server.key.pem"),
        pem("ca.pem")
    );
    let server = Server::with(&tls, ROOM).await;
    assert!(call_over_tls(&server, false).await.is_err());
    assert_eq!(call_over_tls(&server, true).await.unwrap(), 200);
    assert_eq!(server.stored().len(), 1);
}

#[test]
fn a_certificate_that_cannot_be_read_is_named_with_its_key() {
    let yaml = "otlp: { protocols: { grpc: { tls: { cert_file: /nowhere.pem, key_file: /nowhere.key } } } }";
    let problems = read_text("test", yaml, |section| Config::default().read(section));
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let expected = "otlp.protocols.grpc.tls.cert_file: cannot read certificates from /nowhere.pem: ";
    assert!(said.iter().any(|problem| problem.contains(expected)), "{said:?}");
}

#[tokio::test]
async fn a_peer_that_never_shakes_hands_holds_up_nobody_else() {
    let tls =
        format!("tls: {{ cert_file: \"{}\", key_file: \"{}\" }}", pem("server.pem"), pem("server.key.pem"));
    let server = Server::with(&tls, ROOM).await;
    let mut silent = TcpStream::connect(server.grpc).await.unwrap();
    silent.write_all(&[22]).await.unwrap();
    assert_eq!(call_over_tls(&server, false).await.unwrap(), 200);
}
