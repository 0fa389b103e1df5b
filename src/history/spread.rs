//! The daily past of a combination of contracts, from their settlements.

use std::collections::BTreeSet;

use super::bounds;
use super::contracts::ContractPast;
use super::past::History;
use super::point::{Origin, Point};
use crate::base::time::Utc;
use crate::domain::contract::Contract;

/// So many of each contract; negative is sold.
pub type Spread = [(f64, Contract)];

/// One value for each day on which all legs settled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Daily {
    /// Oldest first. The origin is `Simulated` when that of any leg is.
    pub points: Vec<(Utc, f64, Origin)>,
    pub mean: f64,
    /// Of the sample (n − 1); zero for fewer than two points.
    pub deviation: f64,
}

impl Daily {
    fn of(points: Vec<(Utc, f64, Origin)>) -> Self {
        let count = points.len() as f64;
        if points.is_empty() {
            return Self::default();
        }
        let mean = points.iter().map(|(_, value, _)| value).sum::<f64>() / count;
        let squares: f64 = points.iter().map(|(_, value, _)| (value - mean).powi(2)).sum();
        let deviation = if points.len() < 2 { 0.0 } else { (squares / (count - 1.0)).sqrt() };
        Self { points, mean, deviation }
    }

    /// How many standard deviations `value` lies from the mean; `None` where nothing has varied.
    pub fn score(&self, value: f64) -> Option<f64> {
        (self.deviation > 0.0).then(|| (value - self.mean) / self.deviation)
    }
}

impl History {
    /// The settlements of a spread since `since`. Days on which a leg did not settle are left out, never filled in.
    pub fn spread(&self, legs: &Spread, since: Utc) -> Daily {
        let Some((_, first)) = legs.first() else { return Daily::default() };
        let days = self.contract(first).into_iter().flat_map(ContractPast::settlements).map(|point| point.utc);
        let days: BTreeSet<Utc> = days.filter(|utc| *utc >= since).collect();
        let value = |utc: Utc| {
            let mut sum = (utc, 0.0, Origin::Venue);
            for (ratio, contract) in legs {
                let point = self.contract(contract)?.settled_on(utc)?;
                sum.1 += ratio * point.price.to_f64_lossy();
                sum.2 = sum.2.max(point.origin);
            }
            Some(sum)
        };
        Daily::of(days.into_iter().filter_map(value).collect())
    }
}

impl History {
    /// What several contracts were worth at one and the same instant at or before `at`: marks of ours where all have one that is the newest,
    /// or else settlements. `None` where they were never known together, or too long ago.
    pub fn together(&self, contracts: &[Contract], at: Utc) -> Option<Vec<Point>> {
        let all = |point: &dyn Fn(&Contract) -> Option<Point>| -> Option<Vec<Point>> {
            contracts.iter().map(point).collect::<Option<_>>().filter(|points: &Vec<Point>| are_of_one(points))
        };
        let newest = all(&|contract| self.price_at(contract, at));
        let known = newest.or_else(|| all(&|contract| self.contract(contract)?.settlement_at(at)));
        known.filter(|points| points.first().is_some_and(|point| at.since(point.utc) <= bounds::STALE))
    }
}

fn are_of_one(points: &[Point]) -> bool {
    points
        .windows(2)
        .all(|pair| pair[0].utc == pair[1].utc && (pair[0].origin == Origin::Own) == (pair[1].origin == Origin::Own))
}
