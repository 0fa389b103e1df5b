//! Values as this protocol writes them: decimals as text, quantities as whole contracts, times in two halves.

use std::fmt::Display;

use serde::{Serialize, Serializer};

use crate::base::time::Utc;
use crate::domain::number::{Price, Qty, Side};
use crate::exchange::catalogue::Ratio;

const NS_PER_S: i64 = 1_000_000_000;

/// A decimal in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dec<T>(pub T);

impl<T: Display> Serialize for Dec<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A fraction as percent.
pub fn percent(ratio: Ratio) -> Dec<Price> {
    Dec(Price(ratio.0.saturating_mul(100)))
}

/// Every lot of the exchange is one contract, so nothing is lost.
pub const fn contracts(qty: Qty) -> i64 {
    qty.whole_lots()
}

/// Seconds since the epoch, and the nanoseconds beside them.
pub const fn stamp(utc: Utc) -> (i64, i64) {
    (utc.0.div_euclid(NS_PER_S), utc.0.rem_euclid(NS_PER_S))
}

pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Bid => "B",
        Side::Ask => "S",
    }
}

/// Shapes of this room cannot fail to print.
pub fn print<T: Serialize>(shape: &T) -> String {
    serde_json::to_string(shape).unwrap_or_default()
}
