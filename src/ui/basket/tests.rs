//! Baskets: lots of expressions, what is left open, and prices that are left behind.

use std::sync::Arc;

use super::*;
use crate::base::time::Instant;
use crate::domain::book::Level;
use crate::domain::contract::Month;
use crate::domain::event::LinkState;
use crate::domain::instrument::{Catalogue, Instrument};
use crate::view::market::MarketView;
use crate::view::session::{Environment, SessionView};

const NOV: Month = Month { year: 2026, month: 11 };

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

/// H100 DEC-26 2.78 / 2.80, JAN-27 2.73 / 2.75, MAR-27 2.62 / 2.64 and TOK DEC-26 0.930 / 0.934, all live; no calendar is listed.
fn view() -> View {
    let mut view = View::empty(SessionView::new("SIM-01", "embedded", Environment::Simulated));
    view.version = 7;
    view.session.market.state = LinkState::Up;
    let rows = [
        ("H100.Z6", "0.01", 730, Unit::GpuHour, "2.78", "2.80"),
        ("H100.F7", "0.01", 730, Unit::GpuHour, "2.73", "2.75"),
        ("H100.H7", "0.01", 730, Unit::GpuHour, "2.62", "2.64"),
        ("TOK.Z6", "0.001", 1_000, Unit::Mtok, "0.930", "0.934"),
    ];
    let mut catalogue = Catalogue::default();
    catalogue.reload(
        rows.map(|(code, tick, contract_size, unit, ..)| Instrument {
            symbol: code.into(),
            contract: Contract::parse_code(code, NOV).unwrap(),
            unit,
            tick: price(tick),
            lot: Qty::lots(1),
            contract_size,
            currency: "USDC".into(),
            index_name: "x".into(),
            expiry: None,
            legs: Vec::new(),
            is_active: true,
            is_halted: false,
        })
        .to_vec(),
    );
    view.catalogue = Arc::new(catalogue);
    let market = |(at, (.., bid, ask)): (usize, &(&str, &str, i64, Unit, &str, &str))| {
        let mut market = MarketView::new(InstrumentId(at as u32));
        market.book.loss = None;
        market.book.bids = vec![Level { price: price(bid), qty: Qty::lots(40) }];
        market.book.asks = vec![Level { price: price(ask), qty: Qty::lots(40) }];
        Arc::new(market)
    };
    view.markets = rows.iter().enumerate().map(market).collect();
    view
}

/// Contract, side, lots, price and weight.
type Shown = (String, Side, i64, Option<Price>, Option<f64>);

fn legs(basket: &Basket, view: &View) -> Vec<Shown> {
    let of = |leg: &BasketLeg| {
        let code = view.instrument(leg.instrument).unwrap().contract.code();
        (code, leg.side, leg.qty.whole_lots(), leg.price, leg.weight)
    };
    basket.legs.iter().map(of).collect()
}

fn of(text: &str, side: Side, times: i64) -> Result<Basket, StageError> {
    let expression = Expression::parse(text, NOV).unwrap();
    Basket::of_expression(&view(), Now::default(), "Test", &expression, (side, times))
}

#[test]
fn an_expression_becomes_the_fewest_lots_that_keep_its_ratio() {
    let view = view();
    let basket = of("3.2*TOK.Z6 - H100.Z6", Side::Bid, 1).unwrap();
    assert_eq!(
        legs(&basket, &view),
        [
            ("TOK.Z6".to_owned(), Side::Bid, 7, Some(price("0.934")), Some(3.2)),
            ("H100.Z6".to_owned(), Side::Ask, 3, Some(price("2.78")), Some(1.0)),
        ]
    );
    // 7,000 Mtok are 2,187.5 GPU-hours at 3.2 an hour; 2,190 were sold.
    assert_eq!((basket.note.as_str(), basket.seen), ("leaves +2 GPU-h of H100 DEC-26 open", 7));
    let sold = of("3.2*TOK.Z6 - H100.Z6", Side::Ask, 2).unwrap();
    let shown: Vec<_> = legs(&sold, &view).into_iter().map(|(_, side, lots, price, _)| (side, lots, price)).collect();
    assert_eq!(shown, [(Side::Ask, 14, Some(price("0.930"))), (Side::Bid, 6, Some(price("2.80")))]);
    assert_eq!(sold.note, "leaves −5 GPU-h of H100 DEC-26 open");
}

#[test]
fn a_spread_that_is_not_listed_is_staged_by_its_months() {
    let view = view();
    let fly = of("H100.Z6-F7 - H100.F7-H7", Side::Bid, 5).unwrap();
    let shown: Vec<_> = legs(&fly, &view).into_iter().map(|(code, side, lots, ..)| (code, side.verb(), lots)).collect();
    let want = [("H100.Z6", "Buy", 5), ("H100.F7", "Sell", 10), ("H100.H7", "Buy", 5)];
    assert_eq!(shown, want.map(|(code, verb, lots)| (code.to_owned(), verb, lots)));
    assert_eq!(fly.note, "");
}

#[test]
fn what_cannot_be_staged_says_why() {
    assert_eq!(of("H200.Z6 - H100.Z6", Side::Bid, 1), Err(StageError::NotListed("H200 DEC-26".to_owned())));
    assert_eq!(of("H100.Z6", Side::Bid, 0), Err(StageError::Nothing));
    assert_eq!(
        of("1000*H100.Z6 - H100.F7", Side::Bid, 1),
        Err(StageError::NoRatio),
        "a thousand to one in twenty lots"
    );
}

#[test]
fn a_price_of_the_touch_is_outdated_when_the_touch_moves_and_no_price_is_made_up() {
    let mut view = view();
    let mut basket = of("H100.Z6 - H100.H7", Side::Bid, 1).unwrap();
    let now = Now::default();
    assert!(!basket.legs[0].is_outdated(&view, now, basket.post_only));
    Arc::make_mut(&mut view.markets[0]).book.asks[0].price = price("2.81");
    assert!(basket.legs[0].is_outdated(&view, now, basket.post_only));
    assert_eq!(basket.legs[0].price, Some(price("2.80")), "nothing moves by itself");
    basket.legs[1].touch = None;
    Arc::make_mut(&mut view.markets[2]).book.bids[0].price = price("2.60");
    assert!(!basket.legs[1].is_outdated(&view, now, basket.post_only), "a price of the hand's is nobody's touch");
    basket.reprice(&view, now);
    assert_eq!(basket.legs.iter().map(|leg| leg.price).collect::<Vec<_>>(), [Some(price("2.81")), Some(price("2.60"))]);
    basket.post_only = PostOnly::Reject;
    basket.reprice(&view, now);
    assert_eq!(basket.legs[0].price, Some(price("2.78")), "what must not take joins its own side");
    let later = Now { mono: Instant(u64::MAX / 2), ..now };
    let dead = Basket::of_expression(&view, later, "Test", &Expression::parse("H100.Z6", NOV).unwrap(), (Side::Bid, 1));
    assert_eq!(dead.unwrap().legs[0].price, None, "the book is not live");
}

#[test]
fn what_is_left_of_a_combination_is_none() {
    let mut basket = of("H100.Z6 - H100.H7", Side::Bid, 1).unwrap();
    basket.remove(0);
    assert_eq!((basket.legs.len(), basket.legs[0].weight), (1, None));
    basket.remove(9);
    assert_eq!(basket.legs.len(), 1);
    basket.post_only = PostOnly::Reject;
    basket.set_time_in_force(TimeInForce::ImmediateOrCancel);
    assert_eq!(basket.post_only, PostOnly::Off, "what cannot rest cannot promise to");
}
