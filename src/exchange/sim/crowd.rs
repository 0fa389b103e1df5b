//! Everybody who is not a client: makers that keep every book quoted level by level, takers that come in bursts and slice large orders,
//! an arbitrageur between calendars and their legs. One call of [`Crowd::act`] is one action of one of them.

use std::collections::VecDeque;

use super::prices::PriceProcess;
use super::quoted::{Quote, QuotedBook, Worth};
use crate::base::rng::Rng;
use crate::base::time::Utc;
use crate::domain::number::{Price, Qty, Side};
use crate::domain::order::{PostOnly, TimeInForce};
use crate::exchange::accounts::{AccountId, AccountKind};
use crate::exchange::catalogue::{ListingId, ProductId};
use crate::exchange::engine::{Applied, Command, Edit, Engine, Event, Events, Phase, Place};

/// Of all actions, trades while nothing excites the takers.
const TAKER_SHARE: f64 = 0.001_3;
/// What one trade adds to the takers' excitement, and how many actions it lasts: half as many trades again follow by themselves.
const EXCITEMENT: f64 = 0.13;
const EXCITEMENT_ACTIONS: f64 = 3_000.0;
const ARBITRAGE_SHARE: f64 = 0.02;
/// Of the makers' actions, those that mend a book whose best is not where they want it, while there is one.
const MENDING_SHARE: f64 = 0.65;
const MAX_QUOTES_AT_PRICE: usize = 6;
/// Levels at the touch where several makers queue; behind them mostly one stands alone.
const CROWDED_RANKS: i64 = 3;
/// How readily a maker who stands alone on a level leaves it, and how readily another steps into the hole.
const LEAVES: f64 = 0.25;
const STEPS_IN: f64 = 0.85;
/// A large order is sliced; this many at a time are being worked.
const MAX_PARENTS: usize = 6;
/// Pressure that a trade of one contract leaves on the log price at the default rate.
const IMPACT: f64 = 0.000_035;
const DEFAULT_RATE: f64 = 1_500.0;

/// Access to the engine for the length of one action.
pub struct Floor<'a> {
    pub engine: &'a mut Engine,
    pub prices: &'a mut PriceProcess,
    pub out: &'a mut Events,
    pub now: Utc,
    /// Target rate: the busier the market, the less a single trade means.
    pub rate: f64,
}

/// A large order being worked in slices.
#[derive(Clone, Copy, Debug)]
struct Parent {
    book: usize,
    side: Side,
    slices: u32,
}

#[derive(Debug)]
pub struct Crowd {
    /// By listing.
    pub books: Vec<QuotedBook>,
    makers: Vec<AccountId>,
    takers: Vec<AccountId>,
    arbitrageur: AccountId,
    rng: Rng,
    /// Running sums of the books' weights.
    quoting: Vec<f64>,
    taking: Vec<f64>,
    calendars: Vec<usize>,
    /// Books whose best is not where it is wanted, oldest first.
    stale: VecDeque<usize>,
    excitement: f64,
    parents: Vec<Parent>,
    /// Makers that quote, by product; all of them where nothing is said.
    present: Vec<usize>,
}

impl Crowd {
    pub fn new(seed: u64, engine: &mut Engine) -> Self {
        let mut open = |name: &str| engine.open_account(name, AccountKind::House);
        Self {
            books: Vec::new(),
            makers: ["maker-1", "maker-2", "maker-3", "maker-4"].map(&mut open).to_vec(),
            takers: ["taker-1", "taker-2", "taker-3"].map(&mut open).to_vec(),
            arbitrageur: open("arbitrageur"),
            rng: Rng::fork(seed, "crowd"),
            quoting: Vec::new(),
            taking: Vec::new(),
            calendars: Vec::new(),
            stale: VecDeque::new(),
            excitement: 0.0,
            parents: Vec::new(),
            present: Vec::new(),
        }
    }

    /// To be called after books were added, closed or re-weighted.
    pub fn reweigh(&mut self) {
        let running = |weigh: fn(f64) -> f64| {
            let mut sum = 0.0;
            self.books
                .iter()
                .map(|book| {
                    sum += weigh(book.weight);
                    sum
                })
                .collect()
        };
        self.quoting = running(|weight| weight);
        self.taking = running(|weight| weight.powf(1.25));
        self.calendars = (0..self.books.len()).filter(|&i| self.is_open_calendar(i)).collect();
        self.parents.retain(|parent| self.books[parent.book].is_open);
    }

    fn is_open_calendar(&self, at: usize) -> bool {
        let book = &self.books[at];
        book.is_open && matches!(book.worth, Worth::Difference(..))
    }

    /// Asks for a look at a book's best soon.
    pub fn note_stale(&mut self, at: usize) {
        let book = &mut self.books[at];
        if book.is_quoted() && !book.is_queued && book.is_stale() {
            book.is_queued = true;
            self.stale.push_back(at);
        }
    }

    /// One action of one participant.
    pub fn act(&mut self, floor: &mut Floor<'_>) {
        self.excitement *= 1.0 - 1.0 / EXCITEMENT_ACTIONS;
        let draw = self.rng.unit();
        let taking = TAKER_SHARE * (1.0 + self.excitement);
        if draw < taking {
            self.take(floor);
        } else if draw < taking + ARBITRAGE_SHARE {
            self.arbitrage(floor);
        } else {
            self.quote(floor);
        }
    }

    /// Books what the engine reports: fills of the makers' orders. Returns how many messages it makes on the wire: book changes and trades.
    pub fn observe(&mut self, events: &[Event]) -> u32 {
        let mut messages = 0;
        for event in events {
            match event {
                Event::Book { .. } | Event::Trade(_) => messages += 1,
                Event::Fill(fill) if self.makers.contains(&fill.account) => {
                    let at = fill.trade.listing.index();
                    if let Some(book) = self.books.get_mut(at)
                        && book.fill(fill.side, fill.order, fill.trade.qty.whole_lots())
                    {
                        self.note_stale(at);
                    }
                }
                Event::State { listing, phase } => {
                    let at = listing.index();
                    if let Some(book) = self.books.get_mut(at) {
                        book.phase = *phase;
                        self.note_stale(at);
                    }
                }
                Event::Expired(listing) => {
                    if let Some(book) = self.books.get_mut(listing.index()) {
                        book.close();
                    }
                }
                _ => {}
            }
        }
        messages
    }

    fn pick(&mut self, from: Which) -> Option<usize> {
        let sums = match from {
            Which::Quoting => &self.quoting,
            Which::Taking => &self.taking,
        };
        let total = *sums.last()?;
        let draw = self.rng.unit() * total;
        let at = sums.partition_point(|sum| *sum <= draw);
        (at < self.books.len() && self.books[at].is_quoted()).then_some(at)
    }

    fn pick_side(&mut self) -> Side {
        if self.rng.chance(0.5) { Side::Bid } else { Side::Ask }
    }

    // Makers.

    fn quote(&mut self, floor: &mut Floor<'_>) {
        if !self.stale.is_empty() && self.rng.chance(MENDING_SHARE) {
            let Some(at) = self.stale.pop_front() else { return };
            self.books[at].is_queued = false;
            if self.books[at].is_quoted() {
                self.mend(at, floor);
                self.note_stale(at);
            }
            return;
        }
        let Some(at) = self.pick(Which::Quoting) else { return };
        let side = self.pick_side();
        self.churn(at, side, floor);
    }

    /// One step of the best prices towards where they are wanted: quotes that are in the way move first.
    fn mend(&mut self, at: usize, floor: &mut Floor<'_>) {
        let first = self.pick_side();
        for side in [first, first.opposite()] {
            let book = &self.books[at];
            if book.quotes(side).first().is_some_and(|q| book.rank_of(side, q) < 0) {
                return self.step_back(at, side, floor);
            }
        }
        for side in [first, first.opposite()] {
            let book = &self.books[at];
            if book.best_ticks(side) != Some(book.wanted_ticks(side)) {
                return self.add(at, side, 0, floor);
            }
        }
    }

    /// The best quote lies inside the wanted spread: it is cancelled or moved behind the wanted best.
    fn step_back(&mut self, at: usize, side: Side, floor: &mut Floor<'_>) {
        if self.rng.chance(0.5) {
            return self.cancel(at, side, 0, floor);
        }
        let rank = self.rng.below(3) as i64;
        let book = &mut self.books[at];
        let ticks = book.ticks_at(side, rank);
        let quote = book.remove(side, 0);
        let edit = Edit {
            order: quote.order,
            qty: Qty::lots(quote.filled + quote.lots),
            price: Some(book.price(ticks)),
            post_only: PostOnly::Off,
        };
        self.amend(at, side, edit, Quote { depth: QuotedBook::depth(side, ticks), ..quote }, floor);
    }

    /// Edits an order that was taken off the list of quotes and puts it back as it is then; cancels it where the edit is refused.
    fn amend(&mut self, at: usize, side: Side, edit: Edit, quote: Quote, floor: &mut Floor<'_>) {
        let edited = floor.engine.apply(floor.now, quote.account, &Command::Edit(edit), floor.out);
        if edited.is_ok() {
            self.books[at].insert(side, quote);
        } else {
            // Refused in turn only if the order is gone already.
            let _ = floor.engine.apply(floor.now, quote.account, &Command::Cancel(quote.order), floor.out);
        }
    }

    /// Ordinary coming and going of quotes, mostly near the best price.
    fn churn(&mut self, at: usize, side: Side, floor: &mut Floor<'_>) {
        let rank = self.pick_rank(at);
        let book = &self.books[at];
        if let Some(farthest) = book.quotes(side).last()
            && book.rank_of(side, farthest) >= book.levels
        {
            let last = book.quotes(side).len() - 1;
            return self.cancel(at, side, last, floor);
        }
        if book.quotes(side).first().is_some_and(|q| book.rank_of(side, q) < 0) {
            return self.step_back(at, side, floor);
        }
        let hole = book.hole(side);
        if let Some(hole) = hole.filter(|_| self.rng.chance(STEPS_IN)) {
            return self.add(at, side, hole, floor);
        }
        let book = &self.books[at];
        let ticks = book.ticks_at(side, rank);
        let range = book.at_ticks(side, ticks);
        let (have, want) = (book.lots_at(side, ticks), book.wanted_lots(side, rank, floor.now));
        let width = book.width_ticks;
        if rank == 0 && width >= 2 && self.rng.chance(0.03) {
            return self.improve(at, side, floor);
        }
        let adds = if rank < CROWDED_RANKS {
            let fill = have as f64 / want.max(1) as f64;
            range.len() < MAX_QUOTES_AT_PRICE && self.rng.chance((1.25 - 0.75 * fill).clamp(0.05, 1.0))
        } else {
            range.is_empty() || (range.len() == 1 && self.rng.chance(0.1))
        };
        if adds {
            return self.add(at, side, rank, floor);
        }
        if range.len() <= usize::from(rank == 0) {
            return;
        }
        let chosen = range.start + self.rng.below(range.len() as u64) as usize;
        if self.rng.chance(if range.len() > 1 { 0.45 } else { LEAVES }) {
            self.cancel(at, side, chosen, floor);
        } else {
            self.resize(at, side, chosen, rank, floor);
        }
    }

    fn pick_rank(&mut self, at: usize) -> i64 {
        let mean = if self.rng.chance(0.4) { 1.2 } else { 7.0 };
        (self.rng.exponential(mean) as i64).min(self.books[at].levels - 1)
    }

    /// A new quote `rank` ticks behind the wanted best, unless it would meet a maker's own quote on the other side.
    fn add(&mut self, at: usize, side: Side, rank: i64, floor: &mut Floor<'_>) {
        let book = &self.books[at];
        let want = book.wanted_lots(side, rank, floor.now);
        let share = if rank < CROWDED_RANKS { 0.25 } else { 0.55 } + 0.5 * self.rng.unit();
        let lots = ((want as f64 * share).round() as i64).max(1);
        self.place(at, side, book.ticks_at(side, rank), lots, floor);
    }

    /// A small quote one tick inside the spread.
    fn improve(&mut self, at: usize, side: Side, floor: &mut Floor<'_>) {
        let lots = 1 + self.rng.pareto(1.2).min(20.0) as i64;
        let ticks = self.books[at].ticks_at(side, -1);
        self.place(at, side, ticks, lots, floor);
    }

    /// Puts a maker's order into the book.
    pub fn place(&mut self, at: usize, side: Side, ticks: i64, lots: i64, floor: &mut Floor<'_>) {
        let book = &self.books[at];
        let meets = book.best_ticks(side.opposite()).is_some_and(|other| (ticks - other) * side.sign() >= 0);
        if meets || !book.is_open {
            return;
        }
        let drawn = self.rng.below(self.makers.len() as u64) as usize;
        let account = self.makers[drawn % self.present(book.product)];
        let order = Place::limit(book.listing, side, Qty::lots(lots), book.price(ticks));
        if let Ok(Applied::Order(order)) = floor.engine.apply(floor.now, account, &Command::Place(order), floor.out) {
            let depth = QuotedBook::depth(side, ticks);
            self.books[at].insert(side, Quote { depth, order, account, lots, filled: 0 });
        }
    }

    fn cancel(&mut self, at: usize, side: Side, position: usize, floor: &mut Floor<'_>) {
        let quote = self.books[at].remove(side, position);
        // Refused only if the order is gone already, which is what was wanted.
        let _ = floor.engine.apply(floor.now, quote.account, &Command::Cancel(quote.order), floor.out);
    }

    /// Another size at the same price: smaller keeps its place in the queue, larger goes to the end.
    fn resize(&mut self, at: usize, side: Side, position: usize, rank: i64, floor: &mut Floor<'_>) {
        let share = if rank < CROWDED_RANKS { 0.3 } else { 0.5 } + 0.7 * self.rng.unit();
        let book = &mut self.books[at];
        let quote = book.remove(side, position);
        let want = (book.wanted_lots(side, rank, floor.now) as f64 * share).round() as i64;
        let lots = if want == quote.lots { want + 1 } else { want.max(1) };
        let edit =
            Edit { order: quote.order, qty: Qty::lots(quote.filled + lots), price: None, post_only: PostOnly::Off };
        self.amend(at, side, edit, Quote { lots, ..quote }, floor);
    }

    fn present(&self, product: usize) -> usize {
        self.present.get(product).copied().unwrap_or(self.makers.len())
    }

    /// Share of the makers that quote a product.
    pub fn presence(&self, product: usize) -> f64 {
        self.present(product) as f64 / self.makers.len() as f64
    }

    /// Only so many makers quote a product from now on; at least one does.
    pub fn set_makers(&mut self, product: usize, present: usize, floor: &mut Floor<'_>) {
        let present = present.clamp(1, self.makers.len());
        if self.present.len() <= product {
            self.present.resize(product + 1, self.makers.len());
        }
        self.present[product] = present;
        let share = self.presence(product);
        for at in (0..self.books.len()).filter(|at| self.books[*at].product == product).collect::<Vec<_>>() {
            self.books[at].thin(share);
            for side in Side::BOTH {
                for position in (0..self.books[at].quotes(side).len()).rev() {
                    if !self.makers[..present].contains(&self.books[at].quotes(side)[position].account) {
                        self.cancel(at, side, position, floor);
                    }
                }
            }
        }
    }

    // Takers.

    /// A taker sells (or buys) the nearest month of a product at any price that the venue lets pass.
    pub fn sweep(&mut self, product: usize, side: Side, lots: i64, floor: &mut Floor<'_>) {
        let product = u8::try_from(product).map(ProductId);
        let front = product.ok().and_then(|product| floor.engine.front(product)).map(|listing| listing.id);
        if let (Some(listing), Some(&account)) = (front, self.takers.first()) {
            let order = Place::market(listing, side, Qty::lots(lots));
            // Refused while the month does not trade.
            let _ = floor.engine.apply(floor.now, account, &Command::Place(order), floor.out);
        }
    }

    fn take(&mut self, floor: &mut Floor<'_>) {
        let (at, side) = if !self.parents.is_empty() && self.rng.chance(0.5) {
            let chosen = self.rng.below(self.parents.len() as u64) as usize;
            let parent = &mut self.parents[chosen];
            let (book, side) = (parent.book, parent.side);
            parent.slices = parent.slices.saturating_sub(1);
            if parent.slices == 0 {
                self.parents.swap_remove(chosen);
            }
            (book, side)
        } else {
            let Some(book) = self.pick(Which::Taking) else { return };
            let side = self.pick_side();
            if self.parents.len() < MAX_PARENTS && self.rng.chance(0.12) {
                self.parents.push(Parent { book, side, slices: 3 + self.rng.below(15) as u32 });
            }
            (book, side)
        };
        let book = &self.books[at];
        let Some(best) = floor.engine.best(book.listing, side.opposite()) else { return };
        let too_far = (best.price.ticks(book.tick) - book.wanted_ticks(side.opposite())) * side.sign() > 2;
        if too_far || !book.is_quoted() {
            return;
        }
        let (typical, tick, listing, product) = (book.lots_at_touch, book.tick, book.listing, book.product);
        let sweeps = self.rng.chance(0.03);
        let lots = if sweeps {
            (best.qty.to_f64_lossy() * (1.0 + 1.2 * self.rng.unit())).min(6.0 * typical)
        } else {
            (self.rng.pareto(1.15) * (0.6 + typical / 60.0)).min(0.4 * best.qty.to_f64_lossy()).max(1.0)
        };
        let lots = (lots.round() as i64).max(1);
        let reach = Price::from_ticks(if sweeps { 2 * side.sign() } else { 0 }, tick);
        let account = self.takers[self.rng.below(self.takers.len() as u64) as usize];
        let mut order = immediate(listing, side, lots, best.price + reach);
        if self.books[at].phase == Phase::PreOpen {
            order.time_in_force = TimeInForce::Day;
        }
        if floor.engine.apply(floor.now, account, &Command::Place(order), floor.out).is_ok() {
            self.excitement += EXCITEMENT;
            let calm = (DEFAULT_RATE / floor.rate.max(DEFAULT_RATE)).sqrt();
            floor.prices.push(product, side.sign() as f64 * IMPACT * calm * (lots as f64).sqrt());
        }
    }

    // The arbitrageur.

    /// Trades a calendar against its legs when that is free money.
    fn arbitrage(&mut self, floor: &mut Floor<'_>) {
        if self.calendars.is_empty() {
            return;
        }
        let at = self.calendars[self.rng.below(self.calendars.len() as u64) as usize];
        let Worth::Difference(near, far) = self.books[at].worth else { return };
        if [at, near, far].into_iter().any(|book| self.books[book].phase != Phase::Open) {
            return;
        }
        let [calendar, near, far] = [at, near, far].map(|i| self.books[i].listing);
        // Buying the calendar is selling its implied twin: near on the bid, far on the ask.
        for side in Side::BOTH {
            let (Some(spread), Some(near_level), Some(far_level)) = (
                floor.engine.best(calendar, side.opposite()),
                floor.engine.best(near, side),
                floor.engine.best(far, side.opposite()),
            ) else {
                continue;
            };
            let implied = near_level.price - far_level.price;
            let gain = (implied - spread.price).0 * side.sign();
            if gain <= 0 {
                continue;
            }
            let lots = spread.qty.min(near_level.qty).min(far_level.qty).whole_lots().min(50);
            for (listing, side, price) in [
                (calendar, side, spread.price),
                (near, side.opposite(), near_level.price),
                (far, side, far_level.price),
            ] {
                let order = immediate(listing, side, lots, price);
                // A leg that is refused leaves the house with a position, which nobody minds.
                let _ = floor.engine.apply(floor.now, self.arbitrageur, &Command::Place(order), floor.out);
            }
            return;
        }
    }

    /// Fills every book from the wanted best down, a few orders a level.
    pub fn fill_books(&mut self, floor: &mut Floor<'_>) {
        for at in 0..self.books.len() {
            self.fill_book(at, floor);
        }
    }

    pub fn fill_book(&mut self, at: usize, floor: &mut Floor<'_>) {
        for side in Side::BOTH {
            for rank in 0..self.books[at].levels {
                let book = &self.books[at];
                let (ticks, mut left) = (book.ticks_at(side, rank), book.wanted_lots(side, rank, floor.now));
                while left > 0 {
                    let lots = ((left as f64 * (0.35 + 0.5 * self.rng.unit())).ceil() as i64).clamp(1, left);
                    let alone = rank >= CROWDED_RANKS || self.books[at].at_ticks(side, ticks).len() == 2;
                    let lots = if alone { left } else { lots };
                    self.place(at, side, ticks, lots, floor);
                    left -= lots;
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Quoting,
    Taking,
}

fn immediate(listing: ListingId, side: Side, lots: i64, price: Price) -> Place {
    Place { time_in_force: TimeInForce::ImmediateOrCancel, ..Place::limit(listing, side, Qty::lots(lots), price) }
}
