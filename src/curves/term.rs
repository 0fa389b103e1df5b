//! Term rates and forwards. The term rate `T(x)` is the one fixed price for all of the next `x` months; the forward `f(x)` is the price
//! of month `x` alone. `x·T(x) = ∫ f`, so `f(x) = d/dx [x·T(x)]` (market.md 6.1; Bandi & Su, arXiv 2607.12156, App. A.3).
//!
//! Tenors are months from the start of the curve: the present.

use super::curve::{Curve, Quartic};

/// Term rates of a forward curve, exact: where `f` is a polynomial of degree four, `x·T(x)` is one of degree five.
#[derive(Clone, Debug, PartialEq)]
pub struct TermCurve {
    knots: Vec<f64>,
    /// `x·T(x)` from each knot on, in powers of the distance from it.
    totals: Vec<[f64; 6]>,
}

impl TermCurve {
    pub fn of(forward: &Curve) -> Self {
        let mut total = 0.0;
        let mut totals = Vec::with_capacity(forward.pieces().len());
        for (piece, ends) in forward.pieces().iter().zip(forward.knots().windows(2)) {
            let [c0, c1, c2, c3, c4] = *piece;
            let integral = [total, c0, c1 / 2.0, c2 / 3.0, c3 / 4.0, c4 / 5.0];
            total = polynomial(&integral, ends[1] - ends[0]);
            totals.push(integral);
        }
        Self { knots: forward.knots().to_vec(), totals }
    }

    /// `T` for the next `tenor` months, dollars per unit; the forward itself at tenor zero, flat forwards beyond the end.
    pub fn rate(&self, tenor: f64) -> f64 {
        let x = self.knots[0] + tenor;
        let last = self.totals.len() - 1;
        let j = self.knots.partition_point(|&knot| knot <= x).clamp(1, last + 1) - 1;
        if tenor <= 0.0 {
            return self.totals[0][1];
        }
        let end = self.knots[last + 1];
        let inside = polynomial(&self.totals[j], x.min(end) - self.knots[j]);
        let beyond = if x > end { (x - end) * derivative(&self.totals[last], end - self.knots[last]) } else { 0.0 };
        (inside + beyond) / tenor
    }

    /// `d/dx [x·T(x)]`: the forward curve that these are the term rates of.
    pub fn forward(&self) -> Option<Curve> {
        let pieces =
            self.totals.iter().map(|&[_, a, b, c, d, e]| -> Quartic { [a, 2.0 * b, 3.0 * c, 4.0 * d, 5.0 * e] });
        Curve::new(self.knots.clone(), pieces.collect())
    }
}

fn polynomial(c: &[f64; 6], s: f64) -> f64 {
    c.iter().rev().fold(0.0, |sum, c| sum * s + c)
}

fn derivative(c: &[f64; 6], s: f64) -> f64 {
    c.iter().enumerate().skip(1).rev().fold(0.0, |sum, (k, c)| sum * s + k as f64 * c)
}

/// `F(a, b) = [b·T(b) − a·T(a)]/(b − a)`: the forward that two term rates imply for the months between them. Tenors in months, `a < b`.
pub fn forward_between((a, rate_a): (f64, f64), (b, rate_b): (f64, f64)) -> f64 {
    (b * rate_b - a * rate_a) / (b - a)
}

/// The step curve of forwards between quoted tenors, the first from now on. `None` unless tenors are positive and increase.
pub fn forwards(rates: &[(f64, f64)]) -> Option<Curve> {
    let knots: Vec<f64> = [0.0].into_iter().chain(rates.iter().map(|rate| rate.0)).collect();
    let starts = [(0.0, 0.0)].into_iter().chain(rates.iter().copied());
    let values: Vec<f64> = starts.zip(rates).map(|(a, &b)| forward_between(a, b)).collect();
    Curve::steps(knots, &values)
}

/// The forward at `tenor` by the centred difference that Silicon Data publishes: `forward_between` the term rates `delta` months to both
/// sides (0.25 there), so the mean forward over half a month. Tenors below `delta` are read from zero on.
pub fn centred_forward(rate: impl Fn(f64) -> f64, tenor: f64, delta: f64) -> f64 {
    let (a, b) = ((tenor - delta).max(0.0), tenor + delta);
    forward_between((a, rate(a)), (b, rate(b)))
}

/// What a curve that stands still pays the holder of a long position at `x` over `months`: `f(x − months) − f(x)`, dollars per unit.
/// Positive in backwardation. Never read from before the curve's start.
pub fn roll_down(curve: &Curve, x: f64, months: f64) -> f64 {
    curve.value((x - months).max(curve.start())) - curve.value(x)
}

/// Annualised log roll yield between two deliveries, 0.12 for 12 % a year: `12·ln(near/far)/(x_far − x_near)`, positive in
/// backwardation. Erb & Harvey (2006), Financial Analysts J. 62(2):69-97. `None` for prices that are not positive or the same time.
pub fn roll_yield(near: (f64, f64), far: (f64, f64)) -> Option<f64> {
    let is_defined = near.1 > 0.0 && far.1 > 0.0 && far.0 > near.0;
    is_defined.then(|| 12.0 * (near.1 / far.1).ln() / (far.0 - near.0))
}

/// Carry: the return of a fully collateralised futures position if the spot stays where it is, annualised: `12·(S − F)/(F·months)`.
/// Koijen, Moskowitz, Pedersen & Vrugt (2018), J. Financial Economics 127(2):197-225. Compute cannot be stored, so this is an
/// expectation of the market and no arbitrage.
pub fn carry(spot: f64, forward: f64, months: f64) -> Option<f64> {
    (forward > 0.0 && months > 0.0).then(|| 12.0 * (spot - forward) / (forward * months))
}

/// The form of a term structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Every later delivery costs as much or more, and one more.
    Contango,
    /// Every later delivery costs as much or less, and one less.
    Backwardation,
    Flat,
    Mixed,
}

/// A term structure in four numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Structure {
    pub form: Form,
    /// Of the steps from one delivery to the next: how many go down, 0 to 1.
    pub falling_share: f64,
    /// Slope of the least-squares line, dollars per unit and month.
    pub slope: f64,
    /// Last over first price, less one.
    pub relative_rise: f64,
}

impl Structure {
    /// Of deliveries `(x, price)` in order of time; steps up to `flat` dollars count as level. `None` for fewer than two.
    pub fn of(deliveries: &[(f64, f64)], flat: f64) -> Option<Self> {
        let (&(_, first), &(_, last)) = (deliveries.first()?, deliveries.last()?);
        let steps: Vec<f64> = deliveries.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
        let falling = steps.iter().filter(|step| **step < -flat).count();
        let rising = steps.iter().filter(|step| **step > flat).count();
        let form = match (falling, rising) {
            (0, 0) => Form::Flat,
            (0, _) => Form::Contango,
            (_, 0) => Form::Backwardation,
            _ => Form::Mixed,
        };
        let count = deliveries.len() as f64;
        let (mean_x, mean_y) = deliveries.iter().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x / count, sy + y / count));
        let (mut covariance, mut variance) = (0.0, 0.0);
        for (x, y) in deliveries {
            covariance += (x - mean_x) * (y - mean_y);
            variance += (x - mean_x) * (x - mean_x);
        }
        (!steps.is_empty() && variance > 0.0).then(|| Self {
            form,
            falling_share: falling as f64 / steps.len() as f64,
            slope: covariance / variance,
            relative_rise: last / first - 1.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(got: f64, want: f64, tolerance: f64) {
        assert!((got - want).abs() <= tolerance, "{got} is not {want}");
    }

    #[test]
    fn forwards_of_the_b200_term_rates() {
        // market.md 6.1: Silicon Data's B200 rates of 7 September 2026.
        let curve = forwards(&[(3.0, 5.73), (6.0, 5.64), (12.0, 5.39)]).unwrap();
        close(curve.value(1.0), 5.73, 1e-12);
        close(curve.value(4.0), 5.55, 1e-12);
        close(curve.value(9.0), 5.14, 1e-12);
        assert_eq!(forwards(&[(3.0, 5.0), (3.0, 5.0)]), None);
        assert_eq!(forwards(&[]), None);
    }

    #[test]
    fn term_rates_of_a_line() {
        // f = 3 − 0.1x from 0.5 on, so T(t) = 3 − 0.1·(0.5 + t/2).
        let curve =
            Curve::new(vec![0.5, 2.0, 6.5], vec![[2.95, -0.1, 0.0, 0.0, 0.0], [2.8, -0.1, 0.0, 0.0, 0.0]]).unwrap();
        let term = TermCurve::of(&curve);
        for tenor in [0.0, 0.3, 1.5, 4.0, 6.0] {
            close(term.rate(tenor), 2.95 - 0.05 * tenor, 1e-12);
        }
        // Six months along the line, two at its end's 2.35.
        close(term.rate(8.0), (6.0 * 2.65 + 2.0 * 2.35) / 8.0, 1e-12);
        close(centred_forward(|tenor| term.rate(tenor), 3.0, 0.25), curve.value(3.5), 1e-12);
    }

    #[test]
    fn roll_and_carry_are_paid_in_backwardation() {
        let curve = Curve::new(vec![0.0, 12.0], vec![[3.0, -0.1, 0.0, 0.0, 0.0]]).unwrap();
        close(roll_down(&curve, 6.0, 1.0), 0.1, 1e-12);
        close(roll_down(&curve, 0.5, 1.0), 0.05, 1e-12);
        close(roll_yield((1.0, 2.8), (4.0, 2.5)).unwrap(), 4.0 * (2.8_f64 / 2.5).ln(), 1e-12);
        assert_eq!((roll_yield((1.0, 0.0), (2.0, 1.0)), roll_yield((2.0, 1.0), (2.0, 1.0))), (None, None));
        close(carry(2.81, 2.5, 6.0).unwrap(), 2.0 * 0.31 / 2.5, 1e-12);
        assert_eq!(carry(2.81, 0.0, 6.0), None);
    }

    #[test]
    fn structures_have_a_form() {
        let of = |prices: &[f64]| {
            let deliveries: Vec<(f64, f64)> = prices.iter().enumerate().map(|(x, &price)| (x as f64, price)).collect();
            Structure::of(&deliveries, 0.005)
        };
        let down = of(&[2.8, 2.7, 2.7, 2.5]).unwrap();
        assert_eq!((down.form, down.falling_share), (Form::Backwardation, 2.0 / 3.0));
        // Σ(x − 1.5)(y − 2.675)/5 = (−1.5·0.125 − 0.5·0.025 + 0.5·0.025 − 1.5·0.175)/5
        close(down.slope, -0.09, 1e-12);
        close(down.relative_rise, 2.5 / 2.8 - 1.0, 1e-12);
        assert_eq!(of(&[2.8, 2.801, 2.9]).unwrap().form, Form::Contango);
        assert_eq!(of(&[2.8, 2.801, 2.8]).unwrap().form, Form::Flat);
        assert_eq!(of(&[2.8, 2.6, 2.9]).unwrap().form, Form::Mixed);
        assert_eq!((of(&[2.8]), of(&[])), (None, None));
    }

    fn curve() -> impl Strategy<Value = Curve> {
        let piece = prop::array::uniform5(-0.5..0.5_f64);
        (0.0..1.0_f64, prop::collection::vec((0.05..3.0_f64, piece), 1..20)).prop_map(|(start, pieces)| {
            let mut knots = vec![start];
            for (width, _) in &pieces {
                knots.push(knots[knots.len() - 1] + width);
            }
            Curve::new(knots, pieces.into_iter().map(|(_, piece)| piece).collect()).unwrap()
        })
    }

    proptest! {
        #[test]
        fn forward_to_term_and_back(curve in curve(), shares in prop::array::uniform2(0.01..1.2_f64)) {
            let term = TermCurve::of(&curve);
            let back = term.forward().unwrap();
            for (piece, again) in curve.pieces().iter().flatten().zip(back.pieces().iter().flatten()) {
                prop_assert!((piece - again).abs() <= 4.0 * f64::EPSILON);
            }
            let tenors = shares.map(|share| share * (curve.end() - curve.start()));
            for tenor in tenors {
                let mean = curve.average(curve.start(), curve.start() + tenor);
                prop_assert!((term.rate(tenor) - mean).abs() < 1e-9, "T({tenor})");
            }
            let (a, b) = (tenors[0].min(tenors[1]), tenors[0].max(tenors[1]));
            if b - a > 0.01 {
                let between = forward_between((a, term.rate(a)), (b, term.rate(b)));
                let mean = curve.average(curve.start() + a, curve.start() + b);
                prop_assert!((between - mean).abs() < 1e-6, "F({a}, {b})");
            }
        }

        #[test]
        fn quoted_tenors_come_back(rates in prop::collection::vec((0.1..6.0_f64, 0.5..6.0_f64), 1..12)) {
            let mut tenor = 0.0;
            let rates: Vec<(f64, f64)> = rates.into_iter().map(|(gap, rate)| { tenor += gap; (tenor, rate) }).collect();
            let term = TermCurve::of(&forwards(&rates).unwrap());
            for (tenor, rate) in rates {
                prop_assert!((term.rate(tenor) - rate).abs() < 1e-10);
            }
        }
    }
}
