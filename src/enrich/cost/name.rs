//! The forms a model's name is looked up in: as written, then with less and less around it.

/// Calls `found` with each form of `model`, the most exact first, until it answers.
///
/// What is taken off, in turn: the case; who serves it (`openai/`, `us.anthropic.`); the version of Bedrock (`-v1:0`);
/// and a date or `-latest`. What Bedrock serves from anywhere keeps `global.` as long as that has a price of its own.
/// `ft:…` is never taken off, since a tuned model has its own price.
pub(in crate::enrich) fn first<T>(model: &str, mut found: impl FnMut(&str) -> Option<T>) -> Option<T> {
    let whole = model.to_ascii_lowercase();
    let bare = azure(unserved(&whole));
    let unversioned = without_version(&bare);
    let undated = without_date(unversioned);
    let dashed = undated.replace('.', "-");
    let forms = [&bare, unversioned, undated, &dashed];
    if let Some(answer) = found(&whole) {
        return Some(answer);
    }
    let global =
        if whole.starts_with("global.") || whole.contains("/global.") { Some("global.") } else { None };
    let of_global = global.and_then(|global| forms.iter().find_map(|form| found(&format!("{global}{form}"))));
    of_global.or_else(|| forms.into_iter().find_map(&mut found))
}

/// `gpt-4o` of `openrouter/openai/gpt-4o`, `claude-…` of `us.anthropic.claude-…`.
fn unserved(model: &str) -> &str {
    const VENDORS: [&str; 16] = [
        "anthropic.",
        "openai.",
        "mistral.",
        "cohere.",
        "deepseek.",
        "moonshotai.",
        "moonshot.",
        "amazon.",
        "meta.",
        "google.",
        "qwen.",
        "nvidia.",
        "writer.",
        "zai.",
        "minimax.",
        "ai21.",
    ];
    let last = model.rsplit('/').next().unwrap_or(model);
    let vendor = |vendor: &&str| last.starts_with(*vendor) || last.contains(&format!(".{vendor}"));
    let vendor = VENDORS.iter().find(|name| vendor(name));
    vendor.and_then(|vendor| Some(last.split_once(vendor)?.1)).unwrap_or(last)
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

/// Without `-2024-08-06`, `-20241022`, `@20241022`, `-0613`, `-05-20`, `-10-2025`, `-001` or `-latest`.
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
        let dates: [&[usize]; 6] = [&[4, 2, 2], &[8], &[4], &[2, 2], &[2, 4], &[3]];
        if dates.iter().any(|lengths| digits(text, lengths)) {
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
        check("gemini-2.5-flash-preview-05-20", "gemini-2.5-flash-preview");
        check("gemini-2.0-flash-001", "gemini-2.0-flash");
        check("us.amazon.nova-pro-v1:0", "nova-pro");
        check("meta.llama3-1-70b-instruct-v1:0", "llama3-1-70b-instruct");
        check("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "global.claude-sonnet-4-5");
        check("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5");
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
