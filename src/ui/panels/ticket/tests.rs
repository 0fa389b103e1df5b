//! The ticket: what an order would do, what stands in its way, and what its fields read and write.

use std::sync::Arc;

use super::draft::{Draft, Obstacle, QuickPrice, consequence};
use super::order_words;
use crate::domain::book::Level;
use crate::domain::contract::{Contract, Month};
use crate::domain::instrument::{Catalogue, Instrument, InstrumentId, Unit};
use crate::domain::number::{Money, Price, Qty, Side};
use crate::domain::order::{OrderType, PostOnly, TimeInForce};
use crate::view::View;
use crate::view::market::MarketView;
use crate::view::session::{Environment, SessionView};
use crate::view::trading::PositionView;

const TICK: Price = Price(10_000_000);

fn price(text: &str) -> Price {
    Price::parse(text).expect("a price of this test")
}

/// H100 DEC-26, 2.78 bid for 91, 64 at 2.80 and 118 at 2.81; long 25 with margin 10,184.
fn view() -> View {
    let mut view = View::empty(SessionView::new("SIM-01", "embedded", Environment::Simulated));
    let mut catalogue = Catalogue::default();
    catalogue.reload(vec![Instrument {
        symbol: "H100_USDC-31DEC26".into(),
        contract: Contract::parse_code("H100.Z6", Month { year: 2026, month: 11 }).expect("a code"),
        unit: Unit::GpuHour,
        tick: TICK,
        lot: Qty::lots(1),
        contract_size: 730,
        currency: "USDC".into(),
        index_name: "h100_usdc".into(),
        expiry: None,
        legs: Vec::new(),
        is_active: true,
        is_halted: false,
    }]);
    view.catalogue = Arc::new(catalogue);
    let mut market = MarketView::new(InstrumentId(0));
    let level = |p: &str, lots| Level { price: price(p), qty: Qty::lots(lots) };
    market.book.bids = vec![level("2.78", 91)];
    market.book.asks = vec![level("2.80", 64), level("2.81", 118)];
    view.markets = vec![Arc::new(market)];
    view.trading.positions = Arc::new(vec![PositionView {
        instrument: InstrumentId(0),
        net: Qty::lots(25),
        cost: Money::ZERO,
        average: None,
        mark: Some(price("2.79")),
        open_pl: None,
        realised: Money::ZERO,
        fees: Money::ZERO,
        initial_margin: Some(Money::dollars(10_000)),
        venue_disagrees: None,
    }]);
    view
}

fn draft(side: Side, lots: i64, at: &str) -> Draft {
    Draft { instrument: Some(InstrumentId(0)), side, qty: Qty::lots(lots), price: Some(price(at)), ..Draft::default() }
}

#[test]
fn says_what_an_order_would_do() {
    let view = view();
    let c = consequence(&draft(Side::Bid, 5, "2.78"), &view).expect("a known contract");
    assert_eq!(c.units, 3_650);
    assert_eq!(c.notional, Some(Money::dollars(10_147)));
    assert_eq!(c.margin_added, Some(Money::dollars(2_000)), "a fifth of what 25 contracts need");
    assert_eq!(c.position_after, Qty::lots(30));
    assert_eq!((c.takes, c.rests), (Qty::ZERO, Qty::lots(5)));
    let sale = consequence(&draft(Side::Ask, 30, "2.80"), &view).expect("a known contract");
    assert_eq!(sale.position_after, Qty::lots(-5));
    assert_eq!(sale.margin_added, Some(Money::dollars(-8_000)), "from 25 long to 5 short");
}

#[test]
fn a_crossing_order_takes_what_is_there() {
    let view = view();
    let c = consequence(&draft(Side::Bid, 120, "2.80"), &view).expect("a known contract");
    assert_eq!((c.takes, c.rests), (Qty::lots(64), Qty::lots(56)));
    let mut market = draft(Side::Bid, 100, "2.80");
    market.set_kind(OrderType::Market);
    let c = consequence(&market, &view).expect("a known contract");
    let cost = Money::notional(price("2.80"), Qty::lots(64), 730) + Money::notional(price("2.81"), Qty::lots(36), 730);
    assert_eq!((c.takes, c.rests, c.notional), (Qty::lots(100), Qty::ZERO, Some(cost)));
    market.qty = Qty::lots(1_000);
    assert_eq!(consequence(&market, &view).expect("known").notional, None, "deeper than the book");
}

#[test]
fn without_a_margined_position_the_margin_is_unknown() {
    let mut view = view();
    view.trading.positions = Arc::default();
    assert_eq!(consequence(&draft(Side::Bid, 5, "2.78"), &view).expect("known").margin_added, None);
}

#[test]
fn obstacles_come_in_order() {
    let mut view = view();
    assert_eq!(Draft::default().obstacle(&view, true), Some(Obstacle::NoContract));
    let good = draft(Side::Bid, 5, "2.78");
    assert_eq!(good.obstacle(&view, true), None);
    assert_eq!(good.obstacle(&view, false), Some(Obstacle::BookNotLive));
    assert_eq!(draft(Side::Bid, 0, "2.78").obstacle(&view, true), Some(Obstacle::NoQty));
    assert_eq!(draft(Side::Bid, 51, "2.78").obstacle(&view, true), Some(Obstacle::OverLimit(50)));
    assert_eq!(draft(Side::Bid, 5, "2.785").obstacle(&view, true), Some(Obstacle::OffTick(TICK)));
    assert!(draft(Side::Bid, 26, "2.78").needs_confirmation(&view));
    assert!(!draft(Side::Bid, 25, "2.78").needs_confirmation(&view));
    view.trading.is_blocked = true;
    assert_eq!(good.obstacle(&view, true), Some(Obstacle::Blocked));
}

#[test]
fn post_only_leaves_orders_that_cannot_rest() {
    let mut draft = draft(Side::Bid, 5, "2.78");
    draft.post_only = PostOnly::Reprice;
    draft.set_time_in_force(TimeInForce::ImmediateOrCancel);
    assert_eq!(draft.post_only, PostOnly::Off);
    assert!(!draft.may_be_post_only());
    draft.set_kind(OrderType::Market);
    assert_eq!(draft.intent().expect("whole").price, None);
}

#[test]
fn quick_prices_round_away_from_the_market() {
    let view = view();
    let mut book = view.markets[0].book.clone();
    book.bids[0].price = price("2.79");
    assert_eq!(QuickPrice::Mid.of(&book, TICK, Side::Bid), Some(price("2.79")));
    assert_eq!(QuickPrice::Mid.of(&book, TICK, Side::Ask), Some(price("2.80")));
    assert_eq!(QuickPrice::Ask.of(&book, TICK, Side::Bid), Some(price("2.80")));
}

#[test]
fn writes_and_reads_what_the_fields_show() {
    let view = view();
    let instrument = view.instrument(InstrumentId(0)).expect("listed");
    assert_eq!(order_words(&draft(Side::Ask, 5, "2.8"), instrument), "Sell 5 at 2.80");
}
