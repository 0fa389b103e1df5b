//! What gateways and agents may read. Nothing here changes anything.

use std::time::Duration;

use jiff::civil::Date;

use super::bars::Bar;
use super::event::{Fill, HeldOrder, Order, Settlement, Trade};
use super::market::{Market, Stats};
use super::{AccountId, Engine, ListingId, OrderId, ProductId};
use crate::domain::book::Level;
use crate::domain::number::{Money, Price, Qty, Side};
use crate::exchange::accounts::{Portfolio, Position, PositionView};
use crate::exchange::catalogue::Catalogue;

impl Engine {
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    pub fn index(&self, product: ProductId) -> Option<Price> {
        self.clearing.indices.get(product.index()).copied().flatten()
    }

    /// Fixings of a product, oldest first.
    pub fn fixings(&self, product: ProductId) -> &[(Date, Price)] {
        self.fixings.get(product.index()).map_or(&[], Vec::as_slice)
    }

    /// Settlements of a listing, oldest first, bounded.
    pub fn settlements(&self, listing: ListingId) -> impl DoubleEndedIterator<Item = &Settlement> {
        self.market(listing).into_iter().flat_map(|market| market.settlements.iter())
    }

    /// Trades of a listing, oldest first, bounded; leg trades included.
    pub fn trades(&self, listing: ListingId) -> impl DoubleEndedIterator<Item = &Trade> {
        self.market(listing).into_iter().flat_map(|market| market.trades.iter())
    }

    /// Bars of a listing's trades since the engine began, bounded: the widest that `width` can be made of, oldest first.
    pub fn bars(&self, listing: ListingId, width: Duration) -> impl Iterator<Item = Bar> {
        self.market(listing).into_iter().flat_map(move |market| market.bars.parts(width))
    }

    /// The bar of `width` that a listing's last trade fell into.
    pub fn newest_bar(&self, listing: ListingId, width: Duration) -> Option<Bar> {
        self.market(listing)?.bars.newest(width)
    }

    pub fn stats(&self, listing: ListingId) -> Stats {
        let stats = self.market(listing).map(|market| market.stats).unwrap_or_default();
        Stats {
            mark: self.clearing.mark(listing),
            open_interest: self.clearing.accounts.open_interest(listing),
            ..stats
        }
    }

    /// Lowest and highest limit price accepted now; `None` without a mark.
    pub fn price_band(&self, id: ListingId) -> Option<(Price, Price)> {
        let listing = self.catalogue.get(id)?;
        let mark = self.clearing.mark(id)?;
        let reference = match listing.legs.first() {
            // A strip is worth many times its first month.
            Some(near) => self.clearing.mark(near.listing)?.max(mark),
            None => mark,
        };
        let width = self.catalogue.data().venue.price_band.of(Money(i128::from(reference.0.abs())));
        let width = Price(i64::try_from(width.0).ok()?);
        Some(((mark - width).ceil_to(listing.tick), (mark + width).floor_to(listing.tick)))
    }

    pub fn best(&self, listing: ListingId, side: Side) -> Option<Level> {
        self.books.get(listing.index())?.best(side)
    }

    /// Appends up to `limit` levels of a side, best first.
    pub fn copy_levels(&self, listing: ListingId, side: Side, limit: usize, out: &mut Vec<Level>) {
        if let Some(book) = self.books.get(listing.index()) {
            book.copy_levels(side, limit, out);
        }
    }

    /// Every level of a side, best first, with the sizes of its orders, oldest first.
    pub fn queues(&self, listing: ListingId, side: Side) -> Vec<(Level, Vec<Qty>)> {
        let mut queues = Vec::new();
        if let Some(book) = self.books.get(listing.index()) {
            book.copy_queues(&self.nodes, side, &mut queues);
        }
        queues
    }

    /// Of the last change of this book; 0 before the first.
    pub fn change_id(&self, listing: ListingId) -> u64 {
        self.market(listing).map_or(0, |market| market.change_id)
    }

    /// The digest that the book had after `change_id`, as `domain::book::Book` computes it; `None` when there was no such change or it is
    /// too long ago (4,096 changes).
    pub fn digest_at(&self, listing: ListingId, change_id: u64) -> Option<u64> {
        self.market(listing)?.digest_at(change_id)
    }

    /// A working or finished order of `account`; others are invisible.
    pub fn order(&self, account: AccountId, id: OrderId) -> Option<&Order> {
        let working = self.nodes.slot(id).and_then(|slot| self.clearing.order(slot));
        working
            .filter(|order| order.account == account)
            .or_else(|| self.finished_orders(account).rev().find(|order| order.id == id))
    }

    /// Working orders of an account, oldest first.
    pub fn open_orders(&self, account: AccountId) -> impl Iterator<Item = &Order> {
        self.clearing
            .ledgers
            .get(account.index())
            .into_iter()
            .flat_map(|ledger| &ledger.open)
            .filter_map(|id| self.nodes.slot(*id).and_then(|slot| self.clearing.order(slot)))
    }

    /// Held orders of an account, oldest first.
    pub fn held_orders(&self, account: AccountId) -> impl Iterator<Item = &HeldOrder> {
        self.held.of(account).filter(|held| !held.is_silent)
    }

    /// A held order of `account`, or what became of it.
    pub fn held_order(&self, account: AccountId, id: OrderId) -> Option<&HeldOrder> {
        let waiting = self.held.get(id).filter(|held| held.account == account);
        waiting.or_else(|| self.held_past(account).rev().find(|held| held.id == id))
    }

    /// Held orders as they were when they were placed and when they ended, oldest first, bounded.
    pub fn held_past(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &HeldOrder> {
        self.held.past(account)
    }

    /// What the book shows of a working order.
    pub fn displayed(&self, id: OrderId) -> Qty {
        self.nodes.slot(id).map_or(Qty::ZERO, |slot| Qty(self.nodes.get(slot).qty))
    }

    /// Finished orders of a client, oldest first, bounded.
    pub fn finished_orders(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &Order> {
        self.clearing.ledgers.get(account.index()).into_iter().flat_map(|ledger| ledger.finished.iter())
    }

    /// Fills of a client, oldest first, bounded.
    pub fn fills(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &Fill> {
        self.clearing.ledgers.get(account.index()).into_iter().flat_map(|ledger| ledger.fills.iter())
    }

    /// Signed contracts.
    pub fn net(&self, account: AccountId, listing: ListingId) -> Qty {
        self.clearing.accounts.net(account, listing)
    }

    /// `None` where the account never traded nor has working orders.
    pub fn position(&self, account: AccountId, listing: ListingId) -> Option<PositionView> {
        self.clearing.accounts.position(account, listing)
    }

    /// Every position that [`Engine::position`] gives, by listing.
    pub fn positions(&self, account: AccountId) -> Vec<PositionView> {
        self.clearing.accounts.positions(account)
    }

    /// An account's cash, and its positions where it ever traded.
    pub fn held(&self, account: AccountId) -> Option<(Money, impl Iterator<Item = (ListingId, Position)>)> {
        self.clearing.accounts.held(account)
    }

    pub fn portfolio(&self, account: AccountId) -> Option<Portfolio> {
        self.clearing.accounts.portfolio(account)
    }

    fn market(&self, listing: ListingId) -> Option<&Market> {
        self.clearing.markets.get(listing.index())
    }
}
