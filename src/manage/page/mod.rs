//! The page: static files in the binary, under rules that let them load nothing from elsewhere.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

/// A file of the page.
struct File {
    path: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const fn html(path: &'static str, bytes: &'static [u8]) -> File {
    File { path, kind: "text/html; charset=utf-8", bytes }
}

const fn script(path: &'static str, bytes: &'static [u8]) -> File {
    File { path, kind: "text/javascript; charset=utf-8", bytes }
}

/// Every file there is. `/` is the page; what it loads lies beside it.
const FILES: &[File] = &[
    html("/", include_bytes!("index.html")),
    html("/docs", include_bytes!("docs.html")),
    File { path: "/page/page.css", kind: "text/css; charset=utf-8", bytes: include_bytes!("page.css") },
    script("/page/main.js", include_bytes!("main.js")),
    script("/page/api.js", include_bytes!("api.js")),
    script("/page/chart.js", include_bytes!("chart.js")),
    script("/page/dom.js", include_bytes!("dom.js")),
    script("/page/format.js", include_bytes!("format.js")),
    script("/page/view_call.js", include_bytes!("view_call.js")),
    script("/page/view_calls.js", include_bytes!("view_calls.js")),
    script("/page/view_dead.js", include_bytes!("view_dead.js")),
    script("/page/view_now.js", include_bytes!("view_now.js")),
    script("/page/view_rules.js", include_bytes!("view_rules.js")),
    script("/page/view_trends.js", include_bytes!("view_trends.js")),
    script("/page/view_try.js", include_bytes!("view_try.js")),
    script("/page/docs.js", include_bytes!("docs.js")),
];

/// Nothing from elsewhere, no script or style in the HTML itself, no HTML made from text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// Whether what lies at `path` is the same for everyone and tells nothing of this agent.
pub fn is_public(path: &str) -> bool {
    path == "/openapi.json" || FILES.iter().any(|file| file.path == path)
}

/// The routes of all files.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES
        .iter()
        .fold(Router::new(), |router, file| router.route(file.path, get(|headers| serve(file, headers))))
}

/// Has a browser take an answer for nothing but what it says it is.
pub fn harden(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

async fn serve(file: &'static File, headers: HeaderMap) -> Response {
    let digest = Sha256::digest(file.bytes);
    let tag = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let tag = HeaderValue::try_from(format!("\"{tag}\"")).expect("hex is a header value");
    let fresh = headers.get(header::IF_NONE_MATCH) == Some(&tag);
    let mut answer = match fresh {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => file.bytes.into_response(),
    };
    let headers = answer.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/manage/page");
        let files =
            std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
        let files = files.filter(|file| file.extension().is_some_and(|kind| kind != "rs"));
        assert_eq!(files.count(), FILES.len());
    }

    #[test]
    fn the_page_loads_quickly_over_a_slow_line() {
        let size: usize = FILES.iter().map(|file| file.bytes.len()).sum();
        assert!(size <= 150_000, "{size} bytes");
    }
}
