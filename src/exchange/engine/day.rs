//! What the calendar brings: index fixings, daily settlement, expiry at the mean of the month's fixings, and the roll of the list.

use super::event::{CancelReason, Event, Events, Settlement, SettlementKind};
use super::{Engine, ListingId, ProductId};
use crate::base::time::Utc;
use crate::domain::contract::Month;
use crate::domain::number::Price;
use crate::domain::order::TimeInForce;
use crate::exchange::accounts::{AccountId, mean};
use crate::exchange::catalogue::{Kind, Listing};

impl Engine {
    /// When [`Engine::advance`] has something to do next.
    pub fn next_due(&self) -> Utc {
        self.next_fixing.min(self.next_settlement)
    }

    /// Does what the calendar asks for up to `now`, each thing at its own time.
    pub fn advance(&mut self, now: Utc, out: &mut Events) {
        while self.next_due() <= now {
            if self.next_fixing <= self.next_settlement {
                self.fix(self.next_fixing, out);
                self.next_fixing = self.catalogue.calendar().next_fixing(self.next_fixing);
            } else {
                self.settle(self.next_settlement, out);
                self.next_settlement = self.catalogue.calendar().next_settlement(self.next_settlement);
            }
        }
    }

    fn fix(&mut self, utc: Utc, out: &mut Events) {
        for ((id, fixings), index) in (0_u8..).map(ProductId).zip(&mut self.fixings).zip(&self.clearing.indices) {
            let Some(price) = *index else { continue };
            fixings.push((utc.date(), price));
            if let Some(changes) = &mut self.clearing.changes {
                changes.fixings.push((id, utc.date(), price));
            }
            out.list.push(Event::Fixing { product: id, utc, price });
        }
        self.fix_secondary(utc.date());
    }

    fn settle(&mut self, utc: Utc, out: &mut Events) {
        self.end_day_orders(utc, out);
        let mut paid = Vec::new();
        let listings: Vec<_> = self.catalogue.active().cloned().collect();
        for listing in &listings {
            if listing.expiry.is_some_and(|expiry| expiry <= utc) {
                self.end_listing(listing, utc, &mut paid, out);
            } else if let Some(price) = self.daily_price(listing) {
                self.clearing.accounts.settle(listing.id, price, &mut paid);
                self.record(listing, SettlementKind::Daily, utc, price, out);
            }
        }
        let roll = self.catalogue.roll(utc);
        for &id in &roll.expired {
            if let Some(listing) = self.catalogue.get(id) {
                self.clearing.markets[id.index()].listing = listing.clone();
            }
        }
        self.open_markets(utc);
        out.list.extend(roll.expired.into_iter().map(Event::Expired));
        out.list.extend(roll.added.into_iter().map(Event::Listed));
        self.clearing.changed.append(&mut paid);
        self.close_command(utc, out);
    }

    fn end_day_orders(&mut self, utc: Utc, out: &mut Events) {
        for id in std::mem::take(&mut self.day_orders) {
            if let Some(slot) = self.nodes.slot(id) {
                self.withdraw(slot, CancelReason::EndOfDay, utc, out);
            }
        }
        self.cancel_all_held(utc, CancelReason::EndOfDay, out, |place| place.time_in_force == TimeInForce::Day);
    }

    /// Cancels what works on an expired listing and closes its positions.
    fn end_listing(&mut self, listing: &Listing, utc: Utc, paid: &mut Vec<AccountId>, out: &mut Events) {
        for account in (0..self.clearing.ledgers.len() as u32).map(AccountId) {
            self.cancel_matching(utc, account, CancelReason::Expired, out, |order| order.listing == listing.id);
        }
        self.cancel_all_held(utc, CancelReason::Expired, out, |place| place.listing == listing.id);
        if listing.kind != Kind::Future {
            return;
        }
        let price = self
            .final_price(listing)
            .or_else(|| self.index(listing.product))
            .or_else(|| self.clearing.mark(listing.id));
        if let Some(price) = price {
            self.clearing.accounts.deliver(listing.id, price, paid);
            self.record(listing, SettlementKind::Delivery, utc, price, out);
        }
    }

    /// The mean of the fixings of a future's month so far: its final settlement once the month is over.
    pub fn final_price(&self, listing: &Listing) -> Option<Price> {
        let month = listing.month.filter(|_| listing.kind == Kind::Future)?;
        mean(self.fixed_in(listing.product, month))
    }

    /// The mark rounded to tick; of a calendar the difference of its legs'.
    fn daily_price(&self, listing: &Listing) -> Option<Price> {
        if listing.legs.is_empty() {
            return self.clearing.mark(listing.id).map(|mark| mark.round_to(listing.tick));
        }
        listing.legs.iter().try_fold(Price(0), |sum, leg| {
            let near = self.catalogue.get(leg.listing)?;
            self.daily_price(near).map(|price| Price(sum.0 + price.0 * i64::from(leg.ratio)))
        })
    }

    fn record(&mut self, listing: &Listing, kind: SettlementKind, utc: Utc, price: Price, out: &mut Events) {
        let index = self.index(listing.product).unwrap_or(price);
        let settlement = Settlement { listing: listing.id, kind, utc, price, index };
        self.clearing.markets[listing.id.index()].settle(settlement);
        if let Some(changes) = &mut self.clearing.changes {
            changes.settlements.push(settlement);
        }
        out.list.push(Event::Settlement(settlement));
    }

    /// Fixings of a month so far.
    pub fn fixed_in(&self, product: ProductId, month: Month) -> impl Iterator<Item = Price> {
        let fixings = self.fixings(product);
        fixings.iter().filter(move |(date, _)| Month::of(*date) == month).map(|(_, price)| *price)
    }

    /// The future of a product that expires next.
    pub fn front(&self, product: ProductId) -> Option<&Listing> {
        let futures = self.catalogue.active().filter(|l| l.kind == Kind::Future && l.product == product);
        futures.map(|listing| &**listing).min_by_key(|listing| listing.expiry)
    }

    /// What a month's contract would settle at if every fixing to come were the index now; of the perpetual, the index.
    pub fn estimated_delivery(&self, id: ListingId) -> Option<Price> {
        let listing = self.catalogue.get(id)?;
        let index = self.index(listing.product)?;
        let Some(month) = listing.month.filter(|_| listing.kind == Kind::Future) else { return Some(index) };
        let total = self.catalogue.calendar().business_days(month).count();
        let fixed: Vec<Price> = self.fixed_in(listing.product, month).collect();
        let missing = total.saturating_sub(fixed.len());
        mean(fixed.into_iter().chain(std::iter::repeat_n(index, missing)))
    }
}
