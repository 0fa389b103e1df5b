//! When alerts fire, and when they do not.

use std::cell::Cell;
use std::sync::Arc;

use super::*;
use crate::base::time::Utc;
use crate::domain::alert::{AlertPrice, AlertSpec, Passing, Repeat};
use crate::domain::contract::{Contract, Month};
use crate::domain::instrument::{Catalogue, Instrument, InstrumentId, Unit};
use crate::domain::number::{Price, Qty};
use crate::view::alert::{AlertState, AlertView};
use crate::view::book::BookState;

const NOV: Month = Month { year: 2026, month: 11 };

fn catalogue(codes: &[&str]) -> Catalogue {
    let terms = |code: &&str| Instrument {
        symbol: (*code).into(),
        contract: Contract::parse_code(code, NOV).unwrap(),
        unit: Unit::GpuHour,
        tick: Price::parse("0.01").unwrap(),
        lot: Qty::lots(1),
        contract_size: 730,
        currency: "USDC".into(),
        index_name: "index".into(),
        expiry: None,
        legs: Vec::new(),
        is_active: true,
        is_halted: false,
    };
    let mut catalogue = Catalogue::default();
    catalogue.reload(codes.iter().map(terms).collect());
    catalogue
}

fn spec(expression: &str, passing: Passing, level: &str) -> AlertSpec {
    let level = Price::parse(level).unwrap();
    AlertSpec {
        expression: expression.into(),
        price: AlertPrice::Mid,
        passing,
        level,
        repeat: Repeat::Once,
        fired: None,
    }
}

const NOTHING: [f64; 0] = [];

/// H200 (0) and H100 (1): mids in cents, one cent wide on each side, and the state of H100's book.
struct Desk {
    alerts: Alerts,
    h200: Cell<i64>,
    h100: Cell<i64>,
    state: Cell<BookState>,
    clock: Cell<i64>,
}

impl Desk {
    fn with(spec: &AlertSpec) -> Self {
        let mut alerts = Alerts::default();
        alerts.set(spec, NOV, &catalogue(&["H200.Z6", "H100.Z6"])).unwrap();
        let (h200, h100) = (Cell::new(320), Cell::new(280));
        Self { alerts, h200, h100, state: Cell::new(BookState::Live), clock: Cell::new(0) }
    }

    /// H200 at `h200` cents; what fires.
    fn at(&mut self, h200: i64) -> Vec<f64> {
        self.h200.set(h200);
        self.clock.set(self.clock.get() + 1);
        let quote = |id: InstrumentId| {
            let mid = [self.h200.get(), self.h100.get()][id.index()];
            let cents = |cents: i64| Some(Price(cents * 10_000_000));
            let state = if id.index() == 1 { self.state.get() } else { BookState::Live };
            Quote { state, bid: cents(mid - 1), ask: cents(mid + 1) }
        };
        let fired = self.alerts.look(Utc(self.clock.get()), quote);
        fired.iter().map(|firing| (firing.value * 1e6).round() / 1e6).collect()
    }

    fn shown(&self) -> AlertView {
        let mut picture = Arc::default();
        self.alerts.paint(&mut picture);
        picture[0].clone()
    }

    fn state(&self) -> AlertState {
        self.shown().state
    }
}

const BASIS: &str = "H200.Z6 - H100.Z6";

#[test]
fn fires_once_when_the_level_is_passed_and_not_when_it_is_touched() {
    let mut desk = Desk::with(&spec(BASIS, Passing::Above, "0.5"));
    assert_eq!(desk.at(320), NOTHING);
    assert_eq!(desk.state(), AlertState::Watching);
    assert!((desk.shown().distance().unwrap() - 0.10).abs() < 1e-9);
    assert_eq!(desk.at(330), NOTHING, "exactly 0.50 is not above");
    assert_eq!(desk.at(331), [0.51]);
    assert_eq!((desk.state(), desk.shown().spec.fired), (AlertState::Fired, Some(Utc(3))));
    assert_eq!([desk.at(300), desk.at(340)], [NOTHING, NOTHING], "once is once");
}

#[test]
fn below_is_the_mirror_and_sides_are_those_of_the_legs() {
    let below = spec(BASIS, Passing::Below, "0.39");
    let mut mid = Desk::with(&below);
    assert_eq!([mid.at(320), mid.at(318)], [vec![], vec![0.38]]);
    // Sold at 3.19 − 2.81, bought at 3.21 − 2.79.
    let mut bid = Desk::with(&AlertSpec { price: AlertPrice::Bid, ..below.clone() });
    assert_eq!(bid.at(320), [0.38]);
    let mut ask = Desk::with(&AlertSpec { price: AlertPrice::Ask, ..below });
    assert_eq!([ask.at(318), ask.at(316)], [vec![], vec![0.38]]);
}

#[test]
fn a_repeating_alert_fires_again_after_the_price_has_been_back() {
    let mut desk = Desk::with(&AlertSpec { repeat: Repeat::Again, ..spec(BASIS, Passing::Above, "0.5") });
    assert_eq!(desk.at(331), [0.51]);
    assert_eq!(desk.state(), AlertState::Resting);
    // Two ticks of each leg: 0.04 behind the level.
    assert!((desk.shown().hysteresis - 0.04).abs() < 1e-12);
    assert_eq!([desk.at(329), desk.at(332), desk.at(326), desk.at(333)], [NOTHING; 4], "to and fro");
    assert_eq!(desk.at(325), NOTHING);
    assert_eq!(desk.state(), AlertState::Watching);
    assert_eq!(desk.at(332), [0.52]);
}

#[test]
fn a_book_that_is_not_live_never_fires_and_says_so() {
    let mut desk = Desk::with(&AlertSpec { repeat: Repeat::Again, ..spec(BASIS, Passing::Above, "0.5") });
    desk.state.set(BookState::Stale);
    assert_eq!(desk.at(340), NOTHING);
    assert_eq!((desk.state(), desk.shown().value), (AlertState::Blind(BookState::Stale), None));
    assert_eq!(desk.state().text(), "not watched, book stale");
    desk.state.set(BookState::Live);
    assert_eq!(desk.at(340), [0.6], "it comes back beyond the level");
    desk.state.set(BookState::Gap);
    desk.at(300);
    assert_eq!(desk.state(), AlertState::Blind(BookState::Gap));
    desk.state.set(BookState::Live);
    assert_eq!(desk.at(340), NOTHING, "what was not seen has not come back");
    assert_eq!(desk.state(), AlertState::Resting);
}

#[test]
fn what_is_not_listed_is_waited_for() {
    let mut alerts = Alerts::default();
    alerts.set(&spec("B200.Z6", Passing::Above, "1"), NOV, &catalogue(&["H100.Z6"])).unwrap();
    let quote = |_| Quote { state: BookState::Live, bid: Some(Price(5)), ask: Some(Price::parse("9").unwrap()) };
    assert!(alerts.look(Utc(1), quote).is_empty() && !alerts.watches(InstrumentId(1)));
    let mut picture = Arc::default();
    alerts.paint(&mut picture);
    assert_eq!(picture[0].state, AlertState::Unlisted);
    alerts.relist(&catalogue(&["H100.Z6", "B200.Z6"]));
    assert!(alerts.watches(InstrumentId(1)) && !alerts.watches(InstrumentId(0)));
    assert_eq!(alerts.look(Utc(2), quote).len(), 1);
    let unquoted = |_| Quote { state: BookState::Live, bid: None, ask: Some(Price(5)) };
    alerts.set(&spec("H100.Z6", Passing::Above, "1"), NOV, &catalogue(&["H100.Z6", "B200.Z6"])).unwrap();
    alerts.look(Utc(3), unquoted);
    alerts.paint(&mut picture);
    assert_eq!(picture[1].state, AlertState::Unquoted);
}

#[test]
fn fired_in_an_earlier_run_is_fired() {
    let mut desk = Desk::with(&AlertSpec { fired: Some(Utc(77)), ..spec(BASIS, Passing::Above, "0.5") });
    assert_eq!(desk.at(340), NOTHING);
    assert_eq!((desk.state(), desk.shown().spec.fired), (AlertState::Fired, Some(Utc(77))));
}

#[test]
fn names_are_written_out_and_setting_again_begins_anew() {
    let listed = catalogue(&["H200.Z6", "H100.Z6"]);
    let mut alerts = Alerts::default();
    let once = spec("1.5*h200.z6 - H100.Z6", Passing::Above, "0.5");
    alerts.set(&AlertSpec { fired: Some(Utc(1)), ..once.clone() }, NOV, &listed).unwrap();
    let mut picture: Arc<Vec<AlertView>> = Arc::default();
    assert!(alerts.paint(&mut picture) && !alerts.paint(&mut picture), "painted once, then the same");
    assert_eq!(&*picture[0].spec.expression, "1.5*H200 DEC-26 - H100 DEC-26");
    alerts.set(&once, NOV, &listed).unwrap();
    alerts.paint(&mut picture);
    assert_eq!((picture.len(), picture[0].spec.fired), (1, None));
    alerts.remove(picture[0].id);
    assert!(alerts.is_empty() && !alerts.watches(InstrumentId(0)));
    let error = alerts.set(&spec("H200.Z6 -", Passing::Above, "0.5"), NOV, &listed).unwrap_err();
    assert!(error.to_string().contains("must stand here (column 10)"), "{error}");
    for level in 0..MOST {
        alerts.set(&spec("H100.Z6", Passing::Above, &level.to_string()), NOV, &listed).unwrap();
    }
    assert_eq!(alerts.set(&spec("H100.Z6", Passing::Below, "1"), NOV, &listed), Err(AlertError::TooMany));
}
