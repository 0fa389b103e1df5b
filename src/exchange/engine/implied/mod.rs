//! Trading with orders of other books: a spread with the orders of its legs, an outright with a spread and the orders of its other legs.
//!
//! Every resting order trades at its own price, from the front of its queue; what they leave over goes to the order that came last. All
//! of them trade or none does. What stands in the way of a trade leaves first: the resting order of whoever would trade with himself (of two
//! resting ones the younger), and reduce-only orders that have too little to reduce.

mod clear;
mod routes;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::routes::Routes;
use self::routes::{Route, Step};
use super::book::{Node, Verdict};
use super::clearing::{Taker, for_legs};
use super::command::OrderId;
use super::event::{CancelReason, Events};
use super::phase::Phase;
use super::session::reach;
use super::terms::PairId;
use super::{AccountId, Engine, ListingId};
use crate::base::digest::Digest;
use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::Reduce;
use crate::exchange::catalogue::Listing;

/// What a route costs: `total` for `lots`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    route: usize,
    /// Sum of price × lots.
    total: i64,
    lots: i64,
}

impl Offer {
    /// Exact: routes whose total does not divide are no offers.
    pub(super) fn price(self) -> Price {
        Price(self.total / self.lots)
    }

    /// Less is better for an order on `side`; of equal prices the first route.
    fn rank(self, side: Side) -> (i64, usize) {
        (self.price().0 * side.sign(), self.route)
    }
}

/// What a fill-or-kill order would have used up so far.
#[derive(Debug, Default)]
pub(super) struct Spent {
    /// By slot.
    taken: BTreeMap<u32, i64>,
    moved: BTreeMap<(AccountId, ListingId), i64>,
}

/// One resting order's part in a trade.
#[derive(Clone, Copy, Debug)]
struct Part {
    slot: u32,
    listing: ListingId,
    node: Node,
    price: Price,
    qty: i64,
}

enum Plan {
    Trade {
        parts: Vec<Part>,
        units: i64,
    },
    /// This order must leave first.
    Obstacle(u32, CancelReason),
    /// The books have nothing for it.
    Nothing,
}

const LOT: i64 = Qty::lots(1).0;
/// Trades that are looked at to tell what can be had at an implied price.
const MOST_LOOKS: usize = 32;
/// Who asks for a price and trades with nobody.
const NOBODY: AccountId = AccountId(u32::MAX);

impl Engine {
    /// The best price over other books for an order of at most `most` lots on `side`.
    pub(super) fn implied_offer(&self, listing: ListingId, side: Side, most: i64, spent: &Spent) -> Option<Offer> {
        let mut best: Option<Offer> = None;
        for (at, route) in self.routes.get(listing, side).iter().enumerate().filter(|(_, route)| route.lots <= most) {
            let Some(total) = self.total(route, side, spent) else { continue };
            let offer = Offer { route: at, total, lots: route.lots };
            let is_better = |best: Offer| (offer.total * best.lots - best.total * offer.lots) * side.sign() < 0;
            if best.is_none_or(is_better) {
                best = Some(offer);
            }
        }
        best
    }

    /// What every route costs an order on `side` while nothing is spent, the best first.
    fn offers(&self, routes: &[Route], side: Side) -> Vec<Offer> {
        let unspent = Spent::default();
        let offer = |(at, route): (usize, &Route)| {
            Some(Offer { route: at, total: self.total(route, side, &unspent)?, lots: route.lots })
        };
        let mut offers: Vec<Offer> = routes.iter().enumerate().filter_map(offer).collect();
        offers.sort_by_key(|offer| offer.rank(side));
        offers
    }

    /// The best of `offers` now that some of it is spent, which makes none of them better.
    fn best_left(&self, routes: &[Route], offers: &[Offer], side: Side, spent: &Spent) -> Option<Offer> {
        let mut best: Option<Offer> = None;
        for bound in offers {
            if best.is_some_and(|best| best.rank(side) < bound.rank(side)) {
                break;
            }
            let Some(total) = self.total(&routes[bound.route], side, spent) else { continue };
            let offer = Offer { total, ..*bound };
            if best.is_none_or(|best| offer.rank(side) < best.rank(side)) {
                best = Some(offer);
            }
        }
        best
    }

    /// What an order on `side` pays, or gets, for one unit of a route.
    fn total(&self, route: &Route, side: Side, spent: &Spent) -> Option<i64> {
        let mut total = 0_i64;
        for step in &route.steps {
            let cost = self.cost(*step, spent)?;
            total = total.checked_sub(cost.checked_mul(step.side.sign() * side.sign())?)?;
        }
        (total % route.lots == 0).then_some(total)
    }

    /// Price × lots of the next lots of one book.
    fn cost(&self, step: Step, spent: &Spent) -> Option<i64> {
        let book = self.books.get(step.listing.index())?;
        if step.lots == 1 && spent.taken.is_empty() {
            return book.best_price(step.side).map(|price| price.0);
        }
        let (slot, _, price, qty) = book.resting(&self.nodes, step.side).next()?;
        if qty >= step.lots * LOT && !spent.taken.contains_key(&slot) {
            return price.0.checked_mul(step.lots);
        }
        let (mut cost, mut left) = (0_i64, step.lots);
        let mut spent = spent.taken.clone();
        for (slot, _, price, qty) in book.resting(&self.nodes, step.side) {
            let lots = left.min(unspent(&mut spent, slot, qty) / LOT);
            cost = cost.checked_add(price.0.checked_mul(lots)?)?;
            left -= lots;
            if left == 0 {
                return Some(cost);
            }
        }
        None
    }

    /// The best price that other books make for a side of this one: over the legs of a spread, over one spread of two legs for an outright.
    /// Rounded to tick on the safe side, with what can be had there at least.
    pub fn implied(&self, id: ListingId, side: Side) -> Option<Level> {
        let tick = self.catalogue.get(id)?.tick;
        let (slot, order) = (u32::MAX, OrderId::default());
        let taker = Taker { slot, id: order, account: NOBODY, listing: id, side: side.opposite() };
        let routes = self.routes.get(id, taker.side);
        let rounded = |price: Price| if side == Side::Bid { price.floor_to(tick) } else { price.ceil_to(tick) };
        let mut spent = Spent::default();
        let offers = self.offers(routes, taker.side);
        let mut level: Option<Level> = None;
        for _ in 0..MOST_LOOKS {
            let Some(offer) = self.best_left(routes, &offers, taker.side, &spent) else { break };
            let (route, price) = (&routes[offer.route], rounded(offer.price()));
            if level.is_some_and(|level| level.price != price) {
                break;
            }
            match self.plan(taker, &route.steps, i64::MAX / LOT, &spent) {
                Plan::Trade { parts, units } => {
                    // What is not shown trades before what is: it must be gone when the next is counted.
                    if route.is_shown {
                        level.get_or_insert(Level { price, qty: Qty::ZERO }).qty += Qty::lots(units);
                    }
                    parts.iter().for_each(|part| spent.add(self, part));
                }
                Plan::Obstacle(slot, _) => spent.leave(slot, self.nodes.get(slot).qty + self.nodes.hidden(slot)),
                Plan::Nothing => break,
            }
        }
        level
    }

    /// Another number whenever the touch of a book that [`implied`](Self::implied) looks at is another, for either side.
    pub fn implied_basis(&self, id: ListingId) -> u64 {
        let mut digest = Digest::default();
        for route in Side::BOTH.iter().flat_map(|side| self.routes.get(id, *side)) {
            for step in &route.steps {
                let Some(book) = self.books.get(step.listing.index()) else { continue };
                let best = book.best(step.side);
                digest.word(best.map_or(u64::MAX, |best| best.price.0 as u64));
                // Over two spreads nothing is shown: only the price says whether they come first.
                if route.is_shown {
                    digest.word(best.map_or(0, |best| best.qty.0 as u64));
                }
                if step.lots > 1 {
                    digest.word(self.change_id(step.listing));
                }
            }
        }
        digest.finish()
    }

    /// Matches an order that rests nowhere with its own book and with others, best price first, its own book first at a price. Returns
    /// what is left.
    pub(super) fn match_order(&mut self, now: Utc, taker: Taker, limit: Price, qty: i64, out: &mut Events) -> i64 {
        let mut left = qty;
        loop {
            let offer = self.implied_offer(taker.listing, taker.side, left / LOT, &Spent::default());
            let offer = offer.filter(|offer| taker.side.reaches(limit, offer.price()));
            left = self.match_own(now, taker, offer.map_or(limit, Offer::price), left, out);
            let Some(offer) = offer.filter(|_| left > 0) else { return left };
            if left < offer.lots * LOT {
                continue;
            }
            let steps = self.routes.get(taker.listing, taker.side)[offer.route].steps.clone();
            match self.plan(taker, &steps, left / LOT / offer.lots, &Spent::default()) {
                Plan::Trade { parts, .. } if self.is_too_far(now, &parts).is_some() => {
                    self.halt_parts(now, &parts, out);
                    if self.phase(taker.listing) != Phase::Open {
                        return left;
                    }
                }
                Plan::Trade { parts, units } => {
                    let qty = units * offer.lots * LOT;
                    self.trade(now, taker, qty, &parts, out);
                    left -= qty;
                }
                Plan::Obstacle(slot, reason) => self.withdraw(slot, reason, now, out),
                Plan::Nothing => return left,
            }
        }
    }

    /// Finds the routes over what is open.
    pub(super) fn find_routes(&mut self) {
        let implied = self.catalogue.data().venue.implied;
        self.routes = Routes::of(&self.catalogue, implied, |spread| self.phase(spread) == Phase::Open);
    }

    /// The outright whose order would trade out of its velocity band.
    fn is_too_far(&self, now: Utc, parts: &[Part]) -> Option<Arc<Listing>> {
        let part = parts.iter().find(|part| {
            let band = self.velocity_band(&self.clearing.markets[part.listing.index()].listing, now);
            band.is_some_and(|(low, high)| part.price < low || part.price > high)
        })?;
        Some(self.clearing.markets[part.listing.index()].listing.clone())
    }

    /// Halts what would trade too far away, and with it the spreads that it is a leg of.
    fn halt_parts(&mut self, now: Utc, parts: &[Part], out: &mut Events) {
        if let Some(listing) = self.is_too_far(now, parts) {
            self.halt_for_velocity(now, &listing, out);
            self.find_routes();
        }
    }

    /// Trades whatever meets over other books, after halts and auctions: the youngest order of each circle counts as the last.
    pub(super) fn match_all(&mut self, now: Utc, out: &mut Events) {
        let spreads: Vec<ListingId> = self.catalogue.active().filter(|l| !l.legs.is_empty()).map(|l| l.id).collect();
        let nobody = |listing, side| Taker { slot: u32::MAX, id: OrderId::default(), account: NOBODY, listing, side };
        for (spread, side) in spreads.into_iter().flat_map(|spread| Side::BOTH.map(|side| (spread, side))) {
            while let Some(steps) = self.completed(spread, side, 1) {
                match self.plan(nobody(spread, side), &steps, i64::MAX / LOT, &Spent::default()) {
                    Plan::Trade { parts, .. } if self.is_too_far(now, &parts).is_some() => {
                        self.halt_parts(now, &parts, out);
                    }
                    Plan::Trade { parts, .. } => {
                        let Some(last) = parts.iter().max_by_key(|part| part.node.id) else { break };
                        let (slot, Node { id, account, side, .. }) = (last.slot, last.node);
                        let taker = Taker { slot, id, account, listing: last.listing, side };
                        self.trade(now, taker, last.qty, &parts, out);
                    }
                    Plan::Obstacle(slot, reason) => self.withdraw(slot, reason, now, out),
                    Plan::Nothing => break,
                }
            }
        }
    }

    fn match_own(&mut self, now: Utc, taker: Taker, limit: Price, qty: i64, out: &mut Events) -> i64 {
        let Self { books, nodes, clearing, .. } = self;
        let tick = clearing.markets[taker.listing.index()].listing.tick;
        let limit = if taker.side == Side::Bid { limit.floor_to(tick) } else { limit.ceil_to(tick) };
        books[taker.listing.index()].take(nodes, taker.side, limit.ticks(tick), qty, |maker, at, ticks, offer| {
            clearing.meet(now, taker, (maker, at), (Price::from_ticks(ticks, tick), offer), out)
        })
    }

    /// Trades what has become possible only because an order now rests beside others of its own book: where a route takes more lots than it
    /// brought. Returns whether it traded.
    pub(super) fn match_rested(&mut self, now: Utc, taker: Taker, out: &mut Events) -> bool {
        let mut has_traded = false;
        while self.nodes.slot(taker.id).is_some() {
            let Some(steps) = self.completed(taker.listing, taker.side, 2) else { break };
            match self.plan(taker, &steps, 1, &Spent::default()) {
                Plan::Trade { parts, .. } if self.is_too_far(now, &parts).is_some() => {
                    self.halt_parts(now, &parts, out);
                }
                Plan::Trade { parts, .. } => match parts.iter().find(|part| part.slot == taker.slot) {
                    Some(own) => {
                        self.trade(now, taker, own.qty, &parts, out);
                        has_traded = true;
                    }
                    None => break,
                },
                Plan::Obstacle(slot, reason) => self.withdraw(slot, reason, now, out),
                Plan::Nothing => break,
            }
        }
        has_traded
    }

    /// A circle of resting orders that meet each other, of which `lots` or more rest here.
    fn completed(&self, listing: ListingId, side: Side, lots: i64) -> Option<Vec<Step>> {
        let spent = Spent::default();
        self.routes.get(listing, side).iter().filter(|route| route.lots >= lots).find_map(|route| {
            let own = Step { listing, side, lots: route.lots };
            let over = self.cost(own, &spent)? - self.total(route, side, &spent)?;
            (over * side.sign() >= 0).then(|| route.steps.iter().copied().chain([own]).collect())
        })
    }

    /// Whether a fill-or-kill order fills, other books included: goes along as the trades would, and changes nothing.
    pub(super) fn could_fill(&self, now: Utc, taker: Taker, limit: Price, qty: Qty) -> bool {
        let terms = &self.clearing.markets[taker.listing.index()].listing;
        let limit = reach(taker.side, limit, self.velocity_band(terms, now));
        let mut spent = Spent::default();
        let mut left = qty.0;
        let own = Step { listing: taker.listing, side: taker.side.opposite(), lots: 1 };
        while left > 0 {
            let offer = self.implied_offer(taker.listing, taker.side, left / LOT, &spent);
            let own_price = self.cost(own, &spent).map(Price);
            let own_first = own_price.filter(|own| offer.is_none_or(|offer| taker.side.reaches(offer.price(), *own)));
            let (price, lots, steps) = match (own_first, offer) {
                (Some(price), _) => (price, 1, &[own][..]),
                (None, Some(offer)) => {
                    let route = &self.routes.get(taker.listing, taker.side)[offer.route];
                    (offer.price(), route.lots, &route.steps[..])
                }
                (None, None) => return false,
            };
            if !taker.side.reaches(limit, price) {
                return false;
            }
            match self.plan(taker, steps, left / LOT / lots, &spent) {
                Plan::Trade { parts, .. } if self.is_too_far(now, &parts).is_some() => return false,
                Plan::Trade { parts, units } => {
                    left -= units * lots * LOT;
                    parts.iter().for_each(|part| spent.add(self, part));
                }
                Plan::Obstacle(slot, _) => spent.leave(slot, self.nodes.get(slot).qty + self.nodes.hidden(slot)),
                Plan::Nothing => return false,
            }
        }
        true
    }

    /// Which orders trade for at most `units` of the way through `steps`. More than one unit only where one order of each book covers
    /// them, so that every unit costs the same.
    fn plan(&self, taker: Taker, steps: &[Step], mut units: i64, spent: &Spent) -> Plan {
        let mut parts: Vec<Part> = Vec::with_capacity(steps.len() + 1);
        for step in steps {
            let Some(book) = self.books.get(step.listing.index()) else { return Plan::Nothing };
            let first = parts.len();
            let mut needed = step.lots * LOT;
            let mut taken = spent.taken.clone();
            for (slot, node, price, qty) in book.resting(&self.nodes, step.side) {
                let qty = unspent(&mut taken, slot, qty);
                if qty <= 0 {
                    continue;
                }
                let own = (step.listing, step.side);
                if node.account == taker.account && self.meet_in_a_leg(own, (taker.listing, taker.side)) {
                    return Plan::Obstacle(slot, CancelReason::SelfMatch);
                }
                let meets = |part: &&Part| {
                    part.node.account == node.account && self.meet_in_a_leg(own, (part.listing, part.node.side))
                };
                if let Some(twin) = parts[..first].iter().find(meets) {
                    let younger = if twin.node.id > node.id { twin.slot } else { slot };
                    return Plan::Obstacle(younger, CancelReason::SelfMatch);
                }
                let part = Part { slot, listing: step.listing, node: *node, price, qty };
                let (usable, otherwise) = self.usable_after(&part, &parts, spent);
                if usable < qty.min(needed) {
                    return Plan::Obstacle(slot, otherwise);
                }
                units = if parts.len() == first && usable >= needed { units.min(usable / needed) } else { 1 };
                let qty = usable.min(needed);
                parts.push(Part { qty, ..part });
                needed -= qty;
                if needed == 0 {
                    break;
                }
            }
            if needed > 0 {
                return Plan::Nothing;
            }
        }
        parts.iter_mut().for_each(|part| part.qty *= units);
        Plan::Trade { parts, units }
    }

    /// Whether orders on two books trade one outright against each other.
    fn meet_in_a_leg(&self, (first, side): (ListingId, Side), (second, other_side): (ListingId, Side)) -> bool {
        let (markets, any) = (&self.clearing.markets, Qty::ZERO);
        let mut meets = false;
        for_legs(markets, first, (side, any), |leg, side, _| {
            for_legs(markets, second, (other_side, any), |other, other_side, _| {
                meets |= leg == other && side != other_side;
            });
        });
        meets
    }

    /// How much of a resting order may trade after what else is spent and beside other parts, and why it is not more.
    fn usable_after(&self, part: &Part, beside: &[Part], spent: &Spent) -> (i64, CancelReason) {
        let node = &part.node;
        let pair = || self.clearing.links.pair_of(node.id);
        if node.is_paired && pair().is_some_and(|pair| self.is_pair_spent(pair, part.slot, beside, spent)) {
            return (0, CancelReason::OcoOtherClosed);
        }
        let mut whole = *node;
        whole.qty = part.qty;
        let (allowed, otherwise) = self.clearing.usable(&whole, part.slot, part.listing);
        if node.reduce == Reduce::Any {
            return (allowed, otherwise);
        }
        let moved = spent.moved.get(&(node.account, part.listing)).copied().unwrap_or_default();
        let same = |other: &&Part| (other.node.account, other.listing) == (node.account, part.listing);
        let given: i64 = beside.iter().filter(same).map(|other| other.qty).sum();
        let held = (self.net(node.account, part.listing).0 + moved) * -node.side.sign();
        (allowed.min((held - given).max(0)), otherwise)
    }

    /// Whether the other order of a pair trades already: the fills of one may take the other away, so no more than one is counted on.
    fn is_pair_spent(&self, pair: PairId, slot: u32, beside: &[Part], spent: &Spent) -> bool {
        let is_other = |other: u32, id: OrderId| other != slot && self.clearing.links.pair_of(id) == Some(pair);
        beside.iter().any(|part| is_other(part.slot, part.node.id))
            || spent.taken.keys().any(|other| is_other(*other, self.nodes.get(*other).id))
    }

    /// Takes the parts out of their books and clears them together with the order that came last, of which `qty` trades.
    fn trade(&mut self, now: Utc, taker: Taker, qty: i64, parts: &[Part], out: &mut Events) {
        let Self { books, nodes, clearing, .. } = self;
        for part in parts {
            let tick = clearing.markets[part.listing.index()].listing.tick;
            let (from, limit) = (part.node.side.opposite(), part.price.ticks(tick));
            books[part.listing.index()].take(nodes, from, limit, part.qty, |_, _, _, offer| Verdict::Fill(offer));
            self.touched.push(part.listing);
        }
        let others = parts.iter().filter(|part| part.slot != taker.slot);
        let paid: i128 =
            others.map(|part| i128::from(part.node.side.sign() * part.price.0) * i128::from(part.qty)).sum();
        let price = -paid * i128::from(taker.side.sign()) / i128::from(qty);
        let price = Price(i64::try_from(price).unwrap_or_default());
        clearing.clear_circle(now, taker, (price, Qty(qty)), parts, out);
        parts.iter().for_each(|part| self.follow(part.listing, now));
    }
}

/// What is left of the next `qty` of an order; what was spent comes off what trades first.
fn unspent(spent: &mut BTreeMap<u32, i64>, slot: u32, qty: i64) -> i64 {
    let Some(taken) = spent.get_mut(&slot) else { return qty };
    let gone = qty.min(*taken);
    *taken -= gone;
    qty - gone
}

impl Spent {
    fn leave(&mut self, slot: u32, qty: i64) {
        self.taken.insert(slot, qty);
    }

    fn add(&mut self, engine: &Engine, part: &Part) {
        *self.taken.entry(part.slot).or_default() += part.qty;
        let mut move_by = |listing, side: Side, qty: Qty| {
            *self.moved.entry((part.node.account, listing)).or_default() += side.sign() * qty.0;
        };
        for_legs(&engine.clearing.markets, part.listing, (part.node.side, Qty(part.qty)), &mut move_by);
    }
}
