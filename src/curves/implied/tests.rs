//! Implied prices: worked by hand in both orientations, and equal to trying everything, lot by lot, on random books.

use proptest::prelude::*;

use super::*;
use crate::curves::spreads::{butterfly, calendar};
use crate::domain::contract::{Leg, Month};

const DEC_26: Month = Month { year: 2026, month: 12 };

fn h100() -> Product {
    Product::new("H100").unwrap()
}

fn outright(ahead: i32) -> Contract {
    Contract::Outright { product: h100(), delivery: Delivery::Month(DEC_26.plus(ahead)) }
}

fn level(price: &str, lots: i64) -> Level {
    Level { price: Price::parse(price).unwrap(), qty: Qty::lots(lots) }
}

struct Market {
    contracts: Vec<Contract>,
    books: Vec<[Vec<Level>; 2]>,
}

impl Market {
    fn ladder(&self, target: &Contract, side: Side) -> (Vec<Route>, Vec<ImpliedLevel>) {
        let listed: Vec<&Contract> = self.contracts.iter().collect();
        let routes = routes(target, &listed);
        let books: Vec<Sides<'_>> = self.books.iter().map(|[bids, asks]| Sides { bids, asks }).collect();
        let levels = ladder(&routes, &books, side, usize::MAX);
        (routes, levels)
    }

    fn best(&self, target: &Contract, side: Side) -> (String, i64, Vec<(usize, i64)>) {
        let (routes, levels) = self.ladder(target, side);
        let steps = routes[levels[0].route].steps.iter().map(|step| (step.listed, step.multiple)).collect();
        (levels[0].price.to_string(), levels[0].qty.whole_lots(), steps)
    }
}

fn market() -> Market {
    Market {
        contracts: vec![outright(0), outright(3), calendar(&h100(), [DEC_26, DEC_26.plus(3)])],
        books: vec![
            [vec![level("2.79", 12)], vec![level("2.81", 7)]],
            [vec![level("2.63", 5)], vec![level("2.64", 9)]],
            [vec![level("0.14", 40)], vec![level("0.17", 3)]],
        ],
    }
}

#[test]
fn implied_in_crosses_the_legs() {
    let market = market();
    let spread = &market.contracts[2];
    // near bid − far ask = 2.79 − 2.64; listed bid 0.14.
    assert_eq!(market.best(spread, Side::Bid), ("0.15".to_owned(), 9, vec![(0, 1), (1, -1)]));
    // near ask − far bid = 2.81 − 2.63; listed ask 0.17 is better, then the legs.
    assert_eq!(market.best(spread, Side::Ask), ("0.17".to_owned(), 3, vec![(2, 1)]));
    let (_, levels) = market.ladder(spread, Side::Ask);
    assert_eq!(levels[1].price.to_string(), "0.18");
    assert_eq!(levels[1].qty, Qty::lots(5));
}

#[test]
fn implied_out_trades_the_spread_and_the_other_leg() {
    let market = market();
    // far ask = near ask − spread bid = 2.81 − 0.14 = 2.67 behind the listed 2.64; far bid = near bid − spread ask = 2.62 behind 2.63.
    let (routes, levels) = market.ladder(&market.contracts[1], Side::Ask);
    let shown: Vec<_> =
        levels.iter().map(|l| (l.price.to_string(), l.qty.whole_lots(), routes[l.route].is_listed())).collect();
    assert_eq!(shown, [("2.64".to_owned(), 9, true), ("2.67".to_owned(), 7, false)]);
    let (_, levels) = market.ladder(&market.contracts[1], Side::Bid);
    assert_eq!((levels[1].price.to_string(), levels[1].qty), ("2.62".to_owned(), Qty::lots(3)));
}

#[test]
fn orientation_is_that_of_the_legs() {
    // The same market with the spread listed far minus near: −0.17 bid, −0.14 offered.
    let mut turned = market();
    turned.contracts[2] = calendar(&h100(), [DEC_26.plus(3), DEC_26]);
    turned.books[2] = [vec![level("-0.17", 3)], vec![level("-0.14", 40)]];
    let near_far = calendar(&h100(), [DEC_26, DEC_26.plus(3)]);
    assert_eq!(turned.best(&near_far, Side::Ask), ("0.17".to_owned(), 3, vec![(2, -1)]));
    assert_eq!(turned.best(&turned.contracts[2], Side::Ask), ("-0.15".to_owned(), 9, vec![(0, -1), (1, 1)]));
    for side in Side::BOTH {
        let prices = |levels: Vec<ImpliedLevel>| levels.iter().map(|l| (l.price, l.qty)).collect::<Vec<_>>();
        let (_, straight) = market().ladder(&outright(3), side);
        let (_, other) = turned.ladder(&outright(3), side);
        assert_eq!(prices(straight), prices(other));
    }
}

#[test]
fn two_of_a_leg_halve_the_size_and_may_reach_two_levels() {
    let fly = butterfly(&h100(), [DEC_26, DEC_26.plus(1), DEC_26.plus(2)]);
    let market = Market {
        contracts: vec![outright(0), outright(1), outright(2)],
        books: vec![
            [vec![], vec![level("2.80", 10)]],
            [vec![level("2.75", 5), level("2.74", 3)], vec![]],
            [vec![], vec![level("2.71", 10)]],
        ],
    };
    let (_, levels) = market.ladder(&fly, Side::Ask);
    let shown: Vec<_> = levels.iter().map(|l| (l.price.to_string(), l.qty.whole_lots())).collect();
    // 2·2.75 twice, 2.75 + 2.74 once, 2·2.74 once.
    assert_eq!(shown, [("0.01".to_owned(), 2), ("0.02".to_owned(), 1), ("0.03".to_owned(), 1)]);
    assert_eq!(market.ladder(&fly, Side::Bid).1, []);
}

#[test]
fn sizes_below_a_lot_are_no_lots() {
    let mut market = market();
    market.books[0][0] = vec![Level { price: Price::parse("2.80").unwrap(), qty: Qty(900_000) }, level("2.79", 4)];
    assert_eq!(market.best(&market.contracts[0], Side::Bid), ("2.79".to_owned(), 4, vec![(0, 1)]));
}

#[test]
fn an_arbitrage_elsewhere_is_no_price_of_this() {
    let months = [DEC_26.plus(1), DEC_26.plus(2)];
    let mut market = Market {
        contracts: vec![outright(0), outright(1), outright(2), calendar(&h100(), months)],
        books: vec![[vec![level("2.79", 5)], vec![level("2.80", 5)]]; 4],
    };
    market.books[3] = [vec![], vec![level("-9", 5)]];
    assert_eq!(market.best(&market.contracts[0], Side::Ask), ("2.8".to_owned(), 5, vec![(0, 1)]));
    let (_, levels) = market.ladder(&market.contracts[0], Side::Ask);
    assert_eq!(levels.len(), 1);
    assert_eq!(market.best(&market.contracts[1], Side::Ask), ("-6.2".to_owned(), 5, vec![(2, 1), (3, 1)]));
}

/// Every lot of every side in order, and a search over every combination of contracts and multiples.
struct Exhaustive {
    positions: Vec<Vec<i64>>,
    lots: Vec<[Vec<i64>; 2]>,
}

const MONTHS: i32 = 4;

impl Exhaustive {
    fn new(market: &Market) -> Self {
        let vector = |contract: &Contract| {
            let held = position(contract);
            let count = |month| held.iter().filter(|h| h.1 == Delivery::Month(month)).map(|h| h.2).sum();
            (0..MONTHS).map(|ahead| count(DEC_26.plus(ahead))).collect()
        };
        let flat = |levels: &Vec<Level>| {
            levels.iter().flat_map(|l| std::iter::repeat_n(l.price.0, l.qty.whole_lots() as usize)).collect()
        };
        Self {
            positions: market.contracts.iter().map(vector).collect(),
            lots: market.books.iter().map(|[bids, asks]| [flat(bids), flat(asks)]).collect(),
        }
    }

    fn is_spread(&self, at: usize) -> bool {
        self.positions[at].iter().filter(|count| **count != 0).count() > 1
    }

    /// All choices of multiples −2..=2 that add up to `target` within the limits.
    fn routes(&self, target: &[i64]) -> Vec<Vec<(usize, i64)>> {
        let mut found = Vec::new();
        let mut chosen = Vec::new();
        self.choose(0, target, target, &mut chosen, &mut found);
        found
    }

    fn choose(
        &self,
        at: usize,
        rest: &[i64],
        target: &[i64],
        chosen: &mut Vec<(usize, i64)>,
        found: &mut Vec<Vec<(usize, i64)>>,
    ) {
        if at == self.positions.len() {
            let spreads = chosen.iter().filter(|(at, _)| self.is_spread(*at)).count();
            let outrights = chosen.len() - spreads;
            let legs = target.iter().filter(|count| **count != 0).count();
            let most = if spreads == 0 { legs.max(2) } else { 2 };
            let fits = rest.iter().all(|count| *count == 0) && spreads <= 2 && outrights <= most;
            if fits && !self.has_circle(chosen) {
                found.push(chosen.clone());
            }
            return;
        }
        let reach = if self.is_spread(at) { 1 } else { 4 };
        for multiple in -reach..=reach {
            let next: Vec<i64> =
                rest.iter().zip(&self.positions[at]).map(|(rest, count)| rest - multiple * count).collect();
            if multiple != 0 {
                chosen.push((at, multiple));
            }
            self.choose(at + 1, &next, target, chosen, found);
            if multiple != 0 {
                chosen.pop();
            }
        }
    }

    /// Whether some of the steps, not all, add up to nothing.
    fn has_circle(&self, steps: &[(usize, i64)]) -> bool {
        (1..(1 << steps.len()) - 1_u32).any(|subset| {
            (0..MONTHS as usize).all(|month| {
                let part = |(i, (at, multiple)): (usize, &(usize, i64))| {
                    i64::from(subset >> i & 1) * multiple * self.positions[*at][month]
                };
                steps.iter().enumerate().map(part).sum::<i64>() == 0
            })
        })
    }

    /// Lot by lot: the price and the route of each.
    fn trade(&mut self, target: &[i64], side: Side) -> Vec<(i64, Vec<(usize, i64)>)> {
        let routes = self.routes(target);
        let mut traded = Vec::new();
        loop {
            let price = |route: &Vec<(usize, i64)>| {
                let mut total = 0;
                for &(at, multiple) in route {
                    let taken = usize::from((side == Side::Ask) == (multiple > 0));
                    let lots = self.lots[at][taken].get(..multiple.unsigned_abs() as usize)?;
                    total += multiple.signum() * lots.iter().sum::<i64>();
                }
                Some(total)
            };
            let key = |price: i64, route: &Vec<(usize, i64)>| {
                (if side == Side::Ask { price } else { -price }, route.len(), route.clone())
            };
            let best = routes.iter().filter_map(|route| Some((price(route)?, route))).min_by_key(|(p, r)| key(*p, r));
            let Some((price, route)) = best else { return traded };
            for &(at, multiple) in route {
                let taken = usize::from((side == Side::Ask) == (multiple > 0));
                self.lots[at][taken].drain(..multiple.unsigned_abs() as usize);
            }
            traded.push((price, route.clone()));
        }
    }
}

fn side_of(side: Side) -> impl Strategy<Value = Vec<Level>> {
    prop::collection::btree_map(0..12_i64, 1..5_i64, 0..4).prop_map(move |levels| {
        let mut levels: Vec<Level> = levels
            .into_iter()
            .map(|(depth, lots)| Level { price: Price(-side.sign() * depth * 10_000_000), qty: Qty::lots(lots) })
            .collect();
        levels.sort_by_key(|level| -side.sign() * level.price.0);
        levels
    })
}

fn spread_contract() -> impl Strategy<Value = Contract> {
    let ratios = prop_oneof![
        4 => Just(vec![1_i8, -1]),
        1 => Just(vec![-1, 1]),
        1 => Just(vec![1, -2, 1]),
        1 => Just(vec![1, 1]),
    ];
    (ratios, Just((0..MONTHS).collect::<Vec<i32>>()).prop_shuffle()).prop_map(|(ratios, months)| Contract::Spread {
        legs: ratios
            .into_iter()
            .zip(months)
            .map(|(ratio, ahead)| Leg { product: h100(), delivery: Delivery::Month(DEC_26.plus(ahead)), ratio })
            .collect(),
    })
}

fn random_market() -> impl Strategy<Value = Market> {
    (2..=4_usize, prop::collection::vec(spread_contract(), 0..4)).prop_flat_map(|(outrights, spreads)| {
        let contracts: Vec<Contract> = (0..MONTHS).map(outright).take(outrights).chain(spreads).collect();
        let books =
            prop::collection::vec((-20..20_i64, 0..4_i64, side_of(Side::Bid), side_of(Side::Ask)), contracts.len());
        books.prop_map(move |books| Market {
            contracts: contracts.clone(),
            books: books
                .into_iter()
                .map(|(middle, width, mut bids, mut asks)| {
                    bids.iter_mut().for_each(|l| l.price += Price(middle * 10_000_000));
                    asks.iter_mut().for_each(|l| l.price += Price((middle + width) * 10_000_000));
                    [bids, asks]
                })
                .collect(),
        })
    })
}

impl std::fmt::Debug for Market {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (contract, [bids, asks]) in self.contracts.iter().zip(&self.books) {
            writeln!(f, "{contract}: {bids:?} {asks:?}")?;
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn nothing_better_is_found_by_trying_everything(market in random_market(), choice in any::<prop::sample::Index>(), target in spread_contract()) {
        let listed = choice.get(&market.contracts).clone();
        for target in [listed, target] {
            for side in Side::BOTH {
                let mut exhaustive = Exhaustive::new(&market);
                let wanted: Vec<i64> = Exhaustive::new(&Market { contracts: vec![target.clone()], books: vec![] }).positions.remove(0);
                let want = exhaustive.trade(&wanted, side);
                let (routes, levels) = market.ladder(&target, side);
                let steps = |route: usize| routes[route].steps.iter().map(|s| (s.listed, s.multiple)).collect::<Vec<_>>();
                let got: Vec<_> = levels
                    .iter()
                    .flat_map(|l| std::iter::repeat_n((l.price.0, steps(l.route)), l.qty.whole_lots() as usize))
                    .collect();
                prop_assert_eq!(&got, &want, "{} {:?}", target, side);
                let books: Vec<Sides<'_>> = market.books.iter().map(|[bids, asks]| Sides { bids, asks }).collect();
                prop_assert_eq!(best(&routes, &books, side).map(|l| l.price.0), want.first().map(|lot| lot.0));
            }
        }
    }
}
