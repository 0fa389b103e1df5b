//! From the symbol on the wire to our id and the terms that amounts are converted with: one probe of a flat table.

use std::sync::Arc;

use super::fault::Fault;
use crate::base::digest::Digest;
use crate::domain::instrument::{Catalogue, Instrument, InstrumentId};
use crate::domain::number::Qty;

/// What a message about an instrument needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub id: InstrumentId,
    /// Units of the wire's amounts in one contract.
    contract_size: i64,
    lot: Qty,
    /// One lot as an amount, in 10⁻⁶.
    lot_amount: i64,
    /// Margined in its own base currency: the venue counts volume in that, and contracts in dollars.
    pub is_inverse: bool,
}

impl Terms {
    pub fn new(id: InstrumentId, contract_size: i64, lot: Qty) -> Self {
        let (contract_size, lot) = (contract_size.max(1), Qty(lot.0.max(1)));
        Self { id, contract_size, lot, lot_amount: lot.0.saturating_mul(contract_size), is_inverse: false }
    }

    pub fn of(id: InstrumentId, instrument: &Instrument) -> Self {
        let is_inverse = instrument.contract.product().is_some_and(|p| *p.as_str() == *instrument.currency);
        Self { is_inverse, ..Self::new(id, instrument.contract_size, instrument.lot) }
    }

    /// An amount in 10⁻⁶ as contracts; `None` when negative or not a whole number of lots.
    pub const fn qty(&self, amount: i64) -> Option<Qty> {
        let lots = amount / self.lot_amount;
        if amount < 0 || lots * self.lot_amount != amount {
            return None;
        }
        Some(Qty(lots * self.lot.0))
    }

    /// Contracts of an amount that is a statistic, in 10⁻⁶, rounded towards zero.
    pub fn qty_lossy(&self, amount: i128) -> Qty {
        Qty(i64::try_from(amount / i128::from(self.contract_size)).unwrap_or(i64::MAX))
    }
}

/// Open addressing over the symbols of a [`Catalogue`]; never iterated, never more than half full.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    entries: Vec<(Arc<str>, Terms)>,
    /// Index into `entries` plus one; zero is free. The length is a power of two.
    slots: Vec<u32>,
}

impl Symbols {
    pub fn of(catalogue: &Catalogue) -> Self {
        Self::new(catalogue.iter().map(|(id, i)| (i.symbol.clone(), Terms::of(id, i))))
    }

    pub fn new(entries: impl IntoIterator<Item = (Arc<str>, Terms)>) -> Self {
        let mut symbols = Self::default();
        for (symbol, terms) in entries {
            symbols.insert(symbol, terms);
        }
        symbols
    }

    /// Adds a symbol that is not there yet.
    pub fn insert(&mut self, symbol: Arc<str>, terms: Terms) {
        self.entries.push((symbol, terms));
        if self.entries.len() * 2 > self.slots.len() {
            self.slots = vec![0; (self.entries.len() * 4).next_power_of_two()];
            for at in 0..self.entries.len() {
                self.link(at);
            }
        } else {
            self.link(self.entries.len() - 1);
        }
    }

    fn link(&mut self, entry: usize) {
        let mask = self.slots.len() - 1;
        let mut at = hash(self.entries[entry].0.as_bytes()) & mask;
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = entry as u32 + 1;
    }

    pub fn get(&self, symbol: &[u8]) -> Option<&Terms> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash(symbol) & mask;
        loop {
            let (name, terms) = self.entries.get(self.slots[at].checked_sub(1)? as usize)?;
            if name.as_bytes() == symbol {
                return Some(terms);
            }
            at = (at + 1) & mask;
        }
    }

    /// The terms of a symbol that a message names.
    ///
    /// # Errors
    /// The symbol is not listed.
    pub fn terms(&self, symbol: &str) -> Result<&Terms, Fault> {
        self.get(symbol.as_bytes()).ok_or_else(|| Fault::unknown_instrument(symbol))
    }
}

fn hash(symbol: &[u8]) -> usize {
    let mut digest = Digest::default();
    digest.bytes(symbol);
    digest.finish() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_symbol_and_no_other() {
        let name = |n: u32| Arc::<str>::from(format!("H100_USDC-{n}"));
        let terms = |n| Terms::new(InstrumentId(n), 730, Qty::lots(1));
        let symbols = Symbols::new((0..500).map(|n| (name(n), terms(n))));
        for n in 0..500 {
            assert_eq!(symbols.get(name(n).as_bytes()), Some(&terms(n)));
            assert_eq!(symbols.get(name(n + 500).as_bytes()), None);
        }
        assert_eq!(Symbols::default().get(b"x"), None);
    }

    #[test]
    fn amounts_are_whole_lots_or_nothing() {
        let terms = Terms::new(InstrumentId(0), 730, Qty::lots(1));
        assert_eq!(terms.qty(7_300_000_000), Some(Qty::lots(10)));
        assert_eq!(terms.qty(7_300_000_001), None);
        assert_eq!(terms.qty(365_000_000), None);
        assert_eq!(terms.qty(-730_000_000), None);
    }
}
