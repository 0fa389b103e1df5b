//! How much a caller may ask: a pool fills with time up to its burst.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::time::Utc;
use crate::exchange::catalogue::Allowance;

/// When each caller's pool will be full again; a pool that never was drawn from is.
#[derive(Debug)]
pub struct Pools<K>(BTreeMap<K, Utc>);

impl<K> Default for Pools<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord> Pools<K> {
    /// False when the pool is empty; nothing was taken then.
    pub fn take(&mut self, caller: K, now: Utc, allowance: Allowance) -> bool {
        let full_at = self.0.entry(caller).or_insert(now);
        let base = (*full_at).max(now);
        let granted = base.since(now) <= tolerance(allowance);
        if granted {
            *full_at = base + interval(allowance);
        }
        granted
    }

    pub fn forget(&mut self, caller: &K) {
        self.0.remove(caller);
    }
}

/// Time one request takes to come back.
fn interval(allowance: Allowance) -> Duration {
    Duration::from_secs(1) / allowance.per_second.max(1)
}

/// How far ahead of time a pool may be drawn.
fn tolerance(allowance: Allowance) -> Duration {
    interval(allowance) * allowance.burst.saturating_sub(1)
}
