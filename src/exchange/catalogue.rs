//! What is listed: a pure function of the contract file, the calendar and the instant. Months roll with the clock; ids are only ever
//! appended, so an id names one contract for the life of the process.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::base::time::Utc;
use crate::domain::calendar::Calendar;
use crate::domain::contract::{self, Contract, Delivery, Month};
use crate::domain::instrument::Unit;
use crate::domain::number::{Price, Qty};

pub mod combos;
mod data;

pub use data::{
    Allowance, CatalogueData, Curve, Implied, Perpetual, ProductData, Ratio, RequestLimits, VenueData, Volatility,
};

/// Dense index of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ListingId(pub u32);

impl ListingId {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Index into [`CatalogueData::products`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductId(pub u8);

impl ProductId {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Future,
    Perpetual,
    /// Buys the near month and sells the far one; price = near − far.
    Calendar,
    /// Listed because somebody asked for it: [`combos`]. Nobody quotes it by profession.
    Combo,
}

/// `ratio` contracts bought (negative: sold) for one spread bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    pub listing: ListingId,
    pub ratio: i8,
}

/// One listed contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub id: ListingId,
    /// As on the wire: `H100_USDC-31DEC26`.
    pub symbol: Arc<str>,
    pub kind: Kind,
    pub product: ProductId,
    pub contract: Contract,
    pub unit: Unit,
    /// Delivery month of a future, first month of a spread.
    pub month: Option<Month>,
    pub tick: Price,
    /// Units in one contract.
    pub contract_size: i64,
    /// Smallest order and smallest step, in contracts.
    pub lot: Qty,
    /// Near to far, of one month the product that is bought first; empty for outrights.
    pub legs: Vec<Leg>,
    /// That of the first leg to end; `None` for perpetuals.
    pub expiry: Option<Utc>,
    /// When it was listed: a month when the list had room for it, a calendar when its pair came into range, a combo when it was asked for.
    pub creation: Utc,
    pub is_active: bool,
}

/// What a roll changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    pub expired: Vec<ListingId>,
    pub added: Vec<ListingId>,
}

/// All contracts listed since the process began or a time before it, expired ones included.
#[derive(Clone, Debug)]
pub struct Catalogue {
    data: Arc<CatalogueData>,
    calendar: Arc<Calendar>,
    listings: Vec<Arc<Listing>>,
    by_symbol: BTreeMap<Arc<str>, ListingId>,
}

/// Adjacent pairs are listed among this many months from the front.
const PAIRED_MONTHS: i32 = 12;
const QUARTER: i32 = 3;
const YEAR: i32 = 12;
/// The perpetual has been there from the start.
const EPOCH: Month = Month { year: 2026, month: 1 };

impl Catalogue {
    /// What is listed at `now`.
    pub fn at(now: Utc, data: Arc<CatalogueData>, calendar: Arc<Calendar>) -> Self {
        let mut catalogue = Self { data, calendar, listings: Vec::new(), by_symbol: BTreeMap::new() };
        catalogue.roll(now);
        catalogue
    }

    /// What is listed at `now`, and after it whatever has expired since `since`.
    pub fn with_past(now: Utc, since: Utc, data: Arc<CatalogueData>, calendar: Arc<Calendar>) -> Self {
        let mut catalogue = Self::at(now, data, calendar);
        let (data, calendar) = (catalogue.data.clone(), catalogue.calendar.clone());
        let (mut front, today) = (calendar.front_month(since), calendar.front_month(now));
        while front < today {
            for (index, product) in (0_u8..).zip(&data.products) {
                catalogue.list_product(ProductId(index), product, front);
            }
            front = front.plus(1);
        }
        for listing in &mut catalogue.listings {
            if listing.expiry.is_some_and(|expiry| expiry <= now) {
                Arc::make_mut(listing).is_active = false;
            }
        }
        catalogue
    }

    pub fn data(&self) -> &Arc<CatalogueData> {
        &self.data
    }

    pub fn calendar(&self) -> &Arc<Calendar> {
        &self.calendar
    }

    pub fn product(&self, id: ProductId) -> Option<&ProductData> {
        self.data.products.get(id.index())
    }

    pub fn get(&self, id: ListingId) -> Option<&Arc<Listing>> {
        self.listings.get(id.index())
    }

    /// Every listing there ever was, by id.
    pub fn all(&self) -> &[Arc<Listing>] {
        &self.listings
    }

    /// Listings that trade now.
    pub fn active(&self) -> impl Iterator<Item = &Arc<Listing>> {
        self.listings.iter().filter(|listing| listing.is_active)
    }

    pub fn find(&self, symbol: &str) -> Option<&Arc<Listing>> {
        self.by_symbol.get(symbol).and_then(|id| self.get(*id))
    }

    /// The future of a product and month.
    pub fn future(&self, product: ProductId, month: Month) -> Option<&Arc<Listing>> {
        self.data
            .products
            .get(product.index())
            .and_then(|p| self.find(&future_symbol(p, &self.data, self.calendar.expiry_date(month))))
    }

    /// Ends what has expired and lists what follows.
    pub fn roll(&mut self, now: Utc) -> Roll {
        let mut change = Roll::default();
        for listing in &mut self.listings {
            if listing.is_active && listing.expiry.is_some_and(|expiry| expiry <= now) {
                Arc::make_mut(listing).is_active = false;
                change.expired.push(listing.id);
            }
        }
        let before = self.listings.len();
        let data = self.data.clone();
        let front = self.calendar.front_month(now);
        for (index, product) in (0_u8..).zip(&data.products) {
            self.list_product(ProductId(index), product, front);
        }
        change.added.extend(self.listings[before..].iter().map(|listing| listing.id));
        change
    }

    fn list_product(&mut self, id: ProductId, product: &ProductData, front: Month) {
        if let Some(perpetual) = &product.perpetual {
            self.list_perpetual(id, product, perpetual);
        }
        let months: Vec<Month> = (0..product.months).map(|ahead| front.plus(ahead)).collect();
        for &month in &months {
            self.list_future(id, product, month);
        }
        for (near, &month) in (0_i32..).zip(&months) {
            if near + 1 < PAIRED_MONTHS.min(product.months) {
                self.list_calendar(id, product, month, month.plus(1), PAIRED_MONTHS);
            }
        }
        for (step, anchor) in [(QUARTER, 3), (YEAR, 12)] {
            for &month in months.iter().filter(|m| i32::from(m.month) % anchor == 0) {
                if month.plus(step) <= front.plus(product.months - 1) {
                    self.list_calendar(id, product, month, month.plus(step), product.months);
                }
            }
        }
    }

    fn list_perpetual(&mut self, id: ProductId, product: &ProductData, terms: &Perpetual) {
        let symbol = format!("{}_{}-PERPETUAL", product.name, self.data.venue.currency);
        self.add(&symbol, |listing| Listing {
            id: listing,
            symbol: symbol.as_str().into(),
            kind: Kind::Perpetual,
            product: id,
            contract: Contract::Outright { product: product.name.clone(), delivery: Delivery::Perpetual },
            unit: product.unit,
            month: None,
            tick: terms.tick,
            contract_size: terms.contract_size,
            lot: Qty::lots(1),
            legs: Vec::new(),
            expiry: None,
            creation: Utc::at(EPOCH.first_day(), std::time::Duration::ZERO),
            is_active: true,
        });
    }

    fn list_future(&mut self, id: ProductId, product: &ProductData, month: Month) {
        let symbol = future_symbol(product, &self.data, self.calendar.expiry_date(month));
        let (expiry, creation) = (self.calendar.expiry(month), self.calendar.expiry(month.plus(-product.months)));
        self.add(&symbol, |listing| Listing {
            id: listing,
            symbol: symbol.as_str().into(),
            kind: Kind::Future,
            product: id,
            contract: Contract::Outright { product: product.name.clone(), delivery: Delivery::Month(month) },
            unit: product.unit,
            month: Some(month),
            tick: product.tick,
            contract_size: product.contract_size,
            lot: Qty::lots(1),
            legs: Vec::new(),
            expiry: Some(expiry),
            creation,
            is_active: true,
        });
    }

    /// `range`: how many months from the front the far leg may lie.
    fn list_calendar(&mut self, id: ProductId, product: &ProductData, near: Month, far: Month, range: i32) {
        let (Some(near_leg), Some(far_leg)) = (self.future(id, near).cloned(), self.future(id, far).cloned()) else {
            return;
        };
        let symbol = format!(
            "{}_{}-CAL-{}_{}",
            product.name,
            self.data.venue.currency,
            day_code(self.calendar.expiry_date(near)),
            day_code(self.calendar.expiry_date(far))
        );
        let creation = self.calendar.expiry(far.plus(-range));
        let leg =
            |month, ratio| contract::Leg { product: product.name.clone(), delivery: Delivery::Month(month), ratio };
        self.add(&symbol, |listing| Listing {
            id: listing,
            symbol: symbol.as_str().into(),
            kind: Kind::Calendar,
            product: id,
            contract: Contract::Spread { legs: vec![leg(near, 1), leg(far, -1)] },
            unit: product.unit,
            month: Some(near),
            tick: product.spread_tick,
            contract_size: product.contract_size,
            lot: Qty::lots(1),
            legs: vec![Leg { listing: near_leg.id, ratio: 1 }, Leg { listing: far_leg.id, ratio: -1 }],
            expiry: near_leg.expiry,
            creation,
            is_active: true,
        });
    }

    fn add(&mut self, symbol: &str, make: impl FnOnce(ListingId) -> Listing) {
        if self.by_symbol.contains_key(symbol) {
            return;
        }
        let id = ListingId(u32::try_from(self.listings.len()).unwrap_or(u32::MAX));
        let listing = make(id);
        self.by_symbol.insert(listing.symbol.clone(), id);
        self.listings.push(Arc::new(listing));
    }
}

fn future_symbol(product: &ProductData, data: &CatalogueData, expiry: Date) -> String {
    format!("{}_{}-{}", product.name, data.venue.currency, day_code(expiry))
}

/// `31DEC26`; days below ten have one digit.
fn day_code(date: Date) -> String {
    let screen = Month::of(date).screen();
    format!("{}{}", date.day(), screen.replace('-', ""))
}

#[cfg(test)]
mod tests;
