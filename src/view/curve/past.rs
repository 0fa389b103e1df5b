//! The forward curve of one product as it was known at a past instant: of every month the newest price that was not too old, a settlement
//! or a mark of ours, and the curves through those. No quote is made up for the past: there is none.

use std::time::Duration;

use super::{CurveStrip, Solved};
use crate::base::time::Utc;
use crate::curves::averaging::Averaging;
use crate::curves::period::{Period, Quote, Units};
use crate::domain::calendar::{Calendar, FIXING_TIME};
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::history::{Origin, Point, bounds};
use crate::view::View;
use crate::view::session::Environment;

/// What was known, before anything is worked out from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub product: Product,
    /// Nearest first; two at least.
    pub months: Vec<KnownMonth>,
    /// The last fixing that was published, and when.
    pub index: Option<Point>,
    /// The front month's fixings that were published, oldest first.
    pub fixings: Vec<Point>,
    /// Where that month stood; `None` where its fixings are not known.
    pub front: Option<Averaging>,
    launches: Vec<Month>,
    contract_size: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownMonth {
    pub month: Month,
    /// Of a month that is still listed.
    pub instrument: Option<InstrumentId>,
    /// The newest price.
    pub mark: Point,
    pub settle: Option<Point>,
}

/// The curves through what was known.
#[derive(Clone, Debug, PartialEq)]
pub struct PastCurve {
    pub known: Known,
    pub solved: Solved,
    pub strips: Vec<CurveStrip>,
}

impl Known {
    /// `None` unless two months of the product had a price then.
    pub fn at(view: &View, product: &Product, at: Utc) -> Option<Self> {
        let terms = terms_of(view, product)?;
        let points = view.history.curve(product, at);
        let [first, _, ..] = points.as_slice() else { return None };
        let contract = |month| Contract::Outright { product: product.clone(), delivery: Delivery::Month(month) };
        let month = |month: Month, mark: Point| KnownMonth {
            month,
            instrument: view.catalogue.find_contract(&contract(month)),
            mark,
            settle: (view.history.contract(&contract(month)))
                .and_then(|past| past.settlement_at(at))
                .filter(|point| at.since(point.utc) <= bounds::STALE),
        };
        let published = published(view, &terms.index_name, at);
        let of_front: Vec<Point> =
            published.iter().copied().filter(|fixing| Month::of(fixing.utc.date()) == first.month).collect();
        Some(Self {
            product: product.clone(),
            index: published.last().copied().filter(|fixing| at.since(fixing.utc) <= bounds::STALE),
            front: averaging(first.month, &of_front, at),
            fixings: of_front,
            launches: view.launches.get(product).cloned().unwrap_or_default(),
            contract_size: terms.contract_size,
            months: points.iter().map(|at| month(at.month, at.point)).collect(),
        })
    }

    pub fn solve(self) -> PastCurve {
        let quote = |at: &KnownMonth| Quote::exact(Period::month(at.month), at.mark.price);
        let quotes: Vec<Quote> = self.months.iter().map(quote).collect();
        let origin = self.months.first().map_or(Month { year: 0, month: 1 }, |front| front.month);
        let solved = Solved::of(&quotes, Units::Equal(self.contract_size), self.front, origin, &self.launches);
        let months: Vec<Month> = self.months.iter().map(|at| at.month).collect();
        PastCurve { strips: solved.strips(&months), solved, known: self }
    }
}

fn terms_of<'a>(view: &'a View, product: &Product) -> Option<&'a Instrument> {
    let mut listed = view.catalogue.iter().map(|(_, terms)| &**terms);
    listed.find(|terms| terms.contract.month().is_some() && terms.contract.product() == Some(product))
}

/// The index's fixings that were out at `at`, oldest first, at the time of day when they come out: venues only date them.
fn published(view: &View, index: &str, at: Utc) -> Vec<Point> {
    let origin = match view.session.environment {
        Environment::Simulated => Origin::Simulated,
        Environment::Testnet | Environment::Real => Origin::Venue,
    };
    let fixings = view.history.index(index).map_or(&[][..], |past| past.fixings());
    let points = fixings.iter().map(|(utc, price)| (Utc::at(utc.date(), FIXING_TIME), *price));
    points.filter(|(utc, _)| *utc <= at).map(|(utc, price)| Point { utc, price, origin }).collect()
}

/// What has been fixed, and a fixing on every later business day of the month. Before the month begins nothing is.
fn averaging(month: Month, fixings: &[Point], at: Utc) -> Option<Averaging> {
    let calendar = Calendar::us().ok()?;
    let month_begins = Utc::at(month.first_day(), Duration::ZERO);
    let is_later = |date| fixings.last().is_none_or(|last| last.utc.date() < date);
    let ahead = calendar.business_days(month).filter(|date| is_later(*date)).count();
    // Fixings that must be out and are not known leave the average unknown.
    let missed = fixings.is_empty() && calendar.fixes(month, at).published > 0;
    (at < month_begins || !missed).then(|| {
        let prices: Vec<_> = fixings.iter().map(|fixing| fixing.price).collect();
        Averaging::of(month, &prices, u32::try_from(fixings.len() + ahead).unwrap_or(u32::MAX))
    })
}
