//! The forward curve of the selected product: bid and ask as whiskers and a band, mid, last trade, settlement, the index; the calendar of
//! link group B as a bracket. A click selects the month.

use egui::{Align, Pos2, Rect, Role, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use egui_plot::{FilledArea, Line, Plot, PlotBounds, PlotPoint, PlotPoints, PlotTransform};

use crate::domain::contract::{Contract, Month, Product};
use crate::domain::instrument::{InstrumentId, Unit};
use crate::domain::number::{Price, Side};
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::format::{NONE, PriceFormat};
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::header::{Header, header};
use crate::ui::widgets::ink::{Font, Ink};
use crate::view::book::BookState;

const LEFT: f32 = 46.0;
const RIGHT: f32 = 12.0;
const TOP: f32 = 14.0;
const BOTTOM: f32 = 24.0;
/// Months left of the front that the index stands at.
const INDEX_X: f64 = -0.8;
/// Least distance between two month names.
const LABEL_PITCH: f32 = 62.0;

#[derive(Debug, Default)]
pub struct CurvePanel {
    pub group: LinkGroup,
}

/// One delivery month as drawn. Prices in dollars: nothing here becomes an order.
#[derive(Clone, Copy, Debug)]
struct Node {
    id: InstrumentId,
    month: Month,
    /// Months from the front.
    x: f64,
    bid: Option<f64>,
    ask: Option<f64>,
    last: Option<f64>,
    settle: Option<f64>,
    state: BookState,
}

impl Node {
    fn mid(&self) -> Option<f64> {
        Some((self.bid? + self.ask?) / 2.0)
    }
}

impl CurvePanel {
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let theme = ctx.theme;
        let chosen = ctx.chosen(self.group);
        let product = chosen.and_then(|(_, instrument, _)| instrument.contract.product());
        let nodes = product.map(|product| nodes(ctx, product)).unwrap_or_default();
        let worst = nodes.iter().map(|node| node.state).min();
        let newest = nodes.iter().filter_map(|node| ctx.view.market(node.id)).map(|m| m.book.age(ctx.now)).min();
        let subtitle = match (product, chosen) {
            (Some(product), Some((_, instrument, _))) => {
                let unit = match instrument.unit {
                    Unit::Other => "price".to_owned(),
                    unit => format!("$/{}", unit.label()),
                };
                format!("{product}, {unit}, mid with bid and ask band")
            }
            _ => String::new(),
        };
        let outcome = header(
            ui,
            theme,
            ui.max_rect(),
            &Header {
                title: "Forward curve",
                subtitle: &subtitle,
                link: Some(self.group),
                state: worst.map(|worst| (worst, newest)),
                ..Header::default()
            },
        );
        let (Some(product), Some((_, instrument, _)), true) = (product, chosen, nodes.len() >= 2) else {
            let mut ink = Ink::new(ui.ctx());
            ink.text(outcome.body, Align::Center, Font::Ui12, "Select a month in the market", theme.tokens.text_lo);
            ink.paint(ui.painter());
            return outcome.response;
        };
        let index =
            ctx.view.products.iter().find(|p| p.product == *product).and_then(|p| p.index).map(|(price, _)| price);
        let format = PriceFormat { decimals: instrument.tick.decimals(), sign: crate::ui::format::Sign::Negative };
        let Some(bounds) = Bounds::of(&nodes, index.map(Price::to_f64_lossy)) else {
            let mut ink = Ink::new(ui.ctx());
            ink.text(outcome.body, Align::Center, Font::Ui12, "Waiting for prices", theme.tokens.text_lo);
            ink.paint(ui.painter());
            return outcome.response;
        };
        let body = outcome.body;
        let area = Rect::from_min_max(body.min + vec2(LEFT, TOP), body.max - vec2(RIGHT, BOTTOM));
        let mut ink = Ink::new(ui.ctx());
        axes(&mut ink, theme, body, area, &nodes, &bounds, format);
        ink.paint(ui.painter());
        let name = format!("Forward curve of {product}");
        let (transform, pointer, clicked) = plot_ui(ui, theme, area, &nodes, &bounds, &name);
        let selected = ctx.selection.instrument(self.group);
        marks(&mut ink, theme, &transform, &nodes, selected);
        if let Some(index) = index {
            let at = screen(&transform, INDEX_X, index.to_f64_lossy());
            ring(&mut ink, at, 3.5, theme);
        }
        let near = pointer.and_then(|at| nearest(&nodes, &transform, at));
        calendar(&mut ink, ctx, &transform, &nodes, area, product);
        legend(&mut ink, theme, area, near, format);
        ink.paint(ui.painter());
        if clicked && let Some(node) = near {
            ctx.selection.select(self.group, node.id);
        }
        outcome.response
    }
}

/// The months of a product, nearest first.
fn nodes(ctx: &PanelContext<'_>, product: &Product) -> Vec<Node> {
    let mut months: Vec<(Month, InstrumentId)> = ctx
        .view
        .catalogue
        .iter()
        .filter(|(_, i)| i.is_active && i.contract.product() == Some(product))
        .filter_map(|(id, i)| Some((i.contract.month()?, id)))
        .collect();
    months.sort_unstable();
    let Some(&(front, _)) = months.first() else { return Vec::new() };
    months
        .into_iter()
        .filter_map(|(month, id)| {
            let market = ctx.view.market(id)?;
            let best = |side| market.book.best(side).map(|level| level.price.to_f64_lossy());
            Some(Node {
                id,
                month,
                x: f64::from(month.since(front)),
                bid: best(Side::Bid),
                ask: best(Side::Ask),
                last: market.last_price().map(Price::to_f64_lossy),
                settle: market.settlement().map(Price::to_f64_lossy),
                state: ctx.book_state(id),
            })
        })
        .collect()
}

/// What the plot spans. The vertical ends move in whole steps, so that the picture holds still while prices tick.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bounds {
    low: f64,
    high: f64,
    step: f64,
    right: f64,
}

impl Bounds {
    fn of(nodes: &[Node], index: Option<f64>) -> Option<Self> {
        let values = nodes.iter().flat_map(|n| [n.bid, n.ask, n.last, n.settle]).flatten().chain(index);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        (low <= high).then_some(())?;
        let span = (high - low).max(high.abs() * 0.01).max(1e-6);
        let rough = span / 4.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough).unwrap_or(rough);
        let half = step / 2.0;
        Some(Self {
            low: (low / half - 0.25).floor() * half,
            high: (high / half + 0.5).ceil() * half,
            step,
            right: nodes.last()?.x + 0.5,
        })
    }
}

fn axes(ink: &mut Ink, theme: &Theme, body: Rect, area: Rect, nodes: &[Node], bounds: &Bounds, format: PriceFormat) {
    let t = &theme.tokens;
    let mut at = (bounds.low / bounds.step).ceil() * bounds.step;
    while at <= bounds.high + bounds.step * 0.01 {
        let y = area.bottom() - ((at - bounds.low) / (bounds.high - bounds.low)) as f32 * area.height();
        ink.hline(area.x_range(), y, 1.0, t.line);
        let text = format.text(Price::from_f64_lossy(at));
        ink.text(place::until(area.left() - 8.0, y), Align::Max, Font::Mono11, &text, t.text_lo);
        at += bounds.step;
    }
    let width = (bounds.right - INDEX_X + 0.5) as f32;
    let pitch = area.width() / width;
    let every = (LABEL_PITCH / pitch).ceil().max(1.0) as usize;
    for node in nodes.iter().skip(1).step_by(every) {
        let x = area.left() + ((node.x - INDEX_X + 0.5) as f32) * pitch;
        if x + 24.0 <= body.right() {
            let line = Rect::from_center_size(pos2(x, area.bottom() + 13.0), vec2(60.0, 16.0));
            ink.text(line, Align::Center, Font::Ui11, &node.month.screen(), t.text_lo);
        }
    }
}

/// Band and mid; returns how to place the rest, where the pointer is, and whether it clicked.
fn plot_ui(
    ui: &mut Ui,
    theme: &Theme,
    area: Rect,
    nodes: &[Node],
    bounds: &Bounds,
    name: &str,
) -> (PlotTransform, Option<Pos2>, bool) {
    let t = &theme.tokens;
    let quoted: Vec<(f64, f64, f64)> = nodes.iter().filter_map(|n| Some((n.x, n.bid?, n.ask?))).collect();
    let column = |pick: fn(&(f64, f64, f64)) -> f64| quoted.iter().map(pick).collect::<Vec<f64>>();
    let (xs, bids, asks) = (column(|q| q.0), column(|q| q.1), column(|q| q.2));
    let mids: Vec<[f64; 2]> = quoted.iter().map(|(x, bid, ask)| [*x, (bid + ask) / 2.0]).collect();
    let bounds = PlotBounds::from_min_max([INDEX_X - 0.5, bounds.low], [bounds.right, bounds.high]);
    let (band, line) = (theme.over(t.text_mid, 22), t.text_hi);
    let builder = UiBuilder::new().max_rect(area).id_salt("plot");
    let response = ui
        .scope_builder(builder, |ui| {
            Plot::new("curve")
                .show_axes(false)
                .show_grid(false)
                .show_background(false)
                .show_x(false)
                .show_y(false)
                .allow_zoom(false)
                .allow_drag(false)
                .allow_scroll(false)
                .allow_boxed_zoom(false)
                .allow_double_click_reset(false)
                .set_margin_fraction(egui::Vec2::ZERO)
                .width(area.width())
                .height(area.height())
                .show(ui, |plot| {
                    plot.set_plot_bounds(bounds);
                    if xs.len() >= 2 {
                        plot.add(FilledArea::new("band", &xs, &bids, &asks).fill_color(band).stroke(Stroke::NONE));
                    }
                    plot.line(Line::new("mid", PlotPoints::from(mids)).color(line).width(1.5).allow_hover(false));
                })
        })
        .inner;
    response.response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, name));
    (response.transform, response.response.hover_pos(), response.response.clicked())
}

fn screen(transform: &PlotTransform, x: f64, y: f64) -> Pos2 {
    transform.position_from_point(&PlotPoint::new(x, y))
}

fn marks(ink: &mut Ink, theme: &Theme, transform: &PlotTransform, nodes: &[Node], selected: Option<InstrumentId>) {
    let t = &theme.tokens;
    for node in nodes {
        let is_live = node.state.is_live();
        let at = |y: f64| screen(transform, node.x, y);
        if let (Some(bid), Some(ask)) = (node.bid.map(at), node.ask.map(at)) {
            let (bid_ink, ask_ink) = if is_live { (t.bid, t.ask) } else { (t.stale, t.stale) };
            if bid.y - ask.y > 3.0 {
                ink.vline(bid.x - 0.5, ask.y..=bid.y, 1.0, t.line_hi);
                ink.hline(bid.x - 2.5..=bid.x + 2.5, bid.y, 1.0, bid_ink);
                ink.hline(ask.x - 2.5..=ask.x + 2.5, ask.y, 1.0, ask_ink);
            }
        }
        if let Some(settle) = node.settle.map(at) {
            ink.diamond(settle, 3.0, t.text_lo);
            ink.diamond(settle, 1.8, t.bg1);
        }
        if let Some(last) = node.last.map(at) {
            ink.disc(last, 1.8, if is_live { t.text_hi } else { t.stale });
        }
        if selected == Some(node.id)
            && let Some(mid) = node.mid().or(node.last).map(at)
        {
            ink.disc(mid, 3.5, t.accent);
        }
    }
}

fn ring(ink: &mut Ink, at: Pos2, radius: f32, theme: &Theme) {
    ink.disc(at, radius + 0.75, theme.tokens.text_hi);
    ink.disc(at, radius - 0.75, theme.tokens.bg1);
}

fn nearest<'a>(nodes: &'a [Node], transform: &PlotTransform, at: Pos2) -> Option<&'a Node> {
    let x = transform.value_from_position(at).x;
    nodes.iter().min_by(|a, b| (a.x - x).abs().total_cmp(&(b.x - x).abs()))
}

/// The calendar that link group B works on, if it is one of this product: a bracket between its months.
fn calendar(
    ink: &mut Ink,
    ctx: &PanelContext<'_>,
    transform: &PlotTransform,
    nodes: &[Node],
    area: Rect,
    product: &Product,
) {
    let Some((_, instrument, market)) = ctx.chosen(LinkGroup::B) else { return };
    let Contract::Spread { legs } = &instrument.contract else { return };
    let [near, far] = legs.as_slice() else { return };
    if near.product != *product || far.product != *product {
        return;
    }
    let node_of = |leg: &crate::domain::contract::Leg| {
        nodes.iter().find(|n| crate::domain::contract::Delivery::Month(n.month) == leg.delivery)
    };
    let (Some(from), Some(to)) = (node_of(near), node_of(far)) else { return };
    let (Some(from_mid), Some(to_mid)) = (from.mid(), to.mid()) else { return };
    let theme = ctx.theme;
    let t = &theme.tokens;
    let (a, b) = (screen(transform, from.x, from_mid), screen(transform, to.x, to_mid));
    let top = (a.y.min(b.y) - 16.0).max(area.top() + 12.0);
    ink.vline(a.x - 0.5, top..=a.y, 1.0, t.accent);
    ink.vline(b.x - 0.5, top..=b.y, 1.0, t.accent);
    ink.hline(a.x.min(b.x)..=a.x.max(b.x), top, 1.0, t.accent);
    ink.disc(a, 3.5, t.accent);
    ink.disc(b, 3.5, t.accent);
    let format = PriceFormat::of(instrument);
    let name = format!("{} / {}", from.month.screen(), to.month.screen());
    let last = format.opt(market.last_price());
    let change = market.change().map(|change| format.change().text(change)).unwrap_or_default();
    let left = a.x.max(b.x) + 6.0;
    let width = ink.width(Font::Ui11, &name) + ink.width(Font::Mono11, &last) + ink.width(Font::Mono11, &change) + 28.0;
    let card = Rect::from_min_size(pos2(left, top - 9.0), vec2(width, 18.0));
    if card.right() > area.right() {
        return;
    }
    ink.chip(card, t.bg2);
    let y = card.center().y;
    let mut x = ink.text(place::from(card.left() + 7.0, y), Align::Min, Font::Ui11, &name, t.text_mid) + 7.0;
    x = ink.text(place::from(x, y), Align::Min, Font::Mono11, &last, t.text_hi) + 7.0;
    let sign = market.change().map_or(0, |change| change.0.signum());
    ink.text(place::from(x, y), Align::Min, Font::Mono11, &change, theme.direction(sign));
}

/// What the shapes mean; over a month its figures instead, in the same fixed place.
fn legend(ink: &mut Ink, theme: &Theme, area: Rect, near: Option<&Node>, format: PriceFormat) {
    let t = &theme.tokens;
    let y = area.top() - 4.0;
    let mut right = area.right();
    if let Some(node) = near {
        let price = |value: Option<f64>| {
            value.map_or_else(|| NONE.to_owned(), |value| format.text(Price::from_f64_lossy(value)))
        };
        for (word, value, color) in [
            ("settle", price(node.settle), t.text_mid),
            ("last", price(node.last), t.text_hi),
            ("ask", price(node.ask), t.ask),
            ("bid", price(node.bid), t.bid),
        ] {
            ink.text(place::until(right, y), Align::Max, Font::Mono11, &value, color);
            right -= ink.width(Font::Mono11, &value) + 4.0;
            ink.text(place::until(right, y), Align::Max, Font::Ui11, word, t.text_lo);
            right -= ink.width(Font::Ui11, word) + 10.0;
        }
        ink.text(place::until(right, y), Align::Max, Font::UiBold11, &node.month.screen(), t.text_hi);
        return;
    }
    for word in ["index", "settle", "last"] {
        ink.text(place::until(right, y), Align::Max, Font::Ui11, word, t.text_lo);
        right -= ink.width(Font::Ui11, word) + 8.0;
        let at = pos2(right, y);
        match word {
            "index" => ring(ink, at, 3.0, theme),
            "settle" => {
                ink.diamond(at, 3.0, t.text_lo);
                ink.diamond(at, 1.8, t.bg1);
            }
            _ => ink.disc(at, 1.8, t.text_hi),
        }
        right -= 12.0;
    }
}
