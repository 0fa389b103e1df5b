//! Orders in the protocol's words. What the exchange has no place for (client id, tag, kind of repricing) travels in the order's label,
//! so that it comes back with the order whenever and wherever it is asked for.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::oid::Ulid;
use super::print::{Dec, contracts, side, stamp};
use super::symbols;
use crate::domain::number::{Price, Qty};
use crate::domain::order::{PostOnly, TimeInForce, VenueOrderState};
use crate::exchange::accounts::AccountId;
use crate::exchange::engine::{CancelReason, Engine, Order, OrderId};

/// Most characters of a tag.
const LONGEST_TAG: usize = 10;
const MARKED: &str = "ax";

/// What a post-only order does that would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Reprice {
    /// It is rejected.
    #[default]
    #[serde(rename = "rej")]
    Reject,
    /// It goes one tick before the best of the other side.
    #[serde(rename = "bo")]
    BestOpposite,
    /// It goes to the best of its own side.
    #[serde(rename = "tbl")]
    OwnBest,
}

impl Reprice {
    const ALL: [Self; 3] = [Self::Reject, Self::BestOpposite, Self::OwnBest];

    const fn name(self) -> &'static str {
        match self {
            Self::Reject => "rej",
            Self::BestOpposite => "bo",
            Self::OwnBest => "tbl",
        }
    }
}

/// What the client wants back with its order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks<'a> {
    /// Of the client, unique in its account.
    pub cid: Option<u64>,
    pub tag: Option<&'a str>,
    pub reprice: Reprice,
}

impl<'a> Marks<'a> {
    /// `ax|42|desk1|rej`
    pub fn print(self) -> Arc<str> {
        let cid = self.cid.map_or_else(String::new, |cid| cid.to_string());
        format!("{MARKED}|{cid}|{}|{}", self.tag.unwrap_or_default(), self.reprice.name()).into()
    }

    /// Of an order that came in through another face there are none.
    pub fn of(order: &'a Order) -> Self {
        order.label.as_deref().and_then(Self::parse).unwrap_or_default()
    }

    fn parse(label: &'a str) -> Option<Self> {
        let mut parts = label.split('|');
        let (marked, cid, tag, reprice) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if marked != MARKED || parts.next().is_some() || !is_tag(tag) {
            return None;
        }
        let cid = if cid.is_empty() { None } else { Some(cid.parse().ok()?) };
        let reprice = Reprice::ALL.into_iter().find(|kind| kind.name() == reprice)?;
        Some(Self { cid, tag: Some(tag).filter(|tag| !tag.is_empty()), reprice })
    }
}

/// Up to ten letters and digits.
pub fn is_tag(text: &str) -> bool {
    text.len() <= LONGEST_TAG && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Pending,
    Accepted,
    PartiallyFilled,
    Filled,
    Canceled,
    Rejected,
    Expired,
    Replaced,
    DoneForDay,
    Unknown,
}

/// How an order stands, or how it ended.
pub fn state(order: &Order) -> State {
    match (order.state, order.cancel_reason) {
        (VenueOrderState::Open, _) if order.filled.is_zero() => State::Accepted,
        (VenueOrderState::Open, _) => State::PartiallyFilled,
        (VenueOrderState::Filled, _) => State::Filled,
        (VenueOrderState::Cancelled, Some(reason)) => match reason {
            CancelReason::ImmediateOrCancel | CancelReason::FillOrKill | CancelReason::Expired => State::Expired,
            CancelReason::EndOfDay => State::DoneForDay,
            _ => State::Canceled,
        },
        (VenueOrderState::Cancelled, None) => State::Canceled,
        _ => State::Unknown,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RejectReason {
    InsufficientMargin,
    UnknownSymbol,
    ExchangeClosed,
    IncorrectQuantity,
    InvalidPriceIncrement,
    IncorrectOrderType,
    PriceOutOfBounds,
    DuplicateClientOrderId,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderShape {
    pub oid: String,
    pub u: Arc<str>,
    pub aid: Arc<str>,
    pub s: String,
    pub p: Dec<Price>,
    pub q: i64,
    pub xq: i64,
    pub rq: i64,
    pub o: State,
    pub d: &'static str,
    pub tif: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    pub po: bool,
    pub rb: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r: Option<RejectReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txt: Option<&'static str>,
    pub ts: i64,
    pub tn: i64,
}

impl OrderShape {
    /// The same order before or after: so much executed, in this state.
    pub fn at(mut self, filled: Qty, state: State) -> Self {
        self.xq = contracts(filled);
        self.rq = if matches!(state, State::Replaced | State::Rejected) { 0 } else { self.q - self.xq };
        self.o = state;
        self
    }
}

/// An order's name now.
pub fn oid(order: &Order) -> String {
    oid_at(order, order.edits)
}

/// An order's name after so many replacements.
pub fn oid_at(order: &Order, edits: u32) -> String {
    Ulid::new(order.created, edits, order.id.0).print('O')
}

/// The exchange's number in a name; whether there is such an order is another question.
pub fn order_id(text: &str) -> Option<OrderId> {
    Ulid::parse(text, 'O').map(|name| OrderId(name.number))
}

pub const fn time_in_force(time_in_force: TimeInForce) -> &'static str {
    match time_in_force {
        TimeInForce::GoodTilCancelled => "GTC",
        TimeInForce::Day => "DAY",
        // This venue has no fill-or-kill; to its clients both are over at once.
        TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => "IOC",
    }
}

/// The client's own name: of user and account alike.
pub fn client(engine: &Engine, account: AccountId) -> Arc<str> {
    engine.client(account).cloned().unwrap_or_else(|| "".into())
}

/// `None` of an order in what this venue does not list.
pub fn order(engine: &Engine, order: &Order) -> Option<OrderShape> {
    let catalogue = engine.catalogue();
    let symbol = symbols::symbol(catalogue, catalogue.get(order.listing)?)?;
    let name = client(engine, order.account);
    let marks = Marks::of(order);
    let (ts, tn) = stamp(order.created);
    let shape = OrderShape {
        oid: oid(order),
        u: name.clone(),
        aid: name,
        s: symbol,
        // Market orders come in through other faces only: here they show what they paid.
        p: Dec(order.price.or_else(|| order.average_price()).unwrap_or_default()),
        q: contracts(order.qty),
        xq: 0,
        rq: 0,
        o: State::Pending,
        d: side(order.side),
        tif: time_in_force(order.time_in_force),
        cid: marks.cid,
        tag: marks.tag.map(str::to_owned),
        po: order.post_only != PostOnly::Off,
        rb: marks.reprice.name(),
        r: None,
        txt: None,
        ts,
        tn,
    };
    Some(shape.at(order.filled, state(order)))
}

pub const fn reprice_name(reprice: Reprice) -> &'static str {
    reprice.name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_from_the_label() {
        for cid in [None, Some(0), Some(u64::MAX)] {
            for tag in [None, Some("desk1"), Some("0123456789")] {
                for reprice in Reprice::ALL {
                    let marks = Marks { cid, tag, reprice };
                    let label = marks.print();
                    assert!(label.len() <= 64, "{label}");
                    assert_eq!(Marks::parse(&label), Some(marks));
                }
            }
        }
        for foreign in ["", "ax", "ax|1|t", "ax|x||rej", "ax|1||no", "ax|1|a-b|rej", "ax|1||rej|", "T|abc-1|x|rej"] {
            assert_eq!(Marks::parse(foreign), None, "{foreign}");
        }
    }
}
