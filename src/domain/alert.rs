//! An alert as a person means it: an expression over instruments, and a level that its price passes.

use std::fmt;
use std::sync::Arc;

use super::number::Price;
use crate::base::time::Utc;

/// Ours, for this run only: never saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub u32);

/// Which price of the expression is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertPrice {
    Bid,
    Ask,
    #[default]
    Mid,
}

impl AlertPrice {
    pub const ALL: [Self; 3] = [Self::Bid, Self::Ask, Self::Mid];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Bid => "bid",
            Self::Ask => "ask",
            Self::Mid => "mid",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    Above,
    Below,
}

impl Passing {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }

    pub const fn sign(self) -> char {
        match self {
            Self::Above => '>',
            Self::Below => '<',
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    /// Fires once and stays on the list as fired.
    #[default]
    Once,
    /// Fires again each time the price has come back behind the level and passes it anew.
    Again,
}

/// What to watch. Two that differ in nothing but `fired` are the same alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSpec {
    /// With contracts by their full names, `H200 DEC-26 - H100 DEC-26`: a month code would mean another month in ten years.
    pub expression: Arc<str>,
    pub price: AlertPrice,
    pub passing: Passing,
    /// Dollars a unit of the expression.
    pub level: Price,
    pub repeat: Repeat,
    /// When it last fired, in an earlier run perhaps.
    pub fired: Option<Utc>,
}

impl AlertSpec {
    pub fn is_same(&self, other: &Self) -> bool {
        Self { fired: None, ..self.clone() } == Self { fired: None, ..other.clone() }
    }
}

/// As it can be typed again: `mid H200 DEC-26 - H100 DEC-26 > 0.5`.
impl fmt::Display for AlertSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.price.word(), self.expression, self.passing.sign(), self.level)?;
        if self.repeat == Repeat::Again { f.write_str(" again") } else { Ok(()) }
    }
}
