//! The order being made: what the fields hold, whether it can be sent, and what it would do. Pure; the panel draws it.

use std::sync::Arc;

use crate::domain::command::OrderIntent;
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::number::{Money, Price, Qty, Side};
use crate::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use crate::view::View;
use crate::view::book::BookView;
use crate::view::trading::PositionView;

/// Sizes on the ticket's keys, in contracts.
pub const SIZE_KEYS: [i64; 5] = [1, 5, 10, 25, 50];

/// As the segments spell them.
pub const FORCES: [(TimeInForce, &str); 4] = [
    (TimeInForce::Day, "Day"),
    (TimeInForce::GoodTilCancelled, "GTC"),
    (TimeInForce::ImmediateOrCancel, "IOC"),
    (TimeInForce::FillOrKill, "FOK"),
];

#[derive(Clone, Debug)]
pub struct Draft {
    pub instrument: Option<InstrumentId>,
    pub side: Side,
    pub qty: Qty,
    /// `None` until the first live price of the instrument was seen.
    pub price: Option<Price>,
    pub kind: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: PostOnly,
    pub reduce: Reduce,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            instrument: None,
            side: Side::Bid,
            qty: Qty::lots(SIZE_KEYS[1]),
            price: None,
            kind: OrderType::Limit,
            time_in_force: TimeInForce::GoodTilCancelled,
            post_only: PostOnly::Off,
            reduce: Reduce::Any,
        }
    }
}

/// Why the submit button is dead. The text stands on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    #[error("Select a contract")]
    NoContract,
    #[error("Waiting for the book")]
    BookNotLive,
    #[error("Enter a price")]
    NoPrice,
    #[error("Enter a size")]
    NoQty,
    #[error("Ticks are {0}")]
    OffTick(Price),
    #[error("Over the limit of {0} lots")]
    OverLimit(i64),
    #[error("New orders are blocked")]
    Blocked,
    #[error("The window shows the past")]
    Past,
}

/// A price to put into the field with one click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuickPrice {
    Bid,
    Mid,
    Ask,
}

impl QuickPrice {
    pub const ALL: [Self; 3] = [Self::Bid, Self::Mid, Self::Ask];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Bid => "Bid",
            Self::Mid => "Mid",
            Self::Ask => "Ask",
        }
    }

    /// Mid is rounded to the tick away from the market of `side`.
    pub fn of(self, book: &BookView, tick: Price, side: Side) -> Option<Price> {
        match (self, side) {
            (Self::Bid, _) => Some(book.best(Side::Bid)?.price),
            (Self::Ask, _) => Some(book.best(Side::Ask)?.price),
            (Self::Mid, Side::Bid) => Some(book.mid()?.floor_to(tick)),
            (Self::Mid, Side::Ask) => Some(book.mid()?.ceil_to(tick)),
        }
    }
}

impl Draft {
    /// Turns to another instrument: the price is forgotten, the rest stays.
    pub fn set_instrument(&mut self, instrument: Option<InstrumentId>) {
        if self.instrument != instrument {
            self.instrument = instrument;
            self.price = None;
        }
    }

    /// Chooses a side at that side's own best.
    pub fn take_side(&mut self, side: Side, book: Option<&BookView>) {
        self.side = side;
        if let Some(best) = book.and_then(|book| book.best(side)) {
            self.price = Some(best.price);
        }
    }

    pub fn set_kind(&mut self, kind: OrderType) {
        self.kind = kind;
        if kind == OrderType::Market {
            self.post_only = PostOnly::Off;
            if self.time_in_force != TimeInForce::FillOrKill {
                self.time_in_force = TimeInForce::ImmediateOrCancel;
            }
        }
    }

    pub fn set_time_in_force(&mut self, time_in_force: TimeInForce) {
        self.time_in_force = time_in_force;
        if matches!(time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill) {
            self.post_only = PostOnly::Off;
        }
    }

    /// Only an order that can rest can promise not to take.
    pub fn may_be_post_only(&self) -> bool {
        self.kind == OrderType::Limit && matches!(self.time_in_force, TimeInForce::GoodTilCancelled | TimeInForce::Day)
    }

    /// The first thing that stands in the way of sending.
    pub fn obstacle(&self, view: &View, is_live: bool) -> Option<Obstacle> {
        let Some(instrument) = self.instrument.and_then(|id| view.instrument(id)) else {
            return Some(Obstacle::NoContract);
        };
        if view.trading.is_blocked {
            return Some(Obstacle::Blocked);
        }
        if !is_live {
            return Some(Obstacle::BookNotLive);
        }
        if self.qty <= Qty::ZERO {
            return Some(Obstacle::NoQty);
        }
        if self.qty > view.trading.limits.max_order {
            return Some(Obstacle::OverLimit(view.trading.limits.max_order.whole_lots()));
        }
        match (self.kind, self.price) {
            (OrderType::Limit, None) => Some(Obstacle::NoPrice),
            (OrderType::Limit, Some(price)) if !price.is_on(instrument.tick) => {
                Some(Obstacle::OffTick(instrument.tick))
            }
            _ => None,
        }
    }

    /// Large orders are asked about once more: those of more than half the limit.
    pub fn needs_confirmation(&self, view: &View) -> bool {
        self.qty * 2 > view.trading.limits.max_order
    }

    pub fn intent(&self) -> Option<OrderIntent> {
        Some(OrderIntent {
            instrument: self.instrument?,
            side: self.side,
            qty: self.qty,
            price: match self.kind {
                OrderType::Limit => Some(self.price?),
                OrderType::Market => None,
            },
            kind: self.kind,
            time_in_force: self.time_in_force,
            post_only: self.post_only,
            reduce: self.reduce,
            tag: Arc::from("ticket"),
        })
    }
}

/// What the order would mean, before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// GPU-hours or Mtok, whole.
    pub units: i64,
    /// At the limit, or for market orders at the prices it would take; `None` when the book cannot say.
    pub notional: Option<Money>,
    /// By the rate of a position in the same product; `None` without one: the venue publishes no rate.
    pub margin_added: Option<Money>,
    pub position_after: Qty,
    /// Contracts that would trade at once.
    pub takes: Qty,
    pub rests: Qty,
}

pub fn consequence(draft: &Draft, view: &View) -> Option<Consequence> {
    let id = draft.instrument?;
    let instrument = view.instrument(id)?;
    let held = view.trading.positions.iter().find(|p| p.instrument == id).map_or(Qty::ZERO, |p| p.net);
    let signed = draft.qty * draft.side.sign();
    let (taken, taken_cost) =
        view.market(id).map_or((Qty::ZERO, Money::ZERO), |market| sweep(&market.book, draft, instrument.contract_size));
    let takes = if draft.post_only == PostOnly::Off { taken } else { Qty::ZERO };
    let notional = match (draft.kind, draft.price) {
        (OrderType::Limit, price) => price.map(|p| Money::notional(p, draft.qty, instrument.contract_size)),
        (OrderType::Market, _) => (takes == draft.qty).then_some(taken_cost),
    };
    let after = held + signed;
    let margin_added = margin_per_contract(view, id, instrument).map(|per_contract| {
        let grown = after.abs() - held.abs();
        Money(per_contract.0 * i128::from(grown.0) / i128::from(Qty::lots(1).0))
    });
    let rests_allowed = draft.kind == OrderType::Limit
        && matches!(draft.time_in_force, TimeInForce::GoodTilCancelled | TimeInForce::Day);
    Some(Consequence {
        units: (i128::from(draft.qty.0) * i128::from(instrument.contract_size) / i128::from(Qty::lots(1).0))
            .try_into()
            .unwrap_or(i64::MAX),
        notional,
        margin_added,
        position_after: after,
        takes,
        rests: if rests_allowed { draft.qty - takes } else { Qty::ZERO },
    })
}

/// What the order would take from the opposite side as the book stands: contracts and their cost.
fn sweep(book: &BookView, draft: &Draft, contract_size: i64) -> (Qty, Money) {
    let mut taken = Qty::ZERO;
    let mut cost = Money::ZERO;
    for level in book.levels(draft.side.opposite()) {
        let is_reached = match (draft.kind, draft.price) {
            (OrderType::Market, _) => true,
            (OrderType::Limit, Some(price)) => draft.side.reaches(price, level.price),
            (OrderType::Limit, None) => false,
        };
        if !is_reached || taken >= draft.qty {
            break;
        }
        let qty = level.qty.min(draft.qty - taken);
        taken += qty;
        cost += Money::notional(level.price, qty, contract_size);
    }
    (taken, cost)
}

/// Initial margin of one contract, read off a position that the venue already margins: the same contract's, else another of its
/// product scaled by price.
fn margin_per_contract(view: &View, id: InstrumentId, instrument: &Instrument) -> Option<Money> {
    let positions = &view.trading.positions;
    let per_contract = |p: &PositionView| {
        let margin = p.initial_margin.filter(|margin| *margin > Money::ZERO && !p.net.is_zero())?;
        Some(Money(margin.0 * i128::from(Qty::lots(1).0) / i128::from(p.net.abs().0)))
    };
    if let Some(own) = positions.iter().filter(|p| p.instrument == id).find_map(per_contract) {
        return Some(own);
    }
    let mark = view.market(id)?.mark().filter(|mark| mark.0 > 0)?;
    let is_related = |p: &&PositionView| {
        view.instrument(p.instrument).is_some_and(|other| {
            other.contract.product() == instrument.contract.product()
                && other.contract_size == instrument.contract_size
                && other.contract.is_spread() == instrument.contract.is_spread()
        })
    };
    let (other, other_mark) = positions
        .iter()
        .filter(is_related)
        .find_map(|p| Some((per_contract(p)?, p.mark.filter(|mark| mark.0 > 0)?)))?;
    Some(Money(other.0 * i128::from(mark.0) / i128::from(other_mark.0)))
}
