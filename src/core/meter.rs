//! Counters, rates and latencies: what the footer shows.

use std::time::Duration;

use crate::base::histogram::Histogram;
use crate::base::time::Instant;
use crate::domain::event::AnomalyKind;
use crate::view::session::Stats;

const SECOND: Duration = Duration::from_secs(1);
/// Seconds of message rates kept.
const RATES: usize = 34;
/// The latency of publishing is that of the last minute or two.
const LATENCY_LIFE: Duration = Duration::from_secs(60);
/// Batches measured per publish; more only repeat what these say.
const MAX_WAITING: usize = 256;

#[derive(Debug)]
pub struct Meter {
    pub stats: Stats,
    second_began: Option<Instant>,
    this_second: u32,
    /// Receipts not yet in a published picture.
    waiting: Vec<Instant>,
    to_view: Histogram,
    to_view_began: Instant,
    round_trips: Histogram,
}

impl Meter {
    pub fn new() -> Self {
        Self {
            stats: Stats::default(),
            second_began: None,
            this_second: 0,
            waiting: Vec::with_capacity(MAX_WAITING),
            to_view: Histogram::default(),
            to_view_began: Instant::default(),
            round_trips: Histogram::default(),
        }
    }

    pub fn count_frames(&mut self, frames: u32, received: Instant) {
        self.stats.messages += u64::from(frames);
        self.this_second = self.this_second.saturating_add(frames);
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push(received);
        }
    }

    pub fn count_anomaly(&mut self, kind: AnomalyKind) {
        self.stats.anomalies += 1;
        if matches!(kind, AnomalyKind::NotJson | AnomalyKind::BadNumber | AnomalyKind::MissingField) {
            self.stats.drops += 1;
        }
    }

    pub fn record_round_trip(&mut self, span: Duration) {
        self.round_trips.record(nanos(span));
        self.stats.last_order_rtt = Some(span);
        self.stats.order_rtt_p50 = self.round_trips.quantile(0.50).map(Duration::from_nanos);
        self.stats.order_rtt_p99 = self.round_trips.quantile(0.99).map(Duration::from_nanos);
    }

    /// A picture goes out that holds everything received so far.
    pub fn published(&mut self, now: Instant, visible: Visible) {
        for received in self.waiting.drain(..) {
            if visible == Visible::Yes {
                self.to_view.record(nanos(now.since(received)));
            }
        }
    }

    /// Closes seconds that have passed; true when one has.
    pub fn tick(&mut self, now: Instant) -> bool {
        let began = *self.second_began.get_or_insert(now);
        let passed = now.since(began).as_secs();
        if passed == 0 {
            return false;
        }
        let rates = &mut self.stats.message_rates;
        rates.push(std::mem::take(&mut self.this_second));
        let idle = usize::try_from(passed - 1).unwrap_or(RATES).min(RATES);
        rates.extend(std::iter::repeat_n(0, idle));
        rates.drain(..rates.len().saturating_sub(RATES));
        self.stats.messages_per_sec = rates.last().copied().unwrap_or(0) as f32;
        self.second_began = Some(began + Duration::from_secs(passed));
        self.stats.wire_to_view_p99 = self.to_view.quantile(0.99).map(Duration::from_nanos);
        if now.since(self.to_view_began) >= LATENCY_LIFE {
            self.to_view.clear();
            self.to_view_began = now;
        }
        true
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.second_began.map(|began| began + SECOND)
    }
}

/// Whether anyone can see the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    Yes,
    No,
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
