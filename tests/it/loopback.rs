//! The whole way over real sockets: the shell's terminal on the embedded exchange, checked against the exchange itself and against what
//! it tells another client.

mod basket;
mod client;
mod clock;
mod listings;
mod rig;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tenor::domain::book::Level;
use tenor::domain::command::OrderIntent;
use tenor::domain::event::LinkState;
use tenor::domain::instrument::InstrumentId;
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::order::{OrderType, PostOnly, Reduce, TimeInForce};
use tenor::exchange::gateways::deribit::Fault;
use tenor::view::ProductView;
use tenor::view::View;
use tenor::view::curve::CurveView;
use tenor::view::trading::OrderPhase;

use client::Client;
use rig::{ACCOUNT, Rig, first_difference};

const NEAR: &str = "H100_USDC-31DEC26";
const FAR: &str = "H100_USDC-31MAR27";
const CALENDAR: &str = "H100_USDC-CAL-31DEC26_31MAR27";
const OPENING_BALANCE: f64 = 250_000.0;

/// A limit order `ticks` through the touch, or behind it when negative.
fn order(view: &View, symbol: &str, side: Side, lots: i64, ticks: i64) -> OrderIntent {
    let instrument = view.catalogue.find(symbol).unwrap();
    let tick = view.instrument(instrument).unwrap().tick;
    let book = &view.market(instrument).unwrap().book;
    let touch = book.best(if ticks < 0 { side } else { side.opposite() }).unwrap().price;
    OrderIntent {
        instrument,
        side,
        qty: Qty::lots(lots),
        price: Some(touch + Price::from_ticks(ticks * side.sign(), tick)),
        kind: OrderType::Limit,
        time_in_force: TimeInForce::GoodTilCancelled,
        post_only: PostOnly::Off,
        reduce: Reduce::Any,
        tag: "loopback".into(),
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[track_caller]
fn assert_to_the_cent(what: &str, ours: Money, theirs: f64) {
    assert!((ours.to_f64_lossy() - theirs).abs() < 0.005, "{what}: ours {ours}, theirs {theirs}");
}

#[test]
fn every_book_is_the_exchanges_own_after_faults_and_at_rest() {
    let rig = Rig::start(11, 3_000.0);
    rig.wait_all_live();
    for round in 0..5 {
        let before = rig.terminal.view().stats.gaps;
        for _ in 0..4 {
            rig.server.inject(Fault::DropBook);
            rig.server.inject(Fault::DuplicateBook);
        }
        rig.server.inject(Fault::DelayBook(Duration::from_millis(300)));
        rig.wait("the gaps are noticed", |view| view.stats.gaps > before);
        if round % 2 == 1 {
            let reconnects = rig.terminal.view().session.market.reconnects;
            rig.server.inject(Fault::Cut);
            rig.wait("the cut is noticed", |view| view.session.market.reconnects > reconnects);
        }
        rig.wait_all_live();
    }
    let view = rig.pause();
    assert_eq!(first_difference(&view, &rig.server.books()), None);
    assert!(view.markets.iter().map(|market| market.book.bids.len()).sum::<usize>() > 1_000, "the books are full");
    rig.wait("every curve is that of the books at rest", |view| {
        let solved = |spot: &ProductView| {
            let shown = view.curve(&spot.product)?;
            let anew = CurveView::solve(view, &spot.product)?;
            Some(shown.months == anew.months && shown.strips == anew.strips)
        };
        view.products.len() == 4 && view.products.iter().all(|spot| solved(spot) == Some(true))
    });

    rig.server.set_rate(3_000.0);
    let then = view.stats.messages;
    rig.wait("the market moves on", |view| view.stats.messages > then + 1_000);
    let view = rig.pause();
    assert_eq!(first_difference(&view, &rig.server.books()), None);
}

#[test]
fn orders_fills_positions_and_profit_agree_with_the_exchange() {
    let rig = Rig::start(12, 1_500.0);
    rig.wait_all_live();
    let view = rig.pause();
    rig.arm();
    let near = view.catalogue.find(NEAR).unwrap();
    let touch = view.market(near).unwrap().book.best(Side::Ask).unwrap();

    let deep = (touch.qty.whole_lots() + 2).min(50);
    rig.place(order(&view, NEAR, Side::Bid, deep, 8));
    // By one large order at the touch, by many, or by orders of other books.
    rig.wait("the buy is filled", |view| !view.trading.fills.is_empty() && is_done(view, 1));
    rig.place(order(&rig.terminal.view(), NEAR, Side::Ask, 3, 8));
    rig.wait("part is sold again", |view| is_done(view, 2));
    rig.place(order(&rig.terminal.view(), CALENDAR, Side::Bid, 2, 8));
    rig.wait("the calendar is bought", |view| is_done(view, 3));
    rig.place(order(&rig.terminal.view(), FAR, Side::Bid, 4, -3));
    rig.wait("an order rests", |view| view.trading.orders.iter().any(|order| order.phase == OrderPhase::Working));

    let mut client = Client::connect(&rig.server.url(), ACCOUNT);
    let summary = client.call("private/get_account_summary", &json!({"currency": "USDC"}));
    let profit = number(&summary["equity"]) - OPENING_BALANCE;
    let is_counted = |view: &View| {
        let account = view.trading.account.as_ref();
        view.trading.session_pl().is_some_and(|ours| (ours.to_f64_lossy() - profit).abs() < 0.005)
            && account.is_some_and(|a| (a.equity.to_f64_lossy() - number(&summary["equity"])).abs() < 0.005)
    };
    let view = rig.wait("profit and equity are those of the exchange", is_counted);
    assert!(profit.abs() > 1.0, "a trade costs something: {profit}");

    assert_orders(&view, &mut client);
    let fees = assert_fills(&view, &mut client);
    assert_positions(&view, &mut client, &fees);
    assert_to_the_cent("all fees", view.trading.fees, fees.values().sum());
    let account = view.trading.account.clone().unwrap();
    for (ours, key) in [
        (account.balance, "balance"),
        (account.available, "available_funds"),
        (account.initial_margin, "initial_margin"),
        (account.maintenance_margin, "maintenance_margin"),
        (account.total_pl, "total_pl"),
    ] {
        assert_to_the_cent(key, ours, number(&summary[key]));
    }
    // Acks and books come on two connections.
    let books = rig.server.books();
    rig.wait("our orders are in the books", |view| first_difference(view, &books).is_none());
}

/// At least `count` of our orders, and all of them filled.
fn is_done(view: &View, count: usize) -> bool {
    let orders = &view.trading.orders;
    orders.len() >= count && orders.iter().all(|order| order.phase == OrderPhase::Filled)
}

/// What could be made better by quoting both legs inside their markets.
struct Quotable {
    calendar: InstrumentId,
    near_bid: (InstrumentId, Price),
    far_ask: (InstrumentId, Price),
    /// The calendar's bid that they would make.
    made: Price,
}

/// A calendar that is a better sale through its legs once somebody bids a tick more for its near month and offers its far month a tick
/// lower.
fn quotable(view: &View) -> Option<Quotable> {
    let best = |id: InstrumentId, side| view.market(id)?.book.best(side).map(|level| level.price);
    view.catalogue.iter().find_map(|(id, terms)| {
        let [near, far] = terms.legs.as_slice() else { return None };
        let [near, far] = [near, far].map(|leg| view.catalogue.find(&leg.symbol));
        let (near, far) = (near?, far?);
        let bid = best(near, Side::Bid)? + view.instrument(near)?.tick;
        let ask = best(far, Side::Ask)? - view.instrument(far)?.tick;
        let is_inside = bid < best(near, Side::Ask)? && ask > best(far, Side::Bid)?;
        let made = bid - ask;
        let is_better = made > best(id, Side::Bid)? && made < best(id, Side::Ask)?;
        (is_inside && is_better).then_some(Quotable { calendar: id, near_bid: (near, bid), far_ask: (far, ask), made })
    })
}

#[test]
fn an_implied_price_is_on_the_picture_and_an_order_at_it_fills() {
    let rig = Rig::start(17, 1_500.0);
    rig.wait_all_live();
    let view = rig.pause();
    rig.arm();
    let Quotable { calendar, near_bid: (near, bid), far_ask: (far, ask), made } = quotable(&view).unwrap();
    let implied = move |view: &View| view.market(calendar).unwrap().implied.level(Side::Bid);
    assert!(implied(&view).is_some_and(|level| level.price < made), "its legs as they stand: {:?}", implied(&view));

    let mut client = Client::connect(&rig.server.url(), "somebody");
    let mut quote = |method: &str, id: InstrumentId, price: Price| {
        let amount = units(&view, id, Qty::lots(3));
        let order = json!({"instrument_name": symbol(&view, id), "amount": amount, "price": price.to_string()});
        client.call(method, &order)["order"]["order_id"].clone()
    };
    quote("private/buy", near, bid);
    let offer = quote("private/sell", far, ask);
    let shown = rig.wait("the venue implies the better price", |view| {
        implied(view).is_some_and(|level| (level.price, level.qty) == (made, Qty::lots(3)))
    });
    let book = &shown.market(calendar).unwrap().book;
    assert!(book.best(Side::Bid).is_some_and(|level| level.price < made), "nobody bids that in its own book");
    assert!(shown.book_state(calendar, rig.terminal.clock.now()).is_live());

    let intent = order(&shown, symbol(&shown, calendar), Side::Ask, 2, -1);
    rig.place(OrderIntent { price: Some(made), ..intent });
    let view = rig.wait("the sale is filled", |view| is_done(view, 1));
    let fills: Vec<_> = view.trading.fills.iter().map(|fill| (fill.instrument, fill.side, fill.price)).collect();
    let legs = [(near, Side::Ask, bid), (far, Side::Bid, ask)];
    assert_eq!(fills, [(calendar, Side::Ask, made), legs[0], legs[1]], "at its price, with the orders that made it");
    rig.wait("one is left", |view| {
        implied(view).is_some_and(|level| level == Level { price: made, qty: Qty::lots(1) })
    });

    client.call("private/cancel", &json!({"order_id": offer}));
    rig.wait("and goes with the leg that made it", |view| implied(view).is_none_or(|level| level.price < made));
}

fn units(view: &View, id: InstrumentId, qty: Qty) -> f64 {
    qty.to_f64_lossy() * view.instrument(id).unwrap().contract_size as f64
}

const fn direction(side: Side) -> &'static str {
    match side {
        Side::Bid => "buy",
        Side::Ask => "sell",
    }
}

fn symbol(view: &View, id: InstrumentId) -> &str {
    &view.instrument(id).unwrap().symbol
}

fn assert_orders(view: &View, client: &mut Client) {
    assert_eq!(view.trading.orders.len(), 4);
    for ours in view.trading.orders.iter() {
        let id = &ours.venue_order.as_ref().unwrap().0;
        let theirs = client.call("private/get_order_state", &json!({"order_id": &**id}));
        let state = if ours.phase == OrderPhase::Filled { "filled" } else { "open" };
        assert_eq!(theirs["order_state"], state, "{theirs}");
        assert_eq!(theirs["label"], &*ours.label.0);
        assert_eq!(theirs["instrument_name"], symbol(view, ours.instrument));
        assert_eq!(theirs["direction"], direction(ours.side));
        assert_eq!(number(&theirs["amount"]), units(view, ours.instrument, ours.qty));
        assert_eq!(number(&theirs["filled_amount"]), units(view, ours.instrument, ours.filled));
        assert!((number(&theirs["price"]) - ours.price.unwrap().to_f64_lossy()).abs() < 1e-9);
        if let Some(average) = ours.average_price {
            assert!((number(&theirs["average_price"]) - average.to_f64_lossy()).abs() < 1e-8, "{theirs}");
        }
    }
}

/// Fees by instrument, as the exchange charged them.
fn assert_fills(view: &View, client: &mut Client) -> BTreeMap<String, f64> {
    let answer = client.call("private/get_user_trades_by_currency", &json!({"currency": "USDC", "count": 1000}));
    let theirs = answer["trades"].as_array().unwrap();
    let mut fees: BTreeMap<String, f64> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for fill in theirs {
        *fees.entry(fill["instrument_name"].as_str().unwrap().to_owned()).or_default() += number(&fill["fee"]);
        told.insert((fill["instrument_name"].to_string(), fill["trade_id"].to_string()));
    }
    let ours: Vec<_> = view.trading.fills.iter().cloned().collect();
    assert_eq!((ours.len(), told.len()), (theirs.len(), theirs.len()), "each fill once");
    for fill in &ours {
        let name = symbol(view, fill.instrument);
        let same = theirs.iter().find(|t| t["trade_id"] == *fill.trade_id && t["instrument_name"] == name);
        let same = same.unwrap_or_else(|| panic!("the exchange knows nothing of {fill:?}"));
        assert_eq!(number(&same["amount"]), units(view, fill.instrument, fill.qty));
        assert_eq!(same["direction"], direction(fill.side));
        assert!((number(&same["price"]) - fill.price.to_f64_lossy()).abs() < 1e-9, "{same}");
        assert!((number(&same["fee"]) - fill.fee.to_f64_lossy()).abs() < 1e-9, "{same}");
    }
    fees
}

fn assert_positions(view: &View, client: &mut Client, fees: &BTreeMap<String, f64>) {
    let theirs = client.list("private/get_positions", &json!({"currency": "any"}));
    assert_eq!(view.trading.positions.iter().filter(|p| !p.net.is_zero()).count(), 2, "near and far month");
    for ours in view.trading.positions.iter() {
        let name = symbol(view, ours.instrument);
        let same = theirs.iter().find(|p| p["instrument_name"] == name).unwrap();
        assert_eq!(number(&same["size"]), units(view, ours.instrument, ours.net), "{name}");
        assert_eq!(ours.venue_disagrees, None, "{name}");
        assert_to_the_cent(name, ours.open_pl.unwrap(), number(&same["floating_profit_loss"]));
        assert_to_the_cent(name, ours.realised, number(&same["realized_profit_loss"]));
        assert_to_the_cent(name, ours.fees, fees.get(name).copied().unwrap_or(0.0));
        if let Some(average) = ours.average {
            assert!((number(&same["average_price"]) - average.to_f64_lossy()).abs() < 1e-8, "{name}: {same}");
        }
    }
}

/// Labels of the open orders that the exchange tells another client of the account.
fn open_labels(client: &mut Client) -> BTreeSet<String> {
    let orders = client.list("private/get_open_orders", &json!({}));
    orders.iter().map(|order| order["label"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_cut_order_connection_empties_the_book_and_nothing_else() {
    let rig = Rig::start(13, 1_500.0);
    rig.wait_all_live();
    let view = rig.pause();
    let mut client = Client::connect(&rig.server.url(), ACCOUNT);
    let price = order(&view, FAR, Side::Bid, 1, -2).price.unwrap().to_string();
    let kept = json!({"instrument_name": FAR, "amount": 730, "type": "limit", "price": price, "label": "kept"});
    client.call("private/buy", &kept);

    rig.arm();
    for (symbol, side, ticks) in [(NEAR, Side::Bid, -2), (NEAR, Side::Ask, -4), (CALENDAR, Side::Bid, -3)] {
        rig.place(order(&view, symbol, side, 2, ticks));
    }
    let is_working = |view: &View| {
        view.trading.orders.iter().filter(|order| order.is_ours && order.phase == OrderPhase::Working).count() == 3
    };
    rig.wait("three orders rest", is_working);
    let books = rig.server.books();
    let view = rig.wait("and stand in the books", |view| first_difference(view, &books).is_none());
    let ours = || view.trading.orders.iter().filter(|order| order.is_ours);
    let mut expected: BTreeSet<String> = ours().map(|order| order.label.to_string()).collect();
    expected.insert("kept".to_owned());
    assert_eq!(open_labels(&mut client), expected);

    // Whichever of our two connections came first: when it was the market's, ours for orders is the oldest next.
    rig.server.inject_at(0, Fault::Cut);
    let cut =
        rig.wait("the cut is noticed", |view| view.session.market.reconnects + view.session.orders.reconnects == 1);
    if cut.session.orders.reconnects == 0 {
        assert_eq!(open_labels(&mut client), expected, "the market connection carries no orders");
        rig.server.inject_at(0, Fault::Cut);
    }
    assert_eq!(open_labels(&mut client), BTreeSet::from(["kept".to_owned()]), "cancelled with the connection, at once");
    let book = client.call("public/get_order_book", &json!({"instrument_name": NEAR, "depth": 1000}));
    for order in ours().filter(|order| symbol(&view, order.instrument) == NEAR) {
        let key = if order.side == Side::Bid { "bids" } else { "asks" };
        let price = order.price.unwrap();
        let at = |level: &&Value| (number(&level[0]) - price.to_f64_lossy()).abs() < 1e-9;
        let left = book[key].as_array().unwrap().iter().find(at).map_or(0.0, |level| number(&level[1]));
        let before = units(&view, order.instrument, level_qty(&view, order.instrument, order.side, price));
        assert_eq!(left, before - units(&view, order.instrument, order.qty), "nothing of ours at {price}");
    }

    let reconciled = rig.wait("the orders are known to be cancelled", |view| {
        let mut ours = view.trading.orders.iter().filter(|order| order.is_ours);
        view.session.orders.state == LinkState::Up && ours.all(|order| order.phase == OrderPhase::Cancelled)
    });
    assert_eq!(reconciled.trading.orders.iter().filter(|order| order.is_ours).count(), 3);
    assert!(reconciled.trading.fills.is_empty());
    rig.wait_all_live();
    let books = rig.server.books();
    rig.wait("the books are those of the exchange", |view| first_difference(view, &books).is_none());
}

/// What the view shows at a price, once our own order is part of it.
fn level_qty(view: &Arc<View>, id: InstrumentId, side: Side, price: Price) -> Qty {
    view.market(id).unwrap().book.qty_at(side, price)
}
