//! What the engine reports, in the order it happened.

use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::command::{ConnectionId, OrderId, Refused};
use super::phase::{Phase, Standing};
use super::terms::{Place, Reference, Special, Terms, Ties, Way};
use crate::base::time::Utc;
use crate::domain::number::{Money, Price, Qty, Side};
use crate::domain::order::{Liquidity, OrderType, PostOnly, Reduce, TimeInForce, VenueOrderState};
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::{ListingId, ProductId, Ratio};

/// A level's quantity before and after; zero means no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelUpdate {
    pub side: Side,
    pub price: Price,
    pub before: Qty,
    pub qty: Qty,
}

/// How a trade price compares with the one before: the venue's 0 to 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TickDirection {
    Plus = 0,
    #[default]
    ZeroPlus = 1,
    Minus = 2,
    ZeroMinus = 3,
}

/// The spread trade that a leg trade belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComboTag {
    pub listing: ListingId,
    pub trade_id: u64,
    pub leg: LegTrade,
}

/// How a leg of a spread came to trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LegTrade {
    /// Spread met spread; the price was assigned and is no news of the leg's own book.
    Assigned,
    /// An order of the leg's own book traded, at its price.
    Matched,
}

/// One execution. A trade of a spread is followed at once by the trades of its legs, which carry `combo`; a leg that two spreads of one
/// trade have in common follows the second and names the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    pub listing: ListingId,
    /// Unique in the exchange.
    pub trade_id: u64,
    /// Counts the trades of one listing, without holes.
    pub seq: u64,
    pub utc: Utc,
    pub price: Price,
    pub qty: Qty,
    /// Side of the taker, of this leg if it is one.
    pub aggressor: Side,
    pub tick_direction: TickDirection,
    pub mark: Price,
    pub index: Price,
    pub maker: (AccountId, OrderId),
    pub taker: (AccountId, OrderId),
    pub combo: Option<ComboTag>,
    /// The block trade that it is part of: it was made outside the book.
    pub block: Option<u64>,
}

/// One side of a trade, as its account sees it. Spreads fill once on the spread (no fee, no profit) and once on each leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    pub account: AccountId,
    pub order: OrderId,
    pub label: Option<Arc<str>>,
    pub kind: OrderType,
    pub post_only: PostOnly,
    pub reduce: Reduce,
    pub side: Side,
    pub liquidity: Liquidity,
    pub fee: Money,
    /// Realised by this fill, fee not included.
    pub profit_loss: Money,
    /// Of the order, after this fill.
    pub order_state: VenueOrderState,
    /// `combo` as it concerns this order: nothing for whoever traded the outright.
    pub trade: Trade,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CancelReason {
    UserRequest,
    /// The connection that owned it ended.
    Disconnect,
    /// Immediate-or-cancel and market orders: nothing more to take.
    ImmediateOrCancel,
    FillOrKill,
    /// A day order at settlement.
    EndOfDay,
    Expired,
    SelfMatch,
    /// The position it was to reduce is gone.
    ReduceOnly,
    /// Its owner's equity does not carry his positions.
    Liquidation,
    /// The other order of its pair was filled or cancelled.
    OcoOtherClosed,
    /// The order that was to place it was cancelled.
    OtoPrimaryClosed,
}

impl CancelReason {
    /// The venue's word.
    pub const fn text(self) -> &'static str {
        match self {
            Self::UserRequest => "user_request",
            Self::Disconnect => "cancel_on_disconnect",
            Self::ImmediateOrCancel => "immediate_or_cancel",
            Self::FillOrKill => "fill_or_kill",
            Self::EndOfDay => "good_til_day",
            Self::Expired => "instrument_expired",
            Self::SelfMatch => "self_match_prevention",
            Self::ReduceOnly => "reduce_only",
            Self::Liquidation => "liquidation",
            Self::OcoOtherClosed => "oco_other_closed",
            Self::OtoPrimaryClosed => "oto_primary_closed",
        }
    }
}

/// Who wanted an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    #[default]
    Client,
    /// The venue, on the owner's behalf.
    Liquidation,
}

/// An order as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub id: OrderId,
    pub account: AccountId,
    pub listing: ListingId,
    pub side: Side,
    pub kind: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: PostOnly,
    pub reduce: Reduce,
    pub origin: Origin,
    /// `None` for market orders.
    pub price: Option<Price>,
    pub qty: Qty,
    pub filled: Qty,
    /// Sum of price × quantity over its fills, in 10⁻¹⁵: [`Order::average_price`] is derived.
    pub filled_value: i128,
    pub state: VenueOrderState,
    pub cancel_reason: Option<CancelReason>,
    pub replaced: bool,
    /// How often it was edited.
    pub edits: u32,
    pub label: Option<Arc<str>>,
    pub connection: Option<ConnectionId>,
    pub created: Utc,
    pub updated: Utc,
    /// `None` of a plain order.
    pub special: Option<Box<Special>>,
}

impl Order {
    pub fn average_price(&self) -> Option<Price> {
        crate::exchange::accounts::average_price(self.filled_value, self.filled)
    }

    pub fn remaining(&self) -> Qty {
        self.qty - self.filled
    }

    /// Other orders hang on its fills, or it on theirs.
    pub fn is_linked(&self) -> bool {
        self.special.as_ref().is_some_and(|special| special.ties.bind())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeldState {
    Untriggered,
    /// What it has become; nothing where parts of it were placed one by one.
    Triggered(Option<OrderId>),
    Cancelled(CancelReason),
    /// Its time came, but it could not be placed.
    Rejected(Refused),
}

/// A held order as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldOrder {
    pub id: OrderId,
    pub account: AccountId,
    /// What will be placed. Of a secondary order: what is left of it.
    pub place: Place,
    pub state: HeldState,
    /// Where it triggers as things are; `None` of secondaries that wait for no price.
    pub trigger_price: Option<Price>,
    /// What the reference was when it was placed.
    pub reference_price: Option<Price>,
    pub ties: Ties,
    pub replaced: bool,
    pub created: Utc,
    pub updated: Utc,
    /// Of a secondary: contracts that have been placed so far.
    pub(super) placed: Qty,
    /// Nobody is told of it before it becomes an order.
    pub(super) is_silent: bool,
}

impl HeldOrder {
    pub fn terms(&self) -> Option<&Terms> {
        self.place.terms.as_deref()
    }

    /// Waits for the fills of another order, not for a price.
    pub fn is_secondary(&self) -> bool {
        self.ties.primary.is_some()
    }

    /// What it watches, and which way that has to go.
    pub fn way(&self) -> Option<(Reference, Way)> {
        let trigger = self.terms()?.trigger?;
        Some((trigger.reference, trigger.way(self.place.side)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SettlementKind {
    /// End of the business day.
    Daily,
    /// Expiry: the mean of the month's fixings.
    Delivery,
}

/// One settlement of one listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    pub listing: ListingId,
    pub kind: SettlementKind,
    pub utc: Utc,
    pub price: Price,
    pub index: Price,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Levels of one book changed; `levels` index [`Events::levels`]. At most one per command and listing.
    Book {
        listing: ListingId,
        prev_change_id: u64,
        change_id: u64,
        levels: Range<u32>,
    },
    Trade(Trade),
    /// Every fill of every account, the house's agents included.
    Fill(Box<Fill>),
    /// A client's order as it stands after the command. Orders of house accounts are not reported.
    Order(Box<Order>),
    /// A client's held order as it stands: new, changed or ended.
    Held(Box<HeldOrder>),
    /// Balance, margin or position of a client changed.
    Portfolio(AccountId),
    /// A client's margin is in another state than before.
    Margin {
        account: AccountId,
        standing: Standing,
    },
    /// The insurance has taken this position (signed) of a client.
    TakenOver {
        account: AccountId,
        listing: ListingId,
        qty: Qty,
        price: Price,
    },
    /// The insurance has paid what a client owed.
    Bankrupt {
        account: AccountId,
        debt: Money,
    },
    /// Perpetuals were paid for an hour; longs paid when the rate is positive.
    Funding {
        listing: ListingId,
        rate: Ratio,
        index: Price,
    },
    Fixing {
        product: ProductId,
        utc: Utc,
        price: Price,
    },
    Settlement(Settlement),
    /// What may be done with a listing has changed.
    State {
        listing: ListingId,
        phase: Phase,
    },
    /// A whole product was halted by hand, or is not any more.
    Locked {
        product: ProductId,
        is_locked: bool,
    },
    /// Published values of an index were corrected, from this day's fixing on.
    Restated {
        index: Arc<str>,
        since: Date,
        log_change: f64,
    },
    Listed(ListingId),
    Expired(ListingId),
}

/// Where the engine writes; the caller empties it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Events {
    pub list: Vec<Event>,
    /// Levels of all [`Event::Book`]s.
    pub levels: Vec<LevelUpdate>,
}

impl Events {
    pub fn clear(&mut self) {
        self.list.clear();
        self.levels.clear();
    }

    /// The levels of one book event.
    pub fn levels(&self, range: &Range<u32>) -> &[LevelUpdate] {
        self.levels.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}
