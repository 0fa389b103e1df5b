//! When a listing trades. Every listing is in one [`Phase`]; without hours and rules, which a scenario brings, all of them are open around
//! the clock.
//!
//! ```text
//!            hours                     hours, or an auction's end                 hours
//!  Closed ─────────────► PreOpen ─────────────────────────────────► Open ─────────────────► Closed
//!                          ▲                                          │ a trade out of the velocity band, or by hand
//!                          └────────── pause over, or by hand ── Halted ◄┘
//! ```
//!
//! - Before the open, limit orders that can rest are taken and nothing trades, so the book may be crossed; the way into [`Phase::Open`] is
//!   always an auction ([`super::auction`]).
//! - Velocity: no trade is printed further than the band from the price that was the last one `window` ago. An order that would go on
//!   beyond it rests or ends, and halts its listing. Outrights only: a fraction of a spread's price means nothing.
//! - A spread trades while all its legs do. While one does not, it counts as halted.
//! - Cancelling is always possible.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::command::{Place, Refused};
use super::event::{Event, Events};
use super::phase::{Hours, Phase, Scope, SessionOrder, Velocity};
use super::{Engine, ListingId, ProductId};
use crate::base::time::Utc;
use crate::domain::number::{Money, Price, Side};
use crate::domain::order::{OrderType, TimeInForce};
use crate::exchange::catalogue::Listing;

/// How long a call lasts where no rule says so.
const AUCTION: Duration = Duration::from_secs(10);
/// Trades kept for the velocity rule, per listing.
const TRAIL: usize = 4_096;

#[derive(Clone, Debug, Default)]
struct Stage {
    phase: Phase,
    until: Option<Utc>,
    /// Trades of the own book, oldest first, while a velocity rule is in force.
    trail: VecDeque<(Utc, Price)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Rules {
    hours: Option<Hours>,
    velocity: Option<Velocity>,
    is_locked: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Sessions {
    /// By listing.
    stages: Vec<Stage>,
    /// By product.
    rules: Vec<Rules>,
    due: BTreeSet<(Utc, ListingId)>,
}

impl Sessions {
    pub fn new(products: usize) -> Self {
        Self { rules: vec![Rules::default(); products], ..Self::default() }
    }

    fn rules(&self, product: ProductId) -> Rules {
        self.rules.get(product.index()).copied().unwrap_or_default()
    }

    fn own(&self, listing: ListingId) -> Phase {
        self.stages.get(listing.index()).map_or(Phase::Open, |stage| stage.phase)
    }

    /// The price that velocity is measured from.
    fn reference(&self, listing: ListingId, now: Utc, window: Duration) -> Option<Price> {
        let trail = &self.stages.get(listing.index())?.trail;
        let old = trail.partition_point(|(at, _)| *at <= now - window);
        trail.get(old.saturating_sub(1)).map(|(_, price)| *price)
    }
}

impl Engine {
    /// The phase that decides what may be done; of a spread also its legs'.
    pub fn phase(&self, id: ListingId) -> Phase {
        let Some(listing) = self.catalogue.get(id).filter(|listing| listing.is_active) else { return Phase::Closed };
        match self.sessions.own(id) {
            Phase::Open if listing.legs.iter().any(|leg| self.sessions.own(leg.listing) != Phase::Open) => {
                Phase::Halted
            }
            own => own,
        }
    }

    /// When a phase of its own accord ends; `None` while nothing is due.
    pub fn phase_ends(&self, id: ListingId) -> Option<Utc> {
        self.sessions.stages.get(id.index()).and_then(|stage| stage.until)
    }

    /// Whether the venue has locked a whole product.
    pub fn is_locked(&self, product: ProductId) -> bool {
        self.sessions.rules(product).is_locked
    }

    /// When [`Engine::turn_sessions`] has something to do next.
    pub fn next_session_change(&self) -> Option<Utc> {
        self.sessions.due.first().map(|(at, _)| *at)
    }

    /// Does what the hours and the ends of pauses ask for up to `now`, each thing at its own time.
    pub fn turn_sessions(&mut self, now: Utc, out: &mut Events) {
        while let Some(&(at, listing)) = self.sessions.due.first().filter(|(at, _)| *at <= now) {
            self.turn(at, listing, out);
            self.close_command(at, out);
        }
    }

    /// Carries out an order of the venue's own people.
    pub fn direct(&mut self, now: Utc, order: SessionOrder, out: &mut Events) {
        match order {
            SessionOrder::Hours(product, hours) => {
                self.rule(product, |rules| rules.hours = hours);
                for listing in self.listings_of(product) {
                    if self.sessions.own(listing) != Phase::Halted {
                        let (phase, until) = self.scheduled(product, now);
                        self.enter(now, listing, phase, until, out);
                    }
                }
            }
            SessionOrder::Velocity(product, velocity) => {
                self.rule(product, |rules| rules.velocity = velocity);
                for listing in self.listings_of(product) {
                    let last = self.clearing.markets[listing.index()].stats.last;
                    let trail = &mut self.sessions.stages[listing.index()].trail;
                    trail.clear();
                    trail.extend(last.filter(|_| velocity.is_some()).map(|price| (now, price)));
                }
            }
            SessionOrder::Halt(scope, span) => {
                if let Scope::Product(product) = scope {
                    self.lock(product, true, out);
                }
                for listing in self.listings_in(scope) {
                    self.enter(now, listing, Phase::Halted, span.map(|span| now + span), out);
                }
            }
            SessionOrder::Resume(scope) => {
                if let Scope::Product(product) = scope {
                    self.lock(product, false, out);
                }
                for listing in self.listings_in(scope) {
                    if self.sessions.own(listing) == Phase::Halted {
                        self.turn(now, listing, out);
                    }
                }
            }
        }
        self.close_command(now, out);
    }

    /// Whether an order may come in as it is.
    pub(super) fn admit(&self, place: &Place) -> Result<(), Refused> {
        let rests = matches!(place.time_in_force, TimeInForce::GoodTilCancelled | TimeInForce::Day);
        match self.phase(place.listing) {
            Phase::Open => Ok(()),
            Phase::PreOpen if rests && place.kind == OrderType::Limit => Ok(()),
            Phase::PreOpen => Err(Refused::BeforeAuction),
            closed => refusal(closed),
        }
    }

    /// Whether a working order may be changed.
    pub(super) fn admit_edit(&self, listing: ListingId) -> Result<(), Refused> {
        match self.phase(listing) {
            Phase::Open | Phase::PreOpen => Ok(()),
            closed => refusal(closed),
        }
    }

    /// Lowest and highest price that may print now under the velocity rule.
    pub(super) fn velocity_band(&self, listing: &Listing, now: Utc) -> Option<(Price, Price)> {
        let rule = self.sessions.rules(listing.product).velocity.filter(|_| listing.legs.is_empty())?;
        let reference = self.sessions.reference(listing.id, now, rule.window)?;
        let width = rule.band.of(Money(i128::from(reference.0.abs())));
        let width = Price(i64::try_from(width.0).ok()?);
        Some(((reference - width).ceil_to(listing.tick), (reference + width).floor_to(listing.tick)))
    }

    /// A trade was printed in this book.
    pub(super) fn follow(&mut self, listing: ListingId, now: Utc) {
        let market = &self.clearing.markets[listing.index()];
        let (product, last) = (market.listing.product, market.stats.last);
        let Some(rule) = self.sessions.rules(product).velocity else { return };
        let Some(stage) = self.sessions.stages.get_mut(listing.index()) else { return };
        stage.trail.extend(last.map(|price| (now, price)));
        let old = stage.trail.partition_point(|(at, _)| *at <= now - rule.window);
        let surplus = stage.trail.len().saturating_sub(TRAIL);
        stage.trail.drain(..old.saturating_sub(1).max(surplus));
    }

    /// Stops a listing whose next trade would be too far away.
    pub(super) fn halt_for_velocity(&mut self, now: Utc, listing: &Listing, out: &mut Events) {
        let pause = self.sessions.rules(listing.product).velocity.map(|rule| rule.pause);
        self.enter(now, listing.id, Phase::Halted, pause.map(|pause| now + pause), out);
    }

    /// Stages for listings that have none: a new month begins as the hours have it.
    pub(super) fn open_stages(&mut self, now: Utc) {
        for at in self.sessions.stages.len()..self.catalogue.all().len() {
            let listing = &self.catalogue.all()[at];
            let (id, product) = (listing.id, listing.product);
            let (phase, until) = match self.is_locked(product) {
                true => (Phase::Halted, None),
                false => self.scheduled(product, now),
            };
            self.sessions.stages.push(Stage { phase, until, trail: VecDeque::new() });
            self.sessions.due.extend(until.map(|at| (at, id)));
        }
    }

    /// The end of a phase.
    fn turn(&mut self, now: Utc, listing: ListingId, out: &mut Events) {
        let Some(product) = self.catalogue.get(listing).map(|listing| listing.product) else { return };
        let scheduled = self.scheduled(product, now);
        let (phase, until) = match (self.sessions.own(listing), scheduled) {
            (Phase::Halted, (Phase::Open, _)) => {
                let auction = self.sessions.rules(product).velocity.map_or(AUCTION, |rule| rule.auction);
                (Phase::PreOpen, Some(now + auction))
            }
            _ => scheduled,
        };
        self.enter(now, listing, phase, until, out);
    }

    /// What the hours say.
    fn scheduled(&self, product: ProductId, now: Utc) -> (Phase, Option<Utc>) {
        match self.sessions.rules(product).hours {
            None => (Phase::Open, None),
            Some(hours) => {
                let (phase, until) = hours.at(self.catalogue.calendar(), now);
                (phase, Some(until))
            }
        }
    }

    fn enter(&mut self, now: Utc, id: ListingId, phase: Phase, until: Option<Utc>, out: &mut Events) {
        let Some(listing) = self.catalogue.get(id).cloned() else { return };
        let Some(stage) = self.sessions.stages.get_mut(id.index()) else { return };
        if let Some(until) = stage.until.take() {
            self.sessions.due.remove(&(until, id));
        }
        if !listing.is_active {
            return;
        }
        stage.until = until;
        self.sessions.due.extend(until.map(|until| (until, id)));
        let spreads: Vec<(ListingId, Phase)> = self
            .catalogue
            .active()
            .filter(|other| other.legs.iter().any(|leg| leg.listing == id))
            .map(|spread| (spread.id, self.phase(spread.id)))
            .collect();
        let before = self.phase(id);
        if phase == Phase::Open && before != Phase::Open {
            self.uncross(now, &listing, out);
        }
        let stage = &mut self.sessions.stages[id.index()];
        self.phases_changed |= stage.phase != phase;
        stage.phase = phase;
        if phase != Phase::Open {
            stage.trail.clear();
        }
        if phase != before {
            out.list.push(Event::State { listing: id, phase });
        }
        for (spread, before) in spreads {
            let phase = self.phase(spread);
            if phase != before {
                out.list.push(Event::State { listing: spread, phase });
            }
        }
    }

    fn rule(&mut self, product: ProductId, change: impl FnOnce(&mut Rules)) {
        if let Some(rules) = self.sessions.rules.get_mut(product.index()) {
            change(rules);
        }
    }

    fn lock(&mut self, product: ProductId, is_locked: bool, out: &mut Events) {
        if self.is_locked(product) != is_locked {
            self.rule(product, |rules| rules.is_locked = is_locked);
            out.list.push(Event::Locked { product, is_locked });
        }
    }

    fn listings_of(&self, product: ProductId) -> Vec<ListingId> {
        self.catalogue.active().filter(|listing| listing.product == product).map(|listing| listing.id).collect()
    }

    fn listings_in(&self, scope: Scope) -> Vec<ListingId> {
        match scope {
            Scope::Listing(listing) => vec![listing],
            Scope::Product(product) => self.listings_of(product),
        }
    }
}

/// How far an order may trade at once: to its limit, or to the end of the velocity band.
pub(super) fn reach(side: Side, limit: Price, band: Option<(Price, Price)>) -> Price {
    match (side, band) {
        (Side::Bid, Some((_, high))) => limit.min(high),
        (Side::Ask, Some((low, _))) => limit.max(low),
        (_, None) => limit,
    }
}

const fn refusal(phase: Phase) -> Result<(), Refused> {
    Err(match phase {
        Phase::Halted => Refused::Halted,
        _ => Refused::SessionClosed,
    })
}
