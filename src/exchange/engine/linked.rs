//! Orders that hang together: one triggers others, one cancels the other, one triggers two that cancel each other.
//!
//! - Fills are followed when the match that made them is over, before anything else is placed; a resting order whose pair has filled in
//!   the same match trades no more than it then may.
//! - A pair ends with either of its orders: filled, cancelled or refused, the other goes (`oco_other_closed`).
//! - Secondary orders are held until the primary fills; what is not yet placed when the primary is cancelled goes with it
//!   (`oto_primary_closed`). `Incremental` places a part of each secondary for each fill, and each such part of a pair is a pair of
//!   its own.
//! - Both orders of a pair need margin as if both traded.

use super::command::{OrderId, Place, Refused};
use super::event::{CancelReason, Event, Events, HeldState};
use super::held::check_terms;
use super::links::{News, Primary, down_to_lot, share};
use super::terms::{FillCondition, Link, LinkKind, Special, Ties};
use super::{AccountId, Engine};
use crate::base::time::Utc;
use crate::domain::number::Qty;
use crate::domain::order::OrderType;

impl Engine {
    /// Places an order with those that hang on it. Whatever can be refused is refused before anything is placed.
    pub(super) fn place_linked(
        &mut self,
        now: Utc,
        account: AccountId,
        place: &Place,
        link: &Link,
        out: &mut Events,
    ) -> Result<OrderId, Refused> {
        self.check_link(account, place, link)?;
        match link.kind {
            LinkKind::Cancels => self.place_pair(now, account, place, link, out),
            LinkKind::Triggers | LinkKind::TriggersCancels => self.place_primary(now, account, place, link, out),
        }
    }

    fn check_link(&self, account: AccountId, place: &Place, link: &Link) -> Result<(), Refused> {
        let wanted = match link.kind {
            LinkKind::Triggers => 1..=8,
            LinkKind::Cancels => 1..=1,
            LinkKind::TriggersCancels => 2..=2,
        };
        let alike = |other: &Place| {
            other.listing == place.listing && other.terms.as_deref().is_none_or(|terms| terms.link.is_none())
        };
        if !wanted.contains(&link.others.len()) || !link.others.iter().all(alike) {
            return Err(Refused::InvalidArguments);
        }
        let listing = self.listing_of(place)?;
        for other in &link.others {
            check_terms(listing, other)?;
        }
        if link.kind != LinkKind::Cancels {
            return self.check_secondaries(account, link.others.len());
        }
        let [other] = link.others.as_slice() else { return Err(Refused::InvalidArguments) };
        let waits = |place: &Place| place.terms.as_deref().is_some_and(|terms| terms.trigger.is_some());
        if other.kind == OrderType::Market && !waits(other) {
            return Err(Refused::InvalidArguments);
        }
        if waits(other) {
            return self.check_trigger(account, other);
        }
        self.examine(account, other)?;
        let both = if other.side == place.side && !waits(place) { place.qty + other.qty } else { other.qty };
        if self.clearing.affords(account, place.listing, other.side, both) {
            Ok(())
        } else {
            Err(Refused::NotEnoughFunds)
        }
    }

    /// The first of a linked group, without its link: held if it waits for a price, placed otherwise.
    fn place_first(
        &mut self,
        now: Utc,
        account: AccountId,
        place: &Place,
        ties: Ties,
        out: &mut Events,
    ) -> Result<OrderId, Refused> {
        let mut first = place.clone();
        if let Some(terms) = first.terms.as_deref_mut() {
            terms.link = None;
        }
        let show = first.terms.as_deref().and_then(|terms| terms.show);
        if first.terms.as_deref().is_none_or(|terms| terms.trigger.is_none()) {
            let special = Special { show, origin: None, ties };
            return self.bring(now, account, &first, special.boxed(), out);
        }
        let id = self.hold_trigger(now, account, &first, ties)?;
        self.tell_held(id, out);
        Ok(id)
    }

    fn place_pair(
        &mut self,
        now: Utc,
        account: AccountId,
        place: &Place,
        link: &Link,
        out: &mut Events,
    ) -> Result<OrderId, Refused> {
        let [other] = link.others.as_slice() else { return Err(Refused::InvalidArguments) };
        let pair = self.clearing.links.next_pair();
        let ties = Ties { condition: Some(link.condition), pair: Some(pair), ..Ties::default() };
        let first = self.place_first(now, account, place, ties.clone(), out)?;
        let second = self.hold(now, account, other.clone(), ties);
        self.clearing.links.bind(pair, link.condition, [(first, place.qty), (second, other.qty)]);
        if other.terms.as_deref().is_some_and(|terms| terms.trigger.is_some()) {
            self.tell_held(second, out);
        } else {
            self.held.ready.push_back(second);
        }
        Ok(first)
    }

    fn place_primary(
        &mut self,
        now: Utc,
        account: AccountId,
        place: &Place,
        link: &Link,
        out: &mut Events,
    ) -> Result<OrderId, Refused> {
        let is_pair = link.kind == LinkKind::TriggersCancels;
        // The primary is told with the numbers of its secondaries, and may fill at once: they are there before it, and go if it is refused.
        let waits = Ties { condition: Some(link.condition), primary: Some(OrderId::default()), ..Ties::default() };
        let secondaries: Vec<OrderId> =
            link.others.iter().map(|other| self.hold(now, account, other.clone(), waits.clone())).collect();
        let ties = Ties {
            condition: Some(link.condition),
            secondaries: secondaries.clone(),
            triggers_pair: is_pair,
            ..Ties::default()
        };
        let first = match self.place_first(now, account, place, ties, out) {
            Ok(first) => first,
            Err(refused) => {
                for id in secondaries {
                    self.held.remove(id);
                }
                return Err(refused);
            }
        };
        for &id in &secondaries {
            if let Some(held) = self.held.get_mut(id) {
                held.ties.primary = Some(first);
            }
            self.tell_held(id, out);
        }
        let primary = Primary { condition: link.condition, secondaries, is_pair };
        self.clearing.links.primaries.insert(first, primary);
        Ok(first)
    }

    /// Does what fills and ends of linked orders ask for.
    pub(super) fn follow_links(&mut self, now: Utc, out: &mut Events) {
        for news in std::mem::take(&mut self.clearing.news) {
            match news {
                News::Filled { order, filled, qty } => {
                    self.fill_primary(now, order, filled, qty, out);
                    self.fill_leg(now, order, filled, out);
                }
                News::Ended { order, whole } => {
                    self.end_primary(now, order, whole, out);
                    if let Some(other) = self.clearing.links.part(order) {
                        self.cancel_linked(now, other.order, CancelReason::OcoOtherClosed, out);
                    }
                }
            }
        }
    }

    fn fill_primary(&mut self, now: Utc, order: OrderId, filled: Qty, qty: Qty, out: &mut Events) {
        let Some(primary) = self.clearing.links.primaries.get(&order).cloned() else { return };
        match primary.condition {
            FillCondition::CompleteFill => {}
            FillCondition::FirstHit => {
                self.clearing.links.primaries.remove(&order);
                self.release(now, &primary, |whole, _| whole, out);
            }
            FillCondition::Incremental => {
                self.release(now, &primary, |whole, lot| down_to_lot(share(whole, filled, qty), lot), out);
            }
        }
    }

    fn end_primary(&mut self, now: Utc, order: OrderId, whole: bool, out: &mut Events) {
        // A secondary that ended before its primary filled.
        for primary in self.clearing.links.primaries.values_mut() {
            primary.secondaries.retain(|id| *id != order);
        }
        let Some(primary) = self.clearing.links.primaries.remove(&order) else { return };
        if whole {
            self.release(now, &primary, |whole, _| whole, out);
        } else {
            for id in primary.secondaries {
                self.cancel_held(now, id, CancelReason::OtoPrimaryClosed, out);
            }
        }
    }

    /// Places so much of each secondary as `due` says of its size and lot, less what has been placed before.
    fn release(&mut self, now: Utc, primary: &Primary, due: impl Fn(Qty, Qty) -> Qty, out: &mut Events) {
        let mut parts = Vec::with_capacity(primary.secondaries.len());
        for &id in &primary.secondaries {
            let Some(held) = self.held.get(id) else { continue };
            let lot = self.catalogue.get(held.place.listing).map_or(Qty(1), |listing| listing.lot);
            let whole = held.place.qty + held.placed;
            let part = (due(whole, lot) - held.placed).min(held.place.qty);
            if part.0 <= 0 {
                continue;
            }
            let place = Place { qty: part, ..held.place.clone() };
            let account = held.account;
            self.take_from(now, id, part, out);
            let ties = Ties { condition: Some(primary.condition), ..Ties::default() };
            parts.push((self.hold(now, account, place, ties), part));
        }
        if let (true, &[first, second]) = (primary.is_pair, parts.as_slice()) {
            let pair = self.clearing.links.pair_up(primary.condition, [first, second]);
            for (id, _) in [first, second] {
                if let Some(held) = self.held.get_mut(id) {
                    held.ties.pair = Some(pair);
                }
            }
        }
        for (id, _) in parts {
            let waits = self.held.get(id).and_then(|held| held.terms()).is_some_and(|terms| terms.trigger.is_some());
            if waits {
                self.tell_held(id, out);
            } else {
                self.held.ready.push_back(id);
            }
        }
    }

    /// A part of a secondary order has been placed.
    fn take_from(&mut self, now: Utc, id: OrderId, part: Qty, out: &mut Events) {
        let Some(held) = self.held.get_mut(id) else { return };
        if part < held.place.qty {
            held.place.qty -= part;
            held.placed += part;
            held.updated = now;
            let held = held.clone();
            out.list.push(Event::Held(Box::new(held)));
        } else if let Some(held) = self.held.remove(id) {
            let at = out.list.len();
            self.end_held(now, held, HeldState::Triggered(None), at, out);
        }
    }

    fn fill_leg(&mut self, now: Utc, order: OrderId, filled: Qty, out: &mut Events) {
        let links = &mut self.clearing.links;
        let Some(pair) = links.pair_mut(order) else { return };
        match pair.condition {
            FillCondition::CompleteFill => {}
            FillCondition::FirstHit => {
                if let Some(other) = links.part(order) {
                    self.cancel_linked(now, other.order, CancelReason::OcoOtherClosed, out);
                }
            }
            FillCondition::Incremental => {
                let other = pair.other(order);
                let own = pair.other(other.order);
                let lot = self.lot_of(other.order);
                let by = down_to_lot(share(other.qty, filled, own.qty), lot) - other.cut;
                if by.0 <= 0 {
                    return;
                }
                let pair = self.clearing.links.pair_mut(order);
                if let Some(leg) = pair.and_then(|pair| pair.leg_mut(other.order)) {
                    leg.cut += by;
                }
                self.cut(now, other.order, by, out);
            }
        }
    }

    fn lot_of(&self, order: OrderId) -> Qty {
        let live = self.nodes.slot(order).and_then(|slot| self.clearing.order(slot)).map(|order| order.listing);
        let listing = live.or_else(|| self.held.get(order).map(|held| held.place.listing));
        listing.and_then(|id| self.catalogue.get(id)).map_or(Qty(1), |listing| listing.lot)
    }

    /// Makes an order smaller; it keeps its place.
    fn cut(&mut self, now: Utc, id: OrderId, by: Qty, out: &mut Events) {
        if let Some(held) = self.held.get_mut(id) {
            if by >= held.place.qty {
                self.cancel_held(now, id, CancelReason::OcoOtherClosed, out);
                return;
            }
            held.place.qty -= by;
            held.updated = now;
            if !held.is_silent {
                let held = held.clone();
                out.list.push(Event::Held(Box::new(held)));
            }
            return;
        }
        let Some(slot) = self.nodes.slot(id) else { return };
        let Some(order) = self.clearing.order(slot) else { return };
        let Some(price) = order.price.filter(|_| by < order.remaining()) else {
            self.withdraw(slot, CancelReason::OcoOtherClosed, now, out);
            return;
        };
        let (listing, qty, post_only) = (order.listing, order.qty - by, order.post_only);
        self.clearing.withdraw(slot);
        self.clearing.amend(slot, price, qty, post_only, now);
        self.books[listing.index()].shrink(&mut self.nodes, slot, by.0);
        self.touched.push(listing);
        self.clearing.rest(slot);
        self.clearing.report(slot, out);
    }

    fn cancel_linked(&mut self, now: Utc, id: OrderId, reason: CancelReason, out: &mut Events) {
        match self.nodes.slot(id) {
            Some(slot) => self.withdraw(slot, reason, now, out),
            None => self.cancel_held(now, id, reason, out),
        }
    }
}
