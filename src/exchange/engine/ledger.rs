//! What the exchange remembers of an account's orders and fills.

use std::collections::BTreeSet;

use super::command::OrderId;
use super::event::{Fill, Order};
use crate::base::ring::Ring;

/// Finished orders and fills that a client can ask for; older ones are forgotten.
const REMEMBERED: usize = 1_000;

#[derive(Clone, Debug)]
pub struct Ledger {
    /// Working orders; ids ascend with age.
    pub open: BTreeSet<OrderId>,
    /// How many of them are reduce-only.
    pub reduce_only: u32,
    pub finished: Ring<Order>,
    pub fills: Ring<Fill>,
}

impl Ledger {
    /// The house's agents have no history.
    pub fn of_house() -> Self {
        Self::with_capacity(0)
    }

    pub fn of_client() -> Self {
        Self::with_capacity(REMEMBERED)
    }

    fn with_capacity(remembered: usize) -> Self {
        Self { open: BTreeSet::new(), reduce_only: 0, finished: Ring::new(remembered), fills: Ring::new(remembered) }
    }
}
