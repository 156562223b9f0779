//! OTLP over gRPC, answer by answer.

use super::support::*;
use expect_test::{Expect, expect};

async fn check(headers: &[(&str, &str)], body: Vec<u8>, expected: Expect) {
    let server = Server::start().await;
    let answer = server.call(headers, body).await;
    expected.assert_eq(&answer.show_grpc());
    let accepted = u64::from(!answer.trailers.is_empty());
    assert_eq!(server.accepted("grpc"), accepted);
    assert_eq!(server.stored().len() as u64, accepted);
    assert_eq!(server.metric("sidelight_receiver_in_flight_bytes"), 0);
}

#[tokio::test]
async fn a_call_is_answered_with_an_empty_message() {
    check(
        &[],
        frame(false, &traces("ping")),
        expect![[r#"
        HTTP 200 grpc-status 0 
        body b"\0\0\0\0\0"
    "#]],
    )
    .await;
}

#[tokio::test]
async fn every_service_is_there() {
    let server = Server::start().await;
    for (package, service) in
        [("trace", "TraceService"), ("logs", "LogsService"), ("metrics", "MetricsService")]
    {
        let path = format!("/opentelemetry.proto.collector.{package}.v1.{service}/Export");
        let answer = server.call_path(&path, &[], frame(false, b"")).await;
        assert_eq!(answer.trailers["grpc-status"], "0", "{service}");
    }
    let kinds: Vec<u8> = server.stored().iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [1, 2, 3]);
}

#[tokio::test]
async fn both_compressions_are_undone_and_a_message_may_do_without() {
    let server = Server::start().await;
    let plain = traces("ping");
    let calls = [
        ("gzip", frame(true, &gzip(&plain))),
        ("zstd", frame(true, &zstd(&plain))),
        ("gzip", frame(false, &plain)),
    ];
    for (name, body) in calls {
        let answer = server.call(&[("grpc-encoding", name)], body).await;
        assert_eq!(answer.trailers["grpc-status"], "0", "{name}");
    }
    assert!(server.stored().iter().all(|record| record.payload == plain && record.items == 1));
}

#[tokio::test]
async fn what_is_malformed_is_invalid_argument_with_what_and_where() {
    let mut body = traces("ping");
    let name = body.windows(4).position(|text| text == b"ping").unwrap();
    body[name] = 0xff;
    check(&[], frame(false, &body), expect![[r#"
        HTTP 200 grpc-status 3 malformed%20request:%20invalid%20UTF-8%20in%20resource_spans.scope_spans.spans.name%20at%20byte%208
        code 3: malformed request: invalid UTF-8 in resource_spans.scope_spans.spans.name at byte 8
        type.googleapis.com/google.rpc.BadRequest b"\ni\n%resource_spans.scope_spans.spans.name\x12@invalid UTF-8 in resource_spans.scope_spans.spans.name at byte 8"
        body b""
    "#]]).await;
}

#[tokio::test]
async fn a_frame_that_is_none_is_invalid_argument() {
    check(
        &[],
        Vec::new(),
        expect![[r#"
        HTTP 200 grpc-status 3 malformed%20request:%20the%20call%20ends%20before%20its%20message
        code 3: malformed request: the call ends before its message
        body b""
    "#]],
    )
    .await;
    check(
        &[],
        vec![0, 0, 0],
        expect![[r#"
        HTTP 200 grpc-status 3 malformed%20request:%20the%20call%20ends%20before%20its%20message
        code 3: malformed request: the call ends before its message
        body b""
    "#]],
    )
    .await;
    check(
        &[],
        vec![0, 0, 0, 0, 9, 1],
        expect![[r#"
        HTTP 200 grpc-status 3 malformed%20request:%20the%20message%20ends%20before%20its%20length
        code 3: malformed request: the message ends before its length
        body b""
    "#]],
    )
    .await;
    check(&[], vec![2, 0, 0, 0, 0], expect![[r#"
        HTTP 200 grpc-status 3 malformed%20request:%20a%20message's%20first%20byte%20is%20neither%200%20nor%201
        code 3: malformed request: a message's first byte is neither 0 nor 1
        body b""
    "#]]).await;
    check(
        &[],
        frame(true, &traces("ping")),
        expect![[r#"
        HTTP 200 grpc-status 3 malformed%20request:%20a%20compressed%20message%20without%20grpc-encoding
        code 3: malformed request: a compressed message without grpc-encoding
        body b""
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_second_message_is_invalid_argument() {
    let message = frame(false, &traces("ping"));
    check(
        &[],
        message.repeat(2),
        expect![[r#"
        HTTP 200 grpc-status 3 malformed%20request:%20more%20than%20one%20message%20in%20a%20unary%20call
        code 3: malformed request: more than one message in a unary call
        body b""
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_too_large_is_resource_exhausted_without_retry_info() {
    let large = vec![0; (1 << 20) + 1];
    check(
        &[("grpc-encoding", "gzip")],
        frame(true, &gzip(&large)),
        expect![[r#"
        HTTP 200 grpc-status 8 too%20large:%20more%20than%201048576%20bytes%20after%20decompression
        code 8: too large: more than 1048576 bytes after decompression
        body b""
    "#]],
    )
    .await;
    check(
        &[],
        frame(false, &large),
        expect![[r#"
        HTTP 200 grpc-status 8 too%20large:%20more%20than%201048576%20bytes
        code 8: too large: more than 1048576 bytes
        body b""
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_message_that_only_promises_to_be_large_is_refused_at_its_header() {
    check(
        &[],
        vec![0, 0xff, 0xff, 0xff, 0xff],
        expect![[r#"
        HTTP 200 grpc-status 8 too%20large:%20more%20than%201048576%20bytes
        code 8: too large: more than 1048576 bytes
        body b""
    "#]],
    )
    .await;
}

#[tokio::test]
async fn busy_and_full_are_unavailable_with_retry_info() {
    let server = Server::start().await;
    server.mood(Mood::Full);
    expect![[r#"
        HTTP 200 grpc-status 14 the%20queue%20is%20full;%20come%20back%20later
        code 14: the queue is full; come back later
        type.googleapis.com/google.rpc.RetryInfo b"\n\x02\x08\x05"
        body b""
    "#]]
    .assert_eq(&server.call(&[], frame(false, &traces("ping"))).await.show_grpc());
    server.mood(Mood::Well);
    assert_eq!(server.call(&[], frame(false, &traces("ping"))).await.trailers["grpc-status"], "0");

    let small = Server::with("", 10).await;
    expect![[r#"
        HTTP 200 grpc-status 14 too%20many%20bytes%20in%20flight;%20come%20back%20later
        code 14: too many bytes in flight; come back later
        type.googleapis.com/google.rpc.RetryInfo b"\n\x02\x08\x01"
        body b""
    "#]]
    .assert_eq(&small.call(&[], frame(false, &traces("ping"))).await.show_grpc());
    assert_eq!((small.refused("grpc", "busy"), server.refused("grpc", "full")), (1, 1));
}

#[tokio::test]
async fn a_fault_of_ours_is_unavailable() {
    let server = Server::start().await;
    server.mood(Mood::PanicsWhenEnriching);
    expect![[r#"
        HTTP 200 grpc-status 14 internal%20fault;%20come%20back%20later
        code 14: internal fault; come back later
        type.googleapis.com/google.rpc.RetryInfo b"\n\x02\x08\x01"
        body b""
    "#]]
    .assert_eq(&server.call(&[], frame(false, &traces("llm"))).await.show_grpc());
}

#[tokio::test]
async fn an_unknown_compression_is_unimplemented_with_those_that_are_known() {
    check(
        &[("grpc-encoding", "snappy")],
        frame(false, &traces("ping")),
        expect![[r#"
        HTTP 200 grpc-status 12 unsupported:%20grpc-encoding;%20gzip,%20zstd%20and%20identity%20are%20read
        code 12: unsupported: grpc-encoding; gzip, zstd and identity are read
        grpc-accept-encoding: identity,gzip,zstd
        body b""
    "#]],
    )
    .await;
}

#[tokio::test]
async fn other_services_and_methods_are_unimplemented() {
    let server = Server::start().await;
    for path in [
        "/opentelemetry.proto.collector.trace.v1.TraceService/Import",
        "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
        "/grpc.health.v1.Health/Check",
    ] {
        let answer = server.call_path(path, &[], frame(false, b"")).await;
        assert_eq!((answer.status, answer.header("grpc-status")), (200, "12"), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_grpc_is_415() {
    let server = Server::start().await;
    let answer = server.call(&[("content-type", "application/json")], "{}").await;
    assert_eq!(answer.status, 415);
}

#[tokio::test]
async fn without_the_token_a_call_is_unauthenticated() {
    let server = Server::with("auth: { bearer: [old, new] }", ROOM).await;
    expect![[r#"
        HTTP 200 grpc-status 16 a%20valid%20bearer%20token%20is%20needed
        code 16: a valid bearer token is needed
        body b""
    "#]]
    .assert_eq(&server.call(&[], frame(false, &traces("ping"))).await.show_grpc());
    let right = ("authorization", "Bearer new");
    assert_eq!(server.call(&[right], frame(false, &traces("ping"))).await.trailers["grpc-status"], "0");
}

#[tokio::test]
async fn a_deadline_that_passes_is_told_and_what_was_on_its_way_is_still_counted() {
    let server = Server::start().await;
    server.line.pushes.forget_permits(1000);
    let answer = server.call(&[("grpc-timeout", "10m")], frame(false, &traces("ping"))).await;
    expect![[r#"
        HTTP 200 grpc-status 4 the%20deadline%20passed%20before%20the%20request%20was%20stored
        code 4: the deadline passed before the request was stored
        body b""
    "#]]
    .assert_eq(&answer.show_grpc());
    server.line.pushes.add_permits(1);
    assert!(server.stop().await);
    assert_eq!(server.accepted("grpc"), 1);
}
