//! Every item of a delivery comes to one end, whatever the peer says.

use super::*;
use crate::otlp::Signal;
use crate::otlp::wire::put_message;
use proptest::prelude::*;

/// A batch of `items` spans that say nothing.
fn spans(items: u32) -> Batch {
    let mut otlp = Vec::new();
    put_message(&mut otlp, 1, |resource| {
        put_message(resource, 2, |scope| (0..items).for_each(|_| put_message(scope, 2, |_| {})));
    });
    Batch::trusted(Signal::Traces, otlp.into(), items)
}

fn verdict(choice: u8) -> Verdict {
    match choice {
        0 => Verdict::Sent { rejected: 0, message: None },
        1 => Verdict::Sent { rejected: 2, message: Some("no".to_string()) },
        2 => Verdict::Sent { rejected: u64::MAX, message: None },
        3 => Verdict::TooLarge("large".into()),
        4 => Verdict::Refused("no".into()),
        7 => Verdict::Kept { items: 1 },
        5 => Verdict::Later { after: None, cause: "away".into() },
        8 => Verdict::Throttled { after: None, cause: "slowly".into() },
        9 => Verdict::Spoilt("one of them".into()),
        _ => Verdict::Hold("who are you".into()),
    }
}

fn total(delivery: &Delivery) -> u64 {
    delivery.ledger().iter().map(|settled| settled.items).sum()
}

#[test]
fn one_bad_item_is_found_by_halving_and_the_others_are_sent() {
    let shape = Shape { join: 1 << 20, most: 1 << 20, items: u64::MAX, text: None, valid_ids: false };
    let mut delivery = Delivery::new(shape, &retry::Config::default());
    (0..3).for_each(|_| delivery.add(spans(4)));
    let (mut sent, mut dead, mut attempts) = (0, Vec::new(), 0);
    loop {
        match delivery.next() {
            Step::Done => break,
            Step::Bury(letter) => dead.push((letter.batch.items(), letter.reason)),
            // The bad one is the sixth of those that are not sent yet.
            Step::Send(batch) => {
                attempts += 1;
                let spoilt = sent <= 5 && sent + batch.items() > 5 && dead.is_empty();
                sent += if spoilt { 0 } else { batch.items() };
                let verdict = if spoilt { Verdict::Spoilt("no".into()) } else { verdict(0) };
                delivery.answer(verdict, 0.5);
            }
        }
    }
    assert_eq!((sent, dead), (11, vec![(1, "refused")]));
    assert!(attempts <= 10, "{attempts}");
}

proptest! {
    #[test]
    fn every_item_stands_in_the_ledger_once_whatever_the_peer_says(
        batches in prop::collection::vec(0..6u32, 0..6),
        verdicts in prop::collection::vec(0..10u8, 0..40),
        most in 1..60usize,
        items in 1..8u64,
        expires in any::<bool>(),
        mut without_room in 0..4u32,
    ) {
        let shape = Shape { join: 20, most, items, text: None, valid_ids: false };
        let mut delivery = Delivery::new(shape, &retry::Config::default());
        batches.iter().for_each(|items| delivery.add(spans(*items)));
        let mut verdicts = verdicts.into_iter().chain(std::iter::repeat(0));
        let mut buried = 0;
        loop {
            match delivery.next() {
                Step::Done => break,
                Step::Bury(dead) if without_room > 0 => {
                    without_room -= 1;
                    delivery.unbury(dead, 0.5);
                }
                Step::Bury(dead) => buried += u64::from(dead.batch.items()),
                Step::Send(batch) => {
                    prop_assert!(batch.otlp().len() <= most && u64::from(batch.items()) <= items);
                    let waits = matches!(delivery.answer(verdict(verdicts.next().unwrap_or(0)), 0.5), Then::Wait { .. });
                    if waits && expires {
                        delivery.expire();
                    }
                }
            }
        }
        prop_assert_eq!(total(&delivery), batches.iter().map(|items| u64::from(*items)).sum::<u64>());
        let dead = |settled: &&Settled| matches!(settled.outcome, Outcome::Dead(_));
        prop_assert_eq!(buried, delivery.ledger().iter().filter(dead).map(|settled| settled.items).sum::<u64>());
    }
}
