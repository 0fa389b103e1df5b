//! The calendar of the day: which days are business days, when the index is fixed, when positions settle and when a month expires.
//! All instants are UTC; the market itself is open around the clock.

use std::time::Duration;

use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use super::contract::Month;
use crate::base::time::Utc;

/// The index of every product is fixed at 20:30 on business days.
pub const FIXING_TIME: Duration = Duration::from_secs(20 * 3_600 + 30 * 60);
/// Positions settle, day orders end and expired months leave at 21:00 on business days.
pub const SETTLEMENT_TIME: Duration = Duration::from_secs(21 * 3_600);

const HOLIDAYS_US: &str = include_str!("../../assets/data/holidays_us.toml");

/// A data file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("cannot read the data file: {0}")]
    Syntax(#[from] toml::de::Error),
    #[error("bad value in the data file: {0}")]
    Value(String),
}

/// Business days of one country.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Sorted.
    holidays: Vec<Date>,
}

/// How far a month's average has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixes {
    pub published: u32,
    pub total: u32,
}

#[derive(Deserialize)]
struct HolidayFile {
    holidays: Vec<Holiday>,
}

#[derive(Deserialize)]
struct Holiday {
    date: String,
}

impl Calendar {
    /// The United States' trading holidays, from the data file in the program. Past its end only weekends are holidays.
    ///
    /// # Errors
    /// The file is malformed.
    pub fn us() -> Result<Self, DataError> {
        let file: HolidayFile = toml::from_str(HOLIDAYS_US)?;
        let mut holidays = Vec::with_capacity(file.holidays.len());
        for holiday in file.holidays {
            holidays.push(holiday.date.parse().map_err(|e| DataError::Value(format!("{}: {e}", holiday.date)))?);
        }
        holidays.sort_unstable();
        Ok(Self { holidays })
    }

    pub fn is_business_day(&self, date: Date) -> bool {
        !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && self.holidays.binary_search(&date).is_err()
    }

    /// Business days of a month, in order.
    pub fn business_days(&self, month: Month) -> impl DoubleEndedIterator<Item = Date> {
        let first = month.first_day();
        (1..=first.days_in_month())
            .map(move |day| Date::constant(month.year, month.month, day))
            .filter(|date| self.is_business_day(*date))
    }

    /// The day a month's contract expires, which names it on the wire.
    pub fn expiry_date(&self, month: Month) -> Date {
        self.business_days(month).next_back().unwrap_or_else(|| month.first_day())
    }

    /// Settlement time on the last business day.
    pub fn expiry(&self, month: Month) -> Utc {
        Utc::at(self.expiry_date(month), SETTLEMENT_TIME)
    }

    /// The first month that has not expired at `now`.
    pub fn front_month(&self, now: Utc) -> Month {
        let month = Month::of(now.date());
        if self.expiry(month) > now { month } else { month.plus(1) }
    }

    /// The first fixing strictly after `after`.
    pub fn next_fixing(&self, after: Utc) -> Utc {
        self.next_at(after, FIXING_TIME)
    }

    /// The first settlement strictly after `after`.
    pub fn next_settlement(&self, after: Utc) -> Utc {
        self.next_at(after, SETTLEMENT_TIME)
    }

    /// The last settlement at or before `now`.
    pub fn last_settlement(&self, now: Utc) -> Utc {
        let mut date = now.date();
        loop {
            let at = Utc::at(date, SETTLEMENT_TIME);
            if at <= now && self.is_business_day(date) {
                return at;
            }
            match date.yesterday() {
                Ok(earlier) => date = earlier,
                Err(_) => return now,
            }
        }
    }

    /// Fixings of a month that are published at `now`, and all it will have.
    pub fn fixes(&self, month: Month, now: Utc) -> Fixes {
        let mut fixes = Fixes { published: 0, total: 0 };
        for date in self.business_days(month) {
            fixes.total += 1;
            fixes.published += u32::from(Utc::at(date, FIXING_TIME) <= now);
        }
        fixes
    }

    /// Mean age in months, seen from `now`, of the days of `month` that are not yet fixed; never below zero. What a seed curve is read at.
    pub fn months_ahead(&self, month: Month, now: Utc) -> f64 {
        const SECS_PER_MONTH: f64 = 365.25 / 12.0 * 86_400.0;
        let end = self.expiry(month);
        let start = Utc::at(month.first_day(), Duration::ZERO).max(now);
        let middle = (start.0 / 2 + end.0 / 2) as f64 - now.0 as f64;
        (middle * 1e-9 / SECS_PER_MONTH).max(0.0)
    }

    /// The first business day's `time_of_day` strictly after `after`.
    pub fn next_at(&self, after: Utc, time_of_day: Duration) -> Utc {
        let mut date = after.date();
        loop {
            let at = Utc::at(date, time_of_day);
            if at > after && self.is_business_day(date) {
                return at;
            }
            match date.tomorrow() {
                Ok(later) => date = later,
                Err(_) => return Utc(i64::MAX),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const fn month(year: i16, month: i8) -> Month {
        Month { year, month }
    }

    fn utc(text: &str) -> Utc {
        let stamp: jiff::Timestamp = text.parse().unwrap();
        Utc(i64::try_from(stamp.as_nanosecond()).unwrap())
    }

    #[test]
    fn november_2026_has_twenty_fixings_and_expires_on_the_thirtieth() {
        let calendar = Calendar::us().unwrap();
        assert!(!calendar.is_business_day(date(2026, 11, 26)), "Thanksgiving");
        assert!(calendar.is_business_day(date(2026, 11, 11)), "Veterans Day is traded");
        assert_eq!(calendar.expiry(month(2026, 11)), utc("2026-11-30T21:00:00Z"));
        assert_eq!(calendar.fixes(month(2026, 11), utc("2026-11-22T12:00:00Z")), Fixes { published: 15, total: 20 });
        assert_eq!(calendar.fixes(month(2026, 11), utc("2026-11-23T20:29:59Z")).published, 15);
        assert_eq!(calendar.fixes(month(2026, 11), utc("2026-11-23T20:30:00Z")).published, 16);
    }

    #[test]
    fn months_expire_on_their_last_business_day() {
        let calendar = Calendar::us().unwrap();
        for (year, m, want) in [
            (2026, 12, date(2026, 12, 31)),
            (2027, 1, date(2027, 1, 29)),
            (2027, 2, date(2027, 2, 26)),
            (2027, 3, date(2027, 3, 31)),
            (2027, 5, date(2027, 5, 28)),
            (2029, 3, date(2029, 3, 29)),
            (2029, 10, date(2029, 10, 31)),
        ] {
            assert_eq!(calendar.expiry_date(month(year, m)), want, "{year}-{m}");
        }
    }

    #[test]
    fn the_front_month_rolls_at_its_expiry() {
        let calendar = Calendar::us().unwrap();
        assert_eq!(calendar.front_month(utc("2026-11-30T20:59:59Z")), month(2026, 11));
        assert_eq!(calendar.front_month(utc("2026-11-30T21:00:00Z")), month(2026, 12));
    }

    #[test]
    fn weekends_and_holidays_are_skipped() {
        let calendar = Calendar::us().unwrap();
        let sunday = utc("2026-11-22T09:00:00Z");
        assert_eq!(calendar.last_settlement(sunday), utc("2026-11-20T21:00:00Z"));
        assert_eq!(calendar.next_fixing(sunday), utc("2026-11-23T20:30:00Z"));
        assert_eq!(calendar.next_settlement(utc("2026-11-25T21:00:00Z")), utc("2026-11-27T21:00:00Z"));
        assert_eq!(calendar.last_settlement(utc("2026-11-23T21:00:00Z")), utc("2026-11-23T21:00:00Z"));
    }

    #[test]
    fn a_month_is_read_at_the_middle_of_what_is_left_of_it() {
        let calendar = Calendar::us().unwrap();
        let now = utc("2026-11-22T09:00:00Z");
        let december = calendar.months_ahead(month(2026, 12), now);
        assert!((december - 0.79).abs() < 0.02, "{december}");
        let november = calendar.months_ahead(month(2026, 11), now);
        assert!(november > 0.1 && november < 0.2, "{november}");
        assert!(calendar.months_ahead(month(2026, 10), now) <= 0.0);
    }
}
