//! What an order is placed with, and what only some orders have: a trigger, a slice to show, links to other orders. Plain orders carry
//! none of that.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ids::{ConnectionId, OrderId};
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use crate::exchange::catalogue::ListingId;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub listing: ListingId,
    pub side: Side,
    /// Contracts.
    pub qty: Qty,
    /// Ignored for market orders, which sweep up to the price band.
    pub price: Option<Price>,
    pub kind: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: PostOnly,
    pub reduce: Reduce,
    pub label: Option<Arc<str>>,
    /// `Some` when the order shall end with its connection.
    pub connection: Option<ConnectionId>,
    /// `None` of a plain order.
    pub terms: Option<Box<Terms>>,
}

impl Place {
    /// A plain good-til-cancelled limit order.
    pub fn limit(listing: ListingId, side: Side, qty: Qty, price: Price) -> Self {
        Self {
            listing,
            side,
            qty,
            price: Some(price),
            kind: OrderType::Limit,
            time_in_force: TimeInForce::GoodTilCancelled,
            post_only: PostOnly::Off,
            reduce: Reduce::Any,
            label: None,
            connection: None,
            terms: None,
        }
    }

    /// A market order: takes what the band allows, the rest is cancelled.
    pub fn market(listing: ListingId, side: Side, qty: Qty) -> Self {
        Self {
            price: None,
            kind: OrderType::Market,
            time_in_force: TimeInForce::ImmediateOrCancel,
            ..Self::limit(listing, side, qty, Price(0))
        }
    }
}

/// What an order is placed on, beside its price and size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Held outside the books until this happens.
    pub trigger: Option<Trigger>,
    /// Contracts that the book shows at a time; the rest follows slice by slice.
    pub show: Option<Qty>,
    pub link: Option<Link>,
}

impl Terms {
    /// `None` of nothing: a plain order.
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TriggerKind {
    /// The market goes against the order: a buy waits for higher prices, a sell for lower ones.
    Stop,
    /// The market comes towards the order: a buy waits for lower prices, a sell for higher ones.
    Take,
    /// A stop that follows the market at a distance and never goes back.
    Trailing,
}

/// The price that a trigger watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reference {
    /// Of the listing's own book.
    Last,
    Mark,
    /// Of the product.
    Index,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    pub kind: TriggerKind,
    pub reference: Reference,
    /// Where it triggers; of a trailing stop its distance from the best reference since it was placed.
    pub level: Price,
}

/// Which way a reference has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Way {
    Up,
    Down,
}

impl Trigger {
    pub const fn way(self, side: Side) -> Way {
        match (self.kind, side) {
            (TriggerKind::Stop | TriggerKind::Trailing, Side::Bid) | (TriggerKind::Take, Side::Ask) => Way::Up,
            (TriggerKind::Stop | TriggerKind::Trailing, Side::Ask) | (TriggerKind::Take, Side::Bid) => Way::Down,
        }
    }

    /// Where it triggers while the best reference so far is `best`.
    pub fn price(self, side: Side, best: Price) -> Price {
        match self.kind {
            TriggerKind::Stop | TriggerKind::Take => self.level,
            TriggerKind::Trailing => Price(best.0.saturating_add(side.sign() * self.level.0)),
        }
    }
}

impl Way {
    /// Ascending in the order in which prices are reached.
    pub const fn rank(self, price: Price) -> i64 {
        match self {
            Self::Up => price.0,
            Self::Down => -price.0,
        }
    }

    pub const fn reached(self, trigger: Price, reference: Price) -> bool {
        self.rank(trigger) <= self.rank(reference)
    }
}

/// How orders that are placed together hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkKind {
    /// The fills of the first place the others.
    Triggers,
    /// Both live; the fills of either take the other away.
    Cancels,
    /// The fills of the first place two others, which then cancel each other.
    TriggersCancels,
}

/// How much of one order's fill counts for the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FillCondition {
    /// The first fill counts for all.
    #[default]
    FirstHit,
    /// Nothing counts before the order is filled whole.
    CompleteFill,
    /// Each fill counts in proportion, rounded down to the lot.
    Incremental,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub kind: LinkKind,
    pub condition: FillCondition,
    /// In the same listing, and without links of their own.
    pub others: Vec<Place>,
}

/// Names a pair of orders of which one cancels the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PairId(pub u64);

/// How one order hangs together with others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ties {
    pub condition: Option<FillCondition>,
    pub pair: Option<PairId>,
    /// Held orders that its fills place.
    pub secondaries: Vec<OrderId>,
    /// The order whose fills place it.
    pub primary: Option<OrderId>,
    /// Its secondaries will be a pair.
    pub triggers_pair: bool,
}

impl Ties {
    pub fn bind(&self) -> bool {
        self.pair.is_some() || !self.secondaries.is_empty() || self.primary.is_some()
    }
}

/// The held order that an order came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldOrigin {
    pub held: OrderId,
    pub trigger: Trigger,
    /// Where it triggered.
    pub price: Price,
}

/// What sets a working order apart from plain ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Special {
    pub show: Option<Qty>,
    pub origin: Option<HeldOrigin>,
    pub ties: Ties,
}

impl Special {
    /// `None` of nothing.
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}
