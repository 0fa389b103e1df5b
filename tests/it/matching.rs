//! Matching against a naive model, and the exchange's conversations: `tests/scripts/matching/*.txt` hold commands (`> …`) and what the
//! engine reports to each; `UPDATE_EXPECT=1` writes the answers anew.

#[path = "../bench/naive_matching.rs"]
pub mod naive;
mod script;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tenor::domain::book::Level;
use tenor::domain::number::{Price, Qty, Side};
use tenor::domain::order::Reduce;
use tenor::exchange::accounts::AccountId;
use tenor::exchange::engine::OrderId;
use tenor::exchange::engine::book::{Book, Nodes, Verdict};

use naive::{Met, NaiveBook};

#[test]
fn scripts_say_what_the_engine_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/matching");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "scripts are missing from {}", folder.display());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let told = script::run(&text);
        if told == text {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&file, told).unwrap();
        } else {
            wrong.push(format!("{}\n{}", file.display(), first_difference(&text, &told)));
        }
    }
    assert!(wrong.is_empty(), "UPDATE_EXPECT=1 rewrites these, if they are right now:\n{}", wrong.join("\n"));
}

fn first_difference(expected: &str, got: &str) -> String {
    let pairs = expected.lines().map(Some).chain(std::iter::repeat(None)).zip(got.lines().map(Some).chain([None]));
    for (number, (expected, got)) in (1..).zip(pairs) {
        if expected != got {
            return format!("  line {number}\n  expected {expected:?}\n  got      {got:?}");
        }
    }
    "  the script goes on after the last answer".to_owned()
}

#[derive(Clone, Debug)]
enum Step {
    Place {
        account: u32,
        side: Side,
        ticks: i64,
        qty: i64,
    },
    Cancel {
        nth: usize,
    },
    /// Smaller keeps its place, larger or elsewhere goes to the end.
    Edit {
        nth: usize,
        ticks: Option<i64>,
        qty: i64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let side = prop_oneof![Just(Side::Bid), Just(Side::Ask)];
    let ticks = prop_oneof![20 => -12_i64..12, 1 => -2_000_i64..2_000];
    let step = prop_oneof![
        6 => (0_u32..4, side, ticks.clone(), 1_i64..9).prop_map(|(account, side, ticks, qty)| Step::Place { account, side, ticks, qty }),
        2 => any::<usize>().prop_map(|nth| Step::Cancel { nth }),
        2 => (any::<usize>(), proptest::option::of(ticks), 1_i64..9).prop_map(|(nth, ticks, qty)| Step::Edit { nth, ticks, qty }),
    ];
    proptest::collection::vec(step, 1..300)
}

/// Both books side by side; every order under both its names.
#[derive(Default)]
struct Pair {
    nodes: Nodes,
    naive: NaiveBook,
    orders: Vec<Order>,
}

#[derive(Clone, Copy)]
struct Order {
    flat: OrderId,
    naive: u64,
    account: u32,
    side: Side,
    ticks: i64,
}

impl Pair {
    /// Matches, then rests what is left. Both must meet the same makers for the same quantities in the same order.
    fn enter(&mut self, book: &mut Book, slot: u32, order: Order, qty: i64) {
        let (mut ours, mut models) = (Vec::new(), Vec::new());
        let left = book.take(&mut self.nodes, order.side, order.ticks, qty, |maker, _, ticks, offer| {
            let own = maker.account == AccountId(order.account);
            ours.push((maker.id, ticks, if own { 0 } else { offer }));
            if own { Verdict::Remove } else { Verdict::Fill(offer) }
        });
        let model_left = self.naive.take(order.side, order.account, order.ticks, qty, |met| models.push(met));
        let named: Vec<Met> = ours
            .iter()
            .map(|&(id, ticks, qty)| {
                let maker = self.orders.iter().find(|o| o.flat == id).expect("only known orders rest").naive;
                Met { maker, ticks, qty }
            })
            .collect();
        assert_eq!(named, models);
        assert_eq!(left, model_left);
        if left > 0 {
            book.rest(&mut self.nodes, slot, order.ticks, left);
            self.naive.rest(order.naive, order.account, order.side, order.ticks, left);
        } else {
            self.nodes.release(slot);
        }
    }

    fn apply(&mut self, book: &mut Book, step: &Step) {
        match *step {
            Step::Place { account, side, ticks, qty } => {
                let (slot, flat) = self.nodes.allocate(AccountId(account), side, Reduce::Any);
                let order = Order { flat, naive: self.naive.allocate(), account, side, ticks };
                self.orders.push(order);
                self.enter(book, slot, order, qty);
            }
            Step::Cancel { nth } if !self.orders.is_empty() => {
                let order = self.orders[nth % self.orders.len()];
                let slot = self.nodes.slot(order.flat);
                assert_eq!(slot.is_some(), self.naive.cancel(order.naive));
                if let Some(slot) = slot {
                    book.remove(&mut self.nodes, slot);
                    self.nodes.release(slot);
                }
            }
            Step::Edit { nth, ticks, qty } if !self.orders.is_empty() => {
                let at = nth % self.orders.len();
                let order = self.orders[at];
                let Some(slot) = self.nodes.slot(order.flat) else { return };
                let remaining = self.nodes.get(slot).qty;
                assert_eq!(self.naive.remaining(order.naive), Some(remaining));
                let ticks = ticks.unwrap_or(order.ticks);
                if ticks == order.ticks && qty <= remaining {
                    book.shrink(&mut self.nodes, slot, remaining - qty);
                    assert!(self.naive.shrink(order.naive, remaining - qty));
                    return;
                }
                self.orders[at].ticks = ticks;
                book.remove(&mut self.nodes, slot);
                assert!(self.naive.cancel(order.naive));
                self.enter(book, slot, self.orders[at], qty);
            }
            Step::Cancel { .. } | Step::Edit { .. } => {}
        }
    }
}

proptest! {
    #[test]
    fn flat_levels_match_like_the_naive_book(steps in steps()) {
        let tick = Price(10_000_000);
        let (mut book, mut pair) = (Book::new(tick), Pair::default());
        let (mut twin, mut changes) = (tenor::domain::book::Book::new(tick), Vec::new());
        for step in &steps {
            pair.apply(&mut book, step);
            book.report(&mut changes);
            for change in changes.drain(..) {
                prop_assert_eq!(twin.set(change.side, change.price, change.qty), change.before);
            }
            for side in Side::BOTH {
                let mut levels = Vec::new();
                book.copy_levels(side, usize::MAX, &mut levels);
                let model: Vec<Level> = pair
                    .naive
                    .copy_levels(side)
                    .into_iter()
                    .map(|(ticks, qty)| Level { price: Price::from_ticks(ticks, tick), qty: Qty(qty) })
                    .collect();
                prop_assert_eq!(book.best(side), model.first().copied());
                prop_assert_eq!(book.best_ticks(side), pair.naive.best(side));
                prop_assert_eq!(levels, model);
            }
            prop_assert_eq!(book.digest(), twin.digest());
            let alive = pair.orders.iter().filter(|order| pair.nodes.slot(order.flat).is_some()).count();
            prop_assert_eq!(alive, pair.naive.len());
        }
    }
}
