//! The venue's clock against ours, and how long its stamps take to reach us.

use std::time::Duration;

use crate::base::time::{Instant, Now, Utc};

/// A worse reading replaces a better one only when that is older than this: clocks drift.
const READING_LIFE: Duration = Duration::from_secs(300);

#[derive(Clone, Debug, Default)]
pub struct VenueClock {
    reading: Option<Reading>,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    offset_ns: i64,
    uncertainty: Duration,
    at: Instant,
}

impl VenueClock {
    /// The venue said `venue` between `sent` and `received` of ours.
    pub fn read(&mut self, now: Now, venue: Utc, sent: Instant, received: Instant) {
        let uncertainty = received.since(sent) / 2;
        let ours = now.utc - now.mono.since(received) - uncertainty;
        let reading = Reading { offset_ns: venue.0.saturating_sub(ours.0), uncertainty, at: received };
        let is_better =
            self.reading.is_none_or(|old| uncertainty <= old.uncertainty || received.since(old.at) > READING_LIFE);
        if is_better {
            self.reading = Some(reading);
        }
    }

    /// Venue clock minus ours, and the uncertainty.
    pub fn offset(&self) -> Option<(i64, Duration)> {
        self.reading.map(|r| (r.offset_ns, r.uncertainty))
    }

    /// The venue's time now, as well as we know it.
    pub fn venue_now(&self, now: Now) -> Utc {
        Utc(now.utc.0.saturating_add(self.reading.map_or(0, |r| r.offset_ns)))
    }

    /// Time from the venue's stamp to our receipt; zero when the clocks' uncertainty makes it negative.
    pub fn delay(&self, now: Now, stamp: Utc, received: Instant) -> Duration {
        (self.venue_now(now) - now.mono.since(received)).since(stamp)
    }
}
