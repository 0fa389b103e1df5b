//! A basket from the ticket's button to the exchange's positions.

use egui::vec2;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::json;
use tenor::curves::expression::Expression;
use tenor::domain::contract::Month;
use tenor::domain::number::{Qty, Side};
use tenor::ui::basket::Basket;
use tenor::ui::panels::ticket::Ticket;
use tenor::view::View;
use tenor::view::trading::OrderPhase;

use super::client::Client;
use super::rig::{ACCOUNT, Rig};
use super::{number, symbol, units};
use crate::panels_b::{Stage, dark, stage};
use crate::screen;

const NOV_26: Month = Month { year: 2026, month: 11 };

/// The ticket on the rig's newest picture; what it sends goes to the rig.
fn frame(harness: &mut Harness<'static, Stage<Ticket>>, rig: &Rig, view: &View) {
    let state = harness.state_mut();
    (state.view, state.now) = (view.clone(), view.session.now(rig.terminal.clock.now()));
    harness.run_steps(2);
    for command in std::mem::take(&mut harness.state_mut().commands) {
        rig.terminal.send(command).unwrap();
    }
}

#[test]
fn two_staged_legs_are_submitted_and_filled() {
    let rig = Rig::start(14, 1_500.0);
    rig.wait_all_live();
    let view = rig.pause();
    rig.arm();
    let view = rig.wait("the picture says so", |now| now.version >= view.version && now.trading.positions.is_empty());
    let expression = Expression::parse("3.2*TOK.Z6 - H100.Z6", NOV_26).unwrap();
    let now = view.session.now(rig.terminal.clock.now());
    let basket = Basket::of_expression(&view, now, "Loopback", &expression, (Side::Bid, 1)).unwrap();
    let wanted: Vec<_> = basket.legs.iter().map(|leg| (leg.instrument, leg.side, leg.qty)).collect();
    assert_eq!(
        wanted.iter().map(|(_, side, qty)| (*side, qty.whole_lots())).collect::<Vec<_>>(),
        [(Side::Bid, 7), (Side::Ask, 3),]
    );

    let ticket = |part: &mut Ticket, ui: &mut egui::Ui, ctx: &mut tenor::ui::context::PanelContext<'_>, _| {
        part.ui(ui, ctx);
    };
    let mut harness = stage(Ticket::default(), ticket, &screen::sample(), &dark(), vec2(524.0, 312.0));
    harness.state_mut().selection.stage(basket);
    frame(&mut harness, &rig, &view);
    harness.get_by_label_contains("Submit: Buy 7 TOK DEC-26").click();
    frame(&mut harness, &rig, &rig.terminal.view());
    let filled = rig.wait("both legs are filled", |view| {
        let orders = &view.trading.orders;
        orders.len() == 2 && orders.iter().all(|order| order.phase == OrderPhase::Filled)
    });
    frame(&mut harness, &rig, &filled);
    assert_eq!(harness.state().selection.staged(), None, "both legs were taken: the basket is done with");
    frame(&mut harness, &rig, &filled);
    harness.get_by_label("Submit: Buy 5 at 2.78").rect();

    let mut client = Client::connect(&rig.server.url(), ACCOUNT);
    let theirs = client.list("private/get_positions", &json!({"currency": "any"}));
    assert_eq!(theirs.iter().filter(|position| number(&position["size"]) != 0.0).count(), 2);
    for (instrument, side, qty) in wanted {
        let ours = filled.trading.positions.iter().find(|position| position.instrument == instrument).unwrap();
        assert_eq!(ours.net, qty * side.sign());
        let name = symbol(&filled, instrument);
        let same = theirs.iter().find(|position| position["instrument_name"] == name).unwrap();
        assert_eq!(number(&same["size"]), units(&filled, instrument, ours.net), "{name}");
    }
    assert!(filled.trading.orders.iter().all(|order| order.tag() == "basket" && order.qty > Qty::ZERO));
}
