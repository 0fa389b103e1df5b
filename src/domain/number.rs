//! Money is integers. Each type keeps one scale for life; the only ways out to floats say so in their names. Arithmetic saturates:
//! no number that a venue may send makes a sum wrap around or panic.

#[cfg(test)]
mod tests;

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

use crate::base::decimal::{self, DecimalError, Scaled};

/// Decimals of [`Price`] and [`Money`].
pub const PRICE_SCALE: u32 = 9;
/// Decimals of [`Qty`].
pub const QTY_SCALE: u32 = 6;

/// A price per unit of the contract (dollars per GPU-hour, per Mtok), in 10⁻⁹. Spreads may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Price(pub i64);

/// A number of contracts ("lots"), in 10⁻⁶. Signed where it is a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Qty(pub i64);

/// An amount of the settlement currency, in 10⁻⁹. Rounded only when shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money(pub i128);

const QTY_ONE: i64 = 10_i64.pow(QTY_SCALE);

impl Price {
    /// Parses decimal text.
    ///
    /// # Errors
    /// Malformed, too precise or too large.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        decimal::parse(text.as_bytes(), PRICE_SCALE).map(Self)
    }

    /// The price `count` ticks above zero.
    pub const fn from_ticks(count: i64, tick: Self) -> Self {
        Self(count.saturating_mul(tick.0))
    }

    /// Ticks from zero, rounded down. `tick` must be positive.
    pub const fn ticks(self, tick: Self) -> i64 {
        self.0.div_euclid(tick.0)
    }

    pub const fn is_on(self, tick: Self) -> bool {
        self.0.rem_euclid(tick.0) == 0
    }

    /// The nearest multiple of `tick` at or below.
    pub const fn floor_to(self, tick: Self) -> Self {
        Self(self.ticks(tick).saturating_mul(tick.0))
    }

    /// The nearest multiple of `tick` at or above.
    pub const fn ceil_to(self, tick: Self) -> Self {
        Self(self.0.saturating_add((tick.0 - self.0.rem_euclid(tick.0)) % tick.0))
    }

    /// The nearest multiple of `tick`, halves up.
    pub const fn round_to(self, tick: Self) -> Self {
        Self(self.0.saturating_add(tick.0 / 2)).floor_to(tick)
    }

    pub fn to_f64_lossy(self) -> f64 {
        self.0 as f64 * 1e-9
    }

    /// The nearest representable price; analytics must round it to a tick before it can be an order's.
    pub fn from_f64_lossy(value: f64) -> Self {
        Self((value * 1e9).round() as i64)
    }

    /// Decimals needed to print every multiple of this tick.
    pub fn decimals(self) -> usize {
        let text = self.to_string();
        text.split_once('.').map_or(0, |(_, fraction)| fraction.len())
    }
}

impl Qty {
    pub const ZERO: Self = Self(0);

    pub const fn lots(count: i64) -> Self {
        Self(count.saturating_mul(QTY_ONE))
    }

    /// Parses decimal text as contracts.
    ///
    /// # Errors
    /// Malformed, too precise or too large.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        decimal::parse(text.as_bytes(), QTY_SCALE).map(Self)
    }

    /// Whole contracts, rounded towards zero.
    pub const fn whole_lots(self) -> i64 {
        self.0 / QTY_ONE
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    pub fn to_f64_lossy(self) -> f64 {
        self.0 as f64 / QTY_ONE as f64
    }
}

impl Money {
    pub const ZERO: Self = Self(0);

    pub const fn dollars(count: i64) -> Self {
        Self(count as i128 * 10_i128.pow(PRICE_SCALE))
    }

    /// `price` × `qty` contracts × `contract_size` units a contract. Exact, but for digits of `qty` below 10⁻⁶ that cannot exist.
    pub const fn notional(price: Price, qty: Qty, contract_size: i64) -> Self {
        let product = (price.0 as i128 * qty.0 as i128).saturating_mul(contract_size as i128);
        Self(product / QTY_ONE as i128)
    }

    /// Whole cents, halves to even.
    pub const fn cents(self) -> i128 {
        let cent = 10_i128.pow(PRICE_SCALE - 2);
        let (quotient, rest) = (self.0.div_euclid(cent), self.0.rem_euclid(cent));
        let up = rest * 2 > cent || (rest * 2 == cent && quotient.rem_euclid(2) == 1);
        quotient + up as i128
    }

    pub fn to_f64_lossy(self) -> f64 {
        self.0 as f64 * 1e-9
    }
}

macro_rules! arithmetic {
    ($($name:ident $scale:expr),*) => {$(
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self { Self(self.0.saturating_add(other.0)) }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self { Self(self.0.saturating_sub(other.0)) }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) { *self = *self + other; }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) { *self = *self - other; }
        }
        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self { Self(self.0.saturating_neg()) }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(items: I) -> Self { items.fold(Self(0), Add::add) }
        }
        /// The shortest decimal, ASCII minus; the screen's own formats live in `ui`.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Scaled { units: self.0.into(), scale: $scale }.fmt(f)
            }
        }
    )*};
}
arithmetic!(Price PRICE_SCALE, Qty QTY_SCALE, Money PRICE_SCALE);

impl Mul<i64> for Qty {
    type Output = Self;

    fn mul(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

/// A side of the book, and of an order: to buy is to stand on, or to lift towards, the bid's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    Bid,
    Ask,
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::Bid, Self::Ask];

    pub const fn opposite(self) -> Self {
        match self {
            Self::Bid => Self::Ask,
            Self::Ask => Self::Bid,
        }
    }

    /// +1 for a purchase, −1 for a sale.
    pub const fn sign(self) -> i64 {
        match self {
            Self::Bid => 1,
            Self::Ask => -1,
        }
    }

    /// The side of an order that trades leg `ratio` of a spread bought or sold on `self`.
    pub const fn of_leg(self, ratio: i8) -> Self {
        if ratio < 0 { self.opposite() } else { self }
    }

    /// Whether `price` on this side would trade with `other` on the opposite one.
    pub const fn reaches(self, price: Price, other: Price) -> bool {
        match self {
            Self::Bid => price.0 >= other.0,
            Self::Ask => price.0 <= other.0,
        }
    }

    /// "Buy" or "Sell": an order's word.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Bid => "Buy",
            Self::Ask => "Sell",
        }
    }
}
