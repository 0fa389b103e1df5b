//! Funding of the perpetual.

use super::*;
use crate::exchange::catalogue::Ratio;

fn perpetual(s: &Stage) -> ListingId {
    s.engine.catalogue().find("H100_USDC-PERPETUAL").unwrap().id
}

/// Alice long, bob short, the house a little of both.
fn positions(s: &mut Stage) -> [AccountId; 3] {
    let house = s.engine.open_account("maker", AccountKind::House);
    let perpetual = perpetual(s);
    s.engine.set_mark(perpetual, price("2.81"));
    for (buyer, seller, lots) in [(s.alice, s.bob, 1_000), (house, s.bob, 7), (s.alice, house, 3)] {
        s.limit(seller, perpetual, Side::Ask, lots, "2.81");
        s.limit(buyer, perpetual, Side::Bid, lots, "2.81");
    }
    [s.alice, s.bob, house]
}

fn fund(s: &mut Stage) -> Events {
    let mut out = Events::default();
    s.engine.fund(s.now, &mut out);
    out
}

#[test]
fn the_mean_premium_of_an_hour_is_paid_by_those_who_press() {
    let mut s = stage();
    let all = positions(&mut s);
    let perpetual = perpetual(&s);
    let cash = |s: &Stage| all.map(|account| s.engine.portfolio(account).unwrap().balance);
    let before = cash(&s);
    // 2.8381 is 1 % above 2.81; half of the time there is no premium.
    for mark in ["2.8381", "2.81"] {
        s.engine.set_mark(perpetual, price(mark));
        s.engine.sample_premiums();
    }
    assert_eq!(s.engine.current_funding(perpetual), Some(Ratio(5_000_000 / 3)), "eight of twenty-four hours");
    let out = fund(&mut s);
    let rate = Ratio(5_000_000 / 24);
    assert!(out.list.contains(&Event::Funding { listing: perpetual, rate, index: price("2.81") }));
    assert!(out.list.contains(&Event::Portfolio(s.alice)) && out.list.contains(&Event::Portfolio(s.bob)));
    let moved: Vec<Money> = cash(&s).iter().zip(before).map(|(after, before)| *after - before).collect();
    // 1,003 × 2.81 × 0.0208333 %.
    assert_eq!(moved[0].cents(), -59);
    assert_eq!(moved.iter().copied().sum::<Money>(), Money::ZERO, "to the last digit");
    assert!(moved[1] > Money::ZERO);
    let view = s.engine.position(s.alice, perpetual).unwrap();
    assert_eq!(view.funding, moved[0]);
    assert_eq!(s.engine.funding_of_eight_hours(perpetual, s.now), rate);
    assert_eq!(s.engine.current_funding(perpetual), Some(Ratio(0)), "a new hour");
}

#[test]
fn a_days_funding_is_capped() {
    let mut s = stage();
    positions(&mut s);
    let perpetual = perpetual(&s);
    s.engine.set_mark(perpetual, price("2.60"));
    s.engine.sample_premiums();
    fund(&mut s);
    let paid = s.engine.funding_hours(perpetual).next_back().unwrap().rate;
    assert_eq!(paid, Ratio(-10_000_000 / 24), "one per cent a day, and shorts pay");
}
