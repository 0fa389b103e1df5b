//! Our own marks of a product's curve: one row a minute, thinned out as they age.

use std::sync::Arc;
use std::time::Duration;

use super::bounds;
use crate::base::time::Utc;
use crate::domain::contract::Month;
use crate::domain::number::Price;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// What every month of one product was worth to us at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveMark {
    pub utc: Utc,
    /// By month, nearest first.
    pub months: Vec<(Month, Price)>,
}

impl CurveMark {
    pub fn of(&self, month: Month) -> Option<Price> {
        self.months.binary_search_by_key(&month, |(month, _)| *month).ok().map(|at| self.months[at].1)
    }
}

/// The rows of one product, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks(Vec<Arc<CurveMark>>);

impl Marks {
    /// Adds a row; rows of the same instant are replaced.
    pub fn add(&mut self, mark: CurveMark) {
        match self.0.binary_search_by_key(&mark.utc, |known| known.utc) {
            Ok(at) => self.0[at] = Arc::new(mark),
            Err(at) => self.0.insert(at, Arc::new(mark)),
        }
    }

    /// Thins out: of the rows that are to share a minute, an hour or a day, the last stays.
    pub fn compact(&mut self, now: Utc) {
        let slot = |utc: Utc| {
            let age = now.since(utc);
            let width = match age {
                age if age <= bounds::MINUTES_FOR => MINUTE,
                age if age <= bounds::HOURS_FOR => HOUR,
                age if age <= bounds::DAYS_FOR => DAY,
                _ => return None,
            };
            Some((width, utc.0.div_euclid(i64::try_from(width.as_nanos()).unwrap_or(i64::MAX))))
        };
        let mut kept: Vec<Arc<CurveMark>> = Vec::with_capacity(self.0.len());
        for mark in self.0.drain(..) {
            let Some(place) = slot(mark.utc) else { continue };
            match kept.last_mut() {
                Some(last) if slot(last.utc) == Some(place) => *last = mark,
                _ => kept.push(mark),
            }
        }
        self.0 = kept;
    }

    /// The newest row at or before `at`.
    pub fn at(&self, at: Utc) -> Option<&CurveMark> {
        let count = self.0.partition_point(|mark| mark.utc <= at);
        self.0[..count].last().map(|mark| &**mark)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &CurveMark> {
        self.0.iter().map(|mark| &**mark)
    }
}
