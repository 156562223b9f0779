//! A path or an address in a value that leaves where it belongs: out of a directory, or to a machine's own secrets.

/// Longest text that is a value, and how many words it may have.
const LONGEST: usize = 400;
const MOST_WORDS: usize = 3;
/// So many steps up lead out of any directory that a value is put into.
const MOST_STEPS: usize = 5;

/// Files that hold what an attacker is after, and that nobody reaches by steps upwards.
const TARGETS: &[&str] = &[
    "etc/passwd",
    "etc/shadow",
    "etc/hosts",
    "etc/group",
    "proc/self",
    "proc/version",
    "win.ini",
    "boot.ini",
    "system32",
    "windows/",
    ".ssh/",
    "id_rsa",
    "root/",
    ".aws/",
    ".env",
    "web.config",
    "wp-config",
    "web-inf",
    "access.log",
    "auth.log",
];

/// Addresses that read a file, run a command, or ask a cloud for its keys.
const ADDRESSES: &[&str] = &[
    "file:///etc/",
    "file:///proc/",
    "file:///root",
    "file:///c:/windows",
    "file:///home/",
    "php://filter",
    "php://input",
    "expect://",
    "phar://",
    "zip://",
    "//169.254.169.254/latest/meta-data",
    "//169.254.169.254/metadata",
    "//metadata.google.internal/",
    "//100.100.100.200/latest",
];

/// How sure it is that `text` is an attack, 0 to 1.
pub fn judge(text: &str) -> f64 {
    if text.len() > LONGEST
        || !text.contains(['/', '\\', '%', '.'])
        || text.split_ascii_whitespace().nth(MOST_WORDS).is_some()
    {
        return 0.0;
    }
    let (path, is_disguised) = undisguised(&text.to_ascii_lowercase().replace('\\', "/"));
    // A filter that takes `../` out once makes a step of this.
    let path = path.replace("....//", "../").replace("..//", "../");
    let steps = path.matches("../").count();
    let is_target = TARGETS.iter().any(|target| path.contains(target));
    let leaves = steps >= 2 && is_target || steps >= MOST_STEPS || steps >= 1 && is_disguised;
    // In a library of its own: `../../../../src`.
    let is_source =
        ["src/", "lib/", "node_modules", "docs/", "assets/"].iter().any(|d| path.contains(d)) && !is_target;
    let asks = ADDRESSES.iter().any(|address| path.contains(address));
    if leaves && !is_source || asks { 0.6 } else { 0.0 }
}

/// Ways to write a dot or a slash that only a filter is to overlook: in too many bytes, in sixteen bits, as a number.
const DISGUISES: &[(&str, &str)] = &[
    ("%c0%ae", "."),
    ("%c0%2e", "."),
    ("%uff0e", "."),
    ("%e0%80%ae", "."),
    ("0x2e", "."),
    ("%c0%af", "/"),
    ("%c1%9c", "/"),
    ("%c1%af", "/"),
    ("%e0%80%af", "/"),
    ("%u2215", "/"),
    ("%u2216", "/"),
    ("%uf025", "/"),
    ("0x2f", "/"),
    ("0x5c", "/"),
];

/// `path` with such ways undone, and whether there were any.
fn undisguised(path: &str) -> (String, bool) {
    let mut plain = path.to_owned();
    for (disguise, sign) in DISGUISES {
        if plain.contains(disguise) {
            plain = plain.replace(disguise, sign);
        }
    }
    let is_disguised = plain != path && plain.contains("../");
    (plain, is_disguised)
}
