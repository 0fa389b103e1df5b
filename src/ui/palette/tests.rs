//! The command line of the palette: what it reads as an order, and how it ranks matches.

use std::sync::Arc;

use super::fuzzy::score;
use super::order_text::{OrderText, OrderTextError, find_contract, parse};
use super::{Chosen, Palette};
use crate::domain::contract::{Contract, Month};
use crate::domain::instrument::{Catalogue, Instrument, Unit};
use crate::domain::number::{Price, Qty, Side};
use crate::ui::actions::Action;
use crate::view::View;
use crate::view::session::{Environment, SessionView};

fn catalogue() -> Catalogue {
    let reference = Month { year: 2026, month: 11 };
    let listed = ["H100.Z6", "H100.H7", "H100.Z6-H7", "TOK.Z6", "H100.PERP"].map(|code| Instrument {
        symbol: code.into(),
        contract: Contract::parse_code(code, reference).expect("a code of this test"),
        unit: Unit::GpuHour,
        tick: Price(10_000_000),
        lot: Qty::lots(1),
        contract_size: 730,
        currency: Arc::from("USDC"),
        index_name: Arc::from("h100_usdc"),
        expiry: None,
        legs: Vec::new(),
        is_active: true,
        is_halted: false,
    });
    let mut catalogue = Catalogue::default();
    catalogue.reload(listed.into());
    catalogue
}

#[test]
fn reads_orders_in_any_spelling() {
    let catalogue = catalogue();
    let h100_dec = find_contract("H100 DEC-26", &catalogue);
    assert!(h100_dec.is_some());
    let want =
        OrderText { side: Side::Bid, qty: Some(Qty::lots(5)), instrument: h100_dec, price: Some(Price(2_780_000_000)) };
    for text in ["buy 5 h100 dec26 @ 2.78", "b 5 h100.z6 at 2.78", "BUY 5 H100 DEC-26 @2.78", "  buy 5 h100dec26@2.78"]
    {
        assert_eq!(parse(text, &catalogue), Some(Ok(want.clone())), "{text}");
    }
    let spread = parse("sell 10 h100 dec26/mar27 @ +0.16", &catalogue);
    let read = spread.and_then(Result::ok).expect("a calendar");
    assert_eq!((read.side, read.qty, read.price), (Side::Ask, Some(Qty::lots(10)), Some(Price(160_000_000))));
    assert_eq!(read.instrument, find_contract("H100.Z6-H7", &catalogue));
    assert_ne!(read.instrument, h100_dec);
}

#[test]
fn what_is_left_out_stays_open() {
    let read = parse("sell h100 perp", &catalogue()).and_then(Result::ok).expect("an order");
    assert_eq!((read.qty, read.price), (None, None));
    assert!(read.instrument.is_some());
    let read = parse("buy 3", &catalogue()).and_then(Result::ok).expect("an order");
    assert_eq!((read.qty, read.instrument), (Some(Qty::lots(3)), None));
}

#[test]
fn says_what_is_wrong() {
    let catalogue = catalogue();
    let error = |text: &str| parse(text, &catalogue).and_then(Result::err);
    assert_eq!(error("buy 5 h900 dec26 @ 2"), Some(OrderTextError::UnknownContract("H900 DEC26".into())));
    assert_eq!(error("buy 5 h100 dec26 @ two"), Some(OrderTextError::BadPrice("two".into())));
    assert!(matches!(error("buy 5 h100 dec26 @ 2.785"), Some(OrderTextError::OffTick { .. })));
    assert_eq!(error("buy 1.5 h100 dec26"), Some(OrderTextError::OffLot(Qty::lots(1))));
    assert_eq!(parse("reset layout", &catalogue), None, "a command, not an order");
    assert_eq!(parse("", &catalogue), None);
}

#[test]
fn word_starts_and_runs_come_first() {
    let best = |typed: &str, names: &[&'static str]| {
        names.iter().copied().max_by_key(|name| score(typed, name).unwrap_or(i32::MIN)).unwrap_or_default()
    };
    assert_eq!(best("rl", &["Recentre ladders", "Reset layout", "Cancel all orders"]), "Reset layout");
    assert_eq!(best("cancel", &["Recentre ladders", "Cancel all orders"]), "Cancel all orders");
    assert_eq!(best("h100dec", &["H200 DEC-26", "H100 DEC-26", "H100 JAN-27"]), "H100 DEC-26");
    assert_eq!(score("xyz", "Reset layout"), None);
    assert!(score("", "anything").is_some(), "an empty box lists everything");
}

#[test]
fn commands_answer_to_what_they_do_and_what_nothing_answers_to_is_said() {
    let palette = |text: &str| Palette { text: text.to_owned(), ..Palette::default() };
    let view = View::empty(SessionView::new("SIM-01", "embedded", Environment::Simulated));
    let light = palette("light").items(&view);
    assert!(matches!(light[0].chosen, Some(Chosen::Act(Action::SwitchTheme))), "{}", light[0].text);
    let nothing = palette("qqq").items(&view);
    assert!(nothing.len() == 1 && nothing[0].chosen.is_none() && nothing[0].text.contains("F1"));
    assert!(
        palette("buy").items(&view).iter().all(|item| item.chosen.is_some()),
        "an order that is being typed is no error yet"
    );
}
