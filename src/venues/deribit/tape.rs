//! The sequence of every instrument's trades: each is passed on once and in order, and a hole is filled or told.
//!
//! While older trades are being fetched, newer ones wait, so that the tape never runs backwards.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::codec::fault::Fault;
use crate::base::time::Utc;
use crate::domain::event::{AnomalyKind, Batch, Link, Trade, VenueEvent};
use crate::domain::instrument::InstrumentId;

/// Trades that wait for older ones; when there are more, the hole is told instead.
const MOST_HELD: usize = 1_024;

#[derive(Clone, Debug, Default)]
struct Tape {
    last: Option<(u64, Utc)>,
    /// Older trades are to be fetched or on their way.
    is_filling: bool,
    held: Vec<Trade>,
}

/// All tapes of one connection, by [`InstrumentId`]. They outlive the connection.
#[derive(Clone, Debug, Default)]
pub struct Tapes {
    tapes: Vec<Tape>,
    symbols: Vec<Arc<str>>,
    wanted: BTreeSet<InstrumentId>,
}

impl Tapes {
    pub fn grow(&mut self, count: usize, mut symbol: impl FnMut(InstrumentId) -> Arc<str>) {
        for at in self.tapes.len()..count {
            self.tapes.push(Tape::default());
            self.symbols.push(symbol(InstrumentId(at as u32)));
        }
    }

    pub fn symbol(&self, id: InstrumentId) -> Option<&Arc<str>> {
        self.symbols.get(id.index())
    }

    /// Wants what was traded before now.
    pub fn want(&mut self, id: InstrumentId) {
        if let Some(tape) = self.tapes.get_mut(id.index()) {
            tape.is_filling = true;
            self.wanted.insert(id);
        }
    }

    pub fn wants_older(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// The next instrument whose older trades are to be asked for.
    pub fn next_wanted(&mut self) -> Option<(InstrumentId, Arc<str>)> {
        let id = self.wanted.pop_first()?;
        Some((id, self.symbol(id)?.clone()))
    }

    /// The connection ended: what was on its way will not come.
    pub fn disconnected(&mut self) {
        self.wanted.clear();
        for tape in &mut self.tapes {
            tape.is_filling = false;
            tape.held.clear();
        }
    }

    /// Nothing older is wanted any more; what waited for it is told.
    pub fn end(&mut self, id: InstrumentId, batch: &mut Batch) {
        self.filled(id, Vec::new(), batch);
    }

    /// A trade as it happens.
    pub fn live(&mut self, trade: Trade, batch: &mut Batch) {
        let id = trade.instrument;
        let Some(tape) = self.tapes.get_mut(id.index()) else { return };
        if tape.is_filling {
            tape.held.push(trade);
            if tape.held.len() > MOST_HELD {
                self.filled(id, Vec::new(), batch);
            }
            return;
        }
        match tape.last {
            Some((last, _)) if trade.seq <= last => {
                let detail = format!("trade {} after {last}", trade.seq);
                batch.events.push(VenueEvent::Anomaly(Fault::new(AnomalyKind::Duplicate, detail).on(Link::Market)));
            }
            Some((last, _)) if trade.seq > last + 1 => {
                tape.held.push(trade);
                self.want(id);
            }
            _ => tape.pass(trade, batch),
        }
    }

    /// Older trades, in any order; none when they could not be had.
    pub fn filled(&mut self, id: InstrumentId, mut older: Vec<Trade>, batch: &mut Batch) {
        let Some(tape) = self.tapes.get_mut(id.index()).filter(|tape| tape.is_filling) else { return };
        self.wanted.remove(&id);
        tape.is_filling = false;
        older.append(&mut tape.held);
        older.sort_by_key(|trade| trade.seq);
        for trade in older {
            match tape.last {
                Some((last, _)) if trade.seq <= last => continue,
                Some((last, since)) if trade.seq > last + 1 => {
                    batch.events.push(VenueEvent::TradesLost { instrument: id, since });
                }
                _ => {}
            }
            tape.pass(trade, batch);
        }
    }
}

impl Tape {
    fn pass(&mut self, trade: Trade, batch: &mut Batch) {
        self.last = Some((trade.seq, trade.utc));
        batch.events.push(VenueEvent::Trade(trade));
    }
}
