//! What prices were: settlements, our own curve marks, fixings, bars. Pure: whoever receives them adds them, whoever keeps files stores
//! them, and everybody asks here what a curve or a spread was at a past instant.
//!
//! Every point says where it comes from ([`Origin`]); points of different origins are never averaged. Everything is bounded ([`bounds`]):
//! settlements by number, our marks by thinning them out with age, and contracts by number, the longest expired going first. A
//! [`History`] is cheap to clone: what did not change is shared.

pub mod bounds;
mod contracts;
mod indices;
mod kept;
mod marks;
mod past;
mod point;
mod spread;

pub use contracts::ContractPast;
pub use indices::{IndexPast, Said, Saying, fixed_at};
pub use kept::{Keep, Kept, Market, run_of};
pub use marks::{CurveMark, thinned};
pub use past::{Change, CurvePoint, History, Span};
pub use point::{Origin, Point};
pub use spread::{Daily, Spread};

#[cfg(test)]
mod tests;
