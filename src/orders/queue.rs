//! How many contracts stand before ours at its price. The venue does not say, so it is kept as a range.
//!
//! What stood there at the ack is ahead. A trade takes from the front. A level that shrinks without a trade lost an order ahead of us
//! (best case) or behind (worst case); what joins later is behind. Ours is part of the level, so no more can be ahead than the level
//! less ours.

use crate::domain::number::Qty;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// Ahead when we joined.
    start: i64,
    traded: i64,
    shrunk: i64,
    /// The level as last seen.
    level: i64,
    /// Level less ours, the least seen.
    cap: i64,
}

impl QueuePlace {
    /// Joined a level that held `level` contracts, ours not among them.
    pub fn join(level: Qty) -> Self {
        Self { start: level.0, traded: 0, shrunk: 0, level: level.0, cap: i64::MAX }
    }

    /// The level was seen at `level`, with `own` open contracts of ours in it.
    pub fn see_level(&mut self, level: Qty, own: Qty) {
        self.shrunk = self.shrunk.saturating_add((self.level - level.0).max(0));
        self.level = level.0;
        self.cap = self.cap.min((level.0 - own.0).max(0));
    }

    /// `qty` traded at our price against our side.
    pub fn see_trade(&mut self, qty: Qty) {
        self.traded = self.traded.saturating_add(qty.0);
    }

    /// We were filled: nobody is ahead.
    pub fn reach_front(&mut self) {
        self.start = 0;
    }

    /// Contracts ahead, best and worst case.
    pub fn bounds(&self) -> (Qty, Qty) {
        let worst = (self.start - self.traded).max(0).min(self.cap);
        let best = (self.start - self.traded.max(self.shrunk)).max(0).min(worst);
        (Qty(best), Qty(worst))
    }
}
