//! The step curve: solved by hand, and properties of every curve. An arbitrage is proven by its own legs, its absence by a curve that
//! lies inside all quotes.

use proptest::prelude::*;

use super::*;
use crate::domain::calendar::Fixes;

const JAN: Month = Month { year: 2027, month: 1 };
const UNITS: Units = Units::Equal(730);

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn q1() -> Period {
    Period::quarter_of(JAN)
}

fn exact(period: Period, text: &str) -> Quote {
    Quote::exact(period, price(text))
}

fn both(period: Period, bid: &str, ask: &str) -> Quote {
    Quote::both(period, price(bid), price(ask))
}

fn forwards(curve: &StepCurve) -> Vec<f64> {
    curve.months().iter().map(|month| month.forward).collect()
}

fn assert_close(got: &[f64], want: &[f64]) {
    let is_close = got.len() == want.len() && got.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-12);
    assert!(is_close, "{got:?} is not {want:?}");
}

#[test]
fn a_quarter_fills_the_months_that_have_no_quote() {
    let quotes = [exact(q1(), "2.67"), exact(Period::month(JAN), "2.73")];
    let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
    // (3·2.67 − 2.73)/2 = 2.64
    assert_close(&forwards(&curve), &[2.73, 2.64, 2.64]);
    assert_eq!(
        curve.months().iter().map(|m| m.origin).collect::<Vec<_>>(),
        [Origin::Quoted, Origin::Strip, Origin::Strip]
    );
    assert!((curve.strip(q1()).unwrap() - 2.67).abs() < 1e-12);
    assert_eq!(curve.strip(Period::year(2027)), None);
}

#[test]
fn a_year_over_a_quarter_and_a_month() {
    let quotes = [exact(Period::year(2027), "2.5"), exact(q1(), "2.7"), exact(Period::month(JAN.plus(11)), "2.3")];
    let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
    // (12·2.5 − 3·2.7 − 2.3)/8 = 2.45
    let want: Vec<f64> = (0..12).map(|m| [2.7, 2.45, 2.3][usize::from(m >= 3) + usize::from(m == 11)]).collect();
    assert_close(&forwards(&curve), &want);
}

#[test]
fn overlapping_strips_are_unwound() {
    // JAN–MAR 2.70, FEB–APR 2.60, APR 2.50: FEB + MAR = 7.8 − 2.5, JAN = 8.1 − 5.3.
    let strip = |ahead, months| Period::new(JAN.plus(ahead), months).unwrap();
    let quotes = [exact(strip(1, 3), "2.6"), exact(strip(3, 1), "2.5"), exact(strip(0, 3), "2.7")];
    let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
    assert_close(&forwards(&curve), &[2.8, 2.65, 2.65, 2.5]);
    assert_eq!(curve.months()[0].origin, Origin::Quoted, "the quotes tell it");
}

#[test]
fn physical_strips_weigh_months_by_their_hours() {
    let quotes = [exact(q1(), "2.67"), exact(Period::month(JAN), "2.73")];
    let curve = bootstrap(&quotes, Units::CalendarHours, &[]).unwrap();
    // (2160·2.67 − 744·2.73)/1416
    assert_close(&forwards(&curve)[1..], &[3_736.08 / 1_416.0; 2]);
}

#[test]
fn a_strip_dearer_than_its_months_is_reported_in_money() {
    let month = |ahead, bid, ask| both(Period::month(JAN.plus(ahead)), bid, ask);
    let quotes =
        [both(q1(), "2.80", "2.82"), month(0, "2.71", "2.73"), month(1, "2.68", "2.70"), month(2, "2.66", "2.68")];
    let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
    let [arbitrage] = curve.arbitrages() else { panic!("{:?}", curve.arbitrages()) };
    // 730·(3·2.80 − 2.73 − 2.70 − 2.68) = 730·0.29
    assert_eq!(arbitrage.per_lot, Money(211_700_000_000));
    let legs: Vec<_> = arbitrage.legs.iter().map(|leg| (leg.period.to_string(), leg.side, leg.price)).collect();
    assert_eq!(
        legs,
        [
            ("Q1-27".to_owned(), Side::Ask, price("2.80")),
            ("JAN-27".to_owned(), Side::Bid, price("2.73")),
            ("FEB-27".to_owned(), Side::Bid, price("2.70")),
            ("MAR-27".to_owned(), Side::Bid, price("2.68")),
        ]
    );
    for quote in &quotes[1..] {
        let forward = curve.strip(quote.period).unwrap();
        assert!(quote.bid.unwrap().to_f64_lossy() <= forward && forward <= quote.ask.unwrap().to_f64_lossy() + 1e-12);
    }
}

#[test]
fn quotes_together_bound_a_month_that_nobody_quotes() {
    let month = |ahead, bid, ask| both(Period::month(JAN.plus(ahead)), bid, ask);
    let quotes = [both(q1(), "2.60", "2.70"), month(0, "2.65", "2.75"), month(1, "2.60", "2.64")];
    let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
    let march = curve.month(JAN.plus(2)).unwrap();
    // bid 3·2.60 − 2.75 − 2.64, ask 3·2.70 − 2.65 − 2.60
    assert!((march.bid.unwrap() - 2.41).abs() < 1e-12 && (march.ask.unwrap() - 2.85).abs() < 1e-12, "{march:?}");
    // 3·2.65 − 2.70 − 2.62
    assert!((march.forward - 2.63).abs() < 1e-12);
    let (bid, ask) = curve.strip_bounds(Period::new(JAN, 2).unwrap());
    assert!((bid.unwrap() - 2.625).abs() < 1e-12 && (ask.unwrap() - 2.695).abs() < 1e-12);
    assert!(curve.arbitrages().is_empty());
}

#[test]
fn fixings_reach_months_and_strips() {
    let october = Month { year: 2026, month: 10 };
    let averaging = |month, published, total, mean| Averaging { month, fixes: Fixes { published, total }, mean };
    let fixed = [averaging(october, 21, 21, 2.70), averaging(october.plus(1), 15, 20, 2.81)];
    let quotes = [exact(Period::quarter_of(october), "2.76"), exact(Period::month(october.plus(1)), "2.80")];
    let curve = bootstrap(&quotes, UNITS, &fixed).unwrap();
    // DEC = 3·2.76 − 2.70 − 2.80
    assert_close(&forwards(&curve), &[2.70, 2.80, 2.78]);
    let ahead = curve.curve(october.plus(1), &fixed).unwrap();
    assert_eq!(ahead.knots(), [0.75, 1.0, 2.0]);
    // (20·2.80 − 15·2.81)/5 = 2.77
    assert!((ahead.value(0.8) - 2.77).abs() < 1e-12 && (ahead.value(1.5) - 2.78).abs() < 1e-12);
    let over = [averaging(october.plus(1), 20, 20, 2.80)];
    assert_eq!(curve.curve(october.plus(1), &over).unwrap().knots(), [1.0, 2.0]);
}

#[test]
fn what_no_quote_reaches_is_carried() {
    let quotes = [exact(Period::month(JAN), "2.7"), exact(Period::month(JAN.plus(3)), "2.5")];
    let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
    assert_close(&forwards(&curve), &[2.7, 2.7, 2.7, 2.5]);
    assert_eq!(curve.months()[1].origin, Origin::Carried);
    assert_eq!((curve.months()[1].bid, curve.months()[1].ask), (None, None));
    assert_eq!(bootstrap(&[], UNITS, &[]), None);
    let one_sided = [Quote { period: Period::month(JAN), bid: Some(price("2.7")), ask: None }];
    assert_close(&forwards(&bootstrap(&one_sided, UNITS, &[]).unwrap()), &[2.7]);
}

#[test]
fn the_smallest_arbitrage_is_seen_among_absurd_prices() {
    let quotes = [
        Quote::exact(q1(), Price(i64::MAX)),
        Quote::exact(Period::new(JAN.plus(3), 9).unwrap(), Price(i64::MIN + 1)),
        Quote::exact(Period::month(JAN), Price(i64::MAX)),
        Quote::exact(Period::month(JAN.plus(1)), Price(i64::MAX)),
        Quote::exact(Period::month(JAN.plus(2)), Price(i64::MAX - 1)),
    ];
    let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
    let [arbitrage] = curve.arbitrages() else { panic!("{:?}", curve.arbitrages()) };
    assert_eq!(arbitrage.per_lot, Money(730));
}

/// Divisible by every number of months up to twelve, so that every strip has an exact price.
const GRAIN: i64 = 27_720_000;
const MONTHS: usize = 18;

fn period() -> impl Strategy<Value = Period> {
    (0..MONTHS, 1..=12_usize)
        .prop_map(|(from, months)| Period::new(JAN.plus(from as i32), months.min(MONTHS - from) as u32).unwrap())
}

fn true_forwards() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec((-40..200_i64).prop_map(|k| k * GRAIN), MONTHS)
}

fn true_price(forwards: &[i64], period: Period) -> i64 {
    let from = period.first.since(JAN) as usize;
    forwards[from..from + period.len() as usize].iter().sum::<i64>() / i64::from(period.len())
}

fn inside(quote: &Quote, value: f64) -> bool {
    quote.bid.is_none_or(|bid| bid.to_f64_lossy() <= value + 1e-9)
        && quote.ask.is_none_or(|ask| value - 1e-9 <= ask.to_f64_lossy())
}

proptest! {
    #[test]
    fn quotes_that_agree_are_repriced_in_any_order(
        forwards in true_forwards(),
        periods in prop::collection::vec(period(), 1..30),
        rotation in 0..30_usize,
    ) {
        let mut quotes: Vec<Quote> =
            periods.iter().map(|&period| Quote::exact(period, Price(true_price(&forwards, period)))).collect();
        let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
        prop_assert!(curve.arbitrages().is_empty(), "{:?}", curve.arbitrages());
        for quote in &quotes {
            let (want, got) = (quote.mid_lossy().unwrap(), curve.strip(quote.period).unwrap());
            prop_assert!((want - got).abs() < 1e-9, "{}: {want} became {got}", quote.period);
        }
        quotes.rotate_left(rotation % periods.len());
        quotes.reverse();
        prop_assert_eq!(bootstrap(&quotes, UNITS, &[]).unwrap(), curve);
    }

    #[test]
    fn the_curve_lies_inside_quotes_that_can_all_hold(
        forwards in true_forwards(),
        quoted in prop::collection::vec((period(), 0..9_i64, 0..9_i64, 0..8_u8), 1..30),
    ) {
        let quotes: Vec<Quote> = quoted
            .iter()
            .map(|&(period, below, above, sides)| {
                let fair = true_price(&forwards, period);
                Quote {
                    period,
                    bid: (sides != 0).then_some(Price(fair - below * 10_000_000)),
                    ask: (sides != 1).then_some(Price(fair + above * 10_000_000)),
                }
            })
            .collect();
        let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
        prop_assert!(curve.arbitrages().is_empty());
        for quote in &quotes {
            prop_assert!(inside(quote, curve.strip(quote.period).unwrap()), "{quote:?} {curve:?}");
        }
        for month in curve.months() {
            prop_assert!(month.bid.is_none_or(|bid| bid <= month.forward + 1e-9));
            prop_assert!(month.ask.is_none_or(|ask| month.forward <= ask + 1e-9));
        }
    }

    #[test]
    fn strips_give_way_to_months(
        months in prop::collection::vec((230..290_i64, 0..6_i64), MONTHS),
        strips in prop::collection::vec((period(), 200..320_i64, 0..9_i64), 1..8),
    ) {
        let quote = |period, bid: i64, width: i64| {
            Quote::both(period, Price(bid * 10_000_000), Price((bid + width) * 10_000_000))
        };
        let months: Vec<Quote> = (0..)
            .zip(&months)
            .map(|(ahead, &(bid, width))| quote(Period::month(JAN.plus(ahead)), bid, width))
            .collect();
        let strips = strips.iter().filter(|strip| strip.0.len() > 1).map(|&(period, bid, width)| quote(period, bid, width));
        let quotes: Vec<Quote> = strips.chain(months.iter().copied()).collect();
        let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
        for month in &months {
            prop_assert!(inside(month, curve.strip(month.period).unwrap()), "{month:?} {curve:?}");
        }
    }

    #[test]
    fn arbitrage_is_reported_exactly_when_there_is_one(
        quoted in prop::collection::vec((0..6_usize, 1..=3_usize, 240..260_i64, 0..6_i64), 2..9),
    ) {
        let quotes: Vec<Quote> = quoted
            .iter()
            .map(|&(from, months, bid, width)| {
                let period = Period::new(JAN.plus(from as i32), months as u32).unwrap();
                Quote::both(period, Price(bid * 10_000_000), Price((bid + width) * 10_000_000))
            })
            .collect();
        let curve = bootstrap(&quotes, UNITS, &[]).unwrap();
        for arbitrage in curve.arbitrages() {
            let mut held = [0_i64; 9];
            let mut money = Money::ZERO;
            for leg in &arbitrage.legs {
                let is_quoted = quotes.iter().any(|quote| {
                    quote.period == leg.period
                        && Some(leg.price) == if leg.side == Side::Bid { quote.ask } else { quote.bid }
                });
                prop_assert!(is_quoted, "{leg:?}");
                for month in leg.period.iter() {
                    held[month.since(JAN) as usize] += leg.side.sign();
                }
                money += if leg.side == Side::Bid { -UNITS.cost(leg.period, leg.price) } else { UNITS.cost(leg.period, leg.price) };
            }
            prop_assert_eq!(held, [0; 9], "everything cancels out");
            prop_assert_eq!(money, arbitrage.per_lot);
            prop_assert!(money > Money::ZERO);
        }
        let holds = quotes.iter().all(|quote| inside(quote, curve.strip(quote.period).unwrap()));
        prop_assert_eq!(holds, curve.arbitrages().is_empty());
    }
}
