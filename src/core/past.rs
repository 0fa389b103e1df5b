//! Remembering: what venues tell of the past goes into the history that the picture shares.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Core, Effects};
use crate::base::time::{Now, Utc};
use crate::domain::command::SessionCommand;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::event::{Link, LinkState};
use crate::domain::instrument::InstrumentId;
use crate::domain::number::Price;
use crate::domain::past::Settlements;
use crate::history::{CurveMark, History, Origin};
use crate::view::dirt::Dirt;
use crate::view::session::Environment;

const MINUTE_NS: i64 = 60_000_000_000;
const HOUR_NS: i64 = 60 * MINUTE_NS;

impl Core {
    /// Lets `add` change the history; it says whether it did.
    pub(super) fn remember(&mut self, add: impl FnOnce(&mut History) -> bool) {
        if add(Arc::make_mut(&mut self.history)) {
            self.dirt.raise(Dirt::Changed);
        }
    }

    pub(super) fn settled(&mut self, told: &Settlements) {
        let origin = match self.session.environment {
            Environment::Simulated => Origin::Simulated,
            Environment::Testnet | Environment::Real => Origin::Venue,
        };
        self.remember(|history| history.add_settlements(told, origin));
    }

    /// Writes our marks of every curve down once a minute, while the market can be heard; thins old ones out once an hour.
    pub(super) fn mark_curves(&mut self, now: Now) {
        let minute = Utc(now.utc.0.div_euclid(MINUTE_NS) * MINUTE_NS);
        if minute <= self.marked || self.session.market.state != LinkState::Up {
            return;
        }
        let before = std::mem::replace(&mut self.marked, minute);
        let mut curves: BTreeMap<&Product, Vec<(Month, Price)>> = BTreeMap::new();
        for (id, instrument) in self.catalogue.iter().filter(|(_, instrument)| instrument.is_active) {
            if let Contract::Outright { product, delivery: Delivery::Month(month) } = &instrument.contract
                && let Some(mark) = self.markets.mark_price(id)
            {
                curves.entry(product).or_default().push((*month, mark));
            }
        }
        let history = Arc::make_mut(&mut self.history);
        for (product, mut months) in curves {
            months.sort_unstable();
            history.add_mark(product, CurveMark { utc: minute, months });
        }
        if before.0.div_euclid(HOUR_NS) != minute.0.div_euclid(HOUR_NS) {
            history.compact(minute);
        }
        self.dirt.raise(Dirt::Quiet);
    }

    /// Somebody looks at these: their liquidity is kept and their bars are fetched.
    pub(super) fn watch(&mut self, ids: &[InstrumentId], now: Now, fx: &mut Effects) {
        self.markets.watch(ids, now);
        fx.session.extend(ids.iter().map(|id| (Link::Market, SessionCommand::Bars(*id))));
    }
}
