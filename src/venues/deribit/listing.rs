//! The venue's list of instruments: loading it, and when to load it again.
//!
//! Loaded are futures, then spreads, then the legs of spreads that are not known yet, by base currency and, for those still without, by
//! settlement currency. The venue tells of whatever is listed, halted or ended; news that come together are one load, and loads keep
//! apart as the venue's limit on `get_instruments` wants it. News that were lost are made up for by a load a minute.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use super::codec::fault::Fault;
use super::codec::market::{self, Legs, Listing};
use super::wire;
use crate::base::time::Instant;
use crate::domain::event::AnomalyKind;
use crate::domain::instrument::Instrument;

/// Kinds that this program trades, as the venue spells them.
pub const KINDS: [&str; 2] = ["future", "future_combo"];
/// News come in bursts: the list is loaded this long after the first.
const GATHER: Duration = Duration::from_millis(250);
/// From the beginning of one load to that of the next: two questions each, of which the venue takes one a second.
const APART: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_secs(60);
/// After a load that failed.
const RETRY: Duration = Duration::from_secs(10);

/// What to ask next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `get_instruments` of this kind.
    Instruments(&'static str),
    /// `get_combos` of this currency.
    Combos(Arc<str>),
    Done,
}

/// The list as last told, and the next load of it.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    listed: Vec<Instrument>,
    loader: Option<Loader>,
    /// Of spreads on the list: they never change.
    legs: Legs,
    /// Spreads whose legs nobody could tell.
    legless: BTreeSet<Arc<str>>,
    /// What could not be read and has been said.
    faults: Vec<Fault>,
    begun: Instant,
    due: Instant,
}

/// What came of a load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// `None` while it is what it was.
    pub list: Option<Vec<Instrument>>,
    /// What could not be read and has not been said before.
    pub faults: Vec<Fault>,
}

impl Lists {
    pub fn listed(&self) -> &[Instrument] {
        &self.listed
    }

    pub fn find(&self, symbol: &str) -> Option<&Instrument> {
        self.listed.iter().find(|instrument| *instrument.symbol == *symbol)
    }

    /// Starts a load; [`next`](Self::next) says what to ask.
    pub fn begin(&mut self, now: Instant) {
        self.begun = now;
        self.due = now + EVERY;
        self.loader = Some(Loader { legs: self.legs.clone(), ..Loader::default() });
    }

    /// Something was listed, halted or ended.
    pub fn heard(&mut self, now: Instant) {
        self.due = self.due.min((now + GATHER).max(self.begun + APART));
    }

    pub fn is_due(&self, now: Instant) -> bool {
        self.loader.is_none() && now >= self.due
    }

    /// The load under way cannot be finished; what is known stays, and it is tried again.
    pub fn give_up(&mut self, now: Instant) {
        self.loader = None;
        self.due = now + RETRY;
    }

    /// The connection ended: the next one begins with nothing listed.
    pub fn disconnected(&mut self) {
        *self = Self { faults: std::mem::take(&mut self.faults), ..Self::default() };
    }

    /// The next question of the load under way; each is to be answered before the one after it is asked.
    pub fn next(&mut self) -> Option<Step> {
        Some(self.loader.as_mut()?.next(&self.legless))
    }

    /// Takes an answer to [`Step::Instruments`].
    ///
    /// # Errors
    /// The answer as a whole is not a list.
    pub fn instruments(&mut self, result: &str) -> Result<(), Fault> {
        self.loader.as_mut().map_or(Ok(()), |loader| loader.instruments(result))
    }

    /// Takes an answer to [`Step::Combos`].
    ///
    /// # Errors
    /// The answer is not a list of combos.
    pub fn combos(&mut self, result: &str) -> Result<(), Fault> {
        self.loader.as_mut().map_or(Ok(()), |loader| loader.combos(result))
    }

    /// After [`Step::Done`].
    pub fn finish(&mut self) -> Loaded {
        let Some(loader) = self.loader.take() else { return Loaded::default() };
        let (list, mut faults) = (loader.listings, loader.faults);
        let (instruments, orphans) = market::assemble(&list, &loader.legs);
        faults.extend(orphans.iter().map(|symbol| {
            let what = if loader.legs.contains_key(symbol) { "legs of {} are not listed" } else { "no legs of {}" };
            Fault::new(AnomalyKind::MissingField, what.replace("{}", symbol))
        }));
        self.legless = orphans.into_iter().filter(|symbol| !loader.legs.contains_key(symbol)).collect();
        self.legs = loader.legs;
        self.legs.retain(|symbol, _| list.iter().any(|listing| listing.instrument.symbol == *symbol));
        faults.retain(|fault| !self.faults.contains(fault));
        self.faults.extend_from_slice(&faults);
        let is_new = self.listed != instruments;
        if is_new {
            self.listed.clone_from(&instruments);
        }
        Loaded { list: is_new.then_some(instruments), faults }
    }
}

/// One load.
#[derive(Clone, Debug, Default)]
struct Loader {
    kinds_read: usize,
    listings: Vec<Listing>,
    legs: Legs,
    currencies: BTreeSet<Arc<str>>,
    faults: Vec<Fault>,
}

impl Loader {
    fn next(&mut self, legless: &BTreeSet<Arc<str>>) -> Step {
        if let Some(kind) = KINDS.get(self.kinds_read) {
            return Step::Instruments(kind);
        }
        let lacks_legs = |listing: &&Listing| {
            let symbol = &listing.instrument.symbol;
            listing.is_combo && !self.legs.contains_key(symbol) && !legless.contains(symbol)
        };
        let without_legs = || self.listings.iter().filter(lacks_legs);
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

    fn instruments(&mut self, result: &str) -> Result<(), Fault> {
        let items: Vec<&RawValue> = serde_json::from_str(result)?;
        self.kinds_read += 1;
        for item in items {
            let read = serde_json::from_str(item.get()).map_err(Fault::from);
            match read.and_then(|data: wire::Instrument<'_>| market::listing(&data)) {
                Ok(listing) => self.listings.extend(listing),
                Err(fault) => self.faults.push(fault),
            }
        }
        Ok(())
    }

    fn combos(&mut self, result: &str) -> Result<(), Fault> {
        self.faults.extend(market::combos(result, &mut self.legs)?);
        Ok(())
    }
}
