//! Tokens and cost of one call: as reported where they were, counted and computed where not.

use super::cost::{Asked, Cost, Day, Prices, Unpriced};
use super::count::{PER_MESSAGE, REPLY, Tokenizer, Tokenizers};
use crate::llm::{Call, Kind, Role, Side, Text, Usage};

/// Tokens that went in and that came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    /// `reported`, or how the figure was counted that was not.
    pub(super) method: String,
}

/// The tokens of `call`. What is missing is counted over its texts, if there is a way and there are any; of a reply that
/// stands nowhere else, over what its chunks have `said`.
pub(super) fn tokens(
    call: &Call<'_>,
    tokenizers: Option<&Tokenizers>,
    said: impl Fn() -> Option<String>,
) -> Option<Tokens> {
    let Usage { input, output, .. } = call.usage;
    let tokenizer = tokenizers
        .filter(|_| input.is_none() || output.is_none())
        .map(|tokenizers| tokenizers.of(model(call).unwrap_or("")));
    let counted = |side, reported: Option<u64>| match (reported, &tokenizer) {
        (None, Some(_)) if side == Side::Output && !answers(call) => None,
        (None, Some(tokenizer)) => count(call, side, tokenizer).or_else(|| match side {
            Side::Input => None,
            Side::Output => said().map(|text| tokenizer.count(&text)),
        }),
        _ => None,
    };
    let (more_input, more_output) = (counted(Side::Input, input), counted(Side::Output, output));
    let method = match (more_input.or(more_output), &tokenizer) {
        (Some(_), Some(tokenizer)) => tokenizer.method(),
        _ => "reported".to_owned(),
    };
    let tokens = Tokens { input: input.or(more_input), output: output.or(more_output), method };
    (tokens.input.is_some() || tokens.output.is_some()).then_some(tokens)
}

/// What `call`, made on `day`, costs: as reported, else by the first of its models' names that has a price.
pub(super) fn cost(
    call: &Call<'_>,
    tokens: Option<&Tokens>,
    prices: &Prices,
    day: Option<Day>,
) -> Result<Cost, Unpriced> {
    if let Some(cost) = call.cost_usd.and_then(Cost::reported) {
        return Ok(cost);
    }
    let tokens = tokens.filter(|tokens| is_whole(call, tokens)).ok_or(Unpriced::NoTokens)?;
    let usage = Usage { input: tokens.input, output: tokens.output, ..call.usage };
    let mut why = Unpriced::NoModel;
    for model in [&call.response_model, &call.request_model].into_iter().flatten() {
        let asked = Asked { provider: call.provider.as_deref(), model, tier: call.tier, day };
        match prices.price(asked, &usage) {
            Ok(cost) => return Ok(cost),
            Err(unpriced) => why = unpriced,
        }
    }
    Err(why)
}

/// Whether all is known that is billed: half a call would pass for a cheap one.
fn is_whole(call: &Call<'_>, tokens: &Tokens) -> bool {
    tokens.input.is_some() && (tokens.output.is_some() || !answers(call))
}

/// Whether what comes back is text: vectors and scores are no tokens.
fn answers(call: &Call<'_>) -> bool {
    !matches!(call.kind, Some(Kind::Embeddings | Kind::Rerank))
}

/// The operation by the name that the GenAI conventions have for it, if the call does not say: of its kind.
pub(super) fn operation<'c>(call: &'c Call<'_>) -> Option<&'c str> {
    let of_kind = || match call.kind? {
        Kind::Chat => Some("chat"),
        Kind::Completion => Some("text_completion"),
        Kind::Embeddings => Some("embeddings"),
        Kind::Rerank => Some("rerank"),
        Kind::Agent => Some("invoke_agent"),
        Kind::Tool => Some("execute_tool"),
        Kind::Retrieval => Some("retrieval"),
        Kind::Workflow | Kind::Task => None,
    };
    call.operation.as_deref().or_else(of_kind)
}

/// The name of the model that answered, or else that was asked.
pub(super) fn model<'c>(call: &'c Call<'_>) -> Option<&'c str> {
    call.response_model.as_deref().or(call.request_model.as_deref())
}

/// The tokens of one side's texts; `None` where there is no text.
fn count(call: &Call<'_>, side: Side, tokenizer: &Tokenizer) -> Option<u64> {
    let texts: Vec<&Text<'_>> = call.texts.iter().filter(|text| text.side == side).collect();
    if texts.is_empty() {
        return None;
    }
    let mut tokens: u64 = texts.iter().map(|text| tokenizer.count(&text.text)).sum();
    if side == Side::Input && call.kind == Some(Kind::Chat) {
        let messages = texts.chunk_by(|one, next| one.message == next.message);
        tokens +=
            REPLY + messages.map(|message| PER_MESSAGE + tokenizer.count(role(message[0].role))).sum::<u64>();
    }
    Some(tokens)
}

/// The word that a chat request says for a role.
fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User | Role::Document => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::Part;
    use std::sync::LazyLock;

    fn text(role: Role, side: Side, message: u32, text: &'static str) -> Text<'static> {
        Text { role, side, message, text: text.into(), part: Part::Plain, leaf: 0..0, shared: false }
    }

    fn counting() -> Option<&'static Tokenizers> {
        static BUILT_IN: LazyLock<Tokenizers> = LazyLock::new(Tokenizers::default);
        Some(&BUILT_IN)
    }

    fn chat() -> Call<'static> {
        Call {
            kind: Some(Kind::Chat),
            request_model: Some("gpt-4o".into()),
            texts: vec![
                text(Role::System, Side::Input, 0, "You are a helpful assistant."),
                text(Role::User, Side::Input, 1, "Summarize this document."),
                text(Role::Assistant, Side::Output, 0, "hello world"),
            ]
            .into(),
            ..Call::default()
        }
    }

    fn check(call: &Call<'_>, expected: Option<(Option<u64>, Option<u64>, &str)>) {
        let found = tokens(call, counting(), || None);
        let found = found.as_ref().map(|tokens| (tokens.input, tokens.output, tokens.method.as_str()));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_chat_without_usage_is_counted_as_the_chat_formula_says() {
        check(&chat(), Some((Some(23), Some(2), "tokenizer:o200k_base")));
    }

    #[test]
    fn reported_tokens_are_copied_and_only_what_is_missing_is_counted() {
        let usage = Usage { input: Some(76), output: Some(36), ..Usage::default() };
        check(&Call { usage, ..chat() }, Some((Some(76), Some(36), "reported")));
        let usage = Usage { output: None, ..usage };
        check(&Call { usage, ..chat() }, Some((Some(76), Some(2), "tokenizer:o200k_base")));
    }

    #[test]
    fn without_text_and_usage_nothing_is_known() {
        check(&Call { texts: Vec::new().into(), ..chat() }, None);
        assert_eq!(tokens(&chat(), None, || None), None);
    }

    #[test]
    fn a_model_without_public_tokenizer_is_estimated() {
        let call = Call { request_model: Some("claude-sonnet-4-5".into()), ..chat() };
        check(&call, Some((Some(25), Some(2), "estimate:claude")));
    }

    #[test]
    fn embeddings_are_counted_without_the_chat_formula() {
        let texts = vec![text(Role::Document, Side::Input, 0, "hello world")];
        let call = Call { kind: Some(Kind::Embeddings), texts: texts.into(), ..chat() };
        check(&call, Some((Some(2), None, "tokenizer:o200k_base")));
    }

    #[test]
    fn vectors_that_come_back_are_no_tokens() {
        let texts = vec![text(Role::Assistant, Side::Output, 0, "[0.01, 0.02]")];
        let usage = Usage { input: Some(9), ..Usage::default() };
        let call = Call { kind: Some(Kind::Embeddings), usage, texts: texts.into(), ..chat() };
        check(&call, Some((Some(9), None, "reported")));
    }

    #[test]
    fn the_model_that_answered_is_priced_before_the_one_that_was_asked() {
        let prices = Prices::builtin();
        let usage = Usage { input: Some(1_000_000), output: Some(0), ..Usage::default() };
        let call = Call { usage, response_model: Some("gpt-4o-2024-05-13".into()), ..chat() };
        let found = cost(&call, tokens(&call, None, || None).as_ref(), &prices, None).unwrap();
        assert_eq!((found.total, found.price_version.as_str()), (5_000_000_000_000, "2026-11-21"));
        let deployment = Call { response_model: Some("my-deployment".into()), ..call.clone() };
        assert_eq!(
            cost(&deployment, tokens(&call, None, || None).as_ref(), &prices, None).unwrap().total,
            2_500_000_000_000
        );
    }

    #[test]
    fn a_reported_cost_wins_and_a_miss_has_its_reason() {
        let prices = Prices::builtin();
        let reported = Call { cost_usd: Some(0.5), ..chat() };
        assert_eq!(cost(&reported, None, &prices, None).unwrap().price_version, "reported");
        assert_eq!(cost(&chat(), None, &prices, None), Err(Unpriced::NoTokens));
        let half = Tokens { input: Some(5), output: None, method: "reported".into() };
        assert_eq!(cost(&chat(), Some(&half), &prices, None), Err(Unpriced::NoTokens));
        let embedding = Call { kind: Some(Kind::Embeddings), ..chat() };
        assert!(cost(&embedding, Some(&half), &prices, None).is_ok());
        let unknown = Call { request_model: Some("llama-in-house".into()), ..chat() };
        let tokens = tokens(&unknown, counting(), || None);
        assert_eq!(cost(&unknown, tokens.as_ref(), &prices, None), Err(Unpriced::UnknownModel));
        let nameless = Call { request_model: None, ..chat() };
        assert_eq!(cost(&nameless, tokens.as_ref(), &prices, None), Err(Unpriced::NoModel));
    }
}
