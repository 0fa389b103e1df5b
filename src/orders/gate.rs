//! The risk gate: the only place that approves an order. Everything it refuses it refuses in one sentence that says what to do.

use std::time::Duration;

use super::desk::Desk;
use super::guard::Guard;
use super::ledger;
use crate::base::time::Instant;
use crate::domain::command::OrderIntent;
use crate::domain::instrument::{Catalogue, Instrument, InstrumentId};
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{
    Approved, Label, NewOrder, OrderId, OrderType, PostOnly, Reduce, ReplaceOrder, TimeInForce,
};
use crate::view::book::BookState;
use crate::view::trading::OrderPhase;

/// Orders that may be open at once.
pub const MAX_OPEN: usize = 256;

/// The market of one instrument as the gate is shown it.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    pub best_bid: Option<Price>,
    pub best_ask: Option<Price>,
    /// Mark or last: what a price is held against when a side is empty.
    pub reference: Option<Price>,
    pub min_price: Option<Price>,
    pub max_price: Option<Price>,
    pub state: BookState,
    pub seen: Seen,
}

/// What the hand that clicked had before its eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A live book, live ever since.
    Live,
    /// The book was not live, or has not been since.
    Broken,
    /// A picture that has been out of date for this long.
    TooOld(Duration),
    /// A picture that was never published.
    Never,
}

/// Everything the gate looks at besides the order.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    pub now: Instant,
    pub catalogue: &'a Catalogue,
    pub desk: &'a Desk,
    pub guard: &'a Guard,
    pub sight: Sight,
    /// Why trading has stopped, or market data lags.
    pub trouble: Option<Trouble>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Halted,
    Degraded,
}

/// Why an order was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("Not sent: the terminal has stopped on an internal error; restart it.")]
    Halted,
    #[error("Not sent: new orders are blocked; unblock first.")]
    Blocked,
    #[error("Not sent: trading is disarmed; arm it and click again.")]
    Disarmed,
    #[error("Not sent: order entry is not connected; wait until it is up.")]
    LinkDown,
    #[error("Not sent: market data lags by seconds; wait until it has caught up.")]
    Degraded,
    #[error("Not sent: no such instrument is listed; choose another.")]
    UnknownInstrument,
    #[error("Not sent: {0} is no longer listed; choose another contract.")]
    Ended(String),
    #[error("Not sent: trading in {0} is halted; open orders can only be cancelled.")]
    NotTrading(String),
    #[error("Not sent: the book of {name} is {}; wait until it is LIVE.", .state.word())]
    BookNotLive { name: String, state: BookState },
    #[error("Not sent: the book of {0} broke since you saw it; look again and click again.")]
    BookBrokeSinceSeen(String),
    #[error("Not sent: the screen was {} ms behind; look again and click again.", .0.as_millis())]
    PictureTooOld(Duration),
    #[error("Not sent: the click refers to a picture that was never shown; click again.")]
    NeverSeen,
    #[error("Not sent: order numbers have run out for a moment; try again.")]
    NoLabels,
    #[error("Not sent: {MAX_OPEN} orders are open already; cancel some first.")]
    TooManyOpen,
    #[error("Not sent: the quantity must be a positive multiple of {0}; correct it.")]
    BadQty(Qty),
    #[error(
        "Not sent: {qty} contracts are more than the {max} that one order may have; make it smaller or raise the limit."
    )]
    OrderTooLarge { qty: Qty, max: Qty },
    #[error("Not sent: the position could reach {reach}, the limit is {max}; make it smaller or raise the limit.")]
    PositionTooLarge { reach: Qty, max: Qty },
    #[error("Not sent: a limit order needs a price; enter one.")]
    PriceMissing,
    #[error("Not sent: {price} is not a multiple of the tick {tick}; correct it.")]
    OffTick { price: Price, tick: Price },
    #[error("Not sent: an outright's price must be above zero; correct it.")]
    NotPositive,
    #[error(
        "Not sent: {price} is more than {collar} ticks through the market at {touch}; bring it closer or widen the collar."
    )]
    ThroughCollar { price: Price, touch: Price, collar: i64 },
    #[error("Not sent: the venue takes prices from {min} to {max} now, not {price}; bring it inside.")]
    OutsideBand { price: Price, min: Price, max: Price },
    #[error("Not sent: there is no price to hold yours against; wait for a quote.")]
    NoReference,
    #[error("Not sent: nothing is offered on the other side for a market order; use a limit price.")]
    NothingToTake,
    #[error("Not sent: a post-only order must rest, so it cannot be at the market or immediate; choose one.")]
    PostOnlyTakes,
    #[error("Not sent: reduce-only, but only {room} contracts are left to reduce that way; make it smaller.")]
    NothingToReduce { room: Qty },
    #[error("Not sent: the order's tag must be 1 to 16 letters and digits; this is a fault of the program.")]
    BadTag,
    #[error("Not changed: that order is not ours or already finished; nothing was sent.")]
    NotOurs,
    #[error("Not changed: that order still waits for an answer; try again in a moment.")]
    Pending,
    #[error("Not changed: {0} contracts have filled already; the new quantity must be larger.")]
    BelowFilled(Qty),
}

impl Gate<'_> {
    /// Looks at a new order as a person means it.
    ///
    /// # Errors
    /// The first reason not to send it.
    pub fn place(
        &self,
        intent: &OrderIntent,
        install: &str,
        number: Option<OrderId>,
    ) -> Result<Approved<NewOrder>, Refused> {
        let terms = self.may_send(intent.instrument)?;
        if !is_tag(&intent.tag) {
            return Err(Refused::BadTag);
        }
        if self.desk.open_orders().count() >= MAX_OPEN {
            return Err(Refused::TooManyOpen);
        }
        self.quantity(terms, intent.qty)?;
        let price = match intent.kind {
            OrderType::Limit => Some(intent.price.ok_or(Refused::PriceMissing)?),
            OrderType::Market => None,
        };
        let takes = intent.kind == OrderType::Market
            || matches!(intent.time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill);
        if takes && intent.post_only != PostOnly::Off {
            return Err(Refused::PostOnlyTakes);
        }
        match price {
            Some(price) => self.price(terms, intent.side, price)?,
            None if self.opposite_best(intent.side).is_none() => return Err(Refused::NothingToTake),
            None => {}
        }
        self.exposure(intent.instrument, (intent.side, intent.qty), intent.reduce, None)?;
        let id = number.ok_or(Refused::NoLabels)?;
        Ok(Approved::by_risk_gate(NewOrder {
            id,
            label: Label::new(&intent.tag, install, id),
            instrument: intent.instrument,
            side: intent.side,
            qty: intent.qty,
            price,
            kind: intent.kind,
            time_in_force: intent.time_in_force,
            post_only: intent.post_only,
            reduce: intent.reduce,
        }))
    }

    /// Looks at a new price and total quantity for a working order.
    ///
    /// # Errors
    /// The first reason not to send it.
    pub fn replace(&self, id: OrderId, qty: Qty, price: Price) -> Result<Approved<ReplaceOrder>, Refused> {
        let order =
            self.desk.order(id).filter(|order| order.is_ours && order.phase.is_open()).ok_or(Refused::NotOurs)?;
        let venue_order = match order.phase {
            OrderPhase::Working | OrderPhase::PartFilled => order.venue_order.clone().ok_or(Refused::Pending)?,
            _ => return Err(Refused::Pending),
        };
        let terms = self.may_send(order.instrument)?;
        self.quantity(terms, qty)?;
        if qty <= order.filled {
            return Err(Refused::BelowFilled(order.filled));
        }
        self.price(terms, order.side, price)?;
        if qty > order.qty {
            self.exposure(order.instrument, (order.side, qty - order.filled), order.reduce, Some(id))?;
        }
        Ok(Approved::by_risk_gate(ReplaceOrder {
            id,
            venue_order,
            instrument: order.instrument,
            qty,
            price,
            post_only: order.post_only,
        }))
    }

    /// What must hold for any order at all.
    fn may_send(&self, instrument: InstrumentId) -> Result<&Instrument, Refused> {
        if self.trouble == Some(Trouble::Halted) {
            return Err(Refused::Halted);
        }
        if self.guard.is_blocked {
            return Err(Refused::Blocked);
        }
        if !self.guard.is_armed(self.now) {
            return Err(Refused::Disarmed);
        }
        if !self.desk.is_link_up() {
            return Err(Refused::LinkDown);
        }
        if self.trouble == Some(Trouble::Degraded) {
            return Err(Refused::Degraded);
        }
        let terms = self.catalogue.get(instrument).ok_or(Refused::UnknownInstrument)?;
        let name = || terms.contract.to_string();
        if !terms.is_active || self.sight.state == BookState::Ended {
            return Err(Refused::Ended(name()));
        }
        if terms.is_halted || self.sight.state == BookState::Halted {
            return Err(Refused::NotTrading(name()));
        }
        if !self.sight.state.is_live() {
            return Err(Refused::BookNotLive { name: name(), state: self.sight.state });
        }
        match self.sight.seen {
            Seen::Live => Ok(terms),
            Seen::Broken => Err(Refused::BookBrokeSinceSeen(name())),
            Seen::TooOld(age) => Err(Refused::PictureTooOld(age)),
            Seen::Never => Err(Refused::NeverSeen),
        }
    }

    fn quantity(&self, terms: &Instrument, qty: Qty) -> Result<(), Refused> {
        if qty.0 <= 0 || terms.lot.0 <= 0 || qty.0 % terms.lot.0 != 0 {
            return Err(Refused::BadQty(terms.lot));
        }
        let max = self.guard.limits().max_order;
        if qty > max {
            return Err(Refused::OrderTooLarge { qty, max });
        }
        Ok(())
    }

    fn opposite_best(&self, side: Side) -> Option<Price> {
        match side {
            Side::Bid => self.sight.best_ask,
            Side::Ask => self.sight.best_bid,
        }
    }

    fn price(&self, terms: &Instrument, side: Side, price: Price) -> Result<(), Refused> {
        let tick = terms.tick;
        if tick.0 <= 0 || !price.is_on(tick) {
            return Err(Refused::OffTick { price, tick });
        }
        if price.0 <= 0 && !terms.contract.is_spread() {
            return Err(Refused::NotPositive);
        }
        if let (Some(min), Some(max)) = (self.sight.min_price, self.sight.max_price)
            && !(min..=max).contains(&price)
        {
            return Err(Refused::OutsideBand { price, min, max });
        }
        let own = match side {
            Side::Bid => self.sight.best_bid,
            Side::Ask => self.sight.best_ask,
        };
        let touch = self.opposite_best(side).or(self.sight.reference).or(own).ok_or(Refused::NoReference)?;
        let collar = self.guard.limits().collar_ticks;
        let through = i128::from(side.sign()) * (i128::from(price.0) - i128::from(touch.0));
        if through > i128::from(collar) * i128::from(tick.0) {
            return Err(Refused::ThroughCollar { price, touch, collar });
        }
        Ok(())
    }

    /// What the position may become, next to every order that is open already; `replaces` is the one that makes room.
    fn exposure(
        &self,
        instrument: InstrumentId,
        (side, qty): (Side, Qty),
        reduce: Reduce,
        replaces: Option<OrderId>,
    ) -> Result<(), Refused> {
        match reduce {
            Reduce::Only => self.reduces(instrument, (side, qty), replaces),
            Reduce::Any => self.position(instrument, (side, qty), replaces),
        }
    }

    /// Position and all open orders that way, this one included; whatever makes a position smaller passes.
    fn position(
        &self,
        instrument: InstrumentId,
        (side, qty): (Side, Qty),
        replaces: Option<OrderId>,
    ) -> Result<(), Refused> {
        let max = self.guard.limits().max_position;
        for (moved, change) in ledger::effects(self.catalogue, instrument, side, qty) {
            let net = i128::from(self.desk.ledger().net(moved).0);
            let mut reach = net + i128::from(change.0);
            for order in self.desk.open_orders().filter(|order| Some(order.id) != replaces) {
                let effects = ledger::effects(self.catalogue, order.instrument, order.side, order.may_fill());
                let same_way = effects.iter().filter(|(of, by)| *of == moved && (by.0 > 0) == (change.0 > 0));
                reach += same_way.map(|(_, by)| i128::from(by.0)).sum::<i128>();
            }
            if reach.abs() > i128::from(max.0) && reach.abs() > net.abs() {
                let reach = Qty(i64::try_from(reach).unwrap_or(i64::MAX));
                return Err(Refused::PositionTooLarge { reach, max });
            }
        }
        Ok(())
    }

    /// A reduce-only order fits into the position, together with those that already work on it.
    fn reduces(
        &self,
        instrument: InstrumentId,
        (side, qty): (Side, Qty),
        replaces: Option<OrderId>,
    ) -> Result<(), Refused> {
        let net = self.desk.ledger().net(instrument);
        let toward_flat = net.0.signum() == -side.sign();
        let working = self
            .desk
            .open_orders()
            .filter(|o| o.instrument == instrument && o.side == side && o.reduce == Reduce::Only)
            .filter(|o| Some(o.id) != replaces)
            .map(|o| o.may_fill().0)
            .sum::<i64>();
        let room = if toward_flat { Qty((net.0.saturating_abs() - working).max(0)) } else { Qty::ZERO };
        if qty > room { Err(Refused::NothingToReduce { room }) } else { Ok(()) }
    }
}

fn is_tag(tag: &str) -> bool {
    (1..=16).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric())
}
