//! The forms a model's name is looked up in: as written, then with less and less around it.

/// Calls `found` with each form of `model`, the most exact first, until it answers.
///
/// What is taken off, in turn: the case; who serves it (`openai/`, `us.anthropic.`); the version of Bedrock (`-v1:0`);
/// and a date or `-latest`. `ft:…` is never taken off, since a tuned model has its own price.
pub(super) fn first<T>(model: &str, mut found: impl FnMut(&str) -> Option<T>) -> Option<T> {
    let whole = model.to_ascii_lowercase();
    let bare = azure(unserved(&whole));
    let unversioned = without_version(&bare);
    let undated = without_date(unversioned);
    let dashed = undated.replace('.', "-");
    [whole.as_str(), &bare, unversioned, undated, &dashed].into_iter().find_map(&mut found)
}

/// `gpt-4o` of `openrouter/openai/gpt-4o`, `claude-…` of `us.anthropic.claude-…`.
fn unserved(model: &str) -> &str {
    const VENDORS: [&str; 6] = ["anthropic.", "openai.", "mistral.", "cohere.", "deepseek.", "moonshotai."];
    let last = model.rsplit('/').next().unwrap_or(model);
    VENDORS.iter().find_map(|vendor| Some(last.split_once(vendor)?.1)).unwrap_or(last)
}

/// Azure writes 3.5 as 35.
fn azure(model: &str) -> String {
    match model.strip_prefix("gpt-35-") {
        Some(rest) => format!("gpt-3.5-{rest}"),
        None => model.to_owned(),
    }
}

fn without_version(model: &str) -> &str {
    let is_version = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b':') && !text.is_empty();
    match model.rsplit_once("-v") {
        Some((rest, version)) if is_version(version) => rest,
        _ => model,
    }
}

/// Without `-2024-08-06`, `-20241022`, `@20241022`, `-0613` or `-latest`.
fn without_date(model: &str) -> &str {
    if let Some(rest) = model.strip_suffix("-latest") {
        return rest;
    }
    let head = model.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '@');
    let date = &model[head.len()..];
    let digits = |text: &str, lengths: &[usize]| {
        lengths.iter().copied().eq(text.split('-').map(str::len)) && !text.contains('@')
    };
    // The date may follow a version that is digits as well: `claude-3-5-…` or `gpt-4-0613`.
    for (at, _) in date.match_indices(['-', '@']) {
        let text = &date[at + 1..];
        if digits(text, &[4, 2, 2]) || digits(text, &[8]) || digits(text, &[4]) {
            return &model[..head.len() + at];
        }
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(model: &str, row: &str) {
        assert_eq!(first(model, |form| (form == row).then_some(())), Some(()), "{model} -> {row}");
    }

    #[test]
    fn names_are_found_with_dates_prefixes_and_versions() {
        check("gpt-4o", "gpt-4o");
        check("GPT-4o-2024-08-06", "gpt-4o");
        check("gpt-4o-2024-08-06", "gpt-4o-2024-08-06");
        check("gpt-4-0613", "gpt-4");
        check("openrouter/openai/gpt-4.1-mini", "gpt-4.1-mini");
        check("gpt-35-turbo-16k", "gpt-3.5-turbo-16k");
        check("claude-3-5-sonnet-20241022", "claude-3-5-sonnet");
        check("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet");
        check("claude-sonnet-4-5@20250929", "claude-sonnet-4-5");
        check("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5");
        check("models/gemini-2.5-pro", "gemini-2.5-pro");
        check("openai.gpt-oss-120b-1:0", "gpt-oss-120b-1:0");
        check("claude-3-5-haiku-latest", "claude-3-5-haiku");
    }

    #[test]
    fn other_models_are_not_taken_for_the_one_they_begin_with() {
        for (model, row) in [
            ("gpt-4o-mini", "gpt-4o"),
            ("gpt-4-32k", "gpt-4"),
            ("ft:gpt-4o:acme::1", "gpt-4o"),
            ("claude-opus-4-1", "claude-opus-4"),
        ] {
            assert_eq!(first(model, |form| (form == row).then_some(())), None, "{model}");
        }
    }

    #[test]
    fn odd_names_are_no_trouble() {
        for model in ["", "/", "-", "@", "-v", "2024-08-06", "--20240806", "漢字-0613", "-latest"] {
            first(model, |_| None::<()>);
        }
    }
}
