//! The forward curve of one product as it is shown: every listed month with its quotes, what the curves make of it, and what quarters
//! and years are worth. Solved from one picture, and says which. [`past`] is the same of a past instant.

pub mod past;
mod solved;

use std::sync::Arc;

use crate::base::time::Now;
use crate::curves::averaging::Averaging;
use crate::curves::curve::Curve;
use crate::curves::period::{Period, Quote, Units};
use crate::curves::smooth::SmoothError;
use crate::curves::step::{Arbitrage, Origin};
use crate::domain::book::Level;
use crate::domain::contract::{Contract, Month, Product};
use crate::domain::instrument::{InstrumentId, Unit};
use crate::domain::number::{Price, Side};
use crate::view::book::BookState;
use crate::view::{ProductView, View};

pub use solved::Solved;

/// The figures of a month, as tables name them.
pub const FIGURES: [&str; 7] = ["bid", "ask", "last", "settle", "model", "forward", "term"];

/// Curves are dollars per unit; quotes are the book's own.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveView {
    pub product: Product,
    pub unit: Unit,
    pub tick: Price,
    /// The picture it was solved from, and when that was published.
    pub version: u64,
    pub at: Now,
    pub index: Option<Price>,
    /// The front month's average so far; `None` where the venue's fixings are not known.
    pub front: Option<Averaging>,
    /// Ascending.
    pub months: Vec<CurveMonth>,
    /// Quarters, then years, that lie wholly on the curve.
    pub strips: Vec<CurveStrip>,
    /// `x = 0` on the first day of the first month.
    pub smooth: Result<Curve, SmoothError>,
    /// Months on whose first day it was allowed to jump.
    pub launches: Vec<Month>,
    /// Trades at the quotes that leave money for nothing.
    pub arbitrages: Vec<Arbitrage>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CurveMonth {
    pub instrument: InstrumentId,
    pub month: Month,
    /// Quotes of a book that is not live are shown as such and count for nothing.
    pub state: BookState,
    pub bid: Option<Level>,
    pub ask: Option<Level>,
    pub last: Option<Price>,
    pub settle: Option<Price>,
    /// Of the step curve: what the quotes of all contracts together make of the month.
    pub forward: Option<f64>,
    pub origin: Option<Origin>,
    /// What the smooth curve makes of the contract, published fixings included.
    pub model: Option<f64>,
    /// The one rate for all the time from now to the month's end (market.md 6.1, `T(x)`), of the smooth curve.
    pub term: Option<f64>,
}

/// A quarter or a year: the mean of its months.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveStrip {
    pub period: Period,
    /// Of the step curve.
    pub forward: f64,
    /// What it can be sold and bought at through its months.
    pub bid: Option<f64>,
    pub ask: Option<f64>,
}

impl CurveView {
    /// Solves the curve of `product`; `None` unless the venue lists two of its months at least.
    pub fn solve(view: &View, product: &Product) -> Option<Self> {
        let mut months = months(view, product);
        months.sort_unstable_by_key(|at| at.month);
        let [front, _, ..] = months.as_slice() else { return None };
        let terms = view.instrument(front.instrument)?;
        let units = Units::Equal(terms.contract_size);
        let spot = spot_of(view, product);
        let front = spot.filter(|spot| spot.front_fixings_due > 0).map(|spot| {
            let published: Vec<Price> = spot.front_fixings.iter().map(|fixing| fixing.price).collect();
            Averaging::of(front.month, &published, spot.front_fixings_due)
        });
        let quotes: Vec<Quote> = months.iter().filter(|at| at.state.is_live()).map(CurveMonth::quote).collect();
        let launches = view.launches.get(product).map_or(&[][..], Vec::as_slice);
        let solved = Solved::of(&quotes, units, front, months.first()?.month, launches);
        for at in &mut months {
            let known = solved.step(at.month);
            (at.forward, at.origin) = (known.map(|known| known.forward), known.map(|known| known.origin));
            (at.model, at.term) = (solved.model(at.month), solved.term(at.month));
        }
        let listed: Vec<Month> = months.iter().map(|at| at.month).collect();
        Some(Self {
            product: product.clone(),
            unit: terms.unit,
            tick: terms.tick,
            version: view.version,
            at: view.at,
            index: spot.and_then(|spot| spot.index).map(|(price, _)| price),
            front,
            strips: solved.strips(&listed),
            arbitrages: solved.arbitrages().to_vec(),
            smooth: solved.smooth,
            launches: solved.launches,
            months,
        })
    }

    /// Whether both pictures give the same curve. A book that was merely confirmed gives the same.
    pub fn is_same(one: &View, other: &View, product: &Product) -> bool {
        spot_of(one, product) == spot_of(other, product)
            && one.launches.get(product) == other.launches.get(product)
            && Arc::ptr_eq(&one.catalogue, &other.catalogue)
            && one.catalogue.iter().filter(|(_, terms)| is_month_of(&terms.contract, product)).all(|(id, _)| {
                let shown = |view: &View| {
                    let market = view.market(id)?;
                    let best = Side::BOTH.map(|side| market.book.best(side));
                    Some((best, market.last_price(), market.settlement(), view.book_state(id, view.at)))
                };
                shown(one) == shown(other)
            })
    }

    pub fn month(&self, month: Month) -> Option<&CurveMonth> {
        self.months.iter().find(|at| at.month == month)
    }
}

impl CurveMonth {
    /// What [`FIGURES`] names, dollars a unit. Prices are the doubles nearest to how they are written, so that they print the same;
    /// analytics are rounded to a millionth: what lies behind is the solver's business.
    pub fn figures(&self) -> [Option<f64>; FIGURES.len()] {
        let exact = |price: Option<Price>| price?.to_string().parse().ok();
        let rounded = |value: Option<f64>| value.map(|value| (value * 1e6).round() / 1e6);
        [
            exact(self.bid.map(|level| level.price)),
            exact(self.ask.map(|level| level.price)),
            exact(self.last),
            exact(self.settle),
            rounded(self.model),
            rounded(self.forward),
            rounded(self.term),
        ]
    }

    fn quote(&self) -> Quote {
        Quote {
            period: Period::month(self.month),
            bid: self.bid.map(|level| level.price),
            ask: self.ask.map(|level| level.price),
        }
    }
}

fn spot_of<'a>(view: &'a View, product: &Product) -> Option<&'a ProductView> {
    view.products.iter().find(|spot| spot.product == *product)
}

fn is_month_of(contract: &Contract, product: &Product) -> bool {
    contract.month().is_some() && contract.product() == Some(product)
}

fn months(view: &View, product: &Product) -> Vec<CurveMonth> {
    let listed = view.catalogue.iter().filter(|(_, terms)| terms.is_active && is_month_of(&terms.contract, product));
    let quoted = listed.filter_map(|(id, terms)| Some((id, terms.contract.month()?, view.market(id)?)));
    quoted
        .map(|(id, month, market)| CurveMonth {
            instrument: id,
            month,
            state: view.book_state(id, view.at),
            bid: market.book.best(Side::Bid),
            ask: market.book.best(Side::Ask),
            last: market.last_price(),
            settle: market.settlement(),
            forward: None,
            origin: None,
            model: None,
            term: None,
        })
        .collect()
}
