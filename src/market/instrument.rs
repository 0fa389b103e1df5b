//! One instrument's market: its book and what is believed of it, ticker, tape, last trade, volume at price, liquidity history.
//!
//! While `loss` is set the book keeps its last content for the eye, but takes no change until a snapshot replaces it.

use std::sync::Arc;
use std::time::Duration;

use super::heat::Heat;
use super::profile::Profile;
use super::seen::SeenSeqs;
use crate::base::digest::Digest;
use crate::base::log::Log;
use crate::base::time::{Instant, Now, Utc};
use crate::domain::book::{Book, Level};
use crate::domain::event::{BookLoss, LevelChange, Ticker, Trade};
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::number::{Price, Qty, Side};
use crate::view::book::{Belief, BookState, BookView};
use crate::view::dirt::Dirt;
use crate::view::market::{LastTrade, MarketView, TapeRow, VenueImplied};
use crate::view::session::LinkView;

/// A ticker that contradicts a book which has not changed since: after this long the venue is asked.
pub const DISAGREEMENT: Duration = Duration::from_secs(2);
/// No venue's prices and sizes come near: ten million a unit, a billion contracts.
const MAX_PRICE: i64 = 10_i64.pow(16);
const MAX_QTY: i64 = 10_i64.pow(15);

#[derive(Clone, Debug)]
pub struct Market {
    id: InstrumentId,
    book: Book,
    change_id: u64,
    utc: Option<Utc>,
    received: Instant,
    confirmed: Instant,
    loss: Option<BookLoss>,
    is_halted: bool,
    /// Not listed any more.
    is_ended: bool,
    /// A snapshot was asked for and has not come.
    awaits_resync: bool,
    /// Since when a ticker has contradicted the book.
    disagrees_since: Option<Instant>,
    /// When the venue was last asked for its change id.
    asked: Instant,
    ticker: Option<Arc<Ticker>>,
    implied: VenueImplied,
    last: Option<(u64, LastTrade)>,
    seen_trades: SeenSeqs,
    tape: Log<TapeRow>,
    profile: Profile,
    /// Trades stamped earlier belong to a session that is settled.
    settled: Option<Utc>,
    heat: Option<Heat>,
    pub(super) dirt: Dirt,
    shown: Arc<MarketView>,
    /// The picture before `shown`: its memory is used again once the screen has let go of it.
    spare: Option<Arc<MarketView>>,
}

impl Market {
    pub fn new(id: InstrumentId, terms: &Instrument) -> Self {
        let empty = MarketView::new(id);
        Self {
            id,
            book: Book::new(terms.tick),
            change_id: 0,
            utc: None,
            received: Instant::default(),
            confirmed: Instant::default(),
            loss: Some(BookLoss::Awaiting),
            is_halted: terms.is_halted,
            is_ended: !terms.is_active,
            awaits_resync: false,
            disagrees_since: None,
            asked: Instant::default(),
            ticker: None,
            implied: VenueImplied::default(),
            last: None,
            seen_trades: SeenSeqs::default(),
            tape: empty.tape.clone(),
            profile: Profile::default(),
            settled: None,
            heat: None,
            dirt: Dirt::Urgent,
            shown: Arc::new(empty),
            spare: None,
        }
    }

    /// The venue changed the terms or the listing.
    pub fn relist(&mut self, terms: &Instrument) {
        self.is_halted = terms.is_halted;
        self.is_ended = !terms.is_active;
        if self.is_halted || self.is_ended {
            self.implied = VenueImplied::default();
        }
        if self.book.tick() != terms.tick {
            self.implied = VenueImplied::default();
            self.book = Book::new(terms.tick);
            self.loss = Some(BookLoss::Awaiting);
        }
    }

    pub fn book(&self) -> &Book {
        &self.book
    }

    pub fn ticker(&self) -> Option<&Ticker> {
        self.ticker.as_deref()
    }

    pub fn loss(&self) -> Option<BookLoss> {
        self.loss
    }

    /// As the screen would show it now.
    pub fn state_at(&self, link: &LinkView, now: Now) -> BookState {
        let is_empty = self.book.best(Side::Bid).is_none() && self.book.best(Side::Ask).is_none();
        let (is_halted, is_ended) = (self.is_halted, self.is_ended);
        Belief { loss: self.loss, is_halted, is_ended, is_empty, confirmed: self.confirmed }.state_at(link, now)
    }

    /// The venue's time of the last change.
    pub fn book_utc(&self) -> Option<Utc> {
        self.utc
    }

    /// Marks the book as not to be believed. Returns whether that is news.
    pub fn lose(&mut self, why: BookLoss) -> bool {
        let is_news = self.loss != Some(why);
        self.loss = Some(why);
        self.disagrees_since = None;
        if why == BookLoss::Disconnected {
            self.awaits_resync = false;
            // Nothing of it is asked for again: the next ticker says it anew.
            self.implied = VenueImplied::default();
        }
        is_news
    }

    /// True once per loss: the caller must ask for a snapshot.
    pub fn take_resync(&mut self) -> bool {
        !std::mem::replace(&mut self.awaits_resync, true)
    }

    /// The request for a snapshot never left.
    pub fn resync_undelivered(&mut self) {
        self.awaits_resync = false;
    }

    /// Whether a loss waits for a snapshot that nobody has asked for.
    pub fn lacks_resync(&self) -> bool {
        matches!(self.loss, Some(BookLoss::Inconsistent | BookLoss::Crossed)) && !self.awaits_resync
    }

    /// Replaces the book.
    ///
    /// # Errors
    /// What is wrong with the content; the book is then lost.
    pub fn apply_snapshot(
        &mut self,
        change_id: u64,
        utc: Utc,
        levels: &[LevelChange],
        received: Instant,
    ) -> Result<(), BookLoss> {
        self.book.clear();
        self.awaits_resync = false;
        self.stamp(change_id, utc, received);
        self.loss = None;
        let is_whole = levels.iter().all(|l| {
            l.qty.0 > 0 && is_plausible(l, self.book.tick()) && self.book.set(l.side, l.price, l.qty).is_zero()
        });
        self.check(is_whole)
    }

    /// Applies one change; the order within it is free, only its outcome is judged. Ignored while the book is lost.
    ///
    /// # Errors
    /// What is wrong with the outcome; the book is then lost.
    pub fn apply_change(
        &mut self,
        change_id: u64,
        utc: Utc,
        levels: &[LevelChange],
        received: Instant,
    ) -> Result<(), BookLoss> {
        if self.loss.is_some() {
            return Ok(());
        }
        let mut is_whole = true;
        for l in levels {
            if l.qty.0 < 0 || !is_plausible(l, self.book.tick()) {
                is_whole = false;
                break;
            }
            let before = self.book.set(l.side, l.price, l.qty);
            is_whole &= !(l.qty.is_zero() && before.is_zero());
        }
        self.stamp(change_id, utc, received);
        self.check(is_whole)
    }

    fn stamp(&mut self, change_id: u64, utc: Utc, received: Instant) {
        self.change_id = change_id;
        self.utc = Some(utc);
        self.received = received;
        self.confirmed = received;
        self.disagrees_since = None;
    }

    fn check(&mut self, is_whole: bool) -> Result<(), BookLoss> {
        let wrong = if !is_whole {
            BookLoss::Inconsistent
        } else if self.book.is_crossed() {
            BookLoss::Crossed
        } else {
            return Ok(());
        };
        self.lose(wrong);
        Err(wrong)
    }

    /// The venue's change id is ours.
    pub fn confirm(&mut self, change_id: u64, at: Instant) {
        if self.loss.is_none() && change_id == self.change_id {
            self.confirmed = at;
            self.disagrees_since = None;
        }
    }

    /// A ticker with our best and its size confirms the book. One that contradicts it is remembered: the two travel on different
    /// channels, so only a contradiction that outlives [`DISAGREEMENT`] without any change of the book means anything.
    pub fn apply_ticker(&mut self, ticker: Ticker, received: Instant) {
        let is_older = self.ticker.as_ref().is_some_and(|t| t.utc > ticker.utc);
        if is_older {
            return;
        }
        self.settle(&ticker);
        if self.loss.is_none() {
            if self.agrees(&ticker) {
                self.confirmed = received;
                self.disagrees_since = None;
            } else if self.utc.is_none_or(|book| ticker.utc >= book) {
                self.disagrees_since.get_or_insert(received);
            }
        }
        // One order must be able to stand there.
        let tick = self.book.tick();
        let levels = ticker.implied.map(|level| level.filter(|level| level.qty.0 > 0 && level.price.is_on(tick)));
        self.implied = VenueImplied { levels, received };
        match self.ticker.as_mut().and_then(Arc::get_mut) {
            Some(place) => *place = ticker,
            None => self.ticker = Some(Arc::new(ticker)),
        }
    }

    fn agrees(&self, ticker: &Ticker) -> bool {
        let same = |side, price: Option<Price>, qty: Qty| match self.book.best(side) {
            Some(best) => price == Some(best.price) && qty == best.qty,
            None => price.is_none(),
        };
        same(Side::Bid, ticker.best_bid, ticker.best_bid_qty) && same(Side::Ask, ticker.best_ask, ticker.best_ask_qty)
    }

    /// A new settlement price, or a day's volume that fell, begins a new session's profile.
    fn settle(&mut self, new: &Ticker) {
        let Some(old) = &self.ticker else { return };
        let is_settled = old.settlement.is_some() && old.settlement != new.settlement || new.volume < old.volume;
        if is_settled {
            self.profile.clear();
            self.settled = Some(new.utc);
        }
    }

    /// Whether the venue should now be asked for its change id: contradicted for long, or unconfirmed for `quiet`.
    pub fn wants_confirm(&self, now: Instant, quiet: Duration, again: Duration) -> bool {
        let is_due = self.disagrees_since.is_some_and(|since| now.since(since) >= DISAGREEMENT)
            || now.since(self.confirmed) >= quiet;
        self.loss.is_none()
            && !self.is_ended
            && is_due
            && (self.asked == Instant::default() || now.since(self.asked) >= again)
    }

    pub fn confirm_asked(&mut self, now: Instant) {
        self.asked = now;
    }

    /// Returns whether the trade was new.
    pub fn apply_trade(&mut self, trade: Trade, received: Instant) -> bool {
        let is_plausible =
            trade.qty.0 > 0 && trade.qty.0 <= MAX_QTY && trade.price.0.unsigned_abs() <= MAX_PRICE as u64;
        if !is_plausible || !self.seen_trades.insert(trade.seq) {
            return false;
        }
        if !trade.is_spread_leg {
            if self.last.is_none_or(|(seq, _)| seq < trade.seq) {
                let last = LastTrade {
                    price: trade.price,
                    qty: trade.qty,
                    aggressor: trade.aggressor,
                    utc: trade.utc,
                    received,
                };
                self.last = Some((trade.seq, last));
            }
            if self.settled.is_none_or(|settled| trade.utc >= settled) {
                self.profile.add(trade.price, trade.qty);
            }
            if let Some(heat) = &mut self.heat {
                heat.note_trade(trade.price, trade.qty, trade.aggressor);
            }
        }
        self.tape.push(TapeRow::Trade(trade));
        true
    }

    /// Trades after `since` were missed for good.
    pub fn apply_trades_lost(&mut self, since: Utc, until: Utc) {
        self.tape.push(TapeRow::Gap { since, until });
    }

    pub fn watch(&mut self, is_watched: Watched) {
        match is_watched {
            Watched::Yes if self.heat.is_none() => self.heat = Some(Heat::default()),
            Watched::No => self.heat = None,
            Watched::Yes => {}
        }
    }

    pub fn close_heat_column(&mut self, utc: Utc, link: LinkLife, scratch: &mut Vec<Level>) {
        if let Some(heat) = &mut self.heat {
            let is_live = link == LinkLife::Alive && self.loss.is_none() && !self.is_halted && !self.is_ended;
            heat.close_column(utc, is_live.then_some(&self.book), scratch);
        }
    }

    /// The picture as last published.
    pub fn shown(&self) -> &Arc<MarketView> {
        &self.shown
    }

    /// Paints a new picture, in the memory of the one before the last where the screen has let go of it.
    pub fn paint(&mut self) -> Arc<MarketView> {
        let mut next = self.spare.take().unwrap_or_else(|| Arc::new(MarketView::new(self.id)));
        if Arc::get_mut(&mut next).is_none() {
            next = Arc::new(MarketView::new(self.id));
        }
        if let Some(view) = Arc::get_mut(&mut next) {
            self.write(view);
        }
        self.spare = Some(std::mem::replace(&mut self.shown, next));
        self.shown.clone()
    }

    fn write(&mut self, view: &mut MarketView) {
        let book = &mut view.book;
        book.bids.clear();
        book.asks.clear();
        self.book.copy_levels(Side::Bid, usize::MAX, &mut book.bids);
        self.book.copy_levels(Side::Ask, usize::MAX, &mut book.asks);
        *book = BookView {
            bids: std::mem::take(&mut book.bids),
            asks: std::mem::take(&mut book.asks),
            change_id: self.change_id,
            digest: self.book.digest(),
            utc: self.utc,
            received: self.received,
            confirmed: self.confirmed,
            loss: self.loss,
            is_halted: self.is_halted,
            is_ended: self.is_ended,
        };
        view.ticker.clone_from(&self.ticker);
        view.implied = self.implied;
        view.last = self.last.map(|(_, last)| last);
        view.tape.clone_from(&self.tape);
        view.volume_at_price = self.profile.share();
        view.vwap = self.profile.vwap();
        match &self.heat {
            Some(heat) => view.heat.clone_from(heat.columns()),
            None if !view.heat.is_empty() => view.heat = Heat::default().columns().clone(),
            None => {}
        }
    }

    /// Feeds what is business state, not presentation.
    pub fn digest(&self, digest: &mut Digest) {
        digest.word(self.book.digest());
        digest.word(self.change_id);
        digest.word(u64::from(self.loss.is_some()) | u64::from(self.is_halted) << 1 | u64::from(self.is_ended) << 2);
        digest.word(self.tape.next_seq());
        digest.word(self.last.map_or(0, |(_, last)| last.price.0 as u64));
        digest.word(self.profile.vwap().map_or(0, |p| p.0 as u64));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    Yes,
    No,
}

/// Whether the market connection is up and speaking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkLife {
    Alive,
    Silent,
}

fn is_plausible(level: &LevelChange, tick: Price) -> bool {
    level.qty.0 <= MAX_QTY && level.price.0.unsigned_abs() <= MAX_PRICE as u64 && level.price.is_on(tick)
}
