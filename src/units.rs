//! Sizes and durations as people write them: `64MiB`, `20 MB`, `512`; `500ms`, `5s`, `1h30m`, `7d`.

use std::fmt;
use std::time::{Duration, SystemTime};

/// A number of bytes. Reads `512`, `64KiB`, `64MiB`, `2GiB` and the decimal `kB`, `MB`, `GB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

const SIZES: &[(&str, u64)] = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

impl Size {
    pub const fn kib(n: u64) -> Size {
        Size(n << 10)
    }

    pub const fn mib(n: u64) -> Size {
        Size(n << 20)
    }

    pub const fn gib(n: u64) -> Size {
        Size(n << 30)
    }

    /// A whole number with or without a unit, in any case of letters, with or without a space before it.
    pub fn parse(text: &str) -> Option<Size> {
        let (number, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
        let unit = unit.trim_start();
        let scale = match unit {
            "" => 1,
            _ => SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?.1,
        };
        number.parse::<u64>().ok()?.checked_mul(scale).map(Size)
    }
}

impl fmt::Display for Size {
    /// The largest binary unit that divides it: `2GiB`, `1536MiB`, `10B`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size(n) = *self;
        for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
            if n != 0 && n % (1 << shift) == 0 {
                return write!(f, "{}{unit}", n >> shift);
            }
        }
        write!(f, "{n}B")
    }
}

impl serde::Serialize for Size {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Units of time in nanoseconds, largest first.
const TIMES: &[(&str, u64)] = &[
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Reads `500ms`, `5s`, `1m`, `24h`, `7d`, several in a row as in `1h30m`, and a bare `0`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut nanos: u64 = 0;
    while !rest.is_empty() || text.is_empty() {
        let (number, after) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
        let (unit, after) = after.split_at(after.bytes().take_while(u8::is_ascii_lowercase).count());
        let scale = TIMES.iter().find(|(name, _)| *name == unit)?.1;
        nanos = nanos.checked_add(number.parse::<u64>().ok()?.checked_mul(scale)?)?;
        rest = after;
    }
    Some(Duration::from_nanos(nanos))
}

/// Prints the duration as [`parse_duration`] reads it: `0s`, `500ms`, `90s`, `24h`, `7d`. Days start
/// at two of them; what is past 584 years is cut to that.
pub fn duration_text(duration: Duration) -> String {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let day = TIMES[0].1;
    let fits = |unit: u64| nanos % unit == 0 && (unit != day || nanos >= 2 * day);
    match TIMES.iter().find(|(_, unit)| nanos != 0 && fits(*unit)) {
        Some((name, unit)) => format!("{}{name}", nanos / unit),
        None => "0s".to_string(),
    }
}

/// Serialises a duration as [`duration_text`]: `#[serde(serialize_with = "units::serialize_duration")]`.
pub fn serialize_duration<S: serde::Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&duration_text(*duration))
}

/// A moment in UTC to the second, as RFC 3339 writes it: `2026-02-28T23:59:59Z`. What is before 1970
/// reads as its first second.
pub fn utc_text(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// As [`utc_text`], to the microsecond: `2026-02-28T23:59:59.000001Z`, or without a fraction where it is zero.
pub fn utc_micros_text(time: SystemTime) -> String {
    let micros = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_micros();
    match micros {
        0 => utc_text(time),
        _ => format!("{}.{micros:06}Z", utc_text(time).trim_end_matches('Z')),
    }
}

/// `bytes` in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four_bits: u8| char::from(DIGITS[usize::from(four_bits)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Nanoseconds since 1970; 0 before, and no more than fit.
pub fn unix_nano(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Reads a moment as RFC 3339 writes it: `2026-02-28T23:59:59.5Z`, `2026-03-01 01:59:59+02:00`. `None` for
/// what is none, has no zone, or lies before 1970.
pub fn parse_utc(text: &str) -> Option<SystemTime> {
    let number = |range: std::ops::Range<usize>| {
        let digits = text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<i64>().ok()
    };
    let at = |place: usize| text.as_bytes().get(place).copied();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let joints = [at(4)?, at(7)?, at(13)?, at(16)?];
    let plausible = (1..=12).contains(&month) && hour < 24 && minute < 60 && second < 61;
    if joints != *b"--::" || !matches!(at(10)?, b'T' | b't' | b' ') || !plausible {
        return None;
    }
    let days = days_of(year, month, day)?;
    let rest = text.get(19..)?;
    let fraction = rest
        .strip_prefix('.')
        .map_or("", |rest| &rest[..rest.bytes().take_while(u8::is_ascii_digit).count()]);
    let zone = match fraction {
        "" if rest.starts_with('.') => return None,
        "" => rest,
        digits => &rest[1 + digits.len()..],
    };
    let nanos = format!("{:0<9}", &fraction[..fraction.len().min(9)]).parse().ok()?;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - zone_seconds(zone)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(u64::try_from(seconds).ok()?, nanos))
}

/// How far a zone, `Z` or `+02:00`, is ahead of UTC.
fn zone_seconds(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    let part = |text: &str, below: i64| {
        let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|part| plain && *part < below)
    };
    Some(sign * (part(hours, 24)? * 3600 + part(minutes, 60)? * 60))
}

/// The day, counted from 1970-01-01, of a date that there is. See [`civil`].
fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let march_year = if month > 2 { year } else { year - 1 };
    let (era, year_of_era) = (march_year.div_euclid(400), march_year.rem_euclid(400));
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let days =
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    let there_is =
        u64::try_from(days).is_ok_and(|days| civil(days) == (year as u64, month as u64, day as u64));
    there_is.then_some(days)
}

/// Year, month and day of the Gregorian calendar, of a day counted from 1970-01-01.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: years
/// begin in March, so that the leap day is their last, and repeat after 400 years or 146,097 days.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let cases = [
            ("512", 512),
            ("0", 0),
            ("64KiB", 65_536),
            ("64 MiB", 64 << 20),
            ("20MB", 20_000_000),
            ("1gib", 1 << 30),
        ];
        for (text, bytes) in cases {
            assert_eq!(Size::parse(text), Some(Size(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "",
            "MiB",
            "-1",
            "1.5GiB",
            "64 XB",
            "64MiB/s",
            " 1",
            "99999999999999999999",
            "18446744073709551615KiB",
        ] {
            assert_eq!(Size::parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        let cases =
            [("0", 0), ("0s", 0), ("500ms", 500), ("5s", 5_000), ("1h30m", 5_400_000), ("7d", 604_800_000)];
        for (text, millis) in cases {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "5", "s", "5 s", "-5s", "1.5h", "5S", "5s ", "999999999999d", "1h30"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn durations_print_in_the_largest_unit_that_divides_them() {
        let cases = [(0, "0s"), (500, "500ms"), (90_000, "90s"), (86_400_000, "24h"), (604_800_000, "7d")];
        for (millis, text) in cases {
            assert_eq!(duration_text(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn moments_are_written_in_utc() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_772_323_199, "2026-02-28T23:59:59Z"),
            (1_772_323_200, "2026-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(utc_text(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    proptest! {
        #[test]
        fn a_printed_size_is_read_as_the_same_size(n: u64, shift in 0u32..40) {
            let size = Size(n >> shift << shift);
            prop_assert_eq!(Size::parse(&size.to_string()), Some(size));
        }

        #[test]
        fn a_printed_duration_is_read_as_the_same_duration(n: u64, unit in 0..TIMES.len()) {
            let unit = TIMES[unit].1;
            let duration = Duration::from_nanos(n / unit * unit);
            prop_assert_eq!(parse_duration(&duration_text(duration)), Some(duration));
        }

        #[test]
        fn any_text_is_an_answer(text: String) {
            let _ = (Size::parse(&text), parse_duration(&text));
        }
    }

    #[test]
    fn moments_are_read_as_they_are_written() {
        for (text, unix_ms) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-02-28T23:59:59.5Z", 1_772_323_199_500),
            ("2026-03-01 01:59:59.500+02:00", 1_772_323_199_500),
            ("2024-02-29T00:00:00-00:30", 1_709_166_600_000),
        ] {
            let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(unix_ms);
            assert_eq!(parse_utc(text), Some(moment), "{text}");
        }
        for text in [
            "",
            "2026-02-29T00:00:00Z",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+2:00",
            "1969-12-31T23:59:59Z",
            "２026-01-01T00:00:00Z",
            "2026-01-01T00:00:00é",
        ] {
            assert_eq!(parse_utc(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_moment_reads_as_it_prints(seconds in 0u64..253_402_300_800) {
            let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            prop_assert_eq!(parse_utc(&utc_text(moment)), Some(moment));
        }

        #[test]
        fn no_text_makes_reading_a_moment_panic(text in ".{0,40}") {
            parse_utc(&text);
        }
    }
}
