//! The little linear algebra that curves need: Cholesky factors, banded and growing. Sizes are those of one curve, tens of rows.

/// A symmetric positive definite matrix of half-bandwidth `W`, factored as `L·Lᵀ`.
#[derive(Clone, Debug)]
pub struct Banded<const W: usize> {
    /// Row `i` holds `L[i][i − W..=i]`, the diagonal last.
    rows: Vec<[f64; W]>,
    diagonal: Vec<f64>,
}

impl<const W: usize> Banded<W> {
    /// Factors the matrix whose lower band `entry(row, column)` gives. `None` if it is not positive definite.
    pub fn factor(size: usize, entry: impl Fn(usize, usize) -> f64) -> Option<Self> {
        let mut banded = Self { rows: Vec::with_capacity(size), diagonal: Vec::with_capacity(size) };
        for i in 0..size {
            let mut row = [0.0; W];
            for j in i.saturating_sub(W)..i {
                let below = (i.saturating_sub(W)..j).map(|k| row[k + W - i] * banded.below(j, k)).sum::<f64>();
                row[j + W - i] = (entry(i, j) - below) / banded.diagonal[j];
            }
            let pivot = entry(i, i) - row.iter().map(|l| l * l).sum::<f64>();
            if pivot.is_nan() || pivot <= 0.0 {
                return None;
            }
            banded.rows.push(row);
            banded.diagonal.push(pivot.sqrt());
        }
        Some(banded)
    }

    /// `L[row][column]` left of the diagonal.
    fn below(&self, row: usize, column: usize) -> f64 {
        if column + W < row { 0.0 } else { self.rows[row][column + W - row] }
    }

    /// `x` becomes `L⁻¹·x`.
    pub fn forward(&self, x: &mut [f64]) {
        for i in 0..x.len() {
            let known: f64 = (i.saturating_sub(W)..i).map(|k| self.below(i, k) * x[k]).sum();
            x[i] = (x[i] - known) / self.diagonal[i];
        }
    }

    /// `x` becomes `L⁻ᵀ·x`.
    pub fn backward(&self, x: &mut [f64]) {
        for i in (0..x.len()).rev() {
            x[i] /= self.diagonal[i];
            for k in i.saturating_sub(W)..i {
                x[k] -= self.below(i, k) * x[i];
            }
        }
    }
}

/// A dense Cholesky factor that can grow by a row and lose one.
#[derive(Clone, Debug, Default)]
pub struct Growing {
    /// Row `i` holds `L[i][0..=i]`.
    rows: Vec<Vec<f64>>,
}

impl Growing {
    /// Appends a row of the matrix, given up to its diagonal. `false`, and nothing is appended, if what is left of the diagonal is
    /// not more than `least` of it: the row depends on those before.
    pub fn push(&mut self, mut row: Vec<f64>, least: f64) -> bool {
        let Some(last) = row.len().checked_sub(1) else { return false };
        self.forward(&mut row[..last]);
        let pivot = row[last] - dot(&row[..last], &row[..last]);
        if pivot.is_nan() || pivot <= least * row[last] {
            return false;
        }
        row[last] = pivot.sqrt();
        self.rows.push(row);
        true
    }

    /// Keeps the first `size` rows.
    pub fn truncate(&mut self, size: usize) {
        self.rows.truncate(size);
    }

    /// `x` becomes `L⁻¹·x`, for as many rows as `x` has.
    pub fn forward(&self, x: &mut [f64]) {
        for i in 0..x.len() {
            let row = &self.rows[i];
            x[i] = (x[i] - dot(&row[..i], &x[..i])) / row[i];
        }
    }

    /// `x` becomes `L⁻ᵀ·x`.
    pub fn backward(&self, x: &mut [f64]) {
        for i in (0..x.len()).rev() {
            let row = &self.rows[i];
            x[i] /= row[i];
            let value = x[i];
            x[..i].iter_mut().zip(row).for_each(|(x, l)| *x -= l * value);
        }
    }

    /// `x` becomes the solution of `L·Lᵀ·y = x`.
    pub fn solve(&self, x: &mut [f64]) {
        self.forward(x);
        self.backward(x);
    }
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positive definite, half-bandwidth 2.
    fn entry(i: usize, j: usize) -> f64 {
        [6.0 + i as f64, 1.5, -0.7].get(i.abs_diff(j)).copied().unwrap_or(0.0)
    }

    fn times(x: &[f64]) -> Vec<f64> {
        (0..x.len()).map(|i| (0..x.len()).map(|j| entry(i.max(j), i.min(j)) * x[j]).sum()).collect()
    }

    #[test]
    fn both_factors_undo_the_product() {
        let want: Vec<f64> = (0..9).map(|i| f64::from(i * i) - 7.0).collect();
        let banded = Banded::<2>::factor(want.len(), entry).unwrap();
        let mut growing = Growing::default();
        for i in 0..want.len() {
            assert!(growing.push((0..=i).map(|j| entry(i, j)).collect(), 1e-12));
        }
        let (mut x, mut y) = (times(&want), times(&want));
        banded.forward(&mut x);
        banded.backward(&mut x);
        growing.solve(&mut y);
        for ((x, y), want) in x.iter().zip(&y).zip(&want) {
            assert!((x - want).abs() < 1e-11 && (y - want).abs() < 1e-11);
        }
    }

    #[test]
    fn matrices_without_a_factor_are_refused() {
        assert!(Banded::<1>::factor(2, |i, j| if i == j { 1.0 } else { 2.0 }).is_none());
        let mut growing = Growing::default();
        assert!(growing.push(vec![4.0], 1e-12));
        assert!(!growing.push(vec![2.0, 1.0], 1e-12), "half of the first row");
        assert!(growing.push(vec![2.0, 5.0], 1e-12));
    }
}
