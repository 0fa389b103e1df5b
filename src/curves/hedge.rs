//! From what will be consumed or produced to lots: the contracts that cover it, what they leave over, what they cost through the book,
//! and what risk remains.

#[cfg(test)]
mod tests;

use super::period::{Period, Units};
use super::touch::Touch;
use crate::domain::book::Level;
use crate::domain::contract::Month;
use crate::domain::number::{Money, Price, Qty, Side};

/// Units (GPU-hours, Mtok) of one delivery month: positive what will be consumed and must be bought, negative what will be produced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exposure {
    pub month: Month,
    pub units: f64,
}

/// One order of a hedge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HedgeOrder {
    pub period: Period,
    pub side: Side,
    pub lots: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Strips first, then months; none of zero lots.
    pub orders: Vec<HedgeOrder>,
    /// Every month of the exposures, in order: what stays open after the orders.
    pub residual: Vec<Exposure>,
}

/// Covers exposures with whole lots of what is listed, `size` units a month and lot.
///
/// The longest strips go first. A strip whose months can be traded by themselves takes the lots that all its months need; one that
/// cannot takes the mean of what they need, the least-squares hedge. What remains of a month with a contract of its own is rounded to
/// the nearest lot.
pub fn plan(exposures: &[Exposure], listed: &[Period], size: i64) -> Plan {
    let mut open: Vec<Exposure> = Vec::new();
    let mut sorted = exposures.to_vec();
    sorted.sort_by_key(|exposure| exposure.month);
    for exposure in sorted {
        match open.last_mut() {
            Some(last) if last.month == exposure.month => last.units += exposure.units,
            _ => open.push(exposure),
        }
    }
    let size = size.max(1) as f64;
    let mut periods = listed.to_vec();
    periods.sort_unstable_by_key(|period| (std::cmp::Reverse(period.len()), period.first));
    periods.dedup();
    let mut orders = Vec::new();
    for &period in &periods {
        let needs: Vec<f64> = period
            .iter()
            .map(|month| open.iter().find(|exposure| exposure.month == month).map_or(0.0, |e| e.units / size))
            .collect();
        let is_finer =
            |month| periods.iter().any(|other| other.len() < period.len() && other.iter().any(|m| m == month));
        let lots = if period.iter().all(is_finer) {
            let (low, high) = needs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), n| (l.min(*n), h.max(*n)));
            if low > 0.0 { low.floor() } else { high.min(0.0).ceil() }
        } else {
            (needs.iter().sum::<f64>() / needs.len() as f64).round()
        };
        if lots == 0.0 {
            continue;
        }
        orders.push(HedgeOrder {
            period,
            side: if lots > 0.0 { Side::Bid } else { Side::Ask },
            lots: lots.abs() as i64,
        });
        for month in period.iter() {
            match open.binary_search_by_key(&month, |exposure| exposure.month) {
                Ok(at) => open[at].units -= lots * size,
                Err(at) => open.insert(at, Exposure { month, units: -lots * size }),
            }
        }
    }
    Plan { orders, residual: open }
}

/// What an order would trade at in a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Less than the order where the book is too thin.
    pub filled: Qty,
    /// Paid for it; negative for a sale.
    pub cost: Money,
    /// The same lots at the best price.
    pub cost_at_touch: Money,
    /// The last price reached.
    pub worst: Price,
}

impl Walk {
    /// What the book's depth costs beyond its best price; never negative.
    pub fn slippage(&self) -> Money {
        self.cost - self.cost_at_touch
    }

    /// Dollars per unit, `units` in a lot.
    pub fn average_lossy(&self, units: i64) -> Option<f64> {
        let held = self.filled.to_f64_lossy() * units as f64;
        (held > 0.0).then(|| self.cost.to_f64_lossy().abs() / held)
    }
}

/// Walks `order` through the opposite side of its book, best level first. `None` if that side is empty.
pub fn walk(order: &HedgeOrder, levels: &[Level], units: Units) -> Option<Walk> {
    let best = levels.first()?.price;
    let lot = units.of(order.period);
    let sign = order.side.sign();
    let mut walk = Walk { filled: Qty::ZERO, cost: Money::ZERO, cost_at_touch: Money::ZERO, worst: best };
    let mut left = Qty::lots(order.lots);
    for level in levels {
        let taken = left.min(level.qty);
        if taken.is_zero() {
            break;
        }
        walk.filled += taken;
        walk.cost += Money::notional(level.price, taken * sign, lot);
        walk.cost_at_touch += Money::notional(best, taken * sign, lot);
        walk.worst = level.price;
        left -= taken;
    }
    Some(walk)
}

/// How an exposure and what hedges it move together. Volatilities are annualised, 0.35 for 35 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Basis {
    pub exposure_volatility: f64,
    pub hedge_volatility: f64,
    /// Of their returns, −1 to 1.
    pub correlation: f64,
}

/// Changes that a measurement takes at the least.
const LEAST_CHANGES: usize = 8;

impl Basis {
    /// From prices of both at the same instants, oldest first: (years, exposure, hedge). Taken from changes of their logarithms over
    /// `spans` instants, overlapping and around no mean; volatilities by the time that a change spans. `None` for too few of them or where
    /// one of both does not move.
    pub fn measured(prices: &[(f64, f64, f64)], spans: usize) -> Option<Self> {
        let spans = spans.max(1);
        let changes = prices.windows(spans + 1).filter_map(|window| {
            let (first, last) = (window.first()?, window.last()?);
            let positive = [first.1, first.2, last.1, last.2].iter().all(|price| *price > 0.0);
            (positive && last.0 > first.0).then(|| (last.0 - first.0, (last.1 / first.1).ln(), (last.2 / first.2).ln()))
        });
        let changes: Vec<(f64, f64, f64)> = changes.collect();
        if changes.len() < LEAST_CHANGES {
            return None;
        }
        let sum = |of: fn(&(f64, f64, f64)) -> f64| changes.iter().map(of).sum::<f64>();
        let (years, exposure, hedge) = (sum(|c| c.0), sum(|c| c.1 * c.1), sum(|c| c.2 * c.2));
        (exposure > 0.0 && hedge > 0.0).then(|| Self {
            exposure_volatility: (exposure / years).sqrt(),
            hedge_volatility: (hedge / years).sqrt(),
            correlation: sum(|c| c.1 * c.2) / (exposure * hedge).sqrt(),
        })
    }

    /// Dollars of hedge for a dollar of exposure that leave the least variance: `ρ·σ_e/σ_h`. Ederington (1979), J. Finance
    /// 34(1):157-170. `None` for a hedge that does not move.
    pub fn minimum_variance_ratio(&self) -> Option<f64> {
        (self.hedge_volatility > 0.0).then(|| self.correlation * self.exposure_volatility / self.hedge_volatility)
    }

    /// The share of the variance that the best hedge takes away: `ρ²`, 0 to 1 (Ederington's effectiveness).
    pub fn effectiveness(&self) -> f64 {
        self.correlation * self.correlation
    }

    /// Standard deviation, dollars, after `years`, of `exposure` dollars against `hedge` dollars of the other:
    /// `√(E²σ_e² + H²σ_h² − 2·ρ·E·H·σ_e·σ_h)·√years`.
    pub fn residual_deviation(&self, exposure: f64, hedge: f64, years: f64) -> f64 {
        let (a, b) = (exposure * self.exposure_volatility, hedge * self.hedge_volatility);
        ((a * a + b * b - 2.0 * self.correlation * a * b).max(0.0) * years).sqrt()
    }
}

/// One month of a scenario: units needed and bought (signed alike), and the forward, dollars per unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HedgedMonth {
    pub needed: f64,
    pub hedged: f64,
    pub forward: f64,
}

/// What the exposure costs in all if the curve moves by `shift` (0.2: 20 % up), dollars; negative is earned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scenario {
    pub shift: f64,
    pub unhedged: f64,
    pub hedged: f64,
}

/// One row a shift. `paid` is what the hedge cost; what it leaves open is bought at the moved forward.
pub fn scenarios(months: &[HedgedMonth], paid: f64, shifts: &[f64]) -> Vec<Scenario> {
    let at = |&shift: &f64| {
        let cost =
            |units: fn(&HedgedMonth) -> f64| months.iter().map(|m| units(m) * m.forward * (1.0 + shift)).sum::<f64>();
        Scenario { shift, unhedged: cost(|m| m.needed), hedged: cost(|m| m.needed - m.hedged) + paid }
    };
    shifts.iter().map(at).collect()
}

/// How a broker's rate stands to the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Below what the market would pay.
    BelowBid,
    Inside,
    /// Above what the market asks.
    AboveAsk,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuoteCheck {
    /// Rate less fair value, dollars per unit and as a share of it.
    pub premium: f64,
    pub relative: f64,
    /// Over all units, dollars.
    pub total: f64,
    /// `None` while a side that it depends on is not quoted.
    pub verdict: Option<Verdict>,
}

/// Checks a fixed rate for a period, such as reserved capacity, against the strip of the same months: its bid and ask, and `fair`, the
/// curve's price of it. All dollars per unit. Reserved rates are a bound from above: capacity cannot be stored (market.md 3.4).
pub fn check_quote(rate: f64, units: f64, fair: f64, strip: Touch) -> QuoteCheck {
    let verdict = match (strip.bid, strip.ask) {
        (Some(bid), _) if rate < bid => Some(Verdict::BelowBid),
        (_, Some(ask)) if rate > ask => Some(Verdict::AboveAsk),
        (Some(_), Some(_)) => Some(Verdict::Inside),
        _ => None,
    };
    let premium = rate - fair;
    QuoteCheck { premium, relative: premium / fair.abs(), total: premium * units, verdict }
}
