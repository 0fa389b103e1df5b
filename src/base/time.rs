//! Instants as plain numbers. Nothing here reads a clock: whoever stands at the rim does, and hands the result in.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Monotone time in nanoseconds since an origin that only the running process knows. Ages and deadlines use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub u64);

impl Instant {
    /// Time elapsed since `earlier`; zero when `earlier` lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// A UTC instant in nanoseconds since 1970-01-01. Venues stamp with it; the screen prints it with its zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Utc(pub i64);

const NS_PER_MS: i64 = 1_000_000;

impl Utc {
    /// From milliseconds since the epoch, the unit of most venues.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(NS_PER_MS))
    }

    /// Whole milliseconds since the epoch, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(NS_PER_MS)
    }

    /// Midnight UTC of `date` plus `time_of_day`.
    pub fn at(date: Date, time_of_day: Duration) -> Self {
        let midnight = date.to_zoned(TimeZone::UTC).map_or(0, |z| z.timestamp().as_nanosecond());
        Self(i64::try_from(midnight).unwrap_or(i64::MAX)) + time_of_day
    }

    /// The UTC calendar date this instant falls on.
    pub fn date(self) -> Date {
        self.civil().date()
    }

    /// The UTC wall-clock reading of this instant.
    pub fn civil(self) -> DateTime {
        let stamp = Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or(Timestamp::UNIX_EPOCH);
        TimeZone::UTC.to_datetime(stamp)
    }

    /// Time elapsed since `earlier`; zero when `earlier` lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<Duration> for Utc {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Utc {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)))
    }
}

/// RFC 3339 with milliseconds: `2026-11-20T15:42:07.914Z`.
impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.millisecond()
        )
    }
}

/// Both readings of one moment, taken together at the rim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    pub mono: Instant,
    pub utc: Utc,
}

impl Now {
    /// The same moment `span` later on both clocks.
    pub fn later(self, span: Duration) -> Self {
        Self { mono: self.mono + span, utc: self.utc + span }
    }
}
