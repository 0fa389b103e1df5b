//! The engine against a naive exchange: queues in maps, and accounts that remember every fill and add them all up anew. Whatever
//! clients ask for and whatever day it becomes, both refuse the same, trade the same at the same prices with the same partners, and
//! owe everybody the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::Config;
use tenor::base::time::Utc;
use tenor::domain::calendar::Calendar;
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::order::{OrderType, PostOnly, TimeInForce};
use tenor::exchange::accounts::{AccountId, AccountKind};
use tenor::exchange::catalogue::{CatalogueData, ListingId, ProductId};
use tenor::exchange::engine::{Applied, Command, Edit, Engine, Event, Events, OrderId, Place, Refused, SettlementKind};

use crate::matching::naive::{Met, NaiveBook};

const TICK: i64 = 10_000_000;
const MIDDLE: i64 = 280;
/// Few prices, so that queues form.
const REACH: i64 = 3;
const SIZE: i128 = 730;
/// December ends on Thursday: four fixings are to come, three settlements and the last one.
const START: &str = "2026-12-28T15:00:00Z";
const SYMBOLS: [&str; 2] = ["H100_USDC-31DEC26", "H100_USDC-31MAR27"];
const ACCOUNTS: u32 = 4;
/// Orders that are cancelled and edited, counted from the newest: most of those before are gone.
const RECENT: usize = 8;
const PUBLISHED: [i64; 3] = [2_791_100_000, 2_803_700_001, 2_790_000_000];

#[derive(Clone, Copy, Debug)]
enum Way {
    Rest,
    Day,
    Immediate,
    FillOrKill,
    Market,
    PostOnly(PostOnly),
}

#[derive(Clone, Debug)]
enum Step {
    Place { account: u32, book: usize, side: Side, ticks: i64, lots: i64, way: Way },
    Cancel { nth: usize },
    Edit { nth: usize, ticks: Option<i64>, lots: i64 },
    CancelAll { account: u32, book: usize },
    Mark { book: usize, price: i64 },
    Index { price: i64 },
    NextDay,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let side = || prop_oneof![Just(Side::Bid), Just(Side::Ask)];
    let way = prop_oneof![
        8 => Just(Way::Rest),
        2 => Just(Way::Day),
        2 => Just(Way::Immediate),
        2 => Just(Way::FillOrKill),
        2 => Just(Way::Market),
        1 => Just(Way::PostOnly(PostOnly::Reject)),
        1 => Just(Way::PostOnly(PostOnly::Reprice)),
    ];
    let ticks = || MIDDLE - REACH..MIDDLE + REACH + 1;
    let place = (0..ACCOUNTS, 0..SYMBOLS.len(), side(), ticks(), 1..6_i64, way)
        .prop_map(|(account, book, side, ticks, lots, way)| Step::Place { account, book, side, ticks, lots, way });
    let step = prop_oneof![
        12 => place,
        3 => (0..RECENT).prop_map(|nth| Step::Cancel { nth }),
        3 => (0..RECENT, proptest::option::of(ticks()), 1..6_i64)
            .prop_map(|(nth, ticks, lots)| Step::Edit { nth, ticks, lots }),
        1 => (0..ACCOUNTS, 0..SYMBOLS.len()).prop_map(|(account, book)| Step::CancelAll { account, book }),
        2 => (0..SYMBOLS.len(), (MIDDLE - 5) * TICK..(MIDDLE + 6) * TICK).prop_map(|(book, price)| Step::Mark { book, price }),
        1 => (2_700_000_000..2_900_000_000_i64).prop_map(|price| Step::Index { price }),
        1 => Just(Step::NextDay),
    ];
    proptest::collection::vec(step, 1..90)
}

#[derive(Clone, Copy, Debug)]
struct Order {
    id: OrderId,
    naive: u64,
    account: u32,
    book: usize,
    side: Side,
    ticks: i64,
    lots: i64,
    filled: i64,
    is_day: bool,
}

#[derive(Clone, Copy, Debug)]
struct Fill {
    account: u32,
    book: usize,
    /// Positive: bought.
    lots: i64,
    price: i64,
}

/// What everybody has, by adding up.
#[derive(Debug, Default)]
struct Naive {
    books: [NaiveBook; 2],
    orders: Vec<Order>,
    fills: Vec<Fill>,
    fees: BTreeMap<u32, Money>,
    /// Paid into the balance, by account and book.
    paid: BTreeMap<(u32, usize), i128>,
    marks: [i64; 2],
    /// Of contracts that are over.
    last: [Option<i64>; 2],
    fixings: Vec<i64>,
}

impl Naive {
    /// Profit of an account in a book if everything were closed at a price, in 10⁻⁹ dollars.
    fn profit(&self, account: u32, book: usize, price: i64) -> i128 {
        let of_both = self.fills.iter().filter(|fill| (fill.account, fill.book) == (account, book));
        of_both.map(|fill| i128::from(fill.lots) * i128::from(price - fill.price) * SIZE).sum()
    }

    fn net(&self, account: u32, book: usize) -> i64 {
        if self.last[book].is_some() {
            return 0;
        }
        self.fills.iter().filter(|fill| (fill.account, fill.book) == (account, book)).map(|fill| fill.lots).sum()
    }

    fn balance(&self, account: u32, opening: Money) -> Money {
        let paid: i128 = (0..2).map(|book| self.paid.get(&(account, book)).copied().unwrap_or_default()).sum();
        Money(opening.0 + paid) - self.fees.get(&account).copied().unwrap_or_default()
    }

    fn equity(&self, account: u32, opening: Money) -> Money {
        let profit: i128 =
            (0..2).map(|book| self.profit(account, book, self.last[book].unwrap_or(self.marks[book]))).sum();
        Money(opening.0 + profit) - self.fees.get(&account).copied().unwrap_or_default()
    }

    fn order(&mut self, naive: u64, book: usize) -> &mut Order {
        self.orders.iter_mut().find(|order| (order.naive, order.book) == (naive, book)).expect("only known orders rest")
    }

    /// Trades an order that stands in no book; the trades, as the venue must print them.
    fn take(&mut self, taker: Order, limit: i64, fee: impl Fn(i64, i64) -> [Money; 2]) -> (Vec<Print>, i64) {
        let mut met = Vec::new();
        let Order { account, book, side, .. } = taker;
        let left = self.books[book].take(side, account, limit, taker.lots - taker.filled, |one| met.push(one));
        let mut prints = Vec::new();
        for Met { maker, ticks, qty } in met {
            if qty == 0 {
                continue;
            }
            let price = ticks * TICK;
            let resting = self.order(maker, book);
            resting.filled += qty;
            let (maker, maker_account) = (resting.id, resting.account);
            let [maker_fee, taker_fee] = fee(price, qty);
            for (account, sign, fee) in [(maker_account, -side.sign(), maker_fee), (account, side.sign(), taker_fee)] {
                self.fills.push(Fill { account, book, lots: sign * qty, price });
                *self.fees.entry(account).or_default() += fee;
            }
            prints.push(Print { book, price, lots: qty, maker, aggressor: side });
        }
        (prints, left)
    }

    fn can_fill(&self, taker: &Order, limit: i64) -> bool {
        let reached = self.orders.iter().filter(|order| {
            order.book == taker.book
                && order.side != taker.side
                && order.account != taker.account
                && taker.side.reaches(Price(limit), Price(order.ticks))
        });
        let there: i64 = reached.filter_map(|order| self.books[order.book].clone().remaining(order.naive)).sum();
        there >= taker.lots
    }

    fn settle(&mut self, book: usize, price: i64) {
        for account in 0..ACCOUNTS {
            self.paid.insert((account, book), self.profit(account, book, price));
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Print {
    book: usize,
    price: i64,
    lots: i64,
    maker: OrderId,
    aggressor: Side,
}

/// Both exchanges.
struct Pair {
    engine: Engine,
    naive: Naive,
    now: Utc,
    listings: [ListingId; 2],
    accounts: Vec<AccountId>,
    opening: Money,
}

fn utc(text: &str) -> Utc {
    let stamp: jiff::Timestamp = text.parse().unwrap();
    Utc(i64::try_from(stamp.as_nanosecond()).unwrap())
}

impl Pair {
    fn new() -> Self {
        let now = utc(START);
        let data = Arc::new(CatalogueData::embedded().unwrap());
        let opening = data.venue.opening_balance;
        let mut engine = Engine::new(now, data, Arc::new(Calendar::us().unwrap()));
        let listings = SYMBOLS.map(|symbol| engine.catalogue().find(symbol).unwrap().id);
        for (day, price) in (21_i8..).zip(PUBLISHED) {
            engine.preload_fixing(ProductId(0), jiff::civil::date(2026, 12, day), Price(price));
        }
        engine.set_index(ProductId(0), Price(2_810_000_000));
        listings.iter().for_each(|listing| engine.set_mark(*listing, Price(MIDDLE * TICK)));
        let accounts =
            (0..ACCOUNTS).map(|n| engine.open_account(&format!("client {n}"), AccountKind::Client)).collect();
        let naive = Naive { marks: [MIDDLE * TICK; 2], fixings: PUBLISHED.to_vec(), ..Naive::default() };
        Self { engine, naive, now, listings, accounts, opening }
    }

    fn run(&mut self, account: u32, command: &Command) -> (Result<Applied, Refused>, Events) {
        let mut out = Events::default();
        let done = self.engine.apply(self.now, self.accounts[account as usize], command, &mut out);
        (done, out)
    }

    fn prints(&self, out: &Events) -> Vec<Print> {
        let print = |event: &Event| match event {
            Event::Trade(trade) => Some(Print {
                book: self.listings.iter().position(|listing| *listing == trade.listing)?,
                price: trade.price.0,
                lots: trade.qty.whole_lots(),
                maker: trade.maker.1,
                aggressor: trade.aggressor,
            }),
            _ => None,
        };
        out.list.iter().filter_map(print).collect()
    }

    /// Maker's and taker's fee of a trade.
    fn fees(&self) -> impl Fn(i64, i64) -> [Money; 2] + use<> {
        let venue = self.engine.catalogue().data().venue.clone();
        move |price, lots| {
            let notional = Money(i128::from(price) * i128::from(lots) * SIZE);
            [venue.maker_fee.of(notional), venue.taker_fee.of(notional)]
        }
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Place { account, book, side, ticks, lots, way } => self.place(account, book, side, ticks, lots, way),
            Step::Cancel { nth } if nth < self.naive.orders.len() => {
                let order = self.naive.orders[self.naive.orders.len() - 1 - nth];
                let (done, _) = self.run(order.account, &Command::Cancel(order.id));
                assert_eq!(done.is_ok(), self.naive.books[order.book].cancel(order.naive));
            }
            Step::Edit { nth, ticks, lots } if nth < self.naive.orders.len() => {
                self.edit(self.naive.orders.len() - 1 - nth, ticks, lots);
            }
            Step::Cancel { .. } | Step::Edit { .. } => {}
            Step::CancelAll { account, book } => {
                let (done, _) = self.run(account, &Command::CancelListing(self.listings[book], None));
                let Naive { orders, books, .. } = &mut self.naive;
                let of_both = orders.iter().filter(|order| (order.account, order.book) == (account, book));
                let gone = of_both.filter(|order| books[book].cancel(order.naive)).count();
                assert_eq!(done, Ok(Applied::Cancelled(gone as u32)));
            }
            Step::Mark { book, price } => {
                self.engine.set_mark(self.listings[book], Price(price));
                self.naive.marks[book] = price;
            }
            Step::Index { price } => self.engine.set_index(ProductId(0), Price(price)),
            Step::NextDay => self.next_day(),
        }
    }

    fn place(&mut self, account: u32, book: usize, side: Side, ticks: i64, lots: i64, way: Way) {
        let plain = Place::limit(self.listings[book], side, Qty::lots(lots), Price(ticks * TICK));
        let place = match way {
            Way::Rest => plain,
            Way::Day => Place { time_in_force: TimeInForce::Day, ..plain },
            Way::Immediate => Place { time_in_force: TimeInForce::ImmediateOrCancel, ..plain },
            Way::FillOrKill => Place { time_in_force: TimeInForce::FillOrKill, ..plain },
            Way::Market => Place { kind: OrderType::Market, ..Place::market(plain.listing, side, plain.qty) },
            Way::PostOnly(post_only) => Place { post_only, ..plain },
        };
        let (done, out) = self.run(account, &Command::Place(place));
        if self.naive.last[book].is_some() {
            assert_eq!(done, Err(Refused::BookClosed));
            return;
        }
        let touch = self.naive.books[book].best(side.opposite());
        let takes = touch.is_some_and(|touch| side.reaches(Price(ticks), Price(touch)));
        let mut limit = ticks;
        match way {
            Way::PostOnly(PostOnly::Reject) if takes => {
                assert_eq!(done, Err(Refused::PostOnly));
                return;
            }
            Way::PostOnly(PostOnly::Reprice) if takes => limit = touch.unwrap_or(ticks) - side.sign(),
            Way::Market => limit = MIDDLE + side.sign() * 100,
            _ => {}
        }
        let Ok(Applied::Order(id)) = done else { panic!("refused: {done:?}") };
        let naive = self.naive.books[book].allocate();
        let mut order =
            Order { id, naive, account, book, side, ticks: limit, lots, filled: 0, is_day: matches!(way, Way::Day) };
        if matches!(way, Way::FillOrKill) && !self.naive.can_fill(&order, limit) {
            assert_eq!(self.prints(&out), []);
            return;
        }
        let (prints, left) = self.naive.take(order, limit, self.fees());
        assert_eq!(self.prints(&out), prints);
        order.filled = lots - left;
        self.naive.orders.push(order);
        if left > 0 && matches!(way, Way::Rest | Way::Day | Way::PostOnly(_)) {
            self.naive.books[book].rest(naive, account, side, limit, left);
        }
    }

    fn edit(&mut self, at: usize, ticks: Option<i64>, lots: i64) {
        let order = self.naive.orders[at];
        let price = ticks.map(|ticks| Price(ticks * TICK));
        let edit = Edit { order: order.id, qty: Qty::lots(lots), price, post_only: PostOnly::Off };
        let (done, out) = self.run(order.account, &Command::Edit(edit));
        let Some(remaining) = self.naive.books[order.book].remaining(order.naive) else {
            assert!(done.is_err());
            return;
        };
        assert_eq!(remaining, order.lots - order.filled, "the model agrees with itself");
        if lots <= order.filled {
            assert_eq!(done, Err(Refused::InvalidAmount));
            return;
        }
        assert_eq!(done, Ok(Applied::Order(order.id)));
        let edited = Order { ticks: ticks.unwrap_or(order.ticks), lots, ..order };
        self.naive.orders[at] = edited;
        let book = &mut self.naive.books[order.book];
        if edited.ticks == order.ticks && lots <= order.lots {
            assert!(book.shrink(order.naive, order.lots - lots));
            return;
        }
        assert!(book.cancel(order.naive));
        let (prints, left) = self.naive.take(edited, edited.ticks, self.fees());
        assert_eq!(self.prints(&out), prints);
        self.naive.orders[at].filled = lots - left;
        if left > 0 {
            self.naive.books[order.book].rest(order.naive, order.account, order.side, edited.ticks, left);
        }
    }

    /// Whatever the calendar brings until the next settlement.
    fn next_day(&mut self) {
        let index = self.engine.index(ProductId(0)).unwrap().0;
        let mut out = Events::default();
        loop {
            self.now = self.engine.next_due();
            self.engine.advance(self.now, &mut out);
            if out.list.iter().any(|event| matches!(event, Event::Settlement(_))) {
                break;
            }
        }
        let Naive { orders, books, .. } = &mut self.naive;
        orders.iter().filter(|order| order.is_day).for_each(|order| {
            books[order.book].cancel(order.naive);
        });
        let january = utc("2027-01-01T00:00:00Z");
        for event in &out.list {
            match event {
                Event::Fixing { product: ProductId(0), price, utc } => {
                    assert_eq!(price.0, index);
                    if *utc < january {
                        self.naive.fixings.push(index);
                    }
                }
                Event::Settlement(told) => {
                    let Some(book) = self.listings.iter().position(|listing| *listing == told.listing) else {
                        continue;
                    };
                    let want = match told.kind {
                        // To the nearest tick, half a tick up.
                        SettlementKind::Daily => (self.naive.marks[book] + TICK / 2).div_euclid(TICK) * TICK,
                        SettlementKind::Delivery => {
                            let count = self.naive.fixings.len() as i64;
                            let sum: i64 = self.naive.fixings.iter().sum();
                            // To the nearest; the list of days makes halves impossible only by luck.
                            let (down, rest) = (sum.div_euclid(count), sum.rem_euclid(count));
                            let up = 2 * rest > count || (2 * rest == count && down % 2 == 1);
                            down + i64::from(up)
                        }
                    };
                    assert_eq!(told.price.0, want, "{told:?}");
                    self.naive.settle(book, want);
                    if told.kind == SettlementKind::Delivery {
                        assert_eq!(book, 0, "December is over before March");
                        self.naive.last[book] = Some(want);
                        let Naive { orders, books, .. } = &mut self.naive;
                        orders.iter().filter(|order| order.book == book).for_each(|order| {
                            books[book].cancel(order.naive);
                        });
                    }
                }
                _ => {}
            }
        }
    }

    fn compare(&mut self) {
        for (book, listing) in self.listings.into_iter().enumerate() {
            for side in Side::BOTH {
                let mut levels = Vec::new();
                self.engine.copy_levels(listing, side, usize::MAX, &mut levels);
                let ours: Vec<(i64, i64)> =
                    levels.iter().map(|level| (level.price.0 / TICK, level.qty.whole_lots())).collect();
                assert_eq!(ours, self.naive.books[book].copy_levels(side));
            }
            let [bid, ask] = Side::BOTH.map(|side| self.engine.best(listing, side).map(|level| level.price));
            assert!(bid.zip(ask).is_none_or(|(bid, ask)| bid < ask), "crossed: {bid:?} {ask:?}");
            let mut sum = Qty::ZERO;
            for (n, account) in (0..).zip(&self.accounts) {
                let net = self.engine.net(*account, listing);
                assert_eq!(net.whole_lots(), self.naive.net(n, book), "client {n} in {}", SYMBOLS[book]);
                sum += net;
            }
            assert!(sum.is_zero(), "contracts come in pairs");
        }
        for (n, account) in (0..).zip(&self.accounts) {
            let portfolio = self.engine.portfolio(*account).unwrap();
            assert_eq!(portfolio.balance, self.naive.balance(n, self.opening), "balance of client {n}");
            assert_eq!(portfolio.equity, self.naive.equity(n, self.opening), "equity of client {n}");
            let working: Vec<(OrderId, i64)> =
                self.engine.open_orders(*account).map(|order| (order.id, order.remaining().whole_lots())).collect();
            let Naive { orders, books, .. } = &mut self.naive;
            let mut model: Vec<(OrderId, i64)> = orders
                .iter()
                .filter(|order| order.account == n)
                .filter_map(|order| Some((order.id, books[order.book].remaining(order.naive)?)))
                .collect();
            model.sort_unstable();
            assert_eq!(working, model, "what works of client {n}");
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 400, ..Config::default() })]

    #[test]
    fn whatever_is_asked_the_naive_exchange_does_the_same(steps in steps()) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.apply(step);
            pair.compare();
        }
        // What is left in the books trades in its order.
        for (account, book, side) in (0..ACCOUNTS).flat_map(|n| [(n, 0), (n, 1)]).flat_map(|(n, at)| Side::BOTH.map(|s| (n, at, s))) {
            let ticks = MIDDLE + side.sign() * REACH;
            pair.apply(&Step::Place { account, book, side, ticks, lots: 7, way: Way::Immediate });
            pair.compare();
        }
    }
}
