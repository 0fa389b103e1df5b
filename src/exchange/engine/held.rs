//! Orders that wait outside the books: for a price, or for the fills of another order. They need no margin, never trade, and become
//! other orders with numbers of their own when their time comes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::command::{EditHeld, OrderId, Place, Refused};
use super::entry::check_qty;
use super::event::{CancelReason, Event, Events, HeldOrder, HeldState};
use super::links::News;
use super::terms::{HeldOrigin, Reference, Special, Terms, Ties, TriggerKind, Way};
use super::triggers::Triggers;
use super::{AccountId, Engine};
use crate::base::ring::Ring;
use crate::base::time::Utc;
use crate::domain::number::{Price, Qty};
use crate::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use crate::exchange::catalogue::Listing;

/// Held orders that an account may have, of each sort.
const MAX_TRIGGERS: usize = 100;
const MAX_SECONDARIES: usize = 100;
/// What happened to held orders of an account; older things are forgotten.
const REMEMBERED: usize = 500;
/// An order is at most this many of its slices.
const MAX_SLICES: i64 = 100;

/// All held orders, and what became of those of late.
#[derive(Clone, Debug, Default)]
pub struct HeldOrders {
    orders: BTreeMap<OrderId, HeldOrder>,
    by_account: BTreeMap<AccountId, BTreeSet<OrderId>>,
    past: BTreeMap<AccountId, Ring<HeldOrder>>,
    pub triggers: Triggers,
    /// To be placed before the command at hand ends.
    pub ready: VecDeque<OrderId>,
    /// Accounts whose held orders have changed, for whoever keeps them.
    pub changed: BTreeSet<AccountId>,
}

impl HeldOrders {
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    pub fn get(&self, id: OrderId) -> Option<&HeldOrder> {
        self.orders.get(&id)
    }

    pub fn get_mut(&mut self, id: OrderId) -> Option<&mut HeldOrder> {
        let held = self.orders.get_mut(&id)?;
        self.changed.insert(held.account);
        Some(held)
    }

    /// Of one account, oldest first.
    pub fn of(&self, account: AccountId) -> impl Iterator<Item = &HeldOrder> {
        self.by_account.get(&account).into_iter().flatten().filter_map(|id| self.orders.get(id))
    }

    pub fn all(&self) -> impl Iterator<Item = &HeldOrder> {
        self.orders.values()
    }

    /// What happened, oldest first: each order as it was when it was placed and when it ended.
    pub fn past(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &HeldOrder> {
        self.past.get(&account).into_iter().flat_map(Ring::iter)
    }

    pub fn insert(&mut self, held: HeldOrder) {
        self.arm(&held);
        self.changed.insert(held.account);
        self.by_account.entry(held.account).or_default().insert(held.id);
        self.orders.insert(held.id, held);
    }

    pub fn remove(&mut self, id: OrderId) -> Option<HeldOrder> {
        let held = self.orders.remove(&id)?;
        self.disarm(&held);
        self.changed.insert(held.account);
        if let Some(ids) = self.by_account.get_mut(&held.account) {
            ids.remove(&id);
        }
        Some(held)
    }

    fn arm(&mut self, held: &HeldOrder) {
        if let (false, Some((reference, way)), Some(price)) = (held.is_secondary(), held.way(), held.trigger_price) {
            let is_trailing = held.terms().and_then(|t| t.trigger).is_some_and(|t| t.kind == TriggerKind::Trailing);
            self.triggers.add((held.place.listing, reference, way), price, held.id);
            if is_trailing {
                self.triggers.trail((held.place.listing, reference, way), held.id);
            }
        }
    }

    fn disarm(&mut self, held: &HeldOrder) {
        if let (Some((reference, way)), Some(price)) = (held.way(), held.trigger_price) {
            self.triggers.remove((held.place.listing, reference, way), price, held.id);
        }
    }

    /// Trailing stops follow the references as they are now.
    pub fn follow(&mut self, reference: impl Fn(super::triggers::Watch) -> Option<Price>) {
        for (watch, id, best) in self.triggers.moved(reference) {
            let Some(held) = self.orders.get_mut(&id) else { continue };
            let Some(trigger) = held.place.terms.as_deref().and_then(|terms| terms.trigger) else { continue };
            let Some(old) = held.trigger_price else { continue };
            let price = trigger.price(held.place.side, best);
            // A sell's trigger only rises, a buy's only falls.
            if watch.2.rank(price) < watch.2.rank(old) {
                held.trigger_price = Some(price);
                self.changed.insert(held.account);
                self.triggers.move_to(watch, (old, price), id);
            }
        }
    }

    pub fn remember(&mut self, held: HeldOrder) {
        self.past.entry(held.account).or_insert_with(|| Ring::new(REMEMBERED)).push(held);
    }
}

impl Engine {
    /// What a trigger watches, as it is.
    pub(super) fn reference(&self, listing: &Listing, reference: Reference) -> Option<Price> {
        match reference {
            Reference::Last => self.clearing.markets.get(listing.id.index())?.stats.last,
            Reference::Mark => self.clearing.mark(listing.id),
            Reference::Index => self.index(listing.product),
        }
    }

    /// Places an order that is not plain.
    pub(super) fn place_on_terms(
        &mut self,
        now: Utc,
        account: AccountId,
        place: &Place,
        terms: &Terms,
        out: &mut Events,
    ) -> Result<OrderId, Refused> {
        let listing = self.listing_of(place)?.clone();
        check_terms(&listing, place)?;
        if let Some(link) = &terms.link {
            return self.place_linked(now, account, place, link, out);
        }
        if terms.trigger.is_none() {
            let special = Special { show: terms.show, ..Special::default() };
            return self.bring(now, account, place, special.boxed(), out);
        }
        let id = self.hold_trigger(now, account, place, Ties::default())?;
        self.tell_held(id, out);
        Ok(id)
    }

    pub(super) fn listing_of(&self, place: &Place) -> Result<&std::sync::Arc<Listing>, Refused> {
        let listing = self.catalogue.get(place.listing).ok_or(Refused::InvalidInstrument)?;
        if listing.is_active { Ok(listing) } else { Err(Refused::BookClosed) }
    }

    /// Takes in an order that waits for a price, untold.
    pub(super) fn hold_trigger(
        &mut self,
        now: Utc,
        account: AccountId,
        place: &Place,
        ties: Ties,
    ) -> Result<OrderId, Refused> {
        self.check_trigger(account, place)?;
        Ok(self.hold(now, account, place.clone(), ties))
    }

    /// Whether an order may wait for its price: there must be room, and the price must not be reached already.
    pub(super) fn check_trigger(&self, account: AccountId, place: &Place) -> Result<(), Refused> {
        check_qty(self.listing_of(place)?, place.qty)?;
        let waiting = self.held.of(account).filter(|held| !held.is_secondary()).count();
        if waiting >= MAX_TRIGGERS {
            return Err(Refused::TooManyTriggers);
        }
        self.check_way(place)
    }

    pub(super) fn check_secondaries(&self, account: AccountId, more: usize) -> Result<(), Refused> {
        let waiting = self.held.of(account).filter(|held| held.is_secondary()).count();
        if waiting + more > MAX_SECONDARIES { Err(Refused::TooManySecondaries) } else { Ok(()) }
    }

    fn check_way(&self, place: &Place) -> Result<(), Refused> {
        let listing = self.listing_of(place)?;
        let Some(trigger) = place.terms.as_deref().and_then(|terms| terms.trigger) else { return Ok(()) };
        let reference = self.entry_reference(listing, trigger.reference).ok_or(Refused::InvalidTriggerPrice)?;
        let way = trigger.way(place.side);
        if !way.reached(trigger.price(place.side, reference), reference) {
            return Ok(());
        }
        Err(match way {
            Way::Up => Refused::TriggerTooLow,
            Way::Down => Refused::TriggerTooHigh,
        })
    }

    /// What the reference is taken to be when an order is placed: the mark stands in where nothing has traded yet.
    fn entry_reference(&self, listing: &Listing, reference: Reference) -> Option<Price> {
        let price = self.reference(listing, reference);
        price.or_else(|| if reference == Reference::Last { self.clearing.mark(listing.id) } else { None })
    }

    /// Takes in an order, whatever it waits for, untold.
    pub(super) fn hold(&mut self, now: Utc, account: AccountId, place: Place, ties: Ties) -> OrderId {
        let id = self.nodes.number();
        let trigger = place.terms.as_deref().and_then(|terms| terms.trigger);
        let listing = self.catalogue.get(place.listing);
        let reference = trigger.zip(listing).and_then(|(t, listing)| self.entry_reference(listing, t.reference));
        let price = trigger.map(|trigger| trigger.price(place.side, reference.unwrap_or_default()));
        self.held.insert(HeldOrder {
            id,
            account,
            place,
            state: HeldState::Untriggered,
            trigger_price: price,
            reference_price: reference,
            ties,
            replaced: false,
            created: now,
            updated: now,
            placed: Qty::ZERO,
            is_silent: true,
        });
        id
    }

    /// Tells of a new held order.
    pub(super) fn tell_held(&mut self, id: OrderId, out: &mut Events) {
        let Some(held) = self.held.get_mut(id) else { return };
        held.is_silent = false;
        let held = held.clone();
        out.list.push(Event::Held(Box::new(held.clone())));
        self.held.remember(held);
    }

    /// The time of a held order has come.
    pub(super) fn place_held(&mut self, now: Utc, id: OrderId, out: &mut Events) {
        let Some(held) = self.held.remove(id) else { return };
        let terms = held.terms();
        let trigger = terms.and_then(|terms| terms.trigger);
        let origin = trigger.zip(held.trigger_price);
        let special = Special {
            show: terms.and_then(|terms| terms.show),
            origin: origin.map(|(trigger, price)| HeldOrigin { held: id, trigger, price }),
            ties: held.ties.clone(),
        };
        let at = out.list.len();
        let state = match self.bring(now, held.account, &held.place, special.boxed(), out) {
            Ok(order) => {
                self.clearing.links.rename(id, order);
                for &secondary in &held.ties.secondaries {
                    if let Some(secondary) = self.held.get_mut(secondary) {
                        secondary.ties.primary = Some(order);
                    }
                }
                HeldState::Triggered(Some(order))
            }
            Err(refused) => {
                self.clearing.news.push(News::Ended { order: id, whole: false });
                HeldState::Rejected(refused)
            }
        };
        let was_silent = held.is_silent && matches!(state, HeldState::Triggered(_));
        if !was_silent {
            self.end_held(now, held, state, at, out);
        }
    }

    /// A held order, which is not held any more, has ended; `at` is its place among the events.
    pub(super) fn end_held(&mut self, now: Utc, mut held: HeldOrder, state: HeldState, at: usize, out: &mut Events) {
        (held.state, held.updated) = (state, now);
        out.list.insert(at, Event::Held(Box::new(held.clone())));
        self.held.remember(held);
    }

    /// Cancels a held order; it may be gone already.
    pub(super) fn cancel_held(&mut self, now: Utc, id: OrderId, reason: CancelReason, out: &mut Events) {
        let Some(held) = self.held.remove(id) else { return };
        self.held.ready.retain(|ready| *ready != id);
        if held.ties.bind() {
            self.clearing.news.push(News::Ended { order: id, whole: false });
        }
        if !held.is_silent {
            let at = out.list.len();
            self.end_held(now, held, HeldState::Cancelled(reason), at, out);
        }
    }

    /// Cancels an account's held orders, oldest first.
    pub(super) fn cancel_held_matching(
        &mut self,
        now: Utc,
        account: AccountId,
        reason: CancelReason,
        out: &mut Events,
        wanted: impl Fn(&Place) -> bool,
    ) -> u32 {
        if self.held.is_empty() {
            return 0;
        }
        let ids: Vec<OrderId> = self.held.of(account).filter(|held| wanted(&held.place)).map(|held| held.id).collect();
        for &id in &ids {
            self.cancel_held(now, id, reason, out);
        }
        u32::try_from(ids.len()).unwrap_or(u32::MAX)
    }

    /// At the end of a day, and of a listing.
    pub(super) fn cancel_all_held(
        &mut self,
        now: Utc,
        reason: CancelReason,
        out: &mut Events,
        wanted: impl Fn(&Place) -> bool,
    ) {
        let ids: Vec<OrderId> = self.held.all().filter(|held| wanted(&held.place)).map(|held| held.id).collect();
        for id in ids {
            self.cancel_held(now, id, reason, out);
        }
    }

    pub(super) fn edit_held(
        &mut self,
        now: Utc,
        account: AccountId,
        edit: EditHeld,
        out: &mut Events,
    ) -> Result<OrderId, Refused> {
        let Some(old) = self.held.get(edit.order).filter(|held| held.account == account) else {
            return Err(self.why_not_held(account, edit.order));
        };
        let mut held = old.clone();
        held.place.qty = edit.qty;
        held.place.post_only = edit.post_only;
        if let Some(price) = edit.price {
            held.place.price = Some(price);
        }
        let moves = edit.trigger.is_some();
        if let (Some(level), Some(terms)) = (edit.trigger, held.place.terms.as_deref_mut()) {
            let trigger = terms.trigger.as_mut().ok_or(Refused::InvalidArguments)?;
            trigger.level = level;
        } else if moves {
            return Err(Refused::InvalidArguments);
        }
        let listing = self.listing_of(&held.place)?.clone();
        check_qty(&listing, held.place.qty)?;
        check_terms(&listing, &held.place)?;
        if moves && !held.is_secondary() {
            self.check_way(&held.place)?;
        }
        if moves && let Some(trigger) = held.terms().and_then(|terms| terms.trigger) {
            let reference = self.entry_reference(&listing, trigger.reference);
            held.trigger_price = Some(trigger.price(held.place.side, reference.unwrap_or_default()));
        }
        (held.replaced, held.updated) = (true, now);
        self.held.remove(edit.order);
        self.held.insert(held.clone());
        out.list.push(Event::Held(Box::new(held)));
        Ok(edit.order)
    }

    pub(super) fn why_not_held(&self, account: AccountId, id: OrderId) -> Refused {
        let ended = self.held.past(account).any(|held| held.id == id);
        if ended { Refused::NotOpenOrder } else { Refused::OrderNotFound }
    }
}

/// What can be said of an order before its time has come: its form. Reduce-only, margin and the price band are judged when it is placed.
pub(super) fn check_terms(listing: &Listing, place: &Place) -> Result<(), Refused> {
    check_qty(listing, place.qty)?;
    if place.kind == OrderType::Limit {
        let price = place.price.ok_or(Refused::InvalidPrice)?;
        if !price.is_on(listing.tick) {
            return Err(Refused::WrongTick);
        }
    }
    let rests = matches!(place.time_in_force, TimeInForce::GoodTilCancelled | TimeInForce::Day);
    let takes = place.kind == OrderType::Market || !rests;
    let on_spread = !listing.legs.is_empty();
    if takes && place.post_only != PostOnly::Off || on_spread && place.reduce == Reduce::Only {
        return Err(Refused::InvalidArguments);
    }
    let Some(terms) = &place.terms else { return Ok(()) };
    if let Some(show) = terms.show {
        let fits = show.0 > 0 && show.0 % listing.lot.0 == 0 && place.qty.0 <= show.0.saturating_mul(MAX_SLICES);
        if !fits || takes {
            return Err(Refused::InvalidMaxShow);
        }
    }
    if let Some(trigger) = terms.trigger {
        if !trigger.level.is_on(listing.tick) {
            return Err(Refused::TriggerWrongTick);
        }
        let no_distance = trigger.kind == TriggerKind::Trailing && trigger.level.0 <= 0;
        // A spread has no index.
        if no_distance || on_spread && trigger.reference == Reference::Index {
            return Err(Refused::InvalidTriggerPrice);
        }
    }
    Ok(())
}
