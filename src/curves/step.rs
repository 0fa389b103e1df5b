//! The step curve: one forward a month, bootstrapped from months, quarters, years and overlapping strips. It is local (a quote moves
//! its own months only), so it is the curve that positions are marked with.
//!
//! A strip over `[a, b)` fixes the difference of the running total `S(b) − S(a)`, so quotes are difference constraints
//! `bid·h ≤ S(b) − S(a) ≤ ask·h` on a graph of month boundaries (Cormen et al., Introduction to Algorithms, 24.4). The cheapest way to
//! buy `[a, b)` from what is quoted is a shortest path, and an arbitrage is a cycle that costs less than nothing. Both are exact: a
//! matrix of intervals is totally unimodular, so no fractional mix of contracts does better.

#[cfg(test)]
mod tests;

use super::averaging::Averaging;
use super::curve::Curve;
use super::period::{MAX_MONTHS, Period, Quote, Units};
use crate::domain::contract::Month;
use crate::domain::number::{Money, Price, Side};

/// Where a month's forward comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Its own quote.
    Quoted,
    /// What a strip leaves over, the same for all its months that nothing else tells apart.
    Strip,
    /// No quote reaches it: as the month before.
    Carried,
}

/// One delivery month, dollars per unit of its settlement price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepMonth {
    pub month: Month,
    pub forward: f64,
    /// The best price that all quotes together make for the month: its own, or a strip against other months.
    pub bid: Option<f64>,
    pub ask: Option<f64>,
    pub origin: Origin,
}

/// One contract of an arbitrage: a lot of the quote's whole period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArbitrageLeg {
    pub period: Period,
    /// What to do: [`Side::Bid`] buys at the quoted ask.
    pub side: Side,
    /// The quote that is hit or lifted.
    pub price: Price,
}

impl ArbitrageLeg {
    /// What one lot costs; negative for a sale.
    fn cost(self, units: Units) -> Money {
        let paid = units.cost(self.period, self.price);
        if self.side == Side::Bid { paid } else { -paid }
    }
}

/// Trades at the quotes that cancel out and leave money: the strip, then the contracts that make it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arbitrage {
    pub legs: Vec<ArbitrageLeg>,
    /// For one lot of every leg.
    pub per_lot: Money,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StepCurve {
    months: Vec<StepMonth>,
    arbitrages: Vec<Arbitrage>,
    /// `bounds[a][b]`: dollars that the months from boundary `a` to `b` cost at least.
    bounds: Distances,
    units: Units,
}

/// Bootstraps the curve, dollars per unit.
///
/// `fixed` says what has been published of months in their averaging window; a month that is wholly fixed is held at its mean. Finer
/// contracts go first: each is set to its mid, or as near as the tradable bounds of all quotes allow; strips then fill the months that
/// nothing finer tells apart. Where quotes contradict each other the coarser one gives way, and the arbitrage is reported. Quotes that
/// agree are repriced exactly; the order of `quotes` does not matter. Empty input, or quotes more than [`MAX_MONTHS`] apart: `None`.
pub fn bootstrap(quotes: &[Quote], units: Units, fixed: &[Averaging]) -> Option<StepCurve> {
    let first = quotes.iter().map(|quote| quote.period.first).min()?;
    let end = quotes.iter().map(|quote| quote.period.end()).max()?;
    let count = u32::try_from(end.since(first)).ok().filter(|count| *count <= MAX_MONTHS)? as usize;
    let settled = fixed
        .iter()
        .filter(|month| month.remaining() == 0 && (first..end).contains(&month.month))
        .map(|month| Quote::exact(Period::month(month.month), Price::from_f64_lossy(month.mean)));
    let mut sorted = quotes.to_vec();
    sorted.sort_unstable_by_key(|quote| (quote.period.len(), quote.period.first, quote.bid, quote.ask));
    let quotes: Vec<Quote> = settled.chain(sorted).collect();
    let mut market = Market { first, units, edges: Vec::new(), distances: Distances::new(count + 1), largest: 1.0 };
    let arbitrages: Vec<Arbitrage> = quotes.iter().flat_map(|quote| market.add(quote)).collect();
    let bounds = market.distances;
    let mut totals = bounds.clone();
    let span = |period: Period| {
        let from = usize::try_from(period.first.since(first)).unwrap_or(0);
        (from, from + period.len() as usize)
    };
    for quote in &quotes {
        if let Some(mid) = quote.mid_lossy() {
            let (a, b) = span(quote.period);
            totals.pin(a, b, mid * units.of(quote.period) as f64);
        }
    }
    let mut origins: Vec<Origin> =
        (0..count).map(|m| if totals.value(m, m + 1).is_some() { Origin::Quoted } else { Origin::Carried }).collect();
    let month_units: Vec<f64> = (0_i32..).take(count).map(|ahead| units.of_month(first.plus(ahead)) as f64).collect();
    for quote in &quotes {
        let (a, b) = span(quote.period);
        fill(&mut totals, a..b, &month_units, &mut origins);
    }
    let mut forward = (0..count).find_map(|m| Some(totals.value(m, m + 1)? / month_units[m])).unwrap_or(0.0);
    let mut months = Vec::with_capacity(count);
    for (m, month) in Period::new(first, count as u32)?.iter().enumerate() {
        totals.pin(m, m + 1, forward * month_units[m]);
        forward = totals.value(m, m + 1).map_or(forward, |total| total / month_units[m]);
        let tradable = |cost: f64| cost.is_finite().then_some(cost / month_units[m]);
        months.push(StepMonth {
            month,
            forward,
            bid: tradable(bounds.at(m + 1, m)).map(|cost| -cost),
            ask: tradable(bounds.at(m, m + 1)),
            origin: origins[m],
        });
    }
    Some(StepCurve { months, arbitrages, bounds, units })
}

/// Spreads what a strip leaves over evenly among its months that are not yet told apart.
fn fill(totals: &mut Distances, months: std::ops::Range<usize>, units: &[f64], origins: &mut [Origin]) {
    let Some(mut left) = totals.value(months.start, months.end) else { return };
    let mut open = Vec::new();
    for m in months {
        match totals.value(m, m + 1) {
            Some(known) => left -= known,
            None => open.push(m),
        }
    }
    let mut open_units: f64 = open.iter().map(|&m| units[m]).sum();
    for m in open {
        totals.pin(m, m + 1, left * units[m] / open_units);
        left -= totals.value(m, m + 1).unwrap_or(0.0);
        open_units -= units[m];
        origins[m] = Origin::Strip;
    }
}

impl StepCurve {
    pub fn months(&self) -> &[StepMonth] {
        &self.months
    }

    pub fn month(&self, month: Month) -> Option<&StepMonth> {
        let ahead = month.since(self.months.first()?.month);
        self.months.get(usize::try_from(ahead).ok()?)
    }

    pub fn arbitrages(&self) -> &[Arbitrage] {
        &self.arbitrages
    }

    /// The curve's price of a period: `Σ h·F / Σ h` (market.md 6.1). `None` when it reaches beyond the curve.
    pub fn strip(&self, period: Period) -> Option<f64> {
        let mut cost = 0.0;
        for month in period.iter() {
            cost += self.month(month)?.forward * self.units.of_month(month) as f64;
        }
        Some(cost / self.units.of(period) as f64)
    }

    /// What the quotes make of a period together, dollars per unit: the best bid and ask, direct or by other contracts.
    pub fn strip_bounds(&self, period: Period) -> (Option<f64>, Option<f64>) {
        let node = |month: Month| {
            let ahead = usize::try_from(month.since(self.months.first()?.month)).ok()?;
            (ahead <= self.months.len()).then_some(ahead)
        };
        let (Some(a), Some(b)) = (node(period.first), node(period.end())) else { return (None, None) };
        let units = self.units.of(period) as f64;
        let tradable = |cost: f64| cost.is_finite().then_some(cost / units);
        (tradable(self.bounds.at(b, a)).map(|cost| -cost), tradable(self.bounds.at(a, b)))
    }

    /// As a function of time, `x = 0` on the first day of `origin`. A month in its averaging window counts from its published share on,
    /// at what the rest must average; a fixed month is over.
    pub fn curve(&self, origin: Month, fixed: &[Averaging]) -> Option<Curve> {
        let (mut knots, mut values) = (Vec::new(), Vec::new());
        for at in self.months.iter().filter(|at| at.month >= origin) {
            let start = f64::from(at.month.since(origin));
            let averaging = fixed.iter().find(|averaging| averaging.month == at.month);
            let (share, forward) = match averaging {
                Some(averaging) => match averaging.rest_for(at.forward) {
                    Some(rest) => (averaging.locked_share(), rest),
                    None => continue,
                },
                None => (0.0, at.forward),
            };
            knots.push(start + share);
            values.push(forward);
        }
        knots.push(f64::from(self.months.last()?.month.since(origin)) + 1.0);
        Curve::steps(knots, &values)
    }
}

/// Buying or selling one lot of a quoted period moves the position from one boundary to another at a cost.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: usize,
    to: usize,
    cost: Money,
    leg: ArbitrageLeg,
}

/// What is quoted, in exact money; and in floats, which are enough to see where nothing can be wrong.
struct Market {
    first: Month,
    units: Units,
    edges: Vec<Edge>,
    distances: Distances,
    /// Of the costs, dollars: what the floats may be wrong by is a small part of it.
    largest: f64,
}

impl Market {
    /// Adds both sides of a quote. A side that could be traded against what is there at a profit is an arbitrage; it then stands no
    /// better than that.
    fn add(&mut self, quote: &Quote) -> Vec<Arbitrage> {
        let a = usize::try_from(quote.period.first.since(self.first)).unwrap_or(0);
        let b = a + quote.period.len() as usize;
        let mut found = Vec::new();
        for (side, price, from, to) in [(Side::Bid, quote.ask, a, b), (Side::Ask, quote.bid, b, a)] {
            let Some(price) = price else { continue };
            let leg = ArbitrageLeg { period: quote.period, side, price };
            let mut cost = leg.cost(self.units);
            let lossy = cost.to_f64_lossy();
            self.largest = self.largest.max(lossy.abs());
            let is_suspect = self.distances.at(to, from) + lossy < 1e-9 * self.largest;
            if is_suspect
                && let Some((back, legs)) = self.cheapest(to, from)
                && (cost + back) < Money::ZERO
            {
                let legs: Vec<ArbitrageLeg> = [leg].into_iter().chain(legs).collect();
                // At the quotes themselves: an edge that gave way earlier costs less than it stands for.
                let per_lot = -legs.iter().map(|leg| leg.cost(self.units)).sum::<Money>();
                found.push(Arbitrage { legs, per_lot });
                cost = -back;
            }
            self.edges.push(Edge { from, to, cost, leg });
            self.distances.shorten(from, to, cost.to_f64_lossy());
        }
        found
    }

    /// The cheapest way between two boundaries (Bellman 1958, Ford 1956). There is no cycle of negative cost.
    fn cheapest(&self, from: usize, to: usize) -> Option<(Money, Vec<ArbitrageLeg>)> {
        let mut costs: Vec<Option<(Money, Option<Edge>)>> = vec![None; self.distances.nodes];
        costs[from] = Some((Money::ZERO, None));
        for _ in 0..self.distances.nodes {
            let mut moved = false;
            for edge in &self.edges {
                let Some((start, _)) = costs[edge.from] else { continue };
                let cost = start + edge.cost;
                if costs[edge.to].is_none_or(|(known, _)| cost < known) {
                    costs[edge.to] = Some((cost, Some(*edge)));
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        let (total, mut last) = costs[to]?;
        let mut legs = Vec::new();
        while let Some(edge) = last {
            legs.push(edge.leg);
            last = costs[edge.from].and_then(|(_, edge)| edge);
        }
        legs.reverse();
        Some((total, legs))
    }
}

/// Shortest ways between all boundaries, kept while edges are added: the tightest bounds that the constraints so far imply.
#[derive(Clone, Debug, PartialEq)]
struct Distances {
    nodes: usize,
    cost: Vec<f64>,
}

impl Distances {
    fn new(nodes: usize) -> Self {
        let mut cost = vec![f64::INFINITY; nodes * nodes];
        cost.iter_mut().step_by(nodes + 1).for_each(|own| *own = 0.0);
        Self { nodes, cost }
    }

    fn at(&self, from: usize, to: usize) -> f64 {
        self.cost[from * self.nodes + to]
    }

    /// A new edge: every way may now lead over it.
    fn shorten(&mut self, from: usize, to: usize, cost: f64) {
        if cost >= self.at(from, to) {
            return;
        }
        let onward: Vec<f64> = (0..self.nodes).map(|b| cost + self.at(to, b)).collect();
        for a in 0..self.nodes {
            let start = self.at(a, from);
            if start.is_finite() {
                let row = &mut self.cost[a * self.nodes..(a + 1) * self.nodes];
                row.iter_mut().zip(&onward).for_each(|(known, onward)| *known = known.min(start + onward));
            }
        }
    }

    /// Fixes the total between two boundaries, as near to `total` as the bounds allow.
    fn pin(&mut self, a: usize, b: usize, total: f64) {
        let (low, high) = (-self.at(b, a), self.at(a, b));
        let total = if low <= high { total.clamp(low, high) } else { f64::midpoint(low, high) };
        self.shorten(a, b, total);
        self.shorten(b, a, -total);
    }

    /// The total between two boundaries, if it is told.
    fn value(&self, a: usize, b: usize) -> Option<f64> {
        let (low, high) = (-self.at(b, a), self.at(a, b));
        (high.is_finite() && high - low <= 1e-9 * (1.0 + high.abs())).then(|| f64::midpoint(low, high))
    }
}
