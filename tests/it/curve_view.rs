//! The curve as the screen shows it: every figure follows from the picture it says it was solved from.

use std::sync::Arc;

use tenor::curves::period::Period;
use tenor::domain::contract::{Month, Product};
use tenor::domain::event::Fixing;
use tenor::domain::number::{Price, Side};
use tenor::view::View;
use tenor::view::book::BookState;
use tenor::view::curve::CurveView;

use crate::screen::{self, now};

fn h100() -> Product {
    Product::new("H100").unwrap()
}

fn solved(view: &View) -> CurveView {
    CurveView::solve(view, &h100()).expect("the sample lists fourteen months")
}

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

const NOV: Month = Month { year: 2026, month: 11 };

#[test]
fn shows_the_books_of_the_picture_it_names() {
    let view = screen::sample().view;
    let curve = solved(&view);
    assert_eq!((curve.version, curve.index, curve.months.len()), (42, Some(price("2.81")), 14));
    for (at, month) in curve.months.iter().enumerate() {
        assert_eq!(month.month, NOV.plus(at as i32));
        let market = view.market(month.instrument).unwrap();
        assert_eq!((month.bid, month.ask), (market.book.best(Side::Bid), market.book.best(Side::Ask)));
        assert_eq!(month.settle, market.ticker.as_ref().and_then(|ticker| ticker.settlement));
    }
}

#[test]
fn every_month_is_repriced_inside_its_quotes() {
    let curve = solved(&screen::sample().view);
    let smooth = curve.smooth.as_ref().unwrap();
    for month in &curve.months {
        let at = |level: Option<tenor::domain::book::Level>| level.unwrap().price.to_f64_lossy();
        let (bid, ask) = (at(month.bid), at(month.ask));
        close(month.forward.unwrap(), (bid + ask) / 2.0);
        let model = month.model.unwrap();
        assert!(bid - 1e-9 <= model && model <= ask + 1e-9, "{:?}: {bid} {model} {ask}", month.month);
        let x = f64::from(month.month.since(NOV));
        close(model, smooth.integral(x, x + 1.0));
        close(month.term.unwrap() * (x + 1.0), smooth.integral(0.0, x + 1.0));
    }
}

#[test]
fn strips_are_the_mean_of_their_months_and_no_more_than_the_curve_holds() {
    let curve = solved(&screen::sample().view);
    let periods: Vec<String> = curve.strips.iter().map(|strip| strip.period.to_string()).collect();
    assert_eq!(periods, ["Q1-27", "Q2-27", "Q3-27", "Q4-27", "CAL-27"]);
    for strip in &curve.strips {
        let months: Vec<f64> = strip.period.iter().map(|month| curve.month(month).unwrap().forward.unwrap()).collect();
        close(strip.forward, months.iter().sum::<f64>() / months.len() as f64);
        assert!(strip.bid.unwrap() < strip.forward && strip.forward < strip.ask.unwrap());
    }
    assert_eq!(curve.strips[4].period, Period::year(2027));
    assert!(curve.arbitrages.is_empty());
}

/// Three of four fixings at 3.00 are in and the month trades near 2.81: the curve starts where the rest must average, far below.
#[test]
fn the_front_month_counts_its_fixings() {
    let mut view = screen::sample().view;
    let spot = &mut Arc::make_mut(&mut view.products)[0];
    let fixing = |day: i64| Fixing {
        index_name: "h100_usdc".into(),
        utc: now().utc + std::time::Duration::from_secs(86_400 * day as u64),
        price: price("3"),
    };
    spot.front_fixings = (0..3).map(fixing).collect();
    spot.front_fixings_due = 4;
    let curve = solved(&view);
    let (front, smooth) = (curve.front.unwrap(), curve.smooth.as_ref().unwrap());
    close(smooth.start(), 0.75);
    let model = curve.months[0].model.unwrap();
    close(model, 0.75 * 3.0 + 0.25 * smooth.average(0.75, 1.0));
    close(front.rest_for(model).unwrap(), smooth.average(0.75, 1.0));
    assert!((2.77..2.85).contains(&model) && smooth.value(0.75) < 2.5, "{model} {}", smooth.value(0.75));
}

#[test]
fn a_book_that_is_not_live_is_shown_and_counts_for_nothing() {
    let mut view = screen::sample().view;
    let march = solved(&view).month(NOV.plus(4)).unwrap().clone();
    let market = Arc::make_mut(&mut view.markets[march.instrument.index()]);
    market.book.loss = Some(tenor::domain::event::BookLoss::Crossed);
    market.book.bids[0].price = price("9");
    market.book.asks[0].price = price("9.02");
    let curve = solved(&view);
    let shown = curve.month(NOV.plus(4)).unwrap();
    assert!(shown.state != BookState::Live && shown.bid.unwrap().price == price("9"));
    let model = shown.model.unwrap();
    assert!((model - march.model.unwrap()).abs() < 0.02, "told by its neighbours: {model}");
    assert!(!CurveView::is_same(&screen::sample().view, &view, &h100()));
}

#[test]
fn an_arbitrage_free_picture_is_the_same_curve_until_something_changes() {
    let view = screen::sample().view;
    let mut later = view.clone();
    later.version += 1;
    assert!(CurveView::is_same(&view, &later, &h100()));
    let other = later.catalogue.find("H200_USDC-JAN-27").unwrap();
    Arc::make_mut(&mut later.markets[other.index()]).book.bids.remove(0);
    assert!(CurveView::is_same(&view, &later, &h100()), "another product's book");
    let dec = screen::sample().dec;
    Arc::make_mut(&mut later.markets[dec.index()]).book.confirmed = now().mono;
    assert!(CurveView::is_same(&view, &later, &h100()), "a book that was confirmed");
    let own = later.catalogue.find("H100_USDC-JAN-27").unwrap();
    Arc::make_mut(&mut later.markets[own.index()]).book.bids.remove(0);
    assert!(!CurveView::is_same(&view, &later, &h100()));
}

#[test]
fn a_launch_is_part_of_the_picture_that_a_curve_follows_from() {
    let view = screen::sample().view;
    let mut later = view.clone();
    later.launches = Arc::new([(h100(), vec![NOV.plus(9), NOV.plus(40), NOV])].into_iter().collect());
    assert!(!CurveView::is_same(&view, &later, &h100()));
    assert!(CurveView::is_same(&view, &later, &Product::new("TOK").unwrap()));
    let (plain, broken) = (solved(&view), solved(&later));
    assert_eq!((plain.launches.len(), broken.launches.as_slice()), (0, &[NOV.plus(9)][..]), "within the curve only");
    let jump =
        |curve: &CurveView| curve.smooth.as_ref().map(|smooth| smooth.value(9.0) - smooth.value(9.0 - 1e-9)).unwrap();
    assert!(jump(&plain).abs() < 1e-6 && jump(&broken).abs() > 1e-5, "{} {}", jump(&plain), jump(&broken));
}

#[test]
fn one_month_is_no_curve() {
    let view = screen::sample().view;
    assert!(CurveView::solve(&view, &Product::new("A100").unwrap()).is_none());
    assert!(CurveView::solve(&View::empty(view.session.clone()), &h100()).is_none());
}
