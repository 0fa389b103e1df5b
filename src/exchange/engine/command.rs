//! What participants ask of the engine, and why it may say no.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use crate::exchange::catalogue::combos::NoCombo;
use crate::exchange::catalogue::{Leg, ListingId};

/// The exchange's order number. Never used twice; the digits mean nothing to anybody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderId(pub u64);

/// Names a connection, so that its orders can be cancelled when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionId(pub u64);

#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The whole new size and price of a working order. A smaller size at the same price keeps its place in the queue; a new price or a larger
/// size loses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    pub order: OrderId,
    /// Total, what is filled included.
    pub qty: Qty,
    /// `None` keeps the price.
    pub price: Option<Price>,
    pub post_only: PostOnly,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Place(Place),
    Edit(Edit),
    Cancel(OrderId),
    CancelLabel(Arc<str>),
    CancelListing(ListingId, Option<Side>),
    CancelAll,
    CancelConnection(ConnectionId),
    /// Finds the combo of these legs, or lists it.
    CreateCombo(Vec<Leg>),
}

/// What was done; the events tell the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The order placed, edited or cancelled. It may be finished already.
    Order(OrderId),
    /// How many orders were cancelled.
    Cancelled(u32),
    /// The combo, new or not.
    Combo(ListingId),
}

/// Why a command changed nothing, with the venue's documented code and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("order_not_found")]
    OrderNotFound,
    #[error("not_open_order")]
    NotOpenOrder,
    #[error("price_too_low")]
    PriceTooLow,
    #[error("price_too_high")]
    PriceTooHigh,
    #[error("not_enough_funds")]
    NotEnoughFunds,
    #[error("book_closed")]
    BookClosed,
    #[error("book_closed")]
    SessionClosed,
    #[error("book_closed")]
    Halted,
    #[error("book_closed")]
    BeforeAuction,
    #[error("invalid_or_unsupported_instrument")]
    InvalidInstrument,
    #[error("invalid_amount")]
    InvalidAmount,
    #[error("invalid_price")]
    InvalidPrice,
    #[error("price_wrong_tick")]
    WrongTick,
    #[error("invalid_arguments")]
    InvalidArguments,
    #[error("other_reject")]
    WouldNotReduce,
    #[error("post_only_reject")]
    PostOnly,
    #[error("invalid_arguments")]
    NotACombo,
    #[error("other_reject")]
    TooManyCombos,
}

impl From<NoCombo> for Refused {
    fn from(why: NoCombo) -> Self {
        match why {
            NoCombo::Leg => Self::InvalidInstrument,
            NoCombo::Shape => Self::NotACombo,
            NoCombo::TooMany => Self::TooManyCombos,
        }
    }
}

impl Refused {
    pub const fn code(self) -> i64 {
        match self {
            Self::OrderNotFound => 10_004,
            Self::PriceTooLow => 10_005,
            Self::PriceTooHigh => 10_007,
            Self::NotEnoughFunds => 10_009,
            Self::BookClosed | Self::SessionClosed | Self::Halted | Self::BeforeAuction => 10_012,
            Self::InvalidInstrument => 10_020,
            Self::InvalidAmount => 10_021,
            Self::InvalidPrice => 10_023,
            Self::WrongTick => 10_043,
            Self::InvalidArguments | Self::NotACombo => 11_029,
            Self::WouldNotReduce | Self::TooManyCombos => 11_030,
            Self::NotOpenOrder => 11_044,
            Self::PostOnly => 11_054,
        }
    }

    /// The documented name, as in `error.message`.
    pub fn message(self) -> String {
        self.to_string()
    }

    /// What lies behind the name, as in `error.data.reason`.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::OrderNotFound => "no such order of this account",
            Self::PriceTooLow => "the price is below the instrument's price band",
            Self::PriceTooHigh => "the price is above the instrument's price band",
            Self::NotEnoughFunds => "initial margin would exceed equity",
            Self::BookClosed => "the instrument has expired",
            Self::SessionClosed => "outside trading hours: orders may only be cancelled",
            Self::Halted => "trading is halted: orders may only be cancelled",
            Self::BeforeAuction => "before the auction only limit orders that can rest are accepted",
            Self::InvalidInstrument => "no such instrument",
            Self::InvalidAmount => "the amount must be a positive multiple of the minimum",
            Self::InvalidPrice => "a limit order needs a price",
            Self::WrongTick => "the price is not a multiple of the tick",
            Self::InvalidArguments => "these options exclude each other",
            Self::WouldNotReduce => "reduce_only: the order would not reduce a position",
            Self::NotOpenOrder => "the order is filled or cancelled",
            Self::PostOnly => "post_only: the order would take liquidity",
            Self::NotACombo => {
                "the legs are no calendar, butterfly, condor, spread of two products in a month or strip"
            }
            Self::TooManyCombos => "as many combos are active as may be; trade one of them or the legs",
        }
    }
}
