//! A price-level book: two sides of aggregated levels with O(1) best and an incremental digest. Knows no sequence numbers and no
//! clock: whether it may be believed is `market`'s business.

mod half;
#[cfg(test)]
mod tests;

use super::number::{Price, Qty, Side};
use crate::base::digest::mix;

use half::{Grid, Half};

/// One price level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    pub price: Price,
    pub qty: Qty,
}

/// The two sides of one instrument. Any price can be held; those on the tick grid and near the touch are fast.
#[derive(Clone, Debug)]
pub struct Book {
    grid: Grid,
    /// Indexed by [`Side`].
    halves: [Half; 2],
    digest: u64,
}

impl Book {
    pub fn new(tick: Price) -> Self {
        Self { grid: Grid::new(tick), halves: Side::BOTH.map(Half::new), digest: 0 }
    }

    pub fn tick(&self) -> Price {
        self.grid.tick()
    }

    /// Removes all levels; memory is kept for the next snapshot.
    pub fn clear(&mut self) {
        self.halves.iter_mut().for_each(Half::clear);
        self.digest = 0;
    }

    /// Sets the quantity at a price; zero removes the level. Returns what stood there before (zero: nothing).
    #[inline]
    pub fn set(&mut self, side: Side, price: Price, qty: Qty) -> Qty {
        let before = self.halves[side as usize].set(&self.grid, price, qty);
        self.digest =
            self.digest.wrapping_sub(level_digest(side, price, before)).wrapping_add(level_digest(side, price, qty));
        before
    }

    /// Zero when there is no level.
    pub fn qty_at(&self, side: Side, price: Price) -> Qty {
        self.halves[side as usize].get(&self.grid, price)
    }

    #[inline]
    pub fn best(&self, side: Side) -> Option<Level> {
        self.halves[side as usize].best(&self.grid).map(|(price, qty)| Level { price, qty })
    }

    /// Number of levels on a side.
    pub fn depth(&self, side: Side) -> usize {
        self.halves[side as usize].len()
    }

    /// All levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> {
        self.halves[side as usize].iter(&self.grid).map(|(price, qty)| Level { price, qty })
    }

    /// Appends up to `limit` levels of a side to `out`, best first.
    pub fn copy_levels(&self, side: Side, limit: usize, out: &mut Vec<Level>) {
        out.extend(self.levels(side).take(limit));
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
#[inline]
pub fn level_digest(side: Side, price: Price, qty: Qty) -> u64 {
    let salt = match side {
        Side::Bid => 0xb1d,
        Side::Ask => 0xa54,
    };
    // A mask and not a branch: whether an update adds, changes or deletes cannot be predicted.
    let is_held = u64::from(!qty.is_zero()).wrapping_neg();
    mix(mix(price.0.cast_unsigned() ^ salt) ^ qty.0.cast_unsigned()) & is_held
}
