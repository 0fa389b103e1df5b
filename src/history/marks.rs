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

/// Which of these rows, oldest first, go when they are thinned out: of those that are to share a minute, an hour or a day, the last stays.
pub fn thinned(instants: &[Utc], now: Utc) -> Vec<Utc> {
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
    let next = instants.iter().skip(1).map(|next| slot(*next)).chain([None]);
    let goes = |(utc, next): (&Utc, Option<(Duration, i64)>)| {
        let place = slot(*utc);
        (place.is_none() || place == next).then_some(*utc)
    };
    instants.iter().zip(next).filter_map(goes).collect()
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

    /// Takes what is not known yet from marks of the same product.
    pub fn fill_in(&mut self, kept: &Self, now: Utc) {
        let known = std::mem::take(&mut self.0);
        self.0.clone_from(&kept.0);
        self.0.retain(|mark| mark.utc <= now);
        for mark in known {
            match self.0.binary_search_by_key(&mark.utc, |known| known.utc) {
                Ok(at) => self.0[at] = mark,
                Err(at) => self.0.insert(at, mark),
            }
        }
    }

    /// Thins out what has aged.
    pub fn compact(&mut self, now: Utc) {
        let instants: Vec<Utc> = self.0.iter().map(|mark| mark.utc).collect();
        let mut gone = thinned(&instants, now).into_iter().peekable();
        self.0.retain(|mark| gone.next_if_eq(&mark.utc).is_none());
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
