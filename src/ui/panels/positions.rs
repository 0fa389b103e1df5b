//! Positions with their profit as bars from one axis, and the totals.

use std::collections::BTreeMap;

use egui::{Align, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::tabs::{RowScroll, Tab, tabs_header};
use crate::domain::contract::Product;
use crate::domain::instrument::Instrument;
use crate::domain::number::{Money, Qty};
use crate::ui::context::{LinkGroup, PanelContext, PanelResponse};
use crate::ui::format::{self, NONE, PriceFormat};
use crate::ui::place;
use crate::ui::theme::Theme;
use crate::ui::widgets::ink::{Font, Ink};
use crate::ui::widgets::table::{Column, ROW_HEIGHT, heads, selected_row};
use crate::view::View;
use crate::view::trading::PositionView;

/// Longest profit bar on either side of the axis.
const BAR: f32 = 22.0;
const TOTAL_HEIGHT: f32 = 24.0;

/// What is shown of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Contract,
    Net,
    Average,
    Mark,
    OpenPl,
    Realised,
    PerTick,
    Exposure,
    Margin,
}

/// Head, stride to the next column, width of the cell, side.
const FIELDS: [(Field, &str, f32, f32, Align); 9] = [
    (Field::Contract, "Contract", 102.0, 140.0, Align::Min),
    (Field::Net, "Net", 54.0, 46.0, Align::Max),
    (Field::Average, "Average", 70.0, 64.0, Align::Max),
    (Field::Mark, "Mark", 104.0, 52.0, Align::Max),
    (Field::OpenPl, "Open P&L", 88.0, 82.0, Align::Max),
    (Field::Realised, "Realised", 84.0, 78.0, Align::Max),
    (Field::PerTick, "Per tick", 72.0, 66.0, Align::Max),
    (Field::Exposure, "Exposure", 98.0, 92.0, Align::Max),
    (Field::Margin, "Margin", 68.0, 58.0, Align::Max),
];
/// What a narrow table leaves out, first to last.
const DROP_ORDER: [Field; 4] = [Field::PerTick, Field::Margin, Field::Exposure, Field::Realised];

#[derive(Debug, Default)]
pub struct PositionsPanel {
    pub group: LinkGroup,
    table: PositionsTable,
}

impl PositionsPanel {
    pub fn ui(&mut self, ui: &mut Ui, ctx: &mut PanelContext<'_>) -> PanelResponse {
        let theme = ctx.theme;
        let count = open_positions(ctx.view).count();
        let tab = Tab { word: "Positions", count, is_active: true };
        let outcome = tabs_header(ui, theme, ui.max_rect(), "positions", &[tab]);
        let mut ink = Ink::new(ui.ctx());
        let note = place::until(outcome.free.right(), outcome.free.center().y);
        ink.text(note, Align::Max, Font::Ui12, "marked by the venue, USD", theme.tokens.text_lo);
        ink.paint(ui.painter());
        self.table.ui(ui, ctx, outcome.body, self.group);
        outcome.response
    }
}

/// Positions that hold something, or did in this session.
pub fn open_positions(view: &View) -> impl Iterator<Item = &PositionView> {
    view.trading
        .positions
        .iter()
        .filter(|p| !p.net.is_zero() || p.realised != Money::ZERO || p.venue_disagrees.is_some())
}

/// The rows and totals; also a tab of the blotter in a small window.
#[derive(Debug, Default)]
pub struct PositionsTable {
    scroll: RowScroll,
}

impl PositionsTable {
    pub fn ui(&mut self, ui: &Ui, ctx: &mut PanelContext<'_>, body: Rect, group: LinkGroup) {
        let theme = ctx.theme;
        let t = &theme.tokens;
        let columns = columns(body.width());
        let plain: Vec<Column> = columns.iter().map(|(_, column)| *column).collect();
        let mut ink = Ink::new(ui.ctx());
        let list = heads(&mut ink, theme, body, &plain);
        let rows: Vec<&PositionView> = open_positions(ctx.view).collect();
        if rows.is_empty() {
            ink.text(list, Align::Center, Font::Ui12, "No positions", t.text_lo);
            ink.paint(ui.painter());
            return;
        }
        let most = rows.iter().filter_map(|p| p.open_pl).map(|m| m.0.abs()).max().unwrap_or(0).max(1);
        let list = Rect::from_min_max(list.min, pos2(list.right(), list.bottom() - TOTAL_HEIGHT));
        let (first, mut top) = self.scroll.rows(ui, theme, list, ROW_HEIGHT, rows.len());
        for position in rows.iter().skip(first) {
            if top >= list.bottom() {
                break;
            }
            let row = Rect::from_min_size(pos2(list.left(), top), vec2(list.width(), ROW_HEIGHT));
            top += ROW_HEIGHT;
            let Some(instrument) = ctx.view.instrument(position.instrument) else { continue };
            if row.bottom() > list.bottom() + 1.0 {
                continue;
            }
            let response = ui.interact(row, ui.scope_id().with(("position", position.instrument.0)), Sense::click());
            response.widget_info(|| {
                let net = format::lots_signed(position.net);
                WidgetInfo::labeled(Role::Row, true, format!("Position {} {net}", instrument.contract))
            });
            if ctx.selection.instrument(group) == Some(position.instrument) {
                selected_row(&mut ink, theme, row);
            } else if response.hovered() {
                ink.rect(row, t.bg2);
            }
            if response.clicked() {
                ctx.selection.select(group, position.instrument);
            }
            position_row(&mut ink, theme, row, &columns, position, instrument, most);
        }
        let total_top = (list.top() + rows.len() as f32 * ROW_HEIGHT + 4.0).min(list.bottom());
        let total = Rect::from_min_size(pos2(list.left(), total_top), vec2(list.width(), TOTAL_HEIGHT));
        total_row(&mut ink, ctx, total, &columns, &rows);
        ink.paint(ui.painter());
    }
}

fn columns(width: f32) -> Vec<(Field, Column)> {
    let mut fields: Vec<_> = FIELDS.into_iter().collect();
    for drop in DROP_ORDER {
        if fields.iter().map(|(_, _, stride, ..)| stride).sum::<f32>() + 10.0 <= width {
            break;
        }
        fields.retain(|(field, ..)| *field != drop);
    }
    let mut x = 10.0;
    fields
        .into_iter()
        .map(|(field, head, stride, width, align)| {
            let column = Column { head, x, width, align };
            x += stride;
            (field, column)
        })
        .collect()
}

fn position_row(
    ink: &mut Ink,
    theme: &Theme,
    row: Rect,
    columns: &[(Field, Column)],
    position: &PositionView,
    instrument: &Instrument,
    most: i128,
) {
    let t = &theme.tokens;
    let prices = PriceFormat::of(instrument);
    let money = |m: Option<Money>| m.map_or_else(|| NONE.to_owned(), format::money_signed);
    for (field, column) in columns {
        match field {
            Field::Contract => {
                let name = short_name(instrument);
                column.text(ink, row, Font::Ui12, &name, t.text_hi);
            }
            Field::Net => {
                let color = if position.venue_disagrees.is_some() { t.warn } else { t.text_hi };
                column.text(ink, row, Font::Mono12, &format::lots_signed(position.net), color);
            }
            Field::Average => {
                column.text(ink, row, Font::Mono12, &prices.finer(1).opt(position.average), t.text_mid);
            }
            Field::Mark => column.text(ink, row, Font::Mono12, &prices.finer(1).opt(position.mark), t.text_mid),
            Field::OpenPl => {
                let axis = row.left() + column.x - 4.0 - BAR;
                ink.vline(axis, row.y_range(), 1.0, t.line);
                if let Some(profit) = position.open_pl.filter(|p| *p != Money::ZERO) {
                    let length = (profit.0.abs() as f64 / most as f64) as f32 * BAR;
                    let left = if profit > Money::ZERO { axis } else { axis - length };
                    let bar = Rect::from_min_size(pos2(left, row.top() + 6.0), vec2(length.max(1.0), 8.0));
                    ink.rect(bar, theme.over(theme.direction(profit.0.signum() as i64), 55));
                }
                let color = position.open_pl.map_or(t.text_mid, |p| theme.direction(p.0.signum() as i64));
                column.text(ink, row, Font::Mono12, &money(position.open_pl), color);
            }
            Field::Realised => {
                let realised = (position.realised != Money::ZERO).then_some(position.realised);
                let color = realised.map_or(t.text_lo, |p| theme.direction(p.0.signum() as i64));
                column.text(ink, row, Font::Mono12, &money(realised), color);
            }
            Field::PerTick => {
                let per_tick = Money::notional(instrument.tick, position.net, instrument.contract_size);
                column.text(ink, row, Font::Mono12, &format::money_signed(per_tick), t.text_mid);
            }
            Field::Exposure => {
                let units = Qty(position.net.abs().0.saturating_mul(instrument.contract_size));
                let text = format!("{} {}", format::lots(units), instrument.unit.label());
                column.text(ink, row, Font::Mono12, &text, t.text_lo);
            }
            Field::Margin => {
                let margin = position.initial_margin.map_or_else(|| NONE.to_owned(), format::money_whole);
                column.text(ink, row, Font::Mono12, &margin, t.text_lo);
            }
        }
    }
}

fn total_row(
    ink: &mut Ink,
    ctx: &PanelContext<'_>,
    row: Rect,
    columns: &[(Field, Column)],
    positions: &[&PositionView],
) {
    let theme = ctx.theme;
    let t = &theme.tokens;
    ink.rect(row, t.bg1);
    ink.hline(row.x_range(), row.top(), 1.0, t.line);
    let open: Option<Money> = positions.iter().map(|p| p.open_pl).sum();
    let realised: Money = positions.iter().map(|p| p.realised).sum();
    let margin: Option<Money> = positions.iter().filter(|p| !p.net.is_zero()).map(|p| p.initial_margin).sum();
    for (field, column) in columns {
        let colored = |m: Money| theme.direction(m.0.signum() as i64);
        match field {
            Field::Contract => column.text(ink, row, Font::UiBold12, "Total", t.text_hi),
            Field::OpenPl => {
                let text = open.map_or_else(|| NONE.to_owned(), format::money_signed);
                column.text(ink, row, Font::MonoBold12, &text, open.map_or(t.text_mid, colored));
            }
            Field::Realised => {
                column.text(ink, row, Font::Mono12, &format::money_signed(realised), colored(realised));
            }
            Field::Margin => {
                let margin = margin.map_or_else(|| NONE.to_owned(), format::money_whole);
                column.text(ink, row, Font::Mono12, &margin, t.text_lo);
            }
            _ => {}
        }
    }
    let mut x = row.left() + 112.0;
    let end = columns.iter().find(|(field, _)| *field == Field::OpenPl).map_or(row.right(), |(_, c)| row.left() + c.x);
    for (product, net) in outright_nets(ctx.view, positions) {
        let (name, net) = (format!("{product} "), format::lots_signed(net));
        if x + ink.width(Font::Ui12, &name) + ink.width(Font::Mono12, &net) > end {
            break;
        }
        x = ink.text(place::from(x, row.center().y), Align::Min, Font::Ui12, &name, t.text_lo);
        x = ink.text(place::from(x, row.center().y), Align::Min, Font::Mono12, &net, t.text_hi) + 10.0;
    }
}

/// Net contracts of each product over all months: what is left of it when calendars cancel out.
fn outright_nets(view: &View, positions: &[&PositionView]) -> BTreeMap<Product, Qty> {
    let mut nets = BTreeMap::new();
    for position in positions {
        let Some(instrument) = view.instrument(position.instrument) else { continue };
        if let Some(product) = instrument.contract.product().filter(|_| !instrument.contract.is_spread()) {
            *nets.entry(product.clone()).or_default() += position.net;
        }
    }
    nets
}

/// `H100 DEC-26/MAR-27`: for columns.
pub fn short_name(instrument: &Instrument) -> String {
    instrument.contract.to_string().replace(" / ", "/")
}
