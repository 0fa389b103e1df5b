//! Delivery periods of whole months, what they hold, and the quotes made on them.

use std::fmt;

use jiff::civil::Date;

use crate::domain::contract::Month;
use crate::domain::number::{Money, Price, Qty};

/// Consecutive delivery months: a month, a quarter, a calendar year or any other strip. At least one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    pub first: Month,
    months: u32,
}

/// A strip longer than this is a mistake.
pub const MAX_MONTHS: u32 = 120;

impl Period {
    /// `None` unless it has 1 to [`MAX_MONTHS`] months.
    pub fn new(first: Month, months: u32) -> Option<Self> {
        (1..=MAX_MONTHS).contains(&months).then_some(Self { first, months })
    }

    pub const fn month(month: Month) -> Self {
        Self { first: month, months: 1 }
    }

    /// The calendar quarter that holds `month`.
    pub const fn quarter_of(month: Month) -> Self {
        Self { first: Month { year: month.year, month: (month.month - 1) / 3 * 3 + 1 }, months: 3 }
    }

    pub const fn year(year: i16) -> Self {
        Self { first: Month { year, month: 1 }, months: 12 }
    }

    pub const fn len(self) -> u32 {
        self.months
    }

    pub const fn is_empty(self) -> bool {
        self.months == 0
    }

    /// The month after the last.
    pub fn end(self) -> Month {
        self.first.plus(self.months.cast_signed())
    }

    pub fn iter(self) -> impl Iterator<Item = Month> {
        (0..self.months.cast_signed()).map(move |ahead| self.first.plus(ahead))
    }
}

/// `DEC-26`, `Q1-27`, `CAL-27`; other strips by their first and last month, `DEC-26–FEB-27`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Month { year, month } = self.first;
        let year = year.rem_euclid(100);
        match self.months {
            1 => f.write_str(&self.first.screen()),
            3 if month % 3 == 1 => write!(f, "Q{}-{year:02}", (month + 2) / 3),
            12 if month == 1 => write!(f, "CAL-{year:02}"),
            _ => write!(f, "{}–{}", self.first.screen(), self.end().plus(-1).screen()),
        }
    }
}

/// How many units a contract month holds (market.md 6.1): by contract type, never mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// Exchange contracts: the same every month (730 GPU-hours, 1,000 Mtok), so that a strip is the simple mean of its months.
    Equal(i64),
    /// Physical delivery of one GPU: every hour of the month.
    CalendarHours,
}

impl Units {
    pub fn of_month(self, month: Month) -> i64 {
        match self {
            Self::Equal(units) => units,
            Self::CalendarHours => i64::from(Date::days_in_month(month.first_day())) * 24,
        }
    }

    /// In one lot of a strip: one contract of each of its months.
    pub fn of(self, period: Period) -> i64 {
        period.iter().map(|month| self.of_month(month)).sum()
    }

    /// What one lot of a strip costs at a price.
    pub fn cost(self, period: Period, price: Price) -> Money {
        Money::notional(price, Qty::lots(1), self.of(period))
    }
}

/// The best prices of one listed month or strip; a side nobody quotes is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    pub period: Period,
    pub bid: Option<Price>,
    pub ask: Option<Price>,
}

impl Quote {
    pub const fn both(period: Period, bid: Price, ask: Price) -> Self {
        Self { period, bid: Some(bid), ask: Some(ask) }
    }

    /// A price known for certain: a settlement, or a mid taken at its word.
    pub const fn exact(period: Period, price: Price) -> Self {
        Self::both(period, price, price)
    }

    /// Dollars per unit.
    pub fn mid_lossy(&self) -> Option<f64> {
        Some((self.bid?.to_f64_lossy() + self.ask?.to_f64_lossy()) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEC_26: Month = Month { year: 2026, month: 12 };

    #[test]
    fn periods_are_named_as_on_the_screen() {
        let jan = DEC_26.plus(1);
        assert_eq!(Period::month(DEC_26).to_string(), "DEC-26");
        assert_eq!(Period::quarter_of(jan.plus(2)).to_string(), "Q1-27");
        assert_eq!(Period::quarter_of(DEC_26), Period::new(Month { year: 2026, month: 10 }, 3).unwrap());
        assert_eq!(Period::year(2027).to_string(), "CAL-27");
        assert_eq!(Period::new(DEC_26, 3).unwrap().to_string(), "DEC-26–FEB-27");
        assert_eq!(Period::new(DEC_26, 0), None);
    }

    #[test]
    fn strips_hold_the_sum_of_their_months() {
        let quarter = Period::quarter_of(Month { year: 2028, month: 1 });
        assert_eq!(Units::Equal(730).of(quarter), 2_190);
        assert_eq!(Units::CalendarHours.of(quarter), 744 + 696 + 744, "2028 is a leap year");
        assert_eq!(Units::Equal(730).cost(quarter, Price::parse("2.5").unwrap()), Money::dollars(5_475));
    }
}
