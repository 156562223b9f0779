//! Who changed what, when: lines of JSON in `data_dir/audit.jsonl`, and in the log.

use super::answer::Json;
use super::app::App;
use super::problem::Problem;
use crate::units::utc_text;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use tracing::{info, warn};
use utoipa::ToSchema;

/// Past this many bytes a new file is begun; the last one is kept as `audit.jsonl.1`.
const MOST: u64 = 1 << 20;

/// Changes that are shown.
const SHOWN: usize = 200;

/// A change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    pub at: String,
    /// `rules.pii.put`, `dead.replay`, …
    pub what: String,
    /// Which version, or how much.
    pub detail: String,
}

/// Changes, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    pub changes: Vec<Change>,
}

/// What was changed through this API, the latest first.
#[utoipa::path(get, path = "/v1/audit", tag = "agent", responses((status = 200, body = Changes)))]
pub async fn get(State(app): State<Arc<App>>) -> Result<Json<Changes>, Problem> {
    app.blocking(|app| {
        let text = fs::read_to_string(app.parts.data_dir.join(FILE)).unwrap_or_default();
        let read = |line| serde_json::from_str(line).ok();
        Ok(Json(Changes { changes: text.lines().rev().filter_map(read).take(SHOWN).collect() }))
    })
    .await
}

const FILE: &str = "audit.jsonl";

/// Writes down a change. One that cannot be written down is in the log at least.
pub fn note(data_dir: &Path, what: &str, detail: &str) {
    info!(what, detail, "changed through the management API");
    let change =
        Change { at: utc_text(SystemTime::now()), what: what.to_string(), detail: detail.to_string() };
    if let Err(error) = append(&data_dir.join(FILE), &change) {
        warn!(%error, "the audit log cannot be written");
    }
}

fn append(path: &Path, change: &Change) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|file| file.len() > MOST) {
        fs::rename(path, path.with_extension("jsonl.1"))?;
    }
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    writeln!(file, "{}", serde_json::to_string(change).expect("plain text serialises"))
}
