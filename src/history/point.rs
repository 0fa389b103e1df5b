//! One price of the past, and whose word it is.

use crate::base::time::Utc;
use crate::domain::number::Price;

/// Where a price comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A settlement of a venue where money is real, or of its test network.
    Venue,
    /// A settlement of a simulated venue, its past before it opened included.
    Simulated,
    /// The mark that this terminal itself wrote down.
    Own,
}

impl Origin {
    /// As tables name it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Venue => "settlement",
            Self::Simulated => "simulated settlement",
            Self::Own => "own mark",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub utc: Utc,
    pub price: Price,
    pub origin: Origin,
}
