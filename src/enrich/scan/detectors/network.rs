//! Addresses of hosts and network cards. Loopback and masks name nobody; documentation ranges somebody only
//! where a word says so.

use crate::enrich::scan::detector::{Detector, Edges, Find, Spot, Tier};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

pub const ROWS: &[Detector] = &[
    Detector {
        kind: "IP_ADDRESS",
        tier: Tier::Checked,
        find: Find::Shape(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"),
        edges: Edges::Word,
        valid: is_v4,
        context: &["ip", "address", "client", "host", "login", "adresse"],
        finds: &["from ⟦10.71.94.71⟧ in case", "ip=⟦112.17.145.36⟧.", "⟦81.2.69.142⟧:8080"],
        leaves: &[
            "127.0.0.1",
            "0.0.0.0",
            "255.255.255.0",
            "192.0.2.7",
            "203.0.113.9",
            "169.254.169.254",
            "version 4.6.16.56",
            "section 4.1.2.3 of the manual",
            "1.2.3.4 is a version",
            "v1.2.3.4",
            "OpenSSL 1.1.1.8",
            "firmware 10.13.10.13",
            "1.2.3.4.5",
            "300.1.1.1",
            "01.02.03.04",
            "5.15.167.4-microsoft-standard",
            "2.83-2.12 3.51.98.32 2.03.5",
            "Fixes since 1.5.5.5",
            "Upgrade path: 10.4.2.1 -> 10.5.0.50",
            "10.0.0.0/8",
        ],
    },
    // An address set aside for examples is somebody's where the text says so: people write them for the real one.
    Detector {
        kind: "IP_ADDRESS",
        tier: Tier::CheckedNear,
        find: Find::Shape(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"),
        edges: Edges::Word,
        valid: |spot| spot.value().parse().is_ok_and(|address: Ipv4Addr| address.is_documentation()),
        context: &[
            "ip",
            "bastion",
            "client",
            "login",
            "logged",
            "visitor",
            "vpn",
            "ssh",
            "remote",
            "signed in",
        ],
        finds: &["bastion ⟦203.0.113.185⟧.", "my IP is ⟦198.51.100.7⟧", "logged in from ⟦192.0.2.44⟧ today"],
        leaves: &["Bind the server to 192.0.2.206 or 127.0.0.1 in the example config", "203.0.113.9"],
    },
    Detector {
        kind: "IP_ADDRESS",
        tier: Tier::Checked,
        find: Find::Stem(r"[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]", v6),
        edges: Edges::Word,
        context: &["ip", "address", "client", "host", "login"],
        finds: &[
            "⟦2a01:73a:f2b9::2494⟧",
            "⟦2a4f:9d81:ae6a:270a:95c9:df62:b46b:ed1d⟧:51344 [x]",
            "[⟦2a00:1450:4001:81b::200e⟧]:443",
        ],
        leaves: &["::1", "2001:db8::1", "12:34:56", "std::net", "a::b", "dead::beef", "00:1b:44:11:3a:b7"],
        ..Detector::BASE
    },
    Detector {
        kind: "MAC_ADDRESS",
        tier: Tier::Checked,
        find: Find::Shape(
            r"[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})",
        ),
        edges: Edges::Word,
        valid: is_mac,
        context: &[
            "mac",
            "mac address",
            "device",
            "ethernet",
            "wifi",
            "bssid",
            "hwaddr",
            "physical address",
            "station",
        ],
        finds: &["device MAC ⟦a8:ca:54:97:dc:ba⟧,", "⟦58-f2-80-ef-9e-c1⟧", "⟦001b.4411.3ab7⟧"],
        leaves: &["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "12:34:56:78:90", "a8:ca:54:97:dc:ba:11"],
    },
];

/// Unicast and not of RFC 1122 §3.2.1.3 (this host, loopback), RFC 5737 (documentation), RFC 3927
/// (link local, cloud metadata) or a mask.
fn is_v4(spot: &Spot<'_>) -> bool {
    let Ok(address) = spot.value().parse::<Ipv4Addr>() else {
        return false;
    };
    let bits = u32::from(address);
    let bytes = spot.text.as_bytes();
    let before = spot.at.start.checked_sub(1).map_or(0, |i| bytes[i]);
    let behind = bytes.get(spot.at.end + 1).copied().unwrap_or(0);
    let longer =
        before == b'.' || before == b'-' || matches!(spot.next(), b'.' | b'-') && behind.is_ascii_digit();
    // A kernel's version goes on with its builder: `5.15.167.4-microsoft`.
    let is_kernel = spot.next() == b'-' && behind.is_ascii_alphabetic();
    let network = spot.next() == b'/' && behind.is_ascii_digit() && address.octets()[3] == 0;
    let nobody = address.is_loopback()
        || address.is_documentation()
        || address.is_link_local()
        || address.is_multicast()
        || address.octets()[0] == 0
        || bits.leading_ones() + bits.trailing_zeros() == 32;
    let said = [" is a version", " is the version", " release"]
        .iter()
        .any(|w| spot.text[spot.at.end..].starts_with(w));
    !nobody
        && !longer
        && !network
        && !is_kernel
        && !is_among_decimals(spot)
        && !said
        && !is_version(spot, address)
}

/// Whether numbers with a point or two stand on both sides, as in the path of a drawing.
fn is_among_decimals(spot: &Spot<'_>) -> bool {
    let is_decimal = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        (1..=2).contains(&word.matches('.').count())
            && digits > 1
            && word.bytes().all(|b| b.is_ascii_digit() || b"-.".contains(&b))
    };
    let tail = spot.text[..spot.at.start]
        .strip_suffix(' ')
        .map_or("", |before| &before[before.ceil_char_boundary(before.len().saturating_sub(16))..]);
    let before = tail.rsplit([' ', ',']).next().unwrap_or("");
    let behind = spot.text[spot.at.end..].strip_prefix(' ').unwrap_or("");
    let behind =
        behind.get(..behind.floor_char_boundary(16)).unwrap_or("").split([' ', ',']).next().unwrap_or("");
    is_decimal(before) && is_decimal(behind)
}

/// Words that say a host is meant.
const NAMED_HOSTS: &[&str] = &[
    "ip", "ips", "address", "addr", "host", "server", "node", "client", "dns", "login", "adresse", "vm",
    "peer", "on", "at",
];

/// Whether four small numbers are rather a version: of something by that word, or of a product named before.
fn is_version(spot: &Spot<'_>, address: Ipv4Addr) -> bool {
    const WORDS: &[&str] = &[
        "version",
        "versión",
        "versione",
        "versão",
        "ver",
        "v",
        "release",
        "build",
        "versie",
        "wersja",
        "firmware",
        "driver",
        "kernel",
        "patch",
        "sdk",
        "api",
        "app",
        "upgrade",
        "update",
        "revision",
        "rev",
        "section",
        "sections",
        "since",
        "chapter",
        "clause",
        "paragraph",
        "kapitel",
        "abschnitt",
    ];
    const HOSTS: &[&str] = &[
        "ip", "address", "addr", "host", "server", "from", "client", "dns", "login", "adresse", "at", "to",
        "by",
    ];
    // An arrow or a path from one version to the next.
    const CHANGES: &[&str] =
        &["upgrade", "upgraded", "downgrade", "version", "versions", "bump", "bumped", "release"];
    const LINE_MOST: usize = 48;
    let from = spot.text.ceil_char_boundary(spot.at.start.saturating_sub(LINE_MOST));
    let line = spot.text[from..spot.at.start].rsplit('\n').next().unwrap_or("");
    let words = || line.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let is = |word: &str, list: &[&str]| list.iter().any(|w| w.eq_ignore_ascii_case(word));
    if words().any(|w| is(w, CHANGES)) && !words().any(|w| is(w, NAMED_HOSTS)) {
        return true;
    }
    let word = spot.word_before();
    let octets = address.octets();
    let is_small = octets[0] < 10 && octets.iter().all(|n| *n < 30);
    let is_product = word.starts_with(|c: char| c.is_ascii_uppercase()) && !spot.follows(HOSTS);
    spot.follows(WORDS)
        || is_small && is_product && spot.text.as_bytes().get(spot.at.start.wrapping_sub(1)) == Some(&b' ')
}

/// RFC 4291 §2.2, at least three groups written out, not of RFC 3849 (documentation).
fn v6(text: &str, stem: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if stem.start > 0 && bytes[stem.start - 1] == b':' {
        return None;
    }
    let run = bytes[stem.start..]
        .iter()
        .take(46)
        .take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
        .count();
    let value = text[stem.start..stem.start + run].trim_end_matches(['.', ':']);
    // A port may stand behind all eight groups, as some logs write it.
    let host = value.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let parsed = value.parse().map(|address: Ipv6Addr| (value, address));
    let (value, address) = parsed.ok().or_else(|| host.and_then(|(h, _)| Some((h, h.parse().ok()?))))?;
    let groups = value.split(':').filter(|g| !g.is_empty()).count();
    let documentation = address.segments()[..2] == [0x2001, 0xdb8];
    let digits = value.bytes().any(|b| b.is_ascii_digit());
    let someone = !documentation && !address.is_loopback() && !address.is_multicast();
    (groups >= 3 && digits && someone).then(|| stem.start..stem.start + value.len())
}

fn is_mac(spot: &Spot<'_>) -> bool {
    let bytes = spot.text.as_bytes();
    let is_mark = |b: u8| matches!(b, b':' | b'-');
    let longer_before = spot.at.start > 1
        && is_mark(bytes[spot.at.start - 1])
        && bytes[spot.at.start - 2].is_ascii_hexdigit();
    let longer_behind = is_mark(spot.next()) && bytes.get(spot.at.end + 1).is_some_and(u8::is_ascii_hexdigit);
    let hex = || spot.value().bytes().filter(u8::is_ascii_hexdigit);
    !longer_before && !longer_behind && !hex().all(|b| b == b'0') && !hex().all(|b| matches!(b, b'f' | b'F'))
}
