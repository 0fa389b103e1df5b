//! What a venue tells of the past, normalised. Contracts are named, not numbered: expired ones have no id any more.

use std::sync::Arc;
use std::time::Duration;

use super::contract::Contract;
use super::number::{Price, Qty};
use crate::base::time::Utc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SettlementKind {
    /// At the end of a day: positions stay.
    Daily,
    /// The last one: positions end.
    Delivery,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub utc: Utc,
    pub kind: SettlementKind,
    pub price: Price,
}

/// Settlements of one contract, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlements {
    pub contract: Contract,
    pub rows: Vec<Settlement>,
}

/// What traded from `start` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    pub start: Utc,
    pub open: Price,
    pub high: Price,
    pub low: Price,
    pub close: Price,
    /// Contracts.
    pub volume: Qty,
}

/// Bars of one contract, all of one width, oldest first. The last may not be over yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bars {
    pub contract: Contract,
    pub width: Duration,
    pub bars: Vec<Bar>,
}

/// A price index as the venue describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexInfo {
    pub name: Arc<str>,
    /// Named like another index with an addition: it informs, nothing settles against it.
    pub beside: Option<Arc<str>>,
    pub description: Option<Arc<str>>,
    /// How often it is published.
    pub every: Option<Duration>,
    pub is_simulated: bool,
}
