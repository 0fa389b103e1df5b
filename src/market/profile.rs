//! Volume at price, and the volume-weighted average that follows from it.

use std::sync::Arc;

use crate::domain::number::{Price, Qty};

/// Prices kept; trades at further ones count for the average only.
const MAX_PRICES: usize = 4_096;

#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Ascending by price.
    at_price: Vec<(Price, Qty)>,
    /// Σ price × quantity, in 10⁻¹⁵.
    turnover: i128,
    /// Σ quantity, in 10⁻⁶.
    volume: i128,
    published: Arc<Vec<(Price, Qty)>>,
    is_dirty: bool,
}

impl Profile {
    pub fn add(&mut self, price: Price, qty: Qty) {
        self.turnover = self.turnover.saturating_add(i128::from(price.0) * i128::from(qty.0));
        self.volume = self.volume.saturating_add(i128::from(qty.0));
        match self.at_price.binary_search_by_key(&price, |&(p, _)| p) {
            Ok(at) => self.at_price[at].1 = Qty(self.at_price[at].1.0.saturating_add(qty.0)),
            Err(at) if self.at_price.len() < MAX_PRICES => self.at_price.insert(at, (price, qty)),
            Err(_) => {}
        }
        self.is_dirty = true;
    }

    pub fn clear(&mut self) {
        *self = Self { is_dirty: true, ..Self::default() };
    }

    /// Nearest 10⁻⁹; `None` before the first trade.
    pub fn vwap(&self) -> Option<Price> {
        if self.volume <= 0 {
            return None;
        }
        let nearest = (self.turnover + self.volume / 2).div_euclid(self.volume);
        i64::try_from(nearest).ok().map(Price)
    }

    /// The newest picture; the same allocation until a trade changes it.
    pub fn share(&mut self) -> Arc<Vec<(Price, Qty)>> {
        if std::mem::take(&mut self.is_dirty) {
            self.published = Arc::new(self.at_price.clone());
        }
        self.published.clone()
    }
}
