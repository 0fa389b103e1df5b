//! What outlives a process: changes to what clients own and to what the calendar has said, noted as they happen, and the way back in.
//!
//! A resumed market is a new one around old accounts: balances, positions, orders, fills, fixings and settlements come back as they were,
//! books, statistics and the house's own positions do not. Orders come back before anybody else quotes, oldest first.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::command::{ConnectionId, OrderId};
use super::event::{CancelReason, Events, Fill, HeldOrder, Order, Settlement};
use super::links::Linkage;
use super::{AccountId, Engine, ListingId, ProductId};
use crate::base::time::Utc;
use crate::domain::number::{Money, Price};
use crate::domain::order::TimeInForce;
use crate::exchange::accounts::{AccountKind, Position};
use crate::exchange::catalogue::Leg;

/// Takes the other side of positions that clients bring back: contracts still sum to zero.
const COUNTERPARTY: &str = "brought-forward";

/// What changed since it was last asked for, oldest first. An account may be named more than once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// As they stood after each change.
    pub orders: Vec<Order>,
    pub fills: Vec<Fill>,
    pub accounts: Vec<AccountId>,
    pub settlements: Vec<Settlement>,
    pub fixings: Vec<(ProductId, Date, Price)>,
    /// Accounts whose held orders or links have changed.
    pub waiting: BTreeSet<AccountId>,
    /// Listed on demand.
    pub combos: Vec<ListingId>,
    /// All connections whose orders end with them, if that has changed.
    pub bound: Option<BTreeSet<ConnectionId>>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        let Self { orders, fills, accounts, settlements, fixings, waiting, combos, bound } = self;
        let has_orders = !orders.is_empty() || !fills.is_empty() || !waiting.is_empty();
        let has_orders = has_orders || !combos.is_empty() || bound.is_some();
        !has_orders && accounts.is_empty() && settlements.is_empty() && fixings.is_empty()
    }
}

/// What waits of one account outside the books.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    pub orders: Vec<HeldOrder>,
    /// Those of them that are to be placed as soon as their listing lets anything in.
    pub ready: Vec<OrderId>,
    links: Linkage,
}

/// How far the engine has counted. Neither number is ever given out twice, restarts included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Numbers {
    /// The next order's place in the count of orders.
    pub order: u64,
    pub trade: u64,
}

impl Engine {
    /// Notes changes from here on, for [`Engine::take_changes`], beginning with what is published already: every fixing, and where each
    /// listing was settled last.
    pub fn note_changes(&mut self) {
        let of_product = |(product, fixings): (ProductId, &Vec<(Date, Price)>)| {
            fixings.iter().map(move |(date, price)| (product, *date, *price)).collect::<Vec<_>>()
        };
        let fixings = (0_u8..).map(ProductId).zip(&self.fixings).flat_map(of_product).collect();
        let settlements =
            self.clearing.markets.iter().filter_map(|market| market.settlements.last().copied()).collect();
        let bound = Some(self.bound.clone());
        self.clearing.changes = Some(Changes { fixings, settlements, bound, ..Changes::default() });
    }

    /// Says whether a connection's orders end with it, should nobody be there to cancel them.
    pub fn bind(&mut self, connection: ConnectionId, ends: bool) {
        let has_changed = if ends { self.bound.insert(connection) } else { self.bound.remove(&connection) };
        if let Some(changes) = self.clearing.changes.as_mut().filter(|_| has_changed) {
            changes.bound = Some(self.bound.clone());
        }
    }

    /// What was noted since the last time.
    pub fn take_changes(&mut self) -> Changes {
        let waiting = std::mem::take(&mut self.held.changed);
        let mut changes = self.clearing.changes.as_mut().map(std::mem::take).unwrap_or_default();
        changes.waiting.extend(waiting);
        changes
    }

    /// What waits of an account outside the books, and how its orders hang together.
    pub fn waiting(&self, account: AccountId) -> Waiting {
        let orders: Vec<HeldOrder> = self.held.of(account).cloned().collect();
        let working = self.open_orders(account).filter(|order| order.is_linked()).map(|order| order.id);
        let ids = orders.iter().map(|held| held.id).chain(working).collect();
        let ready = self.held.ready.iter().filter(|id| orders.iter().any(|held| held.id == **id)).copied().collect();
        Waiting { links: self.clearing.links.of(&ids), orders, ready }
    }

    /// How orders hang together, before any of them is reopened.
    pub fn restore_links(&mut self, waiting: &Waiting) {
        self.clearing.links.restore(&waiting.links);
    }

    /// A held order waits on, unless what it hangs on has ended, or its connection or listing. After all working orders, when there are
    /// prices again.
    pub fn restore_held(&mut self, now: Utc, mut held: HeldOrder, (is_ready, bound): (bool, bool), out: &mut Events) {
        held.place.connection = None;
        let (id, ties, listing) = (held.id, held.ties.clone(), held.place.listing);
        self.held.insert(held);
        if is_ready {
            self.held.ready.push_back(id);
        }
        let is_listed = self.catalogue.get(listing).is_some_and(|listing| listing.is_active);
        if !is_listed {
            self.cancel_held(now, id, CancelReason::Expired, out);
        } else if bound {
            self.cancel_held(now, id, CancelReason::Disconnect, out);
        } else if !self.clearing.links.hold(id, &ties) {
            let reason =
                if ties.pair.is_some() { CancelReason::OcoOtherClosed } else { CancelReason::OtoPrimaryClosed };
            self.cancel_held(now, id, reason, out);
        }
    }

    /// Everything is restored: what follows from it happens.
    pub fn restored(&mut self, now: Utc, out: &mut Events) {
        self.close_command(now, out);
    }

    pub fn numbers(&self) -> Numbers {
        Numbers { order: self.nodes.next_seq(), trade: self.clearing.last_trade_id }
    }

    /// Counts on from `numbers` and keeps the places of `orders` free. Before anything is placed.
    pub fn reserve(&mut self, numbers: Numbers, orders: impl IntoIterator<Item = OrderId>) {
        self.nodes.reserve(numbers.order, orders);
        self.clearing.last_trade_id = self.clearing.last_trade_id.max(numbers.trade);
    }

    /// A combo that somebody had asked for. What has ended since is not listed again.
    pub fn restore_combo(&mut self, now: Utc, legs: &[Leg], out: &mut Events) {
        let _ = self.create_combo(now, legs, out);
    }

    /// What was fixed on a day, whatever was preloaded for it.
    pub fn restore_fixing(&mut self, product: ProductId, date: Date, price: Price) {
        let Some(fixings) = self.fixings.get_mut(product.index()) else { return };
        match fixings.binary_search_by_key(&date, |(date, _)| *date) {
            Ok(at) => fixings[at].1 = price,
            Err(at) => fixings.insert(at, (date, price)),
        }
    }

    /// A settlement of the past, whatever was preloaded for its instant.
    pub fn restore_settlement(&mut self, settlement: Settlement) {
        if let Some(market) = self.clearing.markets.get_mut(settlement.listing.index()) {
            market.restore_settlement(settlement);
        }
    }

    /// A client's account as it was.
    pub fn restore_account(&mut self, client: &str, balance: Money, positions: &[(ListingId, Position)]) -> AccountId {
        let account = self.open_account(client, AccountKind::Client);
        let other = self.open_account(COUNTERPARTY, AccountKind::House);
        self.clearing.accounts.restore(account, Some(balance), positions.iter().copied());
        let opposite = positions.iter().map(|(listing, position)| (*listing, position.opposite()));
        self.clearing.accounts.restore(other, None, opposite);
        account
    }

    /// A finished order of a client, oldest first.
    pub fn restore_finished(&mut self, order: Order) {
        if let Some(ledger) = self.clearing.ledgers.get_mut(order.account.index()) {
            ledger.finished.push(order);
        }
    }

    /// A fill of a client, oldest first. Who the other side was is forgotten.
    pub fn restore_fill(&mut self, mut fill: Fill) {
        let other = self.open_account(COUNTERPARTY, AccountKind::House);
        for side in [&mut fill.trade.maker, &mut fill.trade.taker] {
            side.0 = if side.1 == fill.order { fill.account } else { other };
        }
        if let Some(ledger) = self.clearing.ledgers.get_mut(fill.account.index()) {
            ledger.fills.push(fill);
        }
    }

    /// Puts a working order back behind those already there, without matching. What should have ended while nobody was looking ends now:
    /// orders `bound` to their connection, and those of a listing that is gone.
    pub fn reopen(&mut self, now: Utc, mut order: Order, bound: bool, out: &mut Events) {
        order.connection = None;
        let (id, listing, remaining) = (order.id, order.listing, order.remaining());
        let ended = if !self.catalogue.get(listing).is_some_and(|listing| listing.is_active) {
            Some(CancelReason::Expired)
        } else if bound {
            Some(CancelReason::Disconnect)
        } else {
            None
        };
        let slot = self.nodes.reinstate(id, order.account, order.side, order.reduce);
        if self.clearing.links.pair_of(id).is_some() {
            self.nodes.pair_up(slot);
        }
        if let Some(slice) = order.special.as_deref().and_then(|special| special.show) {
            self.nodes.show_only(slot, slice.0);
        }
        let (price, is_day) = (order.price, order.time_in_force == TimeInForce::Day);
        self.clearing.accept(slot, order);
        match (ended, price) {
            (None, Some(price)) => {
                let tick = self.clearing.markets[listing.index()].listing.tick;
                self.books[listing.index()].rest(&mut self.nodes, slot, price.ticks(tick), remaining.0);
                self.clearing.rest(slot);
                self.clearing.report(slot, out);
                self.touched.push(listing);
                if is_day {
                    self.day_orders.insert(id);
                }
            }
            (ended, _) => {
                self.clearing.cancel(slot, ended.unwrap_or(CancelReason::ImmediateOrCancel), now, out);
                self.nodes.release(slot);
            }
        }
        self.close_command(now, out);
    }
}
