//! Dead letters: written, without room, replayed.

use super::*;

/// Dead letters on a disk that is full until the connection drops the trigger `full`.
fn dead_without_room(folder: &std::path::Path) -> (Arc<DeadLetters>, rusqlite::Connection) {
    let dead = DeadLetters::open(folder, queue::Dead::default(), queue::Metrics::new()).expect("a new file");
    let disk = rusqlite::Connection::open(folder.join("dead.db")).expect("it is there");
    let full = "CREATE TRIGGER full BEFORE INSERT ON letters BEGIN SELECT RAISE(FAIL, 'disk is full'); END";
    disk.execute_batch(full).expect("writable");
    (Arc::new(dead), disk)
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_room_among_the_dead_letters_is_sent_again_behind_what_the_peer_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dead, _disk) = dead_without_room(folder.path());
    let story = Story { dead, ..Story::new(vec![spans(&[1]), spans(&[2, 0]), spans(&[3])]).await };
    let mends_itself: Script = Box::new(|spans, attempt| match spans {
        [3] => sent(),
        _ if attempt < 6 => refused("no"),
        _ => sent(),
    });
    expect![[r#"
          1s [1, 2, 3]
          1s [1]
          2s [2]
          4s [3]
          4s [0]
          5s [1]
          7s [2]
          7s [0]
          7s [1]
        traces: sent 4, dropped {}, dead {}, waiting 0
    "#]]
    .assert_eq(&story.run(mends_itself).await);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_written_once_there_is_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dead, disk) = dead_without_room(folder.path());
    let story = Story { dead, ..Story::new(vec![spans(&[1])]).await };
    let disk = Mutex::new(disk);
    let makes_room: Script = Box::new(move |_, attempt| {
        if attempt == 2 {
            disk.lock().expect("no panic while held").execute_batch("DROP TRIGGER full").expect("writable");
        }
        refused("no")
    });
    expect![[r#"
          0s [1]
          1s [1]
          2s [1]
        traces: sent 0, dropped {}, dead {"refused": 1}, waiting 0
        dead: [1] refused HTTP 400: no
    "#]]
    .assert_eq(&story.run(makes_room).await);
}

#[tokio::test]
async fn a_dead_letter_is_replayed_once_and_one_that_is_refused_again_is_a_letter_anew() {
    let story = Story::new(vec![spans(&[1]), spans(&[2])]).await;
    let refuse_all: Script = Box::new(|_, _| refused("closed"));
    story.run(refuse_all).await;
    assert_eq!(story.dead.count(None).expect("readable").letters, 2);

    // A queue that is open, so that the lane goes on.
    let again = Story { dead: story.dead.clone(), ..Story::new(vec![]).await };
    let refuse_two: Script =
        Box::new(|spans, _| if spans.contains(&2) { refused("still closed") } else { sent() });
    let exporter = Arc::new(Scripted { started: Instant::now(), script: refuse_two, seen: Mutex::default() });
    let (queue_lane, config, dead) = (again.queue_lane.clone(), again.config.clone(), again.dead.clone());
    let lane = Lane::new(queue_lane, exporter, config, dead, Words::new(), Metrics::new("otlp"));
    let bell = lane.bell();
    let running = tokio::spawn(lane.run(again.stop.clone()));
    assert_eq!(again.dead.mark(&queue::Chosen::default(), &["otlp"]).expect("writable").letters, 2);
    bell.notify_one();
    let replayed = || again.queue_lane.ledger().line(1).clone();
    while replayed().replayed < 2
        || replayed().waiting.items > 0
        || again.dead.get(2).expect("readable").is_some()
    {
        tokio::task::yield_now().await;
    }
    again.stop.leasing.cancel();
    running.await.expect("it does not panic");
    let line = replayed();
    assert_eq!((line.sent, line.dead.get("refused"), line.waiting.items), (1, Some(&1), 0));
    let letters = again.dead.list(None, 0, 10).expect("readable");
    let left: Vec<_> = letters.iter().map(|letter| (letter.id, letter.message.as_str())).collect();
    assert_eq!(left, [(3, "HTTP 400: still closed")]);
}
