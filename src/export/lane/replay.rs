//! Dead letters that are given to their exporter once more.

use super::{End, Lane};
use crate::export::BoxError;
use crate::queue::{Letter, Record, Stored};
use std::slice;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// Between two attempts to read from a disk that fails.
const DISK_PAUSE: Duration = Duration::from_secs(1);

impl Lane {
    /// Sends what was marked, one letter after another, whenever the bell rings; a letter leaves the file once
    /// each of its items is settled, and what is refused again is a letter anew. Never ends.
    ///
    /// Between the two a crash sends the letter again, as it does with a batch of the queue.
    pub(super) async fn replay(&self, stop: &CancellationToken) {
        let (mut last, mut letters) = (0, 0_u64);
        loop {
            match self.marked(last).await {
                Ok(Some((id, letter))) => {
                    last = id;
                    if matches!(self.replay_one(id, letter, stop).await, End::Stopped) {
                        return std::future::pending().await;
                    }
                    letters += 1;
                }
                Ok(None) => {
                    if letters > 0 {
                        info!(exporter = self.queue.name(), letters, "dead letters were replayed");
                    }
                    self.bell.notified().await;
                    (last, letters) = (0, 0);
                }
                Err(cause) => {
                    let exporter = self.queue.name();
                    error!(
                        exporter,
                        cause = self.words.of(&*cause),
                        "cannot read the dead letters; trying again"
                    );
                    tokio::time::sleep(DISK_PAUSE).await;
                }
            }
        }
    }

    async fn replay_one(&self, id: i64, letter: Letter, stop: &CancellationToken) -> End {
        let Letter { kind, flags, items, payload, enqueued, .. } = letter;
        let replay = self.queue.replay(kind, items, payload.len() as u64);
        let record = Record { kind, flags, items: u32::try_from(items).unwrap_or(u32::MAX), payload };
        let stored = Stored { sequence: 0, enqueued, record };
        let mut delivery = self.unpack(slice::from_ref(&stored)).await;
        let end = self.deliver(&mut delivery, slice::from_ref(&stored), false, stop).await;
        if matches!(end, End::Settled) {
            replay.settle(&delivery.ledger());
            let dead = self.dead.clone();
            let removed = tokio::task::spawn_blocking(move || dead.remove(id)).await;
            if !matches!(removed, Ok(Ok(_))) {
                error!(exporter = self.queue.name(), id, "a dead letter was replayed and cannot be removed");
            }
        }
        end
    }

    async fn marked(&self, after: i64) -> Result<Option<(i64, Letter)>, BoxError> {
        let (dead, exporter) = (self.dead.clone(), self.queue.name().to_string());
        Ok(tokio::task::spawn_blocking(move || dead.marked(&exporter, after)).await??)
    }
}
