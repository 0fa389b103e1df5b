//! A long run of the exchange: one scenario after the other, clients that ask for anything at random moments, and at every look all that
//! must hold. The bench runs days of it, a test some hours.

use std::sync::Arc;
use std::time::Duration;

use tenor::base::rng::Rng;
use tenor::base::time::Utc;
use tenor::domain::calendar::Calendar;
use tenor::domain::number::{Price, Qty, Side};
use tenor::domain::order::{PostOnly, Reduce, TimeInForce};
use tenor::exchange::accounts::AccountId;
use tenor::exchange::catalogue::{CatalogueData, Leg, Listing, ListingId};
use tenor::exchange::engine::terms::{FillCondition, Link, LinkKind, Reference, Terms, Trigger, TriggerKind};
use tenor::exchange::engine::{Applied, Command, ConnectionId, Edit, Event, OrderId, Place};
use tenor::exchange::sim::{Config, Exchange, Progress, Released, Scenario};

use super::invariants;

/// Friday, 27 November 2026, 20:30 UTC: half an hour before a settlement, and November ends inside of three days.
const START: Utc = Utc::from_millis(1_795_811_400_000);
const CLIENTS: usize = 6;
/// Orders that a client remembers, the newest.
const REMEMBERED: usize = 40;

pub struct Plan {
    pub span: Duration,
    /// Messages a second of the market.
    pub rate: f64,
    /// Between two client commands, on average.
    pub pause: Duration,
    /// Between two looks at everything.
    pub look: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Book changes and trades.
    pub messages: u64,
    pub commands: u64,
    pub accepted: u64,
    pub fills: u64,
    pub settlements: u64,
    pub scenarios: u64,
    pub looks: u64,
}

struct Client {
    account: AccountId,
    orders: Vec<OrderId>,
}

struct Run {
    exchange: Exchange,
    clients: Vec<Client>,
    rng: Rng,
    out: Released,
    tally: Tally,
}

/// Runs a plan. `hourly` sees the tally after every hour.
///
/// # Errors
/// What did not hold, and when.
pub fn soak(plan: &Plan, seed: u64, mut hourly: impl FnMut(u64, &Tally)) -> Result<Tally, String> {
    let data = Arc::new(CatalogueData::embedded().map_err(|error| error.to_string())?);
    let calendar = Arc::new(Calendar::us().map_err(|error| error.to_string())?);
    let config = Config { seed, start: START, rate: plan.rate, data: data.clone(), calendar };
    let exchange = Exchange::new(&config).map_err(|error| error.to_string())?;
    let rng = Rng::fork(seed, "soak");
    let mut run = Run { exchange, clients: Vec::new(), rng, out: Released::default(), tally: Tally::default() };
    for client in 0..CLIENTS {
        let account = run.exchange.open_account(START, &format!("client {client}"), &mut run.out);
        run.clients.push(Client { account, orders: Vec::new() });
    }
    let scenarios: Vec<Scenario> = Scenario::names()
        .map(|name| Scenario::named(name, &data))
        .collect::<Result<_, _>>()
        .map_err(|e| e.to_string())?;
    let end = START + plan.span;
    let each = plan.span / scenarios.len() as u32;
    let mut looks = START;
    let mut hours = 0;
    while run.exchange.now() < end {
        let at = run.exchange.now();
        if at >= START + each * run.tally.scenarios as u32 {
            scenarios[run.tally.scenarios as usize % scenarios.len()].begin(&mut run.exchange, at, &mut run.out);
            // The pace is this run's to say.
            run.exchange.set_rate(at, plan.rate, &mut run.out);
            run.tally.scenarios += 1;
        }
        if at >= looks {
            looks = at + plan.look;
            run.tally.looks += 1;
            invariants::check(run.exchange.engine()).map_err(|what| format!("at {at}, seed {seed}: {what}"))?;
        }
        run.act();
        let pause = plan.pause.mul_f64(run.rng.exponential(1.0));
        run.advance(pause);
        let passed = run.exchange.now().since(START).as_secs() / 3_600;
        if passed > hours {
            hours = passed;
            hourly(hours, &run.tally);
        }
    }
    Ok(run.tally)
}

impl Run {
    fn advance(&mut self, span: Duration) {
        let until = self.exchange.now() + span;
        loop {
            let progress = self.exchange.advance(until, &mut self.out);
            self.count();
            if progress == Progress::Done {
                return;
            }
        }
    }

    fn count(&mut self) {
        for event in &self.out.engine.list {
            match event {
                Event::Book { .. } | Event::Trade(_) => self.tally.messages += 1,
                Event::Fill(fill) if self.clients.iter().any(|client| client.account == fill.account) => {
                    self.tally.fills += 1;
                }
                Event::Settlement(_) => self.tally.settlements += 1,
                _ => {}
            }
        }
        self.out.clear();
    }

    fn act(&mut self) {
        let which = self.rng.below(CLIENTS as u64) as usize;
        let command = self.command(which);
        let client = &mut self.clients[which];
        self.tally.commands += 1;
        let done = self.exchange.submit(self.exchange.now(), client.account, &command, &mut self.out);
        if done.is_ok() {
            self.tally.accepted += 1;
        }
        if let Ok(Applied::Order(id)) = done {
            client.orders.push(id);
            if client.orders.len() > REMEMBERED {
                client.orders.remove(0);
            }
        }
        self.count();
    }

    fn command(&mut self, which: usize) -> Command {
        let known = self.clients[which].orders.len() as u64;
        let some = self.clients[which].orders.get(self.rng.below(known + 1) as usize).copied().unwrap_or_default();
        let post_only = [PostOnly::Off, PostOnly::Reprice, PostOnly::Reject][self.rng.below(3) as usize];
        match self.rng.below(24) {
            0..=2 => Command::Cancel(some),
            3..=5 => {
                let qty = Qty::lots(1 + self.rng.below(6) as i64);
                let listing = self.listing();
                let price = self.rng.chance(0.5).then(|| self.price(&listing, Side::Bid));
                Command::Edit(Edit { order: some, qty, price, post_only })
            }
            6 => Command::CancelAll,
            7 => Command::CancelConnection(ConnectionId(self.rng.below(4))),
            8 => Command::CancelListing(self.listing().id, None),
            9 => {
                let legs = [1, -2, 1].map(|ratio| Leg { listing: self.listing().id, ratio });
                Command::CreateCombo(legs[..2 + self.rng.below(2) as usize].to_vec())
            }
            _ => Command::Place(self.order(post_only)),
        }
    }

    fn order(&mut self, post_only: PostOnly) -> Place {
        let listing = self.listing();
        let side = if self.rng.chance(0.5) { Side::Bid } else { Side::Ask };
        // Now and then more than an account can carry, or a price that is none.
        let lots = (self.rng.pareto(1.1) as i64).clamp(1, 400);
        let price = self.price(&listing, side);
        let plain = Place::limit(listing.id, side, Qty::lots(lots), price);
        let (ioc, fok, day) = (TimeInForce::ImmediateOrCancel, TimeInForce::FillOrKill, TimeInForce::Day);
        let reduce = if self.rng.chance(0.1) { Reduce::Only } else { Reduce::Any };
        let connection = self.rng.chance(0.2).then(|| ConnectionId(self.rng.below(4)));
        let order = match self.rng.below(12) {
            8.. => self.special(&listing, plain),
            0 => Place::market(listing.id, side, Qty::lots(lots)),
            1 => Place { time_in_force: ioc, ..plain },
            2 => Place { time_in_force: fok, ..plain },
            3 => Place { time_in_force: day, post_only, ..plain },
            _ => Place { post_only, ..plain },
        };
        Place { reduce, connection, ..order }
    }

    /// An order that waits for a price, shows a part of itself, or hangs together with another.
    fn special(&mut self, listing: &Listing, plain: Place) -> Place {
        let kind = [TriggerKind::Stop, TriggerKind::Take, TriggerKind::Trailing][self.rng.below(3) as usize];
        let reference = [Reference::Last, Reference::Mark, Reference::Index][self.rng.below(3) as usize];
        let away = listing.tick.0 * (1 + self.rng.below(12) as i64);
        let level = match kind {
            TriggerKind::Trailing => Price(away),
            TriggerKind::Stop => Price(plain.price.unwrap_or_default().0 + plain.side.sign() * away),
            TriggerKind::Take => Price(plain.price.unwrap_or_default().0 - plain.side.sign() * away),
        };
        let trigger = Some(Trigger { kind, reference, level });
        let waits = Terms { trigger, ..Terms::default() };
        let condition = [FillCondition::FirstHit, FillCondition::CompleteFill, FillCondition::Incremental];
        let condition = condition[self.rng.below(3) as usize];
        let other = Place { side: plain.side.opposite(), terms: waits.clone().boxed(), ..plain.clone() };
        let link = |kind, others| Terms { link: Some(Link { kind, condition, others }), ..Terms::default() };
        let terms = match self.rng.below(5) {
            0 => Terms { show: Some(Qty::lots(1 + self.rng.below(3) as i64)), ..Terms::default() },
            1 => link(LinkKind::Cancels, vec![other]),
            2 => link(LinkKind::Triggers, vec![other]),
            3 => link(LinkKind::TriggersCancels, vec![other.clone(), Place { terms: None, ..other }]),
            _ => waits,
        };
        Place { terms: terms.boxed(), ..plain }
    }

    /// Mostly one that trades, sometimes one that has ended.
    fn listing(&mut self) -> Arc<Listing> {
        let catalogue = self.exchange.engine().catalogue();
        let all = catalogue.all();
        let active: Vec<&Arc<Listing>> = catalogue.active().collect();
        let id = self.rng.below(all.len() as u64) as u32;
        let chosen = self.rng.below(active.len().max(1) as u64) as usize;
        let ended = catalogue.get(ListingId(id)).filter(|_| self.rng.chance(0.02));
        ended.or(active.get(chosen).copied()).unwrap_or(&all[0]).clone()
    }

    fn price(&mut self, listing: &Listing, side: Side) -> Price {
        let engine = self.exchange.engine();
        let best = engine.best(listing.id, side).map(|level| level.price);
        let from = best.or(engine.stats(listing.id).mark).unwrap_or_default().round_to(listing.tick);
        let away = self.rng.below(14) as i64 - 3;
        Price(from.0 - side.sign() * away * listing.tick.0)
    }
}
