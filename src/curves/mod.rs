//! The mathematics of forward curves, spreads and hedges: pure functions on plain data. Every public function says what it returns in
//! which unit, and where the formula comes from.
//!
//! Time is `x` in months: every delivery month is one unit wide, as contracts of 730 hours are; `x = 0` is the first day of a month the
//! caller names. Prices are dollars per unit of the contract (GPU-hour, Mtok), `f64` where they are analytics. Whoever makes an order of
//! one rounds it to a tick on the safe side. Implied prices and arbitrage, which are claims about the book, are integers.

pub mod averaging;
pub mod curve;
pub mod expression;
pub mod hedge;
pub mod implied;
mod matrix;
pub mod period;
mod program;
pub mod smooth;
pub mod spark;
pub mod spreads;
pub mod step;
pub mod term;
pub mod touch;
