//! What must be true of every published View, and of the terminal as a whole once everything is quiet.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tenor::base::time::{Instant, Now};
use tenor::domain::book::{Level, level_digest};
use tenor::domain::instrument::InstrumentId;
use tenor::domain::number::{Money, Qty, Side};
use tenor::exchange::accounts::AccountId;
use tenor::exchange::catalogue::ListingId;
use tenor::exchange::engine::{Engine, Order};
use tenor::view::View;
use tenor::view::book::BOOK_UNCONFIRMED;
use tenor::view::market::MarketView;

/// Change ids are remembered for longer than any book may be behind.
const MEMORY: Duration = Duration::from_secs(90);

#[derive(Debug, Default)]
pub struct Oracle {
    /// By listing: change ids of the exchange's book and since when, oldest first.
    history: Vec<VecDeque<(u64, Instant)>>,
    listings: BTreeMap<InstrumentId, ListingId>,
    seen: Vec<Arc<MarketView>>,
    last_version: u64,
    pub views: u64,
    /// Live books that were compared.
    pub compared: u64,
}

impl Oracle {
    /// Notes what the exchange's books have come to.
    pub fn observe(&mut self, now: Instant, engine: &Engine) {
        let count = engine.catalogue().all().len();
        self.history.resize_with(count, VecDeque::new);
        for (at, history) in self.history.iter_mut().enumerate() {
            let change_id = engine.change_id(ListingId(at as u32));
            if history.back().is_none_or(|(last, _)| *last != change_id) {
                history.push_back((change_id, now));
                while history.front().is_some_and(|(_, since)| now.since(*since) > MEMORY) && history.len() > 1 {
                    history.pop_front();
                }
            }
        }
    }

    /// Every book that the view calls live has been the exchange's, and no longer ago than a loss may go unnoticed.
    pub fn check(&mut self, view: &View, now: Now, engine: &Engine) -> Result<(), String> {
        if view.version <= self.last_version {
            return Err(format!("view {} after {}", view.version, self.last_version));
        }
        self.last_version = view.version;
        self.views += 1;
        for (at, market) in view.markets.iter().enumerate() {
            let id = InstrumentId(at as u32);
            let is_new = self.seen.get(at).is_none_or(|seen| !Arc::ptr_eq(seen, market));
            if !view.book_state(id, now).is_live() {
                continue;
            }
            let Some(listing) = self.listing(view, id, engine) else {
                return Err(format!("{id:?} is live and not listed"));
            };
            self.compared += 1;
            self.check_live(listing, market, is_new, now, engine)
                .map_err(|wrong| format!("{}: {wrong}", name(view, id)))?;
        }
        self.seen.clone_from(&view.markets);
        Ok(())
    }

    fn check_live(
        &self,
        listing: ListingId,
        market: &MarketView,
        is_new: bool,
        now: Now,
        engine: &Engine,
    ) -> Result<(), String> {
        let book = &market.book;
        if is_new && digest(&book.bids, &book.asks) != book.digest {
            return Err("its levels do not have its digest".to_owned());
        }
        let theirs = engine.digest_at(listing, book.change_id);
        if theirs != Some(book.digest) {
            return Err(format!("live at {} with digest {}, theirs {theirs:?}", book.change_id, book.digest));
        }
        let history = &self.history[listing.index()];
        let next = history.partition_point(|(change_id, _)| *change_id <= book.change_id);
        match history.get(next) {
            Some((newer, since)) if now.mono.since(*since) > BOOK_UNCONFIRMED => {
                Err(format!("live at {} though {newer} came {:?} ago", book.change_id, now.mono.since(*since)))
            }
            _ => Ok(()),
        }
    }

    fn listing(&mut self, view: &View, id: InstrumentId, engine: &Engine) -> Option<ListingId> {
        if let Some(known) = self.listings.get(&id) {
            return Some(*known);
        }
        let listing = engine.catalogue().find(&view.instrument(id)?.symbol)?.id;
        self.listings.insert(id, listing);
        Some(listing)
    }
}

fn digest(bids: &[Level], asks: &[Level]) -> u64 {
    let sum = |side: Side, levels: &[Level]| {
        levels.iter().fold(0_u64, |sum, level| sum.wrapping_add(level_digest(side, level.price, level.qty)))
    };
    sum(Side::Bid, bids).wrapping_add(sum(Side::Ask, asks))
}

fn name(view: &View, id: InstrumentId) -> String {
    view.instrument(id).map_or_else(|| format!("{id:?}"), |instrument| instrument.symbol.to_string())
}

/// Where the terminal is not the exchange's image: books level by level, orders, positions, money. To be asked when nothing moves.
pub fn difference(view: &View, now: Now, engine: &Engine, account: AccountId) -> Option<String> {
    books(view, now, engine)
        .or_else(|| orders(view, engine, account))
        .or_else(|| positions(view, engine, account))
        .or_else(|| money(view, engine, account))
}

fn books(view: &View, now: Now, engine: &Engine) -> Option<String> {
    for listing in engine.catalogue().active() {
        let symbol = &listing.symbol;
        let Some(id) = view.catalogue.find(symbol) else { return Some(format!("{symbol} is not listed")) };
        let state = view.book_state(id, now);
        if !state.is_live() {
            return Some(format!("{symbol} is {}", state.word()));
        }
        let book = &view.market(id)?.book;
        for side in Side::BOTH {
            let mut theirs = Vec::new();
            engine.copy_levels(listing.id, side, usize::MAX, &mut theirs);
            if book.levels(side) != theirs || book.change_id != engine.change_id(listing.id) {
                return Some(format!("{symbol} {side:?}: ours {:?}, theirs {theirs:?}", book.levels(side)));
            }
        }
    }
    None
}

fn orders(view: &View, engine: &Engine, account: AccountId) -> Option<String> {
    if let Some(pending) = view.trading.orders.iter().find(|order| order.phase.is_pending()) {
        return Some(format!("an order is {}: {pending:?}", pending.phase.word()));
    }
    let theirs: BTreeMap<String, &Order> = engine.open_orders(account).map(|o| (o.id.0.to_string(), o)).collect();
    let mut count = 0;
    for ours in view.trading.orders.iter().filter(|order| order.phase.is_open()) {
        count += 1;
        let same = ours.venue_order.as_ref().and_then(|id| theirs.get(&*id.0));
        let is_same = same.is_some_and(|theirs| {
            (theirs.price, theirs.qty, theirs.filled, theirs.side) == (ours.price, ours.qty, ours.filled, ours.side)
        });
        if !is_same {
            return Some(format!("order: ours {ours:?}, theirs {same:?}"));
        }
    }
    (count != theirs.len()).then(|| format!("{count} open orders, theirs {theirs:?}"))
}

fn positions(view: &View, engine: &Engine, account: AccountId) -> Option<String> {
    let ours = |symbol: &str| {
        let id = view.catalogue.find(symbol);
        view.trading.positions.iter().find(|position| Some(position.instrument) == id)
    };
    engine.positions(account).iter().find_map(|theirs| {
        let symbol = &engine.catalogue().get(theirs.listing)?.symbol;
        let ours = ours(symbol);
        let net = ours.map_or(Qty::ZERO, |position| position.net);
        let profit = ours.map_or(Money::ZERO, |p| p.realised + p.open_pl.unwrap_or_default());
        let fees = ours.map_or(Money::ZERO, |position| position.fees);
        let is_same = net == theirs.net && fees == theirs.fees && is_close(profit, theirs.realised + theirs.floating);
        (!is_same).then(|| format!("{symbol}: ours {ours:?}, theirs {theirs:?}"))
    })
}

fn money(view: &View, engine: &Engine, account: AccountId) -> Option<String> {
    let theirs = engine.portfolio(account)?;
    let profit = theirs.total_pl - theirs.fees;
    let ours = view.trading.session_pl();
    let told = view.trading.account.as_ref().map(|account| account.equity);
    let is_same =
        ours.is_some_and(|ours| is_close(ours, profit)) && told.is_some_and(|told| is_close(told, theirs.equity));
    (!is_same).then(|| format!("profit {ours:?}, theirs {profit}; equity {told:?}, theirs {}", theirs.equity))
}

/// To a hundredth of a cent: both round shares of a cost, at different digits.
fn is_close(a: Money, b: Money) -> bool {
    (a - b).0.abs() <= 100_000
}
