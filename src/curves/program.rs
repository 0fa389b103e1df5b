//! A convex quadratic programme with bounds on linear forms: minimise `½·uᵀHu − gᵀu` with `low ≤ R·u ≤ high`, `H` positive definite.
//!
//! Solved by the dual method of Goldfarb & Idnani (1983), Mathematical Programming 27:1-33: from the free minimum, the most violated
//! bound is taken into the active set, and bounds whose multiplier would change sign leave it. The whole method runs on the matrix
//! `K = R·H⁻¹·Rᵀ`, so a step costs the square of the number of bounds. Redundant rows are harmless, contradictory ones are named.

use super::matrix::{Growing, dot};

/// `low ≤ row·u ≤ high`; equal: held exactly.
#[derive(Clone, Debug)]
pub struct Bound {
    pub row: Vec<f64>,
    pub low: f64,
    pub high: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ProgramError {
    /// `H` is not positive definite: the data leave a direction free.
    Undetermined,
    /// These bounds cannot hold together.
    Contradiction(Vec<usize>),
    /// Rounding kept the method from ending.
    NoEnd,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    pub u: Vec<f64>,
    /// Bounds that hold with equality.
    pub active: Vec<usize>,
}

/// What is left of a row after those it depends on, as a share of it.
const DEPENDENT: f64 = 1e-11;

/// Solves the programme. `hessian[i]` is row `i` up to the diagonal.
///
/// # Errors
/// [`ProgramError`].
pub fn solve(hessian: Vec<Vec<f64>>, gradient: &[f64], bounds: &[Bound]) -> Result<Solution, ProgramError> {
    let mut factor = Growing::default();
    for row in hessian {
        if !factor.push(row, 1e-14) {
            return Err(ProgramError::Undetermined);
        }
    }
    let whitened: Vec<Vec<f64>> = bounds
        .iter()
        .map(|bound| {
            let mut row = bound.row.clone();
            factor.forward(&mut row);
            row
        })
        .collect();
    let mut free = gradient.to_vec();
    factor.solve(&mut free);
    let start: Vec<f64> = bounds.iter().map(|bound| dot(&bound.row, &free)).collect();
    let forms = bounds.len();
    let mut coupling = vec![0.0; forms * forms];
    for i in 0..forms {
        for j in 0..=i {
            let value = dot(&whitened[i], &whitened[j]);
            coupling[i * forms + j] = value;
            coupling[j * forms + i] = value;
        }
    }
    let scale =
        bounds.iter().flat_map(|b| [b.low, b.high]).filter(|v| v.is_finite()).fold(1.0, |a: f64, v| a.max(v.abs()));
    let mut search = Search {
        bounds,
        coupling: &coupling,
        values: start.clone(),
        start: &start,
        active: Vec::new(),
        factor: Growing::default(),
        tolerance: 1e-12 * scale,
    };
    search.run()?;
    let multipliers = search.multipliers();
    let mut u = vec![0.0; gradient.len()];
    for (active, multiplier) in search.active.iter().zip(&multipliers) {
        u.iter_mut().zip(&whitened[active.bound]).for_each(|(u, w)| *u += w * multiplier);
    }
    factor.backward(&mut u);
    u.iter_mut().zip(&free).for_each(|(u, free)| *u += free);
    let mut active: Vec<usize> = search.active.iter().map(|active| active.bound).collect();
    active.sort_unstable();
    Ok(Solution { u, active })
}

#[derive(Clone, Copy, Debug)]
struct Active {
    bound: usize,
    /// +1 at the low end, −1 at the high end.
    sign: f64,
    /// Never negative, but for equalities.
    multiplier: f64,
    target: f64,
}

struct Search<'a> {
    bounds: &'a [Bound],
    /// `K`, square.
    coupling: &'a [f64],
    /// `R·u` at the free minimum, and now.
    start: &'a [f64],
    values: Vec<f64>,
    active: Vec<Active>,
    /// Of `K` over the active bounds, without signs.
    factor: Growing,
    tolerance: f64,
}

impl Search<'_> {
    fn run(&mut self) -> Result<(), ProgramError> {
        for _ in 0..20 + 8 * self.bounds.len() {
            let Some(entering) = self.most_violated() else { return Ok(()) };
            self.enter(entering)?;
        }
        Err(ProgramError::NoEnd)
    }

    fn coupling(&self, i: usize, j: usize) -> f64 {
        self.coupling[i * self.bounds.len() + j]
    }

    fn is_equality(&self, bound: usize) -> bool {
        self.bounds[bound].low == self.bounds[bound].high
    }

    /// Equalities first, so that none ever has to leave.
    fn most_violated(&self) -> Option<Active> {
        let violation = |active: &Active| active.sign * (active.target - self.values[active.bound]);
        (0..self.bounds.len())
            .flat_map(|bound| {
                let side = |sign, target| Active { bound, sign, multiplier: 0.0, target };
                [side(1.0, self.bounds[bound].low), side(-1.0, self.bounds[bound].high)]
            })
            .filter(|side| violation(side) > self.tolerance && !self.active.iter().any(|a| a.bound == side.bound))
            .max_by(|a, b| {
                let rank = |side: &Active| self.is_equality(side.bound);
                rank(a).cmp(&rank(b)).then(violation(a).total_cmp(&violation(b)))
            })
    }

    /// Moves until the bound holds, dropping those that stand in the way.
    fn enter(&mut self, mut entering: Active) -> Result<(), ProgramError> {
        for _ in 0..=2 * self.bounds.len() {
            let q = entering.bound;
            let mut shares: Vec<f64> = self.active.iter().map(|a| self.coupling(a.bound, q)).collect();
            self.factor.forward(&mut shares);
            let left = self.coupling(q, q) - dot(&shares, &shares);
            self.factor.backward(&mut shares);
            let is_free = left > DEPENDENT * self.coupling(q, q);
            // How much of each active multiplier goes into one unit of the entering one.
            let drains: Vec<f64> = shares.iter().zip(&self.active).map(|(s, a)| s * a.sign * entering.sign).collect();
            let violation = entering.sign * (entering.target - self.values[q]);
            let whole = if is_free { violation / left } else { f64::INFINITY };
            let blocking = (0..self.active.len())
                .filter(|&i| drains[i] > DEPENDENT && !self.is_equality(self.active[i].bound))
                .map(|i| (i, self.active[i].multiplier / drains[i]))
                .min_by(|a, b| a.1.total_cmp(&b.1));
            let step = blocking.map_or(whole, |(_, step)| step.min(whole));
            if step.is_infinite() {
                let parts = self.active.iter().zip(&drains).filter(|(_, drain)| drain.abs() > 1e-9);
                let mut named: Vec<usize> = parts.map(|(active, _)| active.bound).chain([q]).collect();
                named.sort_unstable();
                return Err(ProgramError::Contradiction(named));
            }
            for (active, drain) in self.active.iter_mut().zip(&drains) {
                active.multiplier -= step * drain;
            }
            entering.multiplier += step;
            if is_free {
                for at in 0..self.values.len() {
                    let through: f64 =
                        self.active.iter().zip(&shares).map(|(a, share)| share * self.coupling(at, a.bound)).sum();
                    self.values[at] += step * entering.sign * (self.coupling(at, q) - through);
                }
            }
            match blocking {
                Some((drop, at)) if at < whole => self.leave(drop),
                _ => {
                    self.active.push(entering);
                    return self.refactor(self.active.len() - 1);
                }
            }
        }
        Err(ProgramError::NoEnd)
    }

    fn leave(&mut self, at: usize) {
        self.active.remove(at);
        // What is left of an independent set is independent.
        let _ = self.refactor(at);
    }

    /// Factors the active part of `K` from row `from` on.
    fn refactor(&mut self, from: usize) -> Result<(), ProgramError> {
        self.factor.truncate(from);
        for i in from..self.active.len() {
            let row = self.active[..=i].iter().map(|a| self.coupling(self.active[i].bound, a.bound)).collect();
            if !self.factor.push(row, 0.0) {
                return Err(ProgramError::NoEnd);
            }
        }
        Ok(())
    }

    /// Solved afresh for the final active set, with one step of refinement: no rounding of the way there is left.
    fn multipliers(&self) -> Vec<f64> {
        let gap = |active: &Active| active.target - self.start[active.bound];
        let mut multipliers: Vec<f64> = self.active.iter().map(gap).collect();
        self.factor.solve(&mut multipliers);
        let mut rest: Vec<f64> = self
            .active
            .iter()
            .map(|a| {
                let reached: f64 =
                    self.active.iter().zip(&multipliers).map(|(b, m)| self.coupling(a.bound, b.bound) * m).sum();
                gap(a) - reached
            })
            .collect();
        self.factor.solve(&mut rest);
        multipliers.iter_mut().zip(&rest).for_each(|(m, r)| *m += r);
        multipliers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(row: &[f64], low: f64, high: f64) -> Bound {
        Bound { row: row.to_vec(), low, high }
    }

    /// ½|u|² − gᵀu: the point of the feasible set that is nearest to g.
    fn nearest(g: &[f64], bounds: &[Bound]) -> Result<Solution, ProgramError> {
        let identity = (0..g.len()).map(|i| (0..=i).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        solve(identity, g, bounds)
    }

    #[test]
    fn the_nearest_point_of_a_polygon() {
        let square = [bound(&[1.0, 0.0], 0.0, 1.0), bound(&[0.0, 1.0], 0.0, 1.0)];
        assert_eq!(nearest(&[0.25, 0.5], &square).unwrap(), Solution { u: vec![0.25, 0.5], active: vec![] });
        assert_eq!(nearest(&[3.0, -2.0], &square).unwrap(), Solution { u: vec![1.0, 0.0], active: vec![0, 1] });
        let mut cut = square.to_vec();
        cut.push(bound(&[1.0, 1.0], f64::NEG_INFINITY, 1.0));
        let corner = nearest(&[2.0, 0.9], &cut).unwrap();
        assert!((corner.u[0] - 1.0).abs() < 1e-15 && corner.u[1].abs() < 1e-15, "{corner:?}");
        cut.push(bound(&[1.0, -1.0], 0.5, 0.5));
        let held = nearest(&[2.0, 0.9], &cut).unwrap();
        assert!((held.u[0] - 0.75).abs() < 1e-15 && (held.u[1] - 0.25).abs() < 1e-15, "{held:?}");
    }

    #[test]
    fn redundant_rows_are_harmless_and_contradictions_named() {
        let twice = [bound(&[1.0, 1.0], 2.0, 2.0), bound(&[2.0, 2.0], 4.0, 4.0), bound(&[1.0, 0.0], 0.0, 5.0)];
        assert_eq!(nearest(&[0.0, 0.0], &twice).unwrap().u, [1.0, 1.0]);
        let never = [bound(&[0.0, 1.0], 0.0, 9.0), bound(&[1.0, 1.0], 2.0, 3.0), bound(&[2.0, 2.0], 7.0, 8.0)];
        assert_eq!(nearest(&[0.0, 0.0], &never), Err(ProgramError::Contradiction(vec![1, 2])));
        assert_eq!(solve(vec![vec![1.0], vec![1.0, 1.0]], &[0.0; 2], &[]), Err(ProgramError::Undetermined));
    }
}
