//! Ordinary spans that look a little like LLM calls: none of them may be taken for one.

use super::story::spans_of;
use super::{Found, concerns, find};

const SPANS: &str = include_str!("../../tests/data/ordinary_spans.txt");

#[test]
fn no_ordinary_span_is_taken_for_an_llm_call() {
    let all = spans_of(SPANS);
    assert!(all.len() >= 60, "{}", all.len());
    for (name, batch) in &all {
        assert!(!concerns(batch), "{name}");
    }
}

/// Beside a call they are carriers, and no more.
#[test]
fn beside_a_call_they_are_no_calls_either() {
    let call = "chat gpt-4o | app\ngen_ai.operation.name = chat\ngen_ai.request.model = gpt-4o\n";
    let story = format!("{call}{SPANS}");
    for batch in super::story::requests(&story, &[&(0..60).collect::<Vec<_>>()]) {
        let found = find(&batch);
        let calls = found.iter().filter(|found| matches!(found, Found::Call(..))).count();
        assert_eq!((calls, found.len()), (1, 60));
    }
}
