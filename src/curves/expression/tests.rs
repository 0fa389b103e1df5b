//! Expressions: what is read, what is not and where it says so, and what comes out.

use proptest::prelude::*;

use super::*;
use crate::domain::contract::{Delivery, Product};

const NOV_26: Month = Month { year: 2026, month: 11 };

fn parse(text: &str) -> Expression {
    Expression::parse(text, NOV_26).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn fault(text: &str) -> (usize, Fault) {
    let error = Expression::parse(text, NOV_26).expect_err(text);
    (error.at, error.fault)
}

fn is_token(contract: &Contract) -> bool {
    contract.product().is_some_and(|product| product.as_str() == "TOK")
}

fn size(contract: &Contract) -> i64 {
    if is_token(contract) { 1_000 } else { 730 }
}

#[test]
fn the_same_spread_in_many_hands() {
    for (text, want) in [
        ("1.5*TOK.Z6 - H100.Z6", "1.5*TOK.Z6 - H100.Z6"),
        ("1.5 * tok dec-26 − h100 dec-26", "1.5*TOK.Z6 - H100.Z6"),
        ("TOK.Z6*3/2-H100.Z6", "1.5*TOK.Z6 - H100.Z6"),
        ("-(H100.Z6 - 1.5*TOK.Z6)", "-H100.Z6 + 1.5*TOK.Z6"),
        ("H100.Z6-H7", "H100.Z6-H7"),
        ("H100 DEC-26 / MAR-27", "H100.Z6-H7"),
        ("H100 DEC-26 / 2", "0.5*H100.Z6"),
        ("H100.Z6-H100.H7", "H100.Z6 - H100.H7"),
        ("H100 DEC-26-H100 MAR-27", "H100.Z6 - H100.H7"),
        ("H100.Z6-2", "H100.Z6 - 2"),
        ("2*H100.Z6-H7 - H100.PERP + 0.25", "2*H100.Z6-H7 - H100.PERP + 0.25"),
        ("h100 perp - h100.z6", "H100.PERP - H100.Z6"),
        ("H100.Z6 + H100.H7 - H100.Z6", "H100.H7"),
        ("H100.Z6-H7.Z6", "H100.Z6 - H7.Z6"),
        ("--+H100.Z6", ""),
    ] {
        if want.is_empty() {
            assert_eq!(fault(text).1, Fault::NoValue);
        } else {
            assert_eq!(parse(text).to_string(), want, "{text}");
        }
    }
}

#[test]
fn faults_are_named_where_they_are() {
    for (text, at, want) in [
        ("", 0, Fault::NoValue),
        ("  ", 2, Fault::NoValue),
        ("1.5*", 4, Fault::NoValue),
        ("1.5*TOK.Z6 -", 12, Fault::NoValue),
        ("H100.A6", 0, Fault::NoInstrument("H100.A6".to_owned())),
        ("2*H100", 2, Fault::NoInstrument("H100".to_owned())),
        ("H100.Z6 + H100 DEX-26", 10, Fault::NoInstrument("H100 DEX-26".to_owned())),
        ("(H100.Z6", 0, Fault::NotClosed),
        ("H100.Z6)", 7, Fault::Unexpected(')')),
        ("H100.Z6 H100.H7", 8, Fault::Unexpected('H')),
        ("H100.Z6 & 2", 8, Fault::Unexpected('&')),
        ("é", 0, Fault::Unexpected('é')),
        ("H100.Z6*H100.H7", 7, Fault::ProductOfPrices),
        ("1/H100.Z6", 1, Fault::DivisionByPrice),
        ("H100.Z6/(1-1)", 7, Fault::DivisionByZero),
        ("H100.Z6-H100.Z6", 0, Fault::Constant),
        ("1.5", 0, Fault::Constant),
    ] {
        assert_eq!(fault(text), (at, want), "{text}");
    }
    assert_eq!(fault(&"(".repeat(10_000)).1, Fault::TooDeep);
    assert_eq!(fault(&format!("{}*H100.Z6", "9".repeat(400))).1, Fault::TooLarge);
    let error = Expression::parse("2 * H100.A6", NOV_26).unwrap_err().to_string();
    assert_eq!(error, "H100.A6 is no instrument: write H100.Z6, H100.Z6-H7 or H100 DEC-26 (column 5)");
}

#[test]
fn prices_come_from_the_right_sides() {
    let spark = parse("1.5*TOK.Z6 - H100.Z6");
    let touch = |contract: &Contract| match is_token(contract) {
        true => Touch { bid: Some(0.930), ask: Some(0.934) },
        false => Touch { bid: Some(2.79), ask: Some(2.80) },
    };
    let price = spark.touch(touch);
    // 1.5·0.930 − 2.80 and 1.5·0.934 − 2.79
    assert!((price.bid.unwrap() + 1.405).abs() < 1e-12 && (price.ask.unwrap() + 1.389).abs() < 1e-12);
    assert!((price.mid().unwrap() - spark.value(|c| touch(c).mid()).unwrap()).abs() < 1e-12);
    let one_sided = |contract: &Contract| Touch { ask: None, ..touch(contract) };
    assert_eq!(spark.touch(one_sided), Touch::default(), "H100 cannot be bought to sell it, TOK cannot be bought");
    assert_eq!(spark.value(|_| None), None);
    assert!((parse("H100.Z6 - 2.5").touch(touch).bid.unwrap() - 0.29).abs() < 1e-12);
}

#[test]
fn units_follow_from_the_legs() {
    let unit = |contract: &Contract| if is_token(contract) { Unit::Mtok } else { Unit::GpuHour };
    let of = |text| parse(text).unit(unit);
    assert_eq!(of("2*H100.Z6 - 3*H100.H7"), Some(Unit::GpuHour));
    assert_eq!(of("1.5*TOK.Z6 - H100.Z6"), Some(Unit::GpuHour));
    assert_eq!(of("TOK.Z6 - 0.4*H100.Z6"), Some(Unit::Mtok));
    assert_eq!(of("TOK.Z6 - H100.Z6"), None);
    assert_eq!(of("2*TOK.Z6 - 2*H100.Z6"), None);
}

#[test]
fn legs_are_staged_in_whole_lots() {
    let spark = parse("1.5*TOK.Z6 - H100.Z6");
    let staged = spark.stage(73_000.0, size);
    let legs: Vec<_> = staged.legs.iter().map(|leg| (leg.side, leg.lots, leg.residual_units)).collect();
    // 109.5 lots of TOK, rounded up; 100 of H100.
    assert_eq!(legs, [(Side::Bid, 110, -500.0), (Side::Ask, 100, 0.0)]);
    let sold = spark.stage(-7_300.0, size);
    assert_eq!((sold.legs[0].side, sold.legs[0].lots, sold.legs[1].side), (Side::Ask, 11, Side::Bid));
    // 1.095 TOK for one H100 is 219 : 200; with at most thirty lots 23 : 21 comes closest.
    let best = spark.closest(30, size).unwrap();
    assert_eq!(best.legs.iter().map(|leg| leg.lots).collect::<Vec<_>>(), [23, 21]);
    assert_eq!(spark.closest(500, size).unwrap().legs[0].lots, 219);
    assert_eq!(spark.closest(500, size).unwrap().worst_error, 0.0);
    assert_eq!(parse("100*H100.Z6 - H100.H7").closest(30, size), None, "the far leg would have none");
}

fn outright() -> impl Strategy<Value = Contract> {
    (0..3_usize, 0..24_i32).prop_map(|(product, ahead)| Contract::Outright {
        product: Product::new(["H100", "TOK", "B200"][product]).unwrap(),
        delivery: if ahead == 23 { Delivery::Perpetual } else { Delivery::Month(NOV_26.plus(ahead)) },
    })
}

/// A random expression tree, as text and as the value it must have.
fn tree() -> impl Strategy<Value = (String, Vec<(Contract, f64)>)> {
    let leaf = outright().prop_map(|contract| (contract.code(), vec![(contract, 1.0)]));
    leaf.prop_recursive(4, 24, 3, |inner| {
        let scaled =
            |terms: Vec<(Contract, f64)>, by: f64| terms.into_iter().map(|(c, k)| (c, k * by)).collect::<Vec<_>>();
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|((a, x), (b, y))| (format!("{a} + {b}"), [x, y].concat())),
            (inner.clone(), inner.clone())
                .prop_map(move |((a, x), (b, y))| (format!("{a} -({b})"), [x, scaled(y, -1.0)].concat())),
            (inner.clone(), 1..9_i32)
                .prop_map(move |((a, x), by)| (format!("{by}.5*({a})"), scaled(x, f64::from(by) + 0.5))),
            (inner.clone(), 1..9_i32)
                .prop_map(move |((a, x), by)| (format!("({a})/{by}"), scaled(x, 1.0 / f64::from(by)))),
            inner.prop_map(move |(a, x)| (format!("-({a})"), scaled(x, -1.0))),
        ]
    })
}

proptest! {
    #[test]
    fn trees_have_the_value_of_their_parts((text, parts) in tree()) {
        let price = |contract: &Contract| f64::from(contract.code().bytes().map(u32::from).sum::<u32>()) / 100.0;
        let want: f64 = parts.iter().map(|(contract, factor)| factor * price(contract)).sum();
        match Expression::parse(&text, NOV_26) {
            Ok(expression) => {
                let got = expression.value(|contract| Some(price(contract))).unwrap();
                prop_assert!((got - want).abs() < 1e-9 * (1.0 + want.abs()), "{text}: {got} is not {want}");
                prop_assert_eq!(parse(&expression.to_string()), expression);
            }
            Err(error) => prop_assert_eq!(error.fault, Fault::Constant, "{}", text),
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,40}", near in "[A-Z0-9.*/()+ -]{0,40}") {
        for text in [text, near] {
            if let Err(error) = Expression::parse(&text, NOV_26) {
                prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at));
            }
        }
    }
}

#[test]
fn what_is_not_listed_is_a_fault_where_it_stands() {
    let is_listed = |contract: &Contract| contract.product().is_some_and(|product| product.as_str() == "H100");
    let text = "1.5*H100.Z6 − (h200 dec-26 - 2)";
    let error = Expression::parse_listed(text, NOV_26, is_listed).unwrap_err();
    assert_eq!(error.fault, Fault::NotListed("H200 DEC-26".into()));
    assert_eq!(&text[error.at..error.at + 4], "h200");
    assert_eq!(point_out(text, &error), format!("{text}\n               ^"));
    assert!(Expression::parse_listed("H100.Z6-H7 - H100.PERP", NOV_26, is_listed).is_ok());
}
