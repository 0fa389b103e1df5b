//! Accounts: fills, positions and margin.

use super::*;
use crate::exchange::catalogue::CatalogueData;
use proptest::prelude::*;

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

proptest! {
    /// Realised plus floating is what the cash flows say, whatever the order of buying and selling and however averages fall.
    #[test]
    fn profit_is_cash_flow(trades in proptest::collection::vec((any::<bool>(), 1_i64..50, 1_i64..1_000), 1..60), mark in 1_i64..1_000) {
        let tick = price("0.001");
        let (mut position, mut cash, mut net) = (Position::default(), Money::ZERO, 0);
        for (buys, lots, ticks) in trades {
            let side = if buys { Side::Bid } else { Side::Ask };
            let (at, qty) = (Price::from_ticks(ticks, tick), Qty::lots(lots));
            let before = position.realised;
            let realised = position.trade(side, qty, at, 730);
            prop_assert_eq!(position.realised, before + realised);
            net += lots * side.sign();
            cash -= Money::notional(at, qty * side.sign(), 730);
        }
        let mark = Price::from_ticks(mark, tick);
        prop_assert_eq!(position.net, Qty::lots(net));
        prop_assert_eq!(position.profit(mark, 730), cash + Money::notional(mark, Qty::lots(net), 730));
        if net == 0 {
            prop_assert_eq!(position.cost, Money::ZERO);
        }
    }
}

#[test]
fn closing_part_keeps_the_average() {
    let mut position = Position::default();
    position.trade(Side::Bid, Qty::lots(1), price("2.80"), 730);
    position.trade(Side::Bid, Qty::lots(2), price("2.83"), 730);
    assert_eq!(position.average_price(730), Some(price("2.82")));
    let realised = position.trade(Side::Ask, Qty::lots(1), price("2.90"), 730);
    assert_eq!(realised.cents(), 5_840, "0.08 × 730");
    assert_eq!(position.average_price(730), Some(price("2.82")));
    // Through zero: two closed, one opened short.
    position.trade(Side::Ask, Qty::lots(3), price("2.70"), 730);
    assert_eq!((position.net, position.average_price(730)), (Qty::lots(-1), Some(price("2.70"))));
    assert_eq!(position.realised.cents(), 5_840 - 17_520);
}

#[test]
fn averages_are_the_nearest_price() {
    assert_eq!(average_price(10, Qty(3)), Some(Price(3)));
    assert_eq!(average_price(11, Qty(-3)), Some(Price(-4)));
    assert_eq!(average_price(0, Qty::ZERO), None);
    assert_eq!(mean([Price(1), Price(2)].into_iter()), Some(Price(2)), "halves to even");
    assert_eq!(mean([Price(2), Price(3)].into_iter()), Some(Price(2)), "halves to even");
    assert_eq!(mean(std::iter::empty()), None);
}

#[test]
fn a_client_id_opens_one_account() {
    let mut accounts = Accounts::new(CatalogueData::embedded().unwrap().venue);
    let alice = accounts.open("alice", AccountKind::Client);
    let agent = accounts.open("maker", AccountKind::House);
    assert_eq!(accounts.open("alice", AccountKind::Client), alice);
    assert_ne!(alice, agent);
    assert_eq!(accounts.portfolio(alice).unwrap().equity, Money::dollars(250_000));
    assert!(accounts.is_client(alice) && !accounts.is_client(agent));
}
