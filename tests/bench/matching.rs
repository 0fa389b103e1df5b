//! One matching command with 10,000 orders resting: flat levels over a slab against `BTreeMap`s of queues and a `HashMap`. Half of the
//! commands add, 40 % cancel, 10 % take; both sides check quantity, price band and self-match, and print the same trades.
//!
//! The same without self-matches, which it prevents by another rule, beside the public crate `orderbook-rs`.

mod contest;
mod line;
mod matching_crate;
#[expect(dead_code, reason = "the properties in tests/it use the rest")]
mod naive_matching;

use std::io;

use tenor::base::digest::Digest;
use tenor::base::rng::Rng;
use tenor::domain::number::{Price, Side};
use tenor::domain::order::Reduce;
use tenor::exchange::accounts::AccountId;
use tenor::exchange::engine::OrderId;
use tenor::exchange::engine::book::{Book, Nodes, Verdict};

use contest::{Contestant, contest};
use line::Line;
use matching_crate::CrateBook;
use naive_matching::{Met, NaiveBook};

const RESTING: usize = 10_000;
const COMMANDS: usize = 1 << 16;
const LOT: i64 = 1_000_000;
const BAND: std::ops::RangeInclusive<i64> = 5_000..=15_000;
const ACCOUNTS: u64 = 50;

/// Whether takers meet orders of their own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takers {
    AmongMakers,
    Apart,
}

/// Orders are named by the place of their `Add` in the list.
#[derive(Clone, Copy, Debug)]
enum Command {
    Add { account: u32, side: Side, ticks: i64, qty: i64 },
    Cancel { order: usize },
    Take { account: u32, side: Side, limit: i64, qty: i64 },
}

/// What both sides offer: nothing else is timed.
trait Matcher {
    type Id: Copy;

    fn add(&mut self, account: u32, side: Side, ticks: i64, qty: i64) -> Self::Id;
    fn cancel(&mut self, id: Self::Id) -> bool;
    /// `met` gets price and quantity of every trade; quantity zero is a maker cancelled because it was the taker's own.
    fn take(&mut self, account: u32, side: Side, limit: i64, qty: i64, met: impl FnMut(i64, i64)) -> i64;
}

struct Flat {
    nodes: Nodes,
    book: Book,
}

impl Matcher for Flat {
    type Id = OrderId;

    fn add(&mut self, account: u32, side: Side, ticks: i64, qty: i64) -> OrderId {
        let (slot, id) = self.nodes.allocate(AccountId(account), side, Reduce::Any);
        self.book.rest(&mut self.nodes, slot, ticks, qty);
        self.book.forget();
        id
    }

    fn cancel(&mut self, id: OrderId) -> bool {
        let Some(slot) = self.nodes.slot(id) else { return false };
        self.book.remove(&mut self.nodes, slot);
        self.nodes.release(slot);
        self.book.forget();
        true
    }

    fn take(&mut self, account: u32, side: Side, limit: i64, qty: i64, mut met: impl FnMut(i64, i64)) -> i64 {
        let left = self.book.take(&mut self.nodes, side, limit, qty, |maker, _, ticks, offer| {
            if maker.account == AccountId(account) {
                met(ticks, 0);
                return Verdict::Remove;
            }
            met(ticks, offer);
            Verdict::Fill(offer)
        });
        self.book.forget();
        left
    }
}

impl Matcher for NaiveBook {
    type Id = u64;

    fn add(&mut self, account: u32, side: Side, ticks: i64, qty: i64) -> u64 {
        let id = self.allocate();
        self.rest(id, account, side, ticks, qty);
        id
    }

    fn cancel(&mut self, id: u64) -> bool {
        NaiveBook::cancel(self, id)
    }

    fn take(&mut self, account: u32, side: Side, limit: i64, qty: i64, mut met: impl FnMut(i64, i64)) -> i64 {
        NaiveBook::take(self, side, account, limit, qty, |Met { ticks, qty, .. }| met(ticks, qty))
    }
}

struct Run<M: Matcher> {
    matcher: M,
    ids: Vec<M::Id>,
}

impl<M: Matcher> Run<M> {
    fn new(matcher: M, first: &[Command]) -> Self {
        let mut run = Self { matcher, ids: Vec::with_capacity(first.len() + COMMANDS) };
        run.apply(first);
        run
    }

    /// Digest of every trade, in order, and of what was refused or left.
    fn apply(&mut self, commands: &[Command]) -> u64 {
        let mut digest = Digest::default();
        for command in commands {
            match *command {
                Command::Add { account, side, ticks, qty } => {
                    if qty > 0 && qty % LOT == 0 && BAND.contains(&ticks) {
                        let id = self.matcher.add(account, side, ticks, qty);
                        self.ids.push(id);
                    }
                }
                Command::Cancel { order } => {
                    if !self.matcher.cancel(self.ids[order]) {
                        digest.word(order as u64);
                    }
                }
                Command::Take { account, side, limit, qty } => {
                    if qty > 0 && qty % LOT == 0 && BAND.contains(&limit) {
                        let left = self.matcher.take(account, side, limit, qty, |ticks, qty| {
                            digest.word(ticks.cast_unsigned() ^ qty.cast_unsigned().rotate_left(32));
                        });
                        digest.word(left.cast_unsigned());
                    }
                }
            }
        }
        digest.finish()
    }
}

/// Fills a book, then keeps it at about [`RESTING`] orders, cancelling old and new alike. Orders join at ranks as real venues show them
/// (median 7), but for a share of `far` that goes anywhere within 1,000 ticks.
fn commands(seed: u64, far: f64, takers: Takers) -> (Vec<Command>, Vec<Command>) {
    let mut rng = Rng::fork(seed, "matching");
    let mut model = NaiveBook::default();
    let (mut list, mut alive): (Vec<Command>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut adds = 0;
    let mut first = 0;
    while list.len() < first + COMMANDS || first == 0 {
        if first == 0 && model.len() >= RESTING {
            first = list.len();
        }
        let draw = if first == 0 { 0 } else { rng.below(10) };
        let side = if rng.chance(0.5) { Side::Bid } else { Side::Ask };
        let account = rng.below(ACCOUNTS) as u32;
        let lots = (rng.pareto(1.5) as i64).min(100);
        let command = match draw {
            0..=4 => {
                let touch = model.best(side.opposite()).unwrap_or(10_000 + side.sign());
                let depth = if rng.chance(far) { rng.below(1_000) as i64 } else { rng.exponential(9.5) as i64 };
                let ticks = touch - side.sign() * (1 + depth);
                let id = model.allocate();
                model.rest(id, account, side, ticks, lots * LOT);
                alive.push(adds);
                adds += 1;
                Command::Add { account, side, ticks, qty: lots * LOT }
            }
            5..=8 => {
                let order = loop {
                    let order = alive.swap_remove(rng.below(alive.len() as u64) as usize);
                    if model.cancel(order as u64 + 1) {
                        break order;
                    }
                };
                Command::Cancel { order }
            }
            _ => {
                let account = if takers == Takers::Apart { ACCOUNTS as u32 } else { account };
                let limit = model.best(side.opposite()).unwrap_or(10_000) + side.sign() * 3;
                model.take(side, account, limit, lots * LOT, |_| {});
                Command::Take { account, side, limit, qty: lots * LOT }
            }
        };
        list.push(command);
    }
    let rest = list.split_off(first);
    (list, rest)
}

fn run<M: Matcher>(name: &str, far: f64, takers: Takers, baseline: impl Fn() -> M) -> io::Result<()> {
    let (first, rest) = commands(1, far, takers);
    let [ns, baseline_ns] = contest(
        name,
        rest.len(),
        Contestant {
            prepare: || Run::new(Flat { nodes: Nodes::default(), book: Book::new(Price(10_000_000)) }, &first),
            run: |run: &mut Run<Flat>| run.apply(&rest),
        },
        Contestant { prepare: || Run::new(baseline(), &first), run: |run: &mut Run<M>| run.apply(&rest) },
    )?;
    let [value, baseline] = [ns, baseline_ns].map(|ns| 1e9 / ns);
    let name = &format!("{name}_rate");
    Line { name, value, unit: "commands/s", baseline: Some(baseline), ratio: Some(value / baseline) }.print()
}

fn main() -> io::Result<()> {
    run("matching", 0.05, Takers::AmongMakers, NaiveBook::default)?;
    run("matching_short_queues", 1.0, Takers::AmongMakers, NaiveBook::default)?;
    run("matching_beside_orderbook_rs", 0.05, Takers::Apart, CrateBook::new)
}
