//! The smooth curve as it stands in the paper: five coefficients an interval, every continuity a row, the whole Lagrange system solved
//! by Gaussian elimination. Between bid and ask the set of limits that hold is searched one at a time, with a new solve each.

use tenor::curves::smooth::Average;

pub struct Dense<'a> {
    pub averages: &'a [Average],
    pub reach_months: f64,
    knots: Vec<f64>,
}

/// A row of the system: column and value.
type Row = Vec<(usize, f64)>;

impl<'a> Dense<'a> {
    pub fn new(averages: &'a [Average], reach_months: f64) -> Self {
        let mut knots: Vec<f64> = averages.iter().flat_map(|a| [a.from, a.to]).collect();
        knots.sort_unstable_by(f64::total_cmp);
        knots.dedup();
        Self { averages, reach_months, knots }
    }

    fn intervals(&self) -> usize {
        self.knots.len() - 1
    }

    fn width(&self, j: usize) -> f64 {
        self.knots[j + 1] - self.knots[j]
    }

    fn mean(&self, average: &Average) -> Row {
        let mut row = Row::new();
        for j in (0..self.intervals()).filter(|&j| self.knots[j] >= average.from && self.knots[j + 1] <= average.to) {
            for k in 0..5 {
                row.push((
                    5 * j + k,
                    self.width(j).powi(k as i32 + 1) / (k as f64 + 1.0) / (average.to - average.from),
                ));
            }
        }
        row
    }

    fn derivative(&self, j: usize, s: f64, order: usize) -> Row {
        let falling = |k: usize| (k + 1 - order..=k).map(|f| f as f64).product::<f64>();
        (order..5).map(|k| (5 * j + k, falling(k) * s.powi((k - order) as i32))).collect()
    }

    fn solve(&self, active: &[(usize, f64)]) -> (Vec<f64>, Vec<f64>) {
        let n = 5 * self.intervals();
        let mut held: Vec<(Row, f64)> = Vec::new();
        for j in 1..self.intervals() {
            for order in 0..3 {
                let mut row = self.derivative(j - 1, self.width(j - 1), order);
                row.extend(self.derivative(j, 0.0, order).into_iter().map(|(at, value)| (at, -value)));
                held.push((row, 0.0));
            }
        }
        held.push((self.derivative(self.intervals() - 1, self.width(self.intervals() - 1), 1), 0.0));
        let continuities = held.len();
        held.extend(active.iter().map(|&(at, target)| (self.mean(&self.averages[at]), target)));
        let size = n + held.len();
        let mut system = vec![vec![0.0; size + 1]; size];
        for j in 0..self.intervals() {
            for a in 2..5_usize {
                for b in 2..5_usize {
                    let factor = (2 * a * (a - 1) * b * (b - 1)) as f64 / (a + b - 3) as f64;
                    system[5 * j + a][5 * j + b] = factor * self.width(j).powi((a + b - 3) as i32);
                }
            }
        }
        for average in self.averages.iter().filter(|average| average.low < average.high) {
            let (row, mid) = (self.mean(average), (average.low + average.high) / 2.0);
            let weight = 2.0 / self.reach_months.powi(3);
            for &(a, value) in &row {
                system[a][size] += weight * value * mid;
                row.iter().for_each(|&(b, other)| system[a][b] += weight * value * other);
            }
        }
        for (at, (row, target)) in held.iter().enumerate() {
            for &(k, value) in row {
                system[n + at][k] += value;
                system[k][n + at] += value;
            }
            system[n + at][size] = *target;
        }
        let mut x = eliminate(system);
        let multipliers = x.split_off(n + continuities);
        x.truncate(n);
        (x, multipliers)
    }

    /// Coefficients, five an interval.
    pub fn run(&self) -> Vec<f64> {
        let equal = self.averages.iter().enumerate().filter(|(_, average)| average.low == average.high);
        let mut active: Vec<(usize, f64)> = equal.map(|(at, average)| (at, average.low)).collect();
        let exact = active.len();
        loop {
            let (x, multipliers) = self.solve(&active);
            let is_low = |(at, target): (usize, f64)| target == self.averages[at].low;
            let wrong = (exact..active.len())
                .filter(|&at| if is_low(active[at]) { multipliers[at] > 1e-9 } else { multipliers[at] < -1e-9 })
                .max_by(|&a, &b| multipliers[a].abs().total_cmp(&multipliers[b].abs()));
            if let Some(at) = wrong {
                active.remove(at);
                continue;
            }
            let violated = self
                .averages
                .iter()
                .enumerate()
                .flat_map(|(at, average)| {
                    let mean: f64 = self.mean(average).iter().map(|&(k, value)| value * x[k]).sum();
                    [(average.low - mean, at, average.low), (mean - average.high, at, average.high)]
                })
                .filter(|(gap, ..)| *gap > 1e-9)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            match violated {
                Some((_, at, target)) => active.push((at, target)),
                None => return x,
            }
        }
    }

    pub fn value(&self, x: &[f64], at: f64) -> f64 {
        let j = self.knots.partition_point(|&knot| knot <= at).clamp(1, self.intervals()) - 1;
        (0..5).rev().fold(0.0, |sum, k| sum * (at - self.knots[j]) + x[5 * j + k])
    }
}

/// Gaussian elimination with partial pivoting; the last column is the right-hand side.
fn eliminate(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let size = system.len();
    for column in 0..size {
        let pivot = (column..size).max_by(|&a, &b| system[a][column].abs().total_cmp(&system[b][column].abs()));
        system.swap(column, pivot.unwrap_or(column));
        let (done, rest) = system.split_at_mut(column + 1);
        let pivot = &done[column];
        for row in rest {
            let factor = row[column] / pivot[column];
            if factor != 0.0 {
                row[column..].iter_mut().zip(&pivot[column..]).for_each(|(value, above)| *value -= factor * above);
            }
        }
    }
    let mut x = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|k| system[row][k] * x[k]).sum();
        x[row] = (system[row][size] - known) / system[row][row];
    }
    x
}
