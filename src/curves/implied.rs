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
/// and two different spreads, each spread once. Short ways first. They depend on what is listed only, not on prices.
pub fn routes(target: &Contract, listed: &[&Contract]) -> Vec<Route> {
    let positions: Vec<Position> = listed.iter().map(|contract| position(contract)).collect();
    let wanted = position(target);
    if wanted.is_empty() {
        return Vec::new();
    }
    let spreads: Vec<Step> = (0..listed.len())
        .filter(|&at| positions[at].len() > 1)
        .flat_map(|listed| [1, -1].map(|multiple| Step { listed, multiple }))
        .collect();
    let mut routes = Vec::new();
    let mut try_with = |chosen: &[Step]| {
        let mut rest = wanted.clone();
        for step in chosen {
            rest = minus(&rest, &positions[step.listed], step.multiple);
        }
        let most = if chosen.is_empty() { wanted.len().max(MOST_OUTRIGHTS) } else { MOST_OUTRIGHTS };
        if rest.len() <= most {
            complete(chosen.to_vec(), &rest, &positions, &mut routes);
        }
    };
    try_with(&[]);
    for (at, first) in spreads.iter().enumerate() {
        try_with(&[*first]);
        for second in spreads[at + 1..].iter().filter(|second| second.listed != first.listed) {
            try_with(&[*first, *second]);
        }
    }
    for route in &mut routes {
        route.steps.sort_unstable();
    }
    routes.sort_unstable_by(|a, b| (a.steps.len(), &a.steps).cmp(&(b.steps.len(), &b.steps)));
    routes
}

type Position = Vec<(Product, Delivery, i64)>;

fn minus(from: &Position, other: &Position, multiple: i64) -> Position {
    let mut rest = from.clone();
    for (product, delivery, count) in other {
        match rest.binary_search_by_key(&(product, *delivery), |held| (&held.0, held.1)) {
            Ok(at) => {
                rest[at].2 -= multiple * count;
                if rest[at].2 == 0 {
                    rest.remove(at);
                }
            }
            Err(at) => rest.insert(at, (product.clone(), *delivery, -multiple * count)),
        }
    }
    rest
}

/// Adds an outright for everything that is left, from every book that trades it.
fn complete(chosen: Vec<Step>, rest: &[(Product, Delivery, i64)], positions: &[Position], routes: &mut Vec<Route>) {
    let Some(((product, delivery, count), rest)) = rest.split_first() else {
        routes.push(Route { steps: chosen });
        return;
    };
    for (listed, position) in positions.iter().enumerate() {
        if let [(of, at, units @ (1 | -1))] = position.as_slice()
            && (of, at) == (product, delivery)
        {
            let mut longer = chosen.clone();
            longer.push(Step { listed, multiple: units * count });
            complete(longer, rest, positions, routes);
        }
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
        let cost = |offer: &Offer| side.opposite().sign() * offer.price;
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
