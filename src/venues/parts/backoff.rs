//! When to dial again: exponential back-off with full jitter, so that a thousand terminals do not return in step.

use std::time::Duration;

use crate::base::rng::Rng;
use crate::base::time::Instant;

/// First ceiling; doubles with every failure in a row.
const FIRST: Duration = Duration::from_millis(500);
const CEILING: Duration = Duration::from_secs(30);
/// A connection that held this long starts the count anew.
const STABLE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct Backoff {
    rng: Rng,
    failures: u32,
    up_since: Option<Instant>,
}

impl Backoff {
    pub fn new(rng: Rng) -> Self {
        Self { rng, failures: 0, up_since: None }
    }

    /// The number of the attempt that is running or due; counts from 1.
    pub fn attempt(&self) -> u32 {
        self.failures + 1
    }

    pub fn came_up(&mut self, now: Instant) {
        self.up_since = Some(now);
    }

    /// The connection failed or ended: how long to wait, uniform up to the current ceiling.
    pub fn failed(&mut self, now: Instant) -> Duration {
        if self.up_since.take().is_some_and(|since| now.since(since) >= STABLE) {
            self.failures = 0;
        }
        let ceiling = FIRST.saturating_mul(1 << self.failures.min(16)).min(CEILING);
        self.failures += 1;
        Duration::from_millis(self.rng.below(ceiling.as_millis() as u64 + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_under_a_doubling_ceiling_and_spread() {
        let mut backoff = Backoff::new(Rng::new(7));
        let waits: Vec<Duration> = (0..200).map(|_| backoff.failed(Instant(0))).collect();
        for (at, wait) in waits.iter().enumerate() {
            let ceiling = Duration::from_millis(500 << at.min(16)).min(CEILING);
            assert!(*wait <= ceiling, "wait {at} is {wait:?}");
        }
        let late = &waits[10..];
        assert!(late.iter().any(|w| *w < CEILING / 4) && late.iter().any(|w| *w > CEILING * 3 / 4), "jitter is full");
    }

    #[test]
    fn only_a_stable_connection_resets_the_count() {
        let mut backoff = Backoff::new(Rng::new(7));
        for _ in 0..5 {
            backoff.failed(Instant(0));
        }
        backoff.came_up(Instant(0));
        backoff.failed(Instant::default() + Duration::from_secs(1));
        assert_eq!(backoff.attempt(), 7);
        backoff.came_up(Instant::default() + Duration::from_secs(2));
        backoff.failed(Instant::default() + Duration::from_secs(60));
        assert_eq!(backoff.attempt(), 2);
    }
}
