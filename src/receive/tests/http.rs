//! OTLP over HTTP, answer by answer.

use super::support::*;
use bytes::Bytes;
use expect_test::{Expect, expect};

const PROTO: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");

async fn check(headers: &[(&str, &str)], body: Vec<u8>, expected: Expect) {
    let server = Server::start().await;
    let answer = server.post("/v1/traces", headers, body).await;
    expected.assert_eq(&answer.show());
    let accepted = u64::from(answer.status == 200);
    assert_eq!(server.accepted("http"), accepted);
    assert_eq!(server.stored().len() as u64, accepted);
    assert_eq!(server.metric("sidelight_receiver_in_flight_bytes"), 0);
}

#[tokio::test]
async fn a_request_is_accepted_with_an_empty_answer() {
    let accepted = expect![[r#"
        200
        content-type: application/x-protobuf

    "#]];
    check(&[PROTO], traces("ping"), accepted).await;
}

#[tokio::test]
async fn every_compression_is_undone() {
    let server = Server::start().await;
    let plain = traces("ping");
    let bodies = [
        ("gzip", gzip(&plain)),
        ("zstd", zstd(&plain)),
        ("deflate", zlib(&plain)),
        ("identity", plain.clone()),
    ];
    for (name, body) in bodies {
        let answer = server.post("/v1/traces", &[PROTO, ("content-encoding", name)], body).await;
        assert_eq!(answer.status, 200, "{name}");
    }
    assert!(server.stored().iter().all(|record| record.payload == plain && record.items == 1));
    assert_eq!(server.accepted("http"), 4);
}

#[tokio::test]
async fn the_media_type_may_carry_parameters() {
    let server = Server::start().await;
    let media = ("content-type", "Application/X-Protobuf; charset=utf-8");
    assert_eq!(server.post("/v1/traces", &[media], traces("ping")).await.status, 200);
}

#[tokio::test]
async fn an_empty_request_is_a_success() {
    let server = Server::start().await;
    for path in ["/v1/traces", "/v1/logs", "/v1/metrics"] {
        assert_eq!(server.post(path, &[PROTO], Vec::new()).await.status, 200);
    }
    let kinds: Vec<u8> = server.stored().iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [1, 2, 3]);
}

#[tokio::test]
async fn what_is_malformed_is_refused_for_good_with_what_and_where() {
    let mut body = traces("ping");
    let name = body.windows(4).position(|text| text == b"ping").unwrap();
    body[name] = 0xff;
    check(&[PROTO], body, expect![[r#"
        400
        content-type: application/x-protobuf
        code 3: malformed request: invalid UTF-8 in resource_spans.scope_spans.spans.name at byte 8
        type.googleapis.com/google.rpc.BadRequest b"\ni\n%resource_spans.scope_spans.spans.name\x12@invalid UTF-8 in resource_spans.scope_spans.spans.name at byte 8"
    "#]]).await;
}

#[tokio::test]
async fn what_does_not_decompress_is_refused_for_good() {
    check(
        &[PROTO, ("content-encoding", "gzip")],
        traces("ping"),
        expect![[r#"
        400
        content-type: application/x-protobuf
        code 3: malformed request: not valid gzip
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_unknown_media_type_is_415() {
    check(&[("content-type", "text/plain")], traces("ping"), expect![[r#"
        415
        content-type: application/json
        accept-encoding: gzip, zstd, deflate
        {"code":12,"message":"unsupported: content-type; what is read here is application/x-protobuf and application/json"}
    "#]]).await;
    check(&[], traces("ping"), expect![[r#"
        415
        content-type: application/json
        accept-encoding: gzip, zstd, deflate
        {"code":12,"message":"unsupported: content-type; what is read here is application/x-protobuf and application/json"}
    "#]]).await;
}

#[tokio::test]
async fn an_unknown_compression_is_415() {
    check(
        &[PROTO, ("content-encoding", "br")],
        traces("ping"),
        expect![[r#"
        415
        content-type: application/x-protobuf
        accept-encoding: gzip, zstd, deflate
        code 12: unsupported: content-encoding; what is read here is one of gzip, zstd, deflate and identity
    "#]],
    )
    .await;
    check(
        &[PROTO, ("content-encoding", "gzip, gzip")],
        traces("ping"),
        expect![[r#"
        415
        content-type: application/x-protobuf
        accept-encoding: gzip, zstd, deflate
        code 12: unsupported: content-encoding; what is read here is one of gzip, zstd, deflate and identity
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_too_large_is_413_on_the_wire_and_after_decompression() {
    let large = vec![0; (1 << 20) + 1];
    let packed = gzip(&large);
    check(
        &[PROTO],
        large,
        expect![[r#"
        413
        content-type: application/x-protobuf
        code 8: too large: more than 1048576 bytes
    "#]],
    )
    .await;
    check(
        &[PROTO, ("content-encoding", "gzip")],
        packed,
        expect![[r#"
        413
        content-type: application/x-protobuf
        code 8: too large: more than 1048576 bytes after decompression
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_body_of_unknown_length_is_cut_off_at_the_limit() {
    use http_body_util::StreamBody;
    let server = Server::start().await;
    let chunks =
        (0..40).map(|_| Ok::<_, std::io::Error>(hyper::body::Frame::data(Bytes::from(vec![0; 64 << 10]))));
    let body: StreamBody<_> = StreamBody::new(futures_util::stream::iter(chunks));
    let io = connect(server.http).await;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, StreamBody<_>>(io).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::post("/v1/traces").header(PROTO.0, PROTO.1);
    let request: http::Request<StreamBody<_>> = request.body(body).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 413);
    connection.abort();
}

#[tokio::test]
async fn other_methods_are_405_with_what_is_allowed() {
    let server = Server::start().await;
    let answer = server.http(request("GET", "/v1/traces", &[PROTO], "")).await;
    expect![[r#"
        405
        content-type: application/x-protobuf
        allow: POST
        code 12: export requests are sent by POST
    "#]]
    .assert_eq(&answer.show());
    for method in ["HEAD", "OPTIONS", "PUT", "DELETE"] {
        let answer = server.http(request(method, "/v1/logs", &[], "")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{method}");
    }
}

#[tokio::test]
async fn other_paths_are_404() {
    let server = Server::start().await;
    let answer = server.post("/v1/profiles", &[JSON], "{}").await;
    expect![[r#"
        404
        content-type: application/json
        {"code":5,"message":"no such path; OTLP has /v1/traces, /v1/logs and /v1/metrics"}
    "#]]
    .assert_eq(&answer.show());
    for path in ["/", "/v1", "/v1/traces/", "/v1/Traces"] {
        assert_eq!(server.post(path, &[PROTO], "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn busy_and_full_are_503_with_retry_after() {
    let server = Server::start().await;
    server.mood(Mood::Full);
    expect![[r#"
        503
        content-type: application/x-protobuf
        retry-after: 5
        code 14: the queue is full; come back later
        type.googleapis.com/google.rpc.RetryInfo b"\n\x02\x08\x05"
    "#]]
    .assert_eq(&server.post("/v1/traces", &[PROTO], traces("ping")).await.show());
    server.mood(Mood::DiskBroken);
    expect![[r#"
        503
        content-type: application/x-protobuf
        retry-after: 5
        code 14: the queue cannot write at the moment; come back later
        type.googleapis.com/google.rpc.RetryInfo b"\n\x02\x08\x05"
    "#]]
    .assert_eq(&server.post("/v1/traces", &[PROTO], traces("ping")).await.show());
    server.mood(Mood::Closed);
    expect![[r#"
        503
        content-type: application/x-protobuf
        retry-after: 1
        code 14: shutting down; come back later
        type.googleapis.com/google.rpc.RetryInfo b"\n\x02\x08\x01"
    "#]]
    .assert_eq(&server.post("/v1/traces", &[PROTO], traces("ping")).await.show());
    server.mood(Mood::Well);
    assert_eq!(server.post("/v1/traces", &[PROTO], traces("ping")).await.status, 200);
    assert_eq!(["full", "disk", "closing"].map(|reason| server.refused("http", reason)), [1, 1, 1]);
}

#[tokio::test]
async fn too_many_bytes_in_flight_are_503_and_then_all_is_well_again() {
    let server = Server::with("", 1000).await;
    server.line.pushes.forget_permits(1000);
    let first = traces(&"a".repeat(600));
    let (held, refused) = tokio::join!(server.post("/v1/traces", &[PROTO], first.clone()), async {
        while server.metric("sidelight_receiver_in_flight_bytes") == 0 {
            tokio::task::yield_now().await;
        }
        let refused = server.post("/v1/traces", &[PROTO], first.clone()).await;
        server.line.pushes.add_permits(2);
        refused
    });
    assert_eq!(held.status, 200);
    expect![[r#"
        503
        content-type: application/x-protobuf
        retry-after: 1
        code 14: too many bytes in flight; come back later
        type.googleapis.com/google.rpc.RetryInfo b"\n\x02\x08\x01"
    "#]]
    .assert_eq(&refused.show());
    assert_eq!(server.refused("http", "busy"), 1);
    assert_eq!(server.post("/v1/traces", &[PROTO], first).await.status, 200);
}

#[tokio::test]
async fn a_fault_of_ours_tells_the_sender_to_come_back() {
    let server = Server::start().await;
    server.mood(Mood::PanicsWhenAsked);
    expect![[r#"
        503
        content-type: application/x-protobuf
        retry-after: 1
        code 14: internal fault; come back later
        type.googleapis.com/google.rpc.RetryInfo b"\n\x02\x08\x01"
    "#]]
    .assert_eq(&server.post("/v1/traces", &[PROTO], traces("ping")).await.show());
    server.mood(Mood::PanicsWhenEnriching);
    assert_eq!(server.post("/v1/traces", &[PROTO], traces("llm")).await.status, 503);
    server.mood(Mood::Well);
    assert_eq!(server.post("/v1/traces", &[PROTO], traces("llm")).await.status, 200);
    assert_eq!(server.refused("http", "internal"), 2);
    assert_eq!(server.metric("sidelight_receiver_in_flight_bytes"), 0);
}

#[tokio::test]
async fn what_concerns_the_line_is_stored_enriched_and_the_rest_as_it_came() {
    let server = Server::start().await;
    server.post("/v1/traces", &[PROTO], traces("ping")).await;
    server.post("/v1/traces", &[PROTO], traces("llm")).await;
    let stored = server.stored();
    assert_eq!((&stored[0].payload[..], stored[0].flags), (&traces("ping")[..], 0));
    assert_eq!(
        (&stored[1].payload[..], stored[1].flags),
        (&[traces("llm"), traces("added")].concat()[..], 1)
    );
}

#[tokio::test]
async fn without_the_token_a_request_is_401() {
    let server = Server::with("auth: { bearer: sesame }", ROOM).await;
    expect![[r#"
        401
        content-type: application/x-protobuf
        www-authenticate: Bearer
        code 16: a valid bearer token is needed
    "#]]
    .assert_eq(&server.post("/v1/traces", &[PROTO], traces("ping")).await.show());
    let wrong = ("authorization", "Bearer simsim");
    assert_eq!(server.post("/v1/traces", &[PROTO, wrong], traces("ping")).await.status, 401);
    let right = ("authorization", "Bearer sesame");
    assert_eq!(server.post("/v1/traces", &[PROTO, right], traces("ping")).await.status, 200);
    assert_eq!(server.refused("http", "unauthenticated"), 2);
}

#[tokio::test]
async fn errors_are_json_where_the_request_was() {
    let server = Server::start().await;
    server.mood(Mood::PanicsWhenAsked);
    let refused = server.post("/v1/traces", &[JSON, ("content-encoding", "gzip")], "not gzip").await;
    expect![[r#"
        400
        content-type: application/json
        {"code":3,"message":"malformed request: not valid gzip"}
    "#]]
    .assert_eq(&refused.show());
}

/// One span called `name`, as OTLP/JSON.
fn json_traces(name: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"name":"{name}"}}]}}]}}]}}"#)
}

#[tokio::test]
async fn json_is_stored_as_protobuf_and_answered_in_json() {
    let server = Server::start().await;
    let answer = server.post("/v1/traces", &[JSON], json_traces("ping")).await;
    expect![[r#"
        200
        content-type: application/json
        {}
    "#]]
    .assert_eq(&answer.show());
    let packed = server.post(
        "/v1/traces",
        &[JSON, ("content-encoding", "gzip")],
        gzip(json_traces("ping").as_bytes()),
    );
    assert_eq!(packed.await.status, 200);
    assert!(server.stored().iter().all(|record| record.payload == traces("ping")));
    assert_eq!(server.accepted("http"), 2);
}

#[tokio::test]
async fn json_that_is_no_request_is_refused_for_good_with_what_and_where() {
    check(
        &[JSON],
        br#"{"resourceSpans":[{"scopeSpans":7}]}"#.to_vec(),
        expect![[r#"
            400
            content-type: application/json
            {"code":3,"message":"malformed request: expected a list in resourceSpans[0].scopeSpans at line 1 column 33"}
        "#]],
    )
    .await;
    check(&[JSON], br#"{"resourceSpans":"#.to_vec(), expect![[r#"
        400
        content-type: application/json
        {"code":3,"message":"malformed request: EOF while parsing a value in resourceSpans at line 1 column 17"}
    "#]]).await;
    check(&[JSON], json_traces(r"\ud800").into(), expect![[r#"
        400
        content-type: application/json
        {"code":3,"message":"malformed request: unexpected end of hex escape in resourceSpans[0].scopeSpans[0].spans[0].name at line 1 column 59"}
    "#]]).await;
}

#[tokio::test]
async fn a_key_of_a_megabyte_is_skipped_like_any_unknown_key() {
    let server = Server::with("", ROOM).await;
    let body = format!(r#"{{"{}":1,"resourceSpans":[]}}"#, "k".repeat(1_000_000));
    assert_eq!(server.post("/v1/traces", &[JSON], body).await.status, 200);
}

#[tokio::test]
async fn json_that_grows_past_the_limit_is_too_large() {
    let counts = "1,".repeat(300_000);
    let body = format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"histogram":{{"dataPoints":[{{"bucketCounts":[{counts}1]}}]}}}}]}}]}}]}}"#
    );
    let server = Server::start().await;
    let answer = server.post("/v1/metrics", &[JSON], body).await;
    expect![[r#"
        413
        content-type: application/json
        {"code":8,"message":"too large: more than 1048576 bytes as protobuf"}
    "#]]
    .assert_eq(&answer.show());
    assert_eq!(server.metric("sidelight_receiver_in_flight_bytes"), 0);
}

#[tokio::test]
async fn browsers_are_told_which_pages_may_send() {
    let yaml = "protocols: { http: { endpoint: \"127.0.0.1:0\", cors: { allowed_origins: [\"https://*.example.com\"], \
                allowed_headers: [x-tenant], max_age: 10m } } }";
    let server = Server::of(yaml, ROOM).await;
    let good = ("origin", "https://app.example.com");
    let preflight = request("OPTIONS", "/v1/traces", &[good, ("access-control-request-method", "POST")], "");
    expect![[r#"
        204
        access-control-allow-methods: POST
        access-control-allow-headers: content-type, content-encoding, authorization, x-tenant
        access-control-max-age: 600
        access-control-allow-origin: https://app.example.com
        vary: origin

    "#]]
    .assert_eq(&server.http(preflight).await.show());
    expect![[r#"
        200
        content-type: application/x-protobuf
        access-control-allow-origin: https://app.example.com
        vary: origin

    "#]]
    .assert_eq(&server.post("/v1/traces", &[PROTO, good], traces("ping")).await.show());
    let bad = request("OPTIONS", "/v1/traces", &[("origin", "https://example.org")], "");
    assert_eq!(server.http(bad).await.status, 405);
}

#[tokio::test]
async fn what_is_wrong_with_json_is_counted_as_with_protobuf() {
    let server = Server::start().await;
    assert_eq!(server.post("/v1/traces", &[JSON], r#"{"resourceSpans":7}"#).await.status, 400);
    assert_eq!((server.refused("http", "malformed"), server.refused("http", "unreadable")), (1, 0));
    assert_eq!(server.post("/v1/traces", &[JSON], r#"{"resourceSpans":"#).await.status, 400);
    assert_eq!((server.refused("http", "malformed"), server.refused("http", "unreadable")), (1, 1));
}
