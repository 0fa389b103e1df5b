//! Remembering: what venues tell of the past goes into the history that the picture shares, and to whoever keeps it on a disk.
//!
//! A past belongs to one [`Market`]: venue, environment and, for exchanges that are opened anew each time (ours, embedded or alone),
//! the run that they name themselves. When the venue turns out to be another market, what was known of the one before is forgotten:
//! marks of one simulation are never shown as the past of another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Core, Effects};
use crate::base::time::{Instant, Now, Utc};
use crate::domain::command::SessionCommand;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::event::{Fixing, Link, LinkState};
use crate::domain::instrument::InstrumentId;
use crate::domain::number::Price;
use crate::domain::past::{SettlementKind, Settlements};
use crate::history::{CurveMark, History, Keep, Kept, Market, Origin, run_of};
use crate::view::dirt::Dirt;
use crate::view::session::{Environment, Severity};

const MINUTE_NS: i64 = 60_000_000_000;
/// However fast the venue's minutes pass.
const MARKS_APART: Duration = Duration::from_secs(1);
const HOUR_NS: i64 = 60 * MINUTE_NS;

impl Core {
    /// Lets `add` change the history; it says whether it did.
    pub(super) fn remember(&mut self, add: impl FnOnce(&mut History) -> bool) -> bool {
        let has_changed = add(Arc::make_mut(&mut self.history));
        if has_changed {
            self.dirt.raise(Dirt::Changed);
        }
        has_changed
    }

    /// The venue has said what it is: asks for what is kept of this market, and forgets what was known of another.
    pub(super) fn open_past(&mut self, now: Now, version: &str, fx: &mut Effects) {
        let environment = match self.session.environment {
            Environment::Simulated => "simulated",
            Environment::Testnet => "testnet",
            Environment::Real => "real",
        };
        let market = Market { environment, venue: self.session.venue.clone(), run: run_of(version).into() };
        if self.market.as_ref() == Some(&market) {
            return;
        }
        if self.market.replace(market.clone()).is_some() {
            self.history = Arc::default();
            self.tell(
                now,
                Severity::Warn,
                "The venue has opened anew: this is another market, with a past of its own.",
                fx,
            );
        }
        fx.keep.push(Keep::Open(market, now.utc));
    }

    pub(super) fn take_kept(&mut self, now: Now, kept: Kept, fx: &mut Effects) {
        match kept {
            Kept::Past(market, past) if self.market.as_ref() == Some(&market) => {
                Arc::make_mut(&mut self.history).fill_in(&past, now.utc);
                self.dirt.raise(Dirt::Changed);
            }
            Kept::Past(..) => {}
            Kept::Trouble(text) => self.tell(now, Severity::Warn, text, fx),
            Kept::Mended(text) => self.tell(now, Severity::Info, text, fx),
        }
    }

    fn keep(&self, keep: impl FnOnce() -> Keep, fx: &mut Effects) {
        if self.market.is_some() {
            fx.keep.push(keep());
        }
    }

    pub(super) fn fixed(&mut self, fixings: &[Fixing], fx: &mut Effects) {
        if self.remember(|history| history.add_fixings(fixings)) {
            self.keep(|| Keep::Fixings(fixings.to_vec()), fx);
        }
    }

    pub(super) fn settled(&mut self, now: Now, told: Settlements, fx: &mut Effects) {
        self.end_positions(now, &told, fx);
        let origin = match self.session.environment {
            Environment::Simulated => Origin::Simulated,
            Environment::Testnet | Environment::Real => Origin::Venue,
        };
        if self.remember(|history| history.add_settlements(&told, origin)) {
            self.keep(|| Keep::Settlements(told, origin), fx);
        }
    }

    /// A position in a contract that was delivered ends at its last settlement.
    fn end_positions(&mut self, now: Now, told: &Settlements, fx: &mut Effects) {
        let held = self.desk.ledger().held().map(|(id, _)| id);
        let mut ended =
            held.filter(|id| self.catalogue.get(*id).is_some_and(|i| !i.is_active && i.contract == told.contract));
        let delivery = told.rows.iter().find(|row| row.kind == SettlementKind::Delivery);
        if let (Some(id), Some(row)) = (ended.next(), delivery) {
            drop(ended);
            self.with_desk(now, fx, |desk, scene, out| desk.delivered(scene, id, row.price, out));
        }
    }

    /// Writes our marks of every curve down once a minute, while the market can be heard; thins old ones out once an hour.
    pub(super) fn mark_curves(&mut self, now: Now, fx: &mut Effects) {
        let minute = Utc(now.utc.0.div_euclid(MINUTE_NS) * MINUTE_NS);
        let is_soon = self.marked_at != Instant::default() && now.mono.since(self.marked_at) < MARKS_APART;
        if minute <= self.marked || is_soon || self.session.market.state != LinkState::Up {
            return;
        }
        self.marked_at = now.mono;
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
            let mark = CurveMark { utc: minute, months };
            if self.market.is_some() {
                fx.keep.push(Keep::Mark(product.clone(), mark.clone()));
            }
            history.add_mark(product, mark);
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
