//! Everything that is known of the past, and the questions it answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::bounds;
use super::contracts::ContractPast;
use super::indices::IndexPast;
use super::marks::{CurveMark, Marks};
use super::point::{Origin, Point};
use crate::base::time::Utc;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::event::Fixing;
use crate::domain::number::Price;
use crate::domain::past::{Bars, IndexInfo, Settlements};

/// A month of a past curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurvePoint {
    pub month: Month,
    pub point: Point,
}

/// What a price is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Day,
    Week,
    Month,
}

impl Span {
    pub const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
            Self::Month => 30 * 86_400,
        })
    }
}

/// How far a price has come from a past one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub from: Point,
    pub change: Price,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    contracts: BTreeMap<Contract, Arc<ContractPast>>,
    indices: BTreeMap<Arc<str>, Arc<IndexPast>>,
    marks: BTreeMap<Product, Arc<Marks>>,
}

impl History {
    /// True when something was new.
    pub fn add_settlements(&mut self, told: &Settlements, origin: Origin) -> bool {
        if told.rows.is_empty() {
            return false;
        }
        let changed = self.contract_mut(&told.contract).add_settlements(&told.rows, origin);
        self.drop_oldest();
        changed
    }

    /// True when something was new.
    pub fn add_bars(&mut self, told: &Bars) -> bool {
        if told.bars.is_empty() {
            return false;
        }
        let changed = self.contract_mut(&told.contract).add_bars(told.width, &told.bars);
        self.drop_oldest();
        changed
    }

    /// True when something was new.
    pub fn add_fixings(&mut self, fixings: &[Fixing]) -> bool {
        let add = |changed, fixing: &Fixing| changed | self.index_mut(&fixing.index_name).add_fixing(fixing);
        fixings.iter().fold(false, add)
    }

    /// True when something was new.
    pub fn set_indices(&mut self, indices: &[IndexInfo]) -> bool {
        let mut changed = false;
        for info in indices {
            let known = &mut self.index_mut(&info.name).info;
            changed |= known.as_ref() != Some(info);
            *known = Some(info.clone());
        }
        changed
    }

    /// Whether a price of an index is to be kept: only those are that stand beside another and speak at intervals, and each once.
    pub fn wants_index_price(&self, name: &str, utc: Utc) -> bool {
        let is_secondary = |past: &&IndexPast| past.info.as_ref().is_some_and(|info| info.beside.is_some());
        self.index(name).filter(is_secondary).is_some_and(|past| past.last().is_none_or(|(last, _)| last < utc))
    }

    pub fn add_index_price(&mut self, name: &Arc<str>, utc: Utc, price: Price) -> bool {
        self.wants_index_price(name, utc) && self.index_mut(name).add_publication(utc, price)
    }

    /// Our own marks of a product's months, nearest first.
    pub fn add_mark(&mut self, product: &Product, mark: CurveMark) {
        Arc::make_mut(self.marks.entry(product.clone()).or_default()).add(mark);
    }

    /// Takes what is not known yet from the past of the same market as it was kept. What is known counts, and nothing kept is believed
    /// that claims to be later than `now`. Fixings are dated, not timed, and may well be of today's noon.
    pub fn fill_in(&mut self, kept: &Self, now: Utc) {
        for (contract, past) in &kept.contracts {
            self.contract_mut(contract).fill_in(past, now);
        }
        for (name, past) in &kept.indices {
            self.index_mut(name).fill_in(past);
        }
        for (product, marks) in &kept.marks {
            Arc::make_mut(self.marks.entry(product.clone()).or_default()).fill_in(marks, now);
        }
        self.drop_oldest();
        self.compact(now);
    }

    /// Thins out what has aged.
    pub fn compact(&mut self, now: Utc) {
        for marks in self.marks.values_mut() {
            Arc::make_mut(marks).compact(now);
        }
    }

    fn contract_mut(&mut self, contract: &Contract) -> &mut ContractPast {
        Arc::make_mut(self.contracts.entry(contract.clone()).or_default())
    }

    fn index_mut(&mut self, name: &Arc<str>) -> &mut IndexPast {
        Arc::make_mut(self.indices.entry(name.clone()).or_default())
    }

    /// The contract that was heard of last longest ago goes first.
    fn drop_oldest(&mut self) {
        while self.contracts.len() > bounds::CONTRACTS {
            let oldest =
                self.contracts.iter().min_by_key(|(_, past)| past.newest()).map(|(contract, _)| contract.clone());
            let Some(oldest) = oldest else { return };
            self.contracts.remove(&oldest);
        }
    }

    pub fn contract(&self, contract: &Contract) -> Option<&ContractPast> {
        self.contracts.get(contract).map(|past| &**past)
    }

    pub fn index(&self, name: &str) -> Option<&IndexPast> {
        self.indices.get(name).map(|past| &**past)
    }

    /// The indices that stand beside `name`, in the order of their names.
    pub fn beside<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a IndexPast)> {
        let is_beside = move |past: &IndexPast| past.info.as_ref().and_then(|i| i.beside.as_deref()) == Some(name);
        self.indices.iter().filter(move |(_, past)| is_beside(past)).map(|(name, past)| (&**name, &**past))
    }

    /// Our own marks of a product, oldest first.
    pub fn marks(&self, product: &Product) -> impl DoubleEndedIterator<Item = &CurveMark> {
        self.marks.get(product).into_iter().flat_map(|marks| marks.iter())
    }

    /// Months of a product of which something is known, nearest first.
    fn months<'a>(&'a self, product: &'a Product) -> impl Iterator<Item = (Month, &'a ContractPast)> {
        self.contracts.iter().filter_map(move |(contract, past)| match contract {
            Contract::Outright { product: of, delivery: Delivery::Month(month) } if of == product => {
                Some((*month, &**past))
            }
            _ => None,
        })
    }

    /// The oldest price of a product's months, ours or a settlement.
    pub fn known_since(&self, product: &Product) -> Option<Utc> {
        let settled = self.months(product).filter_map(|(_, past)| past.settlements().next()).map(|point| point.utc);
        settled.chain(self.marks(product).next().map(|mark| mark.utc)).min()
    }

    /// When a product settled last at or before `at`.
    pub fn settled_at(&self, product: &Product, at: Utc) -> Option<Utc> {
        self.months(product).filter_map(|(_, past)| past.settlement_at(at)).map(|point| point.utc).max()
    }

    /// The settlement curve as it stood at `at`, nearest month first: all its points settled at the same instant.
    pub fn settlement_curve(&self, product: &Product, at: Utc) -> Vec<CurvePoint> {
        let Some(settled) = self.settled_at(product, at).filter(|utc| at.since(*utc) <= bounds::STALE) else {
            return Vec::new();
        };
        let at_once =
            |(month, past): (Month, &ContractPast)| Some(CurvePoint { month, point: past.settled_on(settled)? });
        self.months(product).filter_map(at_once).collect()
    }

    /// The curve as it stood at `at`, nearest month first: of each month the newest price that is not too old, ours or a settlement.
    pub fn curve(&self, product: &Product, at: Utc) -> Vec<CurvePoint> {
        let mut points: BTreeMap<Month, Point> = BTreeMap::new();
        let mark = self.marks.get(product).and_then(|marks| marks.at(at));
        for (month, price) in mark.iter().flat_map(|mark| &mark.months) {
            points.insert(*month, Point { utc: mark.map_or(at, |mark| mark.utc), price: *price, origin: Origin::Own });
        }
        for (month, past) in self.months(product) {
            if past.delivered().is_some_and(|end| end < at) {
                points.remove(&month);
                continue;
            }
            let Some(settled) = past.settlement_at(at) else { continue };
            // At the same instant the venue's word counts.
            if points.get(&month).is_none_or(|mark| mark.utc <= settled.utc) {
                points.insert(month, settled);
            }
        }
        let fresh = |(_, point): &(Month, Point)| at.since(point.utc) <= bounds::STALE;
        points.into_iter().filter(fresh).map(|(month, point)| CurvePoint { month, point }).collect()
    }

    /// What a contract was worth at `at`: the newest price that is not too old.
    pub fn price_at(&self, contract: &Contract, at: Utc) -> Option<Point> {
        let settled = self.contract(contract).and_then(|past| past.settlement_at(at));
        let own = match contract {
            Contract::Outright { product, delivery: Delivery::Month(month) } => {
                let mark = self.marks.get(product).and_then(|marks| marks.at(at));
                mark.and_then(|mark| Some(Point { utc: mark.utc, price: mark.of(*month)?, origin: Origin::Own }))
            }
            _ => None,
        };
        let newest = match (settled, own) {
            (Some(settled), Some(own)) if own.utc > settled.utc => Some(own),
            (settled, own) => settled.or(own),
        };
        newest.filter(|point| at.since(point.utc) <= bounds::STALE)
    }

    /// How far `price`, which is of `now`, lies from what the contract was worth a day, a week or a month before.
    pub fn change(&self, contract: &Contract, price: Price, now: Utc, span: Span) -> Option<Change> {
        let from = self.price_at(contract, now - span.length())?;
        Some(Change { from, change: price - from.price })
    }
}
