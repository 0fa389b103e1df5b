//! The auction that opens a book: one price for everything that trades in it.
//!
//! The price is the one at which most contracts trade; among those, the one that leaves least over; if what is left over lies on one side
//! wherever one looks, the price goes that way to the end (market pressure); else it is the one nearest to the last trade, or to the mark
//! where nothing has traded. Orders trade by price, then time. The younger of two that meet pays as taker.

use super::clearing::Taker;
use super::command::OrderId;
use super::event::{CancelReason, Events};
use super::{AccountId, Engine, ListingId};
use crate::base::time::Utc;
use crate::domain::number::{Price, Qty, Side};
use crate::exchange::catalogue::Listing;

/// What an auction would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncross {
    pub ticks: i64,
    /// In units of `Qty`.
    pub volume: i64,
    /// Left over at this price: bought more than sold when positive.
    pub surplus: i64,
}

/// Finds the price of two sides, each a list of ticks and quantity, best first. `None` when they do not meet.
pub fn uncross(bids: &[(i64, i64)], asks: &[(i64, i64)], reference: i64) -> Option<Uncross> {
    let (&(highest, _), &(lowest, _)) = (bids.first()?, asks.first()?);
    let at = |ticks: i64| {
        let demand: i64 = bids.iter().take_while(|(price, _)| *price >= ticks).map(|(_, qty)| qty).sum();
        let supply: i64 = asks.iter().take_while(|(price, _)| *price <= ticks).map(|(_, qty)| qty).sum();
        Uncross { ticks, volume: demand.min(supply), surplus: demand - supply }
    };
    // Demand and supply only change beside prices of orders.
    let near = bids.iter().chain(asks).flat_map(|(price, _)| [price - 1, *price, price + 1]);
    let mut best: Vec<Uncross> = Vec::new();
    for found in near.filter(|ticks| (lowest..=highest).contains(ticks)).map(at) {
        let rank = |u: &Uncross| (u.volume, -u.surplus.abs());
        match best.first().map(|first| rank(&found).cmp(&rank(first))) {
            Some(std::cmp::Ordering::Less) => {}
            Some(std::cmp::Ordering::Equal) => best.push(found),
            Some(std::cmp::Ordering::Greater) | None => best = vec![found],
        }
    }
    let (low, high) = (best.iter().min_by_key(|u| u.ticks)?, best.iter().max_by_key(|u| u.ticks)?);
    if best.iter().all(|u| u.surplus > 0) {
        return Some(*high);
    }
    if best.iter().all(|u| u.surplus < 0) {
        return Some(*low);
    }
    Some(at(reference.clamp(low.ticks, high.ticks)))
}

impl Engine {
    /// What the auction of a book would do now.
    pub fn indicative(&self, id: ListingId) -> Option<(Price, Qty)> {
        let tick = self.catalogue.get(id)?.tick;
        self.would_uncross(id).map(|found| (Price::from_ticks(found.ticks, tick), Qty(found.volume)))
    }

    fn would_uncross(&self, id: ListingId) -> Option<Uncross> {
        let tick = self.catalogue.get(id)?.tick;
        let book = &self.books[id.index()];
        let (best_bid, best_ask) = (book.best_ticks(Side::Bid)?, book.best_ticks(Side::Ask)?);
        if best_bid < best_ask {
            return None;
        }
        let [bids, asks] = Side::BOTH.map(|side| {
            let mut levels = Vec::new();
            book.copy_levels(side, usize::MAX, &mut levels);
            levels.iter().map(|level| (level.price.ticks(tick), level.qty.0)).collect::<Vec<_>>()
        });
        let reference = self.clearing.markets[id.index()].stats.last.or_else(|| self.clearing.mark(id));
        uncross(&bids, &asks, reference.map_or(best_bid, |price| price.round_to(tick).ticks(tick)))
    }

    /// Trades everything that meets, at one price. What reduce-only orders cannot give is auctioned once more,
    /// and so are the next slices of icebergs.
    pub(super) fn uncross(&mut self, now: Utc, listing: &Listing, out: &mut Events) {
        if self.would_uncross(listing.id).is_none() {
            return;
        }
        self.part_selves(now, listing.id, out);
        while let Some(found) = self.would_uncross(listing.id) {
            let mut left = found.volume;
            while left > 0 {
                let Some(traded) = self.meet_once(now, listing, found.ticks, left, out) else { break };
                left -= traded;
            }
        }
        self.touched.push(listing.id);
        self.follow(listing.id, now);
    }

    /// The first of both queues meet at `ticks`. `None` when they do not reach it any more.
    fn meet_once(&mut self, now: Utc, listing: &Listing, ticks: i64, most: i64, out: &mut Events) -> Option<i64> {
        let Self { books, nodes, clearing, .. } = self;
        let book = &mut books[listing.id.index()];
        let (bid_ticks, bid) = book.front(Side::Bid)?;
        let (ask_ticks, ask) = book.front(Side::Ask)?;
        if bid_ticks < ticks || ask_ticks > ticks {
            return None;
        }
        let (younger, side) = if nodes.get(bid).id > nodes.get(ask).id { (bid, Side::Bid) } else { (ask, Side::Ask) };
        let node = *nodes.get(younger);
        let (usable, otherwise) = clearing.usable(&node, younger, listing.id);
        let want = most.min(usable);
        if want == 0 {
            self.withdraw(younger, otherwise, now, out);
            return Some(0);
        }
        let taker = Taker { slot: younger, id: node.id, account: node.account, listing: listing.id, side };
        let price = Price::from_ticks(ticks, listing.tick);
        let left = book.take(nodes, side, ticks, want, |maker, at, _, offer| {
            clearing.meet(now, taker, (maker, at), (price, offer), out)
        });
        let traded = want - left;
        clearing.work_part(node.account, listing.id, side, -Qty(traded));
        if traded == node.qty {
            let own = if side == Side::Bid { bid_ticks } else { ask_ticks };
            book.remove(nodes, younger);
            clearing.report(younger, out);
            match nodes.hidden(younger) {
                0 => nodes.release(younger),
                hidden => book.rest(nodes, younger, own, hidden),
            }
        } else {
            book.deplete(nodes, younger, traded);
            clearing.report(younger, out);
        }
        Some(traded)
    }

    /// Self-match prevention before an auction: of an account's own orders that would meet, the older one goes.
    fn part_selves(&mut self, now: Utc, listing: ListingId, out: &mut Events) {
        for account in (0..self.clearing.ledgers.len() as u32).map(AccountId) {
            let mut sides: [Vec<(Price, OrderId)>; 2] = [Vec::new(), Vec::new()];
            for order in self.open_orders(account).filter(|order| order.listing == listing) {
                sides[order.side as usize].extend(order.price.map(|price| (price, order.id)));
            }
            let [mut bids, mut asks] = sides;
            bids.sort_unstable_by_key(|(price, id)| (std::cmp::Reverse(*price), *id));
            asks.sort_unstable();
            let (mut bids, mut asks) = (bids.into_iter().peekable(), asks.into_iter().peekable());
            while let (Some(&bid), Some(&ask)) = (bids.peek(), asks.peek()) {
                if bid.0 < ask.0 {
                    break;
                }
                let older = if bid.1 < ask.1 { bids.next() } else { asks.next() };
                if let Some(slot) = older.and_then(|(_, id)| self.nodes.slot(id)) {
                    self.withdraw(slot, CancelReason::SelfMatch, now, out);
                }
            }
        }
    }
}
