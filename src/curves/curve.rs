//! A forward curve as a function: polynomials of degree four on consecutive intervals, continuous from the right, flat beyond both ends.
//! Integrals, averages and slopes are exact for this form, so that what was solved is what is read.

/// Coefficients in `s = x − knot`, lowest power first.
pub type Quartic = [f64; 5];

/// `f(x)` in dollars per unit, `x` in months.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Strictly increasing; one more than pieces.
    knots: Vec<f64>,
    pieces: Vec<Quartic>,
}

impl Curve {
    /// `None` unless there is a piece for every interval of finite, strictly increasing knots.
    pub fn new(knots: Vec<f64>, pieces: Vec<Quartic>) -> Option<Self> {
        let is_sorted = knots.windows(2).all(|pair| pair[0] < pair[1]) && knots.iter().all(|x| x.is_finite());
        (is_sorted && !pieces.is_empty() && knots.len() == pieces.len() + 1).then_some(Self { knots, pieces })
    }

    /// Constant between knots.
    pub fn steps(knots: Vec<f64>, values: &[f64]) -> Option<Self> {
        Self::new(knots, values.iter().map(|&value| [value, 0.0, 0.0, 0.0, 0.0]).collect())
    }

    pub fn knots(&self) -> &[f64] {
        &self.knots
    }

    pub fn pieces(&self) -> &[Quartic] {
        &self.pieces
    }

    pub fn start(&self) -> f64 {
        self.knots[0]
    }

    pub fn end(&self) -> f64 {
        self.knots[self.pieces.len()]
    }

    /// The instantaneous forward at `x`, dollars per unit.
    pub fn value(&self, x: f64) -> f64 {
        self.local(x)[0]
    }

    /// `f'(x)`, dollars per unit and month; zero beyond the ends.
    pub fn slope(&self, x: f64) -> f64 {
        self.local(x)[1]
    }

    /// `∫ f` from `a` to `b`, dollars per unit times months.
    pub fn integral(&self, a: f64, b: f64) -> f64 {
        self.primitive(b) - self.primitive(a)
    }

    /// The average forward `F(a, b) = ∫ f / (b − a)`: what an average-settled contract over that time is worth. `f(a)` when `a = b`.
    pub fn average(&self, a: f64, b: f64) -> f64 {
        if a == b { self.value(a) } else { self.integral(a, b) / (b - a) }
    }

    /// The sum of both over this curve's range.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let inner = other.knots.iter().copied().filter(|&x| self.start() < x && x < self.end());
        let mut knots: Vec<f64> = self.knots.iter().copied().chain(inner).collect();
        knots.sort_unstable_by(f64::total_cmp);
        knots.dedup();
        let sum = |x: f64| {
            let (a, b) = (self.local(x), other.local(x));
            std::array::from_fn(|k| a[k] + b[k])
        };
        let pieces = knots[..knots.len() - 1].iter().map(|&x| sum(x)).collect();
        Self { knots, pieces }
    }

    /// The polynomial to the right of `x`, in powers of the distance from `x`.
    fn local(&self, x: f64) -> Quartic {
        let mut at =
            shifted(&self.pieces[self.piece(x)], x.clamp(self.start(), self.end()) - self.knots[self.piece(x)]);
        if x < self.start() || x >= self.end() {
            at[1..].fill(0.0);
        }
        at
    }

    fn piece(&self, x: f64) -> usize {
        self.knots.partition_point(|&knot| knot <= x).clamp(1, self.pieces.len()) - 1
    }

    /// `∫ f` from the start to `x`.
    fn primitive(&self, x: f64) -> f64 {
        let inside = x.clamp(self.start(), self.end());
        let last = self.piece(inside);
        let whole: f64 = (0..last).map(|j| area(&self.pieces[j], self.knots[j + 1] - self.knots[j])).sum();
        whole + area(&self.pieces[last], inside - self.knots[last]) + (x - inside) * self.value(x)
    }
}

/// The integral of a piece over its first `s` months.
fn area(c: &Quartic, s: f64) -> f64 {
    s * (c[0] + s * (c[1] / 2.0 + s * (c[2] / 3.0 + s * (c[3] / 4.0 + s * c[4] / 5.0))))
}

/// The same polynomial in powers of the distance from `d` (repeated synthetic division).
fn shifted(c: &Quartic, d: f64) -> Quartic {
    let mut out = *c;
    for low in 0..out.len() - 1 {
        for k in (low..out.len() - 1).rev() {
            out[k] += d * out[k + 1];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    #[test]
    fn pieces_are_evaluated_differentiated_and_integrated() {
        // 1 + 2s + 3s² on [1, 3), then 10 − s.
        let curve =
            Curve::new(vec![1.0, 3.0, 4.0], vec![[1.0, 2.0, 3.0, 0.0, 0.0], [10.0, -1.0, 0.0, 0.0, 0.0]]).unwrap();
        close(curve.value(2.0), 6.0);
        close(curve.slope(2.0), 8.0);
        close(curve.value(3.0), 10.0);
        close(curve.integral(1.0, 3.0), 2.0 + 4.0 + 8.0);
        close(curve.average(2.0, 4.0), (14.0 - 3.0 + 9.5) / 2.0);
        close(curve.value(0.0), 1.0);
        close(curve.slope(0.0), 0.0);
        close(curve.value(9.0), 9.0);
        close(curve.integral(0.0, 1.0), 1.0);
        close(curve.integral(4.0, 6.0), 18.0);
        close(curve.average(2.0, 2.0), 6.0);
    }

    #[test]
    fn sums_keep_all_knots() {
        let cubic = Curve::new(vec![0.0, 4.0], vec![[1.0, 0.5, -0.25, 0.125, 0.0625]]).unwrap();
        let steps = Curve::steps(vec![-1.0, 1.0, 2.5], &[3.0, 5.0]).unwrap();
        let sum = cubic.plus(&steps);
        assert_eq!(sum.knots(), [0.0, 1.0, 2.5, 4.0]);
        for x in [0.0, 0.7, 1.0, 1.9, 2.5, 3.9, 4.0] {
            close(sum.value(x), cubic.value(x) + steps.value(x));
        }
        close(sum.integral(0.3, 3.3), cubic.integral(0.3, 3.3) + steps.integral(0.3, 3.3));
    }

    #[test]
    fn shapes_that_are_no_curve_are_refused() {
        assert_eq!(Curve::steps(vec![0.0], &[]), None);
        assert_eq!(Curve::steps(vec![0.0, 0.0], &[1.0]), None);
        assert_eq!(Curve::steps(vec![0.0, f64::NAN], &[1.0]), None);
        assert_eq!(Curve::steps(vec![0.0, 1.0, 2.0], &[1.0]), None);
    }
}
