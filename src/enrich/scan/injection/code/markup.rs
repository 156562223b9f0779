//! Script smuggled in a value as markup (XSS): tags and attributes that run something.

/// Longest text that is a value rather than a page or a question about one.
const LONGEST: usize = 800;
/// More lines are a page, or source code.
const MOST_LINES: usize = 6;

/// Tags that run or load something by themselves.
const TAGS: &[&str] = &[
    "script",
    "iframe",
    "svg",
    "object",
    "embed",
    "meta",
    "base",
    "link",
    "style",
    "xss",
    "x:",
    "bgsound",
    "layer",
    "ilayer",
    "video",
    "audio",
    "body",
    "img",
    "image",
    "details",
    "marquee",
    "isindex",
    "frameset",
    "frame",
    "applet",
    "math",
    "input",
    "form",
    "button",
    "a ",
    "a/",
    "div",
    "table",
    "td",
    "html",
    "xml",
    "vmlframe",
    "foreignobject",
    "animate",
    "set",
    "select",
    "textarea",
    "keygen",
    "source",
    "track",
    "template",
    "noscript",
    "br ",
    "p ",
    "b ",
    "i ",
    "span ",
    "title",
    "handler",
    "listener",
    "event-source",
    "!--",
    "!entity",
    "?xml",
    "? ",
    "? foo",
    "! foo",
    "% foo",
    "x ",
    "anytag",
    "custom",
    "h1",
    "var",
    "font",
    "sup",
    "label",
    "dialog",
    "summary",
    "col",
    "menu",
    "area",
    "map",
];

/// What is run.
const RUNS: &[&str] = &[
    "alert",
    "confirm(",
    "prompt(",
    "eval(",
    "document.",
    "window.",
    "string.fromcharcode",
    "settimeout",
    "setinterval",
    "location=",
    "location.",
    "atob(",
    "javascript:",
    "javas",
    "vbscript:",
    "livescript:",
    "mocha:",
    "data:text",
    "data:image/svg",
    "expression(",
    "write(",
    "fetch(",
    "import(",
    "src=//",
    "src=http",
    "src=\"//",
    "src='//",
    "console.log",
    "onerror=",
    "-moz-binding",
    "behavior:",
    "print(",
    "throw ",
    "msgbox",
    "fscommand",
    "@import",
    "&#",
    "&colon",
    "&lpar",
    "\\0",
    "\\u00",
    "\\x",
    "href=//",
    "base64,",
    "top[",
    "self[",
    "this[",
    "name)",
    "open(",
    "function(",
    "=>",
    "fromcharcode",
    "execscript",
    "innerhtml",
    "xhr",
    "xss",
    "system \"file:",
    "system 'file:",
    "system \"http",
    "system 'http",
    "system \"php:",
    "system \"expect:",
    "system \"ftp:",
    "system \"gopher:",
    "system \"jar:",
];

/// How sure it is that `text` is an attack, 0 to 1.
pub fn judge(text: &str) -> f64 {
    if text.len() > LONGEST || !text.bytes().any(|b| matches!(b, b'<' | b'=' | b':' | b'(')) {
        return 0.0;
    }
    let lower: String = text.chars().filter(|c| !c.is_ascii_control()).flat_map(char::to_lowercase).collect();
    if is_about_code(&lower) || text.trim().matches('\n').count() > MOST_LINES {
        return 0.0;
    }
    let handler = has_handler(&lower);
    let runs = RUNS.iter().any(|r| lower.contains(r));
    let tag = lower.match_indices('<').take(16).any(|(at, _)| {
        let name = lower[at + 1..].trim_start_matches(['/', ' ', '\\', '<']);
        TAGS.iter().any(|tag| name.starts_with(tag))
    });
    let scheme =
        ["javascript:", "vbscript:", "data:text/html", "livescript:"].iter().any(|s| lower.contains(s));
    match (tag, handler, runs) {
        (true, true, false) if calls_own(&lower) => 0.0,
        (true, true, _) => 0.65,
        (true, false, true) => 0.6,
        (false, true, true) => 0.55,
        // An element of no page, made up to carry it: `<x onxxx=1`.
        (false, true, false) if is_one_tag(&lower) => 0.55,
        _ if scheme
            && (lower.contains("alert") || lower.contains("eval") || tag || lower.contains("cookie")) =>
        {
            0.6
        }
        _ if breaks_out_of_script(&lower) || is_one_call(&lower) => 0.55,
        _ => 0.0,
    }
}

/// An attribute such as `onerror=` with something behind it, at the start of a word.
fn has_handler(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.match_indices("on").take(64).any(|(at, _)| {
        let opens = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let name = bytes[at + 2..].iter().take(24).take_while(|b| b.is_ascii_lowercase()).count();
        let rest = text[at + 2 + name..].trim_start_matches([' ', '%', '/', '\\', '"', '\'', '+']);
        opens
            && name >= 3
            && rest.strip_prefix('=').is_some_and(|value| !value.is_empty() && !value.starts_with('='))
    })
}

/// Whether the whole of it is a tag, and no component of a page that hands over a value in braces.
fn is_one_tag(text: &str) -> bool {
    text.starts_with('<') && text.split_ascii_whitespace().count() <= 3 && !text.contains("={")
}

/// `(alert)(1)`, `[8].find(confirm)`: a value without a space that does nothing but open a box.
fn is_one_call(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 60
        && !text.contains(char::is_whitespace)
        && text.contains(['(', '`'])
        && ["alert", "confirm"].iter().any(|name| {
            text.match_indices(name).any(|(at, _)| {
                text[at + name.len()..].starts_with(['(', ')', '`', '.'])
                    && !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            })
        })
}

/// Whether all that is handled is a click, a change or the like: `<button onclick="save()">` is how pages are built.
fn calls_own(text: &str) -> bool {
    const EVERYDAY: &[&str] = &["click", "change", "submit", "input", "keyup", "keydown", "blur"];
    let handlers = || text.match_indices(" on").filter(|(at, _)| text[at + 3..].contains('='));
    handlers().all(|(at, _)| EVERYDAY.iter().any(|event| text[at + 3..].starts_with(event)))
}

/// `';alert(1)//`, `"-alert(1)-"`: a string of a script closed and a call behind it.
fn breaks_out_of_script(text: &str) -> bool {
    const CALLS: &[&str] =
        &["alert(", "alert`", "confirm(", "prompt(", "eval(", "document.cookie", "string.fromcharcode("];
    let call = CALLS.iter().filter_map(|call| text.find(call)).min();
    call.is_some_and(|at| {
        let before = text[..at].trim_end();
        text.len() <= 160
            && before.ends_with(['\'', '"', ';', '-', '+', '*', '/', '`', '}', ')', '(', '{', '^', '|', ','])
            && before.len() <= 60
    }) && (text.contains("//") || text.contains('\'') || text.contains('"') || text.ends_with(';'))
}

/// Whether it reads like a question or a lesson: many ordinary words outside of tags.
fn is_about_code(text: &str) -> bool {
    let mut words = 0;
    let mut outside = true;
    for piece in text.split_inclusive(['<', '>']) {
        if outside {
            words += piece
                .split(' ')
                .filter(|w| {
                    w.len() > 1 && w.bytes().all(|b| b.is_ascii_lowercase() || b == b',' || b == b'.')
                })
                .count();
        }
        outside = !piece.ends_with('<');
    }
    words > 8 || text.contains('`') && words > 3 || text.ends_with('?') && words > 3
}
