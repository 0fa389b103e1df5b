//! What clients own, beyond the life of one process: entries that say how things stand after a change, and [`Standing`], all entries
//! taken together. Rows name clients, instruments and products by their names: numbers are of one run.
//!
//! Rows say what is, not what was done, so that a market of another seed, or a newer program, can go on from them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::accounts::{AccountId, Position};
use super::catalogue::{Leg, ListingId, ProductId};
use super::engine::standing::{Changes, Numbers, Waiting};
use super::engine::{ConnectionId, Engine, Events, Fill, HeldOrder, Order, OrderId, Settlement};
use crate::base::time::Utc;
use crate::domain::number::{Money, Price};
use crate::domain::order::VenueOrderState;

/// Finished orders and fills that are kept, per client; settlements, per instrument: as many as the engine can be asked for.
const KEPT_ORDERS: usize = 1_000;
const KEPT_SETTLEMENTS: usize = 128;

/// Factors of the price process in 10⁻¹², by product.
pub type Factors = Vec<[i64; 4]>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRow {
    pub client: Arc<str>,
    pub balance: Money,
    /// Every instrument ever traded that the exchange still knows.
    pub positions: Vec<(Arc<str>, Position)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRow {
    pub client: Arc<str>,
    pub instrument: Arc<str>,
    pub order: Order,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FillRow {
    pub client: Arc<str>,
    pub instrument: Arc<str>,
    /// The spread whose leg it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Arc<str>>,
    pub fill: Fill,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettlementRow {
    pub instrument: Arc<str>,
    pub settlement: Settlement,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixingRow {
    /// `h100_usdc`
    pub index: Arc<str>,
    /// `2026-11-20`
    pub date: String,
    pub price: Price,
}

/// What waits of a client outside the books, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitingRow {
    pub client: Arc<str>,
    /// Of each order, in their order.
    pub instruments: Vec<Arc<str>>,
    pub waiting: Waiting,
}

/// A combo that was listed on demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComboRow {
    pub instrument: Arc<str>,
    /// Instrument and ratio of each leg.
    pub legs: Vec<(Arc<str>, i8)>,
}

/// How what has changed stands at an instant. All of it, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Entry {
    pub at: Utc,
    /// Numbers below these may have been given out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Numbers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factors: Option<Factors>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<OrderRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fills: Vec<FillRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixings: Vec<FixingRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settlements: Vec<SettlementRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub combos: Vec<ComboRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingRow>,
    /// All connections of this run whose orders end with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<BTreeSet<ConnectionId>>,
}

impl Entry {
    /// What changed, named.
    pub fn of(at: Utc, changes: &Changes, engine: &Engine) -> Self {
        let catalogue = engine.catalogue();
        let symbol = |listing| catalogue.get(listing).map(|listing| listing.symbol.clone());
        let client = |account: AccountId| engine.client(account).cloned();
        let mut accounts = changes.accounts.clone();
        accounts.sort_unstable();
        accounts.dedup();
        let account = |account: AccountId| {
            let (balance, positions) = engine.held(account)?;
            let positions = positions.filter_map(|(listing, position)| Some((symbol(listing)?, position))).collect();
            Some(AccountRow { client: client(account)?, balance, positions })
        };
        let order = |order: &Order| {
            Some(OrderRow { client: client(order.account)?, instrument: symbol(order.listing)?, order: order.clone() })
        };
        let fill = |fill: &Fill| {
            Some(FillRow {
                client: client(fill.account)?,
                instrument: symbol(fill.trade.listing)?,
                spread: fill.trade.combo.and_then(|combo| symbol(combo.listing)),
                fill: fill.clone(),
            })
        };
        let fixing = |(product, date, price): &(_, Date, Price)| {
            let index = catalogue.product(*product)?.index_name.clone();
            Some(FixingRow { index, date: date.to_string(), price: *price })
        };
        let settlement = |settlement: &Settlement| {
            Some(SettlementRow { instrument: symbol(settlement.listing)?, settlement: *settlement })
        };
        let combo = |combo: &ListingId| {
            let listing = catalogue.get(*combo)?;
            let legs = listing.legs.iter().map(|leg| Some((symbol(leg.listing)?, leg.ratio)));
            Some(ComboRow { instrument: listing.symbol.clone(), legs: legs.collect::<Option<_>>()? })
        };
        let waiting = |account: &AccountId| {
            let waiting = engine.waiting(*account);
            let instruments = waiting.orders.iter().map(|held| symbol(held.place.listing)).collect::<Option<_>>()?;
            Some(WaitingRow { client: client(*account)?, instruments, waiting })
        };
        Self {
            at,
            numbers: None,
            factors: None,
            accounts: accounts.into_iter().filter_map(account).collect(),
            orders: changes.orders.iter().filter_map(order).collect(),
            fills: changes.fills.iter().filter_map(fill).collect(),
            fixings: changes.fixings.iter().filter_map(fixing).collect(),
            settlements: changes.settlements.iter().filter_map(settlement).collect(),
            combos: changes.combos.iter().filter_map(combo).collect(),
            waiting: changes.waiting.iter().filter_map(waiting).collect(),
            bound: changes.bound.clone(),
        }
    }
}

/// All entries taken together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Of the last entry.
    pub at: Utc,
    pub numbers: Numbers,
    pub factors: Option<Factors>,
    accounts: BTreeMap<Arc<str>, AccountRow>,
    working: BTreeMap<OrderId, OrderRow>,
    /// By client, oldest first.
    finished: BTreeMap<Arc<str>, VecDeque<OrderRow>>,
    fills: BTreeMap<Arc<str>, VecDeque<FillRow>>,
    /// By index and day.
    fixings: BTreeMap<(Arc<str>, String), Price>,
    settlements: BTreeMap<Arc<str>, VecDeque<SettlementRow>>,
    /// By instrument.
    combos: BTreeMap<Arc<str>, ComboRow>,
    /// By client.
    waiting: BTreeMap<Arc<str>, WaitingRow>,
    bound: BTreeSet<ConnectionId>,
}

impl Standing {
    /// Takes the next entry in.
    pub fn take(&mut self, entry: Entry) {
        self.at = self.at.max(entry.at);
        self.numbers = self.numbers.max(entry.numbers.unwrap_or_default());
        self.factors = entry.factors.or(self.factors.take());
        self.accounts.extend(entry.accounts.into_iter().map(|row| (row.client.clone(), row)));
        for row in entry.orders {
            if row.order.state == VenueOrderState::Open {
                self.working.insert(row.order.id, row);
            } else {
                self.working.remove(&row.order.id);
                keep(self.finished.entry(row.client.clone()).or_default(), KEPT_ORDERS, row);
            }
        }
        for row in entry.fills {
            keep(self.fills.entry(row.client.clone()).or_default(), KEPT_ORDERS, row);
        }
        self.fixings.extend(entry.fixings.into_iter().map(|row| ((row.index, row.date), row.price)));
        self.waiting.extend(entry.waiting.into_iter().map(|row| (row.client.clone(), row)));
        self.combos.extend(entry.combos.into_iter().map(|row| (row.instrument.clone(), row)));
        self.bound = entry.bound.unwrap_or(std::mem::take(&mut self.bound));
        for row in entry.settlements {
            keep(self.settlements.entry(row.instrument.clone()).or_default(), KEPT_SETTLEMENTS, row);
        }
    }

    /// One entry that says it all.
    pub fn whole(&self) -> Entry {
        let fixing = |((index, date), price): (&(Arc<str>, String), &Price)| FixingRow {
            index: index.clone(),
            date: date.clone(),
            price: *price,
        };
        Entry {
            at: self.at,
            numbers: Some(self.numbers),
            factors: self.factors.clone(),
            accounts: self.accounts.values().cloned().collect(),
            orders: self.finished.values().flatten().chain(self.working.values()).cloned().collect(),
            fills: self.fills.values().flatten().cloned().collect(),
            fixings: self.fixings.iter().map(fixing).collect(),
            settlements: self.settlements.values().flatten().cloned().collect(),
            combos: self.combos.values().cloned().collect(),
            waiting: self.waiting.values().cloned().collect(),
            bound: Some(self.bound.clone()),
        }
    }

    /// Working orders, oldest first.
    pub fn working(&self) -> impl Iterator<Item = &OrderRow> {
        self.working.values()
    }

    /// Has a new engine count on, before anything is placed on it.
    pub fn reserve(&self, engine: &mut Engine) {
        engine.reserve(self.numbers, self.working.keys().copied());
    }

    /// Tells an engine what had been listed, fixed and settled.
    pub fn restore_published(&self, engine: &mut Engine, out: &mut Events) {
        for ComboRow { legs, .. } in self.combos.values() {
            let leg = |(name, ratio): &(Arc<str>, i8)| Some(Leg { listing: find(engine, name)?, ratio: *ratio });
            let legs: Option<Vec<Leg>> = legs.iter().map(leg).collect();
            engine.restore_combo(self.at, &legs.unwrap_or_default(), out);
        }
        let products = engine.catalogue().data().clone();
        let products = || (0_u8..).map(ProductId).zip(&products.products);
        for ((index, date), price) in &self.fixings {
            let product = products().find(|(_, product)| product.index_name == *index);
            if let (Some((product, _)), Ok(date)) = (product, date.parse()) {
                engine.restore_fixing(product, date, *price);
            }
        }
        for SettlementRow { instrument, settlement } in self.settlements.values().flatten() {
            if let Some(listing) = find(engine, instrument) {
                engine.restore_settlement(Settlement { listing, ..*settlement });
            }
        }
    }

    /// Gives an engine without quotes, at the instant of the last entry, what clients had. Instruments it does not know are left out.
    pub fn restore_owned(&self, engine: &mut Engine, out: &mut Events) {
        for AccountRow { client, balance, positions } in self.accounts.values() {
            let known = positions.iter().filter_map(|(name, position)| Some((find(engine, name)?, *position)));
            let known: Vec<_> = known.collect();
            engine.restore_account(client, *balance, &known);
        }
        let named = |engine: &Engine, row: &OrderRow| {
            let (account, listing) = (engine.find_account(&row.client)?, find(engine, &row.instrument)?);
            Some(Order { account, listing, ..row.order.clone() })
        };
        for row in self.finished.values().flatten() {
            if let Some(order) = named(engine, row) {
                engine.restore_finished(order);
            }
        }
        for FillRow { client, instrument, spread, fill } in self.fills.values().flatten() {
            let (Some(account), Some(listing)) = (engine.find_account(client), find(engine, instrument)) else {
                continue;
            };
            let mut fill = Fill { account, ..fill.clone() };
            fill.trade.listing = listing;
            let spread = spread.as_ref().and_then(|spread| find(engine, spread));
            fill.trade.combo = fill.trade.combo.zip(spread).map(|(mut combo, listing)| {
                combo.listing = listing;
                combo
            });
            engine.restore_fill(fill);
        }
        for row in self.waiting.values() {
            engine.restore_links(&row.waiting);
        }
        self.restore_held(engine, out, HeldOrder::is_secondary);
        for row in self.working.values() {
            if let Some(order) = named(engine, row) {
                let bound = order.connection.is_some_and(|connection| self.bound.contains(&connection));
                engine.reopen(self.at, order, bound, out);
            }
        }
    }

    /// Gives an engine with books what waits for its prices.
    pub fn restore_triggers(&self, engine: &mut Engine, out: &mut Events) {
        self.restore_held(engine, out, |held| !held.is_secondary());
        engine.restored(self.at, out);
    }

    fn restore_held(&self, engine: &mut Engine, out: &mut Events, wanted: impl Fn(&HeldOrder) -> bool) {
        for WaitingRow { client, instruments, waiting } in self.waiting.values() {
            let Some(account) = engine.find_account(client) else { continue };
            for (instrument, held) in instruments.iter().zip(&waiting.orders).filter(|(_, held)| wanted(held)) {
                let Some(listing) = find(engine, instrument) else { continue };
                let mut held = held.clone();
                (held.account, held.place.listing) = (account, listing);
                let bound = held.place.connection.is_some_and(|connection| self.bound.contains(&connection));
                let is_ready = waiting.ready.contains(&held.id);
                engine.restore_held(self.at, held, (is_ready, bound), out);
            }
        }
    }
}

fn find(engine: &Engine, symbol: &str) -> Option<ListingId> {
    engine.catalogue().find(symbol).map(|listing| listing.id)
}

/// Adds the newest and lets the oldest go.
fn keep<T>(rows: &mut VecDeque<T>, bound: usize, row: T) {
    if rows.len() >= bound {
        rows.pop_front();
    }
    rows.push_back(row);
}
