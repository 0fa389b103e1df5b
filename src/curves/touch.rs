//! A bid and an ask, as analytics: what can be sold for and what must be paid, dollars per unit. Arithmetic keeps the sides apart:
//! a negative weight turns them round.

use std::ops::{Add, Neg, Sub};

use crate::domain::number::Price;

/// A side that nobody quotes is `None`, and so is every sum that needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Touch {
    pub bid: Option<f64>,
    pub ask: Option<f64>,
}

impl Touch {
    pub fn of(bid: Option<Price>, ask: Option<Price>) -> Self {
        Self { bid: bid.map(Price::to_f64_lossy), ask: ask.map(Price::to_f64_lossy) }
    }

    /// A number that is the same to buy and to sell.
    pub const fn exact(value: f64) -> Self {
        Self { bid: Some(value), ask: Some(value) }
    }

    pub fn mid(self) -> Option<f64> {
        Some(f64::midpoint(self.bid?, self.ask?))
    }

    /// `factor` times this. Nothing at all needs no quote.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let scaled = |side: Option<f64>| side.map(|value| value * factor);
        match factor {
            0.0 => Self::exact(0.0),
            _ if factor < 0.0 => Self { bid: scaled(self.ask), ask: scaled(self.bid) },
            _ => Self { bid: scaled(self.bid), ask: scaled(self.ask) },
        }
    }

    /// Units of this for one of the other. Of positive prices only.
    #[must_use]
    pub fn ratio(self, to: Self) -> Self {
        let over = |a: Option<f64>, b: Option<f64>| Some(a? / b.filter(|b| *b > 0.0)?);
        Self { bid: over(self.bid.filter(|a| *a > 0.0), to.ask), ask: over(self.ask.filter(|a| *a > 0.0), to.bid) }
    }
}

impl Add for Touch {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let sum = |a: Option<f64>, b: Option<f64>| Some(a? + b?);
        Self { bid: sum(self.bid, other.bid), ask: sum(self.ask, other.ask) }
    }
}

impl Neg for Touch {
    type Output = Self;

    fn neg(self) -> Self {
        self.times(-1.0)
    }
}

impl Sub for Touch {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_kept_apart() {
        let near = Touch { bid: Some(2.79), ask: Some(2.80) };
        let far = Touch { bid: Some(2.63), ask: None };
        let spread = near - far;
        assert_eq!(spread.bid, None, "the far month cannot be bought");
        assert!((spread.ask.unwrap() - 0.17).abs() < 1e-12);
        assert_eq!(spread.mid(), None);
        assert_eq!(far.times(0.0), Touch::exact(0.0));
        assert_eq!(near.times(-2.0), Touch { bid: Some(-5.60), ask: Some(-5.58) });
        assert_eq!(
            near.ratio(Touch { bid: Some(2.0), ask: Some(2.5) }),
            Touch { bid: Some(2.79 / 2.5), ask: Some(1.4) }
        );
        assert_eq!(near.ratio(Touch::exact(-1.0)), Touch::default());
    }
}
