//! Which of several overlapping candidates is the finding: checked before keyword before bare shape.

use super::context::FAR;

/// A match that its row has accepted, before it is compared with others.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub kind: &'static str,
    pub start: usize,
    pub end: usize,
    /// Whether a check stands behind it.
    pub checked: bool,
    /// Bytes to the nearest context word, or `FAR`.
    pub near: u16,
}

/// So many bytes nearer does a check bring the word beside it.
const CHECK_WORTH: u16 = 24;

impl Candidate {
    /// Whether it wins over `other`. Where both have a word near, the nearer one wins, a check counting
    /// for some bytes; else a check beats a word, and a word a bare shape. Then length.
    fn beats(&self, other: &Candidate) -> bool {
        let class = |c: &Candidate| match (c.checked, c.near != FAR) {
            _ if self.near != FAR && other.near != FAR => 0,
            (checked, near) => 2 * u8::from(checked) + u8::from(near),
        };
        let apart = |c: &Candidate| match (self.kind == other.kind, c.near) {
            (true, _) | (_, FAR) => 0,
            (_, near) => near.saturating_sub(if c.checked { CHECK_WORTH } else { 0 }),
        };
        let rank = |c: &Candidate| (class(c), FAR - apart(c), c.end - c.start, c.checked);
        rank(self) > rank(other)
    }

    fn touches(&self, other: &Candidate) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// How sure we are, from 0 to 1: a fixed figure for each class of evidence.
    pub fn score(&self) -> f32 {
        match (self.checked, self.near != FAR) {
            (true, true) => 0.99,
            (true, false) => 0.95,
            (false, true) => 0.85,
            (false, false) => 0.75,
        }
    }
}

/// Leaves of `candidates` those that win, ascending and without overlaps. `n log n` in their number.
pub fn settle(candidates: &mut Vec<Candidate>) {
    if candidates.len() < 2 {
        return;
    }
    candidates.sort_unstable_by_key(|c| (c.start, c.end));
    let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
    let mut lost: Vec<Candidate> = Vec::new();
    for candidate in candidates.drain(..) {
        match kept.last_mut() {
            Some(last) if last.touches(&candidate) => {
                if candidate.beats(last) {
                    lost.push(std::mem::replace(last, candidate));
                } else {
                    lost.push(candidate);
                }
            }
            _ => kept.push(candidate),
        }
    }
    // One that lost against a candidate which then lost itself is free again.
    for candidate in lost {
        let next = kept.partition_point(|k| k.start < candidate.end);
        if next == 0 || !kept[next - 1].touches(&candidate) {
            candidates.push(candidate);
        }
    }
    candidates.sort_unstable_by_key(|c| c.start);
    candidates.dedup_by(|b, a| a.touches(b));
    candidates.append(&mut kept);
    candidates.sort_unstable_by_key(|c| c.start);
}
