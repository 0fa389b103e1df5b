//! A contract as one venue lists it, and the catalogue that interns them. Ids are ours, for this run only: never saved or sent.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::contract::Contract;
use super::number::{Price, Qty};
use crate::base::time::Utc;

/// Index into the [`Catalogue`]. Stable for the life of the process: a reload appends, it never renumbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstrumentId(pub u32);

impl InstrumentId {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What one unit of a contract is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    GpuHour,
    /// A million tokens.
    Mtok,
    /// Whatever a foreign venue's base currency is.
    Other,
}

impl Unit {
    /// Of a quantity: `GPU-h`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::GpuHour => "GPU-h",
            Self::Mtok => "Mtok",
            Self::Other => "units",
        }
    }
}

/// A leg of a listed spread, by the venue's symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentLeg {
    pub symbol: Arc<str>,
    pub ratio: i8,
}

/// The terms of one listed instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// The venue's own name, as on the wire.
    pub symbol: Arc<str>,
    pub contract: Contract,
    pub unit: Unit,
    pub tick: Price,
    /// Smallest order and smallest step.
    pub lot: Qty,
    /// Units in one contract (730 GPU-hours).
    pub contract_size: i64,
    /// Settlement currency, `USDC`.
    pub currency: Arc<str>,
    /// The venue's index that it settles to, for `deribit_price_index`-like channels.
    pub index_name: Arc<str>,
    /// `None` for perpetuals.
    pub expiry: Option<Utc>,
    /// Empty for outrights.
    pub legs: Vec<InstrumentLeg>,
    /// Listed: it trades, or will.
    pub is_active: bool,
    /// Listed, but nothing trades for now: orders may only be cancelled.
    pub is_halted: bool,
}

/// All instruments of a venue, interned. Cheap to share, replaced whole when the venue's list changes.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    instruments: Vec<Arc<Instrument>>,
    by_symbol: BTreeMap<Arc<str>, InstrumentId>,
}

/// What changed when a venue's list was loaded again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueChange {
    pub added: Vec<InstrumentId>,
    /// Same symbol, other terms.
    pub altered: Vec<InstrumentId>,
    /// No longer listed: now inactive.
    pub delisted: Vec<InstrumentId>,
    /// Nothing trades for now.
    pub halted: Vec<InstrumentId>,
    /// Listed again, or trading again.
    pub resumed: Vec<InstrumentId>,
}

impl CatalogueChange {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.known().next().is_none()
    }

    /// All that were listed before and are not as they were.
    pub fn known(&self) -> impl Iterator<Item = InstrumentId> {
        [&self.altered, &self.delisted, &self.halted, &self.resumed].into_iter().flatten().copied()
    }

    fn note(&mut self, id: InstrumentId, before: &Instrument, now: &Instrument) {
        let trades = |terms: &Instrument| terms.is_active && !terms.is_halted;
        let list = match (before, now) {
            _ if before.is_active && !now.is_active => &mut self.delisted,
            _ if trades(before) && !trades(now) => &mut self.halted,
            _ if !trades(before) && trades(now) => &mut self.resumed,
            _ => &mut self.altered,
        };
        list.push(id);
    }
}

impl Catalogue {
    pub fn get(&self, id: InstrumentId) -> Option<&Arc<Instrument>> {
        self.instruments.get(id.index())
    }

    pub fn find(&self, symbol: &str) -> Option<InstrumentId> {
        self.by_symbol.get(symbol).copied()
    }

    pub fn find_contract(&self, contract: &Contract) -> Option<InstrumentId> {
        self.iter().find(|(_, i)| i.is_active && i.contract == *contract).map(|(id, _)| id)
    }

    pub fn len(&self) -> usize {
        self.instruments.len()
    }

    pub fn is_empty(&self) -> bool {
        self.instruments.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (InstrumentId, &Arc<Instrument>)> {
        (0..).map(InstrumentId).zip(&self.instruments)
    }

    /// Takes over a complete list: appends what is new, replaces altered terms, marks the missing inactive.
    pub fn reload(&mut self, listed: Vec<Instrument>) -> CatalogueChange {
        let mut change = CatalogueChange::default();
        let mut seen = vec![false; self.instruments.len()];
        for instrument in listed {
            match self.find(&instrument.symbol) {
                Some(id) => {
                    if let Some(mark) = seen.get_mut(id.index()) {
                        *mark = true;
                    }
                    let known = &mut self.instruments[id.index()];
                    if **known != instrument {
                        change.note(id, known, &instrument);
                        *known = Arc::new(instrument);
                    }
                }
                None => {
                    let id = InstrumentId(self.instruments.len() as u32);
                    self.by_symbol.insert(instrument.symbol.clone(), id);
                    self.instruments.push(Arc::new(instrument));
                    change.added.push(id);
                }
            }
        }
        for (at, seen) in seen.iter().enumerate() {
            let instrument = &mut self.instruments[at];
            if !seen && instrument.is_active {
                Arc::make_mut(instrument).is_active = false;
                change.delisted.push(InstrumentId(at as u32));
            }
        }
        change
    }
}
