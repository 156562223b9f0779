//! What each pattern costs: its time over a fixed text, the memory that it takes, and how often it matches there.

use super::Patterns;
use crate::enrich::scan::custom::{Pattern, Set};
use std::time::{Duration, Instant};

/// What a pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Pii,
    Injection,
}

/// One pattern, measured.
#[derive(Clone, Debug)]
pub struct Cost {
    pub name: &'static str,
    pub sort: Sort,
    /// Bytes that its compiled expressions take.
    pub memory: usize,
    /// For one MB of the text.
    pub time: Duration,
    /// In the text, which holds nothing that anybody looks for: each is probably a false alarm.
    pub matches: usize,
}

/// Every pattern on its own, the slowest first. Takes some milliseconds for each.
pub fn costs(patterns: &Patterns) -> Vec<Cost> {
    let text = text();
    let pii = patterns.pii.iter().map(|pattern| (Sort::Pii, pattern));
    let all = pii.chain(patterns.injection.iter().map(|pattern| (Sort::Injection, pattern)));
    let mut costs: Vec<Cost> = all.map(|(sort, pattern)| measured(sort, pattern, &text)).collect();
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.time));
    costs
}

/// The best of a few runs: what disturbs a run makes it only slower.
fn measured(sort: Sort, pattern: &Pattern, text: &str) -> Cost {
    const RUNS: usize = 5;
    let set = Set::build(vec![pattern.clone()]).expect("there is a pattern in it");
    let mut best = Duration::MAX;
    let mut matches = 0;
    for _ in 0..RUNS {
        matches = 0;
        let start = Instant::now();
        set.each(text, |_, _, _| matches += 1);
        best = best.min(start.elapsed());
    }
    let time = best.mul_f64(1e6 / text.len() as f64);
    let memory = pattern.expressions.iter().map(|expression| expression.memory()).sum();
    Cost { name: pattern.name, sort, memory, time, matches }
}

/// Prose, code, JSON and what is hard for patterns that begin with a run: one long word, digits, base64.
fn text() -> String {
    const PARTS: [(&str, usize); 7] = [
        ("The retry loop backs off and gives up after five attempts; we watched it for two days. ", 100),
        ("Die Änderung läuft seit gestern, und über Nacht kam kein Fehler. 変更は昨日から動いています。", 30),
        ("    let mask = table[at & 0xff] as usize; // see issue 4821\n", 60),
        ("{\"traceId\":\"fe5e47037780a51fed2e2dac1926e5f5\",\"count\":7615,\"ok\":true},", 60),
        ("SGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXN0IG9mIGEgbG9uZyBydW4", 80),
        ("0123456789", 300),
        ("a", 3000),
    ];
    PARTS.iter().map(|(part, times)| part.repeat(*times) + "\n").collect()
}
