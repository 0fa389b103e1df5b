//! What goes to whoever keeps the past on a disk, and what comes back. Pure: a market's name, and messages.

use std::fmt;
use std::sync::Arc;

use super::marks::CurveMark;
use super::past::History;
use super::point::Origin;
use crate::base::time::Utc;
use crate::domain::contract::Product;
use crate::domain::event::Fixing;
use crate::domain::past::Settlements;

/// Whose past it is. Pasts of different markets never mix: a mark made on a simulated market is no price of a real one, and a mark of
/// yesterday's simulation is no price of today's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// `simulated`, `testnet` or `real`.
    pub environment: &'static str,
    /// Host, or `embedded`.
    pub venue: Arc<str>,
    /// The venue's own name for its present opening, empty for venues that open once and for all. Another run is another market.
    pub run: Arc<str>,
}

/// A venue that is opened anew each time names the run behind a `+` in its version (build metadata of semantic versions): ours does.
pub fn run_of(version: &str) -> &str {
    version.split_once('+').map_or("", |(_, run)| run)
}

impl fmt::Display for Market {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.environment, self.venue)?;
        if self.run.is_empty() { Ok(()) } else { write!(f, ", run {}", self.run) }
    }
}

/// What has become known and is to be kept, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Keep {
    /// From here on everything is of this market; what is kept of it is wanted back.
    Open(Market, Utc),
    Mark(Product, CurveMark),
    Settlements(Settlements, Origin),
    Fixings(Vec<Fixing>),
}

/// What the keeper says.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// What is kept of a market.
    Past(Market, Box<History>),
    /// Something went wrong with the keeping and with nothing else: a sentence.
    Trouble(Arc<str>),
    /// It goes on after trouble: a sentence.
    Mended(Arc<str>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_with_build_metadata_names_a_run() {
        assert_eq!(run_of("tenor-sim 0.1.0+7.1795000000000"), "7.1795000000000");
        assert_eq!(run_of("1.2.26"), "");
        assert_eq!(run_of(""), "");
    }
}
