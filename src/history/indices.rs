//! One price index's past.

use std::time::Duration;

use crate::base::time::Utc;
use crate::domain::calendar::FIXING_TIME;
use crate::domain::event::Fixing;
use crate::domain::number::Price;
use crate::domain::past::IndexInfo;

use super::bounds;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexPast {
    pub info: Option<IndexInfo>,
    /// Oldest first, one a day; stamped as the venue's codec stamps them.
    fixings: Vec<(Utc, Price)>,
    /// Publications heard, oldest first; only of indices that are published at intervals.
    published: Vec<(Utc, Price)>,
}

impl IndexPast {
    pub(super) fn add_fixing(&mut self, fixing: &Fixing) -> bool {
        insert(&mut self.fixings, (fixing.utc, fixing.price), bounds::FIXINGS)
    }

    /// Takes the fixings that are not known yet.
    pub(super) fn fill_in(&mut self, kept: &Self) {
        for row in &kept.fixings {
            if self.fixings.binary_search_by_key(&row.0, |(utc, _)| *utc).is_err() {
                insert(&mut self.fixings, *row, bounds::FIXINGS);
            }
        }
    }

    pub(super) fn add_publication(&mut self, utc: Utc, price: Price) -> bool {
        insert(&mut self.published, (utc, price), bounds::PUBLICATIONS)
    }

    /// Oldest first.
    pub fn fixings(&self) -> &[(Utc, Price)] {
        &self.fixings
    }

    /// The last publication heard, and when it was made.
    pub fn last(&self) -> Option<(Utc, Price)> {
        self.published.last().copied()
    }

    /// What stood at `at`. A fixing repeats what was published last: where it differs, a publication was not heard.
    pub fn said_at(&self, at: Utc) -> Option<Said> {
        let published = self.published.partition_point(|(utc, _)| *utc <= at);
        let fixed = self.fixings.partition_point(|(utc, _)| fixed_at(*utc) <= at);
        let said =
            |(utc, price): (Utc, Price), of: Saying, before: Option<(Utc, Price)>| Said { utc, price, of, before };
        let fixing = fixed.checked_sub(1).map(|last| {
            let (utc, price) = self.fixings[last];
            let before = last.checked_sub(1).map(|before| self.fixings[before]);
            said((fixed_at(utc), price), Saying::Fixing, before.map(|(utc, price)| (fixed_at(utc), price)))
        });
        let publication = published.checked_sub(1).map(|last| {
            let of_earlier_day = |(utc, _): &&(Utc, Price)| utc.date() < self.published[last].0.date();
            let fixing = || self.fixings.iter().rev().find(of_earlier_day).map(|(utc, price)| (fixed_at(*utc), *price));
            let before = last.checked_sub(1).map(|before| self.published[before]).or_else(fixing);
            said(self.published[last], Saying::Publication, before)
        });
        let news =
            |publication: &Said, fixing: &Said| fixing.utc > publication.utc && fixing.price != publication.price;
        match (publication, fixing) {
            (Some(publication), Some(fixing)) if news(&publication, &fixing) => Some(fixing),
            (publication, fixing) => publication.or(fixing),
        }
    }
}

/// A value of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub utc: Utc,
    pub price: Price,
    pub of: Saying,
    /// The publication before; of a fixing, and of the first publication heard, the last fixing of an earlier day.
    pub before: Option<(Utc, Price)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    Publication,
    /// When it was published, the venue does not tell: at the latest then.
    Fixing,
}

/// When a fixing was made: venues that tell its day only stamp it with midnight.
pub fn fixed_at(stamp: Utc) -> Utc {
    let midnight = Utc::at(stamp.date(), Duration::ZERO);
    if stamp == midnight { midnight + FIXING_TIME } else { stamp }
}

/// True when something changed.
fn insert(rows: &mut Vec<(Utc, Price)>, row: (Utc, Price), most: usize) -> bool {
    match rows.binary_search_by_key(&row.0, |(utc, _)| *utc) {
        Ok(at) => std::mem::replace(&mut rows[at], row) != row,
        Err(at) => {
            rows.insert(at, row);
            let excess = rows.len().saturating_sub(most);
            rows.drain(..excess);
            true
        }
    }
}
