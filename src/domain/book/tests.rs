//! The book against a naive map of levels.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What a book is supposed to be.
#[derive(Debug, Default)]
struct Naive {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
}

impl Naive {
    fn side(&mut self, side: Side) -> &mut BTreeMap<Price, Qty> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }

    fn set(&mut self, side: Side, price: Price, qty: Qty) -> Qty {
        let levels = self.side(side);
        if qty.is_zero() { levels.remove(&price) } else { levels.insert(price, qty) }.unwrap_or_default()
    }

    fn levels(&self, side: Side) -> Vec<Level> {
        let level = |(&price, &qty)| Level { price, qty };
        match side {
            Side::Bid => self.bids.iter().rev().map(level).collect(),
            Side::Ask => self.asks.iter().map(level).collect(),
        }
    }

    fn digest(&self) -> u64 {
        let share = |side| move |level: Level| level_digest(side, level.price, level.qty);
        let sum = |side| self.levels(side).into_iter().map(share(side)).fold(0, u64::wrapping_add);
        sum(Side::Bid).wrapping_add(sum(Side::Ask))
    }
}

#[track_caller]
fn assert_same(book: &Book, naive: &Naive) {
    for side in Side::BOTH {
        let want = naive.levels(side);
        assert_eq!(book.best(side), want.first().copied());
        assert_eq!(book.depth(side), want.len());
        let mut got = Vec::new();
        book.copy_levels(side, usize::MAX, &mut got);
        assert_eq!(got, want);
        got.clear();
        book.copy_levels(side, 3, &mut got);
        assert_eq!(got, want[..want.len().min(3)]);
    }
    let crossed = naive.bids.keys().next_back().zip(naive.asks.keys().next()).is_some_and(|(bid, ask)| bid >= ask);
    assert_eq!(book.is_crossed(), crossed);
    assert_eq!(book.digest(), naive.digest());
}

#[derive(Clone, Debug)]
enum Step {
    Set(Side, Price, Qty),
    Clear,
}

/// Mostly near a touch that wanders in leaps; sometimes far from it, between ticks, or at the ends of the number line.
fn steps(tick: i64) -> impl Strategy<Value = Vec<Step>> {
    let side = prop_oneof![Just(Side::Bid), Just(Side::Ask)];
    let qty = prop_oneof![3 => Just(0_i64), 6 => 1..1_000_000_i64, 1 => any::<i64>()].prop_map(Qty);
    let offset = prop_oneof![
        16 => (-30..30_i64).prop_map(move |ticks| ticks * tick),
        8 => (-700..700_i64).prop_map(move |ticks| ticks * tick),
        4 => (-9_000..9_000_i64).prop_map(move |ticks| ticks * tick),
        2 => (-40 * tick)..=(40 * tick),
        1 => any::<i64>(),
        1 => prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)],
    ];
    let run = (-20_000..20_000_i64, prop::collection::vec((side, offset, qty), 1..120), 0..20_u8);
    prop::collection::vec(run, 1..8).prop_map(move |runs| {
        let mut steps = Vec::new();
        for (centre, sets, clear) in runs {
            let price = |offset: i64| Price(offset.saturating_add(centre * tick));
            steps.extend(sets.into_iter().map(|(side, offset, qty)| Step::Set(side, price(offset), qty)));
            steps.extend((clear == 0).then_some(Step::Clear));
        }
        steps
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn is_what_the_naive_book_is(
        (tick, steps) in prop_oneof![Just(10_000_000), Just(5_000_000), Just(1), Just(7), Just(1 << 20), Just(0), Just(-10)]
            .prop_flat_map(|tick: i64| (Just(tick), steps(tick.max(3))))
    ) {
        let (mut book, mut naive) = (Book::new(Price(tick)), Naive::default());
        for (at, step) in steps.into_iter().enumerate() {
            match step {
                Step::Set(side, price, qty) => {
                    prop_assert_eq!(book.qty_at(side, price), naive.side(side).get(&price).copied().unwrap_or_default());
                    prop_assert_eq!(book.set(side, price, qty), naive.set(side, price, qty));
                    prop_assert_eq!(book.qty_at(side, price), qty);
                }
                Step::Clear => {
                    book.clear();
                    naive = Naive::default();
                }
            }
            for side in Side::BOTH {
                prop_assert_eq!(book.best(side), naive.levels(side).first().copied());
            }
            if at % 16 == 0 {
                assert_same(&book, &naive);
            }
        }
        assert_same(&book, &naive);
    }
}

const TICK: Price = Price(10_000_000);

fn at(ticks: i64) -> Price {
    Price::from_ticks(ticks, TICK)
}

/// Walks the touch of a deep market through many windows, in both directions and through zero.
#[test]
fn follows_a_travelling_touch() {
    let (mut book, mut naive) = (Book::new(TICK), Naive::default());
    let mut set = |side, price, qty| {
        assert_eq!(book.set(side, price, qty), naive.set(side, price, qty));
    };
    let touches = (0..6_000_i64).chain((-3_000..6_000).rev());
    for touch in touches.clone().step_by(5) {
        for (side, sign) in [(Side::Bid, -1), (Side::Ask, 1)] {
            for rank in 0..40 {
                set(side, at(touch + sign * (rank + 1)), Qty::lots(rank + 1));
            }
            for behind in 0..40 {
                set(side, at(touch - sign * behind), Qty::ZERO);
            }
        }
    }
    assert!(!book.is_crossed());
    assert_same(&book, &naive);
}

#[test]
fn equal_books_have_equal_digests_whatever_their_past() {
    let (mut one, mut other) = (Book::new(TICK), Book::new(TICK));
    for ticks in 0..500 {
        one.set(Side::Bid, at(ticks), Qty::lots(1));
        other.set(Side::Bid, at(499 - ticks), Qty::lots(2));
    }
    assert_ne!(one.digest(), other.digest());
    for ticks in 0..500 {
        other.set(Side::Bid, at(ticks), Qty::lots(1));
    }
    assert_eq!(one.digest(), other.digest());
    assert_ne!(
        level_digest(Side::Bid, at(1), Qty::lots(1)),
        level_digest(Side::Ask, at(1), Qty::lots(1)),
        "sides must not be exchangeable"
    );
    one.clear();
    assert_eq!((one.digest(), one.depth(Side::Bid)), (0, 0));
}
