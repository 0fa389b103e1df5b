//! What all curves of a product share, however its prices became known: step and smooth curve through them, and what both say of months,
//! quarters and years.

use super::CurveStrip;
use crate::curves::averaging::Averaging;
use crate::curves::curve::Curve;
use crate::curves::period::{Period, Quote, Units};
use crate::curves::smooth::{self, Average, Shape, SmoothError};
use crate::curves::step::{self, Arbitrage, StepCurve, StepMonth};
use crate::domain::contract::Month;

/// Both curves through the same quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct Solved {
    origin: Month,
    front: Option<Averaging>,
    step: Option<StepCurve>,
    /// `x = 0` on the first day of the first month.
    pub smooth: Result<Curve, SmoothError>,
    /// Months on whose first day the smooth curve may jump: those of the launches that lie within it.
    pub launches: Vec<Month>,
}

impl Solved {
    /// `origin` is the first month shown, quoted or not.
    pub fn of(quotes: &[Quote], units: Units, front: Option<Averaging>, origin: Month, launches: &[Month]) -> Self {
        let fixed: Vec<Averaging> = front.into_iter().collect();
        let averages: Vec<Average> = quotes.iter().filter_map(|quote| Average::of(quote, origin, &fixed)).collect();
        let ends = averages.iter().map(|average| average.to);
        let end = ends.fold(0.0, f64::max);
        let within = |month: &Month| month.since(origin) > 0 && f64::from(month.since(origin)) < end;
        let launches: Vec<Month> = launches.iter().copied().filter(within).collect();
        let breaks: Vec<f64> = launches.iter().map(|month| f64::from(month.since(origin))).collect();
        let shape = Shape { launches: &breaks, ..Shape::default() };
        Self {
            smooth: smooth::smooth(&averages, &shape).map(|solved| solved.curve),
            step: step::bootstrap(quotes, units, &fixed),
            origin,
            front,
            launches,
        }
    }

    /// The first fixings' share of the front month, out of the price.
    pub const fn front(&self) -> Option<Averaging> {
        self.front
    }

    pub fn step(&self, month: Month) -> Option<&StepMonth> {
        self.step.as_ref()?.month(month)
    }

    pub fn arbitrages(&self) -> &[Arbitrage] {
        self.step.as_ref().map_or(&[], StepCurve::arbitrages)
    }

    /// What the smooth curve makes of a month's contract, published fixings included.
    pub fn model(&self, month: Month) -> Option<f64> {
        let (curve, start, end) = self.reach(month)?;
        Some(match self.front.filter(|front| front.month == month) {
            Some(front) => front.expected_settlement(curve.average(start + front.locked_share(), end)),
            None => curve.average(start, end),
        })
    }

    /// The one rate for all the time from now to the month's end.
    pub fn term(&self, month: Month) -> Option<f64> {
        let (curve, _, end) = self.reach(month)?;
        Some(curve.average(curve.start(), end))
    }

    fn reach(&self, month: Month) -> Option<(&Curve, f64, f64)> {
        let curve = self.smooth.as_ref().ok()?;
        let start = f64::from(month.since(self.origin));
        (start + 1.0 <= curve.end()).then_some((curve, start, start + 1.0))
    }

    /// Quarters, then years, that lie wholly on the step curve.
    pub fn strips(&self, months: &[Month]) -> Vec<CurveStrip> {
        let Some(step) = &self.step else { return Vec::new() };
        let quarters = months.iter().map(|month| Period::quarter_of(*month));
        let years = months.iter().map(|month| Period::year(month.year));
        let mut periods: Vec<Period> = quarters.chain(years).collect();
        periods.dedup();
        let strip = |period: Period| {
            let forward = step.strip(period)?;
            let (bid, ask) = step.strip_bounds(period);
            Some(CurveStrip { period, forward, bid, ask })
        };
        periods.into_iter().filter_map(strip).collect()
    }
}
