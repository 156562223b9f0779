//! Conditions smuggled into the filters of other databases: operators of MongoDB, and brackets of LDAP.

/// Longest text that is a value, and how many words it may have.
const LONGEST: usize = 300;
const MOST_WORDS: usize = 12;

/// Operators of a query in a document database.
const OPERATORS: &[&str] = &["$ne", "$gt", "$gte", "$lt", "$nin", "$in", "$regex", "$exists", "$or", "$not"];

/// What holds for each value: compared with it, an operator lets all through.
const HOLDS_ALWAYS: &[&str] = &[
    "''",
    "\"\"",
    "null",
    "undefined",
    "1",
    "-1",
    "true",
    "[]",
    "{}",
    "\".*\"",
    "'.*'",
    ".*",
    "\"a\"",
    "[{},",
];

/// How sure it is that `text` is an attack, 0 to 1.
pub fn judge(text: &str) -> f64 {
    if text.len() > LONGEST
        || !text.contains(['$', '('])
        || text.split_ascii_whitespace().nth(MOST_WORDS).is_some()
        || text.trim_end().ends_with('?')
    {
        return 0.0;
    }
    let text: String = text.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    if runs_script(&text) || holds_always(&text) || leaves_filter(&text) { 0.55 } else { 0.0 }
}

/// `$where: '1 == 1'`, `'; return true; var x='`.
fn runs_script(text: &str) -> bool {
    text.contains("$where:")
        || text.contains("$where\":")
        || text.starts_with(['\'', '"'])
            && (text.contains(";returntrue")
                || text.contains(";return1")
                || text.contains(";while(")
                || text.contains("sleep("))
            && text.contains(';')
}

/// `{"$ne": null}`, `user[$ne]=1`.
fn holds_always(text: &str) -> bool {
    OPERATORS.iter().any(|operator| {
        text.match_indices(operator).any(|(at, _)| {
            let behind = text[at + operator.len()..].trim_start_matches(['"', '\'', ']']);
            behind.strip_prefix([':', '=']).is_some_and(|value| {
                HOLDS_ALWAYS.contains(&value.trim_end_matches(['}', ']', ')', ';']))
                    || value.starts_with("[{},")
            })
        })
    })
}

/// `*)(uid=*))(|(uid=*`: a bracket closed that the text did not open, and another condition behind it.
fn leaves_filter(text: &str) -> bool {
    let goes_on =
        ["*)(", ")(|", ")(&", "*(|(", ")((", "*))%00", "))(|"].iter().any(|sign| text.contains(sign));
    goes_on && !text.starts_with('(') && text.contains('=')
}
