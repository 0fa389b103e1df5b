//! How much is kept.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// Settlements of a contract: three years of a month's life.
pub const SETTLEMENTS: usize = 800;
/// Bars of a contract and width.
pub const BARS: usize = 1_000;
/// Contracts, expired ones included.
pub const CONTRACTS: usize = 1_024;
/// Fixings of an index: two years of business days.
pub const FIXINGS: usize = 520;
/// Publications of an index that is not published all the time.
pub const PUBLICATIONS: usize = 512;

/// Our own marks: one a minute while they are younger than this,
pub const MINUTES_FOR: Duration = DAY;
/// one an hour until this,
pub const HOURS_FOR: Duration = Duration::from_secs(35 * 86_400);
/// and none when older than this.
pub const DAYS_FOR: Duration = Duration::from_secs(400 * 86_400);

/// A price this much older than the instant it is wanted for is no answer: a long weekend and a day.
pub const STALE: Duration = Duration::from_secs(5 * 86_400);
