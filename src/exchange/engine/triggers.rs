//! Triggers in the order in which prices reach them. References are looked at when a command is done and when the market's clock moves
//! them, not while a sweep is under way; of the orders that are reached then, the one whose price came first goes first, among equals
//! the older; those that wait for higher prices before those that wait for lower ones. Nothing triggers while its listing does not
//! trade.

use std::collections::{BTreeMap, BTreeSet};

use super::command::OrderId;
use super::event::Events;
use super::phase::Phase;
use super::terms::{Reference, Way};
use super::{Engine, ListingId};
use crate::base::time::Utc;
use crate::domain::number::Price;

/// Orders that one command may trigger; whatever else it reached is triggered by the next.
const MAX_CASCADE: u32 = 1_000;

/// What is watched, and which way it has to go.
pub type Watch = (ListingId, Reference, Way);

#[derive(Clone, Debug, Default)]
pub struct Triggers {
    /// Sorted by [`Way::rank`], then by age.
    waiting: BTreeMap<Watch, BTreeSet<(i64, OrderId)>>,
    trailing: BTreeMap<Watch, Trail>,
}

#[derive(Clone, Debug, Default)]
struct Trail {
    /// The reference when it was looked at last.
    seen: Option<Price>,
    orders: BTreeSet<OrderId>,
}

impl Triggers {
    pub fn add(&mut self, watch: Watch, price: Price, id: OrderId) {
        self.waiting.entry(watch).or_default().insert((watch.2.rank(price), id));
    }

    /// The order's trigger follows the reference from now on.
    pub fn trail(&mut self, watch: Watch, id: OrderId) {
        self.trailing.entry(watch).or_default().orders.insert(id);
    }

    pub fn remove(&mut self, watch: Watch, price: Price, id: OrderId) {
        if let Some(waiting) = self.waiting.get_mut(&watch) {
            waiting.remove(&(watch.2.rank(price), id));
            if waiting.is_empty() {
                self.waiting.remove(&watch);
            }
        }
        if let Some(trail) = self.trailing.get_mut(&watch) {
            trail.orders.remove(&id);
            if trail.orders.is_empty() {
                self.trailing.remove(&watch);
            }
        }
    }

    pub fn move_to(&mut self, watch: Watch, (old, new): (Price, Price), id: OrderId) {
        let waiting = self.waiting.entry(watch).or_default();
        waiting.remove(&(watch.2.rank(old), id));
        waiting.insert((watch.2.rank(new), id));
    }

    /// Trailing orders whose reference has changed since the last look, with what it is now.
    pub fn moved(&mut self, reference: impl Fn(Watch) -> Option<Price>) -> Vec<(Watch, OrderId, Price)> {
        let mut moved = Vec::new();
        for (&watch, trail) in &mut self.trailing {
            let Some(now) = reference(watch) else { continue };
            if trail.seen != Some(now) {
                trail.seen = Some(now);
                moved.extend(trail.orders.iter().map(|&id| (watch, id, now)));
            }
        }
        moved
    }

    /// The next order whose price is reached.
    pub fn reached(&self, reference: impl Fn(Watch) -> Option<Price>) -> Option<OrderId> {
        self.waiting.iter().find_map(|(&watch, waiting)| {
            let &(rank, id) = waiting.first()?;
            (rank <= watch.2.rank(reference(watch)?)).then_some(id)
        })
    }
}

impl Engine {
    /// Marks or indices have moved: places the orders that they trigger.
    pub fn fire(&mut self, now: Utc, out: &mut Events) {
        if !self.held.is_empty() {
            self.close_command(now, out);
        }
    }

    /// Does what the command at hand has caused: links are followed, then what is ready is placed, then what is triggered, each with all
    /// of its own consequences, until nothing is left or the bound is reached.
    pub(super) fn follow_up(&mut self, now: Utc, out: &mut Events) {
        let mut fired = 0;
        loop {
            self.leave_reduced(now, out);
            if !self.clearing.news.is_empty() {
                self.follow_links(now, out);
            } else if let Some(id) = self.next_ready() {
                self.place_held(now, id, out);
            } else if fired < MAX_CASCADE
                && let Some(id) = self.next_triggered()
            {
                fired += 1;
                self.place_held(now, id, out);
            } else {
                break;
            }
        }
    }

    /// The next order that is to be placed at once; where nothing may come in, it waits until something may.
    fn next_ready(&mut self) -> Option<OrderId> {
        if self.held.ready.is_empty() {
            return None;
        }
        let may_come = |id: &OrderId| self.held.get(*id).is_none_or(|held| self.admit(&held.place).is_ok());
        let at = self.held.ready.iter().position(may_come)?;
        self.held.ready.remove(at)
    }

    fn next_triggered(&mut self) -> Option<OrderId> {
        if self.held.is_empty() {
            return None;
        }
        let mut held = std::mem::take(&mut self.held);
        let reference = |(listing, reference, _): Watch| {
            let trades = self.phase(listing) == Phase::Open;
            self.catalogue.get(listing).filter(|_| trades).and_then(|listing| self.reference(listing, reference))
        };
        held.follow(reference);
        let reached = held.triggers.reached(reference);
        self.held = held;
        reached
    }
}
