//! The liquidity heatmap: resting size by price and time, the touch as two lines, trades as discs, our orders from when they were
//! sent, and the present book in profile at the right.

mod history;

use std::sync::Arc;
use std::time::Duration;

use egui::epaint::{Mesh, Shape};
use egui::{Align, Color32, ColorImage, Rect, Sense, TextureId, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::message;
use crate::base::time::Utc;
use crate::domain::command::Intent;
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::number::{Price, Side};
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::format::{self, PriceFormat};
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::header::{Header, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::book::BookState;
use crate::view::market::MarketView;
use crate::view::trading::OrderPhase;

use history::{History, PRICES};

/// Profile and price labels at the right, times below.
const PROFILE_WIDTH: f32 = 118.0;
const AXIS_HEIGHT: f32 = 20.0;
/// Prices in view, changed by the wheel.
const FEWEST_PRICES: i64 = 11;
const MOST_PRICES: i64 = 99;
const QUARTER_SECOND: Duration = Duration::from_millis(250);

/// View state of the heatmap.
#[derive(Debug)]
pub struct Heatmap {
    pub group: LinkGroup,
    history: History,
    shown: Option<InstrumentId>,
    /// Tick in the middle; moves only when the market has left the inner half.
    middle: i64,
    prices: i64,
    watched: Vec<InstrumentId>,
}

impl Default for Heatmap {
    fn default() -> Self {
        Self::new(LinkGroup::default())
    }
}

/// What is drawn this frame.
struct Scene<'a> {
    id: InstrumentId,
    instrument: &'a Instrument,
    market: &'a MarketView,
    state: BookState,
    /// The texture's part of the panel.
    map: Rect,
    body: Rect,
    /// Tick of the highest and number of prices in view.
    top: i64,
    prices: i64,
}

impl Heatmap {
    pub fn new(group: LinkGroup) -> Self {
        Self { group, history: History::default(), shown: None, middle: 0, prices: 27, watched: Vec::new() }
    }

    /// Fills the whole of `ui`.
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let rect = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(rect);
        self.watch(ctx);
        let Some((id, instrument, market)) = ctx.chosen(self.group) else {
            let head = Header { title: "Liquidity", link: Some(self.group), ..Header::default() };
            let outcome = header(ui, ctx.theme, rect, &head);
            let detail = "Choose a month in the market panel";
            message::empty(ui, ctx.theme, outcome.body, icons::LIST_DASHES, "No contract", detail);
            return outcome.response;
        };
        let state = ctx.book_state(id);
        let touch = market.book.mid().or_else(|| market.last_price()).map(|price| price.ticks(instrument.tick));
        if self.shown != Some(id) {
            *self = Self {
                shown: Some(id),
                middle: touch.unwrap_or(0),
                watched: self.watched.clone(),
                ..Self::new(self.group)
            };
        }
        if let Some(touch) = touch.filter(|touch| (touch - self.middle).abs() > self.prices / 4) {
            self.middle = touch;
        }
        if touch.is_some() {
            self.history.follow(ui.ctx(), ctx.theme, id, instrument.tick, &market.heat, self.middle);
        }
        let subtitle = match self.history.minutes() {
            1 => format!("{}, 1 min", instrument.contract),
            minutes => format!("{}, {minutes} min", instrument.contract),
        };
        let head = Header {
            title: "Liquidity",
            subtitle: &subtitle,
            link: Some(self.group),
            state: (!state.is_live()).then_some((state, None)),
            ..Header::default()
        };
        let outcome = header(ui, ctx.theme, rect, &head);
        let body = outcome.body;
        if market.heat.is_empty() || body.height() < 60.0 || body.width() < PROFILE_WIDTH + 60.0 {
            if body.height() >= 24.0 {
                let detail = "A column is kept every quarter of a second while it is watched";
                message::empty(ui, ctx.theme, body, icons::CLOCK_COUNTER_CLOCKWISE, "Collecting liquidity", detail);
            }
            return outcome.response;
        }
        let map = Rect::from_min_max(body.min, body.max - vec2(PROFILE_WIDTH, AXIS_HEIGHT));
        self.zoom(ui, map, instrument);
        let top = self.middle + self.prices / 2;
        let scene = Scene { id, instrument, market, state, map, body, top, prices: self.prices };
        ui.painter().with_clip_rect(map.intersect(ui.clip_rect())).add(self.texture_shape(&scene));
        let mut ink = Ink::new(ui.ctx());
        self.touch_lines(&mut ink, ctx, &scene);
        self.trades(&mut ink, ctx, &scene);
        scene.own_orders(&mut ink, ctx, &self.history);
        scene.hover(&mut ink, ctx);
        ink.paint(&ui.painter().with_clip_rect(map.intersect(ui.clip_rect())));
        scene.profile(&mut ink, ctx);
        self.beginning(&mut ink, ctx, &scene);
        self.time_axis(&mut ink, ctx, &scene);
        self.legend(&mut ink, ctx, outcome.free);
        ink.paint(&ui.painter().with_clip_rect(rect.intersect(ui.clip_rect())));
        outcome.response
    }

    /// Asks core to keep the history of what the groups show; all heatmaps of a window ask for the same.
    fn watch(&mut self, ctx: &mut PanelContext<'_>) {
        let mut wanted: Vec<InstrumentId> =
            LinkGroup::ALL.iter().filter_map(|&g| ctx.selection.instrument(g)).collect();
        wanted.dedup();
        if wanted != self.watched && !wanted.is_empty() {
            self.watched.clone_from(&wanted);
            ctx.send(Intent::Watch(wanted));
        }
    }

    fn zoom(&mut self, ui: &Ui, map: Rect, instrument: &Instrument) {
        let area = ui.interact(map, ui.scope_id().with("map"), Sense::hover());
        let label = format!("{} liquidity", instrument.contract);
        area.widget_info(move || WidgetInfo::labeled(Role::Canvas, true, label.clone()));
        let wheel = if area.hovered() { ui.input(|i| i.smooth_scroll_delta().y) } else { 0.0 };
        if wheel != 0.0 {
            let step = if wheel > 0.0 { -2 } else { 2 };
            self.prices = (self.prices + step).clamp(FEWEST_PRICES, MOST_PRICES);
        }
    }

    /// Left edge of a bucket; the newest ends at the map's right edge.
    fn x(&self, scene: &Scene<'_>, number: u64) -> f32 {
        let newest = self.history.buckets.back().map_or(0, |bucket| bucket.number);
        let back = (newest + 1).saturating_sub(number) as f32;
        scene.map.max.x - back * self.bucket_width(scene)
    }

    fn bucket_width(&self, scene: &Scene<'_>) -> f32 {
        scene.map.width() / self.history.width().max(1) as f32
    }

    /// The texture as it is now, for a picture of the panel.
    pub fn image(&self, theme: &Theme) -> Option<(TextureId, Arc<ColorImage>)> {
        Some((self.history.texture()?.id(), Arc::new(self.history.image(theme))))
    }

    /// The ring as two quads, oldest part first.
    fn texture_shape(&self, scene: &Scene<'_>) -> Shape {
        let (Some(texture), Some(newest)) = (self.history.texture(), self.history.buckets.back()) else {
            return Shape::Noop;
        };
        let (width, lowest) = (self.history.width() as f32, self.history.lowest());
        let highest = lowest + PRICES as i64 - 1;
        let v = |tick_edge: i64| tick_edge as f32 / PRICES as f32;
        let (v_top, v_bottom) = (v(highest - scene.top), v(highest - scene.top + scene.prices));
        let seam = self.history.slot(newest.number) + 1;
        let split = scene.map.max.x - seam as f32 * self.bucket_width(scene);
        let mut mesh = Mesh::with_texture(texture.id());
        let mut part = |x0: f32, x1: f32, u0: f32, u1: f32| {
            if x1 > x0 {
                let place = Rect::from_min_max(pos2(x0, scene.map.min.y), pos2(x1, scene.map.max.y));
                let uv = Rect::from_min_max(pos2(u0, v_top), pos2(u1, v_bottom));
                mesh.add_rect_with_uv(place, uv, Color32::WHITE);
            }
        };
        part(scene.map.min.x, split, seam as f32 / width, 1.0);
        part(split, scene.map.max.x, 0.0, seam as f32 / width);
        Shape::mesh(mesh)
    }

    fn touch_lines(&self, ink: &mut Ink, ctx: &PanelContext<'_>, scene: &Scene<'_>) {
        for side in Side::BOTH {
            let color = ctx.theme.side(side).full;
            let mut before: Option<f32> = None;
            let mut run: Option<(f32, f32)> = None;
            for bucket in &self.history.buckets {
                let x = self.x(scene, bucket.number);
                let y = bucket.best[side as usize].map(|price| scene.y(price));
                if run.map(|(_, at)| at) != y {
                    if let Some((start, at)) = run.take() {
                        ink.hline(start..=x, at - 0.75, 1.5, color);
                        before = Some(at);
                    }
                    if let (Some(from), Some(to)) = (before, y) {
                        ink.vline(x - 0.75, from.min(to) - 0.75..=from.max(to) + 0.75, 1.5, color);
                    }
                    // A hole is a hole: the line starts anew after it.
                    before = None;
                    run = y.map(|y| (x, y));
                }
            }
            if let Some((start, at)) = run {
                ink.hline(start..=scene.map.max.x, at - 0.75, 1.5, color);
            }
        }
    }

    fn trades(&self, ink: &mut Ink, ctx: &PanelContext<'_>, scene: &Scene<'_>) {
        for bucket in &self.history.buckets {
            let x = self.x(scene, bucket.number) + self.bucket_width(scene) * 0.5;
            for &(price, lots, side) in &bucket.trades {
                let radius = (1.3 + (lots as f32).sqrt() * 1.15).min(9.0);
                let center = pos2(x, scene.y(price));
                ink.disc(center, radius + 0.75, ctx.theme.tokens.bg1);
                ink.disc(center, radius, ctx.theme.over(ctx.theme.side(side).full, 88));
            }
        }
    }

    /// Where the history begins, if that is in view: what lies left of it was not kept, which is not to say that it was empty.
    fn beginning(&self, ink: &mut Ink, ctx: &PanelContext<'_>, scene: &Scene<'_>) {
        let (Some(bucket), Some(column)) = (self.history.buckets.front(), scene.market.heat.iter().next()) else {
            return;
        };
        let (t, edge) = (&ctx.theme.tokens, self.x(scene, bucket.number));
        let words = format!("kept since {}", format::time_s(column.utc));
        let width = ink.width(Font::Ui11, &words);
        if edge - scene.map.min.x < width + 16.0 {
            return;
        }
        ink.vline(edge, scene.map.y_range(), 1.0, t.line_hi);
        let place = Rect::from_center_size(pos2(edge - 8.0 - width * 0.5, scene.map.center().y), vec2(width, 16.0));
        ink.text(place, Align::Max, Font::Ui11, &words, t.text_lo);
    }

    fn time_axis(&self, ink: &mut Ink, ctx: &PanelContext<'_>, scene: &Scene<'_>) {
        let t = &ctx.theme.tokens;
        let Some(newest) = scene.market.heat.last() else { return };
        let line = |x: f32| Rect::from_center_size(pos2(x, scene.body.max.y - AXIS_HEIGHT * 0.5), vec2(64.0, 16.0));
        let span = QUARTER_SECOND * u32::try_from(self.history.minutes() * 240).unwrap_or(u32::MAX);
        let marks = ((scene.map.width() / 76.0) as u32).clamp(1, 6);
        for mark in 0..=marks {
            let inset = mark as f32 / marks as f32 * (scene.map.width() - 64.0) + 32.0;
            let x = scene.map.min.x + inset;
            let back = span.mul_f32((1.0 - inset / scene.map.width()).clamp(0.0, 1.0));
            let time = Utc(newest.utc.0) - back;
            let text = if self.history.minutes() <= 5 { format::time_s(time) } else { format::time_m(time) };
            ink.text(line(x), Align::Center, Font::Mono11, &text, t.text_lo);
        }
        let zone = Rect::from_min_size(pos2(scene.map.max.x + 8.0, line(0.0).min.y), vec2(40.0, 16.0));
        ink.text(zone, Align::Min, Font::Ui11, "UTC", t.text_lo);
    }

    /// `0 ▒▒▒ 440+ lots` at the right end of the header.
    fn legend(&self, ink: &mut Ink, ctx: &PanelContext<'_>, free: Rect) {
        if free.width() < 150.0 {
            return;
        }
        let t = &ctx.theme.tokens;
        let words = format!("{}+", format::count(self.history.full_scale.into()));
        let right = ink.width(Font::Ui11, " lots");
        ink.text(free, Align::Max, Font::Ui11, " lots", t.text_lo);
        let number = Rect::from_min_max(free.min, pos2(free.max.x - right, free.max.y));
        ink.text(number, Align::Max, Font::Mono11, &words, t.text_lo);
        let left = number.max.x - ink.width(Font::Mono11, &words) - 5.0 - 64.0;
        for step in 0..16_u8 {
            let share = f32::from(step) / 15.0 * 0.97 + 0.03;
            let cell = Rect::from_min_size(pos2(left + f32::from(step) * 4.0, free.center().y - 4.0), vec2(4.0, 8.0));
            ink.rect(cell, ctx.theme.heat(share));
        }
        let zero = Rect::from_min_max(free.min, pos2(left - 5.0, free.max.y));
        ink.text(zero, Align::Max, Font::Mono11, "0", t.text_lo);
    }
}

impl Scene<'_> {
    fn row_height(&self) -> f32 {
        self.map.height() / self.prices.max(1) as f32
    }

    /// The middle of a price's row.
    fn y(&self, price: Price) -> f32 {
        let below = (self.top * self.instrument.tick.0 - price.0) as f32 / self.instrument.tick.0.max(1) as f32;
        self.map.min.y + (below + 0.5) * self.row_height()
    }

    fn is_in_view(&self, price: Price) -> bool {
        let tick = price.ticks(self.instrument.tick);
        tick <= self.top && tick > self.top - self.prices
    }

    /// A line from when an order was sent to now, its side and lots at the end.
    fn own_orders(&self, ink: &mut Ink, ctx: &PanelContext<'_>, history: &History) {
        let t = &ctx.theme.tokens;
        let newest = self.market.heat.last().map_or(ctx.now.utc, |column| column.utc);
        let span = (history.minutes() * 60) as f32;
        let open = ctx.view.trading.orders.iter().filter(|o| o.instrument == self.id && o.phase.is_open());
        for order in open {
            let Some(price) = order.price.filter(|price| self.is_in_view(*price)) else { continue };
            let share = newest.since(order.sent).as_secs_f32() / span;
            let (left, y) = ((self.map.max.x - share * self.map.width()).max(self.map.min.x), self.y(price));
            if order.phase == OrderPhase::Replacing || order.phase == OrderPhase::Sending {
                let mut x = left;
                while x < self.map.max.x {
                    ink.hline(x..=(x + 4.0).min(self.map.max.x), y - 0.5, 1.25, t.own);
                    x += 7.0;
                }
            } else {
                ink.hline(left..=self.map.max.x, y - 0.5, 1.25, t.own);
            }
            let letter = if order.side == Side::Bid { 'B' } else { 'S' };
            let words = format!("{letter}{}", format::lots(order.left()));
            let flag = Rect::from_center_size(pos2(self.map.max.x - 17.0, y), vec2(30.0, 14.0));
            ink.chip(flag, t.own);
            let on_own = if ctx.theme.is_dark { t.ink } else { t.text_hi };
            ink.text(flag, Align::Center, Font::MonoBold11, &words, on_own);
        }
    }

    fn hover(&self, ink: &mut Ink, ctx: &PanelContext<'_>) {
        if let Some((_, price)) = ctx.selection.hover.filter(|(id, price)| *id == self.id && self.is_in_view(*price)) {
            ink.hline(self.map.x_range(), self.y(price), 1.0, ctx.theme.tokens.text_lo);
        }
    }

    /// The book now, prices, and the last one inverted.
    fn profile(&self, ink: &mut Ink, ctx: &PanelContext<'_>) {
        let (t, left) = (&ctx.theme.tokens, self.map.max.x);
        let book = &self.market.book;
        let visible = |side: Side| book.levels(side).iter().filter(|level| self.is_in_view(level.price));
        let most = Side::BOTH.into_iter().flat_map(visible).map(|level| level.qty).max().unwrap_or_default();
        let height = (self.row_height() - 3.0).max(1.0);
        for side in Side::BOTH {
            let color = if self.state.is_live() { ctx.theme.side(side).half } else { ctx.theme.stale_bar };
            for level in visible(side) {
                let length = (level.qty.to_f64_lossy() / most.to_f64_lossy().max(1.0) * 66.0) as f32;
                let bar =
                    Rect::from_min_size(pos2(left + 2.0, self.y(level.price) - height * 0.5), vec2(length, height));
                ink.rect(bar, color);
            }
        }
        let last = self.market.last_price();
        let format = PriceFormat::of(self.instrument);
        let every = if self.row_height() * 5.0 >= 18.0 { 5 } else { 10 };
        let label =
            |price: Price| Rect::from_center_size(pos2(self.body.max.x - 26.0, self.y(price)), vec2(44.0, 16.0));
        for tick in self.top - self.prices + 1..=self.top {
            let price = Price::from_ticks(tick, self.instrument.tick);
            let is_beside_last =
                last.is_some_and(|last| (label(last).center().y - label(price).center().y).abs() < 16.0);
            if tick.rem_euclid(every) == 0 && !is_beside_last {
                let color = if tick.rem_euclid(2 * every) == 0 { t.text_mid } else { t.text_lo };
                ink.text(label(price).translate(vec2(-4.0, 0.0)), Align::Max, Font::Mono11, &format.text(price), color);
            }
        }
        if let Some(last) = last.filter(|last| self.is_in_view(*last)) {
            let text = format.text(last);
            let width = ink.width(Font::MonoBold11, &text) + 8.0;
            let cell = Rect::from_min_max(pos2(label(last).max.x - width, label(last).min.y), label(last).max);
            ink.chip(cell, if self.state.is_live() { t.last } else { t.stale });
            ink.text(cell, Align::Center, Font::MonoBold11, &text, t.last_ink);
        }
    }
}
