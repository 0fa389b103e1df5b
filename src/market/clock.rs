//! The venue's clock against ours: what it shows, how fast it runs, and how long its stamps take to reach us.
//!
//! A venue's clock runs as ours does, a whole number of times as fast, or stands. Readings say which: one that does not follow from
//! those before begins anew, and the next one after it tells the pace. Until then no delay is claimed.

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::base::time::{Instant, Utc};
use crate::view::session::{CLOCK_FROM, CLOCK_TO, Pace, VenueTime};

/// A worse reading replaces a better one only when that is older than this: clocks drift.
const READING_LIFE: Duration = Duration::from_secs(300);
/// Readings closer together say nothing of the pace.
const SHORTEST: Duration = Duration::from_millis(400);
/// How far a reading may lie beside what was expected, on our clock, besides its uncertainty: venues stamp when they get to it.
const SLACK: Duration = Duration::from_millis(50);

#[derive(Clone, Debug, Default)]
pub struct VenueClock {
    time: Option<VenueTime>,
    /// The first reading since the clock last jumped or changed its pace.
    first: Option<Reading>,
    is_pace_known: bool,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    venue: Utc,
    at: Instant,
    uncertainty: Duration,
}

impl VenueClock {
    /// The venue said `venue` between `sent` and `received` of ours.
    pub fn read(&mut self, venue: Utc, sent: Instant, received: Instant) {
        if !(CLOCK_FROM..=CLOCK_TO).contains(&venue) {
            return;
        }
        let uncertainty = received.since(sent) / 2;
        let reading = Reading { venue, at: sent + uncertainty, uncertainty };
        let (Some(time), Some(first)) = (self.time, self.first) else { return self.begin(reading, Pace::Real) };
        if !self.is_pace_known {
            if reading.at.since(first.at) >= SHORTEST {
                self.is_pace_known = true;
                self.time = Some(reading.running(pace(&first, &reading).unwrap_or(time.pace)));
            }
        } else if !follows(&time, &reading) {
            self.begin(reading, time.pace);
        } else {
            let is_better = uncertainty <= time.uncertainty
                || reading.at.since(time.read) > READING_LIFE
                || time.pace != Pace::Real;
            let pace = match time.pace {
                // The longer it runs, the better it is known.
                Pace::Times(_) => pace(&first, &reading).unwrap_or(time.pace),
                known => known,
            };
            if is_better {
                self.time = Some(reading.running(pace));
            }
        }
    }

    fn begin(&mut self, reading: Reading, pace: Pace) {
        self.first = Some(reading);
        self.is_pace_known = false;
        self.time = Some(reading.running(pace));
    }

    /// As last read; `None` before the first reading.
    pub fn time(&self) -> Option<VenueTime> {
        self.time
    }

    /// Whether venue and terminal count the same seconds, so that their stamps can be compared.
    fn is_comparable(&self) -> Option<VenueTime> {
        self.time.filter(|time| time.pace == Pace::Real && self.is_pace_known)
    }

    /// Venue clock minus ours, and the uncertainty, at the moment that ours shows `utc`; `None` unless both run alike.
    pub fn offset(&self, now: Instant, utc: Utc) -> Option<(i64, Duration)> {
        let time = self.is_comparable()?;
        Some((time.at(now).0.saturating_sub(utc.0), time.uncertainty))
    }

    /// Time from the venue's stamp to our receipt, zero when the clocks' uncertainty makes it negative; `None` unless both run alike.
    pub fn delay(&self, stamp: Utc, received: Instant) -> Option<Duration> {
        Some(self.is_comparable()?.at(received).since(stamp))
    }
}

impl Reading {
    const fn running(self, pace: Pace) -> VenueTime {
        VenueTime { utc: self.venue, read: self.at, pace, uncertainty: self.uncertainty }
    }
}

/// Whether the clock went on as it did.
fn follows(time: &VenueTime, reading: &Reading) -> bool {
    let slack = (SLACK + time.uncertainty + reading.uncertainty) * time.pace.times().max(1);
    let beside = time.at(reading.at).0.abs_diff(reading.venue.0);
    u128::from(beside) <= slack.as_nanos()
}

/// How fast the clock ran from one reading to another; `None` if it jumped, or did one thing after the other.
fn pace(from: &Reading, to: &Reading) -> Option<Pace> {
    let span = to.at.since(from.at).as_secs_f64();
    let moved = (to.venue.0 - from.venue.0) as f64 / 1e9;
    let slack = (SLACK + from.uncertainty + to.uncertainty).as_secs_f64();
    let times = moved / span.max(1e-9);
    if moved.abs() < 2e-3 {
        Some(Pace::Standing)
    } else if (moved - span).abs() <= slack {
        Some(Pace::Real)
    } else if times >= 1.5 {
        Some(Pace::Times(times.round().min(1e9) as u32))
    } else {
        None
    }
}
