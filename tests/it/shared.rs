//! Material that stands beside the repository, where it is at hand.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The folder of shared material: `SIDELIGHT_SHARED`, else `../shared`. `None`, said aloud, where there is none.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
pub fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("SIDELIGHT_SHARED").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("SKIPPED: no shared material (set SIDELIGHT_SHARED, or lay it at ../shared)");
        return None;
    }
    Some(folder)
}

/// The corpus, unpacked into the temporary folder the first time.
pub fn corpus() -> Option<&'static Path> {
    static CORPUS: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| unpacked(&folder()?.join("corpus/corpus.tar.gz"), "corpus"));
    CORPUS.as_deref()
}

/// The labelled texts for detection, unpacked likewise.
pub fn detect() -> Option<&'static Path> {
    static DETECT: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| unpacked(&folder()?.join("detect/detect.tar.gz"), "detect"));
    DETECT.as_deref()
}

#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn unpacked(archive: &Path, name: &str) -> Option<PathBuf> {
    let Ok(archived) = archive.metadata() else {
        eprintln!("SKIPPED: no {}", archive.display());
        return None;
    };
    let place = std::env::temp_dir().join(format!("sidelight-{name}-{}", archived.len()));
    if !place.join("README.md").is_file() {
        let fresh = tempfile::tempdir().expect("a temporary folder");
        let tar = Command::new("tar")
            .arg("xzf")
            .arg(archive)
            .arg("-C")
            .arg(fresh.path())
            .status()
            .expect("tar runs");
        assert!(tar.success(), "cannot unpack {}", archive.display());
        // Another test run may have been faster; what it unpacked is the same.
        let _ = std::fs::rename(fresh.keep(), &place);
    }
    Some(place)
}
