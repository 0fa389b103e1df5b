//! What participants ask of the engine, and why it may say no.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use super::ids::{ConnectionId, OrderId};
pub use super::terms::Place;
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::PostOnly;
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::combos::NoCombo;
use crate::exchange::catalogue::{Leg, ListingId};

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

/// The whole new size of a held order, and what else of it is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EditHeld {
    pub order: OrderId,
    pub qty: Qty,
    /// `None` keeps the price.
    pub price: Option<Price>,
    /// Where it triggers, of a trailing stop its distance; `None` keeps it.
    pub trigger: Option<Price>,
    pub post_only: PostOnly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockLeg {
    pub listing: ListingId,
    /// Of the maker.
    pub side: Side,
    pub qty: Qty,
    pub price: Price,
}

/// What both sides have agreed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockTrade {
    pub maker: AccountId,
    pub taker: AccountId,
    pub timestamp_ms: i64,
    pub nonce: Arc<str>,
    pub legs: Vec<BlockLeg>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Place(Place),
    Edit(Edit),
    EditHeld(EditHeld),
    Cancel(OrderId),
    CancelLabel(Arc<str>),
    CancelListing(ListingId, Option<Side>),
    CancelAll,
    CancelConnection(ConnectionId),
    /// Finds the combo of these legs, or lists it.
    CreateCombo(Vec<Leg>),
    /// A trade that both sides have agreed on; of either.
    Block(Box<BlockTrade>),
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
    /// The number of a block trade.
    Block(u64),
}

/// Why a command changed nothing, with the venue's documented code and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
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
    #[error("trigger_price_too_high")]
    TriggerTooHigh,
    #[error("trigger_price_too_low")]
    TriggerTooLow,
    #[error("invalid_max_show_amount")]
    InvalidMaxShow,
    #[error("price_wrong_tick")]
    WrongTick,
    #[error("trigger_price_wrong_tick")]
    TriggerWrongTick,
    #[error("invalid_arguments")]
    InvalidArguments,
    #[error("other_reject")]
    WouldNotReduce,
    #[error("no_more_triggers")]
    TooManyTriggers,
    #[error("invalid_trigger_price")]
    InvalidTriggerPrice,
    #[error("post_only_reject")]
    PostOnly,
    #[error("invalid_arguments")]
    NotACombo,
    #[error("other_reject")]
    TooManyCombos,
    #[error("no_more_oto_orders")]
    TooManySecondaries,
    #[error("invalid_arguments")]
    BlockDone,
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
            Self::TriggerTooHigh => 10_034,
            Self::TriggerTooLow => 10_035,
            Self::InvalidMaxShow => 10_036,
            Self::WrongTick => 10_043,
            Self::TriggerWrongTick => 10_044,
            Self::InvalidArguments | Self::BlockDone | Self::NotACombo => 11_029,
            Self::WouldNotReduce | Self::TooManyCombos => 11_030,
            Self::TooManyTriggers => 11_035,
            Self::InvalidTriggerPrice => 11_036,
            Self::NotOpenOrder => 11_044,
            Self::PostOnly => 11_054,
            Self::TooManySecondaries => 13_901,
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
            Self::TriggerTooHigh => "the trigger price must lie below the price that it watches",
            Self::TriggerTooLow => "the trigger price must lie above the price that it watches",
            Self::InvalidMaxShow => "max_show must be a multiple of the minimum and at least a hundredth of the amount",
            Self::WrongTick => "the price is not a multiple of the tick",
            Self::TriggerWrongTick => "the trigger price is not a multiple of the tick",
            Self::InvalidArguments => "these options exclude each other",
            Self::WouldNotReduce => "reduce_only: the order would not reduce a position",
            Self::NotOpenOrder => "the order is filled or cancelled",
            Self::TooManyTriggers => "as many trigger orders as an account may have",
            Self::InvalidTriggerPrice => "the order cannot trigger by this price",
            Self::PostOnly => "post_only: the order would take liquidity",
            Self::NotACombo => {
                "the legs are no calendar, butterfly, condor, spread of two products in a month or strip"
            }
            Self::TooManyCombos => "as many combos are active as may be; trade one of them or the legs",
            Self::TooManySecondaries => "as many waiting secondary orders as an account may have",
            Self::BlockDone => "this block trade is done already",
        }
    }
}
