//! Which orders of other books together meet an order: a function of what is listed and open, not of prices.
//!
//! Orders that cancel out are a circle: one of a spread and the orders of its legs; or two spreads of two legs with one leg in common and
//! the orders of their other legs. Whoever of a circle comes last can trade with the rest of it, which is its route. Circles of two
//! spreads are there because two implied prices of one outright meet in them.

use crate::domain::number::Side;
use crate::exchange::catalogue::{Catalogue, Implied, Kind, Listing, ListingId};

/// Resting orders of one book that a unit of a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub listing: ListingId,
    /// Of the resting orders.
    pub side: Side,
    /// Taken by one unit.
    pub lots: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Lots of the incoming order that one unit fills.
    pub lots: i64,
    /// Its price is told to everybody. Over a spread of more than two legs, or two spreads, it only trades.
    pub is_shown: bool,
    pub steps: Vec<Step>,
}

/// By listing and side of the incoming order; over one spread before over two.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    by_listing: Vec<[Vec<Route>; 2]>,
}

impl Routes {
    /// `is_open` says of a spread whether it and all its legs trade.
    pub fn of(catalogue: &Catalogue, implied: Implied, is_open: impl Fn(ListingId) -> bool) -> Self {
        let mut routes = Self { by_listing: vec![Default::default(); catalogue.all().len()] };
        let takes_part = |listing: &&Listing| {
            let is_wanted = match listing.kind {
                Kind::Future | Kind::Perpetual => false,
                Kind::Calendar => implied == Implied::All,
                Kind::Combo => true,
            };
            is_wanted && is_open(listing.id)
        };
        let spreads: Vec<&Listing> = catalogue.active().map(|listing| &**listing).filter(takes_part).collect();
        for spread in &spreads {
            routes.add(&with_legs(spread), |at| at == 0 || spread.legs.len() == 2);
        }
        let mut pairs: Vec<Vec<&Listing>> = vec![Vec::new(); catalogue.all().len()];
        for spread in spreads.iter().filter(|spread| spread.legs.len() == 2) {
            for leg in &spread.legs {
                pairs[leg.listing.index()].push(spread);
            }
        }
        for (common, pairs) in pairs.iter().enumerate() {
            for (at, first) in pairs.iter().enumerate() {
                for second in &pairs[at + 1..] {
                    routes.add(&with_common_leg(first, second, common), |_| false);
                }
            }
        }
        routes
    }

    pub fn get(&self, listing: ListingId, side: Side) -> &[Route] {
        self.by_listing.get(listing.index()).map_or(&[], |sides| &sides[side as usize])
    }

    /// Every member of a circle can come last, on either side.
    fn add(&mut self, circle: &[Step], is_shown: impl Fn(usize) -> bool) {
        for (at, last) in circle.iter().enumerate() {
            for turned in [false, true] {
                let turn = |side: Side| if turned { side.opposite() } else { side };
                let others = circle.iter().enumerate().filter(|(other, _)| *other != at);
                let steps = others.map(|(_, step)| Step { side: turn(step.side), ..*step }).collect();
                let route = Route { lots: last.lots, is_shown: is_shown(at), steps };
                self.by_listing[last.listing.index()][turn(last.side) as usize].push(route);
            }
        }
    }
}

/// A buyer of the spread and whoever sells him what it holds.
fn with_legs(spread: &Listing) -> Vec<Step> {
    let own = Step { listing: spread.id, side: Side::Bid, lots: 1 };
    let legs = spread.legs.iter().map(|leg| Step {
        listing: leg.listing,
        side: Side::Ask.of_leg(leg.ratio),
        lots: i64::from(leg.ratio.abs()),
    });
    std::iter::once(own).chain(legs).collect()
}

/// The first spread bought, the second on the side that hands the common leg on, and their other legs.
fn with_common_leg(first: &Listing, second: &Listing, common: usize) -> Vec<Step> {
    let ratio =
        |spread: &Listing| spread.legs.iter().find(|leg| leg.listing.index() == common).map_or(0, |leg| leg.ratio);
    let second_side = if ratio(first) == ratio(second) { Side::Ask } else { Side::Bid };
    let mut circle = Vec::with_capacity(4);
    for (spread, side) in [(first, Side::Bid), (second, second_side)] {
        circle.push(Step { listing: spread.id, side, lots: 1 });
        let other = spread.legs.iter().filter(|leg| leg.listing.index() != common);
        circle.extend(other.map(|leg| Step { listing: leg.listing, side: side.opposite().of_leg(leg.ratio), lots: 1 }));
    }
    circle
}
