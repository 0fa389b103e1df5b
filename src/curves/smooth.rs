//! The smooth curve: `f = s + δ`, a prior `s` and the smoothest correction `δ` that makes every contract worth its quote.
//!
//! Benth, Koekebakker & Ollmar (2007), J. Derivatives 15(1):52-66, "Extracting and applying smooth forward curves from average-based
//! commodity contracts": minimise `∫ δ''(x)² dx` subject to the average of `f` over each delivery period. With bid and ask the averages
//! need only lie between them, a quadratic programme: Fleten & Lemming (2003), Energy Economics 25(5):409-424; Benth, Šaltytė Benth &
//! Koekebakker (2008), ch. 7. The minimiser is a quartic spline whose knots are the ends of the contracts.
//!
//! Solved through the running total `S = ∫ δ`, a quintic spline: its third divided differences, linear in the averages, are the inner
//! products of `S''' = δ''` with quadratic B-splines (de Boor, A Practical Guide to Splines, ch. XIII), whose Gram matrix has five
//! diagonals. So the unknowns are one average per interval, not five coefficients, and continuity costs nothing.
//!
//! One quote moves the whole curve: positions are marked with the step curve.

#[cfg(test)]
mod tests;

use super::averaging::Averaging;
use super::curve::{Curve, Quartic};
use super::matrix::{Banded, dot};
use super::period::Quote;
use super::program::{self, Bound, ProgramError};
use crate::domain::contract::Month;
use crate::domain::number::Price;

/// A contract on the average forward from `from` to `to`, months: dollars per unit, between `low` and `high`. Infinite where nobody
/// quotes; equal where the price is held exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Average {
    pub from: f64,
    pub to: f64,
    pub low: f64,
    pub high: f64,
}

/// What happens at the far end, where nothing is quoted beyond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LongEnd {
    /// `δ' = 0`, as in the paper: the curve leaves as its prior does.
    #[default]
    Flat,
    /// Nothing is asked; `δ'' = 0` follows.
    Free,
}

/// What the curve is made of besides quotes.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    pub prior: Option<&'a Curve>,
    /// Where smoothness is broken, months: the level may jump there (a GPU launch); slope and curvature carry over.
    pub launches: &'a [f64],
    pub end: LongEnd,
    /// Between bid and ask the curve is drawn to the middle: the objective gains `Σ (average − mid)² / reach³`. Moves of the mids that
    /// are shorter than some times this many months are smoothed away, as far as the quotes allow. Of no effect on exact prices.
    pub reach_months: f64,
}

impl Default for Shape<'_> {
    fn default() -> Self {
        Self { prior: None, launches: &[], end: LongEnd::Flat, reach_months: 3.0 }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Smooth {
    /// From the first delivery to the last.
    pub curve: Curve,
    /// `∫ δ''²`, dollars² per unit² and month³.
    pub roughness: f64,
    /// Positions of the averages that lie at a limit.
    pub at_limit: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SmoothError {
    #[error("quote {0} is over no time, or its bid is above its ask")]
    Malformed(usize),
    #[error("too few two-sided quotes to tell the curve")]
    Undetermined,
    #[error("quotes contradict each other: {0:?}")]
    Contradiction(Vec<usize>),
    #[error("the solver found no end")]
    NoEnd,
}

impl From<ProgramError> for SmoothError {
    fn from(error: ProgramError) -> Self {
        match error {
            ProgramError::Undetermined => Self::Undetermined,
            ProgramError::Contradiction(quotes) => Self::Contradiction(quotes),
            ProgramError::NoEnd => Self::NoEnd,
        }
    }
}

impl Average {
    pub const fn exact(from: f64, to: f64, price: f64) -> Self {
        Self { from, to, low: price, high: price }
    }

    /// What a quote says about the time to come, `x = 0` on the first day of `origin`. The published share of a month is taken out of
    /// price and time (market.md 6.4). `None` if nothing of it is left, or a month before `origin` is not fixed.
    pub fn of(quote: &Quote, origin: Month, fixed: &[Averaging]) -> Option<Self> {
        let months = f64::from(quote.period.len());
        let (mut share, mut locked) = (0.0, 0.0);
        for month in quote.period.iter() {
            match fixed.iter().find(|averaging| averaging.month == month) {
                Some(averaging) => {
                    share += averaging.locked_share();
                    locked += averaging.locked_share() * averaging.mean;
                }
                None if month < origin => return None,
                None => {}
            }
        }
        let from = f64::from(quote.period.first.since(origin)) + share;
        let left = months - share;
        let rest = |price: Price| (months * price.to_f64_lossy() - locked) / left;
        (left > SAME && from >= -SAME).then(|| Self {
            from: from.max(0.0),
            to: f64::from(quote.period.end().since(origin)),
            low: quote.bid.map_or(f64::NEG_INFINITY, rest),
            high: quote.ask.map_or(f64::INFINITY, rest),
        })
    }

    fn is_exact(&self) -> bool {
        self.low == self.high
    }

    /// The middle of the quote, where there is one.
    fn mid(&self) -> Option<f64> {
        (self.low.is_finite() && self.high.is_finite()).then(|| f64::midpoint(self.low, self.high))
    }

    fn is_sound(&self) -> bool {
        let is_open = self.low < f64::INFINITY && self.high > f64::NEG_INFINITY;
        is_open && self.from.is_finite() && self.to.is_finite() && self.to - self.from > SAME && self.low <= self.high
    }
}

/// Times nearer than this, in months, are the same.
const SAME: f64 = 1e-7;

/// Solves for the smooth curve. Averages with `low = high` are repriced exactly, the others lie within their quote. The order of
/// `averages` does not matter beyond rounding.
///
/// # Errors
/// [`SmoothError`]; its positions are those of `averages`.
pub fn smooth(averages: &[Average], shape: &Shape<'_>) -> Result<Smooth, SmoothError> {
    if let Some(at) = averages.iter().position(|average| !average.is_sound()) {
        return Err(SmoothError::Malformed(at));
    }
    let grid = Grid::of(averages, shape).ok_or(SmoothError::Undetermined)?;
    let splines = Splines::of(&grid).ok_or(SmoothError::NoEnd)?;
    let size = grid.unknowns();
    let mut hessian: Vec<Vec<f64>> = (0..size).map(|i| vec![0.0; i + 1]).collect();
    splines.add_energy(&mut hessian);
    let pull = shape.reach_months.powi(-3);
    let mut gradient = vec![0.0; size];
    let mut bounds = Vec::with_capacity(averages.len());
    for average in averages {
        let row = grid.row(average);
        let prior = shape.prior.map_or(0.0, |prior| prior.average(average.from, average.to));
        if let Some(mid) = average.mid() {
            // What is held exactly can be pulled with any force: this one keeps the numbers of a size.
            let weight = if average.is_exact() { 1.0 } else { pull };
            for i in 0..size {
                gradient[i] += weight * (mid - prior) * row[i];
                for j in 0..=i {
                    hessian[i][j] += weight * row[i] * row[j];
                }
            }
        }
        bounds.push(Bound { row, low: average.low - prior, high: average.high - prior });
    }
    let solution = program::solve(hessian, &gradient, &bounds)?;
    let (pieces, roughness) = splines.pieces(&grid, &solution.u);
    let correction = Curve::new(grid.knots, pieces).ok_or(SmoothError::NoEnd)?;
    let curve = shape.prior.map_or_else(|| correction.clone(), |prior| correction.plus(prior));
    Ok(Smooth { curve, roughness, at_limit: solution.active })
}

/// Where the polynomials meet, and the meaning of the unknowns: the mean of the smooth part of `δ` over each interval, its value at a
/// flat end, the height of each jump.
#[derive(Debug)]
struct Grid {
    knots: Vec<f64>,
    launches: Vec<f64>,
    end: LongEnd,
}

impl Grid {
    fn of(averages: &[Average], shape: &Shape<'_>) -> Option<Self> {
        let ends = |pick: fn(&Average) -> f64| averages.iter().map(pick);
        let start = ends(|a| a.from).min_by(f64::total_cmp)?;
        let end = ends(|a| a.to).max_by(f64::total_cmp)?;
        let mut launches: Vec<f64> =
            shape.launches.iter().copied().filter(|&x| x > start + SAME && x < end - SAME).collect();
        launches.sort_unstable_by(f64::total_cmp);
        launches.dedup_by(|a, b| *a - *b < SAME);
        let mut knots: Vec<f64> = ends(|a| a.from).chain(ends(|a| a.to)).chain(launches.iter().copied()).collect();
        knots.sort_unstable_by(f64::total_cmp);
        knots.dedup_by(|a, b| *a - *b < SAME);
        Some(Self { knots, launches, end: shape.end })
    }

    fn intervals(&self) -> usize {
        self.knots.len() - 1
    }

    fn width(&self, j: usize) -> f64 {
        self.knots[j + 1] - self.knots[j]
    }

    /// Unknowns of the smooth part.
    fn smooth_unknowns(&self) -> usize {
        self.intervals() + usize::from(self.end == LongEnd::Flat)
    }

    fn unknowns(&self) -> usize {
        self.smooth_unknowns() + self.launches.len()
    }

    /// The average of `δ` over a contract, in the unknowns.
    fn row(&self, average: &Average) -> Vec<f64> {
        let mut row = vec![0.0; self.unknowns()];
        for (j, weight) in row.iter_mut().take(self.intervals()).enumerate() {
            let middle = f64::midpoint(self.knots[j], self.knots[j + 1]);
            if (average.from..average.to).contains(&middle) {
                *weight = self.width(j);
            }
        }
        let covered: f64 = row.iter().sum();
        row.iter_mut().for_each(|weight| *weight /= covered);
        for (weight, launch) in row[self.smooth_unknowns()..].iter_mut().zip(&self.launches) {
            *weight = ((average.to - launch) / (average.to - average.from)).clamp(0.0, 1.0);
        }
        row
    }
}

/// The quadratic B-splines of integral one that span `δ''`, and how the averages determine their coefficients.
#[derive(Debug)]
struct Splines {
    /// The knots, the last three times over where the end is flat: there the value is an unknown and the slope is zero.
    knots: Vec<f64>,
    gram: Banded<2>,
    /// Inner products of `δ''` with the splines: `products[i]·u`, for the smooth unknowns `u`.
    products: Vec<Vec<f64>>,
}

impl Splines {
    fn of(grid: &Grid) -> Option<Self> {
        let last = grid.knots[grid.intervals()];
        let repeats = if grid.end == LongEnd::Flat { 2 } else { 0 };
        let knots: Vec<f64> = grid.knots.iter().copied().chain(std::iter::repeat_n(last, repeats)).collect();
        let count = knots.len().saturating_sub(3);
        let mut band = vec![[0.0; 3]; count];
        for j in 0..grid.intervals() {
            for (point, weight) in GAUSS {
                let x = grid.knots[j] + point * grid.width(j);
                let mut values = [0.0; 3];
                for (piece, value) in
                    values.iter_mut().enumerate().filter(|(piece, _)| *piece <= j && j - piece < count)
                {
                    *value = spline(&knots[j - piece..], piece, x);
                }
                for piece in (0..3).filter(|piece| *piece <= j && j - piece < count) {
                    for earlier in piece..3.min(j + 1) {
                        band[j - piece][earlier - piece] += weight * grid.width(j) * values[piece] * values[earlier];
                    }
                }
            }
        }
        let gram = Banded::factor(count, |i, j| band[i][i - j])?;
        Some(Self { products: products(&knots, grid), knots, gram })
    }

    /// Adds the matrix of `∫ δ''² = (D·u)ᵀ·G⁻¹·(D·u)`, lower half.
    fn add_energy(&self, hessian: &mut [Vec<f64>]) {
        let size = self.products.first().map_or(0, Vec::len);
        let columns: Vec<Vec<f64>> = (0..size)
            .map(|k| {
                let mut column: Vec<f64> = self.products.iter().map(|row| row[k]).collect();
                self.gram.forward(&mut column);
                column
            })
            .collect();
        for i in 0..size {
            // A column is zero above its own splines, and stays so when it is solved.
            let from = i.saturating_sub(2);
            for j in 0..=i {
                hessian[i][j] +=
                    dot(&columns[i][from.min(self.products.len())..], &columns[j][from.min(self.products.len())..]);
            }
        }
    }

    /// The polynomials of `δ` and `∫ δ''²`.
    fn pieces(&self, grid: &Grid, u: &[f64]) -> (Vec<Quartic>, f64) {
        let mut coefficients: Vec<f64> = self.products.iter().map(|row| dot(row, u)).collect();
        self.gram.forward(&mut coefficients);
        let roughness = dot(&coefficients, &coefficients);
        self.gram.backward(&mut coefficients);
        let curvatures: Vec<[f64; 3]> = (0..grid.intervals()).map(|j| self.curvature(grid, j, &coefficients)).collect();
        let n = grid.intervals();
        let mut slope = if n > 1 {
            let (first, second) = (Rise::of(&curvatures[0], grid.width(0)), Rise::of(&curvatures[1], grid.width(1)));
            let bend = first.value + first.slope * grid.width(1) / 2.0 + second.mean - first.mean;
            (u[1] - u[0] - bend) / f64::midpoint(grid.width(0), grid.width(1))
        } else {
            -Rise::of(&curvatures[0], grid.width(0)).slope
        };
        let mut pieces = Vec::with_capacity(n);
        for (j, [q0, q1, q2]) in curvatures.iter().enumerate() {
            let rise = Rise::of(&curvatures[j], grid.width(j));
            let jumps: f64 = (grid.launches.iter().zip(&u[grid.smooth_unknowns()..]))
                .filter(|(launch, _)| **launch < grid.knots[j + 1] - SAME)
                .map(|(_, height)| height)
                .sum();
            let value = u[j] - slope * grid.width(j) / 2.0 - rise.mean + jumps;
            pieces.push([value, slope, q0 / 2.0, q1 / 6.0, q2 / 12.0]);
            slope += rise.slope;
        }
        (pieces, roughness)
    }

    /// `δ''` on interval `j` in powers of the distance from its left knot.
    fn curvature(&self, grid: &Grid, j: usize, coefficients: &[f64]) -> [f64; 3] {
        let at = |share: f64| {
            let x = grid.knots[j] + share * grid.width(j);
            (0..3.min(j + 1))
                .filter_map(|piece| Some(coefficients.get(j - piece)? * spline(&self.knots[j - piece..], piece, x)))
                .sum::<f64>()
        };
        let (left, middle, right) = (at(0.0), at(0.5), at(1.0));
        let h = grid.width(j);
        [left, (4.0 * middle - 3.0 * left - right) / h, (2.0 * left - 4.0 * middle + 2.0 * right) / (h * h)]
    }
}

/// What the curvature of an interval adds over it, beyond its left value and slope.
struct Rise {
    value: f64,
    slope: f64,
    mean: f64,
}

impl Rise {
    fn of([q0, q1, q2]: &[f64; 3], h: f64) -> Self {
        Self {
            value: h * h * (q0 / 2.0 + h * (q1 / 6.0 + h * q2 / 12.0)),
            slope: h * (q0 + h * (q1 / 2.0 + h * q2 / 3.0)),
            mean: h * h * (q0 / 6.0 + h * (q1 / 24.0 + h * q2 / 60.0)),
        }
    }
}

/// Points and weights on [0, 1], exact to degree five.
const GAUSS: [(f64, f64); 3] =
    [(0.112_701_665_379_258_31, 5.0 / 18.0), (0.5, 8.0 / 18.0), (0.887_298_334_620_741_7, 5.0 / 18.0)];

/// Piece 0, 1 or 2 of the quadratic B-spline of integral one on the first four of `knots`, at `x`.
fn spline(knots: &[f64], piece: usize, x: f64) -> f64 {
    let [a, b, c, d] = [knots[0], knots[1], knots[2], knots[3]];
    let value = match piece {
        0 => (x - a) * (x - a) / ((c - a) * (b - a)),
        1 => (x - a) * (c - x) / ((c - a) * (c - b)) + (d - x) * (x - b) / ((d - b) * (c - b)),
        _ => (d - x) * (d - x) / ((d - b) * (d - c)),
    };
    3.0 / (d - a) * value
}

/// `3!` times the third divided differences of `S`, in the smooth unknowns.
fn products(knots: &[f64], grid: &Grid) -> Vec<Vec<f64>> {
    let size = grid.smooth_unknowns();
    let first: Vec<Vec<f64>> = (1..knots.len())
        .map(|i| {
            let mut unit = vec![0.0; size];
            unit[(i - 1).min(size - 1)] = 1.0;
            unit
        })
        .collect();
    let differences = |of: &[Vec<f64>], order: usize| -> Vec<Vec<f64>> {
        (0..knots.len().saturating_sub(order))
            .map(|i| {
                let width = knots[i + order] - knots[i];
                // All knots the same: half of S'' = δ' = 0 there.
                let scale = if width == 0.0 { 0.0 } else { 1.0 / width };
                of[i + 1].iter().zip(&of[i]).map(|(after, before)| (after - before) * scale).collect()
            })
            .collect()
    };
    let mut third = differences(&differences(&first, 2), 3);
    third.iter_mut().flatten().for_each(|entry| *entry *= 6.0);
    third
}
