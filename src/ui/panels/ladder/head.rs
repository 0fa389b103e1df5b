//! Above and below the rows: last price and position, column heads, totals, cancel buttons and size keys.

use egui::{Align, Rect, Ui, pos2, vec2};

use super::geometry::{Column, Layout};
use super::hand::Cell;
use super::rows::Rows;
use super::{Ladder, Scene};
use crate::domain::command::{CancelScope, Intent};
use crate::domain::contract::Contract;
use crate::domain::number::{Money, Qty, Side};
use crate::ui::context::PanelContext;
use crate::ui::format;
use crate::ui::theme::{Theme, icons};
use crate::ui::widgets::button::{Button, Kind};
use crate::ui::widgets::controls;
use crate::ui::widgets::ink::{Font, Ink, Up};

/// Last price, change, statistics, position.
pub fn info(ink: &mut Ink, ctx: &PanelContext<'_>, layout: &Layout, scene: &Scene<'_>, hover: Option<Cell>) {
    if layout.info.height() < 1.0 {
        return;
    }
    let (t, block) = (&ctx.theme.tokens, layout.info);
    let line = |left: f32, top: f32, height: f32| {
        let right = (block.max.x - 8.0).max(block.min.x + left);
        Rect::from_min_max(pos2(block.min.x + left, block.min.y + top), pos2(right, block.min.y + top + height))
    };
    let last = scene.format.opt(scene.market.last_price());
    let last_end = ink.text(line(8.0, 6.0, 24.0), Align::Min, Font::MonoBold22, &last, t.text_hi) - block.min.x;
    if let (Some(change), Some(settlement)) = (scene.market.change(), scene.market.settlement()) {
        let color = ctx.theme.direction(change.0);
        let x = last_end + 12.0;
        if change.0 != 0 {
            ink.arrow(line(x, 5.0, 14.0).left_center() + vec2(3.5, 0.0), Up::of(change.0), color);
        }
        let text = scene.format.change().text(change);
        ink.text(line(x + 12.0, 5.0, 14.0), Align::Min, Font::MonoBold12, &text, color);
        let percent = format::percent(change, settlement).unwrap_or_default();
        ink.text(line(x + 12.0, 18.0, 14.0), Align::Min, Font::Mono11, &percent, t.text_lo);
    }
    position(ink, ctx, line(8.0, 4.0, 15.0), line(8.0, 19.0, 14.0), scene);
    match hover.and_then(|cell| implied_at(scene, cell)) {
        Some(qty) => origin(ink, ctx, line(8.0, 34.0, 14.0), scene, qty),
        None => statistics(ink, ctx, line(8.0, 34.0, 14.0), scene),
    }
}

fn implied_at(scene: &Scene<'_>, cell: Cell) -> Option<Qty> {
    let Column::Size(side) = cell.column else { return None };
    Some(scene.market.implied.qty_at(side, cell.price)).filter(|qty| !qty.is_zero())
}

/// Where the size in brackets under the pointer comes from, in the statistics' place.
fn origin(ink: &mut Ink, ctx: &PanelContext<'_>, line: Rect, scene: &Scene<'_>, qty: Qty) {
    let t = &ctx.theme.tokens;
    let live = scene.state.is_live();
    let x = ink.text(line, Align::Min, Font::Mono11, &format::implied(qty), if live { t.text_hi } else { t.stale });
    let venue = ctx.view.session.venue_words();
    let words = if live {
        format!("implied by {venue} from other books, tradeable in one order")
    } else {
        format!("was implied by {venue} {} ago", format::age(ctx.now.mono.since(scene.market.implied.received)))
    };
    let rest = Rect::from_min_max(pos2(x + 6.0, line.min.y), line.max);
    let words = ink.shortened(Font::Ui11, &words, rest.width()).into_owned();
    ink.text(rest, Align::Min, Font::Ui11, &words, t.text_mid);
}

fn position(ink: &mut Ink, ctx: &PanelContext<'_>, upper: Rect, lower: Rect, scene: &Scene<'_>) {
    let t = &ctx.theme.tokens;
    let Some(held) = ctx.position(scene.id).filter(|p| !p.net.is_zero()) else {
        let word = if scene.instrument.contract.is_spread() { "held as legs" } else { "flat" };
        ink.text(upper, Align::Max, Font::Ui11, word, t.text_lo);
        return;
    };
    let average = format!(" @ {}", scene.format.finer(1).opt(held.average));
    let width = ink.width(Font::Mono12, &average);
    ink.text(upper, Align::Max, Font::Mono12, &average, t.text_lo);
    let net = Rect::from_min_max(upper.min, pos2(upper.max.x - width, upper.max.y));
    ink.text(net, Align::Max, Font::MonoBold13, &format::lots_signed(held.net), t.text_hi);
    let (text, color) = match held.open_pl {
        Some(profit) => (format::money_signed(profit), ctx.theme.direction(profit.0.signum() as i64)),
        None => (format::NONE.to_owned(), t.text_lo),
    };
    ink.text(lower, Align::Max, Font::Mono12, &text, color);
}

/// One line: what there is room for, left to right.
fn statistics(ink: &mut Ink, ctx: &PanelContext<'_>, line: Rect, scene: &Scene<'_>) {
    let (t, format) = (&ctx.theme.tokens, scene.format);
    let ticker = scene.market.ticker.as_deref();
    let price =
        |of: fn(&crate::domain::event::Ticker) -> Option<crate::domain::number::Price>| format.opt(ticker.and_then(of));
    let interest = ticker.map_or_else(|| format::NONE.to_owned(), |ticker| format::lots(ticker.open_interest));
    let pairs = match &scene.instrument.contract {
        Contract::Outright { .. } => vec![
            ("High", price(|t| t.high)),
            ("Low", price(|t| t.low)),
            ("Settle", price(|t| t.settlement)),
            ("VWAP", scene.market.vwap.map_or_else(|| format::NONE.to_owned(), |vwap| format.finer(1).text(vwap))),
            ("OI", interest),
        ],
        Contract::Spread { .. } => {
            let mut pairs = vec![("Settle", price(|t| t.settlement))];
            if let Some(legs) = leg_marks(ctx, scene) {
                pairs.push(("Legs", legs));
            }
            pairs
        }
    };
    let mut x = line.min.x;
    for (name, value) in &pairs {
        let width = ink.width(Font::Ui11, name) + 4.0 + ink.width(Font::Mono11, value);
        if x + width > line.max.x {
            return;
        }
        let from = |x: f32| Rect::from_min_max(pos2(x, line.min.y), line.max);
        let end = ink.text(from(x), Align::Min, Font::Ui11, name, t.text_lo);
        x = ink.text(from(end + 4.0), Align::Min, Font::Mono11, value, t.text_mid) + 12.0;
    }
    let orientation = orientation(&scene.instrument.contract);
    if x + ink.width(Font::Ui11, &orientation) <= line.max.x {
        ink.text(Rect::from_min_max(pos2(x, line.min.y), line.max), Align::Min, Font::Ui11, &orientation, t.text_mid);
    }
}

/// What buying the spread does to each leg: never left to convention.
pub fn orientation(contract: &Contract) -> String {
    let Contract::Spread { legs } = contract else { return String::new() };
    let part = |leg: &crate::domain::contract::Leg| {
        let verb = if leg.ratio < 0 { "sell" } else { "buy" };
        match leg.ratio.unsigned_abs() {
            1 => format!("{verb} {}", leg.delivery.screen()),
            count => format!("{verb} {count} {}", leg.delivery.screen()),
        }
    };
    format!("Bid: {}", legs.iter().map(part).collect::<Vec<_>>().join(", "))
}

/// `2.79 − 2.63`: the marks of the legs that a calendar is made of.
fn leg_marks(ctx: &PanelContext<'_>, scene: &Scene<'_>) -> Option<String> {
    let [near, far] = scene.instrument.legs.as_slice() else { return None };
    let mark = |symbol: &str| {
        let id = ctx.view.catalogue.find(symbol)?;
        let decimals = ctx.view.instrument(id)?.tick.decimals();
        Some(format::price(ctx.view.market(id)?.mark()?, decimals))
    };
    Some(format!("{} {} {}", mark(&near.symbol)?, format::MINUS, mark(&far.symbol)?))
}

pub fn column_heads(ink: &mut Ink, theme: &Theme, layout: &Layout) {
    let mut head = |column: Column, text: &str, align: Align, left: f32, right: f32| {
        let cell = layout.in_band(column, layout.heads);
        let cell = Rect::from_min_max(pos2(cell.min.x + left, cell.min.y), pos2(cell.max.x - right, cell.max.y));
        if ink.width(Font::Ui11, text) <= cell.width() {
            ink.text(cell, align, Font::Ui11, text, theme.tokens.text_lo);
        }
    };
    head(Column::Own(Side::Bid), "My bids", Align::Min, 8.0, 0.0);
    head(Column::Size(Side::Bid), "Bid", Align::Max, 0.0, 8.0);
    head(Column::Price, "Price", Align::Center, 0.0, 0.0);
    head(Column::Size(Side::Ask), "Ask", Align::Min, 8.0, 0.0);
    head(Column::Own(Side::Ask), "My asks", Align::Max, 0.0, 6.0);
    head(Column::Volume, "Vol", Align::Max, 0.0, 6.0);
}

/// Size in view of either side, their balance, the day's volume.
pub fn totals(ink: &mut Ink, theme: &Theme, layout: &Layout, scene: &Scene<'_>, rows: &Rows) {
    let (t, band) = (&theme.tokens, layout.totals);
    if band.height() < 1.0 {
        return;
    }
    ink.hline(band.x_range(), band.min.y, 1.0, t.line);
    let inset = |column: Column, left: f32, right: f32| {
        let cell = layout.in_band(column, band);
        Rect::from_min_max(pos2(cell.min.x + left, cell.min.y), pos2(cell.max.x - right, cell.max.y))
    };
    ink.text(inset(Column::Own(Side::Bid), 8.0, 0.0), Align::Min, Font::Ui11, "In view", t.text_lo);
    let believed = scene.state.is_live();
    let color = |side| if believed { theme.side(side).full } else { t.stale };
    let [bids, asks] = rows.in_view;
    let lots = |side: Side, lots: Qty| match scene.market.book.best(side) {
        Some(_) => format::lots(lots),
        None => format::NONE.to_owned(),
    };
    let bid_place = inset(Column::Size(Side::Bid), 0.0, 8.0);
    ink.text(bid_place, Align::Max, Font::Mono12, &lots(Side::Bid, bids), color(Side::Bid));
    let ask_place = inset(Column::Size(Side::Ask), 8.0, 0.0);
    ink.text(ask_place, Align::Min, Font::Mono12, &lots(Side::Ask, asks), color(Side::Ask));
    let both = (bids + asks).to_f64_lossy();
    if both > 0.0 {
        let bar = Rect::from_center_size(layout.in_band(Column::Price, band).center(), vec2(46.0, 6.0));
        let split = bar.min.x + bar.width() * (bids.to_f64_lossy() / both) as f32;
        ink.rect(Rect::from_min_max(bar.min, pos2((split - 1.0).max(bar.min.x), bar.max.y)), color(Side::Bid));
        ink.rect(Rect::from_min_max(pos2((split + 1.0).min(bar.max.x), bar.min.y), bar.max), color(Side::Ask));
    }
    if let Some(ticker) = scene.market.ticker.as_deref() {
        let right = Rect::from_min_max(pos2(band.max.x - 80.0, band.min.y), pos2(band.max.x - 6.0, band.max.y));
        ink.text(right, Align::Max, Font::Mono11, &format::lots(ticker.volume), t.text_lo);
    }
}

/// Cancel bids, both, asks; size keys; recentre.
pub fn keys_ui(ladder: &mut Ladder, ui: &mut Ui, ctx: &mut PanelContext<'_>, layout: &Layout, scene: &Scene<'_>) {
    let band = layout.keys;
    if band.height() < 1.0 {
        return;
    }
    cancel_ui(ui, ctx, band, scene);
    let mut ink = Ink::new(ui.ctx());
    let t = &ctx.theme.tokens;
    let line = Rect::from_min_max(band.min + vec2(6.0, 29.0), pos2(band.max.x - 6.0, band.min.y + 53.0));
    ink.text(line, Align::Min, Font::Ui12, "Qty", t.text_lo);
    let mut x = line.min.x + 30.0;
    let chosen = ctx.selection.order_qty(ladder.group);
    for lots in ctx.prefs.size_keys {
        let place = Rect::from_min_size(pos2(x, line.min.y), vec2(32.0, 24.0));
        if place.max.x > line.max.x {
            break;
        }
        let qty = Qty::lots(lots);
        if controls::key(ui, ctx.theme, place, &format::lots(qty), Font::Mono12, qty == chosen).clicked() {
            ctx.selection.set_order_qty(ladder.group, qty);
        }
        x += 36.0;
    }
    let recentre = Rect::from_min_max(pos2(line.max.x - 118.0, line.min.y), line.max);
    if recentre.min.x > x {
        let name = "Recentre";
        let response = ui.interact(recentre, ui.scope_id().with(name), egui::Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, name));
        let color = if response.hovered() { t.text_hi } else { t.text_lo };
        let key = Rect::from_center_size(recentre.right_center() - vec2(21.0, 0.0), vec2(42.0, 16.0));
        ink.chip(key, t.bg2);
        ink.text(key, Align::Center, Font::Ui11, "Space", t.text_lo);
        let icon = icons::CROSSHAIR_SIMPLE.encode_utf8(&mut [0; 4]).to_owned();
        let from = |x: f32| Rect::from_min_max(pos2(x, recentre.min.y), recentre.max);
        let end = ink.text(from(recentre.min.x), Align::Min, Font::Icon14, &icon, color);
        ink.text(from(end + 6.0), Align::Min, Font::Ui12, name, color);
        if response.clicked() {
            ladder.recentre();
        }
    }
    ink.paint(ui.painter());
}

fn cancel_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, band: Rect, scene: &Scene<'_>) {
    let count = |side: Side| {
        let orders = ctx.view.trading.orders.iter();
        orders.filter(|o| o.instrument == scene.id && o.side == side && o.phase.is_open()).count()
    };
    let (bids, asks) = (count(Side::Bid), count(Side::Ask));
    let width = (band.width() - 12.0 - 8.0) / 3.0;
    for (at, (text, orders, side)) in [
        ("Cancel bids", bids, Some(Side::Bid)),
        ("Cancel both", bids + asks, None),
        ("Cancel asks", asks, Some(Side::Ask)),
    ]
    .into_iter()
    .enumerate()
    {
        let left = band.min.x + 6.0 + at as f32 * (width + 4.0);
        let place = Rect::from_min_size(pos2(left, band.min.y + 3.0), vec2(width, 22.0));
        let number = orders.to_string();
        let button = Button::new(text).kind(Kind::Quiet).count(&number).enabled(orders > 0);
        if button.put(ui, ctx.theme, place).clicked() {
            ctx.send(Intent::Cancel(CancelScope::Instrument(scene.id, side)));
        }
    }
}

/// What one contract's tick is worth.
pub fn tick_value(scene: &Scene<'_>) -> Money {
    Money::notional(scene.instrument.tick, Qty::lots(1), scene.instrument.contract_size)
}
