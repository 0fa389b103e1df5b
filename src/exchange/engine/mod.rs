//! The matching engine. Time comes in with every call and must not run backwards; the same calls give the same events.
//!
//! | file | owns |
//! |---|---|
//! | [`command`] | what participants ask, why it may be refused |
//! | [`event`] | what is reported |
//! | `entry` | order entry: checks, placing, editing, cancelling |
//! | [`terms`], [`ids`] | what an order is placed with: triggers, slices, links |
//! | [`held`], `triggers` | orders outside the books, and when their time comes |
//! | `links`, `linked` | one triggers others, one cancels the other: who hangs on whom, and what follows |
//! | [`blocks`] | trades that two clients have agreed on |
//! | [`book`], [`ladder`] | price-time priority |
//! | `clearing` | what a match means for orders, positions, fees |
//! | `combos` | spreads that participants ask for |
//! | `implied` | trading with orders of other books: spreads, their legs, and back |
//! | [`phase`], [`session`], [`auction`] | when a listing trades, and how its book opens |
//! | [`funding`] | what perpetuals cost |
//! | [`liquidation`] | margin calls, and what follows |
//! | `market`, `ledger` | statistics and history of a listing, of an account |
//! | [`bars`] | what traded, by minutes, hours and days |
//! | [`indices`] | what is published of spot prices |
//! | `day` | fixings, settlement, expiry, roll |
//! | [`standing`] | what outlives the process |
//! | `queries` | what gateways and agents may read |
//!
//! Rules of the house, where exchanges differ:
//! - Self-match prevention cancels the resting order, whoever owns it; of two resting ones that would meet in a leg, the younger.
//! - Market orders sweep up to the price band, what is left is cancelled; no limit price may lie outside the band on either side.
//! - Reduce-only orders are cut to the position when they come in and again when they trade, and leave when there is nothing to reduce.
//!   Spreads have no position of their own, so they take no reduce-only orders.
//! - Trigger orders are looked at when a command is done and when marks or indices move: by the price that was reached first, then by age.
//!   A trigger price must not be reached already when the order is placed. What triggers becomes an order of its own, judged as if it
//!   came in then: refused for margin, band or reduce-only, it is told so and gone. Nothing triggers while its listing does not trade.
//! - The next slice of an iceberg goes to the end of its queue; a slice is at least a hundredth of the order.
//! - Initial margin looks at each contract alone, at its mark, as if all working orders of one side traded: no offsets between months,
//!   and a spread counts in both its legs. Maintenance margin looks at positions alone; see [`liquidation`].
//! - A spread's legs pay the fees, the spread itself none.
//! - The mark of a spread is the sum over its legs of ratio × mark; [`Engine::set_mark`] is for outrights.
//! - Where a spread's own book trades, every leg but the last trades at its mark rounded to tick and the last where the spread's price then
//!   puts it: ratio × price adds up to the spread's price exactly.
//! - An order trades with its own book and with orders of others that together meet it, best price first, the own book first at a price:
//!   a spread with the orders of its legs, an outright over a spread with the orders of its other legs, and either over two spreads that
//!   have a leg in common. All orders of such a trade trade or none does. Resting ones trade at the front of their queues and keep their
//!   prices; the order that came last is the aggressor, gets what they leave over, may so trade between ticks, and alone pays as a taker.
//!   So no book is crossed after a command, neither by its own orders nor by what others imply. Prices of such legs follow from the orders.
//! - The band of a spread is as wide as that of its first leg, or of its own mark where that is larger, as a strip's is.
//! - Daily settlement is at the mark rounded to tick, of a calendar the difference of its legs'; it moves profit into the balance and leaves
//!   positions and averages alone. Final settlement is the mean of the month's fixings.

pub mod auction;
pub mod bars;
pub mod blocks;
pub mod book;
mod clearing;
mod combos;
pub mod command;
mod day;
mod entry;
pub mod event;
pub mod funding;
pub mod held;
pub mod ids;
mod implied;
pub mod indices;
pub mod ladder;
mod ledger;
mod linked;
mod links;
pub mod liquidation;
mod market;
pub mod phase;
mod queries;
pub mod session;
pub mod standing;
pub mod terms;
mod triggers;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

pub use bars::Bar;
pub use command::{Applied, BlockLeg, BlockTrade, Command, ConnectionId, Edit, EditHeld, OrderId, Place, Refused};
pub use event::{
    CancelReason, ComboTag, Event, Events, Fill, HeldOrder, HeldState, LegTrade, LevelUpdate, Order, Origin,
    Settlement, SettlementKind, TickDirection, Trade,
};
pub use indices::{IndexId, SecondaryId, SecondaryIndex};
pub use market::Stats;
pub use phase::{Hours, Phase, Scope, SessionOrder, Standing, Velocity};

use self::blocks::Blocks;
use self::book::{Book, Nodes};
use self::clearing::Clearing;
use self::funding::Fundings;
use self::held::HeldOrders;
use self::implied::Routes;
use self::market::Market;
use self::session::Sessions;
use super::accounts::{AccountId, AccountKind};
use super::catalogue::{Catalogue, CatalogueData, ListingId, ProductId};
use crate::base::time::Utc;
use crate::domain::calendar::Calendar;
use crate::domain::number::Price;

/// The whole exchange, but for agents and gateways.
#[derive(Clone, Debug)]
pub struct Engine {
    catalogue: Catalogue,
    /// By listing.
    books: Vec<Book>,
    nodes: Nodes,
    /// Of what is open now.
    routes: Routes,
    /// Since the routes were found.
    phases_changed: bool,
    clearing: Clearing,
    /// By product, oldest first.
    fixings: Vec<Vec<(Date, Price)>>,
    secondary: Vec<SecondaryIndex>,
    sessions: Sessions,
    fundings: Fundings,
    /// By client; shorter than the list of accounts while nobody has been called.
    standings: Vec<Standing>,
    /// Who wants the order at hand.
    origin: Origin,
    held: HeldOrders,
    blocks: Blocks,
    /// Working orders that end at settlement.
    day_orders: BTreeSet<OrderId>,
    /// Connections whose orders end with them.
    bound: BTreeSet<ConnectionId>,
    /// Books that the command at hand has touched.
    touched: Vec<ListingId>,
    last_change_id: u64,
    next_fixing: Utc,
    next_settlement: Utc,
}

impl Engine {
    /// Lists what is listed at `now`. Marks and indices must be set before anything can trade.
    pub fn new(now: Utc, data: Arc<CatalogueData>, calendar: Arc<Calendar>) -> Self {
        Self::open(now, Catalogue::at(now, data, calendar))
    }

    /// The same, with what has expired since `since` listed too.
    pub fn with_past(now: Utc, since: Utc, data: Arc<CatalogueData>, calendar: Arc<Calendar>) -> Self {
        Self::open(now, Catalogue::with_past(now, since, data, calendar))
    }

    fn open(now: Utc, catalogue: Catalogue) -> Self {
        let (data, calendar) = (catalogue.data(), catalogue.calendar());
        let mut engine = Self {
            clearing: Clearing::new(data.venue.clone(), data.products.len()),
            books: Vec::new(),
            nodes: Nodes::default(),
            held: HeldOrders::default(),
            blocks: Blocks::default(),
            routes: Routes::default(),
            phases_changed: false,
            fixings: vec![Vec::new(); data.products.len()],
            secondary: Vec::new(),
            sessions: Sessions::new(data.products.len()),
            fundings: Fundings::default(),
            standings: Vec::new(),
            origin: Origin::Client,
            day_orders: BTreeSet::new(),
            bound: BTreeSet::new(),
            touched: Vec::new(),
            last_change_id: 0,
            next_fixing: calendar.next_fixing(now),
            next_settlement: calendar.next_settlement(now),
            catalogue,
        };
        engine.open_markets(now);
        engine
    }

    /// The account of a client that has been here.
    pub fn find_account(&self, client: &str) -> Option<AccountId> {
        self.clearing.accounts.find(client)
    }

    /// Whose account it is.
    pub fn client(&self, account: AccountId) -> Option<&Arc<str>> {
        self.clearing.accounts.client(account)
    }

    /// The account of a client id, opened on first sight with the opening balance.
    pub fn open_account(&mut self, client: &str, kind: AccountKind) -> AccountId {
        self.clearing.open_account(client, kind)
    }

    /// The price that margin, profit and the price band go by.
    pub fn set_mark(&mut self, listing: ListingId, mark: Price) {
        self.clearing.accounts.set_mark(listing, mark);
    }

    /// The index that the next fixing takes.
    pub fn set_index(&mut self, product: ProductId, index: Price) {
        if let Some(place) = self.clearing.indices.get_mut(product.index()) {
            *place = Some(index);
        }
    }

    /// A fixing from before the engine began; days must come in order.
    pub fn preload_fixing(&mut self, product: ProductId, date: Date, price: Price) {
        if let Some(fixings) = self.fixings.get_mut(product.index()) {
            fixings.push((date, price));
        }
    }

    /// A settlement from before the engine began: its price is the listing's settlement price until the next.
    pub fn preload_settlement(&mut self, settlement: Settlement) {
        if let Some(market) = self.clearing.markets.get_mut(settlement.listing.index()) {
            market.settle(settlement);
        }
    }

    /// Bars begin with the next trade.
    pub fn begin_bars(&mut self) {
        self.clearing.markets.iter_mut().for_each(|market| market.bars.clear());
    }

    /// Opens a market for every listing that has none, and finds the ways between all that are active.
    fn open_markets(&mut self, now: Utc) {
        for listing in &self.catalogue.all()[self.books.len()..] {
            self.books.push(Book::new(listing.tick));
            self.clearing.accounts.add_listing(listing.contract_size);
            self.clearing.markets.push(Market::new(listing.clone()));
        }
        self.open_stages(now);
        self.find_routes();
    }
}

#[cfg(test)]
mod tests;
