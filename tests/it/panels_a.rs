//! Ladder, market grid, heatmap and depth: one picture a panel and theme, and what clicks send.

use egui::{Pos2, Rect, Vec2, pos2, vec2};
use egui_kittest::{Harness, SnapshotResults};
use tenor::base::time::Now;
use tenor::domain::book::Level;
use tenor::domain::command::{CancelScope, Command, Intent};
use tenor::domain::event::BookLoss;
use tenor::domain::instrument::InstrumentId;
use tenor::domain::number::{Price, Qty, Side};
use tenor::domain::order::OrderId;
use tenor::ui::context::{FrameStats, LinkGroup, PanelContext, Preferences, Selection};
use tenor::ui::panels::depth::Depth;
use tenor::ui::panels::heatmap::Heatmap;
use tenor::ui::panels::ladder::Ladder;
use tenor::ui::panels::market::MarketGrid;
use tenor::ui::theme::{Theme, fonts, style};
use tenor::view::View;
use tenor::view::market::VenueImplied;
use tenor::view::trading::Arming;

use crate::screen::{self, CpuRenderer, Sample};

/// A panel of any kind with all that it draws from.
struct Stage<P> {
    panel: P,
    view: View,
    now: Now,
    theme: Theme,
    selection: Selection,
    prefs: Preferences,
    commands: Vec<Command>,
}

type Draw<P> = fn(&mut P, &mut egui::Ui, &mut PanelContext<'_>) -> tenor::ui::context::PanelResponse;

fn stage<P: 'static>(
    panel: P,
    draw: Draw<P>,
    sample: &Sample,
    theme: &Theme,
    size: Vec2,
) -> Harness<'static, Stage<P>> {
    let mut selection = Selection::default();
    selection.select(LinkGroup::A, sample.dec);
    selection.select(LinkGroup::B, sample.spread);
    let state = Stage {
        panel,
        view: sample.view.clone(),
        now: screen::now(),
        theme: theme.clone(),
        selection,
        prefs: Preferences::default(),
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
                let stats = FrameStats::default();
                let mut ctx = PanelContext::new(
                    &stage.view,
                    stage.now,
                    &stage.theme,
                    &mut stage.selection,
                    &stage.prefs,
                    &stats,
                    &mut stage.commands,
                );
                draw(&mut stage.panel, &mut ui, &mut ctx);
            },
            state,
        );
    harness.run_steps(3);
    harness
}

fn picture<P: 'static>(
    name: &str,
    panel: impl Fn() -> P,
    draw: Draw<P>,
    sample: &Sample,
    size: Vec2,
) -> SnapshotResults {
    let mut results = SnapshotResults::new();
    for (theme_name, theme) in screen::themes() {
        let mut harness = stage(panel(), draw, sample, &theme, size);
        results.add(harness.try_snapshot(format!("{name}_{theme_name}")));
    }
    results
}

const LADDER: Vec2 = vec2(376.0, 778.0);

#[test]
fn ladder_pictures() {
    let sample = screen::sample();
    let mut results = picture("ladder_outright", || Ladder::new(LinkGroup::A), Ladder::ui, &sample, LADDER);
    results.extend(picture("ladder_spread", || Ladder::new(LinkGroup::B), Ladder::ui, &sample, LADDER));
    results.unwrap();
}

/// DEC-26 with an implied bid at the best bid and an implied ask inside; the calendar with an ask at the best and a bid outside.
fn implied_sample() -> Sample {
    let mut sample = screen::sample();
    let level = |thousandths: i64, lots| Some(Level { price: Price(thousandths * 1_000_000), qty: Qty::lots(lots) });
    for (id, levels) in
        [(sample.dec, [level(2_780, 12), level(2_790, 25)]), (sample.spread, [level(150, 140), level(165, 8)])]
    {
        let received = screen::ago(std::time::Duration::from_millis(80));
        std::sync::Arc::make_mut(&mut sample.view.markets[id.index()]).implied = VenueImplied { levels, received };
    }
    sample
}

#[test]
fn ladder_pictures_with_implied_prices() {
    let mut sample = implied_sample();
    let size = vec2(376.0, 460.0);
    let mut results = picture("ladder_implied", || Ladder::new(LinkGroup::A), Ladder::ui, &sample, size);
    results.extend(picture("ladder_implied_spread", || Ladder::new(LinkGroup::B), Ladder::ui, &sample, size));
    for (name, theme) in &screen::themes()[..2] {
        let mut harness = stage(Ladder::new(LinkGroup::A), Ladder::ui, &sample, theme, LADDER);
        harness.hover_at(pos2(BID_X, row(278)));
        harness.run_steps(2);
        results.add(harness.try_snapshot(format!("ladder_implied_hover_{name}")));
    }
    sample.view.session.market.last_frame = tenor::base::time::Instant(0);
    results.extend(picture("ladder_implied_stale", || Ladder::new(LinkGroup::A), Ladder::ui, &sample, size));
    results.unwrap();
}

#[test]
fn a_click_on_an_implied_size_sends_the_order_to_its_price_and_only_while_live() {
    let mut sample = implied_sample();
    let mut harness = ladder(&sample);
    click(&mut harness, pos2(BID_X, row(279)));
    let commands = sent(&harness);
    let [Command { intent: Intent::Place(order), .. }] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!((order.instrument, order.side), (sample.dec, Side::Bid));
    assert_eq!((order.price, order.qty), (Some(Price(2_790_000_000)), Qty::lots(5)), "not in the implied size");

    sample.view.session.market.last_frame = tenor::base::time::Instant(0);
    let mut harness = ladder(&sample);
    click(&mut harness, pos2(BID_X, row(279)));
    assert_eq!(sent(&harness), []);
}

#[test]
fn a_ladder_without_orders_or_trades_stands_at_its_implied_price() {
    let mut sample = implied_sample();
    let market = std::sync::Arc::make_mut(&mut sample.view.markets[sample.dec.index()]);
    (market.book.bids, market.book.asks, market.last, market.ticker) = (Vec::new(), Vec::new(), None, None);
    let mut harness = ladder(&sample);
    // The implied bid, 2.78, is centred.
    click(&mut harness, pos2(BID_X, ROWS_TOP + 15.0 * 20.0 + 10.0));
    let commands = sent(&harness);
    let price = |command: &Command| match &command.intent {
        Intent::Place(order) => order.price,
        other => panic!("{other:?}"),
    };
    assert_eq!(commands.iter().map(price).collect::<Vec<_>>(), [Some(Price(2_780_000_000))]);
}

#[test]
fn ladder_states() {
    type Spoil = fn(&mut View, InstrumentId);
    let states: [(&str, Spoil); 6] = [
        ("stale", |view, _| view.session.market.last_frame = tenor::base::time::Instant(0)),
        ("gap", |view, id| book(view, id).loss = Some(BookLoss::Gap { expected: 1, got: 3 })),
        ("crossed", |view, id| {
            book(view, id).loss = Some(BookLoss::Crossed);
            book(view, id).bids[0].price = Price(2_800_000_000);
        }),
        ("halted", |view, id| book(view, id).is_halted = true),
        ("connecting", |view, id| {
            let book = book(view, id);
            (book.bids, book.asks, book.loss) = (Vec::new(), Vec::new(), Some(BookLoss::Awaiting));
        }),
        ("disarmed", |view, _| view.trading.arming = Arming::Disarmed),
    ];
    let mut results = SnapshotResults::new();
    let (_, dark) = &screen::themes()[0];
    for (name, spoil) in states {
        let mut sample = screen::sample();
        spoil(&mut sample.view, sample.dec);
        let mut harness = stage(Ladder::new(LinkGroup::A), Ladder::ui, &sample, dark, vec2(376.0, 460.0));
        results.add(harness.try_snapshot(format!("ladder_{name}")));
    }
    results.unwrap();
}

fn book(view: &mut View, id: InstrumentId) -> &mut tenor::view::book::BookView {
    &mut std::sync::Arc::make_mut(&mut view.markets[id.index()]).book
}

#[test]
fn market_picture() {
    let sample = screen::sample();
    picture("market", || MarketGrid::new(LinkGroup::A), MarketGrid::ui, &sample, vec2(398.0, 778.0)).unwrap();
}

#[test]
fn depth_picture() {
    let sample = screen::sample();
    picture("depth", || Depth::new(LinkGroup::A), Depth::ui, &sample, vec2(464.0, 218.0)).unwrap();
}

#[test]
fn heatmap_picture() {
    let sample = screen::sample();
    picture("heatmap", || Heatmap::new(LinkGroup::A), Heatmap::ui, &sample, vec2(464.0, 326.0)).unwrap();
}

#[test]
fn nothing_known_and_no_room_draw_without_a_fuss() {
    let (_, theme) = &screen::themes()[0];
    let mut sample = screen::sample();
    for size in [vec2(376.0, 300.0), vec2(120.0, 60.0), vec2(20.0, 8.0)] {
        let full = &sample;
        stage(Ladder::new(LinkGroup::A), Ladder::ui, full, theme, size);
        stage(MarketGrid::new(LinkGroup::A), MarketGrid::ui, full, theme, size);
        stage(Depth::new(LinkGroup::A), Depth::ui, full, theme, size);
        stage(Heatmap::new(LinkGroup::A), Heatmap::ui, full, theme, size);
    }
    sample.view = View::empty(sample.view.session.clone());
    let size = vec2(376.0, 300.0);
    let mut results = picture("ladder_empty", || Ladder::new(LinkGroup::A), Ladder::ui, &sample, size);
    results.extend(picture("market_empty", || MarketGrid::new(LinkGroup::A), MarketGrid::ui, &sample, size));
    results.unwrap();
}

// What clicks send.

/// Top-left of the rows at the picture's size: 30 rows, 2.94 at the top.
const ROWS_TOP: f32 = 96.0;
const BID_X: f32 = 110.0;
const ASK_X: f32 = 230.0;
const OWN_BID_X: f32 = 40.0;

fn ladder(sample: &Sample) -> Harness<'static, Stage<Ladder>> {
    let (_, theme) = &screen::themes()[0];
    stage(Ladder::new(LinkGroup::A), Ladder::ui, sample, theme, LADDER)
}

/// The middle of the row of a price in cents, the touch being centred on 2.79.
fn row(cents: i64) -> f32 {
    ROWS_TOP + (294 - cents) as f32 * 20.0 + 10.0
}

fn click<P>(harness: &mut Harness<'_, Stage<P>>, at: Pos2) {
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.step();
    harness.drop_at(at);
    harness.run_steps(2);
}

fn sent<P>(harness: &Harness<'_, Stage<P>>) -> Vec<Command> {
    harness.state().commands.clone()
}

#[test]
fn a_click_in_a_size_column_places_a_limit_at_the_price_drawn_there() {
    let sample = screen::sample();
    for (x, cents, side) in [(BID_X, 276, Side::Bid), (ASK_X, 283, Side::Ask), (BID_X, 281, Side::Bid)] {
        let mut harness = ladder(&sample);
        click(&mut harness, pos2(x, row(cents)));
        let commands = sent(&harness);
        let [Command { intent: Intent::Place(order), seen: 42 }] = commands.as_slice() else { panic!("{commands:?}") };
        assert_eq!((order.instrument, order.side), (sample.dec, side));
        assert_eq!((order.price, order.qty), (Some(Price(cents * 10_000_000)), Qty::lots(5)));
    }
}

#[test]
fn a_press_and_release_between_two_frames_is_a_click() {
    let sample = screen::sample();
    let mut harness = ladder(&sample);
    let at = pos2(BID_X, row(276));
    harness.hover_at(at);
    harness.step();
    harness.input_mut().events.extend([true, false].map(|pressed| egui::Event::PointerButton {
        pos: at,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    }));
    harness.step();
    let commands = sent(&harness);
    assert!(matches!(commands.as_slice(), [Command { intent: Intent::Place(_), .. }]), "{commands:?}");
}

#[test]
fn size_keys_set_the_next_orders_size() {
    let sample = screen::sample();
    let mut harness = ladder(&sample);
    // The third key of the bottom row.
    click(&mut harness, pos2(36.0 + 2.0 * 36.0 + 16.0, 778.0 - 17.0));
    click(&mut harness, pos2(BID_X, row(275)));
    let commands = sent(&harness);
    assert!(
        matches!(commands.as_slice(), [Command { intent: Intent::Place(o), .. }] if o.qty == Qty::lots(10)),
        "{commands:?}"
    );
}

#[test]
fn own_chips_cancel_on_click_and_replace_on_drag() {
    let sample = screen::sample();
    let mut harness = ladder(&sample);
    click(&mut harness, pos2(OWN_BID_X, row(277)));
    let cancel = Intent::Cancel(CancelScope::Order(OrderId(103)));
    assert_eq!(sent(&harness), [Command { intent: cancel, seen: 42 }]);

    let mut harness = ladder(&sample);
    harness.hover_at(pos2(OWN_BID_X, row(275)));
    harness.step();
    harness.drag_at(pos2(OWN_BID_X, row(275)));
    harness.step();
    for cents in [274, 273, 272] {
        harness.hover_at(pos2(OWN_BID_X, row(cents)));
        harness.step();
    }
    harness.drop_at(pos2(OWN_BID_X, row(272)));
    harness.run_steps(2);
    let replace = Intent::Replace { order: OrderId(104), qty: Qty::lots(10), price: Price(2_720_000_000) };
    assert_eq!(sent(&harness), [Command { intent: replace, seen: 42 }]);
}

#[test]
fn cancels_pass_but_orders_do_not_when_disarmed_stale_or_blocked() {
    type Spoil = fn(&mut Sample);
    let spoils: [Spoil; 4] = [
        |sample| sample.view.trading.arming = Arming::Disarmed,
        |sample| sample.view.trading.arming = Arming::Armed { until: screen::now().mono },
        |sample| sample.view.trading.is_blocked = true,
        |sample| book(&mut sample.view, sample.dec).loss = Some(BookLoss::Gap { expected: 1, got: 3 }),
    ];
    for spoil in spoils {
        let mut sample = screen::sample();
        spoil(&mut sample);
        let mut harness = ladder(&sample);
        click(&mut harness, pos2(BID_X, row(276)));
        click(&mut harness, pos2(ASK_X, row(283)));
        assert_eq!(sent(&harness), []);
        click(&mut harness, pos2(OWN_BID_X, row(277)));
        assert_eq!(sent(&harness).len(), 1, "a cancel always passes");
    }
}

#[test]
fn a_click_is_dropped_when_the_price_under_it_changes_before_release() {
    let sample = screen::sample();
    let mut harness = ladder(&sample);
    let at = pos2(BID_X, row(276));
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.step();
    harness.state_mut().panel.recentre();
    let mid = book(&mut harness.state_mut().view, sample.dec);
    mid.bids.drain(..8);
    mid.asks.drain(..1);
    harness.step();
    harness.drop_at(at);
    harness.run_steps(2);
    assert_eq!(sent(&harness), [], "the row showed another price at release");
}

#[test]
fn cancel_buttons_take_one_side_or_both() {
    let sample = screen::sample();
    for (x, side) in [(60.0, Some(Side::Bid)), (188.0, None), (310.0, Some(Side::Ask))] {
        let mut harness = ladder(&sample);
        click(&mut harness, pos2(x, 778.0 - 58.0 + 14.0));
        let cancel = Intent::Cancel(CancelScope::Instrument(sample.dec, side));
        assert_eq!(sent(&harness), [Command { intent: cancel, seen: 42 }]);
    }
}

#[test]
fn rows_stay_put_while_the_market_moves_and_scroll_by_hand() {
    let sample = screen::sample();
    let mut harness = ladder(&sample);
    // The market falls by three ticks: the rows do not move.
    let book = book(&mut harness.state_mut().view, sample.dec);
    book.bids.drain(..3);
    harness.run_steps(3);
    click(&mut harness, pos2(BID_X, row(270)));
    let commands = sent(&harness);
    assert!(
        matches!(commands.as_slice(), [Command { intent: Intent::Place(o), .. }] if o.price == Some(Price(2_700_000_000))),
        "{commands:?}"
    );
}

#[test]
fn a_month_of_the_market_grid_drives_the_link_group() {
    let sample = screen::sample();
    let (_, theme) = &screen::themes()[0];
    let mut harness = stage(MarketGrid::new(LinkGroup::A), MarketGrid::ui, &sample, theme, vec2(398.0, 778.0));
    // Header 26, heads 18, product bar 26, then NOV-26, DEC-26, JAN-27.
    click(&mut harness, pos2(30.0, 26.0 + 18.0 + 26.0 + 50.0));
    let chosen = harness.state().selection.instrument(LinkGroup::A).unwrap();
    let name = harness.state().view.instrument(chosen).unwrap().contract.to_string();
    assert_eq!(name, "H100 JAN-27");
    assert_eq!(sent(&harness), []);
}
