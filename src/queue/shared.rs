//! The queue as everyone holds it: pushing, looking, and stopping.

use super::answer::{self, Answer};
use super::clock::Clock;
use super::config::Config;
use super::cursor::Cursor;
use super::disk::{Disk, File};
use super::format::record_len;
use super::ledger::Ledger;
use super::log::{Free, Log};
use super::refusal::{Refusal, Refusals};
use super::segment::{FREE, Segment};
use super::window::Window;
use super::{Metrics, PushError, Record};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, mpsc};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tracing::{error, warn};

/// Takes records. Cloning shares it.
#[derive(Clone)]
pub struct Queue {
    pub(super) shared: Arc<Shared>,
}

/// Bytes that may wait for the committer. Pushes beyond that wait their turn.
const INBOX: u32 = 16 << 20;
/// Finished segments that are kept for later use.
const RECYCLED: usize = 2;

/// What the queue, its lanes and its two loops have in common.
pub struct Shared {
    pub config: Config,
    pub clock: Clock,
    pub disk: Arc<dyn Disk>,
    pub metrics: Metrics,
    pub log: Mutex<Log>,
    /// One for each reader of the log, in its order. Locked before the log, never after it.
    pub cursors: RwLock<Vec<Arc<Mutex<Cursor>>>>,
    /// Told whenever there may be something new to lease.
    pub arrived: Notify,
    pub chores: Mutex<Chores>,
    pub chore: Condvar,
    /// Keeps other processes out of a directory that had to be made anew.
    pub lock: Mutex<Option<Box<dyn Send + Sync>>>,
    /// The last group could not be written, and not for want of room.
    pub failing: AtomicBool,
    /// The last records that there was no room for, if that is not long over.
    pub refusals: Refusals,
    inbox: mpsc::Sender<Message>,
    room: Arc<Semaphore>,
}

/// What the upkeep has to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chores {
    /// Write the next segment ahead of time.
    pub prepare: bool,
    /// Some segment is finished.
    pub retire: bool,
    /// Some cursor is not on disk yet.
    pub cursors: bool,
    pub finish: bool,
}

pub enum Message {
    Push(Push),
    Close,
}

/// A record on its way to the committer.
pub struct Push {
    pub record: Record,
    pub answer: Answer,
    _room: OwnedSemaphorePermit,
}

impl Queue {
    /// Takes a record and waits until it is as durable as the configuration says.
    ///
    /// If the caller goes away before the answer, the record may have been taken all the same.
    pub async fn push(&self, record: Record) -> Result<(), PushError> {
        let shared = &self.shared;
        let (size, most) = (record.payload.len() as u64, shared.config.largest_record());
        if size > most {
            return Err(PushError::TooLarge { size, most });
        }
        let wanted = u32::try_from(record_len(record.payload.len())).map_or(INBOX, |len| len.min(INBOX));
        let room = shared.room.clone().acquire_many_owned(wanted).await;
        let room = room.map_err(|_| PushError::Closed)?;
        let (answer, answered) = answer::pair();
        let push = Push { record, answer, _room: room };
        shared.inbox.send(Message::Push(push)).map_err(|_| PushError::Closed)?;
        answered.await
    }

    /// Books `items` of `kind` in every ledger as accepted and at once dropped for `reason`: they were taken from
    /// their sender, and left out on purpose before they came here.
    pub fn left_out(&self, kind: u8, items: u64, reason: &'static str) {
        for reader in &mut self.shared.log().readers {
            reader.leave_out(kind, items, reason);
        }
    }

    /// Takes no more records. What is in hand is still written and answered, then the committer ends,
    /// and lanes get `None` when they have leased all there is.
    pub fn close(&self) {
        self.shared.room.close();
        // The committer may be gone already, which is what is wanted.
        let _ = self.shared.inbox.send(Message::Close);
    }

    /// Lets the upkeep sync the cursors and end. To be called when the lanes have stopped.
    pub fn finish(&self) {
        self.shared.ask(|chores| chores.finish = true);
    }

    /// The ledgers of all lanes at one moment, with their names, in the order they were given.
    pub fn ledgers(&self) -> Vec<(Arc<str>, Ledger)> {
        let log = self.shared.log();
        let ledger = |(index, name)| (name, log.ledger(index, &self.shared.clock));
        log.readers.iter().map(|reader| reader.name.clone()).enumerate().map(ledger).collect()
    }

    /// Bytes that the log takes on disk, pre-written and recycled segments included.
    pub fn bytes(&self) -> u64 {
        self.shared.log().size()
    }

    /// Whether the last records that came could not be kept because the disk failed.
    pub fn is_failing(&self) -> bool {
        self.shared.failing.load(Ordering::Relaxed)
    }

    /// Why senders are told to come back, as far as it is for want of room.
    pub fn refusal(&self) -> Option<Refusal> {
        let shared = &self.shared;
        shared.refusals.standing().filter(|why| why.lasts(&shared.log(), shared.config.max_size.0))
    }

    /// Brings the gauges up to date, for a scrape.
    pub fn observe(&self) {
        let (bytes, oldest) = {
            let log = self.shared.log();
            (log.size(), log.oldest(&self.shared.clock))
        };
        self.shared.metrics.bytes.set(bytes as f64);
        self.shared.metrics.oldest.set(oldest.unwrap_or_default().as_secs_f64());
    }
}

impl Shared {
    /// What is common, and what the committer takes its records from.
    pub fn new(
        config: Config,
        clock: Clock,
        disk: Arc<dyn Disk>,
        metrics: Metrics,
        log: Log,
        cursors: Vec<Cursor>,
    ) -> (Shared, mpsc::Receiver<Message>) {
        let (inbox, messages) = mpsc::channel();
        let shared = Shared {
            config,
            clock,
            disk,
            metrics,
            log: Mutex::new(log),
            cursors: RwLock::new(cursors.into_iter().map(|cursor| Arc::new(Mutex::new(cursor))).collect()),
            arrived: Notify::new(),
            chores: Mutex::default(),
            chore: Condvar::new(),
            lock: Mutex::default(),
            failing: AtomicBool::new(false),
            refusals: Refusals::default(),
            inbox,
            room: Arc::new(Semaphore::new(INBOX as usize)),
        };
        (shared, messages)
    }

    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn chores(&self) -> MutexGuard<'_, Chores> {
        self.chores.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cursor of one reader.
    pub fn cursor(&self, lane: usize) -> Arc<Mutex<Cursor>> {
        self.cursors.read().unwrap_or_else(PoisonError::into_inner)[lane].clone()
    }

    /// Gives the upkeep something to do.
    pub fn ask(&self, note: impl FnOnce(&mut Chores)) {
        note(&mut self.chores());
        self.chore.notify_all();
    }

    /// Changes the log for one lane, then writes the lane's cursor if its window has moved.
    pub fn update<T>(&self, lane: usize, change: impl FnOnce(&mut Log) -> T) -> T {
        let cursor = self.cursor(lane);
        let mut cursor = cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let (result, window, finished) = {
            let mut log = self.log();
            let result = change(&mut log);
            let reader = &mut log.readers[lane];
            let moved = std::mem::take(&mut reader.unwritten);
            let window = moved.then(|| reader.window.clone());
            (result, window, moved && log.has_finished())
        };
        if let Some(window) = window {
            self.write_cursor(lane, &mut cursor, &window);
            self.ask(|chores| {
                chores.cursors = true;
                chores.retire |= finished;
            });
        }
        result
    }

    /// A cursor that cannot be written is written again by the upkeep; until then a crash would send
    /// records again.
    fn write_cursor(&self, lane: usize, cursor: &mut Cursor, window: &Window) {
        let written = cursor.write(window);
        let mut log = self.log();
        let reader = &mut log.readers[lane];
        match written {
            Ok(()) => reader.unsynced = true,
            Err(error) => {
                reader.unwritten = true;
                self.metrics.disk_errors.increment(1);
                warn!(lane = %reader.name, %error, "cannot write the lane's cursor");
            }
        }
    }

    /// Makes the directory anew if somebody has deleted it, or moved it away: what it held is lost but for what
    /// is still in memory, and lanes will say so; what comes is kept again. Whether it was gone.
    pub fn restore(&self) -> bool {
        if !self.disk.is_gone() {
            return false;
        }
        self.metrics.disk_errors.increment(1);
        error!("the queue's directory is gone: what waited there is lost; beginning anew in the same place");
        match self.disk.lock() {
            Ok(lock) => {
                *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = Some(lock);
                self.log().free.clear();
                self.restore_cursors();
            }
            Err(error) => error!(%error, "the queue's directory cannot be made anew; trying again"),
        }
        true
    }

    fn restore_cursors(&self) {
        let lanes: Vec<(usize, Arc<str>)> = {
            let log = self.log();
            let live = log.readers.iter().enumerate().filter(|(_, reader)| !reader.gone);
            live.map(|(index, reader)| (index, reader.name.clone())).collect()
        };
        for (index, name) in lanes {
            match Cursor::open(&*self.disk, &name) {
                Ok((cursor, _)) => {
                    *self.cursor(index).lock().unwrap_or_else(PoisonError::into_inner) = cursor;
                    self.update(index, |log| log.readers[index].unwritten = true);
                }
                Err(error) => warn!(lane = %name, %error, "cannot make the lane's cursor anew"),
            }
        }
    }

    /// Makes finished segments free for later use, or removes them.
    pub fn retire(&self) {
        let finished = self.log().take_finished();
        for segment in finished {
            let free = self.recycle(&segment);
            let mut log = self.log();
            log.moving -= segment.size;
            log.free.extend(free);
        }
    }

    /// Removes what is finished and what is kept for later use. Whether there was anything.
    pub fn give_back(&self) -> bool {
        let finished = self.log().has_finished();
        self.retire();
        let free = std::mem::take(&mut self.log().free);
        // A file that stays behind is found and counted at the next open.
        free.iter().for_each(|free| drop(self.disk.remove(&free.name)));
        finished || !free.is_empty()
    }

    fn recycle(&self, segment: &Segment) -> Option<Free> {
        let usual = self.config.segment_size();
        let fits = (usual - usual / 4..=usual).contains(&segment.size);
        let name = segment.name();
        let done = if fits && self.log().free.len() < RECYCLED {
            let free = format!("{:020}{FREE}", segment.first);
            self.disk.rename(&name, &free).map(|()| Some(Free { name: free, size: segment.size }))
        } else {
            self.disk.remove(&name).map(|()| None)
        };
        done.unwrap_or_else(|error| {
            self.metrics.disk_errors.increment(1);
            warn!(segment = name, %error, "cannot put away a finished segment");
            None
        })
    }

    /// The file of a segment, to read from.
    pub fn open(&self, segment: &Segment) -> io::Result<Arc<dyn File>> {
        self.disk.open(&segment.name())
    }
}
