//! Implied prices: what an instrument can be bought or sold for through other books. A spread from its legs (implied in), an outright
//! from a spread and its other leg (implied out), and any way over at most two outrights and two spreads.
//!
//! Prices and sizes are those of the books, whole lots: `floor(size / |ratio|)` spreads of every leg (market.md 6.3). Orientation comes
//! from the legs, never from a name.

#[cfg(test)]
mod tests;

use super::spreads::position;
use crate::domain::book::Level;
use crate::domain::contract::{Contract, Delivery, Product};
use crate::domain::number::{Price, Qty, Side};

/// Beside spreads; the search below takes two of those.
const MOST_OUTRIGHTS: usize = 2;

/// One instrument of a route: `multiple` of it bought (negative: sold) for one of the target bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// Position in the list that [`routes`] was given.
    pub listed: usize,
    pub multiple: i64,
}

/// Instruments that add up to the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub steps: Vec<Step>,
}

impl Route {
    /// The target's own book, and no other.
    pub fn is_listed(&self) -> bool {
        matches!(self.steps.as_slice(), [Step { multiple: 1, .. }])
    }
}

/// Both sides of one book, best first.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    pub bids: &'a [Level],
    pub asks: &'a [Level],
}

/// So many of the target at a price, by one route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImpliedLevel {
    pub price: Price,
    pub qty: Qty,
    /// Position in the list of routes.
    pub route: usize,
}

/// All ways to make `target` of `listed`: its own book, its legs (any number of them), and every combination of at most two outrights
/// and two different spreads, each spread once. Short ways first. A way that holds a circle is left out: an arbitrage elsewhere is no
/// price of this. They depend on what is listed only, not on prices.
pub fn routes(target: &Contract, listed: &[&Contract]) -> Vec<Route> {
    let mut outrights: Vec<(Product, Delivery)> = Vec::new();
    let mut indexed = |contract: &Contract| -> Position {
        let index = |(product, delivery, count): (Product, Delivery, i64)| {
            let key = (product, delivery);
            let known = outrights.iter().position(|outright| *outright == key);
            let index = known.unwrap_or_else(|| {
                outrights.push(key);
                outrights.len() - 1
            });
            (index, count)
        };
        position(contract).into_iter().map(index).collect()
    };
    let search =
        Search { wanted: indexed(target), positions: listed.iter().map(|contract| indexed(contract)).collect() };
    let mut routes = search.run();
    for route in &mut routes {
        route.steps.sort_unstable();
    }
    routes.sort_unstable_by(|a, b| (a.steps.len(), &a.steps).cmp(&(b.steps.len(), &b.steps)));
    routes
}

/// How many of which outrights, by index; none zero.
type Position = Vec<(usize, i64)>;

struct Search {
    wanted: Position,
    positions: Vec<Position>,
}

impl Search {
    fn run(&self) -> Vec<Route> {
        let mut routes = Vec::new();
        if self.wanted.is_empty() {
            return routes;
        }
        self.complete(&[], &self.wanted, &mut routes);
        let spreads: Vec<Step> = (0..self.positions.len())
            .filter(|&at| self.positions[at].len() > 1)
            .flat_map(|listed| [1, -1].map(|multiple| Step { listed, multiple }))
            .collect();
        for (at, &first) in spreads.iter().enumerate() {
            let rest = self.minus(&self.wanted, first);
            if rest.len() <= MOST_OUTRIGHTS {
                self.complete(&[first], &rest, &mut routes);
            }
            for &second in spreads[at + 1..].iter().filter(|second| second.listed != first.listed) {
                let adds = &self.positions[second.listed];
                // Without a common outright nothing is made smaller.
                if rest.iter().any(|(held, _)| adds.iter().any(|(added, _)| added == held)) {
                    let rest = self.minus(&rest, second);
                    if rest.len() <= MOST_OUTRIGHTS {
                        self.complete(&[first, second], &rest, &mut routes);
                    }
                }
            }
        }
        routes.retain(|route| !self.has_circle(&route.steps));
        routes
    }

    fn minus(&self, from: &Position, step: Step) -> Position {
        let mut rest = from.clone();
        for &(outright, count) in &self.positions[step.listed] {
            match rest.iter_mut().find(|held| held.0 == outright) {
                Some(held) => held.1 -= step.multiple * count,
                None => rest.push((outright, -step.multiple * count)),
            }
        }
        rest.retain(|held| held.1 != 0);
        rest
    }

    /// Adds an outright for everything that is left, from every book that trades it.
    fn complete(&self, chosen: &[Step], rest: &[(usize, i64)], routes: &mut Vec<Route>) {
        let Some((&(outright, count), rest)) = rest.split_first() else {
            routes.push(Route { steps: chosen.to_vec() });
            return;
        };
        for (listed, position) in self.positions.iter().enumerate() {
            if let [(of, units @ (1 | -1))] = position.as_slice()
                && *of == outright
            {
                let step = Step { listed, multiple: units * count };
                self.complete(&[chosen, &[step]].concat(), rest, routes);
            }
        }
    }

    /// Whether fewer of the steps make the target too, so that the others come back to where they began. Only spreads can.
    fn has_circle(&self, steps: &[Step]) -> bool {
        let has_spread = steps.iter().any(|step| self.positions[step.listed].len() > 1);
        has_spread
            && (1..(1_u32 << steps.len()) - 1).any(|subset| {
                let taken = steps.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1);
                taken.fold(self.wanted.clone(), |rest, (_, step)| self.minus(&rest, *step)).is_empty()
            })
    }
}

/// The ladder of the target over all routes together, best first, at most `most` levels: on [`Side::Ask`] where it can be bought, on
/// [`Side::Bid`] where it can be sold. Every level takes its lots out of the books it uses, so the sizes can all be had at once. At
/// equal prices the shorter route goes first.
pub fn ladder(routes: &[Route], books: &[Sides<'_>], side: Side, most: usize) -> Vec<ImpliedLevel> {
    let mut left: Vec<[Vec<(i64, i64)>; 2]> = books
        .iter()
        .map(|book| [book.bids, book.asks].map(|levels| levels.iter().rev().map(whole).filter(|l| l.1 > 0).collect()))
        .collect();
    let mut levels: Vec<ImpliedLevel> = Vec::new();
    let mut offers: Vec<Option<Offer>> = routes.iter().map(|route| offer(route, &left, side)).collect();
    loop {
        let cost = |offer: &Offer| side.opposite().sign().saturating_mul(offer.price);
        let best = offers.iter().enumerate().filter_map(|(at, offer)| Some((at, (*offer)?)));
        let Some((route, offer_now)) = best.min_by_key(|(at, offer)| (cost(offer), *at)) else { return levels };
        let qty = Qty::lots(offer_now.lots);
        let is_full = levels.len() == most;
        match levels.last_mut() {
            Some(last) if (last.price.0, last.route) == (offer_now.price, route) => last.qty += qty,
            _ if is_full => return levels,
            _ => levels.push(ImpliedLevel { price: Price(offer_now.price), qty, route }),
        }
        for step in &routes[route].steps {
            take(&mut left[step.listed][book_side(step, side)], step.multiple.abs() * offer_now.lots);
        }
        let used = |other: &Route| {
            let touches = |step: &Step| routes[route].steps.iter().any(|taken| taken.listed == step.listed);
            other.steps.iter().any(touches)
        };
        for (other, offered) in routes.iter().zip(&mut offers).filter(|(other, _)| used(other)) {
            *offered = offer(other, &left, side);
        }
    }
}

/// The best level of all routes.
pub fn best(routes: &[Route], books: &[Sides<'_>], side: Side) -> Option<ImpliedLevel> {
    ladder(routes, books, side, 1).first().copied()
}

/// Price and whole lots.
fn whole(level: &Level) -> (i64, i64) {
    (level.price.0, level.qty.whole_lots())
}

/// Index of the side whose orders are taken for one step: to buy the target, what is bought takes asks.
fn book_side(step: &Step, side: Side) -> usize {
    usize::from((side == Side::Ask) == (step.multiple > 0))
}

#[derive(Clone, Copy, Debug)]
struct Offer {
    price: i64,
    lots: i64,
}

/// What the tops of the books make of a route: its next price, and for how many.
fn offer(route: &Route, left: &[[Vec<(i64, i64)>; 2]], side: Side) -> Option<Offer> {
    let mut total = Offer { price: 0, lots: i64::MAX };
    for step in &route.steps {
        let (cost, lots) = next(&left[step.listed][book_side(step, side)], step.multiple.abs())?;
        total.price = total.price.saturating_add(step.multiple.signum().saturating_mul(cost));
        total.lots = total.lots.min(lots);
    }
    Some(total)
}

/// The cost of the next `ratio` lots of a side, best last, and how often it can be had unchanged.
fn next(levels: &[(i64, i64)], ratio: i64) -> Option<(i64, i64)> {
    let &(price, lots) = levels.last()?;
    if lots >= ratio {
        return Some((price.saturating_mul(ratio), lots / ratio));
    }
    let (mut cost, mut missing) = (0_i64, ratio);
    for (price, lots) in levels.iter().rev() {
        let taken = missing.min(*lots);
        cost = cost.saturating_add(price.saturating_mul(taken));
        missing -= taken;
        if missing == 0 {
            return Some((cost, 1));
        }
    }
    None
}

fn take(levels: &mut Vec<(i64, i64)>, mut lots: i64) {
    while let Some(last) = levels.last_mut() {
        let taken = lots.min(last.1);
        last.1 -= taken;
        lots -= taken;
        if last.1 > 0 {
            return;
        }
        levels.pop();
    }
}
