//! Which of several overlapping candidates is the finding: checked before keyword before bare shape.

use super::context::FAR;

/// A match that its row has accepted, before it is compared with others.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub kind: &'static str,
    /// The number of its row.
    pub row: u16,
    pub start: usize,
    pub end: usize,
    /// Whether a check stands behind it.
    pub checked: bool,
    /// Bytes to the nearest context word, or `FAR`.
    pub near: u16,
    /// How sure we are where a user has said so, from 0 to 1.
    pub given: Option<f32>,
}

/// So many bytes nearer does a check bring the word beside it.
const CHECK_WORTH: u16 = 128;
/// A word this near is the value's label: it wins over a check with a word further away.
const LABEL: u16 = 5;

impl Candidate {
    /// Whether it wins over `other`. Where both have a word near, a label wins, then the nearer one, a check
    /// counting for some bytes; else a check beats a word, and a word a bare shape. Then length.
    fn beats(&self, other: &Candidate) -> bool {
        let class = |c: &Candidate| match (c.checked, c.near != FAR) {
            _ if self.near != FAR && other.near != FAR => u8::from(c.near <= LABEL),
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

    /// How sure we are, from 0 to 1: what a user has said, or a fixed figure for each class of evidence.
    pub fn score(&self) -> f32 {
        if let Some(given) = self.given {
            return given;
        }
        match (self.checked, self.near != FAR) {
            (true, true) => 0.99,
            (true, false) => 0.95,
            (false, true) => 0.85,
            (false, false) => 0.75,
        }
    }
}

/// Leaves of `candidates` those that win, ascending and without overlaps. `n log n` in their number. `lost` is
/// room to work in.
pub fn settle(candidates: &mut Vec<Candidate>, lost: &mut Vec<Candidate>) {
    if candidates.len() < 2 {
        return;
    }
    candidates.sort_unstable_by_key(|c| (c.start, c.end, c.row));
    lost.clear();
    // The winners so far stand at the front, in `candidates[..kept]`.
    let mut kept = 0;
    for i in 0..candidates.len() {
        let candidate = candidates[i];
        match candidates[..kept].last_mut() {
            Some(last) if last.touches(&candidate) => {
                let loser =
                    if candidate.beats(last) { std::mem::replace(last, candidate) } else { candidate };
                lost.push(loser);
            }
            _ => {
                candidates[kept] = candidate;
                kept += 1;
            }
        }
    }
    candidates.truncate(kept);
    // One that lost against a candidate which then lost itself is free again.
    for candidate in lost.drain(..) {
        let next = candidates[..kept].partition_point(|k| k.start < candidate.end);
        if next == 0 || !candidates[next - 1].touches(&candidate) {
            candidates.push(candidate);
        }
    }
    // The best of those that are free and overlap is the first, which is the longest way back.
    candidates[kept..].sort_unstable_by_key(|c| c.start);
    let mut free = kept;
    for i in kept..candidates.len() {
        if free == kept || !candidates[free - 1].touches(&candidates[i]) {
            candidates[free] = candidates[i];
            free += 1;
        }
    }
    candidates.truncate(free);
    candidates.sort_unstable_by_key(|c| c.start);
}
