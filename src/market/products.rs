//! The spot side of each product: index now, fixings of the front month so far.
//!
//! How many fixings the front month will have had follows from the contracts' own calendar: the venue does not publish its holidays.

use std::sync::Arc;

use crate::base::time::Utc;
use crate::domain::calendar::Calendar;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::event::Fixing;
use crate::domain::instrument::Catalogue;
use crate::domain::number::Price;
use crate::view::ProductView;

/// A year and a half of business days.
const MAX_FIXINGS: usize = 400;

#[derive(Clone, Debug)]
pub struct Products {
    /// `None` only if the built-in file were malformed: then no number of fixings is claimed.
    calendar: Option<Calendar>,
    spots: Vec<Spot>,
    shown: Arc<Vec<ProductView>>,
    is_dirty: bool,
}

#[derive(Clone, Debug)]
struct Spot {
    product: Product,
    index_name: Arc<str>,
    index: Option<(Price, Utc)>,
    /// Oldest first, one per instant.
    fixings: Vec<Fixing>,
    /// The first month that has not expired: which, and when it will.
    front: Option<(Month, Utc)>,
}

impl Default for Products {
    fn default() -> Self {
        Self { calendar: Calendar::us().ok(), spots: Vec::new(), shown: Arc::default(), is_dirty: false }
    }
}

impl Products {
    /// Takes over what the catalogue lists, keeping what is known of each product.
    pub fn relist(&mut self, catalogue: &Catalogue, venue_now: Utc) {
        for (_, instrument) in catalogue.iter() {
            let Contract::Outright { product, .. } = &instrument.contract else { continue };
            if !self.spots.iter().any(|spot| spot.product == *product) {
                self.spots.push(Spot {
                    product: product.clone(),
                    index_name: instrument.index_name.clone(),
                    index: None,
                    fixings: Vec::new(),
                    front: None,
                });
            }
        }
        for spot in &mut self.spots {
            spot.front = front_month(catalogue, &spot.product, venue_now);
        }
        self.is_dirty = true;
    }

    /// Whether a front month has expired, so that [`relist`](Self::relist) is due.
    pub fn has_expired(&self, venue_now: Utc) -> bool {
        self.spots.iter().any(|spot| spot.front.is_some_and(|(_, expiry)| expiry <= venue_now))
    }

    pub fn set_index(&mut self, index_name: &str, price: Price, utc: Utc) {
        for spot in self.spots.iter_mut().filter(|spot| *spot.index_name == *index_name) {
            spot.index = Some((price, utc));
            self.is_dirty = true;
        }
    }

    pub fn add_fixings(&mut self, fixings: Vec<Fixing>) {
        for fixing in fixings {
            let Some(spot) = self.spots.iter_mut().find(|spot| spot.index_name == fixing.index_name) else { continue };
            match spot.fixings.binary_search_by_key(&fixing.utc, |f| f.utc) {
                Ok(at) => spot.fixings[at] = fixing,
                Err(at) => spot.fixings.insert(at, fixing),
            }
            if spot.fixings.len() > MAX_FIXINGS {
                spot.fixings.remove(0);
            }
            self.is_dirty = true;
        }
    }

    /// The newest picture; the same allocation until something changes.
    pub fn share(&mut self) -> Arc<Vec<ProductView>> {
        if std::mem::take(&mut self.is_dirty) {
            self.shown = Arc::new(self.spots.iter().map(|spot| spot.view(self.calendar.as_ref())).collect());
        }
        self.shown.clone()
    }
}

impl Spot {
    fn view(&self, calendar: Option<&Calendar>) -> ProductView {
        let day = self.index.map(|(_, utc)| utc.date());
        let front_fixings: Vec<Fixing> = match self.front {
            Some((month, _)) => self.fixings.iter().filter(|f| Month::of(f.utc.date()) == month).cloned().collect(),
            None => Vec::new(),
        };
        let previous = self.fixings.iter().rev().find(|f| day.is_none_or(|day| f.utc.date() < day));
        ProductView {
            product: self.product.clone(),
            index: self.index,
            previous_fixing: previous.map(|f| f.price),
            front_fixings_due: self
                .front
                .zip(calendar)
                .map_or(0, |((month, expiry), calendar)| fixings_due(calendar, &front_fixings, month, expiry)),
            front_fixings,
        }
    }
}

/// What has been fixed, and a fixing on every later business day up to expiry.
fn fixings_due(calendar: &Calendar, so_far: &[Fixing], month: Month, expiry: Utc) -> u32 {
    let first_open = match so_far.last() {
        Some(last) => last.utc.date().tomorrow().unwrap_or(month.first_day()),
        None => month.first_day(),
    };
    let ahead = first_open
        .series(jiff::Span::new().days(1))
        .take_while(|date| *date <= expiry.date())
        .take(31)
        .filter(|date| calendar.is_business_day(*date))
        .count();
    u32::try_from(so_far.len() + ahead).unwrap_or(u32::MAX)
}

fn front_month(catalogue: &Catalogue, product: &Product, venue_now: Utc) -> Option<(Month, Utc)> {
    catalogue
        .iter()
        .filter_map(|(_, instrument)| match &instrument.contract {
            Contract::Outright { product: of, delivery: Delivery::Month(month) } if of == product => {
                let expiry = instrument.expiry?;
                (expiry > venue_now).then_some((*month, expiry))
            }
            _ => None,
        })
        .min_by_key(|&(month, _)| month)
}
