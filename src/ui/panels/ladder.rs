//! The price ladder: a static column of prices with both sides' sizes, own orders, volume at price and the last trade. Armed and
//! LIVE, a click in the bid or ask column sends a limit order at that price; a click on an own chip cancels, a drag replaces.
//!
//! Invariants: rows never move under a pressed button; a click means the price that was drawn under the press, or nothing; a
//! book that is not LIVE takes no orders. Cancels always pass.

mod geometry;
mod hand;
mod head;
mod rows;

use std::time::Duration;

use egui::{Pos2, Rect, Sense, Ui, WidgetInfo, accesskit::Role};

use super::message;
use crate::base::time::Instant;
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::number::{Price, Side};
use crate::ui::context::{LinkGroup, Motion, PanelContext, PanelResponse};
use crate::ui::format::{self, PriceFormat};
use crate::ui::theme::icons;
use crate::ui::widgets::header::{Header, HeaderOutcome, header};
use crate::ui::widgets::ink::Ink;
use crate::view::book::BookState;
use crate::view::market::MarketView;

use geometry::{Column, Layout};
use hand::Hand;
use rows::Rows;

/// How long the touch may stand at the edge before the ladder recentres, and how long it then slides.
const EDGE_PATIENCE: Duration = Duration::from_millis(400);
const SLIDE: Duration = Duration::from_millis(120);
/// Rows between the touch and the edge at which the ladder wants to recentre.
const EDGE_ROWS: i64 = 2;

/// View state of one ladder.
#[derive(Debug, Default)]
pub struct Ladder {
    pub group: LinkGroup,
    shown: Option<InstrumentId>,
    /// Tick of the top row; `None` until there is a price to centre on.
    top: Option<i64>,
    /// The person scrolled: stay until asked to recentre.
    is_held: bool,
    edge_since: Option<Instant>,
    slide: Option<Slide>,
    scroll_rest: f32,
    rows: Rows,
    hand: Hand,
    /// Where the last frame drew its rows, and the tick they step by.
    drawn: Option<(Layout, Price)>,
}

/// Rows on their way to a new place: drawn `rows` rows off at first.
#[derive(Clone, Copy, Debug)]
struct Slide {
    rows: f32,
    since: Instant,
}

/// What is drawn this frame.
#[derive(Clone, Copy)]
struct Scene<'a> {
    group: LinkGroup,
    id: InstrumentId,
    instrument: &'a Instrument,
    market: &'a MarketView,
    state: BookState,
    format: PriceFormat,
    /// A click in a size column would send.
    can_send: bool,
}

impl Ladder {
    pub fn new(group: LinkGroup) -> Self {
        Self { group, ..Self::default() }
    }

    /// Puts the market back into the middle, now.
    pub fn recentre(&mut self) {
        self.top = None;
        self.is_held = false;
        self.slide = None;
    }

    /// Middle of the cell that a click on `side` at `price` must hit, as last drawn; `None` when that row is not in view.
    pub fn cell(&self, side: Side, price: Price) -> Option<Pos2> {
        let (layout, tick) = self.drawn.as_ref()?;
        let index = usize::try_from(self.top? - price.ticks(*tick)).ok()?;
        (index < layout.whole_rows()).then(|| layout.cell(Column::Size(side), index).center())
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        let Some((id, instrument, market)) = ctx.chosen(self.group) else {
            let head =
                header(ui, ctx.theme, rect, &Header { title: "Ladder", link: Some(self.group), ..Header::default() });
            message::empty(
                ui,
                ctx.theme,
                head.body,
                icons::LIST_DASHES,
                "No contract",
                "Choose a month in the market panel",
            );
            return head.response;
        };
        if self.shown != Some(id) {
            *self = Self { shown: Some(id), ..Self::new(self.group) };
        }
        let scene = Scene {
            group: self.group,
            id,
            instrument,
            market,
            state: ctx.book_state(id),
            format: PriceFormat::of(instrument),
            can_send: ctx.can_send(id),
        };
        let outcome = self.header_ui(ui, ctx, rect, &scene);
        let layout = Layout::new(rect, outcome.body, ctx.prefs.density.row());
        self.drawn = Some((layout, instrument.tick));

        // The hand acts on what was drawn last; only then may rows move.
        let area = ui.interact(layout.rows, ui.scope_id().with("rows"), Sense::click_and_drag());
        let name = instrument.contract.to_string();
        area.widget_info(move || WidgetInfo::labeled(Role::Canvas, true, format!("{name} price ladder")));
        if let Some(top) = self.top {
            self.hand.act(ui, ctx, &area, &layout, &scene, top);
        }
        self.scroll(ui, &area, &layout);
        self.keep_in_view(ui, ctx, &area, &layout, &scene);

        let Some(top) = self.top else {
            self.waiting_ui(ui, ctx, &layout, &scene);
            head::keys_ui(self, ui, ctx, &layout, &scene);
            return outcome.response;
        };
        let shift = self.slide_rows(ui, ctx) * layout.row_height;
        self.rows.collect(&scene, top, layout.row_count(), ctx.now.mono);
        let mut ink = Ink::new(ui.ctx());
        rows::draw(&mut ink, ctx, &layout, &scene, &self.rows, &self.hand, shift);
        ink.paint(&ui.painter().with_clip_rect(layout.rows.intersect(ui.clip_rect())));
        head::info(&mut ink, ctx, &layout, &scene, self.hand.hover());
        head::column_heads(&mut ink, ctx.theme, &layout);
        head::totals(&mut ink, ctx.theme, &layout, &scene, &self.rows);
        if self.edge_since.is_some() {
            let edge = layout.rows;
            ink.hline(edge.x_range(), edge.min.y, 1.0, ctx.theme.tokens.accent);
            ink.hline(edge.x_range(), edge.max.y - 1.0, 1.0, ctx.theme.tokens.accent);
        }
        ink.paint(ui.painter());
        head::keys_ui(self, ui, ctx, &layout, &scene);
        if self.rows.is_fading(ctx.now.mono) && ctx.prefs.motion == Motion::Full {
            ui.ctx().request_repaint_after(Duration::from_millis(16));
        }
        outcome.response
    }

    fn header_ui(&self, ui: &mut Ui, ctx: &PanelContext<'_>, rect: Rect, scene: &Scene<'_>) -> HeaderOutcome {
        let subtitle = format!("${} a tick", format::money(head::tick_value(scene)));
        let age = (scene.state != BookState::Connecting).then(|| scene.market.book.age(ctx.now));
        header(
            ui,
            ctx.theme,
            rect,
            &Header {
                title: &scene.instrument.contract.to_string(),
                subtitle: &subtitle,
                link: Some(self.group),
                state: Some((scene.state, age)),
                armed_rail: ctx.is_armed(),
                ..Header::default()
            },
        )
    }

    fn waiting_ui(&self, ui: &mut Ui, ctx: &PanelContext<'_>, layout: &Layout, scene: &Scene<'_>) {
        let mut ink = Ink::new(ui.ctx());
        head::info(&mut ink, ctx, layout, scene, None);
        ink.paint(ui.painter());
        let (title, detail) = match scene.state {
            BookState::Live => ("The book is empty", "Nobody quotes this contract, and it has not traded"),
            BookState::Halted => ("Halted", "Orders may only be cancelled"),
            BookState::Ended => ("No longer listed", "Choose another contract"),
            _ => ("Waiting for the book", "Prices stay blank until its snapshot lands"),
        };
        message::empty(ui, ctx.theme, layout.rows, icons::PLUGS, title, detail);
    }

    fn scroll(&mut self, ui: &Ui, area: &egui::Response, layout: &Layout) {
        if area.hovered() && !area.is_pointer_button_down_on() {
            self.scroll_rest += ui.input(|input| input.smooth_scroll_delta().y) / layout.row_height;
            let whole = self.scroll_rest.trunc();
            self.scroll_rest -= whole;
            if let Some(top) = self.top.as_mut().filter(|_| whole != 0.0) {
                *top += whole as i64;
                self.is_held = true;
                self.slide = None;
                self.edge_since = None;
            }
        } else {
            self.scroll_rest = 0.0;
        }
    }

    /// Centres at first, and again when the touch has stood at an edge for a while and no hand is on the ladder.
    fn keep_in_view(
        &mut self,
        ui: &Ui,
        ctx: &PanelContext<'_>,
        area: &egui::Response,
        layout: &Layout,
        scene: &Scene<'_>,
    ) {
        let Some(middle) = middle_tick(scene) else { return };
        let count = layout.row_count() as i64;
        let centred = middle + (layout.whole_rows() as i64) / 2;
        let Some(top) = self.top else {
            self.top = Some(centred);
            return;
        };
        let margin = EDGE_ROWS.min(count / 4);
        let at_edge = middle > top - margin || middle < top - (count - 1) + margin;
        let button_down = ui.input(|i| i.pointer.any_down());
        if !at_edge || self.is_held || button_down || area.hovered() {
            self.edge_since = None;
            return;
        }
        let since = *self.edge_since.get_or_insert(ctx.now.mono);
        let waited = ctx.now.mono.since(since);
        if waited < EDGE_PATIENCE {
            ui.ctx().request_repaint_after(EDGE_PATIENCE - waited);
            return;
        }
        self.edge_since = None;
        self.top = Some(centred);
        let rows = (centred - top).clamp(-count, count) as f32;
        self.slide = (ctx.prefs.motion == Motion::Full).then_some(Slide { rows, since: ctx.now.mono });
    }

    /// Rows that the sliding picture is still off by.
    fn slide_rows(&mut self, ui: &Ui, ctx: &PanelContext<'_>) -> f32 {
        let Some(slide) = self.slide else { return 0.0 };
        let gone = ctx.now.mono.since(slide.since).as_secs_f32() / SLIDE.as_secs_f32();
        if gone >= 1.0 {
            self.slide = None;
            return 0.0;
        }
        ui.ctx().request_repaint_after(Duration::from_millis(8));
        // Ease out; upwards is positive: the new top row comes from above.
        -slide.rows * (1.0 - gone).powi(3)
    }
}

/// Where the market is: the middle of the touch, else the one side there is, else an implied price, the last price, mark or settlement.
fn middle_tick(scene: &Scene<'_>) -> Option<i64> {
    let (market, tick) = (scene.market, scene.instrument.tick);
    let best = |side| market.book.best(side).map(|level| level.price);
    let implied = |side| market.implied.level(side).map(|level| level.price);
    let price = market
        .book
        .mid()
        .or(best(Side::Bid))
        .or(best(Side::Ask))
        .or(implied(Side::Bid))
        .or(implied(Side::Ask))
        .or_else(|| market.last_price())
        .or_else(|| market.mark())
        .or_else(|| market.settlement())?;
    Some(price.ticks(tick))
}
