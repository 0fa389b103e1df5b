//! Orders: placing, replacing, cancelling, asking. What REST and the socket have in common.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::auth::check_account;
use super::failure::Failure;
use super::oid::Ulid;
use super::order_shapes::{self, Marks, OrderShape, RejectReason, Reprice, State};
use super::print::{Dec, contracts, percent, print, stamp};
use super::request::{self, Answer, Query, SideWord, size};
use super::symbols;
use crate::base::decimal::DecimalError;
use crate::base::time::Utc;
use crate::domain::number::{Money, Price, Qty, Side};
use crate::domain::order::{PostOnly, TimeInForce};
use crate::exchange::accounts::AccountId;
use crate::exchange::catalogue::Listing;
use crate::exchange::engine::{Applied, Command, ConnectionId, Edit, Engine, Order, OrderId, Place, Refused};
use crate::exchange::sim::{Exchange, Released};
use crate::venues::deribit::wire::Text;

/// Rejected orders that can be asked for, of all accounts.
const REMEMBERED: usize = 1_000;
/// Sets the numbers of rejected orders apart from the exchange's.
const REJECTED_BIT: u64 = 1 << 63;

/// Orders that never came to the exchange's books, newest last.
#[derive(Debug, Default)]
pub struct Rejections {
    list: VecDeque<(AccountId, OrderShape)>,
    count: u64,
}

impl Rejections {
    /// Those of one account, oldest first.
    pub fn of(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &OrderShape> {
        self.list.iter().filter(move |(owner, _)| *owner == account).map(|(_, shape)| shape)
    }

    fn add(&mut self, account: AccountId, shape: OrderShape) {
        if self.list.len() == REMEMBERED {
            self.list.pop_front();
        }
        self.list.push_back((account, shape));
    }
}

/// What a request leaves to be told on the account's order sockets, beside what the exchange reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Rejected(Box<OrderShape>),
    /// A cancel came too late.
    CancelRejected(Box<OrderShape>),
}

/// Somebody who trades.
pub struct Trader<'g> {
    pub now: Utc,
    pub exchange: &'g mut Exchange,
    pub released: &'g mut Released,
    pub rejections: &'g mut Rejections,
    pub account: AccountId,
    /// `Some` on a socket whose orders end with it.
    pub connection: Option<ConnectionId>,
    /// A fault: the next order is to be refused.
    pub is_crossed: Crossed,
    pub news: Vec<News>,
}

/// Whether the control channel has something against the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossed {
    No,
    Yes,
}

#[derive(Deserialize)]
pub struct PlaceRequest<'a> {
    #[serde(borrow)]
    s: Text<'a>,
    d: SideWord,
    q: u64,
    #[serde(borrow)]
    p: Text<'a>,
    tif: Tif,
    #[serde(default)]
    po: bool,
    rb: Option<Reprice>,
    #[serde(borrow)]
    tag: Option<Text<'a>>,
    cid: Option<u64>,
    #[serde(borrow)]
    st: Option<Text<'a>>,
    #[serde(borrow)]
    aid: Option<Text<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Tif {
    #[serde(rename = "GTC")]
    Gtc,
    #[serde(rename = "IOC")]
    Ioc,
    #[serde(rename = "DAY")]
    Day,
}

impl From<Tif> for TimeInForce {
    fn from(tif: Tif) -> Self {
        match tif {
            Tif::Gtc => Self::GoodTilCancelled,
            Tif::Ioc => Self::ImmediateOrCancel,
            Tif::Day => Self::Day,
        }
    }
}

/// One order, by the venue's name or the client's.
#[derive(Deserialize)]
pub struct WhichRequest<'a> {
    #[serde(borrow)]
    oid: Option<Text<'a>>,
    cid: Option<u64>,
    #[serde(borrow)]
    aid: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub struct ReplaceRequest<'a> {
    #[serde(borrow)]
    oid: Option<Text<'a>>,
    cid: Option<u64>,
    #[serde(borrow)]
    aid: Option<Text<'a>>,
    #[serde(borrow)]
    p: Option<Text<'a>>,
    q: Option<u64>,
    tif: Option<Tif>,
    po: Option<bool>,
    rb: Option<Reprice>,
}

#[derive(Deserialize)]
pub struct CancelAllRequest<'a> {
    #[serde(borrow)]
    symbol: Option<Text<'a>>,
    #[serde(borrow)]
    account_id: Option<Text<'a>>,
}

/// What stands in the way of an order: the documented word, where there is one, and a sentence.
type Obstacle = (Option<RejectReason>, &'static str);

fn obstacle(refused: Refused) -> Obstacle {
    let reason = match refused {
        Refused::PostOnly => return (None, "post-only order would cross the book"),
        Refused::NotEnoughFunds => RejectReason::InsufficientMargin,
        Refused::BookClosed | Refused::SessionClosed | Refused::Halted => RejectReason::ExchangeClosed,
        Refused::InvalidInstrument => RejectReason::UnknownSymbol,
        Refused::InvalidAmount => RejectReason::IncorrectQuantity,
        Refused::WrongTick | Refused::InvalidPrice => RejectReason::InvalidPriceIncrement,
        Refused::PriceTooLow | Refused::PriceTooHigh => RejectReason::PriceOutOfBounds,
        Refused::InvalidArguments | Refused::BeforeAuction => RejectReason::IncorrectOrderType,
        _ => RejectReason::Unknown,
    };
    (Some(reason), refused.reason())
}

/// The account's order of this name: working, finished, or gone by another name since.
fn find<'a>(engine: &'a Engine, account: AccountId, oid: Option<&str>, cid: Option<u64>) -> Option<&'a Order> {
    match (oid, cid) {
        (Some(oid), _) => {
            let name = Ulid::parse(oid, 'O')?;
            let order = engine.order(account, OrderId(name.number))?;
            let was_its = name == Ulid::new(order.created, name.edits.into(), order.id.0);
            (was_its && u32::from(name.edits) <= order.edits).then_some(order)
        }
        (None, Some(cid)) => {
            let mut all = engine.open_orders(account).chain(engine.finished_orders(account).rev());
            all.find(|order| Marks::of(order).cid == Some(cid))
        }
        (None, None) => None,
    }
}

/// Whether the name is the one that the order goes by.
fn is_current(order: &Order, oid: Option<&str>) -> bool {
    oid.is_none_or(|oid| order_shapes::oid(order) == oid)
}

fn no_order() -> Failure {
    Failure::not_found("no matching orders")
}

impl Trader<'_> {
    fn engine(&self) -> &Engine {
        self.exchange.engine()
    }

    /// The name of the order, whether it was accepted or rejected.
    pub fn place(&mut self, asked: &PlaceRequest<'_>) -> Result<String, Failure> {
        check_account(self.engine(), self.account, asked.aid.as_deref())?;
        if asked.tag.as_ref().is_some_and(|tag| !order_shapes::is_tag(tag)) {
            return Err(Failure::bad("tag: up to ten letters and digits"));
        }
        let price = match Price::parse(&asked.p) {
            Ok(price) => Some(price),
            Err(DecimalError::TooPrecise) => None,
            Err(error) => return Err(Failure::bad(format!("p: {error}"))),
        };
        match self.command(asked, price) {
            Ok(command) => {
                match self.exchange.submit(self.now, self.account, &Command::Place(command), self.released) {
                    Ok(Applied::Order(id)) => {
                        let order = self.engine().order(self.account, id);
                        // Found at once after it was placed, even if it is finished: the newest are remembered.
                        Ok(order.map(|order| order_shapes::oid_at(order, 0)).unwrap_or_default())
                    }
                    Ok(_) => Ok(String::new()),
                    Err(refused) => Ok(self.reject(asked, price, obstacle(refused))),
                }
            }
            Err(obstacle) => Ok(self.reject(asked, price, obstacle)),
        }
    }

    fn command(&self, asked: &PlaceRequest<'_>, price: Option<Price>) -> Result<Place, Obstacle> {
        if self.is_crossed == Crossed::Yes {
            return Err((Some(RejectReason::Unknown), "refused as the control channel wished"));
        }
        let engine = self.engine();
        let listing = symbols::find(engine.catalogue(), &asked.s)
            .ok_or((Some(RejectReason::UnknownSymbol), "no such instrument"))?;
        let price =
            price.ok_or((Some(RejectReason::InvalidPriceIncrement), "the price is not a multiple of the tick"))?;
        let qty = size(asked.q).ok_or((Some(RejectReason::IncorrectQuantity), "too many contracts"))?;
        match asked.st.as_deref() {
            None | Some("CancelResting" | "xr") => {}
            Some(_) => {
                let text = "self-trade prevention of this exchange cancels the resting order";
                return Err((Some(RejectReason::IncorrectOrderType), text));
            }
        }
        if asked.cid.is_some() && find(engine, self.account, None, asked.cid).is_some() {
            return Err((Some(RejectReason::DuplicateClientOrderId), "cid: used before"));
        }
        let side = Side::from(asked.d);
        let reprice = asked.rb.unwrap_or_default();
        let (price, post_only) = passive(engine, listing, side, price, (asked.po, reprice));
        Ok(Place {
            time_in_force: asked.tif.into(),
            post_only,
            label: Some(Marks { cid: asked.cid, tag: asked.tag.as_deref(), reprice }.print()),
            connection: self.connection,
            ..Place::limit(listing.id, side, qty, price)
        })
    }

    fn reject(&mut self, asked: &PlaceRequest<'_>, price: Option<Price>, (reason, text): Obstacle) -> String {
        self.rejections.count += 1;
        let name = order_shapes::client(self.engine(), self.account);
        let (ts, tn) = stamp(self.now);
        let shape = OrderShape {
            oid: Ulid::new(self.now, 0, REJECTED_BIT | self.rejections.count).print('O'),
            u: name.clone(),
            aid: name,
            s: asked.s.chars().take(64).collect(),
            p: Dec(price.unwrap_or_default()),
            q: i64::try_from(asked.q).unwrap_or(i64::MAX),
            xq: 0,
            rq: 0,
            o: State::Rejected,
            d: super::print::side(asked.d.into()),
            tif: order_shapes::time_in_force(asked.tif.into()),
            cid: asked.cid,
            tag: asked.tag.as_deref().map(str::to_owned),
            po: asked.po,
            rb: order_shapes::reprice_name(asked.rb.unwrap_or_default()),
            r: reason,
            txt: Some(text),
            ts,
            tn,
        };
        let oid = shape.oid.clone();
        self.news.push(News::Rejected(Box::new(shape.clone())));
        self.rejections.add(self.account, shape);
        oid
    }

    /// An order that is over already is told of by event.
    pub fn cancel(&mut self, asked: &WhichRequest<'_>) -> Result<(), Failure> {
        check_account(self.engine(), self.account, asked.aid.as_deref())?;
        let oid = asked.oid.as_deref();
        let order = find(self.engine(), self.account, oid, asked.cid).filter(|order| is_current(order, oid));
        let order = order.ok_or_else(no_order)?;
        let (id, shape) = (order.id, order_shapes::order(self.engine(), order));
        if self.exchange.submit(self.now, self.account, &Command::Cancel(id), self.released).is_err() {
            self.news.extend(shape.map(|shape| News::CancelRejected(Box::new(shape))));
        }
        Ok(())
    }

    pub fn cancel_all(&mut self, asked: &CancelAllRequest<'_>) -> Result<(), Failure> {
        check_account(self.engine(), self.account, asked.account_id.as_deref())?;
        let catalogue = self.engine().catalogue();
        let only = match asked.symbol.as_deref().filter(|symbol| !symbol.is_empty()) {
            None => None,
            Some(symbol) => Some(symbols::find(catalogue, symbol).ok_or_else(|| Failure::symbol(symbol))?.id),
        };
        let command = only.map_or(Command::CancelAll, |listing| Command::CancelListing(listing, None));
        // The exchange refuses no cancelling of many.
        let _ = self.exchange.submit(self.now, self.account, &command, self.released);
        Ok(())
    }

    /// The name that the order goes by afterwards.
    pub fn replace(&mut self, asked: &ReplaceRequest<'_>) -> Result<String, Failure> {
        check_account(self.engine(), self.account, asked.aid.as_deref())?;
        let oid = asked.oid.as_deref();
        let engine = self.engine();
        let order = find(engine, self.account, oid, asked.cid).filter(|order| is_current(order, oid));
        let order = order.ok_or_else(no_order)?;
        let listing = engine.catalogue().get(order.listing).ok_or_else(no_order)?;
        if asked.tif.is_some_and(|tif| TimeInForce::from(tif) != order.time_in_force) {
            return Err(Failure::bad("tif: this exchange does not change it"));
        }
        let price = match &asked.p {
            Some(text) => Price::parse(text).map_err(|error| Failure::bad(format!("p: {error}")))?,
            None => order.price.unwrap_or_default(),
        };
        let qty = match asked.q {
            Some(quantity) => size(quantity).ok_or_else(|| Failure::bad("q: too many contracts"))?,
            None => order.qty,
        };
        let reprice = asked.rb.unwrap_or(Marks::of(order).reprice);
        let is_passive = asked.po.unwrap_or(order.post_only != PostOnly::Off);
        let (price, post_only) = passive(engine, listing, order.side, price, (is_passive, reprice));
        let id = order.id;
        let command = Command::Edit(Edit { order: id, qty, price: Some(price), post_only });
        if let Err(refused) = self.exchange.submit(self.now, self.account, &command, self.released) {
            let (reason, text) = obstacle(refused);
            return Err(match (refused, reason) {
                (Refused::OrderNotFound | Refused::NotOpenOrder, _) => no_order(),
                (_, Some(reason)) => Failure::bad(format!("{}: {text}", print(&reason).trim_matches('"'))),
                (_, None) => Failure::bad(text),
            });
        }
        let order = self.engine().order(self.account, id).ok_or_else(no_order)?;
        Ok(order_shapes::oid(order))
    }

    /// Working orders of what this venue lists, oldest first.
    pub fn open_orders(engine: &Engine, account: AccountId) -> Vec<OrderShape> {
        engine.open_orders(account).filter_map(|order| order_shapes::order(engine, order)).collect()
    }

    /// How an order of this name stands.
    pub fn status(&self, oid: Option<&str>, cid: Option<u64>) -> Result<OrderShape, Failure> {
        let engine = self.engine();
        if let Some(order) = find(engine, self.account, oid, cid) {
            let shape = order_shapes::order(engine, order).ok_or_else(no_order)?;
            return Ok(match oid.filter(|_| !is_current(order, oid)) {
                Some(old) => OrderShape { oid: old.to_owned(), ..shape.at(order.filled, State::Replaced) },
                None => shape,
            });
        }
        let is_it = |shape: &&OrderShape| match oid {
            Some(oid) => shape.oid == oid,
            None => cid.is_some() && shape.cid == cid,
        };
        self.rejections.of(self.account).rev().find(is_it).cloned().ok_or_else(no_order)
    }

    pub fn status_of(&self, asked: &WhichRequest<'_>) -> Result<StatusBody, Failure> {
        check_account(self.engine(), self.account, asked.aid.as_deref())?;
        self.status(asked.oid.as_deref(), asked.cid).map(StatusBody::of)
    }

    /// Everything that is remembered, newest first.
    pub fn history(&self, query: &Query) -> Answer {
        let engine = self.engine();
        check_account(engine, self.account, query.text("account_id"))?;
        let (start, end) = query.span()?;
        let (start, end) = (start.unwrap_or(Utc(i64::MIN)), end.unwrap_or(Utc(i64::MAX)));
        let orders = engine.finished_orders(self.account).chain(engine.open_orders(self.account));
        let mut list: Vec<OrderShape> = orders
            .filter_map(|order| order_shapes::order(engine, order))
            .chain(self.rejections.of(self.account).cloned())
            .filter(|shape| (stamp(start)..stamp(end)).contains(&(shape.ts, shape.tn)))
            .filter(|shape| query.text("symbol").is_none_or(|symbol| shape.s == symbol))
            .filter(|shape| query.text("order_state").is_none_or(|state| print(&shape.o).trim_matches('"') == state))
            .collect();
        list.sort_by(|a, b| (b.ts, b.tn, &b.oid).cmp(&(a.ts, a.tn, &a.oid)));
        let (page, total_count) = (query.page()?, list.len());
        let next_cursor = page.next_cursor(total_count);
        Ok(print(&History { orders: page.of(list), total_count, limit: page.limit, next_cursor }))
    }
}

/// Where a post-only order goes, and what becomes of it should it take all the same.
fn passive(
    engine: &Engine,
    listing: &Listing,
    side: Side,
    price: Price,
    (is_passive, reprice): (bool, Reprice),
) -> (Price, PostOnly) {
    let crosses = engine.best(listing.id, side.opposite()).is_some_and(|best| side.reaches(price, best.price));
    match (is_passive, reprice) {
        (false, _) => (price, PostOnly::Off),
        (true, Reprice::Reject) => (price, PostOnly::Reject),
        (true, Reprice::BestOpposite) => (price, PostOnly::Reprice),
        (true, Reprice::OwnBest) if crosses => {
            let own = engine.best(listing.id, side).map(|best| best.price);
            (own.unwrap_or(price), PostOnly::Reprice)
        }
        (true, Reprice::OwnBest) => (price, PostOnly::Reprice),
    }
}

#[derive(Serialize)]
struct History {
    orders: Vec<OrderShape>,
    total_count: usize,
    limit: usize,
    next_cursor: Option<String>,
}

/// One order in few words.
#[derive(Serialize)]
pub struct StatusBody {
    symbol: String,
    order_id: String,
    state: State,
    clord_id: Option<u64>,
    filled_quantity: i64,
    remaining_quantity: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reject_reason: Option<RejectReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reject_message: Option<&'static str>,
}

impl StatusBody {
    pub fn of(shape: OrderShape) -> Self {
        Self {
            symbol: shape.s,
            order_id: shape.oid,
            state: shape.o,
            clord_id: shape.cid,
            filled_quantity: shape.xq,
            remaining_quantity: shape.rq,
            reject_reason: shape.r,
            reject_message: shape.txt,
        }
    }
}

#[derive(Serialize)]
struct MarginShape {
    im_pct: Dec<Price>,
    im: Dec<Money>,
    pos: i64,
    mult: Dec<i64>,
}

/// What an order would add to the initial margin, alone at the mark.
pub fn margin(engine: &Engine, account: AccountId, body: &[u8]) -> Answer {
    let asked: PlaceRequest<'_> = request::read(body)?;
    check_account(engine, account, asked.aid.as_deref())?;
    let listing = request::find(engine, &asked.s)?;
    let qty = size(asked.q).ok_or_else(|| Failure::bad("q: too many contracts"))?;
    let ratio = engine.catalogue().data().venue.initial_margin;
    let mark = engine.stats(listing.id).mark.ok_or_else(|| Failure::not_found("the instrument has no mark"))?;
    let net = engine.net(account, listing.id);
    let after = net + qty * Side::from(asked.d).sign();
    let of = |size: Qty| ratio.of(Money::notional(mark, size.abs(), listing.contract_size));
    let more = (of(after) - of(net)).max(Money::ZERO);
    let im_pct = percent(ratio);
    Ok(print(&MarginShape { im_pct, im: Dec(more), pos: contracts(net), mult: Dec(listing.contract_size) }))
}
