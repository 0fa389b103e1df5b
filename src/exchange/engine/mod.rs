//! The matching engine: price-time priority, order life cycle, margin check, settlement. Time comes in with every call and must not run
//! backwards.

mod command;
mod event;

pub use command::{Applied, Command, ConnectionId, Edit, OrderId, Place, Refused};
pub use event::{
    CancelReason, ComboTag, Event, Events, Fill, LevelUpdate, Order, Settlement, SettlementKind, TickDirection, Trade,
};

use std::sync::Arc;

use jiff::civil::Date;

use super::accounts::{AccountId, AccountKind, Portfolio, PositionView};
use super::calendar::Calendar;
use super::catalogue::{Catalogue, CatalogueData, ListingId, ProductId};
use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::number::{Money, Price, Qty, Side};

/// What the ticker of a listing shows beside its book. Volumes, high and low start anew at every settlement; trades of spread legs set
/// none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub mark: Option<Price>,
    pub last: Option<Price>,
    pub high: Option<Price>,
    pub low: Option<Price>,
    /// Contracts.
    pub volume: Qty,
    pub volume_notional: Money,
    /// Contracts, one side.
    pub open_interest: Qty,
    /// Of the last settlement.
    pub settlement: Option<Price>,
    pub last_trade_seq: u64,
}

/// The whole exchange, but for agents and gateways.
#[derive(Clone, Debug)]
pub struct Engine {
    catalogue: Catalogue,
}

impl Engine {
    /// Lists what is listed at `now`. Marks and indices must be set before anything can trade.
    pub fn new(now: Utc, data: Arc<CatalogueData>, calendar: Arc<Calendar>) -> Self {
        Self { catalogue: Catalogue::at(now, data, calendar) }
    }

    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The account of a client id, opened on first sight with the opening balance.
    pub fn open_account(&mut self, client: &str, kind: AccountKind) -> AccountId {
        let _ = (client, kind);
        AccountId(0)
    }

    /// Applies one command. A refused command changes nothing and reports nothing.
    ///
    /// # Errors
    /// [`Refused`], with the venue's code.
    pub fn apply(
        &mut self,
        now: Utc,
        account: AccountId,
        command: &Command,
        out: &mut Events,
    ) -> Result<Applied, Refused> {
        let _ = (now, account, command, out);
        Err(Refused::InvalidInstrument)
    }

    /// Does what the calendar asks for up to `now`: fixings, settlements, expiries, roll.
    pub fn advance(&mut self, now: Utc, out: &mut Events) {
        let _ = (now, out);
    }

    /// When [`Engine::advance`] has something to do next.
    pub fn next_due(&self) -> Utc {
        Utc(i64::MAX)
    }

    pub fn set_mark(&mut self, listing: ListingId, mark: Price) {
        let _ = (listing, mark);
    }

    /// The index that the next fixing takes.
    pub fn set_index(&mut self, product: ProductId, index: Price) {
        let _ = (product, index);
    }

    pub fn index(&self, product: ProductId) -> Option<Price> {
        let _ = product;
        None
    }

    /// A fixing from before the engine began; days must come in order.
    pub fn preload_fixing(&mut self, product: ProductId, date: Date, price: Price) {
        let _ = (product, date, price);
    }

    /// Fixings of a product, oldest first.
    pub fn fixings(&self, product: ProductId) -> &[(Date, Price)] {
        let _ = product;
        &[]
    }

    /// What a month's contract would settle at if every missing fixing were its product's index now.
    pub fn estimated_delivery(&self, listing: ListingId) -> Option<Price> {
        let _ = listing;
        None
    }

    /// Sets the settlement price that a listing starts with, before there was a settlement.
    pub fn preload_settlement(&mut self, settlement: Settlement) {
        let _ = settlement;
    }

    /// Settlements of a listing, oldest first, bounded.
    pub fn settlements(&self, listing: ListingId) -> impl DoubleEndedIterator<Item = &Settlement> {
        let _ = listing;
        [].iter()
    }

    pub fn stats(&self, listing: ListingId) -> Stats {
        let _ = listing;
        Stats::default()
    }

    /// Lowest and highest limit price accepted now; `None` without a mark.
    pub fn price_band(&self, listing: ListingId) -> Option<(Price, Price)> {
        let _ = listing;
        None
    }

    pub fn best(&self, listing: ListingId, side: Side) -> Option<Level> {
        let _ = (listing, side);
        None
    }

    /// Appends up to `limit` levels of a side, best first.
    pub fn copy_levels(&self, listing: ListingId, side: Side, limit: usize, out: &mut Vec<Level>) {
        let _ = (listing, side, limit, out);
    }

    /// Of the last change of this book; 0 before the first.
    pub fn change_id(&self, listing: ListingId) -> u64 {
        let _ = listing;
        0
    }

    /// The digest that the book had after `change_id`, as `domain::book::Book` computes it; `None` when it was never so or is too long
    /// ago (4,096 changes).
    pub fn digest_at(&self, listing: ListingId, change_id: u64) -> Option<u64> {
        let _ = (listing, change_id);
        None
    }

    /// Trades of a listing, oldest first, bounded; leg trades included.
    pub fn trades(&self, listing: ListingId) -> impl DoubleEndedIterator<Item = &Trade> {
        let _ = listing;
        [].iter()
    }

    /// A working or finished order of `account`; others are invisible.
    pub fn order(&self, account: AccountId, id: OrderId) -> Option<&Order> {
        let _ = (account, id);
        None
    }

    /// Working orders of an account, oldest first.
    pub fn open_orders(&self, account: AccountId) -> impl Iterator<Item = &Order> {
        let _ = account;
        [].iter()
    }

    /// Finished orders of a client, oldest first, bounded.
    pub fn finished_orders(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &Order> {
        let _ = account;
        [].iter()
    }

    /// Every order of a client that carried `label`, working ones last.
    pub fn orders_by_label<'a>(&'a self, account: AccountId, label: &'a str) -> impl Iterator<Item = &'a Order> {
        let _ = (account, label);
        [].iter()
    }

    /// Fills of a client, oldest first, bounded.
    pub fn fills(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &Fill> {
        let _ = account;
        [].iter()
    }

    /// Signed contracts.
    pub fn net(&self, account: AccountId, listing: ListingId) -> Qty {
        let _ = (account, listing);
        Qty::ZERO
    }

    pub fn position(&self, account: AccountId, listing: ListingId) -> Option<PositionView> {
        let _ = (account, listing);
        None
    }

    /// Listings in which the account has a position or had one, by id.
    pub fn positions(&self, account: AccountId) -> Vec<PositionView> {
        let _ = account;
        Vec::new()
    }

    pub fn portfolio(&self, account: AccountId) -> Option<Portfolio> {
        let _ = account;
        None
    }
}
