//! What happens to the orders of an account, told on its order sockets: acknowledged, filled, replaced, cancelled, expired, done.
//!
//! The exchange reports how an order stands after a command; clients of this venue hear each step. So a desk remembers of every working
//! order what it has told, from the moment its first socket opens, and tells the steps that lie between.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::super::parts::{Effect, Freight};
use super::account::trade_id;
use super::connection::Connections;
use super::oid::Ulid;
use super::order_shapes::{self, OrderShape, RejectReason, State};
use super::print::{Dec, contracts, print, side, stamp};
use super::trading::News;
use crate::base::time::Utc;
use crate::domain::number::{Price, Qty};
use crate::domain::order::Liquidity;
use crate::exchange::accounts::AccountId;
use crate::exchange::engine::{CancelReason, ConnectionId, Engine, Event, Fill, Order, OrderId};

/// An order as its sockets know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    price: Option<Price>,
    qty: Qty,
    filled: Qty,
    edits: u32,
}

impl Told {
    const fn of(order: &Order) -> Self {
        Self { price: order.price, qty: order.qty, filled: order.filled, edits: order.edits }
    }
}

#[derive(Debug, Default)]
struct Desk {
    sockets: Vec<ConnectionId>,
    told: BTreeMap<OrderId, Told>,
}

#[derive(Debug, Default)]
pub struct Desks {
    by_account: BTreeMap<AccountId, Desk>,
    events: u64,
}

#[derive(Serialize)]
struct Notice<'a> {
    t: &'static str,
    ts: i64,
    tn: i64,
    eid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    o: Option<&'a OrderShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ro: Option<&'a OrderShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    noid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no: Option<&'a OrderShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xs: Option<Execution>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xr: Option<&'static str>,
    /// Present, if empty, in rejections.
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<Option<RejectReason>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    txt: Option<&'a str>,
}

#[derive(Serialize)]
struct Execution {
    tid: String,
    aid: Arc<str>,
    s: String,
    q: i64,
    p: Dec<Price>,
    d: &'static str,
    agg: bool,
}

#[derive(Serialize)]
struct CancelRejected<'a> {
    t: &'static str,
    ts: i64,
    tn: i64,
    eid: String,
    oid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cid: Option<u64>,
    r: &'static str,
    txt: &'static str,
    o: &'a OrderShape,
}

/// Where notices go.
struct Post<'p> {
    now: Utc,
    connections: &'p mut Connections,
    out: &'p mut Vec<Effect>,
    events: &'p mut u64,
}

impl Post<'_> {
    fn event_id(&mut self) -> String {
        *self.events += 1;
        Ulid::new(self.now, 0, *self.events).print('E')
    }

    fn notice<'a>(&mut self, t: &'static str) -> Notice<'a> {
        let (ts, tn) = stamp(self.now);
        let eid = self.event_id();
        Notice { t, ts, tn, eid, o: None, ro: None, noid: None, no: None, xs: None, xr: None, r: None, txt: None }
    }

    fn send(&mut self, sockets: &[ConnectionId], text: String) {
        let text: Arc<str> = text.into();
        for id in sockets {
            if let Some(connection) = self.connections.get_mut(id) {
                connection.send(Freight::Other, &text, self.out);
            }
        }
    }
}

impl Desks {
    pub fn open(&mut self, account: AccountId, socket: ConnectionId, engine: &Engine) {
        let desk = self.by_account.entry(account).or_default();
        if desk.sockets.is_empty() {
            desk.told = engine.open_orders(account).map(|order| (order.id, Told::of(order))).collect();
        }
        desk.sockets.push(socket);
    }

    pub fn close(&mut self, account: AccountId, socket: ConnectionId) {
        if let Some(desk) = self.by_account.get_mut(&account) {
            desk.sockets.retain(|id| *id != socket);
        }
        self.by_account.retain(|_, desk| !desk.sockets.is_empty());
    }

    pub fn on_event(
        &mut self,
        now: Utc,
        event: &Event,
        engine: &Engine,
        connections: &mut Connections,
        out: &mut Vec<Effect>,
    ) {
        let account = match event {
            Event::Fill(fill) => fill.account,
            Event::Order(order) => order.account,
            _ => return,
        };
        let Some(desk) = self.by_account.get_mut(&account) else { return };
        let mut post = Post { now, connections, out, events: &mut self.events };
        match event {
            Event::Fill(fill) => desk.on_fill(fill, engine, &mut post),
            Event::Order(order) => desk.on_order(order, engine, &mut post),
            _ => {}
        }
    }

    /// What a request led to without the exchange.
    pub fn tell(
        &mut self,
        now: Utc,
        account: AccountId,
        news: &News,
        connections: &mut Connections,
        out: &mut Vec<Effect>,
    ) {
        let Some(desk) = self.by_account.get(&account) else { return };
        let mut post = Post { now, connections, out, events: &mut self.events };
        let text = match news {
            News::Rejected(shape) => {
                print(&Notice { o: Some(shape), r: Some(shape.r), txt: shape.txt, ..post.notice("j") })
            }
            News::CancelRejected(shape) => {
                let (ts, tn) = stamp(now);
                print(&CancelRejected {
                    t: "e",
                    ts,
                    tn,
                    eid: post.event_id(),
                    oid: &shape.oid,
                    cid: shape.cid,
                    r: "ORDER_NOT_FOUND",
                    txt: "the order is over already",
                    o: shape,
                })
            }
        };
        post.send(&desk.sockets, text);
    }
}

impl Desk {
    fn on_fill(&mut self, fill: &Fill, engine: &Engine, post: &mut Post<'_>) {
        let Some(order) = engine.order(fill.account, fill.order).filter(|order| order.listing == fill.trade.listing)
        else {
            return;
        };
        let Some(shape) = self.catch_up(order, engine, post) else { return };
        let Some(told) = self.told.get_mut(&order.id) else { return };
        told.filled += fill.trade.qty;
        let (t, state) = if told.filled == order.qty { ("f", State::Filled) } else { ("p", State::PartiallyFilled) };
        let execution = Execution {
            tid: trade_id(fill.trade.utc, fill.trade.trade_id),
            aid: shape.aid.clone(),
            s: shape.s.clone(),
            q: contracts(fill.trade.qty),
            p: Dec(fill.trade.price),
            d: side(fill.side),
            agg: fill.liquidity == Liquidity::Taker,
        };
        let shape = shape.at(told.filled, state);
        let text = print(&Notice { o: Some(&shape), xs: Some(execution), ..post.notice(t) });
        post.send(&self.sockets, text);
    }

    fn on_order(&mut self, order: &Order, engine: &Engine, post: &mut Post<'_>) {
        let Some(shape) = self.catch_up(order, engine, post) else { return };
        let text = match shape.o {
            State::Canceled => {
                let reason = order.cancel_reason.map_or("", CancelReason::text);
                let by_user = order.cancel_reason == Some(CancelReason::UserRequest);
                let (xr, txt) = if by_user { ("USER_REQUESTED", "") } else { ("UNKNOWN", reason) };
                Some(print(&Notice { o: Some(&shape), xr: Some(xr), txt: Some(txt), ..post.notice("c") }))
            }
            State::Expired => Some(print(&Notice { o: Some(&shape), ..post.notice("x") })),
            State::DoneForDay => Some(print(&Notice { o: Some(&shape), ..post.notice("d") })),
            _ => None,
        };
        if let Some(text) = text {
            post.send(&self.sockets, text);
        }
        if !matches!(shape.o, State::Accepted | State::PartiallyFilled) {
            self.told.remove(&order.id);
        }
    }

    /// Tells of the order itself what has not been told: that it is there, that it is another now. Gives it as it stands.
    fn catch_up(&mut self, order: &Order, engine: &Engine, post: &mut Post<'_>) -> Option<OrderShape> {
        let shape = order_shapes::order(engine, order)?;
        let now = Told::of(order);
        let text = match self.told.get(&order.id).copied() {
            None => {
                let fresh = shape.clone().at(Qty::ZERO, State::Accepted);
                self.told.insert(order.id, Told { filled: Qty::ZERO, ..now });
                print(&Notice { o: Some(&fresh), ..post.notice("n") })
            }
            Some(told) if told.edits != now.edits => {
                let old = OrderShape {
                    oid: order_shapes::oid_at(order, told.edits),
                    p: Dec(told.price.unwrap_or_default()),
                    q: contracts(told.qty),
                    ..shape.clone()
                };
                let old = old.at(told.filled, State::Replaced);
                let fresh = shape.clone().at(told.filled, standing(told.filled));
                self.told.insert(order.id, Told { filled: told.filled, ..now });
                let noid = Some(fresh.oid.as_str());
                print(&Notice { ro: Some(&old), noid, no: Some(&fresh), ..post.notice("r") })
            }
            Some(_) => return Some(shape),
        };
        post.send(&self.sockets, text);
        Some(shape)
    }
}

fn standing(filled: Qty) -> State {
    if filled.is_zero() { State::Accepted } else { State::PartiallyFilled }
}
