//! A token bucket in exact integers: the generic cell rate algorithm, which needs one number and no refilling.

use crate::base::time::Instant;

#[derive(Clone, Debug)]
pub struct RateLimit {
    /// Time one token takes to grow.
    interval_ns: u64,
    /// How far ahead of real time the bucket may be drawn.
    tolerance_ns: u64,
    /// When the bucket will be full again.
    full_at_ns: u64,
}

impl RateLimit {
    /// `per_1000_s` tokens grow in a thousand seconds; the bucket holds `burst` (at least one) and starts full.
    pub fn new(per_1000_s: u32, burst: u32) -> Self {
        let interval_ns = 1_000_000_000_000 / u64::from(per_1000_s.max(1));
        Self { interval_ns, tolerance_ns: interval_ns * u64::from(burst.max(1) - 1), full_at_ns: 0 }
    }

    /// Takes a token if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        if now < self.ready_at() {
            return false;
        }
        self.force(now);
        true
    }

    /// Takes a token that may not be there yet: what must go out goes out, and those after it wait longer.
    pub fn force(&mut self, now: Instant) {
        self.full_at_ns = self.full_at_ns.max(now.0) + self.interval_ns;
    }

    /// When the next token can be had; in the past while there is one.
    pub fn ready_at(&self) -> Instant {
        Instant(self.full_at_ns.saturating_sub(self.tolerance_ns))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn grants_the_burst_and_then_the_rate() {
        let mut limit = RateLimit::new(3_300, 10);
        let mut now = Instant(5_000_000_000);
        assert_eq!((0..50).filter(|_| limit.take(now)).count(), 10);
        assert!(limit.ready_at() > now);
        let mut granted = 0;
        for _ in 0..100_000 {
            now = now + Duration::from_millis(1);
            granted += u32::from(limit.take(now));
        }
        assert_eq!(granted, 330, "100 s at 3.3 a second");
        now = limit.ready_at();
        assert!(limit.take(now), "ready_at keeps its word");
    }
}
