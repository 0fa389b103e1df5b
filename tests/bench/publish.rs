//! Every book of a venue changes and one picture of them all is published: core against a `BTreeMap` a side that is copied out whole
//! each time.

mod contest;
mod flow;
mod line;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tenor::base::digest::Digest;
use tenor::base::time::{Now, Utc};
use tenor::core::{Config, Core, Effects, Input};
use tenor::domain::book::{Level, level_digest};
use tenor::domain::contract::{Contract, Delivery, Month, Product};
use tenor::domain::event::{Batch, LevelChange, Link, LinkState, VenueEvent};
use tenor::domain::instrument::{Instrument, InstrumentId, Unit};
use tenor::domain::number::{Price, Qty, Side};
use tenor::view::View;
use tenor::view::session::Environment;

use contest::{Contestant, contest};
use flow::{Flow, TICK};

const BOOKS: usize = 200;
const DEPTH: usize = 20;
const PICTURES: usize = 64;

/// What every book starts from, and one change of each for every picture.
struct Market {
    snapshots: Vec<Vec<LevelChange>>,
    changes: Vec<Vec<LevelChange>>,
}

impl Market {
    fn new() -> Self {
        let mut flows: Vec<_> = (0..BOOKS).map(|at| Flow::new(at as u64, 560 + at as i64, DEPTH)).collect();
        let snapshots = flows.iter_mut().map(Flow::snapshot).collect();
        let changes = (0..PICTURES).map(|_| flows.iter_mut().map(Flow::next).collect()).collect();
        Self { snapshots, changes }
    }
}

struct Ours {
    core: Core,
    now: Now,
    fx: Effects,
}

impl Ours {
    fn new(market: &Market) -> Self {
        let config = Config {
            account: "bench".into(),
            venue: "bench".into(),
            environment: Environment::Simulated,
            install: "b".into(),
        };
        let mut ours =
            Self { core: Core::new(config), now: Now::default().later(Duration::from_secs(9)), fx: Effects::default() };
        ours.batch(vec![VenueEvent::Instruments(instruments())], Vec::new());
        ours.batch(vec![VenueEvent::LinkChanged { link: Link::Market, state: LinkState::Up }], Vec::new());
        for (at, levels) in market.snapshots.iter().enumerate() {
            let event = VenueEvent::BookSnapshot {
                instrument: InstrumentId(at as u32),
                change_id: 1,
                utc: Utc(1),
                levels: 0..levels.len() as u32,
            };
            ours.batch(vec![event], levels.clone());
        }
        ours
    }

    fn batch(&mut self, events: Vec<VenueEvent>, levels: Vec<LevelChange>) {
        let received = self.now.mono;
        let batch = Batch { events, levels, received, frames: 1 };
        self.core.step(self.now, Input::Venue { link: Link::Market, batch }, &mut self.fx);
    }

    /// One change of every book, then the picture that is due.
    fn picture(&mut self, changes: &[LevelChange]) -> Option<Arc<View>> {
        self.now = self.now.later(Duration::from_millis(8));
        let event = |at: usize| VenueEvent::BookChange {
            instrument: InstrumentId(at as u32),
            prev_change_id: 1,
            change_id: 2,
            utc: Utc(2),
            levels: at as u32..at as u32 + 1,
        };
        self.batch((0..changes.len()).map(event).collect(), changes.to_vec());
        self.fx.session.clear();
        self.fx.publish.take()
    }
}

fn run_ours(ours: &mut Ours, market: &Market) -> u64 {
    let mut digest = Digest::default();
    for changes in &market.changes {
        let Some(view) = ours.picture(changes) else { continue };
        for market in &view.markets {
            digest.word(market.book.digest);
            digest.word(market.book.bids.len() as u64);
        }
    }
    digest.finish()
}

#[derive(Clone, Debug, Default)]
struct MapBook {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
    digest: u64,
}

impl MapBook {
    fn set(&mut self, change: &LevelChange) {
        let LevelChange { side, price, qty } = *change;
        let levels = match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        };
        let before = if qty.is_zero() { levels.remove(&price) } else { levels.insert(price, qty) }.unwrap_or_default();
        self.digest =
            self.digest.wrapping_sub(level_digest(side, price, before)).wrapping_add(level_digest(side, price, qty));
    }

    fn copy(&self) -> (Vec<Level>, Vec<Level>, u64) {
        let level = |(&price, &qty): (&Price, &Qty)| Level { price, qty };
        (self.bids.iter().rev().map(level).collect(), self.asks.iter().map(level).collect(), self.digest)
    }
}

fn map_books(market: &Market) -> Vec<MapBook> {
    let book = |levels: &Vec<LevelChange>| {
        let mut book = MapBook::default();
        levels.iter().for_each(|change| book.set(change));
        book
    };
    market.snapshots.iter().map(book).collect()
}

fn run_baseline(books: &mut [MapBook], market: &Market) -> u64 {
    let mut digest = Digest::default();
    for changes in &market.changes {
        books.iter_mut().zip(changes).for_each(|(book, change)| book.set(change));
        let picture: Arc<Vec<_>> = Arc::new(books.iter().map(|book| Arc::new(book.copy())).collect());
        for book in picture.iter() {
            digest.word(book.2);
            digest.word(book.0.len() as u64);
        }
    }
    digest.finish()
}

fn instruments() -> Vec<Instrument> {
    let first = Month { year: 2026, month: 12 };
    let instrument = |at: usize| {
        let product = Product::new(&format!("P{}", at / 40))?;
        Some(Instrument {
            symbol: format!("I{at}").into(),
            contract: Contract::Outright { product, delivery: Delivery::Month(first.plus(at as i32 % 40)) },
            unit: Unit::GpuHour,
            tick: TICK,
            lot: Qty::lots(1),
            contract_size: 730,
            currency: "USDC".into(),
            index_name: format!("p{}", at / 40).into(),
            expiry: None,
            legs: Vec::new(),
            is_active: true,
            is_halted: false,
        })
    };
    (0..BOOKS).filter_map(instrument).collect()
}

fn main() -> io::Result<()> {
    let market = Market::new();
    contest(
        "publish_200_changed_books",
        PICTURES,
        Contestant { prepare: || Ours::new(&market), run: |ours: &mut Ours| run_ours(ours, &market) },
        Contestant { prepare: || map_books(&market), run: |books: &mut Vec<MapBook>| run_baseline(books, &market) },
    )
    .map(drop)
}
