//! Making the next picture: what did not change is shared with the one before.

use std::sync::Arc;

use super::meter::Visible;
use super::{Core, Effects};
use crate::base::time::Now;
use crate::domain::event::Link;
use crate::view::View;
use crate::view::dirt::Dirt;

impl Core {
    pub(super) fn all_dirt(&self) -> Dirt {
        self.dirt.max(self.markets.dirt())
    }

    pub(super) fn publish_if_due(&mut self, now: Now, fx: &mut Effects) {
        if self.notices.take_dirty() {
            self.dirt.raise(Dirt::Changed);
        }
        let dirt = self.all_dirt();
        if self.pace.due(dirt).is_none_or(|due| now.mono < due) {
            return;
        }
        let had_quiet_only = fx.publish.is_none() || fx.is_quiet;
        fx.is_quiet = had_quiet_only && dirt == Dirt::Quiet;
        fx.publish = Some(self.publish(now));
    }

    fn publish(&mut self, now: Now) -> Arc<View> {
        self.meter.published(now.mono, self.pace.visible());
        self.pace.published(now.mono);
        self.dirt = Dirt::Clean;
        self.markets.publish(&mut self.view.markets);
        self.view.version += 1;
        self.view.at = now;
        self.view.session.clone_from(&self.session);
        self.view.catalogue.clone_from(&self.catalogue);
        self.view.products = self.markets.products();
        self.view.history.clone_from(&self.history);
        self.view.notices.clone_from(self.notices.log());
        self.look_at_books(now);
        self.paint_trading();
        self.alerts.paint(&mut self.view.alerts);
        self.view.stats.clone_from(&self.meter.stats);
        Arc::new(self.view.clone())
    }

    /// Counts live books and remembers which are not, for the clicks that this picture will bring.
    fn look_at_books(&mut self, now: Now) {
        let link = self.session.link(Link::Market);
        let version = self.view.version;
        let (mut live, mut total) = (0, 0);
        for market in &self.view.markets {
            let state = market.book.state_at(link, now);
            if !state.is_live() {
                self.sights.not_live(market.instrument, version);
            }
            live += u32::from(state.is_live());
            total += u32::from(!market.book.is_halted && !market.book.is_ended);
        }
        self.meter.stats.books_live = live;
        self.meter.stats.books_total = total;
        self.sights.published(version, now.mono);
    }

    fn paint_trading(&mut self) {
        let trading = &mut self.view.trading;
        trading.arming = self.guard.arming();
        trading.is_blocked = self.guard.is_blocked;
        if trading.limits != *self.guard.limits() {
            trading.limits.clone_from(self.guard.limits());
        }
        let markets = &self.markets;
        self.desk.paint(&self.catalogue, |id| markets.mark_price(id), trading);
    }

    pub(super) fn set_visible(&mut self, is_visible: bool) {
        self.pace.set_visible(if is_visible { Visible::Yes } else { Visible::No });
        self.dirt.raise(Dirt::Changed);
    }
}
