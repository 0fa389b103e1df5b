//! Adding, bounding, thinning out, asking.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::base::time::Utc;
use crate::domain::calendar::FIXING_TIME;
use crate::domain::contract::{Contract, Delivery, Month, Product};
use crate::domain::event::Fixing;
use crate::domain::number::{Price, Qty};
use crate::domain::past::{Bar, Bars, IndexInfo, Settlement, SettlementKind, Settlements};

const DAY: Duration = Duration::from_secs(86_400);
/// Friday, 20 November 2026, 21:00 UTC.
const FRIDAY: Utc = Utc::from_millis(1_795_208_400_000);

fn product(name: &str) -> Product {
    Product::new(name).unwrap()
}

const fn month(month: i8) -> Month {
    Month { year: 2027, month }
}

fn contract(name: &str, m: i8) -> Contract {
    Contract::Outright { product: product(name), delivery: Delivery::Month(month(m)) }
}

const fn cents(cents: i64) -> Price {
    Price(cents * 10_000_000)
}

fn settle(history: &mut History, of: &Contract, rows: &[(Utc, i64)]) -> bool {
    let row = |&(utc, price): &(Utc, i64)| Settlement { utc, kind: SettlementKind::Daily, price: cents(price) };
    let told = Settlements { contract: of.clone(), rows: rows.iter().map(row).collect() };
    history.add_settlements(&told, Origin::Simulated)
}

/// H100 months 1 to 3 with a settlement on each of the last `days` calendar days: `base + month − days ago`.
fn filled(days: u32) -> History {
    let mut history = History::default();
    for m in 1..=3 {
        let rows: Vec<(Utc, i64)> =
            (0..days).map(|ago| (FRIDAY - DAY * ago, 280 + i64::from(m) - i64::from(ago))).collect();
        settle(&mut history, &contract("H100", m), &rows);
    }
    history
}

fn prices(curve: &[CurvePoint]) -> Vec<(i8, i64, Origin)> {
    curve.iter().map(|p| (p.month.month, p.point.price.0 / 10_000_000, p.point.origin)).collect()
}

#[test]
fn a_settlement_curve_is_of_one_instant() {
    let mut history = filled(10);
    settle(&mut history, &contract("H100", 4), &[(FRIDAY - DAY, 300)]);
    let today = history.settlement_curve(&product("H100"), FRIDAY + DAY);
    assert_eq!(
        prices(&today),
        [1, 2, 3].map(|m| (m, 280 + i64::from(m), Origin::Simulated)),
        "the fourth month is of yesterday"
    );
    let before = history.settlement_curve(&product("H100"), Utc(FRIDAY.0 - 1));
    assert_eq!(prices(&before).last(), Some(&(4, 300, Origin::Simulated)));
    assert!(history.settlement_curve(&product("H100"), FRIDAY - DAY * 10).is_empty(), "nothing is known so far back");
    assert!(history.settlement_curve(&product("H100"), FRIDAY + DAY * 6).is_empty(), "too old to be the curve of then");
    assert!(history.settlement_curve(&product("B200"), FRIDAY).is_empty());
}

#[test]
fn a_curve_takes_the_newest_of_marks_and_settlements() {
    let mut history = filled(3);
    let mark = |utc, price| CurveMark { utc, months: vec![(month(1), cents(price)), (month(2), cents(price + 1))] };
    let noon = FRIDAY - Duration::from_secs(9 * 3_600);
    history.add_mark(&product("H100"), mark(noon, 500));
    history.add_mark(&product("H100"), mark(FRIDAY, 600));
    let at = |utc| prices(&history.curve(&product("H100"), utc));
    assert_eq!(at(noon), [(1, 500, Origin::Own), (2, 501, Origin::Own), (3, 282, Origin::Simulated)]);
    assert_eq!(at(FRIDAY)[0], (1, 281, Origin::Simulated), "at the same instant the venue's word counts");
    let told = Settlements {
        contract: contract("H100", 1),
        rows: vec![Settlement { utc: noon, kind: SettlementKind::Delivery, price: cents(290) }],
    };
    let mut ended = filled(0);
    ended.add_settlements(&told, Origin::Venue);
    ended.add_mark(&product("H100"), mark(noon - DAY, 500));
    assert_eq!(prices(&ended.curve(&product("H100"), noon))[0], (1, 290, Origin::Venue));
    assert_eq!(
        prices(&ended.curve(&product("H100"), FRIDAY)),
        [(2, 501, Origin::Own)],
        "a delivered month is on no curve"
    );
}

#[test]
fn changes_are_counted_from_the_price_of_then() {
    let history = filled(40);
    let of = |span| history.change(&contract("H100", 1), cents(285), FRIDAY, span).unwrap();
    assert_eq!((of(Span::Day).change, of(Span::Day).from.utc), (cents(5), FRIDAY - DAY));
    assert_eq!((of(Span::Week).change, of(Span::Month).change), (cents(11), cents(34)));
    assert_eq!(history.change(&contract("H100", 9), cents(285), FRIDAY, Span::Day), None);
    let young = filled(2);
    assert_eq!(young.change(&contract("H100", 1), cents(285), FRIDAY, Span::Week), None, "no price is invented");
}

#[test]
fn a_spread_has_a_value_only_when_all_legs_settled() {
    let mut history = History::default();
    let (near, far) = (contract("H100", 1), contract("H200", 1));
    let at = |ago| FRIDAY - DAY * ago;
    settle(&mut history, &near, &[(at(3), 280), (at(2), 281), (at(1), 282), (at(0), 283)]);
    settle(&mut history, &far, &[(at(3), 320), (at(1), 325), (at(0), 320)]);
    let daily = history.spread(&[(1.0, far.clone()), (-1.0, near.clone())], at(9));
    let values: Vec<f64> = daily.points.iter().map(|(_, value, _)| (value * 100.0).round()).collect();
    assert_eq!(values, [40.0, 43.0, 37.0]);
    // By hand: mean 0.40, squares 0, 0.03², 0.03² over n − 1 = 2.
    assert!((daily.mean - 0.40).abs() < 1e-12 && (daily.deviation - 0.03).abs() < 1e-12, "{daily:?}");
    assert!((daily.score(0.37).unwrap() + 1.0).abs() < 1e-9);
    let half = history.spread(&[(0.5, near.clone())], at(1));
    assert_eq!(half.points.len(), 2);
    assert!((half.points[0].1 - 1.41).abs() < 1e-12);
    let one = history.spread(&[(1.0, near)], at(0));
    assert_eq!((one.points.len(), one.score(3.0)), (1, None), "one point has no deviation");
    assert_eq!(history.spread(&[], at(9)), Daily::default());
}

#[test]
fn later_word_replaces_earlier_and_the_oldest_go() {
    let mut history = History::default();
    let of = contract("H100", 1);
    assert!(settle(&mut history, &of, &[(FRIDAY, 280)]));
    assert!(!settle(&mut history, &of, &[(FRIDAY, 280)]), "nothing new");
    assert!(settle(&mut history, &of, &[(FRIDAY, 281)]), "a correction");
    assert_eq!(history.contract(&of).unwrap().settlements().count(), 1);
    let many: Vec<(Utc, i64)> = (0..2_000).map(|day| (FRIDAY + DAY * day, 280)).collect();
    settle(&mut history, &of, &many);
    let kept: Vec<Utc> = history.contract(&of).unwrap().settlements().map(|p| p.utc).collect();
    assert_eq!((kept.len(), kept[0]), (bounds::SETTLEMENTS, FRIDAY + DAY * 1_200));
    let bar = |n: u32| Bar {
        start: FRIDAY + DAY * n,
        open: cents(1),
        high: cents(1),
        low: cents(1),
        close: cents(1),
        volume: Qty::lots(i64::from(n)),
    };
    history.add_bars(&Bars { contract: of.clone(), width: DAY, bars: (0..1_500).map(bar).collect() });
    let bars = history.contract(&of).unwrap().bars(DAY);
    assert_eq!((bars.len(), bars[0].start), (bounds::BARS, FRIDAY + DAY * 500));
    assert!(history.contract(&of).unwrap().bars(DAY * 2).is_empty());
}

#[test]
fn contracts_heard_of_longest_ago_make_room() {
    let mut history = History::default();
    let of = |n: u32| Contract::Outright {
        product: product("H100"),
        delivery: Delivery::Month(Month { year: 2000, month: 1 }.plus(n as i32)),
    };
    for n in 0..=bounds::CONTRACTS as u32 {
        settle(&mut history, &of(n), &[(FRIDAY + DAY * n, 280)]);
    }
    assert!(history.contract(&of(0)).is_none());
    assert!(history.contract(&of(1)).is_some() && history.contract(&of(bounds::CONTRACTS as u32)).is_some());
}

#[test]
fn marks_thin_out_with_age() {
    let mut history = History::default();
    let h100 = product("H100");
    let minute = Duration::from_secs(60);
    let now = FRIDAY;
    for n in 0..60 * 24 * 40_u32 {
        let utc = now - minute * n;
        history.add_mark(&h100, CurveMark { utc, months: vec![(month(1), Price(i64::from(n)))] });
    }
    history.compact(now);
    let ages = |low: Duration, high: Duration| {
        history.marks(&h100).filter(|m| (low..high).contains(&now.since(m.utc))).count()
    };
    assert_eq!(ages(Duration::ZERO, bounds::MINUTES_FOR), 1_440);
    let hours = ages(DAY + minute * 61, bounds::HOURS_FOR - minute * 61);
    assert!((34 * 24 - 4..=34 * 24).contains(&hours), "{hours}");
    assert!((4..=6).contains(&ages(bounds::HOURS_FOR + DAY / 24, DAY * 41)), "days after that");
    let noon = now - DAY * 3 - Duration::from_secs(9 * 3_600);
    let kept = history.curve(&h100, noon)[0].point;
    assert!(noon.since(kept.utc) <= Duration::from_secs(3_600) && kept.origin == Origin::Own);
    let once = history.clone();
    history.compact(now);
    assert!(once == history, "thinning out twice changes nothing");
    history.compact(now + bounds::DAYS_FOR + DAY);
    assert_eq!(history.marks(&h100).count(), 0);
}

#[test]
fn secondary_indices_stand_beside_their_own() {
    let mut history = History::default();
    let info = |name: &str, beside: Option<&str>| IndexInfo {
        name: name.into(),
        beside: beside.map(Into::into),
        description: None,
        every: None,
        is_simulated: true,
    };
    history.set_indices(&[info("h100_usdc", None), info("h100_usdc_grid", Some("h100_usdc"))]);
    assert!(
        !history.add_index_price(&"h100_usdc".into(), FRIDAY, cents(281)),
        "one that speaks all the time is not kept"
    );
    let fixing =
        |ago, price| Fixing { index_name: "h100_usdc_grid".into(), utc: FRIDAY - DAY * ago, price: cents(price) };
    assert!(history.add_fixings(&[fixing(1, 298), fixing(2, 290)]));
    assert!(!history.add_fixings(&[fixing(1, 298)]));
    assert!(history.add_index_price(&"h100_usdc_grid".into(), FRIDAY, cents(299)));
    assert!(!history.add_index_price(&"h100_usdc_grid".into(), FRIDAY, cents(299)), "said again");
    let beside: Vec<&str> = history.beside("h100_usdc").map(|(name, _)| name).collect();
    assert_eq!(beside, ["h100_usdc_grid"]);
    let said = |history: &History, at| history.index("h100_usdc_grid").unwrap().said_at(at);
    let before = Some((FRIDAY - DAY, cents(298)));
    let first = Said { utc: FRIDAY, price: cents(299), of: Saying::Publication, before };
    assert_eq!(said(&history, FRIDAY), Some(first), "counted from yesterday's fixing");
    history.add_index_price(&"h100_usdc_grid".into(), FRIDAY + DAY, cents(303));
    let second = said(&history, FRIDAY + DAY).unwrap();
    assert_eq!(second.before, Some((FRIDAY, cents(299))), "counted from the publication before");
    assert_eq!(said(&history, FRIDAY + DAY / 2), Some(first), "the second had not been made");
    assert_eq!(history.index("h100_usdc_grid").unwrap().fixings().len(), 2);
}

#[test]
fn a_fixing_is_news_only_where_it_differs() {
    let mut history = History::default();
    let name: Arc<str> = "h100_usdc_grid".into();
    let beside = Some("h100_usdc".into());
    history.set_indices(&[IndexInfo {
        name: name.clone(),
        beside,
        description: None,
        every: None,
        is_simulated: true,
    }]);
    let midnight = Utc::at(FRIDAY.date(), Duration::ZERO);
    let fixing = |ago, price| Fixing { index_name: name.clone(), utc: midnight - DAY * ago, price: cents(price) };
    history.add_fixings(&[fixing(2, 290), fixing(1, 298), fixing(0, 301)]);
    let said = |history: &History, at| history.index(&name).unwrap().said_at(at).map(|said| (said.utc, said.of));
    let made = |ago| midnight - DAY * ago + FIXING_TIME;
    assert_eq!(said(&history, made(2) - Duration::from_secs(1)), None, "its day had begun, it was not made");
    assert_eq!(said(&history, made(1)), Some((made(1), Saying::Fixing)));
    let heard = made(1) - Duration::from_secs(3_600);
    history.add_index_price(&name, heard, cents(298));
    assert_eq!(said(&history, made(1)), Some((heard, Saying::Publication)), "the fixing repeats it");
    assert_eq!(said(&history, made(0)), Some((made(0), Saying::Fixing)), "something was not heard in between");
}
