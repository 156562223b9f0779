//! Answers to pushes: one wake-up from the committer's thread for a whole group.
//!
//! Waking a task from another thread costs a system call, waking one from its own runtime next to
//! nothing. So the committer wakes one of the group, and that one wakes the others when it is polled
//! or dropped. (A quarter of all CPU on small requests, measured on a prototype.)

use super::PushError;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The committer's end. Dropped without an answer it says that the queue is closed.
pub struct Answer(Arc<Slot>);

/// The sender's end.
pub struct Answered(Arc<Slot>);

#[derive(Default)]
struct Slot(Mutex<State>);

#[derive(Default)]
struct State {
    result: Option<Result<(), PushError>>,
    waker: Option<Waker>,
    /// Those that this one has to wake.
    others: Vec<Arc<Slot>>,
    /// The sender has its answer, or does not wait for it any more.
    gone: bool,
}

pub fn pair() -> (Answer, Answered) {
    let slot = Arc::new(Slot::default());
    (Answer(slot.clone()), Answered(slot))
}

/// Answers a whole group.
pub fn answer_all(group: impl IntoIterator<Item = (Answer, Result<(), PushError>)>) {
    let mut slots = Vec::new();
    for (answer, result) in group {
        answer.0.lock().result = Some(result);
        slots.push(answer.0.clone());
    }
    // Who is not waiting yet finds the answer when it asks; who is gone cannot wake anyone.
    while let Some(slot) = slots.pop() {
        let mut state = slot.lock();
        if let Some(waker) = state.waker.take().filter(|_| !state.gone) {
            state.others = slots;
            drop(state);
            return waker.wake();
        }
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let waker = self.lock().waker.take();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Marks this one as gone and wakes those that counted on it.
    fn leave(&self, mut state: MutexGuard<'_, State>) {
        state.gone = true;
        let others = std::mem::take(&mut state.others);
        drop(state);
        others.iter().for_each(|other| other.wake());
    }
}

impl Future for Answered {
    type Output = Result<(), PushError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        let Some(result) = state.result.take() else {
            state.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        self.0.leave(state);
        Poll::Ready(result)
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        self.0.leave(self.0.lock());
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if state.result.is_none() && !state.gone {
            state.result = Some(Err(PushError::Closed));
            drop(state);
            self.0.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Senders that wait, the committer's ends, and a count of wake-ups for each sender.
    fn waiting(count: usize) -> (Vec<Answered>, Vec<Answer>, Vec<Arc<Woken>>) {
        let (answers, mut answered): (Vec<_>, Vec<_>) = (0..count).map(|_| pair()).unzip();
        let woken: Vec<Arc<Woken>> = (0..count).map(|_| Arc::default()).collect();
        for (answered, woken) in answered.iter_mut().zip(&woken) {
            assert!(poll(answered, woken).is_pending());
        }
        (answered, answers, woken)
    }

    fn poll(answered: &mut Answered, woken: &Arc<Woken>) -> Poll<Result<(), PushError>> {
        let waker = Waker::from(woken.clone());
        Pin::new(answered).poll(&mut Context::from_waker(&waker))
    }

    fn wakes(woken: &[Arc<Woken>]) -> Vec<usize> {
        woken.iter().map(|woken| woken.0.load(Ordering::Relaxed)).collect()
    }

    fn answer(answers: Vec<Answer>) {
        answer_all(answers.into_iter().map(|answer| (answer, Ok(()))));
    }

    #[test]
    fn one_of_a_group_is_woken_and_wakes_the_others() {
        let (mut answered, answers, woken) = waiting(4);
        answer(answers);
        assert_eq!(wakes(&woken), [0, 0, 0, 1]);
        assert!(matches!(poll(&mut answered[3], &woken[3]), Poll::Ready(Ok(()))));
        assert_eq!(wakes(&woken), [1, 1, 1, 1]);
        for index in 0..3 {
            assert!(poll(&mut answered[index], &woken[index]).is_ready());
        }
    }

    #[test]
    fn one_that_goes_away_wakes_the_others_too() {
        let (mut answered, answers, woken) = waiting(3);
        answer(answers);
        drop(answered.pop());
        assert_eq!(wakes(&woken), [1, 1, 1]);
    }

    #[test]
    fn one_that_went_away_before_is_passed_over() {
        let (mut answered, answers, woken) = waiting(3);
        drop(answered.pop());
        answer(answers);
        assert_eq!(wakes(&woken), [0, 1, 0]);
    }

    #[test]
    fn one_that_asks_late_finds_its_answer_and_one_never_answered_hears_that_the_queue_is_closed() {
        let (late, mut answered) = pair();
        answer(vec![late]);
        assert!(matches!(poll(&mut answered, &Arc::default()), Poll::Ready(Ok(()))));
        let (mut answered, answers, woken) = waiting(1);
        drop(answers);
        assert_eq!(wakes(&woken), [1]);
        assert!(matches!(poll(&mut answered[0], &woken[0]), Poll::Ready(Err(PushError::Closed))));
    }
}
