//! Positions against a naive model: whatever the order of fills and however often each is told.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use tenor::domain::command::SessionCommand;
use tenor::domain::event::{Link, VenueEvent, VenuePosition};
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::order::{Fill, Liquidity, VenueOrderId};
use tenor::domain::past::{Settlement, SettlementKind, Settlements};

use crate::core_rig::{FAR, NEAR, Rig, instruments};

fn fill(number: usize, is_near: bool, is_buy: bool, cents: i64, lots: i64) -> Fill {
    Fill {
        trade_id: format!("t{number}").into(),
        venue_order: VenueOrderId("V1".into()),
        label: None,
        instrument: if is_near { NEAR } else { FAR },
        side: if is_buy { Side::Bid } else { Side::Ask },
        price: Price(cents * 10_000_000),
        qty: Qty::lots(lots),
        fee: Money(lots as i128 * 1_000_000_007),
        liquidity: Liquidity::Taker,
        utc: tenor::base::time::Utc(number as i64),
        spread_trade: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn positions_follow_the_fills_to_the_last_unit(
        trades in proptest::collection::vec((any::<bool>(), any::<bool>(), 1_i64..900, 1_i64..40), 1..60),
        repeats in proptest::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let fills: Vec<Fill> = trades.iter().enumerate().map(|(n, &(near, buy, cents, lots))| fill(n, near, buy, cents, lots)).collect();
        let mut rig = Rig::trading();
        for (at, one) in fills.iter().enumerate() {
            rig.venue(Link::Orders, vec![VenueEvent::Fill(Box::new(one.clone()))]);
            // An earlier one again: it must change nothing.
            if let Some(repeat) = repeats.get(at) {
                let again = &fills[repeat.index(at + 1)];
                rig.venue(Link::Orders, vec![VenueEvent::Fill(Box::new(again.clone()))]);
            }
        }
        // Cash is all that a naive model needs: what was paid, received and is still held.
        let mut model: BTreeMap<u32, (i64, i128, i128)> = BTreeMap::new();
        for one in &fills {
            let entry = model.entry(one.instrument.0).or_default();
            entry.0 += one.side.sign() * one.qty.0;
            entry.1 -= i128::from(one.side.sign()) * Money::notional(one.price, one.qty, 730).0;
            entry.2 += one.fee.0;
        }
        prop_assert_eq!(rig.view.trading.positions.len(), model.len());
        for position in rig.view.trading.positions.iter() {
            let (net, cash, fees) = model[&position.instrument.0];
            prop_assert_eq!(position.net.0, net);
            prop_assert_eq!(position.fees.0, fees);
            let total = position.realised.0 - position.cost.0;
            prop_assert!((total - cash).abs() <= 1, "{} against {}: two roundings of the picture", total, cash);
            if net == 0 {
                prop_assert_eq!(position.realised.0, cash);
                prop_assert_eq!(position.cost, Money::ZERO);
            }
        }
        prop_assert_eq!(rig.view.trading.fills.len(), fills.len());
    }
}

fn asked_for_positions(rig: &mut Rig) -> usize {
    let asked = rig.fx.session.drain(..).filter(|(_, command)| matches!(command, SessionCommand::Positions));
    asked.count()
}

#[test]
fn the_venue_is_asked_for_margin_after_fills_and_now_and_then() {
    let mut rig = Rig::trading();
    let told = |margin| VenuePosition {
        instrument: NEAR,
        net: Qty::lots(3),
        average_price: Some(Price(2_780_000_000)),
        mark: None,
        floating: Money::ZERO,
        realised: Money::ZERO,
        initial_margin: margin,
    };
    rig.wait(Duration::from_secs(30));
    assert_eq!(asked_for_positions(&mut rig), 0, "nothing is held, nothing was traded");

    for number in 0..3 {
        rig.venue(Link::Orders, vec![VenueEvent::Fill(Box::new(fill(number, true, true, 278, 1)))]);
        rig.wait(Duration::from_millis(100));
    }
    assert_eq!(rig.view.trading.positions[0].initial_margin, None, "the venue has not said");
    rig.wait(Duration::from_millis(1_500));
    assert_eq!(asked_for_positions(&mut rig), 1, "once for all of them");
    rig.venue(Link::Orders, vec![VenueEvent::Positions(vec![told(Some(Money::dollars(600)))])]);
    rig.wait(Duration::from_millis(100));
    assert_eq!(rig.view.trading.positions[0].initial_margin, Some(Money::dollars(600)));

    rig.wait(Duration::from_secs(21));
    assert_eq!(asked_for_positions(&mut rig), 2, "every ten seconds while something is held");
    rig.venue(Link::Orders, vec![VenueEvent::Fill(Box::new(fill(9, true, false, 278, 3)))]);
    rig.wait(Duration::from_millis(100));
    assert_eq!(rig.view.trading.positions[0].initial_margin, None, "flat");
    rig.wait(Duration::from_secs(3));
    assert_eq!(asked_for_positions(&mut rig), 1);
    rig.venue(Link::Orders, vec![VenueEvent::Positions(Vec::new())]);
    rig.wait(Duration::from_secs(30));
    assert_eq!(asked_for_positions(&mut rig), 0);
}

#[test]
fn what_is_held_of_a_delivered_contract_ends_at_its_last_settlement() {
    let mut rig = Rig::trading();
    rig.venue(Link::Orders, vec![VenueEvent::Fill(Box::new(fill(1, true, true, 270, 3)))]);
    let kind = SettlementKind::Delivery;
    let row = Settlement { utc: rig.now.utc, price: Price::parse("2.75").unwrap(), kind };
    let contract = instruments()[NEAR.index()].contract.clone();
    let told = || VenueEvent::Settlements(Box::new(Settlements { contract: contract.clone(), rows: vec![row] }));
    rig.venue(Link::Market, vec![told()]);
    let near = |rig: &Rig| rig.view.trading.positions.iter().find(|p| p.instrument == NEAR).cloned().unwrap();
    assert_eq!(near(&rig).net, Qty::lots(3), "it is listed still");

    let listed = instruments().into_iter().filter(|terms| &*terms.symbol == "FAR").collect();
    rig.venue(Link::Market, vec![VenueEvent::Instruments(listed)]);
    assert_eq!(near(&rig).net, Qty::lots(3), "shown until it is settled");
    rig.venue(Link::Market, vec![told(), told()]);
    rig.wait(Duration::from_millis(20));
    let ended = near(&rig);
    assert_eq!((ended.net, ended.open_pl), (Qty::ZERO, Some(Money::ZERO)));
    assert_eq!(ended.realised, Money::notional(Price::parse("0.05").unwrap(), Qty::lots(3), 730));
    rig.venue(Link::Orders, vec![VenueEvent::Positions(Vec::new())]);
    assert_eq!(near(&rig).venue_disagrees, None);
    let said = rig.view.notices.iter().filter(|n| n.text.contains("was settled at 2.75: 3 contracts")).count();
    assert_eq!(said, 1);
}
