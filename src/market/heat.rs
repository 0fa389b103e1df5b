//! Liquidity history of a watched instrument: one column per [`COLUMN`], the book as it stood then and the trades since the last.

use std::sync::Arc;
use std::time::Duration;

use crate::base::log::Log;
use crate::base::time::Utc;
use crate::domain::book::{Book, Level};
use crate::domain::number::{Price, Qty, Side};
use crate::view::market::HeatColumn;

pub const COLUMN: Duration = Duration::from_millis(250);
/// Thirty minutes.
const COLUMNS: usize = 7_200;
/// Trades drawn in one column; more cannot be told apart.
const MAX_TRADES: usize = 64;

#[derive(Clone, Debug)]
pub struct Heat {
    columns: Log<Arc<HeatColumn>>,
    trades: Vec<(Price, u32, Side)>,
}

impl Default for Heat {
    fn default() -> Self {
        Self { columns: Log::new(COLUMNS), trades: Vec::new() }
    }
}

impl Heat {
    pub fn note_trade(&mut self, price: Price, qty: Qty, aggressor: Side) {
        if self.trades.len() < MAX_TRADES {
            self.trades.push((price, whole(qty), aggressor));
        }
    }

    /// Closes a column. `scratch` is working space.
    pub fn close_column(&mut self, utc: Utc, live: Option<&Book>, scratch: &mut Vec<Level>) {
        let mut column = HeatColumn {
            utc,
            best_bid: None,
            best_ask: None,
            levels: Vec::new(),
            was_live: live.is_some(),
            trades: Vec::new(),
        };
        if !self.trades.is_empty() {
            column.trades = self.trades.as_slice().into();
            self.trades.clear();
        }
        if let Some(book) = live {
            scratch.clear();
            book.copy_levels(Side::Bid, usize::MAX, scratch);
            scratch.reverse();
            book.copy_levels(Side::Ask, usize::MAX, scratch);
            column.levels = scratch.iter().map(|level| (level.price, whole(level.qty))).collect();
            column.best_bid = book.best(Side::Bid).map(|l| l.price);
            column.best_ask = book.best(Side::Ask).map(|l| l.price);
        }
        self.columns.push(Arc::new(column));
    }

    pub fn columns(&self) -> &Log<Arc<HeatColumn>> {
        &self.columns
    }
}

fn whole(qty: Qty) -> u32 {
    u32::try_from(qty.whole_lots().max(0)).unwrap_or(u32::MAX)
}
