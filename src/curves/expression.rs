//! Linear expressions over instruments: `1.5*TOK.Z6 - H100.Z6`. Parsed once into coefficients, then priced from the legs' quotes and
//! staged in whole lots.
//!
//! Names are those of the screen (`H100 DEC-26`, `H100 DEC-26 / MAR-27`) and of text (`H100.Z6`, `H100.Z6-H7`), in any case. A hyphen
//! directly between two month codes makes a calendar; everywhere else it subtracts.

mod parser;
#[cfg(test)]
mod tests;

use std::fmt;

use super::spreads::position;
use super::touch::Touch;
use crate::domain::contract::{Contract, Month};
use crate::domain::instrument::Unit;
use crate::domain::number::Side;

/// So much of one instrument: `coefficient` units of it in one unit of the expression. Never zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub coefficient: f64,
    pub contract: Contract,
}

/// `Σ coefficient · price + constant`, every instrument once, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    terms: Vec<Term>,
    constant: f64,
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (column {})", at + 1)]
pub struct ExpressionError {
    /// Byte of the text that the fault begins at.
    pub at: usize,
    pub fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a number, an instrument or a parenthesis must stand here")]
    NoValue,
    #[error("{0} is no instrument: write H100.Z6, H100.Z6-H7 or H100 DEC-26")]
    NoInstrument(String),
    #[error("{0} is not traded here")]
    NotListed(String),
    #[error("{0:?} cannot stand here")]
    Unexpected(char),
    #[error("this parenthesis is not closed")]
    NotClosed,
    #[error("two prices cannot be multiplied")]
    ProductOfPrices,
    #[error("only a number can divide")]
    DivisionByPrice,
    #[error("division by zero")]
    DivisionByZero,
    #[error("numbers too large")]
    TooLarge,
    #[error("nested too deeply")]
    TooDeep,
    #[error("no instrument is left")]
    Constant,
}

impl Expression {
    /// Reads a text; month codes mean the first such month not before `reference`.
    ///
    /// # Errors
    /// [`ExpressionError`].
    pub fn parse(text: &str, reference: Month) -> Result<Self, ExpressionError> {
        parser::parse(text, reference, &|_| true)
    }

    /// Reads a text of instruments that are listed; any other is a fault where it stands.
    ///
    /// # Errors
    /// [`ExpressionError`].
    pub fn parse_listed(
        text: &str,
        reference: Month,
        is_listed: impl Fn(&Contract) -> bool,
    ) -> Result<Self, ExpressionError> {
        parser::parse(text, reference, &is_listed)
    }

    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    pub const fn constant(&self) -> f64 {
        self.constant
    }

    /// Bid, ask and mid from the quotes of the legs: what is added is bought at the ask, what is subtracted sold at the bid.
    pub fn touch(&self, quote: impl Fn(&Contract) -> Touch) -> Touch {
        let legs = self.terms.iter().map(|term| quote(&term.contract).times(term.coefficient));
        legs.fold(Touch::exact(self.constant), |sum, leg| sum + leg)
    }

    /// The value at one price for each leg, such as the mid, the last or a settlement.
    pub fn value(&self, price: impl Fn(&Contract) -> Option<f64>) -> Option<f64> {
        self.terms.iter().try_fold(self.constant, |sum, term| Some(sum + term.coefficient * price(&term.contract)?))
    }

    /// What the value is per unit of. Legs of different units are read as converted by their coefficients (`1.5*TOK.Z6 - H100.Z6`:
    /// 1.5 Mtok per GPU-hour) into the unit of those that have none; `None` where that says nothing.
    pub fn unit(&self, unit: impl Fn(&Contract) -> Unit) -> Option<Unit> {
        let common = |counts: fn(&Term) -> bool| {
            let mut units = self.terms.iter().filter(|term| counts(term)).map(|term| unit(&term.contract));
            let first = units.next()?;
            units.all(|unit| unit == first).then_some(first)
        };
        common(|_| true).or_else(|| common(|term| term.coefficient.abs() == 1.0))
    }

    /// Whole lots for `units` of the expression bought (negative: sold); `size` gives the units in a contract.
    pub fn stage(&self, units: f64, size: impl Fn(&Contract) -> i64) -> Staging {
        let legs = self.terms.iter().map(|term| {
            let size = size(&term.contract).max(1) as f64;
            let wanted = term.coefficient * units;
            let lots = (wanted / size).round();
            StagedLeg {
                contract: term.contract.clone(),
                side: if lots < 0.0 { Side::Ask } else { Side::Bid },
                lots: lots.abs() as i64,
                residual_units: wanted - lots * size,
            }
        });
        let legs: Vec<StagedLeg> = legs.collect();
        let worst_error = self
            .terms
            .iter()
            .zip(&legs)
            .map(|(term, leg)| (leg.residual_units / (term.coefficient * units)).abs())
            .fold(0.0, f64::max);
        Staging { legs, units, worst_error }
    }

    /// The same, with every spread that is not listed replaced by its months.
    #[must_use]
    pub fn over(&self, is_listed: impl Fn(&Contract) -> bool) -> Self {
        let mut all = Self { terms: Vec::new(), constant: self.constant };
        for term in &self.terms {
            let parts = if !term.contract.is_spread() || is_listed(&term.contract) {
                vec![term.clone()]
            } else {
                let outright = |(product, delivery, count)| Term {
                    coefficient: term.coefficient * count as f64,
                    contract: Contract::Outright { product, delivery },
                };
                position(&term.contract).into_iter().map(outright).collect()
            };
            all = all.plus(Self { terms: parts, constant: 0.0 });
        }
        all
    }

    /// The fewest whole lots, at most `most_lots` in the largest leg, that err by no more than the share `good`; else the closest.
    pub fn smallest(&self, most_lots: u32, good: f64, size: impl Fn(&Contract) -> i64) -> Option<Staging> {
        let few = self.stagings(most_lots, &size).find(|staging| staging.worst_error <= good);
        few.or_else(|| self.closest(most_lots, size))
    }

    /// The whole lots that come closest to the ratios, with at most `most_lots` in the largest leg: the fewest of those that err least.
    /// `None` if some leg would have none.
    pub fn closest(&self, most_lots: u32, size: impl Fn(&Contract) -> i64) -> Option<Staging> {
        self.stagings(most_lots, &size)
            .reduce(|best, next| if next.worst_error < best.worst_error - 1e-12 { next } else { best })
    }

    /// One, two and more lots in the largest leg, where no leg has none.
    fn stagings(&self, most_lots: u32, size: &impl Fn(&Contract) -> i64) -> impl Iterator<Item = Staging> {
        let lots_per_unit = |term: &Term| term.coefficient.abs() / size(&term.contract).max(1) as f64;
        let largest = self.terms.iter().map(lots_per_unit).fold(0.0, f64::max);
        let all = (1..=most_lots.min(MOST_LOTS)).map(move |lots| self.stage(f64::from(lots) / largest, size));
        all.filter(|staging| staging.legs.iter().all(|leg| leg.lots > 0))
    }
}

/// The search for the closest lots ends here.
const MOST_LOTS: u32 = 10_000;

/// The text with a mark below the place of a fault, for a screen of fixed letters.
pub fn point_out(text: &str, error: &ExpressionError) -> String {
    let before = text.get(..error.at).unwrap_or(text).chars().count();
    format!("{text}\n{:before$}^", "")
}

/// What to send for one leg.
#[derive(Clone, Debug, PartialEq)]
pub struct StagedLeg {
    pub contract: Contract,
    pub side: Side,
    pub lots: i64,
    /// What the lots leave open, in units of the contract: wanted less staged, positive when bought too little.
    pub residual_units: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Staging {
    pub legs: Vec<StagedLeg>,
    /// Of the expression.
    pub units: f64,
    /// The largest residual, as a share of what its leg should be.
    pub worst_error: f64,
}

/// As it can be read again: `1.5*TOK.Z6 - H100.Z6`.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, Contract::code)
    }
}

impl Expression {
    /// As it can be read again in any year: `1.5*TOK DEC-26 - H100 DEC-26`.
    pub fn screen(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text, Contract::to_string);
        text
    }

    fn write(&self, f: &mut impl fmt::Write, name: impl Fn(&Contract) -> String) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            let sign = if term.coefficient < 0.0 { "-" } else { "+" };
            match at {
                0 if term.coefficient < 0.0 => f.write_str("-")?,
                0 => {}
                _ => write!(f, " {sign} ")?,
            }
            if term.coefficient.abs() != 1.0 {
                write!(f, "{}*", term.coefficient.abs())?;
            }
            f.write_str(&name(&term.contract))?;
        }
        match self.constant {
            0.0 => Ok(()),
            constant if constant < 0.0 => write!(f, " - {}", -constant),
            constant => write!(f, " + {constant}"),
        }
    }
}
