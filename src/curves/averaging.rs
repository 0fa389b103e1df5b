//! Contracts that settle to the mean of a month's fixings: what is locked, what the rest must do, and how fast delta and variance shrink.
//!
//! Formulas: market.md 6.4, which follow from the averaging rule. With `n` fixings in the month, `k` of them published with mean `A`,
//! the settlement is `S = (k·A + (n − k)·R) / n`, where `R` is the mean of the rest.

use crate::domain::calendar::Fixes;
use crate::domain::contract::Month;
use crate::domain::number::Price;

/// Daily fixings a year: the business days of a business-day index. A calendar-day index would use 365.
pub const FIXINGS_PER_YEAR: f64 = 252.0;

/// How far the average of one delivery month has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Averaging {
    pub month: Month,
    pub fixes: Fixes,
    /// Month to date, dollars per unit; zero while nothing is published.
    pub mean: f64,
}

impl Averaging {
    /// Of the fixings published so far, of `total` in the month.
    pub fn of(month: Month, published: &[Price], total: u32) -> Self {
        let sum: i128 = published.iter().map(|price| i128::from(price.0)).sum();
        let count = u32::try_from(published.len()).unwrap_or(u32::MAX);
        let mean = if count == 0 { 0.0 } else { sum as f64 / f64::from(count) * 1e-9 };
        Self { month, fixes: Fixes { published: count, total: total.max(count) }, mean }
    }

    /// Fixings still to come.
    pub const fn remaining(&self) -> u32 {
        self.fixes.total.saturating_sub(self.fixes.published)
    }

    /// The share of the settlement that no longer moves, 0 to 1.
    pub fn locked_share(&self) -> f64 {
        if self.fixes.total == 0 { 0.0 } else { f64::from(self.fixes.published) / f64::from(self.fixes.total) }
    }

    /// `S` if the rest averages `rest`, dollars per unit.
    pub fn expected_settlement(&self, rest: f64) -> f64 {
        let locked = self.locked_share();
        locked * self.mean + (1.0 - locked) * rest
    }

    /// What the rest must average for the month to settle at `target`: `(n·S − k·A) / (n − k)`. At a market price it is the implied
    /// balance of the month. `None` once all is fixed: then nothing can be done about it.
    pub fn rest_for(&self, target: f64) -> Option<f64> {
        let open = f64::from(self.remaining());
        (open > 0.0)
            .then(|| (f64::from(self.fixes.total) * target - f64::from(self.fixes.published) * self.mean) / open)
    }

    /// What one lot still moves by, in units of the contract: `(n − k)/n` of its size (the "diminishing balance" of NYMEX 26-370).
    pub fn remaining_delta_units(&self, contract_size: i64) -> f64 {
        (1.0 - self.locked_share()) * contract_size as f64
    }

    /// The standard deviation of the settlement seen from now, dollars per unit.
    ///
    /// Assumes that the index is a driftless geometric Brownian motion of volatility `volatility` (0.35 for 35 % a year), so that every
    /// fixing to come has the expectation `rest`; the next comes `next_in` fixing intervals from now and the others one interval apart.
    /// Then `Var S = (rest/n)²·(Σᵢ Σⱼ exp(σ²·min(tᵢ, tⱼ)) − m²)` with `m` fixings to come: the second moment of an arithmetic average,
    /// Turnbull & Wakeman (1991), J. Financial and Quantitative Analysis 26(3):377-389; the smile and the drift of a
    /// mean-reverting index are left out.
    pub fn settlement_deviation(&self, rest: f64, volatility: f64, next_in: f64) -> f64 {
        let m = self.remaining();
        if m == 0 {
            return 0.0;
        }
        let variance_per_fixing = volatility * volatility / FIXINGS_PER_YEAR;
        // exp − 1, summed: the difference of large sums would lose the digits that matter.
        let excess: f64 = (0..m)
            .map(|i| f64::from(2 * (m - 1 - i) + 1) * (variance_per_fixing * (next_in + f64::from(i))).exp_m1())
            .sum();
        rest.abs() * excess.sqrt() / f64::from(self.fixes.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use proptest::prelude::*;

    const NOV_26: Month = Month { year: 2026, month: 11 };

    fn averaging(published: u32, total: u32, mean: f64) -> Averaging {
        Averaging { month: NOV_26, fixes: Fixes { published, total }, mean }
    }

    #[test]
    fn fifteen_of_twenty_fixings_are_in() {
        let fixings: Vec<Price> = (0..15).map(|i| Price(2_800_000_000 + i * 2_000_000)).collect();
        let november = Averaging::of(NOV_26, &fixings, 20);
        assert!((november.mean - 2.814).abs() < 1e-12);
        assert_eq!(november.remaining(), 5);
        // (15·2.814 + 5·2.75)/20 = 2.798
        assert!((november.expected_settlement(2.75) - 2.798).abs() < 1e-12);
        // (20·2.80 − 15·2.814)/5 = 2.758
        assert!((november.rest_for(2.80).unwrap() - 2.758).abs() < 1e-12);
        assert!((november.remaining_delta_units(730) - 182.5).abs() < 1e-12);
    }

    #[test]
    fn the_ends_of_the_month() {
        let before = Averaging::of(NOV_26, &[], 20);
        assert_eq!(before.rest_for(2.8), Some(2.8));
        assert_eq!(before.remaining_delta_units(730), 730.0);
        let after = averaging(20, 20, 2.81);
        assert_eq!(after.rest_for(2.8), None);
        assert_eq!(after.expected_settlement(99.0), 2.81);
        assert_eq!(after.settlement_deviation(2.8, 0.5, 1.0), 0.0);
        let unknown = averaging(0, 0, 0.0);
        assert_eq!((unknown.locked_share(), unknown.rest_for(1.0)), (0.0, None));
    }

    #[test]
    fn one_fixing_to_come_has_the_deviation_of_that_fixing() {
        let last = averaging(19, 20, 2.8);
        let one = (0.4_f64 * 0.4 / FIXINGS_PER_YEAR).exp_m1().sqrt() * 2.5 / 20.0;
        assert!((last.settlement_deviation(2.5, 0.4, 1.0) - one).abs() < 1e-15);
    }

    #[test]
    fn the_deviation_is_that_of_simulated_settlements() {
        let (november, rest, volatility, next_in) = (averaging(12, 20, 2.8), 2.75, 0.9, 0.4);
        let mut rng = Rng::fork(7, "settlements");
        let variance = volatility * volatility / FIXINGS_PER_YEAR;
        let runs = 20_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..runs {
            let (mut log, mut total) = (0.0, 0.0);
            for i in 0..november.remaining() {
                let dt = if i == 0 { next_in } else { 1.0 };
                log += (variance * dt).sqrt() * rng.normal() - variance * dt / 2.0;
                total += rest * log.exp();
            }
            let settlement = november.expected_settlement(total / f64::from(november.remaining()));
            sum += settlement;
            squares += settlement * settlement;
        }
        let mean = sum / f64::from(runs);
        let simulated = (squares / f64::from(runs) - mean * mean).sqrt();
        let told = november.settlement_deviation(rest, volatility, next_in);
        assert!((mean - november.expected_settlement(rest)).abs() < 4.0 * told / f64::from(runs).sqrt());
        assert!((simulated / told - 1.0).abs() < 0.02, "simulated {simulated}, told {told}");
    }

    proptest! {
        #[test]
        fn the_rest_undoes_the_expectation(k in 0_u32..23, open in 1_u32..23, mean in -5.0..9.0_f64, target in -5.0..9.0_f64) {
            let month = averaging(k, k + open, mean);
            let rest = month.rest_for(target).unwrap();
            prop_assert!((month.expected_settlement(rest) - target).abs() < 1e-11);
        }

        #[test]
        fn variance_shrinks_with_every_fixing(total in 2_u32..23, volatility in 0.05..2.0_f64) {
            let deviations: Vec<f64> =
                (0..=total).map(|k| averaging(k, total, 2.8).settlement_deviation(2.8, volatility, 1.0)).collect();
            prop_assert!(deviations.windows(2).all(|pair| pair[1] < pair[0]), "{deviations:?}");
        }
    }
}
