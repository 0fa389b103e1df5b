//! A price-level book: two sides of aggregated levels with O(1) best and an incremental digest. Knows no sequence numbers and no
//! clock: whether it may be believed is `market`'s business.

use std::collections::BTreeMap;

use super::number::{Price, Qty, Side};
use crate::base::digest::mix;

/// One price level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    pub price: Price,
    pub qty: Qty,
}

/// The two sides of one instrument.
#[derive(Clone, Debug)]
pub struct Book {
    tick: Price,
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
    digest: u64,
}

impl Book {
    pub fn new(tick: Price) -> Self {
        Self { tick, bids: BTreeMap::new(), asks: BTreeMap::new(), digest: 0 }
    }

    pub fn tick(&self) -> Price {
        self.tick
    }

    pub fn clear(&mut self) {
        *self = Self::new(self.tick);
    }

    /// Sets the quantity at a price; zero removes the level. Returns what stood there before (zero: nothing).
    pub fn set(&mut self, side: Side, price: Price, qty: Qty) -> Qty {
        let levels = match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        };
        let before = if qty.is_zero() { levels.remove(&price) } else { levels.insert(price, qty) }.unwrap_or_default();
        self.digest =
            self.digest.wrapping_sub(level_digest(side, price, before)).wrapping_add(level_digest(side, price, qty));
        before
    }

    /// Zero when there is no level.
    pub fn qty_at(&self, side: Side, price: Price) -> Qty {
        let levels = match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        };
        levels.get(&price).copied().unwrap_or_default()
    }

    pub fn best(&self, side: Side) -> Option<Level> {
        let best = match side {
            Side::Bid => self.bids.last_key_value(),
            Side::Ask => self.asks.first_key_value(),
        };
        best.map(|(&price, &qty)| Level { price, qty })
    }

    /// Number of levels on a side.
    pub fn depth(&self, side: Side) -> usize {
        match side {
            Side::Bid => self.bids.len(),
            Side::Ask => self.asks.len(),
        }
    }

    /// Appends up to `limit` levels of a side to `out`, best first.
    pub fn copy_levels(&self, side: Side, limit: usize, out: &mut Vec<Level>) {
        let level = |(&price, &qty): (&Price, &Qty)| Level { price, qty };
        match side {
            Side::Bid => out.extend(self.bids.iter().rev().map(level).take(limit)),
            Side::Ask => out.extend(self.asks.iter().map(level).take(limit)),
        }
    }

    /// Best bid at or above best ask.
    pub fn is_crossed(&self) -> bool {
        match (self.best(Side::Bid), self.best(Side::Ask)) {
            (Some(bid), Some(ask)) => bid.price >= ask.price,
            _ => false,
        }
    }

    /// Depends on the levels only, not on the order in which they came: equal books, equal digests.
    pub fn digest(&self) -> u64 {
        self.digest
    }
}

/// The share of one level in [`Book::digest`], so that others can keep the same sum; zero quantity has none.
pub fn level_digest(side: Side, price: Price, qty: Qty) -> u64 {
    if qty.is_zero() {
        return 0;
    }
    let salt = match side {
        Side::Bid => 0xb1d,
        Side::Ask => 0xa54,
    };
    mix(mix(price.0 as u64 ^ salt) ^ qty.0 as u64)
}
