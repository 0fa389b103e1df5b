//! What the busiest panels of the screen cost when every cell is a formatted string and a text shape of its own, and every bar a
//! rectangle shape: the baseline of the frame bench.

use egui::{Align2, Color32, FontId, Pos2, Rect, Ui, pos2, vec2};
use tenor::domain::number::{Price, Side};
use tenor::ui::context::{LinkGroup, Selection};
use tenor::view::View;
use tenor::view::market::{MarketView, TapeRow};

const ROW: f32 = 20.0;
const COLUMN: f32 = 66.0;
/// Rows of a panel as high as the dock, and of one that shares its column.
const TALL: usize = 40;
const SHORT: usize = 18;
const FONT: FontId = FontId::monospace(12.0);

/// Grid, two ladders, tape, blotter and positions, side by side.
pub fn naive_frame_ui(ui: &mut Ui, view: &View, selection: &Selection) {
    grid_ui(ui, view, pos2(4.0, 120.0));
    for (at, group) in LinkGroup::ALL.into_iter().enumerate() {
        let market = selection.instrument(group).and_then(|id| Some((view.market(id)?, view.instrument(id)?.tick)));
        if let Some((market, tick)) = market {
            let left = 420.0 + 420.0 * at as f32;
            ladder_ui(ui, market, tick, pos2(left, 120.0));
            tape_ui(ui, market, pos2(1_260.0 + 220.0 * at as f32, 120.0));
        }
    }
    blotter_ui(ui, view, pos2(4.0, 900.0));
}

/// One line of cells, each laid out by itself.
fn row_ui(ui: &Ui, at: Pos2, cells: &[String], color: Color32) {
    for (column, cell) in cells.iter().enumerate() {
        ui.painter().text(at + vec2(column as f32 * COLUMN, 0.0), Align2::LEFT_TOP, cell, FONT, color);
    }
    ui.painter().hline(at.x..=at.x + 400.0, at.y + ROW, (1.0, Color32::DARK_GRAY));
}

fn text(price: Option<Price>) -> String {
    price.map_or_else(String::new, |price| format!("{price}"))
}

fn grid_ui(ui: &Ui, view: &View, at: Pos2) {
    let shown = view.catalogue.iter().filter_map(|(id, instrument)| Some((instrument, view.market(id)?)));
    for (row, (instrument, market)) in shown.take(TALL).enumerate() {
        let best = |side| market.book.best(side);
        let qty = |side| best(side).map_or_else(String::new, |level| format!("{}", level.qty));
        let price = |side| text(best(side).map(|level| level.price));
        let cells = [
            format!("{}", instrument.contract),
            qty(Side::Bid),
            price(Side::Bid),
            price(Side::Ask),
            qty(Side::Ask),
            text(market.last_price()),
            text(market.change()),
            market.ticker.as_ref().map_or_else(String::new, |ticker| format!("{}", ticker.volume)),
        ];
        row_ui(ui, at + vec2(0.0, row as f32 * ROW), &cells, Color32::LIGHT_GRAY);
    }
}

fn ladder_ui(ui: &Ui, market: &MarketView, tick: Price, at: Pos2) {
    let Some(mid) = market.book.mid() else { return };
    let top = mid.ticks(tick) + TALL as i64 / 2;
    for row in 0..TALL {
        let price = Price::from_ticks(top - row as i64, tick);
        let [bid, ask] = Side::BOTH.map(|side| market.book.qty_at(side, price));
        let volume = market.volume_at_price.iter().find(|(p, _)| *p == price).map(|(_, qty)| *qty);
        let place = at + vec2(0.0, row as f32 * ROW);
        for (column, qty) in [bid, ask].into_iter().enumerate() {
            let bar = vec2(qty.to_f64_lossy().min(60.0) as f32, ROW - 2.0);
            let corner = place + vec2(column as f32 * 2.0 * COLUMN, 0.0);
            ui.painter().rect_filled(Rect::from_min_size(corner, bar), 0.0, Color32::DARK_BLUE);
        }
        let cells = [
            format!("{bid}"),
            format!("{price}"),
            format!("{ask}"),
            volume.map_or_else(String::new, |volume| format!("{volume}")),
        ];
        row_ui(ui, place, &cells, Color32::WHITE);
    }
}

fn tape_ui(ui: &Ui, market: &MarketView, at: Pos2) {
    for (row, line) in market.tape.iter().rev().take(SHORT).enumerate() {
        let cells = match line {
            TapeRow::Trade(trade) => [format!("{}", trade.utc), format!("{}", trade.price), format!("{}", trade.qty)],
            TapeRow::Gap { since, until } => [format!("{since}"), format!("{until}"), String::new()],
        };
        row_ui(ui, at + vec2(0.0, row as f32 * ROW), &cells, Color32::YELLOW);
    }
}

fn blotter_ui(ui: &Ui, view: &View, at: Pos2) {
    for (row, order) in view.trading.orders.iter().take(SHORT).enumerate() {
        let cells = [
            format!("{}", order.sent),
            view.instrument(order.instrument).map_or_else(String::new, |i| format!("{}", i.contract)),
            format!("{:?}", order.side),
            format!("{}", order.qty),
            text(order.price),
            format!("{}", order.filled),
            text(order.average_price),
            order.phase.word().to_owned(),
        ];
        row_ui(ui, at + vec2(0.0, row as f32 * ROW), &cells, Color32::WHITE);
    }
}
