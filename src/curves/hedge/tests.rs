//! Hedges: worked by hand, and properties of every plan.

use proptest::prelude::*;

use super::*;

const JAN: Month = Month { year: 2027, month: 1 };
const SIZE: i64 = 730;

fn exposures(units: &[f64]) -> Vec<Exposure> {
    (0..).zip(units).map(|(ahead, &units)| Exposure { month: JAN.plus(ahead), units }).collect()
}

fn months(count: i32) -> Vec<Period> {
    (0..count).map(|ahead| Period::month(JAN.plus(ahead))).collect()
}

fn shown(plan: &Plan) -> Vec<(String, Side, i64)> {
    plan.orders.iter().map(|order| (order.period.to_string(), order.side, order.lots)).collect()
}

fn level(price: &str, lots: i64) -> Level {
    Level { price: Price::parse(price).unwrap(), qty: Qty::lots(lots) }
}

#[test]
fn strips_take_what_their_months_have_in_common() {
    // 64 GPUs around the clock in January and February, 80 in March, in lots of 730 hours: 65.3, 59.0, 81.5.
    let needs = [64.0 * 744.0, 64.0 * 672.0, 80.0 * 744.0];
    let mut listed = months(3);
    listed.push(Period::quarter_of(JAN));
    let plan = plan(&exposures(&needs), &listed, SIZE);
    let (buy, q1) = (Side::Bid, "Q1-27".to_owned());
    // 58.91 lots in February: the quarter takes 58, February one more, January 7, March 24 (23.53).
    let want =
        [(q1, buy, 58), ("JAN-27".to_owned(), buy, 7), ("FEB-27".to_owned(), buy, 1), ("MAR-27".to_owned(), buy, 24)];
    assert_eq!(shown(&plan), want);
    let open: Vec<f64> = plan.residual.iter().map(|r| r.units).collect();
    assert_eq!(open, [needs[0] - 65.0 * 730.0, needs[1] - 59.0 * 730.0, needs[2] - 82.0 * 730.0]);
}

#[test]
fn a_strip_alone_takes_the_mean() {
    let plan = plan(&exposures(&[7_300.0, 14_600.0, 7_300.0]), &[Period::quarter_of(JAN)], SIZE);
    assert_eq!(shown(&plan), [("Q1-27".to_owned(), Side::Bid, 13)]);
    assert_eq!(plan.residual.iter().map(|r| r.units).collect::<Vec<_>>(), [-2_190.0, 5_110.0, -2_190.0]);
}

#[test]
fn producers_sell_and_mixed_months_share_no_strip() {
    let mut listed = months(3);
    listed.push(Period::quarter_of(JAN));
    let sold = plan(&exposures(&[-7_300.0, -8_030.0, -7_665.0]), &listed, SIZE);
    assert_eq!(shown(&sold)[0], ("Q1-27".to_owned(), Side::Ask, 10));
    assert_eq!(shown(&sold)[1..], [("FEB-27".to_owned(), Side::Ask, 1), ("MAR-27".to_owned(), Side::Ask, 1)]);
    let mixed = plan(&exposures(&[7_300.0, -7_300.0, 7_300.0]), &listed, SIZE);
    assert!(mixed.orders.iter().all(|order| order.period.len() == 1) && mixed.orders.len() == 3);
    let missing = plan(&exposures(&[7_300.0]), &[], SIZE);
    assert_eq!((missing.orders, missing.residual), (vec![], exposures(&[7_300.0])));
}

#[test]
fn orders_are_walked_through_the_book() {
    let order = HedgeOrder { period: Period::month(JAN), side: Side::Bid, lots: 30 };
    let asks = [level("2.73", 10), level("2.74", 15), level("2.76", 50)];
    let units = Units::Equal(SIZE);
    let bought = walk(&order, &asks, units).unwrap();
    // 730·(10·2.73 + 15·2.74 + 5·2.76) = 60,006; 730·30·2.73 = 59,787.
    assert_eq!((bought.filled, bought.cost), (Qty::lots(30), Money::dollars(60_006)));
    assert_eq!((bought.cost_at_touch, bought.worst), (Money::dollars(59_787), Price::parse("2.76").unwrap()));
    let sold = walk(&HedgeOrder { side: Side::Ask, ..order }, &[level("2.70", 10)], units).unwrap();
    assert_eq!((sold.filled, sold.cost), (Qty::lots(10), Money::dollars(-19_710)));
    assert_eq!(sold.average_lossy(SIZE), Some(2.70));
    assert_eq!(walk(&order, &[], units), None);
}

#[test]
fn a_hedge_in_another_index_leaves_basis() {
    let basis = Basis { exposure_volatility: 0.6, hedge_volatility: 0.3, correlation: 0.8 };
    let ratio = basis.minimum_variance_ratio().unwrap();
    assert!((ratio - 1.6).abs() < 1e-12);
    // 100·0.6·√(1 − 0.64)·√0.25
    assert!((basis.residual_deviation(100.0, 160.0, 0.25) - 18.0).abs() < 1e-9);
    for other in [0.0, 1.0, 1.5, 1.7, 3.0] {
        assert!(basis.residual_deviation(100.0, 100.0 * other, 0.25) > 18.0);
    }
    assert!((basis.effectiveness() - 0.64).abs() < 1e-12);
    let perfect = Basis { exposure_volatility: 0.3, correlation: 1.0, ..basis };
    assert_eq!(perfect.residual_deviation(100.0, 100.0, 1.0), 0.0);
}

#[test]
fn scenarios_move_only_what_is_open() {
    let months = [
        HedgedMonth { needed: 1_000.0, hedged: 730.0, forward: 2.7 },
        HedgedMonth { needed: 1_000.0, hedged: 1_460.0, forward: 2.5 },
    ];
    let paid = 730.0 * 2.71 + 1_460.0 * 2.52;
    let rows = scenarios(&months, paid, &[0.0, 0.2]);
    assert!((rows[0].unhedged - 5_200.0).abs() < 1e-9 && (rows[1].unhedged - 6_240.0).abs() < 1e-9);
    // 270·2.7 − 460·2.5 = −421 stays open.
    assert!((rows[0].hedged - (paid - 421.0)).abs() < 1e-9 && (rows[1].hedged - (paid - 421.0 * 1.2)).abs() < 1e-9);
}

#[test]
fn brokers_are_checked_against_the_strip() {
    let strip = Touch { bid: Some(2.60), ask: Some(2.64) };
    let check = check_quote(2.75, 8_760.0, 2.62, strip);
    assert_eq!(check.verdict, Some(Verdict::AboveAsk));
    assert!((check.premium - 0.13).abs() < 1e-12 && (check.total - 1_138.8).abs() < 1e-9);
    assert_eq!(check_quote(2.64, 1.0, 2.62, strip).verdict, Some(Verdict::Inside));
    assert_eq!(check_quote(2.59, 1.0, 2.62, strip).verdict, Some(Verdict::BelowBid));
    assert_eq!(check_quote(2.70, 1.0, 2.62, Touch { ask: None, ..strip }).verdict, None);
}

proptest! {
    #[test]
    fn months_are_left_with_less_than_half_a_lot(
        needs in prop::collection::vec(-90_000.0..90_000.0_f64, 1..14),
        strips in prop::collection::vec((0..12_i32, 2..=12_u32), 0..5),
    ) {
        let mut listed = months(26);
        listed.extend(strips.iter().map(|&(from, months)| Period::new(JAN.plus(from), months).unwrap()));
        let plan = plan(&exposures(&needs), &listed, SIZE);
        for (at, residual) in plan.residual.iter().enumerate() {
            prop_assert!(residual.units.abs() <= 365.0 + 1e-6, "{residual:?}");
            let held: i64 = plan
                .orders
                .iter()
                .filter(|order| order.period.iter().any(|month| month == residual.month))
                .map(|order| order.side.sign() * order.lots)
                .sum();
            let needed = needs.get(at).copied().unwrap_or(0.0);
            prop_assert!((held as f64 * 730.0 + residual.units - needed).abs() < 1e-6);
            let turned = plan.orders.iter().any(|order| order.side.sign() as f64 * needed < 0.0 && order.period.iter().any(|m| m == residual.month));
            prop_assert!(!turned || needed.abs() < 365.0, "nothing is bought that must be sold");
        }
    }

    #[test]
    fn the_walk_costs_what_its_lots_cost(lots in 1..60_i64, book in prop::collection::vec((1..30_i64, 1..5_i64), 1..6)) {
        let mut price = 2_000_000_000;
        let levels: Vec<Level> = book
            .iter()
            .map(|&(size, gap)| {
                price += gap * 10_000_000;
                Level { price: Price(price), qty: Qty::lots(size) }
            })
            .collect();
        let order = HedgeOrder { period: Period::quarter_of(JAN), side: Side::Bid, lots };
        let walk = walk(&order, &levels, Units::Equal(SIZE)).unwrap();
        let each = levels.iter().flat_map(|l| std::iter::repeat_n(l.price, l.qty.whole_lots() as usize));
        let taken: Vec<Price> = each.take(lots as usize).collect();
        prop_assert_eq!(walk.filled, Qty::lots(taken.len() as i64));
        let cost: i128 = taken.iter().map(|price| i128::from(price.0) * 2_190).sum();
        prop_assert_eq!(walk.cost, Money(cost));
        prop_assert!(walk.slippage() >= Money::ZERO);
        prop_assert_eq!(Some(&walk.worst), taken.last());
    }
}

#[test]
fn a_basis_is_measured_from_changes() {
    // Weekly: the exposure moves half as much as the hedge, always with it, and then once against it.
    let step = 7.0 / 365.25;
    let moves = [0.04, -0.02, 0.03, 0.01, -0.05, 0.02, 0.02, -0.01];
    let mut prices = vec![(0.0, 3.0, 2.0)];
    for (at, change) in (1..).zip(moves) {
        let &(_, exposure, hedge) = prices.last().unwrap();
        let half: f64 = change / 2.0;
        prices.push((f64::from(at) * step, exposure * half.exp(), hedge * f64::exp(change)));
    }
    let basis = Basis::measured(&prices, 1).unwrap();
    let squares: f64 = moves.iter().map(|m| m * m).sum();
    let volatility = (squares / (8.0 * step)).sqrt();
    assert!((basis.hedge_volatility - volatility).abs() < 1e-12);
    assert!((basis.exposure_volatility - volatility / 2.0).abs() < 1e-12);
    assert!((basis.correlation - 1.0).abs() < 1e-12 && (basis.minimum_variance_ratio().unwrap() - 0.5).abs() < 1e-12);
    assert!(basis.residual_deviation(1.0, 0.5, 1.0) < 1e-7, "half of it takes everything away");
    assert_eq!(Basis::measured(&prices[..8], 1), None, "seven changes are too few");
    assert_eq!(Basis::measured(&prices, 2), None, "and so are seven of two weeks");
    let still: Vec<_> = prices.iter().map(|&(at, exposure, _)| (at, exposure, 2.0)).collect();
    assert_eq!(Basis::measured(&still, 1), None, "what does not move hedges nothing");
    let against: Vec<_> = prices.iter().map(|&(at, exposure, hedge)| (at, 1.0 / exposure, hedge)).collect();
    assert!((Basis::measured(&against, 1).unwrap().correlation + 1.0).abs() < 1e-12);
}
