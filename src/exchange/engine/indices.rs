//! The indices that are published: one per product that contracts settle against, and secondary ones that only inform. What a
//! secondary index said at the time of a fixing is kept beside the fixings.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use super::event::{Event, Events};
use super::{Engine, ProductId};
use crate::base::time::Utc;
use crate::domain::number::Price;

/// Position among [`Engine::secondary_indices`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecondaryId(pub u8);

impl SecondaryId {
    const fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexId {
    /// What the product's contracts settle against.
    Settling(ProductId),
    Secondary(SecondaryId),
}

/// An index that nothing settles against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondaryIndex {
    /// `h100_usdc_grid`.
    pub name: Arc<str>,
    pub description: Arc<str>,
    pub product: ProductId,
    /// How often it is published.
    pub every: Duration,
    /// The last publication.
    pub last: Option<(Utc, Price)>,
    /// Its value at the product's fixings, oldest first.
    pub fixed: Vec<(Date, Price)>,
}

impl Engine {
    pub fn add_secondary_index(&mut self, index: SecondaryIndex) -> SecondaryId {
        self.secondary.push(index);
        SecondaryId(u8::try_from(self.secondary.len() - 1).unwrap_or(u8::MAX))
    }

    pub fn publish_secondary(&mut self, id: SecondaryId, utc: Utc, price: Price) {
        if let Some(index) = self.secondary.get_mut(id.index()) {
            index.last = Some((utc, price));
        }
    }

    /// The secondary indices as they stand enter the books of a day.
    pub fn fix_secondary(&mut self, date: Date) {
        for index in &mut self.secondary {
            index.fixed.extend(index.last.map(|(_, price)| (date, price)));
        }
    }

    /// Corrects what an index has published: its value as it stands and its newest `count` fixings, each times the exponential of
    /// `log_change`, rounded to `step`. Fixings of a month that has expired stay as they were, and so does every settlement: what was paid was
    /// paid. `None` when there is no such index or nothing to correct.
    pub fn restate(
        &mut self,
        now: Utc,
        name: &str,
        (count, log_change): (usize, f64),
        step: Price,
        out: &mut Events,
    ) -> Option<IndexId> {
        let id = self.find_index(name)?;
        let first = self.catalogue.calendar().front_month(now).first_day();
        let corrected = |price: Price| Price::from_f64_lossy(price.to_f64_lossy() * log_change.exp()).round_to(step);
        let (fixings, last) = match id {
            IndexId::Settling(product) => {
                (self.fixings.get_mut(product.index())?, self.clearing.indices.get_mut(product.index())?.as_mut())
            }
            IndexId::Secondary(id) => {
                let index = self.secondary.get_mut(id.index())?;
                (&mut index.fixed, index.last.as_mut().map(|(_, price)| price))
            }
        };
        if let Some(price) = last {
            *price = corrected(*price);
        }
        let newest = fixings.iter_mut().rev().take(count).take_while(|(date, _)| *date >= first);
        let mut since = now.date();
        for (date, price) in newest {
            (since, *price) = (*date, corrected(*price));
        }
        out.list.push(Event::Restated { index: name.into(), since, log_change });
        Some(id)
    }

    pub fn secondary_indices(&self) -> &[SecondaryIndex] {
        &self.secondary
    }

    pub fn secondary_index(&self, id: SecondaryId) -> Option<&SecondaryIndex> {
        self.secondary.get(id.index())
    }

    pub fn find_index(&self, name: &str) -> Option<IndexId> {
        let products = &self.catalogue.data().products;
        let settling = || (0..).zip(products).find(|(_, p)| *p.index_name == *name);
        let secondary = || (0..).zip(&self.secondary).find(|(_, index)| *index.name == *name);
        settling()
            .map(|(id, _)| IndexId::Settling(ProductId(id)))
            .or_else(|| secondary().map(|(id, _)| IndexId::Secondary(SecondaryId(id))))
    }

    /// The value as it stands, and since when; indices that contracts settle against are always of now.
    pub fn index_now(&self, id: IndexId) -> Option<(Price, Option<Utc>)> {
        match id {
            IndexId::Settling(product) => self.index(product).map(|price| (price, None)),
            IndexId::Secondary(id) => self.secondary_index(id)?.last.map(|(utc, price)| (price, Some(utc))),
        }
    }

    /// Values at the fixings, oldest first.
    pub fn index_fixings(&self, id: IndexId) -> &[(Date, Price)] {
        match id {
            IndexId::Settling(product) => self.fixings(product),
            IndexId::Secondary(id) => self.secondary_index(id).map_or(&[], |index| &index.fixed),
        }
    }
}
