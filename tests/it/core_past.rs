//! What core remembers: what venues tell of the past, and its own marks of the curves.

use std::time::Duration;

use tenor::base::time::Utc;
use tenor::domain::command::{Intent, SessionCommand};
use tenor::domain::contract::Contract;
use tenor::domain::event::{Fixing, Link, LinkState, Ticker, VenueEvent};
use tenor::domain::number::{Price, Qty};
use tenor::domain::past::{IndexInfo, Settlement, SettlementKind, Settlements};
use tenor::view::Origin;

use super::core_rig::{FAR, NEAR, Rig};

fn contract(rig: &Rig) -> Contract {
    rig.view.instrument(NEAR).unwrap().contract.clone()
}

fn ticker(rig: &Rig, mark: &str) -> VenueEvent {
    VenueEvent::Ticker(Box::new(Ticker {
        instrument: NEAR,
        utc: rig.now.utc,
        best_bid: None,
        best_ask: None,
        best_bid_qty: Qty::ZERO,
        best_ask_qty: Qty::ZERO,
        last: None,
        mark: Price::parse(mark).ok(),
        index: None,
        settlement: None,
        high: None,
        low: None,
        volume: Qty::ZERO,
        open_interest: Qty::ZERO,
        min_price: None,
        max_price: None,
    }))
}

#[test]
fn what_the_venue_settled_is_on_the_picture_with_its_origin() {
    let mut rig = Rig::trading();
    let contract = contract(&rig);
    let at = rig.now.utc - Duration::from_secs(86_400);
    let price = Price::parse("2.75").unwrap();
    let rows = vec![Settlement { utc: at, kind: SettlementKind::Daily, price }];
    let told = Settlements { contract: contract.clone(), rows };
    rig.venue(Link::Market, vec![VenueEvent::Settlements(Box::new(told))]);
    rig.wait(Duration::from_millis(20));
    let point = rig.view.history.price_at(&contract, rig.now.utc).unwrap();
    assert_eq!((point.utc, point.price, point.origin), (at, price, Origin::Simulated));
    assert_eq!(rig.view.history.price_at(&contract, Utc(at.0 - 1)), None);
}

#[test]
fn curves_are_marked_once_a_minute_while_the_market_is_heard() {
    let mut rig = Rig::trading();
    let product = contract(&rig).product().unwrap().clone();
    let mark = ticker(&rig, "2.78");
    rig.venue(Link::Market, vec![mark]);
    rig.wait(Duration::from_secs(5 * 60));
    let marks: Vec<Utc> = rig.view.history.marks(&product).map(|mark| mark.utc).collect();
    assert!((5..=6).contains(&marks.len()), "{marks:?}");
    assert!(
        marks.windows(2).all(|w| w[1].0 - w[0].0 == 60_000_000_000) && marks.iter().all(|m| m.0 % 60_000_000_000 == 0)
    );
    let last = rig.view.history.marks(&product).last().unwrap();
    assert_eq!(
        last.months.iter().map(|(_, price)| price.to_string()).collect::<Vec<_>>(),
        ["2.78"],
        "what has no mark has none"
    );
    rig.link(Link::Market, LinkState::Syncing);
    rig.wait(Duration::from_secs(3 * 60));
    assert_eq!(rig.view.history.marks(&product).count(), marks.len());
}

#[test]
fn secondary_indices_are_kept_and_the_spot_side_is_left_alone() {
    let mut rig = Rig::trading();
    let name = "h100_usdc_grid";
    let info = IndexInfo {
        name: name.into(),
        beside: Some("h100_usdc".into()),
        description: Some("On-demand grid".into()),
        every: None,
        is_simulated: true,
    };
    let (utc, price) = (rig.now.utc, Price::parse("2.99").unwrap());
    rig.venue(Link::Market, vec![VenueEvent::Indices(vec![info])]);
    rig.venue(
        Link::Market,
        vec![
            VenueEvent::IndexPrice { index_name: name.into(), utc, price },
            VenueEvent::IndexPrice { index_name: "h100_usdc".into(), utc, price: Price::parse("2.81").unwrap() },
            VenueEvent::Fixings(vec![Fixing { index_name: name.into(), utc, price }]),
        ],
    );
    rig.wait(Duration::from_millis(20));
    let (grid, main) = (rig.view.history.index(name).unwrap(), rig.view.history.index("h100_usdc"));
    assert_eq!((grid.last(), grid.fixings().len()), (Some((utc, price)), 1));
    assert!(main.is_none_or(|main| main.last().is_none()), "an index that speaks all the time is no history");
}

#[test]
fn bars_are_fetched_of_what_is_looked_at() {
    let mut rig = Rig::trading();
    rig.intent(Intent::Watch(vec![NEAR, FAR]));
    let asked = rig.fx.session.iter().filter_map(|(link, command)| match command {
        SessionCommand::Bars(id) => Some((*link, *id)),
        _ => None,
    });
    assert_eq!(asked.collect::<Vec<_>>(), [(Link::Market, NEAR), (Link::Market, FAR)]);
}
