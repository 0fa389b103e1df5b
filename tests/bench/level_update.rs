//! A level update with both bests read after it: [`Book`] against a std `BTreeMap` a side with the same digest and the same checks.

mod contest;
mod flow;
mod line;

use std::collections::BTreeMap;
use std::io;

use tenor::base::digest::Digest;
use tenor::base::rng::Rng;
use tenor::domain::book::{Book, Level, level_digest};
use tenor::domain::event::LevelChange;
use tenor::domain::number::{Price, Qty, Side};

use contest::{Contestant, contest};
use flow::{Flow, TICK};

/// What both sides offer: nothing else is timed.
trait Levels {
    fn set(&mut self, side: Side, price: Price, qty: Qty) -> Qty;
    fn best(&self, side: Side) -> Option<Level>;
    fn digest(&self) -> u64;
}

impl Levels for Book {
    fn set(&mut self, side: Side, price: Price, qty: Qty) -> Qty {
        Book::set(self, side, price, qty)
    }

    fn best(&self, side: Side) -> Option<Level> {
        Book::best(self, side)
    }

    fn digest(&self) -> u64 {
        Book::digest(self)
    }
}

#[derive(Clone, Debug, Default)]
struct MapBook {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
    digest: u64,
}

impl Levels for MapBook {
    fn set(&mut self, side: Side, price: Price, qty: Qty) -> Qty {
        let levels = match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        };
        let before = if qty.is_zero() { levels.remove(&price) } else { levels.insert(price, qty) }.unwrap_or_default();
        self.digest =
            self.digest.wrapping_sub(level_digest(side, price, before)).wrapping_add(level_digest(side, price, qty));
        before
    }

    fn best(&self, side: Side) -> Option<Level> {
        let best = match side {
            Side::Bid => self.bids.last_key_value(),
            Side::Ask => self.asks.first_key_value(),
        };
        best.map(|(&price, &qty)| Level { price, qty })
    }

    fn digest(&self) -> u64 {
        self.digest
    }
}

/// Applies every update to the book it names and checks it as `market` would: deletes must hit, the book must not cross.
fn apply<B: Levels>(books: &mut [B], updates: &[(usize, LevelChange)]) -> u64 {
    let (mut anomalies, mut bests) = (0_u64, 0_i64);
    for &(at, LevelChange { side, price, qty }) in updates {
        let book = &mut books[at];
        let before = book.set(side, price, qty);
        anomalies += u64::from(before.is_zero() && qty.is_zero());
        if let (Some(bid), Some(ask)) = (book.best(Side::Bid), book.best(Side::Ask)) {
            anomalies += u64::from(bid.price >= ask.price);
            bests = bests.wrapping_add(bid.price.0 ^ ask.price.0).wrapping_add(bid.qty.0 ^ ask.qty.0);
        }
    }
    let mut digest = Digest::default();
    digest.word(anomalies);
    digest.word(bests.cast_unsigned());
    books.iter().for_each(|book| digest.word(book.digest()));
    digest.finish()
}

/// Books as the snapshots and the first updates leave them: windows and tree nodes are where they will be.
fn settle<B: Levels>(market: &Market, empty: impl Fn() -> B) -> Vec<B> {
    let mut books: Vec<B> = market.snapshots.iter().map(|_| empty()).collect();
    for (book, levels) in books.iter_mut().zip(&market.snapshots) {
        for level in levels {
            book.set(level.side, level.price, level.qty);
        }
    }
    apply(&mut books, &market.first);
    books
}

struct Market {
    snapshots: Vec<Vec<LevelChange>>,
    first: Vec<(usize, LevelChange)>,
    updates: Vec<(usize, LevelChange)>,
}

impl Market {
    fn new(books: usize, depth: usize, updates: usize) -> Self {
        let mut flows: Vec<_> = (0..books).map(|at| Flow::new(at as u64, 560 + at as i64, depth)).collect();
        let snapshots = flows.iter_mut().map(Flow::snapshot).collect();
        let mut turn = Rng::fork(0, "turn");
        let mut take = |count| {
            let update = |_| {
                let at = turn.below(books as u64) as usize;
                (at, flows[at].next())
            };
            (0..count).map(update).collect()
        };
        Self { snapshots, first: take(updates / 4), updates: take(updates) }
    }
}

fn run(name: &str, market: &Market) -> io::Result<()> {
    contest(
        name,
        market.updates.len(),
        Contestant {
            prepare: || settle(market, || Book::new(TICK)),
            run: |books: &mut Vec<Book>| apply(books, &market.updates),
        },
        Contestant {
            prepare: || settle(market, MapBook::default),
            run: |books: &mut Vec<MapBook>| apply(books, &market.updates),
        },
    )
    .map(drop)
}

fn main() -> io::Result<()> {
    run("level_update", &Market::new(1, 200, 1 << 16))?;
    run("level_update_200_books", &Market::new(200, 40, 1 << 17))
}
