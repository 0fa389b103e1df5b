//! The smooth curve: solved by hand, against a dense KKT solve in fifty digits (`tests/scripts/curves/smooth_kkt.py`), and properties.

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::curves::period::Period;
use crate::domain::calendar::Fixes;

fn close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{got} is not {want}");
}

fn months(prices: &[f64]) -> Vec<Average> {
    prices.iter().enumerate().map(|(i, &price)| Average::exact(i as f64, i as f64 + 1.0, price)).collect()
}

const FREE: Shape<'_> = Shape { prior: None, launches: &[], end: LongEnd::Free, reach_months: 3.0 };

#[test]
fn three_months_bend_by_their_second_difference() {
    // With S''' = c·M for the one quadratic B-spline M on 0, 1, 2, 3: ∫M² = 11/20 and ∫S'''·M = 4 − 2·2 + 1 = 1, so c = 20/11.
    let solved = smooth(&months(&[1.0, 2.0, 4.0]), &FREE).unwrap();
    close(solved.roughness, 20.0 / 11.0, 1e-12);
    // M = (x²/2, (−2x² + 6x − 3)/2, (3 − x)²/2): δ'' is zero at both ends and c·3/4 in the middle.
    let curvature = |x: f64| (solved.curve.slope(x + 1e-5) - solved.curve.slope(x - 1e-5)) / 2e-5;
    close(curvature(1.5), 20.0 / 11.0 * 0.75, 1e-4);
    close(curvature(0.001), 0.0, 1e-4);
}

#[test]
fn a_line_is_smooth_enough() {
    let line: Vec<f64> = (0..24).map(|i| 3.0 - 0.02 * (f64::from(i) + 0.5)).collect();
    let solved = smooth(&months(&line), &FREE).unwrap();
    for at in 0..240 {
        let x = f64::from(at) / 10.0;
        close(solved.curve.value(x), 3.0 - 0.02 * x, 1e-11);
    }
    close(solved.roughness, 0.0, 1e-18);
}

#[test]
fn a_flat_end_is_flat_and_one_quote_is_a_level() {
    let solved = smooth(&months(&[2.8, 2.7, 2.55, 2.5]), &Shape::default()).unwrap();
    close(solved.curve.slope(3.999_999), 0.0, 1e-6);
    let one = smooth(&[Average::exact(0.75, 3.0, 2.6)], &Shape::default()).unwrap();
    assert_eq!(one.curve.knots(), [0.75, 3.0]);
    close(one.curve.value(1.0), 2.6, 1e-12);
    let half = [Average::exact(0.0, 1.0, 2.6), Average { from: 1.0, to: 2.0, low: f64::NEG_INFINITY, high: 2.5 }];
    assert_eq!(smooth(&half, &FREE), Err(SmoothError::Undetermined), "the slope is free");
    assert_eq!(smooth(&[], &Shape::default()), Err(SmoothError::Undetermined));
}

#[test]
fn a_launch_leaves_two_levels() {
    let shape = Shape { launches: &[2.0, 77.0], ..Shape::default() };
    let solved = smooth(&months(&[5.8, 5.8, 4.7, 4.7, 4.7]), &shape).unwrap();
    close(solved.curve.value(1.999), 5.8, 1e-10);
    close(solved.curve.value(2.001), 4.7, 1e-10);
    close(solved.roughness, 0.0, 1e-18);
    let smoothed = smooth(&months(&[5.8, 5.8, 4.7, 4.7, 4.7]), &Shape::default()).unwrap();
    assert!(smoothed.roughness > 1.0, "without the launch it bends");
}

#[test]
fn contradictions_and_malformed_quotes_are_named() {
    let mut quotes = months(&[2.7, 2.6, 2.5]);
    quotes.push(Average { from: 0.0, to: 3.0, low: 2.61, high: 2.62 });
    assert_eq!(smooth(&quotes, &Shape::default()), Err(SmoothError::Contradiction(vec![0, 1, 2, 3])));
    quotes[3] = Average { from: 0.0, to: 3.0, low: 2.62, high: 2.61 };
    assert_eq!(smooth(&quotes, &Shape::default()), Err(SmoothError::Malformed(3)));
    quotes[3] = Average::exact(0.0, 3.0, f64::INFINITY);
    assert_eq!(smooth(&quotes, &Shape::default()), Err(SmoothError::Malformed(3)));
    quotes[3] = Average::exact(1.0, 1.0, 2.6);
    assert_eq!(smooth(&quotes, &Shape::default()), Err(SmoothError::Malformed(3)));
}

#[test]
fn quotes_are_freed_of_what_is_fixed() {
    let october = Month { year: 2026, month: 10 };
    let averaging = |month, published, total, mean| Averaging { month, fixes: Fixes { published, total }, mean };
    let fixed = [averaging(october, 21, 21, 2.70), averaging(october.plus(1), 15, 20, 2.81)];
    let quote =
        |period, bid: &str, ask: &str| Quote::both(period, Price::parse(bid).unwrap(), Price::parse(ask).unwrap());
    let of = |quote: &Quote| Average::of(quote, october.plus(1), &fixed);
    let november = of(&quote(Period::month(october.plus(1)), "2.80", "2.81")).unwrap();
    // (20·2.80 − 15·2.81)/5
    assert_eq!((november.from, november.to), (0.75, 1.0));
    close(november.low, 2.77, 1e-12);
    close(november.high, 2.81, 1e-12);
    // (3·2.76 − 2.70 − 0.75·2.81)/1.25
    let quarter = of(&quote(Period::quarter_of(october), "2.76", "2.76")).unwrap();
    assert_eq!((quarter.from, quarter.to), (0.75, 2.0));
    close(quarter.low, 2.778, 1e-12);
    assert_eq!(of(&quote(Period::month(october), "2.70", "2.70")), None, "nothing is left");
    assert_eq!(of(&quote(Period::month(october.plus(-1)), "2.70", "2.70")), None, "before the origin, not fixed");
}

#[derive(Deserialize)]
struct Case {
    name: String,
    quotes: Vec<(f64, f64, Option<f64>, Option<f64>)>,
    prior: Vec<(f64, f64, f64)>,
    launches: Vec<f64>,
    end: String,
    reach_months: f64,
    knots: Vec<f64>,
    samples: Vec<(f64, f64)>,
    roughness: f64,
    at_limit: Vec<usize>,
}

#[test]
fn agrees_with_the_dense_kkt_solve() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../../tests/scripts/curves/smooth_kkt.json")).unwrap();
    assert!(cases.len() >= 10);
    for case in cases {
        let averages: Vec<Average> = case
            .quotes
            .iter()
            .map(|&(from, to, low, high)| {
                let (low, high) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
                Average { from, to, low, high }
            })
            .collect();
        let prior = case.prior.last().map(|&(_, end, _)| {
            let (knots, values): (Vec<f64>, Vec<f64>) =
                case.prior.iter().map(|&(from, _, value)| (from, value)).unzip();
            Curve::steps(knots.into_iter().chain([end]).collect(), &values).unwrap()
        });
        let shape = Shape {
            prior: prior.as_ref(),
            launches: &case.launches,
            end: if case.end == "flat" { LongEnd::Flat } else { LongEnd::Free },
            reach_months: case.reach_months,
        };
        let solved = smooth(&averages, &shape).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let knots = solved.curve.knots();
        assert_eq!(knots.len(), case.knots.len(), "{}", case.name);
        knots.iter().zip(&case.knots).for_each(|(got, want)| close(*got, *want, 1e-12));
        let worst = case.samples.iter().map(|&(x, want)| (solved.curve.value(x) - want).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-8, "{}: off by {worst:e}", case.name);
        close(solved.roughness, case.roughness, 1e-8 * (1.0 + case.roughness));
        let mut at_limit = case.at_limit;
        let is_redundant = |at: &usize| averages[*at].is_exact();
        at_limit.retain(|at| solved.at_limit.contains(at) || !is_redundant(at));
        assert_eq!(solved.at_limit, at_limit, "{}", case.name);
    }
}

const MONTHS: usize = 15;

fn span() -> impl Strategy<Value = (usize, usize)> {
    (0..MONTHS, 1..=12_usize).prop_map(|(from, months)| (from, (from + months).min(MONTHS)))
}

fn average_of(forwards: &[f64], (from, to): (usize, usize), half: f64) -> Average {
    let mean = forwards[from..to].iter().sum::<f64>() / (to - from) as f64;
    Average { from: from as f64, to: to as f64, low: mean - half, high: mean + half }
}

fn forwards() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1.0..6.0_f64, MONTHS)
}

fn difference(a: &Curve, b: &Curve) -> f64 {
    (0..=300).map(|at| f64::from(at) * 0.05).map(|x| (a.value(x) - b.value(x)).abs()).fold(0.0, f64::max)
}

proptest! {
    #[test]
    fn exact_prices_are_repriced_in_any_order(
        forwards in forwards(),
        spans in prop::collection::vec(span(), 1..25),
        launches in prop::collection::vec(0.2..14.8_f64, 0..2),
        turn in 0..25_usize,
    ) {
        let mut averages: Vec<Average> = spans.iter().map(|&span| average_of(&forwards, span, 0.0)).collect();
        averages.extend((0..MONTHS).step_by(4).map(|m| average_of(&forwards, (m, m + 1), 0.0)));
        let shape = Shape { launches: &launches, ..Shape::default() };
        let solved = smooth(&averages, &shape).unwrap();
        for average in &averages {
            let got = solved.curve.average(average.from, average.to);
            prop_assert!((got - average.low).abs() < 1e-9, "{average:?}: {got}");
        }
        let inner = &solved.curve.knots()[1..solved.curve.knots().len() - 1];
        for knot in inner {
            let before = knot - 1e-9;
            prop_assert!((solved.curve.slope(before) - solved.curve.slope(*knot)).abs() < 1e-5, "a kink at {knot}");
            if launches.iter().all(|launch| (launch - knot).abs() > 1e-6) {
                prop_assert!((solved.curve.value(before) - solved.curve.value(*knot)).abs() < 1e-5, "a jump at {knot}");
            }
        }
        let turn = turn % averages.len();
        averages.rotate_left(turn);
        averages.reverse();
        let again = smooth(&averages, &shape).unwrap();
        prop_assert!(difference(&again.curve, &solved.curve) < 1e-6);
    }

    #[test]
    fn the_curve_lies_between_bid_and_ask_and_is_no_rougher_than_their_mids(
        forwards in forwards(),
        spans in prop::collection::vec((span(), 0.0..0.4_f64), 2..25),
    ) {
        let averages: Vec<Average> = spans.iter().map(|&(span, half)| average_of(&forwards, span, half)).collect();
        let solved = smooth(&averages, &Shape::default()).unwrap();
        for average in &averages {
            let got = solved.curve.average(average.from, average.to);
            prop_assert!(average.low - 1e-9 <= got && got <= average.high + 1e-9, "{average:?}: {got}");
        }
        let mids: Vec<Average> = spans.iter().map(|&(span, _)| average_of(&forwards, span, 0.0)).collect();
        let exact = smooth(&mids, &Shape::default()).unwrap();
        prop_assert!(solved.roughness <= exact.roughness * (1.0 + 1e-6) + 1e-9);
    }

    #[test]
    fn flat_quotes_add_nothing_to_the_prior(
        levels in prop::collection::vec(1.0..5.0_f64, MONTHS),
        spans in prop::collection::vec((span(), 0.0..0.4_f64), 1..25),
        above in -1.0..1.0_f64,
    ) {
        let prior = Curve::steps((0..=MONTHS).map(|x| x as f64).collect(), &levels).unwrap();
        let averages: Vec<Average> = spans
            .iter()
            .map(|&((from, to), half)| {
                let level = prior.average(from as f64, to as f64) + above;
                Average { from: from as f64, to: to as f64, low: level - half, high: level + half }
            })
            .collect();
        let solved = smooth(&averages, &Shape { prior: Some(&prior), ..Shape::default() }).unwrap();
        let (start, end) = (solved.curve.start(), solved.curve.end());
        for at in 0..200 {
            let x = start + (end - start) * f64::from(at) / 200.0;
            prop_assert!((solved.curve.value(x) - prior.value(x) - above).abs() < 1e-8, "at {x}");
        }
    }
}
