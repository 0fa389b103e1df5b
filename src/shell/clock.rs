//! The only place that reads the operating system's clocks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::base::time::{Instant, Now, Utc};

/// Reads both clocks; copies share one origin, so their monotone readings compare.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: std::time::Instant,
}

impl Clock {
    /// A clock whose monotone reading starts a minute above zero, so that "never" (zero) is old.
    pub fn start() -> Self {
        let now = std::time::Instant::now();
        Self { origin: now.checked_sub(Duration::from_secs(60)).unwrap_or(now) }
    }

    pub fn now(&self) -> Now {
        let mono = u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let utc = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: Instant(mono), utc: Utc(i64::try_from(utc.as_nanos()).unwrap_or(i64::MAX)) }
    }

    /// The runtime's instant of one of ours, to sleep until.
    pub fn runtime_instant(&self, at: Instant) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.origin + Duration::from_nanos(at.0))
    }
}
