//! Group commit: takes all that waits, has it written at once, and answers all of it.

use super::PushError;
use super::answer::answer_all;
use super::format::record_len;
use super::refusal::Refusal;
use super::shared::{Message, Push, Shared};
use super::writer::Writer;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Instant;

/// Most of what is committed at once. More would not make a group cheaper, only its answer later.
const GROUP_BYTES: u64 = 8 << 20;
const GROUP_RECORDS: usize = 512;

/// Takes what was pushed to the disk. [`Committer::run`] wants a thread of its own.
pub struct Committer {
    shared: Arc<Shared>,
    messages: Receiver<Message>,
    writer: Writer,
    closing: bool,
}

impl Committer {
    pub(super) fn new(shared: Arc<Shared>, messages: Receiver<Message>, writer: Writer) -> Committer {
        Committer { shared, messages, writer, closing: false }
    }

    /// Commits until the queue is closed and everything in hand is answered. Blocks.
    pub fn run(mut self) {
        while self.turn() {}
        self.end();
    }

    /// Waits for one group and commits it. Whether there may be another.
    fn turn(&mut self) -> bool {
        let Ok(message) = self.messages.recv() else {
            return false;
        };
        let group = self.gather(Some(message));
        self.commit(group);
        !self.closing
    }

    fn end(&mut self) {
        while self.commit_waiting() {}
        self.shared.log().closed = true;
        self.shared.arrived.notify_waiters();
    }

    /// Commits what waits, if anything does; whether it did.
    pub(super) fn commit_waiting(&mut self) -> bool {
        let group = self.gather(None);
        let some = !group.is_empty();
        self.commit(group);
        some
    }

    /// `first` and what waits behind it, up to the bounds of a group.
    fn gather(&mut self, first: Option<Message>) -> Vec<Push> {
        let (mut group, mut bytes) = (Vec::new(), 0);
        let mut next = first.map_or_else(|| self.messages.try_recv(), Ok);
        loop {
            match next {
                Ok(Message::Push(push)) => {
                    bytes += record_len(push.record.payload.len());
                    group.push(push);
                }
                Ok(Message::Close) => self.closing = true,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return group,
            }
            if bytes >= GROUP_BYTES || group.len() >= GROUP_RECORDS {
                return group;
            }
            next = self.messages.try_recv();
        }
    }

    /// Writes a group, split where a segment ends, and answers all of it.
    fn commit(&mut self, group: Vec<Push>) {
        let mut group = self.admit(group);
        while !group.is_empty() {
            let rest = group.split_off(self.writer.fitting(&group));
            let start = Instant::now();
            let written = self.writer.write(&group);
            self.shared.metrics.commit.record(start.elapsed());
            self.shared.metrics.group.record(group.len() as f64);
            self.answer(group, written);
            group = rest;
        }
    }

    /// Answers those that a lane has no room for, now or ever, and gives back the others.
    fn admit(&self, group: Vec<Push>) -> Vec<Push> {
        let (mut bytes, mut why) = (0, None);
        let mut log = self.shared.log();
        let (admitted, refused): (Vec<Push>, Vec<Push>) = group.into_iter().partition(|push| {
            let len = record_len(push.record.payload.len());
            let room = log.admit(bytes + len);
            if room {
                bytes += len;
            } else {
                why.get_or_insert_with(|| Refusal::of(&log, bytes + len));
            }
            room
        });
        let most = log.largest_record();
        drop(log);
        let size = |push: &Push| push.record.payload.len() as u64;
        let (too_large, refused): (Vec<Push>, Vec<Push>) =
            refused.into_iter().partition(|push| size(push) > most);
        if let Some(why) = why.filter(|_| !refused.is_empty()) {
            self.refuse(refused, why);
        }
        answer_all(too_large.into_iter().map(|push| {
            let size = size(&push);
            (push.answer, Err(PushError::TooLarge { size, most }))
        }));
        admitted
    }

    fn answer(&self, group: Vec<Push>, written: Result<(), PushError>) {
        if let Err(PushError::Full) = written {
            return self.refuse(group, self.writer.refusal());
        }
        if written.is_ok() {
            self.shared.refusals.took();
        }
        answer_all(group.into_iter().map(|push| (push.answer, copy(&written))));
    }

    fn refuse(&self, group: Vec<Push>, why: Refusal) {
        self.shared.refusals.refused(why);
        self.shared.metrics.full.increment(group.len() as u64);
        answer_all(group.into_iter().map(|push| (push.answer, Err(PushError::Full))));
    }
}

/// The same answer for one more of the group.
fn copy(written: &Result<(), PushError>) -> Result<(), PushError> {
    match written {
        Ok(()) => Ok(()),
        Err(PushError::Disk(error)) => Err(PushError::Disk(io::Error::new(error.kind(), error.to_string()))),
        Err(_) => Err(PushError::Full),
    }
}
