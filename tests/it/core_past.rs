//! What core remembers: what venues tell of the past, and its own marks of the curves.

use std::time::Duration;

use tenor::base::time::Utc;
use tenor::core::Input;
use tenor::domain::command::{Intent, SessionCommand};
use tenor::domain::contract::Contract;
use tenor::domain::event::{Fixing, Link, LinkState, Ticker, VenueEvent};
use tenor::domain::number::{Price, Qty};
use tenor::domain::past::{IndexInfo, Settlement, SettlementKind, Settlements};
use tenor::history::{CurveMark, History, Keep, Kept, Market};
use tenor::view::Origin;
use tenor::view::session::Severity;

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
        implied: [None; 2],
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

fn identify(rig: &mut Rig, version: &str) {
    rig.venue(Link::Market, vec![VenueEvent::Identified { testnet: true, version: version.into() }]);
}

fn settle(rig: &mut Rig, days_ago: u32, price: &str) {
    let utc = rig.now.utc - Duration::from_secs(86_400) * days_ago;
    let row = Settlement { utc, kind: SettlementKind::Daily, price: Price::parse(price).unwrap() };
    let told = Settlements { contract: contract(rig), rows: vec![row] };
    rig.venue(Link::Market, vec![VenueEvent::Settlements(Box::new(told))]);
}

#[test]
fn what_is_new_is_handed_to_the_keeper_once_the_market_is_known() {
    let mut rig = Rig::trading();
    settle(&mut rig, 2, "2.74");
    assert_eq!(rig.fx.keep, [], "nobody knows yet whose past it is");
    identify(&mut rig, "tenor-sim 0.1.0+1.7");
    let market = Market { environment: "simulated", venue: "embedded".into(), run: "1.7".into() };
    assert_eq!(rig.fx.keep, [Keep::Open(market, rig.now.utc)]);
    rig.fx.keep.clear();
    identify(&mut rig, "tenor-sim 0.1.0+1.7");
    settle(&mut rig, 1, "2.75");
    settle(&mut rig, 1, "2.75");
    let fixing = Fixing { index_name: "h100_usdc".into(), utc: rig.now.utc, price: Price::parse("2.81").unwrap() };
    rig.venue(Link::Market, vec![VenueEvent::Fixings(vec![fixing.clone()])]);
    let [Keep::Settlements(told, Origin::Simulated), Keep::Fixings(fixings)] = rig.fx.keep.as_slice() else {
        panic!("{:?}", rig.fx.keep);
    };
    assert_eq!((told.rows.len(), fixings.as_slice()), (1, [fixing].as_slice()));
    rig.fx.keep.clear();
    let mark = ticker(&rig, "2.78");
    rig.venue(Link::Market, vec![mark]);
    rig.wait(Duration::from_secs(180));
    let product = contract(&rig).product().unwrap().clone();
    let kept = rig.fx.keep.iter().map(|keep| match keep {
        Keep::Mark(of, mark) if *of == product => mark.clone(),
        other => panic!("{other:?}"),
    });
    let marks: Vec<CurveMark> = rig.view.history.marks(&product).cloned().collect();
    assert_eq!(kept.collect::<Vec<_>>(), marks);
    assert_eq!(marks.len(), 3);
}

#[test]
fn what_was_kept_fills_the_gaps_and_never_overrules() {
    let mut rig = Rig::trading();
    identify(&mut rig, "1.2.26");
    settle(&mut rig, 1, "2.75");
    let (contract, now) = (contract(&rig), rig.now.utc);
    let ago = |days: u32| now - Duration::from_secs(86_400) * days;
    let row = |utc, price: &str| Settlement { utc, kind: SettlementKind::Daily, price: Price::parse(price).unwrap() };
    let mut kept = History::default();
    let rows = vec![row(ago(2), "2.60"), row(ago(1), "9"), row(now + Duration::from_secs(60), "9")];
    kept.add_settlements(&Settlements { contract: contract.clone(), rows }, Origin::Venue);
    let product = contract.product().unwrap().clone();
    for utc in [ago(3), now + Duration::from_secs(60)] {
        kept.add_mark(&product, CurveMark { utc, months: vec![(contract.month().unwrap(), Price(7))] });
    }
    let market = |venue: &str| Market { environment: "simulated", venue: venue.into(), run: "".into() };
    rig.step(Input::Kept(Kept::Past(market("elsewhere"), Box::new(kept.clone()))));
    rig.wait(Duration::from_millis(20));
    assert_eq!(rig.view.history.price_at(&contract, ago(2)), None, "another market's past");
    rig.step(Input::Kept(Kept::Past(market("embedded"), Box::new(kept))));
    rig.wait(Duration::from_millis(20));
    let price = |at| rig.view.history.price_at(&contract, at).map(|point| (point.price.to_string(), point.origin));
    assert_eq!(price(ago(3)), Some(("0.000000007".to_owned(), Origin::Own)));
    assert_eq!(price(ago(2)), Some(("2.6".to_owned(), Origin::Venue)));
    assert_eq!(price(ago(1)), Some(("2.75".to_owned(), Origin::Simulated)), "the venue's present word counts");
    assert_eq!(rig.view.history.contract(&contract).unwrap().settlements().count(), 2, "nothing is of tomorrow");
    assert_eq!(rig.view.history.marks(&product).filter(|mark| mark.utc > now).count(), 0);
}

#[test]
fn a_venue_that_opens_anew_is_another_market() {
    let mut rig = Rig::trading();
    identify(&mut rig, "tenor-sim 0.1.0+1.7");
    settle(&mut rig, 1, "2.75");
    identify(&mut rig, "tenor-sim 0.1.0+1.8");
    rig.wait(Duration::from_millis(20));
    assert_eq!(rig.view.history.price_at(&contract(&rig), rig.now.utc), None);
    assert!(rig.view.notices.iter().any(|notice| notice.text.contains("another market")));
    assert_eq!(rig.fx.keep.iter().filter(|keep| matches!(keep, Keep::Open(..))).count(), 2);
}

#[test]
fn trouble_with_the_disk_is_a_sentence_and_nothing_more() {
    let mut rig = Rig::trading();
    let before = rig.core.digest();
    rig.step(Input::Kept(Kept::Trouble("The past cannot be kept.".into())));
    rig.wait(Duration::from_millis(20));
    assert!(rig.view.notices.iter().any(|n| (n.severity, &*n.text) == (Severity::Warn, "The past cannot be kept.")));
    assert_eq!(rig.core.digest(), before);
}
