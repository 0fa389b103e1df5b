//! Loading the venue's list: futures, then spreads, then the legs of the spreads, by base currency and, for those still without,
//! by settlement currency.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::codec::fault::Fault;
use super::codec::market::{self, Legs, Listing};
use super::wire;
use crate::domain::event::AnomalyKind;
use crate::domain::instrument::Instrument;

/// What to ask next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `get_instruments` of this kind.
    Instruments(&'static str),
    /// `get_combos` of this currency.
    Combos(Arc<str>),
    Done,
}

const KINDS: [&str; 2] = ["future", "future_combo"];

#[derive(Clone, Debug, Default)]
pub struct Loader {
    kinds_read: usize,
    listings: Vec<Listing>,
    legs: Legs,
    currencies: BTreeSet<Arc<str>>,
}

impl Loader {
    /// The next question; each is to be answered before the one after it is asked.
    pub fn next(&mut self) -> Step {
        if let Some(kind) = KINDS.get(self.kinds_read) {
            return Step::Instruments(kind);
        }
        let without_legs =
            || self.listings.iter().filter(|l| l.is_combo && !self.legs.contains_key(&l.instrument.symbol));
        let by_base = without_legs().map(|listing| &listing.base);
        let by_settlement = without_legs().map(|listing| &listing.instrument.currency);
        let next = by_base.chain(by_settlement).find(|currency| !self.currencies.contains(*currency)).cloned();
        match next {
            Some(currency) => {
                self.currencies.insert(currency.clone());
                Step::Combos(currency)
            }
            None => Step::Done,
        }
    }

    /// Takes an answer to [`Step::Instruments`]; what could not be read is left out and returned.
    ///
    /// # Errors
    /// The answer as a whole is not a list of instruments.
    pub fn instruments(&mut self, result: &str) -> Result<Vec<Fault>, Fault> {
        let listed: Vec<wire::Instrument<'_>> = serde_json::from_str(result)?;
        self.kinds_read += 1;
        let mut faults = Vec::new();
        for data in &listed {
            match market::listing(data) {
                Ok(listing) => self.listings.extend(listing),
                Err(fault) => faults.push(fault),
            }
        }
        Ok(faults)
    }

    /// Takes an answer to [`Step::Combos`].
    ///
    /// # Errors
    /// The answer is not a list of combos.
    pub fn combos(&mut self, result: &str) -> Result<(), Fault> {
        market::combos(result, &mut self.legs)
    }

    /// The list, and a fault for every spread whose legs nobody told.
    pub fn finish(self) -> (Vec<Instrument>, Vec<Fault>) {
        let (instruments, orphans) = market::assemble(&self.listings, &self.legs);
        let fault = |symbol| Fault::new(AnomalyKind::MissingField, format!("legs of {symbol}"));
        (instruments, orphans.into_iter().map(fault).collect())
    }
}
