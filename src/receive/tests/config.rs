//! The section `receivers`.

use crate::receive::Config;
use crate::settings;
use crate::units::Size;
use expect_test::expect;

/// What the settings of the section `receivers.otlp` are told.
fn problems(yaml: &str) -> String {
    let mut config = Config::default();
    let yaml = format!("otlp: {{ protocols: {{ {yaml} }} }}");
    let problems = settings::read_text("test", &yaml, |section| config.read(section));
    let line = |problem: &settings::Problem| format!("{}: {}\n", problem.key, problem.text);
    problems.iter().map(line).collect()
}

#[test]
fn settings_that_cannot_work_are_problems() {
    let yaml = "grpc: { endpoint: here, max_recv_msg_size_mib: 0, tls: { min_version: 1.1 }, auth: { bearer: '' }, \
                keepalive: { server_parameters: { time: 0s } } }, \
                http: { max_request_body_size: 0, cors: { allowed_headers: ['a b'] }, path: /x }";
    expect![[r#"
        otlp.protocols.grpc.endpoint: expected an endpoint like 127.0.0.1:4317, host and port, found `here`
        otlp.protocols.grpc.max_recv_msg_size_mib: needs to be 1 at least
        otlp.protocols.grpc.tls.cert_file: TLS needs both cert_file and key_file
        otlp.protocols.grpc.tls.key_file: TLS needs both cert_file and key_file
        otlp.protocols.grpc.tls.min_version: expected 1.2 or 1.3 (did you mean 1.2?), found `1.1`
        otlp.protocols.grpc.auth.bearer: needs a token that is not empty
        otlp.protocols.grpc.keepalive.server_parameters.time: needs to be more than 0s
        otlp.protocols.http.max_request_body_size: needs to be more than 0
        otlp.protocols.http.cors.allowed_origins: names no origin, so no page could send
        otlp.protocols.http.cors.allowed_headers: expected names of headers
        otlp.protocols.http.path: unknown key
    "#]]
    .assert_eq(&problems(yaml));
}

#[test]
fn a_body_that_could_never_fit_in_flight_is_a_problem() {
    let config = Config::default();
    assert!(config.check(Size::mib(60)).is_empty());
    let keys: Vec<&str> = config.check(Size::mib(59)).iter().map(|(key, _)| *key).collect();
    assert_eq!(keys, ["otlp.protocols.http.max_request_body_size"]);
}

#[test]
fn of_the_protocols_those_that_are_named_are_served() {
    let mut config = Config::default();
    let problems =
        settings::read_text("test", "otlp: { protocols: { http: } }", |section| config.read(section));
    assert!(problems.is_empty(), "{problems:?}");
    let protocols = config.otlp.unwrap().protocols;
    assert_eq!((protocols.grpc, protocols.http), (None, Some(crate::receive::Http::default())));
}
