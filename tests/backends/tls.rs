//! An ordinary SDK over mutual TLS with a bearer token, set up by its standard environment variables alone.

use crate::support::{App, Instrumentation, Sidelight, Transport, eventually};

fn pem(name: &str) -> String {
    format!("{}/tests/data/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn an_sdk_sends_over_mutual_tls_with_a_token_and_is_refused_without() {
    let folder = tempfile::tempdir().expect("a folder");
    let doors = ["grpc", "http"].map(|protocol| {
        let key = format!("receivers.otlp.protocols.{protocol}");
        let tls = ["cert_file=server.pem", "key_file=server.key.pem", "client_ca_file=ca.pem"];
        let file =
            |setting: &str| setting.split_once('=').map(|(k, file)| format!("{key}.tls.{k}={}", pem(file)));
        let tls = tls.into_iter().map(|setting| file(setting).expect("key=file"));
        tls.chain([format!("{key}.auth.bearer=made-up-token")]).collect::<Vec<_>>()
    });
    let sidelight = Sidelight::start_set(folder.path(), "{ local: {} }", &doors.concat()).await;
    let app = App::start(folder.path()).await;

    for (transport, port) in [(Transport::Grpc, sidelight.grpc), (Transport::Http, sidelight.http)] {
        let endpoint = format!("https://localhost:{port}");
        let (ca, cert, key) = (pem("ca.pem"), pem("client.pem"), pem("client.key.pem"));
        let settings = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", &ca),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20made-up-token"),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &cert),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &key),
        ];
        let chat = |settings: &[(&str, &str)]| {
            app.chat_with(Instrumentation::Official, transport, settings).expect("the app itself is fine")
        };
        let welcome = chat(&settings);
        let (without_certificate, without_token) =
            (chat(&settings[..4]), chat(&[&settings[..3], &settings[4..]].concat()));
        let calls = eventually("the welcome call to be stored", || async {
            let calls = sidelight.command(&["calls", "--json"]);
            calls.contains(&welcome).then_some(calls)
        })
        .await;
        assert!(!calls.contains(&without_certificate), "{transport:?}: came in without a certificate");
        assert!(!calls.contains(&without_token), "{transport:?}: came in without a token");
    }
    assert!(!sidelight.process.output().contains("made-up-token"));
}
