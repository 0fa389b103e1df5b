//! Positions, cost, realised profit and fees, from fills alone. Contracts and exact cost are kept, never a rounded average.
//!
//! Amounts inside are in 10⁻¹⁵ of the settlement currency (price 10⁻⁹ × quantity 10⁻⁶ × units a contract), so every fill is exact.
//! Closing a part takes its share of the cost, rounded to that last unit; what is rounded away stays in the cost, so that realised and
//! cost together are exact always, and realised alone is when flat.

use std::collections::BTreeMap;

use crate::base::digest::Digest;
use crate::domain::event::VenuePosition;
use crate::domain::instrument::{Catalogue, InstrumentId};
use crate::domain::number::{Money, Price, Qty, Side};
use crate::domain::order::Fill;
use crate::view::trading::PositionView;

/// Of the inner amounts against [`Money`].
const FINE: i128 = 1_000_000;

#[derive(Clone, Debug, Default)]
pub struct Ledger {
    positions: BTreeMap<InstrumentId, Position>,
    /// The venue has told what we held when we connected.
    has_baseline: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    net: i64,
    /// Of the open contracts, signed, 10⁻¹⁵.
    cost: i128,
    /// 10⁻¹⁵.
    realised: i128,
    fees: i128,
    initial_margin: Option<Money>,
    /// The venue's signed contracts, while they differ from ours.
    disagrees: Option<Qty>,
}

impl Position {
    /// Adds `qty` signed contracts at `price`.
    fn trade(&mut self, signed: i64, price: Price, contract_size: i64) {
        let value = value(price, signed, contract_size);
        let is_opening = self.net == 0 || (self.net > 0) == (signed > 0);
        if is_opening {
            self.net = self.net.saturating_add(signed);
            self.cost = self.cost.saturating_add(value);
            return;
        }
        let closing = signed.unsigned_abs().min(self.net.unsigned_abs());
        let share = share(self.cost, closing, self.net.unsigned_abs());
        let proceeds = if closing == signed.unsigned_abs() {
            value
        } else {
            self::value(price, i64::try_from(closing).unwrap_or(i64::MAX) * signed.signum(), contract_size)
        };
        self.realised = self.realised.saturating_sub(proceeds).saturating_sub(share);
        self.cost -= share;
        let rest = value - proceeds;
        self.net = self.net.saturating_add(signed);
        // Beyond flat: what is left of the trade opens the other way.
        self.cost = self.cost.saturating_add(rest);
    }
}

/// Exact, 10⁻¹⁵; saturates beyond any real amount.
fn value(price: Price, signed_qty: i64, contract_size: i64) -> i128 {
    (i128::from(price.0) * i128::from(signed_qty)).saturating_mul(i128::from(contract_size))
}

/// `cost` × `part` / `whole`, rounded to the nearest unit.
fn share(cost: i128, part: u64, whole: u64) -> i128 {
    if part == whole {
        return cost;
    }
    let (part, whole) = (i128::from(part), i128::from(whole.max(1)));
    // Split so that the product stays in range.
    let (quotient, rest) = (cost.div_euclid(whole), cost.rem_euclid(whole));
    quotient.saturating_mul(part) + (rest * part + whole / 2) / whole
}

fn money(fine: i128) -> Money {
    Money((fine + FINE / 2).div_euclid(FINE))
}

impl Ledger {
    /// Counts a fill; it must be new, and not on a spread's own instrument.
    pub fn fill(&mut self, fill: &Fill, contract_size: i64) {
        let position = self.positions.entry(fill.instrument).or_default();
        position.trade(fill.side.sign() * fill.qty.0, fill.price, contract_size);
        position.fees = position.fees.saturating_add(fill.fee.0);
        if position.net == 0 {
            position.initial_margin = None;
        }
        if position.disagrees == Some(Qty(position.net)) {
            position.disagrees = None;
        }
    }

    /// The venue has delivered: whatever is held ends at `price`. Returns what was held.
    pub fn deliver(&mut self, id: InstrumentId, price: Price, contract_size: i64) -> Qty {
        let Some(position) = self.positions.get_mut(&id) else { return Qty::ZERO };
        let held = position.net;
        position.trade(-held, price, contract_size);
        position.initial_margin = None;
        position.disagrees = position.disagrees.filter(|theirs| !theirs.is_zero());
        Qty(held)
    }

    /// All positions as the venue keeps them: taken over at first, compared later. Returns those that newly disagree.
    pub fn compare(&mut self, told: &[VenuePosition], catalogue: &Catalogue) -> Vec<InstrumentId> {
        let is_first = !std::mem::replace(&mut self.has_baseline, true);
        let outrights = || told.iter().filter(|p| !is_spread(catalogue, p.instrument));
        for theirs in outrights() {
            let ours = self.positions.entry(theirs.instrument).or_default();
            ours.initial_margin = theirs.initial_margin;
            if is_first {
                let size = catalogue.get(theirs.instrument).map_or(1, |i| i.contract_size);
                let average = theirs.average_price.or(theirs.mark).unwrap_or_default();
                ours.net = theirs.net.0;
                ours.cost = value(average, theirs.net.0, size);
            }
        }
        let mut news = Vec::new();
        for (&id, ours) in &mut self.positions {
            let theirs = outrights().find(|p| p.instrument == id).map_or(Qty::ZERO, |p| p.net);
            if theirs.is_zero() {
                ours.initial_margin = None;
            }
            let before = ours.disagrees;
            ours.disagrees = (theirs.0 != ours.net).then_some(theirs);
            if ours.disagrees.is_some() && ours.disagrees != before {
                news.push(id);
            }
        }
        news
    }

    pub fn has_disagreement(&self) -> bool {
        self.positions.values().any(|p| p.disagrees.is_some())
    }

    /// Signed contracts.
    pub fn net(&self, id: InstrumentId) -> Qty {
        Qty(self.positions.get(&id).map_or(0, |p| p.net))
    }

    /// What is held, in order of instruments.
    pub fn held(&self) -> impl Iterator<Item = (InstrumentId, Qty)> {
        self.positions.iter().filter(|(_, p)| p.net != 0).map(|(&id, p)| (id, Qty(p.net)))
    }

    pub fn is_held(&self, id: InstrumentId) -> bool {
        self.positions.get(&id).is_some_and(|p| p.net != 0)
    }

    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    pub fn view(&self, catalogue: &Catalogue, mark: impl Fn(InstrumentId) -> Option<Price>) -> Vec<PositionView> {
        let view = |(&id, p): (&InstrumentId, &Position)| {
            let size = catalogue.get(id).map_or(1, |i| i.contract_size);
            let mark = mark(id);
            let open_pl = match mark {
                _ if p.net == 0 => Some(money(-p.cost)),
                Some(mark) => Some(money(value(mark, p.net, size).saturating_sub(p.cost))),
                None => None,
            };
            PositionView {
                instrument: id,
                net: Qty(p.net),
                cost: money(p.cost),
                average: average(p, size),
                mark,
                open_pl,
                realised: money(p.realised),
                fees: Money(p.fees),
                initial_margin: p.initial_margin,
                venue_disagrees: p.disagrees,
            }
        };
        self.positions.iter().map(view).collect()
    }

    pub fn digest(&self, digest: &mut Digest) {
        for (id, p) in &self.positions {
            digest.word(u64::from(id.0));
            digest.word(p.net as u64);
            for amount in [p.cost, p.realised, p.fees] {
                digest.word(amount as u64);
                digest.word((amount >> 64) as u64);
            }
        }
    }
}

fn average(position: &Position, contract_size: i64) -> Option<Price> {
    let contracts = i128::from(position.net) * i128::from(contract_size);
    let price = position.cost.checked_div(contracts)?;
    i64::try_from(price).ok().map(Price)
}

pub fn is_spread(catalogue: &Catalogue, id: InstrumentId) -> bool {
    catalogue.get(id).is_some_and(|i| i.contract.is_spread())
}

/// Signed contracts that one contract bought on `id` adds to each instrument it moves.
pub fn effects(catalogue: &Catalogue, id: InstrumentId, side: Side, qty: Qty) -> Vec<(InstrumentId, Qty)> {
    let signed = side.sign().saturating_mul(qty.0);
    match catalogue.get(id) {
        Some(terms) if terms.contract.is_spread() => terms
            .legs
            .iter()
            .filter_map(|leg| Some((catalogue.find(&leg.symbol)?, Qty(signed.saturating_mul(i64::from(leg.ratio))))))
            .collect(),
        _ => vec![(id, Qty(signed))],
    }
}
