//! Commands that answer line by line, in the order of the input.

use super::{Failure, Outcome, failure};
use anyhow::anyhow;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

/// The longest line that is read, in bytes: the largest text that the agent would take by default.
const MAX_LINE: u64 = 64 << 20;

/// Writes the answer to each line of `input` as a line of its own. Empty lines are skipped; the first
/// line without an answer ends it, and is named by its number and never quoted.
///
/// Answers leave before more input is waited for, so that a program can ask and wait for each.
pub fn answer_each<R: Read>(
    input: R,
    output: &mut impl Write,
    mut answer: impl FnMut(&str) -> Result<String, String>,
) -> Result<(), Failure> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut line = Vec::new();
    for number in 1_u64.. {
        if input.buffer().is_empty() {
            output.flush()?;
        }
        line.clear();
        if (&mut input).take(MAX_LINE + 1).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let refuse = |why: String| Failure::BadInput(anyhow!("line {number}: {why}"));
        if line.len() as u64 > MAX_LINE {
            return Err(refuse("longer than 64 MiB".into()));
        }
        let text = std::str::from_utf8(&line).map_err(|_| refuse("not UTF-8 text".into()))?.trim();
        if !text.is_empty() {
            let answer = answer(text).map_err(refuse)?;
            writeln!(output, "{answer}")?;
        }
    }
    output.flush()?;
    Ok(())
}

/// Answers each line `{"id", "text"}` of stdin by its id and what `answer` says of its text.
pub fn answer_texts<T: Serialize>(answer: impl Fn(&str) -> Result<T, String>) -> Outcome {
    let mut out = BufWriter::new(io::stdout().lock());
    answer_each(io::stdin().lock(), &mut out, |line| {
        let asked: Asked<'_> = object(line, r#"{"id", "text"}"#)?;
        Ok(json(&Answer { id: asked.id, answer: answer(&asked.text)? }))
    })?;
    Ok(failure::FINE)
}

#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    text: String,
}

/// What is said of one line, under the id that it came with.
#[derive(Serialize)]
pub struct Answer<'a, T> {
    pub id: Option<&'a RawValue>,
    #[serde(flatten)]
    pub answer: T,
}

/// All of `input` as one text.
pub fn whole_text(input: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    input.take(MAX_LINE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_LINE {
        return Err(Failure::BadInput(anyhow!("the text is longer than 64 MiB")));
    }
    String::from_utf8(bytes).map_err(|_| Failure::BadInput(anyhow!("the text is not UTF-8")))
}

/// Reads `line` as one JSON object. `Err` says where it went wrong and quotes nothing: serde's own
/// messages quote values, and the values here are people's texts.
pub fn object<'a, T: Deserialize<'a>>(line: &'a str, shape: &str) -> Result<T, String> {
    serde_json::from_str(line)
        .map_err(|error| format!("expected {shape}; it goes wrong at column {}", error.column()))
}

/// `value` on one line.
pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers serialise")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    fn shout(text: &str) -> Result<String, String> {
        if text == "bad" { Err("no".into()) } else { Ok(text.to_uppercase()) }
    }

    fn check(input: &[u8], output: &str, refused: Option<&str>) {
        let mut written = Vec::new();
        let said = answer_each(input, &mut written, shout);
        assert_eq!(String::from_utf8(written).unwrap(), output);
        let mut reason = Vec::new();
        if let Err(failure) = said {
            assert_eq!(failure.status(), 2);
            failure.report(&mut reason).unwrap();
        }
        assert_eq!(String::from_utf8(reason).unwrap(), refused.unwrap_or_default());
    }

    #[test]
    fn every_line_is_answered_in_order() {
        check(b"a\r\n\nb\nc", "A\nB\nC\n", None);
        check(b"", "", None);
    }

    #[test]
    fn the_first_bad_line_ends_it_after_what_came_before() {
        check(b"a\n\nbad\nb\n", "A\n", Some("sidelight: line 3: no\n"));
        check(b"a\n\xff\n", "A\n", Some("sidelight: line 2: not UTF-8 text\n"));
    }

    /// Gives one line at a time and notes what had been written when the next was asked for.
    struct Dialogue {
        lines: Vec<&'static [u8]>,
        written: Arc<Mutex<Vec<u8>>>,
        heard: Vec<usize>,
    }

    impl Read for &mut Dialogue {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.heard.push(self.written.lock().unwrap().len());
            let Some(line) = self.lines.pop() else {
                return Ok(0);
            };
            into[..line.len()].copy_from_slice(line);
            Ok(line.len())
        }
    }

    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_answer_leaves_before_the_next_line_is_waited_for() {
        let written = Arc::default();
        let mut dialogue =
            Dialogue { lines: vec![b"b\n", b"a\n"], written: Arc::clone(&written), heard: Vec::new() };
        let mut output = BufWriter::new(Shared(written));
        assert!(answer_each(&mut dialogue, &mut output, shout).is_ok());
        assert_eq!(dialogue.heard, [0, 2, 4]);
    }
}
