//! The data file and what it lists at given instants.

use super::*;

fn utc(text: &str) -> Utc {
    let stamp: jiff::Timestamp = text.parse().unwrap();
    Utc(i64::try_from(stamp.as_nanosecond()).unwrap())
}

fn at(text: &str) -> Catalogue {
    let data = Arc::new(CatalogueData::embedded().unwrap());
    Catalogue::at(utc(text), data, Arc::new(Calendar::us().unwrap()))
}

fn symbols(catalogue: &Catalogue) -> std::collections::BTreeSet<Arc<str>> {
    catalogue.active().map(|listing| listing.symbol.clone()).collect()
}

#[test]
fn the_first_day_lists_what_the_contract_file_says() {
    let catalogue = at("2026-11-22T09:00:00Z");
    let count =
        |kind, product: u8| catalogue.active().filter(|l| l.kind == kind && l.product == ProductId(product)).count();
    assert_eq!(count(Kind::Future, 0), 36);
    assert_eq!(count(Kind::Future, 3), 18);
    assert_eq!(count(Kind::Perpetual, 0), 1);
    // 11 adjacent pairs, 11 quarters from DEC-26 to SEP-29, DEC-26/27 and DEC-27/28.
    assert_eq!(count(Kind::Calendar, 0), 11 + 11 + 2);
    // 11 adjacent pairs, 5 quarters from DEC-26 to MAR-28, DEC-26/27.
    assert_eq!(count(Kind::Calendar, 3), 11 + 5 + 1);
    assert_eq!(catalogue.active().count(), 3 * (36 + 24) + 1 + 18 + 17);

    let december = catalogue.find("H100_USDC-31DEC26").unwrap();
    assert_eq!((december.tick, december.contract_size), (Price::parse("0.01").unwrap(), 730));
    assert_eq!(december.expiry, Some(utc("2026-12-31T21:00:00Z")));
    assert_eq!(december.contract.code(), "H100.Z6");
    assert!(catalogue.find("H100_USDC-31OCT29").is_some());
    let perpetual = catalogue.find("H100_USDC-PERPETUAL").unwrap();
    assert_eq!((perpetual.tick, perpetual.contract_size), (Price::parse("0.001").unwrap(), 1));
}

#[test]
fn a_calendar_buys_near_and_sells_far() {
    let catalogue = at("2026-11-22T09:00:00Z");
    let spread = catalogue.find("H100_USDC-CAL-31DEC26_31MAR27").unwrap();
    let legs: Vec<(&str, i8)> =
        spread.legs.iter().map(|leg| (&*catalogue.get(leg.listing).unwrap().symbol, leg.ratio)).collect();
    assert_eq!(legs, [("H100_USDC-31DEC26", 1), ("H100_USDC-31MAR27", -1)]);
    assert_eq!(spread.contract.code(), "H100.Z6-H7");
    assert_eq!(spread.tick, Price::parse("0.005").unwrap());
    assert_eq!(spread.expiry, catalogue.find("H100_USDC-31DEC26").unwrap().expiry);
}

#[test]
fn rolling_gives_the_same_list_as_starting_later() {
    let mut rolled = at("2026-11-22T09:00:00Z");
    let before = rolled.all().to_vec();
    for later in ["2026-11-30T20:59:59Z", "2026-11-30T21:00:00Z", "2026-12-31T21:00:00Z", "2028-03-01T00:00:00Z"] {
        let was = symbols(&rolled);
        let change = rolled.roll(utc(later));
        let fresh = at(later);
        assert_eq!(symbols(&rolled), symbols(&fresh), "{later}");
        for listing in fresh.active() {
            let twin = rolled.find(&listing.symbol).unwrap();
            assert_eq!(
                (twin.creation, twin.expiry, &twin.contract),
                (listing.creation, listing.expiry, &listing.contract)
            );
            assert!(listing.creation <= utc(later), "{} was listed before it was created", listing.symbol);
        }
        let now = symbols(&rolled);
        assert_eq!(change.expired.len(), was.difference(&now).count(), "{later}");
    }
    for (at, listing) in before.iter().enumerate() {
        assert_eq!(rolled.all()[at].symbol, listing.symbol, "ids never move");
    }
}

#[test]
fn the_seed_curve_gives_the_reference_prices() {
    let catalogue = at("2026-11-22T09:00:00Z");
    let now = utc("2026-11-22T09:00:00Z");
    for (product, month, want) in [
        (0, Month { year: 2026, month: 12 }, 2.79),
        (0, Month { year: 2027, month: 3 }, 2.63),
        (0, Month { year: 2027, month: 12 }, 2.27),
        (0, Month { year: 2029, month: 10 }, 2.18),
        (2, Month { year: 2027, month: 6 }, 5.52),
        (3, Month { year: 2027, month: 12 }, 0.606),
    ] {
        let ahead = catalogue.calendar().months_ahead(month, now);
        let price = catalogue.product(ProductId(product)).unwrap().seed_price_lossy(ahead);
        assert!((price / want - 1.0).abs() < 0.006, "{product} {}: {price} against {want}", month.screen());
    }
}

#[test]
fn a_bad_file_is_refused_with_the_reason() {
    let text = include_str!("../../../assets/data/contracts.toml");
    let bad = |from: &str, to: &str| CatalogueData::parse(&text.replacen(from, to, 1)).unwrap_err().to_string();
    assert!(bad("tick = \"0.01\"", "tick = \"-0.01\"").contains("must be positive"));
    assert!(bad("unit = \"gpu_hour\"", "unit = \"hour\"").contains("unknown unit"));
    assert!(bad("value = 0.7", "value = 7.0").contains("not a correlation"));
    assert!(bad("months = 36", "monts = 36").contains("unknown field"));
}
