//! Order entry: checks first, so that a refused command has changed nothing; then match, rest, report.

use std::sync::Arc;

use super::clearing::Taker;
use super::command::{Applied, Command, Edit, OrderId, Place, Refused};
use super::event::{CancelReason, Event, Events, Order};
use super::implied::{Offer, Spent};
use super::phase::Phase;
use super::session::reach;
use super::terms::Special;
use super::{AccountId, Engine, ListingId};
use crate::base::time::Utc;
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{OrderType, PostOnly, Reduce, TimeInForce, VenueOrderState};
use crate::exchange::catalogue::Listing;

const USER: CancelReason = CancelReason::UserRequest;

impl Engine {
    /// Applies one command. A refused command changes nothing and reports nothing.
    ///
    /// # Errors
    /// [`Refused`], with the venue's code.
    pub fn apply(
        &mut self,
        now: Utc,
        account: AccountId,
        command: &Command,
        out: &mut Events,
    ) -> Result<Applied, Refused> {
        if self.clearing.accounts.kind(account).is_none() {
            return Err(Refused::InvalidArguments);
        }
        let applied = match command {
            Command::Place(place) => Applied::Order(self.place(now, account, place, out)?),
            Command::Edit(edit) => self.edit(now, account, *edit, out)?,
            Command::EditHeld(edit) => Applied::Order(self.edit_held(now, account, *edit, out)?),
            Command::Cancel(id) => self.cancel_one(now, account, *id, out)?,
            Command::CancelLabel(label) => {
                let label = Some(label);
                self.cancel_wherever(
                    now,
                    account,
                    USER,
                    out,
                    (|o| o.label.as_ref() == label, |h| h.label.as_ref() == label),
                )
            }
            Command::CancelListing(listing, side) => {
                let wanted = |on: ListingId, of: Side| on == *listing && side.is_none_or(|side| side == of);
                self.cancel_wherever(
                    now,
                    account,
                    USER,
                    out,
                    (|o| wanted(o.listing, o.side), |h| wanted(h.listing, h.side)),
                )
            }
            Command::CancelAll => self.cancel_wherever(now, account, USER, out, (|_| true, |_| true)),
            Command::CancelConnection(connection) => {
                let ended = Some(*connection);
                let wanted = (|o: &Order| o.connection == ended, |h: &Place| h.connection == ended);
                self.cancel_wherever(now, account, CancelReason::Disconnect, out, wanted)
            }
            Command::CreateCombo(legs) => self.create_combo(now, legs, out)?,
            Command::Block(block) => Applied::Block(self.trade_block(now, account, block, out)?),
        };
        self.close_command(now, out);
        Ok(applied)
    }

    pub(super) fn place(
        &mut self,
        now: Utc,
        account: AccountId,
        place: &Place,
        out: &mut Events,
    ) -> Result<OrderId, Refused> {
        match &place.terms {
            None => self.bring(now, account, place, None, out),
            Some(terms) => self.place_on_terms(now, account, place, terms, out),
        }
    }

    /// Checks an order against the market and the account as they are; its margin is not looked at. Returns listing, limit and size.
    pub(super) fn examine(&self, account: AccountId, place: &Place) -> Result<(Arc<Listing>, Price, Qty), Refused> {
        let listing = self.listing_of(place)?.clone();
        self.admit(place)?;
        check_qty(&listing, place.qty)?;
        let (low, high) = self.price_band(listing.id).ok_or(Refused::BookClosed)?;
        let mut limit = match place.kind {
            OrderType::Market if place.post_only != PostOnly::Off => return Err(Refused::InvalidArguments),
            OrderType::Market if place.side == Side::Bid => high,
            OrderType::Market => low,
            OrderType::Limit => place.price.ok_or(Refused::InvalidPrice)?,
        };
        self.check_price(&listing, place.side, limit, (low, high))?;
        let rests = matches!(place.time_in_force, TimeInForce::GoodTilCancelled | TimeInForce::Day);
        if !rests && place.post_only != PostOnly::Off {
            return Err(Refused::InvalidArguments);
        }
        let qty = self.reduced(account, &listing, place.side, place.reduce, place.qty)?;
        limit = self.kept_passive(&listing, place.side, (limit, qty), place.post_only)?;
        Ok((listing, limit, qty))
    }

    /// Brings an order to its book, now.
    pub(super) fn bring(
        &mut self,
        now: Utc,
        account: AccountId,
        place: &Place,
        special: Option<Box<Special>>,
        out: &mut Events,
    ) -> Result<OrderId, Refused> {
        let (listing, limit, qty) = self.examine(account, place)?;
        if !self.clearing.affords(account, listing.id, place.side, qty) {
            return Err(Refused::NotEnoughFunds);
        }

        let (slot, id) = self.nodes.allocate(account, place.side, place.reduce);
        if let Some(special) = &special {
            if let Some(slice) = special.show.filter(|slice| *slice < qty) {
                self.nodes.show_only(slot, slice.0);
            }
            if special.ties.pair.is_some() {
                self.nodes.pair_up(slot);
            }
        }
        let is_market = place.kind == OrderType::Market;
        let order = Order {
            id,
            account,
            listing: listing.id,
            side: place.side,
            kind: place.kind,
            time_in_force: if is_market { TimeInForce::ImmediateOrCancel } else { place.time_in_force },
            post_only: place.post_only,
            reduce: place.reduce,
            origin: self.origin,
            price: (!is_market).then_some(limit),
            qty,
            filled: Qty::ZERO,
            filled_value: 0,
            state: VenueOrderState::Open,
            cancel_reason: None,
            replaced: false,
            edits: 0,
            label: place.label.clone(),
            connection: place.connection,
            created: now,
            updated: now,
            special,
        };
        let time_in_force = order.time_in_force;
        self.clearing.accept(slot, order);
        let taker = Taker { slot, id, account, listing: listing.id, side: place.side };
        if time_in_force == TimeInForce::FillOrKill && !self.could_fill(now, taker, limit, qty) {
            self.clearing.cancel(slot, CancelReason::FillOrKill, now, out);
            self.nodes.release(slot);
        } else {
            self.execute(now, taker, limit, qty, time_in_force, out);
        }
        Ok(id)
    }

    fn edit(&mut self, now: Utc, account: AccountId, edit: Edit, out: &mut Events) -> Result<Applied, Refused> {
        let slot = self.open_slot(account, edit.order)?;
        let order = self.clearing.order(slot).ok_or(Refused::OrderNotFound)?;
        let listing = self.catalogue.get(order.listing).ok_or(Refused::InvalidInstrument)?.clone();
        let (side, filled, reduce, time_in_force) = (order.side, order.filled, order.reduce, order.time_in_force);
        let (old_price, old_remaining) = (order.price.ok_or(Refused::InvalidPrice)?, order.remaining());
        self.admit_edit(listing.id)?;
        let price = edit.price.unwrap_or(old_price);
        check_qty(&listing, edit.qty)?;
        if edit.qty <= filled {
            return Err(Refused::InvalidAmount);
        }
        let band = self.price_band(listing.id).ok_or(Refused::BookClosed)?;
        self.check_price(&listing, side, price, band)?;
        let remaining = self.reduced(account, &listing, side, reduce, edit.qty - filled)?;
        let keeps_place = price == old_price && remaining <= old_remaining;
        let limit =
            if keeps_place { price } else { self.kept_passive(&listing, side, (price, remaining), edit.post_only)? };
        if remaining > old_remaining && !self.clearing.affords(account, listing.id, side, remaining - old_remaining) {
            return Err(Refused::NotEnoughFunds);
        }

        self.clearing.withdraw(slot);
        self.clearing.amend(slot, limit, filled + remaining, edit.post_only, now);
        if self.nodes.get(slot).is_paired {
            self.clearing.links.resize(edit.order, filled + remaining);
        }
        if keeps_place {
            self.books[listing.id.index()].shrink(&mut self.nodes, slot, (old_remaining - remaining).0);
            self.touched.push(listing.id);
            self.clearing.rest(slot);
            self.clearing.report(slot, out);
        } else {
            self.books[listing.id.index()].remove(&mut self.nodes, slot);
            let taker = Taker { slot, id: edit.order, account, listing: listing.id, side };
            self.execute(now, taker, limit, remaining, time_in_force, out);
        }
        Ok(Applied::Order(edit.order))
    }

    /// Matches an order that stands in no book, then rests or ends what is left.
    fn execute(
        &mut self,
        now: Utc,
        taker: Taker,
        limit: Price,
        qty: Qty,
        time_in_force: TimeInForce,
        out: &mut Events,
    ) {
        let Taker { slot, listing, side, .. } = taker;
        let terms = self.clearing.markets[listing.index()].listing.clone();
        let gathers = self.phase(listing) == Phase::PreOpen;
        let near = reach(side, limit, self.velocity_band(&terms, now));
        let left = if gathers { qty.0 } else { self.match_order(now, taker, near, qty.0, out) };
        let opposite = self.books[listing.index()].best_price(side.opposite());
        let implied = self.implied_offer(listing, side, left / Qty::lots(1).0, &Spent::default()).map(Offer::price);
        let is_held_back = !gathers
            && left > 0
            && near != limit
            && opposite.into_iter().chain(implied).any(|best| side.reaches(limit, best));
        self.touched.push(listing);
        let Self { books, nodes, clearing, .. } = self;
        if left == 0 {
            clearing.report(slot, out);
            nodes.release(slot);
        } else if matches!(time_in_force, TimeInForce::GoodTilCancelled | TimeInForce::Day) {
            books[listing.index()].rest(nodes, slot, limit.ticks(terms.tick), left);
            clearing.rest(slot);
            if time_in_force == TimeInForce::Day {
                self.day_orders.insert(taker.id);
            }
            if !self.match_rested(now, taker, out) {
                self.clearing.report(slot, out);
            }
        } else {
            clearing.cancel(slot, CancelReason::ImmediateOrCancel, now, out);
            nodes.release(slot);
        }
        if left < qty.0 {
            self.follow(listing, now);
        }
        if is_held_back {
            self.halt_for_velocity(now, &terms, out);
        }
    }

    fn cancel_one(&mut self, now: Utc, account: AccountId, id: OrderId, out: &mut Events) -> Result<Applied, Refused> {
        if self.held.get(id).is_some_and(|held| held.account == account) {
            self.cancel_held(now, id, USER, out);
        } else {
            let slot = self.open_slot(account, id)?;
            self.withdraw(slot, USER, now, out);
        }
        Ok(Applied::Order(id))
    }

    /// Cancels an account's working and held orders, each sort oldest first.
    fn cancel_wherever(
        &mut self,
        now: Utc,
        account: AccountId,
        reason: CancelReason,
        out: &mut Events,
        (working, held): (impl Fn(&Order) -> bool, impl Fn(&Place) -> bool),
    ) -> Applied {
        let count = self.cancel_matching(now, account, reason, out, working);
        Applied::Cancelled(count + self.cancel_held_matching(now, account, reason, out, held))
    }

    /// Cancels an account's working orders, oldest first.
    pub(super) fn cancel_matching(
        &mut self,
        now: Utc,
        account: AccountId,
        reason: CancelReason,
        out: &mut Events,
        wanted: impl Fn(&Order) -> bool,
    ) -> u32 {
        let Some(ledger) = self.clearing.ledgers.get(account.index()) else { return 0 };
        let slots: Vec<u32> = ledger
            .open
            .iter()
            .filter_map(|id| self.nodes.slot(*id))
            .filter(|slot| self.clearing.order(*slot).is_some_and(&wanted))
            .collect();
        for &slot in &slots {
            self.withdraw(slot, reason, now, out);
        }
        u32::try_from(slots.len()).unwrap_or(u32::MAX)
    }

    /// Takes a working order out of its book for good.
    pub(super) fn withdraw(&mut self, slot: u32, reason: CancelReason, now: Utc, out: &mut Events) {
        let Some(order) = self.clearing.order(slot) else { return };
        let (id, listing) = (order.id, order.listing);
        self.books[listing.index()].remove(&mut self.nodes, slot);
        self.touched.push(listing);
        self.day_orders.remove(&id);
        self.clearing.cancel(slot, reason, now, out);
        self.nodes.release(slot);
    }

    /// Reduce-only orders without a position leave.
    pub(super) fn leave_reduced(&mut self, now: Utc, out: &mut Events) {
        while let Some((account, listing)) = self.clearing.moved.pop() {
            let reducible = Side::BOTH.map(|side| self.clearing.reducible(account, listing, side));
            self.cancel_matching(now, account, CancelReason::ReduceOnly, out, |order| {
                order.listing == listing && order.reduce == Reduce::Only && reducible[order.side as usize].is_zero()
            });
        }
    }

    /// Ends a command: what it has caused is done, changed books get their change ids, portfolios are announced.
    pub(super) fn close_command(&mut self, now: Utc, out: &mut Events) {
        self.follow_up(now, out);
        while std::mem::take(&mut self.phases_changed) {
            self.find_routes();
            self.match_all(now, out);
            self.follow_up(now, out);
        }
        for listing in self.touched.drain(..) {
            let start = out.levels.len() as u32;
            let book = &mut self.books[listing.index()];
            book.report(&mut out.levels);
            let end = out.levels.len() as u32;
            if start == end {
                continue;
            }
            self.last_change_id += 1;
            let change_id = self.last_change_id;
            let prev_change_id = self.clearing.markets[listing.index()].changed(change_id, book.digest());
            out.list.push(Event::Book { listing, prev_change_id, change_id, levels: start..end });
        }
        self.clearing.changed.sort_unstable();
        self.clearing.changed.dedup();
        if let Some(changes) = &mut self.clearing.changes {
            changes.accounts.extend(&self.clearing.changed);
        }
        out.list.extend(self.clearing.changed.drain(..).map(Event::Portfolio));
    }

    /// The node of a working order of this account.
    fn open_slot(&self, account: AccountId, id: OrderId) -> Result<u32, Refused> {
        let ledger = self.clearing.ledgers.get(account.index()).ok_or(Refused::OrderNotFound)?;
        if ledger.open.contains(&id) {
            return self.nodes.slot(id).ok_or(Refused::OrderNotFound);
        }
        let is_finished = ledger.finished.iter().any(|order| order.id == id);
        Err(if is_finished { Refused::NotOpenOrder } else { self.why_not_held(account, id) })
    }

    fn check_price(
        &self,
        listing: &Listing,
        side: Side,
        price: Price,
        (low, high): (Price, Price),
    ) -> Result<(), Refused> {
        if !price.is_on(listing.tick) {
            return Err(Refused::WrongTick);
        }
        if price < low {
            return Err(Refused::PriceTooLow);
        }
        if price > high || !self.books[listing.id.index()].admits(side, price.ticks(listing.tick)) {
            return Err(Refused::PriceTooHigh);
        }
        Ok(())
    }

    /// The quantity that a reduce-only order may have.
    fn reduced(
        &self,
        account: AccountId,
        listing: &Listing,
        side: Side,
        reduce: Reduce,
        qty: Qty,
    ) -> Result<Qty, Refused> {
        if reduce == Reduce::Any {
            return Ok(qty);
        }
        if !listing.legs.is_empty() {
            return Err(Refused::InvalidArguments);
        }
        let qty = qty.min(self.clearing.reducible(account, listing.id, side));
        if qty.is_zero() { Err(Refused::WouldNotReduce) } else { Ok(qty) }
    }

    /// The price at which a post-only order takes nothing.
    fn kept_passive(
        &self,
        listing: &Listing,
        side: Side,
        (price, qty): (Price, Qty),
        post_only: PostOnly,
    ) -> Result<Price, Refused> {
        if post_only == PostOnly::Off {
            return Ok(price);
        }
        let own = self.books[listing.id.index()].best_price(side.opposite());
        let implied = self.implied_offer(listing.id, side, qty.whole_lots(), &Spent::default()).map(Offer::price);
        let touch = own.into_iter().chain(implied).min_by_key(|touch| touch.0 * side.sign());
        let Some(touch) = touch.filter(|touch| side.reaches(price, *touch)) else { return Ok(price) };
        if post_only == PostOnly::Reject {
            return Err(Refused::PostOnly);
        }
        // An implied price may lie between ticks.
        let before = Price(touch.0 - side.sign());
        Ok(if side == Side::Bid { before.floor_to(listing.tick) } else { before.ceil_to(listing.tick) })
    }
}

pub(super) fn check_qty(listing: &Listing, qty: Qty) -> Result<(), Refused> {
    if qty.0 <= 0 || qty.0 % listing.lot.0 != 0 { Err(Refused::InvalidAmount) } else { Ok(()) }
}
