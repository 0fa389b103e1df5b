//! All instruments' markets, indexed by [`InstrumentId`], with the list of those whose picture is out of date.

use std::sync::Arc;
use std::time::Duration;

use super::clock::VenueClock;
use super::heat;
use super::instrument::{LinkLife, Market, Watched};
use super::products::Products;
use crate::base::digest::Digest;
use crate::base::time::{Instant, Now, Utc};
use crate::domain::book::Level;
use crate::domain::command::SessionCommand;
use crate::domain::event::{BookLoss, Fixing, LevelChange, Ticker, Trade};
use crate::domain::instrument::{Catalogue, CatalogueChange, InstrumentId};
use crate::domain::number::Price;
use crate::view::ProductView;
use crate::view::dirt::Dirt;
use crate::view::market::MarketView;

/// A book unconfirmed for this long is checked, in good time before it counts as stale.
const QUIET_BOOK: Duration = Duration::from_secs(12);
/// Not asked again before this.
const CONFIRM_AGAIN: Duration = Duration::from_secs(6);
/// One check at a time: 16 a second stays within the venues' request limits and covers 200 books in 12.5 s.
const CONFIRM_PACE: Duration = Duration::from_micros(62_500);
/// Pause when no book needs a check.
const CONFIRM_IDLE: Duration = Duration::from_millis(500);

#[derive(Clone, Debug, Default)]
pub struct Markets {
    markets: Vec<Market>,
    dirty: Vec<InstrumentId>,
    dirt: Dirt,
    watched: Vec<InstrumentId>,
    next_column: Option<Instant>,
    next_confirm: Instant,
    confirm_cursor: usize,
    products: Products,
    pub clock: VenueClock,
    scratch: Vec<Level>,
}

impl Markets {
    pub fn get(&self, id: InstrumentId) -> Option<&Market> {
        self.markets.get(id.index())
    }

    pub fn mark_price(&self, id: InstrumentId) -> Option<Price> {
        self.get(id)?.ticker()?.mark
    }

    /// Follows a reloaded catalogue.
    pub fn relist(&mut self, catalogue: &Catalogue, change: &CatalogueChange, now: Now) {
        for (id, terms) in catalogue.iter().skip(self.markets.len()) {
            self.markets.push(Market::new(id, terms));
            self.dirty.push(id);
        }
        for id in change.known() {
            if let Some(terms) = catalogue.get(id) {
                self.touch(id, Dirt::Urgent, |market| market.relist(terms));
            }
        }
        self.dirt = Dirt::Urgent;
        self.products.relist(catalogue, now.utc);
    }

    /// Applies `edit` to a market and marks its picture. `None` for an instrument nobody listed.
    fn touch<T>(&mut self, id: InstrumentId, dirt: Dirt, edit: impl FnOnce(&mut Market) -> T) -> Option<T> {
        let market = self.markets.get_mut(id.index())?;
        let result = edit(market);
        if market.dirt == Dirt::Clean && dirt > Dirt::Clean {
            self.dirty.push(id);
        }
        market.dirt.raise(dirt);
        self.dirt.raise(dirt);
        Some(result)
    }

    /// A loss that the book's own content shows; the returned command goes to the market connection.
    fn judge(&mut self, id: InstrumentId, verdict: Result<(), BookLoss>) -> Result<(), Found> {
        let Err(why) = verdict else { return Ok(()) };
        let ask = self.touch(id, Dirt::Urgent, Market::take_resync).unwrap_or(false);
        Err(Found { why, ask: ask.then_some(SessionCommand::Resync(id)) })
    }

    /// # Errors
    /// The content is wrong; the book is lost and perhaps a snapshot must be asked for.
    pub fn snapshot(
        &mut self,
        id: InstrumentId,
        change_id: u64,
        utc: Utc,
        levels: &[LevelChange],
        received: Instant,
    ) -> Result<(), Found> {
        let applied = |market: &mut Market| market.apply_snapshot(change_id, utc, levels, received);
        let verdict = self.touch(id, Dirt::Changed, applied).unwrap_or(Ok(()));
        self.judge(id, verdict)
    }

    /// # Errors
    /// The outcome is wrong; the book is lost and perhaps a snapshot must be asked for.
    pub fn change(
        &mut self,
        id: InstrumentId,
        change_id: u64,
        utc: Utc,
        levels: &[LevelChange],
        received: Instant,
    ) -> Result<(), Found> {
        let applied = |market: &mut Market| market.apply_change(change_id, utc, levels, received);
        match self.touch(id, Dirt::Changed, applied) {
            None | Some(Ok(())) => Ok(()),
            Some(verdict) => self.judge(id, verdict),
        }
    }

    /// The session says that a book is lost. Returns whether that is news.
    pub fn lose(&mut self, id: InstrumentId, why: BookLoss) -> bool {
        self.touch(id, Dirt::Urgent, |market| market.lose(why)).unwrap_or(false)
    }

    /// The market connection ended.
    pub fn lose_all(&mut self) {
        for at in 0..self.markets.len() {
            self.lose(InstrumentId(at as u32), BookLoss::Disconnected);
        }
    }

    pub fn confirm(&mut self, id: InstrumentId, change_id: u64, at: Instant) {
        self.touch(id, Dirt::Quiet, |market| market.confirm(change_id, at));
    }

    pub fn ticker(&mut self, ticker: Ticker, received: Instant) {
        self.touch(ticker.instrument, Dirt::Changed, |market| market.apply_ticker(ticker, received));
    }

    /// Returns whether the trade was new.
    pub fn trade(&mut self, trade: Trade, received: Instant) -> bool {
        self.touch(trade.instrument, Dirt::Changed, |market| market.apply_trade(trade, received)).unwrap_or(false)
    }

    pub fn trades_lost(&mut self, id: InstrumentId, since: Utc, now: Now) {
        self.touch(id, Dirt::Changed, |market| market.apply_trades_lost(since, now.utc));
    }

    pub fn index(&mut self, index_name: &str, price: Price, utc: Utc) {
        self.products.set_index(index_name, price, utc);
        self.dirt.raise(Dirt::Changed);
    }

    pub fn fixings(&mut self, fixings: Vec<Fixing>) {
        self.products.add_fixings(fixings);
        self.dirt.raise(Dirt::Changed);
    }

    /// Keeps liquidity history of these and of no others.
    pub fn watch(&mut self, ids: &[InstrumentId], now: Now) {
        for id in std::mem::take(&mut self.watched) {
            if !ids.contains(&id) {
                self.touch(id, Dirt::Changed, |market| market.watch(Watched::No));
            }
        }
        for &id in ids {
            let known = self.touch(id, Dirt::Changed, |market| market.watch(Watched::Yes));
            if known.is_some() && !self.watched.contains(&id) {
                self.watched.push(id);
            }
        }
        if self.watched.is_empty() {
            self.next_column = None;
        } else {
            self.next_column.get_or_insert(now.mono + heat::COLUMN);
        }
    }

    /// A request for a snapshot did not reach the connection: it is made again.
    pub fn resync_undelivered(&mut self, id: InstrumentId) {
        if let Some(market) = self.markets.get_mut(id.index()) {
            market.resync_undelivered();
        }
    }

    /// Closes liquidity columns and asks for what is due. `ask` receives commands for the market connection.
    pub fn tick(&mut self, now: Now, link: LinkLife, catalogue: &Catalogue, ask: &mut Vec<SessionCommand>) {
        self.close_columns(now, link);
        if now.mono >= self.next_confirm {
            // A silent connection is asked nothing, but what was due must not stay due.
            let has_asked = link == LinkLife::Alive && self.ask_next(now.mono, ask);
            self.next_confirm = now.mono + if has_asked { CONFIRM_PACE } else { CONFIRM_IDLE };
        }
        if self.products.has_expired(now.utc) {
            self.products.relist(catalogue, now.utc);
            self.dirt.raise(Dirt::Changed);
        }
    }

    fn close_columns(&mut self, now: Now, link: LinkLife) {
        let Some(due) = self.next_column.filter(|due| now.mono >= *due) else { return };
        let late = now.mono.since(due);
        let missed = u32::try_from(late.as_nanos() / heat::COLUMN.as_nanos()).unwrap_or(u32::MAX);
        self.next_column = Some(due + heat::COLUMN.saturating_mul(missed.saturating_add(1)));
        let mut scratch = std::mem::take(&mut self.scratch);
        for at in 0..self.watched.len() {
            let id = self.watched[at];
            self.touch(id, Dirt::Quiet, |market| market.close_heat_column(now.utc, link, &mut scratch));
        }
        self.scratch = scratch;
    }

    /// Asks about the next book in turn that needs it; false when none does.
    fn ask_next(&mut self, now: Instant, ask: &mut Vec<SessionCommand>) -> bool {
        let count = self.markets.len();
        for step in 0..count {
            let at = (self.confirm_cursor + step) % count;
            let market = &mut self.markets[at];
            let id = InstrumentId(at as u32);
            if market.lacks_resync() {
                market.take_resync();
                ask.push(SessionCommand::Resync(id));
            } else if market.wants_confirm(now, QUIET_BOOK, CONFIRM_AGAIN) {
                market.confirm_asked(now);
                ask.push(SessionCommand::Confirm(id));
            } else {
                continue;
            }
            self.confirm_cursor = at + 1;
            return true;
        }
        false
    }

    /// When [`tick`](Self::tick) is due.
    pub fn deadline(&self, link: LinkLife) -> Option<Instant> {
        let confirm = (link == LinkLife::Alive && !self.markets.is_empty()).then_some(self.next_confirm);
        [self.next_column, confirm].into_iter().flatten().min()
    }

    /// The worst that has happened to the picture since the last publish.
    pub fn dirt(&self) -> Dirt {
        self.dirt
    }

    /// Instruments whose picture is out of date.
    pub fn dirty(&self) -> &[InstrumentId] {
        &self.dirty
    }

    /// Rebuilds what is out of date in `pictures`.
    pub fn publish(&mut self, pictures: &mut Vec<Arc<MarketView>>) {
        for market in self.markets.iter().skip(pictures.len()) {
            pictures.push(market.shown().clone());
        }
        for id in self.dirty.drain(..) {
            let market = &mut self.markets[id.index()];
            market.dirt = Dirt::Clean;
            pictures[id.index()] = market.paint();
        }
        self.dirt = Dirt::Clean;
    }

    pub fn products(&mut self) -> Arc<Vec<ProductView>> {
        self.products.share()
    }

    pub fn digest(&self, digest: &mut Digest) {
        for market in &self.markets {
            market.digest(digest);
        }
    }
}

/// A book whose content proved wrong.
#[derive(Debug)]
pub struct Found {
    pub why: BookLoss,
    /// The snapshot to ask for, unless one is on its way.
    pub ask: Option<SessionCommand>,
}
