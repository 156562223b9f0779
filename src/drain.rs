//! How the agent stops: `stop` tells everyone, `tasks` knows when everyone has.

use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Held by every long-lived task: it stops when told, finishes what is in hand, and is waited for.
/// Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Drain {
    pub stop: CancellationToken,
    pub tasks: TaskTracker,
}

impl Drain {
    /// Tells everyone to stop and waits for them at most `grace`; whether all had stopped by then.
    pub async fn finish(&self, grace: Duration) -> bool {
        self.stop.cancel();
        self.tasks.close();
        tokio::time::timeout(grace, self.tasks.wait()).await.is_ok()
    }
}
