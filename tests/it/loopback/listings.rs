//! Instruments that begin and end while the terminal runs: it never reconnects, and its list is the exchange's all the same.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenor::base::time::Utc;
use tenor::domain::command::OrderIntent;
use tenor::domain::contract::Contract;
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use tenor::shell::exchange_server::{ControlToken, ServerConfig};
use tenor::view::View;
use tenor::view::book::BookState;
use tenor::view::trading::OrderPhase;

use super::client::Client;
use super::rig::{ACCOUNT, Rig};
use super::{FAR, NEAR, assert_to_the_cent, number, order};
use crate::gateway_sockets::control;

const MIDDLE: &str = "H100_USDC-29JAN27";

fn utc(text: &str) -> Utc {
    let stamp: jiff::Timestamp = text.parse().unwrap();
    Utc(i64::try_from(stamp.as_nanosecond()).unwrap())
}

fn mid(view: &View, symbol: &str) -> i64 {
    let id = view.catalogue.find(symbol).unwrap();
    view.market(id).unwrap().book.mid().unwrap().0
}

/// Legs as `create_combo` takes them.
fn trades(legs: &[(&str, i64)]) -> Value {
    let trade = |(name, ratio): &(&str, i64)| {
        let direction = if *ratio > 0 { "buy" } else { "sell" };
        json!({"instrument_name": name, "direction": direction, "amount": 730 * ratio.abs()})
    };
    json!({"trades": legs.iter().map(trade).collect::<Vec<_>>()})
}

#[test]
fn a_combo_that_somebody_creates_is_taken_up_and_traded() {
    let rig = Rig::start(21, 1_500.0);
    rig.wait_all_live();
    let view = rig.pause();
    let mut maker = Client::connect(&rig.server.url(), "maker");
    let shapes: [&[(&str, i64)]; 3] = [
        &[(NEAR, 1), (MIDDLE, -2), (FAR, 1)],
        &[("H200_USDC-31DEC26", 1), (NEAR, -1)],
        &[(MIDDLE, 1), ("H100_USDC-26FEB27", 1), (FAR, 1)],
    ];
    let created =
        shapes.map(|legs| maker.call("private/create_combo", &trades(legs))["id"].as_str().unwrap().to_owned());
    assert!(created.iter().all(|symbol| view.catalogue.find(symbol).is_none()), "new: {created:?}");
    let is_live = |view: &View, symbol: &String| {
        let now = rig.terminal.clock.now();
        view.catalogue.find(symbol).is_some_and(|id| view.book_state(id, now).is_live())
    };
    let view = rig.wait("all three are live", |view| created.iter().all(|symbol| is_live(view, symbol)));
    assert_eq!((view.session.market.reconnects, view.stats.anomalies), (0, 0));
    assert!(view.notices.iter().any(|notice| notice.text.starts_with("Newly listed: ")), "it is said");

    let [fly, ..] = &created;
    let id = view.catalogue.find(fly).unwrap();
    let terms = view.instrument(id).unwrap();
    assert_eq!(terms.contract.code(), "+1*H100.Z6-2*H100.F7+1*H100.H7");
    // Between what the legs bid and offer: it rests, and is the best.
    let fair = Price(mid(&view, NEAR) - 2 * mid(&view, MIDDLE) + mid(&view, FAR)).round_to(terms.tick);
    let offer = json!({"instrument_name": fly, "amount": 2 * 730, "price": number_of(fair), "type": "limit"});
    maker.call("private/sell", &offer);
    rig.wait("the offer is in the book", |view| {
        let best = view.market(id).and_then(|market| market.book.best(Side::Ask));
        best.is_some_and(|best| (best.price, best.qty) == (fair, Qty::lots(2)))
    });
    rig.arm();
    rig.place(OrderIntent {
        instrument: id,
        side: Side::Bid,
        qty: Qty::lots(1),
        price: Some(fair),
        kind: OrderType::Limit,
        time_in_force: TimeInForce::GoodTilCancelled,
        post_only: PostOnly::Off,
        reduce: Reduce::Any,
        tag: "ladder".into(),
    });
    let held = rig.wait("it is filled and the legs are held", |view| {
        let is_filled = view.trading.orders.iter().any(|order| order.phase == OrderPhase::Filled);
        is_filled && view.trading.positions.iter().filter(|position| !position.net.is_zero()).count() == 3
    });
    let net = |symbol: &str| {
        let id = held.catalogue.find(symbol).unwrap();
        held.trading.positions.iter().find(|position| position.instrument == id).unwrap().net
    };
    assert_eq!([NEAR, MIDDLE, FAR].map(net), [1, -2, 1].map(Qty::lots));
}

fn number_of(price: Price) -> f64 {
    price.to_f64_lossy()
}

#[test]
fn a_month_ends_and_the_next_one_begins_without_a_reconnect() {
    const ENDING: &str = "H100_USDC-30NOV26";
    let token = ControlToken::new().unwrap();
    let start = Some(utc("2026-11-30T20:57:00Z"));
    let config = ServerConfig { seed: 22, start, rate: 100.0, control: Some(token.clone()), ..ServerConfig::default() };
    let rig = Rig::start_with(config);
    let head = format!("POST /control HTTP/1.1\r\nAuthorization: Bearer {}", token.reveal());
    let dial = |what: Value| assert_eq!(control(&rig.server, &head, &what.to_string()).0, 200, "{what}");
    let view = rig.wait_all_live();
    let ending = view.catalogue.find(ENDING).unwrap();
    rig.arm();
    rig.place(order(&view, ENDING, Side::Bid, 2, 6));
    let bought = rig.wait("two contracts are held", |view| {
        view.trading.positions.iter().any(|position| position.net == Qty::lots(2))
    });
    let listed = bought.catalogue.len();

    dial(json!({"do": "pause"}));
    // Step by step: a server that is busy for long is silent.
    for _ in 0..38 {
        dial(json!({"do": "step", "millis": 5_000}));
    }
    dial(json!({"do": "continue"}));
    let mut client = Client::connect(&rig.server.url(), ACCOUNT);
    let instruments = ["future", "future_combo"]
        .map(|kind| client.list("public/get_instruments", &json!({"currency": "any", "kind": kind})));
    let theirs: BTreeSet<String> = instruments
        .iter()
        .flatten()
        .filter(|item| item["is_active"] == true)
        .map(|item| item["instrument_name"].as_str().unwrap().to_owned())
        .collect();
    assert!(!theirs.contains(ENDING));
    let rolled = rig.wait("the list is the exchange's, all of it live", |view| {
        let now = rig.terminal.clock.now();
        let active = || view.catalogue.iter().filter(|(_, terms)| terms.is_active);
        active().map(|(_, terms)| terms.symbol.to_string()).collect::<BTreeSet<_>>() == theirs
            && active().all(|(id, _)| view.book_state(id, now).is_live())
    });
    let added = rolled.catalogue.iter().skip(listed);
    let month = added.filter(|(_, terms)| terms.contract.month().is_some() && terms.is_active).count();
    assert!(month >= 4, "every product has a new month: {month}");
    assert_eq!(rolled.book_state(ending, rig.terminal.clock.now()), BookState::Ended);
    let said: Vec<_> = rolled.notices.iter().map(|notice| &notice.text).collect();
    assert_eq!((rolled.session.market.reconnects, rolled.stats.anomalies), (0, 0), "{said:?}");

    let settled = rig.wait("what was held of it is settled", |view| {
        let ours = view.trading.positions.iter().find(|position| position.instrument == ending).unwrap();
        ours.net.is_zero() && ours.realised != Money::ZERO && ours.venue_disagrees.is_none()
    });
    let theirs = client.call("private/get_position", &json!({"instrument_name": ENDING}));
    let ours = settled.trading.positions.iter().find(|position| position.instrument == ending).unwrap();
    assert_to_the_cent("realised at delivery", ours.realised, number(&theirs["realized_profit_loss"]));
    assert!(!settled.notices.iter().any(|notice| notice.text.contains("differ from ours")));

    rig.place(order(&view, ENDING, Side::Bid, 1, 0));
    let refused = rig.wait("an order for it is refused", |view| {
        view.notices.iter().any(|notice| notice.text.starts_with("Not sent: H100 NOV-26 is no longer listed"))
    });
    assert!(matches!(refused.instrument(ending).unwrap().contract, Contract::Outright { .. }));
    assert_eq!(refused.trading.orders.len(), 1, "nothing was sent");
}
