//! The texts of a conversation with who said them, out of whatever shape a library keeps it in.
//!
//! One reader for all, since libraries hand the providers' own shapes through: parts of the semantic
//! conventions, OpenAI chat and responses, Anthropic blocks, Gemini contents, Bedrock blocks,
//! LangChain's serialised messages, AI-SDK parts, OpenInference's and OpenLLMetry's flattened keys.
//! Source: spec/dialects.md sections 2.1 to 2.12, and the payloads of the corpus.

use super::{Node, Part, Role, Side, Text};
use crate::otlp::Batch;
use std::borrow::Cow;

/// Gathers texts in the order in which they are read.
pub struct Conversation<'a> {
    batch: &'a Batch,
    side: Side,
    /// The next message's number, for either side.
    next: [u32; 2],
    /// What sort of part is being read.
    part: Part<'a>,
    /// A role was written down by the emitter, so that it was a conversation and not one text.
    pub has_roles: bool,
    pub finish_reasons: Vec<Cow<'a, str>>,
    pub texts: Vec<Text<'a>>,
}

/// Where a request or reply keeps its messages, in reading order, and who speaks there (`None`:
/// whoever speaks anyway).
const CONTAINERS: &[(&str, Option<Role>)] = &[
    ("system", Some(Role::System)),
    ("system_instruction", Some(Role::System)),
    ("systemInstruction", Some(Role::System)),
    ("system_instructions", Some(Role::System)),
    ("instructions", Some(Role::System)),
    ("system_prompt", Some(Role::System)),
    ("config", None),
    ("documents", Some(Role::Document)),
    ("document", Some(Role::Document)),
    ("page_content", Some(Role::Document)),
    ("preamble", Some(Role::System)),
    ("chat_history", None),
    ("history", None),
    ("messages", None),
    ("items", None),
    ("contents", None),
    ("prompts", None),
    ("prompt", None),
    ("inputs", None),
    ("input", None),
    ("query", None),
    ("question", None),
    ("texts", None),
    ("text", None),
    ("message", None),
    ("choices", Some(Role::Assistant)),
    ("candidates", Some(Role::Assistant)),
    ("generations", Some(Role::Assistant)),
    ("replies", Some(Role::Assistant)),
    ("completion", Some(Role::Assistant)),
    ("outputs", None),
    ("output", None),
    ("response", None),
    ("delta", None),
    ("content", None),
    ("embedding", None),
    ("kwargs", None),
    ("args", None),
];

/// What a message may hold beside its content.
const ASIDES: &[&str] = &["reasoning_content", "reasoning", "thinking", "refusal"];
/// Where a message keeps what it says.
const CONTENT: &[&str] = &["parts", "contents", "content", "_content", "text", "blocks"];
/// Where a message keeps the calls it asks for.
const TOOL_CALLS: &[&str] = &["tool_calls", "toolCalls", "function_call", "functionCall"];
const ARGUMENTS: &[&str] = &["arguments", "args", "input", "partial_args", "tool_kwargs"];
const RESULTS: &[&str] = &["response", "result", "output", "content"];
/// Where a call and its result keep the id that joins them.
const CALL_IDS: &[&str] = &["tool_call_id", "toolCallId", "tool_use_id", "toolUseId", "call_id", "id", "ref"];
const NAMES: &[&str] = &["name", "toolName", "tool_name"];
const FINISH: &[&str] = &["finish_reason", "finishReason", "stop_reason", "stopReason"];

impl<'a> Conversation<'a> {
    /// An empty one over texts that lie in `batch`.
    pub fn new(batch: &'a Batch) -> Conversation<'a> {
        Conversation {
            batch,
            side: Side::Input,
            next: [0; 2],
            part: Part::Plain,
            has_roles: false,
            finish_reasons: Vec::new(),
            texts: Vec::new(),
        }
    }

    /// Reads `node`: one message, many, a whole request or a whole reply. Texts of nobody named are
    /// said by `role`. Answers whether any text was found.
    pub fn read(&mut self, node: &Node<'a>, side: Side, role: Role) -> bool {
        let before = self.texts.len();
        self.side = side;
        self.any(node, role);
        self.texts.len() > before
    }

    /// As [`read`](Self::read), as more of the last message on that side.
    pub fn read_on(&mut self, node: &Node<'a>, side: Side, role: Role) -> bool {
        let next = &mut self.next[side as usize];
        *next = next.saturating_sub(1);
        let found = self.read(node, side, role);
        if !found {
            self.next[side as usize] += 1;
        }
        found
    }

    /// Takes `text` as it stands for one message.
    pub fn say(&mut self, text: Cow<'a, str>, leaf: &'a str, side: Side, role: Role) {
        self.side = side;
        self.text(text, leaf, role);
        self.end_message();
    }

    fn any(&mut self, node: &Node<'a>, role: Role) {
        match node {
            Node::Text(text, leaf) => {
                self.content_text(text, leaf, role);
                self.end_message();
            }
            Node::List(items) if !items.is_empty() && items.iter().all(is_part) => {
                items.iter().for_each(|part| self.part(part, role));
                self.end_message();
            }
            Node::List(items) => items.iter().for_each(|item| self.any(item, role)),
            Node::Map(_) if is_message(node) => self.message(node, role),
            Node::Map(_) if is_part(node) => {
                self.part(node, role);
                self.end_message();
            }
            Node::Map(entries) => match entries.as_slice() {
                // OpenLLMetry's completions: `gen_ai.prompt.0.user`.
                [(name, said)] if Role::named(name).is_some() => {
                    self.any(said, Role::named(name).unwrap_or(role))
                }
                _ => self.container(node, role),
            },
            _ => {}
        }
    }

    fn container(&mut self, node: &Node<'a>, role: Role) {
        self.finish_reason(node);
        for (key, speaker) in CONTAINERS {
            // A generation of LangChain holds its message's text a second time.
            if *key == "text" && node.get("message").is_some() {
                continue;
            }
            let Some(inside) = node.get(key) else { continue };
            self.any(inside, speaker.unwrap_or(role));
        }
    }

    fn message(&mut self, node: &Node<'a>, role: Role) {
        // LangChain's constructor form keeps the message under `kwargs`, pydantic-ai's events under `message`.
        let inner = ["kwargs", "message", "data"]
            .iter()
            .find_map(|key| node.get(key).filter(|inner| matches!(inner, Node::Map(_))));
        let body = inner.unwrap_or(node);
        let event = node.get("event.name").and_then(Node::as_text);
        let (side, side_before) =
            (event.is_some_and(|name| name == "gen_ai.choice").then_some(Side::Output), self.side);
        self.side = side.unwrap_or(self.side);
        let role = role_of(body).or_else(|| role_of(node)).unwrap_or(role);
        self.has_roles = true;
        self.finish_reason(node);
        if inner.is_some() {
            self.finish_reason(body);
        }
        for key in ASIDES {
            if let Some(aside) = body.get(key) {
                self.as_part(Part::Reasoning, |talk| talk.parts(aside, role));
            }
        }
        if let Some(content) =
            CONTENT.iter().find_map(|key| body.get(key).filter(|content| !content.is_empty()))
        {
            match role {
                Role::Tool => {
                    let part = Part::ToolResult { id: word(body, CALL_IDS) };
                    self.as_part(part, |talk| talk.parts(content, role));
                }
                _ => self.parts(content, role),
            }
        }
        for key in TOOL_CALLS {
            match body.get(key) {
                Some(Node::List(calls)) => calls.iter().for_each(|call| self.tool_call(call)),
                Some(call @ Node::Map(_)) => self.tool_call(call),
                _ => {}
            }
        }
        self.end_message();
        self.side = side_before;
    }

    fn parts(&mut self, node: &Node<'a>, role: Role) {
        match node {
            Node::Text(text, leaf) => self.content_text(text, leaf, role),
            Node::List(items) => items.iter().for_each(|item| self.parts(item, role)),
            Node::Map(_) => self.part(node, role),
            _ => {}
        }
    }

    /// Multi-part content may be a JSON string inside the text (OpenLLMetry's flat keys).
    #[expect(clippy::ptr_arg, reason = "a clone of the Cow keeps what is borrowed borrowed")]
    fn content_text(&mut self, text: &Cow<'a, str>, leaf: &'a str, role: Role) {
        if role != Role::Tool
            && let Some(Node::List(parts)) = Node::reopen(text, leaf)
            && !parts.is_empty()
            && parts.iter().all(is_part)
        {
            return parts.iter().for_each(|part| self.part(part, role));
        }
        self.text(text.clone(), leaf, role);
    }

    fn part(&mut self, part: &Node<'a>, role: Role) {
        // OpenInference wraps each part in its name.
        for wrapper in ["message_content", "tool_call"] {
            if let Some(inner) = part.get(wrapper) {
                return if wrapper == "tool_call" { self.tool_call(inner) } else { self.part(inner, role) };
            }
        }
        match sort_of(part).map_or("", |sort| sort.as_ref()) {
            "reasoning" | "thinking" => self.as_part(Part::Reasoning, |talk| talk.plain_part(part, role)),
            "tool_call" | "tool_use" | "tool-call" | "function_call" | "toolUse" | "server_tool_use"
            | "server_tool_call" | "mcp_call" => {
                self.tool_call(part);
            }
            "tool_call_response"
            | "tool_result"
            | "tool-result"
            | "function_call_output"
            | "server_tool_call_response" => {
                self.tool_result(part);
            }
            "image" | "image_url" | "input_image" | "blob" | "uri" | "input_audio" | "audio" | "video" => {
                if let Some(transcript) = part.get("transcript") {
                    self.parts(transcript, role);
                }
            }
            _ => self.plain_part(part, role),
        }
    }

    /// A part that names no type, or one whose text stands under the usual names.
    fn plain_part(&mut self, part: &Node<'a>, role: Role) {
        const CALLS: &[&str] = &["toolUse", "functionCall", "function_call", "toolRequest"];
        if let Some(call) = CALLS.iter().find_map(|key| part.get(key)) {
            return self.tool_call(call);
        }
        if is_bare_call(part) {
            return self.tool_call(part);
        }
        const RETURNS: &[&str] = &["toolResult", "functionResponse", "function_response", "toolResponse"];
        if let Some(result) = RETURNS.iter().find_map(|key| part.get(key)) {
            return self.tool_result(result);
        }
        for key in [
            "text",
            "content",
            "thinking",
            "reasoningContent",
            "reasoningText",
            "summary",
            "refusal",
            "transcript",
        ] {
            if let Some(inner) = part.get(key).filter(|inner| !inner.is_empty()) {
                return self.parts(inner, role);
            }
        }
    }

    fn tool_call(&mut self, call: &Node<'a>) {
        let call = call.get("tool_call").unwrap_or(call);
        let id = word(call, CALL_IDS);
        let call = call.get("function").filter(|inner| matches!(inner, Node::Map(_))).unwrap_or(call);
        if let Some(arguments) =
            ARGUMENTS.iter().find_map(|key| call.get(key).filter(|arguments| !arguments.is_empty()))
        {
            let part = Part::ToolCall { id, name: word(call, NAMES) };
            self.as_part(part, |talk| talk.whole(arguments, call, Role::Tool));
        }
    }

    fn tool_result(&mut self, part: &Node<'a>) {
        if let Some(result) = RESULTS.iter().find_map(|key| part.get(key).filter(|result| !result.is_empty()))
        {
            self.as_part(Part::ToolResult { id: word(part, CALL_IDS) }, |talk| match result {
                Node::List(items) if items.iter().all(is_part) => {
                    items.iter().for_each(|item| talk.part(item, Role::Tool));
                }
                other => talk.whole(other, part, Role::Tool),
            });
        }
    }

    /// Reads what is inside of a part of that sort.
    fn as_part(&mut self, part: Part<'a>, read: impl FnOnce(&mut Conversation<'a>)) {
        let around = std::mem::replace(&mut self.part, part);
        read(self);
        self.part = around;
    }

    /// A value as one text; what is structured, as JSON. Of arguments that are all numbers, the leaf
    /// is one that stands beside them in the same part.
    fn whole(&mut self, node: &Node<'a>, part: &Node<'a>, role: Role) {
        match node {
            Node::Text(text, leaf) => self.text(text.clone(), leaf, role),
            other => {
                if let Some(leaf) = other.first_leaf().or_else(|| part.first_leaf()) {
                    self.text(Cow::Owned(other.to_json()), leaf, role);
                }
            }
        }
    }

    fn text(&mut self, text: Cow<'a, str>, leaf: &'a str, role: Role) {
        // Nothing, also as JSON spells it.
        if !matches!(text.as_ref(), "" | "\"\"" | "null") {
            let leaf = self.batch.range_of(leaf);
            self.texts.push(Text {
                role,
                side: self.side,
                message: self.next[self.side as usize],
                text,
                part: self.part.clone(),
                leaf,
                shared: false,
            });
        }
    }

    fn end_message(&mut self) {
        let next = &mut self.next[self.side as usize];
        *next = next.saturating_add(1);
    }

    /// Libraries keep it beside the message, or in a map of what else the provider told.
    fn finish_reason(&mut self, node: &Node<'a>) {
        let told = ["generation_info", "response_metadata", "meta"].iter().filter_map(|key| node.get(key));
        let mut places = std::iter::once(node).chain(told);
        let reason = places.find_map(|place| FINISH.iter().find_map(|key| place.get(key)?.as_text()));
        if let Some(reason) = reason
            && self.side == Side::Output
            && !reason.is_empty()
        {
            self.finish_reasons.push(reason.clone());
        }
    }
}

/// The first of `keys` that holds a name.
fn word<'a>(node: &Node<'a>, keys: &[&str]) -> Option<Cow<'a, str>> {
    keys.iter().find_map(|key| node.get(key)?.as_text()).filter(|text| !text.is_empty()).cloned()
}

fn is_message(node: &Node<'_>) -> bool {
    let kind = node.get("type").and_then(Node::as_text);
    node.get("role").is_some()
        || node.get("_role").is_some()
        || node.get("event.name").is_some()
        || node.get("parts").is_some()
        || (node.get("kwargs").is_some() && node.get("lc").is_some())
        || node.at(&["message", "role"]).is_some()
        || kind.is_some_and(|kind| {
            node.get("content").is_some() && (Role::named(kind).is_some() || kind == "message")
        })
}

fn is_part(node: &Node<'_>) -> bool {
    const PARTS: &[&str] = &[
        "toolUse",
        "toolResult",
        "functionCall",
        "functionResponse",
        "message_content",
        "tool_call",
        "toolRequest",
        "toolResponse",
        "inlineData",
        "reasoningContent",
    ];
    // A reply of LangChain names its type, and so do the messages in it.
    const REPLIES: &[&str] = &["generations", "choices", "candidates", "messages", "replies"];
    let holds_message = matches!(node.get("message"), Some(Node::Map(_)));
    if is_message(node) || holds_message || REPLIES.iter().any(|key| node.get(key).is_some()) {
        return false;
    }
    let named = sort_of(node).is_some();
    let bare_text = matches!(node, Node::Map(entries) if entries.len() == 1)
        && node.get("text").and_then(Node::as_text).is_some();
    named || bare_text || is_bare_call(node) || PARTS.iter().any(|key| node.get(key).is_some())
}

/// Whether it asks for a tool without saying so: `{"toolName":"look","input":{…}}` of the AI SDK, OpenAI's
/// `{"type":"function","function":{…}}` and what LangChain makes of it.
fn is_bare_call(node: &Node<'_>) -> bool {
    let holds = |node: &Node<'_>, keys: &[&str]| keys.iter().any(|key| node.get(key).is_some());
    let function = node.get("function").filter(|inner| matches!(inner, Node::Map(_)));
    let named = holds(node, &["toolName", "tool_name"])
        || node.get("name").is_some() && holds(node, &["id", "toolCallId", "tool_call_id"]);
    function.is_some_and(|function| holds(function, &["arguments", "args"]))
        || named
            && holds(node, &["args", "arguments", "input"])
            && !holds(node, &["result", "output", "content"])
}

/// What sort of part it says it is; LlamaIndex has blocks.
fn sort_of<'n, 'a>(part: &'n Node<'a>) -> Option<&'n Cow<'a, str>> {
    ["type", "block_type"].iter().find_map(|key| part.get(key)).and_then(Node::as_text)
}

fn role_of(node: &Node<'_>) -> Option<Role> {
    let named = ["role", "_role"].iter().find_map(|key| node.get(key)).and_then(Node::as_text);
    if let Some(role) = named.and_then(|name| Role::named(name)) {
        return Some(role);
    }
    if let Some(kind) = node.get("type").and_then(Node::as_text).and_then(|kind| Role::named(kind)) {
        return Some(kind);
    }
    // `["langchain","schema","messages","HumanMessage"]`
    if let Some(class) = node.get("id").and_then(|id| id.items().last()).and_then(Node::as_text) {
        let class = class.trim_end_matches("Chunk").trim_end_matches("Message");
        return Role::named(class);
    }
    // `gen_ai.user.message`, `gen_ai.choice`
    let event = node.get("event.name").and_then(Node::as_text)?;
    match event.strip_prefix("gen_ai.")? {
        "choice" => Some(Role::Assistant),
        name => Role::named(name.strip_suffix(".message")?),
    }
}
