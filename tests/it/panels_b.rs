//! Strip, title, footer, ticket, tape, curve, blotter, positions and the whole screen: one picture a panel and theme, and what
//! clicks and keys send.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, Pos2, Rect, Vec2, vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotResults};
use tenor::base::time::{Instant, Now};
use tenor::domain::command::{CancelScope, Command, Intent};
use tenor::domain::event::{Fixing, LinkState, VenueAccount};
use tenor::domain::number::{Money, Price, Qty, Side};
use tenor::domain::order::{Fill, Label, Liquidity, OrderId, OrderType, TimeInForce, VenueOrderId};
use tenor::ui::banner::SettingsAccess;
use tenor::ui::context::{AsOf, FrameStats, LinkGroup, PanelContext, Preferences, Selection};
use tenor::ui::panels::blotter::Blotter;
use tenor::ui::panels::curve::CurvePanel;
use tenor::ui::panels::footer::footer_ui;
use tenor::ui::panels::positions::PositionsPanel;
use tenor::ui::panels::strip::Strip;
use tenor::ui::panels::tape::TapePanel;
use tenor::ui::panels::ticket::Ticket;
use tenor::ui::panels::title::{Bell, title_ui};
use tenor::ui::screen::{AppRequest, FrameInputs, Screen};
use tenor::ui::theme::{Theme, fonts, style};
use tenor::ui::toast::Toasts;
use tenor::ui::workspace_name::WorkspaceName;
use tenor::view::View;
use tenor::view::session::{Notice, Severity};
use tenor::view::trading::Arming;

use crate::screen::{self, CpuRenderer, Sample};

/// The shared moment with what these panels need on top: account, fills, rates, fixings.
pub fn sample() -> Sample {
    let mut sample = screen::sample();
    let view = &mut sample.view;
    let now = screen::now();
    let trading = &mut view.trading;
    trading.account = Some(Arc::new(VenueAccount {
        currency: "USDC".into(),
        equity: Money::dollars(250_000),
        balance: Money::dollars(248_000),
        available: Money::dollars(211_345),
        initial_margin: Money::dollars(38_655),
        maintenance_margin: Money::dollars(25_000),
        total_pl: Money::dollars(3_460),
    }));
    trading.open_pl = Some(Money(1_624_250_000_000));
    trading.realised = Money::dollars(1_314);
    trading.fees = Money(118_800_000_000);
    let walk = |at: i64| Money::dollars(at * 60 + (at * at * 7 % 400) - 300);
    trading.pl_history = Arc::new((0..46).map(walk).collect());
    for at in 0..14_u64 {
        trading.fills.push(Arc::new(Fill {
            trade_id: format!("H100-{}", 9_000 + at).into(),
            venue_order: VenueOrderId("1".into()),
            label: Some(Label::new("ladder", "t", OrderId(50 + at))),
            instrument: sample.dec,
            side: if at % 3 == 0 { Side::Ask } else { Side::Bid },
            price: Price(2_770_000_000 + at as i64 % 4 * 10_000_000),
            qty: Qty::lots(at as i64 % 5 + 1),
            fee: Money(510_000_000),
            liquidity: if at % 2 == 0 { Liquidity::Maker } else { Liquidity::Taker },
            utc: now.utc - Duration::from_secs(60 * (14 - at)),
            spread_trade: (at == 4).then(|| "S-1".into()),
        }));
    }
    view.session.market.feed_delay = Some(Duration::from_millis(4));
    view.session.clock_offset = Some((300_000, Duration::from_micros(200)));
    view.stats.books_live = 38;
    view.stats.books_total = 38;
    view.stats.messages_per_sec = 12_418.0;
    view.stats.message_rates = (0..34).map(|at| 9_000 + at * 977 % 4_000 + if at == 20 { 14_000 } else { 0 }).collect();
    view.stats.gaps = 1;
    view.stats.last_order_rtt = Some(Duration::from_millis(11));
    view.stats.wire_to_view_p99 = Some(Duration::from_millis(9));
    let products = Arc::make_mut(&mut view.products);
    products[0].front_fixings = (0..14)
        .map(|at| Fixing { index_name: "h100_usdc".into(), utc: now.utc, price: Price(2_850_000_000 - at * 4_000_000) })
        .collect();
    sample
}

/// A part of the window with all that it draws from.
pub struct Stage<P> {
    pub part: P,
    pub view: View,
    pub now: Now,
    theme: Theme,
    pub selection: Selection,
    prefs: Preferences,
    frame: FrameStats,
    pub commands: Vec<Command>,
}

pub type Draw<P> = fn(&mut P, &mut egui::Ui, &mut PanelContext<'_>, Rect);

pub fn stage<P: 'static>(
    part: P,
    draw: Draw<P>,
    sample: &Sample,
    theme: &Theme,
    size: Vec2,
) -> Harness<'static, Stage<P>> {
    let mut selection = Selection::default();
    selection.select(LinkGroup::A, sample.dec);
    selection.select(LinkGroup::B, sample.spread);
    let state = Stage {
        part,
        view: sample.view.clone(),
        now: screen::now(),
        theme: theme.clone(),
        selection,
        prefs: Preferences::default(),
        frame: FrameStats {
            frames_per_sec: 60.0,
            frame_p50: Some(Duration::from_micros(800)),
            frame_p99: None,
            memory_bytes: Some(138 << 20),
        },
        commands: Vec::new(),
    };
    let theme = theme.clone();
    let mut harness = Harness::builder()
        .with_size(size)
        .renderer(CpuRenderer::default())
        .with_context_setup(move |ctx| {
            fonts::install(ctx);
            style::apply(ctx, &theme);
        })
        .build_ui_state(
            move |ui, stage: &mut Stage<P>| {
                let whole = Rect::from_min_size(Pos2::ZERO, ui.ctx().content_rect().size());
                let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(whole));
                let mut ctx = PanelContext::new(
                    &stage.view,
                    stage.now,
                    &stage.theme,
                    &mut stage.selection,
                    &stage.prefs,
                    &stage.frame,
                    &mut stage.commands,
                );
                draw(&mut stage.part, &mut ui, &mut ctx, whole);
            },
            state,
        );
    harness.run_steps(3);
    harness
}

pub fn dark() -> Theme {
    let [(_, theme), _] = screen::themes();
    theme
}

/// Pictures in all themes, compared at the end of the test.
pub struct Pictures {
    pub sample: Sample,
    pub results: SnapshotResults,
}

impl Pictures {
    pub fn new(sample: Sample) -> Self {
        Self { sample, results: SnapshotResults::new() }
    }

    pub fn take<P: 'static>(&mut self, name: &str, part: impl Fn() -> P, draw: Draw<P>, size: Vec2) {
        for (theme_name, theme) in screen::themes() {
            let mut harness = stage(part(), draw, &self.sample, &theme, size);
            self.results.add(harness.try_snapshot(format!("{name}_{theme_name}")));
        }
    }
}

fn ticket(part: &mut Ticket, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

fn blotter(part: &mut Blotter, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, _: Rect) {
    part.ui(ui, ctx);
}

fn strip(part: &mut Strip, ui: &mut egui::Ui, ctx: &mut PanelContext<'_>, rect: Rect) {
    part.ui(ui, ctx, rect);
}

const TICKET: Vec2 = vec2(282.0, 420.0);
const BLOTTER: Vec2 = vec2(1_158.0, 186.0);

#[test]
fn pictures_of_panels() {
    let mut pictures = Pictures::new(sample());
    pictures.take("ticket", Ticket::default, ticket, TICKET);
    pictures.take("blotter", Blotter::default, blotter, BLOTTER);
    pictures.take(
        "tape",
        TapePanel::default,
        |p, ui, ctx, _| {
            p.ui(ui, ctx);
        },
        vec2(282.0, 354.0),
    );
    pictures.take(
        "curve",
        CurvePanel::default,
        |p, ui, ctx, _| {
            p.ui(ui, ctx);
        },
        vec2(464.0, 226.0),
    );
    let size = vec2(750.0, 186.0);
    pictures.take(
        "positions",
        PositionsPanel::default,
        |p, ui, ctx, _| {
            p.ui(ui, ctx);
        },
        size,
    );
    pictures.results.unwrap();
}

#[test]
fn pictures_of_the_frame() {
    let mut pictures = Pictures::new(sample());
    pictures.take("strip", Strip::default, strip, vec2(1_912.0, 44.0));
    pictures.take("strip_narrow", Strip::default, strip, vec2(1_272.0, 44.0));
    pictures.take(
        "title",
        || (),
        |(), ui, ctx, rect| {
            title_ui(ui, ctx, rect, WorkspaceName::Trader, Bell::Quiet);
        },
        vec2(1_280.0, 36.0),
    );
    pictures.take("footer", || (), |(), ui, ctx, rect| footer_ui(ui, ctx, rect), vec2(1_280.0, 24.0));
    pictures.results.unwrap();
}

#[test]
fn pictures_without_data() {
    let mut empty = sample();
    let session = empty.view.session.clone();
    empty.view = View::empty(session);
    let mut pictures = Pictures::new(empty);
    pictures.take("ticket_empty", Ticket::default, ticket, vec2(282.0, 160.0));
    pictures.take("blotter_empty", Blotter::default, blotter, vec2(640.0, 140.0));
    pictures.results.unwrap();
}

#[test]
fn pictures_of_toasts() {
    let mut told = sample();
    let session = told.view.session.clone();
    told.view = View::empty(session);
    let now = screen::now();
    for (severity, text, detail) in [
        (Severity::Fill, "Bought 5 H100 DEC-26 at 2.77.", "5 of 10 filled, ladder"),
        (Severity::Info, "Order entry is up.", ""),
        (
            Severity::Reject,
            "Not sent: 2.99 is more than 20 ticks through the market at 2.78; bring it closer or widen the collar.",
            "",
        ),
    ] {
        let (text, detail) = (text.into(), detail.into());
        told.view.notices.push(Notice { utc: now.utc, at: now.mono, severity, text, detail });
    }
    let mut pictures = Pictures::new(told);
    pictures.take("toasts", Toasts::default, |toasts, ui, ctx, rect| toasts.ui(ui, ctx, rect), vec2(330.0, 210.0));
    pictures.results.unwrap();
}

fn armed() -> Harness<'static, Stage<Ticket>> {
    stage(Ticket::default(), ticket, &sample(), &dark(), TICKET)
}

pub fn intents<P>(harness: &Harness<'_, Stage<P>>) -> Vec<Intent> {
    harness.state().commands.iter().map(|command| command.intent.clone()).collect()
}

#[test]
fn the_ticket_sends_what_its_button_says() {
    let mut harness = armed();
    harness.get_by_label("Submit: Buy 5 at 2.78").click();
    harness.run_steps(2);
    let [command] = harness.state().commands.as_slice() else { panic!("{:?}", harness.state().commands) };
    assert_eq!(command.seen, 42, "the version that was on screen");
    let Intent::Place(order) = &command.intent else { panic!("{command:?}") };
    assert_eq!((order.side, order.qty, order.price), (Side::Bid, Qty::lots(5), Some(Price(2_780_000_000))));
    assert_eq!((order.kind, order.time_in_force), (OrderType::Limit, TimeInForce::GoodTilCancelled));
    assert_eq!(&*order.tag, "ticket");
}

#[test]
fn the_ticket_follows_side_size_and_force() {
    let mut harness = armed();
    for label in ["Sell side", "Ticket size 25", "Price at Bid", "In force: IOC"] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
    }
    harness.get_by_label("Submit: Sell 25 at 2.78").click();
    harness.run_steps(2);
    let Some(Intent::Place(order)) = intents(&harness).pop() else { panic!("nothing was placed") };
    assert_eq!((order.side, order.qty, order.price), (Side::Ask, Qty::lots(25), Some(Price(2_780_000_000))));
    assert_eq!(order.time_in_force, TimeInForce::ImmediateOrCancel);
    assert_eq!(harness.state().selection.order_qty(LinkGroup::A), Qty::lots(25), "the ladder's size is the same");
}

/// Empties a field of the ticket and types into it, one character a frame.
fn retype(harness: &mut Harness<'static, Stage<Ticket>>, field: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, field).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.key_press(Key::Backspace);
    harness.run_steps(3);
    for character in text.chars() {
        harness.event(Event::Text(character.to_string()));
        harness.run_steps(2);
    }
}

#[test]
fn the_ticket_leaves_a_price_that_is_being_typed_alone() {
    let mut harness = armed();
    for (typed, button) in
        [("", "Submit: Enter a price"), ("2.", "Submit: Enter a price"), ("2.75", "Submit: Buy 5 at 2.75")]
    {
        retype(&mut harness, "Limit price", typed);
        harness.get_by_label(button);
    }
}

#[test]
fn the_ticket_leaves_a_size_that_is_being_typed_alone() {
    let mut harness = armed();
    retype(&mut harness, "Order quantity", "");
    retype(&mut harness, "Order quantity", "12");
    harness.get_by_label("Submit: Buy 12 at 2.78");
}

#[test]
fn a_disarmed_ticket_arms_and_sends_nothing() {
    let mut sample = sample();
    sample.view.trading.arming = Arming::Disarmed;
    let mut harness = stage(Ticket::default(), ticket, &sample, &dark(), TICKET);
    harness.get_by_label("Submit: Buy 5 at 2.78").click();
    harness.run_steps(2);
    assert_eq!(intents(&harness), [Intent::Arm]);
}

#[test]
fn a_stale_book_stops_the_ticket() {
    let mut sample = sample();
    sample.view.session.market.last_frame = Instant(0);
    let mut harness = stage(Ticket::default(), ticket, &sample, &dark(), TICKET);
    harness.get_by_label("Submit: Waiting for the book").click();
    harness.run_steps(2);
    assert_eq!(intents(&harness), []);
}

#[test]
fn a_window_that_looks_back_stops_the_ticket() {
    let mut harness = armed();
    harness.get_by_label("Submit: Buy 5 at 2.78");
    harness.state_mut().selection.look_at(AsOf::Past(screen::now().utc - Duration::from_secs(86_400)));
    harness.run_steps(2);
    harness.get_by_label("Submit: The window shows the past").click();
    harness.run_steps(2);
    assert_eq!(intents(&harness), []);
}

#[test]
fn a_large_order_is_asked_about_once_more() {
    let mut harness = armed();
    harness.state_mut().selection.set_order_qty(LinkGroup::A, Qty::lots(40));
    harness.run_steps(2);
    harness.get_by_label("Submit: Buy 40 at 2.78").click();
    harness.run_steps(2);
    assert_eq!(intents(&harness), [], "the first click only asks");
    harness.get_by_label("Back").click();
    harness.run_steps(2);
    harness.get_by_label("Submit: Buy 40 at 2.78").click();
    harness.run_steps(2);
    harness.get_by_label("Send 40").click();
    harness.run_steps(2);
    let sent = intents(&harness);
    assert!(matches!(sent.as_slice(), [Intent::Place(order)] if order.qty == Qty::lots(40)), "{sent:?}");
}

#[test]
fn blotter_lines_cancel_and_change() {
    let mut harness = stage(Blotter::default(), blotter, &sample(), &dark(), BLOTTER);
    harness.get_by_label("Cancel order 103").click();
    harness.run_steps(2);
    assert_eq!(intents(&harness), [Intent::Cancel(CancelScope::Order(OrderId(103)))]);
    assert!(harness.query_by_label("Edit order 101").is_none(), "a change is already on its way");
    harness.get_by_label("Edit order 102").click();
    harness.run_steps(3);
    let key = |key, modifiers| Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
    harness.event(key(Key::A, Modifiers::COMMAND));
    harness.event(Event::Text("2.83".to_owned()));
    harness.run_steps(2);
    harness.event(key(Key::Enter, Modifiers::NONE));
    harness.run_steps(2);
    let want = Intent::Replace { order: OrderId(102), qty: Qty::lots(5), price: Price(2_830_000_000) };
    assert_eq!(intents(&harness).pop(), Some(want));
}

#[test]
fn strip_buttons_send_what_they_say() {
    let mut harness = stage(Strip::default(), strip, &sample(), &dark(), vec2(1_912.0, 44.0));
    for label in ["Disarm", "Cancel all", "Block new", "Flatten"] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
    }
    let first = [Intent::Disarm, Intent::Cancel(CancelScope::All), Intent::Block];
    assert_eq!(intents(&harness), first, "Flatten asks first");
    harness.get_by_label("Flatten 3 now").click();
    harness.run_steps(2);
    assert_eq!(intents(&harness).pop(), Some(Intent::Flatten(None)));
}

#[test]
fn kill_must_be_held_for_a_second() {
    let mut harness = stage(Strip::default(), strip, &sample(), &dark(), vec2(1_912.0, 44.0));
    let at = harness.get_by_label("Kill").rect().center();
    let press = |pressed| Event::PointerButton {
        pos: at,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(Event::PointerMoved(at));
    harness.event(press(true));
    harness.step();
    for ms in [400, 500] {
        let later = harness.state().now.later(Duration::from_millis(ms));
        harness.state_mut().now = later;
        harness.step();
    }
    assert_eq!(intents(&harness), [], "0.9 s are not enough");
    let later = harness.state().now.later(Duration::from_millis(200));
    harness.state_mut().now = later;
    harness.step();
    harness.step();
    assert_eq!(intents(&harness), [Intent::Kill], "once");
}

/// The whole window on the shared moment.
pub struct Window {
    pub screen: Screen,
    pub view: View,
    theme: Theme,
    settings: SettingsAccess,
    prefs: Preferences,
    pub commands: Vec<Command>,
    pub requests: Vec<AppRequest>,
}

pub fn window(sample: &Sample, theme: &Theme, size: Vec2) -> Harness<'static, Window> {
    let state = Window {
        screen: Screen::default(),
        view: sample.view.clone(),
        theme: theme.clone(),
        settings: SettingsAccess::ReadWrite,
        prefs: Preferences::default(),
        commands: Vec::new(),
        requests: Vec::new(),
    };
    let theme = theme.clone();
    let mut harness = Harness::builder()
        .with_size(size)
        .renderer(CpuRenderer::default())
        .with_context_setup(move |ctx| {
            fonts::install(ctx);
            style::apply(ctx, &theme);
        })
        .build_ui_state(
            |ui, window: &mut Window| {
                let whole = Rect::from_min_size(Pos2::ZERO, ui.ctx().content_rect().size());
                let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(whole));
                let inputs = FrameInputs {
                    view: &window.view,
                    now: screen::now(),
                    theme: &window.theme,
                    prefs: &window.prefs,
                    frame: &FrameStats::default(),
                    settings: window.settings,
                };
                let output = window.screen.ui(&mut ui, inputs);
                window.commands.extend(output.commands);
                window.requests.extend(output.requests);
            },
            state,
        );
    harness.run_steps(3);
    harness
}

pub fn key(key: Key, modifiers: Modifiers) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

#[test]
fn an_order_in_words_fills_the_ticket_and_is_not_sent() {
    let mut harness = window(&sample(), &dark(), vec2(1_280.0, 800.0));
    harness.state_mut().commands.clear();
    harness.event(key(Key::K, Modifiers::COMMAND));
    harness.run_steps(2);
    harness.event(Event::Text("sell 3 h100 jan27 @ 2.80".to_owned()));
    harness.run_steps(2);
    harness.event(key(Key::Enter, Modifiers::NONE));
    harness.run_steps(3);
    let placed = |window: &Window| window.commands.iter().any(|c| matches!(c.intent, Intent::Place(_)));
    assert!(!placed(harness.state()), "{:?}", harness.state().commands);
    harness.get_by_label("Submit: Sell 3 at 2.80").click();
    harness.run_steps(2);
    assert!(placed(harness.state()));
}

#[test]
fn keys_drive_the_selection() {
    let sample = sample();
    let mut harness = window(&sample, &dark(), vec2(1_280.0, 800.0));
    let chosen = |harness: &Harness<'_, Window>| harness.state().screen.selection().instrument(LinkGroup::A);
    assert_eq!(chosen(&harness), Some(sample.dec), "the first whole month");
    assert_eq!(harness.state().screen.selection().instrument(LinkGroup::B), Some(sample.spread));
    harness.event(key(Key::ArrowDown, Modifiers::NONE));
    harness.run_steps(2);
    let january = sample.view.catalogue.find("H100_USDC-JAN-27");
    assert_eq!(chosen(&harness), january);
    harness.event(key(Key::A, Modifiers::COMMAND | Modifiers::SHIFT));
    harness.event(key(Key::T, Modifiers::COMMAND | Modifiers::SHIFT));
    harness.run_steps(2);
    assert!(harness.state().commands.iter().any(|c| c.intent == Intent::Disarm));
    assert_eq!(harness.state().requests, [AppRequest::SwitchTheme]);
}

#[test]
fn trouble_stands_in_a_banner_with_its_remedy() {
    let mut sample = sample();
    sample.view.session.orders.state =
        LinkState::Waiting { attempt: 2, retry_in: Duration::from_secs(4), why: "connection reset".into() };
    sample.view.session.orders.since = screen::now().mono;
    let mut harness = window(&sample, &dark(), vec2(1_280.0, 800.0));
    harness.get_by_label("Reconnect").click();
    harness.run_steps(2);
    assert!(harness.state().commands.iter().any(|c| c.intent == Intent::Reconnect));
    harness.state_mut().view.session.halted = Some("arithmetic".into());
    harness.run_steps(2);
    let alert = harness.get_by_role_and_label(Role::Alert, "HALTED: the core stopped on an internal error");
    assert!(alert.rect().width() > 1_000.0);
}

#[test]
fn a_reject_stays_until_closed() {
    let mut sample = sample();
    sample.view.notices.push(Notice {
        utc: screen::now().utc,
        at: Instant(0),
        severity: Severity::Reject,
        text: "Rejected: 2.30 is past the band".into(),
        detail: "band 2.51 to 3.07".into(),
    });
    let mut harness = window(&sample, &dark(), vec2(1_280.0, 800.0));
    harness.get_by_label("Notice: Rejected: 2.30 is past the band").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("Notice: Rejected: 2.30 is past the band").is_none());
}

#[test]
fn the_whole_window_draws_at_every_size() {
    for (name, theme) in screen::themes() {
        for size in [vec2(1_920.0, 1_080.0), vec2(1_280.0, 800.0)] {
            let mut harness = window(&sample(), &theme, size);
            let image = harness.render().unwrap();
            if let Some(folder) = std::env::var_os("TENOR_TEST_PICTURES") {
                let path = std::path::Path::new(&folder).join(format!("screen_{name}_{}.png", size.x));
                image.save(path).unwrap();
            }
            let ground = image.get_pixel(0, image.height() / 2);
            let differing = image.pixels().filter(|pixel| *pixel != ground).count();
            assert!(differing > 100_000, "{name} {size:?}: almost nothing was drawn");
        }
    }
}
