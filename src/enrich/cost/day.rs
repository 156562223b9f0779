//! Days: from which on, or until when, a price holds.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar in UTC, since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// The day of `at`; `None` before 1970 and after 9999.
    pub fn of(at: SystemTime) -> Option<Day> {
        let days = at.duration_since(UNIX_EPOCH).ok()?.as_secs() / 86_400;
        // Years begin in March here, so that the leap day is the last; day 0 is 0000-03-01.
        // Source: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
        let days = days + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        let year = u16::try_from(year).ok().filter(|year| *year <= 9999)?;
        Some(Day { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? })
    }

    /// Reads `2026-11-21`.
    pub fn parse(text: &str) -> Option<Day> {
        let number = |range| text.get::<std::ops::Range<usize>>(range).filter(|part| is_number(part));
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let dashed = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
        let day = Day { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
        let exists = day.year >= 1970 && (1..=12).contains(&day.month) && (1..=31).contains(&day.day);
        (dashed && exists).then_some(day)
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn check(seconds: u64, day: &str) {
        let found = Day::of(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(found.map(|day| day.to_string()).as_deref(), Some(day), "{seconds}");
        assert_eq!(found, Day::parse(day));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        check(0, "1970-01-01");
        check(86_399, "1970-01-01");
        check(951_782_399, "2000-02-28");
        check(951_782_400, "2000-02-29");
        check(1_709_251_200, "2024-03-01");
        check(1_795_219_200, "2026-11-21");
        check(4_107_542_399, "2100-02-28");
        check(4_107_542_400, "2100-03-01");
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in [
            "",
            "2026-1-1",
            "2026-13-01",
            "2026-00-10",
            "2026-01-32",
            "20260101",
            "2026-01-01x",
            "+026-01-01",
            "日本-日本",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert_eq!(Day::of(UNIX_EPOCH - Duration::from_secs(1)), None);
        assert_eq!(Day::of(UNIX_EPOCH + Duration::from_secs(1 << 40)), None);
    }
}
