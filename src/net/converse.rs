//! One connection, to its end or to ours.

use std::pin::{Pin, pin};
use tokio_util::sync::CancellationToken;

/// Serves `conversation` until its client ends it. At `stop` it is told by `end` to stop after the request in hand.
pub async fn converse<C: Future>(
    conversation: C,
    end: impl FnOnce(Pin<&mut C>),
    stop: &CancellationToken,
) -> C::Output {
    let mut conversation = pin!(conversation);
    tokio::select! {
        ended = &mut conversation => return ended,
        () = stop.cancelled() => end(conversation.as_mut()),
    }
    conversation.await
}
