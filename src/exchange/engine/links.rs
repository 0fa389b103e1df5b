//! Who hangs on whom: pairs of orders, and primaries with their secondaries. What follows from it is `linked`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::book::Node;
use super::command::OrderId;
use super::terms::{FillCondition, PairId, Ties};
use crate::domain::number::Qty;

/// What has happened to an order with links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// So much of it has filled by now.
    Filled { order: OrderId, filled: Qty, qty: Qty },
    Ended {
        order: OrderId,
        /// Filled to the last contract.
        whole: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    pub order: OrderId,
    /// As placed.
    pub qty: Qty,
    /// Taken off for fills of the other.
    pub cut: Qty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    pub condition: FillCondition,
    legs: [Leg; 2],
}

impl Pair {
    pub fn other(&self, order: OrderId) -> Leg {
        if self.legs[0].order == order { self.legs[1] } else { self.legs[0] }
    }

    pub fn leg_mut(&mut self, order: OrderId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.order == order)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Primary {
    pub condition: FillCondition,
    pub secondaries: Vec<OrderId>,
    /// The secondaries are a pair once they are placed.
    pub is_pair: bool,
}

/// A part of all links, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linkage {
    pairs: Vec<(PairId, Pair)>,
    primaries: Vec<(OrderId, Primary)>,
}

/// Who hangs on whom.
#[derive(Clone, Debug, Default)]
pub struct Links {
    pairs: BTreeMap<PairId, Pair>,
    pair_of: BTreeMap<OrderId, PairId>,
    pub primaries: BTreeMap<OrderId, Primary>,
    last_pair: u64,
}

impl Links {
    pub fn pair_up(&mut self, condition: FillCondition, legs: [(OrderId, Qty); 2]) -> PairId {
        let id = self.next_pair();
        self.bind(id, condition, legs);
        id
    }

    pub fn next_pair(&mut self) -> PairId {
        self.last_pair += 1;
        PairId(self.last_pair)
    }

    pub fn bind(&mut self, id: PairId, condition: FillCondition, legs: [(OrderId, Qty); 2]) {
        for (order, _) in legs {
            self.pair_of.insert(order, id);
        }
        let legs = legs.map(|(order, qty)| Leg { order, qty, cut: Qty::ZERO });
        self.pairs.insert(id, Pair { condition, legs });
    }

    pub fn part(&mut self, order: OrderId) -> Option<Leg> {
        let pair = self.pair_of.get(&order).and_then(|id| self.pairs.remove(id))?;
        for leg in pair.legs {
            self.pair_of.remove(&leg.order);
        }
        Some(pair.other(order))
    }

    /// A held order has become an order of the book.
    pub fn rename(&mut self, old: OrderId, new: OrderId) {
        if let Some(id) = self.pair_of.remove(&old) {
            self.pair_of.insert(new, id);
            if let Some(leg) = self.pairs.get_mut(&id).and_then(|pair| pair.leg_mut(old)) {
                leg.order = new;
            }
        }
        if let Some(primary) = self.primaries.remove(&old) {
            self.primaries.insert(new, primary);
        }
    }

    /// An order of a pair has a new total.
    pub fn resize(&mut self, order: OrderId, qty: Qty) {
        let pair = self.pair_of.get(&order).and_then(|id| self.pairs.get_mut(id));
        if let Some(leg) = pair.and_then(|pair| pair.leg_mut(order)) {
            leg.qty = qty + leg.cut;
        }
    }

    /// The links of these orders.
    pub fn of(&self, orders: &BTreeSet<OrderId>) -> Linkage {
        let pairs: BTreeSet<PairId> = orders.iter().filter_map(|order| self.pair_of(*order)).collect();
        let primaries = self.primaries.iter().filter(|(order, _)| orders.contains(order));
        Linkage {
            pairs: pairs.into_iter().filter_map(|id| Some((id, *self.pairs.get(&id)?))).collect(),
            primaries: primaries.map(|(order, primary)| (*order, primary.clone())).collect(),
        }
    }

    pub fn restore(&mut self, linkage: &Linkage) {
        for &(id, pair) in &linkage.pairs {
            self.last_pair = self.last_pair.max(id.0);
            self.pair_of.extend(pair.legs.map(|leg| (leg.order, id)));
            self.pairs.insert(id, pair);
        }
        self.primaries.extend(linkage.primaries.iter().cloned());
    }

    /// Whether an order still hangs together with those that its ties speak of.
    pub fn hold(&self, order: OrderId, ties: &Ties) -> bool {
        let has_primary =
            |primary: OrderId| self.primaries.get(&primary).is_some_and(|p| p.secondaries.contains(&order));
        ties.pair.is_none_or(|_| self.pair_of.contains_key(&order)) && ties.primary.is_none_or(has_primary)
    }

    #[cfg(test)]
    pub fn other_of(&self, order: OrderId) -> Option<OrderId> {
        let pair = self.pairs.get(self.pair_of.get(&order)?)?;
        Some(pair.other(order).order)
    }

    /// The pair of an order, while it has one.
    pub fn pair_mut(&mut self, order: OrderId) -> Option<&mut Pair> {
        self.pair_of.get(&order).and_then(|id| self.pairs.get_mut(id))
    }

    pub fn pair_of(&self, order: OrderId) -> Option<PairId> {
        self.pair_of.get(&order).copied()
    }

    /// How much of a resting order of a pair may trade, `news` being what is not followed yet.
    pub fn may_trade(&self, maker: &Node, (remaining, lot): (Qty, Qty), news: &[News]) -> i64 {
        let Some(pair) = self.pair_of.get(&maker.id).and_then(|id| self.pairs.get(id)) else { return maker.qty };
        let other = pair.other(maker.id);
        let own = pair.other(other.order);
        let allowed = news.iter().fold(remaining, |allowed, news| match *news {
            News::Ended { order, .. } if order == other.order => Qty::ZERO,
            News::Filled { order, filled, .. } if order == other.order => match pair.condition {
                FillCondition::FirstHit => Qty::ZERO,
                FillCondition::CompleteFill => allowed,
                FillCondition::Incremental => {
                    let due = down_to_lot(share(own.qty, filled, other.qty), lot) - own.cut;
                    allowed.min(remaining - due.max(Qty::ZERO))
                }
            },
            _ => allowed,
        });
        maker.qty.min(allowed.0.max(0))
    }
}

/// `whole` × `filled` / `qty`, whatever the lot.
pub fn share(whole: Qty, filled: Qty, qty: Qty) -> Qty {
    let part = i128::from(whole.0) * i128::from(filled.0) / i128::from(qty.0.max(1));
    Qty(i64::try_from(part).unwrap_or(i64::MAX).min(whole.0))
}

/// Down to whole lots.
pub fn down_to_lot(qty: Qty, lot: Qty) -> Qty {
    Qty(qty.0 - qty.0 % lot.0.max(1))
}
