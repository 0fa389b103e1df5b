//! What other books make of each listing, as its tickers tell it. Worked out again when something at the touch of those books moved, and
//! once a second in any case: which orders stand behind a level may matter too.

use std::time::Duration;

use crate::base::time::Utc;
use crate::domain::book::Level;
use crate::domain::number::Side;
use crate::exchange::catalogue::ListingId;
use crate::exchange::engine::Engine;

const AT_LEAST_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub struct Implied {
    known: Vec<Option<Known>>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    basis: u64,
    at: Utc,
    levels: [Option<Level>; 2],
}

impl Implied {
    /// By side.
    pub fn of(&mut self, now: Utc, id: ListingId, engine: &Engine) -> [Option<Level>; 2] {
        let basis = engine.implied_basis(id);
        if self.known.len() <= id.index() {
            self.known.resize(id.index() + 1, None);
        }
        let known = &mut self.known[id.index()];
        match known {
            Some(known) if known.basis == basis && now.since(known.at) < AT_LEAST_EVERY => known.levels,
            _ => {
                let levels = Side::BOTH.map(|side| engine.implied(id, side));
                *known = Some(Known { basis, at: now, levels });
                levels
            }
        }
    }
}
