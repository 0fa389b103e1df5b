//! What a trade of a circle means: each spread prints at its own price, each outright where orders of its book meet legs of the spreads.
//!
//! Prices of legs follow from the orders: an outright's is that of its own order; an outright that only two spreads have in common gets
//! what the first spread's price leaves for it. So ratio × price of the legs of every spread adds up to its price exactly. Only the order
//! that came last pays as a taker.

use super::Part;
use crate::base::time::Utc;
use crate::domain::number::{Money, Price, Qty, Side};
use crate::domain::order::{Liquidity, PostOnly};
use crate::exchange::catalogue::{Leg, ListingId};
use crate::exchange::engine::clearing::{Clearing, Made, Match, Taker};
use crate::exchange::engine::event::{ComboTag, Events, LegTrade, Trade};
use crate::exchange::engine::{AccountId, OrderId};

/// One order's part in the circle.
#[derive(Clone, Copy, Debug)]
struct Party {
    slot: u32,
    who: (AccountId, OrderId),
    listing: ListingId,
    side: Side,
    price: Price,
    qty: Qty,
    is_last: bool,
}

/// A party's need in one outright.
#[derive(Clone, Copy, Debug)]
struct Flow {
    party: usize,
    listing: ListingId,
    side: Side,
    qty: Qty,
    /// The party is a spread, printed as this.
    tag: Option<ComboTag>,
}

impl Clearing {
    /// Prints and books a trade of resting `parts` and the order that came last, which trades `(price, qty)`.
    pub(super) fn clear_circle(
        &mut self,
        now: Utc,
        taker: Taker,
        (price, qty): (Price, Qty),
        parts: &[Part],
        out: &mut Events,
    ) {
        let last = Party {
            slot: taker.slot,
            who: (taker.account, taker.id),
            listing: taker.listing,
            side: taker.side,
            price,
            qty,
            is_last: true,
        };
        let resting = parts.iter().filter(|part| part.slot != taker.slot).map(|part| Party {
            slot: part.slot,
            who: (part.node.account, part.node.id),
            listing: part.listing,
            side: part.node.side,
            price: part.price,
            qty: Qty(part.qty),
            is_last: false,
        });
        let parties: Vec<Party> = std::iter::once(last).chain(resting).collect();
        for part in parts {
            self.work_part(part.node.account, part.listing, part.node.side, -Qty(part.qty));
        }
        for party in &parties {
            self.fill_order(party.slot, now, party.price, party.qty);
        }
        self.print_circle(now, &parties, out);
        for part in parts {
            self.report(part.slot, out);
        }
    }

    fn print_circle(&mut self, now: Utc, parties: &[Party], out: &mut Events) {
        let legs: Vec<Vec<Leg>> =
            parties.iter().map(|party| self.markets[party.listing.index()].listing.legs.clone()).collect();
        let outright = |(at, party): (usize, &Party)| {
            let flow = Flow { party: at, listing: party.listing, side: party.side, qty: party.qty, tag: None };
            legs[at].is_empty().then_some(flow)
        };
        let mut flows: Vec<Flow> = parties.iter().enumerate().filter_map(outright).collect();
        for (at, party) in parties.iter().enumerate().filter(|(at, _)| !legs[*at].is_empty()) {
            let tag = self.print_spread(now, party, parties, out);
            for leg in &legs[at] {
                let (side, qty) = (party.side.of_leg(leg.ratio), party.qty * i64::from(leg.ratio.abs()));
                flows.push(Flow { party: at, listing: leg.listing, side, qty, tag: Some(tag) });
            }
            self.meet_flows(now, parties, &mut flows, out);
        }
    }

    /// A trade of a spread's own book, of which one side only is there.
    fn print_spread(&mut self, now: Utc, party: &Party, parties: &[Party], out: &mut Events) -> ComboTag {
        let other = parties.iter().find(|other| other.is_last != party.is_last).unwrap_or(party);
        let (maker, taker, aggressor) = match party.is_last {
            true => (other.who, party.who, party.side),
            false => (party.who, other.who, party.side.opposite()),
        };
        let found = Match { utc: now, price: party.price, qty: party.qty, aggressor, maker, taker };
        let trade = self.print(party.listing, found, Made::default(), out);
        self.fill(trade, (party.slot, self.liquidity(party), party.side), (Money::ZERO, Money::ZERO), out);
        ComboTag { listing: party.listing, trade_id: trade.trade_id, leg: LegTrade::Matched }
    }

    /// Lets buyers and sellers of every outright meet as far as both are there.
    fn meet_flows(&mut self, now: Utc, parties: &[Party], flows: &mut [Flow], out: &mut Events) {
        for at in 0..flows.len() {
            for other in 0..at {
                let (first, second) = (flows[other], flows[at]);
                let qty = first.qty.min(second.qty);
                if first.listing != second.listing || first.side == second.side || qty.is_zero() {
                    continue;
                }
                flows[other].qty -= qty;
                flows[at].qty -= qty;
                self.meet_flow(now, parties, (first, second), qty, out);
            }
        }
    }

    fn meet_flow(&mut self, now: Utc, parties: &[Party], (first, second): (Flow, Flow), qty: Qty, out: &mut Events) {
        let own = [first, second].into_iter().find(|flow| flow.tag.is_none());
        let price = match own {
            Some(own) => parties[own.party].price,
            None => self.price_between(parties, first),
        };
        let is_last = |flow: Flow| parties[flow.party].is_last;
        let aggressor = match own {
            Some(own) if is_last(own) => own.side,
            Some(own) => own.side.opposite(),
            None if is_last(second) => second.side,
            None => first.side,
        };
        let (taker, maker) = if first.side == aggressor { (first, second) } else { (second, first) };
        let tag = first.tag.or(second.tag).map(|tag| match own {
            Some(_) => tag,
            None => ComboTag { leg: LegTrade::Assigned, ..tag },
        });
        let (maker_id, taker_id) = (parties[maker.party].who, parties[taker.party].who);
        let found = Match { utc: now, price, qty, aggressor, maker: maker_id, taker: taker_id };
        let trade = self.print(first.listing, found, Made { combo: tag, block: None }, out);
        for flow in [maker, taker] {
            let party = &parties[flow.party];
            let liquidity = self.liquidity(party);
            let booked = self.book_side(&trade, party.who.0, flow.side, self.rate(liquidity));
            let trade = Trade { combo: flow.tag, ..trade };
            self.fill(trade, (party.slot, liquidity, flow.side), booked, out);
        }
    }

    /// What a spread's price leaves for the leg of which no order takes part.
    fn price_between(&self, parties: &[Party], flow: Flow) -> Price {
        let spread = &parties[flow.party];
        let mut left = spread.price.0;
        let mut ratio = 1;
        for leg in &self.markets[spread.listing.index()].listing.legs {
            match parties.iter().find(|party| party.listing == leg.listing) {
                Some(own) => left -= own.price.0 * i64::from(leg.ratio),
                None => ratio = i64::from(leg.ratio),
            }
        }
        Price(left / ratio)
    }

    fn liquidity(&self, party: &Party) -> Liquidity {
        let is_passive = self.order(party.slot).is_some_and(|order| order.post_only != PostOnly::Off);
        if party.is_last && !is_passive { Liquidity::Taker } else { Liquidity::Maker }
    }
}
