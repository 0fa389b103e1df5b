//! The order connection's comings and goings: what is unknown while it is down, and how the venue's lists settle it.

use std::time::Duration;

use super::desk::{Desk, Scene};
use super::life::Happening;
use super::link::Held;
use super::order::Order;
use super::out::Out;
use crate::base::time::Instant;
use crate::domain::event::{LinkState, VenuePosition};
use crate::domain::instrument::InstrumentId;
use crate::domain::number::Price;
use crate::domain::order::{OrderId, OrderReport, VenueOrderId};
use crate::view::dirt::Dirt;
use crate::view::session::Severity;

/// Positions that disagree are asked for again, a few times: a fill may have been under way.
const CHECK_AGAIN: Duration = Duration::from_secs(2);
const MAX_CHECKS: u32 = 3;

impl Desk {
    /// The order connection's state changed.
    pub fn link_changed(&mut self, scene: Scene<'_>, state: &LinkState, cancels_on_disconnect: bool, out: &mut Out) {
        let is_connected = matches!(state, LinkState::Syncing | LinkState::Up);
        let was_up = std::mem::replace(&mut self.link.is_up, *state == LinkState::Up);
        if self.link.is_connected && !is_connected {
            self.lose_all(scene, cancels_on_disconnect, out);
        }
        self.link.is_connected = is_connected;
        if self.link.is_up && !self.link.is_reconciled {
            self.link.owes_reconcile.get_or_insert(scene.now.mono);
        }
        if self.link.is_up && !was_up && !self.link.owes_cancel_all {
            self.send_wanted_cancels(scene, out);
        }
    }

    /// What was to be cancelled while the connection was down and has been found working since.
    fn send_wanted_cancels(&mut self, scene: Scene<'_>, out: &mut Out) {
        let is_wanted = |id: &OrderId| self.orders.get(id).is_some_and(Order::owes_cancel);
        let wanted: Vec<OrderId> = self.open.iter().copied().filter(is_wanted).collect();
        for id in wanted {
            self.cancel_one(scene, id, out);
        }
    }

    /// Nothing is known any more of what is open.
    fn lose_all(&mut self, scene: Scene<'_>, cancels_on_disconnect: bool, out: &mut Out) {
        self.link.is_reconciled = false;
        self.link.epoch = self.link.epoch.wrapping_add(1);
        self.link.checks = 0;
        let open: Vec<OrderId> = self.open.iter().copied().collect();
        for &id in &open {
            self.happen(scene, id, Happening::LinkLost, out);
        }
        if open.is_empty() {
            return;
        }
        let promise = if cancels_on_disconnect {
            "the venue has promised to cancel what rests there"
        } else {
            "what rests there may still trade"
        };
        let orders = if let [_] = *open { "one order".to_owned() } else { format!("{} orders", open.len()) };
        out.say(Severity::Error, format!("Order entry is lost with {orders} open; {promise}."));
    }

    /// All open orders of the account: those of ours that are missing are asked about, those of others are over.
    pub fn open_orders_listed(&mut self, scene: Scene<'_>, listed: &[OrderReport], received: Instant, out: &mut Out) {
        self.link.is_reconciled = true;
        for report in listed {
            self.report(scene, report, received, out);
        }
        let is_listed =
            |known: &Option<VenueOrderId>| listed.iter().any(|report| known.as_ref() == Some(&report.venue_order));
        let missing: Vec<(OrderId, bool)> = self
            .open_orders()
            .filter(|order| !is_listed(&order.venue_order))
            .map(|order| (order.id, order.is_ours))
            .collect();
        for (id, is_ours) in missing {
            let happening = if is_ours { Happening::Unlisted } else { Happening::Vanished };
            self.happen(scene, id, happening, out);
        }
        out.dirt.raise(Dirt::Urgent);
    }

    /// The last settlement of a contract that has ended: what is held of it is over.
    pub fn delivered(&mut self, scene: Scene<'_>, id: InstrumentId, price: Price, out: &mut Out) {
        let Some(terms) = scene.catalogue.get(id) else { return };
        let held = self.ledger.deliver(id, price, terms.contract_size);
        if !held.is_zero() {
            out.say(Severity::Info, format!("{} was settled at {price}: {held} contracts are closed.", terms.contract));
            out.dirt.raise(Dirt::Urgent);
        }
    }

    /// All positions of the account.
    pub fn positions_listed(&mut self, scene: Scene<'_>, told: &[VenuePosition], out: &mut Out) {
        const LARGEST: u64 = 10_u64.pow(15);
        let is_plausible = |p: &&VenuePosition| {
            p.net.0.unsigned_abs() <= LARGEST && p.average_price.is_none_or(|p| p.0.unsigned_abs() <= 10 * LARGEST)
        };
        let told: Vec<VenuePosition> = told.iter().filter(is_plausible).cloned().collect();
        let news = self.ledger.compare(&told, scene.catalogue);
        out.dirt.raise(Dirt::Changed);
        let held = if self.ledger.held().next().is_some() { Held::Something } else { Held::Nothing };
        self.link.note_positions(scene.now.mono, held);
        if !self.ledger.has_disagreement() {
            self.link.checks = 0;
        } else if self.link.checks < MAX_CHECKS {
            self.link.checks += 1;
            self.link.owes_reconcile = Some(scene.now.mono + CHECK_AGAIN);
        } else if !news.is_empty() {
            out.say(
                Severity::Error,
                "The venue's positions differ from ours; compare them in the blotter before trading.",
            );
        }
    }
}
