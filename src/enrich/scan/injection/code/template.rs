//! A template expression smuggled in a value: what a template engine would run, and no author writes.

/// Longest text that is a value rather than a template.
const LONGEST: usize = 600;
/// More lines are source code.
const MOST_LINES: usize = 5;

/// How expressions are opened and closed.
const BORDERS: &[(&str, &str)] = &[
    ("{{", "}}"),
    ("${", "}"),
    ("#{", "}"),
    ("*{", "}"),
    ("<%", "%>"),
    ("<?", "?>"),
    ("[#", "]"),
    ("@(", ")"),
    ("{%", "%}"),
    ("[[", "]]"),
    ("[=", "]"),
    ("~{", "}"),
    ("{php}", "{/php}"),
    ("<#", ">"),
    ("#set", ")"),
    ("@{", "}"),
    ("{#", "}"),
    ("#evaluate", ")"),
    ("{$", "}"),
    ("{@", "}"),
    ("{!", "}"),
    ("{(", ")}"),
    ("{", "}"),
];

/// What lives in an expression only to break out of the engine.
const TELLING: &[&str] = &[
    "__class__",
    "__globals__",
    "__subclasses__",
    "__mro__",
    "__builtins__",
    "__import__",
    "__init__",
    "__base__",
    "__bases__",
    "__self__",
    "__dict__",
    "__getattribute__",
    "|attr(",
    "getruntime",
    "java.lang",
    "java.util.scanner",
    "t(java",
    "getclass",
    "forname",
    "processbuilder",
    "class.forname",
    "freemarker.template",
    "?new(",
    "os.popen",
    "popen(",
    "subprocess",
    "os.system",
    "system(",
    "exec(",
    "eval(",
    "passthru",
    "shell_exec",
    "file_get_contents",
    "readfile(",
    "phpinfo",
    "process.env",
    "process.mainmodule",
    "require(",
    "child_process",
    "constructor.constructor",
    ".constructor(",
    "constructor(",
    "global.process",
    "_self.env",
    "registerundefinedfiltercallback",
    "getfilter",
    "lipsum",
    "cycler",
    "joiner",
    "namespace.",
    "self._",
    "request.application",
    "request[",
    "config.items",
    "config.from_object",
    "config.class",
    "get_flashed_messages",
    "url_for.",
    "system.getenv",
    "getenv(",
    "os.environ",
    "environ[",
    "environ.",
    "config.iteritems",
    "$_get[",
    "$_post[",
    "$_request[",
    "ognl",
    "@java",
    "#_memberaccess",
    "file.open",
    "`id`",
    "`ls",
    "dir.entries",
    "io.popen",
    "file.read",
    "%x(",
    "/etc/passwd",
    "jndi:",
    "script:",
    "opcode",
    "$class.inspect",
    "smarty.version",
    "self::getstreamvariable",
    "app.request",
    "settings.secret_key",
    "dump(app",
    "['cat",
    "|filter('",
    "|map('",
    "|sort('",
    "|reduce(",
    "include('/",
    "<#assign",
    "java.io",
    "beanfactory",
    "facescontext",
    "applicationscope",
    "pagecontext",
    "org.apache",
    "exec'",
    "class.classloader",
    "string.getclass",
];

/// How sure it is that `text` is an attack, 0 to 1.
pub fn judge(text: &str) -> f64 {
    if text.len() > LONGEST
        || text.trim().matches('\n').count() > MOST_LINES
        || !text.bytes().any(|b| matches!(b, b'{' | b'%' | b'@' | b'#' | b'['))
    {
        return 0.0;
    }
    let lower = text.to_ascii_lowercase();
    let judged = BORDERS.iter().filter_map(|(open, close)| {
        let start = lower.find(open)? + open.len();
        let end = lower[start..].rfind(close).map_or(lower.len(), |n| start + n);
        Some(expression(&lower[start..end], open))
    });
    judged.fold(0.0, f64::max)
}

fn expression(inside: &str, open: &str) -> f64 {
    let bare = inside.trim_matches(['=', '-', ' ', '{', '}', '$', '#', '@', '(', ')', '%', '\'', '"']);
    // `{% debug %}`
    if open == "{%" && bare == "debug" {
        return 0.65;
    }
    if TELLING.iter().any(|t| inside.contains(t)) && open != "{" && open != "[["
        || open == "[[" && inside.starts_with("${")
    {
        return 0.65;
    }
    if is_arithmetic(bare) && open != "{" || open == "{" && is_arithmetic(bare) && bare.contains('*') {
        return 0.6;
    }
    0.0
}

/// `7*7`, `7*'7'`, `1+2`: a sum of constants, which nobody needs an engine for.
fn is_arithmetic(expression: &str) -> bool {
    let mut digits = 0;
    let mut operators = 0;
    for b in expression.bytes() {
        match b {
            b'0'..=b'9' => digits += 1,
            b'*' | b'+' | b'/' | b'-' => operators += 1,
            b' ' | b'.' | b'\'' | b'"' | b'(' | b')' => {}
            _ => return false,
        }
    }
    digits >= 2
        && operators >= 1
        && expression.len() <= 40
        && expression.starts_with(|c: char| c.is_ascii_digit())
}
