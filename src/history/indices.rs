//! One price index's past.

use crate::base::time::Utc;
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

    /// How far the last publication lies from the one before; from the last fixing of an earlier day where only one was heard.
    pub fn change(&self) -> Option<Price> {
        let (utc, price) = self.last()?;
        let before = match self.published.as_slice() {
            [.., before, _] => before.1,
            _ => self.fixings.iter().rev().find(|(day, _)| day.date() < utc.date())?.1,
        };
        Some(price - before)
    }
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
