//! `gen_ai.tool.definitions` in the conventions' shape, out of the shapes that libraries hand through.
//!
//! Source: the schema of tool definitions in semantic-conventions-genai; OpenInference, OpenAI, Anthropic, Gemini
//! and AI SDK requests.

use crate::llm::Node;
use std::borrow::Cow;

type Entry = (Cow<'static, str>, Node<'static>);

/// Wrappers that hold one definition and nothing else: OpenInference's.
const WRAPPERS: &[&str] = &["tool", "json_schema"];

/// What others call `parameters`: the AI SDK, Anthropic and Bedrock, Gemini.
const PARAMETERS: &[&str] =
    &["inputSchema", "input_schema", "parametersJsonSchema", "parameters_json_schema"];

/// The tools of a request, each as `type`, `name`, `description` and `parameters`; what is of no known shape stays.
pub(super) fn definitions(tools: Node<'static>) -> Node<'static> {
    match tools {
        Node::List(tools) => Node::List(tools.into_iter().map(definition).collect()),
        one => one,
    }
}

fn definition(tool: Node<'static>) -> Node<'static> {
    let Node::Map(mut entries) = tool else { return tool };
    if let [(key, Node::Map(_))] = entries.as_slice()
        && WRAPPERS.contains(&key.as_ref())
    {
        return definition(entries.remove(0).1);
    }
    // OpenAI's chat form has all but the type one level down.
    let function = entries.iter().position(|(key, value)| key == "function" && matches!(value, Node::Map(_)));
    if let Some((_, Node::Map(function))) = function.map(|at| entries.remove(at)) {
        entries.extend(function);
    }
    Node::Map(entries.into_iter().map(renamed).collect())
}

fn renamed((key, value): Entry) -> Entry {
    if PARAMETERS.contains(&key.as_ref()) { ("parameters".into(), value) } else { (key, value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tools: &'static str, expected: &str) {
        let found = definitions(Node::json(tools).expect("the case is JSON"));
        assert_eq!(found.to_json(), expected);
    }

    #[test]
    fn every_shape_becomes_the_conventions() {
        let flat = r#"[{"type":"function","name":"look","parameters":{"type":"object"}}]"#;
        check(r#"[{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}]"#, flat);
        check(
            r#"[{"tool":{"json_schema":{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}}}]"#,
            flat,
        );
        check(r#"[{"type":"function","name":"look","inputSchema":{"type":"object"}}]"#, flat);
        check(flat, flat);
    }

    #[test]
    fn what_is_of_no_known_shape_stays() {
        check(r#"["look",{"tool":"look"},7]"#, r#"["look",{"tool":"look"},7]"#);
        check(r#"{"name":"look"}"#, r#"{"name":"look"}"#);
    }
}
