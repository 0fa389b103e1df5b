//! The forward curve of one product as it is shown: every listed month with its quotes, what the curves make of it, and what quarters
//! and years are worth. Solved from one picture, and says which.

use std::sync::Arc;

use crate::base::time::Now;
use crate::curves::averaging::Averaging;
use crate::curves::curve::Curve;
use crate::curves::period::{Period, Quote, Units};
use crate::curves::smooth::{self, Average, Shape, SmoothError};
use crate::curves::step::{self, Arbitrage, Origin, StepCurve};
use crate::domain::book::Level;
use crate::domain::contract::{Contract, Month, Product};
use crate::domain::instrument::{InstrumentId, Unit};
use crate::domain::number::{Price, Side};
use crate::view::book::BookState;
use crate::view::{ProductView, View};

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
        let fixed: Vec<Averaging> = front.into_iter().collect();
        let quotes: Vec<Quote> = months.iter().filter(|at| at.state.is_live()).map(CurveMonth::quote).collect();
        let step = step::bootstrap(&quotes, units, &fixed);
        let origin = months.first()?.month;
        let averages: Vec<Average> = quotes.iter().filter_map(|quote| Average::of(quote, origin, &fixed)).collect();
        let smooth = smooth::smooth(&averages, &Shape::default()).map(|solved| solved.curve);
        for at in &mut months {
            let known = step.as_ref().and_then(|step| step.month(at.month));
            (at.forward, at.origin) = (known.map(|known| known.forward), known.map(|known| known.origin));
            if let Ok(curve) = &smooth {
                at.read(curve, origin, front.as_ref());
            }
        }
        Some(Self {
            product: product.clone(),
            unit: terms.unit,
            tick: terms.tick,
            version: view.version,
            at: view.at,
            index: spot.and_then(|spot| spot.index).map(|(price, _)| price),
            front,
            strips: step.as_ref().map(|step| strips(step, &months)).unwrap_or_default(),
            arbitrages: step.map(|step| step.arbitrages().to_vec()).unwrap_or_default(),
            smooth,
            months,
        })
    }

    /// Whether both pictures give the same curve. A book that was merely confirmed gives the same.
    pub fn is_same(one: &View, other: &View, product: &Product) -> bool {
        spot_of(one, product) == spot_of(other, product)
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

    /// Takes what the smooth curve says of the contract.
    fn read(&mut self, curve: &Curve, origin: Month, front: Option<&Averaging>) {
        let start = f64::from(self.month.since(origin));
        let end = start + 1.0;
        if end > curve.end() {
            return;
        }
        let averaging = front.filter(|front| front.month == self.month);
        self.model = Some(match averaging {
            Some(averaging) => averaging.expected_settlement(curve.average(start + averaging.locked_share(), end)),
            None => curve.average(start, end),
        });
        self.term = Some(curve.average(curve.start(), end));
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

fn strips(step: &StepCurve, months: &[CurveMonth]) -> Vec<CurveStrip> {
    let quarters = months.iter().map(|at| Period::quarter_of(at.month));
    let years = months.iter().map(|at| Period::year(at.month.year));
    let mut periods: Vec<Period> = quarters.chain(years).collect();
    periods.dedup();
    let strip = |period: Period| {
        let forward = step.strip(period)?;
        let (bid, ask) = step.strip_bounds(period);
        Some(CurveStrip { period, forward, bid, ask })
    };
    periods.into_iter().filter_map(strip).collect()
}
