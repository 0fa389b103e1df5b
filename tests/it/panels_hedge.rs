//! Baskets in the ticket: pictures, where they come from, what is sent, and what stays when a leg is refused.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tenor::domain::command::Intent;
use tenor::domain::contract::{Contract, Delivery, Month, Product};
use tenor::domain::instrument::InstrumentId;
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::order::{Label, OrderId, OrderType, PostOnly, Reduce, TimeInForce};
use tenor::ui::basket::{Basket, Wanted};
use tenor::ui::context::{AsOf, LinkGroup, PanelContext};
use tenor::ui::panels::spark::SparkPanel;
use tenor::ui::panels::spreads::SpreadsPanel;
use tenor::ui::panels::ticket::Ticket;
use tenor::ui::panels::ticket::staged;
use tenor::ui::workspace_name::WorkspaceName;
use tenor::view::View;
use tenor::view::session::{Notice, Severity};
use tenor::view::trading::{Arming, OrderPhase, OrderView};

use crate::panels_b::{Pictures, Stage, dark, intents, stage, window};
use crate::screen::{self, Sample};

const NOV_26: Month = Month { year: 2026, month: 11 };
/// As in the trader's workspace, and as a tab of the curve's.
const NARROW: Vec2 = vec2(282.0, 348.0);
const WIDE: Vec2 = vec2(524.0, 286.0);

fn p(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn outright(view: &View, product: &str, ahead: i32) -> InstrumentId {
    let product = Product::new(product).unwrap();
    let contract = Contract::Outright { product, delivery: Delivery::Month(NOV_26.plus(ahead)) };
    view.catalogue.find_contract(&contract).unwrap()
}

fn text(price: Price, decimals: usize) -> String {
    tenor::ui::format::price(price, decimals)
}

fn best(view: &View, id: InstrumentId, side: Side) -> Price {
    view.market(id).unwrap().book.best(side).unwrap().price
}

/// Tokens bought for H100 sold in December, as the spark spread stages them.
fn spark_basket(view: &View) -> Basket {
    let leg = |product, side, lots, weight| Wanted {
        instrument: outright(view, product, 1),
        side,
        lots: Qty::lots(lots),
        weight: Some(weight),
        limit: None,
    };
    let legs = [leg("TOK", Side::Bid, 7, 3.2), leg("H100", Side::Ask, 3, 1.0)];
    Basket::new(view, screen::now(), "3.20 × TOK − H100 DEC-26", "Inference spark spread", &legs)
        .with_note("leaves −8 Mtok open")
}

/// Six months of H100 bought.
fn strip_basket(view: &View) -> Basket {
    let lots = [65, 59, 65, 63, 65, 63].map(|lots| lots / 2);
    let leg = |(ahead, lots): (i32, i64)| Wanted {
        instrument: outright(view, "H100", ahead),
        side: Side::Bid,
        lots: Qty::lots(lots),
        weight: None,
        limit: None,
    };
    let legs: Vec<Wanted> = (2..).zip(lots).map(leg).collect();
    Basket::new(view, screen::now(), "Hedge of 32 H100, JAN-27–JUN-27", "Hedge planner", &legs)
}

fn ticket_ui(part: &mut Ticket, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

type InTicket = Harness<'static, Stage<Ticket>>;

fn ticket_with(sample: &Sample, basket: Basket, size: Vec2) -> InTicket {
    let mut harness = stage(Ticket::default(), ticket_ui, sample, &dark(), size);
    harness.state_mut().selection.stage(basket);
    harness.run_steps(3);
    harness
}

fn in_ticket(size: Vec2) -> InTicket {
    let sample = screen::sample();
    let basket = spark_basket(&sample.view);
    ticket_with(&sample, basket, size)
}

/// The ticket with something staged at its first frame.
struct Staged {
    ticket: Ticket,
    basket: Option<Basket>,
}

fn staged_ui(part: &mut Staged, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    if let Some(basket) = part.basket.take() {
        ctx.selection.stage(basket);
    }
    part.ticket.ui(ui, ctx);
}

#[test]
fn pictures_of_staged_legs() {
    let sample = screen::sample();
    let (spark, strip) = (spark_basket(&sample.view), strip_basket(&sample.view));
    let mut moved = screen::sample();
    let tokens = outright(&moved.view, "TOK", 1);
    let mut asleep = screen::sample();
    let h100 = outright(&asleep.view, "H100", 1);
    screen::put_to_sleep(&mut asleep.view, h100);
    let book = &mut Arc::make_mut(&mut moved.view.markets[tokens.index()]).book;
    book.asks.remove(0);
    let part = |basket: &Basket| {
        let basket = basket.clone();
        move || Staged { ticket: Ticket::default(), basket: Some(basket.clone()) }
    };
    let mut pictures = Pictures::new(sample);
    pictures.take("basket", part(&spark), staged_ui, NARROW);
    pictures.take("basket_wide", part(&spark), staged_ui, WIDE);
    pictures.take("basket_strip", part(&strip), staged_ui, NARROW);
    pictures.take("basket_strip_wide", part(&strip), staged_ui, WIDE);
    pictures.sample = asleep;
    pictures.take("basket_stale", part(&spark), staged_ui, NARROW);
    pictures.sample = moved;
    pictures.take("basket_outdated", part(&spark), staged_ui, NARROW);
    pictures.results.unwrap();
}

#[test]
fn every_leg_is_an_order_of_its_own_at_its_touch() {
    let mut harness = in_ticket(NARROW);
    let view = harness.state().view.clone();
    let (tokens, h100) = (outright(&view, "TOK", 1), outright(&view, "H100", 1));
    let (ask, bid) = (best(&view, tokens, Side::Ask), best(&view, h100, Side::Bid));
    let (buy, sell) = (text(ask, 3), text(bid, 2));
    harness.get_by_label(&format!("Submit: Buy 7 TOK DEC-26 at {buy}, sell 3 H100 DEC-26 at {sell}")).click();
    harness.run_steps(3);
    assert!(harness.state().commands.iter().all(|command| command.seen == 42), "the version that was on screen");
    let sent: Vec<_> = intents(&harness)
        .into_iter()
        .map(|intent| {
            let Intent::Place(order) = intent else { panic!("{intent:?}") };
            assert_eq!((order.kind, order.time_in_force), (OrderType::Limit, TimeInForce::GoodTilCancelled));
            assert_eq!((order.post_only, order.reduce, &*order.tag), (PostOnly::Off, Reduce::Any, "basket"));
            (order.instrument, order.side, order.qty, order.price)
        })
        .collect();
    assert_eq!(
        sent,
        [(tokens, Side::Bid, Qty::lots(7), Some(ask)), (h100, Side::Ask, Qty::lots(3), Some(bid))],
        "once each"
    );
    harness.get_by_label("Submit: Sending").click();
    harness.run_steps(3);
    assert_eq!(harness.state().commands.len(), 2, "not twice");
}

#[test]
fn figures_can_be_worked_out_from_the_view() {
    let harness = in_ticket(NARROW);
    let view = &harness.state().view;
    let (tokens, h100) = (outright(view, "TOK", 1), outright(view, "H100", 1));
    let (ask, bid) = (best(view, tokens, Side::Ask), best(view, h100, Side::Bid));
    let cents = |value: i128| (value as f64 / 1e9 * 100.0).round() / 100.0;
    let notional = cents(i128::from(ask.0) * 7_000 + i128::from(bid.0) * 2_190);
    harness.get_by_label(&format!("Notional: {}", tenor::ui::format::money(Money((notional * 1e9) as i128))));
    let net = 3.2 * ask.to_f64_lossy() - bid.to_f64_lossy();
    harness.get_by_label(&format!("Net paid, $/GPU-h: {}{:.3}", if net < 0.0 { "−" } else { "+" }, net.abs()));
    harness.get_by_label("Margin, added: ·");
    let basket = strip_basket(view);
    let totals = staged::totals(&basket, view);
    let (cost, units) = basket.legs.iter().fold((0_i128, 0_i128), |(cost, units), leg| {
        let lot = i128::from(leg.qty.whole_lots()) * 730;
        (cost + lot * i128::from(leg.price.unwrap().0), units + lot)
    });
    assert_eq!(totals.notional, Some(Money(cost)));
    let net = totals.net.unwrap();
    assert!(net.is_average && i128::from(net.price.0) == cost / units);
}

#[test]
fn nothing_is_sent_unless_every_leg_can_be() {
    let sample = screen::sample();
    let basket = spark_basket(&sample.view);
    let mut disarmed = screen::sample();
    disarmed.view.trading.arming = Arming::Disarmed;
    let mut harness = ticket_with(&disarmed, basket.clone(), NARROW);
    harness.get_by_label_contains("Submit: Buy 7 TOK").click();
    harness.run_steps(3);
    assert_eq!(intents(&harness), [Intent::Arm], "the first click only arms");

    let mut asleep = screen::sample();
    let h100 = outright(&asleep.view, "H100", 1);
    screen::put_to_sleep(&mut asleep.view, h100);
    let mut blocked = screen::sample();
    blocked.view.trading.is_blocked = true;
    let mut priceless = basket.clone();
    priceless.legs[1].price = None;
    let mut large = basket.clone();
    large.legs[0].qty = Qty::lots(51);
    for (sample, basket, why) in [
        (&asleep, &basket, "H100 DEC-26: Waiting for the book"),
        (&blocked, &basket, "TOK DEC-26: New orders are blocked"),
        (&sample, &priceless, "H100 DEC-26: Enter a price"),
        (&sample, &large, "TOK DEC-26: Over the limit of 50 lots"),
    ] {
        let mut harness = ticket_with(sample, basket.clone(), NARROW);
        harness.get_by_label(&format!("Submit: {why}")).click();
        harness.run_steps(3);
        harness.key_press(Key::Enter);
        harness.run_steps(3);
        assert_eq!(intents(&harness), [], "{why}");
    }
}

#[test]
fn nothing_is_staged_or_sent_from_the_past() {
    let mut harness = in_ticket(NARROW);
    harness.state_mut().selection.look_at(AsOf::Past(screen::now().utc - Duration::from_secs(86_400)));
    harness.run_steps(2);
    harness.get_by_label("Submit: The window shows the past").click();
    harness.run_steps(3);
    assert_eq!(intents(&harness), []);
    let draw = |part: &mut SpreadsPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect| {
        part.ui(ui, ctx);
        ctx.stage("past", "Test", &[], "");
    };
    let mut harness = stage(SpreadsPanel::default(), draw, &screen::sample(), &dark(), vec2(760.0, 424.0));
    assert!(harness.state().selection.staged().is_some());
    harness.state_mut().selection.take_staged();
    harness.state_mut().selection.look_at(AsOf::Past(screen::now().utc));
    harness.run_steps(2);
    assert_eq!(harness.state().selection.staged(), None);
}

#[test]
fn a_large_leg_is_asked_about_once_more() {
    let sample = screen::sample();
    let mut basket = spark_basket(&sample.view);
    basket.legs[1].qty = Qty::lots(30);
    let mut harness = ticket_with(&sample, basket, WIDE);
    harness.get_by_label_contains("Submit: Buy 7 TOK").click();
    harness.run_steps(3);
    assert_eq!(intents(&harness), [], "the first click only asks");
    harness.get_by_label("Back").click();
    harness.run_steps(3);
    harness.get_by_label_contains("Submit: Buy 7 TOK").click();
    harness.run_steps(3);
    harness.get_by_label("Send 2").click();
    harness.run_steps(3);
    assert_eq!(intents(&harness).len(), 2);
}

fn retype(harness: &mut InTicket, field: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, field).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.key_press(Key::Backspace);
    harness.run_steps(3);
    harness.event(Event::Text(text.to_owned()));
    harness.run_steps(2);
}

#[test]
fn legs_are_edited_removed_and_priced_anew() {
    let mut harness = in_ticket(NARROW);
    retype(&mut harness, "Lots of leg 1", "9");
    retype(&mut harness, "Limit of leg 2", "2.75");
    harness.key_press(Key::ArrowUp);
    harness.run_steps(2);
    let staged = harness.state().selection.staged().unwrap().clone();
    assert_eq!((staged.legs[0].qty, staged.legs[1].price), (Qty::lots(9), Some(p("2.76"))));
    harness.get_by_label("Re-price at touch").click();
    harness.run_steps(3);
    let view = harness.state().view.clone();
    let bid = best(&view, outright(&view, "H100", 1), Side::Bid);
    assert_eq!(harness.state().selection.staged().unwrap().legs[1].price, Some(bid));
    harness.get_by_label("Post only").click();
    harness.run_steps(3);
    harness.get_by_label("Re-price at touch").click();
    harness.run_steps(3);
    let ask = best(&view, outright(&view, "H100", 1), Side::Ask);
    assert_eq!(harness.state().selection.staged().unwrap().legs[1].price, Some(ask), "rests at its own side");
    harness.get_by_label("Remove leg 1").click();
    harness.run_steps(3);
    harness.get_by_label(&format!("Submit: Sell 3 H100 DEC-26 at {}", text(ask, 2)));
    harness.get_by_label("Remove leg 1").click();
    harness.run_steps(3);
    assert_eq!(harness.state().selection.staged(), None, "without legs it is the ordinary ticket again");
    harness.get_by_label("Submit: Buy 5 at 2.78");
}

#[test]
fn a_touch_that_moved_is_marked_and_enter_sends() {
    let mut harness = in_ticket(NARROW);
    let view = &mut harness.state_mut().view;
    let tokens = outright(view, "TOK", 1);
    let was = text(best(view, tokens, Side::Ask), 3);
    Arc::make_mut(&mut view.markets[tokens.index()]).book.asks.remove(0);
    let is = text(best(view, tokens, Side::Ask), 3);
    harness.run_steps(2);
    harness.get_by_label(&format!("Leg 1: Buy 7 TOK DEC-26 at {was}, book LIVE, staged at {was}, now {is}"));
    harness.get_by_role_and_label(Role::TextInput, "Limit of leg 1").focus();
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert_eq!(intents(&harness).len(), 2);
}

#[test]
fn escape_asks_before_it_discards() {
    let mut harness = in_ticket(NARROW);
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    assert!(harness.query_by_label("Discard legs").is_none(), "the hand is elsewhere");
    harness.get_by_role_and_label(Role::TextInput, "Lots of leg 1").hover();
    harness.run_steps(2);
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    harness.get_by_label("Discard legs");
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    assert!(harness.query_by_label("Discard legs").is_none() && harness.state().selection.staged().is_some());
    harness.get_by_label("Discard").click();
    harness.run_steps(3);
    harness.get_by_label("Discard legs").click();
    harness.run_steps(3);
    assert_eq!((harness.state().selection.staged(), intents(&harness)), (None, Vec::new()));
}

fn order_of(leg: &tenor::ui::basket::BasketLeg, phase: OrderPhase, reason: Option<&str>) -> OrderView {
    OrderView {
        id: OrderId(900),
        label: Label::new(staged::TAG, "t", OrderId(900)),
        venue_order: None,
        instrument: leg.instrument,
        side: leg.side,
        kind: OrderType::Limit,
        time_in_force: TimeInForce::GoodTilCancelled,
        post_only: PostOnly::Off,
        reduce: Reduce::Any,
        price: leg.price,
        qty: leg.qty,
        filled: Qty::ZERO,
        average_price: None,
        phase,
        wanted: None,
        since: screen::now().mono,
        sent: screen::now().utc,
        updated: screen::now().utc,
        reason: reason.map(Into::into),
        queue: None,
        is_ours: true,
    }
}

#[test]
fn refused_legs_stay_with_their_reason_and_the_others_are_not_undone() {
    for by_the_venue in [false, true] {
        let mut harness = in_ticket(NARROW);
        let basket = harness.state().selection.staged().unwrap().clone();
        harness.get_by_label_contains("Submit: Buy 7 TOK").click();
        harness.run_steps(3);
        let view = &mut harness.state_mut().view;
        let mut orders = vec![order_of(&basket.legs[0], OrderPhase::Sending, None)];
        if by_the_venue {
            orders.push(OrderView {
                id: OrderId(901),
                ..order_of(&basket.legs[1], OrderPhase::Rejected, Some("margin"))
            });
        } else {
            let order = staged::intents(&basket).remove(1);
            let detail = order.words(&view.instrument(order.instrument).unwrap().contract);
            let (utc, at) = (screen::now().utc, screen::now().mono);
            let text = "Not sent: margin".into();
            view.notices.push(Notice { utc, at, severity: Severity::Reject, text, detail: detail.into() });
        }
        view.trading.orders = Arc::new(orders);
        harness.run_steps(2);
        harness.get_by_label("Submit: Sending");
        let view = &mut harness.state_mut().view;
        Arc::make_mut(&mut view.trading.orders)[0].phase = OrderPhase::Working;
        harness.run_steps(2);
        let left = harness.state().selection.staged().unwrap();
        let shown: Vec<_> = left.legs.iter().map(|leg| (leg.instrument, leg.refusal.as_deref())).collect();
        let reason = if by_the_venue { "margin" } else { "Not sent: margin" };
        assert_eq!(shown, [(basket.legs[1].instrument, Some(reason))]);
        harness.get_by_role_and_label(Role::Label, reason);
        assert_eq!(intents(&harness).len(), 2, "nothing is undone");
    }
}

#[test]
fn silence_is_not_taken_for_success() {
    let mut harness = in_ticket(NARROW);
    harness.get_by_label_contains("Submit: Buy 7 TOK").click();
    harness.run_steps(3);
    let later = harness.state().now.later(Duration::from_secs(4));
    harness.state_mut().now = later;
    harness.run_steps(2);
    let left = harness.state().selection.staged().unwrap();
    assert_eq!(left.legs.iter().filter(|leg| leg.refusal.is_some()).count(), 2);
}

#[test]
fn the_spark_spread_stages_its_neutral_lots() {
    let sample = screen::sample();
    let draw = |part: &mut SparkPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect| {
        part.ui(ui, ctx);
    };
    let mut part = SparkPanel::default();
    part.set_heat_rate(3.2);
    let mut harness = stage(part, draw, &sample, &dark(), vec2(620.0, 286.0));
    harness.get_by_label("Stage both legs").click();
    harness.run_steps(2);
    let basket = harness.state().selection.staged().unwrap();
    assert_eq!(*basket, spark_basket(&sample.view));
}

#[test]
fn a_spread_without_a_book_is_staged_by_its_legs() {
    let sample = screen::sample();
    let draw = |part: &mut SpreadsPanel, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect| {
        part.ui(ui, ctx);
    };
    let mut harness = stage(SpreadsPanel::default(), draw, &sample, &dark(), vec2(760.0, 424.0));
    harness.get_by_label_contains("JAN-27 / APR-27:").click();
    harness.run_steps(3);
    harness.get_by_label("Stage legs").click();
    harness.run_steps(2);
    let shown = |harness: &Harness<'_, Stage<SpreadsPanel>>| -> Vec<_> {
        let basket = harness.state().selection.staged().unwrap();
        basket.legs.iter().map(|leg| (leg.instrument, leg.side, leg.qty.whole_lots(), leg.price.unwrap())).collect()
    };
    let view = &sample.view;
    let leg = |ahead, side: Side, lots| {
        let id = outright(view, "H100", ahead);
        (id, side, lots, best(view, id, side.opposite()))
    };
    let lots = harness.state().selection.order_qty(LinkGroup::A).whole_lots();
    assert_eq!(shown(&harness), [leg(2, Side::Bid, lots), leg(5, Side::Ask, lots)], "near bought, far sold");
    harness.get_by_label("Butterfly").click();
    harness.run_steps(3);
    harness.get_by_label("Stage legs").click();
    harness.run_steps(2);
    let want = [leg(2, Side::Bid, lots), leg(5, Side::Ask, 2 * lots), leg(8, Side::Bid, lots)];
    assert_eq!(shown(&harness), want);
}

#[test]
fn staging_brings_the_ticket_to_the_front() {
    for (size, where_to) in
        [(vec2(1_920.0, 1_080.0), WorkspaceName::Curve), (vec2(1_280.0, 720.0), WorkspaceName::Trader)]
    {
        let sample = screen::sample();
        let mut harness = window(&sample, &dark(), size);
        harness.state_mut().screen.show(WorkspaceName::Curve);
        harness.run_steps(3);
        if where_to == WorkspaceName::Curve {
            assert!(harness.query_by_label_contains("Submit:").is_none(), "the ticket is behind");
        }
        harness.get_by_label_contains("JAN-27 / APR-27:").click();
        harness.run_steps(3);
        harness.get_by_label("Stage legs").click();
        harness.run_steps(3);
        harness.get_by_label_contains("Submit: Buy 5 H100 JAN-27");
        assert_eq!(harness.state().screen.workspaces().shown(), where_to);
    }
}
