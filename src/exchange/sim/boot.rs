//! The market's past, drawn before the first moment: months of fixings, settlements and prices ([`Past`]), then open interest, the last
//! settlement, and the trades since then. These are coarse, but done by the engine itself, so that last, change, volume, high, low, settlement and recent trades agree with each other.

use std::sync::Arc;
use std::time::Duration;

use super::crowd::{Crowd, Floor};
use super::data::{Config, MarketData};
use super::indices::{Secondaries, Terms};
use super::past::{self, Past};
use super::prices::{Direction, PriceProcess, Snapshot};
use super::quoted::{QuotedBook, Worth};
use super::valuation;
use crate::base::rng::Rng;
use crate::base::time::Utc;
use crate::domain::number::{Price, Qty, Side};
use crate::exchange::accounts::{AccountId, AccountKind};
use crate::exchange::catalogue::ProductId;
use crate::exchange::engine::{Command, Engine, Events, Place, Settlement, SettlementKind};
use crate::exchange::standing::Standing;

/// Before the last settlement, after its fixing: when the open interest is made.
const LEAD: Duration = Duration::from_secs(20 * 60);
/// Moments of the path from the last settlement to the start; half of them in the last hour.
const MOMENTS: u64 = 240;
const RECENT: Duration = Duration::from_secs(3_600);
/// Trades of the busiest book since the last settlement, and of the quietest.
const MOST_TRADES: f64 = 220.0;
const FEWEST_TRADES: f64 = 4.0;
const LARGEST_PRINT: i64 = 250;

/// A market as it stands at the start.
pub struct Booted {
    pub engine: Engine,
    pub prices: PriceProcess,
    pub crowd: Crowd,
    pub past: Past,
    pub secondaries: Secondaries,
}

struct Boot<'a> {
    engine: Engine,
    crowd: Crowd,
    data: &'a Arc<MarketData>,
    history: PriceProcess,
    secondaries: Secondaries,
    rng: Rng,
    funds: Vec<AccountId>,
    scratch: Events,
}

/// `standing` is what another process left, up to `config.start`.
pub fn boot(config: &Config, data: &Arc<MarketData>, secondary: &[Terms], standing: Option<&Standing>) -> Booted {
    let settled = config.calendar.last_settlement(config.start);
    let opening = settled - LEAD;
    let since = settled - past::SPAN;
    let mut engine = Engine::with_past(opening, since, config.data.clone(), config.calendar.clone());
    if let Some(standing) = standing {
        standing.reserve(&mut engine);
    }
    let crowd = Crowd::new(config.seed, &mut engine);
    let funds = ["fund-1", "fund-2", "fund-3", "fund-4"].map(|name| engine.open_account(name, AccountKind::House));
    let secondaries = Secondaries::new(config.seed, secondary, &mut engine);
    let mut boot = Boot {
        secondaries,
        engine,
        crowd,
        data,
        history: PriceProcess::new(data.clone(), config.seed, "history", config.start),
        rng: Rng::fork(config.seed, "boot"),
        funds: funds.to_vec(),
        scratch: Events::default(),
    };
    let left = standing.and_then(|standing| standing.factors.as_deref()).map(Snapshot::of_figures);
    if let Some(left) = &left {
        boot.history.restore(left);
    }
    let path = boot.walk_back(config, settled);
    let past = Past::walk(&boot.history, data, config, settled);
    boot.preload(&past);
    boot.make_open_interest(&path, opening);
    boot.settle(&path, settled);
    boot.trade_since(&path, config.start);
    boot.finish(config, past, left.as_ref(), standing)
}

impl Boot<'_> {
    /// The path since the last settlement, oldest first; the history process ends there.
    fn walk_back(&mut self, config: &Config, settled: Utc) -> Vec<(Utc, Snapshot)> {
        let span = config.start.since(settled);
        let recent = span.min(RECENT);
        let mut moments: Vec<Utc> = (0..MOMENTS)
            .map(|n| {
                let back = if n % 2 == 0 { span } else { recent };
                config.start - back.mul_f64(self.rng.unit())
            })
            .collect();
        moments.sort_unstable_by(|a, b| b.cmp(a));
        moments.push(settled);
        let mut path: Vec<(Utc, Snapshot)> = moments
            .into_iter()
            .map(|at| {
                self.history.walk(at, Direction::Back);
                (at, self.history.snapshot())
            })
            .collect();
        path.reverse();
        path
    }

    /// Gives the engine what it would have recorded had it been there.
    fn preload(&mut self, past: &Past) {
        for (at, prices) in past.fixings() {
            for (id, price) in (0_u8..).map(ProductId).zip(prices) {
                self.engine.preload_fixing(id, at.date(), *price);
            }
        }
        for settlement in past.settlements(&self.engine, self.data) {
            self.engine.preload_settlement(settlement);
        }
        let mut fixings = past.fixings().iter().map(|(at, _)| *at).peekable();
        past.each(|at, prices| {
            self.secondaries.advance(at, prices, self.data, &mut self.engine, |_, _| {});
            while let Some(fixing) = fixings.next_if(|fixing| *fixing <= at) {
                if fixing == at {
                    self.engine.fix_secondary(at.date());
                }
            }
        });
    }

    /// Takes the market to a moment of the path.
    fn revalue(&mut self, snapshot: &Snapshot) {
        self.history.restore(snapshot);
        valuation::value_books(&mut self.crowd, &self.history);
        valuation::set_indices(&self.history, self.data, &mut self.engine, |_, _| {});
        for book in &self.crowd.books {
            if book.is_open && !matches!(book.worth, Worth::Difference(..)) {
                self.engine.set_mark(book.listing, Price::from_f64_lossy(book.fair).round_to(book.tick));
            }
        }
    }

    fn make_open_interest(&mut self, path: &[(Utc, Snapshot)], opening: Utc) {
        let Some((_, first)) = path.first() else { return };
        valuation::follow_list(&mut self.crowd, &self.engine, &self.history, self.data, opening);
        self.revalue(first);
        let busiest = self.busiest();
        for at in 0..self.crowd.books.len() {
            let book = &self.crowd.books[at];
            if !book.is_open || matches!(book.worth, Worth::Difference(..)) {
                continue;
            }
            let market = &self.data.products[book.product].market;
            let share = (book.weight / (busiest * market.activity)).powf(0.6);
            let mut left = ((market.open_interest * share) as i64).max(20);
            while left > 0 {
                let lots = left.min(1 + self.rng.below(LARGEST_PRINT.unsigned_abs()) as i64);
                let ticks = self.crowd.books[at].wanted_ticks(Side::Bid);
                self.print(at, Side::Bid, ticks, lots, opening, 0);
                left -= lots;
            }
        }
    }

    /// Weight of the busiest book per unit of its product's activity.
    fn busiest(&self) -> f64 {
        let relative = |book: &QuotedBook| book.weight / self.data.products[book.product].market.activity;
        self.crowd.books.iter().map(relative).fold(f64::MIN_POSITIVE, f64::max)
    }

    /// A trade between two funds, the empty book between them.
    fn print(&mut self, at: usize, side: Side, ticks: i64, lots: i64, now: Utc, seller: usize) {
        let book = &self.crowd.books[at];
        let order = Place::limit(book.listing, side, Qty::lots(lots), book.price(ticks));
        let taken = Place { side: side.opposite(), ..order.clone() };
        let (first, second) = (self.funds[seller % self.funds.len()], self.funds[(seller + 1) % self.funds.len()]);
        for (account, order) in [(first, order), (second, taken)] {
            // Refused only outside the price band, where nobody would have traded.
            let _ = self.engine.apply(now, account, &Command::Place(order), &mut self.scratch);
        }
        for account in [first, second] {
            // Whatever did not trade goes, so that the books stay empty until they are filled.
            let _ = self.engine.apply(now, account, &Command::CancelListing(book.listing, None), &mut self.scratch);
        }
        self.scratch.clear();
    }

    fn settle(&mut self, path: &[(Utc, Snapshot)], settled: Utc) {
        self.engine.advance(settled, &mut self.scratch);
        self.scratch.clear();
        self.engine.begin_bars();
        valuation::follow_list(&mut self.crowd, &self.engine, &self.history, self.data, settled);
        if let Some((_, first)) = path.first() {
            self.revalue(first);
        }
        for listing in self.engine.catalogue().active().cloned().collect::<Vec<_>>() {
            if self.engine.settlements(listing.id).next_back().is_some_and(|last| last.utc == settled) {
                continue;
            }
            let price = Price::from_f64_lossy(self.crowd.books[listing.id.index()].fair).round_to(listing.tick);
            let index = self.engine.index(listing.product).unwrap_or(price);
            let kind = SettlementKind::Daily;
            self.engine.preload_settlement(Settlement { listing: listing.id, kind, utc: settled, price, index });
        }
    }

    fn trade_since(&mut self, path: &[(Utc, Snapshot)], start: Utc) {
        let busiest = self.busiest();
        let mut trades: Vec<(usize, usize)> = Vec::new();
        for (at, book) in self.crowd.books.iter().enumerate().filter(|(_, book)| book.is_open) {
            let count = (MOST_TRADES * book.weight / busiest).max(FEWEST_TRADES);
            for _ in 0..count as u64 {
                trades.push((self.rng.below(path.len() as u64) as usize, at));
            }
        }
        trades.sort_unstable();
        let mut trades = trades.into_iter().peekable();
        for (moment, (at, snapshot)) in path.iter().enumerate() {
            self.revalue(snapshot);
            self.secondaries.advance(*at, &self.history, self.data, &mut self.engine, |_, _| {});
            self.engine.advance(*at, &mut self.scratch);
            self.scratch.clear();
            let mut later = 0_u64;
            while let Some((_, book)) = trades.next_if(|(due, _)| *due == moment) {
                let side = if self.rng.chance(0.5) { Side::Bid } else { Side::Ask };
                let typical = self.crowd.books[book].lots_at_touch;
                let lots = 1 + (self.rng.pareto(1.3) * typical / 14.0).min(2.0 * typical) as i64;
                let seller = self.rng.below(4) as usize;
                let ticks = self.crowd.books[book].wanted_ticks(side);
                let now = (*at + Duration::from_millis(later)).min(start);
                self.print(book, side, ticks, lots, now, seller);
                later += 1;
            }
        }
    }

    /// The present: prices at their seeds or where they were left, books full.
    fn finish(mut self, config: &Config, past: Past, left: Option<&Snapshot>, standing: Option<&Standing>) -> Booted {
        let mut prices = PriceProcess::new(self.data.clone(), config.seed, "prices", config.start);
        if let Some(left) = left {
            prices.restore(left);
        }
        if let Some(standing) = standing {
            standing.restore_published(&mut self.engine, &mut self.scratch);
        }
        valuation::follow_list(&mut self.crowd, &self.engine, &prices, self.data, config.start);
        valuation::value_books(&mut self.crowd, &prices);
        valuation::set_indices(&prices, self.data, &mut self.engine, |_, _| {});
        valuation::mark_books(&mut self.crowd, &mut self.engine, |_, _| {});
        self.engine.advance(config.start, &mut self.scratch);
        if let Some(standing) = standing {
            self.engine.note_changes();
            standing.restore_owned(&mut self.engine, &mut self.scratch);
        }
        let mut floor = Floor {
            engine: &mut self.engine,
            prices: &mut prices,
            out: &mut self.scratch,
            now: config.start,
            rate: config.rate,
        };
        self.crowd.fill_books(&mut floor);
        valuation::mark_books(&mut self.crowd, &mut self.engine, |_, _| {});
        if let Some(standing) = standing {
            standing.restore_triggers(&mut self.engine, &mut self.scratch);
        }
        let Self { engine, crowd, secondaries, .. } = self;
        Booted { engine, prices, crowd, past, secondaries }
    }
}
