//! What to do about each verdict: the decisions of a lane, without its sockets, clock or disk.
//!
//! A [`Delivery`] is the way of a few batches to one peer. Its owner takes each [`Step`] in turn and
//! reports back; when it is done, every item stands in its ledger once.

#[cfg(test)]
mod tests;

use super::retry::{self, Backoff};
use super::{BoxError, Verdict};
use crate::llm::names;
use crate::otlp::{Batch, shape, trim};
use crate::queue::{Outcome, Settled};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How often a peer is asked that a person has to mend something for.
const HOLD: Duration = Duration::from_secs(60);

/// After so many times of being told to slow down, a request is sent in halves: Tempo says "slow down" also
/// of one request that is larger than all it ever takes at once.
const THROTTLED: u32 = 4;

/// A single item is cut for a peer that says so only if it is larger than this, in bytes.
const LARGE: usize = 1 << 20;

/// No item is cut to less than this for a peer that calls it too large: size is not what it minds.
const LEAST: usize = 4 << 10;

/// How what was cut is marked.
const MARKS: trim::Names =
    trim::Names { keys: names::TRIMMED, bytes: names::TRIMMED_BYTES, sha256: names::TRIMMED_SHA256 };

/// How batches are made into requests for one peer.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Batches of one signal are joined up to so many bytes.
    pub join: usize,
    /// No request is larger, in bytes before compression: what is gets split, down to one item, which is cut.
    pub most: usize,
    /// No request has more items.
    pub items: u64,
    /// Longer texts are cut before anything is sent, in bytes.
    pub text: Option<usize>,
    /// Whether items whose ids have the wrong length, or are zero, are set aside: peers like Tempo
    /// refuse the whole request for one of them.
    pub valid_ids: bool,
}

/// Batches on their way to one peer.
pub struct Delivery {
    shape: Shape,
    backoff: Backoff,
    requests: VecDeque<Request>,
    dead: VecDeque<Undeliverable>,
    ledger: BTreeMap<(u8, Outcome), u64>,
    trimmed: u64,
}

/// A request of one signal.
#[derive(Default)]
struct Request {
    /// The batches it is joined from. Never none.
    parts: Vec<Batch>,
    /// What a single item was before it was cut to fit.
    whole: Option<Batch>,
    /// How often in a row the peer said to slow down.
    throttled: u32,
}

/// There is nothing to halve.
struct OneItem;

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this and report the verdict with [`Delivery::answer`].
    Send(Batch),
    /// Put this into the dead letters, durably, or report with [`Delivery::unbury`] that it could not be. It is in
    /// the ledger already.
    Bury(Undeliverable),
    Done,
}

/// What a verdict asks for before the next step.
#[derive(Debug)]
pub enum Then {
    GoOn,
    /// The peer took the request and said something about it; `rejected` items it will never take.
    Heard {
        rejected: u64,
        message: String,
    },
    Wait {
        pause: Duration,
        cause: BoxError,
    },
    /// As `Wait`, loudly: a person has to mend something.
    Hold {
        pause: Duration,
        cause: BoxError,
    },
}

/// What no attempt will ever deliver.
#[derive(Debug)]
pub struct Undeliverable {
    pub batch: Batch,
    /// A label of metrics: `refused`, `too_large`, `invalid_id` or `given_up`.
    pub reason: &'static str,
    /// The peer's own words, not yet scrubbed.
    pub cause: Option<BoxError>,
}

impl Delivery {
    /// With nothing in it yet.
    pub fn new(shape: Shape, retry: &retry::Config) -> Delivery {
        Delivery {
            shape,
            backoff: Backoff::new(retry),
            requests: VecDeque::new(),
            dead: VecDeque::new(),
            ledger: BTreeMap::new(),
            trimmed: 0,
        }
    }

    /// Puts `batch` behind those that are there, or into one request with them.
    pub fn add(&mut self, batch: Batch) {
        let batch = if self.shape.valid_ids { self.without_invalid_ids(batch) } else { batch };
        let batch = self.with_short_texts(batch);
        let fits = |request: &&mut Request| {
            request.parts[0].signal() == batch.signal()
                && request.size() + batch.otlp().len() <= self.shape.join
        };
        match self.requests.iter_mut().rev().find(fits) {
            Some(request) => request.parts.push(batch),
            None => self.requests.push_back(Request::of(vec![batch])),
        }
    }

    /// Counts items that are not to be sent at all.
    pub fn skip(&mut self, kind: u8, items: u32, reason: &'static str) {
        *self.ledger.entry((kind, Outcome::Dropped(reason))).or_default() += u64::from(items);
    }

    /// Gives up what has not been sent.
    pub fn expire(&mut self) {
        let requests = std::mem::take(&mut self.requests).into_iter();
        for batch in requests.flat_map(|request| request.parts) {
            self.skip(batch.signal() as u8, batch.items(), "expired");
        }
    }

    pub fn next(&mut self) -> Step {
        loop {
            if let Some(letter) = self.dead.pop_front() {
                return Step::Bury(letter);
            }
            match self.requests.front() {
                None => return Step::Done,
                Some(request) if request.size() > self.shape.most => self.split(None),
                Some(request) if items_of(&request.parts) > self.shape.items => self.split(None),
                Some(request) => return Step::Send(shape::join(&request.parts)),
            }
        }
    }

    /// Takes the verdict on the request of the last [`Step::Send`]. `chance` is as in [`Backoff::pause`].
    pub fn answer(&mut self, verdict: Verdict, chance: f64) -> Then {
        match verdict {
            Verdict::Sent { rejected, message } => return self.sent(rejected, message),
            Verdict::Kept { items } => {
                let all = self.taken();
                self.unsend(&all, items_of(&all).saturating_sub(items), "not_carried");
            }
            Verdict::TooLarge(cause) => self.split(Some(cause)),
            Verdict::Spoilt(cause) => self.isolate(cause),
            Verdict::Refused(cause) => self.refused(cause),
            Verdict::Later { after, cause } => return self.later(after, cause, chance),
            Verdict::Throttled { after, cause } => {
                self.throttled();
                return self.later(after, cause, chance);
            }
            Verdict::Hold(cause) => return Then::Hold { pause: HOLD, cause },
        }
        Then::GoOn
    }

    /// The attempt at the last [`Step::Send`] took so long. To be told before its answer.
    pub fn took(&mut self, attempt: Duration) {
        self.backoff.took(attempt);
    }

    /// The dead letters have no room for the last [`Step::Bury`], and for those behind it as little: the peer is asked
    /// for them again, after all others and this pause. It may take them now, and what others deliver makes room.
    pub fn unbury(&mut self, dead: Undeliverable, chance: f64) -> Duration {
        for Undeliverable { batch, reason, .. } in std::iter::once(dead).chain(std::mem::take(&mut self.dead))
        {
            let line = (batch.signal() as u8, Outcome::Dead(reason));
            *self.ledger.entry(line).or_default() -= u64::from(batch.items());
            self.requests.push_back(Request::of(vec![batch]));
        }
        self.ledger.retain(|_, items| *items > 0);
        self.backoff.next_pause(None, chance)
    }

    /// What became of every item, once [`Step::Done`] has come.
    pub fn ledger(&self) -> Vec<Settled> {
        let line = |(&(kind, outcome), &items): (&(u8, Outcome), &u64)| Settled { kind, outcome, items };
        self.ledger.iter().map(line).collect()
    }

    /// Items whose texts were cut.
    pub fn trimmed(&self) -> u64 {
        self.trimmed
    }

    fn later(&mut self, after: Option<Duration>, cause: BoxError, chance: f64) -> Then {
        match self.backoff.pause(after, chance) {
            Some(pause) => Then::Wait { pause, cause },
            None => {
                self.bury_front("given_up", Some(cause));
                Then::GoOn
            }
        }
    }

    /// Makes a request smaller whose peer keeps saying to slow down.
    fn throttled(&mut self) {
        let Some(request) = self.requests.front_mut() else {
            return;
        };
        request.throttled += 1;
        let smaller = items_of(&request.parts) > 1 || request.size() > LARGE;
        if smaller && request.throttled >= THROTTLED {
            self.split(None);
        }
    }

    fn with_short_texts(&mut self, batch: Batch) -> Batch {
        let trimmed = self.shape.text.and_then(|most| trim::trim(&batch, most, &MARKS));
        let Some((trimmed, items)) = trimmed else {
            return batch;
        };
        self.trimmed += u64::from(items);
        trimmed
    }

    /// What is left of `batch` when the items that would sink it are set aside.
    fn without_invalid_ids(&mut self, batch: Batch) -> Batch {
        match shape::set_aside(&batch) {
            None => batch,
            Some((valid, invalid)) => {
                self.bury(invalid, "invalid_id", None);
                valid
            }
        }
    }

    fn sent(&mut self, rejected: u64, message: Option<String>) -> Then {
        let all = self.taken();
        let rejected = rejected.min(items_of(&all));
        self.unsend(&all, rejected, "partial_success");
        match message {
            Some(message) => Then::Heard { rejected, message },
            None if rejected > 0 => Then::Heard { rejected, message: String::new() },
            None => Then::GoOn,
        }
    }

    /// The batches of the first request, which was sent and is done with.
    fn taken(&mut self) -> Vec<Batch> {
        self.backoff.reset();
        let Request { parts, .. } = self.requests.pop_front().unwrap_or_default();
        for batch in &parts {
            self.count(batch, Outcome::Sent);
        }
        parts
    }

    /// Moves `items` of `parts` from sent to dropped.
    fn unsend(&mut self, parts: &[Batch], items: u64, reason: &'static str) {
        let Some(kind) = parts.first().map(|batch| batch.signal() as u8) else {
            return;
        };
        if items > 0 {
            *self.ledger.entry((kind, Outcome::Sent)).or_default() -= items;
            *self.ledger.entry((kind, Outcome::Dropped(reason))).or_default() += items;
        }
    }

    /// A request of one batch goes to the dead letters; of several, one of them may have spoilt it for
    /// the others, so each is sent alone.
    fn refused(&mut self, cause: BoxError) {
        match self.requests.front() {
            Some(request) if request.parts.len() > 1 => {
                let Request { parts, .. } = self.requests.pop_front().unwrap_or_default();
                for batch in parts.into_iter().rev() {
                    self.requests.push_front(Request::of(vec![batch]));
                }
            }
            _ => self.bury_front("refused", Some(cause)),
        }
    }

    /// Halves the first request, one item of which keeps the others out; alone, it goes to the dead letters.
    fn isolate(&mut self, cause: BoxError) {
        if self.halve().is_err() {
            self.bury_front("refused", Some(cause));
        }
    }

    /// Makes the first request smaller: halves it, or cuts its one item. `cause`: what the peer said of its size.
    fn split(&mut self, cause: Option<BoxError>) {
        if self.halve().is_err()
            && let Some(request) = self.requests.pop_front()
        {
            self.cut(request, cause);
        }
    }

    /// Halves the first request: by its batches, then by items. Errors where it is one item.
    fn halve(&mut self) -> Result<(), OneItem> {
        let request = self.requests.front_mut().ok_or(OneItem)?;
        let (first, second) = match &request.parts[..] {
            [one] => shape::split(one).map(|(first, second)| (vec![first], vec![second])).ok_or(OneItem)?,
            parts => {
                let second = request.parts.split_off(parts.len() / 2);
                (std::mem::take(&mut request.parts), second)
            }
        };
        self.requests.pop_front();
        self.requests.push_front(Request::of(second));
        self.requests.push_front(Request::of(first));
        Ok(())
    }

    /// Cuts the longest texts of the one item in `request`: to what a request may have, or to half of what
    /// it has. What cannot be cut any further goes to the dead letters as it was.
    fn cut(&mut self, request: Request, cause: Option<BoxError>) {
        let len = request.size();
        let goal = if len > self.shape.most { self.shape.most } else { len / 2 };
        let is_new = request.whole.is_none();
        let whole = request.whole.unwrap_or_else(|| shape::join(&request.parts));
        let fitted = (goal >= LEAST).then(|| trim::fit(&whole, goal, &MARKS)).flatten();
        match fitted {
            Some(fitted) => {
                self.trimmed += u64::from(is_new);
                self.requests.push_front(Request { whole: Some(whole), ..Request::of(vec![fitted]) });
            }
            None => self.bury(whole, "too_large", cause),
        }
    }

    fn bury_front(&mut self, reason: &'static str, cause: Option<BoxError>) {
        if let Some(request) = self.requests.pop_front() {
            let batch = request.whole.unwrap_or_else(|| shape::join(&request.parts));
            self.bury(batch, reason, cause);
        }
    }

    fn bury(&mut self, batch: Batch, reason: &'static str, cause: Option<BoxError>) {
        self.count(&batch, Outcome::Dead(reason));
        self.dead.push_back(Undeliverable { batch, reason, cause });
    }

    fn count(&mut self, batch: &Batch, outcome: Outcome) {
        *self.ledger.entry((batch.signal() as u8, outcome)).or_default() += u64::from(batch.items());
    }
}

fn items_of(parts: &[Batch]) -> u64 {
    parts.iter().map(|batch| u64::from(batch.items())).sum()
}

impl Request {
    fn of(parts: Vec<Batch>) -> Request {
        Request { parts, ..Request::default() }
    }

    /// In bytes, when the parts are joined.
    fn size(&self) -> usize {
        self.parts.iter().map(|batch| batch.otlp().len()).sum()
    }
}
