//! Names: what is printed is read back as the same contract, and nothing else is read.

use proptest::prelude::*;

use super::*;

const REFERENCE: Month = Month { year: 2026, month: 11 };

/// Within the ten years that a one-digit year can tell apart.
fn month() -> impl Strategy<Value = Month> {
    (0..120_i32).prop_map(|ahead| REFERENCE.plus(ahead))
}

fn delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![6 => month().prop_map(Delivery::Month), 1 => Just(Delivery::Perpetual)]
}

fn product() -> impl Strategy<Value = Product> {
    "[A-Z0-9]{1,12}".prop_map(|name| Product::new(&name).unwrap())
}

fn outright() -> impl Strategy<Value = Contract> {
    (product(), delivery()).prop_map(|(product, delivery)| Contract::Outright { product, delivery })
}

fn calendar() -> impl Strategy<Value = Contract> {
    (product(), delivery(), delivery())
        .prop_filter_map("a calendar has two months", |(product, near, far)| Contract::calendar(product, near, far))
}

fn spread() -> impl Strategy<Value = Contract> {
    let ratio = any::<i8>().prop_filter("a leg has a ratio", |ratio| *ratio != 0);
    let leg = (product(), delivery(), ratio).prop_map(|(product, delivery, ratio)| Leg { product, delivery, ratio });
    prop::collection::vec(leg, 1..5).prop_map(|legs| Contract::Spread { legs })
}

proptest! {
    #[test]
    fn codes_round_trip(contract in prop_oneof![outright(), calendar(), spread()]) {
        prop_assert_eq!(Contract::parse_code(&contract.code(), REFERENCE), Some(contract));
    }

    #[test]
    fn screen_names_round_trip(contract in prop_oneof![outright(), calendar()]) {
        let name = contract.to_string();
        prop_assert_eq!(Contract::parse_screen(&name), Some(contract.clone()));
        prop_assert_eq!(Contract::parse_screen(&name.to_lowercase()), Some(contract));
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,24}", near in "[A-Z0-9.*+/ -]{0,24}") {
        for text in [text, near] {
            if let Some(contract) = Contract::parse_code(&text, REFERENCE) {
                prop_assert_eq!(Contract::parse_code(&contract.code(), REFERENCE), Some(contract));
            }
            if let Some(contract) = Contract::parse_screen(&text) {
                prop_assert_eq!(Contract::parse_screen(&contract.to_string()), Some(contract));
            }
        }
    }

    #[test]
    fn months_count(month in month(), count in -1_500..1_500_i32) {
        prop_assert_eq!(month.plus(count).since(month), count);
        prop_assert_eq!(month.plus(count).plus(-count), month);
        prop_assert_eq!(Month::of(month.first_day()), month);
        prop_assert_eq!(month.plus(count) > month, count > 0);
    }
}

#[test]
fn reads_the_names_of_the_trade() {
    let h100 = |delivery| Contract::Outright { product: Product::new("H100").unwrap(), delivery };
    let month = |year, month| Delivery::Month(Month { year, month });
    assert_eq!(Contract::parse_code("H100.Z6", REFERENCE), Some(h100(month(2026, 12))));
    assert_eq!(Contract::parse_code("H100.F6", REFERENCE), Some(h100(month(2036, 1))), "not before the reference");
    assert_eq!(Contract::parse_code("H100.PERP", REFERENCE), Some(h100(Delivery::Perpetual)));
    let calendar = Contract::parse_code("H100.Z6-H7", REFERENCE).unwrap();
    assert_eq!(calendar.to_string(), "H100 DEC-26 / MAR-27");
    let Contract::Spread { legs } = &calendar else { panic!("not a spread: {calendar:?}") };
    assert_eq!(legs.iter().map(|leg| leg.ratio).collect::<Vec<_>>(), [1, -1], "near bought, far sold");
    let across = Contract::parse_code("+1*H200.Z6-2*H100.Z6", REFERENCE).unwrap();
    assert_eq!(across.to_string(), "+1 H200 DEC-26 -2 H100 DEC-26");
    for text in [
        "",
        "H100",
        "H100.",
        "H100.Z",
        "H100.Z66",
        "H100.A6",
        "h100.Z6",
        "H100.Z6-",
        "H100.Z6-Z6",
        "+0*H100.Z6",
        "+H100.Z6",
    ] {
        assert_eq!(Contract::parse_code(text, REFERENCE), None, "{text}");
    }
    for text in ["", "H100", "H100 DEC-+6", "H100 DEC-2026", "H100 DEZ-26", "H100 DEC-26 / ", "H100 DEC-26 / DEC-26"] {
        assert_eq!(Contract::parse_screen(text), None, "{text}");
    }
}

#[test]
fn every_shape_has_a_short_name() {
    let short = |code: &str| Contract::parse_code(code, REFERENCE).unwrap().short();
    for (code, name) in [
        ("H100.Z6", "DEC-26"),
        ("H100.PERP", "PERP"),
        ("H100.Z6-H7", "DEC-26/MAR-27"),
        ("+1*H100.Z6-2*H100.F7+1*H100.G7", "DEC-26/JAN-27/FEB-27"),
        ("+1*H200.Z6-1*H100.Z6", "H200/H100 DEC-26"),
        ("+1*H200.Z6-1*H100.F7", "H200 DEC-26/H100 JAN-27"),
        ("+1*H100.F7+1*H100.G7+1*H100.H7", "Q1-27"),
        ("+1*H100.G7+1*H100.H7+1*H100.J7", "FEB-27+MAR-27+APR-27"),
    ] {
        assert_eq!(short(code), name);
    }
    let year = (1..=12).map(|month| Leg {
        product: Product::new("TOK").unwrap(),
        delivery: Delivery::Month(Month { year: 2027, month }),
        ratio: 1,
    });
    assert_eq!(Contract::Spread { legs: year.collect() }.short(), "CAL-27");
}
