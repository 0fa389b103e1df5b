//! What people ask for, and what became of our own requests to the connections.

use std::sync::Arc;
use std::time::Duration;

use super::{Core, Effects};
use crate::base::time::Now;
use crate::domain::command::{CancelScope, Command, Intent, OrderIntent, RiskLimits, SessionCommand};
use crate::domain::event::Link;
use crate::domain::instrument::InstrumentId;
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{OrderId, OrderType, PostOnly, Reduce, TimeInForce};
use crate::orders::gate::{Gate, Refused, Seen, Sight, Trouble};
use crate::orders::{Out, Scene};
use crate::view::book::BookState;
use crate::view::dirt::Dirt;
use crate::view::session::Severity;

/// Market data taken in this late is called degraded, and no order may be sent on it.
const DEGRADED: Duration = Duration::from_secs(2);
/// Until it is taken in this promptly again.
const CAUGHT_UP: Duration = Duration::from_millis(500);

impl Core {
    pub(super) fn command(&mut self, now: Now, command: Command, fx: &mut Effects) {
        let seen = command.seen;
        match command.intent {
            Intent::Place(intent) => self.place(now, &intent, seen, fx),
            Intent::Replace { order, qty, price } => self.replace(now, (order, qty, price), seen, fx),
            Intent::Cancel(scope) => self.cancel(now, &scope, fx),
            Intent::Flatten(which) => self.flatten(now, which, seen, fx),
            Intent::Arm => self.arm(now, fx),
            Intent::Disarm => self.disarm(),
            Intent::Block => self.set_blocked(now, true, fx),
            Intent::Unblock => self.set_blocked(now, false, fx),
            Intent::Kill => self.kill(now, fx),
            Intent::SetLimits(limits) => self.set_limits(&limits),
            Intent::SetAlert(spec) => self.set_alert(now, &spec, fx),
            Intent::RemoveAlert(id) => self.remove_alert(id),
            Intent::SetLaunches(product, months) => self.set_launches(product, months),
            Intent::Watch(ids) => self.watch(&ids, now, fx),
            Intent::Visible(is_visible) => self.set_visible(is_visible),
            Intent::Prices(ask) => self.ask_prices(ask, fx),
            Intent::Reconnect => {
                fx.session.extend([Link::Market, Link::Orders].map(|link| (link, SessionCommand::Reconnect)));
            }
        }
    }

    fn place(&mut self, now: Now, intent: &OrderIntent, seen: u64, fx: &mut Effects) {
        let verdict = self.gate(now, intent.instrument, seen).place(intent, &self.config.install, self.labels.peek());
        match verdict {
            Ok(approved) => {
                self.labels.take();
                self.guard.touch(now.mono);
                self.with_desk(now, fx, |desk, scene, out| desk.place(scene, approved, out));
            }
            Err(refused) => {
                let which = self.catalogue.get(intent.instrument).map(|terms| intent.words(&terms.contract));
                let which = which.unwrap_or_default();
                self.notices.tell_more(now, Severity::Reject, refused.to_string(), which, &mut fx.log);
                self.dirt.raise(Dirt::Urgent);
            }
        }
    }

    fn replace(&mut self, now: Now, (order, qty, price): (OrderId, Qty, Price), seen: u64, fx: &mut Effects) {
        let Some(instrument) = self.desk.order(order).map(|order| order.instrument) else {
            return self.refuse(now, &Refused::NotOurs, fx);
        };
        match self.gate(now, instrument, seen).replace(order, qty, price) {
            Ok(approved) => {
                self.guard.touch(now.mono);
                self.with_desk(now, fx, |desk, scene, out| desk.replace(scene, approved, out));
            }
            Err(refused) => self.refuse(now, &refused, fx),
        }
    }

    /// Cancels pass always.
    fn cancel(&mut self, now: Now, scope: &CancelScope, fx: &mut Effects) {
        self.with_desk(now, fx, |desk, scene, out| desk.cancel(scene, scope, out));
    }

    /// Market orders that close, none larger than one order may be.
    fn flatten(&mut self, now: Now, which: Option<InstrumentId>, seen: u64, fx: &mut Effects) {
        let held: Vec<(InstrumentId, Qty)> =
            self.desk.ledger().held().filter(|(id, _)| which.is_none_or(|which| which == *id)).collect();
        if held.is_empty() {
            return self.tell(now, Severity::Info, "There is no position to close.", fx);
        }
        for (instrument, net) in held {
            let lot = self.catalogue.get(instrument).map_or(Qty::lots(1), |terms| terms.lot);
            let largest = self.guard.limits().max_order;
            let largest = Qty(largest.0 - largest.0 % lot.0.max(1)).max(lot);
            let mut left = net.abs();
            while left > Qty::ZERO {
                let intent = OrderIntent {
                    instrument,
                    side: if net > Qty::ZERO { Side::Ask } else { Side::Bid },
                    qty: left.min(largest),
                    price: None,
                    kind: OrderType::Market,
                    time_in_force: TimeInForce::ImmediateOrCancel,
                    post_only: PostOnly::Off,
                    reduce: Reduce::Only,
                    tag: "flatten".into(),
                };
                let before = self.labels.peek();
                self.place(now, &intent, seen, fx);
                if self.labels.peek() == before {
                    break;
                }
                left -= intent.qty;
            }
        }
    }

    fn arm(&mut self, now: Now, fx: &mut Effects) {
        if self.guard.is_blocked {
            return self.tell(now, Severity::Warn, "Trading is blocked; unblock before arming.", fx);
        }
        self.guard.arm(now.mono);
        self.dirt.raise(Dirt::Urgent);
    }

    pub(super) fn disarm(&mut self) {
        self.guard.disarm();
        self.dirt.raise(Dirt::Urgent);
    }

    fn set_blocked(&mut self, now: Now, is_blocked: bool, fx: &mut Effects) {
        if self.guard.is_blocked == is_blocked {
            return;
        }
        self.guard.is_blocked = is_blocked;
        self.dirt.raise(Dirt::Urgent);
        let text =
            if is_blocked { "New orders are blocked; cancels still pass." } else { "New orders are possible again." };
        self.tell(now, Severity::Info, text, fx);
    }

    /// Everything off at once: cancel all, block, disarm.
    fn kill(&mut self, now: Now, fx: &mut Effects) {
        self.guard.is_blocked = true;
        self.disarm();
        self.cancel(now, &CancelScope::All, fx);
        self.tell(
            now,
            Severity::Warn,
            "Killed: everything is being cancelled and new orders are blocked; unblock to trade again.",
            fx,
        );
    }

    fn set_limits(&mut self, limits: &RiskLimits) {
        self.guard.set_limits(limits);
        self.dirt.raise(Dirt::Changed);
    }

    /// The risk gate, shown the market of one instrument as it is now and as picture `seen` showed it.
    fn gate(&self, now: Now, id: InstrumentId, seen: u64) -> Gate<'_> {
        let market = self.markets.get(id);
        let ticker = market.and_then(|market| market.ticker());
        let sight = Sight {
            best_bid: market.and_then(|m| m.book().best(Side::Bid)).map(|level| level.price),
            best_ask: market.and_then(|m| m.book().best(Side::Ask)).map(|level| level.price),
            reference: ticker.and_then(|t| t.mark.or(t.last)),
            min_price: ticker.and_then(|t| t.min_price),
            max_price: ticker.and_then(|t| t.max_price),
            state: market.map_or(BookState::Connecting, |market| market.state_at(&self.session.market, now)),
            seen: if market.is_some() { self.sights.seen(seen, id, now.mono) } else { Seen::Never },
        };
        let trouble = if self.session.halted.is_some() {
            Some(Trouble::Halted)
        } else {
            self.meter.stats.is_degraded.then_some(Trouble::Degraded)
        };
        Gate { now: now.mono, catalogue: &self.catalogue, desk: &self.desk, guard: &self.guard, sight, trouble }
    }

    fn refuse(&mut self, now: Now, refused: &Refused, fx: &mut Effects) {
        self.tell(now, Severity::Reject, refused.to_string(), fx);
        self.dirt.raise(Dirt::Urgent);
    }

    pub(super) fn tell(&mut self, now: Now, severity: Severity, text: impl Into<Arc<str>>, fx: &mut Effects) {
        self.notices.tell(now, severity, text, &mut fx.log);
    }

    /// Lets the desk act.
    pub(super) fn with_desk(
        &mut self,
        now: Now,
        fx: &mut Effects,
        act: impl FnOnce(&mut crate::orders::Desk, Scene<'_>, &mut Out),
    ) {
        let mut out = std::mem::take(&mut self.out);
        act(&mut self.desk, Scene { now, catalogue: &self.catalogue }, &mut out);
        self.carry_out(now, out, fx);
    }

    /// Does what the desk wants done, and keeps the emptied `out` for the next time.
    pub(super) fn carry_out(&mut self, now: Now, mut out: Out, fx: &mut Effects) {
        fx.session.extend(out.session.drain(..).map(|command| (Link::Orders, command)));
        for (severity, text, detail) in out.said.drain(..) {
            self.notices.tell_more(now, severity, text, detail, &mut fx.log);
        }
        for span in out.round_trips.drain(..) {
            self.meter.record_round_trip(span);
        }
        self.meter.stats.anomalies += std::mem::take(&mut out.anomalies);
        self.dirt.raise(std::mem::take(&mut out.dirt));
        self.out = out;
    }

    pub(super) fn undelivered(&mut self, now: Now, link: Link, command: SessionCommand, fx: &mut Effects) {
        match (link, command) {
            (Link::Market, SessionCommand::Resync(id)) => self.markets.resync_undelivered(id),
            (_, SessionCommand::Catalogue(_)) => self.owes_catalogue = Some(now.mono + super::CATALOGUE_AGAIN),
            (Link::Orders, command) => {
                self.with_desk(now, fx, |desk, scene, out| desk.undelivered(scene, &command, out));
            }
            (Link::Market, _) => {}
        }
    }

    /// What is taken in now waited `behind` since it left the socket.
    pub(super) fn note_backlog(&mut self, now: Now, behind: Duration, fx: &mut Effects) {
        let limit = if self.meter.stats.is_degraded { CAUGHT_UP } else { DEGRADED };
        let is_degraded = behind > limit;
        if self.meter.stats.is_degraded == is_degraded {
            return;
        }
        self.meter.stats.is_degraded = is_degraded;
        self.dirt.raise(Dirt::Urgent);
        let (severity, text) = if is_degraded {
            (Severity::Warn, "Market data arrives faster than it can be taken in; prices lag by seconds.")
        } else {
            (Severity::Info, "Market data has caught up.")
        };
        self.tell(now, severity, text, fx);
    }
}
