//! Orders and fills, ours and the venue's view of them.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::instrument::InstrumentId;
use super::number::{Money, Price, Qty, Side};
use crate::base::time::Utc;

/// Our own order number: the counter of its label. Persisted before it is used, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub u64);

/// What the venue carries for us with every order: `<tag>|<install>-<counter>`, at most 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub Arc<str>);

impl Label {
    /// `tag` and `install` must contain neither `|` nor `-`.
    pub fn new(tag: &str, install: &str, id: OrderId) -> Self {
        Self(format!("{tag}|{install}-{}", id.0).into())
    }

    /// The parts `(tag, install, order)` of a label that this program made.
    pub fn parts(&self) -> Option<(&str, &str, OrderId)> {
        let (tag, rest) = self.0.split_once('|')?;
        let (install, counter) = rest.rsplit_once('-')?;
        Some((tag, install, OrderId(counter.parse().ok()?)))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderType {
    Limit,
    Market,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeInForce {
    GoodTilCancelled,
    Day,
    ImmediateOrCancel,
    FillOrKill,
}

/// What to do with an order that may not take liquidity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PostOnly {
    #[default]
    Off,
    /// Moved to the last price that does not trade.
    Reprice,
    Reject,
}

/// Whether an order may only shrink a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reduce {
    #[default]
    Any,
    Only,
}

/// Everything a venue needs to know of a new order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    pub id: OrderId,
    pub label: Label,
    pub instrument: InstrumentId,
    pub side: Side,
    pub qty: Qty,
    /// `None` for market orders.
    pub price: Option<Price>,
    pub kind: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: PostOnly,
    pub reduce: Reduce,
}

/// A working order moved or resized: the whole new price and total quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaceOrder {
    pub id: OrderId,
    pub venue_order: VenueOrderId,
    pub instrument: InstrumentId,
    pub qty: Qty,
    pub price: Price,
    pub post_only: PostOnly,
}

/// Proof that the risk gate looked. Only `orders/gate.rs` may name the constructor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved<T>(T);

impl<T> Approved<T> {
    pub(crate) const fn by_risk_gate(order: T) -> Self {
        Self(order)
    }

    /// For tests of what lies behind the gate.
    #[cfg(test)]
    pub(crate) const fn in_test(order: T) -> Self {
        Self(order)
    }

    pub const fn get(&self) -> &T {
        &self.0
    }

    pub fn into_inner(self) -> T {
        self.0
    }
}

/// The venue's own name of an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VenueOrderId(pub Arc<str>);

/// The venue's word on an order's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VenueOrderState {
    Open,
    Filled,
    Rejected,
    Cancelled,
}

/// One order as the venue reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderReport {
    pub venue_order: VenueOrderId,
    pub label: Option<Label>,
    pub instrument: InstrumentId,
    pub side: Side,
    pub kind: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: PostOnly,
    pub reduce: Reduce,
    pub price: Option<Price>,
    pub qty: Qty,
    pub filled: Qty,
    pub average_price: Option<Price>,
    pub state: VenueOrderState,
    pub cancel_reason: Option<Arc<str>>,
    pub created: Utc,
    pub updated: Utc,
}

/// Who was resting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Liquidity {
    Maker,
    Taker,
}

/// One of our executions. Unique by (instrument, trade id).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    pub trade_id: Arc<str>,
    pub venue_order: VenueOrderId,
    pub label: Option<Label>,
    pub instrument: InstrumentId,
    pub side: Side,
    pub price: Price,
    pub qty: Qty,
    pub fee: Money,
    pub liquidity: Liquidity,
    pub utc: Utc,
    /// The spread trade that this leg fill belongs to: its trade id.
    pub spread_trade: Option<Arc<str>>,
}
