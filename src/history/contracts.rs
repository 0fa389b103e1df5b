//! One contract's past.

use std::collections::BTreeMap;
use std::time::Duration;

use super::bounds;
use super::point::{Origin, Point};
use crate::base::time::Utc;
use crate::domain::past::{Bar, Settlement, SettlementKind};

/// One settlement and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Settled {
    row: Settlement,
    origin: Origin,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContractPast {
    /// Oldest first, one an instant.
    settled: Vec<Settled>,
    /// By width; oldest first, one a start.
    bars: BTreeMap<Duration, Vec<Bar>>,
}

impl ContractPast {
    /// Later word on the same instant replaces earlier. True when something changed.
    pub(super) fn add_settlements(&mut self, rows: &[Settlement], origin: Origin) -> bool {
        let mut changed = false;
        for &row in rows {
            let settled = Settled { row, origin };
            match self.settled.binary_search_by_key(&row.utc, |known| known.row.utc) {
                Ok(at) => changed |= std::mem::replace(&mut self.settled[at], settled) != settled,
                Err(at) => {
                    self.settled.insert(at, settled);
                    changed = true;
                }
            }
        }
        let excess = self.settled.len().saturating_sub(bounds::SETTLEMENTS);
        self.settled.drain(..excess);
        changed
    }

    /// Takes the settlements that are not known yet.
    pub(super) fn fill_in(&mut self, kept: &Self, now: Utc) {
        for settled in kept.settled.iter().filter(|settled| settled.row.utc <= now) {
            if let Err(at) = self.settled.binary_search_by_key(&settled.row.utc, |known| known.row.utc) {
                self.settled.insert(at, *settled);
            }
        }
        let excess = self.settled.len().saturating_sub(bounds::SETTLEMENTS);
        self.settled.drain(..excess);
    }

    /// Later word on the same bar replaces earlier. True when something changed.
    pub(super) fn add_bars(&mut self, width: Duration, bars: &[Bar]) -> bool {
        let known = self.bars.entry(width).or_default();
        let mut changed = false;
        for &bar in bars {
            match known.binary_search_by_key(&bar.start, |known| known.start) {
                Ok(at) => changed |= std::mem::replace(&mut known[at], bar) != bar,
                Err(at) => {
                    known.insert(at, bar);
                    changed = true;
                }
            }
        }
        let excess = known.len().saturating_sub(bounds::BARS);
        known.drain(..excess);
        changed
    }

    /// Settlements, oldest first.
    pub fn settlements(&self) -> impl DoubleEndedIterator<Item = Point> {
        self.settled.iter().map(point)
    }

    /// The last settlement at or before `at`.
    pub fn settlement_at(&self, at: Utc) -> Option<Point> {
        let count = self.settled.partition_point(|settled| settled.row.utc <= at);
        self.settled[..count].last().map(point)
    }

    /// The settlement of exactly this instant.
    pub(super) fn settled_on(&self, at: Utc) -> Option<Point> {
        self.settled.binary_search_by_key(&at, |settled| settled.row.utc).ok().map(|at| point(&self.settled[at]))
    }

    /// When positions ended, if they have.
    pub fn delivered(&self) -> Option<Utc> {
        self.settled.last().filter(|last| last.row.kind == SettlementKind::Delivery).map(|last| last.row.utc)
    }

    /// When it was last heard of.
    pub(super) fn newest(&self) -> Option<Utc> {
        self.settled.last().map(|last| last.row.utc)
    }

    /// Bars of a width, oldest first.
    pub fn bars(&self, width: Duration) -> &[Bar] {
        self.bars.get(&width).map_or(&[], Vec::as_slice)
    }
}

fn point(settled: &Settled) -> Point {
    Point { utc: settled.row.utc, price: settled.row.price, origin: settled.origin }
}
