//! Lines for stderr, written by a thread of their own: whoever logs never waits for a reader that stalls.

use metrics::{counter, describe_counter};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait to be written, some 200 bytes each. What comes while so many wait is lost, and counted.
const WAITING: usize = 4096;

/// How long the end of the process waits for a reader.
const PATIENCE: Duration = Duration::from_secs(1);

const LOST: &str = "sidelight_log_lines_lost_total";

/// Where events are written. Clones write to the same thread.
#[derive(Clone)]
pub struct Lines {
    to: SyncSender<Said>,
    /// Lines lost since the last that was written.
    lost: Arc<AtomicU64>,
}

enum Said {
    Line(Vec<u8>),
    /// To be answered when everything before it is written.
    Flush(SyncSender<()>),
}

/// Has what is waiting written when it is dropped, for as long as the reader is worth waiting for.
#[must_use = "what is waiting is written when this is dropped"]
pub struct Flush(Lines);

impl Lines {
    /// Starts the thread that writes to `out`.
    pub fn start(out: impl Write + Send + 'static) -> io::Result<Lines> {
        let (to, said) = sync_channel(WAITING);
        let lost = Arc::default();
        let writer = Writer { out, lost: Arc::clone(&lost) };
        thread::Builder::new().name("log".into()).spawn(move || writer.run(&said))?;
        Ok(Lines { to, lost })
    }

    /// To be held until the process ends.
    pub fn flush_at_end(&self) -> Flush {
        Flush(self.clone())
    }
}

/// Puts the count of lost lines on the page of metrics.
pub fn describe() {
    describe_counter!(LOST, "Lines of the log that were not written, because nobody read stderr.");
    counter!(LOST).absolute(0);
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Lines;

    fn make_writer(&'a self) -> &'a Lines {
        self
    }
}

/// One call is one line: so the subscriber writes its events.
impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.to.try_send(Said::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
            counter!(LOST).increment(1);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        let (written, wait) = sync_channel(1);
        if self.0.to.try_send(Said::Flush(written)).is_ok() {
            // Nobody reads: the rest is lost with the process.
            let _ = wait.recv_timeout(PATIENCE);
        }
    }
}

struct Writer<W> {
    out: W,
    lost: Arc<AtomicU64>,
}

impl<W: Write> Writer<W> {
    fn run(mut self, said: &Receiver<Said>) {
        // A stderr that is closed takes nothing, and there is nowhere to say so.
        while let Ok(said) = said.recv() {
            match said {
                Said::Line(line) => drop(self.out.write_all(&line)),
                Said::Flush(written) => drop(written.send(())),
            }
            let lost = self.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                let _ = writeln!(self.out, "{lost} lines of the log are lost: nobody read stderr in time");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Waits for a permit before each write.
    struct Stalled {
        permits: Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Without a giver of permits it goes on freely.
            let _ = self.permits.recv();
            self.written.lock().expect("no writer panicked").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_that_stalls_and_what_was_lost_is_said() {
        let (permit, permits) = sync_channel(0);
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let lines = Lines::start(Stalled { permits, written: Arc::clone(&written) }).expect("a thread");
        let flush = lines.flush_at_end();
        let say = |line: &str| (&lines).write_all(line.as_bytes()).expect("it takes everything");
        (0..2 * WAITING).for_each(|line| say(&format!("line {line}\n")));
        drop(permit);
        let (caught_up, wait) = sync_channel(1);
        lines.to.send(Said::Flush(caught_up)).expect("the thread runs");
        wait.recv().expect("the thread runs");
        say("the last\n");
        drop(flush);
        let written = String::from_utf8(written.lock().expect("no writer panicked").clone()).expect("text");
        let said = written.lines().filter(|line| line.ends_with("nobody read stderr in time")).count();
        let lines = written.lines().filter(|line| line.starts_with("line ")).count();
        assert!((WAITING..=WAITING + 1).contains(&lines), "{lines} lines");
        assert_eq!(
            (said, written.lines().next(), written.lines().last()),
            (1, Some("line 0"), Some("the last"))
        );
    }
}
